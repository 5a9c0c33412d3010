"""Which line somebody was over: the legal one on the body estimate, the level of healthy people, or both.

What was stored is told, measurement by measurement; where the settings of then are not in the journal, only
what the row itself says. What is usual for one person stays sealed: measurements are compared with anybody,
and where the row says something else than that, the page says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge.domain.alarms import alarm_of, is_known
from edge.domain.model import Passage, ScreeningVerdict
from edge.domain.policy import Policy
from edge.domain.posterior import cut
from edge.domain.record import restored
from edge.domain.screened import BOTH, LEGAL, LEVEL, lines_over
from edge.domain.screening import find, seen
from edge.journal import StoredRow

_ASKED = (ScreeningVerdict.OVER.value, ScreeningVerdict.AGAIN.value)


@dataclass(frozen=True, slots=True)
class Told:
    """What one measurement came to by either line. `out_milli` is how far the person stood out by then, in
    thousandths of how far healthy people differ, `over_milli` from where that is over."""

    legal: str
    level: str | None
    over: str | None
    counts: str
    out_milli: int | None
    over_milli: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """A passage's measurements by their place in the evidence, the lines that its alarms were over (None:
    there were none), and the policy of then; `is_own`: the person's own history, which is sealed, made
    another verdict of them."""

    pieces: Mapping[int, Told]
    over: str | None
    policy: Policy
    is_own: bool = False


def judgement(row: StoredRow, policies: Mapping[str, Policy]) -> Judgement | None:
    """Judge a stored passage again by its own policy; None where that is not in the journal."""
    policy = policies.get(row.body["policy"])
    if policy is None:
        return None
    passage = restored(row.body, None, lane=row.lane or "", clock=row.clock)
    found = seen(passage.evidence, policy)
    pieces = {
        one.index: Told(
            one.legal.value,
            None if one.level is None else one.level.value,
            lines_over(one),
            one.counts.value,
            None if one.judged is None else one.judged.out_milli,
            cut(one.per_1000),
        )
        for one in found
    }
    alarm = alarm_of(row.body, found)
    alarms = {lines_over(one) for one in found if one.counts is ScreeningVerdict.OVER} if alarm else set()
    line = _together(alarms) or (LEVEL if alarm else None)
    return Judgement(pieces, line, policy, is_known(row.body) and _differs(row.body, passage, policy))


def line_of(temperature: Mapping[str, Any], decides: str | None) -> str | None:
    """Return which of the lines that count asks for another measurement or was over twice, by the verdicts
    a snapshot or a row has of each; rows of before the level was learned know the legal line only."""
    verdict = temperature["verdict"]
    if verdict not in _ASKED:
        return None
    old = {LEGAL: temperature.get(LEGAL, verdict), LEVEL: temperature.get(LEVEL)}
    counting = (LEGAL, LEVEL) if decides in (None, "either") else (decides,)
    return _together({name for name in counting if old[name] == verdict})


def _differs(body: Mapping[str, Any], passage: Passage, policy: Policy) -> bool:
    again, stored = find(passage.evidence, policy), body["temperature"]
    return (again.verdict, again.level, again.first) != (
        stored["verdict"],
        stored.get("level", again.level),
        stored.get("first"),
    )


def _together(lines: set[str | None]) -> str | None:
    named = lines - {None}
    if BOTH in named or len(named) > 1:
        return BOTH
    return next(iter(named), None)
