"""Two thermometers that see the same people's weather: how far apart, and whether that moves.

Only such as stand side by side in one direction: who comes in from the cold and who goes out are not of
one level. Blocks of at least five people each on both sides within two hours are compared by their
middle values, so that weather, season and the hour cancel; what the two differed by when they were set
up stays as the anchor. Thousandths of a degree, microseconds of the wall clock. Pure and bounded.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import fmean, median, stdev
from typing import Any

from edge.domain.instrument import found_from_json, found_to_json
from edge.domain.instrument_signs import ERRORS, Finding, Sign

EACH = 5
MOST_EACH = 40
BLOCK_US = 2 * 3_600_000_000
# 60 blocks are 300 people on either side: the standard error of their mean is about .05 degrees.
BLOCKS = 60
LEAST_BLOCKS = 20
# Half a degree is what a screening instrument may be off (IEC 80601-2-59), .3 what a forehead thermometer
# may (JJF 1107): two that are further apart, or have moved by more, cannot both be right. What was found
# stays until it is less than two thirds of that.
APART_MDEGC = 500
MOVED_MDEGC = 300
KEPT = 2 / 3
# Outside a thermometer's rated air two of one make part for reasons of their own.
RATED_MDEGC = (16_000, 32_000)


@dataclass(frozen=True, slots=True)
class Sisters:
    """What is known of two devices side by side. `here` and `there` are the values of the block begun at
    `began_us`, `apart` the newest differences (here less there), each with its time; `anchor` the sum of
    the first differences and their count."""

    began_us: int = 0
    here: tuple[int, ...] = ()
    there: tuple[int, ...] = ()
    apart: tuple[tuple[int, int], ...] = ()
    anchor: tuple[int, int, int] = (0, 0, 0)  # sum, sum of squares, count
    found: tuple[Finding, ...] = ()


def learn(
    state: Sisters, value_mdegc: int, at_us: int, *, here: bool, ambient_mdegc: int | None = None
) -> Sisters:
    """Return the state after one person more on one of the two: their first measurement."""
    if is_outside(ambient_mdegc):
        return state
    if 0 < state.began_us - at_us <= BLOCK_US:
        # Whoever rested, or waited for a platform, was measured before those who passed meanwhile.
        return state
    if not 0 <= at_us - state.began_us <= BLOCK_US:
        # Nobody on one side for two hours, or a clock that jumped: what was begun compares nothing.
        state = replace(state, began_us=at_us, here=(), there=())
    if here:
        state = replace(state, here=(*state.here, value_mdegc)[-MOST_EACH:])
    else:
        state = replace(state, there=(*state.there, value_mdegc)[-MOST_EACH:])
    if min(len(state.here), len(state.there)) < EACH:
        return state
    difference = round(median(state.here) - median(state.there))
    total, squares, count = state.anchor
    if count < BLOCKS:
        state = replace(state, anchor=(total + difference, squares + difference**2, count + 1))
    newest = (*state.apart, (at_us, difference))[-BLOCKS:]
    state = replace(state, began_us=at_us, here=(), there=(), apart=newest)
    return replace(state, found=_found(state))


def is_outside(ambient_mdegc: int | None) -> bool:
    """Say whether two are not compared in this air; where a device says nothing of its air, they are."""
    return ambient_mdegc is not None and not RATED_MDEGC[0] <= ambient_mdegc <= RATED_MDEGC[1]


def settled(state: Sisters) -> Sisters:
    """Return the state after one of them was calibrated, cleaned or moved: the anchor begins anew."""
    return Sisters(began_us=state.began_us)


def to_json(state: Sisters) -> dict[str, Any]:
    """Return the state as an object of integers, strings and lists of them."""
    return {
        "began_us": state.began_us,
        "here": list(state.here),
        "there": list(state.there),
        "apart": [list(each) for each in state.apart],
        "anchor": list(state.anchor),
        "found": [found_to_json(finding) for finding in state.found],
    }


def from_json(body: Mapping[str, Any]) -> Sisters:
    """Return the state that `to_json` wrote."""
    total, squares, count = body["anchor"]
    return Sisters(
        began_us=body["began_us"],
        here=tuple(body["here"]),
        there=tuple(body["there"]),
        apart=tuple((at, value) for at, value in body["apart"]),
        anchor=(total, squares, count),
        found=tuple(found_from_json(each) for each in body["found"]),
    )


def _found(state: Sisters) -> tuple[Finding, ...]:
    values = [value for _, value in state.apart]
    if len(values) < LEAST_BLOCKS:
        return ()
    now, error = fmean(values), max(1.0, stdev(values) / math.sqrt(len(values)))
    people = 2 * EACH * len(values)
    figures = {"apart_mdegc": round(now), "error_mdegc": round(error)}
    checks = [(Sign.APART, abs(now) / APART_MDEGC, abs(now) / error, figures)]
    total, squares, count = state.anchor
    if count == BLOCKS:
        first = total / count
        both = math.hypot(error, math.sqrt(max(1.0, squares / count - first * first) / count))
        moved = now - first
        figures = {"moved_mdegc": round(moved), "error_mdegc": round(both), "first_mdegc": round(first)}
        checks.append((Sign.DRIFTING, abs(moved) / MOVED_MDEGC, abs(moved) / both, figures))
    before = {finding.sign: finding for finding in state.found}
    found = []
    for sign, far, errors, of in checks:
        old = before.get(sign)
        if far < KEPT if old else far < 1 or errors < ERRORS:
            continue
        since_us = old.since_us if old else state.apart[0][0]
        found.append(Finding(sign, since_us, people, tuple(sorted(of.items()))))
    return tuple(found)
