"""The web server: waitress, with its loop run by us, so that it can end while streams are open.

waitress's own `close()` waits for its threads, and a stream is a thread; so the streams are told
first, then the loop goes on until they have written their last, and only then everything is closed.
"""

import errno
import logging
import socket
import time
from collections.abc import Callable
from threading import Event
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer, create_server
from waitress.utilities import RequestEntityTooLarge

from edge.domain.errors import ConfigError
from edge.web.streams import MAX_STREAMS

log = logging.getLogger(__name__)

THREADS = MAX_STREAMS + 10
MAX_BODY = 64 * 1024
_SWALLOW = 32 * 1024 * 1024
_LOOP_S = 0.25
_LAST_WORDS_S = 3.0


def serve(
    app: Flask,
    listen: str,
    stop: Event,
    *,
    on_ready: Callable[[int], None] = lambda _: None,
    beat: Callable[[], None] = lambda: None,
) -> None:
    """Serve until `stop` is set; returns when every request has ended (at most about 8 s later).

    `listen` is `host:port`; port 0 takes a free one. `on_ready` gets the port once it is open, `beat`
    is called several times a second while the loop moves. Raises ConfigError when the address
    cannot be had.
    """
    # A page that waits a moment for a thread is no state of the gate; waitress warns of each one.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    sockets: dict[int, Any] = {}
    servers = _open(app, listen, sockets)
    log.info("pages on %s", listen)
    on_ready(int(servers[0].effective_port))
    try:
        while not stop.is_set():
            wasyncore.loop(timeout=_LOOP_S, use_poll=True, map=sockets, count=1)
            beat()
    finally:
        _close(app, servers, sockets, beat)
    log.info("pages ended")


def _open(app: Flask, listen: str, sockets: dict[int, Any]) -> list[Any]:
    # The addresses are bound here: waitress starts its threads first, and leaves them and a socket
    # behind when an address cannot be had.
    bound = _bound(listen)
    create_server(
        app,
        map=sockets,
        sockets=bound,
        threads=THREADS,
        channel_request_lookahead=1,
        connection_limit=200,
        channel_timeout=60,
        max_request_body_size=MAX_BODY,
        max_request_header_size=32 * 1024,
        # The shipped proxy stands on this machine and says whom it speaks for; nobody else may.
        trusted_proxy="127.0.0.1",
        trusted_proxy_headers={"x-forwarded-for", "x-forwarded-proto"},
        clear_untrusted_proxy_headers=True,
        ident=None,
    )
    servers = [item for item in sockets.values() if isinstance(item, BaseWSGIServer)]
    for item in servers:
        item.channel_class = _Channel
    return servers


def _bound(listen: str) -> list[socket.socket]:
    host, _, port = listen.rpartition(":")
    bound: list[socket.socket] = []
    fault: OSError | ValueError | None = None
    try:
        found = socket.getaddrinfo(
            host.strip("[]") or None, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        for family, address in dict.fromkeys((entry[0], entry[4]) for entry in found):
            try:
                bound.append(socket.create_server(address[:2], family=family))
            except OSError as error:
                # "localhost" names an address that a machine without IPv6 does not have.
                if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    raise
                fault = error
    except (OSError, ValueError) as error:
        for item in bound:
            item.close()
        bound, fault = [], error
    if not bound:
        raise ConfigError(f"[web] listen: cannot open {listen}: {fault}") from fault
    return bound


def _close(app: Flask, servers: list[Any], sockets: dict[int, Any], beat: Callable[[], None]) -> None:
    app.extensions["gatepost"].end()
    for server in servers:
        wasyncore.dispatcher.close(server)  # no new connections; the triggers stay for the old ones
    ends = time.monotonic() + _LAST_WORDS_S
    while time.monotonic() < ends and any(
        channel.requests or channel.total_outbufs_len
        for server in servers
        for channel in list(server.active_channels.values())
    ):
        wasyncore.loop(timeout=_LOOP_S, use_poll=True, map=sockets, count=1)
        beat()
    servers[0].task_dispatcher.shutdown(timeout=5)
    wasyncore.close_all(sockets)


class _Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress has no types
    """Reads on, and forgets, a body that is too large: closing on a client that still writes would
    reset the connection before it could read why. The application sees the length and no body."""

    error: Any
    expect_continue: bool
    _left = 0

    def received(self, data: bytes) -> int:
        if self._left:
            taken = min(self._left, len(data))
            self._left -= taken
            self.completed = self._left == 0
            return taken
        consumed: int = super().received(data)
        if not (self.completed and isinstance(self.error, RequestEntityTooLarge)):
            return consumed
        if self.expect_continue:
            self.expect_continue = False  # it waits for leave, and waitress would give it
        elif not self.chunked and self.content_length <= _SWALLOW:
            self.completed, self.error = False, None
            self._left = self.content_length
        return consumed


class _Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    parser_class = _Parser
