"""Who has the store open: a shared lock of every process, an exclusive one for moving files about."""

import fcntl
import os
import time
from pathlib import Path

from edge.journal.faults import journal_error

FILE = "journal.lock"
WAIT_S = 10.0


class Hold:
    """A hold on one store folder, given back by `close`."""

    def __init__(self, folder: Path) -> None:
        try:
            self._descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise journal_error(
                f"无法打开账本文件夹: {error}", f"cannot open the store folder: {error}"
            ) from error
        self._open = True
        # Waits only while another process is moving files, which takes it a moment.
        deadline = time.monotonic() + WAIT_S
        while not self._try(fcntl.LOCK_SH):
            if time.monotonic() > deadline:
                self.close()
                raise journal_error(
                    "账本正在被另一个进程恢复或移动", "another process is restoring or moving the journal"
                )
            time.sleep(0.02)

    def alone(self) -> None:
        """Become the only one who has the store open; raise JournalError when others have."""
        if not self._try(fcntl.LOCK_EX):
            self._try(fcntl.LOCK_SH)
            raise journal_error(
                "账本正被另一个进程使用: 请先停止闸机服务",
                "the journal is open in another process: stop the gate first",
            )

    def shared(self) -> bool:
        """Say whether others have the store open."""
        alone = self._try(fcntl.LOCK_EX)
        self._try(fcntl.LOCK_SH)
        return not alone

    def share(self) -> None:
        """Let others in again."""
        self._try(fcntl.LOCK_SH)

    def close(self) -> None:
        """Give the hold back; idempotent."""
        if self._open:
            self._open = False
            os.close(self._descriptor)

    def _try(self, how: int) -> bool:
        try:
            fcntl.flock(self._descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
