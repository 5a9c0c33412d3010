"""The keys of the sealed fields: which number is in use, which still live, turning the master.

Works inside the writer's transactions and under its lock; keeps opened keys in memory and forgets
them when another process has changed the file. A key stands for one stretch of rows: a new number
begins with each day (UTC) and whenever the clock becomes trusted or stops being so, and an old
number is never taken up again, so that numbers order time even where the clock did not.
"""

import logging
import sqlite3
from dataclasses import dataclass

from edge.domain.model import Instant
from edge.journal import seal
from edge.journal.faults import journal_error
from edge.journal.master import Master, check_of
from edge.journal.rows import DAY_SCOPE

DAY_US = 86_400_000_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What is known of a key without opening it."""

    key_id: int
    scope: str
    opened_us: int
    trusted: bool
    first_seq: int
    alive: bool

    @property
    def day(self) -> int:
        return self.opened_us // DAY_US


class Keys:
    """The keys of one journal."""

    def __init__(self, master: Master) -> None:
        self._master = master
        self._wrapping = b""
        self._check = b""
        self._opened: dict[int, bytes] = {}
        self._current: dict[str, KeyRecord] = {}

    def refresh(self, connection: sqlite3.Connection) -> None:
        """Forget what is in memory: another process may have destroyed keys or turned the master."""
        self._opened.clear()
        self._current.clear()
        found = connection.execute("SELECT value FROM meta WHERE name = 'master_check'").fetchone()
        if found is None:
            self._wrapping = self._master.create()
            self._check = check_of(self._wrapping)
        elif found[0] != self._check:
            self._wrapping = self._master.load(found[0])
            self._check = found[0]

    def settle(self) -> None:
        """Finish a turn of the master that an end of the process may have interrupted."""
        if self._check:
            self._master.settle(self._check)

    def for_row(self, connection: sqlite3.Connection, scope: str, at: Instant, seq: int) -> tuple[int, bytes]:
        """Return number and key for a row of `scope`, beginning a new key where one is due."""
        record = self._current.get(scope) or self._newest(connection, scope)
        if record is None or (scope == DAY_SCOPE and _over(record, at)):
            record = self._begin(connection, scope, at, seq)
        self._current[scope] = record
        key = self.open(connection, record.key_id)
        if key is None:
            raise journal_error(
                f"密钥 {record.key_id} 无法打开", f"key {record.key_id} cannot be opened with the master key"
            )
        return record.key_id, key

    def open(self, connection: sqlite3.Connection, key_id: int) -> bytes | None:
        """Return the key of this number, None once it is destroyed."""
        if key_id not in self._opened:
            found = connection.execute(
                "SELECT scope, wrapped FROM seal_key WHERE key_id = ? AND wrapped IS NOT NULL", (key_id,)
            ).fetchone()
            key = found and seal.unwrap(self._wrapping, found[1], key_id=key_id, scope=found[0])
            if not key:
                return None
            self._opened[key_id] = key
        return self._opened[key_id]

    def day_key(self, connection: sqlite3.Connection, key_id: int) -> bytes | None:
        """Return the key of this number when it is a living one of a day."""
        found = connection.execute("SELECT scope FROM seal_key WHERE key_id = ?", (key_id,)).fetchone()
        return self.open(connection, key_id) if found == (DAY_SCOPE,) else None

    def of_days(self, connection: sqlite3.Connection) -> dict[int, bytes]:
        """Return every living day key by its number."""
        numbers = connection.execute(
            "SELECT key_id FROM seal_key WHERE scope = ? AND wrapped IS NOT NULL ORDER BY key_id",
            (DAY_SCOPE,),
        ).fetchall()
        opened = {number: self.open(connection, number) for (number,) in numbers}
        return {number: key for number, key in opened.items() if key is not None}

    def destroy_and_turn(self, connection: sqlite3.Connection, key_ids: tuple[int, ...]) -> None:
        """Destroy these keys and wrap the surviving ones under a new master key, in the caller's
        transaction; `settle` in one of its own after the commit."""
        connection.executemany("UPDATE seal_key SET wrapped = NULL WHERE key_id = ?", [(k,) for k in key_ids])
        master = self._master.prepare()
        living = connection.execute(
            "SELECT key_id, scope, wrapped FROM seal_key WHERE wrapped IS NOT NULL"
        ).fetchall()
        for key_id, scope, wrapped in living:
            key = seal.unwrap(self._wrapping, wrapped, key_id=key_id, scope=scope)
            if key is None:
                _log.error("key %d does not open with the master key", key_id)
                continue
            again = seal.wrap(master, key, key_id=key_id, scope=scope)
            connection.execute("UPDATE seal_key SET wrapped = ? WHERE key_id = ?", (again, key_id))
        self._wrapping, self._check = master, check_of(master)
        self._remember_check(connection)
        self._opened.clear()
        self._current.clear()

    def _newest(self, connection: sqlite3.Connection, scope: str) -> KeyRecord | None:
        found = connection.execute(
            "SELECT key_id, scope, opened_us, trusted, first_seq FROM seal_key"
            " WHERE scope = ? AND wrapped IS NOT NULL ORDER BY key_id DESC LIMIT 1",
            (scope,),
        ).fetchone()
        return found and KeyRecord(found[0], found[1], found[2], bool(found[3]), found[4], alive=True)

    def _begin(self, connection: sqlite3.Connection, scope: str, at: Instant, seq: int) -> KeyRecord:
        if connection.execute("SELECT 1 FROM meta WHERE name = 'master_check'").fetchone() is None:
            self._remember_check(connection)
        key_id = connection.execute("SELECT coalesce(max(key_id), 0) + 1 FROM seal_key").fetchone()[0]
        key = seal.new_key()
        wrapped = seal.wrap(self._wrapping, key, key_id=key_id, scope=scope)
        connection.execute(
            "INSERT INTO seal_key(key_id, scope, opened_us, trusted, first_seq, wrapped)"
            " VALUES (?,?,?,?,?,?)",
            (key_id, scope, at.at_us, at.clock.trusted, seq, wrapped),
        )
        self._opened[key_id] = key
        return KeyRecord(key_id, scope, at.at_us, at.clock.trusted, seq, alive=True)

    def _remember_check(self, connection: sqlite3.Connection) -> None:
        connection.execute(
            "INSERT INTO meta(name, value) VALUES ('master_check', ?)"
            " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
            (self._check,),
        )


def records(connection: sqlite3.Connection) -> list[KeyRecord]:
    """Return what is known of all keys, by number."""
    return [
        KeyRecord(key_id, scope, opened_us, bool(trusted), first_seq, bool(alive))
        for key_id, scope, opened_us, trusted, first_seq, alive in connection.execute(
            "SELECT key_id, scope, opened_us, trusted, first_seq, wrapped IS NOT NULL FROM seal_key"
            " ORDER BY key_id"
        )
    ]


def _over(record: KeyRecord, at: Instant) -> bool:
    # Rows that arrive a little late at midnight stay with the day that has begun.
    day = at.at_us // DAY_US
    return record.trusted != at.clock.trusted or not record.day - 1 <= day <= record.day
