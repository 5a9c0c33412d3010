"""Which platform a payload goes to, and what is asked again after a restart."""

import re
from dataclasses import replace

import pytest

from edge import codes
from edge.domain.events import CodeAnswered
from edge.domain.facts import Fact
from edge.domain.model import (
    Carrier,
    ClockQuality,
    Code,
    CodeVerdict,
    Evidence,
    Instant,
    Passage,
)
from edge.domain.ports import PlatformAnswer, PlatformState
from edge.platforms import Desk, Nobody, Route
from tests.platforms.people import GREEN, RED, ROUTE, SECOND, Stand

AT = Instant(5, 1_650_000_000_000_000, ClockQuality.SYNCED)


def read(payload: bytes, at: Instant) -> Code:
    return codes.read(payload, codes.EMPTY, at.at_us)


def test_only_what_no_format_claims_is_shown_to_a_platform_and_the_first_that_fits_gets_it() -> None:
    health, any_code = Stand(), Stand(replace(ROUTE, name="any", match=re.compile(b"")))
    desk = Desk(read, (health.platform, any_code.platform))
    assert desk.read("in", "s", b"hc:1", AT).issuer == "province"
    assert desk.read("in", "s", b"x", AT).issuer == "any"
    for offline in (b"GP1:AAAA", b"NZCP:/1/AAAA"):
        code = desk.read("in", "s", offline, AT)
        assert code.carrier not in (Carrier.UNKNOWN, Carrier.CHINA_HEALTH)
    assert [stand.taken().payload for stand in (health, any_code)] == [b"hc:1", b"x"]
    assert health.take() is None
    assert any_code.take() is None


def test_without_a_platform_a_payload_stays_what_it_is_and_with_nobody_the_attendant_is_told() -> None:
    assert Desk(read).read("in", "s", b"hc:1", AT).carrier is Carrier.UNKNOWN
    nobody = Nobody(Route("none", Carrier.CHINA_ITINERARY, re.compile(b"hc:")))
    code = Desk(read, (nobody,)).read("in", "s", b"hc:1", AT)
    assert (code.carrier, code.verdict, code.reason) == (
        Carrier.CHINA_ITINERARY,
        CodeVerdict.UNVERIFIED,
        "no_platform",
    )
    assert code.payload == b"hc:1"


def passage(*items: Code) -> Passage:
    evidence = tuple(Evidence(AT, "camera", item) for item in items)
    return Passage(7, "out", "in", "p", "v", "v", AT, AT, evidence)


def test_after_a_restart_a_code_nobody_answered_for_is_asked_about_once() -> None:
    stand = Stand()
    desk = Desk(read, (stand.platform,))
    asking = stand.platform.look("out", "camera", b"hc:7", stand.now())
    stand.settle()
    after = Stand()
    desk = Desk(read, (after.platform,))
    silent = replace(asking, reason="platform_silent")
    desk.recall(passage(asking, silent), AT)
    question = after.taken()
    assert (question.payload, question.waiters, question.hoping) == (b"hc:7", [("out", "camera")], [])
    assert after.take() is None


def test_after_a_restart_a_code_that_only_an_old_answer_stood_in_for_is_asked_about_again() -> None:
    stand = Stand()
    stand.look(b"hc:7", lane="out")
    stand.settle()
    stand.wait(60)
    fresh = stand.platform.look("out", "camera", b"hc:7", stand.now())
    assert fresh.payload is None, "nobody will be asked: its payload is not kept"
    stand.wait(3000)
    asking = stand.platform.look("out", "camera", b"hc:7", stand.now())
    stand.taken()
    stand.wait(2.1)
    kept = stand.messages[-1]
    assert isinstance(kept, CodeAnswered)
    assert (kept.code.verdict, kept.code.subject[Fact.ANSWER_AGE_S]) == (CodeVerdict.VALID, "3060")
    after = Stand()
    desk = Desk(read, (after.platform,))
    desk.recall(passage(asking, kept.code), AT)
    assert after.taken().payload == b"hc:7"
    desk.recall(passage(fresh), AT)
    assert after.take() is None


def test_after_a_restart_a_number_only_an_old_answer_stood_in_for_is_asked_about_again() -> None:
    stand, after = Stand(NUMBERS), Stand(NUMBERS)
    desk = Desk(read, (stand.platform,))
    desk.ask_number("in", "d", NUMBER, stand.now())
    stand.settle()
    stand.wait(3000)
    asking = desk.ask_number("in", "d", NUMBER, stand.now())
    stand.fail()
    kept = stand.messages[-1]
    assert asking is not None
    assert isinstance(kept, CodeAnswered)
    assert kept.code.payload is None
    Desk(read, (after.platform,)).recall(passage(asking, kept.code), AT)
    assert after.taken().id_number == NUMBER


def test_a_number_that_only_stands_in_an_answer_is_not_what_was_asked() -> None:
    stand, after = Stand(NUMBERS), Stand(NUMBERS)
    stand.look(b"hc:7")
    stand.settle(replace(GREEN, personal={"id_number": NUMBER}))
    stand.wait(60)
    told = stand.platform.look("in", "camera", b"hc:7", stand.now())
    assert told.personal["id_number"] == NUMBER
    Desk(read, (after.platform,)).recall(passage(told), AT)
    assert after.take() is None


