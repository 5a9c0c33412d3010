"""The page of a day's two measurements: 3,000 people, 10,000 passages a day for a fortnight, as the first
page after a start and as every later one, with passes alone and with a health code beside each; and what an
append takes meanwhile, beside one with nobody asking.
"""

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from bench.figures import figure, p95
from edge.domain.model import (
    Answer,
    Carrier,
    ClockQuality,
    Code,
    CodeVerdict,
    Decision,
    Evidence,
    Instant,
    Measurement,
    Method,
    Outcome,
    Passage,
    Stage,
)
from edge.domain.record import recorded
from edge.journal import Row
from edge.procedures import parse
from edge.web import create_app, users
from tests.web.catalogue import compile_catalogues
from tests.web.fakes import POLICY, PROCEDURE, World, running

PEOPLE, A_DAY, DAYS = 3_000, 10_000, 14
BATCH = 200
PAGES = 5
_HOUR_US = 3_600_000_000


def rows() -> Iterator[dict[str, Any]]:
    """Yield seconds a page and milliseconds an append."""
    users._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    compile_catalogues()
    for codes in (False, True):
        with tempfile.TemporaryDirectory() as name, running(Path(name)) as world:
            _fill(world, codes=codes)
            yield from _measure(world, "twice_daily.health_codes" if codes else "twice_daily")


def _measure(world: World, what: str) -> Iterator[dict[str, Any]]:
    idle = _appends(world, lambda: time.sleep(3))
    client = create_app(world.gate).test_client()
    headers = {"authorization": f"Bearer {world.tokens['manager']}"}
    took: list[float] = []

    def ask() -> None:
        before = time.monotonic()
        answer = client.get("/review/twice-daily", headers=headers)
        took.append(time.monotonic() - before)
        assert f'data-count="expected">{PEOPLE}<' in answer.get_data(as_text=True)

    busy = _appends(world, ask)
    for _ in range(PAGES):
        busy += _appends(world, ask)
    yield figure(f"{what}.first_page", took[0], "s", n=A_DAY * DAYS)
    yield figure(f"{what}.page", statistics.median(took[1:]), "s", n=PAGES)
    peer = "nobody asks"
    yield figure(
        f"{what}.append_p50_meanwhile",
        statistics.median(busy),
        "ms",
        peer=peer,
        peer_value=statistics.median(idle),
        n=len(busy),
    )
    yield figure(
        f"{what}.append_p95_meanwhile", p95(busy), "ms", peer=peer, peer_value=p95(idle), n=len(busy)
    )
    yield figure(f"{what}.append_max_meanwhile", max(busy), "ms", peer=peer, peer_value=max(idle), n=1)


def _appends(world: World, work: Any) -> list[float]:
    """Append a row every 20 ms while something works; return what each took."""
    stop, took = threading.Event(), list[float]()

    def append() -> None:
        while not stop.wait(0.02):
            before = time.monotonic()
            world.journal.append(Row("gate.stopped", world.clock(), {}))
            took.append(1000 * (time.monotonic() - before))

    thread = threading.Thread(target=append)
    thread.start()
    try:
        work()
    finally:
        stop.set()
        thread.join()
    return took


def _fill(world: World, *, codes: bool) -> None:
    """Write the passages of a fortnight, the last of them a minute ago; `codes` with a health code each."""
    procedure, now = parse("compound", PROCEDURE), world.clock()
    total, batch = A_DAY * DAYS, list[Row]()
    for n in range(total):
        at_us = now.at_us - (total - n) * 24 * _HOUR_US // A_DAY
        at = Instant(at_us, at_us, ClockQuality.SYNCED)
        passage = _passage(n, at, procedure.version)
        if codes:
            passage = replace(passage, evidence=(*passage.evidence, Evidence(at, "scanner", _health_code(n))))
        body, personal = recorded(procedure, POLICY, passage)
        batch.append(Row("passage.decided", at, body, "in", personal))
        if len(batch) == BATCH:
            world.journal.append(*batch)
            batch = []


def _health_code(n: int) -> Code:
    """Return a code whose digest is another every time, as those are that change by the minute."""
    said, own = {"colour": "green"}, {"code_digest": f"{n:064x}"}
    return Code(Carrier.CHINA_HEALTH, CodeVerdict.VALID, issuer="x", key_id="k", subject=said, personal=own)


def _passage(n: int, at: Instant, version: str) -> Passage:
    number = n % PEOPLE
    measured = Measurement(
        "thermometer",
        Method.INFRARED,
        surface_mdegc=34_500 + number % 400,
        ambient_mdegc=21_000,
        body_mdegc=36_500 + number % 400,
        conversion="site/1:+2000@1700000000",
        frames=6,
        raws=tuple(bytes((0xA4, 0x03, 0x07, 0x08, index, 0, 0, 0, 0)) for index in range(6)),
        driver="gy614",
    )
    own = {"name": f"住户{number:04d}", "room": f"{number % 30}-{number // 30}", "pass_id": f"{number:016x}"}
    code = Code(
        Carrier.GATEPOST_PASS,
        CodeVerdict.VALID,
        issuer="compound",
        key_id="k1",
        subject={"category": "resident", "building": "3"},
        personal=own,
        holder=f"gatepost_pass:{number:016x}",
        symbology="QRCode",
        decoder="zxing",
    )
    items = (measured, code, Answer("mask", "on", "door"))
    passage = Passage(
        (1 << 20) + n,
        "in",
        "in",
        "compound",
        version,
        POLICY.version,
        at,
        at,
        tuple(Evidence(at, "thermometer", item) for item in items),
        Stage.ENDED,
    )
    return replace(passage, decision=Decision(Outcome.ADMIT, reasons=("complete",)))
