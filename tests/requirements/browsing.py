"""A person's browser without scripts, on the pages of a real gate."""

import html
import re
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from tests.system.processes import Gate


class Person:
    """Somebody who is logged in: reads pages, and fills forms as they stand on them."""

    def __init__(self, gate: Gate, account: str, secret: str, language: str = "zh_Hans") -> None:
        self.gate, self._cookie, self._language = gate, "", language
        data = {"account": account, "secret": secret, "csrf_token": self.token("/login")}
        assert self.post("/login", data)[0] == 302

    def get(self, path: str) -> str:
        """Return a page, following where it leads."""
        status, text, where = self._ask("GET", path)
        return self.get(where) if status in (302, 303) and where else text

    def where(self, path: str) -> str:
        """Return where a page leads to, "" where it is a page itself."""
        return self._ask("GET", path)[2]

    def post(self, path: str, data: dict[str, Any]) -> tuple[int, str]:
        """Send the fields of a form; lists are fields that stand several times."""
        body = urlencode(data, doseq=True)
        headers = {"content-type": "application/x-www-form-urlencoded"}
        status, text, where = self._ask("POST", path, body=body, headers=headers)
        return status, where or text

    def send(self, page: str, path: str, **fields: Any) -> tuple[int, str]:
        """Send a form of a page, under a command of its own."""
        given = {"csrf_token": self.token(page), "command_id": uuid.uuid4().hex}
        return self.post(path, given | fields)

    def token(self, path: str) -> str:
        """Return the token against forged requests that a page carries."""
        return self.get(path).split('name="csrf_token" value="', 1)[1].split('"', 1)[0]

    def _ask(self, method: str, path: str, **more: Any) -> tuple[int, str, str]:
        headers = {"cookie": f"{self._cookie}; language={self._language}"} | more.pop("headers", {})
        answer = self.gate._http.request(
            method, self.gate.url + path, headers=headers, timeout=8.0, redirect=False, **more
        )
        for given in answer.headers.getlist("set-cookie"):
            if given.startswith("gatepost="):
                self._cookie = given.split(";", 1)[0]
        where = answer.headers.get("location") or ""
        return answer.status, html.unescape(answer.data.decode()), where.removeprefix(self.gate.url)


def cells(page: str, attribute: str) -> list[str]:
    """Return the values of an attribute on a page, in order."""
    return re.findall(rf'{attribute}="([^"]*)"', page)


def in_the_afternoon(gate: Gate) -> ZoneInfo:
    """Put a gate, not started yet, where it is between 15:00 and 16:00 now: whatever the hours of a day
    allow is allowed, whenever this is run. Return its time zone."""
    east = 15 - datetime.now(UTC).hour
    name = f"Etc/GMT{-(east if east <= 14 else east - 24):+d}"
    text = gate.config.read_text("utf-8").replace(
        'name = "测试门岗"', f'name = "测试门岗"\ntimezone = "{name}"'
    )
    gate.config.write_text(text, "utf-8")
    return ZoneInfo(name)
