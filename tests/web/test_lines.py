"""Which line somebody was over is said where their temperature is: list, passage, kiosk."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from edge.web.lines import line_of
from tests.waiting import until
from tests.web.fakes import POLICY, World
from tests.web.test_temperature import crowd_of, shown

pytestmark = pytest.mark.system

Enter = Callable[[str], FlaskClient]
LEVEL = replace(POLICY, decides="either", threshold_mdegc=38_500)


def test_whom_the_level_referred_is_told_so_although_the_body_estimate_is_low(
    world: World, enter: Enter
) -> None:
    people = crowd_of(world, LEVEL)
    by_level = people.passes(1.35, again_c=1.35)
    by_law = people.passes(3.3, contact_c=38.9)
    plain = people.passes(0.0)
    people.flush()
    client = enter("manager")
    page = shown(client, "/review/passages")
    lines = {
        number: page.split(f'data-passage="{number}"', 1)[1].split("</tr>", 1)[0]
        for number in (by_level, by_law, plain)
    }
    assert 'data-line="level"' in lines[by_level]
    assert "well above healthy people here now" in lines[by_level]
    assert 'data-line="both"' in lines[by_law] or 'data-line="legal"' in lines[by_law]
    assert "data-line" not in lines[plain]
    page = shown(client, f"/review/passage/{by_level}")
    assert 'data-reason="temperature_over_threshold"' in page
    assert 'data-line="level"' in page
    assert 'data-legal="normal"' in page
    assert 'data-level="over"' in page
    assert "the line is a body estimate of 38.5 °C" in page
    assert "Expected of a healthy person" in page
    assert "this reading: +1.35 °C from it" in page
    assert "where 5 of 1,000 who come have one" in page
    assert "明显高于此时此地的健康人群" in shown(client, f"/review/passage/{by_level}", "zh_Hans")
    page = shown(client, f"/review/passage/{plain}")
    assert "data-line" not in page


def test_the_kiosk_says_which_line_asks_for_another_measurement(world: World, enter: Enter) -> None:
    world.step_up(36.4)
    until(lambda: world.gate.view("in")["temperature"]["verdict"] == "again", what="a first value over")
    client = enter("attendant")
    page = shown(client, "/kiosk/in/state")
    assert 'data-line="both"' in page
    assert "Measure again · over the legal line and well above healthy people" in page
    assert "请再测一次 · 超过法定线，也明显高于健康人群" in shown(client, "/kiosk/in/state", "zh_Hans")


def test_a_page_says_where_a_persons_own_history_counted(world: World, enter: Enter) -> None:
    people = crowd_of(world, replace(LEVEL, second_per_1000=None))
    people.usual_mdegc, before = 400, people.healthy
    warm = people.passes(1.26)
    people.usual_mdegc, people.healthy = None, before
    stranger = people.passes(1.26)
    people.flush()
    client = enter("manager")
    page = shown(client, f"/review/passage/{warm}")
    assert 'data-own="yes"' in page
    assert 'data-level="normal"' in page
    assert "data-line" not in page
    assert "是封存的" in shown(client, f"/review/passage/{warm}", "zh_Hans")
    page = shown(client, f"/review/passage/{stranger}")
    assert "data-own" not in page
    assert 'data-line="level"' in page


@pytest.mark.parametrize(
    ("verdict", "legal", "level", "decides", "line"),
    [
        ("normal", "normal", "normal", "either", None),
        ("again", "again", "normal", "either", "legal"),
        ("again", "normal", "again", "either", "level"),
        ("over", "over", "over", "either", "both"),
        ("over", "over", "over", "level", "level"),
        ("again", "again", "again", "legal", "legal"),
        ("over", None, None, "legal", "legal"),
        ("over", "normal", "normal", "either", None),
    ],
)
def test_only_a_line_that_counts_is_named(
    verdict: str, legal: str | None, level: str | None, decides: str, line: str | None
) -> None:
    temperature = {"verdict": verdict, "legal": legal, "level": level}
    told = {name: value for name, value in temperature.items() if value is not None}
    assert line_of(told, decides) == line
