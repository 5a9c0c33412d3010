"""Resident passes and venue codes of our own: what is written is read, anything else is refused."""

import random
from dataclasses import replace

import pytest
import segno
import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import EMPTY, TrustList, TrustStore, base32, read
from edge.codes.gatepost_pass import FORMAT as PASS_FORMAT
from edge.codes.gatepost_pass import Pass
from edge.codes.gatepost_venue import FORMAT as VENUE_FORMAT
from edge.codes.gatepost_venue import Venue
from edge.codes.issue import issue_pass, issue_venue, trust_key
from edge.codes.signed import Body, sign
from edge.domain.model import Carrier, CodeVerdict
from tests.codes.samples import (
    DAY_S,
    ISSUER,
    KEY,
    NOW_S,
    NOW_US,
    OTHER_KEY,
    PASS,
    PASS_PAYLOAD,
    SMALL_PASS,
    STORE,
    VENUE,
    VENUE_PAYLOAD,
    store_of,
)

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
SECOND_US = 1_000_000

words = st.from_regex(r"[a-z][a-z0-9_]{0,11}", fullmatch=True)
texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Cf", "Cn", "Co")), min_size=1, max_size=10
)
names = texts.map(str.strip).filter(bool)
seconds = st.integers(0, 0xFFFF_FFFE)


@st.composite
def passes(draw: st.DrawFn) -> Pass:
    first, last = sorted(draw(st.lists(seconds, min_size=2, max_size=2, unique=True)))
    return Pass(
        pass_id=draw(st.binary(min_size=8, max_size=8)),
        name=draw(names),
        category=draw(words),
        valid_from_s=first,
        valid_until_s=last,
        room=draw(st.none() | names),
        building=draw(st.none() | names),
        groups=tuple(draw(st.lists(words, max_size=4, unique=True))),
        photo=draw(st.none() | st.binary(min_size=16, max_size=16)),
    )


def test_a_pass_is_read_as_it_was_written() -> None:
    code = read(PASS_PAYLOAD, STORE, NOW_US)
    assert (code.carrier, code.verdict, code.reason) == (Carrier.GATEPOST_PASS, CodeVerdict.VALID, None)
    assert (code.issuer, code.key_id) == (ISSUER, "56475aa75463474c")
    assert code.valid_from_us == PASS.valid_from_s * SECOND_US
    assert code.valid_until_us == PASS.valid_until_s * SECOND_US
    assert code.subject == {"category": "resident", "building": "3号楼"}
    assert code.personal == {
        "name": "王小明",
        "room": "3-2-501",
        "groups": "night_shift",
        "pass_id": "0102030405060708",
        "photo": bytes(range(16)).hex(),
    }
    assert code.holder == "gatepost_pass:0102030405060708"
    assert code.payload is None


def test_a_venue_is_read_as_it_was_written_and_is_nobodys_identity() -> None:
    code = read(VENUE_PAYLOAD, STORE, NOW_US)
    assert (code.carrier, code.verdict) == (Carrier.GATEPOST_VENUE, CodeVerdict.VALID)
    assert code.subject == {
        "place": "江北菜市场",
        "address": "建设路 1 号",
        "venue_id": "1112131415161718",
    }
    assert code.valid_until_us is None
    assert code.personal == {}
    assert code.holder is None


# What a QR code packs two signs of into eleven bits.
_ALPHANUMERIC = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


@given(passes())
def test_any_pass_that_can_be_issued_can_be_read(held: Pass) -> None:
    payload = issue_pass(KEY, held)
    code = read(payload, STORE, held.valid_from_s * SECOND_US)
    assert code.verdict is CodeVerdict.VALID
    assert code.subject["category"] == held.category
    assert code.personal["pass_id"] == held.pass_id.hex()
    assert code.personal.get("groups", "") == ",".join(held.groups)
    assert set(payload) <= _ALPHANUMERIC


@given(names, st.none() | names, seconds, st.none() | st.integers(1, 1000))
def test_any_venue_that_can_be_issued_can_be_read(
    place: str, address: str | None, first: int, lasts: int | None
) -> None:
    until_s = None if lasts is None else min(first + lasts, 0xFFFF_FFFE)
    if until_s is not None and until_s <= first:
        return
    code = read(issue_venue(KEY, Venue(bytes(8), place, first, until_s, address)), STORE, first * SECOND_US)
    assert code.verdict is CodeVerdict.VALID
    assert code.valid_until_us == (None if until_s is None else until_s * SECOND_US)


