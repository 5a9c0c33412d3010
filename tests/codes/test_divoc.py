"""DIVOC certificates: the archive, the proof, whom it names, and what the signature does not protect."""

import json
import sys
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.codes import TrustStore, divoc, linked_data, signature, times
from edge.codes.reasons import SENTENCES
from edge.domain.facts import Fact
from edge.domain.model import Carrier, CodeVerdict
from tests.codes.divoc_samples import (
    CREDENTIALS,
    DOCUMENTS,
    ED_KEY,
    ISSUER,
    METHOD,
    VACCINATION,
    Document,
    changed,
    credential,
    read_divoc,
    rsa_key,
    signed,
    trust_key,
    zipped,
)
from tests.codes.samples import NOW_US, OTHER_KEY, counted_calls, store_of

Spoil = Callable[[Document], object]
PAYLOAD = zipped(signed())
ED_STORE = store_of(Carrier.DIVOC, trust_key(ED_KEY))


def spoiled(spoil: Spoil) -> bytes:
    made = credential()
    spoil(made)
    return zipped(signed(made))


def again(spoil: Spoil) -> bytes:
    return zipped(changed(spoil))


def test_a_certificate_signed_with_rsa_is_valid() -> None:
    assert divoc.recognises(PAYLOAD)
    code = read_divoc(PAYLOAD)
    assert (code.verdict, code.reason) == (CodeVerdict.VALID, None)
    assert (code.issuer, code.key_id) == (ISSUER, METHOD)
    assert code.valid_from_us == times.parse("2021-06-01T10:00:00.123Z")
    assert code.subject == {
        Fact.VACCINATION_DOSES: "1",
        Fact.VACCINATION_NEEDED: "2",
        Fact.VACCINATION_DATE: "2021-05-20",
    }
    assert code.personal == {
        "name": "Asha Invented",
        "birth_date": "1974-08-12",
        "id_number": "did:example:person:00017",
        "certificate_id": "900017",
        "vaccination_product": "INVENTIVAX",
    }


def test_a_certificate_signed_with_ed25519_is_valid() -> None:
    code = read_divoc(zipped(signed(key=ED_KEY)), ED_STORE)
    assert (code.verdict, code.reason) == (CodeVerdict.VALID, None)


def test_the_text_may_be_arranged_differently() -> None:
    document = signed()
    turned = dict(reversed(list(document.items())))
    assert read_divoc(zipped(json.dumps(turned, indent=4).encode())).verdict is CodeVerdict.VALID
    assert read_divoc(zipped(signed(), method=zipfile.ZIP_STORED)).verdict is CodeVerdict.VALID


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d["credentialSubject"].update(name="Someone Else"),
        lambda d: d["credentialSubject"].update(dob="1984-08-12"),
        lambda d: d["credentialSubject"].update(id="did:example:person:00018"),
        lambda d: d["evidence"][0].update(dose=2),
        lambda d: d["evidence"][0].update(dose="1"),
        lambda d: d["evidence"][0].update(date="2021-05-21T08:00:00.000Z"),
        lambda d: d["evidence"][0].pop("batch"),
        lambda d: d["evidence"].append({"type": "Vaccination", "dose": 3}),
        lambda d: d.update(issuanceDate="2020-06-01T10:00:00.123Z"),
        lambda d: d.update(expirationDate="2099-06-01T10:00:00Z"),
        lambda d: d["type"].append("Person"),
        lambda d: d["proof"].update(created="2021-06-01T10:00:01Z"),
        lambda d: d["proof"].update(jws=d["proof"]["jws"][:-5] + "AAAAA"),
    ],
)
def test_another_content_or_proof_is_invalid(spoil: Spoil) -> None:
    code = read_divoc(again(spoil))
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, "signature")
    assert not code.personal


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.update(extra="x"),
        lambda d: d["evidence"][0].update(extra=3),
        lambda d: d["evidence"].insert(0, {"id": "mine", "type": "Vaccination", "dose": 3}),
        lambda d: d["evidence"].insert(0, {**d["evidence"][0], "dose": 2}),
        lambda d: d.update({"@context": [CREDENTIALS, VACCINATION, {"total": "schema:doseValue"}]}),
    ],
)
def test_what_could_be_added_beside_the_signature_makes_it_invalid(spoil: Spoil) -> None:
    code = read_divoc(again(spoil))
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, "structure")


