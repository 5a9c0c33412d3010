"""`gatepost doctor`: every check on a made-up machine, and the whole command on this one."""

import contextlib
import http.server
import json
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from drivers import registry
from edge.cli import doctor as command
from edge.cli.config import Given
from edge.cli.doctor import Tools, cables, devices, machine, ports, surroundings, timekeeping
from edge.cli.doctor.finding import Finding, Level, ok, redacted, warn
from edge.cli.doctor.power import power
from edge.clock import Clock, Sources
from edge.config import Settings
from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Instant, Reading
from edge.health import Health, Problem

LANE = {"name": "in", "procedure": "compound"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A Pi on which all is well: the service's account, its groups, one adapter in its socket."""
    put(tmp_path, "proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0")
    put(tmp_path, "proc/cmdline", "console=tty1 root=PARTUUID=1 rw\n")
    put(tmp_path, "proc/mounts", "/dev/mmcblk0p2 / ext4 rw,noatime 0 0\n/dev/sda1 /media/key vfat ro 0 0\n")
    put(tmp_path, "etc/os-release", 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n')
    put(
        tmp_path,
        "etc/passwd",
        "root:x:0:0::/root:/bin/sh\ngatepost:x:4343:4343::/var/lib/gatepost:/bin/false\n",
    )
    put(tmp_path, "etc/group", f"dialout:x:{tmp_path.stat().st_gid}:gatepost\ngatepost:x:4343:\n")
    put(tmp_path, "dev/ttyUSB0", "", mode=0o660)
    link(tmp_path, "dev/serial/by-path/platform-usb-0:1.1:1.0-port0", "../../ttyUSB0")
    return tmp_path


def put(root: Path, path: str, text: str, mode: int = 0o644) -> Path:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    target.chmod(mode)
    return target


def link(root: Path, path: str, target: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).symlink_to(target)


def settings(**lane: Any) -> Settings:
    return Settings.model_validate({"gate": {"id": "g", "name": "n"}, "lane": [{**LANE, **lane}]})


def levels(findings: Sequence[Finding]) -> list[str]:
    return [finding.level.value for finding in findings]


def silent(_arguments: Sequence[str]) -> None:
    return None


THERMO = ports.Port("in", "thermometer", "/dev/ttyUSB0")


# --- the machine -----------------------------------------------------------------------------------


def test_the_first_line_names_the_machine_and_nobody(root: Path) -> None:
    (finding,) = machine.machine(root, architecture="aarch64")
    assert finding.level is Level.OK
    assert "Raspberry Pi 4 Model B Rev 1.4, Debian GNU/Linux 12" in finding.what.en


def test_a_32_bit_system_is_a_fault(root: Path) -> None:
    (finding,) = machine.machine(root, architecture="armv7l")
    assert finding.level is Level.FAULT
    assert "64" in finding.what.zh


def told(*answers: tuple[str, str]) -> Callable[[Sequence[str]], str | None]:
    """Programs that answer: the first whose words begin the command line."""

    def run(arguments: Sequence[str]) -> str | None:
        line = " ".join(arguments)
        return next((answer for words, answer in answers if line.startswith(words)), None)

    return run


UNDER, CAPPED, THROTTLED, SOFT = "under-voltage", "frequency capped", "slowed down to the least", "soft temp"


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("0x0", [("ok", "well")]),
        ("1", [("fault", f"{UNDER} (below 4.63 V), right now")]),
        ("0x50005", [("fault", UNDER), ("warn", THROTTLED)]),
        ("0x50000", [("warn", f"{UNDER} (below 4.63 V), since"), ("warn", f"{THROTTLED}, since")]),
        ("0x2", [("warn", f"{CAPPED}, right now")]),
        ("0x20000", [("warn", f"{CAPPED}, since")]),
        ("0x8", [("warn", SOFT)]),
        ("0x80000", [("warn", "by heat, since")]),
        ("0xF000F", [("fault", UNDER), ("warn", CAPPED), ("warn", THROTTLED), ("warn", SOFT)]),
    ],
)
def test_every_flag_of_the_firmware_is_explained(
    root: Path, flags: str, expected: list[tuple[str, str]]
) -> None:
    put(root, "sys/devices/platform/soc/soc:firmware/get_throttled", flags + "\n")
    found = power(root, silent)
    assert levels(found) == [level for level, _ in expected]
    for finding, (_, word) in zip(found, expected, strict=True):
        assert word in finding.what.en


def test_the_flags_come_from_vcgencmd_where_the_kernel_does_not_show_them(root: Path) -> None:
    assert levels(power(root, told(("vcgencmd get_throttled", "throttled=0x50005\n")))) == ["fault", "warn"]
    assert power(root, silent) == []
    assert power(root, told(("vcgencmd", "VCHI initialization failed\n"))) == [], "'ed' is no number"


def test_without_the_firmwares_flags_the_kernels_sensor_and_words_are_read(root: Path) -> None:
    put(root, "sys/class/hwmon/hwmon0/name", "cpu_thermal\n")
    put(root, "sys/class/hwmon/hwmon1/name", "rpi_volt\n")
    put(root, "sys/class/hwmon/hwmon1/in0_lcrit_alarm", "0\n")
    assert levels(power(root, silent)) == ["ok"]
    words = "hwmon hwmon1: Undervoltage detected!\nVoltage normalised\nUnder-voltage detected! (0x00050005)\n"
    (finding,) = power(root, told(("dmesg", words)))
    assert "2 time(s)" in finding.what.en
    put(root, "sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n")
    assert levels(power(root, told(("dmesg", words)))) == ["fault"]
    put(root, "sys/class/thermal/thermal_zone0/temp", "84500\n")
    assert "84 degrees" in power(root, silent)[-1].what.en


