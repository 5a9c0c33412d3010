"""Corona-Warn-App venue codes: what they say, whose links may carry them, and that nobody signed them."""

import hashlib
import json
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import TrustStore, cwa_venue, protobuf, read
from edge.codes.outcome import Refusal, proven, refused
from edge.codes.reasons import SENTENCES
from edge.domain.facts import Fact
from edge.domain.model import Carrier, Code, CodeVerdict
from tests.codes.samples import NOW_S, NOW_US, counted_calls
from tests.codes.test_protobuf import field
from tests.paths import shared

OWN = "https://e.coronawarn.app?v=1#"
HOSTS = ("menu.example.org",)


def location(
    place: bytes | str = "Erfundenes Café",
    address: bytes | str = "Musterweg 1, 00000 Musterstadt",
    start: int = 0,
    end: int = 0,
    version: int = 1,
) -> bytes:
    texts = [text.encode() if isinstance(text, str) else text for text in (place, address)]
    made = field(1, version) + field(2, texts[0]) + field(3, texts[1])
    return made + (field(5, start) if start else b"") + (field(6, end) if end else b"")


def message(inner: bytes | None = None, version: int = 1) -> bytes:
    notifier = field(1, 1) + field(2, bytes(96)) + field(3, bytes(16))
    vendor = field(1, 1) + field(2, 4) + field(3, 60)
    body = location() if inner is None else inner
    return field(1, version) + field(2, body) + field(3, notifier) + field(4, vendor)


def text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def code(payload: str | bytes, hosts: tuple[str, ...] = ()) -> Code:
    data = payload.encode() if isinstance(payload, str) else payload
    assert cwa_venue.recognises(data)
    try:
        claims = cwa_venue.claims(data, hosts)
    except Refusal as refusal:
        return refused(Carrier.CWA_VENUE, refusal, data)
    return proven(Carrier.CWA_VENUE, claims, NOW_US, clock_trusted=True)


def test_a_venue_says_its_place_and_that_nobody_signed_it() -> None:
    found = code(OWN + text(message()))
    assert (found.verdict, found.reason) == (CodeVerdict.UNVERIFIED, "unsigned")
    assert not found.subject
    assert found.personal == {
        Fact.PLACE: "Erfundenes Café",
        Fact.ADDRESS: "Musterweg 1, 00000 Musterstadt",
        Fact.VENUE_ID: hashlib.sha256(b"CWA-GUID" + message()).hexdigest(),
    }
    assert (found.valid_from_us, found.valid_until_us, found.holder) == (None, None, None)


def test_an_event_keeps_its_times_and_is_unverified_before_during_and_after_it() -> None:
    for start in (NOW_S - 100, NOW_S + 100):
        found = code(OWN + text(message(location(start=start, end=start + 10))))
        assert (found.valid_from_us, found.valid_until_us) == (start * 1_000_000, (start + 10) * 1_000_000)
        assert (found.verdict, found.reason) == (CodeVerdict.UNVERIFIED, "unsigned")


def test_the_published_code_says_what_its_document_prints() -> None:
    found = json.loads(shared("codes", "venue", "vectors.json").read_text(encoding="utf-8"))["cwa_venue"]
    (case,) = found["cases"]
    seen = code(case["payload"])
    assert seen.personal[Fact.PLACE] == case["fields"]["description"]
    assert seen.personal[Fact.ADDRESS] == case["fields"]["address"]
    assert seen.verdict is CodeVerdict.UNVERIFIED


@pytest.mark.parametrize("padding", ["", "="])
def test_padding_may_be_there_or_not(padding: str) -> None:
    data = message(location(place="abc", address="a"))
    data += field(99, b"x" * ((2 - len(data)) % 3))
    assert len(data) % 3 == 2
    assert code(OWN + text(data) + padding).reason == "unsigned"
    assert code(OWN + text(data) + "==").reason == "encoding"


@pytest.mark.parametrize(
    "link",
    [
        "https://menu.example.org/table/7#/CWA1/",
        "https://menu.example.org/?t=7/CWA1/",
        "https://MENU.example.org:443/webapp/a#eyJ0IjoxfQ/CWA1/",
        "https://e.coronawarn.app/CWA1/CWA1/",
        "https://menu.example.org/CWA1/foreign/CWA1/",
    ],
)
def test_a_link_of_a_host_on_the_list_may_carry_a_code(link: str) -> None:
    found = code(link + text(message()), HOSTS)
    assert (found.reason, found.personal[Fact.PLACE]) == ("unsigned", "Erfundenes Café")


@pytest.mark.parametrize(
    "link",
    [
        "https://other.example.org/CWA1/CWA1/",
        "https://menu.example.org.evil.example/x/CWA1/",
        "https://evil.example/menu.example.org/CWA1/",
        "https://evil.example/?x=https://menu.example.org/CWA1/",
    ],
)
def test_a_link_of_any_other_host_says_nothing(link: str) -> None:
    found = code(link + text(message()), HOSTS)
    assert (found.verdict, found.reason) == (CodeVerdict.UNVERIFIED, "not_recognised")
    assert not found.subject


