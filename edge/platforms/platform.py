"""One platform: its questions, and what is said of them in time and late.

The station asks and goes on; `edge.platforms.crew` has the threads that talk to the platform. "No answer in
time" is said when the time is up, whatever a worker is blocked in. An answer that comes later still reaches
the station, for the passage it belongs to. What is to be told stands in one line, in the order in which it
came about, and one thread tells it: a full inbox keeps no worker waiting, and no silence overtakes an answer.
"""

import threading
from collections import deque
from collections.abc import Callable

from edge.codes.reasons import CodeReason
from edge.devices import Place
from edge.domain.errors import DeviceUnavailable
from edge.domain.events import CodeAnswered
from edge.domain.model import Code, Instant
from edge.domain.ports import PlatformAnswer, PlatformState
from edge.messages import DeviceChanged
from edge.platforms.answers import SECOND_US, Route, digest, doubted, is_text, meant, unanswered
from edge.platforms.backlog import BACKLOG_US, Backlog, Question, Waiter
from edge.platforms.breaker import Breaker
from edge.platforms.memory import Memory, is_clear
from edge.platforms.sightings import Sightings
from edge.platforms.standing import Standing

WAITING = 64  # questions out or queued; more people do not stand at one gate
TRIES = 5
ASIDE = 2  # questions nobody stands there for, at one time: the last worker is for who comes next
IDLE_S = 0.5

_SAYS = {"silent": CodeReason.PLATFORM_SILENT, "garbled": CodeReason.PLATFORM_GARBLED}
_OF_NO_USE = frozenset({PlatformState.FAILED, PlatformState.NO_MEANING})


