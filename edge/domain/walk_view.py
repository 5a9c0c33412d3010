"""What a page may know of a walk: the advice, and every value measured so far with its time, JSON-ready."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from edge.domain.lane_state import LaneSpec, LaneState
from edge.domain.learning import own_places
from edge.domain.measuring import aim_left, aimed_place
from edge.domain.model import Evidence, Instant, Measurement, Passage, Rest, TemperatureFinding
from edge.domain.walk import Open, advise

Json = dict[str, Any]
_MINUTE_US = 60_000_000


def advice(spec: LaneSpec, state: LaneState, passage: Passage, now: Instant) -> Json | None:
    """Return what is advised next about a passage under way; None where its temperature needs nothing.
    `back` is what measuring again is of, once something else was said to be measured."""
    found, place = advise(spec, passage), aimed_place(state, passage, now)
    if found is None:
        return None
    return {
        "cause": found.cause.value,
        "next": _way(found.next),
        "why": found.why,
        "open": [_way(one) for one in found.open],
        "hints": list(found.hints),
        "aimed": place,
        "back": min(own_places(spec)) if aim_left(state, now) is not None else None,
        "minutes": -(-spec.policy.rest_us // _MINUTE_US),
        "rushed": passage.rushed,
    }


def measurements(passage: Passage) -> list[Json]:
    """Return what every thermometer found, in order; `surface_mdegc` as it said it, `rested_s` how long the
    person had sat indoors before, in all."""
    return [
        _measured(passage, index, piece)
        for index, piece in enumerate(passage.evidence)
        if isinstance(piece.item, Measurement)
    ]


def twice(passage: Passage, finding: TemperatureFinding) -> Json | None:
    """Return the first value over the threshold and the second measurement that confirmed or cleared it
    (None while there is none); None where nobody had to be measured a second time."""
    if finding.first is None:
        return None
    second = None if finding.deciding in (None, finding.first) else finding.deciding
    pieces = passage.evidence
    return {
        "first": _measured(passage, finding.first, pieces[finding.first]),
        "second": _measured(passage, second, pieces[second]) if second is not None else None,
    }


def rested_s(rests: tuple[Rest, ...], pieces: int) -> int:
    """Return how many seconds somebody had rested before evidence number `pieces` came."""
    before = (rest for rest in rests if rest.why == "rest" and rest.pieces <= pieces)
    return sum(rest.lasted_us or 0 for rest in before) // 1_000_000


def _way(one: Open) -> Mapping[str, str]:
    return {"way": one.way.value, "place": one.place}


def _measured(passage: Passage, index: int, piece: Evidence) -> Json:
    item = piece.item
    assert isinstance(item, Measurement)
    return {
        "device": item.device,
        "method": item.method.value,
        "site": item.site,
        "surface_mdegc": item.surface_mdegc,
        "ambient_mdegc": item.ambient_mdegc,
        "body_mdegc": item.body_mdegc,
        "conversion": item.conversion,
        "quality": item.quality.value,
        "after_rest": item.after_rest,
        "rested_s": rested_s(passage.rests, index),
        "expected": asdict(item.expected) if item.expected is not None else None,
        "at_us": piece.at.at_us,
    }
