"""The trust lists on the pages: a quiet line for the attendant, a table for the manager."""

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from edge.web import create_app
from tests.web.conftest import token_of
from tests.web.fakes import ACCOUNTS, World

pytestmark = pytest.mark.system

AS_OF_US = 1_640_995_200_000_000  # 2022-01-01 08:00 in Shanghai


def entry(state: str, carrier: str = "hc1", **changes: Any) -> dict[str, Any]:
    found = {
        "carrier": carrier,
        "as_of_us": AS_OF_US,
        "keys": 961,
        "withdrawn": 4,
        "version": 7,
        "test": False,
    }
    return found | {"state": state} | changes


def pages(world: World, *entries: dict[str, Any]) -> FlaskClient:
    return create_app(replace(world.gate, trust=lambda: list(entries))).test_client()


def kiosk(world: World, *entries: dict[str, Any]) -> str:
    headers = {"authorization": f"Bearer {world.tokens['attendant']}"}
    answer = pages(world, *entries).get("/kiosk/in/state", headers=headers)
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def enter(client: FlaskClient) -> None:
    name, _, secret = next(account for account in ACCOUNTS if account[1] == "manager")
    said = {"account": name, "secret": secret, "csrf_token": token_of(client)}
    assert client.post("/login", data=said).status_code == 302


def test_the_attendant_sees_each_list_with_its_date(world: World) -> None:
    shown = kiosk(world, entry("fresh"), entry("fresh", "nzcp", test=True))
    assert '<span class="trust-fresh" data-trust="hc1">EU certificate (HC1) 2022-01-01</span>' in shown
    assert 'data-trust="nzcp">NZ My Vaccine Pass 2022-01-01 TEST</span>' in shown


@pytest.mark.parametrize(
    ("state", "words"),
    [("ageing", "soon too old"), ("old", "too old: codes are not verified"), ("undated", "without a date")],
)
def test_a_list_that_will_not_do_much_longer_says_so(world: World, state: str, words: str) -> None:
    shown = kiosk(world, entry(state, as_of_us=None if state == "undated" else AS_OF_US))
    assert f'class="trust-{state}"' in shown
    assert f" · {words}</span>" in shown


def test_without_lists_the_line_is_empty(world: World) -> None:
    assert '<p id="trust" class="trust"></p>' in kiosk(world)


def test_the_manager_sees_keys_withdrawals_and_the_districts_version(world: World) -> None:
    client = pages(world, entry("ageing"), entry("fresh", "shc", version=None))
    enter(client)
    page = client.get("/review/devices").get_data(as_text=True)
    row = page[page.index('data-trust="hc1"') :]
    row = row[: row.index("</tr>")]
    for cell in ("2022-01-01", "soon too old", "961", "4", "7"):
        assert f"<td>{cell}</td>" in row
    assert "<td>–</td></tr>" in page[page.index('data-trust="shc"') :]


def test_a_gate_without_lists_tells_the_manager(world: World) -> None:
    client = pages(world)
    enter(client)
    assert "no signed code can be believed" in client.get("/review/devices").get_data(as_text=True)
