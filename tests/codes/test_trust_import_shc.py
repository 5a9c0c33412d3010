"""What issuers of health cards publish, turned into trust: keys, directory and revocation lists."""

import base64
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import times
from edge.codes.shc import thumbprint
from edge.codes.trust import REVOKED, TrustList, TrustStore, base64url
from edge.codes.trust_import_shc import ImportedShc, from_crl, from_jwks, from_vci_snapshot
from edge.codes.trust_text import dump_list, parse_list
from edge.domain.errors import ConfigError
from edge.domain.model import Carrier, CodeVerdict
from tests.codes.shc_samples import (
    CARD_ISSUER,
    CARD_KEY,
    CARD_KEY_ID,
    CARD_TRUST,
    OTHER_CARD_KEY,
    OTHER_CARD_KEY_ID,
    card,
    point_of,
    read_card,
)
from tests.paths import shared

Jwk = dict[str, Any]
EXAMPLE_ISSUER = "https://spec.smarthealth.cards/examples/issuer"
DRAFT_ISSUER = "https://smarthealth.cards/examples/issuer"


def jwk(key: ec.EllipticCurvePrivateKey = CARD_KEY, key_id: str = CARD_KEY_ID, **members: object) -> Jwk:
    point = point_of(key)
    made = {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": key_id}
    return made | {"x": base64url(point[1:33]), "y": base64url(point[33:])} | members


def jwks(*keys: object) -> str:
    return json.dumps({"keys": list(keys)})


def refused(text: str, issuer: str = CARD_ISSUER) -> str:
    with pytest.raises(ConfigError) as caught:
        from_jwks(text, "set.json", issuer)
    return "\n".join(caught.value.faults)


def test_the_keys_of_a_set_are_trusted_under_their_issuer() -> None:
    found = from_jwks(
        jwks(jwk(), jwk(OTHER_CARD_KEY, OTHER_CARD_KEY_ID, crlVersion=3)), "set.json", CARD_ISSUER
    )
    assert found.keys[0] == CARD_TRUST
    assert [key.key_id for key in found.keys] == [CARD_KEY_ID, OTHER_CARD_KEY_ID]
    assert found.left_out == ()
    store = TrustStore((TrustList(Carrier.SHC, found.keys),))
    assert read_card(card(), store).verdict is CodeVerdict.VALID


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (jwk(kty="RSA"), "kty"),
        (jwk(crv="P-384"), "crv"),
        (jwk(alg="ES256K"), "alg"),
        (jwk(alg=None), "alg"),
        (jwk(use="enc"), "use"),
        (jwk(kid="key-1"), "thumbprint"),
        (jwk(key_id=OTHER_CARD_KEY_ID), "thumbprint"),
        (jwk(x="AA"), "32 bytes"),
        (jwk(x=jwk()["x"] + "="), "base64url"),
        (jwk(y=None), "base64url"),
        (jwk(y=base64url(bytes(32))), "thumbprint"),
        ("key", "object"),
    ],
)
def test_a_wrong_key_is_left_out_with_its_reason_and_the_others_stay(bad: object, why: str) -> None:
    found = from_jwks(jwks(bad, jwk(OTHER_CARD_KEY, OTHER_CARD_KEY_ID)), "set.json", CARD_ISSUER)
    assert [key.key_id for key in found.keys] == [OTHER_CARD_KEY_ID]
    (line,) = found.left_out
    assert line.startswith("set.json: key 1: ")
    assert why in line
    assert why in refused(jwks(bad))


def test_a_private_key_is_refused_whole() -> None:
    text = jwks(jwk(OTHER_CARD_KEY, OTHER_CARD_KEY_ID), jwk(d=base64url(bytes(32))))
    assert "private" in refused(text)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"keys":{}}', '{"keys":[]}', "[" * 9000, "nothing"])
def test_a_text_without_a_set_is_refused(text: str) -> None:
    assert "set.json" in refused(text)


@pytest.mark.parametrize("issuer", ["", "cards.example.org", "http://cards.example.org", CARD_ISSUER + "/"])
def test_an_issuer_is_an_https_address_without_a_slash_at_the_end(issuer: str) -> None:
    assert "https" in refused(jwks(jwk()), issuer)


def certificate(
    key: ec.EllipticCurvePrivateKey,
    names: Sequence[x509.GeneralName] | None,
    signer: ec.EllipticCurvePrivateKey,
    called: str = "Issuer",
    by: str = "Root",
) -> str:
    start = datetime(2021, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, called)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, by)]))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365))
    )
    if names is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return base64.b64encode(builder.sign(signer, SHA256()).public_bytes(Encoding.DER)).decode()


URI = [x509.UniformResourceIdentifier(CARD_ISSUER)]
ROOT = certificate(OTHER_CARD_KEY, None, OTHER_CARD_KEY, "Root")


