"""The journal as the rest of the gate sees it: open, append, read, check, forget, copy.

The only bus for facts. Nobody outside this package sees a connection.
"""

import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self

from edge.domain.errors import JournalError
from edge.domain.model import ClockQuality, Instant
from edge.journal import backup as copies
from edge.journal import case_file, retention
from edge.journal.anchor import Anchor, read_anchor, write_anchor
from edge.journal.backup import begin_again
from edge.journal.faults import from_os, journal_error
from edge.journal.hold import Hold
from edge.journal.keys import Keys
from edge.journal.look import Look
from edge.journal.master import Master
from edge.journal.opening import Incident, prepare
from edge.journal.reader import Reader
from edge.journal.reserve import Reserve
from edge.journal.rows import Incarnation, Purged, Row, StoredRow
from edge.journal.schema import FILE, connect
from edge.journal.tokens import entry_token
from edge.journal.verify import verify_file, verify_tail
from edge.journal.writer import HEAD, Writer

_log = logging.getLogger(__name__)


class Journal:
    """One store folder's journal, open for appending. Thread-safe; several processes may have it
    open, one of them as its owner."""

    def __init__(
        self, folder: Path, master: Master, hold: Hold, writer: Writer, incident: Incident | None
    ) -> None:
        self._folder = folder
        self._master = master
        self._hold = hold
        self._writer = writer
        self._numbered = 0
        self.incident = incident
        """Set when the file was damaged or gone and the journal goes on in a new one; say it loudly."""
        self.rolled_back: Anchor | None = None
        """The row that was remembered and is no longer there: an older copy was put back."""
        self.faults: tuple[str, ...] = ()
        """What the owner's look at the newest rows found: rows that were edited. The file is sound as
        a database, so the gate goes on with it; say it loudly."""

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        master: bytes | None = None,
        create: bool = True,
        owner: bool | None = None,
        now: Callable[[], Instant] | None = None,
        progress: Callable[[], None] = lambda: None,
    ) -> Self:
        """Open the journal in `folder`, making it where it is absent (`create`). The owner (the
        daemon; whoever may make it, unless told otherwise) checks it and, when it is damaged or
        older than what is remembered, goes on as a new incarnation; `incident` and `rolled_back`
        say so, and so does the first row. `progress` is called while a file is being copied.

        Raises JournalError: newer version (left as it is), damaged and not the owner, not there and
        not to be made, wrong master key, no space.
        """
        if create:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif not (folder / FILE).exists():
            raise journal_error(f"{folder} 里没有账本", f"there is no journal in {folder}")
        owner = create if owner is None else owner
        hold = Hold(folder)
        writer: Writer | None = None
        try:
            incident = prepare(folder, hold, owner=owner, progress=progress)
            keys = Master(folder, master)
            writer = Writer(folder / FILE, Keys(keys), Reserve(folder))
            writer.settle_keys()
            journal = cls(folder, keys, hold, writer, incident)
            if owner or incident is not None:
                journal._count_on()
                journal._look_back()
                journal._go_on(now or _by_system_clock)
            return journal
        except BaseException:
            if writer is not None:
                writer.close()
            hold.close()
            raise

    @property
    def incarnation(self) -> str:
        """The identity under which rows are written now (32 hex digits)."""
        return self.incarnations[-1].id

    @property
    def incarnations(self) -> tuple[Incarnation, ...]:
        """Every incarnation this file went through, oldest first."""
        return self._writer.incarnations

    @property
    def boot(self) -> int:
        """The boot counter that rows carry."""
        return self._writer.boot

    @property
    def path(self) -> Path:
        """The file."""
        return self._writer.path

    @property
    def reserve_intact(self) -> bool:
        """Whether the space kept aside for a full card is still there."""
        return self._writer.reserve.intact

    def head(self) -> int:
        """Return the sequence of the newest row, 0 for an empty journal."""
        with self._writer.looking() as connection:
            found = connection.execute(HEAD).fetchone()
            return 0 if found is None else int(found[0])

    def start_boot(self) -> int:
        """Count a start of the daemon and return the new boot counter."""
        boot = self._writer.next_boot()
        self.remember()
        return boot

    def append(self, *rows: Row) -> tuple[int, ...]:
        """Write all rows or none; they are on disk when this returns. Returns their sequences.
        Raises JournalError when they cannot be written, ValueError for a body that is no canonical
        JSON or lacks what its projection needs."""
        return self._writer.append(*rows)

    def compose(self, make: Callable[[Look], Sequence[Row]]) -> tuple[int, ...]:
        """Write the rows that `make` returns after a look at the registers, in one transaction with that
        look: between it and the rows nothing happens. `make` may be asked twice, and what it raises leaves
        everything as it was. Raises as `append` does."""
        return self._writer.compose(lambda connection: make(Look(connection)))

    def wanted(self) -> bool:
        """Say whether another thread waits to write or to read a key: who writes much lets it go first."""
        return self._writer.turn.wanted

    def relieve(self) -> None:
        """Copy the write-ahead file into the database while others go on writing. Who writes much does so now
        and then: left to a commit, the copy would be made while that commit holds the journal."""
        try:
            with contextlib.closing(connect(self.path)) as connection:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except sqlite3.Error as error:
            raise from_os(error) from error

    def shared(self) -> bool:
        """Say whether another process has the journal open. Processes cannot see each other wait."""
        return self._hold.shared()

    def unseal(self, row: StoredRow) -> dict[str, Any] | None:
        """Return the personal fields of a row; None when it has none or their key is destroyed."""
        return self._writer.unseal(row)

    def token(self, name: str, value: str) -> bytes | None:
        """Return what entries of registers are found by whose personal field of this name has this value
        (`phone_tail` and the like: its last four signs); None while no register holds any. Raises
        JournalError where their key is there and does not open: nobody would be found."""
        with self._writer.looking() as connection:
            key = self._writer.keys.lookup(connection)
            if key is None and self._writer.keys.looks_up(connection):
                raise journal_error(
                    "登记表的查找密钥无法打开", "the key that registers are looked up by does not open"
                )
        return None if key is None else entry_token(key, name, value)

    def reader(self) -> Reader:
        """Open a read-only connection, for one thread."""
        return Reader(self.path, self._day_keys)

    def others_wrote(self) -> bool:
        """Return whether another process has written since this was last asked (ring the bell)."""
        return self._writer.others_wrote()

    def remember(self) -> None:
        """Write the present head to the anchor beside the journal."""
        # A transaction, though it changes nothing: of two processes that close at once each would
        # move the other's half-written file into place.
        with self._writer.transaction() as connection:
            found = connection.execute(HEAD).fetchone()
            if found is not None:
                incarnation = self._writer.incarnation_of(found[0])
                highest = case_file.highest(connection)
                anchor = Anchor(incarnation, found[0], found[1].hex(), self.boot, highest)
                write_anchor(self._folder, anchor)
                self._numbered = highest

    def remember_cases(self) -> None:
        """Write the anchor anew when a case was opened since: its number has been said aloud."""
        with self._writer.looking() as connection:
            highest = case_file.highest(connection)
        if highest > self._numbered:
            self.remember()

    def renew(self, why: str, at: Instant) -> str:
        """Go on as a new incarnation, whose first row names this one, and return its id. For a
        gate whose sequences the district already knows with other content (`why` = `conflict`)."""
        with self._writer.transaction() as connection:
            begin_again(self._writer, connection, at, why, {})
        self.remember()
        return self.incarnation

    def verify(self, anchors: Iterable[Anchor] = ()) -> list[str]:
        """Return every fault: edits, deletions, reordering, a tail cut off before what is
        remembered or before one of `anchors`. Empty for a sound journal."""
        known = list(anchors)
        if (remembered := read_anchor(self._folder)) is not None:
            known.append(remembered)
        return verify_file(self.path, opener=self._open_key, anchors=known)

    def rebuild(self) -> bool:
        """Make the projections again; True when they were right, False when they were replaced."""
        from edge.journal.rebuild import rebuild  # it loads sqlite-utils

        return rebuild(self.path, self._master)

    def purge(
        self,
        before_us: int,
        acknowledged: int,
        *,
        now: Instant,
        max_before_us: int | None = None,
        believe_clock: bool = False,
    ) -> Purged:
        """Destroy what is older than `before_us` and acknowledged by the district (pass the head
        where there is none), and what is older than `max_before_us` in any case."""
        purged = retention.purge(
            self._writer,
            before_us,
            acknowledged,
            now,
            max_before_us=max_before_us,
            believe_clock=believe_clock,
        )
        if purged.seq is not None:
            self.remember()
        return purged

    def forget(self, scope: str, *, now: Instant, by: str) -> Purged:
        """Destroy the personal fields of one person, vehicle or case."""
        return retention.forget(self._writer, scope, now, by)

    def scrub(self) -> bool:
        """Finish a purge whose old pages a reader still held; True when nothing is left of them."""
        return not retention.owed(self._writer) or retention.scrub(self._writer)

    def backup(self, to: Path) -> None:
        """Copy the journal to the file `to`, verified, without the master key."""
        copies.backup(self.path, to)

    def close(self) -> None:
        """Close; idempotent."""
        with contextlib.suppress(JournalError, OSError):  # it is a help for the next start, no more
            self.remember()
        self._writer.close()
        self._hold.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _go_on(self, now: Callable[[], Instant]) -> None:
        self._writer.reserve.fill()
        remembered = read_anchor(self._folder)
        if remembered is None and self.incident is None:
            return
        if self.incident is not None:
            body: dict[str, Any] = {"why": self.incident.why, "detail": self.incident.detail}
            if self.incident.file is not None:
                body["file"] = self.incident.file
            if remembered is not None:
                self._writer.next_boot(remembered.boot)
                body["previous"] = _previous(remembered)
            self.append(Row("journal.set_aside", now(), body))
            self.remember()
        elif remembered is not None and not self._has(remembered):
            _log.error("the journal lacks row %d that it had: a new incarnation begins", remembered.seq)
            self._writer.next_boot(remembered.boot)
            with self._writer.transaction() as connection:
                begin_again(self._writer, connection, now(), "rolled_back", {"anchor": _previous(remembered)})
            self.rolled_back = remembered
            self.remember()

    def _count_on(self) -> None:
        """Let the next case have a number that none had before, though its row may be lost."""
        remembered = read_anchor(self._folder)
        if remembered is not None and remembered.case:
            with self._writer.transaction() as connection:
                case_file.count_from(connection, remembered.case)

    def _look_back(self) -> None:
        with self._writer.looking() as connection:
            self.faults = tuple(verify_tail(connection))
        for fault in self.faults:
            _log.error("the journal has a fault: %s", fault)

    def _has(self, anchor: Anchor) -> bool:
        with self._writer.looking() as connection:
            found = connection.execute("SELECT hash FROM journal WHERE seq = ?", (anchor.seq,)).fetchone()
            known = any(one.id == anchor.incarnation for one in self.incarnations)
        return known and found is not None and found[0].hex() == anchor.hash

    def _day_keys(self) -> dict[int, bytes]:
        with self._writer.looking() as connection:
            return self._writer.keys.of_days(connection)

    def _open_key(self, key_id: int) -> bytes | None:
        with self._writer.looking() as connection:
            return self._writer.keys.open(connection, key_id)


def _previous(anchor: Anchor) -> dict[str, Any]:
    return {"incarnation": anchor.incarnation, "head": anchor.seq, "hash": anchor.hash}


def _by_system_clock() -> Instant:
    return Instant(time.monotonic_ns() // 1000, time.time_ns() // 1000, ClockQuality.UNSET)
