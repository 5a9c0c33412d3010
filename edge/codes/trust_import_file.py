"""Turns one published file of any carrier into trust keys: bytes in, values out.

Knows which carrier publishes in which form, and tells the forms apart by what is in them; the forms
themselves are read by the other modules of this name.
"""

import json
import re
from dataclasses import replace

from asn1crypto import pem  # type: ignore[import-untyped]
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from edge.codes import trust_import, trust_import_shc
from edge.codes.certificates import from_certificates
from edge.codes.trust import TrustKey, ed25519_key, es256_key, from_base64url, ps256_key
from edge.codes.trust_import import Imported
from edge.codes.trust_import_hc1 import from_signer_list
from edge.codes.vds_nc_chain import csca_key
from edge.domain.errors import ConfigError
from edge.domain.model import Carrier

_KEY_NAME = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)
_PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
_UNSIGNED = "codes of this kind are not signed: there is nobody to believe"


def from_file(
    data: bytes, source: str, carrier: Carrier, *, issuer: str | None = None, kid: str | None = None
) -> Imported:
    """Return what a file holds for a carrier; ConfigError where nothing in it can be used.

    `issuer` and `kid` name what the file does not name itself; `kid` is for a file with one key.
    """
    match carrier:
        case Carrier.HC1:
            return _signers(data, source, issuer)
        case Carrier.SHC:
            return _health_cards(_text(data, source), source, issuer)
        case Carrier.NZCP:
            if issuer is not None:
                raise ConfigError(f"{source}: --issuer: a DID document names its issuer itself")
            return trust_import.from_did_document(_text(data, source), source)
        case Carrier.VDS_NC:
            return _authorities(data, source, issuer)
        case Carrier.UK_VENUE | Carrier.DIVOC:
            return _named_keys(_text(data, source), source, carrier, issuer, kid)
        case Carrier.GATEPOST_PASS | Carrier.GATEPOST_VENUE:
            name = issuer or source.replace("\\", "/").rpartition("/")[2].partition(".")[0]
            return trust_import.from_gatepost_keys(_text(data, source), source, name)
    raise ConfigError(f"{source}: {carrier}: {_UNSIGNED}")


def _signers(data: bytes, source: str, issuer: str | None) -> Imported:
    if pem.detect(data) or data[:1] == b"\x30":
        # A folder of published certificates holds the authorities' beside the signers'.
        return from_certificates(data, source, issuer)
    return from_signer_list(_text(data, source), source, issuer)


def _health_cards(text: str, source: str, issuer: str | None) -> Imported:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{source}: not JSON: {error}") from error
    members = found.keys() if isinstance(found, dict) else set()
    if "issuerInfo" in members:
        return trust_import_shc.from_vci_snapshot(text, source)
    if "rids" in members:
        return trust_import_shc.from_crl(text, source)
    if issuer is None:
        raise ConfigError(f"{source}: --issuer: a JWK set does not say whose it is")
    return trust_import_shc.from_jwks(text, source, issuer)


def _authorities(data: bytes, source: str, issuer: str | None) -> Imported:
    ders = [data]
    if pem.detect(data):
        try:
            ders = [der for name, _, der in pem.unarmor(data, multiple=True) if name == "CERTIFICATE"]
        except (ValueError, TypeError) as error:
            raise ConfigError(f"{source}: damaged PEM: {error}") from error
    keys, left_out = [], []
    for number, der in enumerate(ders, 1):
        try:
            keys.append(csca_key(der, issuer))
        except ValueError as error:
            left_out.append(f"{source}: certificate {number}: {error}")
    if not keys:
        raise ConfigError(left_out or [f"{source}: no certificate in it"])
    return Imported(tuple(keys), tuple(left_out))


def _named_keys(text: str, source: str, carrier: Carrier, issuer: str | None, kid: str | None) -> Imported:
    if issuer is None:
        raise ConfigError(f"{source}: --issuer: nothing in it says whose keys these are")
    if text.lstrip().startswith("-----BEGIN"):
        if kid is None:
            raise ConfigError(f"{source}: --kid: a PEM key does not say by what name codes call it")
        return Imported((_pem_key(text, source, carrier, issuer, _name(kid, source)),))
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{source}: neither JSON nor PEM: {error}") from error
    entries = found.get("keys", [found]) if isinstance(found, dict) else None
    if not isinstance(entries, list) or (kid is not None and len(entries) != 1):
        raise ConfigError(f"{source}: no JWK set, or --kid for more than one key")
    keys, left_out = [], []
    for number, entry in enumerate(entries, 1):
        try:
            keys.append(_jwk(entry, carrier, issuer, kid))
        except ValueError as error:
            left_out.append(f"{source}: key {number}: {error}{trust_import.called(entry)}")
    if not keys:
        raise ConfigError(left_out or [f"{source}: no key in it"])
    return Imported(tuple(keys), tuple(left_out))


def _pem_key(text: str, source: str, carrier: Carrier, issuer: str, kid: str) -> TrustKey:
    if "PRIVATE KEY" in text:
        raise ConfigError(f"{source}: this is a private key; give the public one only")
    try:
        key = load_pem_public_key(text.encode())
        if isinstance(key, ec.EllipticCurvePublicKey) and carrier is Carrier.UK_VENUE:
            point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            return es256_key(point, issuer, kid)
        if isinstance(key, rsa.RSAPublicKey) and carrier is Carrier.DIVOC:
            der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            return ps256_key(der, issuer, kid)
        if isinstance(key, ed25519.Ed25519PublicKey) and carrier is Carrier.DIVOC:
            return ed25519_key(key.public_bytes(Encoding.Raw, PublicFormat.Raw), issuer, kid)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{source}: no public key for {carrier}: {error}") from error
    raise ConfigError(f"{source}: codes of the kind {carrier} are not signed with a key of this kind")


def _jwk(entry: object, carrier: Carrier, issuer: str, kid: str | None) -> TrustKey:
    if not isinstance(entry, dict):
        raise ValueError("must be an object")
    if entry.keys() & _PRIVATE_MEMBERS:
        raise ValueError("a private key; give the public one only")
    named = kid or entry.get("kid")
    if not isinstance(named, str) or not _KEY_NAME.fullmatch(named):
        raise ValueError("kid must be 1 to 200 printable characters without a space")
    kind = (entry.get("kty"), entry.get("crv"))
    if kind == ("EC", "P-256") and carrier is Carrier.UK_VENUE:
        x, y = from_base64url(entry.get("x")), from_base64url(entry.get("y"))
        if len(x) != 32 or len(y) != 32:
            raise ValueError("x and y have 32 bytes each")
        return es256_key(b"\x04" + x + y, issuer, named)
    if kind == ("OKP", "Ed25519") and carrier is Carrier.DIVOC:
        return replace(ed25519_key(from_base64url(entry.get("x")), issuer), key_id=named)
    raise ValueError(f"no key that codes of the kind {carrier} are signed with")


def _name(kid: str, source: str) -> str:
    if not _KEY_NAME.fullmatch(kid):
        raise ConfigError(f"{source}: --kid: 1 to 200 printable characters without a space")
    return kid


def _text(data: bytes, source: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{source}: is not text in UTF-8") from error
