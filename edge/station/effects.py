"""What was set off after a commit, until its result is written down: one row a passage, within a
second. A voice still speaking then is written as running; if it fails later, that is a row too."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from edge.domain.lane_state import Do
from edge.domain.model import Instant
from edge.journal import Row
from edge.messages import EffectDone

DUE_US = 900_000


@dataclass(slots=True)
class _Batch:
    lane: str
    passage: int
    decided: int
    due_us: int
    entries: dict[Do, dict[str, Any]] = field(default_factory=dict)
    arrived: int = 0


class EffectsLog:
    """Collects results and says which rows are due. Used by the station's thread alone."""

    def __init__(self) -> None:
        self._batches: list[_Batch] = []

    def begun(self, lane: str, decided: int, dos: Sequence[Do], at: Instant) -> None:
        """Remember what was set off by the row with sequence `decided`, passage by passage: a word about
        somebody who is inside is none about whoever stands here."""
        for passage in dict.fromkeys(do.passage for do in dos):
            batch = _Batch(lane, passage, decided, at.mono_us + DUE_US)
            for do in dos:
                if do.passage == passage:
                    batch.entries[do] = _entry(do, at) | {"running": True}
            self._batches.append(batch)

    def done(self, result: EffectDone) -> Row | None:
        """Take a result in. Returns a row of its own for a failure after the others were written."""
        entry = _entry(result.do, result.at)
        if result.error is not None:
            entry |= {"ok": False, "error": result.error[:120]}
        for batch in self._batches:
            if batch.lane == result.lane and batch.entries.get(result.do, {}).get("running"):
                batch.entries[result.do] = entry
                batch.arrived += 1
                return None
        if result.error is None or not result.do.passage:
            return None
        body = {"passage": result.do.passage, "effects": [entry]}
        return Row("passage.effects", result.at, body, result.lane)

    def take_due(self, now: Instant, *, everything: bool = False) -> list[Row]:
        """Return the rows that are due and forget them."""
        due = [
            batch
            for batch in self._batches
            if everything or batch.arrived == len(batch.entries) or now.mono_us >= batch.due_us
        ]
        self._batches = [batch for batch in self._batches if batch not in due]
        return [_row(batch, now) for batch in due]


def _entry(do: Do, at: Instant) -> dict[str, Any]:
    return {"device": do.device, "what": do.what, "ok": True, "at_us": at.at_us}


def _row(batch: _Batch, now: Instant) -> Row:
    body = {"passage": batch.passage, "decided": batch.decided, "effects": list(batch.entries.values())}
    return Row("passage.effects", now, body, batch.lane)
