"""Runs one target: inputs in, faults and the most work out. Knows no target and no engine but its own.

A fault is an exception that the target lets through, or work above its cap. The run goes on after it:
each place a fault comes from is told once, with the input that led there.
"""

import random
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from bench.fuzz_meter import CAPS, Meter

MAX_INPUT = 12_000  # above what `edge.codes.read` looks at
_KEPT = 20

# What the formats are made of: bytes that mean something more often than chance would have them.
_WORDS = (
    *(bytes([n]) for n in (0, 1, 10, 32, 34, 44, 46, 61, 91, 92, 93, 123, 125, 127, 128, 255)),
    *(bytes([n]) for n in (0x5F, 0x7F, 0x80, 0x9F, 0xA0, 0xBF, 0xC0, 0xD2, 0xF6, 0xF7, 0xFB)),
    b"\x1b" + b"\xff" * 8,
    b"\x9b" + b"\xff" * 8,
    b"\xbb" + b"\xff" * 8,
    b"\xd8\x3d",
    b"\xfb\x7f\xf0" + bytes(6),
    b"\xf9\x7e\x00",
    b'"',
    b"null",
    b"true",
    b"-1",
    b"1e999",
    b"0.5",
    b"99999999999999999999999",
    b'"\\ud800"',
    b"\\u0000",
    b"[[[[[[[[",
    b'{"a":',
    b"\xef\xbb\xbf",
    b"\xe2\x80\xae",
    b"\xed\xa0\x80",
    b"9999-12-31T23:59:60Z",
    b"0000-00-00",
    "٣".encode(),
    "健康码".encode("gb18030"),
    b"\r\n",
    b"shc:/1/2/",
    b"/CWA1/",
    b"eyJ",
)


class Target(NamedTuple):
    """A reader. `run` raises for a fault only; `weight` is its share of the inputs."""

    name: str
    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    weight: int = 4


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong, where, and the first input that led there."""

    what: str
    where: str
    data: bytes


@dataclass
class Outcome:
    """What came of a target's inputs. `worst_ms` is processor time of the slowest one drawn by chance."""

    inputs: int = 0
    guided: int = 0
    faulty: int = 0
    worst_ms: float = 0.0
    most: Counter[str] = field(default_factory=Counter)
    faults: dict[str, Fault] = field(default_factory=dict)

    def add(self, other: "Outcome") -> None:
        """Take another run's outcome in."""
        self.inputs += other.inputs
        self.guided += other.guided
        self.faulty += other.faulty
        self.worst_ms = max(self.worst_ms, other.worst_ms)
        for work, count in other.most.items():
            self.most[work] = max(self.most[work], count)
        for where, fault in other.faults.items():
            self.faults.setdefault(where, fault)


class Run:
    """Feeds a target, inside of `meter.running()`."""

    def __init__(self, target: Target, meter: Meter) -> None:
        self.outcome = Outcome()
        self._target = target
        self._meter = meter

    def feed(self, data: bytes) -> None:
        """Hand one input over and take down what came of it."""
        outcome, meter = self.outcome, self._meter
        outcome.inputs += 1
        begun = time.thread_time_ns()
        try:
            self._target.run(data)
        except Exception as error:  # noqa: BLE001 - that there is none is what is shown here
            self._blame(f"{type(error).__name__}: {error}", _place(error), data)
        outcome.worst_ms = max(outcome.worst_ms, (time.thread_time_ns() - begun) / 1e6)
        for work in meter.over():
            self._blame(f"{meter.now[work]} {work}, at most {CAPS[work]} allowed", work, data)
        meter.next_input()
        outcome.most = meter.most

    def _blame(self, what: str, where: str, data: bytes) -> None:
        self.outcome.faulty += 1
        if len(self.outcome.faults) < _KEPT:
            self.outcome.faults.setdefault(where, Fault(what[:200], where, data))


def at_random(target: Target, inputs: int, seed: int, until: float) -> Outcome:
    """Feed the seeds, then changed seeds and noise; stop at `until` (time.monotonic)."""
    meter = Meter()
    run = Run(target, meter)
    chance = random.Random(f"{seed} {target.name}")
    with meter.running():
        for data in _inputs(target.seeds, inputs, chance):
            run.feed(data)
            if run.outcome.inputs % 256 == 0 and time.monotonic() > until:
                break
    return run.outcome


def _inputs(seeds: tuple[bytes, ...], count: int, chance: random.Random) -> Iterator[bytes]:
    yield from seeds[:count]
    for _ in range(count - len(seeds)):
        if chance.random() < 0.05:
            yield chance.randbytes(int(chance.expovariate(0.01)))
        else:
            yield _changed(seeds, chance)[:MAX_INPUT]


def _changed(seeds: tuple[bytes, ...], chance: random.Random) -> bytes:
    data = bytearray(chance.choice(seeds))
    for _ in range(1 + int(chance.expovariate(0.7))):
        place = chance.randrange(len(data) + 1)
        match chance.randrange(8):
            case 0 | 1 if place < len(data):
                data[place] ^= 1 << chance.randrange(8)
            case 2 if place < len(data):
                data[place] = chance.randrange(256)
            case 3:
                data[place:place] = chance.choice(_WORDS)
            case 4:
                word = chance.choice(_WORDS)
                data[place : place + len(word)] = word
            case 5:
                del data[place : place + 1 + int(chance.expovariate(0.1))]
            case 6:  # a part twice, or many times
                part = data[place : place + chance.randrange(1, 40)]
                data[place:place] = part * (chance.randrange(200) if chance.random() < 0.05 else 1)
            case 7:  # the end of another seed
                other = chance.choice(seeds)
                data[place:] = other[min(place, len(other)) :]
    return bytes(data)


def _place(error: Exception) -> str:
    """Return where an exception came from: the innermost line of ours, or its own where none is."""
    lines = traceback.extract_tb(error.__traceback__)
    ours = [line for line in lines if "edge" in line.filename.replace("\\", "/").split("/")] or lines
    return f"{ours[-1].filename.replace(chr(92), '/').rpartition('/')[2]}:{ours[-1].lineno}"