def test_a_card_without_errors_is_well(root: Path) -> None:
    put(root, "sys/fs/ext4/mmcblk0p2/errors_count", "0\n")
    put(root, "sys/block/mmcblk0/device/pre_eol_info", "0x01\n")
    noise = "usb 1-1: new device\nWARNING: something\n"
    assert levels(machine.card(root, Path("/var/lib/gatepost"), lambda _: noise)) == ["ok"]


def test_each_sign_of_a_failing_card_is_named(root: Path) -> None:
    put(root, "proc/mounts", "/dev/mmcblk0p2 / ext4 ro,noatime 0 0\n")
    put(root, "sys/fs/ext4/mmcblk0p2/errors_count", "3\n")
    put(root, "sys/fs/ext4/mmcblk0p2/last_error_func", "ext4_lookup\n")
    put(root, "sys/block/mmcblk0/device/pre_eol_info", "0x02\n")
    put(root, "sys/block/mmcblk0/device/life_time", "0x02 0x0a\n")
    words = "mmc0: error -110\nBuffer I/O error on dev mmcblk0p2\n"
    findings = machine.card(root, Path("/var/lib/gatepost"), lambda _: words)
    assert levels(findings) == ["fault", "fault", "warn", "warn", "warn"]
    assert "read-only" in findings[0].what.en
    assert "3 file system" in findings[1].what.en
    assert "ext4_lookup" in findings[1].what.en
    assert "90 %" in findings[3].what.en
    assert "2 card error" in findings[4].what.en


def test_a_store_on_a_read_only_disk_of_its_own_is_a_fault(root: Path) -> None:
    assert levels(machine.card(root, Path("/media/key/store"), silent)) == ["fault"]


