"""Checks one signature with one key. The algorithm belongs to the key, never to the code."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from edge.codes.trust import Algorithm, TrustKey

# Keys may share an id; more than a handful under one id is no accident and bounds nothing.
MAX_KEYS_TRIED = 4


def verify_any(keys: tuple[TrustKey, ...], signature: bytes, message: bytes) -> TrustKey | None:
    """Return the key that made this signature, trying at most MAX_KEYS_TRIED; None if none did."""
    for key in keys[:MAX_KEYS_TRIED]:
        if verify(key, signature, message):
            return key
    return None


def verify(key: TrustKey, signature: bytes, message: bytes) -> bool:
    """Say whether `key` made `signature` (64 bytes: Ed25519, or r and s of ES256) over `message`."""
    if len(signature) != 64:
        return False
    try:
        if key.algorithm is Algorithm.ED25519:
            ed25519.Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
        else:
            public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key.public)
            r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
            public.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):  # ValueError: bytes that are no key of this algorithm
        return False
    return True
