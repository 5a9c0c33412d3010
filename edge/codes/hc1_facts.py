"""Reduces the content of an EU certificate to what rules need and to whom it names.

Issuers write dates, doses and codes in more ways than the schema has. What cannot be read is left
out, so that a rule which needs it says so; only a content without a person, or not of exactly one
kind, is no certificate (ValueError). Codes: value sets of ehn-dcc-development/eu-dcc-schema.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from enum import StrEnum

from edge.codes import times
from edge.codes.cbor import Tagged
from edge.domain.facts import Fact, Result, TestKind

MAX_TEXT = 200  # the schema allows 80

_COVID_19 = "840539006"
_RESULTS = {"260415000": Result.NEGATIVE, "260373001": Result.POSITIVE}
_TEST_KINDS = {"LP6464-4": TestKind.NAAT, "LP217198-3": TestKind.ANTIGEN}
_TEXT_TAGS = (0, 1004)  # a moment and a day, RFC 8949 section 3.4.1 and RFC 8943; they hold text
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ].*)?", re.ASCII | re.DOTALL)
_HAN = re.compile(r"[\u3400-\u9fff]")
_OFFSET_HOURS = re.compile(r"([+-]\d\d)\Z", re.ASCII)
_OFFSET = re.compile(r".*(?:[Zz]|[+-]\d\d(?::?\d\d)?)", re.ASCII | re.DOTALL)

Entry = dict[str, object]


class Kind(StrEnum):
    """What one certificate is about, under its name in the schema."""

    VACCINATION = "v"
    TEST = "t"
    RECOVERY = "r"

    @property
    def purpose(self) -> str:
        """What a key that may sign such certificates is allowed to do (`TrustKey.purposes`)."""
        return self.name.lower()


def plain(value: object) -> object:
    """Return a CBOR value as JSON would hold it, texts trimmed; ValueError where it cannot."""
    if isinstance(value, Tagged) and value.tag in _TEXT_TAGS and isinstance(value.value, str):
        return value.value.strip()
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        if not all(isinstance(name, str) for name in value):
            raise ValueError("a name that is no text")
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("a number JSON does not know")
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if value is None or isinstance(value, bool | int):
        return value
    raise ValueError("bytes or a tag that no certificate needs")


def kind_of(certificate: Entry) -> tuple[Kind, list[Entry]]:
    """Return the one kind a certificate is of, and its entries."""
    found = [(kind, entries) for kind in Kind if (entries := _entries(certificate.get(kind.value)))]
    if len(found) != 1:
        raise ValueError("of no kind, or of several")
    return found[0]


def person_of(certificate: Entry, entries: Sequence[Entry], alone: str) -> tuple[dict[str, str], str]:
    """Return whom a certificate names, and a text that two certificates of that person share.

    Where it has no date of birth, a name is too little to call two people one: then its id stands in,
    and without one `alone`, which no other certificate shares.
    """
    names = certificate.get("nam")
    if not isinstance(names, dict):
        raise ValueError("no name")
    family, given, family_standard, given_standard = (
        _text(names.get(name)) for name in ("fn", "gn", "fnt", "gnt")
    )
    shown = _shown(given or _spaced(given_standard), family or _spaced(family_standard))
    if not shown:
        raise ValueError("no name")
    born = _born(_text(certificate.get("dob")))
    ids = [uci for uci in (_said(entry.get("ci")) for entry in entries) if uci]
    personal = {"name": shown, "birth_date": born, "certificate_id": ", ".join(ids)}
    folded = f"{_folded(family_standard or family)}|{_folded(given_standard or given)}"
    known_by = _folded(born or next(iter(ids), alone))
    return {name: value for name, value in personal.items() if value}, f"{known_by}|{folded}"


def facts_of(kind: Kind, entries: Sequence[Entry]) -> dict[str, str]:
    """Return the facts of the last entry that is about COVID-19."""
    about = [entry for entry in entries if entry.get("tg") == _COVID_19]
    facts = [_READERS[kind](entry) for entry in about]
    return max(facts, key=_ORDERS[kind], default={})


def _entries(value: object) -> list[Entry]:
    if value is None:  # some name all three kinds and leave two of them empty
        return []
    if not isinstance(value, list):
        raise ValueError("entries are a list")
    entries = [entry for entry in value if isinstance(entry, dict)]
    if len(entries) + value.count(None) != len(value):
        raise ValueError("an entry that is no object")
    return entries


def _vaccination(entry: Entry) -> dict[str, str]:
    return _known(
        {
            Fact.VACCINATION_DOSES: _count(entry.get("dn")),
            Fact.VACCINATION_NEEDED: _count(entry.get("sd")),
            Fact.VACCINATION_DATE: _day(entry.get("dt")),
            Fact.VACCINATION_PRODUCT: _said(entry.get("mp")),
        }
    )


def _test(entry: Entry) -> dict[str, str]:
    kind = _TEST_KINDS.get(_said(entry.get("tt")), TestKind.OTHER)
    # Whatever else a laboratory says, it is not negative; and without antibodies nobody is free of the virus.
    result = _RESULTS.get(_said(entry.get("tr")), Result.INCONCLUSIVE)
    if kind is TestKind.OTHER and result is Result.NEGATIVE:
        result = Result.INCONCLUSIVE
    return _known(
        {
            Fact.TEST_RESULT: result,
            Fact.TEST_KIND: kind,
            Fact.TEST_TAKEN: _moment(_said(entry.get("sc"))),
        }
    )


def _recovery(entry: Entry) -> dict[str, str]:
    return _known(
        {
            Fact.RECOVERY_DATE: _day(entry.get("fr")),
            Fact.RECOVERY_FROM: _day(entry.get("df")),
            Fact.RECOVERY_UNTIL: _day(entry.get("du")),
        }
    )


_READERS = {Kind.VACCINATION: _vaccination, Kind.TEST: _test, Kind.RECOVERY: _recovery}


def _last_dose(facts: dict[str, str]) -> tuple[int, str]:
    return int(facts.get(Fact.VACCINATION_DOSES, "0")), facts.get(Fact.VACCINATION_DATE, "")


def _last_test(facts: dict[str, str]) -> tuple[bool, bool, str, bool]:
    # A positive is never hidden by a negative, one of unknown day least of all.
    taken = facts.get(Fact.TEST_TAKEN, "")
    positive = facts[Fact.TEST_RESULT] == Result.POSITIVE
    return positive, positive and not taken, taken[:10], facts[Fact.TEST_RESULT] != Result.NEGATIVE


def _last_recovery(facts: dict[str, str]) -> tuple[str]:
    return (facts.get(Fact.RECOVERY_DATE, ""),)


_ORDERS: dict[Kind, Callable[[dict[str, str]], tuple[object, ...]]] = {
    Kind.VACCINATION: _last_dose,
    Kind.TEST: _last_test,
    Kind.RECOVERY: _last_recovery,
}


def _known(facts: dict[Fact, str]) -> dict[str, str]:
    return {str(name): str(value) for name, value in facts.items() if value}


def _count(value: object) -> str:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 100 else ""


def _day(value: object) -> str:
    """Return the day of a date, which some write with a midnight behind it; "" where there is none."""
    found = _DAY.fullmatch(_said(value))
    if found is None:
        return ""
    try:
        return date.fromisoformat(found[1]).isoformat()
    except ValueError:
        return ""


def _moment(text: str) -> str:
    """Return a moment in UTC, or its day where it does not say how far it is from UTC."""
    if not _DAY.fullmatch(text) or len(text) == 10 or not _OFFSET.fullmatch(text[10:]):
        return _day(text)
    try:
        return times.text(times.parse(_OFFSET_HOURS.sub(r"\1:00", text)))
    except (ValueError, OverflowError):
        return ""


def _born(text: str) -> str:
    found = _DAY.fullmatch(text)
    return found[1] if found else text


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise ValueError("no text, or one longer than any certificate has")
    return unicodedata.normalize("NFC", value)


def _said(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= MAX_TEXT else ""


def _spaced(standard: str) -> str:
    return " ".join(standard.replace("<", " ").split())


def _shown(given: str, family: str) -> str:
    if _HAN.search(given) and _HAN.search(family):
        return family + given
    return f"{given} {family}".strip()


def _folded(name: str) -> str:
    return _spaced(unicodedata.normalize("NFKC", name).casefold().replace("|", " "))
