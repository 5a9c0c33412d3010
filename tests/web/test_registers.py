"""Registers over the real pages: entered, amended, ended, struck out, looked up, printed, given out."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from edge.journal import StoredRow
from tests.web.conftest import token_of
from tests.web.fakes import World

pytestmark = pytest.mark.system

Enter = Callable[[str], FlaskClient]


def post(client: FlaskClient, path: str, page: str = "", **form: Any) -> Any:
    """Send a page's form; the token is from `page`."""
    name = page or "/" + "/".join(path.split("/")[1:3])
    data = {"csrf_token": token_of(client, name), "command_id": f"c{id(form)}{len(form)}"} | form
    return client.post(path, data=data)


def rows(world: World, *kinds: str) -> list[StoredRow]:
    with world.journal.reader() as reader:
        return reader.rows_after(0, 10_000, kinds)


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def test_every_register_has_its_page_in_both_languages(enter: Enter) -> None:
    client = enter("manager")
    index = text(client.get("/registers"))
    names = re.findall(r'data-register="(\w+)"', index)
    assert {"disinfection", "isolated", "inspection", "supplies", "traces", "notices"} <= set(names)
    assert "tasks" not in names
    for language in ("zh_Hans", "en"):
        client.set_cookie("language", language)
        for name in names:
            assert client.get(f"/registers/{name}", follow_redirects=True).status_code == 200, name
            assert client.get(f"/registers/{name}/paper").status_code == 200, name


def test_an_entry_is_written_shown_amended_and_ended(world: World, enter: Enter) -> None:
    client = enter("manager")
    answer = post(client, "/registers/notices", kind="urgent", subject="关于通风", by="2023-11-20")
    assert answer.status_code == 303, text(answer)
    page = text(client.get("/registers/notices"))
    assert "Urgent notice" in page
    assert "关于通风" in page
    (entered,) = rows(world, "register.entered")
    assert entered.body["fields"]["kind"] == "urgent"
    one = "/registers/notices/1"
    assert post(client, f"{one}/amend", one, kind="letter", subject="关于通风").status_code == 303
    assert "Letter" in text(client.get(one))
    assert post(client, f"{one}/end", one, why="nonsense").status_code == 400
    assert post(client, f"{one}/end", one, why="done").status_code == 303
    page = text(client.get(one))
    assert re.findall(r'data-kind="(\w+)"', page) == ["entered", "amended", "ended"]
    assert 'data-state="ended"' in page


def household(client: FlaskClient, room: str = "2-301") -> None:
    form = {"room": room, "name": "诸葛某某", "phone": "13900001234", "kind": "isolated", "unit": "街道"}
    answer = post(client, "/registers/isolated", **form, **{"from": "2023-11-14", "until": "2023-12-14"})
    assert answer.status_code == 303, text(answer)


def test_what_names_people_is_masked_until_a_manager_says_why(world: World, enter: Enter) -> None:
    boss = enter("manager")
    household(boss)
    one = "/registers/isolated/1"
    for role in ("manager", "attendant", "observer"):
        client = enter(role)
        for page in ("/registers/isolated", one, f"{one}/form", f"{one}/card", "/registers/isolated/paper"):
            shown = text(client.get(page))
            assert "诸葛某某" not in shown, (role, page)
            assert "13900001234" not in shown, (role, page)
    assert post(boss, f"{one}/open", one).status_code == 400
    assert not rows(world, "personal.opened")
    assert "诸葛某某" in text(post(boss, f"{one}/open", one, why="referral"))
    (opened,) = rows(world, "personal.opened")
    assert opened.body == {"what": "register:isolated", "entry": 1, "by": "boss", "why": "referral"}
    assert "opened" in text(boss.get(one)).lower()


def test_a_gate_that_cannot_record_who_looked_shows_nothing(world: World, enter: Enter) -> None:
    boss = enter("manager")
    household(boss)
    world.writer.broken = True
    answer = post(boss, "/registers/isolated/1/open", "/registers/isolated/1", why="referral")
    assert answer.status_code == 503
    assert "诸葛某某" not in text(answer)


