"""Which value of a stored passage was over the line that counts, where a person's own history is sealed.

By its open evidence a passage is judged against anybody; where somebody's own history may have counted, only
what its row says of its own decision is believed. Pure.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from edge.domain.model import CodeVerdict, ScreeningVerdict
from edge.domain.screening import Seen


def is_known(body: Mapping[str, Any]) -> bool:
    """Say whether what is usual for one person may have counted: a proven code was shown, and it was known
    what is expected."""
    pieces = body["evidence"]
    return any(p["t"] == "code" and p["verdict"] == CodeVerdict.VALID for p in pieces) and any(
        "expected" in p for p in pieces
    )


def alarm_of(body: Mapping[str, Any], found: Sequence[Seen]) -> Seen | None:
    """Return the first value of a stored passage that was over the line that counts; `found` is judged by the
    open evidence. Where somebody's own history may have counted, only what the row says was over is."""
    again = next((each for each in found if each.counts is ScreeningVerdict.OVER), None)
    if not is_known(body):
        return again
    first = body["temperature"].get("first")
    if first is None or (again is not None and again.index <= first):
        return None if first is None else again
    return next((each for each in found if each.index == first), None)
