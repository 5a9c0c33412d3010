"""A server on loopback that takes messages, or does not."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Listener:
    """What came, and what is answered."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/in"
        self.port = port
        self.status = 200
        self.came: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []


@contextmanager
def listening() -> Iterator[Listener]:
    """Listen on a free port."""
    found: list[Listener] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            body = json.loads(self.rfile.read(length))
            if found[0].status == 200:
                found[0].came.append(body)
                found[0].headers.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(found[0].status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.append(Listener(server.server_port))
    thread = threading.Thread(target=server.serve_forever, name="listener")
    thread.start()
    try:
        yield found[0]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
