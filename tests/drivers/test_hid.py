"""Scanners that type: keys to characters, and a device that is grabbed, lost, taken, denied."""

import contextlib
import errno
import os
import socket
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import registry
from drivers.scanner import hid
from drivers.scanner._keys import (
    CHARACTERS,
    DOWN,
    EV_KEY,
    EV_SYN,
    KEY_ENTER,
    PAYLOAD_LIMIT,
    SYN_DROPPED,
    UP,
    Key,
    Typist,
    typed,
)
from edge.domain.errors import ConfigError, DeviceUnavailable
from tests.drivers.lines import reading_thread
from tests.waiting import until

pytestmark = pytest.mark.system
relaxed = settings(deadline=None)

PRINTABLE = "".join(chr(n) for n in range(32, 127))
ENTER = [Key(EV_KEY, KEY_ENTER, DOWN), Key(EV_KEY, KEY_ENTER, UP)]
texts = st.text(st.sampled_from(PRINTABLE), min_size=1, max_size=60)


def test_every_printable_character_of_ascii_has_a_key() -> None:
    assert {sign for pair in CHARACTERS.values() for sign in pair} == set(PRINTABLE)


@relaxed
@given(st.lists(texts, max_size=4), st.lists(st.integers(0, 2000), max_size=8), st.randoms())
def test_what_is_typed_comes_out_whatever_the_cuts_repeats_and_late_key_ups(
    words: list[str], cuts: list[int], random: Any
) -> None:
    events = [event for word in words for event in [*typed(word), *ENTER]]
    noisy: list[Key] = []
    for event in events:
        noisy.append(event)
        if event.type == EV_KEY and event.value == DOWN and random.random() < 0.3:
            noisy.append(Key(EV_KEY, event.code, 2))  # held: repeats
        if random.random() < 0.2:
            # Another key's late release; the shift keys' own are what they type with.
            noisy.append(Key(EV_KEY, random.choice([30, 31, 28, 57]), UP))
        if random.random() < 0.2:
            noisy.append(Key(4, 4, 458_756))  # EV_MSC: the key's number on the wire
    typist, out = Typist(), []
    places = sorted({0, len(noisy), *(cut for cut in cuts if cut < len(noisy))})
    for begin, end in zip([0, *places], [*places, len(noisy)], strict=True):
        out += typist.feed(noisy[begin:end])
    assert out == [word.encode() for word in words]
    assert (typist.bad_frames, typist.pending) == (0, False)


@relaxed
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 255), st.integers(-1, 3)), max_size=200))
def test_no_keys_whatever_make_it_raise_and_all_it_gives_is_ascii(events: list[tuple[int, int, int]]) -> None:
    typist = Typist()
    for payload in typist.feed(Key(*event) for event in events) + typist.idle():
        assert payload
        assert payload.isascii()
    assert not typist.pending


def test_silence_ends_a_code_without_enter() -> None:
    typist = Typist()
    assert typist.feed(typed("no end")) == []
    assert typist.idle() == [b"no end"]
    assert typist.idle() == []


def test_the_keypad_types_digits_and_its_enter_ends() -> None:
    keys = [Key(EV_KEY, code, DOWN) for code in (79, 80, 81, 96)]
    assert Typist().feed(keys) == [b"123"]


def test_a_scanner_that_uses_caps_lock_is_understood() -> None:
    caps = [Key(EV_KEY, 58, DOWN), Key(EV_KEY, 58, UP)]
    assert Typist().feed([*caps, *typed("ab1"), *caps, *typed("c"), *ENTER]) == [b"AB1c"]
    assert Typist().feed([*caps, *typed("Ab"), *ENTER]) == [b"aB"]


@pytest.mark.parametrize("code", [29, 56, 100, 59, 103], ids=["ctrl", "alt", "altgr", "f1", "up"])
def test_a_key_that_types_nothing_spoils_the_whole_code_and_not_the_next(code: int) -> None:
    typist = Typist()
    spoilt = [*typed("half"), Key(EV_KEY, code, DOWN), *typed("]"), Key(EV_KEY, code, UP), *typed("x")]
    assert typist.feed([*spoilt, *ENTER]) == []
    assert typist.bad_frames == 1
    assert typist.feed([*typed("next"), *ENTER]) == [b"next"]


def test_keys_lost_in_the_kernel_spoil_the_code() -> None:
    typist = Typist()
    assert typist.feed([*typed("ab"), Key(EV_SYN, SYN_DROPPED, 0), *typed("cd"), *ENTER]) == []
    assert typist.bad_frames == 1
    assert typist.feed([*typed("ok"), *ENTER]) == [b"ok"]


