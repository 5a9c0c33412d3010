"""What a simulated thermometer sees: people who step up and empty air between them.

A pure function of a monotonic clock modulo the cycle, so that a camera playing a file on the same
clock stays in step. No I/O except reading a script, no state.
"""

import json
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RISE_S = 0.4
NOISE_C = 0.04
_SLOT_S = 0.05


@dataclass(frozen=True, slots=True)
class Seen:
    """What the module would say at one moment, in degrees Celsius."""

    surface_c: float
    ambient_c: float
    body_c: float


@dataclass(frozen=True, slots=True)
class Person:
    """One person: steps up at `at_s` of the cycle and stays `stay_s`, rise and fall included."""

    at_s: float
    stay_s: float
    surface_c: float
    body_c: float
    ambient_c: float | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """A cycle that repeats for ever. Where people overlap, the earlier in the list is seen."""

    cycle_s: float
    people: tuple[Person, ...] = ()
    ambient_c: float = 24.0
    seed: int = 0

    def seen(self, mono_s: float) -> Seen:
        """Return what stands before the sensor at this moment of the monotonic clock."""
        phase_s = mono_s % self.cycle_s
        jitter = _noise(self.seed, int(phase_s / _SLOT_S))
        for person in self.people:
            since_s = (phase_s - person.at_s) % self.cycle_s
            if since_s < person.stay_s:
                return self._before(person, since_s, jitter)
        return Seen(self.ambient_c + jitter, self.ambient_c, self.ambient_c + jitter)

    def _before(self, person: Person, since_s: float, jitter: float) -> Seen:
        ambient = self.ambient_c if person.ambient_c is None else person.ambient_c
        share = min(1.0, since_s / RISE_S, (person.stay_s - since_s) / RISE_S)
        share = (1 - math.cos(math.pi * share)) / 2
        surface = ambient + (person.surface_c - ambient) * share + jitter
        body = ambient + (person.body_c - ambient) * share + jitter
        return Seen(surface, ambient, body)


@dataclass(slots=True)
class _Script:
    """A script's values with everything that is wrong with them."""

    faults: list[str] = field(default_factory=list)

    def number(self, table: Mapping[str, Any], key: str, where: str, default: float | None = None) -> float:
        value = table.get(key, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and -100 <= value <= 86_400:
            return float(value)
        self.faults.append(f"{where}{key}: expected a number, got {value!r}")
        return 1.0

    def celsius(self, table: Mapping[str, Any], key: str, where: str, default: float | None = None) -> float:
        value = self.number(table, key, where, default)
        if not -100 <= value <= 300:
            self.faults.append(f"{where}{key}: {value!r} is no temperature the module can say")
        return value


GENTLE = Scene(
    cycle_s=30.0,
    people=(
        Person(at_s=2.0, stay_s=3.0, surface_c=34.6, body_c=36.5),
        Person(at_s=12.0, stay_s=3.0, surface_c=34.2, body_c=36.3),
        Person(at_s=22.0, stay_s=3.0, surface_c=34.9, body_c=36.7),
    ),
)
"""Three well people in half a minute, for a gate that is only looked at."""


def load_scene(path: Path, *, seed: int = 0) -> Scene:
    """Return the scene of a JSON script: {"cycle_s", "ambient_c", "people": [{"at_s", "stay_s",
    "surface_c", "body_c", "ambient_c"?}]}. Raises ValueError with every fault; OSError."""
    table = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(table, dict) or not isinstance(table.get("people", []), list):
        raise ValueError('expected an object with "cycle_s" and a list "people"')
    script = _Script()
    ambient = script.celsius(table, "ambient_c", "", 24.0)
    cycle = script.number(table, "cycle_s", "")
    people = [_person(script, entry, n) for n, entry in enumerate(table.get("people", []))]
    if cycle <= 0:
        script.faults.append("cycle_s: expected more than 0")
    if any(p.stay_s > cycle for p in people):
        script.faults.append("people: nobody can stay longer than the cycle lasts")
    if script.faults:
        raise ValueError("; ".join(script.faults))
    return Scene(cycle, tuple(people), ambient, seed)


def _person(script: _Script, entry: Any, n: int) -> Person:
    where = f"people[{n}]."
    if not isinstance(entry, dict):
        script.faults.append(f"people[{n}]: expected an object, got {entry!r}")
        return Person(0.0, 0.0, 0.0, 0.0)
    ambient = script.celsius(entry, "ambient_c", where) if "ambient_c" in entry else None
    at_s, stay_s = (script.number(entry, key, where) for key in ("at_s", "stay_s"))
    surface_c, body_c = (script.celsius(entry, key, where) for key in ("surface_c", "body_c"))
    if stay_s <= 0:
        script.faults.append(f"{where}stay_s: expected more than 0")
    return Person(at_s, stay_s, surface_c, body_c, ambient)


def _noise(seed: int, slot: int) -> float:
    """Return the same small deviation for the same slot of the cycle, evenly within ±NOISE_C."""
    return (zlib.crc32(f"{seed}/{slot}".encode()) / 0xFFFFFFFF * 2 - 1) * NOISE_C
