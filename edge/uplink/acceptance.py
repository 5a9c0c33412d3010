"""What an answer of the district changes at the gate: how far the outbox reaches, which rows are
parked, what the journal is told about it. Believes an answer only as far as rows were sent."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from edge.domain.errors import Unreachable
from edge.uplink.answer import Answer
from edge.uplink.batch import Batch
from edge.uplink.memory import Remembered
from edge.uplink.ports import Append, RowReader

CONFLICT = "conflict"

log = logging.getLogger(__name__)


class Acceptance:
    """Takes answers of one incarnation; owned by the uplink's thread."""

    def __init__(
        self, remembered: Remembered, append: Append, renew: Callable[[], object], at_us: Callable[[], int]
    ) -> None:
        self._remembered = remembered
        self._append = append
        self._renew = renew
        self._at_us = at_us
        self._stalls = 0
        self._renewed = False

    def accept(self, answer: Answer, batch: Batch, head: int, reader: RowReader, *, floor: int) -> None:
        """Move the acknowledged sequence; `head` was the journal's newest row before `batch` was
        made (rows may have come in between), `floor` stands before the first row of all.

        Raises Unreachable with the code `stalled` when answers keep coming but nothing moves, and
        JournalError when the journal cannot take what has to be written down first.
        """
        standing = self._remembered.now
        before = standing.acknowledged
        after = max(min(answer.acknowledged, batch.last), batch.segment.first - 1)
        if after == batch.segment.first - 1 < before:
            after = floor  # it forgot all of this incarnation, so perhaps the end of the one before
        refusals = [r for r in answer.rejected if batch.first <= r[0] <= after]
        # The district may well know more of an earlier incarnation than the backup brought back.
        if batch.segment.last is None:
            self._notice_disagreement(answer, batch, after, head)
        self._keep_refusals(batch, refusals, reader)
        standing.acknowledged = after
        standing.highest = max(standing.highest, after)
        standing.last_us = self._at_us()
        if after == batch.last:
            self._stalls = 0
        elif after <= before:
            self._stalls += 1
        if self._stalls > 1:
            raise Unreachable("the district answers but acknowledges nothing", code="stalled")

    def _keep_refusals(self, batch: Batch, refusals: Sequence[tuple[int, str]], reader: RowReader) -> None:
        """Park rows the district refused. The journal's row comes first: a crash in between repeats
        it, which is better than a silence. Rows about the uplink itself breed no further rows."""
        incarnation = batch.segment.incarnation
        known = self._remembered.is_parked
        fresh = [(seq, reason) for seq, reason in refusals if not known(incarnation, seq)]
        if batch.segment.last is None and any(reason == CONFLICT for _, reason in fresh):
            self._go_on_anew()
        for kind, wanted in (("uplink.conflict", True), ("uplink.rejected", False)):
            listed = [
                _entry(seq, reason)
                for seq, reason in fresh
                if (reason == CONFLICT) is wanted and not _is_about_uplink(reader, seq)
            ]
            if listed:
                self._append(kind, {"rows": listed})
        for seq, reason in fresh:
            log.warning("the district refused row %d for good: %s", seq, reason)
            self._remembered.park(incarnation, seq, reason, self._at_us())

    def _notice_disagreement(self, answer: Answer, batch: Batch, after: int, head: int) -> None:
        """Write once that the district knows rows this journal never had, or forgot some it had."""
        standing = self._remembered.now
        if answer.acknowledged > max(head, batch.last, standing.ahead):
            self._go_on_anew()
            self._append("uplink.conflict", {"rows": [_entry(answer.acknowledged, "district_ahead")]})
            standing.ahead = answer.acknowledged
            log.error("the district acknowledges row %d, this journal ends before it", answer.acknowledged)
        if after < standing.acknowledged == standing.highest:
            self._append("uplink.conflict", {"rows": [_entry(after, "district_behind")]})
            log.error("the district forgot the rows after %d; they are sent again", after)

    def _go_on_anew(self) -> None:
        """The district holds rows of this name that this journal never wrote: a copy of the card, or
        an older state of it, is or was alive. Under a new name nothing more collides. Once per start:
        a server that lies must not rename the journal at every post."""
        if not self._renewed:
            self._renewed = True
            log.error("the district holds other rows under this journal's name; it goes on under a new one")
            self._renew()


def _entry(sequence: int, reason: str) -> dict[str, Any]:
    return {"sequence": sequence, "reason": reason}


def _is_about_uplink(reader: RowReader, seq: int) -> bool:
    rows = reader.rows_after(seq - 1, 1)
    return bool(rows) and rows[0].seq == seq and rows[0].kind.startswith("uplink.")
