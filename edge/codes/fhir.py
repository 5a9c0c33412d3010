"""Reduces the FHIR bundle of a health card to what rules need and to whom it names.

Profiles and value sets: HL7/fhir-shc-vaccination-ig (CVX, LOINC, SNOMED CT). A bundle may hold other
vaccines and other tests too; only those against COVID-19 count, and only what is about the one
patient. What cannot be read is left out, so that a rule which needs it says so; only a bundle without
exactly one named patient is no card (ValueError). Recovery is not stated by cards.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from edge.codes import times
from edge.domain.facts import Fact, Result, TestKind

MAX_TEXT = 200


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CVX = "http://hl7.org/fhir/sid/cvx"
_LOINC = "http://loinc.org"
_SNOMED = "http://snomed.info/sct"
_COVID_CVX = _codes(
    "207 208 210 211 212 213 217 218 219 221 225 226 227 228 229 230 300 301 302 308 309 310 311 312 313 "
    "500 501 502 503 504 505 506 507 508 509 510 511 512 513 514 515 516 517 518 519 520 521"
)
_NAAT = _codes(
    "94307-6 94308-4 94309-2 94310-0 94314-2 94315-9 94316-7 94500-6 94502-2 94532-9 94533-7 94534-5 "
    "94559-2 94565-9 94639-2 94640-0 94641-8 94647-5 94660-8 94756-4 94757-2 94758-0 94759-8 94760-6 "
    "94765-5 94766-3 94767-1 94845-5 95406-5 95409-9 95423-0 95425-5 95608-6 95823-1 95824-9 96091-4 "
    "96120-1 96121-9 96122-7 96123-5 96448-6 96763-8 96765-3 96797-6 96829-7 96957-6 96958-4 96986-5 "
    "97098-8 98131-6 98132-4 98493-0 98494-8"
)
_ANTIGEN = _codes("94558-4 95209-3 96119-3 97097-0")
# Culture and sequencing of the virus. Tests for antibodies say nothing of an infection now: left out.
_OTHER = _codes("94763-0 94822-4 95424-8 95609-4")
_TEST_KINDS = {
    code: kind
    for kind, codes in ((TestKind.NAAT, _NAAT), (TestKind.ANTIGEN, _ANTIGEN), (TestKind.OTHER, _OTHER))
    for code in codes
}
# Presumptive and weakly positive too, and the virus itself as the answer.
_POSITIVE = _codes("260373001 10828004 11214006 260408008 720735008 840533007 LA11882-0 LA6576-8")
_NEGATIVE = _codes("260415000 260385009 131194007 LA11883-8 LA6577-6")
_WORDS = {
    "detected": Result.POSITIVE,
    "positive": Result.POSITIVE,
    "not detected": Result.NEGATIVE,
    "negative": Result.NEGATIVE,
}
_MADE = ("final", "amended", "corrected")  # of ObservationStatus, those that stand
_OLD_NAMES = ("old", "maiden", "temp", "nickname", "anonymous")
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:T.*)?", re.ASCII | re.DOTALL)
_OFFSET = re.compile(r".*(?:Z|[+-]\d\d:\d\d)", re.ASCII | re.DOTALL)
_BORN = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?", re.ASCII)
_ONE_DAY = timedelta(days=1)
_HAN = re.compile(r"[\u3400-\u9fff]")

Resource = dict[str, object]


class Person(NamedTuple):
    """Whom a card names; `birth_date` is empty where the card does not say."""

    name: str
    family: str
    given: str
    birth_date: str


class _Dose(NamedTuple):
    day: date
    needed: int  # 0 where nobody says
    product: str


def person_of(bundle: object) -> Person:
    """Return the one patient of a bundle; ValueError where there is none, or more than one."""
    ((_, patient),) = _patients(bundle)
    name = _current_name(patient.get("name"))
    given = " ".join(_texts(name.get("given")))
    family = _text(name.get("family"))
    shown = _shown(given, family) or _text(name.get("text"))
    if not shown:
        raise ValueError("a patient without a name")
    born = _text(patient.get("birthDate"))
    return Person(shown, family or shown, given, born if _is_birth_date(born) else "")


def facts_of(bundle: object) -> dict[str, str]:
    """Return the facts of the doses and of the last test in a bundle."""
    ((url, _),) = _patients(bundle)
    if not url:  # nothing can be said to be about a patient whom nothing can name
        return {}
    doses: list[_Dose] = []
    tests: list[dict[str, str]] = []
    for _, resource in _resources(bundle):
        kind = resource.get("resourceType")
        if kind == "Immunization" and _reference(resource.get("patient")) == url:
            dose = _dose(resource)
            if dose is not None:
                doses.append(dose)
        elif kind == "Observation" and _reference(resource.get("subject")) == url:
            test = _test(resource)
            if test is not None:
                tests.append(test)
    return _vaccination(doses) | max(tests, key=_last_test, default={})


def folded(name: str) -> str:
    """Return a name so that case, spaces and how accents are composed make no difference."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().replace("|", " ").split())


def _resources(bundle: object) -> Iterator[tuple[str, Resource]]:
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise ValueError("no bundle")
    entries = bundle.get("entry")
    if not isinstance(entries, list):
        raise ValueError("a bundle without entries")
    for entry in entries:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            raise ValueError("an entry without a resource")
        yield _text(entry.get("fullUrl")), resource


def _patients(bundle: object) -> list[tuple[str, Resource]]:
    found = [each for each in _resources(bundle) if each[1].get("resourceType") == "Patient"]
    if len(found) != 1:
        raise ValueError("of nobody, or of several people")
    return found


def _current_name(names: object) -> Resource:
    found = [name for name in names if isinstance(name, dict)] if isinstance(names, list) else []
    found = [name for name in found if name.get("use") not in _OLD_NAMES] or found
    return min(found, key=lambda name: name.get("use") != "official", default={})


