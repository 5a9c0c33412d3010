"""What waits for the station: what devices said, and commands with somebody waiting for the reply.

Any thread may put something in; the station's alone takes it out.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from edge.domain.errors import FormError, JournalError
from edge.domain.events import Command, ReadingArrived
from edge.messages import Message, Reply

INBOX_SIZE = 512


@dataclass(slots=True)
class Submission:
    """A command, and what became of it once `done` is set."""

    command: Command
    done: threading.Event = field(default_factory=threading.Event)
    reply: Reply | None = None
    error: FormError | JournalError | None = None


class Inbox:
    """Holds 512 messages. `count` is called for each that is dropped."""

    def __init__(self, count: Callable[..., None]) -> None:
        self._queue: queue.Queue[Message | Submission] = queue.Queue(INBOX_SIZE)
        self._count = count
        self._closed = threading.Event()
        self._dropped = 0

    @property
    def waiting(self) -> int:
        """How many messages wait."""
        return self._queue.qsize()

    def offer(self, message: Message) -> None:
        """Put in what a device said. A full inbox drops readings, which come again by themselves;
        everything else waits a second for room, and what is dropped is counted."""
        try:
            if isinstance(message, ReadingArrived):
                self._queue.put_nowait(message)
            else:
                self._queue.put(message, timeout=1.0)
        except queue.Full:
            self._dropped += 1
            self._count("inbox_overflowed", lane=message.lane)

    def submit(self, command: Command, timeout_s: float) -> Reply:
        """Put in a command and return what became of it. Raises FormError, JournalError."""
        if self._closed.is_set():
            raise _too_slow()
        submission = Submission(command)
        try:
            self._queue.put(submission, timeout=timeout_s)
        except queue.Full:
            raise _too_slow() from None
        if not submission.done.wait(timeout_s):
            raise _too_slow()
        if submission.error is not None:
            raise submission.error
        assert submission.reply is not None
        return submission.reply

    def take(self, timeout_s: float) -> Message | Submission | None:
        """Return what came first, waiting for it at most `timeout_s`."""
        try:
            return self._queue.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def take_dropped(self) -> int:
        """Return how many messages were dropped since this was last asked."""
        dropped, self._dropped = self._dropped, 0
        return dropped

    def close(self) -> list[Message]:
        """Refuse the commands that wait and those that come, so that no page waits for them; return the
        devices' last words."""
        self._closed.set()
        left: list[Message] = []
        while True:
            try:
                message = self._queue.get_nowait()
            except queue.Empty:
                return left
            if isinstance(message, Submission):
                message.error = _too_slow()
                message.done.set()
            else:
                left.append(message)


def _too_slow() -> FormError:
    return FormError("too_slow", "the gate is busy; try again", 503)
