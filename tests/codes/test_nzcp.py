"""Each demand of the NZ COVID Pass specification, by a pass that breaks that one alone."""

import uuid
from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import read
from edge.codes.trust import NZCP_TEST_ISSUER, es256_key
from edge.domain.model import Carrier, CodeVerdict
from tests.codes.samples import (
    NOW_S,
    NOW_US,
    NZ_ISSUER,
    NZ_POINT,
    NZ_TRUST,
    STORE,
    nz_claims,
    nz_pass,
    nz_text,
    store_of,
)

Claims = dict[Any, Any]
Spoil = Callable[[Claims], object]


def spoiled(spoil: Spoil) -> bytes:
    claims = nz_claims()
    spoil(claims)
    return nz_pass(claims)


def subject_of(claims: Claims) -> Claims:
    found: Claims = claims["vc"]["credentialSubject"]
    return found


def test_a_pass_that_meets_every_demand_is_valid() -> None:
    code = read(nz_pass(), STORE, NOW_US)
    assert (code.verdict, code.reason) == (CodeVerdict.VALID, None)
    assert (code.issuer, code.key_id) == (NZ_ISSUER, "key-1")
    assert code.personal["name"] == "Mere Example"
    assert code.personal["birth_date"] == "1979-04-14"
    assert uuid.UUID(hex=code.personal["pass_id"]).bytes == bytes(range(16))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: c.pop(5),
        lambda c: c.pop(4),
        lambda c: c.pop(7),
        lambda c: c.pop("vc"),
        lambda c: c.update({5: float(NOW_S)}),
        lambda c: c.update({4: str(NOW_S)}),
        lambda c: c.update({4: True}),
        lambda c: c.update({5: -1}),
        lambda c: c.update({4: 2**63}),
        lambda c: c.update({7: str(uuid.UUID(int=1))}),
        lambda c: c.update({7: bytes(15)}),
        lambda c: c.update({"vc": []}),
        lambda c: c["vc"].pop("@context"),
        lambda c: c["vc"].update({"@context": []}),
        lambda c: c["vc"].update({"@context": "https://www.w3.org/2018/credentials/v1"}),
        lambda c: c["vc"]["@context"].reverse(),
        lambda c: c["vc"]["@context"].append(1),
        lambda c: c["vc"].pop("type"),
        lambda c: c["vc"].update(type="PublicCovidPass"),
        lambda c: c["vc"]["type"].reverse(),
        lambda c: c["vc"]["type"].append("More"),
        lambda c: c["vc"].pop("version"),
        lambda c: c["vc"].update(version=1),
        lambda c: c["vc"].update(version="one"),
        lambda c: c["vc"].pop("credentialSubject"),
        lambda c: subject_of(c).pop("givenName"),
        lambda c: subject_of(c).update(givenName=""),
        lambda c: subject_of(c).update(givenName="n" * 101),
        lambda c: subject_of(c).update(givenName=b"Mere"),
        lambda c: subject_of(c).update(familyName=1),
        lambda c: subject_of(c).update(familyName="n" * 101),
        lambda c: subject_of(c).pop("dob"),
        lambda c: subject_of(c).update(dob="1979-4-14"),
        lambda c: subject_of(c).update(dob="19790414"),
        lambda c: subject_of(c).update(dob="1979-02-30"),
        lambda c: subject_of(c).update(dob="1979-04-14T00:00"),
    ],
)
def test_a_well_signed_pass_that_breaks_one_demand_is_invalid(spoil: Spoil) -> None:
    code = read(spoiled(spoil), STORE, NOW_US)
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, "claims")
    assert code.issuer == NZ_ISSUER
    assert not code.personal


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda c: c["vc"].update(type=["VerifiableCredential", "OtherPass"]), "pass_type"),
        (lambda c: c["vc"].update(version="1.0.1"), "version"),
        (lambda c: c["vc"].update(version="2.0.0"), "version"),
    ],
)
def test_what_a_later_specification_may_bring_is_unsupported(spoil: Spoil, reason: str) -> None:
    code = read(spoiled(spoil), STORE, NOW_US)
    assert (code.verdict, code.reason) == (CodeVerdict.UNSUPPORTED, reason)