def space(free: int, inodes: int = 100_000) -> os.statvfs_result:
    return os.statvfs_result((4096, 4096, 10**9, free // 4096, free // 4096, 10**6, inodes, inodes, 0, 255))


@pytest.mark.parametrize(
    ("found", "level"),
    [
        (space(2_000_000_000), "ok"),
        (space(900_000_000), "warn"),
        (space(100_000_000), "fault"),
        (space(10**10, inodes=5), "fault"),
    ],
)
def test_space_and_inodes(tmp_path: Path, found: os.statvfs_result, level: str) -> None:
    assert levels(machine.space(tmp_path / "not" / "yet", statvfs=lambda _: found)) == [level]


def test_another_time_zone_than_the_gates_is_said(root: Path) -> None:
    link(root, "etc/localtime", "/usr/share/zoneinfo/Europe/London")
    (finding,) = machine.timezone(root, "Asia/Shanghai")
    assert finding.level is Level.WARN
    assert finding.do is not None
    assert finding.do.en == "timedatectl set-timezone Asia/Shanghai"
    assert levels(machine.timezone(root, "Europe/London")) == ["ok"]


def test_programs_that_are_missing_are_named_with_their_package(root: Path) -> None:
    findings = machine.programs(root, camera=True, voice=True)
    assert levels(findings) == ["warn"] * 5
    commands = [finding.do.en for finding in findings if finding.do]
    assert commands == [
        "apt install libzbar0",
        "apt install alsa-utils",
        "apt install espeak-ng",
        "apt install chromium",
        "apt install fonts-wqy-microhei",
    ]
    put(root, "usr/lib/aarch64-linux-gnu/libzbar.so.0", "")
    for name in ("aplay", "espeak-ng", "chromium-browser"):
        put(root, f"usr/bin/{name}", "")
    put(root, "usr/share/fonts/truetype/wqy/wqy-microhei.ttc", "")
    assert levels(machine.programs(root, camera=True, voice=True)) == ["ok"] * 5
    assert [finding.check for finding in machine.programs(root, camera=False, voice=False)] == [
        "chromium",
        "font",
    ]


# --- ports -----------------------------------------------------------------------------------------


def test_the_files_that_the_lanes_name_are_found() -> None:
    found = ports.ports(
        settings(
            thermometer={"driver": "gy614", "port": "/dev/ttyUSB0"},
            scanner=[{"driver": "camera"}, {"driver": "serial", "port": "socket://10.0.0.2:7000"}],
            voice={"driver": "wav"},
        )
    )
    assert [(port.kind, port.path) for port in found] == [
        ("thermometer", "/dev/ttyUSB0"),
        ("scanner", "/dev/video0"),
        ("voice", "/dev/snd/controlC0"),
    ]


def test_several_of_a_kind_are_told_apart() -> None:
    found = ports.ports(
        settings(
            thermometer={"driver": "gy614", "port": "/dev/ttyUSB0"},
            scanner=[{"driver": "camera"}, {"driver": "serial", "port": "/dev/ttyUSB1"}],
        )
    )
    assert [port.check for port in found] == ["thermometer of in", "scanner 1 of in", "scanner 2 of in"]


def test_the_services_account_has_the_groups_of_the_file_and_of_its_unit(root: Path) -> None:
    assert ports.account(root).groups == {"dialout", "gatepost"}
    put(root, "etc/systemd/system/gatepost.service", "[Service]\nSupplementaryGroups=video audio\n")
    assert ports.account(root).groups == {"dialout", "gatepost", "video", "audio"}


def test_without_the_service_it_is_whoever_runs_doctor(root: Path) -> None:
    put(root, "etc/passwd", "root:x:0:0::/root:/bin/sh\npi:x:1000:1000::/home/pi:/bin/sh\n")
    put(root, "etc/group", "pi:x:1000:\nvideo:x:44:other,pi\n")
    who = ports.account(root, uid=1000)
    assert who == ports.Account("pi", 1000, frozenset({"pi", "video"}))


def test_a_port_is_open_to_its_group_and_to_nobody_else(root: Path) -> None:
    assert levels(ports.access(root, THERMO, ports.account(root))) == ["ok"]
    stranger = ports.Account("gatepost", 4343, frozenset({"gatepost"}))
    (finding,) = ports.access(root, THERMO, stranger)
    assert finding.level is Level.FAULT
    assert finding.do is not None
    assert finding.do.en.startswith("usermod -aG dialout gatepost")


def test_a_port_that_is_not_there_is_a_fault_with_where_to_look(root: Path) -> None:
    (finding,) = ports.access(root, ports.Port("in", "scanner", "/dev/ttyACM7"), ports.account(root))
    assert finding.level is Level.FAULT
    assert finding.do is not None
    assert "/dev/serial/by-path" in finding.do.zh


def test_the_systems_console_on_the_port_is_found_through_every_name(root: Path) -> None:
    put(root, "dev/ttyAMA0", "")
    link(root, "dev/serial0", "ttyAMA0")
    port = ports.Port("in", "thermometer", "/dev/ttyAMA0")
    assert ports.console(root, port) == []
    put(root, "proc/cmdline", "console=serial0,115200 console=tty1\n")
    assert levels(ports.console(root, port)) == ["fault"]
    put(root, "proc/cmdline", "console=tty1\n")
    put(root, "etc/systemd/system/getty.target.wants/serial-getty@ttyAMA0.service", "")
    (finding,) = ports.console(root, port)
    assert finding.do is not None
    assert "raspi-config" in finding.do.en
    assert ports.console(root, THERMO) == []


def test_a_console_that_the_next_start_would_bring_is_found_as_well(root: Path) -> None:
    put(root, "dev/ttyAMA0", "")
    put(root, "boot/firmware/cmdline.txt", "console=ttyAMA0,115200 console=tty1 rootwait\n")
    assert levels(ports.console(root, ports.Port("in", "scanner", "/dev/ttyAMA0"))) == ["fault"]


def test_programs_that_take_usb_serial_ports_are_named(root: Path) -> None:
    assert levels(cables.rivals(root, (THERMO,), silent)) == ["ok"]
    put(root, "usr/bin/brltty", "")
    put(root, "usr/sbin/ModemManager", "")
    dos = [f.do.en for f in cables.rivals(root, (THERMO,), silent) if f.do]
    assert dos[0] == "apt purge brltty"
    assert dos[1].startswith("apt purge modemmanager")
    put(root, "etc/udev/rules.d/70-gatepost.rules", 'ENV{ID_MM_DEVICE_IGNORE}="1"\n')
    assert len(cables.rivals(root, (THERMO,), silent)) == 1, "our rules keep ModemManager away"
    assert cables.rivals(root, (), silent) == []


def test_a_program_that_took_an_adapter_from_its_driver_is_a_fault(root: Path) -> None:
    line = "usb 1-1.1: usbfs: interface 0 claimed by ch341 while 'brltty' sets config #1\n"
    findings = cables.rivals(root, (THERMO,), told(("dmesg", line * 3)))
    assert levels(findings) == ["fault"]
    assert "brltty took an adapter" in findings[0].what.en


def process(root: Path, pid: int, name: str, *files: str) -> None:
    put(root, f"proc/{pid}/comm", name + "\n")
    for number, file in enumerate(files):
        link(root, f"proc/{pid}/fd/{number}", file)


def test_another_program_on_a_configured_port_is_named_and_the_gate_is_not(root: Path) -> None:
    process(root, 1, "systemd", "/dev/null")
    process(root, 700, "gatepost", "socket:[1]", "/dev/ttyUSB0", "/dev/ttyUSB0")
    assert cables.holders(root, (THERMO,)) == []
    process(root, 812, "minicom", "/dev/pts/3", "/dev/ttyUSB0")
    (finding,) = cables.holders(root, (THERMO,))
    assert finding.level is Level.FAULT
    assert "minicom (812)" in finding.what.en
    assert "gatepost" not in finding.what.en


def test_two_gates_on_one_port_are_a_fault(root: Path) -> None:
    for pid in (700, 701):
        process(root, pid, "gatepost", "/dev/ttyUSB0")
    by_path = ports.Port("in", "thermometer", "/dev/serial/by-path/platform-usb-0:1.1:1.0-port0")
    (finding,) = cables.holders(root, (by_path,))
    assert "gatepost (700), gatepost (701)" in finding.what.en


def adapter(root: Path, node: str, socket: str, serial: str = "") -> None:
    usb = f"sys/devices/usb1/{socket}"
    put(root, f"{usb}/idVendor", "1a86\n")
    put(root, f"{usb}/idProduct", "7523\n")
    if serial:
        put(root, f"{usb}/serial", serial)
    (root / usb / f"{socket}:1.0" / node).mkdir(parents=True)
    (root / "sys/class/tty" / node).mkdir(parents=True)
    link(root, f"sys/class/tty/{node}/device", str(root / usb / f"{socket}:1.0" / node))
    put(root, f"dev/{node}", "", mode=0o660)


def test_adapters_that_look_alike_are_warned_about_with_names_that_differ(root: Path) -> None:
    adapter(root, "ttyUSB0", "1-1.1")
    assert cables.twins(root, (THERMO,)) == []
    adapter(root, "ttyUSB1", "1-1.3")
    link(root, "dev/gate/usb-1-1.3", "../ttyUSB1")
    (finding,) = cables.twins(root, (THERMO,))
    assert finding.level is Level.WARN
    assert finding.do is not None
    assert "platform-usb-0:1.1:1.0-port0 or /dev/gate/usb-1-1.3" in finding.do.en
    assert cables.twins(root, (ports.Port("in", "scanner", "/dev/gate/usb-1-1.3"),)) == []
    adapter(root, "ttyUSB2", "1-1.4", serial="0001")
    second = ports.Port("in", "scanner", "/dev/ttyUSB2")
    assert cables.twins(root, (second,)) == []
    adapter(root, "ttyUSB3", "1-1.2", serial="0001")
    (finding,) = cables.twins(root, (second,))
    assert "2 adapters" in finding.what.en, "a number that all of a kind share is none of their own"


def test_one_port_for_two_devices_is_a_fault_whatever_it_is_called(root: Path) -> None:
    by_path = ports.Port("in", "scanner", "/dev/serial/by-path/platform-usb-0:1.1:1.0-port0", 2)
    (finding,) = cables.shared(root, (THERMO, by_path))
    assert finding.level is Level.FAULT
    assert "thermometer of in + scanner 2 of in" in finding.what.en
    assert "通道 in 的测温仪 + 通道 in 的扫码器 2" in finding.what.zh
    chip = [ports.Port("in", kind, "/dev/gpiochip0") for kind in ("barrier", "lights")]
    assert cables.shared(root, (THERMO, *chip)) == [], "a chip has pins for several"


def test_bluetooth_on_the_full_uart_is_a_fault_until_it_is_moved_away(root: Path) -> None:
    put(root, "dev/ttyAMA0", "")
    put(root, "dev/ttyS0", "")
    link(root, "dev/serial0", "ttyS0")
    port = ports.Port("in", "thermometer", "/dev/ttyAMA0")
    put(root, "boot/firmware/config.txt", "enable_uart=1\n#dtoverlay=disable-bt\n")
    assert levels(cables.bluetooth(root, port)) == ["fault"]
    put(root, "boot/firmware/config.txt", "enable_uart=1\ndtoverlay=disable-bt\n")
    assert cables.bluetooth(root, port) == []
    assert cables.bluetooth(root, THERMO) == []


@pytest.mark.parametrize(
    ("kind", "table", "path", "word"),
    [
        ("thermometer", {"driver": "mlx90614_i2c"}, "/dev/i2c-1", "I2C"),
        ("barrier", {"driver": "gpio", "pin": 17}, "/dev/gpiochip0", "pins"),
        ("scanner", {"driver": "hid", "port": "/dev/input/by-id/x-event-kbd"}, None, "scanner"),
        ("thermometer", {"driver": "gy614", "port": "/dev/ttyAMA0"}, "/dev/ttyAMA0", "Serial"),
    ],
)
def test_what_each_configured_driver_opens_is_looked_at_with_its_own_advice(
    root: Path, kind: str, table: dict[str, Any], path: str | None, word: str
) -> None:
    (port,) = ports.ports(settings(**{kind: table}))
    assert port.path == (path or table["port"])
    (finding,) = ports.access(root, port, ports.account(root))
    assert finding.level is Level.FAULT
    assert finding.do is not None
    assert word in finding.do.en


def test_a_name_that_changes_is_answered_with_one_that_stays(root: Path) -> None:
    (finding,) = ports.stable_name(root, THERMO)
    assert finding.level is Level.WARN
    assert finding.do is not None
    assert finding.do.en == "write /dev/serial/by-path/platform-usb-0:1.1:1.0-port0"
    link(root, "dev/gate/usb-1-1.1", "../ttyUSB0")
    (finding,) = ports.stable_name(root, THERMO)
    assert finding.do is not None
    assert finding.do.en == "write /dev/gate/usb-1-1.1"
    for stays in ("/dev/gate/usb-1-1.1", "/dev/serial/by-path/platform-usb-0:1.1:1.0-port0"):
        assert ports.stable_name(root, ports.Port("in", "thermometer", stays)) == []


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("/dev/ttyACM3", "/dev/serial/by-path"),
        ("/dev/input/event3", "/dev/input/by-path"),
        ("/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0", "/dev/serial/by-path"),
    ],
)
def test_where_no_better_name_is_known_the_folder_to_look_in_is_the_right_one(
    root: Path, path: str, folder: str
) -> None:
    (finding,) = ports.stable_name(root, ports.Port("in", "scanner", path))
    assert finding.do is not None
    assert finding.do.en == f"use its name in {folder}"
    put(root, "dev/video0", "")
    put(root, "dev/video1", "")
    (finding,) = ports.stable_name(root, ports.Port("in", "scanner", "/dev/video0"))
    assert finding.do is not None
    assert finding.do.zh == "改用 /dev/v4l/by-path 里的名称"


