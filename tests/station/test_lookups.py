"""What the registers are asked on behalf of a lane, and what becomes of the answer."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge import access
from edge.domain.errors import FormError
from edge.domain.events import Begin, CodeAnswered, Give
from edge.domain.known import Known, Standing
from edge.domain.model import Carrier, Code, CodeVerdict, Outcome
from edge.domain.registered import newest
from edge.domain.statements import ASKING
from tests.domain.people import at, resident
from tests.registers.test_roster import Site, rules
from tests.station.informed import ISOLATED, ONCE, RULES, Informed
from tests.station.rig import Rig


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.journal.close()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path / "rig")
    yield rig
    rig.close()


def test_somebody_from_a_listed_region_is_admitted_and_counted(site: Site) -> None:
    site.enter("regions", region="温州市", level="high")
    person = site.enter("people", name="王小明", phone="13800001111", room="3-502", category="resident")
    lane = Informed(site, RULES, "fast_lane")
    lane.begin()
    lane.give(roster="13800001111", itinerary="浙江温州")
    lane.stand(36.6)
    lane.give(mask="on")
    assert [one.register for one in lane.known] == ["people", "regions"]
    assert lane.outcome is Outcome.ADMIT
    lane.commit()
    with site.journal.reader() as reader:
        assert reader.access_used("people", person, "in", 0) == 1


@pytest.mark.parametrize("number", ["9" * 20, "9" * 5000, "٣", "²", "\ud800"])
def test_a_number_of_no_entry_finds_nobody_and_ends_no_thread(site: Site, number: str) -> None:
    assert site.one(roster_entry=number).standing is Standing.NONE


def test_a_sign_that_is_no_text_leaves_the_register_unread(site: Site) -> None:
    site.enter("people", name="王小明", phone="13800001111")
    assert site.one(name="\ud800", room="3-502", phone="无").standing is Standing.UNREAD
    assert site.counted == ["registers_unread"]


def broken(*_what: object) -> tuple[Known, ...]:
    raise ZeroDivisionError


@pytest.mark.parametrize("fails", ["a number", "the registers"])
def test_no_look_up_ends_the_thread_of_the_station(rig: Rig, site: Site, fails: str) -> None:
    spec = rig.station._specs["in"]
    rig.station._specs["in"] = replace(spec, access=rules("usual"))
    look_up = broken if fails == "the registers" else site.roster.look_up
    object.__setattr__(rig.station._around, "look_up", look_up)
    passage = rig.submitted(Begin("in", None, "c1", "door1", rig.now()))
    answers = (("roster_entry", "9" * 20),)
    assert rig.submitted(Give("in", passage, "c2", "door1", rig.now(), answers)) == passage
    (known,) = rig.view()["card"]["known"]
    assert known["standing"] == ("unread" if look_up is broken else "none")


ASKED = Code(
    Carrier.CHINA_HEALTH,
    CodeVerdict.UNVERIFIED,
    personal={"code_digest": "d"},
    holder="k",
    payload=b"k",
    reason=ASKING,
)


def test_an_answer_about_somebody_parked_is_looked_up_with_what_they_told_themselves(site: Site) -> None:
    one = {"name": "甲某", "id_number": "110101199003070011"}
    person = site.enter("people", phone="13800000001", room="1-101", category="resident", **one)
    site.enter("watch", name="乙某", phone="13811110000", list="isolated")
    lane = Informed(site, RULES + ISOLATED)
    lane.show(ASKED)
    lane.park("platform")
    waiting = lane.state.parked[0].id
    lane.begin()
    lane.give(name="乙某", phone="13811110000", room="9-909")
    answer = replace(ASKED, verdict=CodeVerdict.VALID, reason=None, personal={"code_digest": "d", **one})
    asked = lane.asked
    lane.event(CodeAnswered("in", "platform", answer, "d", at(lane.now).mono_us, at(lane.now + 1)))
    (parked,) = (passage for passage in lane.state.parked if passage.id == waiting)
    (known,) = newest(parked.evidence)
    assert (known.entry, known.differs, known.hits) == (person, (), ())
    assert lane.asked == asked + 1


ELSEWHERE = Code(Carrier.HC1, CodeVerdict.VALID, personal={"birth": "1990"}, holder="dcc:1")


@pytest.mark.parametrize("back", ["code", "list"])
def test_whoever_comes_back_is_asked_about_anew_by_either_way(site: Site, back: str) -> None:
    lane = Informed(site, RULES + ISOLATED)
    lane.begin()
    lane.give(name="李四", phone="13811110000", room="5-101", mask="on")
    lane.show(ELSEWHERE)
    lane.park("other")
    site.enter("watch", name="李四", phone="13811110000", list="isolated")
    lane.now += 600
    if back == "code":
        lane.show(ELSEWHERE)
    else:
        lane.resume(1)
    lane.stand(36.6)
    assert lane.is_undecided()
    assert "watch_hold:isolated" in lane.reasons


CURFEW = """[[rule]]
id = "curfew"
title = { zh_Hans = "宵禁", en = "Curfew" }
then = "hold"
hours = ["21:00-06:00"]
"""


def test_whoever_comes_back_a_second_time_is_judged_by_the_hour_it_is_then(site: Site) -> None:
    site.enter("people", name="王小明", room="3-502", phone="13800001111", category="resident")
    lane = Informed(site, RULES + CURFEW)
    lane.now = (11 * 60 + 37) * 60.0  # at 20:30 on the gate's wall
    lane.show(resident("王小明"))
    for minutes in (10, 50):
        lane.park("other")
        lane.now += minutes * 60
        lane.resume(1)
    assert lane.known[-1].minute == 21 * 60 + 30
    assert lane.reasons == ["access_hold:curfew"]


@pytest.mark.parametrize("back", ["code", "list"])
def test_whoever_comes_back_is_judged_by_the_rules_they_are_asked_about(site: Site, back: str) -> None:
    person = site.enter("people", name="王小明", room="3-502", phone="13800001111", category="resident")
    lane = Informed(site, RULES + ONCE, direction="out")
    lane.went_out(person)
    lane.show(resident("王小明"))
    assert lane.reasons == ["quota_used:once"]
    lane.park("other")
    lane.follow(access.parse("x", RULES + ONCE.replace('"once"', '"another"')))
    lane.now += 60
    if back == "code":
        lane.show(resident("王小明"))
    else:
        lane.resume(1)
    lane.stand(36.6)
    lane.give(mask="on")
    assert lane.is_undecided()
    assert lane.reasons == ["quota_used:another"]
    assert lane.passage.access == lane.spec.access


def test_a_quota_is_asked_for_the_way_the_vehicle_goes(site: Site) -> None:
    person = site.enter("people", name="王小明", room="3-502", phone="13800001111", category="resident")
    lane = Informed(site, RULES + ONCE, direction="in")
    lane.went_out(person)
    lane.arrives(seats=1, direction="out")
    lane.passes("王小明")
    assert lane.reasons == ["quota_used:once"]


def test_what_one_lane_uses_up_another_does_not_admit_on(site: Site) -> None:
    quota = ONCE.replace('"person"', '"household"')
    home = site.enter("households", room="3-502")
    lanes = {name: Informed(site, RULES + quota, direction="out") for name in ("王小明", "王小红")}
    for number, (name, lane) in enumerate(lanes.items()):
        site.enter("people", name=name, room="3-502", phone=f"1380000111{number}", category="resident")
        lane.spec = replace(lane.spec, number=number, lanes=2)
        lane.show(resident(name))
    for lane in lanes.values():
        lane.give(mask="on")
        lane.stand(36.6)
        lane.commit()
    first, second = lanes.values()
    assert first.outcome is Outcome.ADMIT
    assert second.is_undecided()
    assert second.reasons == ["quota_used:once"]
    with site.journal.reader() as reader:
        assert reader.access_used("households", home, "out", 0) == 1


MANAGERS = ISOLATED + 'override = "manager"\nalarms = ["out"]\n'


def test_digits_that_fit_two_people_are_no_way_past_a_list_and_call_nobody_yet(site: Site) -> None:
    site.enter("people", name="钱某", room="9-101", phone="13855556666", category="resident")
    site.enter("people", name="吴某", room="9-102", phone="13955556666", category="resident")
    site.enter("watch", name="钱某", phone="13855556666", list="isolated")
    lane = Informed(site, RULES + MANAGERS, direction="out")
    lane.show(resident("某人"))
    lane.give(roster="6666")
    assert {"register_several", "watch_hold:isolated"} <= set(lane.reasons)
    assert "watch_alarm:isolated" not in lane.reasons, "it may be the other one"
    with pytest.raises(FormError) as refused:
        lane.decide(Outcome.ADMIT, "known")
    assert refused.value.code == "manager_needed"


def test_a_household_that_is_not_known_has_nothing_left_to_use(site: Site) -> None:
    site.enter("people", name="无户", phone="13800002222", category="resident")
    lane = Informed(site, RULES + ONCE.replace('"person"', '"household"'), direction="out")
    lane.show(resident("无户"))
    lane.give(roster="13800002222", mask="on")
    lane.stand(36.6)
    assert lane.is_undecided()
    assert "quota_unknown:once" in lane.reasons
