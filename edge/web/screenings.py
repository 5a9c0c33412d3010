"""What the temperature page counts, read from the journal: a day's passages, a sample of the days before,
the policies they were judged by, what managers confirmed.

A row never changes, so what it amounts to is worked out once and remembered by its sequence; which rows a
day has is asked of the journal every time.
"""

import logging
from collections.abc import Mapping, Sequence

from edge.domain.policy import Policy, stored
from edge.domain.screened import NONE, Screened, screened
from edge.journal import PassageBody, Reader, StoredRow
from edge.web.gate import Gate

log = logging.getLogger(__name__)

REMEMBERED = 60_000
CONFIRMATIONS = frozenset({"screening.settled", "screening.withdrawn"})
_AT_ONCE = 500
_MOST = 1 << 30


class Screenings:
    """Reads for one gate; thread-safe, because what it remembers can only be put there twice the same."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._known: dict[int, Screened] = {}
        self._of = ""

    def day(self, reader: Reader, lane: str, from_us: int, to_us: int) -> list[Screened]:
        """Return the passages of a lane whose newest row is within [from, to), oldest passage first."""
        return self._all(reader, reader.newest_rows(lane, from_us, to_us))

    def sample(self, reader: Reader, lane: str, from_us: int, to_us: int) -> list[Screened]:
        """Return the first few passages that ended in each hour of [from, to) at a lane."""
        return self._all(reader, reader.sampled_rows(lane, from_us, to_us))

    def _all(self, reader: Reader, seqs: Sequence[int]) -> list[Screened]:
        known = self._remembered()
        missing = [seq for seq in seqs if seq not in known]
        now = policies(reader) if missing else {}
        for begin in range(0, len(missing), _AT_ONCE):
            for row in reader.measurements(missing[begin : begin + _AT_ONCE]):
                known[row.seq] = _screened(row, now)
        return [known[seq] for seq in seqs if seq in known]

    def _remembered(self) -> dict[int, Screened]:
        incarnation = self._gate.incarnation()
        if incarnation != self._of or len(self._known) > REMEMBERED:
            self._known, self._of = {}, incarnation
        return self._known


def policies(reader: Reader) -> dict[str, Policy]:
    """Return the policies of the journal by their versions, the newest last."""
    found: dict[str, Policy] = {}
    for row in reader.rows_after(0, _MOST, {"settings.changed"}):
        numbers = row.body.get("screening")
        if not isinstance(numbers, Mapping):
            continue
        try:
            found.pop(row.body["version"], None)
            found[row.body["version"]] = stored(numbers)
        except TypeError:
            log.warning("row %d holds numbers of other names", row.seq)
    return found


def confirmations(reader: Reader, most: int) -> list[StoredRow]:
    """Return the newest rows of levels that were confirmed or of which that was taken back, newest first."""
    return reader.rows_after(0, _MOST, CONFIRMATIONS)[: -most - 1 : -1]


def _screened(row: PassageBody, now: Mapping[str, Policy]) -> Screened:
    try:
        return screened(row.body, now, at_us=row.at_us, clock=row.clock)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        log.error("row %d cannot be counted: %s %s", row.seq, type(error).__name__, error)
        return Screened(None, NONE, known=False, at_us=row.at_us)
