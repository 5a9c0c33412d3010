"""What the option `source` of a camera may say, on the gate's side.

Must not import OpenCV, NumPy or zxing-cpp: the gate's own process uses it.
"""

import os
import re
from pathlib import Path

from edge.domain.errors import DeviceUnavailable

_ADDRESSES = ("/dev/", "rtsp://", "rtsps://", "http://", "https://", "file:")
_MODULE = re.compile(r"picamera2(:[0-9])?")


def is_source(source: str) -> bool:
    """Return whether this names a camera at all."""
    number = source.isascii() and source.isdigit()
    return number or source.startswith(_ADDRESSES) or _MODULE.fullmatch(source) is not None


def without_password(source: str) -> str:
    """Return the source without the user and password a stream's address often holds."""
    return re.sub(r"//[^/@]*@", "//", source)


def require_present(source: str) -> None:
    """Spare a child for what plainly is not there. Raises DeviceUnavailable."""
    if _MODULE.fullmatch(source) or ("://" in source and not source.startswith("file:")):
        return
    is_file = source.startswith("file:")
    name = source.removeprefix("file:").removeprefix("//") if is_file else source
    path = Path(f"/dev/video{name}" if not is_file and name.isdigit() else name)
    if not path.exists():
        raise DeviceUnavailable(f"camera {source}: there is no {path}", "absent")
    needed = os.R_OK if is_file else os.R_OK | os.W_OK
    if not os.access(path, needed):
        raise DeviceUnavailable(f"camera {source}: {path} may not be opened by this user", "denied")