@pytest.mark.parametrize(
    "chain",
    [
        [certificate(CARD_KEY, URI, OTHER_CARD_KEY)],
        [certificate(CARD_KEY, URI, OTHER_CARD_KEY), ROOT],
        [certificate(CARD_KEY, [x509.DNSName("example.org"), *URI], OTHER_CARD_KEY), ROOT],
    ],
)
def test_a_certificate_of_this_key_and_issuer_changes_nothing(chain: list[str]) -> None:
    found = from_jwks(jwks(jwk(x5c=chain)), "set.json", CARD_ISSUER)
    assert found.keys == (CARD_TRUST,)  # not even when the certificate ends: it is no part of the trust


@pytest.mark.parametrize(
    ("chain", "why"),
    [
        ([certificate(OTHER_CARD_KEY, URI, OTHER_CARD_KEY)], "another key"),
        (
            [certificate(CARD_KEY, [x509.UniformResourceIdentifier(CARD_ISSUER + "2")], CARD_KEY)],
            "issuer as a URI",
        ),
        ([certificate(CARD_KEY, [x509.DNSName("cards.example.org")], CARD_KEY)], "issuer as a URI"),
        ([certificate(CARD_KEY, None, CARD_KEY)], "issuer as a URI"),
        ([certificate(CARD_KEY, URI, CARD_KEY), ROOT], "no chain"),
        ([certificate(CARD_KEY, URI, OTHER_CARD_KEY, by="Else"), ROOT], "no chain"),
        ([certificate(CARD_KEY, URI, OTHER_CARD_KEY)] * 9, "list of certificates"),
        ([], "list of certificates"),
        ("MII", "list of certificates"),
        (["MIIB"], "cannot be read"),
        ([ROOT + "!"], "cannot be read"),
        ([7], "cannot be read"),
    ],
)
def test_a_certificate_that_contradicts_its_key_leaves_the_key_out(chain: object, why: str) -> None:
    assert why in refused(jwks(jwk(x5c=chain)))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("wrong_kid_key.json", "kid"),
        ("wrong_kty_key.json", "kty"),
        ("wrong_curve_key.json", "crv"),
        ("wrong_use_key.json", "use"),
        ("wrong_alg_key.json", "alg"),
        ("cert_mismatch.public.json", "another key"),
        ("invalid_DNS_SAN.public.json", "issuer as a URI"),
        ("invalid_no_SAN.public.json", "issuer as a URI"),
        ("invalid_chain.public.json", "no chain"),
        ("badjwks/.well-known/jwks.json", "not JSON"),
    ],
)
def test_every_public_wrong_key_is_left_out_for_its_own_reason(name: str, why: str) -> None:
    text = shared("codes", "shc", "testdata", *name.split("/")).read_text(encoding="utf-8")
    assert why in refused(text, DRAFT_ISSUER)


def test_the_public_good_keys_are_taken_as_test_issuers_keys_and_never_as_live_ones() -> None:
    testdata = ("codes", "shc", "testdata")
    two = shared(*testdata, "valid_2_chain.public.json").read_text(encoding="utf-8")
    assert len(from_jwks(two, "two", DRAFT_ISSUER).keys) == 1
    example = shared("codes", "shc", "issuer", "jwks.json").read_text(encoding="utf-8")
    found = from_jwks(example, "jwks.json", EXAMPLE_ISSUER)
    assert [key.test for key in found.keys] == [True, True]
    assert "private half is published" in refused(example)
    snapshot = {"issuerInfo": [{"issuer": {"iss": EXAMPLE_ISSUER}, "keys": json.loads(example)["keys"]}]}
    with pytest.raises(ConfigError, match="test issuer"):
        from_vci_snapshot(json.dumps(snapshot), "snapshot")


def crl(**members: object) -> Jwk:
    return {"kid": CARD_KEY_ID, "method": "rid", "ctr": 2, "rids": ["abc", "def.1640000000"]} | members


def test_a_revocation_list_names_cards_of_its_key() -> None:
    found = from_crl(json.dumps(crl()), "crl.json")
    assert found.revoked == {f"{CARD_KEY_ID} abc", f"{CARD_KEY_ID} def.1640000000"}
    assert (found.keys, found.left_out, found.lists) == ((), (), {CARD_KEY_ID: 2})
    assert all(REVOKED[Carrier.SHC].fullmatch(entry) for entry in found.revoked)


@pytest.mark.parametrize(
    ("rids", "kept", "left_out"),
    [
        (["a", "base64=="], {"a"}, 1),
        (["a", "$wrong"], {"a"}, 1),
        (["a", "b" * 25], {"a"}, 1),
        (["a", "b.1640000000000"], {"a"}, 1),  # milliseconds
        (["a", "b."], {"a"}, 1),
        (["a", "b.-1"], {"a"}, 1),
        (["a", ""], {"a"}, 1),
        (["a", 7, None], {"a"}, 2),
        (["a", "a"], {"a"}, 1),
        (["a.5", "a.9", "a.7"], {"a.9"}, 2),
        (["a.5", "a", "a.7"], {"a"}, 2),
        ([], set(), 0),
    ],
)
def test_a_wrong_entry_is_left_out_and_of_two_the_wider_counts(
    rids: list[object], kept: set[str], left_out: int
) -> None:
    found = from_crl(json.dumps(crl(rids=rids)), "crl.json")
    assert found.revoked == {f"{CARD_KEY_ID} {rid}" for rid in kept}
    assert len(found.left_out) == left_out


