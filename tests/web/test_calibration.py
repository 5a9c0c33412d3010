"""What a thermometer is off by, through the API and on the page: who may say so, until when it counts."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from edge.domain.model import ClockQuality
from tests.waiting import until
from tests.web.conftest import Enter
from tests.web.fakes import World, device

pytestmark = pytest.mark.system

Call = Callable[..., Any]
DAY_S = 86_400
PAIRS = [{"surface_mdegc": 34_200 + 30 * n, "reference_mdegc": 36_500 + 30 * n} for n in range(10)]
BODY = {
    "command_id": "c1",
    "device": "thermometer",
    "pairs": PAIRS,
    "method": "paired",
    "reference": "TH-1 No. 0815",
    "site": "forehead",
}


@pytest.fixture
def call(app: Flask, world: World) -> Call:
    """Call the API with a role's token."""

    def ask(what: str, body: dict[str, Any] | None = None, role: str = "manager", lane: str = "in") -> Any:
        headers = {"authorization": f"Bearer {world.tokens[role]}"}
        path = f"/api/v1/lanes/{lane}/{what}"
        client = app.test_client()
        answer = (
            client.get(path, headers=headers)
            if body is None
            else client.post(path, headers=headers, json=body)
        )
        return answer.status_code, answer.get_json()

    return ask


def until_it_stands(world: World, standing: str) -> None:
    until(lambda: world.gate.view("in")["calibrations"][0]["standing"] == standing, what=standing)


def test_a_calibration_is_on_disk_when_it_is_answered_and_a_repetition_changes_nothing(
    call: Call, world: World
) -> None:
    status, answer = call("calibration", BODY)
    assert status == 200
    assert call("calibration", BODY) == (200, answer)
    with world.journal.reader() as reader:
        (row,) = reader.rows_after(0, 9, {"calibration.recorded"})
    assert row.seq == answer["sequence"]
    assert (row.lane, row.body["by"], row.body["driver"]) == ("in", "boss", "simulated")
    assert (row.body["offset_mdegc"], row.body["spread_mdegc"], row.body["count"]) == (2_300, 0, 10)
    (found,) = call("calibrations")[1]["calibrations"]
    assert (found["reference"], found["standing"], found["days_left"]) == ("TH-1 No. 0815", "holds", 90)
    assert found["until_us"] - found["at_us"] == 90 * DAY_S * 1_000_000
    assert call("calibrations", lane="out")[1]["calibrations"] == []


def test_the_driver_is_the_configured_one_and_no_other_device_can_be_named(call: Call, world: World) -> None:
    assert call("calibration", {**BODY, "driver": "gy614"})[0] == 400
    status, answer = call("calibration", {**BODY, "device": "scanner"})
    assert (status, answer["error"]) == (404, "unknown_device")
    world.devices["in"].append(device("thermometer", "gy614") | {"name": "thermometer2"})
    assert call("calibration", {**BODY, "device": "thermometer2"})[0] == 200
    assert call("calibrations")[1]["thermometers"] == ["thermometer", "thermometer2"]


@pytest.mark.parametrize("role", ["attendant", "observer"])
def test_only_a_manager_records_or_withdraws_and_everybody_is_told_so(call: Call, role: str) -> None:
    assert call("calibration", BODY, role)[0] == 403
    withdrawal = {"command_id": "c2", "device": "thermometer", "reason": "moved"}
    assert call("calibration/withdraw", withdrawal, role)[0] == 403
    status, answer = call("calibrations", role=role)
    assert (status, answer["may_record"]) == (200, False)
    assert call("calibrations")[1]["may_record"] is True


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"pairs": PAIRS[:9]}, "too_few_pairs"),
        ({"pairs": [{**pair, "reference_mdegc": 38_000} for pair in PAIRS]}, "reference_implausible"),
        ({"pairs": [{**pair, "surface_mdegc": 26_000} for pair in PAIRS]}, "offset_implausible"),
        (
            {"pairs": [{**pair, "surface_mdegc": 34_000 + 700 * (n % 4)} for n, pair in enumerate(PAIRS)]},
            "pairs_disagree",
        ),
        ({"pairs": []}, "bad_json"),
        ({"pairs": PAIRS * 11}, "bad_json"),
        ({"days": 366}, "bad_json"),
        ({"days": 0}, "bad_json"),
        ({"reference": ""}, "bad_json"),
        ({"reference": "TH\u2028-1"}, "bad_value"),
        ({"pairs": [{**pair, "surface_mdegc": 34_200.5} for pair in PAIRS]}, "bad_json"),
    ],
)
def test_nonsense_is_refused_with_a_code_and_words_and_leaves_no_row(
    call: Call, world: World, changes: dict[str, Any], error: str
) -> None:
    status, answer = call("calibration", {**BODY, **changes})
    assert (status, answer["error"]) == (400, error)
    assert re.search(r"[\u4e00-\u9fff]", answer["message"]["zh_Hans"])
    with world.journal.reader() as reader:
        assert reader.calibrations() == []


def test_an_array_is_refused_in_words_and_leaves_no_row(call: Call, world: World) -> None:
    specs = world.station._specs
    specs["in"] = replace(specs["in"], arrays=frozenset({"thermometer"}))
    status, answer = call("calibration", BODY)
    assert (status, answer["error"]) == (409, "array")
    assert "spot sensor" in answer["message"]["en"]
    assert "点测仪" in answer["message"]["zh_Hans"]
    with world.journal.reader() as reader:
        assert reader.calibrations() == []