def test_a_pass_ends_at_its_last_second_and_not_a_microsecond_earlier() -> None:
    end_us, begin_us = PASS.valid_until_s * SECOND_US, PASS.valid_from_s * SECOND_US
    assert read(PASS_PAYLOAD, STORE, end_us - 1).verdict is CodeVerdict.VALID
    late = read(PASS_PAYLOAD, STORE, end_us)
    assert (late.verdict, late.reason) == (CodeVerdict.EXPIRED, "expired")
    assert read(PASS_PAYLOAD, STORE, begin_us).verdict is CodeVerdict.VALID
    early = read(PASS_PAYLOAD, STORE, begin_us - 1)
    assert (early.verdict, early.reason) == (CodeVerdict.NOT_YET_VALID, "not_yet_valid")
    assert late.holder == early.holder == "gatepost_pass:0102030405060708"


@pytest.mark.parametrize("payload", [PASS_PAYLOAD, VENUE_PAYLOAD])
@pytest.mark.parametrize("at_us", [0, NOW_US, 2 * NOW_US])
def test_without_a_trusted_clock_nothing_is_valid_or_expired(payload: bytes, at_us: int) -> None:
    code = read(payload, STORE, at_us, clock_trusted=False)
    assert (code.verdict, code.reason) == (CodeVerdict.UNVERIFIED, "clock_untrusted")
    assert code.subject


def test_without_a_trusted_clock_a_forgery_is_still_a_forgery() -> None:
    forged = issue_pass(OTHER_KEY, PASS)
    assert read(forged, STORE, NOW_US, clock_trusted=False).reason == "unknown_key"
    changed = PASS_PAYLOAD[:-2] + (b"AA" if PASS_PAYLOAD[-2:] != b"AA" else b"QA")
    assert read(changed, STORE, NOW_US, clock_trusted=False).verdict is CodeVerdict.INVALID


@pytest.mark.parametrize("payload", [issue_pass(KEY, SMALL_PASS), VENUE_PAYLOAD])
def test_every_changed_character_is_refused(payload: bytes) -> None:
    prefix = payload.index(b":") + 1
    dice = random.Random(7)
    for place in range(prefix, len(payload)):
        # All letters where padding bits hide, at the end; elsewhere a few are as good as all.
        for letter in ALPHABET if place > len(payload) - 4 else dice.sample(ALPHABET, 8):
            if letter != payload[place]:
                changed = payload[:place] + bytes([letter]) + payload[place + 1 :]
                code = read(changed, STORE, NOW_US)
                assert code.verdict in (CodeVerdict.INVALID, CodeVerdict.UNKNOWN_ISSUER)
                assert not code.personal
                assert not code.subject


@pytest.mark.parametrize("payload", [PASS_PAYLOAD, VENUE_PAYLOAD])
def test_every_flipped_bit_is_refused(payload: bytes) -> None:
    prefix, _, letters = payload.partition(b":")
    data = base32.decode(letters)
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        code = read(prefix + b":" + base32.encode(bytes(changed)), STORE, NOW_US)
        assert code.verdict in (CodeVerdict.INVALID, CodeVerdict.UNKNOWN_ISSUER)


@pytest.mark.parametrize("payload", [PASS_PAYLOAD, VENUE_PAYLOAD])
def test_no_part_of_a_code_is_a_code(payload: bytes) -> None:
    for end in range(len(payload)):
        assert read(payload[:end], STORE, NOW_US).verdict is not CodeVerdict.VALID
    for more in (b"A", b"AA", b" ", b"\n", b"\r", b"=", b"\x00", payload):
        assert read(payload + more, STORE, NOW_US).verdict is not CodeVerdict.VALID
        assert read(more + payload, STORE, NOW_US).verdict is not CodeVerdict.VALID
    assert read(payload.lower(), STORE, NOW_US).verdict is not CodeVerdict.VALID


def test_a_pass_is_never_taken_for_a_venue_nor_a_venue_for_a_pass() -> None:
    as_venue = PASS_PAYLOAD.replace(b"GP1:", b"GPV1:", 1)
    as_pass = VENUE_PAYLOAD.replace(b"GPV1:", b"GP1:", 1)
    assert read(as_venue, STORE, NOW_US).reason == "signature"
    assert read(as_pass, STORE, NOW_US).reason == "signature"


def test_a_key_trusted_for_venues_issues_no_passes() -> None:
    venues_only = store_of(Carrier.GATEPOST_VENUE, trust_key(KEY, ISSUER))
    code = read(PASS_PAYLOAD, venues_only, NOW_US)
    assert (code.verdict, code.reason) == (CodeVerdict.UNKNOWN_ISSUER, "no_trust_list")


def test_a_forged_copy_never_has_the_holder_of_the_real_pass() -> None:
    real = read(PASS_PAYLOAD, STORE, NOW_US)
    forged_payload = issue_pass(OTHER_KEY, PASS)
    forged = read(forged_payload, STORE, NOW_US)
    assert forged.verdict is CodeVerdict.UNKNOWN_ISSUER
    assert forged.holder == forged_payload.decode()
    assert forged.holder != real.holder
    assert forged.payload == forged_payload


