"""Reading an answer as a site configures it: JSON pointers to the parts, tables from the platform's values
to our names. What `http` and `yunma` share.

A value is a text or a whole number; the number 1 and the text "1" are the same key of a table. Everything
that no table names is no meaning.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from drivers.options import Pairs, option
from drivers.verifier._pointer import at, pointer
from drivers.verifier._reading import (
    Meaning,
    Said,
    china_day,
    composed,
    meant,
    moment_us,
    personal,
    stamped,
    utc_text,
    whole,
)
from edge.domain.facts import Colour, Fact, Result, TestKind
from edge.domain.ports import Inquiry, PlatformAnswer, PlatformState

NAMES: Mapping[str, Meaning] = {
    **{str(colour): colour for colour in Colour},
    **{str(state): state for state in PlatformState if state is not PlatformState.FOUND},
}
_COLOUR_NAMES = ", ".join(NAMES)
_RESULTS = {str(result): result for result in Result}
_KINDS = {str(kind): kind for kind in TestKind}


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """Where things stand in the answer and what its values are called here."""

    ok_at: str = option("", "pointer to the platform's own word that it answered; empty: HTTP 200 says so")
    ok: tuple[str, ...] = option((), "values at `ok_at` that say so; every other is `failed`")
    health_at: str = option("", "pointer to the health code's colour")
    health: tuple[tuple[str, str], ...] = option((), f"its values by name: {_COLOUR_NAMES}")
    itinerary_at: str = option("", "pointer to the itinerary code's colour")
    itinerary: tuple[tuple[str, str], ...] = option((), f"its values by name: {_COLOUR_NAMES}")
    issued_at: str = option("", "pointer to when the code was made or last renewed")
    until_at: str = option("", "pointer to until when it counts")
    name_at: str = option("", "pointer to the name")
    id_number_at: str = option("", "pointer to the ID number")
    phone_at: str = option("", "pointer to the telephone number")
    test_at: str = option("", "pointer to the newest test's result")
    test: tuple[tuple[str, str], ...] = option((), "its values by name: negative, positive, inconclusive")
    test_kind_at: str = option("", "pointer to how it was made")
    test_kind: tuple[tuple[str, str], ...] = option((), "its values by name: naat, antigen, other")
    test_taken_at: str = option("", "pointer to when the sample was taken")
    doses_at: str = option("", "pointer to the number of doses received")
    doses_needed_at: str = option("", "pointer to the number of doses the course has")
    dose_date_at: str = option("", "pointer to the day of the last dose")
    place_at: str = option("", "pointer to a venue's name")
    venue_id_at: str = option("", "pointer to a venue's id")


def check(options: Answer) -> None:
    """Refuse pointers that are none and names nobody knows; ValueError names the option."""
    for name in Answer.__dataclass_fields__:
        if name.endswith("_at"):
            pointer(name, getattr(options, name))
    tables: tuple[tuple[str, Mapping[str, object]], ...] = (
        ("health", NAMES),
        ("itinerary", NAMES),
        ("test", _RESULTS),
        ("test_kind", _KINDS),
    )
    for name, known in tables:
        table: tuple[tuple[str, str], ...] = getattr(options, name)
        for value, meaning in table:
            if meaning not in known:
                names = ", ".join(known)
                raise ValueError(
                    f"{name}: {value} = {meaning!r}: no such name; there are {names} / "
                    f"{value} = {meaning!r}：没有这个名称；可以写的有 {names}"
                )
        if bool(getattr(options, f"{name}_at")) != bool(table):
            raise ValueError(f"{name}: {name}_at and {name} go together / {name}_at 和 {name} 要一起写")
    if bool(options.ok_at) != bool(options.ok):
        raise ValueError("ok: ok_at and ok go together / ok_at 和 ok 要一起写")
    if not (options.health_at or options.itinerary_at or options.place_at):
        raise ValueError(
            "health_at: at least one of health_at, itinerary_at, place_at is needed / "
            "health_at、itinerary_at、place_at 至少写一个"
        )


def reduced(options: Answer, inquiry: Inquiry, document: Any) -> PlatformAnswer:
    """Return what the answer amounts to."""
    whole(document)
    if options.ok_at and _key(at(document, options.ok_at)) not in options.ok:
        failed = PlatformState.FAILED
        return composed(inquiry.kind, Said(health=failed, itinerary=failed))
    issued_us, odd_issue = _stamp(document, options.issued_at)
    until_us, odd_end = _stamp(document, options.until_at)
    people = {"name": options.name_at, "id_number": options.id_number_at, "phone": options.phone_at}
    said = Said(
        health=_colour(document, options.health_at, options.health),
        itinerary=_colour(document, options.itinerary_at, options.itinerary),
        facts={**_test(options, document), **_vaccination(options, document), **_venue(options, document)},
        personal=_texts(document, people),
        issued_us=issued_us,
        until_us=until_us,
        odd=odd_issue or odd_end,
    )
    return composed(inquiry.kind, said)


def _colour(document: Any, place: str, table: Pairs) -> Meaning | None:
    if not place:
        return None
    return meant({value: NAMES[name] for value, name in table}, _key(at(document, place)))


def _test(options: Answer, document: Any) -> dict[str, str]:
    result = _named(document, options.test_at, options.test)
    if not result:
        return {}
    kind = _named(document, options.test_kind_at, options.test_kind)
    taken = moment_us(at(document, options.test_taken_at)) if options.test_taken_at else None
    facts = {Fact.TEST_RESULT: result, Fact.TEST_KIND: kind}
    facts[Fact.TEST_TAKEN] = utc_text(taken) if taken is not None else ""
    return {str(fact): text for fact, text in facts.items() if text}


def _vaccination(options: Answer, document: Any) -> dict[str, str]:
    doses, needed = (_count(document, place) for place in (options.doses_at, options.doses_needed_at))
    if not doses:
        return {}
    last = moment_us(at(document, options.dose_date_at)) if options.dose_date_at else None
    facts = {Fact.VACCINATION_DOSES: doses, Fact.VACCINATION_NEEDED: needed}
    facts[Fact.VACCINATION_DATE] = china_day(last) if last is not None else ""
    return {str(fact): text for fact, text in facts.items() if text}


def _venue(options: Answer, document: Any) -> dict[str, str]:
    return _texts(document, {Fact.PLACE: options.place_at, Fact.VENUE_ID: options.venue_id_at})


def _texts(document: Any, places: Mapping[str, str]) -> dict[str, str]:
    found = {name: at(document, place) for name, place in places.items() if place}
    return personal(found, {name: name for name in found})


def _stamp(document: Any, place: str) -> tuple[int | None, bool]:
    return stamped(at(document, place)) if place else (None, False)


def _named(document: Any, place: str, table: Pairs) -> str:
    key = _key(at(document, place)) if place else None
    return dict(table).get(key, "") if key is not None else ""


def _count(document: Any, place: str) -> str:
    key = _key(at(document, place)) if place else None
    return key if key is not None and key.isascii() and key.isdecimal() and len(key) < 3 else ""


def _key(value: object) -> str | None:
    # true, 1.0, null and lists are nobody's name for a colour.
    return value if isinstance(value, str) else str(value) if type(value) is int else None
