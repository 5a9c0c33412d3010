"""Passages that the journal tells of, as a start needs them: of this program's rows, and of those before it.

A row of an earlier program may lack what this one writes. Whoever waited by such a row still waits, by their
ticket, and is asked for everything again: evidence that cannot be read is no evidence. Nothing that stands
in a row may keep the gate from starting.
"""

import logging
from collections.abc import Mapping
from typing import Any

from edge.domain.errors import JournalError
from edge.domain.lane_state import LaneSpec
from edge.domain.model import ClockQuality, Instant, Passage
from edge.domain.record import restored
from edge.journal import Journal, StoredRow

log = logging.getLogger(__name__)


def passage_of(journal: Journal, row: StoredRow, lane: str) -> Passage | None:
    """Return the passage of a row, None where this program cannot read it."""
    try:
        return restored(row.body, sealed_of(journal, row), lane=lane, clock=row.clock)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        log.error("row %d cannot be restored: %s %s", row.seq, type(error).__name__, error)
        return None


def still_waiting(journal: Journal, row: StoredRow, spec: LaneSpec) -> Passage:
    """Return who waits by a row, at the lane of `spec`; with nothing known of them where nobody can
    read it."""
    found = passage_of(journal, row, spec.name)
    if found is not None:
        return found
    body: Mapping[str, Any] = row.body
    ticket, group, since = body.get("ticket"), body.get("group"), body.get("opened_us")
    clock = ClockQuality(row.clock)
    return Passage(
        id=body["passage"],
        lane=spec.name,
        direction=body.get("direction", spec.direction),
        procedure=spec.procedure.name,
        procedure_version=spec.procedure.version,
        policy_version=spec.policy.version,
        opened=Instant(row.mono_us, since if isinstance(since, int) else row.at_us, clock),
        touched=Instant(row.mono_us, row.at_us, clock),
        ticket=ticket if isinstance(ticket, int) else None,
        recorded=True,
        vehicle=bool(body.get("vehicle")),
        group=group if isinstance(group, int) else None,
    )


def sealed_of(journal: Journal, row: StoredRow) -> dict[str, Any] | None:
    """Return the sealed part of a row, None where its key is gone or it does not open."""
    try:
        return journal.unseal(row)
    except JournalError as error:
        # The chain's check says it loudly; the gate goes on with what can be read.
        log.error("row %d is restored without its personal fields: %s", row.seq, error)
        return None
