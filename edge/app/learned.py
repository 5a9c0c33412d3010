"""What the people of the journal have taught the thermometers that stand there now, and shown of them: the
newest passages and every confirmed shift, with the functions that a running lane learns by.

Opens the seals of those only who said who they are before they were measured. What was measured by another
device, or in another socket, teaches nothing.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from edge.app.calibrated import Stand, owner
from edge.domain.confirming import settled, unsettled
from edge.domain.doubting import watched
from edge.domain.lane_state import Gone, LaneSpec, LaneState
from edge.domain.learning import known_of, learned, place_of
from edge.domain.model import ClockQuality, Instant, Measurement, Method, Outcome, ScreeningVerdict
from edge.domain.queueing import went
from edge.domain.record import restored
from edge.journal import Reader, StoredRow

log = logging.getLogger(__name__)

# Three times the longest memory there is but for the line itself; what it takes to read is measured.
PASSAGES = 1_000
# Among how many rows they are looked for: effects, rests and devices that come and go have rows as well.
LOOKED_AT = 20_000
DECIDED = "passage.decided"
CONFIRMED = frozenset({"screening.settled", "screening.withdrawn"})
_MOST = 1 << 30

Unseal = Callable[[StoredRow], Mapping[str, Any] | None]


def taught(
    lanes: Mapping[str, tuple[LaneSpec, Mapping[str, Stand]]], reader: Reader, unseal: Unseal
) -> dict[str, LaneState]:
    """Return what each lane knows of healthy people, of its thermometers and of its regulars, as states of
    nothing else. `unseal` gives the sealed part of a row, None where its key is gone."""
    rows = reader.newest({DECIDED}, limit=PASSAGES * max(1, len(lanes)), among=LOOKED_AT)
    rows += reader.rows_after(0, _MOST, CONFIRMED)
    states = {name: LaneState() for name in lanes}
    for row in sorted(rows, key=lambda row: row.seq):
        if row.lane is None or row.lane not in lanes:
            continue
        spec, stands = lanes[row.lane]
        try:
            states[row.lane] = _after(spec, stands, states[row.lane], row, unseal)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            log.error("row %d teaches nothing: %s %s", row.seq, type(error).__name__, error)
    return states


def _after(
    spec: LaneSpec, stands: Mapping[str, Stand], state: LaneState, row: StoredRow, unseal: Unseal
) -> LaneState:
    if row.kind != DECIDED:
        return _confirmed(spec, stands, state, row)
    if row.body.get("vehicle") or row.body.get("corrects"):
        return state  # nobody was measured, or the same person is told of again
    gone = _gone(row)
    state = state if gone is None else went(state, gone)
    if not any(_teaches(piece) for piece in row.body["evidence"]):
        return state  # most of the work is for rows that teach nothing
    sealed = unseal(row) if spec.own_history and _is_named(row.body["evidence"]) else None
    passage = restored(row.body, sealed, lane=spec.name, clock=row.clock)
    verdict = ScreeningVerdict(row.body["temperature"]["verdict"])
    whose = partial(_whose, stands)
    state = learned(
        state,
        passage.evidence,
        verdict,
        passage.touched,
        policy=spec.policy,
        boot=row.boot,
        whose=whose,
        own_history=spec.own_history and "first" not in row.body["temperature"],
    )
    return watched(spec, state, passage.evidence, whose=whose)


def _gone(row: StoredRow) -> Gone | None:
    """Return who has passed, as `edge.domain.queueing` counts them."""
    body = row.body
    walked, offered = body.get("outcome") == Outcome.ABANDONED, body.get("offered", "")
    if "touched_mono_us" not in body or (walked and not offered):
        return None
    at = Instant(
        body["touched_mono_us"], body["touched_us"], ClockQuality(body.get("touched_clock", row.clock))
    )
    out_milli = None if walked else body["temperature"].get("out_milli")
    return Gone(at, row.boot, out_milli, body.get("rushed", False), offered)


def _teaches(piece: Mapping[str, Any]) -> bool:
    if piece["t"] != "measurement":
        return False
    return "expected" in piece or (piece.get("method") == Method.INFRARED and piece.get("grid") is None)


def _is_named(pieces: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether a code was shown before anything was expected of its holder."""
    kinds = ["code" if piece["t"] == "code" else "about" if "expected" in piece else "" for piece in pieces]
    return "code" in kinds and "about" in kinds[kinds.index("code") :]


def _confirmed(spec: LaneSpec, stands: Mapping[str, Stand], state: LaneState, row: StoredRow) -> LaneState:
    body: Mapping[str, Any] = row.body
    device = owner(stands, body["device"], body["driver"], body.get("port"))
    if device is None or body["place"] != place_of(spec, device):
        return state
    known = known_of(state, device, body["place"], is_resting=body["rested"])
    if row.kind == "screening.withdrawn":
        return unsettled(state, known)
    known = replace(known, ambient_mdegc=body["ambient_mdegc"])
    return settled(state, known, body["level_mdegc"], body["ambient_mdegc"])


def _whose(stands: Mapping[str, Stand], item: Measurement) -> str | None:
    return owner(stands, item.device, item.driver, item.port)
