"""Who is missing at a post right now: looked at once a second, told to the manager, never to the attendant.

Writes one row when a position has been unfilled for longer than the site allows (`duty.uncovered`), and one
when it is filled again or the post has closed (`duty.covered`). Nothing is told on a clock nobody believes.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from edge.domain.duty import Gap
from edge.domain.errors import JournalError
from edge.journal import Reader, Row, StoredRow
from edge.registers.duty import Duty
from edge.registers.duty_rules import DAY_US

log = logging.getLogger(__name__)

UNCOVERED, COVERED = "duty.uncovered", "duty.covered"
EVERY_US = 20_000_000
_EARLIER = 500


@dataclass(frozen=True, slots=True)
class Missing:
    """A position nobody fills now, since when, and the row that says so."""

    post: str
    role: str
    from_us: int
    planned: bool
    sequence: int


class DutyWatch:
    """What is uncovered now. `changed` says that the book has another row; any thread may ask."""

    def __init__(
        self, duty: Duty, reader: Callable[[], Reader], append: Callable[[Row], int], now: Callable[[], Any]
    ) -> None:
        self._duty, self._reader, self._append, self._now = duty, reader, append, now
        self._lock = threading.Lock()
        self._missing: dict[tuple[str, str], Missing] | None = None
        self._looked_us: int | None = None
        self._stale = True

    @property
    def missing(self) -> tuple[Missing, ...]:
        """What is uncovered, the longest first."""
        found = self._missing or {}
        return tuple(sorted(found.values(), key=lambda one: (one.from_us, one.post, one.role)))

    def changed(self) -> None:
        """Look again at the next occasion."""
        self._stale = True

    def look(self) -> bool:
        """Look whether somebody is missing; return whether pages have something else to show."""
        now = self._now()
        recent = self._looked_us is not None and now.mono_us - self._looked_us < EVERY_US
        if not self._duty.rules.posts or not now.clock.trusted or (recent and not self._stale):
            return False
        with self._lock:
            self._stale, self._looked_us = False, now.mono_us
            try:
                return self._compared(now)
            except JournalError as error:
                log.error("who is missing at a post cannot be looked up or written: %s", error)
                self._stale = True
                return False

    def _compared(self, now: Any) -> bool:
        missing = self._told() if self._missing is None else dict(self._missing)
        grace_us, longest_us = self._duty.rules.grace_us, max(DAY_US, 2 * self._duty.rules.grace_us)
        present: dict[tuple[str, str], Gap] = {}
        gaps = self._duty.uncovered(now.at_us - longest_us, now.at_us)
        for gap in gaps:
            if gap.until_us == now.at_us:
                present[gap.post, gap.role] = gap
        begun = {key: _since(gap, gaps) for key, gap in present.items()}
        for key in [key for key in missing if key not in present]:
            gone = missing.pop(key)
            body = {"post": gone.post, "role": gone.role, "from_us": gone.from_us, "until_us": now.at_us}
            self._append(Row(COVERED, now, body | {"uncovered": gone.sequence}))
        for key, gap in present.items():
            if key not in missing and now.at_us - begun[key] >= grace_us:
                body = {"post": gap.post, "role": gap.role, "from_us": begun[key], "planned": gap.planned}
                sequence = self._append(Row(UNCOVERED, now, body))
                missing[key] = Missing(gap.post, gap.role, begun[key], gap.planned, sequence)
        before, self._missing = self._missing, missing
        return before != missing

    def _told(self) -> dict[tuple[str, str], Missing]:
        """What earlier runs have told of and nobody has filled since."""
        with closing(self._reader()) as reader:
            told = reader.before(1 << 62, UNCOVERED, _EARLIER)
            over = {row.body["uncovered"] for row in reader.before(1 << 62, COVERED, _EARLIER)}
        rows: list[StoredRow] = [row for row in reversed(told) if row.seq not in over]
        return {
            (row.body["post"], row.body["role"]): Missing(
                *(row.body["post"], row.body["role"], row.body["from_us"], row.body["planned"], row.seq)
            )
            for row in rows
        }


def _since(gap: Gap, gaps: Sequence[Gap]) -> int:
    """A time that is partly planned and partly not comes in pieces that touch."""
    begins_us = gap.from_us
    for piece in reversed([one for one in gaps if (one.post, one.role) == (gap.post, gap.role)]):
        if piece.until_us == begins_us:
            begins_us = piece.from_us
    return begins_us