def test_a_pass_issued_again_is_of_the_same_person() -> None:
    both = store_of(Carrier.GATEPOST_PASS, trust_key(KEY, ISSUER), trust_key(OTHER_KEY, ISSUER))
    again = issue_pass(OTHER_KEY, replace(PASS, valid_until_s=PASS.valid_until_s + DAY_S))
    assert read(again, both, NOW_US).holder == read(PASS_PAYLOAD, both, NOW_US).holder


def test_a_withdrawn_pass_is_revoked_whatever_the_time() -> None:
    withdrawn = TrustList(
        Carrier.GATEPOST_PASS, (trust_key(KEY, ISSUER),), revoked=frozenset({PASS.pass_id.hex()})
    )
    for at_us in (0, NOW_US, 4 * NOW_US):
        code = read(PASS_PAYLOAD, TrustStore((withdrawn,)), at_us, clock_trusted=at_us != 0)
        assert (code.verdict, code.reason) == (CodeVerdict.REVOKED, "revoked")
    other = issue_pass(KEY, SMALL_PASS)
    assert read(other, TrustStore((withdrawn,)), NOW_US).verdict is CodeVerdict.VALID


def test_without_trust_lists_the_key_is_named_and_nothing_believed() -> None:
    code = read(PASS_PAYLOAD, EMPTY, NOW_US)
    assert (code.verdict, code.reason) == (CodeVerdict.UNKNOWN_ISSUER, "no_trust_list")
    assert code.key_id == "56475aa75463474c"
    assert code.issuer is None


@pytest.mark.parametrize("payload", [b"GP2:AAAA", b"GP10:", b"GPV2:AAAA", b"GP0:AAAA"])
def test_other_versions_are_unsupported_not_invalid(payload: bytes) -> None:
    code = read(payload, STORE, NOW_US)
    assert (code.verdict, code.reason) == (CodeVerdict.UNSUPPORTED, "version")
    expected = Carrier.GATEPOST_VENUE if payload.startswith(b"GPV") else Carrier.GATEPOST_PASS
    assert code.carrier is expected


def test_a_field_every_reader_must_know_makes_an_older_reader_say_so() -> None:
    fields = {1: "李四".encode(), 3: b"visitor"}
    must = sign(PASS_FORMAT, KEY, Body(bytes(8), NOW_S, NOW_S + 9, {**fields, 7: b"x"}))
    assert read(must, STORE, NOW_US).verdict is CodeVerdict.UNSUPPORTED
    may = sign(PASS_FORMAT, KEY, Body(bytes(8), NOW_S, NOW_S + 9, {**fields, 200: b"x"}))
    code = read(may, STORE, NOW_US)
    assert code.verdict is CodeVerdict.VALID
    assert set(code.personal) == {"name", "pass_id"}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {1: b"Name"},
        {3: b"visitor"},
        {1: b"", 3: b"visitor"},
        {1: b"\xff", 3: b"visitor"},
        {1: b"a\x00b", 3: b"visitor"},
        {1: b" a", 3: b"visitor"},
        {1: "a\u202eb".encode(), 3: b"visitor"},
        {1: "e\u0301".encode(), 3: b"visitor"},
        {1: b"n" * 91, 3: b"visitor"},
        {1: b"Name", 3: b"Visitor"},
        {1: b"Name", 3: b"visitor", 5: b"a,,b"},
        {1: b"Name", 3: b"visitor", 5: b"a,a"},
        {1: b"Name", 3: b"visitor", 6: b"short"},
    ],
)
def test_a_well_signed_pass_with_bad_contents_is_invalid(fields: dict[int, bytes]) -> None:
    payload = sign(PASS_FORMAT, KEY, Body(bytes(8), NOW_S, NOW_S + 9, fields))
    code = read(payload, STORE, NOW_US)
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, "claims")
    assert code.issuer == ISSUER
    assert not code.personal


@pytest.mark.parametrize("fields", [{}, {2: b"street"}, {1: b""}, {1: b"x", 2: b"y\n"}])
def test_a_well_signed_venue_with_bad_contents_is_invalid(fields: dict[int, bytes]) -> None:
    payload = sign(VENUE_FORMAT, KEY, Body(bytes(8), NOW_S, NOW_S + 9, fields))
    code = read(payload, STORE, NOW_US)
    assert (code.carrier, code.verdict, code.reason) == (
        Carrier.GATEPOST_VENUE,
        CodeVerdict.INVALID,
        "claims",
    )


@pytest.mark.parametrize("fields", [{0: b"x"}, {256: b"x"}, {1: b"x" * 256}])
def test_a_field_that_fits_no_body_is_not_signed(fields: dict[int, bytes]) -> None:
    with pytest.raises(ValueError, match="field"):
        sign(PASS_FORMAT, KEY, Body(bytes(8), NOW_S, NOW_S + 9, fields))


