"""What issuers publish, read: lists of signers, DID documents, key sets, CSCA certificates, revocations."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from asn1crypto import pem  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import Algorithm, TrustList, TrustStore, read, times
from edge.codes.certificates import hc1_key
from edge.codes.trust import ALGORITHMS
from edge.codes.trust_import import Imported
from edge.codes.trust_import_file import from_file
from edge.codes.trust_import_hc1 import from_signer_list
from edge.codes.trust_import_revoked import from_revocations
from edge.domain.errors import ConfigError
from edge.domain.model import Carrier, CodeVerdict
from tests.codes.hc1_samples import (
    HC1_KEY,
    HC1_KID,
    UCI,
    hc1_code,
    hc1_trust,
    kid_of,
    rsa_key,
    signer_certificate,
)
from tests.codes.samples import NOW_US
from tests.codes.shc_samples import CARD_KEY_ID
from tests.codes.trust_samples import (
    KIDS,
    SIGNER,
    authority,
    did,
    jwk,
    listed,
    method,
    national,
    plain64,
    url64,
)
from tests.codes.vds_nc_samples import csca, signer
from tests.paths import shared


def ids(found: Imported) -> list[str]:
    return [key.key_id for key in found.keys]


# --- lists of signers -------------------------------------------------------------------------


@pytest.mark.parametrize("signed", [False, True])
def test_a_national_list_gives_each_certificate_under_the_id_it_prints(signed: bool) -> None:
    der = signer_certificate(rsa_key())
    found = from_signer_list(national(listed(), listed(der), signed=signed), "list")
    assert found.keys == (hc1_key(SIGNER), hc1_key(der))
    assert found.left_out == ()


def test_the_gateways_own_list_has_no_object_around_it() -> None:
    assert from_signer_list(json.dumps([listed()]), "list").keys == (hc1_key(SIGNER),)


def test_the_printed_id_counts_and_not_the_one_the_certificate_would_give() -> None:
    found = from_signer_list(national(listed(kid=plain64(HC1_KID))), "list")
    store = TrustStore((TrustList(Carrier.HC1, found.keys),))
    assert read(hc1_code(), store, NOW_US).verdict is CodeVerdict.VALID
    unnamed = from_signer_list(national(listed(kid=None)), "list")
    assert ids(unnamed) == [plain64(kid_of(SIGNER))]


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("x", "object"),
        (listed(certificateType="CSCA"), "no signer"),
        (listed(rawData=None), "no certificate"),
        (listed(rawData="!!"), "base64"),
        (listed(rawData=plain64(b"junk")), "no certificate that can be read"),
        (listed(kid="*"), "base64"),
        (listed(kid=""), "kid"),
        (listed(kid=plain64(bytes(33))), "kid"),
        (listed(kid=7), "base64"),
    ],
)
def test_an_entry_that_cannot_be_used_is_left_out_and_named(entry: object, why: str) -> None:
    found = from_signer_list(national(entry, listed()), "list")
    assert len(found.keys) == 1
    assert found.left_out[0].startswith("list: certificate 1: ")
    assert why in found.left_out[0]
    with pytest.raises(ConfigError, match=r"^list: certificate 1: "):
        from_signer_list(national(entry), "list")


def test_a_did_document_of_the_who_gives_its_signers_under_their_published_ids() -> None:
    found = from_signer_list(did(method()), "did.json")
    certificate = hc1_key(SIGNER)
    (key,) = found.keys
    assert key.key_id == plain64(KIDS["EC"])
    assert (key.public, key.issuer, key.until_us) == (certificate.public, "XA", certificate.until_us)
    assert found.as_of_us == times.parse("2024-11-10T12:00:35Z")
    assert from_signer_list(did(method(), created=5), "did.json").as_of_us is None


@pytest.mark.parametrize("fragment", ["%2B%2F8Aa2lkLTE%3D", "+/8Aa2lkLTE=", "-_8Aa2lkLTE", "-_8Aa2lkLTE="])
def test_an_id_behind_the_hash_is_read_in_every_way_it_is_written(fragment: str) -> None:
    bare = jwk(kid=None)
    found = from_signer_list(did(method(fragment=fragment, publicKeyJwk=bare)), "did.json")
    assert ids(found) == [plain64(b"\xfb\xff\x00kid-1")]
    assert found.keys[0].issuer == "XXA"


def test_keys_of_authorities_are_no_signers_keys() -> None:
    above = jwk(x5c=[plain64(authority())])
    methods = [
        method("DCC:XXA:SCA"),
        method("", publicKeyJwk=above),
        "did:web:tng.example:v2:trustlist:DCC:XXA:DSC",
        method(),
    ]
    found = from_signer_list(did(*methods), "did.json")
    assert len(found.keys) == 1
    assert ["authority" in line for line in found.left_out] == [True, True, False]
    assert "another document" in found.left_out[2]


@pytest.mark.parametrize("key", [HC1_KEY, rsa_key()])
def test_a_key_set_gives_keys_with_the_issuer_it_is_given(key: Any) -> None:
    (found,) = from_signer_list(json.dumps({"keys": [jwk(key)]}), "jwks", "XB").keys
    assert (found.issuer, found.public) == ("XB", hc1_trust(key).public)
    assert found.algorithm is (Algorithm.ES256 if key is HC1_KEY else Algorithm.PS256)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({}, "base64"),
        (jwk(d="AAAA"), "private"),
        (jwk(kid=None), "base64"),
        (jwk(crv="P-384"), "neither"),
        (jwk(x=None), "base64"),
        (jwk(x=url64(bytes(34))), "too large|curve"),
        (jwk(x=url64(b"\x01" + bytes(32))), "too large"),
        (jwk(y=url64(bytes(32))), "Invalid"),
        (jwk(rsa_key(), n=url64(b"\xff" * 100)), "RSA"),
        (jwk(rsa_key(), n=url64(b"\xff" * 2000)), "too large"),
        (jwk(x5c=[]), "x5c"),
        (jwk(x5c="x"), "x5c"),
        (jwk(x5c=[plain64(signer_certificate(rsa_key()))]), "another key"),
    ],
)
def test_a_key_that_is_none_is_left_out_and_named(entry: object, why: str) -> None:
    with pytest.raises(ConfigError, match=rf"^jwks: key 1: .*({why})"):
        from_signer_list(json.dumps({"keys": [entry]}), "jwks", "XB")


def test_a_bare_key_of_nobody_is_not_believed() -> None:
    with pytest.raises(ConfigError, match="--issuer"):
        from_signer_list(json.dumps({"keys": [jwk()]}), "jwks")


@pytest.mark.parametrize("text", ["", "{}", "[]", "[" * 100_000, '{"keys": {}}', '{"certificates": []}', "7"])
def test_what_is_no_list_is_a_config_error(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^list: "):
        from_signer_list(text, "list")


_NAMES = [
    *("certificates", "keys", "id", "verificationMethod", "publicKeyJwk", "kid", "rawData", "kty", "crv"),
    *("x", "y", "n", "e", "x5c", "proof", "issuerInfo", "rids", "hashType", "entries"),
]
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["DSC", "EC", "RSA", "P-256", "AAAA", "UCI"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=5),
    max_leaves=20,
)


def faults_of(data: bytes, carrier: Carrier) -> list[str]:
    found: list[str] = []
    reads: tuple[Callable[[], Imported], ...] = (
        lambda: from_file(data, "any", carrier, issuer="https://issuer.example", kid="k"),
        lambda: from_revocations(data.decode("latin-1"), "any", carrier),
    )
    for read_in in reads:
        try:
            read_in()
        except ConfigError as error:
            found += error.faults or ["nothing said"]
    return found


@given(_JSON, st.sampled_from(list(ALGORITHMS)))
def test_any_json_is_keys_or_a_config_error_that_names_the_file(found: object, carrier: Carrier) -> None:
    faults = faults_of(json.dumps(found).encode(), carrier)
    assert [fault for fault in faults if not fault.startswith("any: ")] == []


@given(st.binary(max_size=300), st.sampled_from(list(ALGORITHMS)), st.integers(0, 400))
def test_any_bytes_are_keys_or_a_config_error_that_names_the_file(
    data: bytes, carrier: Carrier, cut: int
) -> None:
    for spoilt in (data, SIGNER[:cut] + data, pem.armor("CERTIFICATE", data or b"x")[:cut]):
        assert [fault for fault in faults_of(spoilt, carrier) if not fault.startswith("any: ")] == []


# --- one file of any carrier ------------------------------------------------------------------


def public_pem(key: Any) -> bytes:
    data: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return data


def test_certificates_and_lists_of_hc1_are_told_apart() -> None:
    der = SIGNER
    marked = b"\xef\xbb\xbf" + national(listed()).encode()
    for data in (der, pem.armor("CERTIFICATE", der), national(listed()).encode(), marked):
        assert from_file(data, "f", Carrier.HC1).keys == (hc1_key(der),)


def test_health_card_texts_are_told_apart_by_what_is_in_them() -> None:
    issuer = shared("codes", "shc", "issuer", "jwks.json").read_bytes()
    name = "https://spec.smarthealth.cards/examples/issuer"
    keys = from_file(issuer, "jwks.json", Carrier.SHC, issuer=name).keys
    assert {key.issuer for key in keys} == {name}
    with pytest.raises(ConfigError, match="--issuer"):
        from_file(issuer, "jwks.json", Carrier.SHC)
    crl = json.dumps({"kid": CARD_KEY_ID, "method": "rid", "ctr": 1, "rids": ["abc"]}).encode()
    assert from_file(crl, "crl.json", Carrier.SHC).revoked == {f"{CARD_KEY_ID} abc"}
    with pytest.raises(ConfigError, match="issuerInfo"):
        from_file(b'{"issuerInfo": 1}', "vci.json", Carrier.SHC)


def test_the_published_venue_key_verifies_the_published_venue_code() -> None:
    vectors = json.loads(shared("codes", "venue", "vectors.json").read_text("utf-8"))["uk_venue"]
    (given_key,) = vectors["keys"][:1]
    data = given_key["pem"].encode()
    keys = from_file(data, "nhs.pem", Carrier.UK_VENUE, issuer="NHS", kid=given_key["kid"]).keys
    store = TrustStore((TrustList(Carrier.UK_VENUE, keys),))
    found = {case["payload"]: case["verdict"] for case in vectors["cases"]}
    good = next(payload for payload, verdict in found.items() if verdict == "valid")
    assert read(good.encode(), store, NOW_US).verdict is CodeVerdict.VALID


@pytest.mark.parametrize(
    ("data", "options", "why"),
    [
        (public_pem(HC1_KEY), {"issuer": "NHS"}, "--kid"),
        (public_pem(HC1_KEY), {"kid": "3"}, "--issuer"),
        (public_pem(HC1_KEY), {"issuer": "NHS", "kid": "a b"}, "--kid"),
        (public_pem(rsa_key()), {"issuer": "NHS", "kid": "3"}, "kind"),
        (public_pem(ec.derive_private_key(3, ec.SECP384R1())), {"issuer": "NHS", "kid": "3"}, "public key"),
        (
            HC1_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            {"issuer": "NHS", "kid": "3"},
            "private",
        ),
        (b"{}", {"issuer": "NHS", "kid": "3"}, "key 1"),
        (b'{"keys": [{}, {}]}', {"issuer": "NHS", "kid": "3"}, "more than one"),
        (json.dumps(jwk(d="AA")).encode(), {"issuer": "NHS"}, "private"),
        (b"\xff\xfe", {"issuer": "NHS"}, "UTF-8"),
        (b"[1]", {"issuer": "NHS"}, "no JWK set"),
        (b"x", {"issuer": "NHS"}, "neither JSON nor PEM"),
    ],
)
def test_what_is_no_venue_key_is_refused_with_the_reason(
    data: bytes, options: dict[str, str], why: str
) -> None:
    with pytest.raises(ConfigError, match=why):
        from_file(data, "key", Carrier.UK_VENUE, **options)


def test_venue_keys_come_as_a_set_with_their_own_names() -> None:
    numbers = HC1_KEY.public_key().public_numbers()
    x, y = (url64(part.to_bytes(32, "big")) for part in (numbers.x, numbers.y))
    entries = [jwk(x=x, y=y, kid="3"), jwk(x=x, y=y, kid=""), {"kty": "RSA"}]
    found = from_file(json.dumps({"keys": entries}).encode(), "set", Carrier.UK_VENUE, issuer="NHS")
    assert ids(found) == ["3"]
    assert len(found.left_out) == 2


def test_divoc_takes_rsa_and_ed25519_and_nothing_else() -> None:
    names = {"issuer": "https://divoc.example", "kid": "did:example:key"}
    for key, algorithm in ((rsa_key(), Algorithm.PS256), (Ed25519PrivateKey.generate(), Algorithm.ED25519)):
        (found,) = from_file(public_pem(key), "key", Carrier.DIVOC, **names).keys
        assert (found.algorithm, found.key_id, found.issuer) == (algorithm, names["kid"], names["issuer"])
    with pytest.raises(ConfigError):
        from_file(public_pem(HC1_KEY), "key", Carrier.DIVOC, **names)


def test_a_country_is_trusted_by_its_authority_and_not_by_a_signer() -> None:
    bundle = pem.armor("CERTIFICATE", csca()) + pem.armor("CERTIFICATE", signer())
    for data, left_out in ((csca(), 0), (bundle, 1)):
        found = from_file(data, "csca", Carrier.VDS_NC)
        assert [(key.algorithm, key.issuer) for key in found.keys] == [(Algorithm.X509, "UT")]
        assert len(found.left_out) == left_out
    with pytest.raises(ConfigError, match="authority"):
        from_file(signer(), "signer", Carrier.VDS_NC)


@pytest.mark.parametrize("carrier", [Carrier.CWA_VENUE, Carrier.NZ_VENUE, Carrier.CHINA_HEALTH])
def test_unsigned_codes_have_nobody_to_believe(carrier: Carrier) -> None:
    with pytest.raises(ConfigError, match="not signed"):
        from_file(b"{}", "x", carrier)


# --- withdrawals ------------------------------------------------------------------------------

HASH = bytes(range(16))
ENTRY = f"uci:{HASH.hex()}"


@pytest.mark.parametrize(
    "text",
    [
        f"{ENTRY}\n",
        f"# of May\r\n\r\n  {ENTRY}  # lost\r\n",
        json.dumps([ENTRY]),
        json.dumps({"hashType": "UCI", "country": "XA", "entries": [{"hash": plain64(HASH)}]}),
        json.dumps([{"hashType": "UCI", "entries": [{"hash": plain64(HASH)}]}, ENTRY]),
    ],
)
def test_revoked_hashes_are_read_in_every_form(text: str) -> None:
    found = from_revocations(text, "list", Carrier.HC1)
    assert (found.keys, found.revoked) == ((), frozenset({ENTRY}))


@pytest.mark.parametrize(
    ("text", "carrier", "why"),
    [
        ("nonsense", Carrier.HC1, "entry 1"),
        (f"{ENTRY}\nUCI:00", Carrier.HC1, "entry 2"),
        ('["x"]', Carrier.HC1, "entry 1"),
        ("[7]", Carrier.HC1, "neither"),
        ("{", Carrier.HC1, "not JSON"),
        ("[" * 100_000, Carrier.HC1, "not JSON"),
        ('{"hashType": "KID", "entries": []}', Carrier.HC1, "hashType"),
        ('{"hashType": "UCI", "entries": [{"hash": "!"}]}', Carrier.HC1, "hash"),
        ('{"hashType": "UCI", "entries": [{"hash": "AAAA"}]}', Carrier.HC1, "entry 1"),
        ('{"hashType": "UCI", "entries": ["AAAA"]}', Carrier.HC1, "hash"),
        ('{"hashType": "UCI", "entries": []}', Carrier.GATEPOST_PASS, "neither"),
        ("0102", Carrier.GATEPOST_PASS, "entry 1"),
        ("x", Carrier.NZCP, "singly"),
    ],
)
def test_one_entry_that_is_none_refuses_the_whole_list(text: str, carrier: Carrier, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        from_revocations(text, "list", carrier)


def test_cards_and_passes_are_withdrawn_by_their_own_names() -> None:
    crl = json.dumps({"kid": CARD_KEY_ID, "method": "rid", "ctr": 1, "rids": ["abc.1640995200"]})
    assert from_revocations(crl, "crl", Carrier.SHC).revoked == {f"{CARD_KEY_ID} abc.1640995200"}
    assert from_revocations(f"{CARD_KEY_ID} abc", "crl", Carrier.SHC).revoked == {f"{CARD_KEY_ID} abc"}
    assert from_revocations("0102030405060708", "x", Carrier.GATEPOST_PASS).revoked == {"0102030405060708"}


def test_a_certificate_whose_hash_was_imported_is_revoked() -> None:
    digest = hashlib.sha256(UCI.encode()).digest()
    for count in (16, 32):
        batch = json.dumps({"hashType": "UCI", "entries": [{"hash": plain64(digest[:count])}]})
        revoked = from_revocations(batch, "batch", Carrier.HC1).revoked
        store = TrustStore((TrustList(Carrier.HC1, (hc1_trust(),), revoked=revoked),))
        assert read(hc1_code(), store, NOW_US).verdict is CodeVerdict.REVOKED
