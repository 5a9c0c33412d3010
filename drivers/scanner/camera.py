"""Camera: a USB or CSI camera, a network stream, or a video or picture file.

Device: anything Video4Linux shows as /dev/videoN (by index `"0"`, or better by a stable name under
/dev/v4l/by-id), a camera module of a Raspberry Pi through libcamera (`picamera2`, the second one
`picamera2:1`), an RTSP or HTTP stream, or `file:/path` of a video or picture. A file plays at its
own pace; with `loop = true` the frame shown is (monotonic clock x rate) modulo the number of frames,
in step with any other simulated device on that clock.
Decoding: QR codes, payload bytes exact; zxing-cpp on what changed, dearer looks at likely places and
at last zbar where that reads nothing, for two seconds after a change and within a budget. A code
held up is reported at most twice a second; making one scan of it is the lane's business.
Wiring: none. 2 pixels a module on the sensor are the least; 1280x720 reads a dense certificate.
Aiming: the page /setup shows the live picture, its focus and brightness; it is never stored.
Limits: 64-bit systems only (zxing-cpp and OpenCV have no 32-bit ARM packages).
Tried: files and an HTTP stream on loopback; picamera2 and V4L2 against stand-ins. Not tried on hardware: no
/dev/video device and no camera module yet.

Capture and decoding run in a child process (drivers.scanner._capture), which may crash or hang: it
speaks lines over a pipe that a thread of its own reads here. Silence of 2.5 s means SIGKILL, since
a stopped or hung process still looks alive. This module must not import OpenCV, NumPy or zxing-cpp
where the gate runs; only `decode_file`, for the command line, does.
"""

import json
import logging
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.scanner._camera_options import Options
from drivers.scanner._camera_source import require_present, without_password
from drivers.scanner._capture_child import (
    fault_of,
    how_it_ended,
    lines,
    model_of,
    preview_of,
    scan_of,
    spawn,
)
from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Scan
from edge.domain.ports import Preview

if TYPE_CHECKING:
    from drivers.scanner._decode_file import FileCode

_log = logging.getLogger(__name__)
__all__ = ["CameraPort", "Options", "connect", "decode_file"]

SILENCE_S = 2.5
_WAIT_S = 0.5
_CATCH_UP_S = 0.2
_CLOSE_S = 0.4
_SCANS_KEPT = 256  # beyond this the oldest are dropped: nobody has read for minutes
_LAST_WORDS = 300
_PREVIEW_S = 1.0
_SHARED_S = 0.2
_ORDERS = ("source", "loop", "width", "height", "fps", "frozen_s")
_MASK = "mask_"


def connect(options: Options) -> "CameraPort":
    """Start the child and return at once; the port says `started` after the first frame.

    Raises DeviceUnavailable when the device or file is not there.
    """
    require_present(options.source)
    return CameraPort(options)


def decode_file(path: Path) -> Iterator["FileCode"]:
    """Yield the codes of a picture or video file, all stages on every changed frame; one item with
    payload None where there is none. Raises DeviceUnavailable for a file that cannot be read.

    Loads OpenCV into this process.
    """
    from drivers.scanner import _decode_file

    return _decode_file.decode_file(path)


