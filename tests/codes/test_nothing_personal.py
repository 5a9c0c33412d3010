"""What stands open in the record names nobody: whatever a code says of a person, or lets anybody write,
is sealed."""

import json
import re

import pytest

from edge.codes import EMPTY, read
from edge.domain.model import Code
from tests.codes import test_cwa_venue, test_nz_venue, test_uk_venue
from tests.codes.every_carrier import DIVOC, EVERY_STORE, SAMPLES, Sample
from tests.codes.hc1_samples import VACCINATION, content, hc1_code, hc1_store, hc1_trust, token
from tests.codes.samples import NOW_US

EVERY = {**SAMPLES, **({"divoc": DIVOC} if DIVOC is not None else {})}
MARK = "Wanda Nobody"


def open_text(code: Code) -> str:
    """Return all that is not sealed of a code."""
    return json.dumps([*code.subject.items(), code.issuer, code.key_id], ensure_ascii=False).casefold()


def told_by(code: Code, known: Code) -> list[str]:
    """Return what stands open in a code of the person another reading of it knew: texts anywhere, and in
    the facts each single word."""
    texts = {text.casefold() for text in known.personal.values()}
    parts = {word for text in texts for word in re.findall(r"\w{3,}", text)}
    facts = " ".join(code.subject.values()).casefold()
    return [text for text in texts if text in open_text(code)] + [part for part in parts if part in facts]


@pytest.mark.parametrize("name", EVERY)
def test_nothing_personal_of_a_sample_stands_open(name: str) -> None:
    sample: Sample = EVERY[name]
    code = read(sample.payload, EVERY_STORE, NOW_US)
    assert (code.verdict, code.reason) == (sample.verdict, sample.reason)
    # Every kind of code says something of a place or a person, but our own venue's sign and an unknown one.
    assert code.personal or name in ("gatepost_venue", "china")
    assert told_by(code, code) == []


@pytest.mark.parametrize("name", EVERY)
def test_of_a_code_nobody_vouches_for_nothing_personal_stands_open(name: str) -> None:
    known, unknown = (read(EVERY[name].payload, store, NOW_US) for store in (EVERY_STORE, EMPTY))
    assert not unknown.subject
    assert told_by(unknown, known) == []


@pytest.mark.parametrize(
    "payload",
    [
        f"{test_cwa_venue.OWN}"
        + test_cwa_venue.text(test_cwa_venue.message(test_cwa_venue.location(MARK, f"1 {MARK} Road"))),
        "NZCOVIDTRACER:"
        + test_nz_venue.text(
            json.dumps({**test_nz_venue.POSTER, "opn": MARK, "adr": f"1 {MARK}", "gln": MARK}).encode()
        ),
        "UKC19TRACING:1:" + test_uk_venue.jws({**test_uk_venue.VENUE, "opn": MARK, "adr": MARK, "pc": MARK}),
    ],
    ids=["cwa", "nz", "uk"],
)
def test_what_a_host_wrote_on_a_venue_is_sealed(payload: str) -> None:
    code = read(payload.encode(), EVERY_STORE, NOW_US)
    assert MARK in code.personal["place"]
    assert MARK in code.personal["address"]
    assert MARK.casefold() not in open_text(code)


def test_a_health_certificate_opens_no_text_of_its_own_but_the_products_name() -> None:
    entry = {name: MARK if isinstance(value, str) else value for name, value in VACCINATION.items()}
    marked = content(v=[{**entry, "tg": VACCINATION["tg"], "mp": "EU/1/20/1528"}], nam={"fn": MARK}, dob=MARK)
    code = read(hc1_code(token(marked, iss=MARK)), hc1_store(hc1_trust()), NOW_US)
    assert code.personal["name"] == MARK
    assert MARK.casefold() not in open_text(code)