def test_one_that_was_found_elsewhere_is_shown_as_not_valid_here_and_can_be_taken_back(
    call: Call, world: World, enter: Enter
) -> None:
    call("calibration", BODY)
    states = world.station._states
    gone = [replace(found, here=False) for found in states["in"].calibrations]
    states["in"] = replace(states["in"], calibrations=tuple(gone))
    until_it_stands(world, "elsewhere")
    for language, words in (("en", "not valid here"), ("zh_Hans", "在此无效")):
        manager = enter("manager")
        manager.set_cookie("language", language)
        page = manager.get("/review/devices").get_data(as_text=True)
        assert 'data-calibration="elsewhere"' in page
        assert words in page
    assert "days left" not in page
    assert call("calibrations")[1]["calibrations"][0]["standing"] == "elsewhere"
    assert call("calibration/withdraw", {"command_id": "w", "device": "thermometer", "reason": "x"})[0] == 200
    assert call("calibrations")[1]["calibrations"] == []


def test_a_clock_nobody_believes_dates_no_calibration(call: Call, world: World) -> None:
    world.clock.quality = ClockQuality.RESTORED
    status, answer = call("calibration", BODY)
    assert (status, answer["error"]) == (409, "clock_unset")
    assert call("calibrations")[1]["clock_trusted"] is False


def test_taking_it_back_is_a_row_of_its_own_with_the_reason(call: Call, world: World) -> None:
    withdrawal = {"command_id": "c2", "device": "thermometer", "reason": "the sensor was moved"}
    status, answer = call("calibration/withdraw", withdrawal)
    assert (status, answer["error"]) == (404, "not_calibrated")
    call("calibration", BODY)
    status, answer = call("calibration/withdraw", withdrawal)
    assert status == 200
    assert call("calibrations")[1]["calibrations"] == []
    with world.journal.reader() as reader:
        _recorded, row = reader.calibrations()
    assert (row.seq, row.body["reason"]) == (answer["sequence"], "the sensor was moved")


def test_a_full_card_refuses_it_and_nothing_counts_that_is_not_on_disk(call: Call, world: World) -> None:
    world.writer.broken = True
    assert call("calibration", BODY)[0] == 503
    assert world.gate.view("in")["calibrations"] == []
    world.writer.broken = False
    assert call("calibration", BODY)[0] == 200


def test_it_counts_in_the_next_measurement_until_it_ends(call: Call, world: World) -> None:
    world.devices["in"].append(device("thermometer", "gy614") | {"name": "meter"})
    call("calibration", {**BODY, "device": "meter", "days": 30})
    first = world.step_up(34.6)
    (measured,) = world.gate.view("in")["measured"]
    assert (measured["device"], measured["surface_mdegc"], measured["body_mdegc"]) == (
        "meter",
        34_600,
        36_900,
    )
    assert measured["conversion"].startswith("site/1:+2300@")
    world.clock.move(30 * DAY_S + 1)
    until_it_stands(world, "expired")
    body = {"command_id": "d", "passage": first, "outcome": "abandoned", "reason": "calibration"}
    call("decision", body)  # unless 30 days were enough to end it
    world.step_up(34.6)
    (measured,) = world.gate.view("in")["measured"]
    assert (measured["body_mdegc"], measured["conversion"]) == (36_600, "offset/1:+2000")


def test_the_devices_page_says_what_it_adds_who_found_it_and_how_long_it_counts(
    call: Call, world: World, enter: Enter
) -> None:
    def line(language: str) -> str:
        manager = enter("manager")  # each time anew: a log-in does not last for weeks
        manager.set_cookie("language", language)
        page = manager.get("/review/devices").get_data(as_text=True)
        rows = re.findall(r"<tr data-calibration=.*?</tr>", page, re.DOTALL)
        assert len(rows) == 2, "one thermometer in each lane"
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", rows[0]))

    assert "gatepost calibrate" in line("en")
    assert "未在本地校准" in line("zh_Hans")
    call("calibration", BODY)
    for part in ("in", "Thermometer", "+2.30 °C", "0.00 °C", " 10 ", "TH-1 No. 0815", "boss", "holds", "90"):
        assert part in line("en"), part
    assert "有效 · 还剩 90 天" in line("zh_Hans")
    for days, standing, english, chinese in (
        (80, "due", "ends soon · days left: 10", "即将到期 · 还剩 10 天"),
        (11, "expired", "has ended", "已过期"),
    ):
        world.clock.move(days * DAY_S)
        until_it_stands(world, standing)
        assert english in line("en")
        assert chinese in line("zh_Hans")


def test_a_passage_ended_for_calibration_says_so_and_seals_nothing(
    call: Call, world: World, enter: Enter
) -> None:
    passage = world.step_up(34.6)
    body = {"command_id": "d", "passage": passage, "outcome": "abandoned", "reason": "calibration"}
    assert call("decision", body, "attendant")[0] == 200
    with world.journal.reader() as reader:
        (row,) = reader.passage(passage)
    assert (row.body["outcome"], row.body["chosen"], row.sealed) == ("abandoned", "calibration", None)
    page = enter("observer").get(f"/review/passage/{passage}").get_data(as_text=True)
    assert "measured to calibrate the thermometer" in page
