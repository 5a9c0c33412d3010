"""Codes made for the tests: fixed keys, invented people, and the builder of NZ passes."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge.codes import TrustKey, TrustList, TrustStore, base32, times
from edge.codes.gatepost_pass import Pass
from edge.codes.gatepost_venue import Venue
from edge.codes.issue import issue_pass, issue_venue, trust_key
from edge.codes.trust import es256_key
from edge.domain.model import Carrier

NOW_US = times.parse("2022-01-01T00:00:00Z")
NOW_S = NOW_US // 1_000_000
DAY_S = 86_400

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
ISSUER = "江北街道办"
PASS = Pass(
    pass_id=bytes.fromhex("0102030405060708"),
    name="王小明",
    category="resident",
    valid_from_s=NOW_S - DAY_S,
    valid_until_s=NOW_S + 30 * DAY_S,
    room="3-2-501",
    building="3号楼",
    groups=("night_shift",),
    photo=bytes(range(16)),
)
SMALL_PASS = Pass(bytes(8), "李四", "visitor", NOW_S - DAY_S, NOW_S + DAY_S)
VENUE = Venue(bytes.fromhex("1112131415161718"), "江北菜市场", NOW_S - DAY_S, address="建设路 1 号")

OUR_KEY = trust_key(KEY, ISSUER)
PASS_PAYLOAD = issue_pass(KEY, PASS)
VENUE_PAYLOAD = issue_venue(KEY, VENUE)

NZ_KEY = ec.derive_private_key(7, ec.SECP256R1())
NZ_ISSUER = "did:web:passes.example.nz"
NZ_POINT = NZ_KEY.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
NZ_TRUST = es256_key(NZ_POINT, NZ_ISSUER, "key-1")


class Asked(frozenset[str]):
    """A list of what was withdrawn that counts how often it is asked, and cannot be gone through."""

    asked = 0

    def __contains__(self, entry: object) -> bool:
        self.asked += 1
        return super().__contains__(entry)

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("gone through")


STORE = TrustStore(
    (
        TrustList(Carrier.GATEPOST_PASS, (OUR_KEY,)),
        TrustList(Carrier.GATEPOST_VENUE, (OUR_KEY,)),
        TrustList(Carrier.NZCP, (NZ_TRUST,)),
    )
)


def store_of(carrier: Carrier, *keys: TrustKey, test_issuers: bool = False) -> TrustStore:
    """Return a store with one list."""
    return TrustStore((TrustList(carrier, keys),), test_issuers=test_issuers)


def nz_claims() -> dict[Any, Any]:
    """Return good claims of an NZ pass, fresh for each caller to spoil."""
    return {
        1: NZ_ISSUER,
        5: NOW_S - DAY_S,
        4: NOW_S + 30 * DAY_S,
        "vc": {
            "@context": ["https://www.w3.org/2018/credentials/v1", "https://example.nz/contexts/v1"],
            "version": "1.0.0",
            "type": ["VerifiableCredential", "PublicCovidPass"],
            "credentialSubject": {"givenName": "Mere", "familyName": "Example", "dob": "1979-04-14"},
        },
        7: bytes(range(16)),
    }


def nz_pass(
    claims: object | None = None,
    protected: Mapping[Any, Any] | bytes | None = None,
    unprotected: Mapping[Any, Any] | None = None,
    *,
    tag: int | None = 18,
    spoil: Callable[[bytes], bytes] = lambda signature: signature,
) -> bytes:
    """Return the payload of an NZ pass signed with NZ_KEY, its parts replaced as asked."""
    header = {4: b"key-1", 1: -7} if protected is None else protected
    head = header if isinstance(header, bytes) else cbor2.dumps(header)
    body = claims if isinstance(claims, bytes) else cbor2.dumps(nz_claims() if claims is None else claims)
    der = NZ_KEY.sign(cbor2.dumps(["Signature1", head, b"", body]), ec.ECDSA(SHA256()))
    signature = spoil(b"".join(part.to_bytes(32, "big") for part in decode_dss_signature(der)))
    parts = [head, dict(unprotected or {}), body, signature]
    return nz_text(cbor2.dumps(parts if tag is None else cbor2.CBORTag(tag, parts)))


def nz_text(data: bytes) -> bytes:
    """Return any bytes as the text of an NZ pass."""
    return b"NZCP:/1/" + base32.encode(data)


@contextmanager
def counted_calls(function: Callable[..., object]) -> Iterator[list[int]]:
    """Count the calls of a Python function inside the block; the count is the list's one item."""
    wanted: CodeType = function.__code__
    count = [0]

    def look(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code is wanted:
            count[0] += 1

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield count
    finally:
        sys.setprofile(before)