def test_an_attendant_writes_only_where_the_definition_lets_them(enter: Enter) -> None:
    door = enter("attendant")
    assert 'id="add"' not in text(door.get("/registers/isolated"))
    page = "/registers/disinfection"
    assert post(door, "/registers/isolated", page, kind="isolated").status_code == 403
    assert post(door, page, place="lift", agent="alcohol").status_code == 303
    assert 'id="add"' not in text(enter("observer").get(page))


def test_what_was_typed_stays_where_something_is_missing(enter: Enter) -> None:
    client = enter("attendant")
    answer = post(client, "/registers/disinfection", place="lift", person="某某")
    page = text(answer)
    assert answer.status_code == 400
    assert 'data-error="field_needed"' in page
    assert 'value="某某"' in page
    assert re.search(r'value="lift" checked', page)
    assert "wrong" in page


def test_somebody_is_found_by_their_room_and_the_value_is_in_no_address(enter: Enter) -> None:
    boss = enter("manager")
    household(boss, "2-301")
    household(boss, "2-302")
    answer = post(boss, "/registers/isolated/find", field="room", value=" 2-302")
    assert re.findall(r'data-entry="(\d+)"', text(answer)) == ["2"]
    assert post(boss, "/registers/isolated/find", field="unit", value="街道").status_code == 400
    nobody = text(post(boss, "/registers/isolated/find", field="room", value="2-303"))
    assert not re.findall(r'data-entry="(\d+)"', nobody)


def test_every_look_up_leaves_a_row_and_an_observer_has_none(world: World, enter: Enter) -> None:
    household(enter("manager"))
    eye = enter("observer")
    asked = {"field": "phone", "value": "13900001234"}
    assert post(eye, "/registers/isolated/find", **asked).status_code == 403
    assert "/find" not in text(eye.get("/registers/isolated"))
    assert rows(world, "personal.opened") == []
    for value in ("13900001234", "13900001235"):
        answer = post(enter("attendant"), "/registers/isolated/find", **asked | {"value": value})
        assert answer.status_code == 200
    opened = rows(world, "personal.opened")
    assert [row.body for row in opened] == [{"by": "door", "what": "find:isolated"}] * 2
    door = enter("attendant")
    world.writer.broken = True
    assert post(door, "/registers/isolated/find", **asked).status_code == 503


def test_two_who_amend_from_the_same_page_are_told(enter: Enter) -> None:
    boss = enter("manager")
    post(boss, "/registers/notices", kind="notice", subject="一")
    one = "/registers/notices/1"
    seen = re.findall(r'name="seen" value="(\d+)"', text(boss.get(one)))[0]
    assert post(boss, f"{one}/amend", one, kind="notice", subject="二", seen=seen).status_code == 303
    answer = post(boss, f"{one}/amend", one, kind="notice", subject="三", seen=seen)
    assert (answer.status_code, 'data-error="entry_changed"' in text(answer)) == (409, True)


def test_a_mistake_stays_in_the_register_and_counts_for_nothing(world: World, enter: Enter) -> None:
    door = enter("attendant")
    post(door, "/registers/supplies", item="mask", move="in", amount="500")
    assert 'data-item="mask" data-left="500"' in text(door.get("/registers/supplies"))
    one = "/registers/supplies/1"
    assert post(door, f"{one}/strike", one).status_code == 303
    page = text(door.get("/registers/supplies"))
    assert 'data-item="mask" data-left="0"' in page
    assert 'data-state="struck"' in text(door.get(one))
    assert [row.kind for row in rows(world, "register.entered", "register.amended")] == [
        "register.entered",
        "register.amended",
    ]


def test_a_page_that_is_sent_twice_writes_once(world: World, enter: Enter) -> None:
    door = enter("attendant")
    for _ in range(2):
        post(door, "/registers/leaflets", kind="leaflet", move="in", amount="5", command_id="once")
    assert len(rows(world, "register.entered")) == 1


