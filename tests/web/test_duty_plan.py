"""The manager's pages of duty over the real journal."""

from flask.testing import FlaskClient

from tests.web.conftest import Enter, token_of
from tests.web.fakes import World

PAGE, FIND = "/duty/contacts", "/duty/contacts/find"
NAMED = ("2-301", "王医生", "13900001111")


def post(client: FlaskClient, path: str, command: str = "c1", **form: str) -> tuple[int, str]:
    """Send a form of the contacts' page; return status and page."""
    answer = client.post(path, data={"csrf_token": token_of(client, PAGE), "command_id": command} | form)
    return answer.status_code, answer.get_data(as_text=True)


def test_contacts_name_nobody_until_somebody_says_why_and_that_is_a_row(enter: Enter, world: World) -> None:
    boss, door = enter("manager"), enter("attendant")
    rules = world.gate.duty.rules
    line = {"role": next(iter(rules.roles))}
    assert post(boss, PAGE, **line, **dict(zip(("room", "name", "phone"), NAMED, strict=True)))[0] == 303
    for path in (PAGE, f"{PAGE}?room=2-301"):
        page = door.get(path).get_data(as_text=True)
        assert not [one for one in NAMED if one in page]
        assert 'method="get"' not in page, "a room stands in no address"
    assert post(door, FIND, room="2-301")[0] == 400, "no reason"
    assert post(door, FIND, why="referral")[0] == 400, "nobody opens all of them"
    with world.gate.reader() as reader:
        assert not reader.rows_after(0, 500, {"personal.opened"})
    status, found = post(door, FIND, room="2-301", why="referral")
    assert status == 200
    assert all(one in found for one in NAMED)
    assert 'data-contact="1"' in found
    assert "王医生" not in post(boss, FIND, room="2-302", why="inspection")[1]
    with world.gate.reader() as reader:
        opened = [row.body for row in reader.rows_after(0, 500, {"personal.opened"})]
    assert opened == [
        {"by": who, "why": why, "what": "find:households"}
        for who, why in (("door", "referral"), ("boss", "inspection"))
    ]
