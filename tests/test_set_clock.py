"""The only thing that runs as root: it sets the clock, within limits, from an unprivileged request."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.paths import ROOT

pytestmark = pytest.mark.system

SCRIPT = ROOT / "systemd" / "gatepost-set-clock"
BUILT = 1_790_000_000
TEN_YEARS_S = 315_576_000


def ask(folder: Path, content: bytes | None, built: str = str(BUILT)) -> subprocess.CompletedProcess[str]:
    """Leave a request with this content (None: as the caller left it) and let it be looked at."""
    request = folder / "clock-request"
    if content is not None:
        request.write_bytes(content)
    (folder / "build-date").write_text(built)
    return subprocess.run(
        [str(SCRIPT), str(request)],
        env={"GATEPOST_BUILD_DATE": str(folder / "build-date"), "GATEPOST_CLOCK_DRY": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )


@pytest.mark.parametrize("wanted", [BUILT, BUILT + 1, BUILT + TEN_YEARS_S])
def test_a_moment_within_ten_years_of_the_release_is_set(tmp_path: Path, wanted: int) -> None:
    done = ask(tmp_path, b"%d\n" % wanted)
    assert (done.returncode, done.stdout) == (0, f"would set the clock to {wanted}\n")


@pytest.mark.parametrize("wanted", [BUILT - 1, BUILT + TEN_YEARS_S + 1, 1, 99_999_999_999])
def test_a_moment_outside_is_refused(tmp_path: Path, wanted: int) -> None:
    assert ask(tmp_path, b"%d\n" % wanted).returncode == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"now\n", b"-1790000001\n", b"1790000001.5\n", b"01790000001", b"1790000001\n1790000002\n"],
)
def test_what_is_no_number_of_seconds_is_refused(tmp_path: Path, content: bytes) -> None:
    done = ask(tmp_path, content)
    assert (done.returncode, done.stdout) == (1, "")


def test_the_request_is_gone_whatever_it_said(tmp_path: Path) -> None:
    for content in (b"nonsense", b"%d\n" % (BUILT + 5)):
        ask(tmp_path, content)
        # Left there, the path unit would start the service again and again.
        assert not (tmp_path / "clock-request").exists()


def test_a_link_to_another_file_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{BUILT + 7}\n")
    (tmp_path / "clock-request").symlink_to(secret)
    done = ask(tmp_path, None)
    assert done.returncode == 1
    assert secret.exists()


def test_a_pipe_does_not_make_it_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "clock-request")
    assert ask(tmp_path, None).returncode == 1


def test_without_a_build_date_there_is_no_limit_so_nothing_is_set(tmp_path: Path) -> None:
    assert ask(tmp_path, b"%d\n" % (BUILT + 5), built="").returncode == 1


def test_what_was_asked_is_not_repeated_into_the_log(tmp_path: Path) -> None:
    done = ask(tmp_path, b"13912345678 x")
    assert "139" not in done.stdout + done.stderr


@settings(max_examples=15)
@given(content=st.binary(max_size=40))
def test_nothing_but_a_fit_number_ever_sets_it(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    done = ask(tmp_path_factory.mktemp("request"), content)
    text = content.replace(b"\n", b"").replace(b"\0", b"")
    fit = text.isdigit() and BUILT <= int(text) <= BUILT + TEN_YEARS_S
    assert (done.returncode == 0) <= fit
