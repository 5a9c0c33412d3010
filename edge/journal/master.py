"""The master key, under which all keys of the journal are wrapped.

Always a secret in a file of its own in the store folder (`master.key`, never in a backup), because a
purge must be able to replace it; where the owner gives a key from outside as well (a credential, a
USB key), both are needed. Turning it is safe at any moment: the next secret waits in
`master.key.next`, and the check value that the database commits says which of the two holds.
"""

import hashlib
import hmac
import logging
from pathlib import Path

from edge.journal.faults import journal_error
from edge.journal.files import shred, sync_folder, write_private
from edge.journal.seal import KEY_BYTES, derive, new_key

FILE = "master.key"
_CHECK_BYTES = 8
_SHORTEST_OUTSIDE = 16
_log = logging.getLogger(__name__)


def check_of(master: bytes) -> bytes:
    """Return the value by which the database recognises a master key without knowing it."""
    return derive(master, "master check")[:_CHECK_BYTES]


class Master:
    """The key file of one store folder, and the key from outside where there is one."""

    def __init__(self, folder: Path, outside: bytes | None) -> None:
        if outside is not None and len(outside) < _SHORTEST_OUTSIDE:
            raise journal_error(
                "主密钥太短", f"the master key given is shorter than {_SHORTEST_OUTSIDE} bytes"
            )
        self._file = folder / FILE
        self._next = folder / (FILE + ".next")
        self._outside = outside or b""

    def create(self) -> bytes:
        """Return the key of the key file, making the file first where it is absent."""
        if not self._file.exists():
            write_private(self._file, new_key().hex().encode() + b"\n")
            _log.info("new key file %s", self._file.name)
        master = self._read(self._file)
        if master is None:
            raise journal_error(f"密钥文件 {FILE} 已损坏", f"the key file {FILE} is damaged")
        return master

    def load(self, check: bytes) -> bytes:
        """Return the key that `check` belongs to; raise JournalError when it is not here."""
        # The first file twice: another process may be putting the next in its place meanwhile.
        for path in (self._file, self._next, self._file):
            master = self._read(path)
            if master is not None and hmac.compare_digest(check_of(master), check):
                return master
        raise journal_error(
            f"密钥 ({FILE}) 不在或不属于这个账本: 放回原来的密钥，"
            "或用 journal restore --without-key 放弃已封存的个人信息",
            f"the key ({FILE} or the key given) is missing or not this journal's: put it back, or give up "
            "the sealed personal fields with `journal restore --without-key`",
        )

    def knows(self, check: bytes) -> bool:
        """Return whether the key that `check` belongs to is here."""
        here = (self._read(self._file), self._read(self._next))
        return any(one is not None and hmac.compare_digest(check_of(one), check) for one in here)

    def prepare(self) -> bytes:
        """Write the next secret to disk and return the next key; `settle` after the commit. Only
        while holding the database's write lock."""
        secret = new_key()
        write_private(self._next, secret.hex().encode() + b"\n")
        return self._combine(secret)

    def settle(self, check: bytes) -> None:
        """Keep the one file that `check` belongs to and destroy the other. Only while holding the
        database's write lock: another process may stand between its own two steps."""
        waiting = self._read(self._next)
        if waiting is not None and hmac.compare_digest(check_of(waiting), check):
            shred(self._file)
            self._next.replace(self._file)
            sync_folder(self._file.parent)
        else:
            shred(self._next)

    def _read(self, path: Path) -> bytes | None:
        try:
            if path.stat().st_mode & 0o077:
                _log.warning("key file %s is readable by others", path.name)
            secret = bytes.fromhex(path.read_text("ascii"))
        except FileNotFoundError:
            return None
        except ValueError:
            _log.warning("key file %s is damaged", path.name)
            return None
        return self._combine(secret) if len(secret) == KEY_BYTES else None

    def _combine(self, secret: bytes) -> bytes:
        return hmac.digest(secret, b"gatepost master" + self._outside, hashlib.sha256)