def test_a_keyboard_scanner_named_by_its_name_is_looked_at_as_its_file(root: Path) -> None:
    named = settings(scanner={"driver": "hid", "name": "USBKey"})
    assert ports.ports(named, root) == ()
    for number, (name, keys) in enumerate(
        [("USBKey Consumer", "0"), ("USBKey Module", "ff 1"), ("K120", "1")]
    ):
        put(root, f"sys/class/input/event{number}/device/name", name + "\n")
        put(root, f"sys/class/input/event{number}/device/capabilities/key", keys + "\n")
    put(root, "dev/input/event1", "", mode=0o660)
    link(root, "dev/input/by-path/platform-usb-0:1.3:1.0-event-kbd", "../event1")
    (port,) = ports.ports(named, root)
    assert port.path == "/dev/input/by-path/platform-usb-0:1.3:1.0-event-kbd"
    stranger = ports.Account("gatepost", 4343, frozenset({"gatepost"}))
    assert levels(ports.access(root, port, stranger)) == ["fault"], "root may open it; the service may not"
    assert ports.stable_name(root, port) == []


def test_a_ch340_by_id_and_the_small_uart_are_warned_about(root: Path) -> None:
    link(root, "dev/serial/by-id/usb-1a86_USB_Serial-if00-port0", "../../ttyUSB0")
    by_id = ports.Port("in", "thermometer", "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0")
    (finding,) = ports.stable_name(root, by_id)
    assert "no serial number" in finding.what.en
    put(root, "dev/ttyS0", "")
    link(root, "dev/serial0", "ttyS0")
    (finding,) = ports.stable_name(root, ports.Port("in", "thermometer", "/dev/serial0"))
    assert "small UART" in finding.what.en
    put(root, "proc/device-tree/model", "Some PC")
    assert ports.stable_name(root, ports.Port("in", "thermometer", "/dev/serial0")) == []


