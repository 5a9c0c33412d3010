"""The short form of `./gate bench fuzz`: the same targets, engines and caps, fewer inputs."""

import json
import time
import zlib
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from bench.fuzz import guided, has_atheris, rows, target_named, targets
from bench.fuzz_meter import (
    CANONICAL,
    CAPS,
    CBOR_ITEMS,
    INFLATED,
    JSON_VALUES,
    NUMBERS,
    PATHS,
    SIGNATURES,
    STEPS,
    Meter,
)
from bench.fuzz_run import Run, Target, at_random
from bench.fuzz_whole import any_payload
from edge.codes import (
    TrustList,
    TrustStore,
    cbor,
    certlogic,
    certlogic_check,
    hc1,
    jws,
    protobuf,
    rdf_canon,
    read,
)
from edge.codes.signature import MAX_KEYS_TRIED
from edge.codes.trust import base64url
from edge.codes.trust_import_file import from_file
from edge.codes.trust_text import parse_list
from edge.domain.errors import ConfigError
from edge.domain.model import Carrier, CodeVerdict
from tests.codes.every_carrier import EVERY_STORE
from tests.codes.hc1_samples import hc1_code, hc1_text, hc1_trust, rsa_key
from tests.codes.samples import NOW_US
from tests.codes.shc_samples import card_jws
from tests.codes.test_cwa_venue import OWN, text
from tests.codes.vds_nc_samples import SIGNERS, certificate, csca, seal

INPUTS = 500
SEED = 7
FOREVER = float("inf")
METER = Meter()

# What each target has to come to within the short form, or its inputs do not reach what they are for.
REACHES = {
    "cbor": {CBOR_ITEMS: cbor.MAX_ITEMS},
    "cose": {CBOR_ITEMS: cbor.MAX_ITEMS},
    "jws": {JSON_VALUES: 4},
    "json": {JSON_VALUES: 30, CANONICAL: 30},
    "fhir": {JSON_VALUES: 30},
    "protobuf": {NUMBERS: 2 * protobuf.MAX_FIELDS},
    "rdf": {PATHS: 4},
    "certlogic": {STEPS: 400},
    "eu rules": {STEPS: 5},
    "read": {INFLATED: hc1.MAX_INFLATED + 1, CBOR_ITEMS: cbor.MAX_ITEMS, JSON_VALUES: 4000, SIGNATURES: 2},
    "read, nobody trusted": {INFLATED: hc1.MAX_INFLATED + 1, CBOR_ITEMS: cbor.MAX_ITEMS},
    "packed hc1": {INFLATED: hc1.MAX_INFLATED + 1, CBOR_ITEMS: 40},
    "enveloped hc1": {CBOR_ITEMS: cbor.MAX_ITEMS},
    "signed hc1": {SIGNATURES: 1, CBOR_ITEMS: 40},
    "enveloped nzcp": {CBOR_ITEMS: 20},
    "signed nzcp": {SIGNATURES: 1, CBOR_ITEMS: 20},
    "packed shc": {INFLATED: 300, JSON_VALUES: 30},
    "signed shc": {SIGNATURES: 1, JSON_VALUES: 30},
    "signed vds_nc": {SIGNATURES: 2, CANONICAL: 30},
    "signed uk_venue": {SIGNATURES: 1, JSON_VALUES: 5},
    "packed cwa_venue": {NUMBERS: 2 * protobuf.MAX_FIELDS},
    "packed nz_venue": {JSON_VALUES: 5},
    "signed gatepost_pass": {SIGNATURES: 1},
    "signed gatepost_venue": {SIGNATURES: 1},
    "divoc": {INFLATED: 1000},
    "packed divoc": {JSON_VALUES: 20, SIGNATURES: 1},
    "signed divoc": {JSON_VALUES: 20, SIGNATURES: 1},
}


