"""The script `gate`: what it sets up, when it does nothing, and what it says when it cannot.

The checkout is a small one in a folder with a space in its name; uv, apt-get and the rest of the
machine are small programs that write down how they were called.
"""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.paths import ROOT, program

pytestmark = pytest.mark.system

# What the script may count on; everything else has to be put there by the test.
BASICS = [
    *("sh", "bash", "cat", "chmod", "cp", "cut", "dirname", "env", "find", "flock", "grep", "head", "od"),
    *("id", "install", "ln", "ls", "mkdir", "mv", "printf", "readlink", "rm", "sed", "sha256sum", "sort"),
    *("stat", "tar", "touch", "tr", "uname", "wc", "xargs", "cmp", "basename", "true"),
]
SCRIPTS = ["install", "gatepost-set-clock", "gatepost-as-service"]
PRESENT = ["espeak-ng", "chromium", "fc-match", "shellcheck", "systemd-analyze"]
UV = """
echo "uv $*" >>"$CALLS"
case "$1 $2" in
    "--version "*) exit 0 ;;
    venv*)
        for venv in "$@"; do :; done
        mkdir -p "$venv/bin"
        ln -s "$TEST_PYTHON" "$venv/bin/python"
        ;;
    "pip install")
        [ ! -e "$TEST_HOME/no-network" ] || exit 2
        case "$*" in *" -e "*)
            command=${5%/python}/gatepost
            printf '#!/bin/sh\\necho "gatepost $*"; echo "missing=$GATEPOST_MISSING"\\n' >"$command"
            chmod +x "$command"
            ;;
        esac
        ;;
esac
"""


