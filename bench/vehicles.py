"""Vehicles with everybody in them, through the real station, the real journal and real starts: a day of a
boundary checkpoint at 7 vehicles a minute with 2.4 occupants each, and what goes wrong on one.

The generator knows who sits where and how warm they are. Every occupant has a pass and a temperature of
their own, so that whatever went to somebody else can be named afterwards from the journal alone.
"""

import random
import statistics
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.figures import figure
from bench.vehicles_day import PER_MINUTE, Day, Person, Vehicle
from edge.journal import Journal, StoredRow

VEHICLES = 10_000
SEED = 20200208


@dataclass
class Score:
    """What a replay came to. `wrong` are passages that hold something of somebody else, or belong to a
    vehicle its person was not in; `lost` are people of an admitted vehicle without a passage of theirs in it;
    `pulses` that the barrier did not open exactly once for each that was admitted; `undone` are vehicles that
    did not end as they had to."""

    vehicles: int = 0
    people: int = 0
    wrong: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    pulses: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)
    busy_s: float = 0.0


def rows(vehicles: int = VEHICLES, seed: int = SEED) -> Iterator[dict[str, Any]]:
    """Yield the figures of a replay of so many vehicles."""
    with tempfile.TemporaryDirectory() as folder:
        score = replay(Path(folder), vehicles, seed)
    cuts = statistics.quantiles(score.latencies_ms, n=100)
    yield figure("vehicles.replayed", score.vehicles, "vehicles", n=score.people)
    yield figure(
        "vehicles.occupants.mean", score.people / score.vehicles, "people", peer="S0", peer_value=2.38
    )
    for name in ("wrong", "lost", "pulses", "undone"):
        yield figure(f"vehicles.{name}", len(getattr(score, name)), "cases", n=score.vehicles)
    yield figure("vehicles.verdict.ms.p50", cuts[49], "ms", n=len(score.latencies_ms))
    yield figure("vehicles.verdict.ms.p99", cuts[98], "ms", n=len(score.latencies_ms))
    a_minute = 60 * score.vehicles / score.busy_s
    yield figure(
        "vehicles.per_minute", a_minute, "vehicles", peer="asked for", peer_value=PER_MINUTE, n=score.vehicles
    )
    for name, count in sorted(score.happened.items()):
        yield figure(f"vehicles.happened.{name}", count, "times")


def replay(folder: Path, vehicles: int, seed: int) -> Score:
    """Let so many vehicles pass and compare the journal with who sat in them."""
    day = Day(folder / "gate", random.Random(seed))
    for _ in range(vehicles):
        day.one_vehicle()
    day.close()
    return judged(day, folder)


def judged(day: Day, folder: Path) -> Score:
    """Compare the journal of a day with who sat in the vehicles."""
    score = Score(
        vehicles=len(day.vehicles),
        people=sum(len(vehicle.people) for vehicle in day.vehicles),
        happened=day.happened,
        latencies_ms=day.latencies_ms,
        busy_s=day.busy_s,
    )
    with Journal.open(folder / "gate", create=False) as journal:
        _compare(score, day, _Told.of(journal))
    return score


@dataclass
class _Told:
    """What the journal says: the newest end of every passage, opened."""

    bodies: dict[int, dict[str, Any]] = field(default_factory=dict)
    names: dict[int, set[str]] = field(default_factory=dict)
    plates: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, journal: Journal) -> "_Told":
        told, reader, after = cls(), journal.reader(), 0
        while found := reader.rows_after(after, 500, {"passage.decided"}):
            after = found[-1].seq
            for row in found:
                told._take(row, journal.unseal(row) or {})
        reader.close()
        return told

    def _take(self, row: StoredRow, sealed: dict[str, Any]) -> None:
        number, hidden = row.body["passage"], sealed.get("evidence", {})
        self.bodies[number] = row.body
        self.names[number] = {
            piece["personal"]["name"] for piece in hidden.values() if "name" in piece.get("personal", {})
        }
        for place, piece in enumerate(row.body["evidence"]):
            if piece.get("question") == "plate":
                self.plates[number] = hidden[str(place)]["value"]


def _compare(score: Score, day: Day, told: _Told) -> None:
    people = {person.name: person for person in day.people}
    for number, body in told.bodies.items():
        if not body.get("vehicle"):
            score.wrong += _of_another(people, told, number, body)
    ended = {plate: told.bodies[number] for number, plate in told.plates.items()}
    for vehicle in day.vehicles:
        body = ended.get(vehicle.plate, {"outcome": "none"})
        if body["outcome"] != vehicle.outcome:
            score.undone.append(f"{vehicle.plate}: {body['outcome']} for {vehicle.outcome}")
        elif body["outcome"] == "admit":
            score.lost += _missing(told, vehicle, body)
    opened = Counter(day.opened)
    let_in = {n for n, b in told.bodies.items() if b["outcome"] == "admit" and "group" not in b}
    score.pulses += [f"{n}: {opened[n]} times" for n in {*opened, *let_in} if opened[n] != int(n in let_in)]


def _of_another(people: dict[str, Person], told: _Told, number: int, body: dict[str, Any]) -> list[str]:
    names, plate = told.names[number], told.plates.get(body.get("group", -1))
    if len(names) > 1:
        return [f"{number}: {len(names)} people"]
    measured = {p["body_mdegc"] for p in body["evidence"] if p["t"] == "measurement"}
    for name in names:
        person = people[name]
        if plate != person.plate:
            return [f"{name}: in {plate}, not {person.plate}"]
        if not measured <= person.values_mdegc:
            return [f"{name}: {sorted(measured)} is not theirs"]
    return []


def _missing(told: _Told, vehicle: Vehicle, body: dict[str, Any]) -> list[str]:
    there = {name for one in body["occupants"] for name in told.names[one["passage"]]}
    return [f"{vehicle.plate}: {person.name}" for person in vehicle.people if person.name not in there]
