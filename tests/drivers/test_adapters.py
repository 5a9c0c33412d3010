"""Life with cables: other names, other programs, wrong speeds, on a made-up /sys and /dev with real lines."""

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers import _holders, registry, serialport
from drivers._adapters import Adapter, Adapters
from drivers._holders import Holder, holders
from drivers.serialport import open_line
from edge.devices import Place, read_scanner
from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Instant
from edge.messages import ScanArrived
from tests.drivers.lines import Pty
from tests.waiting import until

pytestmark = pytest.mark.system


class Machine:
    """A /sys and a /dev that adapters are plugged into; their lines are pseudo-terminals."""

    def __init__(self, root: Path) -> None:
        self.sys, self.dev = root / "sys", root / "dev"
        for folder in (self.sys / "class/tty", self.dev / "serial/by-path", self.dev / "serial/by-id"):
            folder.mkdir(parents=True)
        self.lines: dict[str, Pty] = {}

    def plug(self, node: str, socket: str, *, usb: str = "1a86:7523", serial: str = "") -> Pty:
        """Plug an adapter into a socket (`1-1.2`); the kernel calls it `node`."""
        device = self.sys / f"devices/platform/usb1/{socket}"
        interface = device / f"{socket}:1.0"
        port = interface / node if node.startswith("ttyUSB") else interface
        port.mkdir(parents=True)
        if node.startswith("ttyUSB"):
            (port / "port_number").write_text("0\n")
        for name, text in zip(("idVendor", "idProduct"), usb.split(":"), strict=True):
            (device / name).write_text(text + "\n")
        if serial:
            (device / "serial").write_text(serial + "\n")
        tty = self.sys / "class/tty" / node
        tty.mkdir()
        (tty / "device").symlink_to(port)
        line = self.lines[node] = Pty()
        (self.dev / node).symlink_to(line.port)
        self._link(f"serial/by-path/platform-usb-0:{socket[2:]}:1.0-port0", node)
        self._link(f"serial/by-id/usb-{usb.replace(':', '_')}-{serial or 'if00'}", node)
        return line

    def pull(self, node: str) -> None:
        """Pull an adapter out."""
        self.lines.pop(node).unplug()
        (self.dev / node).unlink()
        device = (self.sys / "class/tty" / node / "device").resolve()
        (self.sys / "class/tty" / node / "device").unlink()
        (self.sys / "class/tty" / node).rmdir()
        usb = device.parent.parent if node.startswith("ttyUSB") else device.parent
        device.parent.parent.rename(usb.with_name(f"gone-{node}-{len(list(usb.parent.iterdir()))}"))
        for link in (self.dev / "serial").glob("*/*"):
            if link.readlink().name == node:
                link.unlink()

    def _link(self, name: str, node: str) -> None:
        link = self.dev / name
        link.unlink(missing_ok=True)
        link.symlink_to(f"../../{node}")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    made = Machine(tmp_path)
    monkeypatch.setattr(serialport, "ADAPTERS", Adapters(made.sys, made.dev))
    yield made
    for line in made.lines.values():
        line.unplug()


def _says(line: Pty, url: str, what: bytes) -> None:
    """Open the url and expect to hear what is sent on the line."""
    opened = open_line(url)
    try:
        line.send(what)
        assert until(opened.read, what="the bytes") == what
    finally:
        opened.close()


def test_adapters_are_read_from_sysfs(machine: Machine) -> None:
    machine.plug("ttyUSB0", "1-1.2")
    machine.plug("ttyACM0", "1-1.3", usb="7777:6666", serial="GM65")
    (machine.sys / "class/tty/ttyS0").mkdir()
    assert serialport.ADAPTERS.present() == (
        Adapter("ttyACM0", "1-1.3:1.0", "7777:6666", "GM65"),
        Adapter("ttyUSB0", "1-1.2:1.0-port0", "1a86:7523", ""),
    )


