"""What no form sends but somebody may: numbers that only look like some, days at the ends of the calendar,
and a clock nobody set. Each is an answer, never a fault of the program."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.model import ClockQuality
from edge.registers.duty_rules import UNTRAINED
from edge.web import forms
from tests.registers.made_up import phone
from tests.web.conftest import Enter, token_of
from tests.web.fakes import World
from tests.web.test_rosters import PERSON, entered

NIGHT = {"from": "20:00", "until": "08:00", "role": "R", "post": "P", "name": "甲", "untrained": "U"}
LIST = "日期,开始,结束,角色,姓名\n"
ODD_FORMS: list[tuple[str, dict[str, str]]] = [
    ("/accounts/door/until", {"day": "9999-12-31"}),
    ("/accounts/door/until", {"day": "2020-01-01"}),
    ("/accounts/door/until", {"day": "0001-01-01"}),
    ("/duty/plan", NIGHT | {"day": "9999-12-31"}),
    ("/duty/plan", NIGHT | {"day": "0001-01-01", "from": "00:00"}),
    ("/duty/plan", NIGHT | {"day": "2020-02-12", "from": f"{'9' * 5000}:00"}),
    ("/duty/training", {"day": "2023-01-01", "until": "9999-12-31", "name": "甲", "course": "x"}),
    ("/duty/plan/look", {"text": f"{LIST}9999-12-31,20:00,08:00,security,甲", "untrained": "U"}),
    ("/duty/plan/look", {"text": f"{LIST}0001-01-01,00:00,08:00,security,甲", "untrained": "U"}),
    ("/registers/people/1/amend", {"name": "甲", "phone": phone(1), "seen": "²"}),
    ("/registers/people/1/covered", {"round": "²"}),
    ("/registers/households/1/visit-link", {"hours": "²", "most": "1"}),
    ("/review/trace", {"who": "张三", "requester": "a", "authority": "b", "minutes": "9" * 5000}),
]
ODD_PAGES = (
    "/duty/plan?week=9999-12-31",
    "/duty/plan?week=0001-01-01",
    "/registers/coverage?round=²",
    "/registers/coverage?of=employer&value=²",
    f"/registers/coverage?of=employer&value={'9' * 26}",
)
TODAY = ("/review/ledgers", "/review/ledgers/passages", "/review/trace", "/review/evening", "/duty/plan")


@pytest.mark.parametrize(("path", "form"), ODD_FORMS)
def test_an_odd_form_is_answered(path: str, form: dict[str, str], enter: Enter, world: World) -> None:
    boss = enter("manager")
    entered(boss, **PERSON)
    rules = world.gate.duty.rules
    known = {"P": rules.post_names()[0], "R": next(iter(rules.roles)), "U": UNTRAINED[0]}
    sent = {name: known.get(value, value) for name, value in form.items()}
    token = token_of(boss, "/registers/people")
    answer = boss.post(path, data={"csrf_token": token, "command_id": "odd1"} | sent)
    assert answer.status_code < 500


@pytest.mark.parametrize("path", ODD_PAGES)
def test_an_odd_address_is_answered(path: str, enter: Enter) -> None:
    assert enter("manager").get(path).status_code < 500


@pytest.mark.parametrize("path", TODAY)
def test_pages_of_today_open_on_a_clock_at_the_beginning_of_time(
    path: str, enter: Enter, world: World
) -> None:
    boss = enter("manager")
    world.clock.quality = ClockQuality.UNSET
    world.clock.offset_us = -time.monotonic_ns() // 1000 + 5_000_000
    assert boss.get(path).status_code == 200


@given(text=st.text(max_size=30) | st.text("0123456789²٣", max_size=30), digits=st.integers(1, 16))
def test_a_whole_number_is_digits_alone(text: str, digits: int) -> None:
    found = forms.whole(text, digits)
    assert (found is not None) == (0 < len(text) <= digits and set(text) <= set("0123456789"))
    assert found is None or 0 <= found < 10**digits
