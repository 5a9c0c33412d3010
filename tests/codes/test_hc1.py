"""The EU certificate: each demand by a certificate that breaks it alone."""

import struct
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from edge.codes import TrustList, TrustStore, cbor, hc1, signature
from edge.codes.certificates import hc1_key
from edge.domain.model import Carrier, CodeVerdict
from tests.codes.hc1_samples import (
    HC1_KEY,
    HC1_KID,
    ISSUER,
    KID_TEXT,
    RECOVERY,
    TEST,
    UCI,
    VACCINATION,
    Content,
    content,
    hc1_code,
    hc1_store,
    hc1_text,
    hc1_trust,
    kid_of,
    read_hc1,
    rsa_key,
    signer_certificate,
    token,
)
from tests.codes.samples import DAY_S, NOW_S, NOW_US, Asked, counted_calls

GOOD = hc1_code()
OTHER_KEY = ec.derive_private_key(12, ec.SECP256R1())
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
VALID, INVALID = CodeVerdict.VALID, CodeVerdict.INVALID
UNKNOWN, UNSUPPORTED = CodeVerdict.UNKNOWN_ISSUER, CodeVerdict.UNSUPPORTED


Judged = tuple[CodeVerdict, str | None]


def result(payload: bytes, store: TrustStore | None = None, at_us: int = NOW_US) -> Judged:
    code = read_hc1(payload, store, at_us)
    assert code.verdict is VALID or code.reason
    return code.verdict, code.reason


# --- the envelope ----------------------------------------------------------------------------------


def test_a_certificate_that_meets_every_demand_is_valid() -> None:
    code = read_hc1(GOOD)
    assert (code.carrier, code.verdict, code.reason) == (Carrier.HC1, VALID, None)
    assert (code.issuer, code.key_id) == (ISSUER, KID_TEXT)
    assert code.valid_from_us == (NOW_S - DAY_S) * 1_000_000
    assert code.valid_until_us == (NOW_S + 30 * DAY_S) * 1_000_000
    assert code.payload is None


@pytest.mark.parametrize("bits", [2048, 3072])
def test_rsa_signs_as_well(bits: int) -> None:
    key = rsa_key(bits)
    assert result(hc1_code(key=key), hc1_store(hc1_trust(key))) == (VALID, None)
    wrong = hc1_code(key=key, spoil=lambda made: made[:-1] + bytes([made[-1] ^ 1]))
    assert result(wrong, hc1_store(hc1_trust(key))) == (INVALID, "signature")


@pytest.mark.parametrize("tags", [(), (18,), (61, 18)])
def test_the_three_tags_seen_are_taken(tags: tuple[int, ...]) -> None:
    assert result(hc1_code(tags=tags)) == (VALID, None)


@pytest.mark.parametrize("tags", [(61,), (18, 18), (61, 61, 18), (98,), (55799, 18)])
def test_other_tags_are_not(tags: tuple[int, ...]) -> None:
    assert result(hc1_code(tags=tags)) == (INVALID, "structure")


@pytest.mark.parametrize(
    ("protected", "unprotected", "expected"),
    [
        ({1: -7}, {4: HC1_KID}, (VALID, None)),
        (b"", {1: -7, 4: HC1_KID}, (VALID, None)),
        ({4: HC1_KID}, {1: -7}, (VALID, None)),
        ({1: -7, 4: HC1_KID}, {4: b"foo"}, (VALID, None)),
        ({1: -7, 4: HC1_KID}, {1: -37}, (VALID, None)),
        ({1: -7, 4: b"foo"}, {4: HC1_KID}, (UNKNOWN, "unknown_key")),
        ({1: -37, 4: HC1_KID}, {1: -7}, (INVALID, "algorithm")),
        (b"", {1: -7, 4: b"foo"}, (UNKNOWN, "unknown_key")),
        ({1: -7}, {}, (INVALID, "header")),
        ({1: -7, 4: None}, {4: HC1_KID}, (INVALID, "header")),
        ({1: -7, 4: ""}, {}, (INVALID, "header")),
        ({1: -7, 4: KID_TEXT}, {}, (INVALID, "header")),
        ({1: -7, 4: 7}, {}, (INVALID, "header")),
        ({4: HC1_KID}, {}, (INVALID, "header")),
        ({1: -7, 4: HC1_KID, 2: [1]}, {}, (INVALID, "header")),
        ({1: -7, 4: HC1_KID}, {2: [1]}, (INVALID, "header")),
    ],
)
def test_a_protected_header_wins_and_one_of_each_is_needed(
    protected: Any, unprotected: Any, expected: Judged
) -> None:
    assert result(hc1_code(None, protected, unprotected)) == expected