@pytest.mark.parametrize(
    ("spoil", "verdict", "reason"),
    [
        (lambda c: c.pop(1), CodeVerdict.INVALID, "structure"),
        (lambda c: c.update({1: 5}), CodeVerdict.INVALID, "structure"),
        (lambda c: c.update({1: "https://example.nz"}), CodeVerdict.INVALID, "structure"),
        (lambda c: c.update({1: "did:web:<b>x</b>"}), CodeVerdict.INVALID, "structure"),
        (lambda c: c.update({1: "did:web:else.example"}), CodeVerdict.UNKNOWN_ISSUER, "issuer_not_trusted"),
        (lambda c: c.update({1: NZ_ISSUER + "/"}), CodeVerdict.INVALID, "structure"),
        (lambda c: c.update({1: NZ_ISSUER.upper()}), CodeVerdict.INVALID, "structure"),
    ],
)
def test_the_issuer_is_compared_letter_by_letter(spoil: Spoil, verdict: CodeVerdict, reason: str) -> None:
    code = read(spoiled(spoil), STORE, NOW_US)
    assert (code.verdict, code.reason) == (verdict, reason)


def test_each_second_counts_at_both_ends() -> None:
    claims = nz_claims()
    begin_us, end_us = claims[5] * 1_000_000, claims[4] * 1_000_000
    expected = {
        begin_us - 1: CodeVerdict.NOT_YET_VALID,
        begin_us: CodeVerdict.VALID,
        end_us - 1: CodeVerdict.VALID,
        end_us: CodeVerdict.EXPIRED,
    }
    assert {at_us: read(nz_pass(), STORE, at_us).verdict for at_us in expected} == expected


def test_without_a_trusted_clock_the_pass_is_unverified() -> None:
    code = read(nz_pass(), STORE, NOW_US, clock_trusted=False)
    assert (code.verdict, code.reason) == (CodeVerdict.UNVERIFIED, "clock_untrusted")


@pytest.mark.parametrize(
    ("protected", "unprotected", "reason"),
    [
        ({4: b"key-1"}, {}, "header"),
        ({4: b"key-1"}, {1: -7}, "header"),
        ({1: -7}, {}, "header"),
        ({1: -7}, {4: b"key-1"}, "header"),
        ({1: -7, 4: b"key-1"}, {4: b"key-1"}, "header"),
        ({1: -7, 4: b"key-1"}, {1: -7}, "header"),
        ({1: -7, 4: b"key-1", 2: [9]}, {}, "header"),
        ({1: -7, 4: b"key-1"}, {2: [9]}, "header"),
        ({1: -7, 4: 1}, {}, "header"),
        ({1: -7, 4: b""}, {}, "header"),
        ({1: -7, 4: b"k" * 65}, {}, "header"),
        ({1: -7, 4: b"key\x001"}, {}, "header"),
        ({1: -8, 4: b"key-1"}, {}, "algorithm"),
        ({1: -37, 4: b"key-1"}, {}, "algorithm"),
        ({1: -7.0, 4: b"key-1"}, {}, "algorithm"),
        ({1: "ES256", 4: b"key-1"}, {}, "algorithm"),
        ({1: None, 4: b"key-1"}, {}, "algorithm"),
    ],
)
def test_the_protected_header_names_key_and_algorithm(
    protected: Claims, unprotected: Claims, reason: str
) -> None:
    code = read(nz_pass(protected=protected, unprotected=unprotected), STORE, NOW_US)
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, reason)


@pytest.mark.parametrize("kid", [b"key-1", "key-1"])
def test_the_key_id_may_be_bytes_as_practised_or_text_as_specified(kid: object) -> None:
    assert read(nz_pass(protected={1: -7, 4: kid}), STORE, NOW_US).verdict is CodeVerdict.VALID


def test_an_unknown_key_of_a_trusted_issuer_is_named() -> None:
    code = read(nz_pass(protected={1: -7, 4: b"key-2"}), STORE, NOW_US)
    assert (code.verdict, code.reason, code.key_id) == (CodeVerdict.UNKNOWN_ISSUER, "unknown_key", "key-2")


def test_a_key_is_its_issuers_only() -> None:
    other = es256_key(NZ_POINT, "did:web:else.example", "key-1")
    code = read(nz_pass(), store_of(Carrier.NZCP, other), NOW_US)
    assert (code.verdict, code.reason) == (CodeVerdict.UNKNOWN_ISSUER, "issuer_not_trusted")


@pytest.mark.parametrize("tag", [None, 17, 61, 98])
def test_only_a_tagged_cose_sign1_is_a_pass(tag: int | None) -> None:
    code = read(nz_pass(tag=tag), STORE, NOW_US)
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, "structure")


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [b"", {}, b""],
        [b"", {}, b"", b"", b""],
        ["", {}, b"", b""],
        [b"", [], b"", b""],
        [b"", {}, None, b""],
        {},
        "pass",
    ],
)
def test_other_shapes_inside_the_tag_are_refused(parts: object) -> None:
    code = read(nz_text(cbor2.dumps(cbor2.CBORTag(18, parts))), STORE, NOW_US)
    assert code.verdict is CodeVerdict.INVALID


