"""One platform: its questions, its answers kept for a while, and what is said while it is silent.

The station asks and goes on. Workers talk to the platform; a watch says "no answer in time" when the
time is up, whatever a worker is blocked in. An answer that comes later still reaches the station, for
the passage it belongs to.
"""

import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from edge.codes.reasons import CodeReason
from edge.devices import Driver, Place
from edge.domain.errors import DeviceUnavailable
from edge.domain.events import CodeAnswered
from edge.domain.model import Code, Instant
from edge.domain.ports import Inquiry, PlatformAnswer, PlatformState, Verifier
from edge.messages import DeviceChanged
from edge.platforms.answers import SECOND_US, Route, answered, digest, is_text, unanswered
from edge.platforms.backlog import BACKLOG_US, Backlog, Question
from edge.platforms.breaker import Breaker
from edge.platforms.sightings import Sightings

log = logging.getLogger(__name__)

WORKERS = 3
WAITING = 64  # questions out or queued; more people do not stand at one gate
KEPT = 4096
TRIES = 5
LATE_S = 15.0  # how long a worker goes on listening for an answer nobody waits for any more
HEART_S = 120.0  # a name server can hold a worker up, and is tried several times
RETRY_US = 5 * SECOND_US
_IDLE_S = 0.5

_SAYS = {"silent": CodeReason.PLATFORM_SILENT, "garbled": CodeReason.PLATFORM_GARBLED}
# Answers that say something of the code; the others say something of the platform, and are asked for anew.
_LASTING = frozenset({PlatformState.FOUND, PlatformState.EXPIRED})
_OF_NO_USE = frozenset({PlatformState.FAILED, PlatformState.NO_MEANING})


