"""A running gate and its pages, without and with a real server."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from edge.web import create_app, users
from edge.web.server import serve
from tests.compiled_once import compile_once
from tests.web.catalogue import compile_catalogues
from tests.web.fakes import ACCOUNTS, World, running

Enter = Callable[[str], FlaskClient]


@pytest.fixture(scope="session", autouse=True)
def _catalogues() -> None:
    compile_catalogues()
    compile_once()


@pytest.fixture(scope="session", autouse=True)
def real_hasher() -> Iterator[PasswordHasher]:
    """Hash cheaply while testing; what a gate uses is returned for the test that looks at it."""
    real = users._HASHER
    users._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    yield real
    users._HASHER = real


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running(tmp_path) as made:
        yield made


@pytest.fixture
def app(world: World) -> Flask:
    return create_app(world.gate)


@pytest.fixture
def enter(app: Flask) -> Enter:
    """Log in as a role and return the browser."""
    return partial(logged_in, app)


def logged_in(app: Flask, role: str) -> FlaskClient:
    """Return a browser in which somebody of this role logged in."""
    client = app.test_client()
    name, _, secret = next(account for account in ACCOUNTS if account[1] == role)
    answer = client.post("/login", data={"account": name, "secret": secret, "csrf_token": token_of(client)})
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return client


@pytest.fixture
def address(app: Flask, world: World) -> Iterator[str]:
    """Serve the pages on a free port of the loopback."""
    with served(app) as url:
        yield url


class served:
    """Serve an application; `stop` is an event of its own."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self.stop = threading.Event()
        self._port = 0
        self._ready = threading.Event()
        self.thread = threading.Thread(target=self._run, name="web")

    def __enter__(self) -> str:
        self.thread.start()
        assert self._ready.wait(10)
        return f"http://127.0.0.1:{self._port}"

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join(20)
        assert not self.thread.is_alive()

    def _run(self) -> None:
        serve(self._app, "127.0.0.1:0", self.stop, on_ready=self._open)

    def _open(self, port: int) -> None:
        self._port = port
        self._ready.set()


def token_of(client: FlaskClient, path: str = "/login") -> str:
    """Return the token against forged requests that a page carries."""
    page = client.get(path).get_data(as_text=True)
    return page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
