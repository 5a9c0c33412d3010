"""Every published vector of the EU certificate, judged by the truth it carries."""

import base64
import json
import zlib
from typing import Any

from edge.codes import TrustStore, base45, cbor, hc1, times
from edge.codes.certificates import hc1_key
from edge.domain.model import CodeVerdict
from tests.codes.hc1_samples import hc1_store, read_hc1
from tests.codes.samples import counted_calls
from tests.paths import shared

# The stages a vector has an opinion about, in the order a verifier comes to them.
STAGES = (
    "UNPREFIX",
    "B45DECODE",
    "COMPRESSION",
    "DECODE",
    "VERIFY",
    "SCHEMAVALIDATION",
    "KEYUSAGE",
    "EXPIRATIONCHECK",
)
FAILED_AT = {
    "version": {"UNPREFIX"},
    "encoding": {"B45DECODE", "COMPRESSION"},
    "structure": {"DECODE", "VERIFY"},
    "unknown_key": {"VERIFY"},
    "signature": {"VERIFY"},
    "claims": {"DECODE", "SCHEMAVALIDATION"},
    "key_purpose": {"KEYUSAGE"},
    "expired": {"EXPIRATIONCHECK"},
    "not_yet_valid": {"EXPIRATIONCHECK"},
}


def vectors() -> dict[str, dict[str, Any]]:
    paths = sorted(shared("codes", "hc1").glob("*/*.json"))
    return {f"{path.parent.name}/{path.stem}": json.loads(path.read_text(encoding="utf-8")) for path in paths}


def store_of(vector: dict[str, Any]) -> TrustStore:
    return hc1_store(hc1_key(base64.b64decode(vector["TESTCTX"]["CERTIFICATE"])))


def judged(vector: dict[str, Any]) -> tuple[CodeVerdict, str | None]:
    at_us = times.parse(vector["TESTCTX"]["VALIDATIONCLOCK"])
    code = read_hc1(vector["PREFIX"].encode(), store_of(vector), at_us)
    return code.verdict, code.reason


def failed_at(vector: dict[str, Any]) -> set[str]:
    """Return the stages a vector may have failed at here; empty where it is valid."""
    payload = vector["PREFIX"].encode()
    if not hc1.recognises(payload):
        return {"UNPREFIX"}
    verdict, reason = judged(vector)
    return set() if verdict is CodeVerdict.VALID else FAILED_AT[str(reason)]


def test_every_published_vector_passes_and_fails_where_its_truth_says() -> None:
    score = dict.fromkeys(STAGES, 0)
    wrong = []
    verdicts = [0, 0]
    for name, vector in vectors().items():
        flags = {flag.removeprefix("EXPECTED"): good for flag, good in vector["EXPECTEDRESULTS"].items()}
        failed = failed_at(vector)
        verdicts[bool(failed)] += 1
        if bool(failed) is not any(flags.get(stage) is False for stage in STAGES):
            wrong.append((name, "verdict", failed))
        for stage in STAGES:
            if stage in flags:
                score[stage] += 1
                if flags[stage] is (stage in failed):
                    wrong.append((name, stage, failed))
    assert wrong == []
    assert verdicts == [41, 21]
    assert score == {
        "UNPREFIX": 32,
        "B45DECODE": 25,
        "COMPRESSION": 26,
        "DECODE": 29,
        "VERIFY": 36,
        "SCHEMAVALIDATION": 31,
        "KEYUSAGE": 16,
        "EXPIRATIONCHECK": 19,
    }


def test_each_fault_of_the_public_list_is_refused_for_its_own_reason() -> None:
    expected = {
        "H2": "version",
        "B1": "encoding",
        "Z1": "encoding",
        "Z2": "encoding",
        "CO5": "signature",
        "CO16": "not_yet_valid",
        "CO17": "expired",
        "CO22": "unknown_key",
        "CO23": "unknown_key",
        "CBO1": "claims",
        "CBO2": "structure",
        "DGC1": "claims",
        "DGC2": "claims",
    } | {f"CO{number}": "key_purpose" for number in range(6, 12)}
    found = {}
    for name in expected:
        found[name] = judged(vectors()[f"common/{name}"])[1]
    assert found == expected
    assert not hc1.recognises(vectors()["common/H1"]["PREFIX"].encode())
    assert not hc1.recognises(vectors()["common/H3"]["PREFIX"].encode())


def test_the_content_of_every_good_vector_is_what_it_prints() -> None:
    compared = 0
    for vector in vectors().values():
        if not failed_at(vector) and "JSON" in vector:
            found, _ = hc1.hcert(vector["PREFIX"].encode(), store_of(vector))
            assert {name: value for name, value in found.items() if value is not None} == {
                name: value for name, value in vector["JSON"].items() if value is not None
            }
            compared += 1
    assert compared == 32  # the others do not print theirs


def test_a_published_certificate_is_reduced_to_facts_and_a_person() -> None:
    read = {}
    for name in ("AT/1", "AT/2", "AT/3", "AT/4", "BG/1", "SE/2"):
        vector = vectors()[name]
        read[name] = hc1.claims(vector["PREFIX"].encode(), store_of(vector))
    assert read["AT/1"].subject == {
        "vaccination_doses": "1",
        "vaccination_needed": "2",
        "vaccination_date": "2021-02-18",
        "vaccination_product": "EU/1/20/1528",
        "country": "AT",
    }
    assert read["AT/2"].subject == {
        "recovery_date": "2021-02-20",
        "recovery_from": "2021-04-04",
        "recovery_until": "2021-10-04",
        "country": "AT",
    }
    assert read["AT/4"].subject == {
        "test_result": "negative",
        "test_kind": "antigen",
        "test_taken": "2021-02-20T12:34:56Z",
        "country": "AT",
    }
    assert read["BG/1"].subject["vaccination_date"] == "2021-03-09"
    assert read["BG/1"].personal["birth_date"] == "1978-01-26"
    assert read["SE/2"].subject["test_taken"] == "2021-06-15T09:24:02Z"
    assert read["AT/1"].personal == {
        "name": "Gabriele Musterfrau-Gößinger",
        "birth_date": "1998-02-26",
        "certificate_id": "URN:UVCI:01:AT:10807843F94AEE0EE5093FBC254BD813#B",
    }
    assert len({read[f"AT/{number}"].holder for number in range(1, 5)}) == 1


def test_the_largest_published_vector_stays_far_below_every_limit() -> None:
    inflated, items = [], []
    for vector in vectors().values():
        with counted_calls(cbor._Reader.item) as count:
            if failed_at(vector) in ({"B45DECODE", "COMPRESSION"}, {"UNPREFIX"}):
                continue
        inflated.append(len(zlib.decompress(base45.decode(vector["PREFIX"][4:].encode()))))
        items += count
    assert max(inflated) * 50 < hc1.MAX_INFLATED
    assert max(items) * 4 < cbor.MAX_ITEMS
