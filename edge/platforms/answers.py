"""From what a platform said to a Code: only a named colour or fact counts, everything else is unverified."""

import hashlib
import re
from dataclasses import dataclass

from edge.codes.reasons import CodeReason
from edge.domain.facts import Fact
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


def unanswered(route: Route, payload: bytes, reason: CodeReason) -> Code:
    """Return the code of a payload no answer is known for; its payload is kept, sealed."""
    return Code(
        carrier=route.carrier,
        verdict=CodeVerdict.UNVERIFIED,
        reason=reason,
        issuer=route.name,
        holder=f"{route.carrier}:{digest(payload)}",
        payload=payload,
        personal={"code_digest": digest(payload)},
    )


def answered(route: Route, payload: bytes, answer: PlatformAnswer, at: Instant, *, age_us: int = 0) -> Code:
    """Return the code an answer makes of a payload. `age_us` is how long ago it was given; the payload
    itself is no longer kept."""
    verdict, reason = _judge(route, answer, at)
    known = digest(payload)
    subject = {name: value for name, value in answer.subject.items() if value}
    if age_us >= SECOND_US:
        subject[Fact.ANSWER_AGE_S] = str(age_us // SECOND_US)
    # The payload may hold what it says in clear (a number, a name): such a code is not reduced.
    kept = payload if reason in (CodeReason.PLATFORM_NOT_FOUND, CodeReason.PLATFORM_NO_MEANING) else None
    return Code(
        carrier=route.carrier,
        verdict=verdict,
        reason=reason,
        issuer=route.name,
        valid_from_us=answer.issued_us,
        valid_until_us=answer.until_us,
        subject=subject,
        personal={**answer.personal, "code_digest": known},
        holder=f"{route.carrier}:{answer.person or known}",
        payload=kept,
    )


def _judge(route: Route, answer: PlatformAnswer, at: Instant) -> tuple[CodeVerdict, CodeReason | None]:
    if answer.state is not PlatformState.FOUND:
        return _REFUSED[answer.state]
    wanted = _STATES.get(route.carrier)
    if wanted is not None and not answer.subject.get(wanted):
        return CodeVerdict.UNVERIFIED, CodeReason.PLATFORM_NO_MEANING
    timed = answer.until_us is not None or route.fresh_us is not None
    if timed and at.clock is ClockQuality.UNSET:
        return CodeVerdict.UNVERIFIED, CodeReason.CLOCK_UNTRUSTED
    if answer.until_us is not None and at.at_us >= answer.until_us:
        return CodeVerdict.EXPIRED, CodeReason.EXPIRED
    return _fresh(route, answer, at.at_us)


def _fresh(route: Route, answer: PlatformAnswer, at_us: int) -> tuple[CodeVerdict, CodeReason | None]:
    if answer.issued_us is not None and answer.issued_us > at_us + AHEAD_US:
        return CodeVerdict.UNVERIFIED, CodeReason.PLATFORM_NO_MEANING
    if route.fresh_us is not None:
        # Where freshness is asked for, an answer that does not say when is not what was agreed.
        if answer.issued_us is None:
            return CodeVerdict.UNVERIFIED, CodeReason.PLATFORM_NO_MEANING
        if at_us - answer.issued_us > route.fresh_us:
            return CodeVerdict.UNVERIFIED, CodeReason.CODE_STALE
    return CodeVerdict.VALID, None
