"""The pages of the registers of people and things, over the real journal."""

import base64
import re
import threading
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.registers.made_up import id_number, phone, roster
from tests.waiting import until
from tests.web.conftest import Enter, token_of
from tests.web.fakes import World


def post(client: FlaskClient, path: str, **data: str) -> tuple[int, str, str]:
    """Send a form; return status, page and where it leads."""
    form = {
        "csrf_token": token_of(client, "/registers/people"),
        "command_id": f"c{abs(hash((path, str(data))))}",
    }
    answer = client.post(path, data=form | data)
    return answer.status_code, answer.get_data(as_text=True), answer.headers.get("location", "")


def entered(client: FlaskClient, register: str = "people", **values: str) -> int:
    """Enter somebody by the form; return the number."""
    status, page, to = post(client, f"/registers/{register}/new", **values)
    assert status == 303, page
    return int(to.rsplit("/", 1)[1])


FACE = bytes(cv2.imencode(".png", np.full((160, 120, 3), 180, np.uint8))[1])
PERSON = {"name": "欧阳无名", "phone": phone(7), "building": "2栋", "room": "301室", "category": "resident"}


def test_a_command_without_a_usable_id_is_refused_and_writes_nothing(enter: Enter, world: World) -> None:
    boss = enter("manager")
    for odd in ("", "x" * 65, "two words"):  # cut short, two of them might look like one
        assert post(boss, "/registers/people/new", command_id=odd, **PERSON)[0] == 400
    assert not world.gate.book.find(["people"], "phone", phone(7))


def test_a_manager_enters_finds_opens_amends_ends_and_forgets_somebody(enter: Enter, world: World) -> None:
    boss = enter("manager")
    number = entered(boss, **PERSON)
    card = boss.get(f"/registers/people/{number}").get_data(as_text=True)
    assert "欧阳无名" not in card
    status, page, _ = post(boss, "/registers/people/find", by="phone_tail", value=phone(7)[-4:])
    assert f'data-entry="{number}"' in page
    assert "欧阳无名" not in page
    status, page, _ = post(boss, f"/registers/people/{number}/open", why="request")
    assert "欧阳无名" in page
    with world.gate.reader() as reader:
        rows = [row.body for row in reader.rows_after(0, 500) if row.kind == "personal.opened"]
    assert {"by": "boss", "why": "request", "what": f"people:{number}"} in rows
    seen = re.search(r'name="seen" value="(\d+)"', page)
    assert seen is not None
    changed = PERSON | {"phone": phone(8), "seen": seen[1]}
    assert post(boss, f"/registers/people/{number}/amend", **changed)[0] == 303
    assert world.gate.book.find(["people"], "phone", phone(8))
    assert world.gate.book.one("people", number).entry.fields["household"] == 1
    assert post(boss, f"/registers/people/{number}/end", why="moved")[0] == 303
    assert not world.gate.book.find(["people"], "phone", phone(8))
    status, page, _ = post(boss, f"/registers/people/{number}/forget")
    assert status == 200, "the first time it only asks"
    assert world.gate.book.one("people", number, opened=True).personal
    assert post(boss, f"/registers/people/{number}/forget", sure="yes")[0] == 303
    assert world.gate.book.one("people", number, opened=True).destroyed


