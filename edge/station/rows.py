"""What is written and counted of the passages of a step."""

from collections.abc import Iterator, Sequence

from edge.domain.lane_state import LaneSpec, Record
from edge.domain.model import Instant, Passage
from edge.domain.record import recorded
from edge.journal import Row
from edge.station.surroundings import Surroundings


def passage_row(spec: LaneSpec, record: Record, now: Instant) -> Row:
    """Return the row of a passage."""
    body, personal = recorded(spec.of(record.passage), spec.policy, record.passage)
    return Row(record.kind, now, body, spec.name, personal or None)


def case_rows(around: Surroundings, spec: LaneSpec, records: Sequence[Record]) -> list[Row]:
    """Return the cases that passages end in: in the transaction of the decision, or nobody would know of
    them after a power cut between the two."""
    # Who goes where their vehicle goes had their case already, if there was one.
    ended = (passage for passage in _ended(records) if not passage.vehicle)
    found = (around.case_of(spec.policy, passage, around.now()) for passage in ended)
    return [row for row in found if row is not None]


def count_ended(around: Surroundings, lane: str, records: Sequence[Record]) -> None:
    """Count who passed and who did not."""
    for passage in _ended(records):
        if passage.decision is not None and passage.decision.outcome is not None:
            name = "vehicles" if passage.vehicle else "passages"
            around.count(name, lane=lane, outcome=passage.decision.outcome.value)


def _ended(records: Sequence[Record]) -> Iterator[Passage]:
    decided = (record.passage for record in records if record.kind == "passage.decided")
    return (passage for passage in decided if not passage.corrects)
