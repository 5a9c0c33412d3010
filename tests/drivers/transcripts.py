"""Transcripts: what a device sent and which readings that is, one JSON object a line.

`{"options": {...}, "source": "..."}` begins a section: a fresh decoder with these options.
`{"hex" or "text", "readings": [...], "mark", "pause_s"?, "note"?}` is one stretch of bytes and what it
must decode to; a reading reads as `gatepost thermometer read --json` prints it, and such a printed line
may itself stand for a stretch (its bytes are its `raw`).
"""

import functools
import inspect
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drivers import registry
from edge.domain.model import Quality, Reading

FOLDER = Path(__file__).resolve().parent.parent / "data"


@dataclass(frozen=True)
class Step:
    data: bytes
    readings: tuple[Reading, ...]
    pause_s: float
    where: str


@dataclass(frozen=True)
class Section:
    options: dict[str, object]
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
            sections.append(Section(entry["options"]))
        else:
            assert sections, f"{path.name}:{number}: the first line has to give options"
            sections[-1].steps.append(_step(entry, f"{path.name}:{number}"))
    return sections


def decoder(kind: str, name: str, section: Section, clock: Clock) -> Any:
    """Return a fresh decoder of a driver, on a clock of ours where it takes one."""
    module = registry._module(kind, name)
    options = _options(kind, name, json.dumps(section.options))
    if "now" in inspect.signature(module.Decoder).parameters:
        return module.Decoder(options, now=clock)
    return module.Decoder(options)


def replay(
    kind: str, name: str, section: Section, cut: Callable[[bytes], Iterable[bytes]] = lambda data: [data]
) -> tuple[list[Reading], int, int]:
    """Return what a section decodes to, its bytes cut as `cut` says, and the decoder's counters."""
    clock = Clock()
    under_test = decoder(kind, name, section, clock)
    readings: list[Reading] = []
    for step in section.steps:
        clock.now_s += step.pause_s
        for chunk in cut(step.data):
            readings += under_test.feed(chunk)
    return readings, under_test.bad_frames, under_test.dropped_bytes


@functools.cache
def _options(kind: str, name: str, table: str) -> Any:
    return registry.load(kind, {"driver": name, "port": "nowhere", **json.loads(table)}).options


def _step(entry: dict[str, Any], where: str) -> Step:
    if "hex" not in entry and "text" not in entry:
        return Step(bytes.fromhex(entry["raw"]), (_reading(entry),), 0.0, where)
    data = bytes.fromhex(entry["hex"]) if "hex" in entry else entry["text"].encode()
    readings = tuple(_reading(reading) for reading in entry["readings"])
    return Step(data, readings, entry.get("pause_s", 0.0), where)


def _reading(entry: dict[str, Any]) -> Reading:
    return Reading(
        _mdegc(entry["surface_c"]),
        _mdegc(entry["ambient_c"]),
        _mdegc(entry["body_c"]),
        Quality(entry["quality"]),
        bytes.fromhex(entry["raw"]),
    )


def _mdegc(celsius: float | None) -> int | None:
    return None if celsius is None else round(celsius * 1000)