class Checkout:
    """A small checkout and a small machine around it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.root = home / "a gate"
        self.bin = home / "bin"
        self.calls_file = home / "calls"
        self.env = {
            "PATH": str(self.bin),
            "HOME": str(home),
            "CALLS": str(self.calls_file),
            "TEST_HOME": str(home),
            "TEST_PYTHON": sys.executable,
            "GATEPOST_PYTHON": sys.executable,
        }
        self.bin.mkdir()
        for name in BASICS:
            found = shutil.which(name)
            if found:
                (self.bin / name).symlink_to(found)
        for name in PRESENT:
            self.fake(name, "exit 0")
        self.fake("uv", UV)
        self.fake("id", "echo 1000")
        self._copy()

    def _copy(self) -> None:
        for name in ("gate", "pyproject.toml"):
            self.root.mkdir(exist_ok=True)
            shutil.copy2(ROOT / name, self.root / name)
        shutil.copytree(ROOT / "systemd", self.root / "systemd")
        for name in ("edge", "drivers", "district", "requirements", "config", "docs"):
            (self.root / name).mkdir()
        for name in ("requirements/run.txt", "requirements/dev.txt", "LICENSE", "edge/__init__.py"):
            (self.root / name).write_text("")
        for name in ("gate", "district"):
            (self.root / f"config/{name}.example.toml").write_text(f'[{name}]\nid = "x"\n')

    def fake(self, name: str, body: str) -> None:
        """Put a program on the machine."""
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def gate(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.root / "gate"), *arguments],
            cwd=self.home,
            env={**self.env, **env},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def calls(self) -> list[str]:
        """Return what was called since last asked."""
        if not self.calls_file.exists():
            return []
        lines = self.calls_file.read_text().splitlines()
        self.calls_file.unlink()
        return [line for line in lines if line != "uv --version"]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    # Libraries and fonts are looked for where Debian puts them; no test can put them elsewhere.
    if not list(Path("/usr/lib").glob("*/libzbar.so.0")):
        program("zbar", "libzbar0")
    return Checkout(tmp_path)


def made_anew(calls: list[str]) -> bool:
    return any(call.startswith("uv venv") for call in calls)


def installed(calls: list[str]) -> list[str]:
    return [call for call in calls if call.startswith("uv pip install")]


@pytest.mark.parametrize("script", ["gate", ".ci/run", *(f"systemd/{name}" for name in SCRIPTS)])
def test_shellcheck_has_nothing_against(script: str) -> None:
    done = subprocess.run(
        [program("shellcheck"), str(ROOT / script)], capture_output=True, text=True, check=False
    )
    assert done.stdout + done.stderr == ""
    assert os.access(ROOT / script, os.X_OK)


def test_the_first_run_makes_the_environment_from_pins_with_hashes(checkout: Checkout) -> None:
    done = checkout.gate("run", "--config", "a b.toml")
    assert done.stdout.splitlines()[0] == "gatepost run --config a b.toml"
    calls = checkout.calls()
    assert made_anew(calls)
    pins, project = installed(calls)
    assert "--require-hashes" in pins
    assert pins.endswith("requirements/run.txt")
    assert "--no-deps --no-build-isolation" in project


def test_the_second_run_sets_nothing_up(checkout: Checkout) -> None:
    checkout.gate("run")
    checkout.calls()
    done = checkout.gate("run")
    assert done.stdout.startswith("gatepost run")
    assert done.stderr == ""
    assert checkout.calls() == []


def test_an_environment_whose_making_was_cut_short_is_made_anew(checkout: Checkout) -> None:
    half = checkout.root / ".venv/lib/half-a-package"
    half.mkdir(parents=True)
    assert checkout.gate("run").returncode == 0
    assert made_anew(checkout.calls())
    assert not half.exists()


def test_an_environment_whose_python_has_gone_is_made_anew(checkout: Checkout) -> None:
    checkout.gate("run")
    checkout.calls()
    python = checkout.root / ".venv/bin/python"
    python.unlink()
    python.symlink_to(checkout.home / "removed-by-an-upgrade")
    assert checkout.gate("run").returncode == 0
    assert made_anew(checkout.calls())


def test_a_checkout_that_was_moved_gets_its_environment_anew(checkout: Checkout) -> None:
    checkout.gate("run")
    checkout.calls()
    checkout.root = checkout.root.rename(checkout.home / "another place")
    assert checkout.gate("run").returncode == 0
    assert made_anew(checkout.calls())


def test_new_pins_are_installed_where_the_environment_stands(checkout: Checkout) -> None:
    checkout.gate("run")
    checkout.calls()
    (checkout.root / "requirements/run.txt").write_text("# another pin\n")
    assert checkout.gate("run").returncode == 0
    calls = checkout.calls()
    assert installed(calls)
    assert not made_anew(calls)


def test_tests_add_what_they_need_to_what_is_there(checkout: Checkout) -> None:
    checkout.gate("run")
    checkout.calls()
    (checkout.root / "pytest.py").write_text("import sys\nprint(sys.argv[1:])\n")
    done = checkout.gate("test", "-k", "one and two", CI="false")
    assert done.stdout.splitlines()[-1].endswith("'-k', 'one and two']")
    calls = checkout.calls()
    assert not made_anew(calls)
    assert installed(calls)[0].endswith("requirements/dev.txt")
    # And the wider environment serves to run a gate as well.
    checkout.gate("run")
    assert checkout.calls() == []


def test_without_a_network_the_environment_is_kept_and_it_says_so(checkout: Checkout) -> None:
    checkout.gate("run")
    kept = (checkout.root / ".venv/gatepost-stamp").read_text()
    (checkout.root / "requirements/run.txt").write_text("# another pin\n")
    (checkout.home / "no-network").touch()
    done = checkout.gate("run")
    assert done.returncode == 1
    assert "无法安装依赖" in done.stderr
    assert "could not be installed" in done.stderr
    assert (checkout.root / ".venv/gatepost-stamp").read_text() == kept
    (checkout.home / "no-network").unlink()
    checkout.calls()
    assert checkout.gate("run").returncode == 0
    assert not made_anew(checkout.calls())


def test_without_root_it_names_what_is_missing_and_goes_on(checkout: Checkout) -> None:
    (checkout.bin / "espeak-ng").unlink()
    checkout.fake("apt-get", 'echo "apt-get $*" >>"$CALLS"')
    done = checkout.gate("run")
    assert done.returncode == 0
    assert "请以 root 身份安装：apt-get install espeak-ng" in done.stderr
    assert "As root: apt-get install espeak-ng" in done.stderr
    assert "missing=espeak-ng" in done.stdout
    assert not [call for call in checkout.calls() if call.startswith("apt-get")]


def test_in_continuous_integration_a_missing_package_is_an_error(checkout: Checkout) -> None:
    (checkout.bin / "chromium").unlink()
    done = checkout.gate("test", CI="true")
    assert done.returncode == 1
    assert "chromium" in done.stderr


APT = """
echo "apt-get $*" >>"$CALLS"
case "$*" in
    *--simulate*) [ -e "$TEST_HOME/lists" ] ;;
    update*) touch "$TEST_HOME/lists" ;;
    *espeak-ng*) printf '#!/bin/sh\\n' >"$TEST_HOME/bin/espeak-ng"; chmod +x "$TEST_HOME/bin/espeak-ng" ;;