class Platform:
    """Asks one platform on behalf of every lane. `place` says whom to tell of its losses."""

    def __init__(self, route: Route, driver: Driver, place: Place) -> None:
        self.route = route
        self._driver = driver
        self._place = place
        self._changed = threading.Condition()
        self._queue: deque[Question] = deque()
        self._out: dict[str, Question] = {}
        self._backlog = Backlog()
        self._kept: OrderedDict[str, tuple[PlatformAnswer, int]] = OrderedDict()
        self._sightings = Sightings()
        self._breaker = Breaker()
        self._is_up = True
        place.status.up()

    def look(self, lane: str, device: str, payload: bytes, at: Instant) -> Code:
        """Return what is known of a payload now, and ask where that is worth it."""
        if not is_text(payload):
            # No platform can be asked about it, and nobody may make one look broken with it.
            return unanswered(self.route, payload, CodeReason.ENCODING)
        key, now_us = digest(payload), at.mono_us
        with self._changed:
            if self._sightings.elsewhere(key, lane, now_us, self.route.apart_us):
                code = unanswered(self.route, payload, CodeReason.SEEN_ELSEWHERE)
                # What speaks against its holder is not lost by walking to the other lane.
                known = self._kept.get(key)
                return code if known is None else replace(code, subject=dict(known[0].subject))
            if (kept := self._kept.get(key)) is not None and now_us - kept[1] <= self._again_us(kept[0]):
                return answered(self.route, payload, kept[0], at, age_us=now_us - kept[1])
            reason = self._ask(
                Question(payload, key, now_us, now_us + self.route.timeout_us, [(lane, device)])
            )
            if reason is CodeReason.ASK_PLATFORM:
                return unanswered(self.route, payload, reason)
            return self._without(payload, key, at, reason)

    def recall(self, lane: str, device: str, payload: bytes, asked_us: int) -> None:
        """Ask again about a code that an earlier run of the gate got no answer for; nobody waits.
        `asked_us` is when it was shown, by the monotonic clock of this run."""
        if is_text(payload):
            question = Question(payload, digest(payload), asked_us, asked_us, [(lane, device)], told=True)
            with self._changed:
                self._backlog.add(question)
                self._changed.notify_all()

    def watch(self, stop: threading.Event) -> None:
        """Tell the lanes when their time is up, until `stop` is set."""
        while not stop.is_set():
            self._place.beat()
            wait_s = self.overdue()
            with self._changed:
                self._changed.wait(wait_s)

    def work(self, stop: threading.Event, beat: Callable[[], None]) -> None:
        """Ask the platform what waits, until `stop` is set; `beat` is this worker's own heart."""
        port: Verifier | None = None
        while not stop.is_set():
            beat()
            question = self.take(_IDLE_S)
            if question is None:
                continue
            try:
                if port is None:
                    port = self._driver.connect()
                answer = port.resolve(Inquiry(self.route.carrier, question.payload), LATE_S)
            except DeviceUnavailable as error:
                self.fail(question, error)
                if port is not None:
                    port.close()
                    port = None
            else:
                self.settle(question, answer)
        if port is not None:
            port.close()

    def overdue(self) -> float:
        """Tell the lanes whose time is up; return for how many seconds nothing more can be due."""
        with self._changed:
            now = self._place.now()
            pending = [question for question in self._out.values() if not question.counted]
            due = [question for question in pending if question.deadline_us <= now.mono_us]
            news = [message for question in due for message in self._timed_out(question, now)]
            self._breaker = self._breaker.rested(now.mono_us)
            news += [] if self._breaker.is_open else self._turned(up=True, now=now)
        self._tell(news)
        left_us = [q.deadline_us - now.mono_us for q in pending if q not in due]
        return min([_IDLE_S, *(left / SECOND_US for left in left_us)])

    def take(self, wait_s: float) -> Question | None:
        """Return the question to ask next, waiting for one at most so long."""
        with self._changed:
            if not self._queue and not self._takes_backlog() and wait_s > 0:
                self._changed.wait(wait_s)
            if self._queue:
                return self._queue.popleft()
            if not self._takes_backlog():
                return None
            question = self._backlog.take()
            if (out := self._out.get(question.key)) is not None:
                out.waits(*question.waiters)
                return None
            # Nobody waits for this one; its time says whether the platform is as quick as it should be.
            question.deadline_us = self._place.now().mono_us + self.route.timeout_us
            question.counted = False
            self._send(question)
            self._changed.notify_all()
            return question

    def fail(self, question: Question, error: DeviceUnavailable) -> None:
        """Take in that a question that was taken got no answer."""
        with self._changed:
            now = self._place.now()
            self._out.pop(question.key, None)
            news: list[Any] = []
            if not question.told:
                question.told = True
                reason = _SAYS.get(error.code, CodeReason.PLATFORM_DOWN)
                code = self._without(question.payload, question.key, now, reason)
                news += self._for_all(question, code, now)
            news += self._count_failure(question, error, now)
            # What the platform answers with nonsense it would answer so again.
            question.tries += 1
            if error.code != "garbled" and question.tries < TRIES:
                self._backlog.add(question)
        self._tell(news)

    def settle(self, question: Question, answer: PlatformAnswer) -> None:
        """Take in what the platform answered to a question that was taken."""
        with self._changed:
            now = self._place.now()
            self._out.pop(question.key, None)
            self._kept.pop(question.key, None)
            self._kept[question.key] = (answer, now.mono_us)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            code = answered(self.route, question.payload, answer, now)
            news = self._for_all(question, code, now)
            if now.mono_us > question.deadline_us:
                late = DeviceUnavailable("no answer in time", code="silent")
                news += self._count_failure(question, late, now)
                self._breaker = self._breaker.late(now.mono_us)
            elif answer.state in _OF_NO_USE:
                # A platform is not back because it says that it cannot say anything.
                useless = DeviceUnavailable("its answers say nothing of the codes", code="garbled")
                news += self._count_failure(question, useless, now) if question.trial else []
                question.counted = True
            elif not question.counted:
                question.counted = True
                if question.trial or not self._breaker.is_open:
                    self._breaker = self._breaker.answered(now.mono_us)
                news += [] if self._breaker.is_open else self._turned(up=True, now=now)
            self._changed.notify_all()
        self._tell(news)

    def _ask(self, question: Question) -> CodeReason:
        """Ask where that is worth it; return why nothing is known yet."""
        out = self._out.get(question.key)
        if out is not None:
            out.waits(*question.waiters)
            return CodeReason.PLATFORM_SILENT if out.told else CodeReason.ASK_PLATFORM
        if self._breaker.is_open or len(self._out) >= WAITING:
            # Nobody is made to wait to find out; a worker does, with this very code if it is the oldest.
            question.told = True
            self._backlog.add(question)
            self._changed.notify_all()
            return CodeReason.PLATFORM_DOWN
        self._send(question)
        self._queue.append(question)
        self._changed.notify_all()
        return CodeReason.ASK_PLATFORM

    def _takes_backlog(self) -> bool:
        now_us = self._place.now().mono_us
        self._backlog.forget(now_us - BACKLOG_US)
        return bool(self._backlog) and self._breaker.allows(now_us)

    def _send(self, question: Question) -> None:
        question.trial = self._breaker.is_open
        self._breaker = self._breaker.asked()
        self._out[question.key] = question

    def _timed_out(self, question: Question, now: Instant) -> list[Any]:
        news: list[Any] = []
        silent = DeviceUnavailable("no answer in time", code="silent")
        if not question.told:
            question.told = True
            code = self._without(question.payload, question.key, now, CodeReason.PLATFORM_SILENT)
            news += self._for_all(question, code, now)
        return news + self._count_failure(question, silent, now)

    def _again_us(self, answer: PlatformAnswer) -> int:
        again_us = self.route.again_us
        return again_us if answer.state in _LASTING else min(again_us, RETRY_US)

    def _without(self, payload: bytes, key: str, at: Instant, reason: CodeReason) -> Code:
        """Return what an answer kept earlier says, with its age, or that nothing is known."""
        kept = self._kept.get(key)
        if kept is None or kept[0].state not in _LASTING or at.mono_us - kept[1] > self.route.keep_us:
            return unanswered(self.route, payload, reason)
        return answered(self.route, payload, kept[0], at, age_us=at.mono_us - kept[1])

    def _for_all(self, question: Question, code: Code, now: Instant) -> list[Any]:
        return [
            CodeAnswered(lane, device, code, question.key, question.asked_us, now)
            for lane, device in question.waiters
        ]

    def _count_failure(self, question: Question, error: DeviceUnavailable, now: Instant) -> list[Any]:
        """Count a question without an answer in time, once, and say where that was one too many."""
        if question.counted:
            return []
        question.counted = True
        if self._breaker.is_open and not question.trial:
            return []  # out before it opened: whether the platform is back, the trial says
        self._breaker = self._breaker.failed(now.mono_us)
        if not self._breaker.is_open:
            return []
        self._step_back()
        return self._turned(up=False, now=now, error=error)

    def _step_back(self) -> None:
        """Questions nobody has sent yet and nobody waits for any more wait until the platform is back, so
        that the one that tries finds a worker free."""
        waiting = [question for question in self._queue if question.told]
        for question in waiting:
            self._queue.remove(question)
            self._out.pop(question.key, None)
            self._backlog.add(question)

    def _turned(self, *, up: bool, now: Instant, error: DeviceUnavailable | None = None) -> list[Any]:
        if up is self._is_up:
            return []
        self._is_up = up
        if up:
            self._place.status.up()
            log.warning("the platform %s answers again", self.route.name)
        else:
            assert error is not None
            self._place.status.down(error.code, str(error))
            log.warning("the platform %s does not answer: %s", self.route.name, error)
        code, message = (error.code, str(error)) if error else ("", "")
        changed = DeviceChanged(
            self._place.lane, "verifier", self.route.name, self._driver.name, up, now, code, message
        )
        return [changed]

    def _tell(self, news: list[Any]) -> None:
        # Not under the lock: the inbox may be full, and the station may be waiting for the lock.
        for message in news:
            self._place.offer(message)
