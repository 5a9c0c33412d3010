"""From what an attendant gave to evidence: every value checked against the procedure's questions."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time

from edge.domain import itinerary
from edge.domain.errors import FormError
from edge.domain.events import Give
from edge.domain.model import Answer, Carrier, Evidence, Measurement, Method
from edge.domain.plan import CONTACT, TICKED, Procedure, Question

MAX_TEXT = 200
# A clinical thermometer shows 32 to 43 degrees; outside that the number was mistyped.
_CONTACT_RANGE_MDEGC = (32_000, 43_000)
_DOCUMENT = re.compile(r"[A-Z0-9]{5,20}", re.ASCII)
_RESIDENT = re.compile(r"[1-9]\d{16}[\dX]", re.ASCII)
_TIME = re.compile(r"\d\d:\d\d", re.ASCII)
_DECIMAL = re.compile(r"(\d{2})(?:[.,](\d{1,2}))?")


def taken(procedure: Procedure, event: Give) -> tuple[Evidence, ...]:
    """Return one piece of evidence for each answer.

    Raises FormError `unknown_question` or `bad_value`; then nothing of the command is taken.
    """
    if not event.answers:
        raise FormError("bad_value", "no answer was given")
    return tuple(_piece(procedure, event, name, value) for name, value in event.answers)


def numbers(
    procedure: Procedure, answers: Iterable[tuple[str, str]]
) -> tuple[tuple[str, frozenset[Carrier]], ...]:
    """Return the ID numbers among answers that stand in place of a code, each with the kinds of code its step
    reads: a number asked for another reason is not somebody's missing code."""
    places = {
        question.id: frozenset(step.carriers)
        for step in procedure.steps
        for question in step.instead
        if question.kind == "id_number" and question.id == "id_number"
    }
    return tuple((value, places[name]) for name, value in answers if name in places)


def contact_mdegc(text: str) -> int:
    """Return a typed contact temperature in thousandths of a degree; raises FormError `bad_value`."""
    match = _DECIMAL.fullmatch(text.strip())
    if match is None:
        raise FormError("bad_value", "type the temperature in degrees, such as 36.8")
    value = int(match[1]) * 1000 + int((match[2] or "0").ljust(3, "0"))
    low, high = _CONTACT_RANGE_MDEGC
    if not low <= value <= high:
        raise FormError("bad_value", f"a contact thermometer shows {low // 1000} to {high // 1000} degrees")
    return value


def checked(question: Question, value: str) -> str:
    """Return an answer as it is kept; raises FormError `bad_value`."""
    value = value.strip()
    if question.kind == "choice":
        if question.choice(value) is None:
            raise FormError("bad_value", f"{question.id} has no choice {value!r}")
        return value
    if question.kind == "tick":
        if value != TICKED:
            raise FormError("bad_value", f"{question.id} is ticked with {TICKED!r}")
        return value
    if not value or len(value) > MAX_TEXT or any(ord(letter) < 32 for letter in value):
        raise FormError("bad_value", f"{question.id} wants 1 to {MAX_TEXT} characters on one line")
    if question.kind == "number" and not value.isdecimal():
        raise FormError("bad_value", f"{question.id} wants a whole number")
    if question.kind == "id_number":
        return document_number(value)
    if question.kind in _WRITTEN:
        return _written(question, value)
    return value


def _written(question: Question, value: str) -> str:
    """Return a date as 2022-03-05, a time as 07:30, an itinerary as its places."""
    read, wants = _WRITTEN[question.kind]
    try:
        found = read(value)
    except ValueError:
        found = None
    if found is None:
        raise FormError("bad_value", f"{question.id} wants {wants}")
    return found


def _date(text: str) -> str:
    return date.fromisoformat(text).isoformat()


def _time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise ValueError(text)
    return time.fromisoformat(text).isoformat("minutes")


def document_number(text: str) -> str:
    """Return the number of an identity document as it is kept; raises FormError `bad_id_number`.

    A resident's number has 18 places, a date that exists and the check digit of GB 11643-1999; whatever
    holds other letters is another document's (a passport's) and can only be looked at.
    """
    number = "".join(text.split()).upper()
    if not _DOCUMENT.fullmatch(number):
        raise FormError("bad_id_number", "type 5 to 20 letters and digits")
    digits = sum(place.isdecimal() for place in number)
    if digits == 0:
        raise FormError("bad_id_number", "type 5 to 20 letters and digits")
    # Passports and travel permits have fewer places, many of them digits only.
    if len(number) < 15 or digits < len(number) - 1:
        return number
    if not _is_resident_number(number):
        raise FormError("bad_id_number", "an ID number has 18 places, and its last one must fit")
    return number


_WRITTEN: Mapping[str, tuple[Callable[[str], str | None], str]] = {
    "date": (_date, "a day such as 2022-03-05"),
    "time": (_time, "a time such as 07:30"),
    "itinerary": (itinerary.recorded, "places, or a word for none"),
}


def _is_resident_number(number: str) -> bool:
    if not _RESIDENT.fullmatch(number):
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    weighed = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(number[:17]))
    return "10X98765432"[weighed % 11] == number[17]


def _piece(procedure: Procedure, event: Give, name: str, value: str) -> Evidence:
    if name == CONTACT:
        item = Measurement(
            device="contact",
            method=Method.CONTACT,
            site="axilla",
            body_mdegc=contact_mdegc(value),
            conversion="contact/1",
            frames=1,
            by=event.by,
            command_id=event.command_id,
        )
        return Evidence(event.at, f"attendant:{event.by}", item)
    question = procedure.question(name)
    if question is None:
        raise FormError("unknown_question", f"this procedure does not ask {name}")
    answer = Answer(name, checked(question, value), event.by, question.personal, event.command_id)
    return Evidence(event.at, f"attendant:{event.by}", answer)
