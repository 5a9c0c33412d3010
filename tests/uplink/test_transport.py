"""The HTTP line against a real server on loopback that behaves badly."""

import gzip
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from edge.domain.errors import ConfigError, Unreachable
from edge.uplink import Options, Response
from edge.uplink.ports import TimedOut
from edge.uplink.transport import HttpTransport
from tests.waiting import until

pytestmark = pytest.mark.system

Talk = Callable[[socket.socket], None]


@contextmanager
def server(*talks: Talk) -> Iterator[tuple[int, list[bytes]]]:
    """One connection per talk, in order; what was received is kept."""
    received: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)

    def serve() -> None:
        for talk in talks:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                received.append(read_request(connection))
                talk(connection)

    thread = threading.Thread(target=serve, name="bad server")
    thread.start()
    try:
        yield listener.getsockname()[1], received
    finally:
        listener.close()
        thread.join(15)
        assert not thread.is_alive()


def read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
    length = int(lengths[0].split(b":")[1]) if lengths else 0
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def line(port: int, token: str = "secret") -> HttpTransport:
    return HttpTransport(Options(f"http://127.0.0.1:{port}/ingest/", token))


def test_a_post_carries_the_token_and_comes_back_whole() -> None:
    answer = b"HTTP/1.1 503 no\r\nRetry-After: 9\r\nContent-Length: 2\r\n\r\n{}"
    with server(lambda connection: connection.sendall(answer)) as (port, received):
        transport = line(port)
        response = transport.post("/alarms", b"abc", {"content-type": "x/y"})
        transport.close()
    assert (response.status, response.headers["retry-after"], response.body) == (503, "9", b"{}")
    head, _, body = received[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /ingest/alarms HTTP/1.1\r\n")
    assert b"authorization: Bearer secret" in head
    assert body == b"abc"


def packed(data: bytes) -> bytes:
    head = b"HTTP/1.1 200 ok\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    return head % len(data) + data


def get(answer: bytes) -> tuple[Response, bytes]:
    with server(lambda connection: connection.sendall(answer)) as (port, received):
        transport = line(port)
        try:
            return transport.get("/lists/trust-hc1?after=3"), received[0]
        finally:
            transport.close()


def test_a_list_is_asked_for_by_its_version_and_unpacked() -> None:
    response, asked = get(packed(gzip.compress(b"{}" * 500)))
    assert (response.status, response.body) == (200, b"{}" * 500)
    assert asked.startswith(b"GET /ingest/lists/trust-hc1?after=3 HTTP/1.1\r\n")
    assert b"authorization: Bearer secret" in asked
    plain, _ = get(b"HTTP/1.1 204 no\r\n\r\n")
    assert (plain.status, plain.body) == (204, b"")


@pytest.mark.parametrize(
    "data",
    [
        b"junk",
        gzip.compress(b"{}" * 500)[:-9],
        gzip.compress(bytes(25 << 20)),
    ],
    ids=["no gzip", "cut off", "bomb"],
)
def test_a_list_that_does_not_unpack_is_no_list(data: bytes) -> None:
    with pytest.raises(Unreachable):
        get(packed(data))


def test_a_redirect_is_not_followed() -> None:
    answer = b"HTTP/1.1 302 no\r\nLocation: http://127.0.0.1:1/other\r\nContent-Length: 0\r\n\r\n"
    with server(lambda connection: connection.sendall(answer)) as (port, _):
        transport = line(port)
        assert transport.post("", b"", {}).status == 302
        transport.close()


def test_nobody_there_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable):
        line(port).post("", b"", {})


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_half_an_answer_is_none(answer: bytes) -> None:
    with server(lambda connection: connection.sendall(answer)) as (port, _):
        transport = line(port)
        with pytest.raises(Unreachable):
            transport.post("", b"x", {})
        transport.close()


