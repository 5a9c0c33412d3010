"""NHS venue codes: the kinds of the published parser cases, made again, and what they leave out."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import TrustKey, TrustList, TrustStore, signature, uk_venue
from edge.codes.outcome import Refusal, proven, refused
from edge.codes.reasons import SENTENCES
from edge.codes.trust import es256_key
from edge.domain.facts import Fact
from edge.domain.model import Carrier, Code, CodeVerdict
from tests.codes.samples import NOW_US, counted_calls, store_of
from tests.paths import shared

KEY = ec.derive_private_key(21, ec.SECP256R1())
OTHER_KEY = ec.derive_private_key(22, ec.SECP256R1())
KID = "venues-1"
VENUE = {"id": "7XK2M9QD", "opn": "Invented Street Library", "pc": "ZZ1 1ZZ"}


def trust_key(key: ec.EllipticCurvePrivateKey = KEY, kid: str = KID) -> TrustKey:
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return es256_key(point, "NHS", kid)


STORE = store_of(Carrier.UK_VENUE, trust_key())


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def jws(
    claims: object = VENUE,
    header: object = None,
    key: ec.EllipticCurvePrivateKey = KEY,
    spoil: Callable[[bytes], bytes] = lambda made: made,
) -> str:
    head = {"alg": "ES256", "typ": "JWT", "kid": KID} if header is None else header
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (head, claims)]
    signed = ".".join(encoded(part) for part in parts)
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
    return f"{signed}.{encoded(spoil(r.to_bytes(32, 'big') + s.to_bytes(32, 'big')))}"


def code(payload: str | bytes, store: TrustStore = STORE, at_us: int = NOW_US) -> Code:
    data = payload.encode() if isinstance(payload, str) else payload
    try:
        claims = uk_venue.claims(data, store)
    except Refusal as refusal:
        return refused(Carrier.UK_VENUE, refusal, data)
    return proven(Carrier.UK_VENUE, claims, at_us, clock_trusted=True)


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_signed_venue_of_both_versions_is_valid(version: str) -> None:
    found = code(f"UKC19TRACING:{version}:{jws()}")
    assert (found.verdict, found.reason, found.issuer, found.key_id) == (CodeVerdict.VALID, None, "NHS", KID)
    assert found.subject == {Fact.VENUE_ID: "7XK2M9QD"}
    assert found.personal == {Fact.PLACE: "Invented Street Library", Fact.ADDRESS: "ZZ1 1ZZ"}
    assert found.holder is None


def test_live_codes_without_a_type_in_the_header_are_valid() -> None:
    assert code(f"UKC19TRACING:1:{jws(header={'alg': 'ES256', 'kid': KID})}").verdict is CodeVerdict.VALID


@pytest.mark.parametrize(
    ("payload", "verdict", "reason"),
    [
        (f"UKC19TRACING:1:2:{jws()}", CodeVerdict.INVALID, "structure"),
        (f"UKC19TRACING:1:{jws()}.x", CodeVerdict.INVALID, "structure"),
        (f"UKC19TRACING:1:{jws()}:", CodeVerdict.INVALID, "structure"),
        (f"UKC19TRACING:0:{jws()}", CodeVerdict.INVALID, "structure"),
        (f"UKC19TRACING:01:{jws()}", CodeVerdict.INVALID, "structure"),
        (f"UKC19TRACING:-1:{jws()}", CodeVerdict.INVALID, "structure"),
        (f"UKC19TRACING::{jws()}", CodeVerdict.INVALID, "structure"),
        (f"UKC19TRACING:Z:{jws()}", CodeVerdict.INVALID, "structure"),
        (f"UKC19TRACING:\u0661:{jws()}", CodeVerdict.INVALID, "structure"),
        (f"UKC19TRACING:{jws()}", CodeVerdict.INVALID, "structure"),
        (f"UKC19TRACING:3:{jws()}", CodeVerdict.UNSUPPORTED, "version"),
        ("UKC19TRACING:1:", CodeVerdict.INVALID, "structure"),
        ("UKC19TRACING:1:..", CodeVerdict.INVALID, "header"),
        ("UKC19TRACING:1:§x§", CodeVerdict.INVALID, "structure"),
        ("UKC19TRACING:1:§.x.§", CodeVerdict.INVALID, "encoding"),
        (f"UKC19TRACING:1:{jws()}=", CodeVerdict.INVALID, "encoding"),
        (f"UKC19TRACING:1:{jws()}\n", CodeVerdict.INVALID, "encoding"),
        (f"UKC19TRACING:1:{jws().rpartition('.')[0]}.", CodeVerdict.INVALID, "signature"),
        (f"UKC19TRACING:1:{jws().rpartition('.')[0]}", CodeVerdict.INVALID, "structure"),
        (f"UKC19TRACING:1:{jws(key=OTHER_KEY)}", CodeVerdict.INVALID, "signature"),
        (f"UKC19TRACING:1:{jws(spoil=lambda made: made[:-1])}", CodeVerdict.INVALID, "signature"),
    ],
)
def test_every_other_spelling_is_refused(payload: str, verdict: CodeVerdict, reason: str) -> None:
    found = code(payload)
    assert (found.verdict, found.reason) == (verdict, reason)
    assert not found.subject


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"alg": "none", "kid": KID}, "algorithm"),
        ({"alg": "NONE", "kid": KID}, "algorithm"),
        ({"alg": "HS256", "kid": KID}, "algorithm"),
        ({"kid": KID}, "header"),
        ({"alg": "ES256"}, "header"),
        ({"alg": "ES256", "kid": 3}, "header"),
        ({"alg": "ES256", "kid": ""}, "header"),
        ({"alg": "ES256", "kid": "<b>"}, "header"),
        ({"alg": "ES256", "kid": KID, "crit": ["b64"]}, "header"),
        ([], "header"),
        (b'{"alg":"ES256","kid":"other","kid":"venues-1"}', "header"),
        (b"\xef\xbb\xbf{}", "header"),
    ],
)
def test_the_header_names_the_one_algorithm_and_a_key(header: object, reason: str) -> None:
    found = code(f"UKC19TRACING:1:{jws(header=header)}")
    assert (found.verdict, found.reason) == (CodeVerdict.INVALID, reason)


def test_a_good_signature_under_another_key_id_is_refused() -> None:
    found = code(f"UKC19TRACING:1:{jws(header={'alg': 'ES256', 'kid': 'not-our-key'})}")
    assert (found.verdict, found.reason) == (CodeVerdict.UNKNOWN_ISSUER, "unknown_key")
    assert found.key_id == "not-our-key"


def test_the_key_named_has_to_be_the_one_that_signed() -> None:
    both = store_of(Carrier.UK_VENUE, trust_key(), trust_key(OTHER_KEY, "venues-2"))
    header = {"alg": "ES256", "kid": "venues-2"}
    assert code(f"UKC19TRACING:1:{jws(header=header)}", both).reason == "signature"
    assert code(f"UKC19TRACING:1:{jws(header=header, key=OTHER_KEY)}", both).verdict is CodeVerdict.VALID


def test_without_a_list_nothing_is_proven() -> None:
    assert code(f"UKC19TRACING:1:{jws()}", TrustStore()).reason == "no_trust_list"
    empty = store_of(Carrier.UK_VENUE)
    assert code(f"UKC19TRACING:1:{jws()}", empty).reason == "unknown_key"


@pytest.mark.parametrize(
    "claims",
    [
        [],
        "x",
        {**VENUE, "id": "7XK2M9Q"},
        {**VENUE, "id": "7XK2M9QDD"},
        {**VENUE, "id": "7XK2M9Q\n"},
        {**VENUE, "id": 12345678},
        {"opn": "Library"},
        {"id": "7XK2M9QD"},
        {**VENUE, "opn": " "},
        {**VENUE, "opn": ["Library"]},
        {**VENUE, "opn": "n" * 301},
        {**VENUE, "adr": 5},
        b'{"id":"7XK2M9QD","opn":"a","opn":"b"}',
        b'{"id":"7XK2M9QD","opn":"\xff"}',
        b'{"id":"7XK2M9QD","opn":"a"} x',
        b"[" * 5000,
    ],
)
def test_well_signed_claims_that_are_no_venue_are_refused(claims: Any) -> None:
    found = code(f"UKC19TRACING:1:{jws(claims)}")
    assert (found.verdict, found.reason) == (CodeVerdict.INVALID, "claims")


def test_at_most_four_keys_of_one_name_are_tried() -> None:
    others = [trust_key(ec.derive_private_key(100 + n, ec.SECP256R1())) for n in range(9)]
    with counted_calls(signature.verify) as count:
        found = code(f"UKC19TRACING:1:{jws()}", store_of(Carrier.UK_VENUE, *others, trust_key()))
    assert (found.reason, count) == ("signature", [4])


@given(st.binary(max_size=200))
def test_any_bytes_behind_the_prefix_get_an_answer(data: bytes) -> None:
    found = code(b"UKC19TRACING:1:" + data)
    assert found.verdict is not CodeVerdict.VALID
    assert found.reason in SENTENCES


@given(st.data())
def test_no_change_of_one_letter_leaves_a_code_valid(data: st.DataObject) -> None:
    payload = f"UKC19TRACING:1:{jws()}"
    place = data.draw(st.integers(len("UKC19TRACING:1"), len(payload) - 1))
    letter = data.draw(st.sampled_from("ABXYZabz019-_.:="))
    changed = payload[:place] + letter + payload[place + 1 :]
    if changed != payload and not same_text(changed, payload):
        assert code(changed).verdict is not CodeVerdict.VALID


def same_text(one: str, other: str) -> bool:
    """Say whether two differ in nothing but the unused last bits of their last letter, which is the
    signature's and is nobody's to protect."""
    return one[:-1] == other[:-1]


def published() -> list[tuple[str, str]]:
    cases = json.loads(shared("codes", "venue", "vectors.json").read_text(encoding="utf-8"))["uk_venue"]
    return [(case["payload"], case["verdict"]) for case in cases["cases"]]


def test_the_published_codes_get_their_published_verdicts() -> None:
    found = json.loads(shared("codes", "venue", "vectors.json").read_text(encoding="utf-8"))["uk_venue"]
    (entry,) = found["keys"]
    public = load_pem_public_key(entry["pem"].encode())
    assert isinstance(public, ec.EllipticCurvePublicKey)
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    store = TrustStore((TrustList(Carrier.UK_VENUE, (es256_key(point, "NHS", entry["kid"]),)),))
    assert len(published()) == 5
    for payload, verdict in published():
        assert code(payload, store).verdict == verdict
