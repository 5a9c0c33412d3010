"""Asking the gate that runs, over its own HTTP API, on behalf of a command.

For what only the running gate can do: it holds the devices and writes the journal. Must not keep or
show the token.
"""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from edge.config import Settings, Text

TIMEOUT_S = 8.0
Json = dict[str, Any]


class Away(Exception):
    """No gate answers there."""


class Refused(Exception):
    """The gate answered and refused: `status`, its stable `code`, its own words."""

    def __init__(self, status: int, code: str, words: Text) -> None:
        super().__init__(code)
        self.status, self.code, self.words = status, code, words


@dataclass(frozen=True, slots=True)
class GateClient:
    """One gate's API, as the account of a token sees it."""

    url: str
    token: str

    def get(self, path: str) -> Json:
        """Return the answer to GET. Raises Away, Refused."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> Json:
        """Return the answer to POST. Raises Away, Refused."""
        return self._ask("POST", path, json.dumps(body).encode())

    def _ask(self, method: str, path: str, body: bytes | None) -> Json:
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        try:
            connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
        except http.client.InvalidURL as error:
            raise Away(f"{parts.netloc}: {error}") from error
        headers = {"authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["content-type"] = "application/json"
        try:
            connection.request(method, parts.path.rstrip("/") + path, body, headers)
            answer = connection.getresponse()
            status, data = answer.status, answer.read()
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            raise Away(f"{parts.netloc}: {error}") from error
        finally:
            connection.close()
        return _understood(parts.netloc, status, data)


def is_address(url: str) -> bool:
    """Say whether a gate can be asked under this address."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 80) > 0
    except ValueError:  # a port that is none, brackets that do not close
        return False


def local_url(settings: Settings) -> str:
    """Return where the gate's pages are for a program on the same machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.web.host, settings.web.host)  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.web.port}"


def _understood(where: str, status: int, data: bytes) -> Json:
    try:
        found = json.loads(data)
    except ValueError as error:
        raise Away(f"{where}: HTTP {status}, not a gate") from error
    if status == 200 and isinstance(found, dict):
        return found
    words = found.get("message") if isinstance(found, dict) else None
    if not isinstance(words, dict):
        raise Away(f"{where}: HTTP {status}, not a gate")
    said = Text(str(words.get("en", "")), str(words.get("zh_Hans", "")))
    raise Refused(status, str(found.get("error", "")), said)
