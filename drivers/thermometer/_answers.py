"""From the answers of a module that is asked to its readings. No I/O, no clock.

Who asks says so (`asked`), gives what comes (`feed`) and says when the answer is over (`settle`).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

from drivers.thermometer._frames import FrameDecoder
from edge.domain.model import Reading

_OTHER = -1


class AnswerDecoder(Protocol):
    """Answers to readings, without I/O."""

    bad_frames: int
    dropped_bytes: int
    complaint: str
    """What the last answer that was none has to say about the reason, in words; mostly nothing."""

    @property
    def whole(self) -> bool:
        """Whether an answer is there as long as it should be; only more bytes could still spoil it."""

    def asked(self, query: bytes) -> None:
        """Say that this was asked just now: what came before belongs to something else."""

    def feed(self, chunk: bytes) -> list[Reading]:
        """Return the readings that `chunk` completes beyond doubt."""

    def settle(self) -> list[Reading]:
        """Say that the answer is over; return the reading that only waited for that."""


class FramedAnswers(FrameDecoder):
    """Base of decoders whose answers are frames with a header and a sum, found among other bytes."""

    framed = True
    complaint = ""

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
        self.complaint = ""
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
            self.complaint = self._complaint(answer)
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

    def _complaint(self, answer: bytes) -> str:
        """Return what an answer that is none of ours means, where it means anything."""
        return ""

    @abstractmethod
    def _reading(self, answers: Sequence[bytes]) -> Reading:
        """Return what the answers to all questions say together."""

    def _refuse(self) -> None:
        """Drop this answer, and those that would have made a reading with it."""
        self.dropped_bytes += len(self._answer) + sum(len(answer) for answer in self._answers)
        self._answer.clear()
        self._answers.clear()
