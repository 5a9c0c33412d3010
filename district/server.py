"""Runs the application under waitress until it is told to stop, or the writing thread died."""

import contextlib
import logging
import resource
import threading

from flask import Flask
from waitress import create_server, wasyncore

from district.committer import Committer
from district.web.ingest import LONGEST_BODY

log = logging.getLogger(__name__)

_MOST_LINES = 4000
_OTHER_FILES = 200
DIED = 70  # sysexits EX_SOFTWARE: the service manager starts it anew


class Server:
    """Listens at once; `run` serves. `port` is the real one when 0 was asked for."""

    def __init__(self, app: Flask, listen: str, threads: int = 8) -> None:
        self._server = create_server(
            app,
            listen=listen,
            threads=threads,
            ident=None,
            max_request_body_size=LONGEST_BODY,
            connection_limit=_most_lines(),
            clear_untrusted_proxy_headers=True,
        )
        # One name may stand for several addresses; waitress then makes a server of servers.
        listening = getattr(self._server, "effective_listen", None) or [
            (self._server.effective_host, self._server.effective_port)
        ]
        host, port = listening[0]
        self.port = int(port)
        self.address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def run(self, stop: threading.Event, committer: Committer) -> int:
        """Serve until `stop` is set (0) or nothing writes any more (70)."""
        server_map = self._server._map
        code = 0
        while not stop.is_set():
            wasyncore.loop(timeout=0.2, use_poll=True, map=server_map, count=1)
            if not committer.alive:
                log.critical("the writing thread died; ending")
                code = DIED
                break
        self._close(server_map)
        return code

    def _close(self, server_map: dict[int, object]) -> None:
        """Let requests that run finish (their rows may be on disk already), send, then close."""
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=5)
        with contextlib.suppress(OSError):
            wasyncore.loop(timeout=0, use_poll=True, map=server_map, count=2)
        wasyncore.close_all(server_map, ignore_all=True)


def _most_lines() -> int:
    """Return how many connections may be open: every gate keeps one. Beyond the limit of open files
    accepting would fail at once and again for ever."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return _MOST_LINES
    return max(50, min(_MOST_LINES, files - _OTHER_FILES))
