"""Codes checked right, and what a check costs, with cwt and pycose on the same vectors in the same run.

The public vectors of the EU certificate (beside the project; without them a row says so), each with the
one key of its own certificate. Ours is `edge.codes.read`, from the text of the code to the verdict: base45,
inflating, envelope, key and its purposes, signature, content, times. The peers begin at the envelope and
end at the signature (cwt looks at times too: it is given a leeway of 200 years, because it takes the
machine's clock and not the vector's). So that all three go from the same bytes to the same question, the
peers get the prefix check, base45 of ours and zlib in front, inside of what is measured, and their keys
ready-made; ours builds its key for each check. Neither peer judges content, purposes or time: of the
invalid vectors, refused is counted for all of them and for those alone whose truth is a bad signature.

Times are milliseconds a check, wall and processor, contenders taking turns at going first. Then every
other format, from samples made here: nothing reads those besides us.
"""

import base64
import json
import statistics
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from bench.figures import figure, p95
from edge.codes import TrustList, TrustStore, base45, read, times
from edge.codes.certificates import hc1_key
from edge.codes.trust import Algorithm, TrustKey
from edge.domain.model import Carrier, CodeVerdict
from tests.codes.every_carrier import DIVOC, EVERY_STORE, SAMPLES
from tests.codes.samples import NOW_US

VECTORS = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "codes" / "hc1"
ALLOWED_MS = 3.0
ROUNDS = 25
OURS = "gatepost"
# The stages a vector may fail at; how its picture is drawn is not asked here.
# One sample of each other format; DIVOC where its extra is installed.
FORMATS = (
    "hc1 rsa",
    "shc",
    "nzcp",
    "vds_nc",
    "uk_venue",
    "cwa_venue",
    "nz_venue",
    "gatepost_pass",
    "gatepost_venue",
    "china",
)
_NOT_ASKED = "EXPECTEDPICTUREDECODE"
_SIGNATURE = "EXPECTEDVERIFY"
_LEEWAY_S = 200 * 366 * 86_400

Check = Callable[[], bool]


class Vector(NamedTuple):
    """A published code with its truth: `valid`, and `bad_signature` where that is why it is not."""

    name: str
    payload: bytes
    key: TrustKey
    at_us: int
    valid: bool
    bad_signature: bool


class Took(NamedTuple):
    """Milliseconds of one check."""

    wall: float
    processor: float


def rows(rounds: int = ROUNDS) -> Iterator[dict[str, Any]]:
    """Yield the figures."""
    found = vectors()
    if found:
        yield from _vector_rows(found, rounds)
    else:
        yield figure("codes.hc1.vectors", 0, "vectors (skipped: no public test data beside the project)")
    for name, check in samples().items():
        assert check(), name
        yield from _times(f"codes.{name.replace(' ', '_')}", _measured([check], 4 * rounds)[0])


def vectors() -> list[Vector]:
    """Return the published vectors whose code is given, none where they are not there."""
    found = []
    for path in sorted(VECTORS.glob("*/*.json")):
        vector = json.loads(path.read_text(encoding="utf-8"))
        truth = {name: good for name, good in vector["EXPECTEDRESULTS"].items() if name != _NOT_ASKED}
        if not truth:
            continue  # only about its picture
        key = hc1_key(base64.b64decode(vector["TESTCTX"]["CERTIFICATE"]))
        at_us = times.parse(vector["TESTCTX"]["VALIDATIONCLOCK"])
        name, payload = f"{path.parent.name}/{path.stem}", vector["PREFIX"].encode()
        bad_signature = truth.get(_SIGNATURE) is False
        found.append(Vector(name, payload, key, at_us, all(truth.values()), bad_signature))
    return found


def contenders(vector: Vector) -> dict[str, Check]:
    """Return what checks a vector, by whose it is; a check says whether the code is accepted."""
    store = TrustStore((TrustList(Carrier.HC1, (vector.key,)),))
    return {
        OURS: lambda: read(vector.payload, store, vector.at_us).verdict is CodeVerdict.VALID,
        "cwt": _cwt(vector),
        "pycose": _pycose(vector),
    }


def score(found: list[Vector]) -> dict[str, dict[str, int]]:
    """Return for each contender how many valid vectors it accepts and how many invalid ones it refuses."""
    counts = {"valid_accepted": 0, "invalid_refused": 0, "bad_signature_refused": 0}
    scores: dict[str, dict[str, int]] = {}
    for vector in found:
        for name, check in contenders(vector).items():
            mine = scores.setdefault(name, dict(counts))
            accepted = check()
            mine["valid_accepted"] += vector.valid and accepted
            mine["invalid_refused"] += not vector.valid and not accepted
            mine["bad_signature_refused"] += vector.bad_signature and not accepted
    return scores