@pytest.mark.parametrize("algorithm", [-35, -36, -8, -257, 0, 5, -7.0, True, "ES256", b"", [], -(2**64)])
def test_co4_another_algorithm_is_refused(algorithm: object) -> None:
    assert result(hc1_code(None, {1: algorithm, 4: HC1_KID})) == (INVALID, "algorithm")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda made: made + b"\x00",
        lambda made: made + made,
        lambda made: made + bytes(4000),
        lambda made: made[:-1],
        lambda made: made[:32],
        lambda made: b"",
        lambda made: bytes(64),
        lambda made: b"\xff" * 64,
        lambda made: made[32:] + made[:32],
        lambda made: encode_dss_signature(int.from_bytes(made[:32], "big"), int.from_bytes(made[32:], "big")),
        lambda made: bytes(16) + made[:32] + bytes(16) + made[32:],
    ],
)
def test_co24_a_signature_of_another_length_or_form_is_refused(spoil: Callable[[bytes], bytes]) -> None:
    assert result(hc1_code(spoil=spoil)) == (INVALID, "signature")


@pytest.mark.parametrize(
    ("kid", "expected"),
    [
        (HC1_KID[:4], (UNKNOWN, "unknown_key")),
        (HC1_KID + b"\x00", (UNKNOWN, "unknown_key")),
        (HC1_KID * 4, (UNKNOWN, "unknown_key")),
        (HC1_KID * 4 + b"\x00", (INVALID, "header")),
        (bytes(4000), (INVALID, "header")),
        (b"", (INVALID, "header")),
    ],
)
def test_co25_and_co26_a_short_or_long_key_id_is_never_completed_or_cut(kid: bytes, expected: Judged) -> None:
    assert result(hc1_code(None, {1: -7, 4: kid})) == expected
    assert result(hc1_code(None, {1: -7}, {4: kid})) == expected


def test_co27_an_algorithm_that_is_not_the_keys_is_refused_without_trying() -> None:
    for key, other in ((HC1_KEY, -37), (rsa_key(), -7)):
        with counted_calls(signature.verify) as checks:
            payload = hc1_code(None, {1: other, 4: HC1_KID}, key=key)
            assert result(payload, hc1_store(hc1_trust(key))) == (INVALID, "algorithm")
        assert checks == [0]


def test_a_curve_other_than_the_keys_cannot_sign() -> None:
    larger = ec.derive_private_key(3, ec.SECP384R1())
    assert result(hc1_code(None, {1: -7, 4: HC1_KID}, key=larger)) == (INVALID, "signature")


def test_every_key_of_one_id_is_tried_and_each_only_with_its_own_algorithm() -> None:
    twin, rsa_twin = hc1_trust(OTHER_KEY, issuer="XB"), hc1_trust(rsa_key(), issuer="XC")
    store = hc1_store(rsa_twin, twin, hc1_trust())
    for key, issuer, tried in ((HC1_KEY, ISSUER, 2), (OTHER_KEY, "XB", 1), (rsa_key(), "XC", 1)):
        with counted_calls(signature.verify) as checks:
            code = read_hc1(hc1_code(key=key), store)
        assert (code.verdict, code.issuer, checks) == (VALID, issuer, [tried])


