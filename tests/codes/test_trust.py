"""Trust lists: what issuers publish, what stands in the files, and what is never believed."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import Algorithm, TrustKey, TrustList, TrustStore, read
from edge.codes.trust import NZCP_TEST_ISSUER, base64url, es256_key
from edge.codes.trust_import import Imported, from_did_document, from_gatepost_keys
from edge.codes.trust_text import dump_list, parse_list
from edge.domain.errors import ConfigError
from edge.domain.model import Carrier, CodeVerdict
from edge.trust_files import MAX_FILE_BYTES, fingerprint, load, load_list, take_back, write_list
from tests.codes.samples import (
    ISSUER,
    KEY,
    NOW_US,
    NZ_ISSUER,
    NZ_KEY,
    NZ_POINT,
    NZ_TRUST,
    OUR_KEY,
    PASS_PAYLOAD,
    STORE,
    nz_pass,
)

Document = dict[str, Any]
TEST_TRUST = es256_key(NZ_POINT, NZCP_TEST_ISSUER, "key-1")


def did_document() -> Document:
    numbers = NZ_KEY.public_key().public_numbers()
    x, y = (base64url(part.to_bytes(32, "big")) for part in (numbers.x, numbers.y))
    method = {
        "id": f"{NZ_ISSUER}#key-1",
        "controller": NZ_ISSUER,
        "type": "JsonWebKey2020",
        "publicKeyJwk": {"kty": "EC", "crv": "P-256", "x": x, "y": y},
    }
    return {"id": NZ_ISSUER, "verificationMethod": [method], "assertionMethod": [method["id"]]}


def method_of(document: Document) -> Document:
    found: Document = document["verificationMethod"][0]
    return found


def test_a_did_document_gives_the_key_that_verifies_its_passes() -> None:
    found = from_did_document(json.dumps(did_document()), "did.json")
    assert found == Imported((NZ_TRUST,))
    store = TrustStore((TrustList(Carrier.NZCP, found.keys),))
    assert read(nz_pass(), store, NOW_US).verdict is CodeVerdict.VALID


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.pop("id"),
        lambda d: d.update(id="https://example.nz"),
        lambda d: d.pop("assertionMethod"),
        lambda d: d.update(assertionMethod=[]),
        lambda d: d.update(assertionMethod=["#key-1"]),
        lambda d: d.update(assertionMethod=[f"{NZ_ISSUER}#key-2"]),
        lambda d: d.update(verificationMethod=[]),
        lambda d: d.update(verificationMethod={}),
        lambda d: d.update(verificationMethod=["key-1"]),
        lambda d: method_of(d).update(id="did:web:else.example#key-1"),
        lambda d: method_of(d).update(id=f"{NZ_ISSUER}#key 1"),
        lambda d: method_of(d).update(type="Ed25519VerificationKey2018"),
        lambda d: method_of(d).pop("publicKeyJwk"),
        lambda d: method_of(d)["publicKeyJwk"].update(kty="OKP"),
        lambda d: method_of(d)["publicKeyJwk"].update(crv="P-384"),
        lambda d: method_of(d)["publicKeyJwk"].update(d="AAAA"),
        lambda d: method_of(d)["publicKeyJwk"].update(x="AAAA"),
        lambda d: method_of(d)["publicKeyJwk"].update(x="!" * 43),
        lambda d: method_of(d)["publicKeyJwk"].update(x="A" * 43),
        lambda d: method_of(d)["publicKeyJwk"].update(y=None),
    ],
)
def test_a_did_document_that_allows_no_key_is_refused_by_name(spoil: Callable[[Document], object]) -> None:
    document = did_document()
    spoil(document)
    with pytest.raises(ConfigError, match=r"^did\.json: "):
        from_did_document(json.dumps(document), "did.json")


def test_a_key_that_is_not_for_signing_is_left_out_and_named() -> None:
    document = did_document()
    other = json.loads(json.dumps(method_of(document)))
    other["id"] = f"{NZ_ISSUER}#key-2"
    document["verificationMethod"].append(other)
    found = from_did_document(json.dumps(document), "did.json")
    assert found.keys == (NZ_TRUST,)
    assert found.left_out == ("did.json: verificationMethod 2: key-2 is not listed in assertionMethod",)


def pem(key: Any) -> str:
    text: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return text.decode()


JWK = {"kty": "OKP", "crv": "Ed25519", "x": base64url(OUR_KEY.public)}


@pytest.mark.parametrize(
    "text",
    [
        pem(KEY),
        json.dumps(JWK),
        json.dumps({"keys": [JWK]}),
        json.dumps({"issuer": ISSUER, "keys": [{**JWK, "kid": "any"}]}),
    ],
)
def test_our_keys_come_as_pem_jwk_or_set_and_get_their_own_id(text: str) -> None:
    assert from_gatepost_keys(text, "key", ISSUER) == Imported((OUR_KEY,))


def test_a_set_that_names_its_issuer_keeps_that_name() -> None:
    found = from_gatepost_keys(json.dumps({"issuer": "镇政府", "keys": [JWK]}), "key", "file name")
    assert [key.issuer for key in found.keys] == ["镇政府"]


def test_a_foreign_key_in_a_set_is_left_out_and_named() -> None:
    found = from_gatepost_keys(json.dumps({"keys": [{"kty": "RSA"}, JWK]}), "set", ISSUER)
    assert found.keys == (OUR_KEY,)
    assert found.left_out == ("set: key 1: no Ed25519 key (kty OKP, crv Ed25519)",)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "neither JSON nor PEM"),
        ("[]", "JSON object"),
        ("[" * 100_000, "neither JSON nor PEM"),
        ("{}", "no Ed25519 key"),
        ('{"keys": []}', "no key in it"),
        ('{"keys": {}}', "list"),
        ('{"issuer": 1, "keys": []}', "issuer"),
        (json.dumps({**JWK, "x": "AAAA"}), "key 1"),
        (json.dumps({**JWK, "d": "AAAA"}), "private"),
        (json.dumps({"keys": [JWK, {**JWK, "d": "AAAA"}]}), "private"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "no public key"),
        (pem(ec.derive_private_key(9, ec.SECP256R1())), "Ed25519"),
        (pem(rsa.generate_private_key(65537, 2048)), "Ed25519"),
        (KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(), "private"),
    ],
)
def test_what_is_no_public_key_of_ours_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        from_gatepost_keys(text, "key", ISSUER)


FULL = TrustList(Carrier.GATEPOST_PASS, (OUR_KEY,), NOW_US, frozenset({"0102030405060708", "ff" * 8}))


@pytest.mark.parametrize(
    "entry",
    [
        FULL,
        TrustList(Carrier.NZCP, (NZ_TRUST,), NOW_US),
        TrustList(Carrier.NZCP, (TEST_TRUST,)),
        TrustList(Carrier.GATEPOST_VENUE),
    ],
)
def test_a_list_is_read_as_it_was_written(entry: TrustList) -> None:
    assert parse_list(dump_list(entry), "list.json") == entry


@given(st.text(max_size=80) | st.recursive(st.none() | st.text(max_size=9), st.lists).map(json.dumps))
def test_any_text_is_a_list_or_a_config_error(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^list\.json: "):
        parse_list(text, "list.json")


@given(
    st.dictionaries(
        st.sampled_from(["carrier", "as_of", "keys", "revoked", "more"]),
        st.recursive(
            st.none()
            | st.sampled_from(["nzcp", "gatepost_pass", "2022-01-01", "key-1", "ES256"])
            | st.integers(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["issuer", "key_id", "algorithm", "public", "test"]), inner, max_size=5
                )
            ),
            max_leaves=12,
        ),
    )
)
def test_any_object_is_a_list_without_keys_or_a_config_error(found: Document) -> None:
    try:
        entry = parse_list(json.dumps(found), "list.json")
    except ConfigError as error:
        faults = error.faults
    else:
        faults = ()
        assert entry.keys == ()
    assert all(fault.startswith("list.json: ") for fault in faults)


def test_every_fault_of_a_list_is_named_at_once() -> None:
    bad = {
        "carrier": "hc2",
        "as_of": "yesterday",
        "color": 1,
        "keys": [1, {"issuer": "x"}, {"issuer": "x", "key_id": "y", "size": 1}],
        "revoked": ["x"],
    }
    with pytest.raises(ConfigError) as caught:
        parse_list(json.dumps(bad), "list.json")
    assert [fault.split(":")[1].strip() for fault in caught.value.faults] == [
        "unknown field 'color'",
        "carrier",
        "as_of",
        "keys",
        "keys",
        "keys",
        "revoked",
    ]


def key_fields(entry: TrustList) -> Document:
    found: Document = json.loads(dump_list(entry))["keys"][0]
    return found


@pytest.mark.parametrize(
    ("carrier", "entry"),
    [
        ("gatepost_pass", {**key_fields(FULL), "key_id": "0" * 16}),
        ("gatepost_pass", {**key_fields(FULL), "public": "AAAA"}),
        ("gatepost_pass", {**key_fields(FULL), "public": "=" * 43}),
        ("gatepost_pass", {**key_fields(FULL), "algorithm": "ES256"}),
        ("gatepost_pass", {**key_fields(FULL), "test": "no"}),
        ("nzcp", {**key_fields(TrustList(Carrier.NZCP, (NZ_TRUST,))), "public": base64url(NZ_POINT[:-1])}),
        (
            "nzcp",
            {**key_fields(TrustList(Carrier.NZCP, (NZ_TRUST,))), "public": base64url(b"\x04" + bytes(64))},
        ),
        ("nzcp", key_fields(FULL)),
    ],
)
def test_a_key_that_is_not_what_it_says_is_a_fault(carrier: str, entry: Document) -> None:
    with pytest.raises(ConfigError, match=r"keys: entry 1"):
        parse_list(json.dumps({"carrier": carrier, "keys": [entry]}), "list.json")


def test_the_test_issuer_is_one_even_where_a_file_denies_it() -> None:
    denied = json.loads(dump_list(TrustList(Carrier.NZCP, (TEST_TRUST,))))
    denied["keys"][0]["test"] = False
    assert parse_list(json.dumps(denied), "list.json").test


def test_live_and_test_issuers_are_never_trusted_together() -> None:
    with pytest.raises(ConfigError, match="never be trusted together"):
        TrustList(Carrier.NZCP, (NZ_TRUST, TEST_TRUST))
    both = json.loads(dump_list(TrustList(Carrier.NZCP, (NZ_TRUST,))))
    both["keys"].append(key_fields(TrustList(Carrier.NZCP, (TEST_TRUST,))))
    with pytest.raises(ConfigError, match=r"^list\.json: .*never be trusted together"):
        parse_list(json.dumps(both), "list.json")


def test_a_list_holds_its_carriers_algorithm_only() -> None:
    with pytest.raises(ConfigError, match="Ed25519"):
        TrustList(Carrier.GATEPOST_PASS, (NZ_TRUST,))
    with pytest.raises(ConfigError, match="cannot be checked"):
        TrustList(Carrier.CHINA_HEALTH)


def test_a_test_key_of_ours_counts_only_where_the_store_says_so() -> None:
    practice = TrustList(Carrier.GATEPOST_PASS, (replace(OUR_KEY, test=True),))
    assert read(PASS_PAYLOAD, TrustStore((practice,)), NOW_US).reason == "test_issuer"
    allowed = TrustStore((practice,), test_issuers=True)
    assert read(PASS_PAYLOAD, allowed, NOW_US).verdict is CodeVerdict.VALID


def test_a_folder_is_loaded_as_it_was_written(tmp_path: Path) -> None:
    for entry in STORE.lists:
        path = write_list(tmp_path / "trust", entry)
        assert path.name == f"{entry.carrier}.json"
        assert path.stat().st_mode & 0o777 == 0o644
        assert load_list(tmp_path / "trust", entry.carrier) == entry
    loaded = load(tmp_path / "trust")
    assert set(loaded.lists) == set(STORE.lists)
    assert not loaded.test_issuers
    assert read(PASS_PAYLOAD, loaded, NOW_US).verdict is CodeVerdict.VALID


def test_a_list_replaces_its_file_and_leaves_beside_it_only_the_one_before(tmp_path: Path) -> None:
    (tmp_path / ".gatepost_pass.json.x1y2z3").write_text("the power went", encoding="utf-8")
    write_list(tmp_path, FULL)
    assert [path.name for path in tmp_path.iterdir()] == ["gatepost_pass.json"]
    write_list(tmp_path, replace(FULL, revoked=frozenset()))
    assert load_list(tmp_path, Carrier.GATEPOST_PASS).revoked == frozenset()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "gatepost_pass.json",
        "gatepost_pass.json.before",
    ]
    assert load(tmp_path).of(Carrier.GATEPOST_PASS) == replace(FULL, revoked=frozenset())


def test_the_list_before_changes_places_with_the_one_in_force(tmp_path: Path) -> None:
    name, newer = "gatepost_pass.json", replace(FULL, revoked=frozenset())
    with pytest.raises(ConfigError, match="no list before"):
        take_back(tmp_path, name)
    write_list(tmp_path, FULL)
    with pytest.raises(ConfigError, match="no list before"):
        take_back(tmp_path, name)
    write_list(tmp_path, newer)
    write_list(tmp_path, replace(newer, as_of_us=NOW_US + 1))  # the same import a day later
    take_back(tmp_path, name)
    assert load_list(tmp_path, Carrier.GATEPOST_PASS) == FULL
    take_back(tmp_path, name)
    assert load_list(tmp_path, Carrier.GATEPOST_PASS) == replace(newer, as_of_us=NOW_US + 1)
    (tmp_path / f"{name}.before").write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match="not JSON"):
        take_back(tmp_path, name)
    (tmp_path / name).unlink()
    write_list(tmp_path, FULL)
    assert load_list(tmp_path, Carrier.GATEPOST_PASS) == FULL


def test_a_damaged_file_is_nothing_to_go_back_to(tmp_path: Path) -> None:
    older = replace(FULL, revoked=frozenset())
    for entry in (older, FULL):
        write_list(tmp_path, entry)
    for junk in ("{", "[]", "7"):
        (tmp_path / "gatepost_pass.json").write_text(junk, encoding="utf-8")
        write_list(tmp_path, FULL)
    take_back(tmp_path, "gatepost_pass.json")
    assert load_list(tmp_path, Carrier.GATEPOST_PASS) == older


def test_a_folder_that_is_not_there_is_a_fault_and_not_an_empty_store(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        load(tmp_path / "trust")
    assert load(tmp_path).lists == ()


def test_a_test_issuers_list_is_loaded_only_on_demand(tmp_path: Path) -> None:
    write_list(tmp_path, TrustList(Carrier.NZCP, (TEST_TRUST,)))
    with pytest.raises(ConfigError, match="accept_test_issuers"):
        load(tmp_path)
    assert load(tmp_path, accept_test_issuers=True).test_issuers


def test_every_faulty_file_of_a_folder_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "nzcp.json").write_text("{", encoding="utf-8")
    (tmp_path / "gatepost_pass.json").write_text(
        dump_list(TrustList(Carrier.GATEPOST_VENUE)), encoding="utf-8"
    )
    (tmp_path / "gatepost_venue.json").write_bytes(b"\xff\xfe")
    (tmp_path / "gatepost_pas.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert len(caught.value.faults) == 4
    for fault, name in zip(
        caught.value.faults, ["gatepost_pas", "gatepost_pass", "gatepost_venue", "nzcp"], strict=True
    ):
        assert fault.startswith(str(tmp_path / f"{name}.json"))


def test_a_file_larger_than_any_list_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "nzcp.json").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(ConfigError, match="larger than any trust list"):
        load(tmp_path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "nzcp.json").mkdir()
    with pytest.raises(ConfigError, match=r"nzcp\.json: cannot be read"):
        load(tmp_path)


def test_a_link_to_nowhere_is_named_and_is_no_list_that_is_not_there_yet(tmp_path: Path) -> None:
    (tmp_path / "nzcp.json").symlink_to(tmp_path / "gone")
    for look in (load, lambda folder: load_list(folder, Carrier.NZCP)):
        with pytest.raises(ConfigError, match=r"nzcp\.json: a link to a file that is not there / 链接"):
            look(tmp_path)
    before = fingerprint(tmp_path)
    (tmp_path / "gone").write_text(dump_list(TrustList(Carrier.NZCP, (NZ_TRUST,))), encoding="utf-8")
    assert fingerprint(tmp_path) != before
    assert load(tmp_path).lists != ()


def test_a_folder_that_cannot_be_looked_into_is_a_fault_and_not_an_empty_store(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: File name too long"):
        load(tmp_path / ("x" * 300))
    assert fingerprint(tmp_path / ("x" * 300)) != fingerprint(tmp_path)


def test_every_broken_context_is_named_beside_every_broken_list(tmp_path: Path) -> None:
    (tmp_path / "contexts").mkdir()
    (tmp_path / "nzcp.json").write_text("{", encoding="utf-8")
    for name in ("a", "b"):
        (tmp_path / "contexts" / f"{name}.json").write_text("[]", encoding="utf-8")
    (tmp_path / "contexts" / "c.json").write_bytes(b"\xff")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert len(caught.value.faults) == 4
    assert "UTF-8" in caught.value.faults[-1]


def test_a_list_that_cannot_take_its_place_leaves_no_scrap_behind(tmp_path: Path) -> None:
    (tmp_path / "gatepost_pass.json").mkdir()
    with pytest.raises(ConfigError, match="cannot be written"):
        write_list(tmp_path, FULL)
    assert [path.name for path in tmp_path.iterdir()] == ["gatepost_pass.json"]


def test_a_folder_that_cannot_be_written_is_a_config_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be written"):
        write_list(tmp_path / "file", FULL)


def test_a_key_is_named_by_its_algorithm() -> None:
    assert isinstance(OUR_KEY, TrustKey)
    assert OUR_KEY.algorithm is Algorithm.ED25519
    assert NZ_TRUST.algorithm is Algorithm.ES256
