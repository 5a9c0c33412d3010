"""Any server that takes a JSON object over HTTP.

Protocol: one POST for each message, `{"title", "text", "gate", "kind"}`, in UTF-8; every answer of 200 to 299
counts as received. With `secret_file` the request carries `authorization: Bearer <the file's line>`.
Source: RFC 9110, RFC 8259, RFC 6750.
Limits: TLS is verified, redirects are not followed. A message may come twice where an answer was lost.
Tried against: our own server.
"""

import json
from dataclasses import dataclass

import urllib3

from drivers.notifier._addresses import addresses
from drivers.options import option
from edge.domain.errors import DeviceUnavailable
from edge.domain.ports import Message

_GONE = (404, 410)
_DENIED = (401, 403)


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Where to, and how we say who we are."""

    url: str = option(doc="address that takes the messages")
    secret_file: str = option("", "file with the token alone, readable by nobody else; empty: none")
    ca_file: str = option("", "certificates to trust instead of the system's; empty: none")

    def __post_init__(self) -> None:
        try:
            parts = urllib3.util.parse_url(self.url)
        except urllib3.exceptions.LocationParseError as error:
            raise ValueError("url: no address / 不是网址") from error
        if parts.scheme not in ("http", "https") or not parts.host:
            raise ValueError("url: an address such as https://… / 请写 https://… 这样的地址")
        if parts.scheme == "http" and parts.host not in ("127.0.0.1", "localhost", "[::1]"):
            raise ValueError("url: https beyond this machine / 本机以外要用 https")


class Webhook:
    """The port of one address."""

    def __init__(self, options: Options) -> None:
        self._url = options.url
        self._host = urllib3.util.parse_url(options.url).host
        self._headers = {"content-type": "application/json"}
        if options.secret_file:
            self._headers["authorization"] = f"Bearer {addresses(options.secret_file)[0]}"
        self._pool = urllib3.PoolManager(num_pools=1, ca_certs=options.ca_file or None)

    def send(self, message: Message, timeout_s: float) -> None:
        """Send one message. Raises DeviceUnavailable."""
        body = {"title": message.title, "text": message.text, "gate": message.gate, "kind": message.kind}
        try:
            answer = self._pool.request(
                "POST",
                self._url,
                body=json.dumps(body, ensure_ascii=False).encode(),
                headers=self._headers,
                timeout=urllib3.Timeout(total=timeout_s),
                retries=False,
                redirect=False,
            )
        except urllib3.exceptions.TimeoutError as error:
            raise DeviceUnavailable(f"{self._host} does not answer", code="silent") from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise DeviceUnavailable(f"{self._host} cannot be reached", code="absent") from error
        if answer.status in _DENIED:
            raise DeviceUnavailable(f"{self._host} refuses us ({answer.status})", code="denied")
        if answer.status in _GONE or not 200 <= answer.status < 300:
            raise DeviceUnavailable(f"{self._host} answers {answer.status}", code="garbled")

    def close(self) -> None:
        """Give the connection back; idempotent."""
        self._pool.clear()


def connect(options: Options) -> Webhook:
    """Return the port; nothing is sent yet. Raises DeviceUnavailable."""
    return Webhook(options)
