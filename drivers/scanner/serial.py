"""Barcode modules on a serial line that send what they read as lines: GROW GM65, GM861 and their kin.

Wiring: TTL serial (GM65, Waveshare) through an adapter, or the module's own virtual serial port over
USB (7777:6666). 9600 8N1 as delivered; set the module to continuous or induction reading once.
Protocol: the payload's own bytes, then CR, LF or CRLF, or nothing: then `ending = "idle"` and 50 ms of
silence end it. With `ending = "line"` a payload ends at the first CR or LF; use `crlf` where payloads
may hold single ones. Source: GM65-S and GM72 manuals and a public code base that drives a GM65.
Limits: the module does not say which symbology it read. A visitor can reprogram it by showing a
set-up code: switch set-up codes off on the module. Payloads over 4096 bytes, and unfinished ones, are
dropped and counted, never cut. Nothing is ever sent to it.
Tried on hardware: not yet; on pseudo-terminals.
"""

import logging
import time
from dataclasses import dataclass
from typing import Literal

from drivers.options import option
from drivers.serialport import SerialLine
from edge.domain.model import Scan

log = logging.getLogger(__name__)

PAYLOAD_LIMIT = 4096
UNFINISHED_S = 1.0
_TURN_S = 0.25
_ENDS = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n", "line": b"", "idle": b""}


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Where the module is and how it ends what it read."""

    port: str = option(doc="device file (by-path name), socket://host:port or rfc2217://host:port")
    baud: int = option(9600, "baud rate of the module", least=300, most=4_000_000)
    ending: Literal["line", "cr", "lf", "crlf", "idle"] = option("line", "what ends a payload")
    idle_ms: int = option(50, "with ending idle: this much silence ends a payload", least=5, most=400)


class Decoder:
    """Bytes of the module to scans. Clock-free: whoever reads says when the line was idle.

    `bad_frames` counts payloads too long or unfinished, `dropped_bytes` their bytes.
    """

    checked = False  # lines carry no checksum; the codes themselves do

    def __init__(self, options: Options) -> None:
        self.bad_frames = 0
        self.dropped_bytes = 0
        self._mode = options.ending
        self._end = _ENDS[options.ending]
        self._payload = bytearray()
        self._skipping = False

    @property
    def pending(self) -> bool:
        """Whether a payload has begun and not ended."""
        return bool(self._payload) or self._skipping

    def feed(self, chunk: bytes) -> list[Scan]:
        """Return the scans completed by `chunk`."""
        scans: list[Scan] = []
        for byte in chunk:
            self._payload.append(byte)
            if self._ended():
                scans += self._finish(len(self._end) or 1)
            elif len(self._payload) >= PAYLOAD_LIMIT + 2:
                self._skip()
        return scans

    def idle(self) -> list[Scan]:
        """Say that the line has been silent: ends a payload in idle mode, gives it up in others."""
        if not self.pending:
            return []
        if self._mode == "idle":
            return self._finish(0)
        self._give_up()
        return []

    def _ended(self) -> bool:
        if self._mode == "line":
            return self._payload[-1] in b"\r\n"
        return bool(self._end) and self._payload.endswith(self._end)

    def _finish(self, end: int) -> list[Scan]:
        payload = bytes(self._payload[: len(self._payload) - end])
        if self._skipping or len(payload) > PAYLOAD_LIMIT:
            self._give_up()
            return []
        self._payload.clear()
        return [Scan(payload, symbology="", decoder="serial")] if payload else []

    def _skip(self) -> None:
        """Drop what is there of a payload, and what still comes up to its end."""
        # A CR that came last may be the first half of a CRLF.
        keep = 1 if self._payload.endswith(b"\r") else 0
        self.bad_frames += 0 if self._skipping else 1
        self.dropped_bytes += len(self._payload) - keep
        self._skipping = True
        del self._payload[: len(self._payload) - keep]

    def _give_up(self) -> None:
        """Drop a payload that is over; the next byte begins another."""
        self.bad_frames += 0 if self._skipping else 1
        self.dropped_bytes += len(self._payload)
        self._skipping = False
        self._payload.clear()


class SerialScanner:
    """An open scanner module."""

    def __init__(self, line: SerialLine, options: Options) -> None:
        self.decoder = Decoder(options)
        self._line = line
        self._idle_s = options.idle_ms / 1000 if options.ending == "idle" else UNFINISHED_S
        self._quiet_s = 0.0
        self._warned = False

    def read(self) -> list[Scan]:
        """Return the scans that came within at most 0.5 s. Raises DeviceUnavailable."""
        until = time.monotonic() + _TURN_S
        while True:
            wait_s = min(0.2, self._idle_s)
            chunk = self._line.read(wait_s)
            scans = self.decoder.feed(chunk)
            self._quiet_s = 0.0 if chunk else self._quiet_s + wait_s
            if self._quiet_s >= self._idle_s:
                scans += self._fell_idle()
            if scans or time.monotonic() >= until:
                return scans

    def close(self) -> None:
        """Give the line back. Idempotent; unblocks a reader."""
        self._line.close()

    def _fell_idle(self) -> list[Scan]:
        lost = self.decoder.bad_frames
        scans = self.decoder.idle()
        if self.decoder.bad_frames > lost and not self._warned:
            self._warned = True
            log.warning(
                "%s sent a code without its end: does the option `ending` fit the module?", self._line.url
            )
        return scans


def connect(options: Options) -> SerialScanner:
    """Open the module's line. Raises DeviceUnavailable."""
    from drivers.serialport import open_line

    return SerialScanner(open_line(options.port, baud=options.baud), options)
