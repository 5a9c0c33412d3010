"""Reduces the message of a VDS-NC to what rules need and to whom it names.

Proof of vaccination (`icao.vacc`) and of testing (`icao.test`). Fields and their words: ICAO's data
sets as Path-Check/paper-cred lists them; vaccines and diseases are codes of ICD-11. What cannot be read
is left out, so that a rule which needs it says so; only a message without a person is refused.
"""

import re
import unicodedata
from datetime import date

from edge.codes import times
from edge.domain.facts import Fact, Result, TestKind

MAX_TEXT = 100  # the data sets allow 39 letters of a name

_VACCINATION, _TEST = "icao.vacc", "icao.test"
TYPES = frozenset({_VACCINATION, _TEST})
_COVID_19 = "RA01"  # ICD-11; RA01.0 is "confirmed"
_RESULTS = {"negative": Result.NEGATIVE, "positive": Result.POSITIVE}
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_SEQUENCE = re.compile(r"0?[1-9]|[1-9]\d", re.ASCII)
_OFFSET = re.compile(r".*(?:[Zz]|[+-]\d\d:?\d\d)", re.ASCII | re.DOTALL)

Message = dict[str, object]


def person_of(kind: str, message: Message) -> tuple[dict[str, str], str]:
    """Return whom a message names, and a text that two seals of that person share. ValueError without
    a name, and without both a date of birth and a document by which people of one name differ."""
    person = message.get("pid")
    if not isinstance(person, dict):
        raise ValueError("no person")
    name = _said(person.get("n"))
    born = _said(person.get("dob"))
    numbers = [_said(person.get(field)) for field in (("i", "ai") if kind == _VACCINATION else ("dn",))]
    number = next(iter(filter(None, numbers)), "")
    if not name or not (born or number):
        raise ValueError("no name, or nothing else of the person")
    certificate = _said(message.get("uvci" if kind == _VACCINATION else "utci"))
    personal = {"name": name, "birth_date": born, "id_number": number, "certificate_id": certificate}
    holder = f"{born or number}|{unicodedata.normalize('NFKC', name).casefold().replace('|', ' ')}"
    return {field: value for field, value in personal.items() if value}, holder


def facts_of(kind: str, message: Message) -> dict[str, str]:
    """Return the facts of the last dose against COVID-19, or of the test."""
    found = _vaccination(message.get("ve")) if kind == _VACCINATION else _test(message)
    return {str(name): str(value) for name, value in found.items() if value}


def _vaccination(events: object) -> dict[Fact, str]:
    doses = []
    for event in _objects(events):
        disease = _said(event.get("dis"))
        if not disease.startswith(_COVID_19):
            continue  # against what is said of every dose that counts here
        for dose in _objects(event.get("vd")):
            number = _sequence(dose.get("seq"))
            if number:
                doses.append((number, _day(dose.get("dvc")), _said(event.get("nam"))))
    if not doses:
        return {}
    number, day, product = max(doses)
    return {
        Fact.VACCINATION_DOSES: str(number),
        Fact.VACCINATION_DATE: day,
        Fact.VACCINATION_PRODUCT: product,
    }


def _test(message: Message) -> dict[Fact, str]:
    result, dates = message.get("tr"), message.get("dat")
    if not isinstance(result, dict):
        return {}
    kind = _said(result.get("tc")).lower().replace(" ", "")
    if "antibod" in kind:
        return {}  # whoever has none may carry the virus
    # Whatever else a laboratory says ("normal", say), it is not negative; nor is what nobody knows how to
    # read.
    found = _RESULTS.get(_said(result.get("r")).lower(), Result.INCONCLUSIVE)
    if _kind(kind) is TestKind.OTHER and found is Result.NEGATIVE:
        found = Result.INCONCLUSIVE
    return {
        Fact.TEST_RESULT: found,
        Fact.TEST_KIND: _kind(kind),
        Fact.TEST_TAKEN: _moment(dates.get("sc")) if isinstance(dates, dict) else "",
    }


def _kind(text: str) -> TestKind:
    if text.startswith("molecular"):  # molecular(PCR), molecular(other)
        return TestKind.NAAT
    return TestKind.ANTIGEN if text == "antigen" else TestKind.OTHER


def _objects(value: object) -> list[dict[str, object]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _sequence(value: object) -> int:
    # A text in the data set; some write a number.
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if _SEQUENCE.fullmatch(text) else 0


def _day(value: object) -> str:
    text = _said(value)
    try:
        return date.fromisoformat(text).isoformat() if _DAY.fullmatch(text) else ""
    except ValueError:
        return ""


def _moment(value: object) -> str:
    """Return a moment in UTC, or its day where it does not say how far it is from UTC."""
    text = _said(value)
    if not _OFFSET.fullmatch(text[10:]):
        return _day(text[:10])
    try:
        return times.text(times.parse(text))
    except (ValueError, OverflowError):
        return ""


def _said(value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        return ""
    return " ".join(unicodedata.normalize("NFC", value).split())