def test_one_camera_may_be_called_by_its_number_and_two_may_not(root: Path) -> None:
    camera = ports.Port("in", "scanner", "/dev/video0")
    put(root, "dev/video0", "")
    assert ports.stable_name(root, camera) == []
    put(root, "dev/video1", "")
    assert levels(ports.stable_name(root, camera)) == ["warn"]


# --- devices ---------------------------------------------------------------------------------------


class Scripted:
    """A driver and its port: what connecting raises, what reading gives."""

    def __init__(
        self, readings: Sequence[Any] = (), error: Exception | None = None, started: bool = True
    ) -> None:
        self.readings, self.error, self.started = readings, error, started
        self.closed = 0

    def connect(self) -> "Scripted":
        if self.error:
            raise self.error
        return self

    def read(self) -> Sequence[Any]:
        return self.readings

    def close(self) -> None:
        self.closed += 1


def test_a_thermometer_that_speaks_is_well_and_is_closed_again() -> None:
    driver = Scripted([Reading(34_000, 20_000, 36_500)])
    assert levels(devices.thermometer("t", driver, calibrated=False)) == ["ok"]
    assert driver.closed == 1


def test_a_surface_only_thermometer_without_an_offset_is_a_fault() -> None:
    driver = Scripted([Reading(34_000, 20_000)])
    assert levels(devices.thermometer("t", driver, calibrated=False)) == ["ok", "fault"]
    assert levels(devices.thermometer("t", driver, calibrated=True)) == ["ok"]


def test_no_reading_ever_stands_in_the_output() -> None:
    lines = [f.line(None) for f in devices.thermometer("t", Scripted([Reading(38_765)]), calibrated=True)]
    assert not any("38" in line for line in lines)


@pytest.mark.parametrize(
    ("driver", "word"),
    [
        (Scripted(error=DeviceUnavailable("/dev/ttyUSB0: held", "busy")), "Another program holds"),
        (Scripted([]), "says nothing"),
    ],
)
def test_a_thermometer_that_does_not_work_is_named_with_its_remedy(driver: Scripted, word: str) -> None:
    (finding,) = devices.thermometer("t", driver, calibrated=True, patience_s=0.02)
    assert finding.level is Level.FAULT
    assert word in finding.what.en
    assert finding.do is not None


def test_a_scanner_is_well_once_it_has_started() -> None:
    assert levels(devices.scanner("s", Scripted())) == ["ok"]
    (finding,) = devices.scanner("s", Scripted(started=False), patience_s=0.02)
    assert finding.level is Level.FAULT


def test_a_driver_that_hangs_does_not_hold_the_others_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "OPEN_S", 0.05)
    release = threading.Event()

    class Hung(Scripted):
        def connect(self) -> "Scripted":
            release.wait(20)
            return self

    (finding,) = devices.scanner("s", Hung(), patience_s=0.0)
    release.set()
    assert finding.level is Level.FAULT
    assert "does not answer" in finding.what.en


