"""Reading the journal: a connection of its own that cannot write, for any one thread.

Every call is one short read; nothing is kept open between calls, so that checkpoints get through.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any

from edge.domain.model import Instant
from edge.journal import (
    case_file,
    queries,
    screening,
    seal,
)
from edge.journal.day_rows import DayRows
from edge.journal.key_records import records
from edge.journal.register_reader import RegisterReader
from edge.journal.rows import (
    CaseFile,
    HourCount,
    Incarnation,
    PassageBody,
    PassageRow,
    StoredRow,
)
from edge.journal.strangers import sorted_out
from edge.journal.view import SELECT, stored
from edge.wire import genesis

CHUNK = 500  # rows of one read at most


class Reader(RegisterReader):
    """A read-only view of the journal."""

    def __init__(self, path: Path, day_keys: Callable[[], Mapping[int, bytes]] | None = None) -> None:
        super().__init__(path)
        self._day_keys = day_keys

    def rows_after(self, seq: int, limit: int, kinds: Collection[str] | None = None) -> list[StoredRow]:
        """Return at most `limit` rows after `seq`, oldest first, of these kinds only."""
        if kinds is None:
            return self._rows(f"{SELECT} WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit))
        if any(kind.startswith("passage.") for kind in kinds):
            marks = ",".join("?" * len(kinds))
            return self._rows(
                f"{SELECT} WHERE seq > ? AND kind IN ({marks}) ORDER BY seq LIMIT ?", (seq, *kinds, limit)
            )
        # Rare kinds have an index of their own: one short walk each, put together in order.
        each = [
            self._rows(
                f"{SELECT} WHERE kind = ? AND kind NOT GLOB 'passage.*' AND seq > ? ORDER BY seq LIMIT ?",
                (kind, seq, limit),
            )
            for kind in set(kinds)
        ]
        return list(islice(merge(*each, key=attrgetter("seq")), limit))

    def newest(self, kinds: Collection[str], *, limit: int, among: int) -> list[StoredRow]:
        """Return the newest `limit` rows of these kinds, of the newest `among` rows of all, oldest first."""
        marks = ",".join("?" * len(kinds))
        found = self._rows(
            f"{SELECT} WHERE seq > ? AND +kind IN ({marks}) ORDER BY seq DESC LIMIT ?",
            (self.head() - among, *kinds, limit),
        )
        return found[::-1]

    def hash_before(self, seq: int) -> bytes:
        """Return the hash that the row `seq` is chained to (32 bytes): that of the row before, or
        the genesis of its incarnation."""
        for incarnation in self.incarnations():
            if incarnation.first_seq == seq:
                return genesis(incarnation.id)
        row = self.row(seq - 1)
        if row is None:
            raise LookupError(f"no row before {seq}")
        return row.hash

    def incarnations(self) -> list[Incarnation]:
        """Return the incarnations of this file, oldest first; the last one is written now."""
        with self._reading() as connection:
            found = connection.execute("SELECT id, first_seq FROM incarnation ORDER BY first_seq").fetchall()
        return [Incarnation(*line) for line in found]

    def passages(
        self,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int = 50,
        outcome: str | None = None,
        lane: str | None = None,
        from_us: int | None = None,
        to_us: int | None = None,
    ) -> list[PassageRow]:
        """Return a keyset page by passage id: newest first before `before`, or oldest first after
        `after`. `from_us` (inclusive) and `to_us` (exclusive) bound `PassageRow.at_us`."""
        with self._reading() as connection:
            return queries.passages(
                connection,
                before=before,
                after=after,
                limit=limit,
                outcome=outcome,
                lane=lane,
                from_us=from_us,
                to_us=to_us,
            )

    def passage(self, passage_id: int) -> list[StoredRow]:
        """Return every row about one passage, oldest first."""
        with self._reading() as connection:
            seqs = queries.mentions(connection, passage_id)
        return self._these(seqs)

    def waiting(self, lane: str | None = None) -> list[StoredRow]:
        """Return the newest row of each passage that was held or parked and has not ended."""
        with self._reading() as connection:
            seqs = queries.waiting(connection, lane)
        return self._these(seqs)

    def calibrations(self) -> list[StoredRow]:
        """Return the rows of all calibrations, oldest first, those that take one back included."""
        with self._reading() as connection:
            seqs = queries.calibrations(connection)
        return self._these(seqs)

    def cases(
        self,
        *,
        open_: bool | None = None,
        lane: str | None = None,
        before: int | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> list[CaseFile]:
        """Return a keyset page of cases, the open ones, the closed ones or all: newest number first before
        `before`, or oldest first after `after`."""
        with self._reading() as connection:
            return case_file.cases(
                connection, open_=open_, lane=lane, before=before, after=after, limit=limit
            )

    def waiting_cases(self, most: int) -> list[CaseFile]:
        """Return who is still to be handed over, oldest first, at most `most` of each lane."""
        with self._reading() as connection:
            return case_file.waiting(connection, most=most)

    def late_cases(self, now: Instant, boot: int) -> tuple[int, int | None]:
        """Return how many open cases are overdue in this run, and the oldest of them."""
        with self._reading() as connection:
            return case_file.late(connection, now, boot)

    def case(self, number: int) -> CaseFile | None:
        """Return one case."""
        with self._reading() as connection:
            return case_file.case(connection, number)

    def case_of(self, passage_id: int) -> CaseFile | None:
        """Return the case that a passage ended in."""
        with self._reading() as connection:
            return case_file.of_passage(connection, passage_id)

    def case_rows(self, case: CaseFile) -> list[StoredRow]:
        """Return every row about one case, oldest first."""
        return self._these(list(case.seqs))

    def newest_rows(self, lane: str, from_us: int, to_us: int) -> list[int]:
        """Return the sequence of the newest row of each passage of a lane, where that row is within
        [from, to), oldest passage first."""
        with self._reading() as connection:
            return screening.newest_rows(connection, from_us=from_us, to_us=to_us, lane=lane)

    def sampled_rows(self, lane: str, from_us: int, to_us: int) -> list[int]:
        """Return the sequences of the first few passages that ended in each hour of [from, to) at a lane."""
        with self._reading() as connection:
            return screening.sampled_rows(connection, from_us=from_us, to_us=to_us, lane=lane)

    def measurements(self, seqs: Sequence[int]) -> list[PassageBody]:
        """Return rows of passages by their sequences (at most a few hundred at once), in that order."""
        with self._reading() as connection:
            return screening.told(connection, seqs)

    def hours(self, from_us: int, to_us: int) -> list[HourCount]:
        """Return how many passages ended, by hour (UTC), lane and outcome."""
        with self._reading() as connection:
            return queries.hours(connection, from_us, to_us)

    def find(self, value: str) -> list[int]:
        """Return the passages, newest first, with this look-up value or one that ends in it (four
        characters). Nothing is found any more once the key of a day is destroyed."""
        keys = {} if self._day_keys is None else self._day_keys()
        with self._reading() as connection:
            return queries.find(connection, keys, value)

    def named(self, from_us: int, to_us: int) -> Iterator[StoredRow]:
        """Yield the rows of the passages that ended in [from, to) and hold something of a person that can
        still be opened, oldest first, in short reads."""
        with self._reading() as connection:
            seqs = [seq for seq, _, _ in queries.named(connection, from_us, to_us)]
        for at in range(0, len(seqs), CHUNK):
            yield from self.these(seqs[at : at + CHUNK])

    def strangers(
        self, from_us: int, to_us: int, known: Mapping[str, Collection[str]]
    ) -> tuple[dict[str, int], list[int]]:
        """Look who passed in [from, to) without opening anything: return the newest row of each of `known`
        (look-up values by a name of the caller's) all of whose values a passage holds, and nobody else's of
        `known`; and the newest row of everybody else there is. What a passage holds beside them, as of a
        health code, is nobody's; a row that holds no more than theirs stands before such a one."""
        keys = {} if self._day_keys is None else self._day_keys()
        with self._reading() as connection:
            newest = {(key, tokens): seq for seq, key, tokens in queries.named(connection, from_us, to_us)}
        return sorted_out(newest, keys, known)

    def these(self, seqs: Sequence[int]) -> list[StoredRow]:
        """Return these rows, at most `CHUNK`, by their sequence; what is not there is left out."""
        marks = ",".join("?" * len(seqs))
        return self._rows(f"{SELECT} WHERE seq IN ({marks}) ORDER BY seq", tuple(seqs))

    def before(self, seq: int, kind: str, limit: int) -> list[StoredRow]:
        """Return at most `limit` rows of a rare kind before `seq`, newest first."""
        return self._rows(
            f"{SELECT} WHERE kind = ? AND kind NOT GLOB 'passage.*' AND seq < ? ORDER BY seq DESC LIMIT ?",
            (kind, seq, limit),
        )

    def opened(self, rows: Sequence[StoredRow]) -> list[dict[str, Any] | None]:
        """Return the personal fields of many rows sealed by the day; None where a row has none, their key is
        destroyed, or they are not what was written (the chain's check names such a row). Holds the writer
        once, for the keys, and not while it opens."""
        keys = {} if self._day_keys is None else self._day_keys()
        incarnations = self.incarnations()
        return [_opened(row, keys, incarnations) for row in rows]

    def living_day_keys(self) -> frozenset[int]:
        """Return the numbers of the keys of days that are not destroyed."""
        with self._reading() as connection:
            return frozenset(one.key_id for one in records(connection) if one.alive)

    def days(self, day_of: Callable[[int], object]) -> DayRows:
        """Return what reports read, with the calendar as of now; `day_of` gives the local day of a moment."""
        with self._reading() as connection:
            return DayRows(connection, stored, day_of)


def _opened(
    row: StoredRow, keys: Mapping[int, bytes], incarnations: Sequence[Incarnation]
) -> dict[str, Any] | None:
    key = None if row.key_id is None else keys.get(row.key_id)
    if row.sealed is None or row.key_id is None or key is None:
        return None
    incarnation = next(one.id for one in reversed(incarnations) if one.first_seq <= row.seq)
    plain = seal.unseal(key, row.sealed, incarnation=incarnation, seq=row.seq, key_id=row.key_id)
    return None if plain is None else dict(json.loads(plain))
