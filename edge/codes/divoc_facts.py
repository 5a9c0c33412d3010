"""Reduces a DIVOC certificate to what rules need and to whom it names.

The published contexts give several fields of a vaccination one and the same name: `dose` and
`totalDoses` are both "dose value", `date`, `effectiveStart` and `effectiveUntil` all "date". The
signature is over a set of values under that name and does not say which field each stood in, so that
"1 of 2" can be turned into "2 of 1" without breaking it. Of such a set the cautious value is taken:
the smallest number as doses received, the largest as doses needed, the earliest day. A day is the one
that is written, whatever time and zone stand behind it, as with every other format. The name of the
vaccine shares its own with the numbers of the batch and of the certificate: it may turn out to be what
tells one person from all others, and is sealed.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Any

from edge.codes import times
from edge.domain.facts import Fact

MAX_TEXT = 200

_CREDENTIALS = "https://www.w3.org/2018/credentials#"
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ].*)?", re.ASCII | re.DOTALL)

Object = dict[str, Any]


def times_of(node: Object) -> tuple[int | None, int | None]:
    """Return when an expanded credential begins and ends, None where it does not say; ValueError for a
    time that is none."""
    return _time(node, "issuanceDate"), _time(node, "expirationDate")


def person_of(credential: Object) -> tuple[dict[str, str], str]:
    """Return whom a credential names, and a text that two of that person share; ValueError without a
    name, and without anything by which people of one name differ."""
    subject = credential.get("credentialSubject")
    if not isinstance(subject, dict):
        raise ValueError("no person")
    name, born, number, reference = (_said(subject.get(field)) for field in ("name", "dob", "id", "refId"))
    if not name or not (born or number or reference):
        raise ValueError("no name, or nothing else of the person")
    entries = _evidence(credential)
    ids, vaccines = (
        ", ".join(dict.fromkeys(filter(None, (_said(entry.get(field)) for entry in entries))))
        for field in ("certificateId", "vaccine")
    )
    personal = {
        "name": name,
        "birth_date": born,
        "id_number": number,
        "certificate_id": ids,
        str(Fact.VACCINATION_PRODUCT): vaccines,
    }
    folded = unicodedata.normalize("NFKC", name).casefold().replace("|", " ")
    found = {field: value for field, value in personal.items() if value}
    return found, f"{number or born or reference}|{folded}"


def facts_of(credential: Object, node: Object) -> dict[str, str]:
    """Return the facts of the last vaccination; `node` is the credential expanded."""
    written, stated = _evidence(credential), node.get(f"{_CREDENTIALS}evidence", [])
    if len(written) != len(stated):
        return {}
    found = [_vaccination(*pair) for pair in zip(written, stated, strict=True)]
    best = max(found, key=lambda facts: int(facts[Fact.VACCINATION_DOSES] or 0), default={})
    return {str(name): value for name, value in best.items() if value}


def _vaccination(written: Object, stated: Object) -> dict[Fact, str]:
    doses, needed = (
        [_number(value) for value in _alike(stated, written.get(field))] for field in ("dose", "totalDoses")
    )
    days = [_day(value) for value in _alike(stated, written.get("date"))]
    return {
        # One that cannot be read may be the one that counts: then nothing is said.
        Fact.VACCINATION_DOSES: str(min(doses)) if doses and all(doses) else "",
        Fact.VACCINATION_NEEDED: str(max(needed)) if needed and all(needed) else "",
        Fact.VACCINATION_DATE: min(days) if days and all(days) else "",
    }


def _alike(stated: Object, value: object) -> Iterator[object]:
    """Yield the values a field could have had: all that share a name with the one it shows."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return
    for name, values in stated.items():
        held = [item.get("@value") for item in values] if not name.startswith("@") else []
        if any(type(item) is type(value) and item == value for item in held):
            yield from held


def _evidence(credential: Object) -> list[Object]:
    found = credential.get("evidence")
    entries = found if isinstance(found, list) else [found]
    return [entry for entry in entries if isinstance(entry, dict)]


def _time(node: Object, name: str) -> int | None:
    values = node.get(f"{_CREDENTIALS}{name}", [])
    if not values:
        return None
    if len(values) != 1 or not isinstance(values[0].get("@value"), str):
        raise ValueError("not one time")
    return times.parse(values[0]["@value"])


def _number(value: object) -> int:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if re.fullmatch(r"[1-9]\d?", text, re.ASCII) else 0


def _day(value: object) -> str:
    found = _DAY.fullmatch(value) if isinstance(value, str) else None
    try:
        return date.fromisoformat(found[1]).isoformat() if found else ""
    except ValueError:
        return ""


def _said(value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        return ""
    return " ".join(unicodedata.normalize("NFC", value).split())
