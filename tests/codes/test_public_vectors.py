"""The examples the New Zealand Ministry of Health published with its specification."""

from pathlib import Path

import cv2
import pytest
import zxingcpp

from edge.codes import TrustStore, read, times, trust_import
from edge.codes.trust import TrustList
from edge.domain.model import Carrier, CodeVerdict
from tests.paths import shared

AT_US = times.parse("2022-01-01T00:00:00Z")
EXPECTED = {
    "valid/nzcp": (CodeVerdict.VALID, None),
    "invalid/nzcp-bad-public-key": (CodeVerdict.INVALID, "signature"),
    "invalid/nzcp-modified-sig": (CodeVerdict.INVALID, "signature"),
    "invalid/nzcp-modified-payload": (CodeVerdict.INVALID, "signature"),
    "invalid/nzcp-not-associated-public-key": (CodeVerdict.UNKNOWN_ISSUER, "unknown_key"),
    "invalid/nzcp-expired-payload": (CodeVerdict.EXPIRED, "expired"),
    "invalid/nzcp-notactive-payload": (CodeVerdict.NOT_YET_VALID, "not_yet_valid"),
    # A picture only: its issuer is a third party's, which nobody imported.
    "invalid/nzcp-revoked-public-key": (CodeVerdict.UNKNOWN_ISSUER, "issuer_not_trusted"),
}


def store(*, test_issuers: bool = True) -> TrustStore:
    document = shared("codes", "nzcp", "examples", "valid", "did.json")
    found = trust_import.from_did_document(document.read_text(encoding="utf-8"), document.name)
    assert found.left_out == ()
    return TrustStore((TrustList(Carrier.NZCP, found.keys),), test_issuers=test_issuers)


def example(name: str, suffix: str) -> Path:
    return shared("codes", "nzcp", "examples", name).with_suffix(suffix)


def payload_of_picture(path: Path) -> bytes:
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    (found,) = zxingcpp.read_barcodes(picture, formats=zxingcpp.barcode_formats_from_str("QRCode"))
    return bytes(found.bytes)


@pytest.mark.parametrize("name", EXPECTED)
def test_every_published_picture_gets_its_expected_verdict(name: str) -> None:
    code = read(payload_of_picture(example(name, ".png")), store(), AT_US)
    assert code.carrier is Carrier.NZCP
    assert (code.verdict, code.reason) == EXPECTED[name]


@pytest.mark.parametrize("name", [name for name in EXPECTED if "revoked" not in name])
def test_every_published_text_is_its_picture_and_gets_the_same_verdict(name: str) -> None:
    payload = example(name, ".txt").read_bytes().strip()
    assert payload == payload_of_picture(example(name, ".png"))
    code = read(payload, store(), AT_US)
    assert (code.verdict, code.reason) == EXPECTED[name]


def test_the_published_pass_says_what_the_specification_prints() -> None:
    code = read(example("valid/nzcp", ".txt").read_bytes(), store(), AT_US)
    assert code.issuer == "did:web:nzcp.covid19.health.nz"
    assert code.key_id == "key-1"
    assert code.valid_from_us == 1635883530 * 1_000_000
    assert code.valid_until_us == 1951416330 * 1_000_000
    assert code.personal == {
        "name": "Jack Sparrow",
        "birth_date": "1960-04-16",
        "pass_id": "60a4f54d4e304332be33ad78b1eafa4b",
    }
    assert code.subject == {"type": "PublicCovidPass"}
    assert code.payload is None


def test_the_test_issuer_counts_only_where_the_store_says_so() -> None:
    code = read(example("valid/nzcp", ".txt").read_bytes(), store(test_issuers=False), AT_US)
    assert (code.verdict, code.reason) == (CodeVerdict.UNKNOWN_ISSUER, "test_issuer")
    assert code.personal == {}


def test_expired_and_not_active_passes_are_of_one_person_and_of_the_valid_one() -> None:
    names = ("valid/nzcp", "invalid/nzcp-expired-payload", "invalid/nzcp-notactive-payload")
    codes = [read(example(name, ".txt").read_bytes(), store(), AT_US) for name in names]
    assert len({code.holder for code in codes}) == 1
    assert len({code.personal["pass_id"] for code in codes}) == 3
