"""Procedures over the real pages: chosen, adjusted, rehearsed, published, compared, put back."""

import tomllib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from edge import procedures
from edge.domain.events import Begin, Give
from edge.domain.model import ClockQuality
from edge.journal import Row, StoredRow
from edge.web.server import MAX_BODY
from tests.waiting import until
from tests.web.fakes import PROCEDURE, World
from tests.web.page_forms import attributes, form_of, text
from tests.web.test_review import rows

pytestmark = pytest.mark.system

Enter = Callable[[str], FlaskClient]
PAGE = "/setup/procedures"


def published(world: World) -> list[StoredRow]:
    return rows(world, "procedure.published")


def version(world: World, lane: str = "in") -> str:
    return str(world.gate.view(lane)["procedure"]["version"])


def adjusted(client: FlaskClient, do: str = "keep", lane: str = "in", **typed: str) -> TestResponse:
    """Open the page of a lane's procedure, type, and press a button."""
    return form_of(client.get(f"{PAGE}/{lane}"), f"/{lane}").press(client, "do", do, **typed)


def sent(client: FlaskClient, rehearsal: TestResponse, **typed: str) -> TestResponse:
    form = form_of(rehearsal, "/publish")
    return form.send(client, form.action, {}, **({"why": "order"} | typed))


def draft(answer: TestResponse, action: str = "/in") -> dict[str, Any]:
    return tomllib.loads(form_of(answer, action).fields["draft"])


def test_a_preset_is_chosen_rehearsed_and_published_in_three_presses(world: World, enter: Enter) -> None:
    boss, before = enter("manager"), version(world)
    listed = boss.get(PAGE)
    assert "R3" in text(listed)
    chosen = boss.get(f"{PAGE}/in?preset=r3")
    rehearsal = form_of(chosen, "/in").press(boss, "do", "rehearse")
    assert published(world) == []
    assert sent(boss, rehearsal).status_code == 303
    until(lambda: version(world) != before, what="the lane to follow")
    (row,) = published(world)
    body = row.body
    assert (body["name"], body["lanes"], body["by"], body["why"]) == ("r3", ["in"], "boss", "order")
    assert body["made_from"] == {"in": before}
    assert body["version"] == version(world)
    assert version(world, "out") == before


def test_what_is_typed_goes_into_the_text_and_nothing_else_changes(enter: Enter, world: World) -> None:
    answer = adjusted(
        enter("manager"),
        **{"f.step.3.title.zh_Hans": "请戴好口罩", "f.step.1.when.hours": "06:00-22:00", "f.ordered": "yes"},
    )
    before, after = tomllib.loads(world.gate.publishing.of("in").text), draft(answer)
    assert after["step"][3]["title"]["zh_Hans"] == "请戴好口罩"
    assert after["step"][1].pop("when") == {"hours": ["06:00-22:00"]}
    assert after["ordered"] is True
    after["step"][3]["title"], after["ordered"] = before["step"][3]["title"], False
    assert after == before


def test_steps_move_go_and_come_without_any_toml(enter: Enter) -> None:
    boss = enter("manager")
    up = adjusted(boss, "up:step.3")
    assert attributes(up, "data-step")[:4] == ["check", "register", "mask", "temperature"]
    out = form_of(up, "/in").press(boss, "do", "drop:step.1")
    assert attributes(out, "data-step")[:3] == ["check", "mask", "temperature"]
    back = form_of(out, "/in").press(boss, "do", "step:compound/register")
    assert attributes(back, "data-step") == [*attributes(out, "data-step"), "register"]


def test_every_fault_is_named_at_its_place_and_nothing_typed_is_lost(world: World, enter: Enter) -> None:
    boss, before = enter("manager"), version(world)
    answer = adjusted(
        boss,
        "rehearse",
        **{
            "f.title.en": "",
            "f.step.3.title.zh_Hans": "",
            "f.step.0.when.hours": "nonsense",
            "f.reason.0.title.en": "Known, and a long story",
        },
    )
    assert answer.status_code == 400
    places = attributes(answer, "data-place")
    assert {"title.en", "step.3.title.zh_Hans"} <= set(places)
    assert any(place.startswith("step.0.when.hours") for place in places)
    kept = draft(answer)
    assert kept["step"][0]["when"] == {"hours": ["nonsense"]}
    assert kept["reason"][0]["title"]["en"] == "Known, and a long story"
    assert version(world) == before
    assert published(world) == []


def test_a_text_that_is_no_toml_stays_in_the_box_with_what_is_wrong(enter: Enter) -> None:
    boss = enter("manager")
    box = adjusted(boss, "expert")
    answer = form_of(box, "/in").press(boss, "do", "rehearse", text="title = { zh_Hans = '半句\n")
    assert form_of(answer, "/in").fields["text"].strip() == "title = { zh_Hans = '半句"
    assert attributes(answer, "data-place") == ["file"]


