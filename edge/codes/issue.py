"""Makes resident passes and venue codes. Pure: the caller brings the key, the ids and the time."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge.codes import gatepost_pass, gatepost_venue
from edge.codes.gatepost_pass import Pass
from edge.codes.gatepost_venue import Venue
from edge.codes.signed import sign
from edge.codes.trust import TrustKey, ed25519_key


def issue_pass(key: Ed25519PrivateKey, held: Pass) -> bytes:
    """Return the payload of a resident pass; ValueError naming what cannot stand on one."""
    return sign(gatepost_pass.FORMAT, key, gatepost_pass.to_body(held))


def issue_venue(key: Ed25519PrivateKey, venue: Venue) -> bytes:
    """Return the payload of a venue code; ValueError naming what cannot stand on one."""
    return sign(gatepost_venue.FORMAT, key, gatepost_venue.to_body(venue))


def trust_key(key: Ed25519PrivateKey, issuer: str) -> TrustKey:
    """Return what gates need to trust codes made with `key`, under the issuer's name."""
    return ed25519_key(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw), issuer)