@pytest.mark.parametrize(
    "payload",
    [
        "http://menu.example.org/x/CWA1/AAAA",
        "https://menu.example.org@evil.example/x/CWA1/AAAA",
        "https://menu.example.org/x/cwa1/AAAA",
        "https://menu.example.org/x/CWA1/AAAA/more",
        "https:///x/CWA1/AAAA",
        "ftp://e.coronawarn.app?v=1#AAAA",
    ],
)
def test_what_is_no_such_link_is_left_to_others(payload: str) -> None:
    assert not cwa_venue.recognises(payload.encode())


def test_without_a_list_only_the_apps_own_host_counts() -> None:
    assert code("https://menu.example.org/x/CWA1/" + text(message())).reason == "not_recognised"
    assert code("https://e.coronawarn.app/x/CWA1/" + text(message())).reason == "unsigned"


@pytest.mark.parametrize(
    ("payload", "verdict", "reason"),
    [
        ("https://e.coronawarn.app?v=2#" + text(message()), CodeVerdict.UNSUPPORTED, "version"),
        ("https://e.coronawarn.app?v=0#" + text(message()), CodeVerdict.INVALID, "structure"),
        ("https://e.coronawarn.app?v=#" + text(message()), CodeVerdict.INVALID, "structure"),
        ("https://e.coronawarn.app", CodeVerdict.INVALID, "structure"),
        ("https://e.coronawarn.app.evil.example?v=1#" + text(message()), CodeVerdict.INVALID, "structure"),
        (OWN, CodeVerdict.INVALID, "structure"),
        (OWN + "A", CodeVerdict.INVALID, "encoding"),
        (OWN + text(message()) + "\n", CodeVerdict.INVALID, "encoding"),
        (OWN + text(message()) + "+/", CodeVerdict.INVALID, "encoding"),
        (OWN + text(message(version=0)), CodeVerdict.INVALID, "structure"),
        (OWN + text(message(version=2)), CodeVerdict.UNSUPPORTED, "version"),
        (OWN + text(message(location(version=2))), CodeVerdict.UNSUPPORTED, "version"),
        (OWN + text(message(location(version=0))), CodeVerdict.INVALID, "structure"),
        (OWN + text(message(location(place=""))), CodeVerdict.INVALID, "structure"),
        (OWN + text(message(location(place="p" * 101))), CodeVerdict.INVALID, "structure"),
        (OWN + text(message(location(address="a" * 101))), CodeVerdict.INVALID, "structure"),
        (OWN + text(message(location(place=b"\xff"))), CodeVerdict.INVALID, "structure"),
        (OWN + text(message(location(start=2, end=1))), CodeVerdict.INVALID, "structure"),
        (OWN + text(message(location(start=2**63))), CodeVerdict.INVALID, "structure"),
        (OWN + text(message(b"\x0b")), CodeVerdict.INVALID, "structure"),
        (OWN + text(field(1, 1) + field(2, 7)), CodeVerdict.INVALID, "structure"),
        (OWN + text(field(1, 1)), CodeVerdict.INVALID, "structure"),
        (OWN + text(message() + field(9, bytes(2048))), CodeVerdict.INVALID, "too_large"),
    ],
)
def test_every_other_content_is_refused(payload: str, verdict: CodeVerdict, reason: str) -> None:
    found = code(payload)
    assert (found.verdict, found.reason) == (verdict, reason)
    assert not found.subject


def test_no_more_fields_are_read_than_a_code_has() -> None:
    flood = message(location() + field(7, 0) * 900)
    with counted_calls(protobuf._varint) as count:
        assert code(OWN + text(flood)).reason == "structure"
    assert count[0] <= 4 * protobuf.MAX_FIELDS


@given(st.binary(max_size=120), st.booleans())
def test_any_bytes_get_an_answer_that_is_never_valid(data: bytes, as_message: bool) -> None:
    found = code(OWN.encode() + (text(data).encode() if as_message else data))
    assert found.verdict in (CodeVerdict.INVALID, CodeVerdict.UNVERIFIED, CodeVerdict.UNSUPPORTED)
    assert found.reason in SENTENCES


@given(st.text(min_size=1, max_size=100), st.text(max_size=100))
def test_any_text_of_a_place_comes_back(place: str, address: str) -> None:
    found = code(OWN + text(message(location(place, address))))
    shown = " ".join(place.split())
    if shown:
        assert found.personal[Fact.PLACE] == shown
    else:
        assert found.reason == "structure"


@given(st.binary(max_size=300), st.sampled_from([b"", b"https://", b"https://menu.example.org/"]))
def test_whatever_is_recognised_is_read_as_a_venue_and_nothing_else_is(data: bytes, start: bytes) -> None:
    for payload in (start + data, start + data + b"/CWA1/" + data):
        found = read(payload, TrustStore(), NOW_US)
        assert (found.carrier is Carrier.CWA_VENUE) == cwa_venue.recognises(payload)
        assert found.verdict is not CodeVerdict.VALID