def test_an_endless_code_is_dropped_and_not_hoarded() -> None:
    typist = Typist()
    assert typist.feed(typed("x" * (PAYLOAD_LIMIT + 5000))) == []
    assert len(typist._typed) <= PAYLOAD_LIMIT
    assert typist.feed(ENTER) == []
    assert typist.bad_frames == 1
    assert typist.feed([*typed("x" * PAYLOAD_LIMIT), *ENTER]) == [b"x" * PAYLOAD_LIMIT]


# --- the device ------------------------------------------------------------------------------------


class Event:
    def __init__(self, kind: int, code: int, value: int) -> None:
        self.type, self.code, self.value = kind, code, value


class FakeInput:
    """What the driver uses of evdev.InputDevice, over a socket pair: the test types into the other end."""

    plugged: "dict[str, FakeInput]" = {}  # noqa: RUF012 - the machine's devices, per test

    def __init__(self, path: str) -> None:
        try:
            shared = FakeInput.plugged[path]
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", path) from None
        if shared.denied:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        self.shared = shared

    @classmethod
    def plug(cls, path: str) -> "FakeInput":
        device = object.__new__(cls)
        device.ours, device.theirs = socket.socketpair()
        device.theirs.setblocking(False)
        device.denied = False
        device.types = sorted(CHARACTERS)
        device.grabs = 0
        device.ungrabs = 0
        device.closed = 0
        cls.plugged[path] = device
        return device

    ours: socket.socket
    theirs: socket.socket
    denied: bool
    types: list[int]
    grabs: int
    ungrabs: int
    closed: int

    def type(self, keys: Sequence[Key]) -> None:
        self.ours.sendall(b"".join(struct.pack("HHi", *key) for key in keys))

    name = "USBKey Module"

    def capabilities(self) -> dict[int, list[int]]:
        return {EV_SYN: [0], EV_KEY: [*self.shared.types, KEY_ENTER]}

    def grab(self) -> None:
        if self.shared.grabs > self.shared.ungrabs:
            raise OSError(errno.EBUSY, "Device or resource busy")
        self.shared.grabs += 1

    def ungrab(self) -> None:
        self.shared.ungrabs += 1

    def fileno(self) -> int:
        return self.shared.theirs.fileno()

    def read(self) -> Iterator[Event]:
        data = self.shared.theirs.recv(8 * 64)
        if not data:
            raise OSError(errno.ENODEV, "No such device")
        for begin in range(0, len(data), 8):
            yield Event(*struct.unpack_from("HHi", data, begin))

    def close(self) -> None:
        self.shared.closed += 1

    def unplug(self) -> None:
        self.ours.close()


@pytest.fixture
def scanner(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeInput]:
    monkeypatch.setattr(FakeInput, "plugged", {})
    monkeypatch.setattr("evdev.InputDevice", FakeInput)
    device = FakeInput.plug("/dev/input/by-id/usb-scanner-event-kbd")
    yield device
    for each in FakeInput.plugged.values():
        each.ours.close()
        each.theirs.close()


def _driver(**options: object) -> registry.Driver:
    path = "/dev/input/by-id/usb-scanner-event-kbd"
    return registry.load("scanner", {"driver": "hid", "port": path, **options})


def test_a_grabbed_scanner_is_read_and_given_back(scanner: FakeInput) -> None:
    port = _driver().connect()
    try:
        assert scanner.grabs == 1
        assert port.read() == []
        scanner.type([*typed("HC1:6BF+70790T9WJWG.FKY*4GO0"), *ENTER])
        (scan,) = until(port.read, what="a scan")
        assert scan.payload == b"HC1:6BF+70790T9WJWG.FKY*4GO0"
        assert (scan.symbology, scan.decoder) == ("", "hid")
    finally:
        port.close()
    port.close()
    assert (scanner.ungrabs, scanner.closed) == (1, 1)


def test_a_code_without_enter_is_read_after_its_silence(scanner: FakeInput) -> None:
    port = _driver(idle_ms=20).connect()
    try:
        scanner.type(typed("9787111"))
        assert [scan.payload for scan in until(port.read, what="a scan")] == [b"9787111"]
    finally:
        port.close()


def test_a_set_up_code_is_not_passed_on(scanner: FakeInput, caplog: pytest.LogCaptureFixture) -> None:
    port = _driver().connect()
    try:
        scanner.type([*typed("@FACDEF"), *ENTER, *typed("person"), *ENTER])
        assert [scan.payload for scan in until(port.read, what="a scan")] == [b"person"]
        assert "set-up code" in caplog.text
    finally:
        port.close()


