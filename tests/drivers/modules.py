"""Modules that answer when they are asked, driven by their transcripts, on a pseudo-terminal or a socket."""

import contextlib
import os
import select
import socket
import threading
import tty
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from tests.drivers.transcripts import Section, Step


class AskedModule:
    """Answers the questions of a transcript with the answers that stand there, each question's in turn.

    What it was asked is in `asked`; bytes that are no question of the transcript are in `unknown`.
    `others` are sections that give the answers to questions
    this section does not hold, such as the setting of a mode.
    """

    def __init__(
        self, section: Section, others: Iterable[Section] = (), *, over_socket: bool = False
    ) -> None:
        self.asked: list[bytes] = []
        self.unknown = b""
        self._answers: dict[bytes, list[bytes]] = {}
        for step in section.steps:
            self._learn(step)
        own = set(self._answers)
        for step in (step for other in others for step in other.steps):
            if step.query not in own and step.query not in self._answers:
                self._learn(step)
        self._gone = threading.Event()
        self._server: socket.socket | None = None
        self._terminals: tuple[int, ...] = ()
        if over_socket:
            self._server = socket.create_server(("127.0.0.1", 0))
            self.port = f"socket://127.0.0.1:{self._server.getsockname()[1]}"
        else:
            self._terminals = os.openpty()
            tty.setraw(self._terminals[1])
            self.port = os.ttyname(self._terminals[1])
        self._thread = threading.Thread(target=self._serve, name="asked-module")
        self._thread.start()

    def unplug(self) -> None:
        """Pull the cable: the port goes, or the connection closes and nobody listens any more."""
        self._gone.set()
        if self._server is not None:
            with contextlib.suppress(OSError):
                self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        if self._server is not None:
            self._server.close()
        for descriptor in self._terminals:
            os.close(descriptor)
        self._server, self._terminals = None, ()

    def _learn(self, step: Step) -> None:
        if step.query:
            self._answers.setdefault(step.query, []).append(step.data)

    def _serve(self) -> None:
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            if self._server is None:
                self._talk(self._terminals[0])
            else:
                connection, _ = self._server.accept()
                stack.enter_context(connection)
                self._talk(connection.fileno())

    def _talk(self, descriptor: int) -> None:
        heard = b""
        turns = dict.fromkeys(self._answers, 0)
        while not self._gone.is_set():
            ready, _, _ = select.select([descriptor], [], [], 0.02)
            if not ready:
                continue
            chunk = os.read(descriptor, 4096)
            if not chunk:
                return
            heard += chunk
            while query := next((q for q in self._answers if heard.startswith(q)), b""):
                heard = heard[len(query) :]
                self.asked.append(query)
                answers = self._answers[query]
                os.write(descriptor, answers[turns[query] % len(answers)])
                turns[query] += 1
            if heard and not any(q.startswith(heard) for q in self._answers):
                self.unknown += heard
                heard = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.unplug()
