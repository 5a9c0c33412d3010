"""The journal against bare sqlite3: commits, bytes written, a page of 50 at a million passages.

Peers run in the same process, on the same disk, turn and turn about with ours.
"""

import json
import os
import random
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from bench.figures import figure
from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal, Row
from edge.journal.projections import project
from edge.journal.queries import COLUMNS
from edge.journal.rows import StoredRow
from edge.journal.schema import connect, scripts
from edge.journal.writer import HEAD, INSERT
from edge.wire import canonical, chain_hash, genesis
from tests.journal.crash import can_cut, cuts, kills

START_US = 1_600_000_000_000_000
EVERY_US = 17_280_000  # 5,000 passages a day
MILLION = 1_000_000
PASSAGES = 600
PAGES = 300
COLD = 60  # pages fetched from the disk, by ours and by the peer
CRASHES = 100
_OUTCOMES = ("admit",) * 96 + ("turn_back", "refer", "abandoned", "abandoned")
Case = Callable[[int], tuple[dict[str, Any], str, tuple[int, ...]]]
_CASES: dict[str, Case] = {
    "all": lambda n: ({"before": number_of(n)}, "id < ?", (number_of(n),)),
    "refer": lambda n: (
        {"before": number_of(n), "outcome": "refer"},
        "id < ? AND outcome = 'refer' AND outcome <> 'admit'",
        (number_of(n),),
    ),
    "lane": lambda n: ({"before": number_of(n), "lane": "out"}, "id < ? AND lane = 'out'", (number_of(n),)),
    # The first page of a day that is over; the peer is told between which passages it lies.
    "day": lambda n: (
        {"from_us": _at(n), "to_us": _at(n + 5000)},
        "id BETWEEN ? AND ? AND at_us >= ? AND at_us < ?",
        (number_of(n), number_of(n + 5000), _at(n), _at(n + 5000)),
    ),
}
_VERSION = sha256("".join(scripts()).encode()).hexdigest()[:8]
_CACHE = Path(tempfile.gettempdir()) / f"gatepost-bench-journal-{_VERSION}"


def rows() -> Iterator[dict[str, Any]]:
    """Yield the figures of the journal, as `docs` of the interfaces name them."""
    with tempfile.TemporaryDirectory() as name:
        yield from commits(Path(name))
    yield from pages(million_cached())
    yield from crashes()