def test_the_real_simulated_thermometer_is_opened_and_closed() -> None:
    driver = registry.load("thermometer", {"driver": "simulated"})
    assert levels(devices.thermometer("t", driver, calibrated=True, patience_s=20.0)) == ["ok"]


def gate(health: Health) -> devices.Fetch:
    def fetch(url: str) -> tuple[int, bytes] | None:
        status = health.status()
        if url == "http://127.0.0.1:8080/readyz":
            body = {"ready": status["ready"], "problems": [{"code": p["code"]} for p in status["problems"]]}
            return (200 if status["ready"] else 503), json.dumps(body).encode()
        assert url == "http://127.0.0.1:8080/metrics"
        return 200, health.metrics()

    return fetch


def test_what_the_running_gate_holds_is_asked_of_it() -> None:
    health = Health(lambda: Instant(1, 1))
    health.device("in", "thermometer", "front", "gy614", False).up()
    camera = health.device("in", "scanner", "camera", "camera", False)
    camera.down("hung", "")
    health.probe("uplink", lambda: Problem("uplink_down"))
    health.look()
    found = devices.running(settings(), gate(health))
    assert found is not None
    findings = devices.as_told(found)
    assert [(f.level.value, f.check) for f in findings] == [
        ("fault", "scanner of in"),
        ("ok", "thermometer of in"),
        ("fault", "gate"),
        ("warn", "gate"),
    ]
    assert "running gate holds it" in findings[1].what.en


@pytest.mark.parametrize("answer", [None, (404, b"{}"), (200, b"<html>"), (200, b"[1]"), (200, b"{}")])
def test_another_server_on_the_gates_port_is_not_the_gate(answer: tuple[int, bytes] | None) -> None:
    assert devices.running(settings(), lambda _: answer) is None


# --- surroundings ----------------------------------------------------------------------------------


def clock(tmp_path: Path, wall_us: int, synced: bool) -> Clock:
    nothing = tmp_path / "nothing"
    return Clock(sources=Sources(lambda: 10**9, lambda: wall_us * 1000, lambda: synced, nothing, nothing))


def test_the_clock_says_how_far_it_is_believed(tmp_path: Path) -> None:
    now_us = Clock().now().at_us
    assert levels(surroundings.clock(clock(tmp_path, now_us, True), chip=False)) == ["ok"]
    (finding,) = surroundings.clock(clock(tmp_path, now_us, False), chip=False)
    assert finding.level is Level.WARN
    assert "no clock chip" in finding.what.en
    assert levels(surroundings.clock(clock(tmp_path, 0, False), chip=True)) == ["fault"]


SYNCED, UNSYNCED = "NTP=yes\nNTPSynchronized=yes\n", "NTP=yes\nNTPSynchronized=no\n"
NOW_S = 1_795_000_000


@pytest.mark.parametrize(
    ("marks", "answers", "level", "word"),
    [
        ([], [], "warn", "no time service"),
        ([], [("timedatectl", SYNCED)], "ok", "has set the clock"),
        (["run/systemd/timesync/x"], [("timedatectl", SYNCED)], "ok", "systemd-timesyncd has set"),
        (["run/systemd/timesync/x"], [("timedatectl", UNSYNCED)], "warn", "reached no time server"),
        (["run/chrony/chronyd.pid"], [("chronyc", "A1,ntp,2,1,0,0,Normal\n")], "ok", "chrony has set"),
        (["run/chrony/chronyd.pid"], [("chronyc", ",,0,0,0,0,Not synchronised\n")], "warn", "no time server"),
        (["run/chrony/chronyd.pid", "run/systemd/timesync/x"], [], "warn", "against each other"),
    ],
)
def test_the_service_that_sets_the_clock_is_named(
    root: Path, marks: list[str], answers: list[tuple[str, str]], level: str, word: str
) -> None:
    for mark in marks:
        put(root, mark, "")
    finding = timekeeping.source(root, told(*answers), lambda: NOW_S)[0]
    assert finding.level == level
    assert word in finding.what.en


@pytest.mark.parametrize(
    ("chip", "level", "word"),
    [
        ({}, "warn", "no clock chip"),
        ({"name": "rtc-ds1307", "since_epoch": str(NOW_S + 3)}, "ok", "keeps the time"),
        ({"name": "rtc-ds1307", "since_epoch": str(NOW_S + 900)}, "warn", "differ by 900 s"),
        ({"name": "rtc-ds1307", "since_epoch": "946684800"}, "warn", "years behind"),
        ({"name": "rtc-ds1307"}, "warn", "does not answer"),
        ({"name": "rpi-rtc", "since_epoch": str(NOW_S), "battery_voltage": "12000"}, "warn", "no battery"),
    ],
)
def test_a_clock_chip_is_read_and_judged(root: Path, chip: dict[str, str], level: str, word: str) -> None:
    for name, value in chip.items():
        put(root, f"sys/class/rtc/rtc0/{name}", value + "\n")
    finding = timekeeping.source(root, told(("timedatectl", SYNCED)), lambda: NOW_S)[1]
    assert finding.level == level
    assert word in finding.what.en


def stored(root: Path, **store: Any) -> Settings:
    tables = {"gate": {"id": "g", "name": "n"}, "lane": [LANE], "store": {"path": "/store", **store}}
    return Settings.model_validate(tables)