def test_a_number_turned_into_a_vaccine_after_signing_does_not_stand_open() -> None:
    def turn(document: Document) -> None:
        evidence = document["evidence"][0]
        evidence["vaccine"], evidence["certificateId"] = evidence["certificateId"], evidence["vaccine"]

    code = read_divoc(again(turn))
    assert code.verdict is CodeVerdict.VALID
    assert "900017" not in code.subject.values()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda e: e.update(dose=2, totalDoses=1),
        lambda e: (e.update(dose=2), e.update(totalDoses=[1])),
        lambda e: (e.pop("totalDoses"), e.update(dose=[2, 1], effectiveUntil=e["effectiveUntil"])),
        lambda e: (e.update(dose=[1, 2]), e.pop("totalDoses")),
    ],
)
def test_doses_turned_round_after_signing_are_never_more(spoil: Spoil) -> None:
    code = read_divoc(again(lambda d: spoil(d["evidence"][0])))
    # The signature really does not notice.
    assert code.verdict is CodeVerdict.VALID
    assert int(code.subject.get(Fact.VACCINATION_DOSES, "0")) <= 1
    assert code.subject.get(Fact.VACCINATION_NEEDED) in (None, "2")


def test_dates_turned_round_after_signing_are_never_later() -> None:
    def turn(document: Document) -> None:
        evidence = document["evidence"][0]
        evidence["date"], evidence["effectiveUntil"] = evidence["effectiveUntil"], evidence["date"]

    code = read_divoc(again(turn))
    assert (code.verdict, code.subject[Fact.VACCINATION_DATE]) == (CodeVerdict.VALID, "2021-05-20")


@pytest.mark.parametrize(
    ("spoil", "doses", "day"),
    [
        (lambda e: e[0].update(dose=2), "2", "2021-05-20"),
        (lambda e: e[0].update(dose="2", totalDoses="2"), "2", "2021-05-20"),
        (lambda e: e[0].update(dose=0), None, "2021-05-20"),
        (lambda e: e[0].update(dose=True), None, "2021-05-20"),
        (lambda e: e[0].update(dose=1000), None, "2021-05-20"),
        (lambda e: e[0].pop("dose"), None, "2021-05-20"),
        (lambda e: e[0].update(date="2021-02-30", effectiveStart="x", effectiveUntil="y"), "1", None),
        (lambda e: e.append({"type": "Vaccination", "dose": 2, "date": "2021-08-01"}), "2", "2021-08-01"),
        (lambda e: e.insert(0, {"type": "Vaccination", "dose": 2, "date": "2021-08-01"}), "2", "2021-08-01"),
        (lambda e: e.clear(), None, None),
    ],
)
def test_facts_are_of_the_last_dose(
    spoil: Callable[[Any], object], doses: str | None, day: str | None
) -> None:
    code = read_divoc(spoiled(lambda d: spoil(d["evidence"])))
    assert code.verdict is CodeVerdict.VALID
    assert code.subject.get(Fact.VACCINATION_DOSES) == doses
    assert code.subject.get(Fact.VACCINATION_DATE) == day


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.pop("credentialSubject"),
        lambda d: d["credentialSubject"].pop("name"),
        lambda d: d["credentialSubject"].update(name=""),
        lambda d: d["credentialSubject"].update(name=["A", "B"]),
        lambda d: [d["credentialSubject"].pop(name) for name in ("id", "dob", "refId")],
        lambda d: d.update(issuanceDate="yesterday"),
        lambda d: d.update(issuanceDate=["2021-06-01", "2021-06-02"]),
        lambda d: d.update(expirationDate=5),
    ],
)
def test_a_well_signed_certificate_of_nobody_or_of_no_time_is_refused(spoil: Spoil) -> None:
    code = read_divoc(spoiled(spoil))
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, "claims")


def test_the_times_of_a_certificate_are_judged() -> None:
    begin, end = times.parse("2021-06-01T10:00:00.123Z"), times.parse("2022-06-01T00:00:00Z")
    payload = spoiled(lambda d: d.update(expirationDate="2022-06-01T00:00:00Z"))
    expected = {
        begin - 1: CodeVerdict.NOT_YET_VALID,
        begin: CodeVerdict.VALID,
        end - 1: CodeVerdict.VALID,
        end: CodeVerdict.EXPIRED,
    }
    assert {at: read_divoc(payload, at_us=at).verdict for at in expected} == expected


def test_two_certificates_of_one_person_have_one_holder() -> None:
    second = read_divoc(
        spoiled(lambda d: (d["evidence"][0].update(dose=2), d["credentialSubject"].update(refId="18")))
    )
    other = read_divoc(spoiled(lambda d: d["credentialSubject"].update(id="did:example:person:00018")))
    assert read_divoc(PAYLOAD).holder == second.holder != other.holder