@pytest.mark.parametrize(
    "spoil",
    [
        lambda made: made[:-1],
        lambda made: made + b"\x00",
        lambda made: b"",
        lambda made: bytes(64),
        lambda made: b"\x30\x44\x02\x20" + made[:32] + b"\x02\x20" + made[32:],
        lambda made: made[32:] + made[:32],
    ],
)
def test_a_signature_in_any_other_form_is_refused(spoil: Callable[[bytes], bytes]) -> None:
    code = read(nz_pass(spoil=spoil), STORE, NOW_US)
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, "signature")


@pytest.mark.parametrize(
    ("payload", "verdict", "reason"),
    [
        (b"NZCP:/2/AAAA", CodeVerdict.UNSUPPORTED, "version"),
        (b"NZCP:/11/AAAA", CodeVerdict.UNSUPPORTED, "version"),
        (b"NZCP:/", CodeVerdict.INVALID, "structure"),
        (b"NZCP:/1", CodeVerdict.INVALID, "structure"),
        (b"NZCP:/-1/AAAA", CodeVerdict.INVALID, "structure"),
        (b"NZCP:/x/AAAA", CodeVerdict.INVALID, "structure"),
        (b"NZCP:/1/", CodeVerdict.INVALID, "structure"),
        (b"NZCP:/1/A", CodeVerdict.INVALID, "encoding"),
        (b"NZCP:/1/aaaa", CodeVerdict.INVALID, "encoding"),
        (b"NZCP:/1/AAAA====", CodeVerdict.INVALID, "encoding"),
        (b"nzcp:/1/AAAA", CodeVerdict.UNVERIFIED, "not_recognised"),
        (b" NZCP:/1/AAAA", CodeVerdict.UNVERIFIED, "not_recognised"),
    ],
)
def test_the_text_before_and_of_the_base32_is_exact(
    payload: bytes, verdict: CodeVerdict, reason: str
) -> None:
    code = read(payload, STORE, NOW_US)
    assert (code.verdict, code.reason) == (verdict, reason)


def test_padding_makes_a_good_pass_invalid() -> None:
    payload = nz_pass()
    assert read(payload + b"=" * (-len(payload[8:]) % 8 or 8), STORE, NOW_US).reason == "encoding"


def test_two_issues_for_one_person_have_one_holder() -> None:
    def again(claims: Claims) -> None:
        claims.update({5: NOW_S - 9, 4: NOW_S + 9, 7: bytes(16)})
        subject_of(claims).update(givenName=" MERE ", familyName="Exampl\u0065")

    first, second = read(nz_pass(), STORE, NOW_US), read(spoiled(again), STORE, NOW_US)
    assert second.verdict is CodeVerdict.VALID
    assert first.holder == second.holder
    assert first.personal["pass_id"] != second.personal["pass_id"]


def test_an_accent_composed_or_not_is_the_same_person() -> None:
    composed = spoiled(lambda c: subject_of(c).update(givenName="Ren\u00e9e"))
    apart = spoiled(lambda c: subject_of(c).update(givenName="Rene\u0301e"))
    assert read(composed, STORE, NOW_US).holder == read(apart, STORE, NOW_US).holder


plain_names = st.text("abcdefgh ", min_size=1, max_size=4).map(lambda name: " ".join(name.split()) or "a")


@given(plain_names, plain_names, plain_names, plain_names)
def test_holders_are_equal_exactly_when_the_names_are(
    given_a: str, family_a: str, given_b: str, family_b: str
) -> None:
    def holder(given_name: str, family_name: str) -> str | None:
        names = {"givenName": given_name, "familyName": family_name}
        return read(spoiled(lambda c: subject_of(c).update(names)), STORE, NOW_US).holder

    same = (given_a, family_a) == (given_b, family_b)
    assert (holder(given_a, family_a) == holder(given_b, family_b)) is same


@pytest.mark.parametrize(
    "change",
    [{"dob": "1979-04-15"}, {"givenName": "Mara"}, {"familyName": "Other"}, {"familyName": ""}],
)
def test_another_name_or_birthday_is_another_person(change: dict[str, str]) -> None:
    other = read(spoiled(lambda c: subject_of(c).update(change)), STORE, NOW_US)
    assert other.verdict is CodeVerdict.VALID
    assert other.holder != read(nz_pass(), STORE, NOW_US).holder


def test_a_family_name_is_not_required() -> None:
    code = read(spoiled(lambda c: subject_of(c).pop("familyName")), STORE, NOW_US)
    assert (code.verdict, code.personal["name"]) == (CodeVerdict.VALID, "Mere")


def test_the_known_test_issuer_is_marked_as_one_wherever_its_key_comes_from() -> None:
    assert es256_key(NZ_POINT, NZCP_TEST_ISSUER, "key-1").test
    assert not NZ_TRUST.test
