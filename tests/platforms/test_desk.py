"""Which platform a payload goes to, and what is asked again after a restart."""

import re
from dataclasses import replace

from edge import codes
from edge.domain.model import (
    Carrier,
    ClockQuality,
    Code,
    CodeVerdict,
    Evidence,
    Instant,
    Passage,
)
from edge.platforms import Desk, Nobody, Route
from tests.platforms.people import ROUTE, Stand

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
    assert (question.payload, question.waiters, question.told) == (b"hc:7", [("out", "camera")], True)
    assert after.take() is None


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
