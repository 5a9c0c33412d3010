"""EU certificates made for the tests: any content, any header, any key, and any one thing wrong."""

import hashlib
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from edge.codes import TrustKey, TrustList, TrustStore, base45, hc1
from edge.codes.outcome import Refusal, proven, refused
from edge.codes.trust import es256_key, ps256_key
from edge.domain.model import Carrier, Code
from tests.codes.samples import DAY_S, NOW_S, NOW_US

Content = dict[str, Any]
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

HC1_KEY = ec.derive_private_key(11, ec.SECP256R1())
HC1_KID = bytes(range(8))
KID_TEXT = hc1.key_id_text(HC1_KID)
ISSUER = "XA"  # a code ISO 3166 leaves to its users
UCI = "URN:UVCI:01:XA:0123456789ABCDEF#4"

VACCINATION: Content = {
    "tg": "840539006",
    "vp": "1119349007",
    "mp": "EU/1/20/1528",
    "ma": "ORG-100030215",
    "dn": 2,
    "sd": 2,
    "dt": "2021-10-01",
    "co": ISSUER,
    "is": "Ministry of Examples",
    "ci": UCI,
}
TEST: Content = {
    "tg": "840539006",
    "tt": "LP6464-4",
    "nm": "Example PCR",
    "sc": "2021-12-31T08:15:00Z",
    "tr": "260415000",
    "tc": "Example Centre",
    "co": ISSUER,
    "is": "Ministry of Examples",
    "ci": UCI,
}
RECOVERY: Content = {
    "tg": "840539006",
    "fr": "2021-09-01",
    "df": "2021-09-12",
    "du": "2099-02-28",
    "co": ISSUER,
    "is": "Ministry of Examples",
    "ci": UCI,
}


def content(**changes: Any) -> Content:
    """Return the content of a certificate, fresh for each caller to spoil: of a vaccination, where no
    other kind is given."""
    found: Content = {
        "ver": "1.3.0",
        "nam": {"fn": "Beispiel-Müller", "gn": "Änne", "fnt": "BEISPIEL<MUELLER", "gnt": "AENNE"},
        "dob": "1979-04-14",
    }
    kinds = {"v", "t", "r"} & changes.keys()
    return found | ({} if kinds else {"v": [dict(VACCINATION)]}) | changes


def token(certificate: object | None = None, **changes: Any) -> dict[Any, Any]:
    """Return the claims of a token; `iss`, `exp`, `iat`, `nbf` and `hcert` replace its own, None drops."""
    labels = {"iss": 1, "exp": 4, "nbf": 5, "iat": 6, "hcert": -260}
    found: dict[Any, Any] = {
        1: ISSUER,
        4: NOW_S + 30 * DAY_S,
        6: NOW_S - DAY_S,
        -260: {1: content() if certificate is None else certificate},
    }
    found |= {labels[name]: value for name, value in changes.items()}
    return {label: value for label, value in found.items() if value is not None}


def hc1_code(
    claims: object | None = None,
    protected: Mapping[Any, Any] | bytes | None = None,
    unprotected: Mapping[Any, Any] | None = None,
    *,
    key: PrivateKey = HC1_KEY,
    tags: tuple[int, ...] = (18,),
    spoil: Callable[[bytes], bytes] = lambda signature: signature,
    compress: Callable[[bytes], bytes] = zlib.compress,
) -> bytes:
    """Return the payload of a certificate, its parts replaced as asked; bytes stand for themselves."""
    algorithm = -7 if isinstance(key, ec.EllipticCurvePrivateKey) else -37
    header = {1: algorithm, 4: HC1_KID} if protected is None else protected
    head = header if isinstance(header, bytes) else cbor2.dumps(header)
    body = claims if isinstance(claims, bytes) else cbor2.dumps(token() if claims is None else claims)
    signature = spoil(sign(key, cbor2.dumps(["Signature1", head, b"", body])))
    envelope: object = [head, dict(unprotected or {}), body, signature]
    for tag in reversed(tags):
        envelope = cbor2.CBORTag(tag, envelope)
    return hc1_text(compress(cbor2.dumps(envelope)))


def hc1_text(data: bytes) -> bytes:
    """Return any bytes as the text of a certificate."""
    return b"HC1:" + base45.encode(data)


def sign(key: PrivateKey, message: bytes) -> bytes:
    """Return the signature as COSE writes it."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PSS(padding.MGF1(SHA256()), 32), SHA256())
    size = (key.key_size + 7) // 8
    return b"".join(
        part.to_bytes(size, "big") for part in decode_dss_signature(key.sign(message, ec.ECDSA(SHA256())))
    )


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return an RSA key, the same for the whole run."""
    return rsa.generate_private_key(65537, bits)


def hc1_trust(key: PrivateKey = HC1_KEY, kid: bytes = HC1_KID, issuer: str = ISSUER) -> TrustKey:
    """Return what a trust list holds of a key."""
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return ps256_key(der, issuer, hc1.key_id_text(kid))
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return es256_key(point, issuer, hc1.key_id_text(kid))


def hc1_store(*keys: TrustKey, revoked: frozenset[str] = frozenset()) -> TrustStore:
    """Return a store with these keys, or with the one all samples are signed with."""
    return TrustStore((TrustList(Carrier.HC1, keys or (hc1_trust(),), revoked=revoked),))


def read_hc1(payload: bytes, store: TrustStore | None = None, at_us: int = NOW_US) -> Code:
    """Return the code of a payload, by this format alone."""
    try:
        claims = hc1.claims(payload, store or hc1_store())
    except Refusal as refusal:
        return refused(Carrier.HC1, refusal, payload)
    return proven(Carrier.HC1, claims, at_us, clock_trusted=True)


def signer_certificate(
    key: PrivateKey | Any = HC1_KEY,
    *extensions: x509.ExtensionType,
    subject: Mapping[x509.ObjectIdentifier, str] | None = None,
    issuer: Mapping[x509.ObjectIdentifier, str] | None = None,
    begins: datetime = datetime(2021, 5, 1, tzinfo=UTC),
    ends: datetime = datetime(2023, 5, 1, tzinfo=UTC),
) -> bytes:
    """Return the DER of a certificate for a key, signed with HC1_KEY."""
    found = {NameOID.COUNTRY_NAME: ISSUER, NameOID.COMMON_NAME: "Example Signer 1"}
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(found if subject is None else subject))
        .issuer_name(_name(found if issuer is None else issuer))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(begins)
        .not_valid_after(ends)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(HC1_KEY, SHA256()).public_bytes(Encoding.DER)


def kid_of(der: bytes) -> bytes:
    """Return the id the specification gives a certificate."""
    return hashlib.sha256(der).digest()[:8]


def _name(parts: Mapping[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts.items()])