@pytest.mark.parametrize("target", targets(), ids=lambda target: target.name)
def test_no_input_is_at_fault_and_none_takes_more_work_than_its_cap(target: Target) -> None:
    outcome = at_random(target, INPUTS if target.weight > 2 else INPUTS // 4, SEED, FOREVER)
    assert outcome.faults == {}
    assert outcome.faulty == 0
    for work, count in outcome.most.items():
        assert count <= CAPS[work]
    for work, least in REACHES.get(target.name, {}).items():
        assert outcome.most[work] >= least, f"{work}: the inputs are too tame"


@given(st.sampled_from(targets()), st.binary(max_size=300))
def test_any_bytes_are_no_fault_of_any_reader(target: Target, data: bytes) -> None:
    run = Run(target, METER)
    with METER.running():
        run.feed(data)
    assert run.outcome.faults == {}


def test_the_same_seed_draws_the_same_inputs() -> None:
    drawn: list[list[bytes]] = []
    for seed in (1, 1, 2):
        inputs: list[bytes] = []
        outcome = at_random(Target("any", inputs.append, (b"HC1:ABC",)), 300, seed, FOREVER)
        assert outcome.inputs == len(inputs) == 300
        drawn.append(inputs)
    assert drawn[0] == drawn[1]
    assert drawn[1] != drawn[2]
    assert len(set(drawn[0])) > 200


def test_a_run_ends_when_its_time_is_up() -> None:
    inputs: list[bytes] = []
    outcome = at_random(Target("any", inputs.append, (b"x",)), 100_000, SEED, time.monotonic() - 1)
    assert outcome.inputs == 256


def test_an_exception_is_told_once_for_each_place_it_comes_from() -> None:
    def faulty(data: bytes) -> None:
        if data.startswith(b"a"):
            raise KeyError(data[:1])
        if not data:
            raise IndexError("nothing")

    outcome = at_random(Target("faulty", faulty, (b"abc", b"", b"xyz")), 400, SEED, FOREVER)
    assert len(outcome.faults) == 2
    assert sorted(fault.what[:8] for fault in outcome.faults.values()) == ["IndexErr", "KeyError"]
    assert outcome.faulty > 2
    assert any(fault.data == b"abc" for fault in outcome.faults.values())


@pytest.mark.parametrize(
    ("work", "ask"),
    [
        (CBOR_ITEMS, lambda: [cbor.loads(b"\x80") for _ in range(CAPS[CBOR_ITEMS] + 1)]),
        (JSON_VALUES, lambda: [jws.read_json(b"1") for _ in range(CAPS[JSON_VALUES] + 1)]),
        (NUMBERS, lambda: [protobuf.read_message(b"\x08\x01") for _ in range(CAPS[NUMBERS] // 2 + 1)]),
        (STEPS, lambda: [certlogic_check.issues([0] * 15_000) for _ in range(5)]),
        (INFLATED, lambda: [hc1._inflated(zlib.compress(bytes(10_000))) for _ in range(15)]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_work_above_its_cap_is_a_fault(work: str, ask: Callable[[], object]) -> None:
    meter = Meter()

    def greedy(_data: bytes) -> None:
        ask()

    run = Run(Target("greedy", greedy, ()), meter)
    with meter.running():
        run.feed(b"x")
    assert list(run.outcome.faults) == [work]
    assert run.outcome.most[work] > CAPS[work]


def test_a_gate_that_is_not_measured_is_as_it_was() -> None:
    owners: dict[Any, str] = {cbor._Reader: "item", jws: "json", hc1: "zlib", certlogic.Budget: "spend"}
    before = [getattr(owner, name) for owner, name in owners.items()]
    with Meter().running():
        during = [getattr(owner, name) for owner, name in owners.items()]
    assert not any(one is other for one, other in zip(before, during, strict=True))
    assert [getattr(owner, name) for owner, name in owners.items()] == before


def test_no_more_keys_than_a_handful_are_tried_for_one_code() -> None:
    keys = [hc1_trust() for _ in range(40)]
    store = TrustStore((TrustList(Carrier.HC1, tuple(keys)),))
    forged = hc1_code(spoil=lambda made: made[::-1])
    meter = Meter()
    with meter.running():
        assert read(forged, store, NOW_US).verdict is CodeVerdict.INVALID
    assert meter.now[SIGNATURES] == MAX_KEYS_TRIED


ENVELOPE = 11  # CBOR items around the claims of an hc1 code


@pytest.mark.parametrize(
    ("payload", "work", "count"),
    [
        (hc1_text(zlib.compress(bytes(50_000_000), 9)[:5000]), INFLATED, hc1.MAX_INFLATED + 1),
        (card_jws(packed=zlib.compress(bytes(5_000_000), 9, -15)), INFLATED, hc1.MAX_INFLATED + 1),
        (hc1_code(b"\x9a\x00\x00\x13\x80" + bytes(4000)), CBOR_ITEMS, ENVELOPE + cbor.MAX_ITEMS + 1),
        (hc1_code(b"\x81" * 5000), CBOR_ITEMS, ENVELOPE + cbor.MAX_DEPTH + 2),
        (hc1_code(b"\xc2\x59\x10\x00" + b"\xff" * 4096), CBOR_ITEMS, ENVELOPE + 2),
        ((OWN + text(b"\x08\x01" * 900)).encode(), NUMBERS, 2 * protobuf.MAX_FIELDS),
        (b'{"data":{"hdr":' + b"[" * 8000 + b',"sig":1', JSON_VALUES, 0),
        (b'{"data":{"hdr":{"v":' + b"9" * 7000 + b'},"msg":{}},"sig":{}}', JSON_VALUES, 0),
    ],
    ids=["zlib", "deflate", "wide CBOR", "deep CBOR", "huge number", "fields", "deep JSON", "huge in JSON"],
)
def test_a_bomb_is_refused_at_the_cap(payload: bytes, work: str, count: int) -> None:
    meter = Meter()
    with meter.running():
        any_payload(payload)
    assert meter.now[work] == count


def test_a_rule_that_multiplies_is_given_up_at_the_cap() -> None:
    rule: object = 0
    for _ in range(5):
        rule = {"reduce": [[1] * 30, rule, 0]}
    meter = Meter()
    with meter.running(), pytest.raises(certlogic.LogicError):
        certlogic.evaluate(rule, {})
    assert meter.now[STEPS] == certlogic.MAX_STEPS + 1


def test_alike_nodes_are_given_up_at_the_cap() -> None:
    alike = [rdf_canon.Term(f"_:n{number}", blank=True) for number in range(9)]
    knows = rdf_canon.iri("urn:knows")
    quads = [rdf_canon.Quad(one, knows, other) for one in alike for other in alike if one != other]
    meter = Meter()
    with meter.running(), pytest.raises(rdf_canon.TooMuchWork):
        rdf_canon.canonical(quads)
    assert meter.now[PATHS] == rdf_canon.MAX_PATHS


@pytest.mark.system
@pytest.mark.skipif(not has_atheris(), reason="atheris is for x86-64 only")
def test_atheris_looks_for_inputs_in_a_process_of_its_own() -> None:
    outcome = guided(target_named("enveloped hc1"), 800, SEED, 60.0)
    assert outcome.faults == {}
    assert outcome.guided == outcome.inputs == 800
    assert outcome.most[CBOR_ITEMS] >= cbor.MAX_ITEMS


def test_the_bench_splits_its_inputs_and_says_how_many_there_were() -> None:
    names = ("base45", "id card")
    found = {row["name"]: row for row in rows(900, 60.0, SEED, names, share_guided=0.0)}
    assert found["fuzz.inputs"]["value"] == 900
    assert (found["fuzz.base45.faulty"]["n"], found["fuzz.id_card.faulty"]["n"]) == (600, 300)
    assert found["fuzz.guided"]["value"] == 0
    assert ("skipped" in found["fuzz.guided"]["unit"]) is not has_atheris()
    assert found["fuzz.faulty"]["value"] == 0


# Found by the targets above: each was an exception once, or a forgery.

_NEWER_KEY = (
    rsa_key()
    .public_key()
    .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    .replace(bytes.fromhex("2a864886f70d010101"), bytes.fromhex("2a864886f70d01017f"))
)
_NEWER_PEM = b"-----BEGIN PUBLIC KEY-----\n" + b64encode(_NEWER_KEY) + b"\n-----END PUBLIC KEY-----\n"
_NEWER_CERTIFICATE = csca().replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020106"), 1)


@pytest.mark.parametrize(
    ("carrier", "algorithm", "public"),
    [(Carrier.HC1, "PS256", _NEWER_KEY), (Carrier.VDS_NC, "X.509", _NEWER_CERTIFICATE)],
)
def test_a_listed_key_of_a_kind_nobody_knows_is_the_lists_fault(
    carrier: Carrier, algorithm: str, public: bytes
) -> None:
    key = {"issuer": "XA", "key_id": "k", "algorithm": algorithm, "public": base64url(public)}
    with pytest.raises(ConfigError, match="entry 1"):
        parse_list(json.dumps({"carrier": str(carrier), "keys": [key]}), "list.json")


@pytest.mark.parametrize("carrier", [Carrier.UK_VENUE, Carrier.DIVOC, Carrier.GATEPOST_PASS])
def test_a_published_key_of_a_kind_nobody_knows_is_the_files_fault(carrier: Carrier) -> None:
    with pytest.raises(ConfigError, match=r"key\.pem"):
        from_file(_NEWER_PEM, "key.pem", carrier, issuer="XA", kid="k")


def test_a_seal_whose_certificate_is_of_a_later_version_is_refused() -> None:
    code = read(seal(cer=_NEWER_CERTIFICATE), EVERY_STORE, NOW_US)
    assert (code.carrier, code.verdict, code.reason) == (Carrier.VDS_NC, CodeVerdict.INVALID, "structure")


def test_a_seal_whose_certificate_has_bits_to_spare_is_refused() -> None:
    """A certificate's own signature is whole bytes; a count of unused bits would write it a second way."""
    while True:  # every fourth signature ends with two bits that are zero
        der = certificate(SIGNERS["ES256"].public_key())
        if der[-1] & 3 == 0:
            break
    bits = der.index(b"\x00\x30", len(der) - 110)  # no unused bits, then r and s
    changed = der[:bits] + b"\x02" + der[bits + 1 :]
    assert read(seal(cer=der), EVERY_STORE, NOW_US).verdict is CodeVerdict.VALID
    assert read(seal(cer=changed), EVERY_STORE, NOW_US).verdict is CodeVerdict.INVALID
