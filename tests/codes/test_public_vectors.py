"""Every public vector beside the project, as a manager and an attendant meet it: keys go in through
`gatepost trust import`, pictures through `gatepost scan`, payloads through `gatepost code check --jsonl`.

The tables of what each is refused for are next to the formats (test_hc1_vectors, test_shc_vectors); the
suites of CertLogic are run by test_certlogic.
"""

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from bench.codes import OURS, score, vectors
from edge.codes import TrustStore, read, times
from edge.trust_files import load
from tests.codes import test_shc_vectors as cards
from tests.codes.test_commands import gatepost
from tests.codes.test_hc1_vectors import STAGES
from tests.codes.test_hc1_vectors import vectors as hc1_vectors
from tests.paths import shared

AT = "2022-01-01T00:00:00Z"
NZCP = {
    "valid/nzcp": ("valid", None),
    "invalid/nzcp-bad-public-key": ("invalid", "signature"),
    "invalid/nzcp-modified-sig": ("invalid", "signature"),
    "invalid/nzcp-modified-payload": ("invalid", "signature"),
    "invalid/nzcp-not-associated-public-key": ("unknown_issuer", "unknown_key"),
    "invalid/nzcp-expired-payload": ("expired", "expired"),
    "invalid/nzcp-notactive-payload": ("not_yet_valid", "not_yet_valid"),
    # A picture only: its issuer is a third party's, which nobody imported.
    "invalid/nzcp-revoked-public-key": ("unknown_issuer", "issuer_not_trusted"),
}
Answer = dict[str, Any]


def imported(folder: Path, carrier: str, *words: object) -> None:
    done = gatepost("trust", "import", "--carrier", carrier, "--out", folder, *words)
    assert done.exit_code == 0, done.output


def checked(folder: Path, payloads: Iterable[bytes], at: str = AT) -> list[Answer]:
    objects = [{"payload_base64": base64.b64encode(each).decode(), "at": at} for each in payloads]
    lines = "\n".join(map(json.dumps, objects)).encode()
    done = gatepost("code", "check", "--jsonl", "--trust", folder, stdin=lines)
    assert done.exit_code == 0, done.output
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(objects)
    return answers


def scanned(*pictures: Path) -> list[bytes]:
    """Return what is read in the pictures, in their order."""
    done = gatepost("scan", *pictures)
    assert done.exit_code == 0, done.output
    found = [json.loads(line)["payload_base64"] for line in done.stdout.splitlines()]
    return [base64.b64decode(payload) for payload in found if payload is not None]


def said(answer: Answer) -> tuple[str, str | None]:
    return answer["verdict"], answer["reason"]


# --- hc1 ------------------------------------------------------------------------------------


def test_every_eu_certificate_is_judged_as_its_truth_says(tmp_path: Path) -> None:
    wrong, verdicts = [], [0, 0]
    for name, vector in hc1_vectors().items():
        folder = tmp_path / name.replace("/", "-")
        folder.mkdir()
        certificate = folder / "signer.der"
        certificate.write_bytes(base64.b64decode(vector["TESTCTX"]["CERTIFICATE"]))
        imported(folder / "trust", "hc1", certificate)
        (answer,) = checked(
            folder / "trust", [vector["PREFIX"].encode()], vector["TESTCTX"]["VALIDATIONCLOCK"]
        )
        truth = {flag.removeprefix("EXPECTED"): good for flag, good in vector["EXPECTEDRESULTS"].items()}
        expected = all(truth.get(stage, True) for stage in STAGES)
        verdicts[not expected] += 1
        if (answer["verdict"] == "valid") is not expected:
            wrong.append((name, said(answer), truth))
        if expected:
            assert answer["carrier"] == "hc1"
            assert answer["subject"]["name"]
    assert wrong == []
    assert verdicts == [41, 21]


