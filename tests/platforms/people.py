"""A platform without threads: time is moved by hand, questions are taken and answered by the test."""

import re
from dataclasses import dataclass, field
from typing import Any

from edge.devices import Place
from edge.domain.errors import DeviceUnavailable
from edge.domain.events import CodeAnswered
from edge.domain.facts import Fact
from edge.domain.model import Carrier, ClockQuality, Instant
from edge.domain.ports import PlatformAnswer, PlatformState
from edge.messages import DeviceChanged
from edge.platforms import Platform, Route
from edge.platforms.backlog import Question

SECOND = 1_000_000
NOW_S = 1_650_000_000
GREEN = PlatformAnswer(PlatformState.FOUND, {Fact.COLOUR: "green"}, {"name": "张*"})
RED = PlatformAnswer(PlatformState.FOUND, {Fact.COLOUR: "red"})
ROUTE = Route("province", Carrier.CHINA_HEALTH, re.compile(b"hc:"))


@dataclass
class Lamp:
    """The health entry: what was said of the platform, in order."""

    said: list[str] = field(default_factory=list)

    def starting(self) -> None:
        self.said.append("starting")

    def up(self) -> None:
        self.said.append("up")

    def down(self, code: str, message: str) -> None:
        self.said.append(f"down:{code}")

    def totals(self, **totals: int) -> None:
        raise AssertionError("a platform has no totals")


class Stand:
    """One platform and everything around it, without a thread: the test asks and answers."""

    def __init__(self, route: Route = ROUTE) -> None:
        self.seconds = 100.0
        self.clock = ClockQuality.SYNCED
        self.messages: list[CodeAnswered | DeviceChanged] = []
        self.lamp = Lamp()
        place = Place("", route.name, self._offer, self.lamp, lambda: None, self.now, lambda *_a, **_k: None)
        self.platform = Platform(route, "scripted", place)

    def _offer(self, message: Any) -> None:
        self.messages.append(message)

    def now(self) -> Instant:
        micros = round(self.seconds * SECOND)
        return Instant(micros, NOW_S * SECOND + micros, self.clock)

    def look(self, payload: bytes = b"hc:1", lane: str = "in", device: str = "scanner") -> str:
        """Show a code; return the reason it has, or its verdict where it has none."""
        code = self.platform.look(lane, device, payload, self.now())
        return code.reason or str(code.verdict)

    def take(self) -> Question | None:
        return self.platform.take(0)

    def taken(self) -> Question:
        question = self.take()
        assert question is not None, "nothing to ask"
        return question

    def settle(self, answer: PlatformAnswer = GREEN) -> Question:
        """Ask what is next and answer it."""
        return self.answer(self.taken(), answer)

    def answer(self, question: Question, answer: PlatformAnswer = GREEN) -> Question:
        """Answer a question that was taken."""
        self.platform.settle(question, answer)
        self.platform.tell()
        return question

    def fail(self, code: str = "lost") -> Question:
        return self.lose(self.taken(), code)

    def lose(self, question: Question, code: str = "lost") -> Question:
        """Give no answer to a question that was taken."""
        self.platform.fail(question, DeviceUnavailable("gone", code=code))
        self.platform.tell()
        return question

    def wait(self, seconds: float) -> None:
        """Let time pass, with the watch looking at every deadline on its way."""
        until = self.seconds + seconds
        while self.seconds < until:
            self.seconds = min(until, self.seconds + max(0.001, self.look_round()))
        self.look_round()

    def look_round(self) -> float:
        """Do what the watch does."""
        wait_s = self.platform.overdue()
        self.platform.tell()
        return wait_s

    @property
    def answers(self) -> list[str]:
        """What the lanes were told, in order."""
        return [m.code.reason or str(m.code.verdict) for m in self.messages if isinstance(m, CodeAnswered)]

    @property
    def changes(self) -> list[bool]:
        """Whether the platform came or went, in order."""
        return [m.up for m in self.messages if isinstance(m, DeviceChanged)]
