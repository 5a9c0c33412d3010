"""Asks a thermometer that only speaks when spoken to: a question out, its answer in, at a fixed pace.

Knows no protocol: the driver says what to ask and what to set once, its decoder what an answer means.
Nothing is ever sent but those bytes. What waits on the line before a question belongs to no question
and is dropped: without a checksum one stale byte would shift every answer after it.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from drivers.thermometer._frames import FrameDecoder
from drivers.thermometer._serial import Silence
from edge.domain.model import Reading

ANSWER_S = 0.3
"""The longest an answer is waited for: modules here need 0.02 to 0.22 s."""
_FLUSHES = 16
_OTHER = -1
_TURN_S = 0.15  # with ANSWER_S below the half second that `read` may take
_RECOVER_S = 0.2  # after a question without its answer, so that a late one is not taken for the next
_SET_AGAIN_S = 60.0  # settings are stored in the module: memory that wears


class Line(Protocol):
    """Where questions go and answers come from."""

    @property
    def url(self) -> str: ...

    def read(self, wait_s: float) -> bytes: ...

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


class AnswerDecoder(Protocol):
    """Answers to readings, without I/O."""

    bad_frames: int
    dropped_bytes: int

    @property
    def whole(self) -> bool:
        """Whether an answer is there as long as it should be; only more bytes could still spoil it."""

    def asked(self, query: bytes) -> None:
        """Say that this was asked just now: what came before belongs to something else."""

    def feed(self, chunk: bytes) -> list[Reading]:
        """Return the readings that `chunk` completes beyond doubt."""

    def settle(self) -> list[Reading]:
        """Say that the answer is over; return the reading that only waited for that."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A command of the protocol that sets something: sent once after opening, before the first question.

    `answer` is what the module says when it took it (empty: it says nothing). Where it is `needed`, no
    reading is made before it was said. One that is `volatile` is gone with the module's power, and is
    sent again after a question that found no answer.
    """

    send: bytes
    answer: bytes = b""
    needed: bool = True
    volatile: bool = False


class FramedAnswers(FrameDecoder):
    """Base of decoders whose answers are frames with a header and a sum, found among other bytes."""

    framed = True

    @property
    def whole(self) -> bool:
        """Whether a frame waits for the bytes after it, of which there may be none."""
        return len(self._buffer) >= self._size

    def asked(self, query: bytes) -> None:
        """Forget what came before `query`."""
        self._forget()

    def settle(self) -> list[Reading]:
        """Return the frame that waited for bytes that never came, if there is one."""
        readings = self._take(over=True)
        self._forget()
        return readings

    def _forget(self) -> None:
        self.dropped_bytes += len(self._buffer)
        self._buffer.clear()


class SizedAnswers(ABC):
    """Base of decoders whose answers have a size and nothing before or behind them.

    One reading takes the answers to all of `queries`, in this order. An answer that is shorter or longer
    than its size, or not right in itself, spoils the reading.
    """

    framed = False

    def __init__(self, queries: Sequence[bytes], size: int) -> None:
        self.bad_frames = 0
        self.dropped_bytes = 0
        self._queries = tuple(queries)
        self._size = size
        self._number = 0
        self._answer = bytearray()
        self._answers: list[bytes] = []

    @property
    def whole(self) -> bool:
        """Whether as many bytes came as an answer has."""
        return len(self._answer) >= self._size

    def asked(self, query: bytes) -> None:
        """Begin an answer; the answer to the first question begins a reading, one to a setting none."""
        self._number = self._queries.index(query) if query in self._queries else _OTHER
        self.dropped_bytes += len(self._answer)
        self._answer.clear()
        if self._number == 0:
            self._refuse()

    def feed(self, chunk: bytes) -> list[Reading]:
        """Return nothing: an answer may always turn out to be too long. At most one byte too many of
        it is kept."""
        self._answer += chunk
        self.dropped_bytes += max(0, len(self._answer) - self._size - 1)
        del self._answer[self._size + 1 :]
        return []

    def settle(self) -> list[Reading]:
        """Return the reading that this answer completes."""
        answer = bytes(self._answer)
        if not answer:
            return []
        number = self._number
        self._number = (number + 1) % len(self._queries)
        if number == _OTHER:
            self._refuse()
            return []
        fits = len(answer) == self._size and number == len(self._answers)
        if not fits or not self._right(number, answer):
            self.bad_frames += 1
            self._refuse()
            return []
        self._answer.clear()
        self._answers.append(answer)
        if len(self._answers) < len(self._queries):
            return []
        answers, self._answers = self._answers, []
        return [self._reading(answers)]

    @abstractmethod
    def _right(self, number: int, answer: bytes) -> bool:
        """Say whether the answer to question `number` is right as far as it can say itself."""

    @abstractmethod
    def _reading(self, answers: Sequence[bytes]) -> Reading:
        """Return what the answers to all questions say together."""

    def _refuse(self) -> None:
        """Drop this answer, and those that would have made a reading with it."""
        self.dropped_bytes += len(self._answer) + sum(len(answer) for answer in self._answers)
        self._answer.clear()
        self._answers.clear()


class PolledThermometer:
    """An open thermometer that is asked. `decoder` is public for its counters."""

    def __init__(
        self,
        line: Line,
        decoder: AnswerDecoder,
        queries: Sequence[bytes],
        *,
        every_s: float,
        silence_s: float,
        gap_s: float = 0.02,
        settings: Sequence[Setting] = (),
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ask `queries` one after the other, every `every_s`. `gap_s` of silence end an answer that is
        as long as it should be. Watch over `silence_s` without a reading (0: never)."""
        self.decoder = decoder
        self._line = line
        self._now = now
        self._queries = tuple(queries)
        self._every_s = every_s
        self._gap_s = gap_s
        self._settings = tuple(settings)
        self._unset = list(settings)
        self._set_at = self._due = self._now()
        # Between two questions nothing is said: that is not the silence meant.
        self._silence = Silence(line.url, silence_s and max(silence_s, every_s + ANSWER_S), now=now)

    def read(self) -> list[Reading]:
        """Ask when it is time to; return the reading, or nothing, within 0.5 s.

        Raises DeviceUnavailable: `lost`; `silent` when no answer came for too long; `garbled` when
        answers came but none of them was one of this module.
        """
        if not self._turn():
            self._silence.check()
            return []
        until = self._now() + ANSWER_S
        self._due = self._now() + self._every_s
        readings = self._measure(until) if self._set(until) else []
        if readings:
            self._silence.understood()
            self._watch_mode(readings)
        else:
            self._due = max(self._due, self._now() + _RECOVER_S)
            self._silence.check()
        return readings

    def close(self) -> None:
        """Give the line back. Idempotent; unblocks a reader."""
        self._line.close()

    def _turn(self) -> bool:
        """Wait until it is time to ask, dropping what comes unasked; say whether it is time."""
        end = self._now() + _TURN_S
        while (left_s := min(self._due, end) - self._now()) > 0:
            self._drop(self._line.read(left_s))
        if self._due > self._now():
            return False
        for _ in range(_FLUSHES):  # a module that never stops talking must not keep us here
            if not (chunk := self._line.read(0.0)):
                break
            self._drop(chunk)
        return True

    def _drop(self, chunk: bytes) -> None:
        self._silence.heard(chunk)
        self.decoder.dropped_bytes += len(chunk)

    def _set(self, until: float) -> bool:
        """Send the settings that are due; say whether there is time left to ask."""
        while self._unset:
            setting = self._unset[0]
            self._line.write(setting.send)
            if setting.answer and not self._confirmed(setting.answer, until) and setting.needed:
                return False
            del self._unset[0]
            self._set_at = self._now()
        return self._now() < until

    def _confirmed(self, answer: bytes, until: float) -> bool:
        said = b""
        while answer not in said and (left_s := until - self._now()) > 0:
            chunk = self._line.read(left_s)
            self._silence.heard(chunk)
            said = (said + chunk)[-2 * len(answer) - 4096 :]
        return answer in said

    def _measure(self, until: float) -> list[Reading]:
        """Ask everything that makes a reading; stop at the first question without its answer."""
        readings: list[Reading] = []
        for query in self._queries:
            bad_frames = self.decoder.bad_frames
            self.decoder.asked(query)
            self._line.write(query)
            answered, found = self._listen(until)
            readings += found
            if not answered or self.decoder.bad_frames > bad_frames:
                break
        if not readings:
            self._unset = [setting for setting in self._settings if setting.volatile]
        return readings

    def _listen(self, until: float) -> tuple[bool, list[Reading]]:
        """Return whether an answer came, and the readings it completed."""
        readings: list[Reading] = []
        while not readings and (left_s := until - self._now()) > 0:
            whole = self.decoder.whole
            if whole and not self._gap_s:
                break
            chunk = self._line.read(min(left_s, self._gap_s) if whole else left_s)
            if whole and not chunk:
                break
            self._silence.heard(chunk)
            readings += self.decoder.feed(chunk)
        answered = bool(readings) or self.decoder.whole
        return answered, readings + self.decoder.settle()

    def _watch_mode(self, readings: Sequence[Reading]) -> None:
        """Set the module again when it no longer measures surfaces; seldom, its memory wears."""
        lost = all(reading.surface_mdegc is None for reading in readings)
        if lost and self._now() - self._set_at > _SET_AGAIN_S:
            self._unset = list(self._settings)
