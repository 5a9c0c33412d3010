"""The other end of a line: real pseudo-terminals and real sockets, driven by the test."""

import contextlib
import os
import select
import socket
import threading
import tty
from collections.abc import Iterator
from types import TracebackType
from typing import Self


class Pty:
    """A pseudo-terminal whose master is the device. `unplug` is what pulling the cable does."""

    def __init__(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._open = True

    def send(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._master, data) :]

    def received(self, count: int, timeout_s: float = 10.0) -> bytes:
        """Return `count` bytes that the program under test wrote; fewer after the time-out."""
        data = b""
        while len(data) < count:
            ready, _, _ = select.select([self._master], [], [], timeout_s)
            if not ready:
                break
            data += os.read(self._master, count - len(data))
        return data

    def unplug(self) -> None:
        if self._open:
            self._open = False
            os.close(self._master)
            os.close(self._slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.unplug()


class Peer:
    """A TCP device that says the same again and again, as a network bridge to a module would."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._gone = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"socket://127.0.0.1:{self._server.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, name="peer")
        self._thread.start()

    def unplug(self) -> None:
        """Close the connection and stop listening."""
        self._gone.set()
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._server.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            connection, _ = self._server.accept()
            with connection:
                while not self._gone.wait(0.02):
                    connection.sendall(self._data)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.unplug()


@contextlib.contextmanager
def reading_thread(target: object) -> Iterator[list[BaseException]]:
    """Call `target.read()` for ever in a thread; yields the list that gets what ended it."""
    ended: list[BaseException] = []

    def run() -> None:
        try:
            while True:
                target.read()  # type: ignore[attr-defined]
        except Exception as error:  # noqa: BLE001 - handed to the test, which looks at it
            ended.append(error)

    thread = threading.Thread(target=run, name="reader")
    thread.start()
    try:
        yield ended
    finally:
        thread.join(10)
        assert not thread.is_alive(), "the reader did not end"
