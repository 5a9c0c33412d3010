"""NZ COVID Tracer posters: five texts in JSON, by themselves or in a link, signed by nobody."""

import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import TrustStore, nz_venue, read
from edge.codes.outcome import Refusal, proven, refused
from edge.codes.reasons import SENTENCES
from edge.domain.facts import Fact
from edge.domain.model import Carrier, Code, CodeVerdict
from tests.codes.samples import NOW_US

POSTER = {
    "gln": "0000000000000",
    "ver": "c19:1",
    "typ": "entry",
    "opn": "Invented Bakery",
    "adr": "1 Nowhere Road\nImaginary Bay\n Wellington ",
}


def text(content: object = POSTER) -> str:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return b64encode(data).decode()


def code(payload: str | bytes) -> Code:
    data = payload.encode() if isinstance(payload, str) else payload
    assert nz_venue.recognises(data)
    try:
        claims = nz_venue.claims(data)
    except Refusal as refusal:
        return refused(Carrier.NZ_VENUE, refusal, data)
    return proven(Carrier.NZ_VENUE, claims, NOW_US, clock_trusted=True)


@pytest.mark.parametrize(
    "payload",
    [
        "NZCOVIDTRACER:" + text(),
        "NZCOVIDTRACER:" + text().rstrip("="),
        "https://tracing.covid19.govt.nz/loc#data=NZCOVIDTRACER:" + text(),
        "https://tracing.covid19.govt.nz/#data=" + text(),
        "https://tracing.covid19.govt.nz/scan?data=NZCOVIDTRACER:" + text(),
        "https://tracing.covid19.govt.nz/scan?x=1&data=NZCOVIDTRACER%3A" + text().replace("=", "%3D"),
        "https://poster.example.nz/p#data=NZCOVIDTRACER:" + text().rstrip("="),
    ],
)
def test_a_poster_says_its_place_and_that_nobody_signed_it(payload: str) -> None:
    assert text().endswith("=")
    found = code(payload)
    assert (found.verdict, found.reason) == (CodeVerdict.UNVERIFIED, "unsigned")
    assert found.personal == {
        Fact.PLACE: "Invented Bakery",
        Fact.ADDRESS: "1 Nowhere Road, Imaginary Bay, Wellington",
        Fact.VENUE_ID: "0000000000000",
    }
    assert (found.issuer, found.holder, dict(found.subject)) == (None, None, {})


@pytest.mark.parametrize("letters", ["??>>", "\u00ff\u00fe~~~"])
def test_plus_and_slash_may_stand_escaped_in_a_link(letters: str) -> None:
    made = text(json.dumps({**POSTER, "opn": letters * 3}, ensure_ascii=False).encode())
    assert "/" in made or "+" in made
    escaped = made.replace("+", "%2B").replace("/", "%2f").replace("=", "%3d")
    assert code("https://tracing.covid19.govt.nz/#data=" + escaped).personal[Fact.PLACE] == letters * 3


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("NZCOVIDTRACER:foo", "encoding"),
        ("NZCOVIDTRACER:", "encoding"),
        ("NZCOVIDTRACER:" + text() + "=", "encoding"),
        ("NZCOVIDTRACER: " + text(), "encoding"),
        ("NZCOVIDTRACER:" + text() + "\n", "encoding"),
        ("NZCOVIDTRACER:" + text(b"\xff"), "encoding"),
        ("NZCOVIDTRACER:" + text(b'{"gln":"1","gln":"2"}'), "encoding"),
        ("NZCOVIDTRACER:" + text(b"[" * 4000), "encoding"),
        ("NZCOVIDTRACER:" + text(b"9" * 4000), "encoding"),
        ("NZCOVIDTRACER:" + text([POSTER]), "structure"),
        ("NZCOVIDTRACER:" + text({**POSTER, "typ": "exit"}), "structure"),
        ("NZCOVIDTRACER:" + text({**POSTER, "ver": "1"}), "structure"),
        ("NZCOVIDTRACER:" + text({**POSTER, "opn": "  "}), "structure"),
        ("NZCOVIDTRACER:" + text({**POSTER, "gln": ""}), "structure"),
        ("NZCOVIDTRACER:" + text({**POSTER, "adr": "a" * 301}), "structure"),
    ],
)
def test_what_is_no_poster_is_refused(payload: str, reason: str) -> None:
    found = code(payload)
    assert (found.verdict, found.reason) == (CodeVerdict.INVALID, reason)
    assert not found.subject


@pytest.mark.parametrize("name", POSTER)
@pytest.mark.parametrize("value", [None, 1, ["a"], {"a": "b"}, True])
def test_all_five_have_to_be_texts(name: str, value: Any) -> None:
    assert code("NZCOVIDTRACER:" + text({**POSTER, name: value})).reason == "structure"
    rest = {key: found for key, found in POSTER.items() if key != name}
    assert code("NZCOVIDTRACER:" + text(rest)).reason == "structure"


def test_a_later_version_is_unsupported() -> None:
    found = code("NZCOVIDTRACER:" + text({**POSTER, "ver": "c19:2"}))
    assert (found.verdict, found.reason) == (CodeVerdict.UNSUPPORTED, "version")


@pytest.mark.parametrize(
    "payload",
    [
        "nzcovidtracer:" + text(),
        " NZCOVIDTRACER:" + text(),
        "https://elsewhere.example/#data=" + text(),
        "https://tracing.covid19.govt.nz.evil.example/#data=" + text(),
        "https://elsewhere.example/" + "x" * 300 + "#data=NZCOVIDTRACER:" + text(),
        text(),
    ],
)
def test_what_is_not_marked_as_one_is_left_to_others(payload: str) -> None:
    assert not nz_venue.recognises(payload.encode())


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_get_an_answer_that_is_never_valid(data: bytes, wrapped: bool) -> None:
    found = code(b"NZCOVIDTRACER:" + (b64encode(data) if wrapped else data))
    assert (found.verdict, found.reason in SENTENCES) == (CodeVerdict.INVALID, True)


@given(st.binary(max_size=300))
def test_whatever_is_recognised_is_read_as_a_poster_and_nothing_else_is(data: bytes) -> None:
    for payload in (data, b"https://" + data + b"#data=NZCOVIDTRACER:"):
        found = read(payload, TrustStore(), NOW_US)
        assert (found.carrier is Carrier.NZ_VENUE) == nz_venue.recognises(payload)
        assert found.verdict is not CodeVerdict.VALID
