"""DIVOC vaccination certificate (India, Sri Lanka, Philippines and others): a zip in a binary code.

The archive holds one file `certificate.json`, a W3C Verifiable Credential whose proof is a detached JWS
(RFC 7797): RsaSignature2018 with PS256, or Ed25519Signature2018. It is made over canonical RDF
statements (`edge.codes.linked_data`). Source: egovernments/DIVOC, jsonld-signatures as it used them.

An extra, for which PyLD is needed and the contexts, which are other people's documents and not part of
this project: a manager saves them from their addresses (`https://www.w3.org/2018/credentials/v1`,
`https://w3id.org/security/v1` and `/v2`, and the vaccination context the country's certificates name)
and puts them beside the trust lists. Without one of them a code is `unsupported`; none is ever fetched.

The code has to come from a reader that hands over exact bytes. Trust: `key_id` of a key is the proof's
`verificationMethod`, its issuer the certificate's `issuer`, both letter by letter.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import NamedTuple

from edge.codes import base64_text
from edge.codes.divoc_facts import facts_of, person_of, times_of
from edge.codes.jws import read_json
from edge.codes.linked_data import ContextUnknown, Object, expanded, signed_bytes
from edge.codes.one_zip import TooLarge, read_only_file
from edge.codes.outcome import Claims, Refusal
from edge.codes.reasons import CodeReason
from edge.codes.signature import verify_any
from edge.codes.trust import Algorithm, TrustKey, TrustStore
from edge.domain.model import Carrier, CodeVerdict

FILE_NAME = b"certificate.json"
MAX_INFLATED = 16_384  # a published certificate has about 2,000 bytes
PROOF_CONTEXT = "https://w3id.org/security/v2"

_ZIP_START = b"PK\x03\x04"
_NAME_AT = 30  # in the first header of an archive
_MAX_NAME = 300
_ADDRESS = re.compile(r"[A-Za-z0-9.:/_#?=%~-]{1,300}", re.ASCII)
_SUITES = {
    "RsaSignature2018": (Algorithm.PS256, "PS256"),
    "Ed25519Signature2018": (Algorithm.ED25519, "EdDSA"),
}
# What a proof may hold besides the signature; each is part of what is signed.
_PROOF_FIELDS = {"type", "created", "verificationMethod", "proofPurpose"}


class _Proof(NamedTuple):
    options: dict[str, object]
    key_id: str
    algorithm: Algorithm
    header: bytes
    signature: bytes


def recognises(payload: bytes) -> bool:
    """Say whether a payload is an archive with such a certificate."""
    return payload.startswith(_ZIP_START) and payload[_NAME_AT:].startswith(FILE_NAME)


def claims(payload: bytes, trust: TrustStore, documents: Mapping[str, str]) -> Claims:
    """Return what a recognised payload claims, after every check but that of the times; Refusal where
    one fails. `documents`: the JSON text of each context by its address."""
    credential = _open(payload)
    issuer = credential.get("issuer")
    if not isinstance(issuer, str) or not 0 < len(issuer) <= _MAX_NAME:
        raise _invalid(CodeReason.STRUCTURE)
    proof = _proof(credential.pop("proof", None))
    keys = _keys(proof, issuer, trust)
    node, message = _signed(credential, proof, issuer, documents)
    key = verify_any(keys, proof.signature, message)
    if key is None:
        raise Refusal(CodeVerdict.INVALID, CodeReason.SIGNATURE, issuer, proof.key_id)
    if key.test and not trust.test_issuers:
        raise Refusal(CodeVerdict.UNKNOWN_ISSUER, CodeReason.TEST_ISSUER, issuer, proof.key_id)
    if not _is_vaccination(credential.get("type")):
        raise Refusal(CodeVerdict.UNSUPPORTED, CodeReason.PASS_TYPE, issuer, proof.key_id)
    try:
        from_us, until_us = times_of(node)
        personal, holder = person_of(credential)
        subject = facts_of(credential, node)
    except ValueError:
        raise Refusal(CodeVerdict.INVALID, CodeReason.CLAIMS, issuer, proof.key_id) from None
    return Claims(
        issuer=issuer,
        key_id=proof.key_id,
        from_us=from_us,
        until_us=until_us,
        subject=subject,
        personal=personal,
        holder=f"divoc:{holder}",
        key=key,
    )


def _open(payload: bytes) -> dict[str, object]:
    try:
        found = read_json(read_only_file(payload, FILE_NAME, MAX_INFLATED))
    except TooLarge:
        raise _invalid(CodeReason.TOO_LARGE) from None
    except ValueError:
        raise _invalid(CodeReason.ENCODING) from None
    types = found.get("type") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(types, list) or "VerifiableCredential" not in types:
        raise _invalid(CodeReason.STRUCTURE)
    return found


def _proof(value: object) -> _Proof:
    if not isinstance(value, dict):
        raise _invalid(CodeReason.STRUCTURE)
    options = {name: found for name, found in value.items() if name != "jws"}
    texts = [found for found in options.values() if isinstance(found, str) and len(found) <= _MAX_NAME]
    if options.keys() != _PROOF_FIELDS or len(texts) != len(options):
        raise _invalid(CodeReason.HEADER)
    key_id, jws = str(options["verificationMethod"]), value.get("jws")
    suite = _SUITES.get(str(options["type"]))
    if suite is None:
        raise Refusal(CodeVerdict.INVALID, CodeReason.ALGORITHM, key_id=key_id)
    if options["proofPurpose"] != "assertionMethod" or not isinstance(jws, str):
        raise _invalid(CodeReason.HEADER)
    header, signature = _detached(jws, suite[1])
    return _Proof(options, key_id, suite[0], header, signature)


def _detached(jws: str, algorithm: str) -> tuple[bytes, bytes]:
    parts = jws.encode("utf-8", "surrogatepass").split(b".", 3)
    if len(parts) != 3 or parts[1]:
        raise _invalid(CodeReason.HEADER)
    try:
        header = read_json(base64_text.decode(parts[0], url=True))
        signature = base64_text.decode(parts[2], url=True)
    except ValueError:
        raise _invalid(CodeReason.ENCODING) from None
    if not isinstance(header, dict) or header.keys() != {"alg", "b64", "crit"}:
        raise _invalid(CodeReason.HEADER)
    if header["b64"] is not False or header["crit"] != ["b64"]:
        raise _invalid(CodeReason.HEADER)
    if header["alg"] != algorithm:
        raise _invalid(CodeReason.ALGORITHM)
    return parts[0], signature


def _keys(proof: _Proof, issuer: str, trust: TrustStore) -> tuple[TrustKey, ...]:
    # Nobody has signed these yet, and they stand open in the record: names of keys only.
    if not _ADDRESS.fullmatch(issuer) or not _ADDRESS.fullmatch(proof.key_id):
        raise _invalid(CodeReason.STRUCTURE)

    def refuse(verdict: CodeVerdict, reason: CodeReason) -> Refusal:
        return Refusal(verdict, reason, issuer, proof.key_id)

    trusted = trust.of(Carrier.DIVOC)
    if trusted is None:
        raise refuse(CodeVerdict.UNKNOWN_ISSUER, CodeReason.NO_TRUST_LIST)
    if issuer not in trusted.issuers:
        raise refuse(CodeVerdict.UNKNOWN_ISSUER, CodeReason.ISSUER_NOT_TRUSTED)
    keys = tuple(key for key in trusted.named(proof.key_id) if key.issuer == issuer)
    if not keys:
        raise refuse(CodeVerdict.UNKNOWN_ISSUER, CodeReason.UNKNOWN_KEY)
    keys = tuple(key for key in keys if key.algorithm is proof.algorithm)
    if not keys:
        raise refuse(CodeVerdict.INVALID, CodeReason.ALGORITHM)
    return keys


def _signed(
    credential: dict[str, object], proof: _Proof, issuer: str, documents: Mapping[str, str]
) -> tuple[Object, bytes]:
    """Return the credential expanded, and the bytes its signature is over."""
    try:
        node = expanded(credential, documents)
        options = expanded({**proof.options, "@context": PROOF_CONTEXT}, documents)
        digests = [hashlib.sha256(signed_bytes(part)).digest() for part in (options, node)]
    except ContextUnknown:
        raise Refusal(CodeVerdict.UNSUPPORTED, CodeReason.CONTEXT_UNKNOWN, issuer, proof.key_id) from None
    except ValueError:
        raise Refusal(CodeVerdict.INVALID, CodeReason.STRUCTURE, issuer, proof.key_id) from None
    return node, proof.header + b"." + b"".join(digests)


def _is_vaccination(types: object) -> bool:
    return isinstance(types, list) and "ProofOfVaccinationCredential" in types


def _invalid(reason: CodeReason) -> Refusal:
    return Refusal(CodeVerdict.INVALID, reason)