def test_every_picture_of_an_eu_certificate_holds_its_text_and_no_other(tmp_path: Path) -> None:
    pictures = {name: vector for name, vector in hc1_vectors().items() if "2DCODE" in vector}
    assert len(pictures) == 26
    for name, vector in pictures.items():
        data = base64.b64decode(vector["2DCODE"])
        path = tmp_path / f"{name.replace('/', '-')}.png"
        path.write_bytes(data)
        if vector["EXPECTEDRESULTS"].get("EXPECTEDPICTUREDECODE", True):
            assert scanned(path) == [vector["PREFIX"].encode()], name
        else:
            assert gatepost("scan", path).exit_code == 1, name


def test_no_peer_is_right_about_more_eu_certificates() -> None:
    shared("codes", "hc1")
    found = vectors()
    scores = score(found)
    for peer in ("cwt", "pycose"):
        for what, count in scores[peer].items():
            assert scores[OURS][what] >= count, (peer, what)
    assert scores[OURS]["valid_accepted"] == sum(vector.valid for vector in found) == 40
    assert scores[OURS]["invalid_refused"] == sum(not vector.valid for vector in found) == 21


# --- shc ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def card_trust(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cards")
    imported(folder, "shc", "--issuer", cards.EXAMPLE_ISSUER, shared("codes", "shc", "issuer", "jwks.json"))
    for name in cards.BAD_CRLS:
        jwks = cards.vector("badcrl", name, ".well-known", "jwks.json")
        imported(folder, "shc", "--issuer", f"{cards.DEV_TOOLS}/{name}", jwks)
    imported(folder, "shc", *sorted(shared("codes", "shc", "issuer", "crl").glob("*.json")))
    return folder


def test_every_health_card_is_refused_for_its_own_reason_or_valid(card_trust: Path) -> None:
    texts: dict[str, tuple[str, str | None]] = {}
    texts |= {f"test-example-00-d-jws-{name}.txt": expected for name, expected in cards.JWS.items()}
    texts |= {f"{name}.txt": expected for name, expected in cards.NUMERIC.items()}
    payloads = [cards.vector(name).read_bytes().rstrip(b"\n") for name in texts]
    answers = dict(zip(texts, checked(card_trust, payloads), strict=True))
    assert {name: said(answer) for name, answer in answers.items()} == texts


def test_every_picture_of_a_health_card_gets_its_verdict(card_trust: Path) -> None:
    for name, expected in cards.PICTURES.items():
        answers = checked(card_trust, scanned(cards.vector(name)))
        assert [said(answer) for answer in answers] == ([] if expected is None else [expected]), name


def test_the_pieces_of_a_health_card_are_put_together_line_by_line(card_trust: Path) -> None:
    names = [f"test-example-00-f-qr-code-numeric-value-{n}-qr_chunk_too_small.txt" for n in range(17)]
    answers = checked(card_trust, [cards.vector(name).read_bytes().rstrip(b"\n") for name in names])
    assert [said(answer) for answer in answers[:-1]] == [("unverified", "chunks_missing")] * 16
    assert said(answers[-1]) == ("valid", None)
    assert answers[-1]["subject"]["name"] == "John B. Anyperson"
    assert answers[-1]["subject"]["vaccination_doses"] == "2"


# --- nzcp -----------------------------------------------------------------------------------


def example(name: str, suffix: str) -> Path:
    return shared("codes", "nzcp", "examples", name).with_suffix(suffix)


