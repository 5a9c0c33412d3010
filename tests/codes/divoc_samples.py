"""DIVOC certificates made for the tests: own contexts, own keys, invented people.

What is signed is computed by PyLD's canonicalisation, not by ours.
"""

import hashlib
import io
import json
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pyld import jsonld  # type: ignore[import-untyped]

from edge.codes import TrustKey, TrustStore, divoc
from edge.codes.outcome import Refusal, proven, refused
from edge.codes.trust import ed25519_key, ps256_key
from edge.domain.model import Carrier, Code
from tests.codes.samples import NOW_US, store_of

Document = dict[str, Any]

CREDENTIALS = "https://www.w3.org/2018/credentials/v1"
VACCINATION = "https://vaccination.example/contexts/v1"
ISSUER = "https://vaccination.example/"
METHOD = "did:example:vaccination"

_CRED = "https://www.w3.org/2018/credentials#"
_SEC = "https://w3id.org/security#"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_BASE: Document = {"@version": 1.1, "id": "@id", "type": "@type"}
_ADDRESS: Document = {
    "@id": "https://schema.org/PostalAddress",
    "@context": {"city": "https://schema.org/addressLocality", "street": "https://schema.org/streetAddress"},
}
CONTEXTS: Mapping[str, Document] = {
    CREDENTIALS: {
        **_BASE,
        "VerifiableCredential": f"{_CRED}VerifiableCredential",
        "credentialSubject": {"@id": f"{_CRED}credentialSubject", "@type": "@id"},
        "evidence": {"@id": f"{_CRED}evidence", "@type": "@id"},
        "issuer": {"@id": f"{_CRED}issuer", "@type": "@id"},
        "issuanceDate": {"@id": f"{_CRED}issuanceDate", "@type": f"{_XSD}dateTime"},
        "expirationDate": {"@id": f"{_CRED}expirationDate", "@type": f"{_XSD}dateTime"},
        "nonTransferable": f"{_CRED}nonTransferable",
    },
    divoc.PROOF_CONTEXT: {
        **_BASE,
        "RsaSignature2018": f"{_SEC}RsaSignature2018",
        "Ed25519Signature2018": f"{_SEC}Ed25519Signature2018",
        "assertionMethod": f"{_SEC}assertionMethod",
        "created": {"@id": "http://purl.org/dc/terms/created", "@type": f"{_XSD}dateTime"},
        "verificationMethod": {"@id": f"{_SEC}verificationMethod", "@type": "@id"},
        "proofPurpose": {"@id": f"{_SEC}proofPurpose", "@type": "@vocab"},
    },
    # Several fields share one name here, as in the contexts that are in use.
    VACCINATION: {
        **_BASE,
        "schema": "https://schema.org/",
        "ProofOfVaccinationCredential": "schema:ProofOfVaccinationCredential",
        "Person": {
            "@id": "schema:Person",
            "@context": {
                "name": "schema:name",
                "dob": "schema:birthDate",
                "refId": "schema:id",
                "uhid": "schema:id",
                "address": _ADDRESS,
            },
        },
        "Vaccination": {
            "@id": "schema:Vaccination",
            "@context": {
                "certificateId": "schema:id",
                "vaccine": "schema:id",
                "batch": "schema:id",
                "date": "schema:date",
                "effectiveStart": "schema:date",
                "effectiveUntil": "schema:date",
                "dose": "schema:doseValue",
                "totalDoses": "schema:doseValue",
                "facility": {
                    "@id": "schema:Facility",
                    "@context": {"name": "schema:name", "address": _ADDRESS},
                },
            },
        },
    },
}
DOCUMENTS: Mapping[str, str] = {
    address: json.dumps({"@context": context}) for address, context in CONTEXTS.items()
}

ED_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(64, 96)))
PrivateKey = Ed25519PrivateKey | rsa.RSAPrivateKey


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    """Return an RSA key, the same for the whole run."""
    return rsa.generate_private_key(65537, 2048)


