"""What the pages of the cases show of many, of late ones, and of whom nobody measured."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from edge.domain.model import Carrier, Code, CodeVerdict, Outcome
from tests.registers.test_cases import case_row
from tests.web.conftest import token_of
from tests.web.fakes import UNITS, World
from tests.web.test_cases import call, refer_hot
from tests.web.test_kiosk import state
from tests.web.test_review import decide, rows

pytestmark = pytest.mark.system

Enter = Callable[[str], FlaskClient]
HOUR_US = 3_600_000_000


def numbers(page: str) -> list[int]:
    return [int(found) for found in re.findall(r'data-case="(\d+)"', page)]


def opened(client: FlaskClient, *, form: bool = False) -> str:
    """Open the personal fields of the first case and return the page."""
    data: dict[str, Any] = {"csrf_token": token_of(client, "/cases/1"), "why": "referral"}
    return client.post("/cases/1/open", data=data | ({"form": "yes"} if form else {})).get_data(as_text=True)


def test_every_open_case_is_on_a_page_the_most_overdue_on_the_first(world: World, enter: Enter) -> None:
    at_us = world.clock().at_us - 10 * HOUR_US
    world.journal.append(*(case_row(n, at_us) for n in range(1, 161)))
    decide(world, Outcome.REFER, lane="out")
    client = enter("manager")
    call(world, client, "/3/close", command_id="c", result="other")
    found: list[int] = []
    path: str | None = "/cases?lane=in"
    while path is not None:
        page = client.get(path).get_data(as_text=True)
        found += [number for number in numbers(page) if number != 3]
        more = re.search(r'rel="next" href="([^"]+)"', page)
        path = more[1].replace("&amp;", "&") if more else None
    assert found == [n for n in range(1, 161) if n != 3]
    assert client.get("/cases?after=1&before=9").status_code == 400
    first = call(world, client, "?open=true&after=0&limit=2").get_json()
    assert [one["case"] for one in first["cases"]] == [1, 2]
    assert first["next"] == 2


def test_the_banner_counts_all_that_are_late_and_leads_to_the_oldest(world: World, enter: Enter) -> None:
    at_us = world.clock().at_us - 10 * HOUR_US
    world.journal.append(*(case_row(n, at_us) for n in range(1, 101)))
    world.journal.start_boot()
    world.gate.cases.look()
    client = enter("observer")
    for path in ("/cases", "/cases?after=90", "/cases?lane=out"):
        page = client.get(path).get_data(as_text=True)
        assert re.findall(r'id="overdue">(\d+) ', page) == ["100"]
        assert 'href="/cases/1"' in page
    assert '<a href="/cases">100 case(s) overdue' in client.get("/review").get_data(as_text=True)
    for role in ("attendant", "manager"):
        shown = state(enter(role))
        assert shown.count('data-overdue="yes"') == 3
        assert re.findall(r'id="d-case-(\d+)"', shown) == [str(n) for n in range(1, 21)]
        assert re.findall(r'id="case-(\d+)" data-case', shown) == ["1", "2", "3"]
    told = client.get("/cases/1").get_data(as_text=True)
    assert "hand the person over now." in told
    call(world, client, "/1/hand-over", command_id="h", unit=UNITS[0])
    assert "call the unit now." in client.get("/cases/1").get_data(as_text=True)


def test_a_page_without_late_cases_says_nothing_of_them(world: World, enter: Enter) -> None:
    decide(world, Outcome.REFER)
    client = enter("manager")
    assert 'id="overdue"' not in client.get("/review").get_data(as_text=True)
    assert "data-overdue" not in state(client)


def test_the_reason_an_attendant_chose_is_on_the_opened_case_and_its_form_only(
    world: World, enter: Enter
) -> None:
    decide(world, Outcome.REFER, "unwell")
    client = enter("manager")
    for path in ("/cases/1", "/cases/1/form"):
        page = client.get(path).get_data(as_text=True)
        assert 'id="chosen"' not in page
        assert 'data-field="chosen"' not in page
    (row,) = rows(world, "case.opened")
    assert "unwell" not in row.body_text
    assert re.search(r'id="chosen">Reason given: [A-Z][^<]+<', opened(client))
    form = opened(client, form=True)
    assert re.search(r'data-field="chosen">Reason given: [A-Z][^<]+<', form)


@pytest.mark.parametrize(("hot", "title"), [(True, "测温异常人员登记移交表"), (False, "人员移交登记表")])
def test_the_form_is_called_what_it_is(world: World, enter: Enter, *, hot: bool, title: str) -> None:
    if hot:
        refer_hot(world)
    else:
        decide(world, Outcome.REFER)
    client = enter("manager")
    client.get("/language/zh_Hans?next=/cases")
    page = client.get("/cases/1/form").get_data(as_text=True)
    assert re.findall(r"<h1>([^<]+)</h1>", page) == [title]


def test_codes_of_two_people_stand_beside_each_other_on_the_form(world: World, enter: Enter) -> None:
    world.show_pass("张三")
    personal = {"name": "李四", "phone": "13900000002"}
    world.show(Code(Carrier.GATEPOST_PASS, CodeVerdict.VALID, personal=personal, holder="pass:李四"))
    passage = world.last_passage()
    from edge.domain.events import Decide

    world.station.submit(Decide("in", passage, "d", "door", world.clock(), Outcome.REFER, "unwell"))
    form = opened(enter("manager"), form=True)
    assert re.findall(r'data-field="name">([^<]*)<', form) == [""]
    (claims,) = re.findall(r'data-field="claims"[^>]*>([^<]*)<', form)
    assert "张三" in claims.split(" / ")[0]
    assert claims.split(" / ")[1] == "李四, 13900000002"


def test_links_of_the_kiosk_leave_the_lane_where_it_is(world: World, enter: Enter) -> None:
    for _ in range(4):
        decide(world, Outcome.REFER)
    shown = state(enter("attendant"))
    links = re.findall(r'<a href="/cases[^>]*>', shown)
    assert len(links) == 5
    assert all('target="_blank" rel="noopener"' in link for link in links)
