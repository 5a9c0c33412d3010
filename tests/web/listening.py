"""A reader of `/events` as a browser is one, over a real socket."""

import http.client
import json
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Event:
    """One event: its name, id and data."""

    name: str
    id: str | None
    data: Any


class Listener:
    """One open stream."""

    def __init__(self, url: str, token: str, *, lane: str | None = None, last_id: str | None = None) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
        headers = {"authorization": f"Bearer {token}"} | ({"Last-Event-ID": last_id} if last_id else {})
        self.connection.request("GET", "/events" + (f"?lane={lane}" if lane else ""), headers=headers)
        self.response = self.connection.getresponse()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def status(self) -> int:
        """The status of the answer."""
        return self.response.status

    def next(self, *names: str) -> Event | None:
        """Return the next event, or the next with one of these names; None when the stream ended."""
        name, id_, data = "message", None, None
        while line := self.response.readline():
            text = line.decode().rstrip("\n")
            field, _, value = text.partition(": ")
            if text == "":
                if data is not None and (not names or name in names):
                    return Event(name, id_, data)
                name, id_, data = "message", None, None
            elif field == "event":
                name = value
            elif field == "id":
                id_ = value
            elif field == "data":
                data = json.loads(value)
        return None

    def close(self) -> None:
        """Go away as a closed page does."""
        self.response.close()
        self.connection.close()
