"""Published lists of signers as the tests make them, with their own keys."""

import base64
import json
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from edge.codes import hc1
from tests.codes.hc1_samples import HC1_KEY, kid_of, rsa_key, signer_certificate

Entry = dict[str, Any]
KIDS = {"EC": b"\xfb\xff\x00kid-1", "RSA": b"kid-two!"}
GDHCN = "did:web:tng.example:v2:trustlist"
SIGNER = signer_certificate()  # made once: each signature on it would be another certificate
MORE_KEYS = [ec.derive_private_key(number, ec.SECP256R1()) for number in range(50, 56)]


def plain64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def url64(data: bytes, *, padded: bool = False) -> str:
    text = base64.urlsafe_b64encode(data).decode()
    return text if padded else text.rstrip("=")


def listed(der: bytes | None = None, **changes: Any) -> Entry:
    """Return an entry of the German list."""
    der = SIGNER if der is None else der
    entry = {
        "certificateType": "DSC",
        "country": "XA",
        "kid": plain64(kid_of(der)),
        "rawData": plain64(der),
        "signature": "MIAGCSqG",
        "thumbprint": "00",
        "timestamp": "2021-05-01T00:00:00Z",
    }
    return entry | changes


def national(*entries: object, signed: bool = False) -> str:
    """Return the German list; `signed` with the line its server puts in front."""
    text = json.dumps({"certificates": list(entries)})
    return f"{plain64(bytes(range(64)))}\n{text}" if signed else text


def jwk(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = HC1_KEY, **changes: Any) -> Entry:
    """Return a key as the WHO writes it: with a zero byte in front."""
    found: Entry
    numbers = key.public_key().public_numbers()
    if isinstance(numbers, rsa.RSAPublicNumbers):
        n = numbers.n.to_bytes(257, "big")
        found = {"kty": "RSA", "n": url64(n), "e": url64(b"\x01\x00\x01"), "kid": plain64(KIDS["RSA"])}
    else:
        x, y = (url64(b"\0" + part.to_bytes(32, "big")) for part in (numbers.x, numbers.y))
        found = {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": plain64(KIDS["EC"])}
    return {name: value for name, value in (found | changes).items() if value is not None}


def method(place: str = "DCC:XXA:DSC", fragment: str | None = None, **changes: Any) -> Entry:
    """Return a verificationMethod of a GDHCN document."""
    key = jwk(x5c=[plain64(SIGNER)])
    name = f"{GDHCN}:{place}" if place else GDHCN
    return {
        "id": f"{name}#{key['kid'] if fragment is None else fragment}",
        "type": "JsonWebKey2020",
        "controller": GDHCN,
        "publicKeyJwk": key,
    } | changes


def did(*methods: object, created: object = "2024-11-10T12:00:35Z") -> str:
    return json.dumps(
        {
            "@context": ["https://www.w3.org/ns/did/v1"],
            "id": GDHCN,
            "verificationMethod": list(methods),
            "proof": {"type": "JsonWebSignature2020", "created": created},
        }
    )


def authority() -> bytes:
    return signer_certificate(HC1_KEY, x509.BasicConstraints(ca=True, path_length=0))


def folder_of_signers(folder: Path) -> list[str]:
    """Write certificates as an office would keep them: DER, PEM, a bundle, folders. Return the key ids."""
    from asn1crypto import pem  # type: ignore[import-untyped]

    ders = [signer_certificate(key) for key in MORE_KEYS] + [signer_certificate(rsa_key())]
    (folder / "XA" / "old").mkdir(parents=True)
    (folder / "XA" / "one.der").write_bytes(ders[0])
    (folder / "XA" / "two.pem").write_bytes(pem.armor("CERTIFICATE", ders[1]))
    bundle = b"".join(pem.armor("CERTIFICATE", der) for der in ders[2:5])
    (folder / "XA" / "old" / "bundle.crt").write_bytes(bundle)
    (folder / "rest.cer").write_bytes(ders[5])
    (folder / "rsa.cer").write_bytes(ders[6])
    (folder / ".hidden").write_bytes(b"not a certificate")
    return sorted(hc1.key_id_text(kid_of(der)) for der in ders)
