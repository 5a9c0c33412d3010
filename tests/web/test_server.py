"""The server itself: large bodies, heartbeats, addresses, what a proxy may say."""

import http.client
import logging
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest
import urllib3
from flask import Flask

from edge.domain.errors import ConfigError
from edge.web.server import MAX_BODY, serve
from tests.waiting import until
from tests.web.conftest import served
from tests.web.fakes import World

pytestmark = pytest.mark.system

TEN_MB = 10 * 1024 * 1024


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/api/v1/lanes/in/begin", "application/json"), ("/login", "application/x-www-form-urlencoded")],
)
def test_ten_megabytes_get_413_quickly_and_in_our_shape(
    world: World, address: str, path: str, kind: str
) -> None:
    headers = {"content-type": kind}
    if path.startswith("/api"):
        headers["authorization"] = f"Bearer {world.tokens['attendant']}"
    began = time.monotonic()
    with urllib3.PoolManager() as pool:
        answer = pool.request("POST", address + path, body=b"a" * TEN_MB, headers=headers, retries=False)
    assert answer.status == 413
    assert time.monotonic() - began < 20.0
    if path.startswith("/api"):
        assert answer.json()["error"] == "too_large"


def test_a_chunked_flood_is_cut_off(address: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    connection.putrequest("POST", "/login")
    connection.putheader("transfer-encoding", "chunked")
    connection.endheaders()
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        flood(connection)
    connection.close()


def flood(connection: http.client.HTTPConnection) -> None:
    """Send half a gigabyte, unless somebody puts an end to it."""
    for _ in range(8_000):
        connection.send(b"10000\r\n" + b"a" * 0x10000 + b"\r\n")


def test_a_large_body_that_waits_for_leave_is_refused_before_it_is_sent(address: str) -> None:
    with socket.create_connection((urlsplit(address).hostname, urlsplit(address).port), 10) as line:
        line.sendall(
            b"POST /login HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n"
            b"content-length: " + str(TEN_MB).encode() + b"\r\n\r\n"
        )
        assert line.recv(100).startswith(b"HTTP/1.1 413")


def test_a_body_of_just_the_allowed_size_is_read(world: World, address: str) -> None:
    with urllib3.PoolManager() as pool:
        for size, status in ((MAX_BODY - 1, 400), (MAX_BODY, 413)):
            answer = pool.request(
                "POST",
                address + "/api/v1/lanes/in/begin",
                body=b" " * size,
                headers={
                    "content-type": "application/json",
                    "authorization": f"Bearer {world.tokens['attendant']}",
                },
            )
            assert answer.status == status


def test_the_loop_beats_while_it_serves(app: Flask) -> None:
    beats: list[float] = []
    stop = threading.Event()
    thread = threading.Thread(
        target=serve,
        args=(app, "127.0.0.1:0", stop),
        kwargs={"beat": lambda: beats.append(time.monotonic())},
    )
    thread.start()
    until(lambda: len(beats) >= 4, what="four beats")
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_an_address_that_is_taken_is_a_fault_of_the_config(app: Flask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ConfigError, match=r"\[web\] listen"):
            serve(app, listen, threading.Event())


def test_metrics_stay_on_this_machine_also_behind_the_proxy(address: str) -> None:
    with urllib3.PoolManager() as pool:
        assert pool.request("GET", address + "/metrics").status == 200
        outside = pool.request("GET", address + "/metrics", headers={"x-forwarded-for": "10.0.0.4"})
        assert outside.status == 403


def test_stopping_at_once_leaves_no_traceback(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    for _ in range(3):
        with served(app) as address, urllib3.PoolManager() as pool:
            pool.request("GET", address + "/login")
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