@pytest.mark.parametrize("types", [["VerifiableCredential"], ["VerifiableCredential", "Person"]])
def test_another_kind_of_credential_is_unsupported(types: list[str]) -> None:
    code = read_divoc(spoiled(lambda d: d.update(type=types)))
    assert (code.verdict, code.reason) == (CodeVerdict.UNSUPPORTED, "pass_type")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"proofPurpose": "authentication"}, "header"),
        ({"proofPurpose": None}, "header"),
        ({"created": None}, "header"),
        ({"nonce": "x"}, "header"),
        ({"type": "JsonWebSignature2020"}, "algorithm"),
        ({"type": "Ed25519Signature2018"}, "algorithm"),
        ({"verificationMethod": "did:example:else"}, "unknown_key"),
    ],
)
def test_the_proof_is_of_the_one_form(options: Document, reason: str) -> None:
    contexts = {**DOCUMENTS, divoc.PROOF_CONTEXT: _wider()}
    assert read_divoc(zipped(signed(contexts=contexts, **options)), documents=contexts).reason == reason


def _wider() -> str:
    found = json.loads(DOCUMENTS[divoc.PROOF_CONTEXT])
    security = "https://w3id.org/security#"
    found["@context"].update(
        {name: security + name for name in ("nonce", "authentication", "JsonWebSignature2020")}
    )
    return json.dumps(found)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"alg": "none", "b64": False, "crit": ["b64"]}, "algorithm"),
        ({"alg": "RS256", "b64": False, "crit": ["b64"]}, "algorithm"),
        ({"alg": "EdDSA", "b64": False, "crit": ["b64"]}, "algorithm"),
        ({"alg": "PS256", "b64": True, "crit": ["b64"]}, "header"),
        ({"alg": "PS256", "b64": 0, "crit": ["b64"]}, "header"),
        ({"alg": "PS256", "b64": False, "crit": []}, "header"),
        ({"alg": "PS256", "b64": False, "crit": ["b64", "x"]}, "header"),
        ({"alg": "PS256", "b64": False}, "header"),
        ({"alg": "PS256", "b64": False, "crit": ["b64"], "jwk": {}}, "header"),
        ([], "header"),
    ],
)
def test_the_header_of_the_signature_is_exact(header: object, reason: str) -> None:
    code = read_divoc(zipped(signed(header=header)))
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, reason)


@pytest.mark.parametrize(
    ("jws", "reason"),
    [
        ("", "header"),
        ("a.b.c", "header"),
        ("a..b.c", "header"),
        ("..", "encoding"),
        ("a..b", "encoding"),
        ("\u00e4..b", "encoding"),
        ("\ud800..b", "encoding"),
        (5, "header"),
        (None, "header"),
    ],
)
def test_a_signature_that_is_none_is_refused(jws: object, reason: str) -> None:
    if jws == "\ud800..b":
        data = (
            json.dumps(changed(lambda d: d["proof"].update(jws="X"))).replace('"X"', '"\\ud800..b"').encode()
        )
    else:
        data = json.dumps(changed(lambda d: d["proof"].update(jws=jws))).encode()
    code = read_divoc(zipped(data))
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, reason)


def test_the_key_has_to_be_the_issuers_and_of_the_proofs_kind() -> None:
    for store, verdict, reason in (
        (TrustStore(), CodeVerdict.UNKNOWN_ISSUER, "no_trust_list"),
        (store_of(Carrier.DIVOC), CodeVerdict.UNKNOWN_ISSUER, "issuer_not_trusted"),
        (
            store_of(Carrier.DIVOC, trust_key(issuer=ISSUER[:-1])),
            CodeVerdict.UNKNOWN_ISSUER,
            "issuer_not_trusted",
        ),
        (
            store_of(Carrier.DIVOC, trust_key(method="did:example:2")),
            CodeVerdict.UNKNOWN_ISSUER,
            "unknown_key",
        ),
        (store_of(Carrier.DIVOC, trust_key(ED_KEY)), CodeVerdict.INVALID, "algorithm"),
    ):
        code = read_divoc(PAYLOAD, store)
        assert (code.verdict, code.reason) == (verdict, reason)
    other = store_of(Carrier.DIVOC, trust_key(OTHER_KEY))
    assert read_divoc(zipped(signed(key=ED_KEY)), other).reason == "signature"


def test_nothing_is_expanded_for_an_issuer_nobody_trusts() -> None:
    with counted_calls(linked_data.expanded) as count:
        read_divoc(PAYLOAD, store_of(Carrier.DIVOC))
        assert count == [0]
        read_divoc(PAYLOAD)
    assert count == [2]


