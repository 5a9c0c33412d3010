"""Whatever a scanner hands over: an answer, never an exception, never green, bounded work."""

from dataclasses import replace

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import example, given
from hypothesis import strategies as st

from edge.codes import EMPTY, MAX_BYTES, TrustKey, TrustList, TrustStore, base32, cbor, read, signature
from edge.codes.outcome import payload_text
from edge.codes.reasons import SENTENCES
from edge.codes.trust import Algorithm
from edge.domain.model import Carrier, CodeVerdict
from tests.codes.every_carrier import EVERY_STORE, SAMPLES
from tests.codes.samples import (
    KEY,
    NOW_US,
    NZ_ISSUER,
    NZ_POINT,
    NZ_TRUST,
    OTHER_KEY,
    OUR_KEY,
    PASS_PAYLOAD,
    STORE,
    VENUE_PAYLOAD,
    counted_calls,
    nz_pass,
    nz_text,
    store_of,
)

prefixes = st.sampled_from([b"", b"GP1:", b"GPV1:", b"GP2:", b"NZCP:/1/", b"NZCP:/", b"NZCP:/2/", b"HC1:"])
base32_texts = st.binary(max_size=400).map(base32.encode)
payloads = st.builds(bytes.__add__, prefixes, st.binary(max_size=300) | base32_texts)
NZ_PASS = nz_pass()
GOOD = {PASS_PAYLOAD, VENUE_PAYLOAD, NZ_PASS}


@given(payloads, st.integers(-(2**63), 2**63), st.booleans())
@example(b"", 0, True)
@example(b"\x00", 0, True)
@example(b"<script>alert(1)</script>", 0, True)
@example("健康码".encode("gb18030"), 0, True)
@example(b"NZCP:/1/", 0, True)
@example(b"GP1:", 0, True)
@example(b"GP999999999999999999:", 0, True)
def test_any_bytes_get_an_answer_that_is_never_green(payload: bytes, at_us: int, clock: bool) -> None:
    for store in (STORE, EMPTY):
        code = read(payload, store, at_us, clock_trusted=clock)
        assert code.verdict is not CodeVerdict.VALID
        assert code.reason in SENTENCES
        assert code.payload == payload
        assert code.holder == (payload_text(payload) or None)
        assert not code.subject
        assert not code.personal


@given(st.binary(max_size=200))
def test_any_cose_shaped_bytes_get_an_answer(data: bytes) -> None:
    code = read(nz_text(data), STORE, NOW_US)
    assert (code.carrier, code.verdict) == (Carrier.NZCP, CodeVerdict.INVALID)


