"""Transcripts: what a device sent and which readings that is, one JSON object a line.

`{"options": {...}, "source": "...", "grid"?: {...}}` begins a section: a fresh decoder with these options;
`grid` says how the frames of an array read as a picture (edge.domain.model.Grid).
`{"hex" or "text", "readings": [...], "mark", "query"?, "pause_s"?, "note"?}` is one stretch of bytes and
what it must decode to; with `query` (hex) it is the whole answer to these bytes of ours. A reading reads
as `gatepost thermometer read --json` prints it, and such a printed line may itself stand for a stretch
(its bytes are its `raw`).
`hex` and `raw` may say `3408*300` for the same bytes three hundred times: an array's frame has thousands.
A reading without `raw` has all bytes of its stretch.
"""

import functools
import inspect
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drivers import registry
from edge.domain.model import Grid, Quality, Reading

FOLDER = Path(__file__).resolve().parent.parent / "data"


@dataclass(frozen=True)
class Step:
    data: bytes
    readings: tuple[Reading, ...]
    pause_s: float
    where: str
    query: bytes = b""


@dataclass(frozen=True)
class Section:
    options: dict[str, object]
    grid: Grid | None = None
    steps: list[Step] = field(default_factory=list)

    @property
    def readings(self) -> list[Reading]:
        return [reading for step in self.steps for reading in step.readings]


@dataclass
class Clock:
    """A monotonic clock that only moves when told."""

    now_s: float = 100.0

    def __call__(self) -> float:
        return self.now_s


@functools.cache
def load(kind: str, name: str) -> list[Section]:
    """Return the sections of a driver's transcript; fails where it has none."""
    path = FOLDER / kind / f"{name}.jsonl"
    assert path.is_file(), f"{kind} {name} has no transcript: {path.name} is missing in tests/data/{kind}"
    sections: list[Section] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        entry = json.loads(line)
        if "options" in entry:
            grid = Grid(**entry["grid"]) if "grid" in entry else None
            sections.append(Section(entry["options"], grid))
        else:
            assert sections, f"{path.name}:{number}: the first line has to give options"
            sections[-1].steps.append(_step(entry, f"{path.name}:{number}", sections[-1].grid))
    return sections


def decoder(kind: str, name: str, section: Section, clock: Clock) -> Any:
    """Return a fresh decoder of a driver, on a clock of ours where it takes one."""
    module = registry._module(kind, name)
    options = _options(kind, name, json.dumps(section.options))
    if "now" in inspect.signature(module.Decoder).parameters:
        return module.Decoder(options, now=clock)
    return module.Decoder(options)


def play(
    under_test: Any, step: Step, cut: Callable[[bytes], Iterable[bytes]] = lambda data: [data]
) -> list[Reading]:
    """Return what one stretch decodes to; an answer is announced by its question and over at its end."""
    if step.query and hasattr(under_test, "asked"):
        under_test.asked(step.query)
    readings = [reading for chunk in cut(step.data) for reading in under_test.feed(chunk)]
    if step.query and hasattr(under_test, "settle"):
        readings += under_test.settle()
    return readings


def replay(
    kind: str, name: str, section: Section, cut: Callable[[bytes], Iterable[bytes]] = lambda data: [data]
) -> tuple[list[Reading], int, int]:
    """Return what a section decodes to, its bytes cut as `cut` says, and the decoder's counters."""
    clock = Clock()
    under_test = decoder(kind, name, section, clock)
    readings: list[Reading] = []
    for step in section.steps:
        clock.now_s += step.pause_s
        readings += play(under_test, step, cut)
    return readings, under_test.bad_frames, under_test.dropped_bytes


@functools.cache
def _options(kind: str, name: str, table: str) -> Any:
    return registry.load(kind, {"driver": name, "port": "nowhere", **json.loads(table)}).options


def _step(entry: dict[str, Any], where: str, grid: Grid | None = None) -> Step:
    if "hex" not in entry and "text" not in entry:
        data = _bytes(entry["raw"])
        return Step(data, (_reading(entry, data, grid),), 0.0, where)
    data = _bytes(entry["hex"]) if "hex" in entry else entry["text"].encode()
    readings = tuple(_reading(reading, data, grid) for reading in entry["readings"])
    query = bytes.fromhex(entry.get("query", ""))
    return Step(data, readings, entry.get("pause_s", 0.0), where, query)


def _reading(entry: dict[str, Any], data: bytes, grid: Grid | None) -> Reading:
    return Reading(
        _mdegc(entry["surface_c"]),
        _mdegc(entry["ambient_c"]),
        _mdegc(entry["body_c"]),
        Quality(entry["quality"]),
        _bytes(entry["raw"]) if "raw" in entry else data,
        Grid(**entry["grid"]) if "grid" in entry else grid,
    )


def _bytes(text: str) -> bytes:
    """Return hex digits as bytes; `3408*300` is the same bytes three hundred times."""
    if "*" not in text:
        return bytes.fromhex(text)
    data = b""
    for word in text.split():
        digits, _, times = word.partition("*")
        data += bytes.fromhex(digits) * int(times or 1)
    return data


def _mdegc(celsius: float | None) -> int | None:
    return None if celsius is None else round(celsius * 1000)
