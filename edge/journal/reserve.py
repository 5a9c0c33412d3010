"""Space kept aside, so that a full card can still be written to for a while, loudly.

A file of real blocks beside the journal. It is given up when the card is full; `intact` turns False,
which the health page shows; it is made again at a start that finds enough space.
"""

import logging
import os
from pathlib import Path

FILE = "journal.reserve"
SIZE = 4 << 20
_log = logging.getLogger(__name__)


class Reserve:
    """The reserve of one store folder."""

    def __init__(self, folder: Path, size: int = SIZE) -> None:
        self._path = folder / FILE
        self._size = size

    @property
    def intact(self) -> bool:
        """Whether the space is still kept aside."""
        return self._path.exists()

    def fill(self) -> bool:
        """Keep the space aside where there is four times as much; return whether it is."""
        if self._path.exists():
            return True
        try:
            disk = os.statvfs(self._path.parent)
            if disk.f_bavail * disk.f_frsize < 4 * self._size:
                return False
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, self._size)
            finally:
                os.close(descriptor)
        except OSError as error:
            _log.warning("no space kept aside: %s", error)
            self._path.unlink(missing_ok=True)
            return False
        return True

    def release(self) -> bool:
        """Give the space up; return whether there was any."""
        try:
            self._path.unlink()
        except OSError:
            return False
        _log.error("the card is full: the space kept aside is given up")
        return True