@pytest.fixture(scope="module")
def pass_trust(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("passes")
    imported(folder, "nzcp", shared("codes", "nzcp", "examples", "valid", "did.json"))
    return folder


def test_every_picture_of_a_new_zealand_pass_gets_its_verdict(pass_trust: Path) -> None:
    payloads = scanned(*(example(name, ".png") for name in NZCP))
    answers = checked(pass_trust, payloads)
    assert dict(zip(NZCP, map(said, answers), strict=True)) == NZCP
    assert {answer["carrier"] for answer in answers} == {"nzcp"}


def test_every_text_of_a_new_zealand_pass_is_its_picture_and_gets_the_same_verdict(pass_trust: Path) -> None:
    names = [name for name in NZCP if example(name, ".txt").exists()]
    assert len(names) == 7
    payloads = [example(name, ".txt").read_bytes().strip() for name in names]
    assert scanned(*(example(name, ".png") for name in names)) == payloads
    answers = checked(pass_trust, payloads)
    assert dict(zip(names, map(said, answers), strict=True)) == {name: NZCP[name] for name in names}


def test_the_published_pass_says_what_the_specification_prints(pass_trust: Path) -> None:
    (answer,) = checked(pass_trust, [example("valid/nzcp", ".txt").read_bytes().strip()])
    assert answer == {
        "carrier": "nzcp",
        "verdict": "valid",
        "reason": None,
        "issuer": "did:web:nzcp.covid19.health.nz",
        "key_id": "key-1",
        "valid_from": "2021-11-02T20:05:30Z",
        "valid_until": "2031-11-02T20:05:30Z",
        "subject": {
            "type": "PublicCovidPass",
            "name": "Jack Sparrow",
            "birth_date": "1960-04-16",
            "pass_id": "60a4f54d4e304332be33ad78b1eafa4b",
        },
    }


def test_the_test_issuer_counts_only_where_the_store_says_so(pass_trust: Path) -> None:
    payload = example("valid/nzcp", ".txt").read_bytes().strip()
    lists = load(pass_trust, accept_test_issuers=True).lists
    code = read(payload, TrustStore(lists, test_issuers=False), times.parse(AT))
    assert (code.verdict, code.reason) == ("unknown_issuer", "test_issuer")
    assert code.personal == {}


def test_passes_that_are_out_of_their_time_are_of_the_person_of_the_valid_one(pass_trust: Path) -> None:
    store = load(pass_trust, accept_test_issuers=True)
    names = ("valid/nzcp", "invalid/nzcp-expired-payload", "invalid/nzcp-notactive-payload")
    codes = [read(example(name, ".txt").read_bytes().strip(), store, times.parse(AT)) for name in names]
    assert len({code.holder for code in codes}) == 1
    assert len({code.personal["pass_id"] for code in codes}) == 3


def test_without_a_trust_list_no_published_code_is_valid(tmp_path: Path) -> None:
    payloads = [example(name, ".txt").read_bytes().strip() for name in NZCP if "revoked" not in name]
    payloads += [vector["PREFIX"].encode() for vector in hc1_vectors().values()]
    payloads += [cards.vector(f"{name}.txt").read_bytes() for name in cards.NUMERIC]
    for answer in checked(tmp_path, payloads):
        assert answer["verdict"] in ("invalid", "unknown_issuer", "unsupported", "unverified")
        assert answer["subject"] == {}


# --- venues ---------------------------------------------------------------------------------


def test_every_venue_code_gets_its_verdict(tmp_path: Path) -> None:
    published = json.loads(shared("codes", "venue", "vectors.json").read_text(encoding="utf-8"))
    for key in published["uk_venue"]["keys"]:
        pem = tmp_path / "key.pem"
        pem.write_text(key["pem"], encoding="ascii")
        imported(tmp_path / "trust", "uk_venue", "--issuer", "NHS", "--kid", key["kid"], pem)
    cases = published["uk_venue"]["cases"]
    answers = checked(tmp_path / "trust", [case["payload"].encode() for case in cases])
    assert [answer["verdict"] for answer in answers] == [case["verdict"] for case in cases]
    assert len(cases) == 5
    assert answers[0]["subject"]["place"] == "Government Office Of Human Resources"
    for case in published["cwa_venue"]["cases"]:
        (answer,) = checked(tmp_path / "trust", [case["payload"].encode()])
        assert (answer["carrier"], *said(answer)) == ("cwa_venue", "unverified", "unsigned")
        assert answer["subject"]["place"] == case["fields"]["description"]
        assert answer["subject"]["address"] == case["fields"]["address"]
