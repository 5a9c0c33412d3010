"""Turns the lists in which the signers of EU certificates are published into the trust keys of `hc1`.

Three kinds of JSON, told apart by what is in them:

- the German and the gateway's list: `certificates` with `kid`, `rawData` (a certificate, DER in
  base64) and `certificateType`, a line with a signature in front (corona apps of the states;
  the gateway's own answer is the same list without an object around it),
- the WHO's DID documents (GDHCN, versions 1 and 2, embedded: smart-trust, concepts_did_gdhcn.md),
- JWK sets with `kid`.

The key id is what the list says, not what the certificate would give: codes name the listed one. What
is said about a certificate counts over what is said about a bare key. Nobody's signature over a list
is checked here: whoever imports it vouches for it.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from asn1crypto import x509  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge.codes import base64_text, times
from edge.codes.certificates import hc1_key
from edge.codes.countries import two_letters
from edge.codes.hc1 import key_id_text
from edge.codes.trust import MAX_RSA_BITS, TrustKey, es256_key, ps256_key
from edge.codes.trust_import import Imported, called
from edge.domain.errors import ConfigError

MAX_KEY_ID = 32  # bytes; published ones have 8

_PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
_SIGNATURE_LINE = re.compile(r"\s{0,16}[A-Za-z0-9+/=]{40,400}\r?\n", re.ASCII)
_SIGNERS = "DSC"
_QUOTED = re.compile(r"%([0-7][0-9A-Fa-f])")
_USAGE = re.compile(r"[A-Z]{2,8}", re.ASCII)
_PLACE = re.compile(r"[A-Z]{2,3}", re.ASCII)


def from_signer_list(text: str, source: str, issuer: str | None = None) -> Imported:
    """Return the keys of a published list; ConfigError where the text is none or no key counts.

    `issuer` names the keys that nothing in the list gives a country.
    """
    found = _json(text, source)
    match found:
        case {"certificates": list(entries)} | [*entries]:
            return _all(entries, source, "certificate", lambda entry: _listed(entry, issuer))
        case {"id": str(name), "verificationMethod": list(methods), **more}:
            made = _all(methods, source, "verificationMethod", lambda entry: _method(entry, name, issuer))
            return replace(made, as_of_us=_created(more.get("proof")))
        case {"keys": list(entries)}:
            return _all(entries, source, "key", lambda entry: _jwk(entry, None, issuer))
    raise ConfigError(f"{source}: neither certificates, verificationMethod nor keys in it")


def _all(entries: list[object], source: str, what: str, key_of: Callable[[object], TrustKey]) -> Imported:
    keys, left_out = [], []
    for number, entry in enumerate(entries, 1):
        try:
            keys.append(key_of(entry))
        except ValueError as error:
            left_out.append(f"{source}: {what} {number}: {error}{called(entry)}")
    if not keys:
        raise ConfigError(left_out or [f"{source}: no key in it"])
    return Imported(tuple(keys), tuple(left_out))


def _listed(entry: object, issuer: str | None) -> TrustKey:
    if not isinstance(entry, dict):
        raise ValueError("must be an object")
    kind = entry.get("certificateType", _SIGNERS)
    if kind != _SIGNERS:
        raise ValueError(f"of type {kind!r}, no signer of certificates")
    country = entry.get("country")
    named = issuer or (country if isinstance(country, str) and two_letters(country) else None)
    return _from_certificate(entry.get("rawData"), named, entry.get("kid"))


def _method(entry: object, document: str, issuer: str | None) -> TrustKey:
    if isinstance(entry, str):
        raise ValueError("only the address of another document; import that one")
    if not isinstance(entry, dict):
        raise ValueError("must be an object")
    name = entry.get("id")
    if not isinstance(name, str) or "#" not in name:
        raise ValueError("id must be a name with # in it")
    path, _, fragment = name.partition("#")
    usage, place = _path(path if path.startswith("did:") else document)
    jwk = entry.get("publicKeyJwk")
    if usage not in (_SIGNERS, None) or (usage is None and _is_authority(jwk)):
        raise ValueError("the key of an authority or for another use, not of a signer of certificates")
    kid = jwk.get("kid") if isinstance(jwk, dict) else None
    return _jwk(jwk, _unquoted(fragment) if kid is None else kid, issuer, place)


def _unquoted(text: str) -> str:
    return _QUOTED.sub(lambda found: chr(int(found[1], 16)), text)


def _is_authority(jwk: object) -> bool:
    # The document of everything holds the authorities' keys among the signers', unmarked.
    match jwk:
        case {"x5c": [str(first), *_]}:
            try:
                limits = x509.Certificate.load(_der(first), strict=True).basic_constraints_value
                return limits is not None and bool(limits["ca"].native)
            except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError):
                return False  # whoever reads it next says what is wrong with it
    return False


def _path(did: str) -> tuple[str | None, str | None]:
    """Return what a GDHCN name says the key is for, and whose it is; None where it does not."""
    _, marker, rest = did.partition("trustlist")
    parts = rest.strip(":").split(":") if marker else []
    usage = parts[-1] if len(parts) > 1 and _USAGE.fullmatch(parts[-1]) else None
    place = parts[-2] if usage and len(parts) > 1 and _PLACE.fullmatch(parts[-2]) else None
    return usage, place


def _jwk(entry: object, kid: object, issuer: str | None, place: str | None = None) -> TrustKey:
    if not isinstance(entry, dict):
        raise ValueError("no key as a JWK")
    if entry.keys() & _PRIVATE_MEMBERS:
        raise ValueError("publishes private parts")
    kid = entry.get("kid") if kid is None else kid
    named = issuer or (two_letters(place) or place if place else None)
    chain = entry.get("x5c")
    if chain is not None:
        if not isinstance(chain, list) or not chain:
            raise ValueError("x5c must be a list of certificates")
        key = _from_certificate(chain[0], issuer, kid)
        if "kty" in entry and _bare(entry, key.key_id, key.issuer).public != key.public:
            raise ValueError("its certificate (x5c) is that of another key")
        return key
    if named is None:
        raise ValueError("nothing says whose it is; give --issuer")
    return _bare(entry, _key_id(kid), named)


def _from_certificate(text: object, issuer: str | None, kid: object) -> TrustKey:
    if not isinstance(text, str):
        raise ValueError("no certificate in it")
    key = hc1_key(_der(text), issuer)
    return key if kid is None else replace(key, key_id=_key_id(kid))


def _der(text: str) -> bytes:
    return base64_text.decode("".join(text.split()).encode(), url=False)


def _bare(entry: Mapping[str, object], key_id: str, issuer: str) -> TrustKey:
    match entry.get("kty"):
        case "EC" if entry.get("crv") == "P-256":
            x, y = _number(entry.get("x"), 32), _number(entry.get("y"), 32)
            return es256_key(b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big"), issuer, key_id)
        case "RSA":
            n, e = _number(entry.get("n"), MAX_RSA_BITS // 8), _number(entry.get("e"), 8)
            public = rsa.RSAPublicNumbers(e, n).public_key()
            der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            return ps256_key(der, issuer, key_id)
    raise ValueError("neither a P-256 nor an RSA key")


def _number(value: object, most_bytes: int) -> int:
    # The WHO writes a zero byte in front where the first bit is set, and pads or not.
    data = _either(value)
    if not data or len(data.lstrip(b"\0")) > most_bytes or len(data) > most_bytes + 1:
        raise ValueError("a number of the key is missing or too large")
    return int.from_bytes(data, "big")


def _key_id(value: object) -> str:
    data = _either(value)
    if not 0 < len(data) <= MAX_KEY_ID:
        raise ValueError(f"kid must have 1 to {MAX_KEY_ID} bytes")
    return key_id_text(data)


def _either(value: object) -> bytes:
    if not isinstance(value, str):
        raise ValueError("kid and the numbers of a key are base64")
    return base64_text.decode(value.encode(), url="-" in value or "_" in value)


def _created(proof: object) -> int | None:
    said = proof.get("created") if isinstance(proof, dict) else None
    try:
        return times.parse(said) if isinstance(said, str) else None
    except ValueError:
        return None


def _json(text: str, source: str) -> object:
    signed = _SIGNATURE_LINE.match(text)
    try:
        return json.loads(text[signed.end() :] if signed else text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{source}: not JSON: {error}") from error
