"""A platform on this machine: real HTTP on 127.0.0.1, made-up people, and every mood a real one can have.

Protocol (ours alone): POST /resolve {"code": text} or {"id_number": text} -> {"code": SHA-256 of that text,
"state": ..., and of a code that is found: "health", "itinerary", "name", "id_number", "issued", "until",
"test", "test_taken", "place"}. Repeating the code's digest ties an answer to its question.
"""

import contextlib
import hashlib
import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, Literal, get_args

Mood = Literal["prompt", "slow", "wrong", "down", "lying", "half"]
MOODS: tuple[Mood, ...] = get_args(Mood)
SLOW_S = 5.0
_QUESTION_BYTES = 16 * 1024


class SimulatedPlatform:
    """Answers about `people` (code text -> what the platform knows) in the mood it is in.

    `prompt` tells the truth at once, `slow` after `delay_s`; `wrong` answers with values nobody gave a
    name to; `down` hangs up; `lying` contradicts itself, answers about another code or points elsewhere;
    `half` breaks off or leaves things out. `asked` counts questions by mood.
    """

    def __init__(
        self, people: Mapping[str, Mapping[str, Any]], *, port: int = 0, mood: Mood = "prompt"
    ) -> None:
        self.people = dict(people)
        self.mood: Mood = mood
        self.delay_s = SLOW_S
        self.asked: Counter[str] = Counter()
        self.told: Counter[str] = Counter()
        self._turn = count()
        self._stop = threading.Event()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.platform = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/resolve"

    def answer(self, code: str) -> dict[str, Any]:
        """Return the truth about a code."""
        known = self.people.get(code) or self._of_number(code)
        found = dict(known) if known is not None else {"state": "not_found"}
        return {"code": digest(code), "state": "found", **found}

    def _of_number(self, number: str) -> Mapping[str, Any] | None:
        return next((one for one in self.people.values() if one.get("id_number") == number), None)

    def wait(self, seconds: float) -> bool:
        """Let time pass; True where the platform is going away meanwhile."""
        return self._stop.wait(seconds)

    def turn(self) -> int:
        """Return which question this is, counting from 0."""
        return next(self._turn)

    def close(self) -> None:
        """Go away. Idempotent."""
        if not self._stop.is_set():
            self._stop.set()
            self._server.shutdown()
            self._server.hang_up()
            self._server.server_close()
            self._thread.join(5)


def digest(code: str) -> str:
    """Return what an answer names its question by."""
    return hashlib.sha256(code.encode()).hexdigest()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    platform: SimulatedPlatform

    def __init__(self, *arguments: Any) -> None:
        self._lines: set[socket.socket] = set()
        super().__init__(*arguments)

    def get_request(self) -> tuple[socket.socket, Any]:
        line, where = super().get_request()
        self._lines.add(line)
        return line, where

    def shutdown_request(self, request: Any) -> None:
        self._lines.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Break off every connection: who is gone does not go on talking."""
        for line in list(self._lines):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A gate that hung up is no error of the platform's."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: _Server

    def do_POST(self) -> None:
        platform = self.server.platform
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > _QUESTION_BYTES:
            self._send(400, b"{}")
            return
        try:
            asked = json.loads(self.rfile.read(int(length)))
            code = asked["id_number"] if "id_number" in asked else asked["code"]
        except (ValueError, KeyError, TypeError):
            self._send(400, b"{}")
            return
        mood = platform.mood
        platform.asked[mood] += 1
        _ANSWERS[mood](self, platform, str(code))

    def log_message(self, format: str, *args: Any) -> None:
        """Codes are personal: nothing of a question is written anywhere."""

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def prompt(self, platform: SimulatedPlatform, code: str) -> None:
        self._send(200, _json(platform.answer(code)))
        platform.told[code] += 1

    def slow(self, platform: SimulatedPlatform, code: str) -> None:
        if not platform.wait(platform.delay_s):
            self.prompt(platform, code)

    def wrong(self, platform: SimulatedPlatform, code: str) -> None:
        """Values without a meaning, among them everything Python might take for a name that is one."""
        truth = platform.answer(code)
        value = WITHOUT_MEANING[platform.turn() % len(WITHOUT_MEANING)]
        self._send(200, _json({**truth, "state": "found", "health": value, "itinerary": value}))

    def down(self, platform: SimulatedPlatform, _code: str) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def lying(self, platform: SimulatedPlatform, code: str) -> None:
        """Green, and something in the same answer that says that it cannot be believed."""
        green = {**platform.answer(code), "state": "found", "health": "green", "itinerary": "green"}
        lies: tuple[Callable[[], None], ...] = (
            lambda: self._send(200, _json({**green, "code": digest(f"{code}!")})),
            lambda: self._send(200, _json({**green, "state": "failed"})),
            lambda: self._send(200, _json({**green, "state": "expired"})),
            lambda: self._send(500, _json(green)),
            lambda: self._send(302, b"", location=platform.url),
            lambda: self._send(200, _json(green)[:-1] + b',"health":"red"}'),
            lambda: self._send(200, b"<html>" + _json(green) + b"</html>"),
            lambda: self._send(200, _json({**green, "issued": "2099-01-01T00:00:00Z"})),
            lambda: self._send(200, _json({**green, "until": "2020-01-01T00:00:00Z"})),
            lambda: self._send(200, _json([green])),
        )
        lies[platform.turn() % len(lies)]()

    def half(self, platform: SimulatedPlatform, code: str) -> None:
        """Parts of an answer that would be green."""
        green = {**platform.answer(code), "state": "found", "health": "green", "itinerary": "green"}
        body = _json(green)
        gaps: tuple[Callable[[], None], ...] = (
            lambda: self._send(200, body[: len(body) // 2]),
            lambda: self._broken_off(body),
            lambda: self._send(200, b"{}"),
            lambda: self._send(200, b""),
            lambda: self._send(
                200, _json({k: v for k, v in green.items() if k not in ("health", "itinerary")})
            ),
            lambda: self._send(200, _json({k: v for k, v in green.items() if k != "state"})),
            lambda: self._send(200, _json({k: v for k, v in green.items() if k != "code"})),
            lambda: self._send(200, _json(None)),
        )
        gaps[platform.turn() % len(gaps)]()

    def _broken_off(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:-5])
        self.close_connection = True


WITHOUT_MEANING: tuple[object, ...] = (
    *("GREEN", "Green", " green", "green ", "绿码", "绿", "blue", "", "0", "1", "true"),
    *(0, 1, -1, True, False, None, 1.0, ["green"], {"green": True}),
)
_ANSWERS: Mapping[Mood, Callable[[_Handler, SimulatedPlatform, str], None]] = {
    "prompt": _Handler.prompt,
    "slow": _Handler.slow,
    "wrong": _Handler.wrong,
    "down": _Handler.down,
    "lying": _Handler.lying,
    "half": _Handler.half,
}


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
