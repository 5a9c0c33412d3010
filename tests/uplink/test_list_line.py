"""A list on the real line: one deadline for all of it, and the heart beats meanwhile."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from edge.domain.errors import Unreachable
from edge.uplink import Options, transport
from edge.uplink.transport import HttpTransport

pytestmark = pytest.mark.system

HEAD = b"HTTP/1.1 200 ok\r\nContent-Length: %d\r\n\r\n"
Talk = Callable[[socket.socket, threading.Event], None]


@contextmanager
def district(talk: Talk) -> Iterator[tuple[HttpTransport, list[int]]]:
    """A server that talks once, a line to it, and a beat for each piece that came."""
    beats: list[int] = []
    stop = threading.Event()

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            try:
                talk(connection, stop)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        port = listener.getsockname()[1]
        line = HttpTransport(Options(f"http://127.0.0.1:{port}/ingest", "t"), lambda: beats.append(1))
        try:
            yield line, beats
        finally:
            stop.set()
            line.close()
            thread.join(10)


def dripping(connection: socket.socket, stop: threading.Event) -> None:
    connection.sendall(HEAD % 10_000)
    while not stop.wait(0.02):
        connection.sendall(b"x")


def silent(_connection: socket.socket, stop: threading.Event) -> None:
    stop.wait(30)


def test_a_list_that_drips_is_given_up_at_one_deadline_and_the_heart_beats_until_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport, "_LIST_S", 0.5)
    with district(dripping) as (line, beats), pytest.raises(Unreachable, match="does not end"):
        line.get("/lists/trust-hc1?after=0")
    assert len(beats) > 3


def test_a_district_that_says_nothing_of_a_list_is_not_waited_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport, "_LIST_READ_S", 0.2)
    with district(silent) as (line, _), pytest.raises(Unreachable):
        line.get("/lists/trust-hc1?after=0")


def test_a_list_takes_half_of_what_the_heart_allows_at_most() -> None:
    # Connecting counts, and the read that is under way when the deadline passes ends later.
    longest_s = transport._LIST_S + transport._LIST_READ_S
    assert longest_s <= 30.0
    assert transport._CONNECT_S + transport._LIST_READ_S < transport._LIST_S