def test_a_key_on_the_datas_own_card_is_said_with_what_it_protects(root: Path) -> None:
    (root / "store").mkdir()
    (finding,) = surroundings.keys(root, stored(root))
    assert "protects copies of the data folder" in finding.what.en
    put(root, "media/key/gatepost.key", "k")
    (finding,) = surroundings.keys(root, stored(root, key_file="/media/key/gatepost.key"))
    assert finding.level is Level.WARN  # this made-up stick is a folder of the same disk
    (finding,) = surroundings.keys(root, stored(root, key_file="/media/gone/gatepost.key"))
    assert finding.level is Level.FAULT


def test_a_key_on_another_medium_is_well() -> None:
    shm = Path("/dev/shm")
    if not shm.is_dir() or shm.stat().st_dev == Path("/").stat().st_dev:
        pytest.skip("this machine has no second file system to put a key on")
    found = surroundings.keys(
        Path("/"), stored(Path("/"), path=str(Path(__file__).parent), key_file="/dev/shm")
    )
    assert levels(found) == ["ok"]


def test_a_store_that_everybody_can_read_is_warned_about(root: Path) -> None:
    assert "first start" in surroundings.store(root, stored(root), 0)[0].what.en
    (root / "store").mkdir(mode=0o755)
    (root / "store").chmod(0o755)
    assert levels(surroundings.store(root, stored(root), 0)) == ["warn"]
    (root / "store").chmod(0o700)
    assert levels(surroundings.store(root, stored(root), 0)) == ["ok"]


def with_uplink(**uplink: Any) -> Settings:
    tables = {
        "gate": {"id": "g", "name": "n"},
        "lane": [LANE],
        "uplink": {"url": "https://d.example/i", **uplink},
    }
    return Settings.model_validate(tables)


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        (200, "ok"),
        (401, "ok"),
        (405, "ok"),
        (502, "warn"),
        ("dns", "fault"),
        ("certificate", "fault"),
        ("X", "fault"),
    ],
)
def test_any_answer_of_the_district_means_it_is_there(answer: int | str, level: str) -> None:
    assert levels(surroundings.uplink(with_uplink(token="t" * 20), {}, lambda _: answer)) == [level]


def test_no_token_and_no_encryption_are_warned_about(tmp_path: Path) -> None:
    reach = {"https://d.example/i": 200, "http://d.example/i": 200, "http://127.0.0.1:1/i": 200}
    assert levels(surroundings.uplink(with_uplink(), {}, reach.__getitem__)) == ["fault", "ok"]
    gone = with_uplink(token_file=str(tmp_path / "gone"))
    assert levels(surroundings.uplink(gone, {}, reach.__getitem__)) == ["fault", "ok"]
    assert surroundings.exit_code(surroundings.uplink(gone, {}, reach.__getitem__)) == 1
    plain = with_uplink(url="http://d.example/i", token="t" * 20)
    assert levels(surroundings.uplink(plain, {}, reach.__getitem__)) == ["warn", "ok"]
    local = with_uplink(url="http://127.0.0.1:1/i", token="t" * 20)
    assert levels(surroundings.uplink(local, {}, reach.__getitem__)) == ["ok"]
    assert levels(surroundings.uplink(settings(), {}, reach.__getitem__)) == ["ok"]


class _Teapot(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_response(418)
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def server() -> Iterator[str]:
    with http.server.HTTPServer(("127.0.0.1", 0), _Teapot) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"127.0.0.1:{listening.server_address[1]}"
        finally:
            listening.shutdown()
            thread.join(10)


def test_real_answers_and_real_silence() -> None:
    with server() as address:
        assert command.reach(f"http://{address}/ingest") == 418
        assert command.fetch(f"http://{address}/readyz") == (200, b"{}")
        assert command.reach(f"https://{address}/ingest") == "certificate"
    assert command.reach(f"http://{address}/ingest") == "refused"
    assert command.fetch(f"http://{address}/readyz") is None
    assert command.reach("http://gate.invalid/") == "dns"


def test_real_programs_answer_or_are_absent() -> None:
    assert command.run_program(["echo", "well"]) == "well\n"
    assert command.run_program(["false"]) is None
    assert command.run_program(["gatepost-no-such-program"]) is None


# --- the whole -------------------------------------------------------------------------------------


def test_exit_codes_tell_a_missing_district_from_other_faults() -> None:
    well, trouble = ok("a", "x", "x"), warn("a", ("x", "x"), ("y", "y"))
    district = surroundings.uplink(with_uplink(token="t" * 20), {}, lambda _: "dns")
    other = machine.machine(Path("/"), architecture="armv7l")
    assert surroundings.exit_code([well, trouble]) == 0
    assert surroundings.exit_code([well, *district]) == 6
    assert surroundings.exit_code([*other, *district]) == 1


def test_what_is_pasted_holds_no_secret_and_no_name() -> None:
    finding = warn(
        "scanner",
        ("rtsp://admin:pass-word@10.0.0.9/1 in /home/zhangsan/gate with tok-12345", "x"),
        ("tok-12345", "tok-12345"),
    )
    line = redacted(finding, ["tok-12345"]).line(None)
    for secret in ("pass-word", "admin", "zhangsan", "tok-12345"):
        assert secret not in line
    assert "10.0.0.9" in line


CONFIG = """
[gate]
id = "g"
name = "n"
[store]
path = "store"
[uplink]
url = "http://127.0.0.1:9/ingest"
token = "very-secret-token"
[[lane]]
name = "in"
procedure = "compound"
[lane.thermometer]
driver = "gy614"
port = "/dev/ttyUSB0"
[lane.voice]
driver = "none"
"""


def test_a_look_without_roots_rights_says_that_it_sees_less() -> None:
    assert machine.rights(0) == []
    (finding,) = machine.rights(1000)
    assert finding.do is not None
    assert finding.do.zh == "sudo gatepost doctor"


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("scanner 2 of in", "通道 in 的扫码器 2"),
        ("calibration of 北门 of 3", "通道 北门 of 3 的校准"),
        ("clock source", "校时"),
        ("zbar", "zbar"),
    ],
)
def test_a_line_in_chinese_names_what_it_is_about_in_chinese(check: str, said: str) -> None:
    finding = warn(check, ("what", "什么"), ("do", "做"))
    assert finding.line("zh_Hans") == f"注意 {said}: 什么 -> 做"
    assert finding.line("en") == f"warn  {check}: what -> do"