def samples() -> dict[str, Check]:
    """Return what checks a good code of each format, by its name."""

    def checked(payload: bytes, verdict: CodeVerdict) -> Check:
        return lambda: read(payload, EVERY_STORE, NOW_US).verdict is verdict

    chosen = {name: SAMPLES[name] for name in FORMATS} | ({"divoc": DIVOC} if DIVOC else {})
    return {name: checked(sample.payload, sample.verdict) for name, sample in chosen.items()}


def _vector_rows(found: list[Vector], rounds: int) -> Iterator[dict[str, Any]]:
    scores = score(found)
    of = {
        "valid_accepted": sum(vector.valid for vector in found),
        "invalid_refused": sum(not vector.valid for vector in found),
        "bad_signature_refused": sum(vector.bad_signature for vector in found),
    }
    for what, total in of.items():
        ours = scores[OURS][what]
        yield figure(f"codes.hc1.{what}", ours, "vectors", peer="there are", peer_value=total, n=total)
        for peer in ("cwt", "pycose"):
            yield figure(
                f"codes.hc1.{what}", ours, "vectors", peer=peer, peer_value=scores[peer][what], n=total
            )
    took: dict[str, list[Took]] = {}
    slowest: dict[str, float] = {}
    for vector in found:
        if vector.valid:  # those all of them go through to the end
            checks = contenders(vector)
            for name, each in zip(checks, _measured(list(checks.values()), rounds), strict=True):
                took.setdefault(name, []).extend(each)
                median = statistics.median(one.wall for one in each)
                slowest[name] = max(slowest.get(name, 0.0), median)
    for peer in ("cwt", "pycose"):
        yield from _times("codes.hc1", took[OURS], peer, took[peer])
    yield figure(
        "codes.hc1.slowest_vector",
        slowest[OURS],
        "ms (median of its checks)",
        peer="allowed",
        peer_value=ALLOWED_MS,
        n=of["valid_accepted"],
    )


def _times(
    label: str, ours: Sequence[Took], peer: str = "", theirs: Sequence[Took] = ()
) -> Iterator[dict[str, Any]]:
    for kind in Took._fields:
        for word, of in (("median", statistics.median), ("p95", p95), ("worst", max)):
            yield figure(
                f"{label}.{word}",
                of([getattr(one, kind) for one in ours]),
                f"ms {kind}",
                peer=peer,
                peer_value=of([getattr(one, kind) for one in theirs]) if theirs else None,
                n=len(ours),
            )


def _measured(checks: list[Check], rounds: int) -> list[list[Took]]:
    """Return the times of each check; each begins as often as the others."""
    for check in checks:
        check()
    took: list[list[Took]] = [[] for _ in checks]
    for turn in range(rounds):
        for place in range(len(checks)):
            number = (turn + place) % len(checks)
            wall, processor = time.perf_counter_ns(), time.thread_time_ns()
            checks[number]()
            spent = time.thread_time_ns() - processor, time.perf_counter_ns() - wall
            took[number].append(Took(spent[1] / 1e6, spent[0] / 1e6))
    return took


def _envelope(payload: bytes) -> bytes:
    """Return the COSE bytes of a code; what the peers leave to others."""
    if not payload.startswith(b"HC1:"):
        raise ValueError("another prefix")
    return zlib.decompress(base45.decode(payload[4:]))


def _cwt(vector: Vector) -> Check:
    import cwt

    kid = base64.b64decode(vector.key.key_id)
    name = "PS256" if vector.key.algorithm is Algorithm.PS256 else "ES256"
    key = cwt.COSEKey.from_pem(_pem(vector.key), alg=name, kid=kid)
    reader = cwt.CWT.new(leeway=_LEEWAY_S)

    def accepted() -> bool:
        try:
            reader.decode(_envelope(vector.payload), key)
        except Exception:  # noqa: BLE001 - whatever it raises, it did not accept
            return False
        return True

    return accepted


def _pycose(vector: Vector) -> Check:
    from pycose.keys.cosekey import CoseKey
    from pycose.messages.cosemessage import CoseMessage
    from pycose.messages.sign1message import Sign1Message

    key = CoseKey.from_pem_public_key(_pem(vector.key).decode())

    def accepted() -> bool:
        try:
            message = CoseMessage.decode(_envelope(vector.payload))
            message.key = key
            return isinstance(message, Sign1Message) and message.verify_signature()
        except Exception:  # noqa: BLE001 - whatever it raises, it did not accept
            return False

    return accepted


def _pem(key: TrustKey) -> bytes:
    if key.algorithm is Algorithm.PS256:
        public = load_der_public_key(key.public)
        assert isinstance(public, rsa.RSAPublicKey)
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key.public)
    return point.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
