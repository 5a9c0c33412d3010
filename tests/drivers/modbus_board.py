"""A Modbus relay board that is not there: coils in memory, behind a pseudo-terminal or a socket.

Checks and makes its CRCs with minimalmodbus, which has nothing in common with the driver under test.
"""

import contextlib
import os
import select
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

import minimalmodbus

Reply = Callable[[bytes, bytes], bytes]
"""From the request and the right answer to what goes out on the wire."""


def crc(body: bytes) -> bytes:
    """Return the checksum as another program computes it."""
    found: bytes = minimalmodbus._calculate_crc(body)
    return found


def faithful(request: bytes, right: bytes) -> bytes:
    """Answer as a board does."""
    del request
    return right


class RelayBoard:
    """A board with address 1. `requests` is what it understood, `coils` how its relays stand."""

    def __init__(self, reply: Reply = faithful, *, knows_read: bool = True, stuck: bool = False) -> None:
        self.requests: list[bytes] = []
        self.coils: dict[int, bool] = {}
        self.reply = reply
        self._knows_read = knows_read
        self._stuck = stuck
        self._gone = threading.Event()
        self._thread: threading.Thread | None = None
        self._close: Callable[[], None] = lambda: None
        self.port = ""

    def on_pty(self) -> Self:
        """Stand behind a pseudo-terminal."""
        import tty

        master, slave = os.openpty()
        tty.setraw(slave)
        self.port = os.ttyname(slave)

        def close() -> None:
            os.close(master)
            os.close(slave)

        self._close = close
        self._start(lambda: self._serve(lambda: master, lambda data: os.write(master, data), os.read))
        return self

    def on_socket(self) -> Self:
        """Stand behind a serial server."""
        server = socket.create_server(("127.0.0.1", 0))
        self.port = f"socket://127.0.0.1:{server.getsockname()[1]}"

        def serve() -> None:
            with contextlib.suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    self._serve(
                        connection.fileno, connection.sendall, lambda _, count: connection.recv(count)
                    )

        def close() -> None:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            server.close()

        self._close = close
        self._start(serve)
        return self

    def unplug(self) -> None:
        """Go, as a pulled cable does."""
        if self._gone.is_set():
            return
        self._gone.set()
        self._close() if self.port.startswith("socket") else None
        if self._thread is not None:
            self._thread.join(10)
        if not self.port.startswith("socket"):
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.unplug()

    def _start(self, run: Callable[[], None]) -> None:
        self._thread = threading.Thread(target=run, name="relay-board")
        self._thread.start()

    def _serve(
        self,
        number: Callable[[], int],
        send: Callable[[bytes], object],
        receive: Callable[[int, int], bytes],
    ) -> None:
        data = b""
        while not self._gone.is_set():
            ready, _, _ = select.select([number()], [], [], 0.02)
            if not ready:
                data = b""  # a pause ends a frame, whole or not
                continue
            data += receive(number(), 256)
            if len(data) >= 8:
                send(self._answer(data[:8]))
                data = b""

    def _answer(self, request: bytes) -> bytes:
        if crc(request[:-2]) != request[-2:] or request[0] != 1:
            return b""
        self.requests.append(request)
        return self.reply(request, self._right(request))

    def _right(self, request: bytes) -> bytes:
        coil = int.from_bytes(request[2:4], "big")
        if request[1] == 5:
            if not self._stuck:
                self.coils[coil] = request[4] == 0xFF
            return request
        if request[1] == 1 and self._knows_read:
            body = bytes([1, 1, 1, int(self.coils.get(coil, False))])
            return body + crc(body)
        body = bytes([1, request[1] | 0x80, 1])
        return body + crc(body)
