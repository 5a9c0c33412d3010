"""Every public vector of smart-on-fhir/health-cards-dev-tools, judged as its own tests demand.

What is an error there is refused here, each for its own reason; what is a warning there may be valid.
The test data's payloads and bundles come unsigned: they are signed here with our own key.
"""

import json
import re
from pathlib import Path

import cv2
import pytest
import zxingcpp

from edge.codes import chunks, shc, times
from edge.codes.trust import TrustList, TrustStore
from edge.codes.trust_import_shc import from_crl, from_jwks
from edge.domain.model import Carrier, Code
from tests.codes.samples import NOW_US
from tests.codes.shc_samples import (
    CARD_ISSUER,
    CARD_STORE,
    Parts,
    card,
    card_claims,
    read_card,
)
from tests.paths import shared

EXAMPLE_ISSUER = "https://spec.smarthealth.cards/examples/issuer"
DEV_TOOLS = "https://raw.githubusercontent.com/smart-on-fhir/health-cards-dev-tools/main/testdata/badcrl"
BAD_CRLS = ("duplicate-rid", "invalid-method", "non-base64url-rid", "too-long-rid", "version-mismatch")
VALID = ("valid", None)
UNTRUSTED = ("unknown_issuer", "issuer_not_trusted")

JWS = {
    "bad-fhir-metadata": ("not_yet_valid", "not_yet_valid"),  # at this clock; its metadata is a warning
    "der-signature": ("invalid", "signature"),
    "der-signature-r-neg": ("invalid", "signature"),
    "der-signature-rs-neg": ("invalid", "signature"),
    "der-signature-s-neg": ("invalid", "signature"),
    "invalid-signature": ("invalid", "signature"),
    "issuer-kid-mismatch": ("unknown_issuer", "unknown_key"),
    "issuer-not-valid-with-smart-key": UNTRUSTED,
    "jws_too_long": UNTRUSTED,  # an issuer of an earlier draft
    "no_deflate": ("invalid", "header"),
    "no_jws_header_alg": ("invalid", "header"),
    "no_jws_header_kid": ("invalid", "header"),
    "no_jws_header_zip": ("invalid", "header"),
    "trailing_chars": ("invalid", "encoding"),
    "utf8_bom_prefix": ("invalid", "structure"),
    "wrong_jws_header_kid": ("unknown_issuer", "unknown_key"),
}
NUMERIC = {
    "test-example-00-f-qr-code-numeric-value-0-index-out-of-range": ("invalid", "structure"),
    "test-example-00-f-qr-code-numeric-value-0-number-too-big": ("invalid", "encoding"),
    "test-example-00-f-qr-code-numeric-value-0-odd-count": ("invalid", "encoding"),
    "test-example-00-f-qr-code-numeric-value-0-trailing_chars": ("invalid", "encoding"),
    "test-example-00-f-qr-code-numeric-value-0-wrong-multi-chunk": VALID,  # a warning
    "test-example-00-f-qr-code-numeric-value-0-wrong_qr_header": ("invalid", "structure"),
    "test-example-02-f-qr-code-numeric-value-0-qr_chunk_too_big": ("invalid", "structure"),
    "test-example-02-f-qr-code-numeric-value-1-qr_chunk_too_big": ("invalid", "structure"),
    "test-example-1195-byte-qrnumeric": VALID,
}
FILES = {
    "e-file-bad_jwks.smart-health-card": [UNTRUSTED],
    "e-file-invalid_deflate.smart-health-card": [("invalid", "encoding")],
    "e-file-invalid_issuer_url.smart-health-card": [UNTRUSTED],
    "e-file-invalid_issuer_url_http.smart-health-card": [UNTRUSTED],
    "e-file-issuer_url_with_trailing_slash.smart-health-card": [UNTRUSTED],
    "e-file-jws_too_long.smart-health-card": [UNTRUSTED],
    "e-file-multi-jws-issues.smart-health-card": [("invalid", "header"), VALID],
    "e-file-multi-jws.smart-health-card": [VALID, VALID],
    "e-file-no_deflate.smart-health-card": [("invalid", "header")],
    "e-file-trailing_chars.smart-health-card": [VALID],  # behind the file, not behind the card
    "e-file.wrong-extension": [VALID],
    "fhirhealthcard-multi-jws.json": [VALID, VALID],
    "fhirhealthcard-with-resource-link.json": [VALID, VALID],
    "fhirhealthcard.json": [VALID],
}
PICTURES = {
    "test-example-00-g-qr-code-0-bad_qr_version.png": VALID,  # how a picture was drawn is not seen here
    "test-example-00-g-qr-code-0-corrupted.png": None,
    "test-example-00-g-qr-code-0-qr_chunk_too_small.png": ("unverified", "chunks_missing"),
    "test-example-00-g-qr-code-0-scaled-23.jpg": VALID,
    "test-example-00-g-qr-code-0-scaled-85.jpg": VALID,
    "test-example-00-g-qr-code-0-single_qr_segment.png": VALID,
    "test-example-00-g-qr-code-0-too_many_qr_segment.png": ("invalid", "encoding"),
    "test-example-00-g-qr-code-1-qr_chunk_too_small.png": ("unverified", "chunks_missing"),
    "test-example-00-g-qr-code-inflated-to-v22.png": VALID,
    "test-invalid-jws-payload.png": ("invalid", "structure"),
}
PAYLOADS = {
    "00-b-jws-payload-expanded-exp_milliseconds": ("invalid", "claims"),
    "00-b-jws-payload-expanded-expired": ("expired", "expired"),
    "00-b-jws-payload-expanded-missing-coding": VALID,
    "00-b-jws-payload-expanded-missing-covid-vc-type": VALID,
    "00-b-jws-payload-expanded-missing-imm-vc-type": VALID,
    "00-b-jws-payload-expanded-missing-shc-vc-type": ("unsupported", "pass_type"),
    "00-b-jws-payload-expanded-nbf_milliseconds": ("invalid", "claims"),
    "00-b-jws-payload-expanded-nbf_not_yet_valid": ("not_yet_valid", "not_yet_valid"),
    "00-b-jws-payload-expanded-optional-vc-type": VALID,
    "00-b-jws-payload-expanded-pre-expired": ("invalid", "claims"),
    "00-b-jws-payload-expanded-trailing_chars": VALID,
    "00-b-jws-payload-expanded-unknown-vc-types": VALID,
    "covid-lab-jwspayload-missing-lab-vc-type": VALID,
}
# How many doses a bundle proves; None: it is no card. None of these is signed, most are odd on purpose.
BUNDLES = {
    "bad_meta_extra_key": "",  # a temporary system of vaccine codes
    "bad_meta_non_security": "",
    "bad_meta_wrong_security": "",
    "empty-values": "1",
    "occurrence-issues": "1",  # the second says no day
    "profile-usa": None,  # two patients
    "status-not-completed": "",
    "trailing_chars": "2",
}


