"""A platform's server as a test wants it: every question is kept, the answer is written byte by byte."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Script = Callable[[socket.socket, "Asked"], None]


@dataclass
class Asked:
    """One question as it came over the wire."""

    line: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        return self.line.split()[1]


def respond(body: bytes, status: str = "200 OK", *headers: str) -> Script:
    """Return a script that answers so."""
    head = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers]
    raw = "\r\n".join([*head, "", ""]).encode() + body
    return lambda line, _asked: line.sendall(raw)


class Peer:
    """Listens on 127.0.0.1; each question is answered by the next script, the last one for ever."""

    def __init__(self, *scripts: Script, context: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.connections = 0
        self._scripts = list(scripts)
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lines: list[socket.socket] = []
        self.gone = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def url(self, path: str = "/ask", scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.port}{path}"

    def close(self) -> None:
        self.gone.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for line in self._lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def hang_up(self) -> None:
        """Close what is open, as a server does with connections nobody uses."""
        for line in self._lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self.gone.is_set():
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._lines.append(line)
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError, ssl.SSLError, ValueError):
            if self._context is not None:
                line = self._context.wrap_socket(line, server_side=True)
                self._lines.append(line)
            with line.makefile("rb") as file:
                while (asked := _question(file)) is not None:
                    self.asked.append(asked)
                    script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
                    script(line, asked)


def _question(file: object) -> Asked | None:
    first = file.readline().decode().strip()  # type: ignore[attr-defined]
    if not first:
        return None
    asked = Asked(first)
    while header := file.readline().decode().strip():  # type: ignore[attr-defined]
        name, _, value = header.partition(":")
        asked.headers[name.strip().lower()] = value.strip()
    asked.body = file.read(int(asked.headers.get("content-length", "0")))  # type: ignore[attr-defined]
    return asked


@contextlib.contextmanager
def peer(*scripts: Script, context: ssl.SSLContext | None = None) -> Iterator[Peer]:
    """A peer for the time of a test."""
    server = Peer(*scripts, context=context)
    try:
        yield server
    finally:
        server.close()