def test_a_photograph_is_taken_in_shown_to_who_opens_the_entry_and_removed(
    enter: Enter, world: World
) -> None:
    boss, door = enter("manager"), enter("attendant")
    number = entered(boss, **PERSON)
    at = f"/registers/people/{number}"
    file = {"csrf_token": token_of(boss, at), "command_id": "p1", "file": (BytesIO(FACE), "x.png")}
    assert door.post(f"{at}/photograph", data=file | {"csrf_token": token_of(door, at)}).status_code == 403
    file["file"] = (BytesIO(FACE), "x.png")
    assert boss.post(f"{at}/photograph", data=file).status_code == 303
    masked = boss.get(at).get_data(as_text=True)
    assert 'data-has="yes"' in masked
    assert "data:image" not in masked
    assert 'data-has="yes"' in door.get(at).get_data(as_text=True)
    _, page, _ = post(boss, f"{at}/open", why="request")
    kept = world.gate.photographs.of("people", number)
    assert kept is not None
    assert f'src="data:image/jpeg;base64,{base64.b64encode(kept).decode()}"' in page
    assert "欧阳无名" in re.findall(r'id="face"[^>]* alt="([^"]*)"', page)[0]
    assert post(boss, f"{at}/photograph/remove")[0] == 303
    assert world.gate.photographs.of("people", number) is None
    assert 'data-has="no"' in boss.get(at).get_data(as_text=True)


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "JPEG"), (b"GIF89a", "JPEG"), (FACE[:60], "damaged"), (bytes(66_000), "too large")],
)
def test_what_is_no_photograph_is_refused_in_words(
    enter: Enter, world: World, content: bytes, why: str
) -> None:
    boss = enter("manager")
    number = entered(boss, **PERSON)
    file = {"csrf_token": token_of(boss, f"/registers/people/{number}"), "command_id": "p1"}
    sent = boss.post(
        f"/registers/people/{number}/photograph", data=file | {"file": (BytesIO(content), "x.jpg")}
    )
    assert sent.status_code == (413 if len(content) > 60_000 else 400)
    assert why in sent.get_data(as_text=True)
    assert world.gate.photographs.of("people", number) is None


def test_a_form_with_faults_says_each_and_keeps_what_was_typed(enter: Enter, world: World) -> None:
    boss = enter("manager")
    wrong = id_number(3)[:-1] + ("1" if id_number(3)[-1] != "1" else "2")
    status, page, _ = post(
        boss, "/registers/people/new", name="甲一", id_number=wrong, phone="12", plate="渝AO1234"
    )
    assert status == 400
    for code in ("id_checksum", "phone_form", "plate_letter"):
        assert f'data-fault="{code}"' in page
    assert f'value="{wrong}"' in page
    assert world.gate.book.count("people") == 0


def test_members_of_a_household_stand_on_its_page(enter: Enter, world: World) -> None:
    boss = enter("manager")
    numbers = [entered(boss, **PERSON | {"name": f"某{n}", "phone": phone(n)}) for n in range(3)]
    page = boss.get("/registers/households/1").get_data(as_text=True)
    assert all(f"/registers/people/{number}" in page for number in numbers)
    assert world.gate.book.count("households") == 1


def test_a_visitor_announces_a_visit_by_a_link_that_tells_nothing_of_the_household(
    enter: Enter, app: object, world: World
) -> None:
    boss = enter("manager")
    entered(boss, **PERSON)
    _, page, _ = post(boss, "/registers/households/1/visit-link", hours="24", most="1")
    link = re.search(r'value="http://localhost(/visit/[^"]+)"', page)
    assert link is not None
    visitor = boss.application.test_client()
    form = visitor.get(link[1]).get_data(as_text=True)
    assert "301" not in form
    assert "欧阳" not in form
    data = {
        "csrf_token": token_of(visitor, link[1]),
        "command_id": "ab12",
        "name": "访一",
        "phone": phone(99),
    }
    assert 'id="done"' in visitor.post(link[1], data=data).get_data(as_text=True)
    entry = world.gate.book.find(["people"], "phone", phone(99))[0]
    assert entry.fields["category"] == "visitor"
    assert entry.fields["visiting"] == 1
    assert visitor.get(link[1]).status_code == 404, "it was for one visitor"
    forged = link[1][:-1] + ("0" if link[1][-1] != "0" else "1")
    assert visitor.get(forged).status_code == 404