def test_a_key_is_read_once_however_many_codes_it_signed() -> None:
    for payload, store, reader in (
        (GOOD, hc1_store(hc1_trust()), signature._es256),
        (hc1_code(key=rsa_key()), hc1_store(hc1_trust(rsa_key())), signature._ps256),
    ):
        assert result(payload, store) == (VALID, None)
        before = reader.cache_info()
        for _ in range(5):
            assert result(payload, store) == (VALID, None)
        after = reader.cache_info()
        assert (after.misses, after.hits) == (before.misses, before.hits + 5)


def test_a_withdrawal_is_looked_up_and_the_list_never_gone_through() -> None:
    entries = [f"uci:{number:032x}" for number in range(2000)]
    entry = TrustList(Carrier.HC1, (hc1_trust(),), revoked=frozenset(entries))
    asked = Asked(entries)
    object.__setattr__(entry, "revoked", asked)
    assert result(GOOD, TrustStore((entry,))) == (VALID, None)
    # A signature, an id, and the id with the country as the token and the entry name it; 17 lengths each.
    assert asked.asked == 4 * 17


def test_a_crowd_of_keys_under_one_id_is_not_all_tried() -> None:
    crowd = [hc1_trust(OTHER_KEY)] * 50
    with counted_calls(signature.verify) as checks:
        assert result(GOOD, hc1_store(*crowd, hc1_trust())) == (INVALID, "signature")
    assert checks == [signature.MAX_KEYS_TRIED]


def test_what_nobody_trusted_signed_is_of_an_unknown_issuer_and_costs_no_signature() -> None:
    practice = TrustList(Carrier.HC1, (replace(hc1_trust(kid=bytes(8)), test=True),))
    with counted_calls(signature.verify) as checks:
        assert result(GOOD, TrustStore((TrustList(Carrier.NZCP),))) == (UNKNOWN, "no_trust_list")
        assert result(GOOD, hc1_store(hc1_trust(kid=bytes(8)))) == (UNKNOWN, "unknown_key")
        assert result(GOOD, TrustStore((practice,))) == (UNKNOWN, "unknown_key")
    assert checks == [0]


@pytest.mark.parametrize(
    ("said", "issuer"), [(ISSUER, ISSUER), ("UTO", "UTO"), ("Mere Example", None), ("de", None), (7, None)]
)
def test_of_an_issuer_that_nobody_vouches_for_only_a_country_is_kept(
    said: object, issuer: str | None
) -> None:
    code = read_hc1(hc1_code({**token(), 1: said}), hc1_store(hc1_trust(kid=bytes(8))))
    assert (code.reason, code.issuer) == ("unknown_key", issuer)


def test_a_refused_certificate_names_what_it_claims_and_nobody() -> None:
    code = read_hc1(GOOD, hc1_store(hc1_trust(OTHER_KEY)))
    assert (code.reason, code.issuer, code.key_id) == ("signature", ISSUER, KID_TEXT)
    assert not code.subject
    assert not code.personal
    assert code.payload == GOOD


# --- text, compression and limits ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"HC1:", (INVALID, "encoding")),
        (b"HC1:A", (INVALID, "encoding")),
        (b"HC1:" + GOOD[4:].lower(), (INVALID, "encoding")),
        (GOOD + b" ", (INVALID, "encoding")),
        (GOOD + b"  ", (INVALID, "encoding")),
        (GOOD + b"   ", (INVALID, "encoding")),
        (GOOD + b"\n", (INVALID, "encoding")),
        (GOOD + b"000", (INVALID, "encoding")),
        (GOOD[:-3], (INVALID, "encoding")),
        (b"HC2:" + GOOD[4:], (UNSUPPORTED, "version")),
        (b"HC9:", (UNSUPPORTED, "version")),
    ],
)
def test_the_text_is_exact_to_its_last_letter(payload: bytes, expected: Judged) -> None:
    assert hc1.recognises(payload)
    assert result(payload) == expected


