"""Made-up people and a lane for them to walk into."""

import functools
from pathlib import Path

from edge import procedures
from edge.domain import lane
from edge.domain.events import (
    Begin,
    CodeRead,
    Command,
    Decide,
    Give,
    LaneEvent,
    Measure,
    Park,
    ReadingArrived,
    Resume,
    Tick,
)
from edge.domain.lane_state import Do, LaneSpec, LaneState, Record
from edge.domain.model import (
    Carrier,
    ClockQuality,
    Code,
    CodeVerdict,
    Instant,
    Outcome,
    Passage,
    Quality,
    Reading,
)
from edge.domain.policy import Policy
from edge.domain.procedure import Procedure

ROOT = Path(__file__).resolve().parents[2]
SECOND = 1_000_000
POLICY = Policy(rest_us=60 * SECOND)


@functools.cache
def procedure(name: str = "compound") -> Procedure:
    """Return one of the procedures that ship."""
    path = ROOT / "config" / "procedures" / f"{name}.toml"
    return procedures.parse(name, path.read_text("utf-8"), str(path))


def spec(name: str = "compound", *, boot: int = 1, policy: Policy = POLICY) -> LaneSpec:
    return LaneSpec("in", "in", procedure(name), policy, boot)


def at(seconds: float, clock: ClockQuality = ClockQuality.SYNCED) -> Instant:
    return Instant(int(seconds * SECOND), 1_580_000_000 * SECOND + int(seconds * SECOND), clock)


def reading(body_c: float | None, surface_c: float | None = None, ambient_c: float | None = 22.0) -> Reading:
    """A frame as a GY-614V sends it; the forehead is two degrees below the body."""
    surface = surface_c if surface_c is not None else (body_c - 2.0 if body_c is not None else None)
    return Reading(
        surface_mdegc=round(surface * 1000) if surface is not None else None,
        ambient_mdegc=round(ambient_c * 1000) if ambient_c is not None else None,
        vendor_body_mdegc=round(body_c * 1000) if body_c is not None else None,
        quality=Quality.OK,
        raw=bytes([0xA4, 3, 7, 7, round((surface or 0) * 2) % 256]),
    )


AIR = Reading(22_000, 22_000, 22_000, Quality.OK, b"\xa4air")


def resident(name: str = "王小明", verdict: CodeVerdict = CodeVerdict.VALID) -> Code:
    return Code(
        Carrier.GATEPOST_PASS,
        verdict,
        subject={"category": "resident"},
        personal={"name": name, "room": "3-502"},
        holder=f"pass:{name}",
    )


class Walk:
    """A lane that is walked through event by event; keeps every record and effect in order."""

    def __init__(self, name: str = "compound", **kwargs: object) -> None:
        self.spec = spec(name, **kwargs)  # type: ignore[arg-type]
        self.state = LaneState()
        self.records: list[Record] = []
        self.dos: list[Do] = []
        self.now = 10.0
        self._commands = 0

    def event(self, event: LaneEvent) -> None:
        result = lane.step(self.spec, self.state, event)
        self.state = result.state
        self.records.extend(result.records)
        self.dos.extend(result.dos)

    def stand(self, body_c: float | None, seconds: float = 1.5, **kwargs: float) -> None:
        """Somebody stands before the sensor, then leaves it; ten frames a second."""
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            self.event(ReadingArrived("in", "t", reading(body_c, **kwargs), at(self.now)))
        self.air()

    def air(self, seconds: float = 0.6) -> None:
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            self.event(ReadingArrived("in", "t", AIR, at(self.now)))

    def show(self, code: Code) -> None:
        self.now += 0.1
        self.event(CodeRead("in", "camera", code, at(self.now)))

    def give(self, **answers: str) -> None:
        self.event(Give(*self._head(), tuple(answers.items())))

    def decide(self, outcome: Outcome, reason: str = "known", passage: int | None = None) -> None:
        self.event(Decide(*self._head(passage), outcome, reason))

    def park(self, why: str = "rest") -> None:
        self.event(Park(*self._head(), why))

    def begin(self) -> None:
        lane_name, _passage, command, by, when = self._head(0)
        self.event(Begin(lane_name, None, command, by, when))

    def measure(self, place: str = "") -> None:
        self.event(Measure(*self._head(), place))

    def resume(self, ticket: int) -> None:
        lane_name, _passage, command, by, when = self._head(0)
        self.event(Resume(lane_name, None, command, by, when, ticket))

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.event(Tick("in", at(self.now)))

    @property
    def last(self) -> Passage:
        assert self.state.last is not None
        return self.state.last

    @property
    def outcome(self) -> Outcome | None:
        return self.last.decision.outcome if self.state.last and self.last.decision else None

    def is_undecided(self) -> bool:
        """Say whether no passage has ended yet."""
        return self.state.last is None

    def _head(self, passage: int | None = None) -> tuple[str, int | None, str, str, Instant]:
        self.now += 0.1
        self._commands += 1
        if passage is None and self.state.active is not None:
            passage = self.state.active.id
        return "in", passage, f"c{self._commands}", "door1", at(self.now)


__all__ = ["AIR", "POLICY", "Command", "Walk", "at", "procedure", "reading", "resident", "spec"]