def test_the_days_tasks_say_who_has_to_do_what(world: World, enter: Enter) -> None:
    boss = enter("manager")
    household(boss)
    program = boss.application.test_client()
    headers = {"authorization": f"Bearer {world.tokens['attendant']}"}
    tasks = program.get("/api/v1/tasks", headers=headers).get_json()["tasks"]
    mine = [task["task"] for task in tasks if task["entry"] == 1]
    assert mine, "the clock of the test stands at 06:13 in the morning"
    page = text(enter("attendant").get("/tasks"))
    assert 'data-register="isolated" data-task="call"' in page
    tick = post(enter("attendant"), "/registers/isolated/1/tick", "/tasks", task="call", **{"from": "tasks"})
    assert tick.headers["location"] == "/tasks"
    states = {
        task["task"]: task["state"]
        for task in program.get("/api/v1/tasks", headers=headers).get_json()["tasks"]
    }
    assert states["call"] == "done"
    assert post(boss, "/registers/isolated/1/tick", "/tasks", task="nonsense").status_code == 404


def test_a_register_that_is_not_there_is_not_found(enter: Enter) -> None:
    boss = enter("manager")
    for path in ("/registers/nothing", "/registers/tasks", "/registers/notices/7"):
        assert boss.get(path).status_code == 404, path
    assert boss.get("/registers/notices/passages").status_code == 404
    assert boss.get("/registers/outsiders").status_code == 302
    for query in ("from=tomorrow", "from=2024-01-02&to=2024-01-01", "from=2020-01-01&to=2023-01-01"):
        assert boss.get(f"/registers/outsiders/passages?{query}").status_code == 400, query


def test_a_file_is_safe_for_office_programs_and_names_nobody_unasked(world: World, enter: Enter) -> None:
    boss = enter("manager")
    post(boss, "/registers/notices", kind="notice", subject='=HYPERLINK("x")', sender="+86")
    household(boss)
    given = text(post(boss, "/registers/notices/file", format="csv"))
    assert "'=HYPERLINK" in given
    assert "'+86" in given
    plain = text(post(boss, "/registers/isolated/file", format="csv"))
    assert "诸葛某某" not in plain
    named = text(post(boss, "/registers/isolated/file", format="csv", why="inspection"))
    assert "诸葛某某" in named
    assert (
        post(enter("observer"), "/registers/isolated/file", format="csv", why="inspection").status_code == 403
    )
    assert post(boss, "/registers/isolated/file", format="pdf").status_code == 400
    assert [row.body["why"] for row in rows(world, "personal.opened")] == ["inspection"]


def test_a_definition_is_changed_on_its_page_or_refused_with_every_fault(world: World, enter: Enter) -> None:
    boss = enter("manager")
    page = "/registers/five_ones/definition"
    shipped = text(boss.get(page))
    assert 'data-origin="file"' in shipped
    own = (
        'title = { zh_Hans = "五个一检查表", en = "Five ones" }\nown = true\nlasting = false\n[[field]]\n'
        'id = "done"\nkind = "ticks"\ntitle = { zh_Hans = "已落实", en = "Done" }\n'
        'choices = [ { value = "one", title = { zh_Hans = "本单位的一项", en = "Ours" } } ]\n'
    )
    refused = post(boss, page, page, text=own.replace("ticks", "tocks").replace("own =", "owned ="))
    assert refused.status_code == 400
    assert len(re.findall("<li>five_ones: ", text(refused))) >= 2
    assert not rows(world, "register.defined")
    assert post(boss, page, page, text=own).status_code == 303
    assert "Ours" in text(boss.get("/registers/five_ones"))
    assert post(enter("attendant"), "/registers/five_ones", done="one").status_code == 303
    assert post(boss, page, page, file="yes").status_code == 303
    assert "Ours" not in text(boss.get("/registers/five_ones?before=1"))
    assert [row.body["origin"] for row in rows(world, "register.defined")] == ["page", "file"]
    assert ">Ours<" in text(boss.get("/registers/five_ones/1")), "an old entry has lost its words"
