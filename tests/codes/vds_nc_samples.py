"""Seals of Utopia made for the tests: a CSCA, a signer under it, and any one thing wrong."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from edge.codes import TrustKey, TrustList, TrustStore, vds_nc
from edge.codes.canonical_json import canonical
from edge.codes.outcome import Refusal, proven, refused
from edge.codes.vds_nc_chain import csca_key
from edge.domain.model import Carrier, Code
from tests.codes.samples import NOW_US

Data = dict[str, Any]
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

CSCA_KEY = ec.derive_private_key(31, ec.SECP384R1())
SIGNER_KEY = ec.derive_private_key(32, ec.SECP256R1())
OTHER_KEY = ec.derive_private_key(33, ec.SECP256R1())
SIGNERS = {
    "ES256": SIGNER_KEY,
    "ES384": ec.derive_private_key(34, ec.SECP384R1()),
    "ES512": ec.derive_private_key(35, ec.SECP521R1()),
}
_DIGESTS = {"ES256": SHA256(), "ES384": SHA384(), "ES512": SHA512()}
SERIAL = 0xC0FFEE
CSCA_NAME = ("UT", "CSCA Utopia")
SIGNER_NAME = ("UT", "Seals of Utopia")
FROM, UNTIL = datetime(2021, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
CA = x509.BasicConstraints(ca=True, path_length=0)

VACCINATION: Data = {
    "hdr": {"t": "icao.vacc", "v": 1, "is": "UTO"},
    "msg": {
        "uvci": "U00001",
        "pid": {"n": "ERIKSSON  ANNA MARIA", "dob": "1974-08-12", "sex": "F", "i": "L898902C3"},
        "ve": [
            {
                "des": "XM68M6",
                "nam": "Inventiva",
                "dis": "RA01.0",
                "vd": [
                    {"dvc": "2021-03-03", "seq": "1", "ctr": "UTO", "adm": "Ward", "lot": "A1"},
                    {"dvc": "2021-03-24", "seq": "2", "ctr": "UTO", "adm": "Ward", "lot": "A2"},
                ],
            }
        ],
    },
}
TEST: Data = {
    "hdr": {"t": "icao.test", "v": 1, "is": "UTO"},
    "msg": {
        "utci": "U00002",
        "pid": {"n": "ERIKSSON  ANNA MARIA", "dob": "1974-08-12", "dt": "P", "dn": "L898902C3"},
        "sp": {"spn": "Laboratory", "ctr": "UTO", "cd": {"p": "+000", "a": "1 Nowhere"}},
        "dat": {"sc": "2021-12-31T12:00:00+08:00", "ri": "2021-12-31T14:00:00+08:00"},
        "tr": {"tc": "molecular(PCR)", "r": "negative", "m": "saliva"},
    },
}


def fresh(data: Data = VACCINATION) -> Data:
    """Return a copy for each caller to spoil."""
    found: Data = json.loads(json.dumps(data))
    return found


def certificate(
    public: Any,
    name: tuple[str | None, str] = SIGNER_NAME,
    *,
    issuer: tuple[str | None, str] = CSCA_NAME,
    key: PrivateKey = CSCA_KEY,
    extensions: tuple[x509.ExtensionType, ...] = (),
    begins: datetime = FROM,
    ends: datetime = UNTIL,
    serial: int = SERIAL,
) -> bytes:
    """Return the DER of a certificate for a public key."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(*name))
        .issuer_name(_name(*issuer))
        .public_key(public)
        .serial_number(serial)
        .not_valid_before(begins)
        .not_valid_after(ends)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


def csca(key: PrivateKey = CSCA_KEY, name: tuple[str | None, str] = CSCA_NAME, **others: Any) -> bytes:
    """Return the DER of a self-signed CSCA certificate."""
    made: dict[str, Any] = {"extensions": (CA,), "serial": 1, **others}
    return certificate(key.public_key(), name, issuer=name, key=key, **made)


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    """Return an RSA key, the same for the whole run."""
    return rsa.generate_private_key(65537, 2048)


@cache
def signer(algorithm: str = "ES256") -> bytes:
    """Return the DER of the certificate the samples are signed with."""
    return certificate(SIGNERS[algorithm].public_key())


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).decode()


def seal(
    data: Data | None = None,
    cer: bytes | None = None,
    algorithm: str = "ES256",
    key: ec.EllipticCurvePrivateKey | None = None,
    spoil: Callable[[bytes], bytes] = lambda made: made,
    **sig: Any,
) -> bytes:
    """Return the payload of a seal, its parts replaced as asked."""
    body = VACCINATION if data is None else data
    private = key or SIGNERS[algorithm]
    size = (private.key_size + 7) // 8
    r, s = decode_dss_signature(private.sign(canonical(body), ec.ECDSA(_DIGESTS[algorithm])))
    made = spoil(r.to_bytes(size, "big") + s.to_bytes(size, "big"))
    signed = {"alg": algorithm, "sigvl": encoded(made), "cer": encoded(cer or signer(algorithm)), **sig}
    return json.dumps({"data": body, "sig": signed}, ensure_ascii=False).encode()


@cache
def utopia() -> TrustKey:
    """Return what a trust list holds of Utopia."""
    return csca_key(csca())


def store(*keys: TrustKey, revoked: frozenset[str] = frozenset()) -> TrustStore:
    """Return a store with these authorities, or with Utopia's."""
    return TrustStore((TrustList(Carrier.VDS_NC, keys or (utopia(),), revoked=revoked),))


def read_seal(
    payload: bytes, trust: TrustStore | None = None, at_us: int = NOW_US, clock: bool = True
) -> Code:
    """Return the code of a payload, by this format alone."""
    try:
        claims = vds_nc.claims(payload, trust or store())
    except Refusal as refusal:
        return refused(Carrier.VDS_NC, refusal, payload)
    return proven(Carrier.VDS_NC, claims, at_us, clock_trusted=clock)


def _name(country: str | None, common: str) -> x509.Name:
    parts = [(NameOID.COUNTRY_NAME, country), (NameOID.COMMON_NAME, common)]
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts if value])