def test_a_scanner_that_is_pulled_out_is_lost(scanner: FakeInput) -> None:
    port = _driver().connect()
    try:
        scanner.unplug()
        with pytest.raises(DeviceUnavailable) as error:
            until(lambda: port.read() and False, what="the loss")
        assert error.value.code == "lost"
    finally:
        port.close()


def test_one_that_is_not_there_one_denied_and_one_taken_are_told_apart(scanner: FakeInput) -> None:
    with pytest.raises(DeviceUnavailable) as error:
        _driver(port="/dev/input/event9").connect()
    assert error.value.code == "absent"
    scanner.denied = True
    with pytest.raises(DeviceUnavailable) as error:
        _driver().connect()
    assert (error.value.code, "group input" in str(error.value)) == ("denied", True)
    scanner.denied = False
    first = _driver().connect()
    try:
        with pytest.raises(DeviceUnavailable) as error:
            _driver().connect()
        assert error.value.code == "busy"
    finally:
        first.close()
    assert scanner.closed == 2, "the one that could not be grabbed was closed again"


def test_what_does_not_type_is_refused_and_not_taken(scanner: FakeInput) -> None:
    scanner.types = [272, 273]  # the buttons of a mouse that has the scanner's number now
    with pytest.raises(DeviceUnavailable) as error:
        _driver().connect()
    assert error.value.code == "absent"
    assert "does not type" in str(error.value)
    assert (scanner.grabs, scanner.closed) == (0, 1)


def test_closing_unblocks_a_reader_within_a_second(scanner: FakeInput) -> None:
    port = _driver().connect()
    with reading_thread(port) as ended:
        port.close()
        until(lambda: ended, timeout_s=1.0, what="the reader to end")
    assert isinstance(ended[0], DeviceUnavailable)


def _sysfs(root: Path, node: str, name: str, keys: str) -> None:
    folder = root / node / "device"
    (folder / "capabilities").mkdir(parents=True)
    (folder / "name").write_text(name + "\n")
    (folder / "capabilities/key").write_text(keys + "\n")


KEYBOARD = "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe"


def test_a_scanner_is_found_by_its_name_and_never_guessed(
    scanner: FakeInput, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hid, "SYS_INPUT", tmp_path)
    _sysfs(tmp_path, "event0", "Power Button", "10000000000000 0")
    _sysfs(tmp_path, "event1", "USBKey Chip USBKey Module", KEYBOARD)
    _sysfs(tmp_path, "event2", "USBKey Chip USBKey Module Consumer Control", "3f000301ff 0 0 0")
    _sysfs(tmp_path, "event3", "Logitech K120", KEYBOARD)
    FakeInput.plug("/dev/input/event1")
    registry.load("scanner", {"driver": "hid", "name": "USBKey"}).connect().close()
    with pytest.raises(DeviceUnavailable) as error:
        registry.load("scanner", {"driver": "hid", "name": "Honeywell"}).connect()
    assert error.value.code == "absent"
    assert "Logitech K120" in str(error.value)
    _sysfs(tmp_path, "event4", "USBKey Chip USBKey Module", KEYBOARD)
    with pytest.raises(DeviceUnavailable) as error:
        registry.load("scanner", {"driver": "hid", "name": "USBKey"}).connect()
    assert "by-path" in str(error.value)


@pytest.mark.parametrize("options", [{}, {"port": "/dev/input/event0", "name": "x"}])
def test_either_a_port_or_a_name_is_asked_for(options: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="port or name"):
        registry.load("scanner", {"driver": "hid", **options})


def test_a_real_device_made_with_uinput_is_grabbed_and_read() -> None:
    evdev = pytest.importorskip("evdev")
    if not os.access("/dev/uinput", os.W_OK):
        pytest.skip("/dev/uinput is not usable on this machine")
    capabilities = {EV_KEY: sorted({*CHARACTERS, 42, KEY_ENTER})}
    with contextlib.ExitStack() as stack:
        made = stack.enter_context(evdev.UInput(capabilities, name="gatepost-test-scanner"))
        try:
            until(lambda: Path(made.device.path).exists(), what="the device file")
        except (AttributeError, AssertionError):
            pytest.skip("/dev/uinput is there, but its device files do not appear")
        port = registry.load("scanner", {"driver": "hid", "port": made.device.path}).connect()
        stack.callback(port.close)
        for key in [*typed("Gatepost-37.5!"), *ENTER]:
            made.write(key.type, key.code, key.value)
            made.syn()
        assert [scan.payload for scan in until(port.read, what="a scan")] == [b"Gatepost-37.5!"]
