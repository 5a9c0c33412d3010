"""Trust lists on disk: one JSON file for each carrier in one folder.

Reads and writes only; what is in a list, and whether it may be believed, is for `edge.codes.trust`.
"""

import os
import tempfile
from pathlib import Path

from edge.codes.trust import ALGORITHMS, TrustList, TrustStore, dump_list, parse_list
from edge.domain.errors import ConfigError
from edge.domain.model import Carrier

# The largest published list, 961 keys of SMART Health Cards, is below 1 MB.
MAX_FILE_BYTES = 4 * 1024 * 1024


def load(folder: Path, *, accept_test_issuers: bool = False) -> TrustStore:
    """Return the lists in `folder`; ConfigError naming every file and every fault.

    A folder that is not there, a JSON file named after no carrier, and a list of a test issuer
    without `accept_test_issuers` are faults: a gate must not start believing less or more than its
    manager thinks.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder of trust lists; make one with `gatepost trust import`")
    faults: list[str] = []
    lists: list[TrustList] = []
    for path in sorted(folder.glob("*.json")):
        try:
            entry = _read_list(path)
        except ConfigError as error:
            faults.extend(error.faults)
            continue
        if entry.test and not accept_test_issuers:
            faults.append(
                f"{path}: holds keys of a test issuer; remove them, or set accept_test_issuers = true "
                "in [codes] where nobody real passes"
            )
        lists.append(entry)
    if faults:
        raise ConfigError(faults)
    return TrustStore(tuple(lists), test_issuers=accept_test_issuers)


def load_list(folder: Path, carrier: Carrier) -> TrustList:
    """Return the list of one carrier, an empty one where its file is not there yet."""
    path = folder / f"{carrier}.json"
    return _read_list(path) if path.exists() else TrustList(carrier)


def write_list(folder: Path, entry: TrustList) -> Path:
    """Put a list into its file, whole or not at all, and return the file's path."""
    path = folder / f"{entry.carrier}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _replace(path, dump_list(entry).encode())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path


def read_text(path: Path) -> str:
    """Return the text of a published list or key; ConfigError where it cannot be one."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ConfigError(f"{path}: larger than any trust list ({MAX_FILE_BYTES} bytes)")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not text in UTF-8") from error


def _read_list(path: Path) -> TrustList:
    if path.stem not in {str(carrier) for carrier in ALGORITHMS}:
        known = ", ".join(f"{carrier}.json" for carrier in ALGORITHMS)
        raise ConfigError(f"{path}: named after no carrier; there are {known}")
    entry = parse_list(read_text(path), str(path))
    if str(entry.carrier) != path.stem:
        raise ConfigError(f"{path}: carrier: says {entry.carrier}, its name says {path.stem}")
    return entry


def _replace(path: Path, data: bytes) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.stem}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)  # public keys: the daemon reads what the manager imported
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