def test_a_published_text_with_a_fault_is_refused_and_the_old_one_stays_in_force(
    world: World, enter: Enter
) -> None:
    boss, before = enter("manager"), version(world)
    rehearsal = adjusted(boss, "rehearse")
    text_ = form_of(rehearsal, "/publish").fields["draft"].replace('kind = "code"', 'kind = "codes"')
    answer = sent(boss, rehearsal, draft=text_)
    assert answer.status_code == 400
    assert "step.0.kind" in attributes(answer, "data-place")
    assert (version(world), published(world)) == (before, [])


def test_a_rehearsal_goes_by_the_draft_and_writes_nothing(world: World, enter: Enter) -> None:
    boss = enter("manager")
    head = len(rows(world))
    now = adjusted(boss, "rehearse", **{"f.step.3.title.en": "Mask, please"})
    assert "Mask, please" in text(now)
    for move in ("temperature|normal|", "answer|on|mask"):
        now = form_of(now, "/rehearsal").press(boss, "move", move)
    now = form_of(now, "/rehearsal").press(
        boss, "move", "shown||", carrier="gatepost_pass", code_value="good"
    )
    assert attributes(now, "data-outcome") == ["admit"]
    assert "the barrier would open" in text(now)
    back = form_of(now, "/rehearsal").press(boss, "back", "yes")
    assert attributes(back, "data-outcome") == [""]
    over = form_of(form_of(back, "/rehearsal").press(boss, "again", "yes"), "/rehearsal").press(
        boss, "move", "temperature|over|"
    )
    assert attributes(over, "data-stage") == ["hold"]
    over = form_of(over, "/rehearsal").press(boss, "move", "temperature|contact_over|")
    assert attributes(over, "data-outcome") == ["refer"]
    assert len(rows(world)) == head
    assert world.gate.view("in")["passage"] is None


def test_a_reading_that_is_too_low_is_no_normal_one_in_a_rehearsal_either(enter: Enter) -> None:
    boss = enter("manager")
    now = form_of(adjusted(boss, "rehearse"), "/rehearsal").press(boss, "move", "temperature|low|")
    steps = dict(zip(attributes(now, "data-step"), attributes(now, "data-state"), strict=True))
    assert steps["temperature"] == "missing"


def test_what_would_have_happened_is_counted_with_reasons(world: World, enter: Enter) -> None:
    boss = enter("manager")
    publish_present(world)
    for name in ("张三", "李四"):
        world.show_pass(name)
        passage = world.step_up(34.6)
        world.station.submit(Give("in", passage, f"mask-{name}", "door", world.clock(), (("mask", "on"),)))
        world.clock.move(30)
    same = adjusted(boss, "rehearse")
    assert (attributes(same, "data-again"), attributes(same, "data-same")) == (["2"], ["2"])
    added = form_of(adjusted(boss, "step:r3/ask"), "/in").press(boss, "do", "rehearse")
    assert (attributes(added, "data-again"), attributes(added, "data-same")) == (["2"], ["0"])
    assert attributes(added, "data-change") == ["admit-unfinished"]


def publish_present(world: World) -> None:
    """What a start writes: the text that passages go by."""
    from edge.registers.published import body_of

    present = world.gate.publishing.of("in")
    world.journal.append(Row("procedure.published", world.clock(), body_of(present.procedure, present.text)))


def test_of_two_managers_at_once_the_second_is_told_and_loses_nothing(world: World, enter: Enter) -> None:
    first, second = enter("manager"), enter("manager")
    mine = adjusted(first, "rehearse", **{"f.step.3.title.en": "Mask of the first"})
    theirs = adjusted(second, "rehearse", **{"f.step.3.title.en": "Mask of the second"})
    assert sent(first, mine).status_code == 303
    refused = sent(second, theirs)
    assert refused.status_code == 409
    assert attributes(refused, "data-error") == ["other_version"]
    assert "Mask of the second" in form_of(refused, "/publish").fields["draft"]
    assert "Mask of the first" in text(refused)  # the difference shows what the other one changed
    assert len(published(world)) == 1
    rebased = form_of(refused, "/publish").press(second, "rebase", "yes")
    assert sent(second, rebased).status_code == 303
    assert len(published(world)) == 2


def test_the_history_says_who_when_and_what_and_puts_an_old_one_back(world: World, enter: Enter) -> None:
    boss, before = enter("manager"), version(world)
    publish_present(world)
    sent(boss, adjusted(boss, "rehearse", **{"f.step.3.title.en": "Mask, please"}), why="trial")
    until(lambda: version(world) != before, what="the lane to follow")
    changed = published(world)[-1].seq
    history = boss.get(f"{PAGE}/in/history")
    assert "To try it out" in text(history)
    shown = text(boss.get(f"{PAGE}/in/versions/{changed}?against={published(world)[0].seq}"))
    assert "Mask, please" in shown
    old = published(world)[0].seq
    edit = boss.get(f"{PAGE}/in?version={old}")
    assert sent(boss, form_of(edit, "/in").press(boss, "do", "rehearse"), why="back").status_code == 303
    until(lambda: world.gate.publishing.of("in").text == PROCEDURE, what="the old one to be back")
    assert published(world)[-1].body["why"] == "back"