@pytest.mark.parametrize(
    "payload", [b"", b"HC", b"HC1", b"HC0:", b"HC10:", b"hc1:A", b" HC1:A", b"HL0:A", GOOD[4:]]
)
def test_other_beginnings_are_no_certificate(payload: bytes) -> None:
    assert not hc1.recognises(payload)


@pytest.mark.parametrize("level", range(10))
def test_any_level_of_compression_is_read(level: int) -> None:
    assert result(hc1_code(compress=lambda data: zlib.compress(data, level))) == (VALID, None)


def packed(data: bytes, bits: int, dictionary: bytes | None = None) -> bytes:
    packer = (
        zlib.compressobj(wbits=bits) if dictionary is None else zlib.compressobj(wbits=bits, zdict=dictionary)
    )
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    "compress",
    [
        lambda data: data,
        lambda data: packed(data, -15),
        lambda data: packed(data, 31),
        lambda data: packed(data, 15, b"HC1"),
        lambda data: zlib.compress(data)[:-1],
        lambda data: zlib.compress(data)[:-4] + bytes(4),
        lambda data: zlib.compress(data)[:40],
        lambda data: zlib.compress(data) + b"\x00",
        lambda data: zlib.compress(data) * 2,
        lambda data: zlib.compress(data)[:2],
        lambda data: b"\x79\x9c" + zlib.compress(data)[2:],
        lambda data: b"",
    ],
    ids=[
        "none",
        "raw",
        "gzip",
        "dictionary",
        "cut",
        "check sum",
        "half",
        "byte behind",
        "twice",
        "head",
        "method",
        "empty",
    ],
)
def test_only_one_whole_zlib_stream_is_read(compress: Callable[[bytes], bytes]) -> None:
    assert result(hc1_code(compress=compress)) == (INVALID, "encoding")


@pytest.mark.parametrize("born", ["1979-04-14", ""])
@pytest.mark.parametrize("uci", [UCI, ""])
def test_a_certificate_packed_again_is_the_same_persons(born: str, uci: str) -> None:
    """Nobody signs how it is packed: stored blocks, another level or window are the same certificate."""
    envelope = [b""]

    def keep(data: bytes) -> bytes:
        envelope[0] = data
        return zlib.compress(data)

    first = read_hc1(hc1_code(token(content(v=[{**VACCINATION, "ci": uci}], dob=born)), compress=keep))
    again = [
        read_hc1(hc1_text(made))
        for made in (
            *(zlib.compress(envelope[0], level) for level in range(10)),
            packed(envelope[0], 9),
            stored(envelope[0], 100),
        )
    ]
    assert first.holder
    assert {code.holder for code in again} == {first.holder}
    assert {
        (code.verdict, code.personal == first.personal, code.subject == first.subject) for code in again
    } == {(VALID, True, True)}


def stored(data: bytes, size: int) -> bytes:
    """Return a zlib stream of blocks that are not packed, each of so many bytes."""
    blocks = [data[at : at + size] for at in range(0, len(data), size)]
    made = bytearray(b"\x78\x01")
    for number, block in enumerate(blocks, 1):
        made += bytes([number == len(blocks)]) + struct.pack("<HH", len(block), len(block) ^ 0xFFFF) + block
    return bytes(made) + struct.pack(">I", zlib.adler32(data))


def test_two_people_of_one_name_without_anything_else_are_two() -> None:
    bare = [
        read_hc1(hc1_code(token(content(v=[{**VACCINATION, "ci": "", "dt": day}], dob=""))))
        for day in ("2021-10-01", "2021-10-02")
    ]
    assert bare[0].holder != bare[1].holder


def test_a_small_window_is_zlib_too() -> None:
    assert result(hc1_code(compress=lambda data: packed(data, 9))) == (VALID, None)


