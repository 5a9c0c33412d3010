"""Certificates of document signers become trust keys: whose, under which id, what for and how long."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asn1crypto import pem  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID
from hypothesis import example, given
from hypothesis import strategies as st

from edge.codes import Algorithm, TrustKey, TrustList, times
from edge.codes.certificates import from_certificates, hc1_key
from edge.codes.hc1 import key_id_text
from edge.codes.trust_text import dump_list, parse_list
from edge.domain.errors import ConfigError
from edge.domain.model import Carrier
from tests.codes.hc1_samples import HC1_KEY, ISSUER, hc1_trust, kid_of, rsa_key, signer_certificate
from tests.paths import shared

USES = {"test": 1, "vaccination": 2, "recovery": 3}
EVERY = frozenset[str]()


def uses(*dotted: str) -> x509.ExtendedKeyUsage:
    return x509.ExtendedKeyUsage([x509.ObjectIdentifier(name) for name in dotted])


def armoured(*ders: bytes, name: str = "CERTIFICATE") -> bytes:
    return b"".join(pem.armor(name, der) for der in ders)


def test_a_certificate_becomes_the_key_that_its_codes_name() -> None:
    der = signer_certificate()
    key = hc1_key(der)
    assert key.key_id == base64.b64encode(kid_of(der)).decode() == key_id_text(kid_of(der))
    assert (key.issuer, key.algorithm, key.public) == (ISSUER, Algorithm.ES256, hc1_trust().public)
    assert (key.purposes, key.test) == (EVERY, False)
    assert key.from_us == times.parse("2021-05-01T00:00:00Z")


def test_the_last_second_of_a_certificate_counts() -> None:
    assert hc1_key(signer_certificate()).until_us == times.parse("2023-05-01T00:00:01Z")


def test_a_certificate_that_never_ends_has_no_end() -> None:
    assert hc1_key(signer_certificate(ends=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))).until_us is None


def test_an_rsa_certificate_signs_ps256() -> None:
    key = hc1_key(signer_certificate(rsa_key()))
    assert (key.algorithm, key.public) == (Algorithm.PS256, hc1_trust(rsa_key()).public)


@pytest.mark.parametrize("arc", ["1.3.6.1.4.1.1847.2021.1", "1.3.6.1.4.1.0.1847.2021.1"])
@pytest.mark.parametrize(
    "purposes",
    [{"test"}, {"vaccination"}, {"recovery"}, {"test", "recovery"}, {"test", "vaccination", "recovery"}],
)
def test_uses_of_either_arc_limit_what_a_key_may_sign(arc: str, purposes: set[str]) -> None:
    named = uses("1.3.6.1.5.5.7.3.2", *(f"{arc}.{USES[purpose]}" for purpose in sorted(purposes)))
    assert hc1_key(signer_certificate(HC1_KEY, named)).purposes == purposes


@pytest.mark.parametrize(
    "extension",
    [
        uses("1.3.6.1.5.5.7.3.2"),
        uses("1.3.6.1.4.1.1847.2021.1.4"),
        uses("1.3.6.1.4.1.1847.2021.1"),
        x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.37"), b"\x30\x00"),
        x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.19"), b"\x30\x03\x01\x01\x00"),
        x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\xff\xff"),
    ],
    ids=["other use", "other number", "arc alone", "empty list", "default written out", "unknown"],
)
def test_an_extension_without_a_use_of_ours_limits_nothing(extension: x509.ExtensionType) -> None:
    assert hc1_key(signer_certificate(HC1_KEY, extension)).purposes == EVERY


def test_uses_that_cannot_be_read_are_not_taken_for_none() -> None:
    broken = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.37"), b"\x30\x05\x06\x01")
    with pytest.raises(ValueError, match="no certificate"):
        hc1_key(signer_certificate(HC1_KEY, broken))


@pytest.mark.parametrize(
    ("subject", "issuer", "expected"),
    [
        ({NameOID.COUNTRY_NAME: "XB", NameOID.COMMON_NAME: "Signer"}, {NameOID.COUNTRY_NAME: "XC"}, "XB"),
        ({NameOID.COMMON_NAME: "Signer"}, {NameOID.COUNTRY_NAME: "XC"}, "XC"),
        ({NameOID.COMMON_NAME: " Signer "}, {NameOID.COMMON_NAME: "Root"}, "Signer"),
    ],
)
def test_the_issuer_is_the_signers_country_where_it_has_one(
    subject: dict[x509.ObjectIdentifier, str], issuer: dict[x509.ObjectIdentifier, str], expected: str
) -> None:
    der = signer_certificate(subject=subject, issuer=issuer)
    assert hc1_key(der).issuer == expected
    assert hc1_key(der, "XD").issuer == "XD"


def test_a_certificate_without_any_name_needs_one_given() -> None:
    der = signer_certificate(subject={}, issuer={})
    with pytest.raises(ValueError, match="no name"):
        hc1_key(der)
    assert hc1_key(der, "XD").issuer == "XD"


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: signer_certificate(ec.derive_private_key(5, ec.SECP384R1())), "secp384r1"),
        (lambda: signer_certificate(ec.derive_private_key(5, ec.SECP256K1())), "secp256k1"),
        (lambda: signer_certificate(rsa_key(1024)), "1024"),
        (lambda: signer_certificate(Ed25519PrivateKey.from_private_bytes(bytes(32))), "neither RSA nor"),
        (lambda: b"", "no certificate"),
        (lambda: signer_certificate()[:-1], "no certificate"),
        (lambda: signer_certificate() + b"\x00", "no certificate"),
    ],
)
def test_a_certificate_no_code_can_be_checked_with_is_refused_by_name(
    make: Callable[[], bytes], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        hc1_key(make())


def test_a_file_may_hold_one_certificate_or_many() -> None:
    first, second = signer_certificate(), signer_certificate(rsa_key())
    assert from_certificates(first, "one.der").keys == (hc1_key(first),)
    assert from_certificates(armoured(first), "one.pem").keys == (hc1_key(first),)
    both = from_certificates(b"# signers\n" + armoured(first, second), "two.pem", "XD")
    assert [(key.issuer, key.algorithm) for key in both.keys] == [("XD", "ES256"), ("XD", "PS256")]
    assert both.left_out == ()


def test_what_cannot_be_used_is_named_beside_what_can() -> None:
    useless = signer_certificate(ec.derive_private_key(5, ec.SECP384R1()))
    found = from_certificates(armoured(useless, signer_certificate()), "two.pem")
    assert [key.issuer for key in found.keys] == [ISSUER]
    assert [line.split("; ")[0] for line in found.left_out] == [
        "two.pem: certificate 1: its key is of the curve secp384r1"
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"-----BEGIN CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    ],
)
def test_a_file_without_a_certificate_is_a_config_error_that_names_it(data: bytes) -> None:
    with pytest.raises(ConfigError, match=r"^signers\.pem: "):
        from_certificates(data, "signers.pem")


@given(st.binary(max_size=200))
@example(b"\x30\x80" * 2000)
@example(b"-----BEGIN CERTIFICATE-----")
def test_any_bytes_are_a_config_error(data: bytes) -> None:
    with pytest.raises(ConfigError, match=r"^signers: "):
        from_certificates(data, "signers")


DER = signer_certificate(HC1_KEY, uses("1.3.6.1.4.1.1847.2021.1.1"))


@given(st.lists(st.tuples(st.integers(0, len(DER) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_any_damage_to_a_certificate_is_a_value_error_or_another_key_id(
    damage: list[tuple[int, int]],
) -> None:
    changed = bytearray(DER)
    for place, value in damage:
        changed[place] = value
    try:
        key = hc1_key(bytes(changed))
    except ValueError:
        return
    assert (key.key_id == hc1_key(DER).key_id) is (bytes(changed) == DER)


def test_a_key_with_purposes_and_bounds_is_read_as_it_was_written() -> None:
    entry = TrustList(Carrier.HC1, (hc1_key(DER), hc1_key(signer_certificate(rsa_key()))))
    assert parse_list(dump_list(entry), "list.json") == entry


def vectors() -> list[Path]:
    return sorted(shared("codes", "hc1").glob("*/*.json"))


def published_key(path: Path) -> tuple[TrustKey, bytes]:
    der = base64.b64decode(json.loads(path.read_text(encoding="utf-8"))["TESTCTX"]["CERTIFICATE"])
    return hc1_key(der), der


def test_every_published_certificate_gives_a_key_and_some_only_because_of_the_other_reader() -> None:
    refused_elsewhere = []
    for path in vectors():
        key, der = published_key(path)
        assert key.algorithm in (Algorithm.ES256, Algorithm.PS256)
        try:
            _ = x509.load_der_x509_certificate(der).extensions
        except ValueError:
            refused_elsewhere.append((path.stem, key.purposes))
    assert refused_elsewhere == [("CO15", EVERY)]
