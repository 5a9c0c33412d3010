"""A restored journal carries rows of earlier incarnations: each goes out under the name it was
written with, and an acknowledgement speaks of one of them only. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Incarnation(Protocol):
    """A stretch of the journal with one identity (edge.journal's Incarnation)."""

    @property
    def id(self) -> str: ...
    @property
    def first_seq(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows `first` to `last` belong to this incarnation; `last` is None for the one still written."""

    incarnation: str
    first: int
    last: int | None

    def holds(self, seq: int) -> bool:
        """Say whether a row of this number is one of this incarnation's."""
        return self.first <= seq and (self.last is None or seq <= self.last)


def segments(incarnations: Sequence[Incarnation]) -> tuple[Segment, ...]:
    """Return the stretches in the order of their rows; the last is the one still written."""
    ordered = sorted(incarnations, key=lambda one: one.first_seq)
    ends = [one.first_seq - 1 for one in ordered[1:]]
    return tuple(
        Segment(one.id, one.first_seq, last) for one, last in zip(ordered, [*ends, None], strict=True)
    )


def segment_at(stretches: Sequence[Segment], seq: int) -> Segment:
    """Return the segment a row of this number belongs to."""
    return next(one for one in reversed(stretches) if seq >= one.first or one is stretches[0])


def start_at(stretches: Sequence[Segment], incarnation: str, acknowledged: int) -> int:
    """Return the sequence after which to send, given what was acknowledged of which incarnation
    when this was last remembered."""
    floor = stretches[0].first - 1
    for one in stretches:
        if one.incarnation == incarnation:
            return max(floor, acknowledged if one.last is None else min(acknowledged, one.last))
    return floor
