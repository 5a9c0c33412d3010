"""Random bytes into every decoder: no exception, no value that a checksum refuses, memory flat.

Every driver with a `Decoder` is found by its file. A million bytes go into each: bare noise, good frames
of its transcript with one byte changed and quiet around them, and good frames, which still have to come
out, all of them. Decoders that are asked get the same as answers to their questions; those that look at a
clock find a pause between one and the next. A value counts as wrong when it is none of the good
frames sent and the check of its protocol, computed here a second time and in another way than in the
driver, does not hold; where a protocol has no second way here, every such value is wrong.
"""

import inspect
import random
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bench.figures import figure
from drivers import registry
from tests.drivers.transcripts import FOLDER, Section, Step, load

BYTES = 1_000_000
SEED = 20200211
PAUSE_S = 1.0


@dataclass
class Outcome:
    """What came of a decoder's bytes."""

    fed: int = 0
    good_sent: int = 0
    good_read: int = 0
    wrong: list[bytes] = field(default_factory=list)
    grown_kib: float = 0.0
    seconds: float = 0.0


def rows(total: int = BYTES) -> Iterator[dict[str, Any]]:
    """Yield the figures of every decoder there is."""
    for kind, name in found():
        outcome = torture(kind, name, total)
        checked = bool(registry._module(kind, name).Decoder.checked)
        label = f"decoders.{name}" if kind == "thermometer" else f"decoders.{kind}.{name}"
        if checked:
            yield figure(f"{label}.wrong", len(outcome.wrong), "values", n=outcome.fed)
        yield figure(
            f"{label}.good_read",
            outcome.good_read,
            "frames",
            peer="frames sent",
            peer_value=outcome.good_sent,
            n=outcome.fed,
        )
        yield figure(f"{label}.grown", outcome.grown_kib, "KiB", peer="allowed", peer_value=64, n=outcome.fed)
        yield figure(f"{label}.seconds", outcome.seconds, "s/MB", n=outcome.fed)


def found() -> list[tuple[str, str]]:
    """Return kind and name of every driver that decodes bytes."""
    return [
        (kind, name)
        for kind in registry.KINDS
        for name in registry.available(kind)
        if hasattr(registry._module(kind, name), "Decoder")
    ]


def torture(kind: str, name: str, total: int = BYTES, seed: int = SEED) -> Outcome:
    """Feed a decoder `total` bytes; memory is looked at after the first half and at the end."""
    chance = random.Random(f"{seed} {name}")
    clock = _Clock()
    decoder = _decoder(kind, name, clock)
    frames = _Frames(kind, name, clock)
    outcome = Outcome()
    started = time.perf_counter()
    tracemalloc.start()
    try:
        _feed(decoder, frames, chance, outcome, total // 2)
        half, _ = tracemalloc.get_traced_memory()
        _feed(decoder, frames, chance, outcome, total)
        end, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    outcome.grown_kib = (end - half) / 1024
    outcome.seconds = (time.perf_counter() - started) * 1_000_000 / max(1, outcome.fed)
    outcome.wrong = [raw for raw in outcome.wrong if not _right(name, raw)]
    return outcome


@dataclass
class _Clock:
    """A clock that only the bench moves."""

    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


class _Frames:
    """The good frames of a driver's transcript, what was asked for them, and the line's clock."""

    def __init__(self, kind: str, name: str, clock: _Clock) -> None:
        self.clock = clock
        section = load(kind, name)[0] if (FOLDER / kind / f"{name}.jsonl").is_file() else Section({})
        self.exchanges = _exchanges(section)
        self.raws = {reading.raw for reading in section.readings}
        self.queries = sorted({step.query for steps in self.exchanges for step in steps if step.query})
        # For frames zeros, for text the end of a line.
        self.quiet = bytes(2 * max((len(raw) for raw in self.raws), default=1)) + b"\r\n"


def _exchanges(section: Section) -> list[list[Step]]:
    """Return the stretches that hold exactly one reading's bytes."""
    steps = section.steps
    return [
        steps[begin:end]
        for end in range(1, len(steps) + 1)
        for begin in (end - 1, end - 2)
        if begin >= 0
        and all(step.data for step in steps[begin:end])
        and len(steps[end - 1].readings) == 1
        and b"".join(step.data for step in steps[begin:end]) == steps[end - 1].readings[0].raw
    ]


def _feed(decoder: Any, frames: _Frames, chance: random.Random, outcome: Outcome, until: int) -> None:
    """Feed until `until` bytes are in."""
    asked = bool(frames.queries)
    while outcome.fed < until:
        turn = chance.random()
        if not frames.exchanges or turn < 0.5:
            noise = chance.randbytes(chance.randrange(1, 200))
            query = chance.choice(frames.queries) if asked else b""
            # Half of the answers are as long as a right one: those are the ones that could be believed.
            if asked and turn < 0.25:
                noise = chance.randbytes(len(chance.choice(chance.choice(frames.exchanges)).data))
            _say(decoder, frames, outcome, chance, [(query, noise)])
            continue
        steps = chance.choice(frames.exchanges)
        said = [(step.query, step.data) for step in steps]
        if turn < 0.9:
            n = chance.randrange(len(said))
            said[n] = (said[n][0], _changed(said[n][1], chance))
            _say(decoder, frames, outcome, chance, said)
        else:
            outcome.good_sent += 1
            read = _say(decoder, frames, outcome, chance, said)
            outcome.good_read += read[-1:] == [steps[-1].readings[0].raw]


def _say(
    decoder: Any,
    frames: _Frames,
    outcome: Outcome,
    chance: random.Random,
    said: list[tuple[bytes, bytes]],
) -> list[bytes]:
    """Let a decoder hear some answers, or some bytes with quiet behind them, cut somewhere; return the
    raws of what it makes of them."""
    readings = []
    frames.clock.now_s += PAUSE_S
    for query, data in said:
        stream = data if query else data + frames.quiet
        cut = chance.randrange(len(stream) + 1)
        if query:
            decoder.asked(query)
        for chunk in (stream[:cut], stream[cut:]):
            readings += decoder.feed(chunk)
        if query:
            readings += decoder.settle()
        outcome.fed += len(stream)
    raws = [getattr(reading, "raw", b"") for reading in readings]
    if type(decoder).checked:
        outcome.wrong += [raw for raw in raws if raw not in frames.raws]
    return raws


def _has_clock(kind: type) -> bool:
    return "now" in inspect.signature(kind).parameters


def _changed(data: bytes, chance: random.Random) -> bytes:
    """Return the bytes with one of them another."""
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ chance.randrange(1, 256)]) + data[place + 1 :]


