"""One HTTP line to a platform, with urllib3: a question, a bounded answer, and one deadline for name,
connection, TLS, question and answer together.

TLS is verified, redirects are not followed, answers are cut off at 64 KB and read as strict JSON.
Messages name the host and what went wrong, never an address, a payload or a secret.
"""

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import BadStatusLine, HTTPException, RemoteDisconnected
from typing import Any, NoReturn

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from drivers.verifier import _dial
from drivers.verifier._address import address
from drivers.verifier._reading import garbled
from edge.domain.errors import DeviceUnavailable
from edge.domain.ports import Inquiry, PlatformAnswer

ANSWER_BYTES = 64 * 1024
_CLOSE_S = 0.5
_BROKEN = (HTTPError, HTTPException, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Question:
    """One HTTP request; `path` with its query."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Line:
    """A kept-alive connection to one host; used by one thread, closed from any."""

    def __init__(self, url: str, ca_file: str = "") -> None:
        self._url = address(url)
        self._host = f"{self._url.host}:{self._url.port}" if self._url.port else str(self._url.host)
        self._context = _context(ca_file) if self._url.scheme == "https" else None
        self._connection: HTTPConnection | None = None
        self._socket: socket.socket | None = None  # that this line waits for, connected or not
        self._closed = threading.Event()
        self._using = threading.Lock()

    def ask(self, question: Question, timeout_s: float) -> Any:
        """Return the JSON the platform answers. Raises DeviceUnavailable."""
        with self._using:
            status, body = self._asked(question, timeout_s)
        _judge(status, self._host)
        return read_json(body)

    def close(self) -> None:
        """Break the line off. Idempotent; a waiting question ends at once."""
        self._closed.set()
        self._cut()
        if self._using.acquire(timeout=_CLOSE_S):
            self._drop()
            self._using.release()

    def _asked(self, question: Question, timeout_s: float) -> tuple[int, bytes]:
        if self._closed.is_set():
            raise DeviceUnavailable("the line was closed", code="ended")
        deadline = time.monotonic() + timeout_s
        reused = self._connection is not None and self._connection.is_connected
        try:
            return self._exchange(question, deadline)
        except _BROKEN as error:
            self._drop()
            # A connection kept open too long breaks on its next use; that says nothing of the platform.
            if not (reused and isinstance(error, ConnectionError) and time.monotonic() < deadline):
                self._fail(error, deadline)
            try:
                return self._exchange(question, deadline)
            except _BROKEN as again:
                self._drop()
                self._fail(again, deadline)

    def _exchange(self, question: Question, deadline: float) -> tuple[int, bytes]:
        connection = self._opened(deadline)
        # Every read alone has a time-out; a platform that drips needs one for all of them.
        timer = threading.Timer(max(0.0, deadline - time.monotonic()), self._cut)
        timer.daemon = True
        timer.start()
        try:
            connection.request(
                question.method,
                question.path,
                body=question.body or None,
                headers={"accept": "application/json", "accept-encoding": "identity", **question.headers},
                preload_content=False,
                decode_content=False,
            )
            answer = connection.getresponse()
            body = _read(answer)
            if time.monotonic() >= deadline:
                raise TimeoutError  # cut off: what came may look whole and is not
            if answer.headers.get("connection", "").lower() == "close":
                self._drop()
            return answer.status, body
        finally:
            timer.cancel()

    def _opened(self, deadline: float) -> HTTPConnection:
        connection = self._connection
        if connection is not None and not connection.is_connected:
            self._drop()
            connection = None
        if connection is None:
            host = str(self._url.host).strip("[]")
            port = self._url.port or (80 if self._context is None else 443)
            sock = _dial.connect(host, port, deadline, hold=self._hold, stopping=self._closed.is_set)
            kind = HTTPConnection if self._context is None else HTTPSConnection
            connection = self._connection = kind(host, port)
            connection.sock = sock
            if self._context is not None:
                connection.sock = self._secured(self._context, sock, host, deadline)
        # urllib3 sets its own time-out on the socket before it reads.
        connection.timeout = max(0.001, deadline - time.monotonic())
        if connection.sock is not None:
            connection.sock.settimeout(connection.timeout)
        return connection

    def _secured(
        self, context: ssl.SSLContext, sock: socket.socket, host: str, deadline: float
    ) -> ssl.SSLSocket:
        sock.settimeout(max(0.001, deadline - time.monotonic()))  # for all of the handshake
        secured = context.wrap_socket(sock, server_hostname=host.rstrip("."), do_handshake_on_connect=False)
        try:
            self._hold(secured)
            secured.do_handshake()
        except OSError:
            secured.close()
            raise
        return secured

    def _hold(self, sock: socket.socket) -> None:
        """Let `close` find what is waited for. Whichever comes first, the other sees it."""
        self._socket = sock
        if self._closed.is_set():
            raise ConnectionAbortedError

    def _cut(self) -> None:
        sock = self._socket
        if sock is not None:
            with contextlib.suppress(OSError):
                # The socket below TLS: the thread that reads finds its end, and no half-closed TLS object.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _drop(self) -> None:
        connection, self._connection, self._socket = self._connection, None, None
        if connection is not None:
            with contextlib.suppress(HTTPError, OSError):
                connection.close()

    def _fail(self, error: Exception, deadline: float) -> NoReturn:
        code, why = "lost", type(error).__name__
        if self._closed.is_set():
            code = "ended"
        elif isinstance(error, _dial.NotReached):
            code, why = "absent", str(error)
        elif isinstance(error, TimeoutError | urllib3.exceptions.TimeoutError) or (
            time.monotonic() >= deadline - 0.005
        ):
            code = "silent"
        elif isinstance(error, ssl.SSLCertVerificationError):
            code = "denied"
        elif isinstance(error, _TooLong) or (
            isinstance(error, BadStatusLine) and not isinstance(error, RemoteDisconnected)
        ):
            code = "garbled"
        raise DeviceUnavailable(f"{self._host}: {why}", code=code) from error


class HttpVerifier:
    """The port of a platform that is asked over HTTP: how to ask, how to read what it says."""

    def __init__(
        self,
        line: Line,
        question: Callable[[Inquiry], Question],
        reduced: Callable[[Inquiry, Any], PlatformAnswer],
    ) -> None:
        self._line = line
        self._question = question
        self._reduced = reduced

    def resolve(self, inquiry: Inquiry, timeout_s: float) -> PlatformAnswer:
        """Ask; see `edge.domain.ports.Verifier`."""
        return self._reduced(inquiry, self._line.ask(self._question(inquiry), timeout_s))

    def close(self) -> None:
        """Break the line off. Idempotent."""
        self._line.close()


def text_of(payload: bytes) -> str:
    """Return a code's payload as text. Raises DeviceUnavailable (`garbled`) where it is none: platforms
    are asked by text."""
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DeviceUnavailable("the code is no text, and platforms are asked by text", "garbled") from error


def read_json(body: bytes) -> Any:
    """Return strict JSON: no name twice, no NaN. Raises DeviceUnavailable (`garbled`)."""
    try:
        return json.loads(body, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise garbled("not JSON") from error


class _TooLong(ValueError):
    """An answer that does not end."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _read(answer: urllib3.BaseHTTPResponse) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := answer.read1(16384):
        pieces.append(piece)
        size += len(piece)
        if size > ANSWER_BYTES:
            raise _TooLong
    return b"".join(pieces)


def _judge(status: int, host: str) -> None:
    if status == 200:
        return
    if status in (401, 403, 407):
        raise DeviceUnavailable(f"{host} refuses this gate (HTTP {status})", code="denied")
    if status == 429 or status >= 500:
        raise DeviceUnavailable(f"{host} cannot answer now (HTTP {status})", code="busy")
    raise garbled(f"HTTP {status}")


def _context(ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise DeviceUnavailable(f"ca_file {ca_file}: {type(error).__name__}", code="denied") from error