def test_back_to_the_file_follows_the_file_as_it_is_now(world: World, enter: Enter) -> None:
    boss, before = enter("manager"), version(world)
    sent(boss, form_of(boss.get(f"{PAGE}/in?preset=r3"), "/in").press(boss, "do", "rehearse"))
    until(lambda: version(world) != before, what="the lane to follow")
    form = form_of(boss.get(PAGE), "/file")
    assert form.send(boss, form.action, {"why": "back"}).status_code == 303
    until(lambda: world.gate.view("in")["procedure"]["name"] == "compound", what="the file")
    body = published(world)[-1].body
    assert (body["source"], body["text"]) == ("file", PROCEDURE)


def test_a_change_is_planned_for_a_time_to_come_and_shown_until_then(world: World, enter: Enter) -> None:
    boss, before = enter("manager"), version(world)
    rehearsal = adjusted(boss, "rehearse", **{"f.step.3.title.en": "Mask, please"})
    past = sent(boss, rehearsal, start="later", **{"from": "2000-01-01T06:00"})
    assert attributes(past, "data-error") == ["bad_from"]
    assert sent(boss, past, start="later", **{"from": "2023-11-16T06:00"}).status_code == 303
    assert "2023-11-16 06:00" in text(boss.get(PAGE))
    assert version(world) == before
    world.clock.move(3 * 86_400)
    until(lambda: version(world) != before, what="the plan to take force")
    (row,) = rows(world, "procedure.followed")
    assert row.lane == "in"


def test_a_clock_that_nobody_believes_plans_nothing(world: World, enter: Enter) -> None:
    boss = enter("manager")
    rehearsal = adjusted(boss, "rehearse", **{"f.step.3.title.en": "Mask, please"})
    world.clock.quality = ClockQuality.RESTORED
    answer = sent(boss, rehearsal, start="later", **{"from": "2023-11-16T06:00"})
    assert attributes(answer, "data-error") == ["clock_untrusted"]


def test_a_card_that_is_full_refuses_and_keeps_what_was_typed(world: World, enter: Enter) -> None:
    boss, before = enter("manager"), version(world)
    rehearsal = adjusted(boss, "rehearse", **{"f.step.3.title.en": "Mask, please"})
    world.writer.broken = True
    answer = sent(boss, rehearsal)
    assert answer.status_code == 503
    assert "Mask, please" in form_of(answer, "/publish").fields["draft"]
    assert version(world) == before


def test_only_managers_come_here(enter: Enter) -> None:
    for role in ("attendant", "observer"):
        assert enter(role).get(PAGE).status_code == 403
        assert enter(role).get(f"{PAGE}/in").status_code == 403


def test_a_passage_under_way_on_the_page_ends_by_the_old_one(world: World, enter: Enter) -> None:
    boss, before = enter("manager"), version(world)
    world.show_pass()
    sent(boss, form_of(boss.get(f"{PAGE}/in?preset=r3"), "/in").press(boss, "do", "rehearse"))
    until(lambda: world.gate.publishing.of("in").procedure.name == "r3", what="publishing")
    passage = world.step_up(34.6)
    world.station.submit(Give("in", passage, "the-mask", "door", world.clock(), (("mask", "on"),)))
    (row,) = rows(world, "passage.decided")
    assert row.body["procedure"]["version"] == before
    world.clock.move(30)
    world.station.submit(Begin("in", None, "the-next", "door", world.clock()))
    assert world.gate.view("in")["procedure"]["name"] == "r3"


def test_the_page_of_every_procedure_that_ships_is_small_enough_to_be_sent(enter: Enter) -> None:
    boss = enter("manager")
    for name in procedures.names([procedures.SHIPPED]):
        form = form_of(boss.get(f"{PAGE}/in?preset={name}"), "/in")
        assert len(urlencode(list(form.fields.items(multi=True)))) < MAX_BODY * 3 // 4, name


def test_whoever_reads_the_procedures_as_a_program_gets_what_the_page_shows(
    world: World, enter: Enter
) -> None:
    client = enter("manager").application.test_client()
    seen = {
        role: client.get("/api/v1/procedures", headers={"authorization": f"Bearer {world.tokens[role]}"})
        for role in ("manager", "observer", "attendant")
    }
    assert [answer.status_code for answer in seen.values()] == [200, 200, 403]
    told = seen["observer"].get_json()
    assert [lane["lane"] for lane in told["lanes"]] == ["in", "out"]
    assert [preset["name"] for preset in told["presets"] if preset["first"]] == [
        "compound",
        "market",
        "pharmacy",
    ]
