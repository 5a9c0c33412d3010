"""A level of healthy people that has shifted: who may confirm it, and what the pages are told of it and of
a thermometer that cannot be right."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from edge.domain.healthy import start
from edge.domain.instrument import Instrument
from edge.domain.instrument_signs import Finding, Sign
from edge.domain.lane_state import Taught, Watched
from edge.domain.side_by_side import Pair, Side
from edge.domain.sisters import Sisters
from edge.domain.skin import PLACES
from edge.web.openapi import document
from tests.waiting import until
from tests.web.fakes import POLICY, World

pytestmark = pytest.mark.system

Call = Callable[..., Any]
BODY = {"command_id": "c1", "device": "meter", "reason": "lens cleaned"}


@pytest.fixture
def call(app: Flask, world: World) -> Call:
    """Call the API with a role's token."""

    def ask(what: str, body: dict[str, Any] | None = None, role: str = "manager") -> Any:
        headers = {"authorization": f"Bearer {world.tokens[role]}"}
        client, path = app.test_client(), f"/api/v1/lanes/in{what}"
        answer = client.post(path, headers=headers, json=body) if body else client.get(path, headers=headers)
        return answer.status_code, answer.get_json()

    return ask


@pytest.fixture
def shifted(world: World) -> None:
    """Half of the people of late read two spreads more than before."""
    healthy = replace(start(PLACES["forehead"]), people=40, recent=2.0)
    known = Taught("meter", rested=False, healthy=healthy, ambient_mdegc=21_000, told=True)
    states = world.station._states
    states["in"] = replace(states["in"], healthy=(known,))


def test_a_thermometer_that_cannot_be_right_is_told_of_with_what_to_do(
    call: Call, world: World, enter: Callable[[str], FlaskClient]
) -> None:
    figures = (("error_milli", 40), ("from_mdegc", 33_000), ("slope_milli", 220), ("to_mdegc", 35_000))
    found = Finding(Sign.INSENSITIVE, world.clock().at_us, 180, figures)
    known = Watched("meter", "", None, "forehead", Instrument(people=200, found=(found,)))
    states = world.station._states
    states["in"] = replace(states["in"], instruments=(known,))
    world.step_up(35.0)
    view = call("")[1]
    components = document()["components"]
    Draft202012Validator({"$ref": "#/components/schemas/LaneView", "components": components}).validate(view)
    (doubt,) = view["doubts"]
    assert (doubt["device"], doubt["people"], doubt["signs"][0]["figures"]) == ("meter", 200, dict(figures))
    for language, words in (("en", "rises by only 0.22 °C"), ("zh_Hans", "显示值只升高 0.22 °C")):
        manager = enter("manager")
        manager.set_cookie("language", language)
        page = manager.get("/review/devices").get_data(as_text=True)
        assert page.count('data-doubt="insensitive"') == 1
        assert words in page


def test_two_that_have_parted_are_told_of_at_both_lanes_with_each_other(
    call: Call, world: World, enter: Callable[[str], FlaskClient]
) -> None:
    sides = [Side(lane, "thermometer", "gy614", None, "forehead") for lane in ("in", "out")]
    figures = (("error_mdegc", 70), ("first_mdegc", 10), ("moved_mdegc", -520))
    found = Finding(Sign.DRIFTING, world.clock().at_us, 600, figures)
    world.station._pairs = (Pair(sides[0], sides[1], Sisters(found=(found,))),)
    view = call("")[1]
    components = document()["components"]
    Draft202012Validator({"$ref": "#/components/schemas/LaneView", "components": components}).validate(view)
    assert view["doubts"][0]["sister"] == {
        "lane": "out",
        "device": "thermometer",
        "driver": "gy614",
        "port": None,
    }
    for language, words in (("en", "has moved by -0.52 °C"), ("zh_Hans", "移动了 0.52 °C")):
        manager = enter("manager")
        manager.set_cookie("language", language)
        page = manager.get("/review/devices").get_data(as_text=True)
        assert page.count('data-doubt="drifting"') == 2
        assert words in page
        assert re.search(r"<strong>in · \S+ ↔ out · \S+</strong>", page)


@pytest.mark.usefixtures("shifted")
def test_a_confirmed_level_is_on_disk_when_it_is_answered_and_a_repetition_changes_nothing(
    call: Call, world: World
) -> None:
    status, answer = call("/level", BODY)
    assert status == 200
    assert call("/level", BODY) == (200, answer)
    with world.journal.reader() as reader:
        (row,) = reader.rows_after(0, 9, {"screening.settled"})
    assert (row.seq, row.lane, row.body["by"], row.body["people"]) == (answer["sequence"], "in", "boss", 40)
    assert row.body["level_mdegc"] == row.body["was_mdegc"] + 2 * PLACES["forehead"].spread
    status, answer = call("/level", {**BODY, "command_id": "c2"})
    assert (status, answer["error"]) == (409, "not_shifted")
    assert call("/level/withdraw", {**BODY, "command_id": "c3"})[0] == 200
    status, answer = call("/level/withdraw", {**BODY, "command_id": "c4"})
    assert (status, answer["error"]) == (404, "not_settled")


@pytest.mark.usefixtures("shifted")
@pytest.mark.parametrize("role", ["attendant", "observer"])
@pytest.mark.parametrize("what", ["/level", "/level/withdraw"])
def test_only_a_manager_confirms_a_level_or_takes_that_back(call: Call, role: str, what: str) -> None:
    assert call(what, BODY, role)[0] == 403


def test_the_snapshot_tells_both_verdicts_and_every_level_as_documented(call: Call, world: World) -> None:
    world.step_up(35.0)
    world.show_pass()
    call("/answers", {"passage": world.last_passage(), "command_id": "c1", "question": "mask", "value": "on"})
    until(lambda: world.gate.view("in")["levels"], what="somebody who has passed")
    view = call("")[1]
    components = document()["components"]
    Draft202012Validator({"$ref": "#/components/schemas/LaneView", "components": components}).validate(view)
    temperature = view["temperature"]
    assert (temperature["decides"], temperature["legal"], temperature["level"]) == (
        POLICY.decides,
        "normal",
        "normal",
    )
    assert temperature["ppm"] > 0
    assert temperature["conversion"] == "offset/1:+2000"
    (level,) = view["levels"]
    assert (level["device"], level["place"], level["people"], level["shifted"]) == (
        "meter",
        "forehead",
        1,
        False,
    )
    assert view["measured"][0]["expected"]["place"] == "forehead"
