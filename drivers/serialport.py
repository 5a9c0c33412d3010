"""One serial line, opened by URL: a device file, a pseudo-terminal, `socket://`, `rfc2217://`, `spy://`.

Bytes in, bytes out, and every failure of the operating system turned into DeviceUnavailable. A USB
adapter that comes back under another number is followed by its socket. Must not know any protocol, and
never writes what its caller did not ask to write.
"""

import contextlib
import errno
import fcntl
import grp
import logging
import os
import struct
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from drivers._adapters import Adapters
from drivers._holders import holders, is_ours
from edge.domain.errors import DeviceUnavailable

log = logging.getLogger(__name__)

ADAPTERS = Adapters()
PSEUDO_TERMINALS = range(136, 144)
"""Majors of pseudo-terminals: whoever plays the device has their other end open, and may."""

READ_LIMIT = 4096
ERRORS_EVERY_S = 2.0
ERRORS_LEAST = 10
_SLICE_S = 0.1
_WRITE_S = 1.0
_TIOCGICOUNT = 0x545D  # linux/asm-generic/ioctls.h
_GONE = (OSError, TypeError, ValueError, AttributeError)
"""What pyserial lets out of a port that is closed or unplugged: SerialException is an OSError; a
descriptor or socket already set to None gives the other three."""

_OPEN_CODES = {
    errno.EACCES: "denied",
    errno.EPERM: "denied",
    errno.EBUSY: "busy",
    errno.EAGAIN: "busy",
}


def open_line(url: str, *, baud: int = 9600, dtr: bool = True) -> "SerialLine":
    """Open a line, 8N1, for ourselves alone, and drop what had piled up in it.

    `dtr=False` keeps the DTR line low (an Arduino restarts when it rises; the kernel may still raise it
    for a moment while opening). Raises DeviceUnavailable with code `absent`, `denied` or `busy`.
    """
    import serial

    place = ADAPTERS.where(url) if url.startswith("/") else url
    # Before opening: that alone throws away what the other program was about to read.
    _refuse_shared(url, place)
    try:
        port = serial.serial_for_url(place, do_not_open=True, baudrate=baud, timeout=_SLICE_S)
        port.write_timeout = _WRITE_S
        port.exclusive = True
        port.dtr = dtr
        port.open()
    except _GONE as error:
        _refuse(url, place, error)
    if _is_device(place):
        with contextlib.suppress(*_GONE):
            fcntl.ioctl(port.fileno(), termios.TIOCEXCL)
    if url.startswith("/"):
        ADAPTERS.opened(url, place)
    return SerialLine(port, url, baud)


class SerialLine:
    """An open line. One thread reads and writes; any thread may close it."""

    def __init__(self, port: Any, url: str, baud: int = 9600) -> None:
        self.url = url
        self.baud = baud
        self._port = port
        self._errors = _Errors(port)
        self._cancels = callable(getattr(port, "cancel_read", None))
        self._closed = threading.Event()
        self._using = threading.Lock()

    @property
    def proven(self) -> bool:
        """Whether the line was watched for broken characters for a while and is bearable. One that was
        not may be at the wrong speed: a scanner is not called up before, or it would go up and down."""
        return self._errors.proven

    def read(self, wait_s: float = 0.2) -> bytes:
        """Return what is waiting, at most 4096 bytes; wait up to `wait_s` for the first byte.

        Raises DeviceUnavailable: `lost` when the device is gone, `garbled` when the line itself counts
        too many broken characters (another baud rate, a bad ground), `ended` after `close`.
        """
        with self._using, self._failures():
            first = self._first(wait_s)
            data = first + self._rest() if first else first
            errors = self._errors.too_many(len(data))
        if errors:
            raise DeviceUnavailable(
                f"{self.url}: {errors} broken characters at {self.baud} baud: the device speaks at another "
                "speed, or its ground wire or its power is bad",
                code="garbled",
            )
        return data

    def write(self, data: bytes) -> None:
        """Send `data`. Raises DeviceUnavailable: `lost`, `hung` when the device takes nothing."""
        with self._using, self._failures():
            self._port.write(data)

    def check(self) -> None:
        """Raise DeviceUnavailable when the device is gone; drops what it may have sent."""
        self.read(0.0)

    def close(self) -> None:
        """Give the line back. Idempotent; a reader leaves with code `ended`."""
        if self._closed.is_set():
            return
        self._closed.set()
        with contextlib.suppress(*_GONE):
            if self._cancels:
                self._port.cancel_read()
        # The reader is let out first: a descriptor closed under it could be another file's already.
        alone = self._using.acquire(timeout=_WRITE_S + _SLICE_S)
        if not alone:
            log.warning("closing %s although its reader hangs", self.url)
        try:
            self._shut()
        finally:
            if alone:
                self._using.release()

    def _first(self, wait_s: float) -> bytes:
        """Wait for the first byte, in slices where the port cannot be interrupted."""
        left_s = wait_s
        while not self._closed.is_set():
            slice_s = left_s if self._cancels else min(left_s, _SLICE_S)
            if self._port.timeout != slice_s:
                self._port.timeout = slice_s
            data = bytes(self._port.read(1))
            left_s -= slice_s
            if (data or left_s <= 0) and not self._closed.is_set():
                return data
        raise DeviceUnavailable(f"{self.url} was closed", code="ended")

    def _rest(self) -> bytes:
        """Return what has come besides the first byte. A socket only ever tells "at least one"."""
        data = bytearray()
        while len(data) < READ_LIMIT - 1:
            waiting = int(self._port.in_waiting)
            if not waiting:
                break
            data += self._port.read(min(waiting, READ_LIMIT - 1 - len(data)))
        return bytes(data)

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        """Turn what pyserial lets out into DeviceUnavailable."""
        import serial

        if self._closed.is_set():
            raise DeviceUnavailable(f"{self.url} was closed", code="ended")
        try:
            yield
        except _GONE as error:
            if self._closed.is_set():
                raise DeviceUnavailable(f"{self.url} was closed", code="ended") from error
            if isinstance(error, serial.SerialTimeoutException):
                raise DeviceUnavailable(f"{self.url} takes no more bytes", code="hung") from error
            raise DeviceUnavailable(f"{self.url} is gone: {error}", code="lost") from error

    def _shut(self) -> None:
        # Where somebody else has it open still, the mark would outlive us.
        with contextlib.suppress(*_GONE):
            fcntl.ioctl(self._port.fileno(), termios.TIOCNXCL)
        # pyserial forgets to close a socket whose peer went first (its shutdown raises).
        inner = getattr(self._port, "_socket", None)
        with contextlib.suppress(*_GONE):
            self._port.close()
        if inner is not None:
            inner.close()


