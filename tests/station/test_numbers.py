"""An ID number in place of a code: asked of the platform, typed or laid on the reader, and only then."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.domain.events import Begin, Give
from edge.domain.given import numbers
from edge.domain.model import Carrier, Code, CodeVerdict, Scan
from edge.messages import ScanArrived
from edge.procedures import parse
from tests.domain.people import procedure
from tests.station.rig import Rig

NUMBER = "11010519491231002X"
RED = Code(
    Carrier.CHINA_HEALTH,
    CodeVerdict.VALID,
    subject={"colour": "red"},
    personal={"id_number": NUMBER, "code_digest": "ab" * 32},
    holder=f"china_health:id:{NUMBER}",
)
FORM = """
number = "X"
title = { zh_Hans = "登记", en = "Register" }
[[step]]
id = "register"
kind = "form"
title = { zh_Hans = "登记", en = "Register" }
[[step.question]]
id = "id_number"
kind = "id_number"
personal = true
title = { zh_Hans = "证件号码", en = "Number of a document" }
[[reason]]
value = "known"
for = ["admit"]
title = { zh_Hans = "本人认识", en = "Known" }
"""

pytestmark = pytest.mark.system


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    rig.platform_says = RED
    yield rig
    rig.close()


def step(rig: Rig) -> tuple[str, list[str]]:
    [found] = [step for step in rig.view()["steps"] if step["id"] == "check"]
    return found["state"], found["reasons"]


def test_a_number_that_is_typed_is_asked_about_and_a_red_answer_holds(rig: Rig) -> None:
    passage = rig.submitted(Begin("in", None, "b", "door1", rig.now()))
    rig.submitted(Give("in", passage, "g", "door1", rig.now(), (("id_number", NUMBER),)))
    assert rig.asked_by_number == [("attendant:door1", NUMBER)]
    assert step(rig) == ("failed", ["code_not_accepted:health_red"])


def test_a_number_on_a_card_is_asked_about_as_well(rig: Rig) -> None:
    card = b'{"id_number":"11010519491231002X"}'
    rig.station.offer(ScanArrived("in", "scanner2", Scan(card, "IDCard", "id_card"), rig.now()))
    rig.turn()
    assert rig.asked_by_number == [("scanner2", NUMBER)]
    assert step(rig) == ("failed", ["code_not_accepted:health_red"])


def test_a_number_asked_for_another_reason_is_nobodys_missing_code() -> None:
    answers = (("id_number", NUMBER), ("name", "王小明"))
    assert numbers(parse("form", FORM), answers) == ()
    [(number, carriers)] = numbers(procedure(), answers)
    assert number == NUMBER
    assert Carrier.CHINA_HEALTH in carriers
