"""The one writing connection of a process: append rows, each chained to the one before, sealed, and
projected in the same transaction.

The head is read inside `BEGIN IMMEDIATE`, so several processes may append; what this one keeps in
memory (keys, boot, incarnation) is read anew when `PRAGMA data_version` says that another wrote.
"""

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from edge.journal import seal
from edge.journal.case_file import numbered
from edge.journal.faults import JournalFull, SealBroken, from_os, journal_error
from edge.journal.keys import Keys
from edge.journal.projections import project
from edge.journal.register_file import is_entry
from edge.journal.reserve import Reserve
from edge.journal.rows import DAY_SCOPE, Incarnation, Row, StoredRow
from edge.journal.schema import connect
from edge.journal.tokens import entry_tokens, tokens_of
from edge.journal.turn import Turn
from edge.wire import ZERO_SEAL, canonical, chain_hash, genesis

INSERT = (
    "INSERT INTO journal(seq, boot, mono_us, at_us, clock, kind, lane, body, key_id, sealed, hash)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,?)"
)
HEAD = "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class _Draft:
    row: Row
    body: str
    personal: str | None


class Writer:
    """The connection, its lock, and what must be known to write the next row."""

    def __init__(self, path: Path, keys: Keys, reserve: Reserve) -> None:
        self.path = path
        self.keys = keys
        self.reserve = reserve
        self.incarnations: tuple[Incarnation, ...] = ()
        self.boot = 0
        self.turn = Turn()
        self._stale = True
        self._version = -1
        self._foreign = -1
        self._closed = False
        try:
            self._connection = connect(path)
        except sqlite3.Error as error:
            raise from_os(error) from error

    def append(self, *rows: Row) -> tuple[int, ...]:
        """Write all rows or none, on disk when this returns; return their sequences. Raises
        JournalError when that cannot be done, ValueError for a row that cannot be stored as it is."""
        drafts = [_draft(row) for row in rows]
        return self._written(lambda _connection: drafts)

    def compose(self, make: Callable[[sqlite3.Connection], Sequence[Row]]) -> tuple[int, ...]:
        """Write the rows that `make` returns after a look at the projections, in one transaction with that
        look; what it raises leaves everything as it was. It may be asked twice (a full card)."""
        return self._written(lambda connection: [_draft(row) for row in make(connection)])

    def add(self, connection: sqlite3.Connection, *rows: Row) -> tuple[int, ...]:
        """Write rows within a transaction of the caller's."""
        return self._add(connection, [_draft(row) for row in rows])

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the lock and the database's write lock; commit at the end, undo on any error."""
        with self.turn:
            if self._closed:
                raise journal_error("账本已关闭", "the journal is closed")
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                self._refresh()
                yield self._connection
                self._connection.execute("COMMIT")
            except (sqlite3.Error, OSError) as error:
                self._undo()
                raise from_os(error) from error
            except OverflowError as error:
                self._undo()
                raise ValueError("a number is too large to be stored") from error
            except BaseException:
                self._undo()
                raise

    @contextlib.contextmanager
    def looking(self) -> Iterator[sqlite3.Connection]:
        """Hold the lock, with what is kept in memory up to date, to read without a transaction."""
        with self.turn:
            if self._closed:
                raise journal_error("账本已关闭", "the journal is closed")
            try:
                self._refresh()
                yield self._connection
            except (sqlite3.Error, OSError) as error:
                raise from_os(error) from error

    def unseal(self, row: StoredRow) -> dict[str, Any] | None:
        """Return the personal fields of a row; None when it has none or their key is destroyed.
        Raises SealBroken when the sealed part is not what was written."""
        if row.sealed is None or row.key_id is None:
            return None
        with self.looking() as connection:
            key = self.keys.open(connection, row.key_id)
            incarnation = self.incarnation_of(row.seq)
        if key is None:
            return None
        plain = seal.unseal(key, row.sealed, incarnation=incarnation, seq=row.seq, key_id=row.key_id)
        if plain is None:
            raise SealBroken(
                f"第 {row.seq} 行的封存内容被改动过 / the sealed part of row {row.seq} was tampered with"
            )
        return dict(json.loads(plain))

    def incarnation_of(self, seq: int) -> str:
        """Return the incarnation that the row with this sequence belongs to."""
        for incarnation in reversed(self.incarnations):
            if incarnation.first_seq <= seq:
                return incarnation.id
        raise journal_error(f"第 {seq} 行不属于任何世代", f"row {seq} belongs to no incarnation")

    def begin_incarnation(self, connection: sqlite3.Connection, new_id: str) -> None:
        """Let the next row be the first of another incarnation, within the caller's transaction."""
        head = connection.execute(HEAD).fetchone()
        first = 1 if head is None else head[0] + 1
        connection.execute("DELETE FROM incarnation WHERE first_seq >= ?", (first,))
        connection.execute("INSERT INTO incarnation(first_seq, id) VALUES (?, ?)", (first, new_id))
        set_meta(connection, "incarnation", new_id)
        self._load(connection)
        self._stale = True  # and again after a rollback

    def next_boot(self, at_least: int = 0) -> int:
        """Count a start of the daemon; return the new boot counter."""
        with self.transaction() as connection:
            self.boot = max(self.boot + 1, at_least)
            set_meta(connection, "boot", self.boot)
        return self.boot

    def others_wrote(self) -> bool:
        """Return whether another process has written since the last time this was asked."""
        with self.looking() as connection:
            version = _data_version(connection)
        changed = self._foreign not in (-1, version)
        self._foreign = version
        return changed

    def settle_keys(self) -> None:
        """Put the key file in order after the master was turned."""
        with self.transaction():
            self.keys.settle()

    def checkpoint(self) -> bool:
        """Copy the write-ahead file into the database and empty it; False while a reader hinders."""
        with self.turn:
            try:
                return bool(self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
            except sqlite3.OperationalError as error:
                if getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                    return False
                raise from_os(error) from error

    def close(self) -> None:
        """Close the connection; idempotent."""
        with self.turn:
            self._closed = True
            self._connection.close()

    def _written(self, make: Callable[[sqlite3.Connection], Sequence[_Draft]]) -> tuple[int, ...]:
        try:
            with self.transaction() as connection:
                return self._add(connection, make(connection))
        except JournalFull:
            if not self.reserve.release():
                raise
        with self.transaction() as connection:
            return self._add(connection, make(connection))

    def _add(self, connection: sqlite3.Connection, drafts: Sequence[_Draft]) -> tuple[int, ...]:
        head = connection.execute(HEAD).fetchone()
        seq, previous = (0, b"") if head is None else head
        current = self.incarnations[-1]
        written = []
        for draft in drafts:
            seq += 1
            if (row := numbered(connection, draft.row)) is not draft.row:
                draft = _draft(row)  # noqa: PLW2901 - the same row, with its number
            if seq == current.first_seq:
                previous = genesis(current.id)
            stored, tokens = self._chain(connection, draft, seq, previous, current.id)
            connection.execute(
                INSERT,
                (
                    *(seq, stored.boot, stored.mono_us, stored.at_us, stored.clock, stored.kind, stored.lane),
                    *(stored.body_text, stored.key_id, stored.sealed, stored.hash),
                ),
            )
            project(connection, stored, tokens)
            previous = stored.hash
            written.append(seq)
        return tuple(written)

    def _chain(
        self, connection: sqlite3.Connection, draft: _Draft, seq: int, previous: bytes, incarnation: str
    ) -> tuple[StoredRow, bytes | None]:
        row, key_id, sealed, tokens = draft.row, None, None, None
        if draft.personal is not None:
            key_id, key = self.keys.for_row(connection, row.scope, row.at, seq)
            sealed = seal.seal(key, draft.personal.encode(), incarnation=incarnation, seq=seq, key_id=key_id)
            if row.scope == DAY_SCOPE and row.personal:
                tokens = tokens_of(key, row.personal.get("find", ()))
            elif is_entry(row.scope) and row.personal and (names := row.personal.get("find")):
                lookup = self.keys.lookup(connection, row.at, seq)
                tokens = entry_tokens(lookup, row.personal["fields"], names) if lookup else None
        lane = row.lane or None
        digest = chain_hash(
            previous,
            seq=seq,
            boot=self.boot,
            mono_us=row.at.mono_us,
            at_us=row.at.at_us,
            clock=str(row.at.clock),
            kind=row.kind,
            lane=lane,
            body=draft.body,
            sealed_sha256=ZERO_SEAL if sealed is None else sha256(sealed).digest(),
        )
        # The body as a reader will see it, so that projecting now and rebuilding later agree.
        body = json.loads(draft.body)
        return (
            StoredRow(
                *(seq, self.boot, row.at.mono_us, row.at.at_us, str(row.at.clock), row.kind, lane),
                *(body, draft.body, key_id, sealed, digest),
            ),
            tokens,
        )

    def _refresh(self) -> None:
        version = _data_version(self._connection)
        if self._stale or version != self._version:
            self._load(self._connection)
            self.keys.refresh(self._connection)
            self._stale, self._version = False, version

    def _load(self, connection: sqlite3.Connection) -> None:
        found = connection.execute("SELECT id, first_seq FROM incarnation ORDER BY first_seq").fetchall()
        self.incarnations = tuple(Incarnation(*line) for line in found)
        self.boot = get_meta(connection, "boot") or 0

    def _undo(self) -> None:
        self._stale = True
        with contextlib.suppress(sqlite3.Error):  # the error that led here is the one to report
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


def _draft(row: Row) -> _Draft:
    return _Draft(row, canonical(row.body), canonical(row.personal) if row.personal else None)


def get_meta(connection: sqlite3.Connection, name: str) -> Any:
    """Return a value of the table `meta`, None where it is absent."""
    found = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return None if found is None else found[0]


def set_meta(connection: sqlite3.Connection, name: str, value: str | int | bytes) -> None:
    """Set a value of the table `meta`."""
    connection.execute(
        "INSERT INTO meta(name, value) VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value",
        (name, value),
    )


def _data_version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA data_version").fetchone()[0])
