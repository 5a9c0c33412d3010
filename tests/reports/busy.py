"""A busy gate, year after year in seconds: rows as the station writes them, with everything that happens.

Power cuts, a clock that starts in the past and is put right later or never, jumps of a clock that was
believed, days without any row, corrections, paper pages taken in days later, decisions written twice.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal, Row
from edge.reports.day import day_of
from edge.reports.sending import Reports, Terms

SECOND_US = 1_000_000
HOUR_US = 3600 * SECOND_US
DAY_US = 24 * HOUR_US
MINUTE_US = 60 * SECOND_US
ZONE = ZoneInfo("Asia/Shanghai")
LIMITS = {"taken": MINUTE_US, "there": 3 * MINUTE_US, "done": 5 * HOUR_US}
NAMES = ("李兰", "王强", "赵敏", "陈新", "周燕", "吴迪", "郑洁", "孙磊")
WHY_NOT = ("origin", "not_allowed", "unwell")


@dataclass
class Clocks:
    """What time it really is, and what the gate's clocks say."""

    true_us: int
    booted_us: int
    wrong_us: int = 0
    quality: ClockQuality = ClockQuality.SYNCED

    def __call__(self) -> Instant:
        return Instant(self.true_us - self.booted_us + SECOND_US, self.true_us + self.wrong_us, self.quality)


