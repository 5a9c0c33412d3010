"""Seals (VDS-NC): the signature, the certificate behind it, the country behind that, and the facts."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import x509 as asn1_x509  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ObjectIdentifier
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import TrustStore, countries, signer_certificate, times, vds_nc, vds_nc_chain
from edge.codes.reasons import SENTENCES
from edge.codes.signature import MAX_KEYS_TRIED
from edge.codes.trust_text import dump_list, parse_list
from edge.codes.vds_nc_chain import csca_key
from edge.domain.facts import Fact
from edge.domain.model import Carrier, CodeVerdict
from tests.codes.samples import NOW_US, counted_calls
from tests.codes.vds_nc_samples import (
    CA,
    CSCA_KEY,
    CSCA_NAME,
    FROM,
    OTHER_KEY,
    SERIAL,
    SIGNER_KEY,
    SIGNERS,
    TEST,
    UNTIL,
    VACCINATION,
    Data,
    certificate,
    csca,
    encoded,
    fresh,
    read_seal,
    rsa_key,
    seal,
    signer,
    store,
    utopia,
)

Spoil = Callable[[Data], object]
SERIAL_TEXT = f"{SERIAL:x}"


def spoiled(spoil: Spoil, data: Data = VACCINATION) -> bytes:
    made = fresh(data)
    spoil(made)
    return seal(made)


@pytest.mark.parametrize("algorithm", SIGNERS)
def test_a_seal_of_each_curve_is_valid(algorithm: str) -> None:
    code = read_seal(seal(algorithm=algorithm))
    assert (code.verdict, code.reason) == (CodeVerdict.VALID, None)
    assert (code.issuer, code.key_id) == ("UT", SERIAL_TEXT)


def test_a_vaccination_is_reduced_to_its_last_dose() -> None:
    code = read_seal(seal())
    assert code.subject == {
        Fact.VACCINATION_DOSES: "2",
        Fact.VACCINATION_DATE: "2021-03-24",
        Fact.VACCINATION_PRODUCT: "Inventiva",
        Fact.COUNTRY: "UT",
    }
    assert code.personal == {
        "name": "ERIKSSON ANNA MARIA",
        "birth_date": "1974-08-12",
        "id_number": "L898902C3",
        "certificate_id": "U00001",
    }


def test_a_test_is_reduced_to_result_kind_and_moment() -> None:
    code = read_seal(seal(TEST))
    assert code.verdict is CodeVerdict.VALID
    assert code.subject == {
        Fact.TEST_RESULT: "negative",
        Fact.TEST_KIND: "naat",
        Fact.TEST_TAKEN: "2021-12-31T04:00:00Z",
        Fact.COUNTRY: "UT",
    }
    assert code.holder == read_seal(seal()).holder


@pytest.mark.parametrize(
    ("change", "fact", "value"),
    [
        ({"r": "Positive"}, Fact.TEST_RESULT, "positive"),
        ({"r": "normal"}, Fact.TEST_RESULT, "inconclusive"),
        ({"r": "not negative"}, Fact.TEST_RESULT, "inconclusive"),
        ({"r": None}, Fact.TEST_RESULT, "inconclusive"),
        ({"tc": "molecular(other)"}, Fact.TEST_KIND, "naat"),
        ({"tc": "Molecular (PCR)"}, Fact.TEST_KIND, "naat"),
        ({"tc": "antigen"}, Fact.TEST_KIND, "antigen"),
        ({"tc": "antibody"}, Fact.TEST_RESULT, None),
        ({"tc": "breath"}, Fact.TEST_RESULT, "inconclusive"),
        ({"tc": 7}, Fact.TEST_KIND, "other"),
    ],
)
def test_words_of_a_test_keep_their_meaning(change: Data, fact: Fact, value: str | None) -> None:
    code = read_seal(spoiled(lambda data: data["msg"]["tr"].update(change), TEST))
    assert (code.verdict, code.subject.get(fact)) == (CodeVerdict.VALID, value)


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("2021-12-31", "2021-12-31"),
        ("2021-12-31T12:00:00", "2021-12-31"),
        ("2021-12-31T23:30:00Z", "2021-12-31T23:30:00Z"),
        ("2021-02-30", None),
        ("yesterday", None),
        (20211231, None),
    ],
)
def test_a_moment_is_a_moment_only_where_it_says_how_far_from_utc(written: object, taken: str | None) -> None:
    code = read_seal(spoiled(lambda data: data["msg"]["dat"].update(sc=written), TEST))
    assert (code.verdict, code.subject.get(Fact.TEST_TAKEN)) == (CodeVerdict.VALID, taken)


@pytest.mark.parametrize(
    ("spoil", "doses", "day"),
    [
        (lambda ve: ve[0]["vd"].reverse(), "2", "2021-03-24"),
        (lambda ve: ve[0]["vd"][1].update(seq=3), "3", "2021-03-24"),
        (lambda ve: ve[0]["vd"][1].update(seq="03"), "3", "2021-03-24"),
        (lambda ve: ve[0]["vd"][1].update(seq="x"), "1", "2021-03-03"),
        (lambda ve: ve[0]["vd"][1].update(seq=True), "1", "2021-03-03"),
        (lambda ve: ve[0]["vd"][1].update(seq=-2), "1", "2021-03-03"),
        (lambda ve: ve[0]["vd"][1].update(dvc="2021-02-30"), "2", None),
        (lambda ve: ve[0].pop("dis"), None, None),  # against what, nobody says
        (lambda ve: ve[0].update(dis="1E50.0"), None, None),
        (lambda ve: ve[0].update(vd="x"), None, None),
        (lambda ve: ve.append({"dis": "1E50.0", "nam": "Else", "vd": [{"seq": "9"}]}), "2", "2021-03-24"),
        (
            lambda ve: ve.append({"nam": "Third", "vd": [{"seq": "3", "dvc": "2021-09-01"}]}),
            "2",
            "2021-03-24",
        ),
        (lambda ve: ve.clear(), None, None),
    ],
)
def test_doses_are_the_highest_number_against_covid_19(
    spoil: Callable[[Any], object], doses: str | None, day: str | None
) -> None:
    code = read_seal(spoiled(lambda data: spoil(data["msg"]["ve"])))
    assert code.verdict is CodeVerdict.VALID
    assert code.subject.get(Fact.VACCINATION_DOSES) == doses
    assert code.subject.get(Fact.VACCINATION_DATE) == day


@pytest.mark.parametrize(
    "spoil",
    [
        lambda pid: pid.clear(),
        lambda pid: pid.pop("n"),
        lambda pid: pid.update(n="  "),
        lambda pid: pid.update(n=["A"]),
        lambda pid: pid.update(n="n" * 101),
        lambda pid: (pid.pop("dob"), pid.pop("i")),
    ],
)
def test_a_seal_that_names_nobody_is_refused(spoil: Spoil) -> None:
    code = read_seal(spoiled(lambda data: spoil(data["msg"]["pid"])))
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, "claims")


def test_a_document_stands_in_for_a_date_of_birth() -> None:
    code = read_seal(spoiled(lambda data: data["msg"]["pid"].pop("dob")))
    assert code.verdict is CodeVerdict.VALID
    other = read_seal(
        spoiled(lambda data: (data["msg"]["pid"].pop("dob"), data["msg"]["pid"].update(i="X1")))
    )
    assert code.holder != other.holder


@pytest.mark.parametrize(
    ("spoil", "verdict", "reason"),
    [
        (lambda data: data["hdr"].update(v=2), CodeVerdict.UNSUPPORTED, "version"),
        (lambda data: data["hdr"].update(v=0), CodeVerdict.INVALID, "structure"),
        (lambda data: data["hdr"].update(v="1"), CodeVerdict.INVALID, "structure"),
        (lambda data: data["hdr"].update(v=True), CodeVerdict.INVALID, "structure"),
        (lambda data: data["hdr"].update(t="icao.visa"), CodeVerdict.UNSUPPORTED, "pass_type"),
        (lambda data: data["hdr"].update(t=["icao.vacc"]), CodeVerdict.INVALID, "structure"),
        (lambda data: data["hdr"].pop("is"), CodeVerdict.INVALID, "structure"),
        (lambda data: data["hdr"].update({"is": "uto"}), CodeVerdict.INVALID, "structure"),
        (lambda data: data["hdr"].update({"is": "UTOP"}), CodeVerdict.INVALID, "structure"),
        (lambda data: data.update(more=1), CodeVerdict.INVALID, "structure"),
        (lambda data: data.update(msg=[]), CodeVerdict.INVALID, "structure"),
    ],
)
def test_the_header_has_to_be_one_we_know(spoil: Spoil, verdict: CodeVerdict, reason: str) -> None:
    code = read_seal(spoiled(spoil))
    assert (code.verdict, code.reason) == (verdict, reason)


@pytest.mark.parametrize("number", [b"1.0", b"1.5", b"1e0", b"9007199254740992", b"-1E400"])
def test_numbers_that_writers_write_differently_are_refused(number: bytes) -> None:
    code = read_seal(seal().replace(b'"v": 1', b'"v": 1, "x": ' + number))
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, "structure")


def test_the_signature_is_over_the_canonical_text_and_not_over_the_one_shown() -> None:
    found = json.loads(seal())
    turned = {"sig": found["sig"], "data": {name: found["data"][name] for name in ("msg", "hdr")}}
    for text in (json.dumps(turned, indent=3), json.dumps(turned, separators=(",", ":"))):
        assert read_seal(text.encode()).verdict is CodeVerdict.VALID


@pytest.mark.parametrize(
    "payload",
    [
        seal().replace(b'"seq": "2"', b'"seq": "3"'),
        seal().replace(b"1974", b"1984"),
        seal(key=OTHER_KEY),
        seal(spoil=lambda made: made[:-1]),
        seal(spoil=lambda made: made + b"\x00"),
        seal(spoil=lambda made: bytes(64)),
        seal(spoil=lambda made: b"\xff" * 64),
        seal(spoil=lambda made: made[32:] + made[:32]),
        seal(spoil=lambda made: b""),
    ],
)
def test_another_content_or_signature_is_invalid(payload: bytes) -> None:
    code = read_seal(payload)
    assert (code.verdict, code.reason, code.issuer) == (CodeVerdict.INVALID, "signature", "UTO")
    assert not code.personal


@pytest.mark.parametrize("algorithm", ["ES384", "ES512", "es256", "HS256", "none", "", None, ["ES256"]])
def test_the_algorithm_is_the_certificates(algorithm: object) -> None:
    assert read_seal(seal(alg=algorithm)).reason == "algorithm"


def test_a_key_of_another_kind_or_curve_signs_no_seal() -> None:
    for key in (
        rsa_key(),
        ec.derive_private_key(5, ec.SECP256K1()),
        ec.derive_private_key(5, ec.SECP224R1()),
    ):
        assert read_seal(seal(cer=certificate(key.public_key()))).reason == "algorithm"


@pytest.mark.parametrize(
    ("cer", "reason"),
    [
        (encoded(signer() + b"\x00"), "structure"),
        (encoded(signer()[:-1]), "structure"),
        (encoded(b""), "structure"),
        (encoded(b"\x30\x80"), "structure"),
        (encoded(b"\x30" * 4000), "structure"),
        (encoded(bytes(5000)), "structure"),
        (encoded(signer()) + "=", "encoding"),
        ("+/+/", "encoding"),
        ("\u00e4", "encoding"),
        (7, "structure"),
        (None, "structure"),
    ],
)
def test_a_certificate_that_cannot_be_read_is_refused(cer: object, reason: str) -> None:
    code = read_seal(replaced(cer))
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, reason)


def replaced(cer: object) -> bytes:
    found = json.loads(seal())
    found["sig"]["cer"] = cer
    return json.dumps(found).encode()


@pytest.mark.parametrize("version", [1, 3, 16, 127])
def test_a_certificate_of_a_version_that_does_not_exist_is_refused(version: int) -> None:
    field = b"\xa0\x03\x02\x01"
    der = signer().replace(field + b"\x02", field + bytes([version]), 1)
    assert der != signer()
    code = read_seal(seal(cer=der))
    assert (code.verdict, code.reason) in {
        (CodeVerdict.INVALID, "structure"),
        (CodeVerdict.UNKNOWN_ISSUER, "certificate_chain"),
    }


@given(st.data())
def test_no_change_of_the_certificate_is_valid_or_an_exception(data: st.DataObject) -> None:
    changed = bytearray(signer())
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    code = read_seal(seal(cer=bytes(changed)))
    assert (code.verdict is CodeVerdict.VALID) is (bytes(changed) == signer())


def test_a_good_signature_without_a_chain_proves_nothing() -> None:
    own = csca(OTHER_KEY, CSCA_NAME, serial=SERIAL)
    forged = certificate(SIGNER_KEY.public_key(), key=OTHER_KEY)
    for payload, trust in (
        (seal(), store(csca_key(csca(OTHER_KEY)))),
        (seal(cer=forged), store()),
        (seal(cer=own, key=OTHER_KEY), store()),
        (seal(cer=certificate(SIGNER_KEY.public_key(), issuer=("UT", "Another CSCA"))), store()),
    ):
        code = read_seal(payload, trust)
        assert (code.verdict, code.reason) == (CodeVerdict.UNKNOWN_ISSUER, "certificate_chain")
        assert not code.personal


def test_without_a_list_nothing_is_proven() -> None:
    assert read_seal(seal(), TrustStore()).reason == "no_trust_list"
    practice = store(replace(utopia(), test=True))
    assert read_seal(seal(), practice).reason == "test_issuer"
    assert read_seal(seal(), replace(practice, test_issuers=True)).verdict is CodeVerdict.VALID


@pytest.mark.parametrize("country", ["FRA", "D", "GBR", "XXX", "UT"])
def test_the_header_names_the_country_of_the_certificate(country: str) -> None:
    code = read_seal(spoiled(lambda data: data["hdr"].update({"is": country})))
    assert code.reason == (None if country == "UT" else "certificate_chain")


@pytest.mark.parametrize("name", [("FR", "Seals"), (None, "Seals"), ("ut", "Seals"), ("UT", "Seals")])
def test_the_signer_names_its_country_too(name: tuple[str | None, str]) -> None:
    code = read_seal(seal(cer=certificate(SIGNER_KEY.public_key(), name)))
    assert code.reason == (None if name[0] and name[0].upper() == "UT" else "certificate_chain")


def test_an_authority_vouches_for_its_own_country_only() -> None:
    french = ("FR", "CSCA France")
    data = fresh()
    data["hdr"]["is"] = "UTO"
    made = certificate(SIGNER_KEY.public_key(), issuer=french, key=CSCA_KEY)
    trust = store(csca_key(csca(name=french)))
    assert read_seal(seal(data, made), trust).reason == "certificate_chain"
    # Nor where a list calls the French certificate Utopia's.
    assert (
        read_seal(seal(data, made), store(csca_key(csca(name=french), "UTO"))).reason == "certificate_chain"
    )


def test_a_list_may_name_the_country_by_three_letters() -> None:
    code = read_seal(seal(), store(csca_key(csca(), "UTO")))
    assert (code.verdict, code.issuer) == (CodeVerdict.VALID, "UTO")
    assert read_seal(seal(), store(csca_key(csca(), "FRA"))).reason == "certificate_chain"


def test_only_an_authority_may_issue_and_only_others_may_sign() -> None:
    plain = certificate(OTHER_KEY.public_key(), serial=9)
    below = certificate(SIGNER_KEY.public_key(), issuer=("UT", "Seals of Utopia"), key=OTHER_KEY)
    with pytest.raises(ValueError, match="authority"):
        csca_key(plain)
    smuggled = replace(utopia(), public=plain)
    assert read_seal(seal(cer=below), store(smuggled)).reason == "certificate_chain"
    authority = certificate(SIGNER_KEY.public_key(), extensions=(CA,))
    assert read_seal(seal(cer=authority), store()).reason == "certificate_chain"


@pytest.mark.parametrize(
    ("uses", "allowed"),
    [
        (("2.23.136.1.1.3",), False),
        (("2.23.136.1.1.8",), False),
        (("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"), False),
        (("1.3.6.1.5.5.7.3.1", "2.23.136.1.1.14.2"), True),
        (("2.23.136.1.1.14.2",), True),
    ],
)
def test_a_signer_for_something_else_signs_no_seals(uses: tuple[str, ...], allowed: bool) -> None:
    extension = x509.ExtendedKeyUsage([ObjectIdentifier(use) for use in uses])
    code = read_seal(seal(cer=certificate(SIGNER_KEY.public_key(), extensions=(extension,))))
    assert code.reason == (None if allowed else "key_purpose")


@pytest.mark.parametrize("may_sign", [True, False])
def test_a_signer_may_be_forbidden_to_sign(may_sign: bool) -> None:
    usage = x509.KeyUsage(may_sign, False, False, False, not may_sign, False, False, False, False)
    code = read_seal(seal(cer=certificate(SIGNER_KEY.public_key(), extensions=(usage,))))
    assert code.reason == (None if may_sign else "key_purpose")


def us(moment: datetime) -> int:
    return times.parse(moment.isoformat())


def test_a_seal_counts_while_both_its_certificates_do() -> None:
    day = timedelta(days=1)
    short = certificate(SIGNER_KEY.public_key(), begins=FROM + day, ends=UNTIL - day)
    expected = {
        us(FROM + day) - 1: (CodeVerdict.NOT_YET_VALID, "certificate_not_yet_valid"),
        us(FROM + day): (CodeVerdict.VALID, None),
        us(UNTIL - day) + 999_999: (CodeVerdict.VALID, None),
        us(UNTIL - day) + 1_000_000: (CodeVerdict.EXPIRED, "certificate_expired"),
    }
    for trust, payload in (
        (store(), seal(cer=short)),
        (store(csca_key(csca(begins=FROM + day, ends=UNTIL - day))), seal()),
        (store(replace(utopia(), from_us=us(FROM + day), until_us=us(UNTIL - day) + 1_000_000)), seal()),
    ):
        found = {at: read_seal(payload, trust, at) for at in expected}
        assert {at: (code.verdict, code.reason) for at, code in found.items()} == expected


def test_a_seal_has_no_end_of_its_own_and_needs_a_clock_all_the_same() -> None:
    code = read_seal(seal(), clock=False)
    assert (code.valid_from_us, code.valid_until_us) == (None, None)
    assert (code.verdict, code.reason) == (CodeVerdict.UNVERIFIED, "clock_untrusted")


def test_a_withdrawn_certificate_is_named_by_country_and_serial_number() -> None:
    revoked = store(utopia(), revoked=frozenset({f"certificate:UT:{SERIAL_TEXT}"}))
    assert read_seal(seal(), revoked).verdict is CodeVerdict.REVOKED
    others = frozenset({f"certificate:FR:{SERIAL_TEXT}", "certificate:UT:1"})
    assert read_seal(seal(), store(utopia(), revoked=others)).verdict is CodeVerdict.VALID


def test_after_a_key_change_both_authorities_of_one_name_are_tried_but_no_more_than_four() -> None:
    olds = [csca_key(csca(ec.derive_private_key(200 + n, ec.SECP256R1()))) for n in range(9)]
    assert read_seal(seal(), store(olds[0], utopia())).verdict is CodeVerdict.VALID
    with counted_calls(vds_nc_chain._issued) as count:
        assert read_seal(seal(), store(*olds, utopia())).reason == "certificate_chain"
    assert count == [MAX_KEYS_TRIED]


def key_identifiers(key: ec.EllipticCurvePrivateKey) -> tuple[x509.ExtensionType, ...]:
    """Return what a CSCA says its own key is, and what the certificates it issues say."""
    public = key.public_key()
    return (
        x509.SubjectKeyIdentifier.from_public_key(public),
        x509.AuthorityKeyIdentifier.from_issuer_public_key(public),
    )


def test_of_many_authorities_of_one_name_the_one_the_signer_names_is_tried() -> None:
    keys = [ec.derive_private_key(200 + n, ec.SECP256R1()) for n in range(9)]
    olds = [csca_key(csca(key, extensions=(CA, key_identifiers(key)[0]))) for key in keys]
    own, named = key_identifiers(CSCA_KEY)
    right = csca_key(csca(extensions=(CA, own)))
    payload = seal(cer=certificate(SIGNERS["ES256"].public_key(), extensions=(named,)))
    with counted_calls(vds_nc_chain._issued) as count:
        assert read_seal(payload, store(*olds, right)).verdict is CodeVerdict.VALID
        assert read_seal(payload, store(right, *olds)).verdict is CodeVerdict.VALID
    assert count == [2]
    # One that does not say which key it has comes before those that have another.
    with counted_calls(vds_nc_chain._issued) as count:
        assert read_seal(payload, store(*olds, utopia())).verdict is CodeVerdict.VALID
    assert count == [1]


def test_of_many_authorities_of_one_name_those_go_first_that_held_when_the_signer_was_made() -> None:
    year = timedelta(days=365)
    gone = [
        csca_key(csca(ec.derive_private_key(200 + n, ec.SECP256R1()), begins=FROM - 9 * year, ends=FROM))
        for n in range(9)
    ]
    later = [
        csca_key(csca(ec.derive_private_key(300 + n, ec.SECP256R1()), begins=FROM + year, ends=UNTIL + year))
        for n in range(9)
    ]
    with counted_calls(vds_nc_chain._issued) as count:
        assert read_seal(seal(), store(*gone, *later, utopia())).verdict is CodeVerdict.VALID
    assert count == [1]


def test_of_one_authoritys_certificates_the_one_that_lasts_longest_vouches() -> None:
    renewed = csca_key(csca(ends=UNTIL + timedelta(days=365), serial=2))
    short = csca_key(csca(ends=UNTIL - timedelta(days=365), serial=3))
    at = us(UNTIL) - 1
    assert read_seal(seal(), store(short, utopia(), renewed), at).verdict is CodeVerdict.VALID
    assert read_seal(seal(), store(short), at).verdict is CodeVerdict.EXPIRED


def test_authorities_are_read_with_the_list_and_never_again() -> None:
    trust = store(
        *(csca_key(csca(ec.derive_private_key(200 + n, ec.SECP256R1()))) for n in range(9)), utopia()
    )
    with counted_calls(signer_certificate.read_certificate) as count:
        for _ in range(3):
            assert read_seal(seal(), trust).reason in (None, "certificate_chain")
    assert count == [3]  # the signer's own, which each code brings along


def test_a_serial_number_longer_than_any_is_refused_and_not_kept() -> None:
    longest = certificate(SIGNERS["ES256"].public_key(), serial=(1 << 159) - 1)
    assert read_seal(seal(cer=longest)).verdict is CodeVerdict.VALID
    asn1 = asn1_x509.Certificate.load(longest)
    asn1["tbs_certificate"]["serial_number"] = 1 << 160
    code = read_seal(seal(cer=asn1.dump(force=True)))
    assert (code.verdict, code.reason, code.key_id) == (CodeVerdict.INVALID, "structure", None)


def test_an_authority_keeps_its_place_on_the_list() -> None:
    (entry,) = store().lists
    assert parse_list(dump_list(entry), "vds_nc.json") == entry
    assert (entry.keys[0].issuer, entry.keys[0].key_id) == ("UT", "1")


@pytest.mark.parametrize("der", [b"", b"x", signer()[:-1], csca() + b"\x00", csca(name=(None, "Nowhere"))])
def test_what_is_no_authority_of_a_country_makes_no_key(der: bytes) -> None:
    with pytest.raises(ValueError, match=r"certificate|country"):
        csca_key(der)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b'{"data":{"hdr":{},"msg":{}},"sig":{}', "encoding"),
        (b'{"data":{"hdr":{},"hdr":{},"msg":{}},"sig":{}}', "encoding"),
        (b'{"data":{"hdr":{},"msg":{}},"sig":{}} x', "encoding"),
        (b'{"data":"\xff","hdr":1,"sig":{}}', "encoding"),
        (b'{"data":{"hdr":{},"msg":{}},"sig":[' + b"[" * 5000, "encoding"),
        (b'{"data":{"hdr":{},"msg":{"x":' + b"[" * 40 + b"]" * 40 + b'}},"sig":{}}', "encoding"),
        (b'{"data":{"hdr":{},"msg":{"x":[' + b"0," * 5000 + b'0]}},"sig":{}}', "encoding"),
        (b'{"data":{"hdr":{},"msg":{}},"sig":{}}', "structure"),
        (b'{"data":[],"hdr":{},"sig":{}}', "structure"),
        (seal()[:-1] + b',"more":1}', "structure"),
    ],
)
def test_json_that_is_no_seal_is_refused(payload: bytes, reason: str) -> None:
    assert vds_nc.recognises(payload)
    code = read_seal(payload)
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, reason)


@pytest.mark.parametrize("payload", [b"", b"{}", b'["data","hdr","sig"]', b'x{"data" "hdr" "sig"}'])
def test_other_json_is_left_to_others(payload: bytes) -> None:
    assert not vds_nc.recognises(payload)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(json_values, json_values, json_values)
def test_any_json_gets_an_answer(header: object, message: object, sig: object) -> None:
    payload = json.dumps({"data": {"hdr": header, "msg": message}, "sig": sig}).encode()
    code = read_seal(payload)
    assert code.verdict is not CodeVerdict.VALID
    assert code.reason in SENTENCES


@given(st.dictionaries(st.sampled_from(["pid", "ve", "uvci", "tr", "dat"]), json_values, max_size=5))
def test_any_signed_message_gets_an_answer(message: Data) -> None:
    for kind in ("icao.vacc", "icao.test"):
        data = {"hdr": {"t": kind, "v": 1, "is": "UTO"}, "msg": message}
        try:
            payload = seal(data)
        except (ValueError, UnicodeEncodeError):  # a fraction or half a character: nobody can sign it
            continue
        code = read_seal(payload)
        assert code.verdict in (CodeVerdict.INVALID, CodeVerdict.VALID)


@given(st.binary(max_size=200))
def test_any_bytes_get_an_answer(data: bytes) -> None:
    vds_nc.recognises(data)
    assert read_seal(data).verdict is not CodeVerdict.VALID


@pytest.mark.parametrize(
    ("code", "two"),
    [("AUS", "AU"), ("D", "DE"), ("DEU", "DE"), ("UTO", "UT"), ("jpn", "JP"), ("CN", "CN"), ("XX", None)],
)
def test_a_country_has_one_name_of_two_letters(code: str, two: str | None) -> None:
    assert countries.two_letters(code) == two


def test_the_time_of_the_samples_lies_within_their_certificates() -> None:
    assert us(FROM) < NOW_US < us(UNTIL)
    assert datetime(2022, 1, 1, tzinfo=UTC) < UNTIL
    assert store().of(Carrier.VDS_NC) is not None
