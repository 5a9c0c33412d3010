"""Logging in: who gets in, how long a guesser waits, and how access ends."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher, Type
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.errors import FormError
from edge.domain.model import ClockQuality, Instant
from edge.journal import Row, State
from edge.web.logins import FREE_TRIES, LONGEST_WAIT_S, SESSION_S, Logins, TooMany
from edge.web.users import Users, ensure_first_users
from tests.web.conftest import token_of
from tests.web.fakes import PASSWORD, PIN, Clock, World

pytestmark = pytest.mark.system

Enter = Callable[[str], FlaskClient]


class Desk:
    """Accounts and log-ins of one folder, without pages."""

    def __init__(self, folder: Path) -> None:
        self.state = State.open(folder)
        self.users = Users(self.state)
        self.clock = Clock()
        self.rows: list[Row] = []
        self.logins = Logins(self.state, self.users, self.clock, self._append)

    def refused(self, name: str, secret: str, address: str = "10.0.0.9") -> str:
        """Try to log in; return the code of the refusal, or an empty text."""
        try:
            self.logins.sign_in(name, secret, address)
        except FormError as error:
            return error.code
        return ""

    def _append(self, row: Row) -> int:
        self.rows.append(row)
        return len(self.rows)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.users.add("door", "attendant", PIN)
    made.users.add("boss", "manager", PASSWORD)
    return made


def test_first_start_makes_a_manager_and_an_attendant_with_random_secrets_once(tmp_path: Path) -> None:
    states = [State.open(tmp_path / name) for name in ("a", "b")]
    first, other = (ensure_first_users(state) for state in states)
    assert [(name, role) for name, role, _ in first] == [("manager", "manager"), ("attendant", "attendant")]
    assert {secret for *_, secret in first}.isdisjoint({secret for *_, secret in other})
    users = Users(states[0])
    for name, role, secret in first:
        found = users.verify(name, secret)
        assert found is not None
        assert found.role == role
        stored = states[0].get(f"user:{name}")
        assert stored is not None
        assert stored["hash"].startswith("$argon2id$v=19$")
        assert secret not in str(stored)
    assert ensure_first_users(states[0]) == []


def test_secrets_cost_what_the_published_floor_asks(real_hasher: PasswordHasher) -> None:
    assert real_hasher.type is Type.ID
    assert (real_hasher.memory_cost, real_hasher.time_cost) >= (19_456, 2)


@pytest.mark.parametrize(
    ("role", "secret"),
    [
        ("attendant", "123"),
        ("attendant", "12a4"),
        ("attendant", ""),
        ("manager", "seven77"),
        ("observer", "x"),
    ],
)
def test_weak_secrets_are_refused(tmp_path: Path, role: str, secret: str) -> None:
    with pytest.raises(FormError, match="at least") as refusal:
        Users(State.open(tmp_path)).add("somebody", role, secret)
    assert refusal.value.code == "weak_secret"


@pytest.mark.parametrize("name", ["", "Boss", "a b", "张三", "x" * 33, "a/b", "-a"])
def test_account_names_are_plain(tmp_path: Path, name: str) -> None:
    with pytest.raises(FormError) as refusal:
        Users(State.open(tmp_path)).add(name, "manager", PASSWORD)
    assert refusal.value.code == "bad_account"


def test_a_guesser_waits_longer_and_longer(desk: Desk) -> None:
    for _ in range(FREE_TRIES):
        assert desk.refused("door", "0000") == "wrong_login"
    waits = []
    for _ in range(12):
        with pytest.raises(TooMany) as refusal:
            desk.logins.sign_in("door", PIN, "10.0.0.9")  # even the right one has to wait
        waits.append(refusal.value.retry_after_s)
        desk.clock.move(refusal.value.retry_after_s)
        assert desk.refused("door", "0000") == "wrong_login"
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (2, LONGEST_WAIT_S)


def test_the_wait_survives_a_restart_and_ends_with_the_right_secret(desk: Desk, tmp_path: Path) -> None:
    for _ in range(FREE_TRIES):
        desk.refused("door", "0000")
    desk.state.close()
    again = Desk(tmp_path)
    assert again.refused("door", PIN) == "too_many"
    again.clock.move(3)
    assert again.refused("door", PIN) == ""
    assert again.refused("door", "0000") == "wrong_login"


def test_a_clock_that_went_back_starts_the_wait_anew_and_does_not_stretch_it(desk: Desk) -> None:
    for _ in range(FREE_TRIES):
        desk.refused("door", "0000")
    desk.clock.move(-50 * 365 * 86_400)
    assert desk.refused("door", PIN) == "too_many"
    desk.clock.move(3)
    assert desk.refused("door", PIN) == ""


def test_an_address_that_tries_many_accounts_waits_too(desk: Desk) -> None:
    for name in ("door", "boss", "nobody"):
        assert desk.refused(name, "00000000") == "wrong_login"
    assert desk.refused("boss", PASSWORD) == "too_many"
    assert desk.refused("boss", PASSWORD, "10.0.0.10") == ""


def test_a_guesser_in_the_network_does_not_lock_the_gates_own_screen(desk: Desk) -> None:
    for last in range(12):
        desk.refused("door", "0000", f"10.0.1.{last}")
    assert desk.refused("door", PIN, "10.0.9.9") == "too_many"
    assert desk.refused("door", PIN, "127.0.0.1") == ""


def test_guessing_names_does_not_fill_the_card(desk: Desk) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Users, "verify", lambda *_: None)  # only the counting matters here
        for number in range(600):
            desk.refused(f"name{number}", "x", "10.0.0.7")
            desk.clock.move(LONGEST_WAIT_S + 1)
    assert len(desk.state.items("try:")) <= 257


def test_what_somebody_typed_as_a_name_is_not_written_down(desk: Desk) -> None:
    desk.refused("13900001234", "x")
    assert desk.rows[-1].kind == "user.refused"
    assert desk.rows[-1].body == {"account": "?", "why": "wrong_login"}


def test_a_session_grows_old_only_on_a_believed_clock(desk: Desk) -> None:
    _, session = desk.logins.sign_in("door", PIN, "127.0.0.1")
    desk.clock.move(SESSION_S - 1)
    assert desk.logins.user_of(session) is not None
    desk.clock.quality = ClockQuality.RESTORED
    desk.clock.move(40 * 365 * 86_400)
    assert desk.logins.user_of(session) is not None
    desk.clock.quality = ClockQuality.SYNCED
    assert desk.logins.user_of(session) is None


def test_old_tries_and_sessions_are_forgotten(desk: Desk) -> None:
    desk.logins.sign_in("door", PIN, "127.0.0.1")
    desk.refused("door", "0000", "10.0.0.8")
    desk.clock.move(3 * 86_400)
    desk.logins.sign_in("boss", PASSWORD, "127.0.0.1")
    assert desk.state.items("try:") == []
    assert len(desk.state.items("session:")) == 1


@given(st.lists(st.tuples(st.booleans(), st.integers(-3600, 3600)), max_size=25))
def test_no_order_of_tries_and_clock_jumps_gets_more_guesses_than_allowed(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[bool, int]]
) -> None:
    folder = tmp_path_factory.mktemp("guess")
    state = State.open(folder)
    now = [Instant(0, 1_700_000_000_000_000, ClockQuality.SYNCED)]
    users = Users(state)
    logins = Logins(state, users, lambda: now[0], lambda row: 1)
    looked = 0
    waited_s = 0
    waits: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Users, "verify", lambda *_: None)
        for try_now, jump_s in steps:
            now[0] = Instant(0, now[0].at_us + jump_s * 1_000_000, ClockQuality.SYNCED)
            waited_s += max(0, jump_s)
            if try_now:
                try:
                    logins.sign_in("x", "y", "10.1.1.1")
                except TooMany as refusal:
                    waits.append(refusal.retry_after_s)
                except FormError:
                    looked += 1
    state.close()
    assert all(1 <= wait_s <= LONGEST_WAIT_S for wait_s in waits)
    allowed, cost = FREE_TRIES, 0
    while cost + min(LONGEST_WAIT_S, 2 ** (allowed - FREE_TRIES + 1)) <= waited_s:
        cost += min(LONGEST_WAIT_S, 2 ** (allowed - FREE_TRIES + 1))
        allowed += 1
    assert looked <= allowed


def test_logging_in_leads_each_role_to_its_own_page(app: Flask, enter: Enter) -> None:
    assert enter("attendant").get("/kiosk/in").status_code == 200
    assert enter("observer").get("/").location == "/review"
    assert enter("manager").get("/review").status_code == 200


def test_the_log_in_form_refuses_with_words_and_says_how_long_to_wait(app: Flask) -> None:
    client = app.test_client()
    for expected in (401, 401, 401, 429):
        answer = client.post(
            "/login", data={"account": "boss", "secret": "wrong", "csrf_token": token_of(client)}
        )
        assert answer.status_code == expected
    assert int(answer.headers["Retry-After"]) >= 1
    assert 'data-error="too_many"' in answer.get_data(as_text=True)


def test_the_cookie_is_for_this_site_only_and_out_of_reach_of_scripts(enter: Enter) -> None:
    client = enter("attendant")
    assert client.get_cookie("gatepost") is not None
    answer = client.get("/login")
    page_cookie = app_cookie(client)
    assert page_cookie.http_only
    assert page_cookie.same_site == "Strict"
    assert not page_cookie.secure
    assert answer.status_code == 200


def app_cookie(client: FlaskClient):  # type: ignore[no-untyped-def]  # werkzeug's own cookie class is private
    return client.get_cookie("gatepost")


def test_through_a_proxy_with_tls_the_cookie_is_secure(app: Flask) -> None:
    answer = app.test_client().get("/login", base_url="https://gate.example")
    assert "Secure" in answer.headers["Set-Cookie"]


def test_logging_out_ends_the_session_on_the_gate_itself(enter: Enter, app: Flask) -> None:
    client = enter("manager")
    stolen = app_cookie(client).value
    assert client.post("/logout", data={"csrf_token": token_of(client, "/review")}).status_code == 302
    thief = app.test_client()
    thief.set_cookie("gatepost", stolen)
    assert thief.get("/review").status_code == 302


def test_a_disabled_account_loses_access_at_once(enter: Enter, world: World, app: Flask) -> None:
    client = enter("attendant")
    bearer = {"authorization": f"Bearer {world.tokens['attendant']}"}
    assert app.test_client().get("/api/v1/lanes/in", headers=bearer).status_code == 200
    world.users.set_enabled("door", False)
    assert client.get("/kiosk/in/state").status_code == 401
    assert client.get("/kiosk/in").status_code == 302
    assert app.test_client().get("/api/v1/lanes/in", headers=bearer).status_code == 401
    assert world.users.verify("door", PIN) is None
    world.users.set_enabled("door", True)
    assert app.test_client().get("/api/v1/lanes/in", headers=bearer).status_code == 401


def test_a_new_secret_ends_older_log_ins(enter: Enter, world: World) -> None:
    client = enter("attendant")
    world.users.set_secret("door", "77778888")
    assert client.get("/kiosk/in/state").status_code == 401


def test_log_ins_and_refusals_are_rows_without_personal_data(app: Flask, enter: Enter, world: World) -> None:
    client = app.test_client()
    client.post("/login", data={"account": "boss", "secret": "wrong", "csrf_token": token_of(client)})
    enter("manager")
    reader = world.journal.reader()
    rows = reader.rows_after(0, 50, ["user.refused", "user.signed_in"])
    reader.close()
    assert [(row.kind, row.body) for row in rows] == [
        ("user.refused", {"account": "boss", "why": "wrong_login"}),
        ("user.signed_in", {"account": "boss", "role": "manager"}),
    ]


def test_an_attendant_gets_in_although_the_journal_cannot_commit(world: World, enter: Enter) -> None:
    world.writer.broken = True
    assert enter("attendant").get("/kiosk/in").status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "x", "/a\nb"]
)
def test_nobody_is_led_away_to_another_host(app: Flask, target: str) -> None:
    answer = app.test_client().get("/language/en", query_string={"next": target})
    assert answer.location == "/"


def test_the_language_is_remembered(app: Flask) -> None:
    client = app.test_client()
    assert "Log in" in client.get("/login").get_data(as_text=True)
    client.get("/language/zh_Hans")
    page = client.get("/login").get_data(as_text=True)
    assert "登录" in page
    assert '<html lang="zh-Hans">' in page
    assert client.get("/language/fr").status_code == 404


def test_account_names_are_offered_on_the_gates_own_screen_only(app: Flask) -> None:
    client = app.test_client()
    assert 'data-name="door"' in client.get("/login").get_data(as_text=True)
    assert "boss" not in client.get("/login").get_data(as_text=True)
    outside = client.get("/login", environ_base={"REMOTE_ADDR": "10.0.0.9"})
    assert "door" not in outside.get_data(as_text=True)


def test_a_leaver_is_out_at_the_end_by_a_clock_that_is_believed_and_needs_no_row_for_it(desk: Desk) -> None:
    user, session = desk.logins.sign_in("door", PIN, "10.0.0.9")
    token = desk.users.issue_token("door")
    ends_us = desk.clock().at_us + 3_600_000_000
    desk.users.set_until("door", ends_us)
    assert desk.logins.user_of(session) is not None
    assert desk.logins.by_token(token) is not None
    desk.clock.move(3601)
    quality = desk.clock.quality
    desk.clock.quality = ClockQuality.RESTORED
    assert desk.logins.user_of(session) is not None, "nobody believes that it is so late"
    desk.clock.quality = quality
    assert desk.logins.user_of(session) is None
    assert desk.logins.by_token(token) is None
    assert desk.refused("door", PIN) == "wrong_login"
    assert desk.rows[-1].body == {"account": "door", "why": "left"}
    assert desk.users.get("door") == replace(user, until_us=ends_us), "it is not closed yet"
    desk.users.set_enabled("door", True)
    assert desk.refused("door", PIN) == ""


def test_a_page_that_was_open_at_the_end_of_an_account_asks_to_log_in(enter: Enter, world: World) -> None:
    door = enter("attendant")
    assert door.get("/kiosk/in").status_code == 200
    users = Users(world.gate.state)
    (name,) = (user.name for user in users.all() if user.role == "attendant")
    users.set_until(name, world.gate.now().at_us)
    assert door.get("/kiosk/in").status_code == 302
