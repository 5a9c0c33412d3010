"""Pictures of a Raspberry Pi camera module through picamera2 (Pi OS), by libcamera and not V4L2.

`picamera2` is the first camera module, `picamera2:1` the second. The frames are YUV 4:2:0; their
upper two thirds are the brightness, which is all that codes need. Written against the documented API and
tried with a stand-in that answers as documented; not tried on hardware. Runs in the capture child
only: what hangs in here is ended by the parent.
"""

import importlib
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from drivers.scanner._capture_frames import Bgr, Colour, SourceFault, in_colour
from drivers.scanner._regions import Grey

# Debian's package is for the system's Python and outside of a virtual environment.
SYSTEM_PACKAGES = Path("/usr/lib/python3/dist-packages")
_USUAL_FPS = 15.0
_MISSING = (
    "picamera2 cannot be loaded ({}); on Raspberry Pi OS: sudo apt install python3-picamera2, and "
    "run the gate with the system's own Python version"
)


class PiCamera:
    """A camera module on the Pi's ribbon cable."""

    patience = 1.0

    def __init__(self, source: str, width: int, height: int, fps: float) -> None:
        self._frame: Any = None
        module = _picamera2()
        number = int(source.partition(":")[2] or 0)
        count = len(module.Picamera2.global_camera_info())
        if number >= count:
            raise SourceFault("absent", f"there is no camera module {number}; libcamera sees {count}")
        try:
            self._camera: Any = module.Picamera2(number)
        except (RuntimeError, IndexError) as error:
            raise SourceFault("busy", f"camera module {number} cannot be opened: {error}") from error
        try:
            self._width, self._height = self._start(width, height, fps or _USUAL_FPS)
        except (RuntimeError, ValueError) as error:
            self.close()
            raise SourceFault(
                "absent", f"camera module {number} refuses {width}x{height}: {error}"
            ) from error

    def read(self) -> Grey | None:
        """Wait for the next frame. Raises SourceFault when no more come."""
        try:
            frame = self._camera.capture_array("main")
        except RuntimeError as error:
            raise SourceFault("lost", f"the camera module gives no more pictures: {error}") from error
        # Rows are as long as the stride, which may exceed the width; colour lies below the picture.
        if frame.ndim != 2 or frame.shape[0] < self._height or frame.shape[1] < self._width:
            return None
        self._frame = frame
        return np.ascontiguousarray(frame[: self._height, : self._width])

    def colour(self) -> Colour:
        """Return what decodes the last frame in colour."""
        whole, width = in_colour(self._frame, "YU12", self._height), self._width

        def cut() -> Bgr | None:
            found = whole()
            return None if found is None else found[:, :width]

        return cut

    def close(self) -> None:
        """Give the camera back."""
        with suppress(RuntimeError):
            self._camera.stop()
        with suppress(RuntimeError):
            self._camera.close()

    def _start(self, width: int, height: int, fps: float) -> tuple[int, int]:
        """Configure and start it; return the size that the pictures have."""
        camera = self._camera
        camera.configure(
            camera.create_video_configuration(
                main={"size": (width // 2 * 2, height // 2 * 2), "format": "YUV420"},
                controls={"FrameRate": fps},
                # The newest frame and none that waited.
                queue=False,
            )
        )
        camera.start()
        if "AfMode" in camera.camera_controls:  # camera module 3: the lens rests at infinity otherwise
            with suppress(ImportError):
                controls = importlib.import_module("libcamera").controls
                camera.set_controls({"AfMode": controls.AfModeEnum.Continuous})
        got = camera.camera_configuration()["main"]["size"]
        return int(got[0]), int(got[1])


def _picamera2() -> ModuleType:
    """Import it, from the system's packages where the environment does not hold it."""
    try:
        return _imported()
    except ImportError as first:
        if not SYSTEM_PACKAGES.is_dir() or str(SYSTEM_PACKAGES) in sys.path:
            raise SourceFault("absent", _MISSING.format(first)) from first
    sys.path.append(str(SYSTEM_PACKAGES))  # last: our own packages stay the ones we were tested with
    try:
        return _imported()
    except ImportError as error:
        raise SourceFault("absent", _MISSING.format(error)) from error


def _imported() -> ModuleType:
    try:
        return importlib.import_module("picamera2")
    except ValueError as error:  # built for another NumPy
        raise ImportError(str(error)) from error
