"""Cases over the real pages: opened with the decision, handed over, followed up, closed, printed."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from edge.domain.events import Decide, Give, Park, Resume
from edge.domain.model import Outcome
from edge.journal import Row
from tests.web.conftest import token_of
from tests.web.fakes import UNITS, World
from tests.web.test_kiosk import state
from tests.web.test_review import decide, rows

pytestmark = pytest.mark.system

Enter = Callable[[str], FlaskClient]
HOT_C, CONTACT = 36.4, "38.2"  # the skin; two degrees more are the body estimate of this site
CLINIC, COMMUNITY = UNITS


def refer_hot(world: World, name: str = "赵六") -> int:
    """Let somebody be over the threshold twice: referred by the rules."""
    world.show_pass(name)
    passage = world.step_up(HOT_C)
    give(world, passage, ("temperature_contact", CONTACT))
    return passage


def give(world: World, passage: int, *answers: tuple[str, str]) -> None:
    name = f"g{world.clock().mono_us}"
    world.station.submit(Give("in", passage, name, "door", world.clock(), answers))


def call(world: World, app_client: FlaskClient, path: str, role: str = "manager", **body: Any) -> Any:
    """Ask as a program does."""
    headers = {"authorization": f"Bearer {world.tokens[role]}"}
    client = app_client.application.test_client()
    if not body:
        return client.get(f"/api/v1/cases{path}", headers=headers)
    return client.post(f"/api/v1/cases{path}", json=body, headers=headers)


def test_whoever_is_over_twice_has_a_case_in_the_same_transaction(world: World, enter: Enter) -> None:
    passage = refer_hot(world)
    (decided,) = rows(world, "passage.decided")
    (opened,) = rows(world, "case.opened")
    assert opened.seq == decided.seq + 1
    assert opened.body["passage"] == passage
    assert opened.body["case"] == 1
    assert opened.body["why"] == ["temperature_over_threshold"]
    assert opened.body["first"]["body_mdegc"] == 38_400
    assert opened.body["first"]["method"] == "infrared"
    assert opened.body["second"]["body_mdegc"] == 38_200
    assert opened.body["second"]["method"] == "contact"
    assert "赵六" not in opened.body_text
    assert "13900001234" not in opened.body_text
    assert world.journal.unseal(opened) == {
        "name": "赵六",
        "room": "3-2-501",
        "phone": "13900001234",
        "building": "3",
    }
    assert opened.key_id != decided.key_id


def test_a_second_value_over_opens_a_case_whatever_the_attendant_decides(world: World, enter: Enter) -> None:
    passage = world.step_up(HOT_C)
    world.station.submit(Park("in", passage, "p1", "door", world.clock(), "rest"))
    world.station.submit(Resume("in", passage, "r1", "door", world.clock()))
    # The procedure refers by itself; the attendant was quicker and sent the person away.
    world.station.submit(Decide("in", passage, "d1", "door", world.clock(), Outcome.TURN_BACK, "not_allowed"))
    assert rows(world, "case.opened") == []  # measured once: nobody is over the threshold by one value
    decide(world, Outcome.TURN_BACK)
    decide(world, Outcome.ABANDONED, "left")
    assert rows(world, "case.opened") == []
    decide(world, Outcome.REFER)
    (opened,) = rows(world, "case.opened")
    assert opened.body["by"] == "door"
    assert "first" not in opened.body


def test_the_list_shows_open_cases_first_and_overdue_ones_loudly(world: World, enter: Enter) -> None:
    for _ in range(3):
        decide(world, Outcome.REFER)
    client = enter("observer")
    assert 'id="overdue"' not in client.get("/cases").get_data(as_text=True)
    call(world, client, "/2/close", command_id="c2", result="other")
    world.gate.cases.rules = type(world.gate.cases.rules)(UNITS, acknowledge_us=-1)
    decide(world, Outcome.REFER)
    page = client.get("/cases").get_data(as_text=True)
    assert re.findall(r'data-case="(\d+)"', page) == ["1", "3", "4", "2"]
    assert page.count('data-overdue="yes"') == 1
    assert 'id="overdue"' in page
    assert page.index('data-case="2"') > page.index('id="closed"')


def test_a_case_goes_its_whole_way_over_http_and_repeated_commands_change_nothing(
    world: World, enter: Enter
) -> None:
    refer_hot(world)
    client = enter("manager")
    assert call(world, client, "?open=true").get_json()["cases"][0]["case"] == 1
    confirmed = {"command_id": "x", "result": "confirmed"}
    assert call(world, client, "/1/close", **confirmed).get_json()["error"] == "case_stage"
    assert call(world, client, "/1/acknowledge", command_id="a0").status_code == 409
    first = call(world, client, "/1/hand-over", "attendant", command_id="h1", unit=CLINIC, note="李医生来接")
    assert first.status_code == 200
    assert first.get_json()["stage"] == "handed_over"
    again = call(world, client, "/1/hand-over", "attendant", command_id="h1", unit=CLINIC, note="李医生来接")
    assert again.get_json() == first.get_json()
    for more in ({"unit": COMMUNITY, "note": "李医生来接"}, {"unit": CLINIC, "note": "王医生来接"}):
        other = call(world, client, "/1/hand-over", "attendant", command_id="h1", **more)
        assert (other.status_code, other.get_json()["error"]) == (409, "command_reused")
    assert call(world, client, "/1/close", command_id="h1", result="other").status_code == 409
    assert (
        call(world, client, "/1/hand-over", command_id="h2", unit="nobody").get_json()["error"]
        == "unknown_unit"
    )
    assert (
        call(world, client, "/1/acknowledge", command_id="a1", who="王护士").get_json()["stage"]
        == "acknowledged"
    )
    assert call(world, client, "/1/acknowledge", command_id="a2").status_code == 409
    for number, what in enumerate(("at_clinic", "controlled", "released")):
        answer = call(world, client, "/1/follow-up", command_id=f"f{number}", what=what)
        assert answer.get_json()["stage"] == "acknowledged"
    assert call(world, client, "/1/close", **confirmed).get_json()["stage"] == "closed"
    assert call(world, client, "/1/follow-up", command_id="f9", what="tested").status_code == 409
    assert call(world, client, "/1/reopen", command_id="o1", why="news").get_json()["stage"] == "handed_over"
    assert call(world, client, "/9/close", command_id="q", result="other").status_code == 404
    found = call(world, client, "/1").get_json()
    assert [entry["step"] for entry in found["entries"]] == [
        *("handed_over", "acknowledged", "followed_up", "followed_up", "followed_up", "closed", "reopened")
    ]
    everything = "".join(
        row.body_text for row in rows(world, *(f"case.{e['step']}" for e in found["entries"]))
    )
    assert "李医生" not in everything
    assert "王护士" not in everything
    assert world.journal.rebuild()


def test_only_a_manager_goes_on_after_the_hand_over(world: World, enter: Enter) -> None:
    decide(world, Outcome.REFER)
    client = enter("attendant")
    handed = {"command_id": "h", "unit": CLINIC}
    assert call(world, client, "/1/hand-over", "observer", **handed).status_code == 403
    assert call(world, client, "/1/hand-over", "attendant", **handed).status_code == 200
    for step, more in (
        ("acknowledge", {}),
        ("follow-up", {"what": "reached"}),
        ("close", {"result": "other"}),
        ("reopen", {"why": "news"}),
    ):
        assert call(world, client, f"/1/{step}", "attendant", command_id="n", **more).status_code == 403
    page = client.get("/cases/1").get_data(as_text=True)
    assert 'data-step="hand_over"' in page
    assert 'data-step="close"' not in page
    assert "review/passage" not in page


def test_personal_fields_are_opened_by_a_manager_with_a_reason_and_that_is_recorded(
    world: World, enter: Enter
) -> None:
    passage = refer_hot(world)
    client = enter("manager")
    for path in ("/cases/1", "/cases/1/form"):
        masked = client.get(path).get_data(as_text=True)
        assert "赵六" not in masked
        assert "3-2-501" not in masked
    token = token_of(client, "/cases/1")
    assert client.post("/cases/1/open", data={"csrf_token": token, "why": ""}).status_code == 400
    assert rows(world, "personal.opened") == []
    page = client.post("/cases/1/open", data={"csrf_token": token, "why": "referral"}).get_data(as_text=True)
    assert "赵六" in page
    (opened,) = rows(world, "personal.opened")
    assert opened.body == {"case": 1, "passage": passage, "by": "boss", "why": "referral"}
    assert "boss" in client.get("/cases/1").get_data(as_text=True).split('class="openings"')[1]
    world.writer.broken = True
    shut = client.post("/cases/1/open", data={"csrf_token": token, "why": "referral"})
    world.writer.broken = False
    assert shut.status_code == 503
    assert "赵六" not in shut.get_data(as_text=True)
    observer = enter("observer")
    assert (
        observer.post("/cases/1/open", data={"csrf_token": token_of(observer, "/cases")}).status_code == 403
    )


def test_the_form_has_what_the_paper_form_asks(world: World, enter: Enter) -> None:
    refer_hot(world)
    client = enter("manager")
    call(world, client, "/1/hand-over", command_id="h", unit=CLINIC)
    call(world, client, "/1/acknowledge", command_id="a", who="王护士")
    call(world, client, "/1/close", command_id="c", result="not_fever")
    token = token_of(client, "/cases/1")
    data = {"csrf_token": token, "why": "referral", "form": "yes"}
    page = client.post("/cases/1/open", data=data).get_data(as_text=True)
    fields = dict(re.findall(r'data-field="(\w+)"[^>]*>([^<]*)<', page))
    assert fields == {
        "building": "3",
        "room": "3-2-501",
        "name": "赵六",
        "phone": "13900001234",
        "id_number": "",
    }
    first, second = re.findall(r'data-measured="\w+">(.*?)</tr>', page, re.DOTALL)
    for found, value in ((first, "38.4"), (second, "38.2")):
        assert f"{value} °C" in found
        assert re.search(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d", found)
    assert f'data-handed="{CLINIC}"' in page
    assert "王护士" in page
    assert 'data-closed="not_fever"' in page


def test_the_kiosk_names_the_case_until_it_is_handed_over_and_serves_the_next(
    world: World, enter: Enter
) -> None:
    refer_hot(world)
    client = enter("attendant")
    shown = state(client)
    assert 'data-case="1"' in shown
    assert f'data-unit="{CLINIC}"' in shown
    nxt = world.step_up(34.6)
    assert world.gate.view("in")["passage"] == nxt
    assert 'data-case="1"' in state(client)
    assert 'data-case="1"' not in state(client, "out")
    before = world.gate.view_changed.count
    assert call(world, client, "/1/hand-over", "attendant", command_id="h", unit=CLINIC).status_code == 200
    assert world.gate.view_changed.count > before
    assert 'data-case="1"' not in state(client)


def test_the_passage_page_leads_to_its_case(world: World, enter: Enter) -> None:
    passage = refer_hot(world)
    page = enter("observer").get(f"/review/passage/{passage}").get_data(as_text=True)
    assert 'href="/cases/1"' in page


def test_the_forms_of_the_page_do_what_the_programs_door_does(world: World, enter: Enter) -> None:
    decide(world, Outcome.REFER)
    client = enter("manager")

    def press(step: str, **fields: str) -> None:
        page = client.get("/cases/1").get_data(as_text=True)
        form = page.split(f'data-step="{step}"', 1)[1]
        hidden = dict(re.findall(r'name="(csrf_token|command_id)" value="([^"]+)"', form)[:2])
        path = f"/cases/1/{step.replace('_', '-')}"
        for _ in range(2):  # a page sent twice
            answer = client.post(path, data={**hidden, **fields})
            assert answer.status_code == 303, answer.get_data(as_text=True)

    press("hand_over", unit=COMMUNITY, note="")
    press("acknowledge", who="王护士")
    press("follow_up", what="tested", note="阴性")
    press("close", result="confirmed", note="")
    press("reopen", why="mistake")
    assert [
        row.kind
        for row in rows(
            world,
            *(
                f"case.{n}"
                for n in ("opened", "handed_over", "acknowledged", "followed_up", "closed", "reopened")
            ),
        )
    ] == [
        *("case.opened", "case.handed_over", "case.acknowledged", "case.followed_up", "case.closed"),
        "case.reopened",
    ]


def test_a_gate_that_cannot_write_hands_nobody_over(world: World, enter: Enter) -> None:
    decide(world, Outcome.REFER)
    client = enter("manager")
    world.writer.broken = True
    assert call(world, client, "/1/hand-over", command_id="h", unit=CLINIC).status_code == 503
    world.writer.broken = False
    assert call(world, client, "/1").get_json()["stage"] == "opened"


@pytest.mark.parametrize("query", ["?open=maybe", "?lane=north", "?limit=0", "?before=x", "?stage=closed"])
def test_a_filter_that_is_wrong_is_no_answer_without_it(world: World, enter: Enter, query: str) -> None:
    assert call(world, enter("manager"), query).status_code == 400


@pytest.mark.parametrize(("language", "said"), [("en", "An answer says refer: Mask"), ("zh_Hans", "：口罩")])
def test_an_answer_that_referred_is_named_by_its_question(
    world: World, enter: Enter, language: str, said: str
) -> None:
    decide(world, Outcome.REFER)
    (opened,) = rows(world, "case.opened")
    body = opened.body | {"case": 2, "why": ["answer_refer:mask"]}
    world.journal.append(Row("case.opened", world.clock(), body, "in"))
    world.gate.cases.refresh()
    client = enter("manager")
    client.set_cookie("language", language)
    for path in ("/cases", "/cases/2", "/cases/2/form"):
        page = client.get(path).get_data(as_text=True)
        assert said in page, path
