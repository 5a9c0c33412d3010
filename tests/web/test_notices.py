"""What the attendant is told while somebody stands there and no device is at fault: a card not read."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from edge.domain.model import Scan
from edge.messages import ScanArrived
from edge.web.words import WORDS
from tests.waiting import until
from tests.web.fakes import World

pytestmark = pytest.mark.system


def lay(world: World, payload: bytes) -> None:
    """Have a card reader hand something over."""
    scan = Scan(payload, symbology="IDCard", decoder="id_card")
    world.station.offer(ScanArrived("in", "scanner2", scan, world.clock()))


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b'{"unread":true}', "card_unread"),
        (b'{"layout":"I","unread":true}', "card_layout"),
        (b'{"sex":"male"}', "card_unasked"),
        (b"\xff", "card_unread"),
    ],
)
def test_a_card_that_answers_nothing_is_said_on_the_page_with_what_to_do(
    world: World, enter: Callable[[str], FlaskClient], payload: bytes, code: str
) -> None:
    client = enter("attendant")
    lay(world, payload)
    until(lambda: world.gate.view("in")["notices"] == [code], what="the notice")
    for language in ("zh", "en"):
        client.set_cookie("language", {"zh": "zh_Hans", "en": "en"}[language])
        page = client.get("/kiosk/in/state").get_data(as_text=True)
        assert f'data-notice="{code}"' in page
        said = [getattr(WORDS[group][code], language) for group in ("notice", "notice_remedy")]
        assert all(text.replace("'", "&#39;") in page for text in said), (language, said)
    assert world.gate.view("in")["passage"] is None
    lay(world, '{"name":"李四"}'.encode())
    until(lambda: world.gate.view("in")["passage"] is not None, what="the next card")
    assert "data-notice" not in client.get("/kiosk/in/state").get_data(as_text=True)


def test_every_notice_has_its_remedy_in_words() -> None:
    assert set(WORDS["notice"]) == set(WORDS["notice_remedy"])
    assert all(word.zh.endswith("。") and word.en.endswith(".") for word in WORDS["notice"].values())
