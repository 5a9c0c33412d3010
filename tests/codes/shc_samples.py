"""SMART Health Cards made for the tests: fixed keys, invented people, and the builder of cards."""

import json
import zlib
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge.codes import shc
from edge.codes.outcome import Refusal, proven, refused
from edge.codes.trust import TrustList, TrustStore, base64url, es256_key
from edge.domain.model import Carrier, Code
from tests.codes.samples import DAY_S, NOW_S, NOW_US

Parts = dict[str, Any]

CARD_KEY = ec.derive_private_key(11, ec.SECP256R1())
OTHER_CARD_KEY = ec.derive_private_key(12, ec.SECP256R1())
CARD_ISSUER = "https://cards.example.org/health"


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the uncompressed point of a key."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


CARD_KEY_ID = shc.thumbprint(point_of(CARD_KEY))
OTHER_CARD_KEY_ID = shc.thumbprint(point_of(OTHER_CARD_KEY))
CARD_TRUST = es256_key(point_of(CARD_KEY), CARD_ISSUER, CARD_KEY_ID)
OTHER_CARD_TRUST = es256_key(point_of(OTHER_CARD_KEY), "https://other.example.org", OTHER_CARD_KEY_ID)
CARD_STORE = TrustStore((TrustList(Carrier.SHC, (CARD_TRUST, OTHER_CARD_TRUST)),))


def store_revoking(*revoked: str) -> TrustStore:
    """Return the store with cards withdrawn."""
    return TrustStore((TrustList(Carrier.SHC, (CARD_TRUST,), revoked=frozenset(revoked)),))


def read_card(payload: bytes, store: TrustStore = CARD_STORE, at_us: int = NOW_US) -> Code:
    """Return what a payload of this format is, as `edge.codes.read` makes it."""
    assert shc.recognises(payload)
    try:
        claims = shc.claims(payload, store)
    except Refusal as refusal:
        return refused(Carrier.SHC, refusal, payload)
    return proven(Carrier.SHC, claims, at_us, clock_trusted=True)


def patient(**members: object) -> Parts:
    """Return the entry of the person a card is about."""
    name = [{"family": "Example", "given": ["Ada", "B."]}]
    resource = {"resourceType": "Patient", "name": name, "birthDate": "1970-03-04"} | members
    return {"fullUrl": "resource:0", "resource": resource}


def dose(day: object, code: object = "208", **members: object) -> Parts:
    """Return the entry of one dose."""
    resource = {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": code}]},
        "patient": {"reference": "resource:0"},
        "occurrenceDateTime": day,
    }
    return {"fullUrl": "resource:1", "resource": resource | members}


def lab_test(
    taken: object, result: object = "260415000", loinc: object = "94500-6", **members: object
) -> Parts:
    """Return the entry of one laboratory result."""
    resource = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": loinc}]},
        "subject": {"reference": "resource:0"},
        "effectiveDateTime": taken,
        "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": result}]},
    }
    return {"fullUrl": "resource:1", "resource": resource | members}


def bundle(*entries: Parts) -> Parts:
    """Return a bundle of these entries behind the patient's."""
    return {"resourceType": "Bundle", "type": "collection", "entry": [patient(), *entries]}


def card_claims() -> Parts:
    """Return good claims of a card, fresh for each caller to spoil."""
    return {
        "iss": CARD_ISSUER,
        "nbf": NOW_S - 10 * DAY_S + 0.25,
        "vc": {
            "type": [shc.HEALTH_CARD, "https://smarthealth.cards#immunization"],
            "credentialSubject": {
                "fhirVersion": "4.0.1",
                "fhirBundle": bundle(dose("2021-03-01"), dose("2021-03-29")),
            },
        },
    }


def card_header() -> Parts:
    """Return the good header of a card, fresh for each caller to spoil."""
    return {"zip": "DEF", "alg": "ES256", "kid": CARD_KEY_ID}


def deflated(data: bytes, wbits: int = -15) -> bytes:
    """Return raw deflate, or with other `wbits` the same behind a header."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return packer.compress(data) + packer.flush()


def card_jws(
    claims: object | None = None,
    header: object | None = None,
    *,
    packed: bytes | None = None,
    spoil: Callable[[bytes], bytes] = lambda signature: signature,
    key: ec.EllipticCurvePrivateKey = CARD_KEY,
) -> bytes:
    """Return the JWS of a card signed with CARD_KEY, its parts replaced as asked.

    Bytes stand for a whole header or for claims before they are deflated.
    """
    head = header if isinstance(header, bytes) else _json(card_header() if header is None else header)
    body = claims if isinstance(claims, bytes) else _json(card_claims() if claims is None else claims)
    signed = f"{base64url(head)}.{base64url(deflated(body) if packed is None else packed)}".encode()
    numbers = decode_dss_signature(key.sign(signed, ec.ECDSA(SHA256())))
    signature = spoil(b"".join(number.to_bytes(32, "big") for number in numbers))
    return signed + b"." + base64url(signature).encode()


def numeric(text: bytes, lead: bytes = b"shc:/") -> bytes:
    """Return any text from `-` to `z` as the digits a picture holds."""
    return lead + b"".join(b"%02d" % (letter - 45) for letter in text)


def card(claims: object | None = None, header: object | None = None) -> bytes:
    """Return the payload of a card's picture."""
    return numeric(card_jws(claims, header))


def pieces(total: int, claims: object | None = None) -> list[bytes]:
    """Return the payloads of a card split over `total` pictures."""
    text = card_jws(claims)
    size = -(-len(text) // total)
    cuts = [text[at : at + size] for at in range(0, len(text), size)]
    return [numeric(cut, b"shc:/%d/%d/" % (number, total)) for number, cut in enumerate(cuts, 1)]


def spoiled(spoil: Callable[[Parts], object]) -> bytes:
    """Return a well-signed card whose claims were spoiled first."""
    claims = card_claims()
    spoil(claims)
    return card(claims)


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
