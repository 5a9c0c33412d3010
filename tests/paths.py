"""Where the tests find what is not in the project."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
_SHARED = ROOT.parent / "shared" / "data"
SHARED_DATA: Path | None = _SHARED if _SHARED.is_dir() else None


def shared(*parts: str) -> Path:
    """Return a path below the public test data; skip the test, saying so, where that is absent."""
    if SHARED_DATA is None:
        pytest.skip("the public test data is not beside the project (../shared/data)")
    return SHARED_DATA.joinpath(*parts)


def program(name: str, package: str | None = None) -> str:
    """Return the path of a program; skip the test by name where it is not installed.

    With CI=true it fails instead: there nothing is skipped for want of a package.
    """
    named = os.environ.get(f"GATEPOST_{name.upper()}")
    found = named if named and os.access(named, os.X_OK) else shutil.which(name)
    if found is None:
        missing = f"{name} is not installed (Debian package {package or name})"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return found