def signed_bytes(body: bytes, key: Ed25519PrivateKey = KEY) -> bytes:
    """Sign any bytes as a pass, so that the reader's own checks are what stands in the way."""
    return b"GP1:" + base32.encode(body + key.sign(PASS_FORMAT.domain + body))


@pytest.mark.parametrize(
    "tail",
    [
        b"\x00\x00\x00\x09\x00\x00\x00\x09",  # ends when it begins
        b"\x00\x00\x00\x09\x00\x00\x00\x08",  # ends before it begins
        b"\x00\x00\x00\x00\xff\xff\xff\xff\x01\x01a\x03\x01b",  # never ends
        b"\x00\x00\x00\x00\xff\xff\xff\xfe\x01\x01a\x03",  # a field without length
        b"\x00\x00\x00\x00\xff\xff\xff\xfe\x01\x01a\x03\x05b",  # a field cut off
        b"\x00\x00\x00\x00\xff\xff\xff\xfe\x03\x01b\x01\x01a",  # fields in the wrong order
        b"\x00\x00\x00\x00\xff\xff\xff\xfe\x01\x01a\x01\x01a\x03\x01b",  # a field twice
        b"\x00\x00\x00\x00\xff\xff\xff\xfe\x00\x01a\x01\x01a\x03\x01b",  # tag 0
    ],
)
def test_a_well_signed_body_of_the_wrong_build_is_invalid(tail: bytes) -> None:
    code = read(signed_bytes(bytes.fromhex("56475aa75463474c") + bytes(8) + tail), STORE, NOW_US)
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, "claims")


def test_the_body_of_the_right_build_beside_those_is_valid() -> None:
    tail = b"\x00\x00\x00\x00\xff\xff\xff\xfe\x01\x01a\x03\x01b"
    code = read(signed_bytes(bytes.fromhex("56475aa75463474c") + bytes(8) + tail), STORE, NOW_US)
    assert code.verdict is CodeVerdict.VALID


@given(st.binary(max_size=120))
def test_whatever_is_signed_never_raises(tail: bytes) -> None:
    code = read(signed_bytes(bytes.fromhex("56475aa75463474c") + tail), STORE, NOW_US)
    assert code.carrier is Carrier.GATEPOST_PASS


@pytest.mark.parametrize(
    "spoiled",
    [
        replace(PASS, name=""),
        replace(PASS, name="x" * 91),
        replace(PASS, name="\ud800"),
        replace(PASS, name="a\nb"),
        replace(PASS, category="Resident"),
        replace(PASS, category=""),
        replace(PASS, groups=("a,b",)),
        replace(PASS, groups=("a", "a")),
        replace(PASS, pass_id=b"short"),
        replace(PASS, photo=b"short"),
        replace(PASS, valid_until_s=PASS.valid_from_s),
        replace(PASS, valid_until_s=0xFFFF_FFFF),
        replace(PASS, valid_from_s=-1),
    ],
)
def test_what_no_reader_would_take_is_not_issued(spoiled: Pass) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        issue_pass(KEY, spoiled)


@pytest.mark.parametrize(
    "spoiled",
    [
        replace(VENUE, place=""),
        replace(VENUE, address="x" * 151),
        replace(VENUE, venue_id=b""),
        replace(VENUE, valid_until_s=VENUE.valid_from_s),
        replace(VENUE, valid_until_s=0x1_0000_0000),
    ],
)
def test_no_venue_is_issued_that_no_reader_would_take(spoiled: Venue) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        issue_venue(KEY, spoiled)


def test_the_formats_sign_under_different_names() -> None:
    assert PASS_FORMAT.domain != VENUE_FORMAT.domain
    assert not PASS_FORMAT.domain.startswith(VENUE_FORMAT.domain)
    assert not VENUE_FORMAT.domain.startswith(PASS_FORMAT.domain)


def test_an_ordinary_pass_is_a_small_picture_that_reads_back() -> None:
    ordinary = replace(PASS, building=None, groups=(), photo=None)
    payload = issue_pass(KEY, ordinary)
    picture = segno.make_qr(payload.decode(), error="M")
    assert picture.mode == "alphanumeric"
    assert int(picture.version) <= 8  # 49 modules: still 4 pixels each in a third of a 640 picture
    rows = [bytes(255 * (1 - bit) for bit in row) for row in picture.matrix_iter(scale=4, border=4)]
    found = zxingcpp.read_barcodes(_picture(rows), formats=zxingcpp.barcode_formats_from_str("QRCode"))
    assert [bytes(one.bytes) for one in found] == [payload]


def _picture(rows: list[bytes]) -> object:
    import numpy

    return numpy.frombuffer(b"".join(rows), dtype=numpy.uint8).reshape(len(rows), -1)
