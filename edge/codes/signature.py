"""Checks one signature with one key. The algorithm belongs to the key, never to the code."""

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from edge.codes.trust import Algorithm, TrustKey

# Keys may share an id; more than a handful under one id is no accident and bounds nothing.
MAX_KEYS_TRIED = 4

_ECDSA = ec.ECDSA(SHA256())
_PSS = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=SHA256.digest_size)
# To read a key costs more than to use it, and a gate meets few issuers a day. Keys come from trust lists
# only, so that no code can push one out of here.
_KEPT = 1024


def verify_any(keys: tuple[TrustKey, ...], signature: bytes, message: bytes) -> TrustKey | None:
    """Return the key that made this signature, trying at most MAX_KEYS_TRIED; None if none did."""
    for key in keys[:MAX_KEYS_TRIED]:
        if verify(key, signature, message):
            return key
    return None


def verify(key: TrustKey, signature: bytes, message: bytes) -> bool:
    """Say whether `key` made `signature` over `message`.

    64 bytes for Ed25519, and r and s for ES256; the modulus' length for PS256. A certificate (X509)
    signs no codes.
    """
    try:
        match key.algorithm:
            case Algorithm.ED25519:
                _ed25519(key.public).verify(signature, message)
            case Algorithm.ES256:
                _verify_es256(key.public, signature, message)
            case Algorithm.PS256:
                _ps256(key.public).verify(signature, message, _PSS, SHA256())
            case _:
                return False
    except (InvalidSignature, ValueError):  # ValueError: bytes that are no key of this algorithm
        return False
    return True


def _verify_es256(point: bytes, signature: bytes, message: bytes) -> None:
    # A DER signature, or one of another curve, has another length and is none of ES256.
    if len(signature) != 64:
        raise InvalidSignature
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    _es256(point).verify(encode_dss_signature(r, s), message, _ECDSA)


@lru_cache(maxsize=_KEPT)
def _ed25519(public: bytes) -> ed25519.Ed25519PublicKey:
    return ed25519.Ed25519PublicKey.from_public_bytes(public)


@lru_cache(maxsize=_KEPT)
def _es256(point: bytes) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


@lru_cache(maxsize=_KEPT)
def _ps256(der: bytes) -> rsa.RSAPublicKey:
    public = load_der_public_key(der)
    if not isinstance(public, rsa.RSAPublicKey):
        raise ValueError("not an RSA key")
    return public
