"""Barcode scanners that type like a keyboard (USB "HID keyboard", "keyboard wedge"), read exclusively.

Wiring: USB. The gate takes the device for itself (EVIOCGRAB), so that no code is typed into the page or
a console. Name it by its path in /dev/input/by-id or by-path (ending in -event-kbd), or by the name it
gives itself. Never an ordinary keyboard: it would type nothing any more. What is no keyboard at all (a
mouse, a power button that now has the scanner's number) is refused.
Protocol: Linux input events; keys as a US keyboard has them; Enter or Tab ends a code, or 100 ms of
silence. Key repeats are ignored. Source: linux/input-event-codes.h.
Limits: printable ASCII only. A code with anything else (Chinese text, control characters, scanners set
to Alt codes or to another country's keyboard) is dropped whole and counted where that is seen at all:
set the scanner to the US keyboard, or use one with a serial line. The scanner does not say which
symbology it read, and cannot be asked whether it is set as it should be. Known set-up codes are not
passed on.
Tried on hardware: not yet; on a fake device, and on uinput where the machine has it.
"""

import contextlib
import errno
import logging
import os
import select
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.options import both, option
from drivers.scanner._keys import EV_KEY, KEY_A, KEY_ENTER, Key, Typist
from drivers.scanner._setup_codes import is_setup_code
from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Scan

log = logging.getLogger(__name__)

SYS_INPUT = Path("/sys/class/input")
DEV_INPUT = Path("/dev/input")
_TURN_S = 0.25
_GONE = (OSError, ValueError)
_CODES = {errno.EACCES: "denied", errno.EPERM: "denied", errno.EBUSY: "busy"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Which input device the scanner is, and when a code is over."""

    port: str = option("", "device file: /dev/input/by-id/...-event-kbd or by-path/...-event-kbd")
    name: str = option("", "instead of port: the name the device gives itself, or a part of it")
    idle_ms: int = option(100, "this much silence ends a code without Enter", least=20, most=400)

    def __post_init__(self) -> None:
        if bool(self.port) == bool(self.name):
            raise ValueError("port: " + both("write port or name, one of them", "port 和 name 写其中一个"))


class HidScanner:
    """A grabbed scanner. `decoder` is public for its counters."""

    def __init__(self, device: Any, path: str, options: Options) -> None:
        self.decoder = Typist()
        self._device = device
        self._path = path
        self._idle_s = options.idle_ms / 1000
        self._pressed = time.monotonic()
        self._closed = threading.Event()
        self._using = threading.Lock()
        self._woken, self._waker = os.pipe()
        self._refused = False

    def read(self) -> list[Scan]:
        """Return the scans that came within at most 0.5 s. Raises DeviceUnavailable."""
        until = time.monotonic() + _TURN_S
        with self._using:
            while True:
                payloads = self._turn()
                if payloads or time.monotonic() >= until:
                    return self._scans(payloads)

    def close(self) -> None:
        """Give the device back to the system. Idempotent; unblocks a reader."""
        if self._closed.is_set():
            return
        self._closed.set()
        os.write(self._waker, b"x")
        with self._using:
            with contextlib.suppress(*_GONE):
                self._device.ungrab()
            with contextlib.suppress(*_GONE):
                self._device.close()
            os.close(self._woken)
            os.close(self._waker)

    def _turn(self) -> list[bytes]:
        if self._closed.is_set():
            raise DeviceUnavailable(f"{self._path} was closed", code="ended")
        try:
            ready, _, _ = select.select([self._device.fileno(), self._woken], [], [], min(0.1, self._idle_s))
            if self._woken in ready:
                raise DeviceUnavailable(f"{self._path} was closed", code="ended")
            keys = list(self._keys()) if ready else []
        except _GONE as error:
            raise DeviceUnavailable(f"{self._path} is gone: {error}", code="lost") from error
        now = time.monotonic()
        if keys:
            self._pressed = now
            return self.decoder.feed(keys)
        if now - self._pressed >= self._idle_s:
            self._pressed = now
            return self.decoder.idle()
        return []

    def _keys(self) -> Iterator[Key]:
        with contextlib.suppress(BlockingIOError):
            for event in self._device.read():
                yield Key(event.type, event.code, event.value)

    def _scans(self, payloads: list[bytes]) -> list[Scan]:
        good = [payload for payload in payloads if not is_setup_code(payload)]
        if len(good) < len(payloads) and not self._refused:
            self._refused = True
            log.warning("%s: somebody showed the scanner a set-up code; it was not passed on", self._path)
        return [Scan(payload, symbology="", decoder="hid") for payload in good]


def connect(options: Options) -> HidScanner:
    """Open the device and grab it. Raises DeviceUnavailable."""
    import evdev

    path = options.port or _named(options.name)
    device = None
    try:
        device = evdev.InputDevice(path)
        if not {KEY_A, KEY_ENTER} <= {*device.capabilities().get(EV_KEY, ())}:
            raise DeviceUnavailable(f"{path} is {device.name!r}, which does not type", code="absent")
        device.grab()
    except (DeviceUnavailable, *_GONE) as error:
        if device is not None:
            device.close()
        raise error if isinstance(error, DeviceUnavailable) else _refused(path, error) from error
    return HidScanner(device, path, options)


def _named(name: str) -> str:
    """Return the device file of the one keyboard whose name holds `name`.

    From sysfs: opening every input device to ask for its name would need a right to all of them.
    """
    keyboards = {
        folder.name: _read(folder / "device/name")
        for folder in sorted(SYS_INPUT.glob("event*"))
        if _types(_read(folder / "device/capabilities/key"))
    }
    found = [node for node, own in keyboards.items() if name in own]
    if len(found) == 1:
        return str(DEV_INPUT / found[0])
    if found:
        raise DeviceUnavailable(
            f"{len(found)} keyboards are called {name!r}: name one by port (/dev/input/by-path)",
            code="absent",
        )
    there = ", ".join(repr(own) for own in dict.fromkeys(keyboards.values())) or "none"
    raise DeviceUnavailable(f"no keyboard is called {name!r}; there are: {there}", code="absent")


def _types(capabilities: str) -> bool:
    """Say whether a bit mask of sysfs (words of the machine's size, highest first) has A and Enter."""
    words = capabilities.split()
    if not words:
        return False
    try:
        lowest = int(words[-1], 16)  # both are below 32, the smallest word there is
    except ValueError:
        return False
    return bool(lowest >> KEY_A & 1 and lowest >> KEY_ENTER & 1)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _refused(path: str, error: Exception) -> DeviceUnavailable:
    number = getattr(error, "errno", None) or 0
    code = _CODES.get(number, "absent")
    reason = os.strerror(number) if number else str(error)
    if code == "busy":
        reason = "another program has grabbed it"
    elif code == "denied":
        reason += " (the account has to be in the group input)"
    return DeviceUnavailable(f"cannot open {path}: {reason}", code=code)