def vector(*parts: str) -> Path:
    return shared("codes", "shc", "testdata", *parts)


def text_of(*parts: str) -> str:
    return vector(*parts).read_text(encoding="utf-8")


def store(revoked: frozenset[str] = frozenset()) -> TrustStore:
    jwks = shared("codes", "shc", "issuer", "jwks.json").read_text(encoding="utf-8")
    keys = from_jwks(jwks, "jwks.json", EXAMPLE_ISSUER).keys
    for name in BAD_CRLS:
        keys += from_jwks(
            text_of("badcrl", name, ".well-known", "jwks.json"), name, f"{DEV_TOOLS}/{name}"
        ).keys
    return TrustStore((TrustList(Carrier.SHC, keys, revoked=revoked),), test_issuers=True)


def said(code: Code) -> tuple[str, str | None]:
    return str(code.verdict), None if code.reason is None else str(code.reason)


@pytest.mark.parametrize("name", JWS)
def test_every_public_jws_gets_its_verdict(name: str) -> None:
    payload = vector(f"test-example-00-d-jws-{name}.txt").read_bytes()
    assert said(read_card(payload, store())) == JWS[name]


@pytest.mark.parametrize("name", NUMERIC)
def test_every_public_numeric_text_gets_its_verdict(name: str) -> None:
    assert said(read_card(vector(f"{name}.txt").read_bytes(), store())) == NUMERIC[name]


@pytest.mark.parametrize("name", FILES)
def test_every_card_in_a_public_file_gets_its_verdict(name: str) -> None:
    cards = re.findall(r'"(eyJ[^"]+)"', text_of(f"test-example-00-{name}"))
    assert [said(read_card(each.encode(), store())) for each in cards] == FILES[name]


@pytest.mark.parametrize("name", PICTURES)
def test_every_public_picture_gets_its_verdict(name: str) -> None:
    picture = cv2.imread(str(vector(name)), cv2.IMREAD_GRAYSCALE)
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.barcode_formats_from_str("QRCode"))
    verdicts = [said(read_card(bytes(each.bytes), store())) for each in found]
    assert verdicts == ([] if PICTURES[name] is None else [PICTURES[name]])


def test_no_card_of_the_test_data_is_forgotten() -> None:
    known = {f"test-example-00-d-jws-{name}.txt" for name in JWS} | {f"{name}.txt" for name in NUMERIC}
    known |= {f"test-example-00-{name}" for name in FILES} | PICTURES.keys()
    known |= {f"test-example-{name}.json" for name in PAYLOADS}
    known |= {f"test-example-00-a-fhirBundle-{name}.json" for name in BUNDLES}
    known |= {"test-example-00-a-non-dm-properties.json", "test-example-00-a-short-refs.json"}
    found = {each.name for each in vector().iterdir() if each.name.startswith("test-")}
    pieces_of_one = {name for name in found if re.fullmatch(r".*value-\d+-qr_chunk_too_small\.txt", name)}
    assert len(pieces_of_one) == 17
    assert found - known - pieces_of_one == {"test-issuers.json"}