class BusyGate:
    """Writes days of a gate into a journal."""

    def __init__(self, journal: Journal, first: date, seed: int = 1, per_day: int = 60) -> None:
        self.journal, self.random, self.per_day = journal, random.Random(seed), per_day
        self.first = first
        begin_us = int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp()) * SECOND_US
        self.clocks = Clocks(begin_us - 8 * HOUR_US + 5 * 60 * SECOND_US, begin_us - 8 * HOUR_US)
        self.reports = Reports(journal, Terms(ZONE), self.clocks, lambda: None)
        self.extra = random.Random(seed + 1)
        self.number, self.case, self.incident = 1, 0, 0
        self.done: list[tuple[int, int, str]] = []
        self.open_cases: list[int] = []
        self.alarms: list[tuple[int, str]] = []
        self.empty: dict[str, int] = {}
        self.counts = {
            "correction": 0,
            "paper": 0,
            "jump": 0,
            "cut": 0,
            "undated": 0,
            "outage": 0,
            "twice": 0,
            "alarm": 0,
            "unfilled": 0,
        }
        self._rows: list[Row] = []
        self.start(ClockQuality.SYNCED)

    def start(self, quality: ClockQuality, behind_us: int = 0) -> None:
        """Start the gate, its clock believed or behind."""
        self.journal.start_boot()
        self.clocks.booted_us = self.clocks.true_us
        self.clocks.quality, self.clocks.wrong_us = quality, -behind_us
        self.write("gate.started", {"version": "0.1.0", "response_us": self._limits()}, lane=None)

    def days(self, count: int) -> Iterator[date]:
        """Live through so many days; yield each after its end."""
        for number in range(count):
            day = self.first + timedelta(days=number)
            self._day(day)
            self.flush()
            yield day

    def report(self) -> list[int]:
        """Let the reports be written that are due."""
        self.flush()
        return self.reports.write_due()

    def flush(self) -> None:
        if self._rows:
            self.journal.append(*self._rows)
            self._rows.clear()

    def write(self, kind: str, body: dict[str, Any], lane: str | None = "in", who: Any = None) -> None:
        self._rows.append(Row(kind, self.clocks(), body, lane, who))
        if len(self._rows) >= 100:
            self.flush()

    def _day(self, day: date) -> None:
        chance = self.random
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZONE)
        ends_us = int((midnight + timedelta(days=1)).timestamp()) * SECOND_US + 3 * 60 * SECOND_US
        if chance.random() < 0.04 and day != self.first:
            self._outage(ends_us)
            return
        step_us = (ends_us - self.clocks.true_us) // (self.per_day + 1)
        for _ in range(self.per_day):
            self.clocks.true_us += max(SECOND_US, int(step_us * chance.uniform(0.5, 1.4)))
            if self.clocks.true_us >= ends_us:
                break
            self._something()
        self.clocks.true_us = max(self.clocks.true_us, ends_us)

    def _outage(self, ends_us: int) -> None:
        """No current until the end of the day; the gate starts in the past and nobody sets it for a while."""
        self.counts["outage"] += 1
        self.flush()
        self.clocks.true_us = ends_us
        self.start(ClockQuality.RESTORED, behind_us=self.random.randrange(HOUR_US, 40 * DAY_US))

    def _limits(self) -> dict[str, int]:
        """The response clock of a run: mostly the same, sometimes with one step, sometimes none."""
        left = self.extra.choices((len(LIMITS), 1, 0), (8, 1, 1))[0]
        return dict(list(LIMITS.items())[:left])

    def _on_duty(self) -> None:
        """Alarms that are answered at once, late, days later or never; positions that nobody fills."""
        chance = self.extra.random()
        if chance < 0.06:
            self.counts["alarm"] += 1
            self.incident += 1
            self._entered("register.entered", self.incident, {"kind": "crowd"})
            self.alarms.append((self.incident, "called"))
        elif chance < 0.2 and self.alarms:
            number, step = self.alarms.pop(self.extra.randrange(len(self.alarms)))
            after = {"called": "came", "came": "ended"}.get(step)
            self.clocks.true_us += self.extra.choice((10, 90, 400)) * SECOND_US
            if after is None:
                self._entered("register.ended", number, None)
            else:
                self._entered("register.amended", number, {"kind": "crowd", "step": step})
                self.alarms.append((number, after))
        elif chance < 0.24:
            self._unfilled(self.extra.choice(("scanner", "police")))

    def _entered(self, kind: str, number: int, fields: dict[str, str] | None) -> None:
        said = {"why": "settled"} if fields is None else {"fields": fields}
        self.write(kind, {"register": "incidents", "entry": number, "by": "door1", **said})

    def _unfilled(self, role: str) -> None:
        self.counts["unfilled"] += 1
        now_us, since = self.clocks().at_us, self.empty.pop(role, None)
        body = {"post": "north", "role": role, "from_us": now_us - 20 * MINUTE_US}
        if since is None:
            self.flush()
            (self.empty[role],) = self.journal.append(
                Row("duty.uncovered", self.clocks(), body | {"planned": True})
            )
        else:
            self.write("duty.covered", body | {"until_us": now_us, "uncovered": since}, lane=None)

    def _something(self) -> None:
        self._on_duty()
        chance = self.random.random()
        if not self.clocks.quality.trusted and chance < 0.3:
            self._put_right()
        elif chance < 0.012:
            self._cut()
        elif chance < 0.018:
            self._jump()
        elif chance < 0.03:
            self._device()
        elif chance < 0.06 and self.done:
            self._correct()
        elif chance < 0.08:
            self._paper()
        elif chance < 0.1:
            self._register()
        elif chance < 0.22:
            self._vehicle()
        else:
            self._person()

    def _cut(self) -> None:
        """The power goes and comes back; sometimes it goes again before the clock is set."""
        self.counts["cut"] += 1
        self.flush()
        self.clocks.true_us += self.random.randrange(60 * SECOND_US, 3 * HOUR_US)
        self.start(ClockQuality.RESTORED, behind_us=self.random.randrange(0, 9 * HOUR_US))
        if self.random.random() < 0.5:
            self.counts["undated"] += 1
            self._person()
            self.clocks.true_us += 60 * SECOND_US
            self.flush()
            quality = self.random.choice((ClockQuality.RESTORED, ClockQuality.SYNCED))
            self.start(quality, behind_us=0 if quality.trusted else HOUR_US)

    def _put_right(self) -> None:
        self._corrected(0, ClockQuality.SYNCED)

    def _jump(self) -> None:
        """Somebody sets a believed clock wrong, or a wrong one right."""
        self.counts["jump"] += 1
        wrong_us = 0 if self.clocks.wrong_us else self.random.choice((-3, -1, 2, 5)) * HOUR_US
        self._corrected(wrong_us, ClockQuality.MANUAL if wrong_us else ClockQuality.SYNCED)

    def _corrected(self, wrong_us: int, quality: ClockQuality) -> None:
        before = self.clocks()
        self.clocks.wrong_us, self.clocks.quality = wrong_us, quality
        body = {"from_us": before.at_us, "to_us": self.clocks().at_us, "quality": quality.value}
        self.write("clock.corrected", body, lane=None)

    def _device(self) -> None:
        for kind in ("device.lost", "device.back"):
            self.write(kind, {"device": "scanner", "name": "scanner"})
            self.clocks.true_us += 40 * SECOND_US

    def _person(self, group: int | None = None, lane: str | None = None) -> None:
        chance = self.random
        lane = lane or chance.choice(("in", "in", "out"))
        who = chance.randrange(60)
        verdict = chance.choices(("normal", "over", "again", "missing"), (90, 3, 2, 5))[0]
        outcome = chance.choices(("admit", "turn_back", "refer", "abandoned"), (88, 5, 3, 4))[0]
        outcome = "refer" if verdict == "over" else outcome
        evidence: list[dict[str, Any]] = [{"t": "measurement", "surface_mdegc": 34_400}]
        evidence.append({"t": "code", "carrier": "gatepost_pass", "verdict": "valid"})
        for question, value, share in (
            *(("mask", "on", 0.9), ("mask", "reminded", 0.06), ("leaflet", "yes", 0.1)),
            *(("venue", "confirmed", 0.4), ("venue", "no_phone", 0.1), ("suspected_contact", "no", 0.2)),
        ):
            if chance.random() < share:
                evidence.append({"t": "answer", "question": question, "value": value, "by": "door1"})
        body: dict[str, Any] = {
            "second": verdict in ("over", "again") or chance.random() < 0.02,
            "musts": {
                "identity": chance.random() < 0.97,
                "information": True,
                "temperature": verdict == "normal",
                "mask": chance.random() < 0.97,
            },
        }
        if chance.random() < 0.04:
            body |= {"override": True, "by": chance.choice(("door1", "boss")), "chosen": "known"}
        if outcome == "turn_back":
            body |= {"by": "door1", "chosen": chance.choice(WHY_NOT)}
        if outcome == "refer" and chance.random() < 0.3:
            body["chosen"] = "suspected"
        body["category"] = "resident" if who < 40 else "visitor"
        evidence += self._looked_up(who)
        self._ended(lane, outcome, verdict, more=body, evidence=evidence, who=self._named(who), group=group)
        if outcome == "refer":
            self._case(self.number - 1)

    def _looked_up(self, who: int) -> list[dict[str, Any]]:
        """What the register of people said, where anybody asked it."""
        found: dict[str, Any] = {"t": "known", "by": "phone", "register": "people"}
        found |= {"standing": "found", "entry": who + 1}
        said = self.extra.choices(("found", "differs", "several", "vehicle", "none"), (6, 1, 1, 1, 1))[0]
        return {
            "found": [found],
            "differs": [found | {"differs": ["name"]}],
            "several": [found, found | {"entry": who + 2}],
            "vehicle": [found | {"register": "vehicles"}],
            "none": [],
        }[said]

    def _named(self, who: int) -> dict[str, Any] | None:
        if self.random.random() < 0.05:
            return None
        name, room = NAMES[who % len(NAMES)], f"{who % 9 + 1}-{who}"
        personal = {"name": name, "room": room}
        if who % 3 == 0:
            personal["pass_id"] = f"{who:016x}" if self.random.random() < 0.5 else f"{who:016X}"
            if who % 4 == 0 and self.extra.random() < 0.4:
                del personal["pass_id"]  # with the telephone alone, for once
        if who % 4 == 0:
            personal["phone"] = f"1390000{who:04d}"
        return {"evidence": {"1": {"personal": personal}}, "find": list(personal.values())}

    def _vehicle(self) -> None:
        chance = self.random
        lane = chance.choice(("in", "out"))
        number, evidence = self.number, [{"t": "answer", "question": "plate", "by": "door1"}]
        if chance.random() < 0.7:
            evidence.append(
                {
                    "t": "answer",
                    "question": "disinfected",
                    "value": chance.choice(("chlorine", "yes", "no")),
                    "by": "door1",
                }
            )
        outcome = chance.choices(("admit", "turn_back"), (96, 4))[0]
        seats = chance.choice((0, 1, 2, 2, 3))
        told = seats + chance.choice((0, 0, 0, 1))
        more: dict[str, Any] = {
            "vehicle": True,
            "musts": {},
            "told": told,
            "occupants": [{"passage": 0, "outcome": "admit"}] * seats,
        }
        more |= {"chosen": "origin"} if outcome == "turn_back" else {}
        plate = f"渝A{chance.randrange(40):05d}"
        who = {"evidence": {"0": {"value": plate}}, "find": [plate]} if chance.random() < 0.95 else None
        self._ended(lane, outcome, "missing", more=more, evidence=evidence, who=who)
        for _ in range(seats):
            self.clocks.true_us += 3 * SECOND_US
            self._person(group=number, lane=lane)

    def _ended(
        self,
        lane: str,
        outcome: str,
        verdict: str,
        *,
        more: dict[str, Any],
        evidence: list[dict[str, Any]],
        who: dict[str, Any] | None,
        group: int | None = None,
    ) -> None:
        now = self.clocks()
        body: dict[str, Any] = {
            "passage": self.number,
            "direction": "out" if lane == "out" else "in",
            "procedure": {"name": "compound", "version": "0123456789abcdef"},
            "policy": "fedcba9876543210",
            "opened_us": now.at_us,
            "opened_mono_us": now.mono_us,
            "touched_us": now.at_us,
            "touched_mono_us": now.mono_us,
            "stage": "ended",
            "outcome": outcome,
            "reasons": ["complete"] if outcome == "admit" else ["attendant"],
            "temperature": {"verdict": verdict},
            "second": False,
            "evidence": evidence,
        } | more
        if group is not None:
            body["group"] = group
        if self.random.random() < 0.1:
            self.write("passage.held", _held(body), lane, who)
        self.write("passage.decided", body, lane, who)
        if self.random.random() < 0.01:
            self.counts["twice"] += 1
            self.write("passage.decided", body | {"outcome": "turn_back", "chosen": "unwell"}, lane, who)
        self.done.append((self.number, now.at_us, lane))
        self.number += 1

    def _case(self, passage: int) -> None:
        self.case += 1
        now = self.clocks()
        body = {
            "case": self.case,
            "passage": passage,
            "why": ["attendant"],
            "due_us": now.at_us + 2 * HOUR_US,
        }
        self.write("case.opened", body)
        if self.random.random() < 0.9:
            self.write("case.handed_over", self._step(self.case, "handed_over", unit="发热门诊"))
        self.open_cases.append(self.case)
        if len(self.open_cases) > 3:
            case = self.open_cases.pop(0)
            self.write("case.acknowledged", self._step(case, "acknowledged"))
            self.write("case.followed_up", self._step(case, "acknowledged", what="reached"))
            self.write("case.closed", {**self._step(case, "closed", result="other")})
            if self.random.random() < 0.1:
                self.write("case.reopened", self._step(case, "handed_over", why="news"))
                self.open_cases.append(case)

    def _step(self, case: int, stage: str, **more: Any) -> dict[str, Any]:
        body: dict[str, Any] = {"case": case, "stage": stage, "by": "boss", "command_id": "c"} | more
        return body if stage == "closed" else body | {"due_us": self.clocks().at_us + 24 * HOUR_US}

    def _correct(self) -> None:
        """Something of the last days was not as it was written."""
        self.counts["correction"] += 1
        number, at_us, lane = self.random.choice(self.done[-400:])
        day = day_of(at_us, ZONE).isoformat()
        said = self.random.choice(
            ({"void": True}, {"outcome": "refer"}, {"direction": "out"}, {"suspected": True})
        )
        body = {
            "passage": number,
            "replaces": 1,
            "day": day,
            "by": "boss",
            "command_id": "x",
            "why": "mistake",
        }
        self.write("correction.recorded", {**body, **said}, lane)

    def _paper(self) -> None:
        """A line of a paper page of one of the last days."""
        self.counts["paper"] += 1
        chance = self.random
        written_us = self.clocks.true_us - chance.randrange(0, 4 * DAY_US)
        vehicle = chance.random() < 0.2
        body = {
            "day": day_of(written_us, ZONE).isoformat(),
            "written_us": written_us,
            "direction": chance.choice(("in", "out")),
            "outcome": chance.choice(("admit", "admit", "turn_back")),
            "verdict": "missing" if vehicle else chance.choice(("normal", "over", "missing")),
            "by": "boss",
            "command_id": "p",
        } | ({"vehicle": True} if vehicle else {})
        if body["outcome"] == "turn_back":
            body["reason"] = "origin"
        who = chance.randrange(60)
        personal = (
            {"plate": f"渝A{who:05d}"}
            if vehicle
            else {"name": NAMES[who % 8], "room": f"{who % 9 + 1}-{who}"}
        )
        self.write("paper.entered", body, "in", personal | {"writer": "老周"})

    def _register(self) -> None:
        self.flush()
        body = {"register": "supplies", "entry": 1, "fields": {"item": "mask"}, "by": "boss"}
        if not self.counts.get("register"):
            self.write("register.entered", body, lane=None)
            self.counts["register"] = 1
        else:
            self.write("register.amended", body, lane=None)


def _held(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "outcome"} | {"stage": "hold"}
