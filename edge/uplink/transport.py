"""The HTTPS line to the district, with urllib3. Sends once; whether and when again is not known here."""

import contextlib
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

import urllib3
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError
from urllib3.util import Timeout, parse_url

from edge.domain.errors import ConfigError, Unreachable
from edge.uplink.ports import Options, Response, TimedOut

_CONNECT_S = 3.0
_READ_S = 10.0
_ANSWER_BYTES = 1 << 20
# A list of 10,000 keys has 2 MB, and the district takes 8 MB before JSON marks its quotes.
_LIST_BYTES = 24 << 20
# All of it together, so that rows do not wait long and the uplink's heart does not stop meanwhile.
_LIST_S = 25.0
_LIST_READ_S = 5.0

# A line that died without a word must be noticed within three seconds: one probe a second, two misses.
_KEEP_ALIVE = [
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 2),
]


class _Patience(NamedTuple):
    """How long the whole of an answer may take, how long one read of it, how much it may be; `asking`
    says whether the time of asking counts as well (a thin line may need long to carry a batch up)."""

    seconds: float
    read_s: float
    most_bytes: int
    asking: bool


class HttpTransport:
    """One kept-alive connection to the district; used by the uplink's thread alone. `beat` is called
    with every piece of an answer."""

    def __init__(self, options: Options, beat: Callable[[], object] = lambda: None) -> None:
        try:
            url = parse_url(options.url)
        except HTTPError as error:
            raise ConfigError("[uplink] url: not an address") from error
        if url.scheme not in ("http", "https") or not url.host:
            raise ConfigError("[uplink] url: must begin with https:// (or http:// on a wire of your own)")
        if not options.token.isascii() or not options.token.isprintable() or not options.token:
            raise ConfigError("[uplink] token: must be the printable text that `gate add` showed")
        self._path = (url.path or "").rstrip("/")
        self._token = options.token
        self._beat = beat
        base = f"{url.scheme}://{url.netloc}"
        extra = {}
        if url.scheme == "https":
            try:
                extra["ssl_context"] = ssl.create_default_context(cafile=options.ca_file)
            except OSError as error:
                raise ConfigError(f"[uplink] ca_file: {options.ca_file}: no certificates in it") from error
        self._pool = urllib3.connection_from_url(
            base,
            maxsize=1,
            retries=False,
            socket_options=_KEEP_ALIVE,
            **extra,
        )

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """POST; raises Unreachable when no whole answer came back."""
        return self._ask(
            "POST", path, body, headers, _Patience(_READ_S, _READ_S, _ANSWER_BYTES, asking=False)
        )

    def get(self, path: str) -> Response:
        """GET; raises as `post`. A list may be large, and is packed on its way."""
        patience = _Patience(_LIST_S, _LIST_READ_S, _LIST_BYTES, asking=True)
        answer = self._ask("GET", path, None, {"accept-encoding": "gzip"}, patience)
        if answer.headers.get("content-encoding", "identity").lower() != "gzip":
            return answer
        return Response(answer.status, answer.headers, _unpacked(answer.body))

    def _ask(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], patience: _Patience
    ) -> Response:
        began = time.monotonic()
        sent = {"authorization": f"Bearer {self._token}", "user-agent": "gatepost"} | dict(headers)
        try:
            answer = self._pool.request(
                method,
                f"{self._path}{path}",
                body=body,
                headers=sent,
                redirect=False,
                preload_content=False,
                decode_content=False,
                timeout=Timeout(connect=_CONNECT_S, read=patience.read_s),
            )
            try:
                since = began if patience.asking else time.monotonic()
                text = self._read(answer, since + patience.seconds, patience.most_bytes)
            except BaseException:
                answer.close()
                raise
            answer.release_conn()
        except (HTTPError, OSError) as error:
            kind = TimedOut if _too_slow(error) else Unreachable
            raise kind(f"no answer from the district: {type(error).__name__}") from error
        return Response(answer.status, {k.lower(): v for k, v in answer.headers.items()}, text)

    def _read(self, answer: urllib3.BaseHTTPResponse, deadline: float, most_bytes: int) -> bytes:
        """Read a body with a deadline for the whole of it: each read alone could drip for ever."""
        pieces: list[bytes] = []
        size = 0
        while True:
            piece = answer.read1(65536)
            self._beat()
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)
            size += len(piece)
            if size > most_bytes or time.monotonic() > deadline:
                raise Unreachable("the answer does not end", code="no_answer")

    def dropped(self) -> bool:
        """Say whether the idle connection was closed from the other side, or broke."""
        return any(not connection.is_connected for connection in self._idle())

    def died(self) -> bool:
        """Say, once, whether the idle connection broke: the kernel's probes were not answered."""
        sockets = [connection.sock for connection in self._idle() if connection.sock is not None]
        return any(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) for sock in sockets)

    def _idle(self) -> list[HTTPConnection]:
        """The pool keeps its connection in a queue and has no question of its own for this."""
        queue = self._pool.pool
        kept = queue.queue if queue is not None else ()
        return [one for one in kept if isinstance(one, HTTPConnection) and one.sock is not None]

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(HTTPError, OSError):
            self._pool.close()


def _too_slow(error: HTTPError | OSError) -> bool:
    """Say whether time ran out after somebody had taken the call. urllib3 wraps a time-out of sending."""
    within = error.args[-1] if isinstance(error, ProtocolError) and error.args else error
    return isinstance(within, ReadTimeoutError | TimeoutError)


def _unpacked(data: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(data, _LIST_BYTES + 1)
    except zlib.error as error:
        raise Unreachable("the answer is not gzip", code="no_answer") from error
    if len(plain) > _LIST_BYTES or not unpacker.eof:
        raise Unreachable("the answer does not end", code="no_answer")
    return plain
