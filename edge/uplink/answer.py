"""Reads what the district answered, trusting nothing: a captive portal also says 200. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from edge.domain.errors import Unreachable
from edge.uplink.ports import Response

# A server that asks for a longer pause is asked again after this long all the same.
LONGEST_PAUSE_S = 3600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """The district's word for one incarnation: everything up to `acknowledged` is kept or refused
    for good, `rejected` says which and why."""

    incarnation: str
    acknowledged: int
    rejected: tuple[tuple[int, str], ...]
    lists: Mapping[str, int]
    wait_s: float


def read_answer(response: Response, incarnation: str) -> Answer:
    """Return the answer in an HTTP response; raises Unreachable with a stable code otherwise."""
    if response.status != 200:
        raise failure(response)
    try:
        value = json.loads(response.body)
        answer = _answer(value)
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise Unreachable("what answered is not the district", code="no_answer") from error
    if answer.incarnation != incarnation:
        raise Unreachable("the district answered about another journal", code="no_answer")
    return answer


def failure(response: Response) -> Unreachable:
    """Return what an answer other than 200 means, in words for whoever looks after the gate."""
    status = response.status
    if status in (401, 403):
        return Unreachable(
            f"the district does not accept this gate's token or name ({status}); "
            "ask for a new token and write it into [uplink]",
            code="denied",
        )
    if status == 413:
        return Unreachable("the district finds the batch too large (413)", code="too_large")
    if status in (429, 503):
        pause = retry_after_s(response)
        return Unreachable(f"the district asks to come back later ({status})", pause, code="busy")
    if status >= 500:
        return Unreachable(f"the district failed ({status})", retry_after_s(response), code="fault")
    if 300 <= status < 400:
        return Unreachable(
            f"the address in [uplink] leads elsewhere ({status}); write the final one", code="refused"
        )
    return Unreachable(f"the district refuses what was sent ({status})", code="refused")


def retry_after_s(response: Response) -> float | None:
    """Return the seconds of a Retry-After header (a number, or a date against the answer's own
    Date: the gate's clock may be years off), None where it has none."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return min(float(text), LONGEST_PAUSE_S)
    try:
        until = parsedate_to_datetime(text)
        at = parsedate_to_datetime(response.headers.get("date", ""))
        seconds = (until - at).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_PAUSE_S)


def _answer(value: Any) -> Answer:
    rejected = tuple((_whole(entry["sequence"]), str(entry["reason"])[:100]) for entry in value["rejected"])
    lists = {str(name): _whole(number) for name, number in value.get("lists", {}).items()}
    wait_s = min(float(_whole(value.get("wait_s", 0))), LONGEST_PAUSE_S)
    return Answer(str(value["incarnation"]), _whole(value["acknowledged"]), rejected, lists, wait_s)


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("not a whole number")
    return value
