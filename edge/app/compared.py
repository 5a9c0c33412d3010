"""What the journal tells of two thermometers that stand side by side: what was compared when it was written
down last, and every passage and calibration since.

Reads open bodies only. What was measured by another device, or in another socket, teaches nothing.
"""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from edge.app.calibrated import Stand, owner
from edge.app.learned import DECIDED, LOOKED_AT, PASSAGES
from edge.domain.lane_state import LaneSpec
from edge.domain.model import Measurement
from edge.domain.record import restored as passage_of
from edge.domain.side_by_side import CALIBRATED, COMPARED, Pair, Side, pairs, restarted, restored, watched
from edge.journal import Reader, StoredRow

log = logging.getLogger(__name__)

# Each pair writes one for every twenty differences. A busy gate of six pairs writes some sixty a day, and a
# pair that hardly anybody uses one in weeks: what is looked through is half a year of that.
PAGE, PAGES = 500, 20

Lanes = Mapping[str, tuple[LaneSpec, Mapping[str, Stand]]]


def compared(lanes: Lanes, reader: Reader) -> tuple[Pair, ...]:
    """Return the pairs of a gate as they stand after a start."""
    known = list(pairs(spec for spec, _ in lanes.values()))
    if not known:
        return ()
    since = [0] * len(known)
    for row in _told(reader):
        for number, pair in enumerate(known):
            if not since[number] and (found := _kept(lanes, pair, row)) is not None:
                known[number], since[number] = found, row.seq
        if all(since):
            break
    rows = reader.newest({DECIDED}, limit=PASSAGES * max(1, len(lanes)), among=LOOKED_AT)
    rows += reader.calibrations()
    for row in sorted(rows, key=lambda row: row.seq):
        if row.lane not in lanes:
            continue
        # All at once: a passage teaches several pairs, each from where its own row ends.
        taught = _after(lanes, tuple(known), row)
        known = [new if row.seq > seq else old for old, new, seq in zip(known, taught, since, strict=True)]
    return tuple(known)


def _told(reader: Reader) -> Iterator[StoredRow]:
    """Yield what was written of all pairs, newest first, page by page."""
    before = 1 << 62
    for _ in range(PAGES):
        rows = reader.before(before, COMPARED, PAGE)
        yield from rows
        if len(rows) < PAGE:
            return
        before = rows[-1].seq


def _after(lanes: Lanes, known: tuple[Pair, ...], row: StoredRow) -> tuple[Pair, ...]:
    assert row.lane is not None
    try:
        if row.kind in CALIBRATED:
            device = _now(lanes, row.lane, row.body) if "driver" in row.body else row.body["device"]
            return known if device is None else restarted(known, row.lane, device)
        if not any(piece["t"] == "measurement" for piece in row.body["evidence"]):
            return known
        passage = passage_of(row.body, None, lane=row.lane, clock=row.clock)
        return watched(known, row.lane, passage.evidence, whose=lambda lane, item: _whose(lanes, lane, item))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        log.error("row %d compares nothing: %s %s", row.seq, type(error).__name__, error)
        return known


def _kept(lanes: Lanes, pair: Pair, row: StoredRow) -> Pair | None:
    """Return the pair as a row tells of it, None where that is about other thermometers."""
    try:
        told = [(side, row.body[name]) for side, name in ((pair.here, "here"), (pair.there, "there"))]
        if all(_is(lanes, side, body) for side, body in told):
            return restored(pair, row.body)
    except (KeyError, TypeError, ValueError) as error:
        log.error("row %d compares nothing: %s %s", row.seq, type(error).__name__, error)
    return None


def _is(lanes: Lanes, side: Side, body: Mapping[str, Any]) -> bool:
    now = _now(lanes, body["lane"], body)
    return (side.lane, side.device, side.place) == (body["lane"], now, body["place"])


def _now(lanes: Lanes, lane: str, body: Mapping[str, Any]) -> str | None:
    return owner(lanes[lane][1], body["device"], body["driver"], body.get("port")) if lane in lanes else None


def _whose(lanes: Lanes, lane: str, item: Measurement) -> str | None:
    return owner(lanes[lane][1], item.device, item.driver, item.port)
