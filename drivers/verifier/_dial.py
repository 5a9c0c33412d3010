"""Opens a connection to a name within one deadline, whatever its name server and its addresses do.

A name server cannot be interrupted: it is asked by a thread of its own, one for each name, and whoever wanted
to know goes on when the time is up.
"""

import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

QUICK_S = 0.5  # what an address gets at first where there are others: a person waits for two seconds
_ADDRESSES = 4  # that are tried
_LOOK_S = 0.1

A = TypeVar("A")
C = TypeVar("C")
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

    def reached(address: Address, wait_s: float) -> socket.socket:
        return _connected(address, wait_s, hold)

    return first_reached(_addresses(host, port, deadline, stopping), deadline, reached, stopping=stopping)


def first_reached(
    addresses: Sequence[A],
    deadline: float,
    reached: Callable[[A, float], C],
    *,
    stopping: Callable[[], bool],
) -> C:
    """Return what `reached` makes of the first address that answers before `deadline`. Raises NotReached.

    One that is silent does not hide the next for long; those that may only be slow share what time is left.
    """
    error: OSError = TimeoutError("no time")
    waiting = list(addresses)
    for quick in (True, False) if len(waiting) > 1 else (False,):
        silent: list[A] = []
        for index, address in enumerate(waiting):
            left_s = deadline - time.monotonic()
            if left_s <= 0 or stopping():
                raise NotReached(type(error).__name__) from error
            share_s = left_s / (len(waiting) - index)
            try:
                return reached(address, min(QUICK_S, share_s) if quick else share_s)
            except OSError as failed:
                error = failed
                if isinstance(failed, TimeoutError):
                    silent.append(address)
        waiting = silent
    raise NotReached(type(error).__name__) from error


def _connected(address: Address, wait_s: float, hold: Callable[[socket.socket], None]) -> socket.socket:
    family, where = address
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        # As urllib3 and http.client do: a small question is sent at once.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(wait_s)
        hold(sock)
        sock.connect(where)
    except OSError:
        sock.close()
        raise
    return sock


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
