"""Opens a connection to a name within one deadline, whatever its name server and its addresses do.

A name server cannot be interrupted: it is asked by a thread of its own, one for each name, and whoever wanted
to know goes on when the time is up.
"""

import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

_ADDRESSES = 4  # that are tried; each gets its share of what time there is
_LOOK_S = 0.1

Address = tuple[int, Any]
"""(family, what `connect` takes)."""


class NotReached(OSError):
    """No connection came about: no name, no route, nobody who listens, or none of it in time."""


def connect(
    host: str,
    port: int,
    deadline: float,
    *,
    hold: Callable[[socket.socket], None],
    stopping: Callable[[], bool],
) -> socket.socket:
    """Return a connection that was made before `deadline` (`time.monotonic`). Raises NotReached.

    `hold` gets each socket before it is waited for, so that another thread can shut it down.
    """
    error: OSError = TimeoutError("no time")
    addresses = _addresses(host, port, deadline, stopping)
    for index, (family, address) in enumerate(addresses):
        left_s = deadline - time.monotonic()
        if left_s <= 0 or stopping():
            break
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            # As urllib3 and http.client do: a small question is sent at once.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(left_s / (len(addresses) - index))
            hold(sock)
            sock.connect(address)
        except OSError as failed:
            error = failed
            sock.close()
        else:
            return sock
    raise NotReached(type(error).__name__) from error


def _addresses(host: str, port: int, deadline: float, stopping: Callable[[], bool]) -> list[Address]:
    with contextlib.suppress(ValueError):
        number = ipaddress.ip_address(host)
        return [(socket.AF_INET if number.version == 4 else socket.AF_INET6, (host, port))]
    lookup = _Lookup.of(host, port)
    while not lookup.done.wait(min(_LOOK_S, max(0.0, deadline - time.monotonic()))):
        if stopping() or time.monotonic() >= deadline:
            raise NotReached("name not found in time")
    if lookup.error is not None:
        raise NotReached(type(lookup.error).__name__) from lookup.error
    return list(dict.fromkeys(lookup.found))[:_ADDRESSES]


class _Lookup:
    """One question to the name server. Those who ask while it is out wait for the same answer."""

    _out: dict[tuple[str, int], "_Lookup"] = {}  # noqa: RUF012 - shared by all lines on purpose
    _lock = threading.Lock()

    def __init__(self, host: str, port: int) -> None:
        self.done = threading.Event()
        self.found: list[Address] = []
        self.error: Exception | None = None
        self._name = (host, port)

    @classmethod
    def of(cls, host: str, port: int) -> "_Lookup":
        """Return the question that is out, or send it."""
        with cls._lock:
            found = cls._out.get((host, port))
            if found is None:
                found = cls._out[host, port] = cls(host, port)
                threading.Thread(target=found._ask, name="lookup", daemon=True).start()
        return found

    def _ask(self) -> None:
        host, port = self._name
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            self.found = [(info[0], info[4]) for info in infos]
        except (OSError, UnicodeError) as error:  # UnicodeError: no name at all
            self.error = error
        finally:
            with self._lock:
                del self._out[self._name]
            self.done.set()