def test_a_manager_closes_a_link_before_its_time(enter: Enter, world: World) -> None:
    boss = enter("manager")
    entered(boss, **PERSON)
    at, card = "/registers/households/1/visit-link", "/registers/households/1"
    links = []
    for number in (1, 2):
        _, page, _ = post(boss, at, hours="24", most="2", command_id=f"make{number}")
        links.append(re.search(r'value="http://localhost(/visit/[^"]+)"', page)[1])  # type: ignore[index]
    text = boss.get(card).get_data(as_text=True)
    assert re.findall(r'data-link="(\d+)"', text) == ["2", "1"]
    visitor = boss.application.test_client()
    data = {"csrf_token": token_of(visitor, links[0]), "command_id": "ab", "name": "访一", "phone": phone(98)}
    assert visitor.post(links[0], data=data).status_code == 200
    assert "0 of 2" in text
    assert "1 of 2" in boss.get(card).get_data(as_text=True)
    assert post(boss, f"/registers/households/2{at[25:]}/1/close")[0] == 404
    assert post(enter("attendant"), f"{at}/1/close")[0] == 403
    assert post(boss, f"{at}/1/close")[0] == 303
    assert [visitor.get(link).status_code for link in links] == [404, 200]
    assert re.findall(r'data-link="(\d+)"', boss.get(card).get_data(as_text=True)) == ["2"]
    assert world.gate.book.find(["people"], "phone", phone(98)), "who announced themselves stays announced"


def test_a_link_for_two_takes_two_however_many_come_at_once_and_one_who_sends_twice_is_one(
    enter: Enter, world: World
) -> None:
    boss = enter("manager")
    entered(boss, **PERSON)
    _, page, _ = post(boss, "/registers/households/1/visit-link", hours="1", most="2")
    link = re.search(r'value="http://localhost(/visit/[^"]+)"', page)
    assert link is not None
    visitors = [boss.application.test_client() for _ in range(6)]
    tokens = [token_of(visitor, link[1]) for visitor in visitors]
    together = threading.Barrier(len(visitors))
    statuses: dict[int, int] = {}

    def announce(number: int) -> None:
        form = {"csrf_token": tokens[number], "command_id": f"c{number}", "name": f"访{number}"}
        together.wait()
        answer = visitors[number].post(link[1], data=form | {"phone": phone(90 + number)})
        statuses[number] = answer.status_code

    threads = [threading.Thread(target=announce, args=(number,)) for number in range(len(visitors))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses.values()) == [200, 200, 404, 404, 404, 404]
    assert world.gate.book.count("people", where={"link": 1}) == 2
    again = next(number for number, status in statuses.items() if status == 200)
    together = threading.Barrier(1)
    announce(again)
    assert statuses[again] == 200, "the form was sent a second time"
    assert world.gate.book.count("people", where={"link": 1}) == 2


def test_a_link_ends_with_its_time_and_too_many_tries_have_to_wait(enter: Enter, world: World) -> None:
    boss = enter("manager")
    entered(boss, **PERSON)
    _, page, _ = post(boss, "/registers/households/1/visit-link", hours="1", most="5")
    link = re.search(r'value="http://localhost(/visit/[^"]+)"', page)
    assert link is not None
    visitor = boss.application.test_client()
    assert visitor.get(link[1]).status_code == 200
    world.clock.move(3601)
    statuses = [visitor.get(link[1]).status_code for _ in range(40)]
    assert statuses[0] == 404
    assert statuses[-1] == 429


def brought(client: FlaskClient, content: bytes, register: str = "people") -> str:
    """Bring a file by the programs' door in pieces; return its job, previewed."""
    token = token_of(client, "/registers/people")
    headers = {"X-CSRFToken": token}
    at = f"/api/v1/rosters/{register}/imports"
    job = str(client.post(at, json={"file": "a.csv"}, headers=headers).json["job"])  # type: ignore[index]
    import base64

    for place in range(0, len(content), 30_000):
        piece = base64.b64encode(content[place : place + 30_000]).decode()
        answer = client.post(f"{at}/{job}/pieces", json={"place": place, "content": piece}, headers=headers)
        assert answer.status_code == 200, answer.get_data(as_text=True)
    assert client.post(f"{at}/{job}/preview", json={}, headers=headers).status_code == 200
    until(lambda: client.get(f"{at}/{job}").json["state"] != "previewing", what="the preview")  # type: ignore[index]
    return job