def test_inflation_stops_at_the_cap_and_not_before() -> None:
    assert result(hc1_text(zlib.compress(bytes(hc1.MAX_INFLATED)))) == (INVALID, "structure")
    assert result(hc1_text(zlib.compress(bytes(hc1.MAX_INFLATED + 1)))) == (INVALID, "too_large")


@pytest.mark.parametrize("size", [1_000_000, 50_000_000])
def test_an_inflation_bomb_costs_no_more_memory_than_the_cap_allows(size: int) -> None:
    bomb = hc1_text(zlib.compress(bytes(size), 9))
    tracemalloc.start()
    try:
        assert result(bomb) == (INVALID, "too_large")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * hc1.MAX_INFLATED + 4 * len(bomb)


@pytest.mark.parametrize(
    "bomb",
    [
        b"\x81" * 60_000,
        b"\xd2" * 60_000,
        b"\x9f" * 60_000,
        b"\x9a\x00\x00\xff\x00" + bytes(60_000),
        b"\xbf\x00" * 30_000,
    ],
    ids=lambda bomb: bomb[:3].hex(),
)
def test_what_unfolds_inside_the_cap_is_capped_again(bomb: bytes) -> None:
    for payload in (hc1_text(zlib.compress(bomb)), hc1_code(bomb), hc1_code(None, bomb)):
        with counted_calls(cbor._Reader.item) as items:
            assert result(payload) == (INVALID, "structure")
        assert 1 <= items[0] <= 2 * cbor.MAX_ITEMS


def test_lengths_left_open_are_read() -> None:
    head = b"\xbf\x01\x26\x04\x48" + HC1_KID + b"\xff"
    body = (
        b"\xbf" + b"".join(cbor2.dumps(key) + cbor2.dumps(value) for key, value in token().items()) + b"\xff"
    )
    assert cbor2.loads(body) == token()
    assert result(hc1_code(body, head)) == (VALID, None)


# --- the token -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"iss": None}, (VALID, None)),
        ({"iss": 7}, (VALID, None)),
        ({"iat": None}, (VALID, None)),
        ({"iat": NOW_S - 0.5}, (VALID, None)),
        ({"exp": NOW_S + 0.5}, (VALID, None)),
        ({"nbf": NOW_S - 1}, (VALID, None)),
        ({"exp": NOW_S}, (CodeVerdict.EXPIRED, "expired")),
        ({"exp": NOW_S - 0.5}, (CodeVerdict.EXPIRED, "expired")),
        ({"exp": 0}, (CodeVerdict.EXPIRED, "expired")),
        ({"iat": NOW_S + 1}, (CodeVerdict.NOT_YET_VALID, "not_yet_valid")),
        ({"nbf": NOW_S + 1}, (CodeVerdict.NOT_YET_VALID, "not_yet_valid")),
        ({"exp": None}, (INVALID, "claims")),
        ({"exp": -1}, (INVALID, "claims")),
        ({"exp": 253_402_300_800}, (INVALID, "claims")),
        ({"exp": 2**64 - 1}, (INVALID, "claims")),
        ({"exp": 2**64}, (INVALID, "claims")),
        ({"exp": 10**400}, (INVALID, "claims")),
        ({"exp": float("inf")}, (INVALID, "claims")),
        ({"exp": float("nan")}, (INVALID, "claims")),
        ({"exp": 1e300}, (INVALID, "claims")),
        ({"exp": True}, (INVALID, "claims")),
        ({"exp": "2030-01-01"}, (INVALID, "claims")),
        ({"exp": cbor2.CBORTag(1, NOW_S + 9)}, (INVALID, "claims")),
        ({"exp": cbor2.CBORTag(4, [10**6, 1])}, (INVALID, "claims")),
        ({"iat": "now"}, (INVALID, "claims")),
        ({"iat": float("nan")}, (INVALID, "claims")),
        ({"nbf": [1]}, (INVALID, "claims")),
        ({"hcert": None}, (INVALID, "claims")),
        ({"hcert": []}, (INVALID, "claims")),
        ({"hcert": {}}, (INVALID, "claims")),
        ({"hcert": b""}, (INVALID, "claims")),
        ({"hcert": {1: b"\xa0"}}, (INVALID, "claims")),
        ({"hcert": {1: None}}, (INVALID, "claims")),
        ({"hcert": {1: []}}, (INVALID, "claims")),
        ({"hcert": {1: "text"}}, (INVALID, "claims")),
        ({"hcert": {2: content()}}, (UNSUPPORTED, "pass_type")),
        ({"hcert": {3: {"name": "Example"}}}, (UNSUPPORTED, "pass_type")),
        ({"hcert": {"ddcc": {}}}, (UNSUPPORTED, "pass_type")),
        ({"hcert": {1: content(), 3: {}}}, (VALID, None)),
        ({"hcert": {1: content(ver="2.0.0")}}, (UNSUPPORTED, "version")),
        ({"hcert": {1: content(ver="1.99.0")}}, (VALID, None)),
        ({"hcert": {1: content(ver=1)}}, (INVALID, "claims")),
        ({"hcert": {1: content(ver="one")}}, (INVALID, "claims")),
        ({"hcert": {1: content(ver=None)}}, (INVALID, "claims")),
    ],
)
def test_each_claim_has_its_type_and_range(changes: Content, expected: Judged) -> None:
    assert result(hc1_code(token(**changes))) == expected