def crashes() -> Iterator[dict[str, Any]]:
    """Yield how many acknowledged rows a hundred kills, and a hundred power cuts, lost."""
    with tempfile.TemporaryDirectory() as name:
        acknowledged, lost = kills(Path(name), CRASHES, seed=100)
        yield figure("journal.lost_by_kill", lost, "rows", n=CRASHES)
        yield figure("journal.acknowledged_before_kill", acknowledged, "rows", n=CRASHES)
    if not can_cut():
        print("power cuts need root, loop devices and mkfs.ext4: not measured", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as name:
        acknowledged, lost = cuts(Path(name), CRASHES, seed=101)
        yield figure("journal.lost_by_power_cut", lost, "rows", n=CRASHES)
        yield figure("journal.acknowledged_before_power_cut", acknowledged, "rows", n=CRASHES)


def commits(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the cost of one verdict, and of a passage with its effects."""
    bare = _bare(folder / "bare.db")
    wal = folder / "journal.db-wal"
    ours, peer, grown = [], [], []
    with Journal.open(folder) as journal:
        boot = journal.start_boot()
        written = -_written()
        for n in range(PASSAGES):
            body, personal = passage(boot, n), _personal(n)
            text, sealed = canonical(body), canonical(personal).encode()
            before = wal.stat().st_size
            ours.append(_timed(partial(_decide, journal, body, n, personal)))
            if wal.stat().st_size > before:  # not while the file is begun anew after a checkpoint
                grown.append(wal.stat().st_size - before)
            effects = {"passage": body["passage"], "decided": n, "effects": _effects(n)}
            journal.append(Row("passage.effects", _instant(n), effects, "in"))
            less = _written()
            peer.append(_timed(partial(_insert, bare, n, text, sealed)))
            written -= _written() - less
        written += _written()
    bare.close()
    mine, theirs = statistics.median(ours), statistics.median(peer)
    bare_ms, n = "sqlite3, WAL FULL, one row a commit", PASSAGES
    yield figure("journal.commit_p50", mine * 1e3, "ms", peer=bare_ms, peer_value=theirs * 1e3, n=n)
    yield figure(
        "journal.commit_p99", _p(ours, 99) * 1e3, "ms", peer=bare_ms, peer_value=_p(peer, 99) * 1e3, n=n
    )
    yield figure("journal.commits_per_second", 1 / mine, "1/s", peer=bare_ms, peer_value=1 / theirs, n=n)
    yield figure("journal.bytes_per_verdict", statistics.mean(grown), "B", n=len(grown))
    yield figure("journal.bytes_per_passage", written / PASSAGES, "B", n=n)  # with effects and checkpoints


def pages(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the cost of a page of 50 at a million passages, and of a look-up."""
    bare = sqlite3.connect(f"{(folder / 'journal.db').as_uri()}?mode=ro", uri=True, isolation_level=None)
    size = (folder / "journal.db").stat().st_size
    yield figure("journal.file_bytes_per_short_passage", size / MILLION, "B", n=MILLION)
    rng = random.Random(4)
    with Journal.open(folder, create=False) as journal, journal.reader() as reader:
        for name, case in _CASES.items():
            for heat, turns in (("", PAGES), ("cold_", COLD)):
                ours: list[float] = []
                peer: list[float] = []
                for turn in range(turns):
                    options, where, bound = case(rng.randrange(MILLION // 10, MILLION))
                    sql = f"SELECT {COLUMNS} FROM passage WHERE {where} ORDER BY id DESC LIMIT 50"
                    runs = [
                        (ours, partial(reader.passages, limit=50, **options)),
                        (peer, partial(_all, bare, sql, bound)),
                    ]
                    # Whoever comes first fetches the pages from the disk for both, unless cold.
                    for times, run in runs if turn % 2 else reversed(runs):
                        if heat:
                            _forget(folder / "journal.db")
                        times.append(_timed(run))
                for label, at in (("p50", 50), ("p95", 95)):
                    mine, theirs = _p(ours, at) * 1e3, _p(peer, at) * 1e3
                    what = f"journal.page50_{heat}{name}_{label}"
                    yield figure(what, mine, "ms", peer="bare SQL", peer_value=theirs, n=turns)
        looked = [_timed(lambda: reader.find(f"138{MILLION + 7:08d}")) for _ in range(5)]
        yield figure("journal.find", statistics.median(looked) * 1e3, "ms", n=len(looked))
    bare.close()


def _forget(path: Path) -> None:
    """Have the kernel drop its copy of a file, so that the next reader waits for the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def million_cached() -> Path:
    """Return the store with a million passages that runs of one schema share."""
    return million(_CACHE)


def million(folder: Path) -> Path:
    """Return a store with a million passages, made by our own projections; kept between runs."""
    done = folder / "whole"
    if done.exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    with Journal.open(folder) as journal:
        journal.start_boot()
    connection = connect(folder / "journal.db")
    try:
        _fill(connection)
    finally:
        connection.close()
    with Journal.open(folder) as journal:  # some to look up, of one living key
        for n in range(MILLION, MILLION + 100):
            _decide(journal, passage(1, n), n, _personal(n))
    done.touch()
    return folder


def passage(boot: int, n: int) -> dict[str, Any]:
    """Return a typical body: one measurement with ten raw frames, one code, everything asked."""
    at = START_US + n * EVERY_US
    rng = random.Random(n)
    measurement = {
        **{"t": "measurement", "at_us": at, "mono_us": n, "clock": "synced", "source": "thermometer"},
        **{"device": "gy614", "method": "infrared", "site": "forehead", "surface_mdegc": 34_400},
        **{
            "ambient_mdegc": 22_000,
            "vendor_body_mdegc": 36_500,
            "body_mdegc": 36_600,
            "conversion": "offset/1",
        },
        **{"quality": "ok", "frames": 10, "rejected": 2, "after_rest": False},
        "raw": [rng.randbytes(60).hex() for _ in range(10)],
    }
    code = {
        **{
            "t": "code",
            "at_us": at,
            "mono_us": n,
            "clock": "synced",
            "source": "scanner",
            "decoder": "zxing",
        },
        **{"carrier": "gatepost_pass", "verdict": "valid", "issuer": "compound-7", "key_id": "k1"},
        **{"subject": {"category": "resident"}, "symbology": "QRCode", "valid_until_us": at + 86_400_000_000},
    }
    return {**_whole(boot, n), "evidence": [measurement, code]}


def _whole(boot: int, n: int) -> dict[str, Any]:
    at = START_US + n * EVERY_US
    return {
        **{"passage": (boot << 20) + n, "direction": "in", "category": "resident", "policy": "0" * 16},
        **{"procedure": {"name": "compound", "version": "0" * 16}, "opened_us": at - 9_000_000},
        **{"opened_mono_us": n, "touched_us": at, "touched_mono_us": n, "stage": "ended", "rests": []},
        **{"outcome": _OUTCOMES[n * 7919 % 100], "reasons": ["complete"], "missing": [], "second": False},
        "temperature": {
            "verdict": "normal",
            "body_mdegc": 36_600,
            "surface_mdegc": 34_400,
            "ambient_mdegc": 22_000,
        },
        "musts": {"identity": True, "information": True, "temperature": True, "mask": True},
    }


def _fill(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA synchronous = OFF")  # it is made again when it is not whole
    head = connection.execute(HEAD).fetchone()
    assert head is None
    incarnation = connection.execute("SELECT id FROM incarnation").fetchone()[0]
    previous = genesis(incarnation)
    for first in range(0, MILLION, 20_000):
        connection.execute("BEGIN IMMEDIATE")
        for n in range(first, first + 20_000):
            body = _whole(1, n)
            text = json.dumps(body, sort_keys=True, separators=(",", ":"))
            lane = "in" if n % 3 else "out"
            at = START_US + n * EVERY_US
            common = {
                "boot": 1,
                "mono_us": n,
                "at_us": at,
                "clock": "synced",
                "kind": "passage.decided",
                "lane": lane,
            }
            previous = chain_hash(previous, seq=n + 1, body=text, **common)  # type: ignore[arg-type]
            row = StoredRow(
                n + 1, 1, n, at, "synced", "passage.decided", lane, body, text, None, None, previous
            )
            connection.execute(
                INSERT, (n + 1, 1, n, at, "synced", row.kind, lane, text, None, None, previous)
            )
            project(connection, row, None)
        connection.execute("COMMIT")


def number_of(n: int) -> int:
    """Return the passage number of the n-th of the million."""
    return (1 << 20) + n


def _at(n: int) -> int:
    return START_US + n * EVERY_US


def _decide(journal: Journal, body: dict[str, Any], n: int, personal: dict[str, Any]) -> None:
    journal.append(Row("passage.decided", _instant(n), body, "in", personal))


def _insert(bare: sqlite3.Connection, n: int, text: str, sealed: bytes) -> None:
    bare.execute("BEGIN IMMEDIATE")
    bare.execute("INSERT INTO row(seq, body, sealed) VALUES (?, ?, ?)", (n, text, sealed))
    bare.execute("COMMIT")


def _all(bare: sqlite3.Connection, sql: str, bound: tuple[int, ...]) -> list[Any]:
    return bare.execute(sql, bound).fetchall()


def _bare(path: Path) -> sqlite3.Connection:
    connection = connect(path)  # the same settings
    connection.execute("CREATE TABLE row(seq INTEGER PRIMARY KEY, body TEXT, sealed BLOB) STRICT")
    return connection


def _personal(n: int) -> dict[str, Any]:
    name, phone = f"张三{n}", f"138{n:08d}"
    return {
        "evidence": {
            "1": {
                "personal": {"name": name, "phone": phone, "room": "3-2-501"},
                "holder": f"resident:{n:06d}",
            },
            "2": {"value": "去医院复诊，下午四点以前回来，家人陪同"},
        },
        "find": [name, phone, f"resident:{n:06d}"],
    }


def _effects(n: int) -> list[dict[str, Any]]:
    return [
        {"device": "barrier", "what": "pulse", "ok": True, "at_us": START_US + n},
        {"device": "voice", "what": "admit", "ok": True, "at_us": START_US + n},
    ]


def _instant(n: int) -> Instant:
    return Instant(n, START_US + n * EVERY_US, ClockQuality.SYNCED)


def _timed(run: Callable[[], object]) -> float:
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def _written() -> int:
    # What this process handed to the system: the write-ahead file and what checkpoints copy.
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["wchar"])


def _p(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) * percent // 100, len(values) - 1)]
