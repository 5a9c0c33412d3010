"""From what a platform wrote to a `PlatformAnswer`: by name, by exact type, and never green by accident.

A value counts only where its protocol gives it a name. Everything else (another number, another
spelling, true, 1.0, null, a list, nothing at all) is `NO_MEANING`. Pure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from edge.domain.errors import DeviceUnavailable
from edge.domain.facts import Colour, Fact
from edge.domain.model import Carrier
from edge.domain.ports import PlatformAnswer, PlatformState

Meaning = Colour | PlatformState
"""What one value of a protocol stands for."""

CHINA = timezone(timedelta(hours=8))
MAX_TEXT = 200
_NUMBER = re.compile(r"\d{17}[\dXx]", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Milliseconds since 1970 that lie between 2020 and 2100; a count of seconds is never taken for them.
_NO_DATE_US = 4_102_444_800_000_000  # the year 2100
_MS = (1_577_836_800_000, 4_102_444_800_000)


@dataclass(frozen=True, slots=True)
class Said:
    """What one answer states. `health` and `itinerary` None where it says nothing of them. `odd` names a
    part that has to be there and is no value of the protocol: nothing of the answer counts then."""

    health: Meaning | None = None
    itinerary: Meaning | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    personal: Mapping[str, str] = field(default_factory=dict)
    issued_us: int | None = None
    until_us: int | None = None
    odd: bool = False
    besides: Meaning | None = None


def composed(kind: Carrier, said: Said) -> PlatformAnswer:
    """Return the answer to a question about a code of this kind."""
    state = _state(kind, said)
    health = said.health if isinstance(said.health, Colour) else said.besides
    colours = ((Fact.COLOUR, health), (Fact.ITINERARY, said.itinerary))
    stated = {str(fact): str(value) for fact, value in colours if isinstance(value, Colour)}
    # Of an answer that says "expired" or "failed" only what speaks against somebody is kept: nobody may
    # find a green there, and nobody may lose a red.
    found = state is PlatformState.FOUND
    against = {fact: colour for fact, colour in stated.items() if colour != Colour.GREEN}
    return PlatformAnswer(
        state=state,
        subject={**said.facts, **stated} if found else against,
        personal=dict(said.personal),
        person=_person(said.personal),
        issued_us=said.issued_us,
        until_us=said.until_us,
    )


def meant(table: Mapping[Any, Meaning], value: object) -> Meaning:
    """Return the name a protocol gives a value: an integer or a text, exactly as its table has it."""
    # In Python True == 1 == 1.0; on a wire they are three different things.
    if type(value) not in (int, str):
        return PlatformState.NO_MEANING
    return table.get(value, PlatformState.NO_MEANING)


def whole(document: object, what: str = "answer") -> Mapping[str, Any]:
    """Return a JSON object; raises DeviceUnavailable (`garbled`) where it is none."""
    if not isinstance(document, Mapping):
        raise garbled(f"its {what} is no object")
    return document


def garbled(what: str) -> DeviceUnavailable:
    """Return the error of an answer that is none of the protocol; `what` repeats nothing of it."""
    return DeviceUnavailable(f"the platform's answer cannot be read: {what}", code="garbled")


def personal(document: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    """Return the personal fields (ours -> theirs) that are there and are text."""
    found = {ours: _text(document.get(theirs)) for ours, theirs in names.items()}
    return {name: text for name, text in found.items() if text}


def moment_us(value: object) -> int | None:
    """Return a moment in microseconds UTC: milliseconds since 1970, or text, Beijing time where it names
    no zone. None where it is neither."""
    if type(value) is int:
        return value * 1000 if _MS[0] <= value < _MS[1] else None
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=CHINA)
    moment = round((found - _EPOCH) / timedelta(microseconds=1))
    return moment if 0 <= moment < _NO_DATE_US else None  # 0001 and 9999 stand for "none"


def stamped(value: object) -> tuple[int | None, bool]:
    """Return (moment, odd): nothing said is None and not odd, what cannot be read is odd."""
    if value is None or value == "":
        return None, False
    moment = moment_us(value)
    return moment, moment is None


def utc_text(moment: int) -> str:
    """Return a moment as `edge.domain.facts` writes it."""
    return (_EPOCH + timedelta(microseconds=moment)).strftime("%Y-%m-%dT%H:%M:%SZ")


def china_day(moment: int) -> str:
    """Return the day of a moment by the clocks in China."""
    return (_EPOCH + timedelta(microseconds=moment)).astimezone(CHINA).date().isoformat()


def _state(kind: Carrier, said: Said) -> PlatformState:
    if kind is Carrier.CHINA_VENUE:
        if isinstance(said.health, PlatformState) and said.health is not PlatformState.NO_MEANING:
            return said.health  # no answer, whatever place it names
        return (
            PlatformState.FOUND if said.facts.get(Fact.PLACE) and not said.odd else PlatformState.NO_MEANING
        )
    asked = said.itinerary if kind is Carrier.CHINA_ITINERARY else said.health
    if asked is None:
        return PlatformState.NO_MEANING
    if isinstance(asked, PlatformState):
        return asked
    return PlatformState.NO_MEANING if said.odd else PlatformState.FOUND


def _person(fields: Mapping[str, str]) -> str | None:
    """A whole document number names a person; a masked one may name thousands."""
    number = fields.get("id_number", "")
    return f"id:{number.upper()}" if _NUMBER.fullmatch(number) else None


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT or not value.isprintable():
        return ""
    return value.strip()