@pytest.mark.parametrize("claims", [[], 7, "text", None, [token()]])
def test_claims_are_a_map(claims: object) -> None:
    assert result(hc1_code(cbor2.dumps(claims))) == (INVALID, "structure")


def test_the_token_and_the_signers_certificate_end_apart() -> None:
    begins, ends = NOW_US - 10, NOW_US + 10
    store = hc1_store(replace(hc1_trust(), from_us=begins, until_us=ends))
    expected = {
        begins - 1: "certificate_not_yet_valid",
        begins: None,
        ends - 1: None,
        ends: "certificate_expired",
        (NOW_S + 30 * DAY_S) * 1_000_000: "expired",
        (NOW_S - DAY_S) * 1_000_000 - 1: "not_yet_valid",
    }
    assert {at_us: result(GOOD, store, at_us)[1] for at_us in expected} == expected


def test_how_long_a_test_or_dose_counts_is_not_judged_here() -> None:
    old = hc1_code(token(content(t=[TEST | {"sc": "2020-01-01T00:00:00Z", "tr": "260373001"}])))
    assert result(old) == (VALID, None)
    assert result(hc1_code(token(content(r=[RECOVERY | {"du": "2020-01-01"}])))) == (VALID, None)


# --- what a key may sign ---------------------------------------------------------------------------

KINDS: dict[str, Content] = {
    "vaccination": {"v": [VACCINATION]},
    "test": {"t": [TEST]},
    "recovery": {"r": [RECOVERY]},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("purpose", KINDS)
def test_a_key_signs_what_it_is_for_and_one_without_a_purpose_everything(kind: str, purpose: str) -> None:
    payload = hc1_code(token(content(**KINDS[kind])))
    limited = replace(hc1_trust(), purposes=frozenset({purpose}))
    expected = (VALID, None) if kind == purpose else (INVALID, "key_purpose")
    assert result(payload, hc1_store(limited)) == expected
    assert result(payload, hc1_store(hc1_trust())) == (VALID, None)
    both = replace(hc1_trust(), purposes=frozenset({purpose, kind}))
    assert result(payload, hc1_store(both)) == (VALID, None)


def test_a_certificate_is_verified_with_the_key_made_from_its_signers_file() -> None:
    der = signer_certificate()
    payload = hc1_code(None, {1: -7, 4: kid_of(der)})
    code = read_hc1(payload, hc1_store(hc1_key(der)))
    assert (code.verdict, code.issuer, code.key_id) == (VALID, ISSUER, hc1_key(der).key_id)
