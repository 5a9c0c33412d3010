"""Checking the chain: any edit, deletion or reordering of rows is found, without any key.

Where keys live, sealed parts are opened as well: that binds them to their row and key number, which
the chain does not cover. Rows are streamed in short reads, so that the gate goes on meanwhile.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

from edge.journal import seal
from edge.journal.anchor import Anchor
from edge.journal.faults import from_os
from edge.journal.key_records import KeyRecord, record, records
from edge.journal.rows import Incarnation
from edge.journal.schema import connect_readonly
from edge.wire import ZERO_SEAL, chain_hash, genesis

_COLUMNS = "seq, boot, mono_us, at_us, clock, kind, lane, body, key_id, sealed, hash"
_CHUNK = 500
_TAIL = 200
_MOST = 100
_KEPT = 1024

Opener = Callable[[int], bytes | None]


@dataclass(slots=True)
class _Walk:
    incarnations: list[Incarnation]
    record_of: Callable[[int], KeyRecord | None]
    key_ends: dict[int, int]
    opener: Opener | None
    anchors: dict[int, list[Anchor]]
    faults: list[str] = field(default_factory=list)
    seq: int = 0
    hash: bytes = b""
    checks_seals: bool = True

    def fault(self, zh: str, en: str) -> None:
        if len(self.faults) < _MOST:
            self.faults.append(f"{en} / {zh}")
        elif len(self.faults) == _MOST:
            self.faults.append("and more / 以及更多")


def verify_file(path: Path, *, opener: Opener | None = None, anchors: Iterable[Anchor] = ()) -> list[str]:
    """Return every fault of the journal at `path`, none for a sound one. `opener` gives the living
    keys; `anchors` are rows known from elsewhere, which must be there."""
    connection = connect_readonly(path)
    try:
        return _verify(connection, opener, anchors)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise from_os(error) from error
        return [f"the file is damaged: {error} / 文件已损坏"]
    finally:
        connection.close()


def verify_tail(connection: sqlite3.Connection, length: int = _TAIL) -> list[str]:
    """Return the faults among the newest rows: quick enough for every start."""
    head = connection.execute("SELECT max(seq) FROM journal").fetchone()[0] or 0
    walk = _begin(connection, None, ())
    walk.checks_seals = False
    start = max(head - length, 0)
    found = connection.execute("SELECT hash FROM journal WHERE seq = ?", (start,)).fetchone()
    walk.seq, walk.hash = start, found[0] if found else b""
    for line in _lines(connection, start):
        _row(walk, line)
    return walk.faults


def _verify(connection: sqlite3.Connection, opener: Opener | None, anchors: Iterable[Anchor]) -> list[str]:
    walk = _begin(connection, opener, anchors)
    if not walk.incarnations:
        return ["no incarnation: not a journal / 不是账本文件"]
    before = connection.execute("SELECT count(*) FROM journal WHERE seq < 1").fetchone()[0]
    if before:
        walk.fault(f"有 {before} 行在起点之前", f"{before} rows stand before the first")
    for line in _lines(connection, 0):
        _row(walk, line)
    newest = walk.incarnations[-1]
    if newest.first_seq > 1 and newest.first_seq > walk.seq:
        walk.fault("最新世代没有任何行", "the newest incarnation has no rows: the tail was cut off")
    for seq, expected in walk.anchors.items():
        if seq > walk.seq:
            walk.fault(f"缺少第 {seq} 行，末尾被截断", f"row {seq} is missing: the tail was cut off")
        elif seq < 1:
            walk.fault("锚点无效", f"anchor {expected[0]} names no row")
    return walk.faults


def _begin(connection: sqlite3.Connection, opener: Opener | None, anchors: Iterable[Anchor]) -> _Walk:
    incarnations = [
        Incarnation(*line)
        for line in connection.execute("SELECT id, first_seq FROM incarnation ORDER BY first_seq")
    ]
    days = records(connection)
    record_of = lru_cache(maxsize=_KEPT)(partial(record, connection))
    ends = {day.key_id: after.first_seq for day, after in pairwise(days)}
    expected: dict[int, list[Anchor]] = {}
    for anchor in anchors:
        expected.setdefault(anchor.seq, []).append(anchor)
    return _Walk(incarnations, record_of, ends, opener, expected)


def _lines(connection: sqlite3.Connection, after: int) -> Iterator[tuple[Any, ...]]:
    while True:
        chunk = connection.execute(
            f"SELECT {_COLUMNS} FROM journal WHERE seq > ? ORDER BY seq LIMIT ?",  # noqa: S608 - our own words
            (after, _CHUNK),
        ).fetchall()
        yield from chunk
        if len(chunk) < _CHUNK:
            return
        after = chunk[-1][0]


def _row(walk: _Walk, line: tuple[Any, ...]) -> None:
    seq, boot, mono_us, at_us, clock, kind, lane, body, key_id, sealed, digest = line
    whole = True
    if seq != walk.seq + 1:
        whole = False
        walk.fault(f"缺少第 {walk.seq + 1} 到 {seq - 1} 行", f"rows {walk.seq + 1} to {seq - 1} are missing")
    current = next((one for one in reversed(walk.incarnations) if one.first_seq <= seq), None)
    if current is None:
        walk.fault(f"第 {seq} 行不属于任何世代", f"row {seq} belongs to no incarnation")
    elif current.first_seq == seq:
        _link(walk, seq, body)
        walk.hash, whole = genesis(current.id), True
    expected = chain_hash(
        walk.hash,
        seq=seq,
        boot=boot,
        mono_us=mono_us,
        at_us=at_us,
        clock=clock,
        kind=kind,
        lane=lane,
        body=body,
        sealed_sha256=ZERO_SEAL if sealed is None else sha256(sealed).digest(),
    )
    if whole and (digest != expected or lane == ""):
        walk.fault(
            f"第 {seq} 行被改动过或顺序不对", f"row {seq} was edited or moved: its hash does not match"
        )
    if walk.checks_seals:
        _sealed(walk, seq, current, key_id, sealed)
    for anchor in walk.anchors.get(seq, ()):
        if anchor.hash != digest.hex() or (current is not None and anchor.incarnation != current.id):
            walk.fault(f"第 {seq} 行与锚点不符", f"row {seq} is not the one that is known from elsewhere")
    walk.seq, walk.hash = seq, digest


def _link(walk: _Walk, seq: int, body: str) -> None:
    # The first row of a later incarnation names the head of the one before: the seam is chained too.
    earlier = [one for one in walk.incarnations if one.first_seq < seq]
    if not earlier:
        return
    first = json.loads(body)
    named = first.get("previous") if isinstance(first, dict) else None
    if named != {"incarnation": earlier[-1].id, "head": walk.seq, "hash": walk.hash.hex()}:
        walk.fault(
            f"第 {seq} 行开始新世代，但与前一世代接不上",
            f"row {seq} begins an incarnation but does not name the end of the one before",
        )


def _sealed(
    walk: _Walk, seq: int, incarnation: Incarnation | None, key_id: int | None, sealed: bytes | None
) -> None:
    if sealed is None and key_id is None:
        return
    known = None if key_id is None else walk.record_of(key_id)
    end = walk.key_ends.get(key_id or 0)
    if known is None or sealed is None or seq < known.first_seq or (end is not None and seq >= end):
        walk.fault(f"第 {seq} 行的密钥编号不对", f"row {seq} names a key that was not in use there")
        return
    key = walk.opener(known.key_id) if walk.opener is not None and known.alive else None
    if key is None or incarnation is None:
        return
    if seal.unseal(key, sealed, incarnation=incarnation.id, seq=seq, key_id=known.key_id) is None:
        walk.fault(f"第 {seq} 行的封存内容打不开", f"row {seq} does not open with its key: tampered with")