def test_at_most_four_keys_are_tried() -> None:
    keys = [trust_key(OTHER_KEY)] * 9
    with counted_calls(signature.verify) as count:
        assert read_divoc(zipped(signed(key=ED_KEY)), store_of(Carrier.DIVOC, *keys)).reason == "signature"
    assert count == [4]


@pytest.mark.parametrize("missing", DOCUMENTS)
def test_without_its_contexts_a_certificate_is_unsupported(missing: str) -> None:
    rest = {address: text for address, text in DOCUMENTS.items() if address != missing}
    code = read_divoc(PAYLOAD, documents=rest)
    assert (code.verdict, code.reason) == (CodeVerdict.UNSUPPORTED, "context_unknown")


def test_without_pyld_a_certificate_is_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyld", None)
    code = read_divoc(PAYLOAD)
    assert (code.verdict, code.reason) == (CodeVerdict.UNSUPPORTED, "context_unknown")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (zipped(b" " * 100_000), "too_large"),
        (zipped(bytes(5_000_000)), "too_large"),
        (zipped(b"{"), "encoding"),
        (zipped(b'{"a":1,"a":2}'), "encoding"),
        (zipped(b"[" * 10_000), "encoding"),
        (zipped(b"[]"), "structure"),
        (zipped(b"{}"), "structure"),
        (again(lambda d: d.update(type="VerifiableCredential")), "structure"),
        (again(lambda d: d.update(type=["ProofOfVaccinationCredential"])), "structure"),
        (again(lambda d: d.update(issuer={"id": ISSUER})), "structure"),
        (again(lambda d: d.update(issuer="")), "structure"),
        (again(lambda d: d.pop("proof")), "structure"),
        (again(lambda d: d.update(proof=[d["proof"]])), "structure"),
        (again(lambda d: d["evidence"][0].update(batch=["x"] * 300)), "structure"),
        (again(lambda d: d["evidence"].extend([{"type": []}] * 9)), "signature"),
        (again(lambda d: d["evidence"].extend([{"type": []}] * 10)), "structure"),
        (again(lambda d: d["evidence"].extend([{"facility": {"address": {}}}] * 12)), "structure"),
        (PAYLOAD + b"\x00", "encoding"),
        (PAYLOAD[:-1], "encoding"),
        (PAYLOAD.decode("latin-1").encode(), "encoding"),
    ],
)
def test_what_is_no_certificate_is_refused(payload: bytes, reason: str) -> None:
    code = read_divoc(payload)
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, reason)
    assert not code.personal


@pytest.mark.parametrize("payload", [b"", b"PK\x03\x04", zipped({}, "other.json"), b"\x00" + PAYLOAD])
def test_other_bytes_are_left_to_others(payload: bytes) -> None:
    assert not divoc.recognises(payload)


@given(st.data())
def test_no_change_of_one_byte_is_valid_or_an_exception(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(PAYLOAD) - 1))
    value = data.draw(st.integers(1, 255))
    code = read_divoc(PAYLOAD[:place] + bytes([PAYLOAD[place] ^ value]) + PAYLOAD[place + 1 :])
    # Dates and versions of the archive itself are nobody's to protect: the content is still the same.
    if code.verdict is CodeVerdict.VALID:
        assert code.personal == read_divoc(PAYLOAD).personal


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=10,
)
members = st.sampled_from(["@context", "type", "issuer", "proof", "evidence", "credentialSubject"])
proofs = st.dictionaries(
    st.sampled_from(["type", "created", "jws", "verificationMethod", "proofPurpose"]), json_values
)


@settings(max_examples=200)
@given(st.dictionaries(members, json_values, max_size=4), proofs)
def test_any_json_in_the_archive_gets_an_answer(changes: Document, proof: Document) -> None:
    document = {**signed_once(), **changes}
    for made in (document, {**document, "proof": {**signed_once()["proof"], **proof}}):
        code = read_divoc(zipped(made))
        assert code.verdict is not CodeVerdict.VALID or made == signed_once()
        assert code.reason is None or code.reason in SENTENCES


def signed_once() -> Document:
    return _SIGNED


_SIGNED = signed()


@given(st.binary(max_size=200))
def test_any_bytes_get_an_answer(data: bytes) -> None:
    divoc.recognises(data)
    assert read_divoc(b"PK\x03\x04" + data).verdict is CodeVerdict.INVALID


def test_a_proof_of_other_bytes_under_the_same_header_is_refused() -> None:
    document = signed()
    head, _, _ = document["proof"]["jws"].split(".")
    other = urlsafe_b64encode(bytes(rsa_key().key_size // 8)).rstrip(b"=").decode()
    document["proof"]["jws"] = f"{head}..{other}"
    assert read_divoc(zipped(document), at_us=NOW_US).reason == "signature"
