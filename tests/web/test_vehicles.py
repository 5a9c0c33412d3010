"""The vehicle in the lane on the attendant's page, and what programs and observers get of it."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web.fakes import World
from tests.web.test_kiosk import Enter, command, key, state

pytestmark = pytest.mark.system

PLATE = "京A12345"


@pytest.fixture
def kiosk(enter: Enter) -> FlaskClient:
    return enter("attendant")


def arrives(world: World, kiosk: FlaskClient, **more: Any) -> int:
    body = {"command_id": "v", "plate": PLATE, "occupants": 2} | more
    answer = command(world, kiosk, "vehicle", body)
    assert answer.status_code == 200, answer.get_json()
    return int(answer.get_json()["passage"])


def somebody_passes(world: World, kiosk: FlaskClient, name: str) -> None:
    passage = world.step_up(34.6)
    world.show_pass(name)
    body = {"passage": passage, "command_id": name.encode().hex(), "question": "mask", "value": "on"}
    assert command(world, kiosk, "answers", body).status_code == 200


def buttons(page: str) -> set[str]:
    return set(re.findall(r'id="(vehicle-[a-z_-]+)"', page))


def test_an_idle_lane_offers_a_vehicle_with_a_key(kiosk: FlaskClient) -> None:
    page = state(kiosk)
    assert 'id="vehicle-begin"' in page
    assert 'aria-keyshortcuts="v"' in page
    assert 'data-send="vehicle"' in page


def test_every_key_of_the_kiosk_presses_one_button(world: World, kiosk: FlaskClient) -> None:
    def pressed() -> list[str]:
        page = kiosk.get("/kiosk/in").get_data(as_text=True)
        outside = re.sub(r"<dialog.*?</dialog>", "", page, flags=re.DOTALL)
        keys = re.findall(r'data-key-press="(\w+)"', outside)
        assert sorted(keys) == sorted(set(keys))
        return keys

    assert {"b", "v", "e"} <= set(pressed())
    arrives(world, kiosk, occupants=None)
    somebody_passes(world, kiosk, "张三")
    assert {"e", "o", "d", "s", "v"} <= set(pressed())
    world.step_up(34.6)
    assert {"a", "o", "e"} <= set(pressed())


def test_the_bar_says_plate_seats_and_who_is_next_until_the_vehicle_goes(
    world: World, kiosk: FlaskClient
) -> None:
    vehicle = arrives(world, kiosk)
    page = state(kiosk)
    assert key(kiosk) == "aboard"
    assert f'data-vehicle="{vehicle}"' in page
    assert PLATE in page
    assert 'data-done="0" data-told="2"' in page
    assert 'data-awaited="yes"' in page
    somebody_passes(world, kiosk, "张三")
    page = state(kiosk)
    assert key(kiosk) == "aboard", "an admitted occupant is no green light"
    assert 'data-done="1" data-told="2"' in page
    assert {"vehicle-everybody", "vehicle-sheet", "vehicle-decide", "vehicle-disinfected-yes"} <= buttons(
        page
    )
    answer = command(world, kiosk, "vehicle/everybody", {"passage": vehicle, "command_id": "e"})
    assert answer.status_code == 200
    assert key(kiosk) == "admit"


def test_whoever_may_not_go_on_holds_the_vehicle_and_the_reasons_are_one_tap(
    world: World, kiosk: FlaskClient
) -> None:
    vehicle = arrives(world, kiosk)
    passage = world.step_up(34.6)
    body = {"passage": passage, "command_id": "d", "outcome": "turn_back", "reason": "not_allowed"}
    assert command(world, kiosk, "decision", body).status_code == 200
    page = state(kiosk)
    assert 'data-vehicle-reason="occupant_turn_back"' in page
    assert {"vehicle-admit-without_them", "vehicle-turn_back-whole_vehicle", "vehicle-aside"} <= buttons(page)
    whole = {"passage": vehicle, "command_id": "w", "outcome": "turn_back", "reason": "whole_vehicle"}
    assert command(world, kiosk, "decision", whole).status_code == 200
    assert key(kiosk) == "turn_back"


def test_refusals_have_their_own_words(world: World, kiosk: FlaskClient) -> None:
    bad = command(world, kiosk, "vehicle", {"command_id": "b", "plate": "!"})
    assert (bad.status_code, bad.get_json()["error"]) == (400, "bad_plate")
    many = command(world, kiosk, "vehicle", {"command_id": "m", "plate": PLATE, "occupants": 61})
    assert many.status_code == 400
    vehicle = arrives(world, kiosk)
    second = command(world, kiosk, "vehicle", {"command_id": "s", "plate": "京B54321"})
    assert (second.status_code, second.get_json()["error"]) == (409, "vehicle_in_lane")
    again = command(world, kiosk, "vehicle", {"command_id": "v", "plate": PLATE, "occupants": 2})
    assert again.get_json()["passage"] == vehicle, "a repeated tap does nothing twice"


def test_an_observer_sees_the_vehicle_without_its_plate(world: World, kiosk: FlaskClient) -> None:
    vehicle = arrives(world, kiosk)
    client = kiosk.application.test_client()
    headers = {"authorization": f"Bearer {world.tokens['observer']}"}
    view = client.get("/api/v1/lanes/in", headers=headers).get_json()
    assert view["vehicle"]["passage"] == vehicle
    assert PLATE not in str(view)
    aside = {"passage": vehicle, "command_id": "p", "why": "other"}
    assert command(world, kiosk, "park", aside).status_code == 200
    assert PLATE in state(kiosk), "on the list for whoever works here"
    assert PLATE not in str(client.get("/api/v1/lanes/in", headers=headers).get_json())