def look(root: Path, text: str, fetch: devices.Fetch = lambda _: None) -> list[Finding]:
    path = put(root, "etc/gatepost/gatepost.toml", text)
    tools = Tools(silent, fetch, lambda _: "refused", root)
    return command.look(path, {}, Given(registry, lambda _: ("compound",)), tools)


def test_a_broken_configuration_is_reported_and_the_machine_looked_at_all_the_same(root: Path) -> None:
    findings = look(root, CONFIG.replace("gy614", "gy61").replace("[store]", "[stor]"))
    assert [f.check for f in findings if f.level is Level.FAULT] == ["config", "config"]
    assert findings[0].check == "machine"
    assert {"card", "space", "clock source", "font"} <= {f.check for f in findings}
    assert all(f.do and "mend it in" in f.do.en for f in findings if f.check == "config")


def test_without_a_configuration_the_command_that_makes_one_is_named(tmp_path: Path) -> None:
    tools = Tools(silent, lambda _: None, lambda _: "refused", tmp_path)
    findings = command.look(tmp_path / "none.toml", {}, Given(registry, lambda _: ("compound",)), tools)
    (finding,) = [f for f in findings if f.check == "config"]
    assert finding.do is not None
    assert finding.do.zh == f"生成一份：gatepost config init {tmp_path}/none.toml"


def test_every_line_about_a_wrong_machine_says_what_to_do_in_both_languages(root: Path) -> None:
    text = CONFIG.replace(
        "[lane.voice]",
        '[[lane.scanner]]\ndriver = "hid"\nname = "USBKey"\n'
        '[[lane.scanner]]\ndriver = "serial"\nport = "/dev/serial/by-path/platform-usb-0:1.1:1.0-port0"\n'
        '[[lane.scanner]]\ndriver = "id_card"\nport = "socket://127.0.0.1:1"\n[lane.voice]',
    )
    findings = look(root, text)
    assert len([f for f in findings if f.level is not Level.OK]) > 8
    for finding in findings:
        assert (finding.do is None) == (finding.level is Level.OK), finding
        if finding.level is not Level.OK:
            assert re.search(r"[\u4e00-\u9fff]", finding.what.zh), finding
        if finding.do is not None and not re.match(r"[a-z]+ ", finding.do.zh):  # a command is a command
            assert re.search(r"[\u4e00-\u9fff]", finding.do.zh), finding
        assert not re.search(r"[\u4e00-\u9fff]", finding.line("en"))


def test_the_running_gates_devices_are_left_alone(root: Path) -> None:
    health = Health(lambda: Instant(1, 1))
    health.device("in", "thermometer", "front", "gy614", False).up()
    findings = look(root, CONFIG, gate(health))
    about = [f.line("en") for f in findings if f.check == "thermometer of in"]
    assert any("the running gate holds it" in line for line in about)
    assert any("surface_offset_c is absent" in line for line in about)
    assert not any("opened" in line.split(":", 1)[1] and "may be" not in line for line in about)
    assert "very-secret-token" not in "".join(f.line(None) for f in findings)


def test_the_command_on_this_machine_prints_a_line_for_every_check(tmp_path: Path) -> None:
    text = CONFIG.replace('"gy614"\nport = "/dev/ttyUSB0"', '"simulated"').replace(
        "[store]", "[web]\nlisten = '127.0.0.1:0'\n[store]"
    )
    path = put(tmp_path, "gatepost.toml", text)
    parts = Given(registry, lambda _: ("compound",))
    env: Mapping[str, str] = {"GATEPOST_LANG": "en"}
    result = CliRunner().invoke(command.doctor, ["--json", "--config", str(path)], obj=parts, env=env)
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    checks = {row["check"] for row in rows}
    expected = {"machine", "config", "store", "key", "card", "space", "clock", "timezone", "font", "uplink"}
    assert expected | {"thermometer of in"} <= checks
    assert all(set(row["what"]) == {"zh_Hans", "en"} for row in rows)
    assert all(row["do"] for row in rows if row["level"] != "ok")
    faults = {row["check"] for row in rows if row["level"] == "fault"}
    assert "uplink" in faults
    assert result.exit_code == (6 if faults == {"uplink"} else 1)
    assert "very-secret-token" not in result.output
