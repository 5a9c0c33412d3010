"""Barcode modules on a serial line that send what they read as lines: GROW GM65, GM861 and their kin.

Wiring: TTL serial (GM65, Waveshare) through an adapter, or the module's own virtual serial port over
USB (7777:6666). 9600 8N1 as delivered; set the module to continuous or induction reading once, or let
`family = "gm65"` do it.
Protocol: the payload's own bytes, then CR, LF or CRLF, or nothing: then `ending = "idle"` and 50 ms of
silence end it. With `ending = "line"` a payload ends at the first CR or LF; use `crlf` where payloads
may hold single ones. Source: GM65-S and GM72 manuals and public code bases that drive a GM65.
With `family = "gm65"` the module is set at every opening (serial output, set-up codes closed,
continuous reading, pause before the same code; drivers/scanner/_gm65.py) and asked every `check_s`
whether it lives and is still set so: a visitor could reprogram it by showing a set-up code. With
"none" nothing is ever sent, and a dead module is not told from a quiet one.
Limits: the module does not say which symbology it read. Payloads over 4096 bytes, and unfinished ones,
are dropped and counted, never cut. Payloads known as set-up codes are never passed on; not all are
known. GM67, GM72 and M3Y speak other protocols: read them with family "none".
Tried on hardware: not yet; on pseudo-terminals.
"""

import logging
import time
from dataclasses import dataclass
from typing import Literal

from drivers.options import option
from drivers.scanner._gm65 import Module, settings
from drivers.scanner._setup_codes import is_setup_code
from drivers.serialport import SerialLine
from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Scan

log = logging.getLogger(__name__)

PAYLOAD_LIMIT = 4096
UNFINISHED_S = 1.0
UNFINISHED_MOST = 3
_TURN_S = 0.25
_ENDS = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n", "line": b"", "idle": b""}


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Where the module is and how it ends what it read."""

    port: str = option(doc="device file (by-path name), socket://host:port or rfc2217://host:port")
    baud: int = option(9600, "baud rate of the module", least=300, most=4_000_000)
    ending: Literal["line", "cr", "lf", "crlf", "idle"] = option("line", "what ends a payload")
    idle_ms: int = option(50, "with ending idle: this much silence ends a payload", least=5, most=400)
    family: Literal["none", "gm65"] = option(
        "none", "gm65: set the module at every opening; none: send nothing"
    )
    same_code_s: float = option(1.0, "gm65: seconds before the same code is sent again", least=0.1, most=12.7)
    check_s: float = option(1.0, "gm65: seconds between looks at the module; 0 never", least=0, most=60)


class Decoder:
    """Bytes of the module to scans. Clock-free: whoever reads says when the line was idle.

    `bad_frames` counts payloads too long or unfinished, `dropped_bytes` their bytes, `setup_codes` the
    set-up codes that were not passed on, `unfinished` the payloads given up since the last good one.
    """

    checked = False  # lines carry no checksum; the codes themselves do

    def __init__(self, options: Options) -> None:
        self.bad_frames = 0
        self.dropped_bytes = 0
        self.setup_codes = 0
        self.unfinished = 0
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
        if not payload:
            return []
        self.unfinished = 0
        if is_setup_code(payload):
            self.setup_codes += 1
            return []
        return [Scan(payload, symbology="", decoder="serial")]

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
        self.unfinished += 1
        self.dropped_bytes += len(self._payload)
        self._skipping = False
        self._payload.clear()


class SerialScanner:
    """An open scanner module."""

    def __init__(self, line: SerialLine, options: Options, module: Module | None = None) -> None:
        self.decoder = Decoder(options)
        self._line = line
        self._module = module
        self._idle_s = options.idle_ms / 1000 if options.ending == "idle" else UNFINISHED_S
        self._heard = time.monotonic()
        self._ready: list[Scan] = []
        self._warned = self._refused = False

    def start(self) -> None:
        """Set the module, where its family is known. Raises DeviceUnavailable."""
        if self._module:
            self._take(self._module.apply())

    @property
    def started(self) -> bool:
        """Whether the line is fit to be called up."""
        return self._line.proven

    def read(self) -> list[Scan]:
        """Return the scans that came within at most 0.5 s. Raises DeviceUnavailable."""
        until = time.monotonic() + _TURN_S
        while True:
            self._take(self._line.read(min(0.2, self._idle_s)), fresh=True)
            if time.monotonic() - self._heard >= self._idle_s:
                self._fell_idle()
            if self._module:
                self._take(self._module.look(busy=self.decoder.pending))
            scans, self._ready = self._ready, []
            if scans or time.monotonic() >= until:
                return scans

    def close(self) -> None:
        """Give the line back. Idempotent; unblocks a reader."""
        self._line.close()

    def _take(self, chunk: bytes, *, fresh: bool = False) -> None:
        """Hand the decoder what came; `fresh`: straight from the line, replies among it."""
        if fresh and self._module:
            chunk = self._module.payload(chunk)
        if not chunk:
            return
        self._heard = time.monotonic()
        self._ready += self.decoder.feed(chunk)
        if self.decoder.setup_codes and not self._refused:
            self._refused = True
            log.warning("%s: somebody showed the scanner a set-up code; it was not passed on", self._line.url)

    def _fell_idle(self) -> None:
        self._heard = time.monotonic()
        lost = self.decoder.bad_frames
        self._ready += self.decoder.idle()
        if self.decoder.bad_frames == lost:
            return
        if not self._warned:
            self._warned = True
            log.warning(
                "%s sent a code without its end: does the option `ending` fit the module?", self._line.url
            )
        if self.decoder.unfinished >= UNFINISHED_MOST:
            raise DeviceUnavailable(
                f"{self._line.url} sent {self.decoder.unfinished} payloads without an end at "
                f"{self._line.baud} baud: another speed, or another `ending` in the configuration",
                code="garbled",
            )


def connect(options: Options) -> SerialScanner:
    """Open the module's line and set the module. Raises DeviceUnavailable."""
    from drivers.serialport import open_line

    line = open_line(options.port, baud=options.baud)
    module = None
    if options.family == "gm65":
        module = Module(line, settings(options.same_code_s), options.check_s)
    scanner = SerialScanner(line, options, module)
    try:
        scanner.start()
    except DeviceUnavailable:
        scanner.close()
        raise
    return scanner