class _Errors:
    """The characters the hardware found broken (framing, parity, break), where it counts them."""

    def __init__(self, port: Any) -> None:
        self._port = port
        self._before = line_errors(port)
        self._since = time.monotonic()
        self._bytes = 0
        self.proven = self._before is None

    def too_many(self, count: int) -> int:
        """Note `count` bytes read; return how many broken ones a while had, 0 while it is bearable.

        A brown-out or a plug going in gives a few, which decoders drop; another speed gives many.
        """
        self._bytes += count
        now = time.monotonic()
        if self._before is None or now - self._since < ERRORS_EVERY_S:
            return 0
        errors = line_errors(self._port)
        new, of = (errors or 0) - self._before, self._bytes
        self._before, self._since, self._bytes = errors, now, 0
        if new >= max(ERRORS_LEAST, of // 5):
            return new
        self.proven = True
        return 0


def line_errors(port: Any) -> int | None:
    """Return how many broken characters an open port has counted; None where it does not count."""
    descriptor = getattr(port, "fd", None)
    if not isinstance(descriptor, int):
        return None
    try:
        found = fcntl.ioctl(descriptor, _TIOCGICOUNT, bytes(80))
    except OSError:
        return None
    # struct serial_icounter_struct: cts dsr rng dcd rx tx frame overrun parity brk ...
    counts = struct.unpack_from("10i", found)
    return int(counts[6] + counts[8] + counts[9])


def _is_device(place: str) -> bool:
    """Say whether it is a device file that is no pseudo-terminal."""
    try:
        status = Path(place).stat()
    except (OSError, ValueError):
        return False
    return place.startswith("/") and os.major(status.st_rdev) not in PSEUDO_TERMINALS


def _refuse_shared(url: str, place: str) -> None:
    others = holders(place) if _is_device(place) else ()
    if others:
        raise DeviceUnavailable(f"cannot open {url}: {_named(others)} has it open", code="busy")


def _refuse(url: str, place: str, error: Exception) -> NoReturn:
    """Raise DeviceUnavailable with the code that fits why a port did not open."""
    number = getattr(error, "errno", None)
    if number is None and isinstance(error.__context__, OSError):
        number = error.__context__.errno  # socket:// wraps the reason in an error without a number
    code = _OPEN_CODES.get(number or 0, "absent")
    reason = os.strerror(number) if number else str(error)
    if code == "busy":
        if others := holders(place):
            reason = f"{_named(others)} has it"
        elif is_ours(place):
            reason = "this gate has it for another device: the configuration names one port twice"
        else:
            reason = "another program has it"
    elif code == "denied":
        reason += _group(place)
    elif number == errno.ENOENT:
        reason += _others_present()
    raise DeviceUnavailable(f"cannot open {url}: {reason}", code=code) from error


def _named(others: tuple[object, ...]) -> str:
    return " and ".join(str(other) for other in others[:3])


def _group(place: str) -> str:
    try:
        number = Path(place).stat().st_gid
        return f" (it belongs to the group {grp.getgrgid(number).gr_name})"
    except (OSError, KeyError):
        return ""


def _others_present() -> str:
    names = [(ADAPTERS.lasting_names(a) or (a.node,))[0] for a in ADAPTERS.present()[:4]]
    return f"; plugged in are {', '.join(names)}" if names else "; no USB serial adapter is plugged in"