@pytest.mark.parametrize("reads", [True, False])
def test_a_line_that_is_too_slow_is_told_from_one_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, reads: bool
) -> None:
    monkeypatch.setattr("edge.uplink.transport._CONNECT_S", 0.3)
    monkeypatch.setattr("edge.uplink.transport._READ_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listener:  # takes calls, and reads nothing
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        port = listener.getsockname()[1]
        transport = line(port)
        with pytest.raises(TimedOut):
            transport.post("", bytes(100 if reads else 50_000_000), {})
        transport.close()
    with pytest.raises(Unreachable) as caught:
        line(port).post("", b"", {})
    assert not isinstance(caught.value, TimedOut)


def test_an_answer_without_end_is_cut_off() -> None:
    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        try:
            for _ in range(1600):
                connection.sendall(b"x" * 65536)
        except OSError:
            return

    with server(flood) as (port, _):
        transport = line(port)
        with pytest.raises(Unreachable) as caught:
            transport.post("", b"", {})
        transport.close()
    assert caught.value.code == "no_answer"


def test_a_connection_closed_from_the_other_side_is_seen_at_once() -> None:
    closing = threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        assert closing.wait(10)

    with server(talk) as (port, _):
        transport = line(port)
        transport.post("", b"", {})
        assert not transport.dropped()
        closing.set()
        until(transport.dropped, 3.0, "the closed connection to be noticed")
        transport.close()


@contextmanager
def other_machine() -> Iterator[str]:
    """A network namespace behind a virtual cable; its name is `far`, its address 10.199.77.2."""
    ip = shutil.which("ip")
    if ip is None or os.geteuid() != 0:
        pytest.skip("a cable to pull needs root and iproute2")
    cable, far = f"gp{os.getpid() % 10000}a", f"gp{os.getpid() % 10000}"
    if subprocess.run([ip, "netns", "add", far], capture_output=True, check=False).returncode:
        pytest.skip("this machine gives no network namespace")
    try:
        for words in (
            f"link add {cable} type veth peer name eth0 netns {far}",
            f"addr add 10.199.77.1/24 dev {cable}",
            f"link set {cable} up",
            f"-n {far} addr add 10.199.77.2/24 dev eth0",
            f"-n {far} link set eth0 up",
        ):
            subprocess.run([ip, *words.split()], check=True, capture_output=True)
        yield far
    finally:
        subprocess.run([ip, "link", "del", cable], capture_output=True, check=False)
        subprocess.run([ip, "netns", "del", far], capture_output=True, check=False)


FAR_SERVER = """
import socket, sys
listener = socket.create_server(("10.199.77.2", 9999))
print("ready", flush=True)
connection, _ = listener.accept()
connection.recv(65536)
connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\n{}")
sys.stdin.read()
"""


def test_a_cable_that_is_pulled_is_noticed_within_a_few_seconds() -> None:
    with other_machine() as far:
        command = ["ip", "netns", "exec", far, sys.executable, "-c", FAR_SERVER]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            try:
                assert child.stdout is not None
                assert child.stdout.readline() == b"ready\n"
                transport = HttpTransport(Options("http://10.199.77.2:9999/ingest", "t"))
                assert transport.post("", b"", {}).status == 200
                assert not transport.died()
                subprocess.run(["ip", "-n", far, "link", "set", "eth0", "down"], check=True)
                until(transport.dropped, 10.0, "the broken line to be noticed")
                assert transport.died()
                assert not transport.died(), "said once"
                assert transport.dropped()
                transport.close()
            finally:
                child.kill()


@pytest.mark.parametrize("url", ["", "district.example/ingest", "ftp://district.example/x", "https:///x"])
def test_an_address_that_is_none_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ConfigError, match=r"\[uplink\] url"):
        HttpTransport(Options(url, "t"))


@pytest.mark.parametrize("token", ["", "line\nbreak", "令牌"])
def test_a_token_that_cannot_be_a_header_is_refused_at_the_start(token: str) -> None:
    with pytest.raises(ConfigError, match=r"\[uplink\] token"):
        HttpTransport(Options("https://district.example/ingest", token))


def test_the_token_is_not_in_the_options_text() -> None:
    assert "secret" not in repr(Options("https://district.example", "secret"))