def test_a_file_is_previewed_applied_and_undone_on_the_page(
    enter: Enter, world: World, tmp_path: Path
) -> None:
    boss = enter("manager")
    at = "/api/v1/rosters/people/imports"
    headers = {"X-CSRFToken": token_of(boss, "/registers/people")}
    job = brought(boss, (roster(700) + "某坏,12,34,1,1,101,居民,1\n").encode("gb18030"))
    found = boss.get(f"{at}/{job}").json
    assert found is not None
    assert found["state"] == "ready"
    assert found["counts"] == {"new": 700, "changed": 0, "unchanged": 0, "doubled": 0, "rejected": 1}
    assert "身份证号" in found["rejected"][0]["zh_Hans"]
    assert world.gate.book.count("people") == 0, "a preview changes nothing"
    rejects = boss.get(f"/registers/rejects/people/{job}.csv").get_data().decode("utf-8-sig")
    assert "某坏" in rejects
    assert boss.post(f"{at}/{job}/apply", json={}, headers=headers).status_code == 200
    until(lambda: boss.get(f"{at}/{job}").json["state"] == "done", 30, what="the import")  # type: ignore[index]
    assert world.gate.book.count("people", open_=True) == 700
    assert 'data-import="1"' in boss.get("/registers/people/import").get_data(as_text=True)
    undone = boss.post("/api/v1/rosters/people/undo", json={"number": 1}, headers=headers).json
    assert undone is not None
    until(lambda: boss.get(f"{at}/{undone['job']}").json["state"] == "undone", 30, what="undoing")  # type: ignore[index]
    assert world.gate.book.count("people", open_=True) == 0
    assert world.gate.book.count("households", open_=True) == 0
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and "某坏".encode() in p.read_bytes()]


def test_who_imported_and_undid_stands_in_the_ledger_once_however_many_lines_it_had(
    enter: Enter, world: World
) -> None:
    boss = enter("manager")
    at = "/api/v1/rosters/people/imports"
    headers = {"X-CSRFToken": token_of(boss, "/registers/people")}

    def taken_in(text: str) -> None:
        job = brought(boss, text.encode("gb18030"))
        assert boss.post(f"{at}/{job}/apply", json={}, headers=headers).status_code == 200
        until(lambda: boss.get(f"{at}/{job}").json["state"] == "done", 30, what="the import")  # type: ignore[index]

    taken_in(roster(30))
    taken_in(roster(30).replace("居民,", "租户,"))
    undone = boss.post("/api/v1/rosters/people/undo", json={"number": 2}, headers=headers).json
    assert undone is not None
    until(lambda: boss.get(f"{at}/{undone['job']}").json["state"] == "undone", 30, what="undoing")  # type: ignore[index]
    number = world.gate.book.find(["people"], "phone", phone(7))[0].number
    assert len(world.gate.book.one("people", number).rows) == 3
    assert post(boss, f"/registers/people/{number}/end", why="moved")[0] == 303
    boss.set_cookie("language", "zh_Hans")
    text = boss.get("/review/ledgers/accountability").get_data(as_text=True)
    told = [
        re.findall(r'data-column="(?:kind|about|why)">([^<]*)<', line)
        for line in text.partition("<tbody>")[2].split("<tr>")[1:]
    ]
    assert told == [
        ["登记册：开始导入", "导入 1", ""],
        ["登记册：导入结束", "导入 1", "已导入"],
        ["登记册：开始导入", "导入 2", ""],
        ["登记册：导入结束", "导入 2", "已导入"],
        ["登记册：导入结束", "导入 2", "已撤销"],
        ["登记册：办结", f"人员 {number}", "已搬离"],
    ]


