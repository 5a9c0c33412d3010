"""A shift of the whole level, confirmed or taken back by a person: healthy people show something else now,
because the device or the place has changed. Pure.
"""

from dataclasses import replace

from edge.domain.errors import FormError
from edge.domain.events import ConfirmLevel, WithdrawLevel
from edge.domain.healthy import settle, shifted
from edge.domain.lane_state import LaneSpec, LaneState, Note, Result, Taught
from edge.domain.learning import SHIFTED, figures, find_known, place_of, with_known

MAX_TEXT = 100


def confirm(spec: LaneSpec, state: LaneState, event: ConfirmLevel) -> Result:
    """Take it from a person that what people show now is what healthy people show: the level starts again
    from there. Raises FormError `not_shifted`."""
    _check_reason(event.reason)
    known = find_known(state, event.device, place_of(spec, event.device), is_resting=event.rested)
    if known is None or known.ambient_mdegc is None or not known.told:
        raise FormError("not_shifted", "the level of this thermometer has not shifted", 409)
    now = figures(spec, known, event.at)
    level_mdegc = int(now["found_mdegc"])
    body = {name: now[name] for name in ("device", "driver", "port", "place", "rested", "people")}
    body |= {
        "level_mdegc": level_mdegc,
        "ambient_mdegc": known.ambient_mdegc,
        "was_mdegc": now["expected_mdegc"],
        "by": event.by,
        "reason": event.reason,
        "command_id": event.command_id,
    }
    state = settled(state, known, level_mdegc, known.ambient_mdegc)
    if state.warning is not None and state.warning[0].startswith(SHIFTED):
        state = replace(state, warning=None, notice=None if state.notice == state.warning else state.notice)
    return Result(state, notes=(Note("screening.settled", body),))


def withdraw(spec: LaneSpec, state: LaneState, event: WithdrawLevel) -> Result:
    """Take the newest confirmation back: what was known before it holds again, and what people taught since
    is forgotten. Raises FormError `not_settled`."""
    _check_reason(event.reason)
    known = find_known(state, event.device, place_of(spec, event.device), is_resting=event.rested)
    if known is None or known.before is None:
        raise FormError("not_settled", "no shift of this thermometer was confirmed", 404)
    now = figures(spec, known, event.at)
    body = {name: now[name] for name in ("device", "driver", "port", "place", "rested")}
    body |= {"by": event.by, "reason": event.reason, "command_id": event.command_id}
    return Result(unsettled(state, known), notes=(Note("screening.withdrawn", body),))


def settled(state: LaneState, known: Taught, level_mdegc: int, ambient_mdegc: int) -> LaneState:
    """Return the state in which healthy people show this level at this ambient."""
    fresh = settle(known.healthy, level_mdegc, ambient_mdegc)
    return with_known(state, replace(known, healthy=fresh, told=False, before=known.healthy))


def unsettled(state: LaneState, known: Taught) -> LaneState:
    """Return the state in which the newest confirmation was never made."""
    if known.before is None:
        return state
    told = shifted(known.before)
    return with_known(state, replace(known, healthy=known.before, told=told, before=None))


def _check_reason(reason: str) -> None:
    if not 0 < len(reason) <= MAX_TEXT or not reason.isprintable():
        raise FormError("reason_needed", "say why")
