"""A device whose values cannot be right: what a run of people shows of their thermometer.

One state a device, learned from measurements one by one, bounded, kept as JSON. It changes no value and
judges no person: it says that an instrument pulls its readings together, stands still, counts in coarse
steps or is in another mode than the gate was told. How that is judged stands in `instrument_signs`, what
is said of it in `instrument_told`.

Learn a person's first measurement only: a second one is taken of chosen people, and of the same skin.
A device that was changed begins anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from edge.domain.instrument_signs import Finding, Seen, Sign, frozen, weighed
from edge.domain.model import Measurement

# Three hundred people are four days at a gate of 67 a day and two weeks at one of 20: enough for a
# spread within six per cent, short enough that a firmware update is seen within days.
WINDOW = 300
EVERY = 10


@dataclass(frozen=True, slots=True)
class Instrument:
    """What is known of one device at one place. `surface_step_mdegc` and `body_step_mdegc` are what its
    data sheet states as its resolution. `run` people in a row had the very same value, since `run_us`."""

    surface_step_mdegc: int = 10
    body_step_mdegc: int = 100
    last: tuple[Seen, ...] = ()
    people: int = 0
    run: int = 0
    run_us: int = 0
    found: tuple[Finding, ...] = ()


def seen_of(measurement: Measurement, at_us: int) -> Seen:
    """Return what a measurement teaches of its device: what the device said, nothing of ours."""
    return Seen(
        at_us=at_us,
        surface_mdegc=measurement.surface_mdegc,
        body_mdegc=measurement.vendor_body_mdegc,
        ambient_mdegc=measurement.ambient_mdegc,
    )


def learn(state: Instrument, seen: Seen) -> Instrument:
    """Return the state after one more person. Somebody of whom nothing was measured teaches nothing."""
    value = seen.value_mdegc
    if value is None:
        return state
    same = bool(state.last) and state.last[-1].value_mdegc == value
    state = replace(
        state,
        last=(*state.last, seen)[-WINDOW:],
        people=state.people + 1,
        run=state.run + 1 if same else 1,
        run_us=state.run_us if same else seen.at_us,
    )
    standing = frozen(state.last, state.run, state.run_us)
    others = tuple(finding for finding in state.found if finding.sign is not Sign.FROZEN)
    if state.people % EVERY == 0:
        others = _others(state, standing)
    found = others if standing is None else (standing, *others)
    return state if found == state.found else replace(state, found=found)


def findings(state: Instrument) -> tuple[Finding, ...]:
    """Return what is found now, the gravest first."""
    return state.found


def to_json(state: Instrument) -> dict[str, Any]:
    """Return the state as an object of integers, strings and lists of them."""
    return {
        "steps_mdegc": [state.surface_step_mdegc, state.body_step_mdegc],
        "last": [[s.at_us, s.surface_mdegc, s.body_mdegc, s.ambient_mdegc] for s in state.last],
        "people": state.people,
        "run": [state.run, state.run_us],
        "found": [found_to_json(finding) for finding in state.found],
    }


def from_json(body: Mapping[str, Any]) -> Instrument:
    """Return the state that `to_json` wrote."""
    return Instrument(
        surface_step_mdegc=body["steps_mdegc"][0],
        body_step_mdegc=body["steps_mdegc"][1],
        last=tuple(Seen(*each) for each in body["last"]),
        people=body["people"],
        run=body["run"][0],
        run_us=body["run"][1],
        found=tuple(found_from_json(each) for each in body["found"]),
    )


def found_to_json(finding: Finding) -> dict[str, Any]:
    """Return one finding as a row keeps it."""
    return {
        "sign": str(finding.sign),
        "since_us": finding.since_us,
        "people": finding.people,
        "figures": dict(finding.figures),
    }


def found_from_json(body: Mapping[str, Any]) -> Finding:
    """Return the finding that `found_to_json` wrote."""
    figures = tuple(sorted(body["figures"].items()))
    return Finding(Sign(body["sign"]), body["since_us"], body["people"], figures)


def _others(state: Instrument, standing: Finding | None) -> tuple[Finding, ...]:
    """What the checks say now; what was found before stays, with its date, as long as it is past its
    limit at all. One value that stands still is no spread and no step."""
    if standing is not None:
        return ()
    before = {finding.sign: finding for finding in state.found}
    found = []
    for now in weighed(state.last, state.surface_step_mdegc, state.body_step_mdegc):
        old = before.get(now.finding.sign)
        if old is not None:
            found.append(replace(now.finding, since_us=old.since_us))
        elif now.beyond:
            found.append(now.finding)
    return tuple(found)