class CameraPort:
    """An opened camera (edge.domain.ports.Scanner)."""

    def __init__(self, options: Options) -> None:
        self._source = without_password(options.source)
        self._start_s = options.start_s
        self._changed = threading.Condition()
        self._scans: deque[Scan] = deque(maxlen=_SCANS_KEPT)
        self._words: deque[str] = deque(maxlen=5)
        self._failure: tuple[str, str] | None = None
        self._fault: tuple[str, str] | None = None
        self._ended = False
        self._closed = False
        self._heard_at = time.monotonic()
        self.started = False
        self.frames = 0
        self.decoded = 0
        self._preview: Preview | None = None
        self._previewed_at = self._asked_at = float("-inf")
        self.looks = bool(options.mask_model)
        """Whether it looks for masks with a model of the site's own."""
        self.mask_fault: tuple[str, str] | None = None
        """Why the model cannot be used, as code and message; None while nothing speaks against it."""
        self.mask_model = ""
        self._looked_for: int | None = None
        orders: dict[str, object] = {name: getattr(options, name) for name in _ORDERS}
        if self.looks:
            names = (field.name for field in fields(options) if field.name.startswith(_MASK))
            orders["mask"] = {name: getattr(options, name) for name in names}
        self._child = spawn(orders)
        self.pid = self._child.pid
        self._threads = [
            threading.Thread(target=target, name=f"camera-{what}", daemon=True)
            for target, what in ((self._listen, "lines"), (self._overhear, "words"))
        ]
        for thread in self._threads:
            thread.start()

    def read(self) -> Sequence[Scan]:
        """Wait at most 0.5 s for codes. Empty while starting. Raises DeviceUnavailable with code
        `hung` (silent or stuck), `ended`, `lost`, `absent` or `busy`."""
        with self._changed:
            if self._failure is not None:
                raise DeviceUnavailable(*self._failure)
            self._changed.wait_for(self._news, max(0.0, min(_WAIT_S, self._quiet_until() - time.monotonic())))
            if not self._news() and self._silent():
                # A gate that was itself stopped finds the child's lines still on their way.
                self._changed.wait_for(lambda: self._news() or not self._silent(), _CATCH_UP_S)
            scans = tuple(self._scans)
            self._scans.clear()
            if scans:
                return scans
            if not self._ended and not self._closed and not self._silent():
                return ()
        raise self._fail()

    def preview(self) -> Preview | None:
        """Return the newest picture small, with its figures; waits for it at most a second. None
        while there is none. All who look within a fifth of a second share one."""
        with self._changed:
            now = time.monotonic()
            if now - self._previewed_at < _SHARED_S:
                return self._preview
            since = now
            if self._previewed_at < self._asked_at and now - self._asked_at < _PREVIEW_S:
                since = self._asked_at  # somebody else has just asked
            else:
                self._asked_at = now
                self._ask(b"preview\n")
            over = self._changed.wait_for(lambda: self._previewed_at >= since or self._over(), _PREVIEW_S)
            return self._preview if over and self._previewed_at >= since else None

    def look(self, passage: int | None) -> None:
        """Look for a mask on whoever passes under this number, None: on nobody. What is seen comes with the
        codes, and names that number."""
        if passage != self._looked_for:
            self._looked_for = passage
            self._ask(b"mask\n" if passage is None else b"mask %d\n" % passage)

    def close(self) -> None:
        """End the child and give everything back."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._end_child(_CLOSE_S)

    def _news(self) -> bool:
        return bool(self._scans) or self._over()

    def _over(self) -> bool:
        return self._ended or self._closed

    def _ask(self, line: bytes) -> None:
        """Tell the child something; one that is gone is noticed by its pipes."""
        assert self._child.stdin is not None
        with suppress(OSError, ValueError):
            self._child.stdin.write(line)
            self._child.stdin.flush()

    def _quiet_until(self) -> float:
        return self._heard_at + (SILENCE_S if self.started else self._start_s)

    def _silent(self) -> bool:
        return time.monotonic() >= self._quiet_until()

    def _fail(self) -> DeviceUnavailable:
        """End what is left of the child and return why, the same from now on."""
        silent = not self._ended and not self._closed
        self._end_child(0.0 if silent else _CLOSE_S)
        with self._changed:
            if self._failure is None:
                self._failure = self._why(silent)
            return DeviceUnavailable(*self._failure)

    def _why(self, silent: bool) -> tuple[str, str]:
        """Return the message and the code."""
        if self._closed:
            return f"camera {self._source} was closed", "ended"
        if silent and self.started:
            return f"camera {self._source}: its process hung for {SILENCE_S} s", "hung"
        if silent:
            return f"camera {self._source}: no picture within {self._start_s:g} s", "hung"
        if self._fault is not None:
            code, message = self._fault
            return f"camera {self._source}: {message}", code
        words = f": {self._words[-1]}" if self._words else ""
        how = how_it_ended(self._child.returncode)
        return f"camera {self._source}: its process ended ({how}){words}", "ended"

    def _end_child(self, patience_s: float) -> None:
        assert self._child.stdin is not None
        with suppress(OSError):
            self._child.stdin.close()
        try:
            self._child.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._child.kill()
            # A process inside a driver that hangs dies when the driver lets it.
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(_CLOSE_S)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(_CLOSE_S)

    def _listen(self) -> None:
        """Take in the child's lines until it closes its output."""
        assert self._child.stdout is not None
        for line in lines(self._child.stdout):
            self._take(line)
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _take(self, line: bytes) -> None:
        try:
            told = json.loads(line)
            kind = told["kind"]
            scan = scan_of(told) if kind == "scan" else None
            preview = preview_of(told) if kind == "preview" else None
            fault = fault_of(told) if kind == "fault" else None
            model = model_of(told) if kind == "mask_model" else None
            frames, decoded = int(told.get("frames", 0)), int(told.get("decoded", 0))
        except (ValueError, TypeError, KeyError, AttributeError):
            _log.warning("the camera process sent a line that is none of its protocol")
            return
        with self._changed:
            self._heard_at = time.monotonic()
            self.started = self.started or kind == "started"
            self._fault = fault or self._fault
            self.frames, self.decoded = max(self.frames, frames), max(self.decoded, decoded)
            if scan is not None:
                self._scans.append(scan)
            if model is not None:
                self.mask_model, self.mask_fault = model
            if preview is not None:
                self._preview, self._previewed_at = preview, self._heard_at
            self._changed.notify_all()

    def _overhear(self) -> None:
        """Keep the child's last words; libraries say too much to log it."""
        assert self._child.stderr is not None
        for line in lines(self._child.stderr):
            words = without_password(line.decode("utf-8", "replace").strip())[:_LAST_WORDS]
            if words:
                self._words.append(words)