def test_after_a_restart_a_code_seen_at_two_lanes_is_asked_about_and_no_green_clears_it() -> None:
    for answer, told in ((GREEN, []), (RED, ["seen_elsewhere"])):
        stand, after = Stand(), Stand()
        stand.look(b"hc:7", lane="in")
        doubted = stand.platform.look("out", "camera", b"hc:7", stand.now())
        Desk(read, (after.platform,)).recall(passage(doubted), AT)
        after.settle(answer)
        assert after.answers == told


@pytest.mark.parametrize("minutes", [5, 11, 180])
def test_somebody_who_rested_for_long_is_asked_about_again_after_a_restart(minutes: int) -> None:
    stand, after = Stand(), Stand()
    after.seconds = 5000.0
    asking = stand.platform.look("out", "camera", b"hc:7", stand.now())
    now = replace(after.now(), at_us=AT.at_us + minutes * 60 * SECOND)
    Desk(read, (after.platform,)).recall(passage(asking), now)
    after.wait(0.5)  # the gate is still starting
    assert after.taken().payload == b"hc:7"


def test_after_a_restart_an_answered_code_another_kind_and_a_code_without_payload_are_left_alone() -> None:
    stand = Stand()
    asking = stand.platform.look("out", "camera", b"hc:7", stand.now())
    answered = replace(asking, verdict=CodeVerdict.VALID, reason=None, payload=None)
    after = Stand()
    desk = Desk(read, (after.platform,))
    desk.recall(passage(asking, answered), AT)
    desk.recall(passage(replace(asking, carrier=Carrier.CHINA_ITINERARY)), AT)
    desk.recall(passage(replace(asking, payload=None)), AT)
    desk.recall(passage(replace(asking, payload=b"other")), AT)
    desk.recall(passage(read(b"hc:7", AT)), AT)
    assert after.take() is None


# --- asking by ID number ----------------------------------------------------------------------------

NUMBER = "11010519491231002X"
NUMBERS = replace(ROUTE, numbers=True)


def test_a_number_is_asked_of_the_first_platform_that_can_be_asked_so() -> None:
    codes_only, both = Stand(), Stand(replace(NUMBERS, name="both"))
    desk = Desk(read, (codes_only.platform, Nobody(replace(ROUTE, name="nobody")), both.platform))
    code = desk.ask_number("in", "attendant:door1", " 11010519491231002x ", AT)
    assert code is not None
    assert (code.issuer, code.verdict, code.reason) == ("both", CodeVerdict.UNVERIFIED, "ask_platform")
    assert (code.payload, code.personal["id_number"]) == (None, NUMBER)
    question = both.settle(
        PlatformAnswer(PlatformState.FOUND, {"colour": "red"}, {"id_number": "1101**********002X"})
    )
    assert (question.payload, question.id_number) == (b"", NUMBER)
    [message] = both.messages
    assert isinstance(message, CodeAnswered)
    assert message.key == code.personal["code_digest"]
    assert message.code.subject == {"colour": "red"}
    assert message.code.holder == code.holder == f"china_health:id:{NUMBER}"
    assert message.code.personal["id_number"] == NUMBER
    assert codes_only.take() is None


def test_a_number_with_a_wrong_digit_and_other_documents_are_not_sent_to_anybody() -> None:
    stand = Stand(NUMBERS)
    desk = Desk(read, (stand.platform,))
    for number in ("110105194912310021", "E12345678", "", "5" * 30, "11010519491231002", "张"):
        assert desk.ask_number("in", "d", number, AT) is None
    assert Desk(read, (Stand().platform,)).ask_number("in", "d", NUMBER, AT) is None
    assert stand.take() is None


def test_an_answer_about_another_number_is_not_believed_and_nothing_of_it_kept() -> None:
    stand = Stand(NUMBERS)
    Desk(read, (stand.platform,)).ask_number("in", "d", NUMBER, stand.now())
    other = {"id_number": "3101**********002X", "name": "张*"}
    stand.settle(PlatformAnswer(PlatformState.FOUND, {"colour": "green"}, other))
    [message] = stand.messages
    assert isinstance(message, CodeAnswered)
    assert (message.code.verdict, message.code.reason) == (CodeVerdict.UNVERIFIED, "platform_garbled")
    assert "name" not in message.code.personal
    assert not message.code.subject


def test_after_a_restart_a_number_nobody_answered_for_is_asked_about_again() -> None:
    stand, after = Stand(NUMBERS), Stand(NUMBERS)
    code = Desk(read, (stand.platform,)).ask_number("in", "d", NUMBER, AT)
    assert code is not None
    Desk(read, (Stand().platform, after.platform)).recall(passage(code), AT)
    question = after.settle()
    assert (question.id_number, question.waiters) == (NUMBER, [("out", "camera")])
    assert isinstance(after.messages[0], CodeAnswered)
    assert after.messages[0].key == code.personal["code_digest"]
    Desk(read, (Nobody(NUMBERS),)).recall(passage(code), AT)
