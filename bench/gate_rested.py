"""A rest indoors as the gate itself goes about it: what is expected, who is asked to rest, what the readings
after it come to and what everybody teaches are the lane's own functions and the numbers that ship. Nothing
is set afterwards to the year it is judged by.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import nan

from bench.gate_year import REST_S, Coming, after_rest
from bench.gate_year_run import Scored, Year, judge
from edge import procedures
from edge.domain.bench import added
from edge.domain.lane_state import LaneSpec, LaneState
from edge.domain.learning import expecting, learned
from edge.domain.model import (
    Carrier,
    ClockQuality,
    Code,
    CodeVerdict,
    Evidence,
    Instant,
    Measurement,
    Method,
    Rest,
    ScreeningVerdict,
)
from edge.domain.policy import Policy
from edge.domain.screening import find

POLICY = Policy(decides="level")  # the thermometer of the study says nothing of a body
READINGS = 3
DEVICE = "thermometer"
_PROCEDURE = "compound"
_CONVERSION = "none:uncalibrated"
_Frame = tuple[Instant, int, int]
"""When, and thousandths of a degree: surface and ambient."""


@dataclass(frozen=True, slots=True)
class Passed:
    """How one passage went: whether it ended as over, after a rest, and by how many readings in all.
    `contact`: nothing but a contact thermometer was left."""

    over: bool
    rested: bool
    readings: int
    contact: bool = False


@dataclass(slots=True)
class Gate:
    """One lane with one thermometer. `history`: everybody shows a code before being measured."""

    site: str
    policy: Policy = POLICY
    history: bool = False
    state: LaneState = field(default_factory=LaneState)

    @property
    def spec(self) -> LaneSpec:
        """The lane as its own functions know it."""
        path = procedures.SHIPPED / f"{_PROCEDURE}.toml"
        shipped = procedures.parse(_PROCEDURE, path.read_text("utf-8"), str(path))
        places = ((DEVICE, self.site),)
        return LaneSpec("in", "in", shipped, self.policy, 1, places=places, own_history=self.history)

    def pass_all(self, people: Sequence[Coming]) -> list[Passed]:
        """Let people pass in their order."""
        spec = self.spec
        return [self._passes(spec, one) for one in people]

    def _passes(self, spec: LaneSpec, one: Coming) -> Passed:
        evidence: tuple[Evidence, ...] = ()
        rests: tuple[Rest, ...] = ()
        now = _at(one.at_us)
        if self.history:
            code = Code(Carrier.GATEPOST_PASS, CodeVerdict.VALID, holder=f"pass:{one.person}")
            evidence = (Evidence(now, "camera", code),)
        frame = now, one.surface_mdegc[0], one.ambient_mdegc
        evidence = self._measured(spec, rests, evidence, frame)
        verdict, readings = find(evidence, spec.policy).verdict, 1
        # Who cannot be measured goes to the contact thermometer at once: that is no seat and no alarm.
        if verdict is ScreeningVerdict.AGAIN:
            rests = (Rest(now, spec.boot, "rest", lasted_us=REST_S * 1_000_000, pieces=len(evidence)),)
            back = after_rest(one)
            now = _at(back.at_us)
            for surface in back.surface_mdegc[:READINGS]:
                evidence = self._measured(spec, rests, evidence, (now, surface, back.ambient_mdegc))
                verdict, readings = find(evidence, spec.policy).verdict, readings + 1
                if verdict is not ScreeningVerdict.AGAIN:
                    break
        self.state = learned(
            self.state,
            evidence,
            verdict,
            now,
            policy=spec.policy,
            boot=spec.boot,
            whose=lambda item: item.device,
            own_history=self.history,
        )
        is_decided = verdict in (ScreeningVerdict.NORMAL, ScreeningVerdict.OVER)
        return Passed(verdict is ScreeningVerdict.OVER, bool(rests), readings, not is_decided)

    def _measured(
        self, spec: LaneSpec, rests: tuple[Rest, ...], evidence: tuple[Evidence, ...], frame: _Frame
    ) -> tuple[Evidence, ...]:
        now, surface, ambient = frame
        item = Measurement(DEVICE, Method.INFRARED, self.site, surface, ambient, conversion=_CONVERSION)
        return expecting(spec, self.state, added(spec, rests, evidence, Evidence(now, DEVICE, item)))


def rested(people: Sequence[Coming], *, history: bool = False) -> Year:
    """Return a year of the gate as it ships: nothing but who was over, so there is no area."""
    passed = Gate(people[0].site, history=history).pass_all(people)
    scored = [
        Scored(float(how.over), who.truth, who.band, how.rested)
        for who, how in zip(people, passed, strict=True)
    ]
    return replace(judge(scored, 0.5), area=nan)


def _at(at_us: int) -> Instant:
    return Instant(at_us, at_us, ClockQuality.SYNCED)
