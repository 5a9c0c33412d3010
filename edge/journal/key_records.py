"""What the file says of the keys, without opening any."""

import sqlite3
from dataclasses import dataclass

from edge.journal.rows import DAY_SCOPE

DAY_US = 86_400_000_000


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


def record(connection: sqlite3.Connection, key_id: int) -> KeyRecord | None:
    """Return what is known of one key."""
    found = connection.execute(
        "SELECT key_id, scope, opened_us, trusted, first_seq, wrapped IS NOT NULL FROM seal_key"
        " WHERE key_id = ?",
        (key_id,),
    ).fetchone()
    return found and KeyRecord(found[0], found[1], found[2], bool(found[3]), found[4], bool(found[5]))


def records(connection: sqlite3.Connection, scope: str = DAY_SCOPE) -> list[KeyRecord]:
    """Return what is known of the keys of a scope, by number."""
    return [
        KeyRecord(key_id, scope, opened_us, bool(trusted), first_seq, bool(alive))
        for key_id, scope, opened_us, trusted, first_seq, alive in connection.execute(
            "SELECT key_id, scope, opened_us, trusted, first_seq, wrapped IS NOT NULL FROM seal_key"
            " WHERE scope = ? ORDER BY key_id",
            (scope,),
        )
    ]


def newest(connection: sqlite3.Connection, scope: str) -> KeyRecord | None:
    """Return the newest living key of a scope."""
    found = connection.execute(
        "SELECT key_id, scope, opened_us, trusted, first_seq FROM seal_key"
        " WHERE scope = ? AND wrapped IS NOT NULL ORDER BY key_id DESC LIMIT 1",
        (scope,),
    ).fetchone()
    return found and KeyRecord(found[0], found[1], found[2], bool(found[3]), found[4], alive=True)


def last(connection: sqlite3.Connection) -> int:
    """Return the highest number that a key has, 0 before the first."""
    return int(connection.execute("SELECT coalesce(max(key_id), 0) FROM seal_key").fetchone()[0])


def bucket_of(connection: sqlite3.Connection, key_id: int) -> tuple[int | None] | None:
    """Return the number of the key that a key is wrapped under, None within for the master; None without such
    a key."""
    found: tuple[int | None] | None = connection.execute(
        "SELECT bucket FROM seal_key WHERE key_id = ?", (key_id,)
    ).fetchone()
    return found