def test_seventeen_small_pieces_and_two_are_one_card() -> None:
    many = [f"test-example-00-f-qr-code-numeric-value-{n}-qr_chunk_too_small.txt" for n in range(17)]
    state = chunks.EMPTY
    for number, name in enumerate(many):
        added = chunks.add(state, vector(name).read_bytes(), number * 1_000_000)
        state = added.state
        assert (added.whole is None) == (number < 16)
    assert added.whole is not None
    code = read_card(added.whole, store())
    assert said(code) == VALID
    assert code.personal == {"name": "John B. Anyperson", "birth_date": "1951-01-20"}
    assert code.subject["vaccination_doses"] == "2"


@pytest.mark.parametrize("name", PAYLOADS)
def test_every_public_payload_signed_by_us_gets_its_verdict(name: str) -> None:
    text = text_of(f"test-example-{name}.json").replace(EXAMPLE_ISSUER, CARD_ISSUER)
    assert said(read_card(card(text.encode()), CARD_STORE)) == PAYLOADS[name]


def in_a_card(bundle: Parts) -> bytes:
    claims = card_claims()
    claims["vc"]["credentialSubject"]["fhirBundle"] = bundle
    return card(claims)


@pytest.mark.parametrize("name", BUNDLES)
def test_every_public_bundle_proves_only_the_doses_it_states_well(name: str) -> None:
    code = read_card(in_a_card(json.loads(text_of(f"test-example-00-a-fhirBundle-{name}.json"))))
    doses = BUNDLES[name]
    assert said(code) == (("invalid", "claims") if doses is None else VALID)
    assert code.subject.get("vaccination_doses", "") == (doses or "")


def test_further_members_do_no_harm_and_references_to_nobody_prove_nothing() -> None:
    more = read_card(in_a_card(json.loads(text_of("test-example-00-a-non-dm-properties.json"))))
    assert more.subject["vaccination_doses"] == "2"
    astray = read_card(in_a_card(json.loads(text_of("test-example-00-a-short-refs.json"))))
    assert (said(astray), astray.subject) == (VALID, {})


def test_the_public_laboratory_card_is_positive() -> None:
    text = text_of("test-example-covid-lab-jwspayload-missing-lab-vc-type.json")
    assert read_card(card(text.replace(EXAMPLE_ISSUER, CARD_ISSUER).encode())).subject == {
        "test_result": "positive",
        "test_kind": "antigen",
        "test_taken": "2021-02-17",
    }


@pytest.mark.parametrize("name", BAD_CRLS)
def test_a_card_beside_a_bad_revocation_list_is_as_good_as_its_signature(name: str) -> None:
    payload = vector("badcrl", name, f"jws-crl-{name}.txt").read_bytes()
    at_us = times.parse("2022-06-01T00:00:00Z")
    assert said(read_card(payload, store(), at_us)) == VALID
    # Where the list itself names a good entry, that entry works.
    rid = read_card(payload, store(), at_us).personal.get("certificate_id")
    kid = "hrvC0uzB16UXK83BnPo7Glg685b1D6iYOyJd5hpRaAA"
    if rid is not None:
        assert said(read_card(payload, store(frozenset({f"{kid} {rid}"})), at_us)) == ("revoked", "revoked")


def test_the_published_revocation_list_withdraws_whom_it_names() -> None:
    kid = "3Kfdg-XwP-7gXyywtUfUADwBumDOPKMQx-iELL11W9s"
    crl = from_crl(shared("codes", "shc", "issuer", "crl", f"{kid}.json").read_text(encoding="utf-8"), "crl")
    trusted = TrustStore((TrustList(Carrier.SHC, store().lists[0].keys, revoked=crl.revoked),), True)
    (entries,) = trusted.lists
    second = 1_664_492_124
    assert {f"{kid} FKDIxsTCGlU", f"{kid} XkNHp2Iyk0Y.{second}"} <= entries.revoked
    # Its issuer's key is not ours to sign with: the entries are judged as the reader judges them.
    expected = {
        ("FKDIxsTCGlU", second + 1): True,
        ("XkNHp2Iyk0Y", second - 1): True,
        ("XkNHp2Iyk0Y", second): False,
        ("XkNHp2Iyk0", second - 1): False,
        (None, 0): False,
    }
    found = {(rid, made_s): shc.is_revoked(kid, rid, made_s * 1_000_000, entries) for rid, made_s in expected}
    assert found == expected


def test_the_example_issuer_counts_only_where_test_issuers_do() -> None:
    payload = vector("test-example-1195-byte-qrnumeric.txt").read_bytes()
    live = TrustStore(store().lists, test_issuers=False)
    assert said(read_card(payload, live, NOW_US)) == ("unknown_issuer", "test_issuer")
