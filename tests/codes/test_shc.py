"""SMART Health Cards: each demand of the format, by a card that breaks that one alone."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import shc
from edge.codes.outcome import Claims, Refusal
from edge.codes.signature import verify
from edge.codes.trust import EMPTY, TrustKey, TrustList, TrustStore, es256_key, from_base64url
from edge.domain.model import Carrier, CodeVerdict
from tests.codes.samples import DAY_S, NOW_S, NOW_US, Asked, counted_calls
from tests.codes.shc_samples import (
    CARD_ISSUER,
    CARD_KEY,
    CARD_KEY_ID,
    CARD_STORE,
    CARD_TRUST,
    OTHER_CARD_KEY,
    OTHER_CARD_KEY_ID,
    OTHER_CARD_TRUST,
    Parts,
    bundle,
    card,
    card_claims,
    card_header,
    card_jws,
    deflated,
    dose,
    numeric,
    patient,
    pieces,
    point_of,
    read_card,
    spoiled,
    store_revoking,
)

Spoil = Callable[[Parts], object]


def store_of(*keys: TrustKey, test_issuers: bool = False) -> TrustStore:
    return TrustStore((TrustList(Carrier.SHC, keys),), test_issuers=test_issuers)


def test_a_card_that_meets_every_demand_is_valid_and_reduced_to_what_rules_need() -> None:
    code = read_card(card())
    assert (code.verdict, code.reason) == (CodeVerdict.VALID, None)
    assert (code.issuer, code.key_id) == (CARD_ISSUER, CARD_KEY_ID)
    assert code.valid_from_us == (NOW_S - 10 * DAY_S) * 1_000_000 + 250_000
    assert code.valid_until_us is None
    assert code.subject == {
        "vaccination_doses": "2",
        "vaccination_date": "2021-03-29",
        "vaccination_product": "208",
    }
    assert code.personal == {"name": "Ada B. Example", "birth_date": "1970-03-04"}
    assert code.holder == "shc:1970-03-04|example|ada b."
    assert code.payload is None


def test_the_jws_alone_is_the_same_card() -> None:
    assert read_card(card_jws()).subject == read_card(card()).subject


@pytest.mark.parametrize(
    "token", [{"alg": "HS256", "typ": "JWT"}, {"alg": "ES256", "kid": "3"}, {"alg": "none"}]
)
def test_a_token_of_another_site_is_not_taken_for_a_card(token: Parts) -> None:
    assert not shc.recognises(card_jws(header=token))


def test_cards_of_one_person_have_one_holder_and_without_a_birth_date_each_card_its_own() -> None:
    def issued_again(claims: Parts) -> None:
        claims["nbf"] = NOW_S - 5
        claims["vc"]["credentialSubject"]["fhirBundle"]["entry"][0] = patient(
            name=[{"family": " EXAMPLE", "given": ["ADA", "B."]}]
        )

    def unborn(claims: Parts) -> None:
        entry = claims["vc"]["credentialSubject"]["fhirBundle"]["entry"]
        entry[0] = patient(birthDate=None)
        claims["nbf"] = NOW_S - len(entry)

    def unborn_later(claims: Parts) -> None:
        unborn(claims)
        claims["nbf"] -= 1

    assert read_card(spoiled(issued_again)).holder == read_card(card()).holder
    first, second = read_card(spoiled(unborn)), read_card(spoiled(unborn_later))
    assert first.verdict is second.verdict is CodeVerdict.VALID
    assert None not in (first.holder, second.holder)
    assert first.holder != second.holder
    assert "birth_date" not in first.personal


def vc(claims: Parts) -> Parts:
    found: Parts = claims["vc"]
    return found


def subject(claims: Parts) -> Parts:
    found: Parts = claims["vc"]["credentialSubject"]
    return found


@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: c.pop("nbf"),
        lambda c: c.update(nbf=str(NOW_S)),
        lambda c: c.update(nbf=True),
        lambda c: c.update(nbf=None),
        lambda c: c.update(nbf=-1),
        lambda c: c.update(nbf=NOW_S * 1000),
        lambda c: c.update(exp=NOW_S * 1000),
        lambda c: c.update(exp=None),
        lambda c: c.update(exp="never"),
        lambda c: c.update(exp=c["nbf"]),
        lambda c: c.update(exp=c["nbf"] - 1),
        lambda c: c.pop("vc"),
        lambda c: c.update(vc=[]),
        lambda c: vc(c).pop("type"),
        lambda c: vc(c).update(type=shc.HEALTH_CARD),
        lambda c: vc(c)["type"].append(1),
        lambda c: vc(c).update(rid=""),
        lambda c: vc(c).update(rid="a" * 25),
        lambda c: vc(c).update(rid="a.1"),
        lambda c: vc(c).update(rid="a b"),
        lambda c: vc(c).update(rid=7),
        lambda c: vc(c).pop("credentialSubject"),
        lambda c: subject(c).pop("fhirVersion"),
        lambda c: subject(c).update(fhirVersion=4),
        lambda c: subject(c).pop("fhirBundle"),
        lambda c: subject(c).update(fhirBundle=[]),
        lambda c: subject(c)["fhirBundle"].update(resourceType="Patient"),
        lambda c: subject(c)["fhirBundle"].pop("entry"),
        lambda c: subject(c)["fhirBundle"].update(entry={}),
        lambda c: subject(c)["fhirBundle"]["entry"].append(None),
        lambda c: subject(c)["fhirBundle"]["entry"].append({"fullUrl": "resource:9"}),
        lambda c: subject(c)["fhirBundle"]["entry"].pop(0),
        lambda c: subject(c)["fhirBundle"]["entry"].append(patient()),
    ],
)
def test_a_well_signed_card_that_breaks_one_demand_is_invalid_and_names_nobody(spoil: Spoil) -> None:
    code = read_card(spoiled(spoil))
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, "claims")
    assert (code.issuer, code.key_id) == (CARD_ISSUER, CARD_KEY_ID)
    assert not code.personal
    assert not code.subject


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda c: vc(c)["type"].pop(0), "pass_type"),
        (lambda c: vc(c).update(type=[]), "pass_type"),
        (lambda c: vc(c)["type"].__setitem__(0, "https://smarthealth.cards#Health-Card"), "pass_type"),
        (lambda c: subject(c).update(fhirVersion="5.0.0"), "version"),
        (lambda c: subject(c).update(fhirVersion="latest"), "version"),
    ],
)
def test_what_other_or_later_cards_may_bring_is_unsupported(spoil: Spoil, reason: str) -> None:
    code = read_card(spoiled(spoil))
    assert (code.verdict, code.reason) == (CodeVerdict.UNSUPPORTED, reason)


@pytest.mark.parametrize(
    ("issuer", "verdict", "reason"),
    [
        (None, CodeVerdict.INVALID, "structure"),
        (7, CodeVerdict.INVALID, "structure"),
        ("", CodeVerdict.UNKNOWN_ISSUER, "issuer_not_trusted"),
        (CARD_ISSUER + "/", CodeVerdict.UNKNOWN_ISSUER, "issuer_not_trusted"),
        (CARD_ISSUER.replace("https", "http"), CodeVerdict.UNKNOWN_ISSUER, "issuer_not_trusted"),
        (CARD_ISSUER.upper(), CodeVerdict.UNKNOWN_ISSUER, "issuer_not_trusted"),
        (CARD_ISSUER + "2", CodeVerdict.UNKNOWN_ISSUER, "issuer_not_trusted"),
        (CARD_ISSUER + "?a", CodeVerdict.UNKNOWN_ISSUER, "issuer_not_trusted"),
        ("https://other.example.org", CodeVerdict.UNKNOWN_ISSUER, "unknown_key"),
    ],
)
def test_the_issuer_is_compared_letter_by_letter(issuer: object, verdict: CodeVerdict, reason: str) -> None:
    code = read_card(spoiled(lambda c: c.update(iss=issuer)))
    assert (code.verdict, code.reason) == (verdict, reason)


def test_an_issuer_without_https_is_refused_even_where_a_list_names_it() -> None:
    plain = CARD_ISSUER.replace("https", "http")
    listed = store_of(es256_key(point_of(CARD_KEY), plain, CARD_KEY_ID))
    assert read_card(spoiled(lambda c: c.update(iss=plain)), listed).reason == "issuer_not_trusted"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"zip": "DEF", "kid": CARD_KEY_ID}, "header"),
        ({"alg": "ES256", "kid": CARD_KEY_ID}, "header"),
        ({"zip": "DEF", "alg": "ES256"}, "header"),
        (card_header() | {"zip": "GZIP"}, "header"),
        (card_header() | {"zip": ["DEF"]}, "header"),
        (card_header() | {"kid": 7}, "header"),
        (card_header() | {"kid": ""}, "header"),
        (card_header() | {"kid": "k" * 65}, "header"),
        (card_header() | {"crit": ["b64"], "b64": False}, "header"),
        (card_header() | {"alg": "none"}, "algorithm"),
        (card_header() | {"alg": "HS256"}, "algorithm"),
        (card_header() | {"alg": "ES384"}, "algorithm"),
        (card_header() | {"alg": None}, "algorithm"),
        ([], "header"),
        (b"", "header"),
        (b'{"alg":"ES256","alg":"ES256"}', "header"),
        (b"\xef\xbb\xbf" + json.dumps(card_header()).encode(), "header"),
    ],
)
def test_the_header_names_key_algorithm_and_packing(header: object, reason: str) -> None:
    code = read_card(card(header=header))
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, reason)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "structure"),
        (b"[]", "structure"),
        (b"null", "structure"),
        (json.dumps(json.dumps(card_claims())).encode(), "structure"),
        (b"\xef\xbb\xbf" + json.dumps(card_claims()).encode(), "structure"),
        (json.dumps(card_claims()).encode("utf-16"), "structure"),
        (json.dumps(card_claims()).encode() + b"{}", "structure"),
        (b'{"iss":"a","iss":"a"}', "structure"),
        (b'{"iss":"a","nbf":NaN}', "structure"),
        (b'{"iss":"a","nbf":Infinity}', "structure"),
        (b'{"iss":"a","nbf":' + b"9" * 5000 + b"}", "structure"),
        (b'{"iss":"\\ud83d"}', "structure"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "too_large"),
        (b"[" * 60_000, "too_large"),
        (b"[" + b"1," * 5000 + b"1]", "too_large"),
    ],
)
def test_the_payload_is_one_json_object_of_bounded_size(body: bytes, reason: str) -> None:
    code = read_card(card(claims=body))
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, reason)


PACKED = deflated(json.dumps(card_claims()).encode())


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        PACKED[:-1],
        PACKED + b"\x00",
        PACKED + PACKED,
        deflated(json.dumps(card_claims()).encode(), 15),
        deflated(json.dumps(card_claims()).encode(), 31),
        json.dumps(card_claims()).encode(),
        b"\x07" + PACKED,
    ],
)
def test_the_payload_is_raw_deflate_with_its_end_and_nothing_behind_it(packed: bytes) -> None:
    code = read_card(numeric(card_jws(packed=packed)))
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, "encoding")


def test_a_bomb_is_left_after_the_first_64_kilobytes() -> None:
    bomb = deflated(json.dumps(card_claims()).encode() + b" " * 2_000_000)
    assert len(bomb) < 4000
    code = read_card(numeric(card_jws(packed=bomb)))
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, "too_large")
    filled = json.dumps(card_claims()).encode()
    filled += b" " * (shc.MAX_INFLATED - len(filled))
    assert read_card(card(claims=filled)).verdict is CodeVerdict.VALID
    assert read_card(card(claims=filled + b" ")).reason == "too_large"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda made: made[:-1],
        lambda made: made + b"\x00",
        lambda made: b"",
        lambda made: bytes(64),
        lambda made: made[32:] + made[:32],
        lambda made: b"\x30\x44\x02\x20" + made[:32] + b"\x02\x20" + made[32:],
    ],
)
def test_a_signature_in_any_other_form_is_refused(spoil: Callable[[bytes], bytes]) -> None:
    code = read_card(numeric(card_jws(spoil=spoil)))
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, "signature")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"shc:", "structure"),
        (b"shc:5676", "structure"),
        (b"shc://5676", "encoding"),
        (b"shc:/", "encoding"),
        (b"shc:/567", "encoding"),
        (b"shc:/5678", "encoding"),
        (b"shc:/56 6", "encoding"),
        (b"shc:/5676\n", "encoding"),
        (b" shc:/5676", "encoding"),
        ("shc:/\uff15\uff16".encode(), "encoding"),
        (b"shc:/5676", "structure"),
        (b"shc:/0/1/5676", "structure"),
        (b"shc:/2/1/5676", "structure"),
        (b"shc:/0/0/5676", "structure"),
        (b"shc:/1/33/5676", "structure"),
        (b"shc:/1/2/" + b"56" * 1192, "structure"),
        (b"shc:/1/2/567", "encoding"),
        (b"shc:/1/5676", "encoding"),
        (b"shc:/a/2/5676", "encoding"),
        (b"shc:/11111/22222/5676", "encoding"),
    ],
)
def test_the_digits_of_a_picture_are_exact(payload: bytes, reason: str) -> None:
    code = read_card(payload)
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, reason)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (card_jws() + b"\n", "encoding"),
        (b" " + card_jws(), "encoding"),
        (card_jws() + b"=", "encoding"),
        (card_jws() + b"A", "signature"),
        (card_jws().replace(b".", b".+", 1), "encoding"),
        (card_jws() + b".", "structure"),
        (card_jws().rpartition(b".")[0], "structure"),
    ],
)
def test_the_jws_is_exact(text: bytes, reason: str) -> None:
    code = read_card(text)
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, reason)


def test_a_file_of_cards_is_not_a_scanned_code() -> None:
    for space in ("", " \n"):
        text = f'{space}{{{space}"verifiableCredential": ["{card_jws().decode()}"]}}'
        code = read_card(text.encode())
        assert (code.verdict, code.reason) == (CodeVerdict.UNSUPPORTED, "structure")


def test_a_piece_of_a_card_waits_and_a_single_piece_is_whole() -> None:
    for payload in pieces(3):
        code = read_card(payload)
        assert (code.verdict, code.reason) == (CodeVerdict.UNVERIFIED, "chunks_missing")
    (only,) = pieces(1)
    assert only.startswith(b"shc:/1/1/")
    assert read_card(only).verdict is CodeVerdict.VALID


def test_each_moment_counts_at_both_ends() -> None:
    claims = card_claims()
    claims["exp"] = NOW_S + DAY_S
    begin_us, end_us = round(claims["nbf"] * 1_000_000), claims["exp"] * 1_000_000
    expected = {
        begin_us - 1: CodeVerdict.NOT_YET_VALID,
        begin_us: CodeVerdict.VALID,
        end_us - 1: CodeVerdict.VALID,
        end_us: CodeVerdict.EXPIRED,
    }
    assert {at_us: read_card(card(claims), at_us=at_us).verdict for at_us in expected} == expected


def test_a_list_must_name_the_issuer_with_that_key() -> None:
    assert read_card(card(), EMPTY).reason == "no_trust_list"
    assert read_card(card(), store_of(OTHER_CARD_TRUST)).reason == "issuer_not_trusted"
    other = es256_key(point_of(OTHER_CARD_KEY), CARD_ISSUER, OTHER_CARD_KEY_ID)
    assert read_card(card(), store_of(other)).reason == "unknown_key"
    # The same key under another issuer does not count, and beside the right one it does no harm.
    shared = replace(CARD_TRUST, issuer="https://other.example.org")
    assert read_card(card(), store_of(shared)).reason == "issuer_not_trusted"
    assert read_card(card(), store_of(shared, CARD_TRUST)).verdict is CodeVerdict.VALID


def test_a_key_counts_only_under_its_own_thumbprint() -> None:
    misnamed = es256_key(point_of(OTHER_CARD_KEY), CARD_ISSUER, CARD_KEY_ID)
    signed = numeric(card_jws(key=OTHER_CARD_KEY))
    code = read_card(signed, store_of(misnamed))
    assert (code.verdict, code.reason) == (CodeVerdict.UNKNOWN_ISSUER, "unknown_key")
    assert read_card(signed).reason == "signature"


def test_the_thumbprint_is_the_one_of_the_specifications_example_key() -> None:
    x = "11XvRWy1I2S0EyJlyf_bWfw_TQ5CJJNLw78bHXNxcgw"
    y = "eZXwxvO1hvCY0KucrPfKo7yAyMT6Ajc3N7OkAB6VYy8"
    point = b"\x04" + from_base64url(x) + from_base64url(y)
    assert shc.thumbprint(point) == "3Kfdg-XwP-7gXyywtUfUADwBumDOPKMQx-iELL11W9s"


@pytest.mark.parametrize(
    "issuer",
    [
        "https://spec.smarthealth.cards/examples/issuer",
        "https://smarthealth.cards/examples/issuer",
        "https://raw.githubusercontent.com/smart-on-fhir/health-cards-dev-tools/main/testdata/x",
    ],
)
def test_an_issuer_whose_private_key_is_published_counts_only_in_practice(issuer: str) -> None:
    listed = replace(CARD_TRUST, issuer=issuer)  # not even marked as a test issuer
    payload = spoiled(lambda c: c.update(iss=issuer))
    code = read_card(payload, store_of(listed))
    assert (code.verdict, code.reason) == (CodeVerdict.UNKNOWN_ISSUER, "test_issuer")
    assert read_card(payload, store_of(listed, test_issuers=True)).verdict is CodeVerdict.VALID


def test_a_withdrawn_card_is_revoked_and_others_of_the_key_are_not() -> None:
    payload = spoiled(lambda c: vc(c).update(rid="MKyCxh7p6uQ"))
    entry = f"{CARD_KEY_ID} MKyCxh7p6uQ"
    assert read_card(payload, store_revoking(entry)).verdict is CodeVerdict.REVOKED
    assert read_card(payload, store_revoking(entry)).personal["certificate_id"] == "MKyCxh7p6uQ"
    for other in (f"{CARD_KEY_ID} MKyCxh7p6u", f"{OTHER_CARD_KEY_ID} MKyCxh7p6uQ", f"{entry}Q"):
        assert read_card(payload, store_revoking(other)).verdict is CodeVerdict.VALID
    assert read_card(card(), store_revoking(entry)).verdict is CodeVerdict.VALID


def test_a_withdrawal_is_looked_up_and_the_list_never_gone_through() -> None:
    payload = spoiled(lambda c: (vc(c).update(rid="r1"), c.update(nbf=1_640_000_000)))
    entries = [f"{CARD_KEY_ID} r{number}x.1650000000" for number in range(2000)]
    for entry, verdict in (("r1.1640000001", CodeVerdict.REVOKED), ("r1.1640000000", CodeVerdict.VALID)):
        (trusted,) = store_revoking(*entries, f"{CARD_KEY_ID} {entry}").lists
        asked = Asked(trusted.revoked)
        object.__setattr__(trusted, "revoked", asked)
        assert read_card(payload, TrustStore((trusted,))).verdict is verdict
        assert asked.asked == 1


def test_a_revocation_with_a_second_means_cards_made_before_it() -> None:
    payload = spoiled(lambda c: (vc(c).update(rid="r1"), c.update(nbf=1_640_000_000.5)))
    expected = {
        1_640_000_000: CodeVerdict.VALID,
        1_640_000_001: CodeVerdict.REVOKED,
        1_639_000_000: CodeVerdict.VALID,
    }
    found = {
        second: read_card(payload, store_revoking(f"{CARD_KEY_ID} r1.{second}")).verdict
        for second in expected
    }
    assert found == expected
    both = store_revoking(f"{CARD_KEY_ID} r1.1", f"{CARD_KEY_ID} r1.1640000001")
    assert read_card(payload, both).verdict is CodeVerdict.REVOKED


def test_at_most_one_signature_is_checked_among_hundreds_of_keys() -> None:
    others = [replace(CARD_TRUST, issuer=f"https://h{n}.example.org") for n in range(300)]
    with counted_calls(verify) as count:
        assert read_card(card(), store_of(*others, CARD_TRUST)).verdict is CodeVerdict.VALID
        assert count == [1]
        assert read_card(card(), store_of(*others)).reason == "issuer_not_trusted"
    assert count == [1]


def claims_or_refusal(payload: bytes) -> Claims | Refusal:
    try:
        return shc.claims(payload, CARD_STORE)
    except Refusal as refusal:
        return refusal


GOOD = card_jws()


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 7))
def test_no_flipped_bit_leaves_a_card_valid(at: int, bit: int) -> None:
    changed = GOOD[:at] + bytes([GOOD[at] ^ 1 << bit]) + GOOD[at + 1 :]
    if shc.recognises(changed):
        assert isinstance(claims_or_refusal(changed), Refusal)


@given(st.sampled_from([b"shc:/", b"shc:/1/3/", b"shc:/1/1/", b"shc:", b"eyJ", b""]), st.binary(max_size=300))
def test_whatever_the_bytes_only_a_refusal_comes_out(lead: bytes, rest: bytes) -> None:
    payload = lead + rest
    shc.recognises(payload)
    assert isinstance(claims_or_refusal(payload), Refusal)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_whatever_is_packed_and_signed_only_a_refusal_comes_out(header: bytes, body: bytes) -> None:
    assert isinstance(claims_or_refusal(card_jws(body, header)), Refusal)
    assert isinstance(claims_or_refusal(card_jws(body)), Refusal)
    assert isinstance(claims_or_refusal(card_jws(packed=body)), Refusal)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
PLACES: list[Callable[[Parts, Any], object]] = [
    lambda c, value: c.update(nbf=value),
    lambda c, value: c.update(exp=value),
    lambda c, value: c.update(iss=value),
    lambda c, value: c.update(vc=value),
    lambda c, value: vc(c).update(rid=value),
    lambda c, value: vc(c).update(type=value),
    lambda c, value: subject(c).update(fhirBundle=value),
    lambda c, value: subject(c)["fhirBundle"].update(entry=value),
    lambda c, value: subject(c)["fhirBundle"]["entry"].__setitem__(0, patient(name=value)),
    lambda c, value: subject(c)["fhirBundle"]["entry"].__setitem__(0, patient(birthDate=value)),
    lambda c, value: subject(c).update(fhirBundle=bundle(dose(value))),
    lambda c, value: subject(c).update(fhirBundle=bundle(dose("2021-01-01", value))),
    lambda c, value: subject(c).update(fhirBundle=bundle(dose("2021-01-01", vaccineCode=value))),
]


@given(st.sampled_from(PLACES), JSON)
def test_whatever_stands_in_a_place_there_are_claims_or_a_refusal(
    place: Callable[[Parts, Any], object], value: object
) -> None:
    payload = spoiled(lambda claims: place(claims, value))
    found = claims_or_refusal(payload)
    if isinstance(found, Claims):
        texts = [*found.subject.values(), *found.personal.values(), str(found.holder)]
        assert all(text and text.encode() for text in texts)
    at_us = NOW_US + 1
    assert read_card(payload, at_us=at_us).carrier is Carrier.SHC