esac
"""


@pytest.mark.parametrize("lists_there", [False, True])
def test_with_root_it_installs_what_is_missing(checkout: Checkout, lists_there: bool) -> None:
    checkout.fake("id", "echo 0")
    checkout.fake("apt-get", APT)
    (checkout.bin / "espeak-ng").unlink()
    if lists_there:
        (checkout.home / "lists").touch()
    done = checkout.gate("run")
    assert "missing=\n" in done.stdout
    calls = [call for call in checkout.calls() if call.startswith("apt-get")]
    # The lists are fetched only where they do not know the package.
    assert ("apt-get update -qq" in calls) is not lists_there
    assert calls[-1] == "apt-get install -y -qq --no-install-recommends espeak-ng"


def test_a_gate_without_network_does_not_ask_for_packages_at_each_start(checkout: Checkout) -> None:
    checkout.gate("run")
    checkout.fake("id", "echo 0")
    checkout.fake("apt-get", 'echo "apt-get $*" >>"$CALLS"; exit 100')
    (checkout.bin / "espeak-ng").unlink()
    checkout.calls()
    assert checkout.gate("run").returncode == 0
    assert checkout.calls() == []


def test_a_python_that_is_too_old_or_broken_is_passed_over(checkout: Checkout) -> None:
    checkout.fake("old-python", "exit 1")
    done = checkout.gate("run", GATEPOST_PYTHON="old-python")
    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr
    assert not made_anew(checkout.calls())


def test_without_uv_a_python_that_cannot_make_environments_is_passed_over(checkout: Checkout) -> None:
    (checkout.bin / "uv").unlink()
    # As Debian has it: new enough, but without ensurepip.
    checkout.fake("bare-python", f'case "$*" in *ensurepip*) exit 1 ;; esac; exec "{sys.executable}" "$@"')
    done = checkout.gate("run", GATEPOST_PYTHON="bare-python")
    assert done.returncode == 1
    assert "需要 Python 3.11" in done.stderr


def test_a_uv_that_does_not_work_is_as_good_as_none(checkout: Checkout) -> None:
    checkout.fake("uv", 'echo "uv $*" >>"$CALLS"; exit 127')
    checkout.fake("bare-python", f'case "$*" in *ensurepip*) exit 1 ;; esac; exec "{sys.executable}" "$@"')
    assert checkout.gate("run", GATEPOST_PYTHON="bare-python").returncode == 1
    assert checkout.calls() == []


def test_a_translation_is_compiled_when_its_source_is_newer(checkout: Checkout) -> None:
    checkout.gate("run")
    folder = checkout.root / "edge/web/translations/zh_Hans/LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text("")
    pybabel = checkout.root / ".venv/bin/pybabel"
    pybabel.write_text(f'#!/bin/sh\necho "pybabel $*" >>"$CALLS"\ntouch "{folder}/messages.mo"\n')
    pybabel.chmod(0o755)
    checkout.calls()
    for expected in (1, 0):
        checkout.gate("run")
        assert len(checkout.calls()) == expected
    os.utime(folder / "messages.mo", (1, 1))
    checkout.gate("run")
    assert checkout.calls() == [f"pybabel -q compile -f -d {checkout.root}/edge/web/translations"]


def test_an_unknown_command_shows_the_known_ones(checkout: Checkout) -> None:
    done = checkout.gate("fly")
    assert done.returncode == 2
    for command in ("demo", "test", "run", "install", "check", "bench"):
        assert f"./gate {command}" in done.stderr
    assert checkout.gate("--help").returncode == 0


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Return every file below a folder with what changes when it is written again."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_mtime_ns, path.lstat().st_ino)
        for path in folder.rglob("*")
        if not path.is_dir() and not path.is_symlink()
    }


@pytest.fixture
def install(checkout: Checkout) -> Callable[..., subprocess.CompletedProcess[str]]:
    checkout.fake("apt-get", "exit 1")
    return lambda *arguments: checkout.gate("install", *arguments, DESTDIR=str(checkout.home / "dest"))


def test_installing_puts_everything_in_place(
    checkout: Checkout, install: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = install("--kiosk", "--district")
    assert done.returncode == 0, done.stderr
    dest = checkout.home / "dest"
    for unit in ("gatepost", "gatepost-clock", "gatepost-kiosk", "gatepost-district"):
        assert (dest / f"etc/systemd/system/{unit}.service").exists()
    for file in ("udev/rules.d/70-gatepost.rules", "pam.d/gatepost-kiosk", "sysusers.d/gatepost.conf"):
        assert (dest / "etc" / file).exists()
    for command in ("gatepost", "gatepost-district"):
        assert os.access(dest / "usr/local/bin" / command, os.X_OK)
    current = dest / "opt/gatepost/current"
    assert os.access(current / ".venv/bin/gatepost", os.X_OK)
    assert (current / "build-date").read_text().strip().isdigit()
    key = dest / "etc/gatepost/keys/master-key"
    assert (len(bytes.fromhex(key.read_text())), stat.S_IMODE(key.stat().st_mode)) == (32, 0o600)
    assert stat.S_IMODE((dest / "etc/gatepost/gatepost.toml").stat().st_mode) == 0o640


def test_installing_again_changes_nothing(
    checkout: Checkout, install: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    install("--kiosk")
    before = snapshot(checkout.home / "dest")
    assert install("--kiosk").returncode == 0
    assert snapshot(checkout.home / "dest") == before


def test_an_upgrade_keeps_settings_key_and_the_release_before(
    checkout: Checkout, install: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    install()
    dest = checkout.home / "dest"
    settings, key = dest / "etc/gatepost/gatepost.toml", dest / "etc/gatepost/keys/master-key"
    settings.write_text("# ours\n")
    secret = key.read_bytes()
    releases = [(dest / "opt/gatepost/current").readlink()]
    for change in ("one", "two"):
        (checkout.root / "edge" / f"{change}.py").write_text("")
        assert install().returncode == 0
        releases.append((dest / "opt/gatepost/current").readlink())
    assert len(set(releases)) == 3
    assert (dest / "opt/gatepost/previous").readlink() == releases[1]
    assert len(list((dest / "opt/gatepost/releases").iterdir())) == 2
    assert settings.read_text() == "# ours\n"
    assert key.read_bytes() == secret


def test_a_release_that_cannot_be_built_leaves_the_old_one(
    checkout: Checkout, install: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    install()
    current = checkout.home / "dest/opt/gatepost/current"
    old = current.readlink()
    (checkout.root / "edge/new.py").write_text("")
    (checkout.home / "no-network").touch()
    assert install().returncode == 1
    assert current.readlink() == old
    (checkout.home / "no-network").unlink()
    assert install().returncode == 0
    assert current.readlink() != old


def test_a_dry_run_says_what_it_would_do_and_does_nothing(checkout: Checkout) -> None:
    checkout.fake("apt-get", 'echo "apt-get $*" >>"$CALLS"')
    before = snapshot(checkout.home)
    done = checkout.gate("install", "--dry-run", "--kiosk", DESTDIR=str(checkout.home / "dest"))
    assert done.returncode == 0, done.stderr
    assert "+ install -D -m 644" in done.stdout
    assert "gatepost-kiosk.service" in done.stdout
    assert snapshot(checkout.home) == before
