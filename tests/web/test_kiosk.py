"""What the attendant's page says in every state, and that late and repeated taps are harmless."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from edge.domain.model import Carrier, Code, CodeVerdict
from edge.web import create_app
from tests.waiting import until
from tests.web.conftest import token_of
from tests.web.fakes import PIN, World, device, running

pytestmark = pytest.mark.system

Enter = Callable[[str], FlaskClient]


@pytest.fixture
def kiosk(enter: Enter) -> FlaskClient:
    return enter("attendant")


def state(client: FlaskClient, lane: str = "in") -> str:
    """Return the fragment of a lane."""
    answer = client.get(f"/kiosk/{lane}/state")
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def key(client: FlaskClient) -> str:
    """Return which big state is shown."""
    return str(re.findall(r'data-key="(\w+)"', state(client))[0])


def command(world: World, client: Any, what: str, body: dict[str, Any], role: str = "attendant") -> Any:
    """Submit a command as a program does."""
    return client.application.test_client().post(
        f"/api/v1/lanes/in/{what}", json=body, headers={"authorization": f"Bearer {world.tokens[role]}"}
    )


def test_the_chooser_lists_every_lane(kiosk: FlaskClient) -> None:
    page = kiosk.get("/").get_data(as_text=True)
    assert 'href="/kiosk/in"' in page
    assert 'href="/kiosk/out"' in page


def test_an_unknown_lane_is_no_page(kiosk: FlaskClient) -> None:
    assert kiosk.get("/kiosk/north").status_code == 404
    assert kiosk.get("/kiosk/north/state").get_json()["error"] == "unknown_lane"


def test_a_resident_passes_with_one_tap(world: World, kiosk: FlaskClient) -> None:
    assert key(kiosk) == "idle"
    passage = world.step_up(34.6)
    shown = state(kiosk)
    assert 'data-key="open"' in shown
    assert "36.6 °C" in shown
    assert 'data-step="temperature" data-state="done"' in shown
    assert 'data-step="mask" data-state="missing"' in shown
    world.show_pass("张三")
    assert "张三" in state(kiosk)
    answer = command(
        world, kiosk, "answers", {"passage": passage, "command_id": "m", "question": "mask", "value": "on"}
    )
    assert answer.status_code == 200
    shown = state(kiosk)
    assert 'data-key="admit"' in shown
    assert 'data-shape="admit"' in shown
    assert "张三" not in shown  # gone with the person


def big(shown: str) -> str:
    """Return what the fragment says to the visitor from afar."""
    return str(re.findall(r'<section id="big".*?</section>', shown, re.S)[0])


def test_what_is_read_from_afar_names_nobodys_temperature_or_code(world: World, kiosk: FlaskClient) -> None:
    passage = world.step_up(35.9)
    world.show_pass("张三", verdict=CodeVerdict.EXPIRED)
    shown = state(kiosk)
    assert {"temperature_again", "code_expired"} <= set(re.findall(r'data-reason="(\w+)"', shown))
    assert "data-reason" not in big(shown)
    answers = [{"question": "temperature_contact", "value": "38.2"}]
    body = {"passage": passage, "command_id": "c", "answers": answers}
    assert command(world, kiosk, "answers", body).status_code == 200
    shown = state(kiosk)
    assert 'data-key="refer"' in shown
    assert 'data-reason="temperature_over_threshold"' in shown
    assert "data-reason" not in big(shown)
    assert "38.2" not in big(shown)


def test_an_admission_by_hand_is_called_one_and_says_by_whom(world: World, kiosk: FlaskClient) -> None:
    passage = world.step_up(34.6)
    body = {"passage": passage, "command_id": "a", "outcome": "admit", "reason": "known"}
    assert command(world, kiosk, "decision", body).status_code == 200
    shown = state(kiosk)
    assert "Admitted by the attendant" in big(shown)
    assert "All checks complete" not in shown
    assert "Decided by door" in shown
    assert "A step was left out." in shown


def test_a_visitor_is_told_what_is_still_to_be_done(world: World, kiosk: FlaskClient) -> None:
    command(world, kiosk, "begin", {"command_id": "b"})
    assert re.findall(r'data-todo="(\w+)"', state(kiosk)) == ["temperature", "code"]
    world.step_up(34.6)
    assert re.findall(r'data-todo="(\w+)"', state(kiosk)) == ["code"]
    world.show_pass()
    assert re.findall(r'data-todo="(\w+)"', state(kiosk)) == ["question"]


@pytest.mark.parametrize(("outcome", "stays_s"), [("admit", 20), ("refer", 60)])
def test_a_verdict_is_not_left_standing_for_the_next_person(
    world: World, kiosk: FlaskClient, outcome: str, stays_s: int
) -> None:
    passage = world.step_up(34.6)
    body = {"passage": passage, "command_id": "a", "outcome": outcome, "reason": "known"}
    assert command(world, kiosk, "decision", body).status_code == 200
    world.clock.move(stays_s - 8)
    shown = state(kiosk)
    assert f'data-key="{outcome}"' in shown
    assert 0 < int(re.findall(r'data-fades="(\d+)"', shown)[0]) <= 8_000
    world.clock.move(9)
    shown = state(kiosk)
    assert 'data-key="idle"' in shown
    assert "data-step=" not in shown
    assert "36.6" not in shown


def test_a_question_that_decided_is_named_in_the_procedures_words(world: World, kiosk: FlaskClient) -> None:
    passage = world.step_up(34.6)
    body = {"passage": passage, "command_id": "q", "question": "mask", "value": "refused"}
    assert command(world, kiosk, "answers", body).status_code == 200
    assert "An answer says turn back: Mask" in state(kiosk)


def test_an_attendant_of_one_lane_needs_no_chooser(tmp_path: Path) -> None:
    with running(tmp_path, ("in",)) as world:
        client = create_app(world.gate).test_client()
        given = {"account": "door", "secret": PIN, "csrf_token": token_of(client)}
        assert client.post("/login", data=given).status_code == 302
        assert client.get("/").headers["location"] == "/kiosk/in"


def test_a_first_value_over_the_threshold_holds_and_offers_no_admit(world: World, kiosk: FlaskClient) -> None:
    world.step_up(35.9)
    shown = state(kiosk)
    assert 'data-key="hold"' in shown
    assert 'data-reason="temperature_again"' in shown
    assert 'id="act-admit"' not in shown
    assert 'id="act-contact"' in shown
    assert 'id="act-rest"' in shown


def test_the_register_form_takes_all_its_fields_at_once(world: World, kiosk: FlaskClient) -> None:
    passage = world.step_up(34.6)
    shown = state(kiosk)
    assert shown.count('data-step="register"') == 2  # the chip and one form
    answers = [
        {"question": "id_number", "value": "51000019900101123X"},
        {"question": "name", "value": "李四"},
        {"question": "phone", "value": "13900005678"},
        {"question": "room", "value": "3-1-2"},
    ]
    body = {"passage": passage, "command_id": "form", "answers": answers}
    assert command(world, kiosk, "answers", body).status_code == 200
    assert 'data-step="register" data-state="done"' in state(kiosk)


def test_resting_shows_the_ticket_with_its_time_and_one_tap_brings_back(
    world: World, kiosk: FlaskClient
) -> None:
    passage = world.step_up(35.9)
    command(world, kiosk, "park", {"passage": passage, "command_id": "p", "why": "rest"})
    shown = state(kiosk)
    assert 'data-key="idle"' in shown
    assert f'data-resume="{passage}"' in shown
    assert re.search(r"[45]:\d\d", shown)
    assert command(world, kiosk, "resume", {"command_id": "r", "ticket": 1}).status_code == 200
    assert world.gate.view("in")["passage"] == passage


def test_a_tap_meant_for_the_person_before_touches_nobody(world: World, kiosk: FlaskClient) -> None:
    first = world.step_up(34.6)
    gone = {"passage": first, "command_id": "late", "outcome": "admit", "reason": "known"}
    refuse = {"passage": first, "command_id": "now", "outcome": "turn_back", "reason": "not_allowed"}
    assert command(world, kiosk, "decision", refuse).status_code == 200
    second = world.step_up(34.2)
    assert second != first
    answer = command(world, kiosk, "decision", gone)
    assert (answer.status_code, answer.get_json()["error"]) == (409, "passage_not_open")
    assert world.gate.view("in")["passage"] == second


def test_the_same_tap_twice_is_one_decision(world: World, kiosk: FlaskClient) -> None:
    passage = world.step_up(34.6)
    body = {"passage": passage, "command_id": "tap-1", "outcome": "turn_back", "reason": "not_allowed"}
    answers = [command(world, kiosk, "decision", body) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.get_json()["sequence"] for answer in answers}) == 1
    reader = world.journal.reader()
    decided = [row for row in reader.passage(passage) if row.kind == "passage.decided"]
    reader.close()
    assert len(decided) == 1
    assert decided[0].seq == answers[0].get_json()["sequence"]
    assert decided[0].body["by"] == "door"


def test_a_gate_that_cannot_write_covers_the_screen(world: World, kiosk: FlaskClient) -> None:
    passage = world.step_up(34.6)
    world.writer.broken = True
    body = {"passage": passage, "command_id": "x", "outcome": "turn_back", "reason": "unwell"}
    answer = command(world, kiosk, "decision", body)
    assert (answer.status_code, answer.get_json()["error"]) == (503, "journal")
    assert answer.headers["Retry-After"]
    shown = state(kiosk)
    assert "请手工登记" in shown
    assert "Write it by hand" in shown
    assert 'data-key="open"' in shown  # nothing was decided
    world.writer.broken = False
    until(lambda: world.gate.view("in")["writable"], what="the journal to be back")
    assert "请手工登记" not in state(kiosk)


def test_device_trouble_is_said_with_what_to_do(world: World, kiosk: FlaskClient) -> None:
    world.devices["in"] = [
        device("thermometer", "gy614", simulated=False, state="down", code="absent"),
        device("voice", "wav", simulated=False),
    ]
    shown = state(kiosk)
    assert "Thermometer is not connected." in shown
    assert "Check that its cable is plugged in." in shown
    assert "Simulated" not in shown
    assert 'data-voice="yes"' in shown
    kiosk.get("/language/zh_Hans")
    assert "请检查连接线是否插好" in state(kiosk)


def test_a_platform_that_is_away_is_said_in_words_of_its_own(world: World, kiosk: FlaskClient) -> None:
    away = {**device("verifier", "http", simulated=False, state="down", code="silent"), "name": "province"}
    world.devices["in"] = [away]
    shown = state(kiosk)
    assert "Platform province does not answer in time." in " ".join(shown.split())
    assert "Look at the phone" in shown
    assert "power" not in shown.partition('id="big"')[0], "a platform has no plug here"
    kiosk.get("/language/zh_Hans")
    assert "请看手机画面" in state(kiosk)


def test_simulated_devices_carry_a_banner(kiosk: FlaskClient) -> None:
    assert "this gate measures nobody" in state(kiosk)


def test_a_hostile_name_on_a_pass_is_text(world: World, kiosk: FlaskClient) -> None:
    world.show_pass("<img src=x onerror=alert(1)>\x00\u202e")
    shown = state(kiosk)
    assert "<img" not in shown
    assert "&lt;img src=x onerror=alert(1)&gt;\u2400\ufffd" in shown


def test_a_code_nobody_knows_is_told_apart_from_a_good_one(world: World, kiosk: FlaskClient) -> None:
    world.show(Code(Carrier.UNKNOWN, CodeVerdict.UNSUPPORTED, payload=b"https://example.org"))
    shown = state(kiosk)
    assert 'data-step="check" data-state="failed"' in shown
    assert "This code is not accepted at this gate." in shown


def test_every_fragment_has_its_own_command_ids_and_the_stamp_only_follows_what_is_shown(
    world: World, kiosk: FlaskClient
) -> None:
    def parts() -> tuple[str, str]:
        shown = state(kiosk)
        return (re.findall(r'data-nonce="(\w+)"', shown)[0], re.findall(r'data-stamp="(\w+)"', shown)[0])

    (nonce, stamp), (other, same) = parts(), parts()
    assert nonce != other
    assert stamp == same
    world.step_up(34.6)
    assert parts()[1] != stamp
