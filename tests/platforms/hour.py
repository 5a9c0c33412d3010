"""An hour of passages before a simulated platform in one of its moods, in seconds of ours.

Real are: the HTTP to the platform, the driver, the platform's questions and breaker, the station, the lanes,
the journal on disk, and what a restart reads from it. Time is not: it jumps from one event to the next, and a
slow platform's answers are delivered at the moment they would have come. The suite runs minutes of it,
`./gate bench platforms` the hour: the same code.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from drivers import registry
from drivers.verifier._platform import Mood, SimulatedPlatform
from drivers.verifier._reading import utc_text
from edge import acceptance, codes, procedures
from edge.app.following import Chosen
from edge.app.lanes import BuiltLane, filled
from edge.app.platforms import recalled
from edge.bell import Bell
from edge.devices import Place
from edge.domain.answering import ASKED_MAX_US
from edge.domain.errors import DeviceUnavailable
from edge.domain.events import Decide, Give, ReadingArrived
from edge.domain.facts import Fact
from edge.domain.lane_state import LaneSpec
from edge.domain.model import Carrier, ClockQuality, Code, Instant, Outcome, Scan
from edge.domain.policy import Policy
from edge.domain.ports import Inquiry, PlatformAnswer, PlatformState
from edge.journal import Journal
from edge.messages import ScanArrived
from edge.platforms import WORKERS, Desk, Platform, Route
from edge.platforms.backlog import Question
from edge.station import Station, Surroundings
from tests.domain.people import AIR, reading
from tests.platforms.people import Lamp

SECOND = 1_000_000
START_US = 1_650_000_000 * SECOND
LANES = ("in", "out")
SLOT_S = 12.0
PATIENCE_S = 1.5  # how long the attendant looks at a verdict before turning somebody back
FRESH_S = 3600
_UNANSWERED = ("ask_platform", "platform_silent", "platform_down", "platform_garbled", "seen_elsewhere")
LATENCY_S = {"prompt": 0.2, "slow": 5.0, "wrong": 0.3, "down": 0.05, "lying": 0.4, "half": 0.2}
PROCEDURE = """
title = { zh_Hans = "健康码、测温、口罩", en = "Health code, temperature, mask" }
ordered = false
[[step]]
id = "code"
kind = "code"
title = { zh_Hans = "健康码", en = "Health code" }
carriers = ["china_health"]
[[step.instead]]
id = "id_number"
kind = "id_number"
personal = true
title = { zh_Hans = "证件号码", en = "Number of a document" }
[[step]]
id = "temperature"
kind = "temperature"
title = { zh_Hans = "测体温", en = "Temperature" }
[[step]]
id = "mask"
kind = "question"
title = { zh_Hans = "口罩", en = "Mask" }
[[step.question]]
id = "mask"
title = { zh_Hans = "口罩", en = "Mask" }
choices = [{ value = "on", title = { zh_Hans = "已戴好", en = "On" } }]
[[reason]]
value = "not_allowed"
title = { zh_Hans = "不符合进入条件", en = "Not allowed in" }
"""
ACCEPTED = """
title = { zh_Hans = "绿码", en = "Green" }
never = ["red"]
[[way]]
id = "green"
title = { zh_Hans = "绿码", en = "Green" }
health = ["green"]
"""


@dataclass
class Visitor:
    """One visit. `kind`: `green` and other colours, `unknown`, `stale`, `copy` (a picture of a code that is
    shown at the other lane within seconds); `is_new` where the platform was never asked about the code."""

    lane: str
    kind: str
    code: str
    is_new: bool
    shown_s: float | None = None
    known_s: float | None = None
    passage: int | None = None

    @property
    def may_pass(self) -> bool:
        return self.kind == "green"


@dataclass
class Report:
    """What came of it."""

    mood: str
    visitors: int = 0
    admitted: int = 0
    wrongly: list[str] = field(default_factory=list)
    refused_though_green: int = 0
    waits_new_s: list[float] = field(default_factory=list)
    waits_known_s: list[float] = field(default_factory=list)
    late_due: int = 0
    late_recorded: int = 0
    late_wrong: list[str] = field(default_factory=list)
    went: int = 0
    came: int = 0
    told_twice: int = 0
    questions: int = 0
    flagged_copies: int = 0
    copies: int = 0
    flagged_stale: int = 0
    stale: int = 0
    parked: int = 0
    faults: list[str] = field(default_factory=list)


class Hour:
    """The gate and everybody who comes."""

    def __init__(self, folder: Path, mood: Mood, *, seed: int) -> None:
        self.mood = mood
        self.chance = random.Random(seed)
        self.seconds = self.began_s = 100.0
        self.server = SimulatedPlatform({})
        # Slow is a matter of time, and time is ours: the server itself need not keep anybody waiting.
        self.server.mood = "prompt" if mood == "slow" else mood
        self.journal = Journal.open(folder)
        self.report = Report(mood)
        self.visitors: list[Visitor] = []
        self.here: dict[str, Visitor | None] = dict.fromkeys(LANES)
        self.answered: dict[str, float] = {}
        self.deliveries: list[tuple[float, str, set[str]]] = []  # when, which code, to which lanes
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()
        self._token = count(1)
        self._start()

    # --- the gate -----------------------------------------------------------------------------------

    def _start(self) -> None:
        port = registry.load("verifier", {"driver": "simulated", "url": self.server.url})
        self.driver, self.port = port, port.connect()
        self.busy = 0
        route = Route("simulated", Carrier.CHINA_HEALTH, codes_beginning(), fresh_us=FRESH_S * SECOND)
        place = Place("", "simulated", self._offer, Lamp(), lambda: None, self.now, _count)
        self.platform = Platform(route, port.name, place)
        self.desk = Desk(self._offline, (self.platform,))
        boot = self.journal.start_boot()
        accepted = acceptance.parse("green", ACCEPTED)
        procedure = procedures.accepting(procedures.parse("hour", PROCEDURE), accepted)
        lanes = {
            name: BuiltLane(
                LaneSpec(name, name, procedure, Policy(), boot, number=n, lanes=2),
                Chosen(procedure, PROCEDURE),
                (),
            )
            for n, name in enumerate(LANES)
        }
        reader = self.journal.reader()
        states = recalled(filled(lanes, self.journal, reader), self.journal, reader, self.desk, self.now())
        reader.close()
        self.station = Station(states, self._around())

    def _offer(self, message: Any) -> None:
        self.station.offer(message)

    def restart(self) -> None:
        """Stop in the middle of everything and start again from what is on disk."""
        self.station._close()
        self.port.close()
        for lane, visitor in self.here.items():
            if visitor is not None and visitor.passage is not None:
                self.report.parked += 1
                visitor.known_s = visitor.known_s or self.seconds
            self.here[lane] = None
        # What was on its way comes to nobody.
        self._events = [event for event in self._events if not getattr(event[2], "answer", False)]
        heapq.heapify(self._events)
        # What a platform said, and where a code was seen last, lives in memory alone.
        self.answered.clear()
        self.began_s = self.seconds
        self._start()

    def _around(self) -> Surroundings:
        return Surroundings(
            journal=self.journal,
            read_code=self.desk.read,
            now=self.now,
            perform=lambda _lane, _do: False,
            devices=lambda _lane: [],
            beat=lambda: None,
            count=_count,
            bell=Bell(),
            views=Bell(),
        )

    def _offline(self, payload: bytes, at: Instant) -> Code:
        return codes.read(payload, codes.EMPTY, at.at_us)

    def now(self) -> Instant:
        micros = round(self.seconds * SECOND)
        return Instant(micros, START_US + micros, ClockQuality.SYNCED)

    # --- time ---------------------------------------------------------------------------------------

    def at(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (seconds, next(self._number), act))

    def run(self, until_s: float) -> None:
        """Let events happen, in their order, until then."""
        while True:
            self._settle()
            due = self.seconds + max(0.001, self.platform.overdue())
            self.platform.tell()
            self._settle()
            if self._events and self._events[0][0] <= min(due, until_s):
                self.seconds, _, act = heapq.heappop(self._events)
                act()
            elif due >= until_s:
                self.seconds = until_s
                return
            else:
                self.seconds = due

    def _settle(self) -> None:
        """Work off the inbox, hand questions to workers, look how far everybody is."""
        while True:
            while self.station.waiting:
                self.station.work(0.0)
            if self.busy >= WORKERS or (question := self.platform.take(0)) is None:
                break
            self._ask(question)
        self.station.work(0.0)
        for visitor in self.here.values():
            if visitor is not None:
                self._look(visitor)

    def _ask(self, question: Question) -> None:
        self.busy += 1
        self.report.questions += 1
        outcome: PlatformAnswer | DeviceUnavailable
        try:
            outcome = self.port.resolve(Inquiry(Carrier.CHINA_HEALTH, question.payload), 15.0)
        except DeviceUnavailable as error:
            outcome = error
        latency_s = LATENCY_S[self.mood] * (1.0 if self.mood == "slow" else self.chance.uniform(0.5, 1.5))
        platform = self.platform

        def deliver() -> None:
            self.busy -= 1
            if isinstance(outcome, DeviceUnavailable):
                platform.fail(question, outcome)
                return
            code = question.payload.decode()
            self.deliveries.append((self.seconds, code, {lane for lane, _device in question.waiters}))
            if outcome.state is PlatformState.FOUND:
                self.answered[code] = self.seconds
            platform.settle(question, outcome)

        deliver.answer = True  # type: ignore[attr-defined]
        self.at(self.seconds + latency_s, deliver)

    # --- people -------------------------------------------------------------------------------------

    def people(self, minutes: float) -> float:
        """Let people come for so many minutes; return when the last has gone."""
        first, slots = self.seconds + 1.0, int(minutes * 60 / SLOT_S)
        for slot in range(slots):
            for offset, lane in enumerate(LANES):
                begins = first + slot * SLOT_S + offset * 4.0
                self.at(begins, lambda lane=lane: self._arrive(lane))  # type: ignore[misc]
        return first + slots * SLOT_S + 30.0

    def _arrive(self, lane: str) -> None:
        visitor = self._visitor(lane)
        self.visitors.append(visitor)
        self.here[lane] = visitor
        begins = self.seconds
        for frame in range(15):
            self.at(begins + 0.1 * frame, lambda: self._frame(lane, 36.6))
        for frame in range(60, 66):
            self.at(begins + 0.1 * frame, lambda: self._frame(lane, None))
        for again in range(4):  # a camera reads a code as long as it is held up
            self.at(begins + 0.4 + 0.2 * again, lambda: self._show(visitor))
        self.at(begins + 1.9, lambda: self._mask(visitor))

    def _visitor(self, lane: str) -> Visitor:
        other = next((v for v in reversed(self.visitors) if v.lane != lane), None)
        roll = self.chance.random()
        known = [v for v in self.visitors if self._is_known(v)]
        if (
            roll < 0.08
            and lane == "out"
            and other is not None
            and other.kind == "green"
            and other.is_new
            and (other.shown_s or 0) > self.began_s
        ):
            return Visitor(lane, "copy", other.code, is_new=False)
        if roll < 0.25 and known:
            before = self.chance.choice(known)
            return Visitor(lane, before.kind if before.kind != "copy" else "green", before.code, is_new=False)
        kinds = ("green", "red", "yellow", "grey", "unknown", "stale")
        kind = self.chance.choices(kinds, (70, 8, 6, 3, 6, 7))[0]
        code = f"https://health.example.invalid/c?{self.chance.getrandbits(64):016x}{next(self._token)}"
        if kind != "unknown":
            made_s = 4 * FRESH_S if kind == "stale" else self.chance.uniform(0, 600)
            issued = utc_text(self.now().at_us - round(made_s * SECOND))
            colour = "green" if kind == "stale" else kind
            self.server.people[code] = {"health": colour, "name": "王*", "issued": issued}
        return Visitor(lane, kind, code, is_new=True)

    def _is_known(self, visitor: Visitor) -> bool:
        """Whose code was answered long enough ago to come again, and not so long that it is asked again."""
        answered_s = self.answered.get(visitor.code)
        return answered_s is not None and 60 < self.seconds - answered_s < 540 and visitor.kind != "unknown"

    def _frame(self, lane: str, body_c: float | None) -> None:
        frame = AIR if body_c is None else reading(body_c)
        self.station.offer(ReadingArrived(lane, "thermometer", frame, self.now()))

    def _show(self, visitor: Visitor) -> None:
        if self.here[visitor.lane] is visitor:
            visitor.shown_s = visitor.shown_s if visitor.shown_s is not None else self.seconds
            scan = Scan(visitor.code.encode(), "QRCode", "test")
            self.station.offer(ScanArrived(visitor.lane, "camera", scan, self.now()))

    def _mask(self, visitor: Visitor) -> None:
        if self.here[visitor.lane] is visitor and visitor.passage is not None:
            give = Give(
                visitor.lane,
                visitor.passage,
                f"g{next(self._number)}",
                "door1",
                self.now(),
                (("mask", "on"),),
            )
            self.station.offer(give)

    def _look(self, visitor: Visitor) -> None:
        """What the attendant sees of this visitor now, and does about it."""
        view = self.station.view(visitor.lane)
        if visitor.shown_s is None:
            return
        if visitor.passage is None:
            visitor.passage = view["passage"] if view["passage"] is not None else None
        if view["passage"] != visitor.passage:
            if visitor.known_s is None:
                visitor.known_s = self.seconds
            self.here[visitor.lane] = None
            return
        code = next((step for step in view["steps"] if step["id"] == "code"), None)
        if code is None or "code_asking" in code["reasons"] or code["state"] == "missing":
            return
        if visitor.known_s is None:
            visitor.known_s = self.seconds
            if code["state"] == "failed":
                self.at(self.seconds + PATIENCE_S, lambda: self._turn_back(visitor))

    def _turn_back(self, visitor: Visitor) -> None:
        """Nobody whose code is not in order is let in here; a real attendant has ID numbers and paper."""
        if self.here[visitor.lane] is not visitor:
            return
        view = self.station.view(visitor.lane)
        code = next((step for step in view["steps"] if step["id"] == "code"), None)
        if view["passage"] == visitor.passage and code is not None and code["state"] == "failed":
            head = (visitor.lane, visitor.passage, f"d{next(self._number)}", "door1", self.now())
            self.station.offer(Decide(*head, Outcome.TURN_BACK, "not_allowed"))

    # --- the end ------------------------------------------------------------------------------------

    def close(self) -> Report:
        """Stop everything, read the journal, compare."""
        self.station._close()
        self.port.close()
        self.server.close()
        reader = self.journal.reader()
        rows = reader.rows_after(0, 1_000_000, None)
        reader.close()
        report = self.report
        report.faults = self.journal.verify()
        self.journal.close()
        by_passage = {visitor.passage: visitor for visitor in self.visitors if visitor.passage is not None}
        report.visitors = len(by_passage)
        for visitor in self.visitors:
            if visitor.shown_s is not None and visitor.known_s is not None:
                waits = report.waits_new_s if visitor.is_new else report.waits_known_s
                waits.append(visitor.known_s - visitor.shown_s)
        is_up = True
        for row in rows:
            if row.kind == "passage.decided":
                self._decided(row.body, by_passage.get(row.body["passage"]), row.mono_us / SECOND)
            elif row.kind == "code.answered":
                self._answered_late(row.body, by_passage.get(row.body["passage"]))
            elif row.kind == "gate.stopped":
                is_up = True  # a gate that starts knows nothing of the platform yet
            elif row.kind in ("device.lost", "device.back") and row.body["device"] == "verifier":
                report.told_twice += is_up is (row.kind == "device.back")
                is_up = row.kind == "device.back"
                report.went += not is_up
                report.came += is_up
        return report

    def _decided(self, body: dict[str, Any], visitor: Visitor | None, at_s: float) -> None:
        report = self.report
        admitted = body["outcome"] == Outcome.ADMIT
        report.admitted += admitted
        if visitor is None:
            if admitted:
                report.wrongly.append(f"passage {body['passage']} of nobody")
            return
        if admitted and not visitor.may_pass:
            report.wrongly.append(f"{visitor.kind} in {visitor.lane}")
        report.refused_though_green += not admitted and visitor.may_pass
        shown = [piece for piece in body["evidence"] if piece["t"] == "code"]
        reasons = [code.get("reason") for code in shown]
        # An old answer that stood in for the platform's is not its last word.
        if shown and (reasons[-1] in _UNANSWERED or Fact.ANSWER_AGE_S in shown[-1]["subject"]):
            report.late_due += any(
                code == visitor.code
                and visitor.lane in lanes
                and at_s < seconds < at_s + ASKED_MAX_US / SECOND
                for seconds, code, lanes in self.deliveries
            )
        if visitor.kind == "copy":
            report.copies += 1
            report.flagged_copies += "seen_elsewhere" in reasons
        if visitor.kind == "stale" and visitor.is_new:
            report.stale += 1
            report.flagged_stale += "code_stale" in reasons

    def _answered_late(self, body: dict[str, Any], visitor: Visitor | None) -> None:
        report = self.report
        # Beside the platform's own word there are an old one that was told meanwhile, and what is told of a
        # code where it was seen second.
        own = body["reason"] != "seen_elsewhere" and Fact.ANSWER_AGE_S not in body["subject"]
        report.late_recorded += own
        if visitor is None:
            report.late_wrong.append(f"passage {body['passage']} of nobody")
            return
        known = self.server.people.get(visitor.code)
        if body["verdict"] == "valid" and (known is None or body["subject"].get("colour") != known["health"]):
            report.late_wrong.append(f"{visitor.kind}: {body['subject']}")


def pass_an_hour(folder: Path, mood: Mood, *, minutes: float, seed: int = 1, restart: bool = True) -> Report:
    """Let people pass for so many minutes, with a restart in the middle, and return what came of it."""
    hour = Hour(folder, mood, seed=seed)
    ends = hour.people(minutes)
    if restart:
        # In the middle of somebody's question, not between two people.
        slot = int(minutes * 30 / SLOT_S)
        hour.at(101.0 + slot * SLOT_S + 0.45, hour.restart)
    hour.run(ends)
    return hour.close()


def codes_beginning() -> Any:
    """Return the pattern of this platform's codes."""
    import re

    return re.compile(b"https://health\\.example\\.invalid/")


def _count(*_names: object, **_labels: str) -> None:
    """Metrics are not looked at here."""