def _decoder(kind: str, name: str, clock: _Clock) -> Any:
    """Return a fresh decoder, with the options its transcript begins with."""
    path = FOLDER / kind / f"{name}.jsonl"
    given = load(kind, name)[0].options if path.is_file() else {}
    needed = {o.name: "nowhere" for o in registry.describe(kind, name).options if o.required}
    options = registry.load(kind, {"driver": name, **needed, **given}).options
    found = registry._module(kind, name).Decoder
    return found(options, now=clock) if _has_clock(found) else found(options)


def _right(name: str, raw: bytes) -> bool:
    """Say whether the check of a frame holds by this file's own reckoning."""
    check = _CHECKS.get(name)
    return check is not None and check(raw)


def _division(data: bytes, polynomial: int, width: int) -> int:
    """Return the remainder of a polynomial division, most significant bit first, beginning at zero."""
    number = int.from_bytes(data, "big") << width
    for bit in range(8 * len(data) - 1, -1, -1):
        if number >> (bit + width) & 1:
            number ^= (1 << width | polynomial) << bit
    return number


def _mirrored(data: bytes) -> bytes:
    return bytes(int(f"{byte:08b}"[::-1], 2) for byte in data)


def _adds_up(frame: bytes) -> bool:
    return (sum(frame) - 2 * frame[-1]) % 256 == 0


def _modbus(frame: bytes) -> bool:
    # CRC-16 of Modbus: mirrored bits, beginning at FFFF, which is the same as two inverted first bytes.
    first = bytes([frame[0] ^ 0xFF, frame[1] ^ 0xFF])
    remainder = _division(_mirrored(first + frame[2:-2]), 0x8005, 16)
    return remainder == int.from_bytes(_mirrored(frame[-2:]), "big")


def _pec(words: bytes) -> bool:
    return all(
        _division(bytes([0xB4, command, 0xB5]) + word[:2], 0x07, 8) == word[2]
        for command, word in ((0x06, words[:3]), (0x07, words[3:]))
    )


_CHECKS: dict[str, Callable[[bytes], bool]] = {
    "gy614": _adds_up,
    "gy_mcu90614": _adds_up,
    "lu90614": _adds_up,
    "cjmcu90614": lambda frame: _adds_up(frame[4:]),
    "afuiot_b1": lambda frame: _adds_up(frame[2:10]) and frame[10] == 0x55,
    "modbus_ir": _modbus,
    "mlx90614_i2c": _pec,
}