def test_an_adapter_that_comes_back_under_another_number_is_found_by_its_socket(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    url = str(machine.dev / "ttyUSB0")
    _says(machine.plug("ttyUSB0", "1-1.2"), url, b"before")
    machine.pull("ttyUSB0")
    with pytest.raises(DeviceUnavailable) as error:
        open_line(url)
    assert error.value.code == "absent"
    _says(machine.plug("ttyUSB1", "1-1.2"), url, b"after")
    assert "came back as ttyUSB1" in caplog.text


def test_an_adapter_in_another_socket_or_of_another_kind_is_never_taken_instead(machine: Machine) -> None:
    url = str(machine.dev / "ttyUSB0")
    _says(machine.plug("ttyUSB0", "1-1.2"), url, b"x")
    machine.pull("ttyUSB0")
    machine.plug("ttyUSB1", "1-1.4")
    machine.plug("ttyUSB2", "1-1.2", usb="10c4:ea60")
    with pytest.raises(DeviceUnavailable) as error:
        open_line(url)
    assert error.value.code == "absent"
    assert "1.4:1.0-port0" in str(error.value), "what is plugged in is named"


def test_two_adapters_that_swapped_their_numbers_are_told_apart(machine: Machine) -> None:
    urls = {socket: str(machine.dev / node) for socket, node in (("1-1.2", "ttyUSB0"), ("1-1.3", "ttyUSB1"))}
    for socket, url in urls.items():
        _says(machine.plug(Path(url).name, socket), url, b"before")
    machine.pull("ttyUSB0")
    machine.pull("ttyUSB1")
    thermometer, scanner = machine.plug("ttyUSB1", "1-1.2"), machine.plug("ttyUSB0", "1-1.3")
    _says(thermometer, urls["1-1.2"], b"thermometer")
    _says(scanner, urls["1-1.3"], b"scanner")


def test_a_name_that_now_belongs_to_another_configured_adapter_is_refused(machine: Machine) -> None:
    first, second = str(machine.dev / "ttyUSB0"), str(machine.dev / "ttyUSB1")
    _says(machine.plug("ttyUSB0", "1-1.2"), first, b"x")
    _says(machine.plug("ttyUSB1", "1-1.3"), second, b"x")
    machine.pull("ttyUSB0")
    machine.pull("ttyUSB1")
    machine.plug("ttyUSB0", "1-1.3")
    with pytest.raises(DeviceUnavailable) as error:
        open_line(first)
    assert error.value.code == "absent"
    assert f"configured as {second}" in str(error.value)
    assert "by-path" in str(error.value)


def test_the_same_name_in_a_new_socket_is_taken_when_nobody_else_owns_it(machine: Machine) -> None:
    url = str(machine.dev / "ttyUSB0")
    _says(machine.plug("ttyUSB0", "1-1.2"), url, b"here")
    machine.pull("ttyUSB0")
    _says(machine.plug("ttyUSB0", "1-1.4"), url, b"there")


def test_a_name_by_path_follows_whatever_the_number(machine: Machine) -> None:
    machine.plug("ttyUSB0", "1-1.2")
    url = str(machine.dev / "serial/by-path/platform-usb-0:1.2:1.0-port0")
    _says(machine.lines["ttyUSB0"], url, b"before")
    machine.pull("ttyUSB0")
    machine.plug("ttyUSB0", "1-1.4")  # another device takes the number
    _says(machine.plug("ttyUSB1", "1-1.2"), url, b"after")


def test_two_adapters_without_a_number_share_a_name_and_that_is_said_once(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    machine.plug("ttyUSB0", "1-1.2")
    machine.plug("ttyUSB1", "1-1.3")
    url = str(machine.dev / "serial/by-id/usb-1a86_7523-if00")
    for _ in range(2):
        _says(machine.lines["ttyUSB1"], url, b"one of them")
    said = [record.getMessage() for record in caplog.records if "serial number" in record.getMessage()]
    assert len(said) == 1
    assert "0:1.2:1.0-port0" in said[0]
    assert "0:1.3:1.0-port0" in said[0]


def test_adapters_with_numbers_of_their_own_are_no_twins(machine: Machine) -> None:
    machine.plug("ttyUSB0", "1-1.2", usb="10c4:ea60", serial="0001")
    machine.plug("ttyUSB1", "1-1.3", usb="10c4:ea60", serial="A2")
    one, _ = serialport.ADAPTERS.present()
    assert serialport.ADAPTERS.twins(one) == (one,)
    machine.plug("ttyUSB2", "1-1.4", usb="10c4:ea60", serial="0001")  # as this kind leaves its factory
    assert [twin.node for twin in serialport.ADAPTERS.twins(one)] == ["ttyUSB0", "ttyUSB2"]


def test_a_name_that_a_restart_can_give_to_another_adapter_is_said_once(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    url = str(machine.dev / "ttyUSB0")
    _says(machine.plug("ttyUSB0", "1-1.2"), url, b"alone")
    assert "next start" not in caplog.text, "one adapter has nobody to be mistaken for"
    machine.plug("ttyUSB1", "1-1.3")
    other = str(machine.dev / "ttyUSB1")
    for _ in range(2):
        _says(machine.lines["ttyUSB1"], other, b"one of two")
    assert caplog.text.count("can be another adapter after the next start") == 1
    assert "0:1.3:1.0-port0" in caplog.text
    by_path = str(machine.dev / "serial/by-path/platform-usb-0:1.2:1.0-port0")
    _says(machine.lines["ttyUSB0"], by_path, b"by path")
    assert caplog.text.count("next start") == 1


def test_after_a_restart_a_plain_name_is_whatever_has_it_now_and_by_path_is_not(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, by_path = (
        str(machine.dev / "ttyUSB0"),
        str(machine.dev / "serial/by-path/platform-usb-0:1.2:1.0-port0"),
    )
    _says(machine.plug("ttyUSB0", "1-1.2"), plain, b"thermometer")
    machine.pull("ttyUSB0")
    monkeypatch.setattr(serialport, "ADAPTERS", Adapters(machine.sys, machine.dev))  # all it knew is gone
    machine.plug("ttyUSB0", "1-1.3")
    machine.plug("ttyUSB1", "1-1.2")
    _says(machine.lines["ttyUSB0"], plain, b"scanner")
    _says(machine.lines["ttyUSB1"], by_path, b"thermometer")


class Seen:
    """The health entry of a device, and what the station is told."""

    def __init__(self) -> None:
        self.states: list[str] = []
        self.scans: list[bytes] = []

    def starting(self) -> None:
        self.states.append("starting")

    def up(self) -> None:
        self.states.append("up")

    def down(self, code: str, message: str) -> None:
        if self.states[-1] != code:
            self.states.append(code)

    def totals(self, **totals: int) -> None:
        assert all(count >= 0 for count in totals.values())

    def offer(self, message: object) -> None:
        if isinstance(message, ScanArrived):
            self.scans.append(message.scan.payload)


def test_a_scanner_pulled_out_and_back_under_another_number_is_taken_up_without_a_restart(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.devices.BACK_OFF_S", (0.02,))
    machine.plug("ttyUSB0", "1-1.2").send(b"noise of the plug going in \x00\xf8")
    driver = registry.load("scanner", {"driver": "serial", "port": str(machine.dev / "ttyUSB0")})
    seen, stop = Seen(), threading.Event()
    place = Place(
        "in", "scanner", seen.offer, seen, lambda: None, lambda: Instant(0, 0), lambda *_, **__: None
    )
    thread = threading.Thread(target=read_scanner, args=(driver, place, stop), name="scanner")
    thread.start()
    try:
        until(lambda: seen.states[-1:] == ["up"], what="the scanner up")
        machine.lines["ttyUSB0"].send(b"first\r")
        until(lambda: seen.scans == [b"first"], what="a code")
        machine.pull("ttyUSB0")
        until(lambda: seen.states[-1] == "absent", what="its absence")
        machine.plug("ttyUSB3", "1-1.2")
        until(lambda: seen.states[-1] == "up", what="its return")
        machine.lines["ttyUSB3"].send(b"second\r")
        until(lambda: seen.scans == [b"first", b"second"], what="another code")
    finally:
        stop.set()
        thread.join(10)
    assert seen.states[:3] == ["starting", "up", "lost"]


# --- other programs --------------------------------------------------------------------------------


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Pty, "subprocess.Popen[bytes]"]]:
    """A line that another process holds open without asking for a lock, as a terminal program does."""
    monkeypatch.setattr(serialport, "PSEUDO_TERMINALS", range(0))
    with Pty() as device:
        program = "import os, sys; os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY); print(flush=True); input()"
        with subprocess.Popen(
            [sys.executable, "-c", program, device.port], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            yield device, process
            process.communicate(b"\n", timeout=20)


def test_a_program_that_shares_the_port_without_asking_is_busy_and_named(
    other: "tuple[Pty, subprocess.Popen[bytes]]",
) -> None:
    device, process = other
    assert [holder.pid for holder in holders(device.port)] == [process.pid]
    with pytest.raises(DeviceUnavailable) as error:
        open_line(device.port)
    assert error.value.code == "busy"
    assert f"python (process {process.pid})" in str(error.value).replace("python3.11", "python").replace(
        "python3", "python"
    )


def test_the_port_is_ours_again_once_the_other_program_has_ended(
    other: "tuple[Pty, subprocess.Popen[bytes]]",
) -> None:
    device, process = other
    assert process.stdin is not None
    process.stdin.write(b"\n")
    process.stdin.flush()
    process.wait(20)
    until(lambda: not holders(device.port), what="the other program's end")
    line = open_line(device.port)
    line.close()
    # The mark that keeps others out went with us, though the device's own end is still open here.
    open_line(device.port).close()


def test_a_holder_of_the_lock_is_named_even_where_its_files_are_hidden(tmp_path: Path) -> None:
    with Pty() as device:
        status = Path(device.port).stat()
        place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
        (tmp_path / "locks").write_text(
            f"1: FLOCK  ADVISORY  WRITE 4711 {place} 0 EOF\n"
            f"2: POSIX  ADVISORY  WRITE 4712 {place} 0 EOF\n"
            f"3: -> FLOCK  ADVISORY  WRITE 4713 {place} 0 EOF\n"
            "4: FLOCK  ADVISORY  WRITE 4714 00:01:1 0 EOF\n"
        )
        assert holders(device.port, proc=tmp_path) == (Holder(4711, ""),)
        assert str(Holder(4711, "")) == "process 4711"
        assert str(Holder(4711, "minicom")) == "minicom (process 4711)"


def test_a_port_that_the_configuration_names_twice_is_busy_with_that_said() -> None:
    with Pty() as device:
        line = open_line(device.port)
        try:
            with pytest.raises(DeviceUnavailable) as error:
                open_line(device.port)
            assert error.value.code == "busy"
            assert "names one port twice" in str(error.value)
        finally:
            line.close()


def test_what_is_no_device_has_no_holders(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert holders(str(tmp_path / "file")) == ()
    assert holders(str(tmp_path / "nothing")) == ()
    assert Path("/proc") == _holders.PROC


# --- the line itself -------------------------------------------------------------------------------


class Counter:
    """Counts as the hardware of a line at the wrong speed would."""

    def __init__(self, per_look: int) -> None:
        self.total, self.per_look = 0, per_look

    def __call__(self, _port: object) -> int:
        self.total += self.per_look
        return self.total


@pytest.mark.parametrize(("per_look", "garbled"), [(40, True), (3, False)])
def test_a_line_at_another_speed_is_garbled_and_names_the_configured_one(
    per_look: int, garbled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serialport, "line_errors", Counter(per_look))
    monkeypatch.setattr(serialport, "ERRORS_EVERY_S", 0.0)
    with Pty() as device:
        line = open_line(device.port, baud=115200)
        try:
            device.send(b"\x00\xf8\x80")
            if not garbled:  # a plug going in: the decoders drop that
                assert until(line.read, what="the bytes") == b"\x00\xf8\x80"
                return
            with pytest.raises(DeviceUnavailable) as error:
                line.read()
            assert error.value.code == "garbled"
            assert "40 broken characters at 115200 baud" in str(error.value)
        finally:
            line.close()


def test_a_few_broken_characters_among_many_good_ones_are_borne(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serialport, "line_errors", Counter(40))
    errors = serialport._Errors(object())
    monkeypatch.setattr(serialport, "ERRORS_EVERY_S", 0.0)
    proven = [errors.proven]
    assert errors.too_many(4000) == 0
    proven.append(errors.proven)
    assert proven == [False, True]
    assert errors.too_many(100) == 40


def test_a_scanner_on_a_line_that_counts_is_called_up_only_once_the_line_was_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serialport, "line_errors", Counter(0))
    with Pty() as device:
        port = registry.load("scanner", {"driver": "serial", "port": device.port}).connect()
        try:
            assert port.started is False
            monkeypatch.setattr(serialport, "ERRORS_EVERY_S", 0.0)
            assert until(lambda: port.read() or port.started, what="the line proven")
        finally:
            port.close()


def test_a_line_that_does_not_count_is_not_judged() -> None:
    with Pty() as device:
        line = open_line(device.port)
        try:
            assert serialport.line_errors(line._port) is None
            assert serialport.line_errors(object()) is None
            assert line.proven
        finally:
            line.close()


def test_a_refused_port_names_the_group_it_belongs_to(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.plug("ttyUSB0", "1-1.2")

    def denied(path: str, flags: int, *more: object, **named: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr("serial.serialposix.os.open", denied)
    with pytest.raises(DeviceUnavailable) as error:
        open_line(str(machine.dev / "ttyUSB0"))
    assert error.value.code == "denied"
    assert "belongs to the group" in str(error.value)


def test_without_any_adapter_that_is_said(machine: Machine) -> None:
    with pytest.raises(DeviceUnavailable) as error:
        open_line(str(machine.dev / "ttyUSB0"))
    assert "no USB serial adapter is plugged in" in str(error.value)
