"""The units and what is installed beside them, checked by systemd's own tools."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.paths import ROOT, program

pytestmark = pytest.mark.system

SYSTEMD = ROOT / "systemd"
UNITS = sorted(path.name for path in SYSTEMD.iterdir() if path.suffix in {".service", ".path", ".timer"})
SERVICES = [name for name in UNITS if name.endswith(".service")]
INSTALLED = "/opt/gatepost/current/"
# What interfaces.md and the reference promise a gate can be plugged into.
DEVICES = ["ttyUSB", "ttyACM", "ttyAMA", "ttyS", "video4linux", "alsa", "gpiochip", "input", "i2c"]


def settings(unit: str) -> list[tuple[str, str]]:
    """Return every key and value of a unit, in order, continued lines joined."""
    text = (SYSTEMD / unit).read_text("utf-8").replace("\\\n", " ")
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and line[0] not in "#;[")
    return [(key.strip(), value.strip()) for key, value in pairs]


def values(unit: str, key: str) -> list[str]:
    return [value for name, value in settings(unit) if name == key]


def verify(folder: Path, unit: str) -> str:
    """Return what systemd has against a unit whose programs are taken as installed."""
    for name in UNITS:
        text = (SYSTEMD / name).read_text("utf-8")
        text = re.sub(rf"{re.escape(INSTALLED)}\S+/gatepost\S*", "/usr/bin/env", text)
        target = folder / name
        if not target.exists():
            target.write_text(text, "utf-8")
    done = subprocess.run(
        [program("systemd-analyze", "systemd"), "verify", "--man=no", str(folder / unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_has_nothing_against_the_unit(unit: str, tmp_path: Path) -> None:
    assert verify(tmp_path, unit) == ""


def test_a_misspelt_key_would_be_seen(tmp_path: Path) -> None:
    # The tool ends well on a key it does not know: only its words tell.
    text = (SYSTEMD / "gatepost.service").read_text("utf-8")
    (tmp_path / "gatepost.service").write_text(
        text.replace("WatchdogSec", "WatchDogSec").replace(f"{INSTALLED}.venv/bin/gatepost", "/usr/bin/env"),
        "utf-8",
    )
    assert "WatchDogSec" in verify(tmp_path, "gatepost.service")


@pytest.mark.parametrize("service", SERVICES)
def test_the_service_is_exposed_less_than_2_0(service: str) -> None:
    done = subprocess.run(
        [
            *(program("systemd-analyze", "systemd"), "security", "--no-pager", "--offline=true"),
            *("--threshold=20", str(SYSTEMD / service)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_every_program_of_ours_that_a_unit_starts_is_there(service: str) -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    for command in values(service, "ExecStart"):
        ours = command.split()[0]
        if not ours.startswith(INSTALLED):
            continue
        inside = ours.removeprefix(INSTALLED)
        if inside.startswith(".venv/bin/"):
            assert inside.removeprefix(".venv/bin/") in scripts
        else:
            assert os.access(ROOT / inside, os.X_OK)


def test_the_gate_may_reach_every_kind_of_device() -> None:
    allowed = " ".join(values("gatepost.service", "DeviceAllow"))
    assert values("gatepost.service", "DevicePolicy") == ["closed"]
    for kind in DEVICES:
        assert f"char-{kind} r" in allowed, kind


def test_the_gate_is_not_restarted_for_what_only_a_person_can_mend() -> None:
    assert values("gatepost.service", "Restart") == ["always"]
    assert values("gatepost.service", "RestartPreventExitStatus") == ["2 3"]
    assert values("gatepost.service", "StartLimitIntervalSec") == ["0"]
    assert values("gatepost.service", "Type") == ["notify"]
    assert 5 <= int(values("gatepost.service", "WatchdogSec")[0]) <= 60


def test_the_browser_reaches_this_machine_only() -> None:
    assert values("gatepost-kiosk.service", "IPAddressDeny") == ["any"]
    assert values("gatepost-kiosk.service", "IPAddressAllow") == ["localhost"]


def test_only_the_clock_service_runs_as_root_and_with_two_powers() -> None:
    for service in SERVICES:
        powers = values(service, "CapabilityBoundingSet")
        if service == "gatepost-clock.service":
            assert powers == ["CAP_SYS_TIME CAP_DAC_OVERRIDE"]
        else:
            assert powers == [""], service
            assert values(service, "User") == [service.removesuffix(".service")]
        assert values(service, "NoNewPrivileges") == ["yes"]


def test_users_and_groups_of_the_units_come_into_being(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    subprocess.run(
        [
            program("systemd-sysusers", "systemd"),
            f"--root={tmp_path}",
            str(SYSTEMD / "gatepost.sysusers"),
        ],
        check=True,
        capture_output=True,
    )
    users = {line.split(":")[0] for line in (tmp_path / "etc/passwd").read_text().splitlines()}
    groups = {
        line.split(":")[0]: line.split(":")[3] for line in (tmp_path / "etc/group").read_text().splitlines()
    }
    for service in SERVICES:
        assert set(values(service, "User")) <= users
        assert set(values(service, "Group")) <= groups.keys()
    for group in ("dialout", "video", "audio", "gpio", "i2c", "input"):
        assert "gatepost" in groups[group].split(","), group


def test_the_camera_child_may_make_itself_nicer() -> None:
    # nice() is among @resources; refused, the child would end at once.
    assert not any("@resources" in value for value in values("gatepost.service", "SystemCallFilter"))


@pytest.mark.skipif(os.geteuid() != 0, reason="giving folders to users needs root")
def test_folders_of_keys_and_settings_are_closed_to_others(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    for tool, file in (
        (["systemd-sysusers"], "gatepost.sysusers"),
        (["systemd-tmpfiles", "--create"], "gatepost.tmpfiles"),
    ):
        subprocess.run(
            [program(tool[0], "systemd"), *tool[1:], f"--root={tmp_path}", str(SYSTEMD / file)],
            check=True,
            capture_output=True,
        )
    keys = (tmp_path / "etc/gatepost/keys").stat()
    assert (keys.st_mode & 0o777, keys.st_uid) == (0o750, 0)
    assert (tmp_path / "etc/gatepost/keys/uplink-token").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "etc/gatepost").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "var/lib/gatepost").stat().st_mode & 0o777 == 0o700


def test_chinese_is_drawn_with_the_font_that_is_installed() -> None:
    if not list(Path("/usr/share/fonts").glob("**/wqy-microhei.ttc")):
        program("wqy-microhei.ttc", "fonts-wqy-microhei")
    env = {**os.environ, "FONTCONFIG_FILE": str(SYSTEMD / "kiosk-fonts.conf")}
    for asked in ("sans-serif", "sans-serif:lang=zh-cn", "monospace"):
        done = subprocess.run(
            [program("fc-match", "fontconfig"), asked], env=env, capture_output=True, text=True, check=True
        )
        assert "WenQuanYi" in done.stdout, asked
    named = values("gatepost-kiosk.service", "Environment")
    assert f"FONTCONFIG_FILE={INSTALLED}systemd/kiosk-fonts.conf" in named


def _rules() -> list[str]:
    lines = (SYSTEMD / "70-gatepost.rules").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_every_udev_rule_is_well_formed_and_every_jump_lands() -> None:
    term = r'[A-Z_]+(\{[A-Za-z_]+\})?(==|!=|\+=|=|:=)"[^"]*"'
    for rule in _rules():
        assert re.fullmatch(rf"{term}(, {term})*", rule), rule
    text = "\n".join(_rules())
    assert set(re.findall(r'GOTO="(\w+)"', text)) == set(re.findall(r'LABEL="(\w+)"', text))


@pytest.mark.parametrize(
    ("vendor", "product"),
    [("1a86", "7523"), ("10c4", "ea60"), ("0403", "6001"), ("7777", "6666")],
    ids=["CH340", "CP210x", "FTDI", "GM65"],
)
def test_an_adapter_gets_a_name_by_its_socket(vendor: str, product: str) -> None:
    found = [rule for rule in _rules() if f'=="{vendor}"' in rule and f'=="{product}"' in rule]
    assert len(found) == 1
    # %b is the name of the USB device that matched, which is the socket: 1-1.2.
    assert 'SUBSYSTEMS=="usb"' in found[0]
    assert 'SYMLINK+="gate/usb-%b"' in found[0]