@pytest.mark.parametrize(
    "members",
    [{"kid": "1"}, {"kid": None}, {"method": "hash"}, {"ctr": "1"}, {"ctr": True}, {"ctr": -1}, {"rids": {}}],
)
def test_a_revocation_list_of_another_kind_is_refused(members: Jwk) -> None:
    with pytest.raises(ConfigError, match="crl"):
        from_crl(json.dumps(crl(**members)), "crl.json")


@pytest.mark.parametrize(
    ("name", "revoked", "left_out"),
    [
        ("duplicate-rid", 2, 2),
        ("non-base64url-rid", 2, 2),
        ("too-long-rid", 3, 1),
        ("version-mismatch", 4, 0),
        ("invalid-method", None, 0),
    ],
)
def test_every_public_bad_revocation_list_is_read_as_far_as_it_is_good(
    name: str, revoked: int | None, left_out: int
) -> None:
    (path,) = shared("codes", "shc", "testdata", "badcrl", name, ".well-known", "crl").iterdir()
    text = path.read_text(encoding="utf-8")
    if revoked is None:
        with pytest.raises(ConfigError, match="method must be rid"):
            from_crl(text, name)
        return
    found = from_crl(text, name)
    assert (len(found.revoked), len(found.left_out)) == (revoked, left_out)


def test_a_snapshot_gives_every_issuers_keys_lists_and_date() -> None:
    infos: list[object] = [
        {"issuer": {"iss": CARD_ISSUER, "name": "One"}, "keys": [jwk(), jwk(use="enc")]},
        {"issuer": {"iss": "https://two.example.org"}, "keys": [jwk()], "crls": [crl(), crl(method="x"), 7]},
        {"issuer": {"iss": "https://two.example.org"}, "keys": [jwk()]},
        {"issuer": {"iss": "http://three.example.org"}, "keys": [jwk()]},
        {"issuer": {"iss": "https://four.example.org"}, "keys": None},
        {"issuer": None},
        None,
    ]
    text = json.dumps({"time": "2022-01-01T00:00:00Z", "issuerInfo": infos})
    found = from_vci_snapshot(text, "snapshot.json")
    assert [(key.issuer, key.key_id) for key in found.keys] == [
        (CARD_ISSUER, CARD_KEY_ID),
        ("https://two.example.org", CARD_KEY_ID),
    ]
    assert found.as_of_us == times.parse("2022-01-01T00:00:00Z")
    assert found.lists == {CARD_KEY_ID: 2}
    assert len(found.revoked) == 2
    assert len(found.left_out) == 6
    assert f"issuer 1 ({CARD_ISSUER}): key 2: use must be sig" in found.left_out[0]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"issuerInfo":7}', '{"issuerInfo":[]}'])
def test_a_snapshot_without_keys_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="snap"):
        from_vci_snapshot(text, "snap")


def test_a_snapshot_as_large_as_the_public_one_makes_a_list_that_is_written_and_read_back() -> None:
    points = [ec.derive_private_key(100 + number, ec.SECP256R1()) for number in range(96)]
    shared_keys = [from_jwk_of(key) for key in points]
    infos = [
        {
            "issuer": {"iss": f"https://h{number}.example.org/a"},
            "keys": shared_keys[number % 90 : number % 90 + 2],
        }
        for number in range(480)
    ]
    found = from_vci_snapshot(json.dumps({"issuerInfo": infos, "time": "not a time"}), "snapshot.json")
    assert len(found.keys) == 960
    assert found.as_of_us is None
    made = TrustList(Carrier.SHC, found.keys, revoked=frozenset({f"{CARD_KEY_ID} abc"}))
    assert parse_list(dump_list(made), "list") == made


def from_jwk_of(key: ec.EllipticCurvePrivateKey) -> Jwk:
    return jwk(key, thumbprint(point_of(key)))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.sampled_from([jwk(), crl()]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["keys", "issuerInfo", "issuer", "iss", "x5c", "kid", "rids", "method", "ctr", "time"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=14,
)


READERS: list[Callable[[str], ImportedShc]] = [
    lambda text: from_jwks(text, "source", CARD_ISSUER),
    lambda text: from_vci_snapshot(text, "source"),
    lambda text: from_crl(text, "source"),
]


def keys_or_faults(reader: Callable[[str], ImportedShc], text: str) -> ImportedShc | tuple[str, ...]:
    try:
        return reader(text)
    except ConfigError as error:
        return error.faults


@given(st.sampled_from(READERS), JSON.map(json.dumps) | st.text(max_size=60))
def test_whatever_the_text_it_is_imported_or_its_faults_are_named(
    reader: Callable[[str], ImportedShc], text: str
) -> None:
    found = keys_or_faults(reader, text)
    lines = found if isinstance(found, tuple) else found.left_out
    assert all(line.startswith("source: ") for line in lines)
    assert lines or not isinstance(found, tuple)
