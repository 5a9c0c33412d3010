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