class Platform:
    """What is asked of one platform on behalf of every lane, and what is told. Thread-safe; `overdue` and
    `tell` belong to one thread. `place` says whom to tell of its losses; `driver` is the driver's name."""

    def __init__(self, route: Route, driver: str, place: Place) -> None:
        self.route = route
        self._place = place
        self._changed = threading.Condition()
        self._queue: deque[Question] = deque()
        self._out: dict[str, Question] = {}
        self._backlog = Backlog()
        # No longer than there are questions: those come from the thread that reads what is told.
        self._news: deque[CodeAnswered | DeviceChanged] = deque()
        self._memory = Memory(route)
        self._sightings = Sightings()
        self._breaker = Breaker()
        self._standing = Standing(route.name, driver, place, self._news.append)

    def look(self, lane: str, device: str, payload: bytes, at: Instant) -> Code:
        """Return what is known of a payload now, and ask where that is worth it."""
        if not is_text(payload):
            # No platform can be asked about it, and nobody may make one look broken with it.
            return unanswered(self.route, payload, CodeReason.ENCODING)
        key = digest(payload)
        with self._changed:
            question = self._question(payload, key, at.mono_us)
            if self._sightings.elsewhere(key, lane, at.mono_us, self.route.apart_us):
                self._doubt((lane, device), question, at)
                return doubted(self.route, payload, self._memory.subject(key))
            return self._looked((lane, device), question, at)

    def ask_number(self, lane: str, device: str, id_number: str, at: Instant) -> Code:
        """Return what is known of the person with an ID number, and ask where that is worth it."""
        with self._changed:
            question = self._question(b"", digest(id_number.encode()), at.mono_us, id_number)
            return self._looked((lane, device), question, at)

    def recall(
        self,
        lane: str,
        device: str,
        payload: bytes,
        asked_us: int,
        id_number: str | None = None,
        *,
        twice: bool = False,
    ) -> None:
        """Ask again about what an earlier run of the gate got no answer for; nobody waits. `asked_us` is
        when it was shown, by the monotonic clock of this run; `twice`: it was seen at another lane first."""
        if is_text(payload):
            key = digest(payload if id_number is None else id_number.encode())
            question = self._question(payload, key, asked_us, id_number)
            (question.doubted if twice else question.waits)((lane, device))
            with self._changed:
                self._backlog.add(question)
                self._changed.notify_all()

    def overdue(self) -> float:
        """Note whose time is up; return for how many seconds nothing more can be due."""
        with self._changed:
            now = self._place.now()
            self._memory.forget(now.mono_us)
            pending = [question for question in self._out.values() if not question.overdue]
            for question in pending:
                if question.deadline_us <= now.mono_us:
                    self._time_is_up(question, now)
            self._breaker = self._breaker.rested(now.mono_us)
            if self._standing.is_up is False and not self._breaker.is_open:
                self._standing.turned(up=True, now=now)
            left_us = [q.deadline_us - now.mono_us for q in pending if not q.overdue]
            return min([IDLE_S, *(left / SECOND_US for left in left_us)])

    def tell(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """Tell the station what is new, oldest first; what is left when the gate stops is asked again."""
        while self._news and not stopping():
            # Not under the lock: the inbox may be full, and the station may be waiting for the lock.
            self._place.offer(self._news.popleft())
            self._place.beat()

    def wait(self, seconds: float) -> None:
        """Let `seconds` pass, or less where something is new."""
        with self._changed:
            if not self._news:
                self._changed.wait(seconds)

    def take(self, wait_s: float) -> Question | None:
        """Return the question to ask next, waiting for one at most so long."""
        with self._changed:
            if not self._queue and not self._takes_backlog() and wait_s > 0:
                self._changed.wait(wait_s)
            if self._queue:
                return self._queue.popleft()
            now_us = self._place.now().mono_us
            question = self._backlog.take(now_us) if self._takes_backlog() else None
            if question is None:
                return None
            if (out := self._out.get(question.key)) is not None:
                out.takes_over(question)
                return None
            question.goes_aside(now_us + self.route.timeout_us)
            self._send(question)
            self._changed.notify_all()
            return question

    def fail(self, question: Question, error: DeviceUnavailable) -> None:
        """Take in that a question that was taken got no answer."""
        with self._changed:
            now = self._place.now()
            self._out.pop(question.key, None)
            self._count_failure(question, error, now)
            reason = _SAYS.get(error.code, CodeReason.PLATFORM_DOWN)
            question.ready_us = self._memory.failed(question.key, reason, now.mono_us)
            self._say_to_hoping(question, reason, now)
            # While others are answered it is this code's fault, and for how long does it go on.
            question.tries += not self._breaker.is_open
            # What the platform answers with nonsense it would answer so again.
            if error.code != "garbled" and question.tries < TRIES:
                self._backlog.add(question)
            self._changed.notify_all()

    def settle(self, question: Question, answer: PlatformAnswer) -> None:
        """Take in what the platform answered to a question that was taken."""
        with self._changed:
            now = self._place.now()
            self._out.pop(question.key, None)
            answer = meant(self.route, answer)
            if now.mono_us > question.deadline_us:
                self._count_failure(question, DeviceUnavailable("no answer in time", "silent"), now)
                self._breaker = self._breaker.late(now.mono_us)
            elif answer.state in _OF_NO_USE:
                # A platform is not back because it says that it cannot say anything.
                if question.trial:
                    useless = DeviceUnavailable("its answers say nothing of the codes", "garbled")
                    self._count_failure(question, useless, now)
            elif not question.counted and (question.trial or not self._breaker.is_open):
                question.counted = True
                self._breaker = self._breaker.answered(now.mono_us)
                if not self._breaker.is_open:
                    self._standing.turned(up=True, now=now)
            self._memory.answered(question.key, answer, now.mono_us)
            question.hoping = []
            code = self._memory.told(question, answer, now)
            self._say(question, question.waiters, code, now)
            if code.subject and not is_clear(answer):
                told = {lane for lane, _device in question.waiters}
                doubts = [waiter for waiter in question.doubts if waiter[0] not in told]
                self._say(question, doubts, doubted(self.route, question.payload, code.subject), now)
            self._changed.notify_all()

    def _question(self, payload: bytes, key: str, asked_us: int, id_number: str | None = None) -> Question:
        deadline_us = asked_us + self.route.timeout_us
        ready_us = self._memory.ready_us(key)
        return Question(payload, key, asked_us, deadline_us, id_number=id_number, ready_us=ready_us)

    def _looked(self, waiter: Waiter, question: Question, at: Instant) -> Code:
        memory, key = self._memory, question.key
        if (known := memory.fresh(question, at)) is not None:
            return known
        rest = memory.rest(key, at.mono_us)
        if rest is None or key in self._out:
            reason = self._ask(waiter, question)
            if reason is CodeReason.ASK_PLATFORM:
                return unanswered(self.route, question.payload, reason, id_number=question.id_number)
            return memory.without(question, reason, at)
        if isinstance(rest.says, PlatformAnswer):
            return memory.told(question, rest.says, at)
        # Who shows a code again is told again, once it may be asked about.
        question.waits(waiter)
        question.ready_us = rest.until_us
        self._backlog.add(question)
        return memory.without(question, rest.says, at)

    def _doubt(self, waiter: Waiter, question: Question, at: Instant) -> None:
        """Let the lane where a code was seen second be told what speaks against its holder."""
        if (out := self._out.get(question.key)) is not None:
            out.doubted(waiter)
            return
        rest = self._memory.rest(question.key, at.mono_us)
        answered = rest is not None and isinstance(rest.says, PlatformAnswer)
        if not answered and self._memory.fresh(question, at) is None:
            question.doubted(waiter)
            self._backlog.add(question)
            self._changed.notify_all()

    def _ask(self, waiter: Waiter, question: Question) -> CodeReason:
        """Ask where that is worth it; return why nothing is known yet."""
        out = self._out.get(question.key)
        soon = out is not None and out.aside and not out.overdue and not self._breaker.is_open
        if out is not None and (out.hoping or soon):
            out.hopes(waiter)
            return CodeReason.ASK_PLATFORM
        self._changed.notify_all()
        if out is not None:
            out.waits(waiter)
            return CodeReason.PLATFORM_SILENT
        if self._breaker.is_open or len(self._out) >= WAITING:
            # Nobody is made to wait to find out; a worker does, with this very code if it is the oldest.
            question.waits(waiter)
            self._backlog.add(question)
            return CodeReason.PLATFORM_DOWN
        if (waiting := self._backlog.pop(question.key)) is not None:
            question.takes_over(waiting)
        question.hopes(waiter)
        self._send(question)
        self._queue.append(question)
        return CodeReason.ASK_PLATFORM

    def _takes_backlog(self) -> bool:
        now_us = self._place.now().mono_us
        self._backlog.forget(now_us - BACKLOG_US)
        return (
            self._breaker.allows(now_us)
            and sum(question.aside for question in self._out.values()) < ASIDE
            and self._backlog.is_ready(now_us)
        )

    def _send(self, question: Question) -> None:
        question.trial = self._breaker.is_open
        self._breaker = self._breaker.asked()
        self._out[question.key] = question

    def _time_is_up(self, question: Question, now: Instant) -> None:
        question.overdue = True
        self._say_to_hoping(question, CodeReason.PLATFORM_SILENT, now)
        self._count_failure(question, DeviceUnavailable("no answer in time", "silent"), now)

    def _count_failure(self, question: Question, error: DeviceUnavailable, now: Instant) -> None:
        """Count a question without an answer in time, once, and say where that was one too many."""
        # A platform that answered others may refuse one code; who has answered nobody refuses this gate.
        unreached = error.code == "absent" or (error.code == "denied" and self._standing.is_up is None)
        suspect = self._memory.is_suspect(question.key) and not unreached
        was_open = self._breaker.is_open
        # Out before it opened: whether the platform is back, the trial says.
        if question.counted or (was_open and not question.trial):
            return
        if was_open:
            question.counted = True
            failed = self._breaker.failed(now.mono_us, None if unreached else question.key)
            self._breaker = self._breaker.undecided(now.mono_us) if suspect else failed
        elif not suspect:
            question.counted = True
            self._breaker = self._breaker.failed(now.mono_us, None if unreached else question.key)
            if self._breaker.is_open:
                self._step_back()
                self._standing.turned(up=False, now=now, error=error)

    def _step_back(self) -> None:
        """Questions nobody has sent yet and nobody waits for any more wait until the platform is back, so
        that the one that tries finds a worker free."""
        for question in [question for question in self._queue if not question.hoping]:
            self._queue.remove(question)
            self._out.pop(question.key, None)
            self._backlog.add(question)

    def _say_to_hoping(self, question: Question, reason: CodeReason, now: Instant) -> None:
        hoping, question.hoping = question.hoping, []
        self._say(question, hoping, self._memory.without(question, reason, now), now)

    def _say(self, question: Question, waiters: list[Waiter], code: Code, now: Instant) -> None:
        self._news += [
            CodeAnswered(lane, device, code, question.key, question.asked_us, now) for lane, device in waiters
        ]