def credential() -> Document:
    """Return a credential without its proof, fresh for each caller to spoil."""
    return {
        "@context": [CREDENTIALS, VACCINATION],
        "type": ["VerifiableCredential", "ProofOfVaccinationCredential"],
        "issuer": ISSUER,
        "issuanceDate": "2021-06-01T10:00:00.123Z",
        "nonTransferable": "true",
        "credentialSubject": {
            "type": "Person",
            "id": "did:example:person:00017",
            "name": "Asha  Invented",
            "dob": "1974-08-12",
            "refId": "17",
            "uhid": "",
            "address": {"city": "", "street": ""},
        },
        "evidence": [
            {
                "type": ["Vaccination"],
                "id": "https://vaccination.example/17",
                "certificateId": "900017",
                "vaccine": "INVENTIVAX",
                "batch": "B-4",
                "date": "2021-05-20T08:00:00.000Z",
                "effectiveStart": "2021-05-20",
                "effectiveUntil": "2022-05-20",
                "dose": 1,
                "totalDoses": 2,
                "facility": {"name": 'Ward "7"\\\n', "address": {"city": "", "street": ""}},
            }
        ],
    }


def peer_canonical(document: Document, contexts: Mapping[str, str] = DOCUMENTS) -> bytes:
    """Return what PyLD makes of a document."""

    def load(address: str, _options: object) -> Document:
        return {"contextUrl": None, "documentUrl": address, "document": json.loads(contexts[address])}

    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": load}
    text = jsonld.normalize(document, options)
    assert isinstance(text, str)
    return text.encode()


def signed(
    document: Document | None = None,
    key: PrivateKey | None = None,
    header: object = None,
    contexts: Mapping[str, str] = DOCUMENTS,
    **options: Any,
) -> Document:
    """Return a document with its proof; `options` replace the proof's own, None leaves one away."""
    body = credential() if document is None else document
    private = key or rsa_key()
    is_rsa = isinstance(private, rsa.RSAPrivateKey)
    proof = {
        "type": "RsaSignature2018" if is_rsa else "Ed25519Signature2018",
        "created": "2021-06-01T10:00:00Z",
        "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod",
        **options,
    }
    proof = {name: value for name, value in proof.items() if value is not None}
    head = {"alg": "PS256" if is_rsa else "EdDSA", "b64": False, "crit": ["b64"]}
    text = _base64url(json.dumps(head if header is None else header).encode())
    parts = [{**proof, "@context": divoc.PROOF_CONTEXT}, body]
    digests = b"".join(hashlib.sha256(peer_canonical(part, contexts)).digest() for part in parts)
    message = text.encode() + b"." + digests
    if isinstance(private, rsa.RSAPrivateKey):
        made = private.sign(message, padding.PSS(padding.MGF1(SHA256()), 32), SHA256())
    else:
        made = private.sign(message)
    return {**body, "proof": {**proof, "jws": f"{text}..{_base64url(made)}"}}


def zipped(
    data: Document | bytes, name: str = "certificate.json", method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """Return the archive that a code carries."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        archive.writestr(name, data if isinstance(data, bytes) else json.dumps(data).encode())
    return made.getvalue()


def trust_key(key: PrivateKey | None = None, method: str = METHOD, issuer: str = ISSUER) -> TrustKey:
    """Return what a trust list holds of a key."""
    public = (key or rsa_key()).public_key()
    if isinstance(public, rsa.RSAPublicKey):
        return ps256_key(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), issuer, method)
    return ed25519_key(public.public_bytes(Encoding.Raw, PublicFormat.Raw), issuer, method)


def read_divoc(
    payload: bytes,
    trust: TrustStore | None = None,
    documents: Mapping[str, str] = DOCUMENTS,
    at_us: int = NOW_US,
) -> Code:
    """Return the code of a payload, by this format alone."""
    store = trust or store_of(Carrier.DIVOC, trust_key())
    try:
        claims = divoc.claims(payload, store, documents)
    except Refusal as refusal:
        return refused(Carrier.DIVOC, refusal, payload)
    return proven(Carrier.DIVOC, claims, at_us, clock_trusted=True)


def changed(change: Callable[[Document], object], document: Document | None = None) -> Document:
    """Return a copy of a signed document that was changed after signing."""
    copy: Document = json.loads(json.dumps(signed() if document is None else document))
    change(copy)
    return copy


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
