"""One serial line, opened by URL: a device file, a pseudo-terminal, `socket://`, `rfc2217://`, `spy://`.

Bytes in, bytes out, and every failure of the operating system turned into DeviceUnavailable. Must not
know any protocol, and never writes what its caller did not ask to write.
"""

import contextlib
import errno
import logging
import os
import threading
from collections.abc import Iterator
from typing import Any, NoReturn

from edge.domain.errors import DeviceUnavailable

log = logging.getLogger(__name__)

READ_LIMIT = 4096
_SLICE_S = 0.1
_WRITE_S = 1.0
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

    try:
        port = serial.serial_for_url(url, do_not_open=True, baudrate=baud, timeout=_SLICE_S)
        port.write_timeout = _WRITE_S
        port.exclusive = True
        port.dtr = dtr
        port.open()
    except _GONE as error:
        _refuse(url, error)
    return SerialLine(port, url)


class SerialLine:
    """An open line. One thread reads and writes; any thread may close it."""

    def __init__(self, port: Any, url: str) -> None:
        self.url = url
        self._port = port
        self._cancels = callable(getattr(port, "cancel_read", None))
        self._closed = threading.Event()
        self._using = threading.Lock()

    def read(self, wait_s: float = 0.2) -> bytes:
        """Return what is waiting, at most 4096 bytes; wait up to `wait_s` for the first byte.

        Raises DeviceUnavailable: `lost` when the device is gone, `ended` after `close`.
        """
        with self._using, self._failures():
            first = self._first(wait_s)
            return first + self._rest() if first else first

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
        # pyserial forgets to close a socket whose peer went first (its shutdown raises).
        inner = getattr(self._port, "_socket", None)
        with contextlib.suppress(*_GONE):
            self._port.close()
        if inner is not None:
            inner.close()


def _refuse(url: str, error: Exception) -> NoReturn:
    """Raise DeviceUnavailable with the code that fits why a port did not open."""
    number = getattr(error, "errno", None)
    if number is None and isinstance(error.__context__, OSError):
        number = error.__context__.errno  # socket:// wraps the reason in an error without a number
    code = _OPEN_CODES.get(number or 0, "absent")
    reason: object = os.strerror(number) if number else error
    if code == "busy":
        reason = "another program has it"
    raise DeviceUnavailable(f"cannot open {url}: {reason}", code=code) from error
