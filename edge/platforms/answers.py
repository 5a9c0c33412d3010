"""From what a platform said to a Code: only a named colour or fact counts, everything else is unverified."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from edge.codes.reasons import CodeReason
from edge.domain.facts import Fact
from edge.domain.identity import differ
from edge.domain.model import Carrier, ClockQuality, Code, CodeVerdict, Instant
from edge.domain.ports import PlatformAnswer, PlatformState

SECOND_US = 1_000_000
AHEAD_US = 300 * SECOND_US  # how far the platform's clock may be before ours

_REFUSED = {
    PlatformState.EXPIRED: (CodeVerdict.EXPIRED, CodeReason.EXPIRED),
    PlatformState.NOT_FOUND: (CodeVerdict.UNVERIFIED, CodeReason.PLATFORM_NOT_FOUND),
    PlatformState.FAILED: (CodeVerdict.UNVERIFIED, CodeReason.PLATFORM_FAILED),
    PlatformState.NO_MEANING: (CodeVerdict.UNVERIFIED, CodeReason.PLATFORM_NO_MEANING),
}
# What an answer must state to be one for this kind of code.
_STATES = {
    Carrier.CHINA_HEALTH: Fact.COLOUR,
    Carrier.CHINA_ITINERARY: Fact.ITINERARY,
    Carrier.CHINA_VENUE: Fact.PLACE,
}


@dataclass(frozen=True, slots=True)
class Route:
    """Which payloads go to which platform, and how its answers count. Times in microseconds.

    `match` is looked for from the beginning of the payload. After `timeout_us` the lane goes on without
    an answer. An answer younger than `again_us` is not asked for again; one younger than `keep_us` counts
    where the platform does not answer. A code made longer ago than `fresh_us` (None: any age, and the
    platform need not say) or seen at another lane within `apart_us` may be a screenshot.
    """

    name: str
    carrier: Carrier
    match: re.Pattern[bytes]
    timeout_us: int = 2 * SECOND_US
    again_us: int = 600 * SECOND_US
    keep_us: int = 3600 * SECOND_US
    fresh_us: int | None = None
    apart_us: int = 20 * SECOND_US
    numbers: bool = False


def is_text(payload: bytes) -> bool:
    """Say whether a platform can be asked about a payload at all."""
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def digest(payload: bytes) -> str:
    """Return the name a payload goes by inside the gate: it cannot be shown to a platform again."""
    return hashlib.sha256(payload).hexdigest()


def unanswered(route: Route, payload: bytes, reason: CodeReason, *, id_number: str | None = None) -> Code:
    """Return the code of a payload no answer is known for; its payload is kept, sealed. With `id_number`
    somebody gave that instead of a code."""
    return Code(
        carrier=route.carrier,
        verdict=CodeVerdict.UNVERIFIED,
        reason=reason,
        issuer=route.name,
        holder=_holder(route, payload, id_number),
        payload=payload if id_number is None else None,
        personal=_own(payload, id_number),
    )


def doubted(route: Route, payload: bytes, subject: Mapping[str, str]) -> Code:
    """Return the code of what was seen at another lane just now. That nothing clears it of; what was said
    of it (`subject`) is not lost by walking to the other lane."""
    return replace(unanswered(route, payload, CodeReason.SEEN_ELSEWHERE), subject=dict(subject))


def answered(
    route: Route,
    payload: bytes,
    answer: PlatformAnswer,
    at: Instant,
    *,
    age_us: int = 0,
    id_number: str | None = None,
) -> Code:
    """Return the code an answer makes of a payload that was shown `at`; the payload itself is no longer
    kept. `age_us` is how long before that the platform said so, negative where it said so later."""
    verdict, reason = _judge(route, answer, at, at.at_us - age_us)
    if id_number is not None and differ({"id_number": id_number}, answer.personal):
        # It tells of somebody else: nothing of it counts, and nothing of it is kept.
        return unanswered(route, payload, CodeReason.PLATFORM_GARBLED, id_number=id_number)
    subject = {name: value for name, value in answer.subject.items() if value}
    if age_us >= SECOND_US:
        subject[Fact.ANSWER_AGE_S] = str(age_us // SECOND_US)
    # The payload may hold what it says in clear (a number, a name): such a code is not reduced.
    unread = reason in (CodeReason.PLATFORM_NOT_FOUND, CodeReason.PLATFORM_NO_MEANING)
    return Code(
        carrier=route.carrier,
        verdict=verdict,
        reason=reason,
        issuer=route.name,
        valid_from_us=answer.issued_us,
        valid_until_us=answer.until_us,
        subject=subject,
        personal={**answer.personal, **_own(payload, id_number)},
        holder=f"{route.carrier}:{answer.person}" if answer.person else _holder(route, payload, id_number),
        payload=payload if unread and id_number is None else None,
    )


def meant(route: Route, answer: PlatformAnswer) -> PlatformAnswer:
    """Return an answer as it counts for this kind of code: one that is found and does not state what was
    asked has no meaning."""
    wanted = _STATES.get(route.carrier)
    if answer.state is not PlatformState.FOUND or wanted is None or answer.subject.get(wanted):
        return answer
    return replace(answer, state=PlatformState.NO_MEANING)


def _holder(route: Route, payload: bytes, id_number: str | None) -> str:
    return f"{route.carrier}:{digest(payload) if id_number is None else f'id:{id_number}'}"


def _own(payload: bytes, id_number: str | None) -> dict[str, str]:
    """Return the personal fields that are known whatever a platform says."""
    if id_number is None:
        return {"code_digest": digest(payload)}
    return {"id_number": id_number, "code_digest": digest(id_number.encode())}


def _judge(
    route: Route, answer: PlatformAnswer, at: Instant, said_us: int
) -> tuple[CodeVerdict, CodeReason | None]:
    """Judge a code that was shown `at` by what the platform said of it at `said_us`."""
    answer = meant(route, answer)
    if answer.state is not PlatformState.FOUND:
        return _REFUSED[answer.state]
    timed = answer.until_us is not None or route.fresh_us is not None
    if timed and at.clock is ClockQuality.UNSET:
        return CodeVerdict.UNVERIFIED, CodeReason.CLOCK_UNTRUSTED
    if answer.until_us is not None and at.at_us >= answer.until_us:
        return CodeVerdict.EXPIRED, CodeReason.EXPIRED
    # Made after it was shown is no lie where the answer came late; made after the answer is, for a clock
    # that knows the time.
    ahead = answer.issued_us is not None and answer.issued_us > said_us + AHEAD_US
    if ahead and at.clock is not ClockQuality.UNSET:
        return CodeVerdict.UNVERIFIED, CodeReason.PLATFORM_NO_MEANING
    return _fresh(route, answer, at.at_us)


def _fresh(route: Route, answer: PlatformAnswer, at_us: int) -> tuple[CodeVerdict, CodeReason | None]:
    if route.fresh_us is not None:
        # Where freshness is asked for, an answer that does not say when is not what was agreed.
        if answer.issued_us is None:
            return CodeVerdict.UNVERIFIED, CodeReason.PLATFORM_NO_MEANING
        if at_us - answer.issued_us > route.fresh_us:
            return CodeVerdict.UNVERIFIED, CodeReason.CODE_STALE
    return CodeVerdict.VALID, None