simple = (
    st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.text(max_size=8) | st.binary(max_size=8)
)
trees = st.recursive(
    simple,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.integers(0, 9) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(trees, trees, trees)
def test_any_signed_claims_and_headers_get_an_answer(claims: object, header: object, free: object) -> None:
    assert read(nz_pass(cbor2.dumps(claims)), STORE, NOW_US).verdict is CodeVerdict.INVALID
    assert read(nz_pass(protected=cbor2.dumps(header)), STORE, NOW_US).verdict is CodeVerdict.INVALID
    parts = cbor2.dumps(cbor2.CBORTag(18, [header, free, claims, b""]))
    assert read(nz_text(parts), STORE, NOW_US).verdict is CodeVerdict.INVALID


@given(st.sampled_from(sorted(GOOD)), st.data())
def test_no_mutation_of_a_good_code_is_valid(payload: bytes, data: st.DataObject) -> None:
    changed = bytearray(payload)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(changed)))
        what = data.draw(st.sampled_from(["replace", "insert", "delete", "move"]))
        letter = data.draw(st.sampled_from(list(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567:/=\x00 ")))
        if what == "insert":
            changed.insert(place, letter)
        elif what == "replace":
            changed[place : place + 1] = bytes([letter])
        elif what == "delete":
            del changed[place : place + 3]
        else:
            changed = changed[place:] + changed[:place]
    code = read(bytes(changed), STORE, NOW_US)
    assert code.verdict is not CodeVerdict.VALID or bytes(changed) in GOOD


def test_the_other_half_of_an_ecdsa_signature_means_the_same_pass() -> None:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    assert ec.SECP256R1().key_size == order.bit_length()

    def other_half(made: bytes) -> bytes:
        return made[:32] + (order - int.from_bytes(made[32:], "big")).to_bytes(32, "big")

    code = read(nz_pass(spoil=other_half), STORE, NOW_US)
    assert code == read(NZ_PASS, STORE, NOW_US)
    assert code.verdict is CodeVerdict.VALID


def test_a_payload_longer_than_any_code_is_kept_in_part_and_not_looked_at() -> None:
    for payload in (b"GP1:" + b"A" * 10_000_000, b"\xff" * (MAX_BYTES + 1)):
        with counted_calls(base32.decode) as decoded:
            code = read(payload, STORE, NOW_US)
        assert decoded == [0]
        assert (code.carrier, code.verdict, code.reason) == (
            Carrier.UNKNOWN,
            CodeVerdict.UNVERIFIED,
            "too_long",
        )
        assert code.payload == payload[:MAX_BYTES]


def test_the_longest_payload_that_is_looked_at_is_refused_as_its_format() -> None:
    payload = (b"NZCP:/1/" + b"A" * MAX_BYTES)[:MAX_BYTES]
    assert read(payload, STORE, NOW_US).carrier is Carrier.NZCP


@pytest.mark.parametrize(
    "bomb",
    [
        b"\x81" * 5000,
        b"\xd8\x12" * 2400,
        b"\xa1\x01" * 2400,
        b"\x9b" + b"\xff" * 8,
        b"\xbb" + b"\xff" * 8,
        b"\x5b" + b"\xff" * 8,
        b"\x7b" + b"\xff" * 8,
        b"\x9a\x00\x00\x13\x80" + b"\x00" * 5000,
        b"\xd2\x84" + (b"\x99\x01\x00" + b"\x80" * 256) * 18,
        b"\x9f" + b"\x00" * 5000 + b"\xff",
        b"\xc4\x82\x1b" + b"\xff" * 8 + b"\x01",
        b"\xc2\x59\x13\x80" + b"\xff" * 4992,
    ],
    ids=lambda bomb: bomb[:4].hex(),
)
def test_a_bomb_costs_no_more_than_the_item_limit(bomb: bytes) -> None:
    with counted_calls(cbor._Reader.item) as items:
        code = read(nz_text(bomb), STORE, NOW_US)
    assert code.verdict is CodeVerdict.INVALID
    assert 1 <= items[0] <= cbor.MAX_ITEMS + 1


@pytest.mark.parametrize("payload", sorted(GOOD), ids=lambda payload: payload[:5].decode())
def test_a_good_code_costs_one_signature(payload: bytes) -> None:
    with counted_calls(signature.verify) as checks:
        assert read(payload, STORE, NOW_US).verdict is CodeVerdict.VALID
    assert checks == [1]


def test_an_unknown_key_or_damaged_text_costs_no_signature() -> None:
    with counted_calls(signature.verify) as checks:
        read(PASS_PAYLOAD, EMPTY, NOW_US)
        read(PASS_PAYLOAD, store_of(Carrier.GATEPOST_PASS), NOW_US)
        read(PASS_PAYLOAD[:-1] + b"1", STORE, NOW_US)
        read(PASS_PAYLOAD[:99], STORE, NOW_US)
        read(NZ_PASS, EMPTY, NOW_US)
        read(nz_pass(protected={4: b"key-2", 1: -7}), STORE, NOW_US)
        read(b"hello", STORE, NOW_US)
    assert checks == [0]


def test_every_key_of_one_id_is_tried_up_to_the_cap() -> None:
    twin = TrustKey("twin", OUR_KEY.key_id, Algorithm.ED25519, OTHER_KEY.public_key().public_bytes_raw())
    store = store_of(Carrier.GATEPOST_PASS, twin, OUR_KEY)
    with counted_calls(signature.verify) as checks:
        code = read(PASS_PAYLOAD, store, NOW_US)
    assert checks == [2]
    assert (code.verdict, code.issuer) == (CodeVerdict.VALID, OUR_KEY.issuer)
    crowd = store_of(Carrier.GATEPOST_PASS, *[twin] * 100, OUR_KEY)
    with counted_calls(signature.verify) as checks:
        code = read(PASS_PAYLOAD, crowd, NOW_US)
    assert checks == [signature.MAX_KEYS_TRIED]
    assert code.reason == "signature"


@pytest.mark.parametrize("public", [b"", b"\x00" * 32, b"\x04" + b"\x01" * 64, b"\xff" * 65])
def test_a_trust_key_that_is_none_verifies_nothing(public: bytes) -> None:
    ours = TrustKey("x", OUR_KEY.key_id, Algorithm.ED25519, public)
    nz = TrustKey(NZ_ISSUER, "key-1", Algorithm.ES256, public)
    assert read(PASS_PAYLOAD, store_of(Carrier.GATEPOST_PASS, ours), NOW_US).reason == "signature"
    assert read(NZ_PASS, store_of(Carrier.NZCP, nz), NOW_US).reason == "signature"


def test_a_signature_of_another_length_is_refused() -> None:
    message = b"message"
    assert signature.verify(OUR_KEY, KEY.sign(message), message)
    for made in (b"", KEY.sign(message)[:-1], KEY.sign(message) + b"\x00"):
        assert not signature.verify(OUR_KEY, made, message)
    assert NZ_TRUST.public == NZ_POINT
    for made in (b"", bytes(63), bytes(64), bytes(65), b"\xff" * 64):
        assert not signature.verify(NZ_TRUST, made, message)


@pytest.mark.parametrize("name", [name for name, sample in SAMPLES.items() if sample.reason is None])
def test_a_key_that_has_run_out_signs_nothing_in_any_format(name: str) -> None:
    sample = SAMPLES[name]
    entry = EVERY_STORE.of(sample.carrier)
    assert entry is not None
    for from_us, until_us, reason in (
        (None, NOW_US, "certificate_expired"),
        (NOW_US + 1, None, "certificate_not_yet_valid"),
        (NOW_US, NOW_US + 1, None),
    ):
        keys = tuple(replace(key, from_us=from_us, until_us=until_us) for key in entry.keys)
        store = TrustStore((TrustList(sample.carrier, keys),))
        assert read(sample.payload, store, NOW_US).reason == reason