def _dose(resource: Resource) -> _Dose | None:
    """Return a dose that was given, counts in full, is against COVID-19 and says when."""
    if resource.get("status") != "completed" or resource.get("isSubpotent") is True:
        return None
    products = [code for system, code in _codings(resource.get("vaccineCode")) if system == _CVX]
    product = next((code for code in products if code in _COVID_CVX), "")
    day = _day(resource.get("occurrenceDateTime"))
    return _Dose(date.fromisoformat(day), _needed(resource), product) if product and day else None


def _needed(resource: Resource) -> int:
    applied = resource.get("protocolApplied")
    for entry in applied if isinstance(applied, list) else []:
        needed = entry.get("seriesDosesPositiveInt") if isinstance(entry, dict) else None
        if isinstance(needed, int) and not isinstance(needed, bool) and 0 < needed < 100:
            return needed
    return 0


def _vaccination(entered: list[_Dose]) -> dict[str, str]:
    doses = _given(entered)
    if not doses:
        return {}
    facts = {
        Fact.VACCINATION_DOSES: str(len(doses)),
        Fact.VACCINATION_NEEDED: str(doses[-1].needed or ""),
        Fact.VACCINATION_DATE: doses[-1].day.isoformat(),
        Fact.VACCINATION_PRODUCT: doses[-1].product,
    }
    return {str(name): value for name, value in facts.items() if value}


def _given(entered: list[_Dose]) -> list[_Dose]:
    """Return the doses in their order, each once. Nobody gets two within a day, and one that was entered by
    the clocks of two time zones lies on neighbouring days: the first counts, with the longer course."""
    doses: list[_Dose] = []
    last = date.min
    for dose in sorted(entered):
        if doses and dose.day - last <= _ONE_DAY:
            doses[-1] = doses[-1]._replace(needed=max(doses[-1].needed, dose.needed))
        else:
            doses.append(dose)
        last = dose.day
    return doses


def _test(resource: Resource) -> dict[str, str] | None:
    if resource.get("status") not in _MADE:
        return None
    codes = [code for system, code in _codings(resource.get("code")) if system == _LOINC]
    kind = next((_TEST_KINDS[code] for code in codes if code in _TEST_KINDS), None)
    if kind is None:
        return None
    facts = {
        Fact.TEST_RESULT: _result(resource),
        Fact.TEST_KIND: kind,
        Fact.TEST_TAKEN: _taken(resource),
    }
    return {str(name): str(value) for name, value in facts.items() if value}


def _taken(resource: Resource) -> str:
    """Return when the sample was taken. `issued` is when the laboratory was done, up to days later,
    and would make a test look younger than it is: it never stands in."""
    period = resource.get("effectivePeriod")
    start = period.get("start") if isinstance(period, dict) else None
    said = (resource.get("effectiveDateTime"), resource.get("effectiveInstant"), start)
    return next((moment for moment in map(_moment, said) if moment), "")


def _result(resource: Resource) -> Result:
    """Return a result; whatever else a laboratory says, or says in two ways, is not negative."""
    concept = resource.get("valueCodeableConcept")
    found = {_meaning(code) for system, code in _codings(concept) if system in (_SNOMED, _LOINC)}
    if not found:
        text = concept.get("text") if isinstance(concept, dict) else resource.get("valueString")
        found = {_WORDS.get(folded(text) if isinstance(text, str) else "", Result.INCONCLUSIVE)}
    return found.pop() if len(found) == 1 else Result.INCONCLUSIVE


def _meaning(code: str) -> Result:
    if code in _POSITIVE:
        return Result.POSITIVE
    return Result.NEGATIVE if code in _NEGATIVE else Result.INCONCLUSIVE


def _last_test(facts: dict[str, str]) -> tuple[bool, bool, str, bool, str]:
    # A positive is never hidden by a negative, one of unknown day least of all. Of one day the worse: an
    # hour is not always said, and an hour is no recovery.
    taken = facts.get(Fact.TEST_TAKEN, "")
    positive = facts[Fact.TEST_RESULT] == Result.POSITIVE
    return positive, positive and not taken, taken[:10], facts[Fact.TEST_RESULT] != Result.NEGATIVE, taken


def _codings(concept: object) -> list[tuple[str, str]]:
    codings = concept.get("coding") if isinstance(concept, dict) else None
    found = [each for each in codings if isinstance(each, dict)] if isinstance(codings, list) else []
    pairs = [(each.get("system"), each.get("code")) for each in found]
    return [(system, code) for system, code in pairs if isinstance(system, str) and isinstance(code, str)]


def _reference(value: object) -> str:
    found = value.get("reference") if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _day(value: object) -> str:
    found = _DAY.fullmatch(value) if isinstance(value, str) else None
    return found[1] if found and _is_day(found[1]) else ""


def _moment(value: object) -> str:
    """Return a moment in UTC, or its day where no time of day is said; "" for a year or a month."""
    day = _day(value)
    if not day or not _OFFSET.fullmatch(str(value)[10:]):  # without its offset the time says little
        return day
    try:
        return times.text(times.parse(str(value)))
    except (ValueError, OverflowError):
        return ""


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_birth_date(text: str) -> bool:
    return _BORN.fullmatch(text) is not None and _is_day(text + "-01-01"[len(text) - 4 :])


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise ValueError("no text, or one longer than any card has")
    return unicodedata.normalize("NFC", value).strip()


def _texts(value: object) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > 10:
        raise ValueError("no list of names")
    return [text for text in (_text(item) for item in value) if text]


def _shown(given: str, family: str) -> str:
    if _HAN.search(given) and _HAN.search(family):
        return family + given
    return f"{given} {family}".strip()
