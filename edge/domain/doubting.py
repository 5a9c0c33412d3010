"""What a lane makes of its thermometers from whoever passes: which of them cannot be right.

Changes no value and judges nobody. One state for each thermometer and place on the body; a start makes the
same out of the journal with the same functions. Pure.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from edge.domain.instrument import Instrument, findings, found_to_json, learn, seen_of
from edge.domain.instrument_signs import Sign
from edge.domain.instrument_told import told
from edge.domain.lane_state import LaneSpec, LaneState, Note, Result, Watched
from edge.domain.learning import here, place_of
from edge.domain.model import Evidence, Measurement, Method, Quality

DOUBTED = "instrument.doubted"
# A script says nothing of an instrument.
SIMULATED = "simulated"
# Where nobody says in which steps a device's protocol carries the surface, they may be tenths.
_TENTH_MDEGC = 100


def doubted(spec: LaneSpec, result: Result) -> Result:
    """Return a step's result with what the passages that ended in it showed of their thermometers, and
    with a row for each of which something else is found now than before."""
    state, notes = result.state, result.notes
    for record in result.records:
        if record.kind != "passage.decided" or record.passage.corrects:
            continue
        before = {_key(old): _signs(old) for old in state.instruments}
        state = watched(spec, state, record.passage.evidence, whose=partial(here, spec))
        for new in state.instruments:
            if _signs(new) != before.get(_key(new), set()):
                notes = (*notes, Note(DOUBTED, figures(new)))
    return result if state is result.state else replace(result, state=state, notes=notes)


def watched(
    spec: LaneSpec,
    state: LaneState,
    evidence: Sequence[Evidence],
    *,
    whose: Callable[[Measurement], str | None],
) -> LaneState:
    """Return the state after a passage: its first measurement teaches, whatever came of it, for a fever
    is part of how far people differ. `whose` names the thermometer a reading is of, None where that
    does not stand here any more."""
    for piece in evidence:
        item = piece.item
        if not isinstance(item, Measurement) or item.method is not Method.INFRARED or item.grid is not None:
            continue
        if item.after_rest:
            return state  # who rests was chosen, by the reading before
        if item.quality is not Quality.OK:
            continue
        device = whose(item)
        if device is None or dict(spec.drivers).get(device) == SIMULATED:
            return state
        known = _known(spec, state, device, item.site)
        return _with(state, replace(known, instrument=learn(known.instrument, seen_of(item, piece.at.at_us))))
    return state


def figures(known: Watched) -> dict[str, Any]:
    """Return what is found of a thermometer now, as its row tells it."""
    return {
        "device": known.device,
        "driver": known.driver,
        "port": known.port,
        "place": known.place,
        "people": known.instrument.people,
        "signs": [found_to_json(finding) for finding in findings(known.instrument)],
    }


def doubts(spec: LaneSpec, state: LaneState) -> list[dict[str, Any]]:
    """Return the thermometers that are doubted now, JSON-ready, each sign with its sentences."""
    found = []
    for known in state.instruments:
        if not known.instrument.found or known.place != place_of(spec, known.device):
            continue
        signs = []
        for finding in findings(known.instrument):
            chinese, english = told(finding)
            signs.append(found_to_json(finding) | {"told": {"zh_Hans": chinese, "en": english}})
        found.append(figures(known) | {"signs": signs})
    return found


def _known(spec: LaneSpec, state: LaneState, device: str, place: str) -> Watched:
    driver, port = dict(spec.drivers).get(device, ""), dict(spec.ports).get(device)
    step_mdegc = dict(spec.steps).get(device, _TENTH_MDEGC)
    fresh = Watched(device, driver, port, place, Instrument(surface_step_mdegc=step_mdegc))
    return next((old for old in state.instruments if _key(old) == _key(fresh)), fresh)


def _with(state: LaneState, new: Watched) -> LaneState:
    others = (old for old in state.instruments if _key(old) != _key(new))
    return replace(state, instruments=(*others, new))


def _key(known: Watched) -> tuple[str, str, str | None, str]:
    return known.device, known.driver, known.port, known.place


def _signs(known: Watched) -> set[Sign]:
    # Figures move with every person; only what is found is news.
    return {finding.sign for finding in findings(known.instrument)}
