"""A day of people at a gate with a journal of its own, written as a lane would have written it: for the
temperature page. Everybody is made up."""

import random
from collections.abc import Sequence
from dataclasses import asdict, replace

from edge.domain import rules
from edge.domain.healthy import Healthy, expected, learn, start
from edge.domain.history import Usual, hinted
from edge.domain.model import (
    Answer,
    ClockQuality,
    Evidence,
    Instant,
    Measurement,
    Method,
    Passage,
    Quality,
    Rest,
    Stage,
)
from edge.domain.policy import Policy
from edge.domain.procedure import Procedure
from edge.domain.record import recorded
from edge.domain.skin import PLACES
from edge.journal import Journal, Row
from tests.domain.people import resident

SECOND = 1_000_000


class Crowd:
    """People who pass one lane one after another, and what they taught so far."""

    def __init__(
        self,
        journal: Journal,
        procedure: Procedure,
        policy: Policy,
        *,
        boot: int,
        begin_us: int,
        seed: int = 1,
    ) -> None:
        self.journal, self.procedure, self.policy = journal, procedure, policy
        self.rng = random.Random(seed)
        self.healthy: Healthy = start(PLACES["forehead"])
        self.boot, self.at_us, self.number = boot, begin_us, 0
        self.device_mdegc = 0
        """How far the thermometer has drifted."""
        self.usual_mdegc: int | None = None
        """What is usual for whoever comes next and shows a pass first; None: they show none."""
        self._rows: list[Row] = []

    def publish(self) -> None:
        """Write the numbers down by which everybody is judged."""
        numbers = {"version": self.policy.version, "screening": asdict(self.policy)}
        self.journal.append(Row("settings.changed", self._now(), numbers))

    def passes(  # what a person may be like
        self,
        off_c: float,
        *,
        ambient_c: float = 22.0,
        contact_c: float | None = None,
        again_c: float | None = None,
        quality: Quality = Quality.OK,
        lane: str = "in",
        device: str = "thermometer",
        raws: int = 10,
        is_waiting: bool = False,
    ) -> int:
        """Let somebody pass who stands so far off what healthy people really show; `contact_c` is the second
        measurement by another method, `again_c` one after a rest, off that as well. Returns the passage."""
        at, ambient = self._now(), round(ambient_c * 1000)
        about = expected(self.healthy, ambient, at.at_us)
        truth = expected(start(PLACES["forehead"]), ambient, 0).level_mdegc + self.device_mdegc
        first = self._skin(truth + round(off_c * 1000), ambient, device, raws, quality)
        evidence: list[Evidence] = []
        if self.usual_mdegc is not None:
            about = hinted(about, Usual(about.place, 20, self.usual_mdegc, at.at_us), at.at_us)
            evidence.append(Evidence(at, "camera", resident()))
        evidence.append(Evidence(at, device, replace(first, expected=about)))
        rests: tuple[Rest, ...] = ()
        if again_c is not None:
            rests = (Rest(at, self.boot, "rest", "door1", 300 * SECOND, 1),)
            rested = replace(
                self._skin(truth + round(again_c * 1000), ambient, device, raws, Quality.OK), after_rest=True
            )
            # Up to three readings after a rest count together.
            evidence += [Evidence(at, device, replace(rested, expected=about))] * (3 if again_c > 0 else 1)
        if contact_c is not None:
            by_hand = Measurement(
                device="contact",
                method=Method.CONTACT,
                site="axilla",
                body_mdegc=round(contact_c * 1000),
                conversion="contact/1",
                quality=Quality.OK,
                by="door1",
            )
            evidence.append(Evidence(at, "contact", by_hand))
        evidence.append(Evidence(at, "attendant:door1", Answer("mask", "on", "door1", False, "m1")))
        number = self._end(tuple(evidence), rests, lane, is_waiting=is_waiting)
        if quality is Quality.OK and abs(off_c) < 1.5:
            self.healthy = learn(self.healthy, first.surface_mdegc or 0, ambient, at.at_us)
        return number

    def comes(
        self, people: int, *, every_s: float = 30.0, lane: str = "in", ambients: Sequence[float] = (22.0,)
    ) -> None:
        """Let healthy people pass, spread as they are."""
        for index in range(people):
            self.passes(
                self.rng.gauss(0, 0.38), ambient_c=ambients[index * len(ambients) // people], lane=lane
            )
            self.at_us += round(every_s * SECOND)
        self.flush()

    def flush(self) -> None:
        """Write what has not been written."""
        if self._rows:
            self.journal.append(*self._rows)
            self._rows = []

    def _end(
        self, evidence: tuple[Evidence, ...], rests: tuple[Rest, ...], lane: str, *, is_waiting: bool
    ) -> int:
        at = self._now()
        ruled = rules.decide(self.procedure, self.policy, evidence)
        stage = Stage.PARKED if is_waiting else Stage.ENDED
        decision = ruled if ruled.outcome is not None or is_waiting else rules.nobody(ruled)
        passage = Passage(
            id=self.boot * (1 << 20) + self.number,
            lane=lane,
            direction="in",
            procedure=self.procedure.name,
            procedure_version=self.procedure.version,
            policy_version=self.policy.version,
            opened=at,
            touched=at,
            evidence=evidence,
            stage=stage,
            rests=rests,
            ticket=7 if is_waiting else None,
            decision=decision,
        )
        body, personal = recorded(self.procedure, self.policy, passage)
        kind = "passage.parked" if is_waiting else "passage.decided"
        self._rows.append(Row(kind, at, body, lane, personal or None))
        self.number += 1
        if len(self._rows) >= 500:
            self.flush()
        return passage.id

    def _skin(self, surface: int, ambient: int, device: str, raws: int, quality: Quality) -> Measurement:
        low, high = self.policy.ambient_min_mdegc, self.policy.ambient_max_mdegc
        offset = self.policy.surface_offset_mdegc or 0
        inside = low <= ambient <= high
        return Measurement(
            device=device,
            method=Method.INFRARED,
            site="forehead",
            surface_mdegc=surface,
            ambient_mdegc=ambient,
            body_mdegc=surface + offset if inside else None,
            conversion=f"offset/1:{offset:+d}" if inside else "none:ambient",
            quality=quality,
            frames=raws,
            raws=tuple(bytes((0xA4, 3, 7, number)) for number in range(raws)),
            driver="gy614",
            expected=None,
        )

    def _now(self) -> Instant:
        return Instant(self.at_us, self.at_us, ClockQuality.SYNCED)
