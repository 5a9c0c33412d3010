"""The keys of the sealed fields: which number is in use, which still live, turning the master.

Works inside the writer's transactions and under its lock; keeps opened keys in memory and forgets
them when another process has changed the file. A key stands for one stretch of rows: a new number
begins with each day (UTC) and whenever the clock becomes trusted or stops being so, and an old
number is never taken up again, so that numbers order time even where the clock did not.
"""

import logging
import sqlite3

from edge.domain.model import Instant
from edge.journal import seal
from edge.journal.faults import journal_error
from edge.journal.key_records import DAY_US, KeyRecord, bucket_of, last, newest
from edge.journal.master import Master, check_of
from edge.journal.register_file import is_entry
from edge.journal.rows import DAY_SCOPE

LOOKUP_SCOPE = "lookup"
BUCKET_SCOPE = "bucket"
BUCKET_SIZE = 256
_KEPT_OPEN = 1024
_log = logging.getLogger(__name__)


class Keys:
    """The keys of one journal."""

    def __init__(self, master: Master) -> None:
        self._master = master
        self._wrapping = b""
        self._check = b""
        self._opened: dict[int, bytes] = {}
        self._current: dict[str, KeyRecord] = {}
        self._entries: dict[int, bytes] = {}
        self._bucket: tuple[int, int] | None = None
        self._lookup: bytes | None = None
        self._last = 0

    def refresh(self, connection: sqlite3.Connection) -> None:
        """Forget what is in memory: another process may have destroyed keys or turned the master."""
        self._clear()
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
        if is_entry(scope):
            return self._for_entry(connection, scope, at, seq)
        record = self._current.get(scope) or newest(connection, scope)
        if record is None or (scope == DAY_SCOPE and _over(record, at)):
            record = self._begin(connection, scope, at, seq)
        self._current[scope] = record
        key = self.open(connection, record.key_id)
        if key is None:
            raise _cannot_open(record.key_id)
        return record.key_id, key

    def open(self, connection: sqlite3.Connection, key_id: int) -> bytes | None:
        """Return the key of this number, None once it is destroyed."""
        if key_id not in self._opened:
            if key_id in self._entries:
                return self._entries[key_id]
            found = connection.execute(
                "SELECT scope, wrapped, bucket FROM seal_key WHERE key_id = ? AND wrapped IS NOT NULL",
                (key_id,),
            ).fetchone()
            if found is None:
                return None
            scope, wrapped, bucket = found
            around = self._wrapping if bucket is None else self.open(connection, bucket)
            key = around and seal.unwrap(around, wrapped, key_id=key_id, scope=scope)
            if not key:
                return None
            if bucket is not None:
                return self._keep(key_id, key)
            self._opened[key_id] = key
        return self._opened[key_id]

    def lookup(self, connection: sqlite3.Connection, at: Instant | None = None, seq: int = 0) -> bytes | None:
        """Return what entries of registers are looked up by, derived from a key of its own. Where there is
        none yet it is begun `at` that moment, by the row `seq`; None without one."""
        if self._lookup is None:
            record = newest(connection, LOOKUP_SCOPE)
            if record is None and at is not None:
                record = self._begin(connection, LOOKUP_SCOPE, at, seq)
            key = record and self.open(connection, record.key_id)
            self._lookup = seal.derive(key, "registers") if key else None
        return self._lookup

    def looks_up(self, connection: sqlite3.Connection) -> bool:
        """Say whether a key that entries are looked up by was begun, whether or not it opens."""
        return newest(connection, LOOKUP_SCOPE) is not None

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
        buckets = {
            found[0]
            for key_id in key_ids
            if (found := bucket_of(connection, key_id)) is not None and found[0] is not None
        }
        connection.executemany("UPDATE seal_key SET wrapped = NULL WHERE key_id = ?", [(k,) for k in key_ids])
        for bucket in sorted(buckets):
            self._turn_bucket(connection, bucket)
        master = self._master.prepare()
        living = connection.execute(
            "SELECT key_id, scope, wrapped FROM seal_key WHERE wrapped IS NOT NULL AND bucket IS NULL"
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
        self._clear()

    def _for_entry(
        self, connection: sqlite3.Connection, scope: str, at: Instant, seq: int
    ) -> tuple[int, bytes]:
        """Return number and key of an entry; nothing is remembered of them, there are too many."""
        number = connection.execute(
            "SELECT max(key_id) FROM seal_key WHERE scope = ? AND wrapped IS NOT NULL", (scope,)
        ).fetchone()[0]
        if number is None:
            bucket, members = self._bucket or self._newest_bucket(connection)
            if bucket == 0 or members >= BUCKET_SIZE:
                bucket, members = self._begin(connection, BUCKET_SCOPE, at, seq).key_id, 0
            around = self.open(connection, bucket)
            if around is None:
                raise _cannot_open(bucket)
            number = self._begin(connection, scope, at, seq, within=(bucket, around)).key_id
            self._bucket = bucket, members + 1
        key = self.open(connection, number)
        if key is None:
            raise _cannot_open(number)
        return number, key

    def _newest_bucket(self, connection: sqlite3.Connection) -> tuple[int, int]:
        record = newest(connection, BUCKET_SCOPE)
        if record is None:
            return 0, 0
        members = connection.execute(
            "SELECT count(*) FROM seal_key WHERE bucket = ?", (record.key_id,)
        ).fetchone()
        return record.key_id, int(members[0])

    def _turn_bucket(self, connection: sqlite3.Connection, bucket: int) -> None:
        """Give a bucket another key: an old copy of one that was destroyed opens with none that lives."""
        members = connection.execute(
            "SELECT key_id, scope, wrapped FROM seal_key WHERE bucket = ? AND wrapped IS NOT NULL", (bucket,)
        ).fetchall()
        before, fresh = self.open(connection, bucket), seal.new_key()
        for key_id, scope, wrapped in members:
            key = before and seal.unwrap(before, wrapped, key_id=key_id, scope=scope)
            if not key:
                _log.error("key %d does not open with its bucket's", key_id)
                continue
            again = seal.wrap(fresh, key, key_id=key_id, scope=scope)
            connection.execute("UPDATE seal_key SET wrapped = ? WHERE key_id = ?", (again, key_id))
        around = seal.wrap(self._wrapping, fresh, key_id=bucket, scope=BUCKET_SCOPE)
        connection.execute("UPDATE seal_key SET wrapped = ? WHERE key_id = ?", (around, bucket))
        self._opened.pop(bucket, None)

    def _keep(self, key_id: int, key: bytes) -> bytes:
        if len(self._entries) >= _KEPT_OPEN:
            self._entries.clear()
        self._entries[key_id] = key
        return key

    def _clear(self) -> None:
        self._opened.clear()
        self._current.clear()
        self._entries.clear()
        self._bucket = None
        self._lookup = None
        self._last = 0

    def _begin(
        self,
        connection: sqlite3.Connection,
        scope: str,
        at: Instant,
        seq: int,
        *,
        within: tuple[int, bytes] | None = None,
    ) -> KeyRecord:
        # A key within a bucket comes after the bucket's own, which saw to this.
        if (
            within is None
            and connection.execute("SELECT 1 FROM meta WHERE name = 'master_check'").fetchone() is None
        ):
            self._remember_check(connection)
        self._last = key_id = (self._last or last(connection)) + 1
        key = seal.new_key()
        bucket, around = (None, self._wrapping) if within is None else within
        wrapped = seal.wrap(around, key, key_id=key_id, scope=scope)
        connection.execute(
            "INSERT INTO seal_key(key_id, scope, opened_us, trusted, first_seq, wrapped, bucket)"
            " VALUES (?,?,?,?,?,?,?)",
            (key_id, scope, at.at_us, at.clock.trusted, seq, wrapped, bucket),
        )
        if bucket is None:
            self._opened[key_id] = key
        else:
            self._keep(key_id, key)
        return KeyRecord(key_id, scope, at.at_us, at.clock.trusted, seq, alive=True)

    def _remember_check(self, connection: sqlite3.Connection) -> None:
        connection.execute(
            "INSERT INTO meta(name, value) VALUES ('master_check', ?)"
            " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
            (self._check,),
        )


def _cannot_open(key_id: int) -> Exception:
    return journal_error(f"密钥 {key_id} 无法打开", f"key {key_id} cannot be opened with the master key")


def _over(record: KeyRecord, at: Instant) -> bool:
    # Rows that arrive a little late at midnight stay with the day that has begun.
    day = at.at_us // DAY_US
    return record.trusted != at.clock.trusted or not record.day - 1 <= day <= record.day