def test_the_ledger_of_a_register_speaks_words(enter: Enter, world: World) -> None:
    boss = enter("manager")
    entered(boss, **PERSON)
    boss.set_cookie("language", "zh_Hans")
    listed = boss.get("/review/ledgers").get_data(as_text=True)
    assert ">人员</a> · 1" in listed
    text = boss.get("/review/ledgers/register:people").get_data(as_text=True)
    assert ">人员</h1>" in text
    heads = re.findall(r'<th scope="col">([^<]*)<', text)
    assert not [head for head in heads if re.search("[a-z_]", head)]
    assert 'data-column="category">居民<' in text


def test_columns_can_be_chosen_where_the_heads_say_nothing(enter: Enter) -> None:
    boss = enter("manager")
    at = "/api/v1/rosters/people/imports"
    headers = {"X-CSRFToken": token_of(boss, "/registers/people")}
    job = brought(boss, f"甲一,{phone(1)}\n乙二,{phone(2)}\n".encode())
    assert boss.get(f"{at}/{job}").json["why"] == "no_heads"  # type: ignore[index]
    chosen = {"columns": {"0": "name", "1": "phone"}}
    assert boss.post(f"{at}/{job}/preview", json=chosen, headers=headers).status_code == 200
    until(lambda: boss.get(f"{at}/{job}").json["state"] == "ready", what="the preview")  # type: ignore[index]
    assert boss.get(f"{at}/{job}").json["counts"]["new"] == 2  # type: ignore[index]


def test_coverage_counts_what_a_round_reached_and_lists_the_missing(enter: Enter, world: World) -> None:
    boss = enter("manager")
    for n in range(4):
        entered(boss, "households", building="1", room=str(100 + n), grid="第一网格" if n < 3 else "第二网格")
    assert post(boss, "/registers/coverage/rounds", title="首轮摸排")[0] == 303
    for n in (1, 2):
        assert post(boss, f"/registers/households/{n}/covered", round="1")[0] == 303
    page = boss.get("/registers/coverage?round=1&of=grid&value=第一网格").get_data(as_text=True)
    assert 'data-total="4" data-covered="2"' in page
    assert re.findall(r'data-missing="(\d+)"', page) == ["3"]
    assert world.gate.book.find(["households"], "home", "1-100"), "marking keeps what is sealed"


def test_a_list_is_matched_with_where_they_live_and_what_is_asked_is_a_row(
    enter: Enter, world: World
) -> None:
    boss = enter("manager")
    entered(boss, **PERSON | {"id_number": id_number(5)})
    lines = f"欧阳无名\n{id_number(6)}\n{id_number(5)}"
    status, page, _ = post(boss, "/registers/match", lines=lines)
    assert status == 200
    assert re.findall(r'data-line="(\d+)"', page) == ["1", "3"]
    assert "2栋" in page
    with world.gate.reader() as reader:
        assert any(row.body.get("what") == "match" for row in reader.rows_after(0, 500))


def test_an_observer_sees_numbers_and_no_forms(enter: Enter) -> None:
    number = entered(enter("manager"), **PERSON)
    eye = enter("observer")
    page = eye.get(f"/registers/people/{number}").get_data(as_text=True)
    assert "欧阳" not in page
    assert "csrf_token" not in page.split('id="content"')[1]
    assert eye.get("/registers/people/import").status_code == 403


@pytest.mark.parametrize("register", ["people", "vehicles", "households", "watch"])
def test_every_register_has_its_page_its_form_and_its_import(enter: Enter, register: str) -> None:
    boss = enter("manager")
    for path in ("", "/new", "/import"):
        assert boss.get(f"/registers/{register}{path}").status_code == 200


def test_a_program_that_looks_somebody_up_leaves_a_row(enter: Enter, world: World, app: Flask) -> None:
    number = entered(enter("manager"), **PERSON)
    answer = app.test_client().post(
        "/api/v1/rosters/people/find",
        json={"by": "phone", "value": phone(7)},
        headers={"authorization": f"Bearer {world.tokens['manager']}"},
    )
    assert [one["number"] for one in answer.get_json()["entries"]] == [number]
    with world.gate.reader() as reader:
        opened = reader.rows_after(0, 500, {"personal.opened"})
    assert [row.body for row in opened] == [{"by": "boss", "what": "find:people"}]
