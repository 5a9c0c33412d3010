"""Answers of a platform and the passages they belong to."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge import acceptance, procedures
from edge.domain import lane
from edge.domain.answering import ASKED_MAX_US, MAX_ANSWERED, MAX_ASKED, WARNING_US, remembered
from edge.domain.events import CodeAnswered, CodeRead, LaneEvent
from edge.domain.facts import Fact
from edge.domain.lane_state import ECHO_US, MAX_EVIDENCE, Do, LaneState, Note
from edge.domain.model import (
    PASSAGES_PER_BOOT,
    Carrier,
    ClockQuality,
    Code,
    CodeVerdict,
    Evidence,
    Instant,
    Outcome,
    Passage,
    Reason,
    Stage,
)
from edge.domain.view import lane_view
from tests.domain.people import Walk, at, procedure, resident

ROOT = Path(__file__).resolve().parents[2]
REGISTER = {"mask": "on", "name": "李晓", "phone": "13800000000", "room": "3-502"}
RULES = acceptance.parse(
    "green",
    """
title = { zh_Hans = "绿码", en = "Green" }
[[way]]
id = "green"
title = { zh_Hans = "绿码", en = "Green" }
health = ["green"]
""",
)


class Asked(Walk):
    """A lane whose health codes a platform resolves."""

    def __init__(self, name: str = "compound", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self.spec = replace(self.spec, procedure=procedures.accepting(procedure(name), RULES))
        self.notes: list[Note] = []

    def hold_up(self, key: str = "k1", reason: str = "ask_platform") -> None:
        self.now += 0.1
        self.event(CodeRead("in", "camera", unresolved(key, reason), at(self.now)))

    def answer(self, key: str = "k1", colour: str | None = "green", reason: str | None = None) -> None:
        self.say(key, resolved(key, colour) if colour else unresolved(key, reason or "platform_silent"))

    def say(self, key: str, code: Code) -> None:
        self.now += 0.1
        self.event(CodeAnswered("in", "camera", code, key, at(self.now - 0.1).mono_us, at(self.now)))

    def passes(self, key: str = "k1") -> Passage:
        """Somebody goes through whose platform said nothing in time: by ID number."""
        self.stand(36.6)
        self.hold_up(key)
        self.answer(key, colour=None)
        self.give(**REGISTER, id_number="110101199003070011")
        assert self.outcome is Outcome.ADMIT
        self.now += 11
        return self.last

    @property
    def notices(self) -> list[str]:
        return list(lane_view(self.spec, self.state, at(self.now))["notices"])

    def event(self, event: LaneEvent) -> None:
        result = lane.step(self.spec, self.state, event)
        self.state = result.state
        self.records.extend(result.records)
        self.notes.extend(result.notes)
        self.dos.extend(result.dos)


def unresolved(key: str, reason: str) -> Code:
    return Code(
        Carrier.CHINA_HEALTH,
        CodeVerdict.UNVERIFIED,
        reason,
        holder=f"china_health:{key}",
        personal={"code_digest": key},
        payload=key.encode(),
    )


def resolved(key: str, colour: str, name: str = "李*") -> Code:
    return Code(
        Carrier.CHINA_HEALTH,
        CodeVerdict.VALID,
        subject={"colour": colour},
        personal={"code_digest": key, "name": name},
        holder=f"china_health:{name}",
    )


def reasons(walk: Walk) -> tuple[str, ...]:
    assert walk.state.active is not None
    assert walk.state.active.decision is not None
    return walk.state.active.decision.reasons


def test_a_lane_goes_on_while_a_platform_is_asked_and_admits_on_its_answer() -> None:
    walk = Asked()
    walk.stand(36.6)
    walk.hold_up()
    assert reasons(walk) == (Reason.CODE_ASKING,)
    assert walk.state.active is not None
    assert walk.state.active.stage is Stage.OPEN
    assert walk.records == []
    walk.give(mask="on", name="李晓", phone="13800000000", room="3-502")
    walk.answer()
    assert walk.outcome is Outcome.ADMIT
    assert [record.kind for record in walk.records] == ["passage.decided"]


@pytest.mark.parametrize("colour", ["yellow", "red", "grey", "purple", ""])
def test_only_an_accepted_colour_admits(colour: str) -> None:
    walk = Asked()
    walk.stand(36.6)
    walk.hold_up()
    walk.give(mask="on", name="李晓", phone="13800000000", room="3-502")
    walk.answer(colour=colour) if colour else walk.answer(colour=None, reason="platform_no_meaning")
    assert walk.state.active is not None
    assert walk.state.active.stage is Stage.HOLD


def test_no_answer_in_time_holds_and_a_late_green_clears_it() -> None:
    walk = Asked()
    walk.stand(36.6)
    walk.hold_up()
    walk.give(mask="on", name="李晓", phone="13800000000", room="3-502")
    walk.answer(colour=None)
    assert reasons(walk) == (Reason.CODE_UNVERIFIED,)
    walk.answer()
    assert walk.outcome is Outcome.ADMIT


def test_the_ladder_takes_a_person_on_without_an_answer() -> None:
    walk = Asked()
    walk.stand(36.6)
    walk.hold_up()
    walk.give(mask="on", name="李晓", phone="13800000000", room="3-502")
    walk.answer(colour=None)
    walk.give(id_number="110101199003070011")
    assert walk.outcome is Outcome.ADMIT
    verdicts = [p.item.reason for p in walk.last.evidence if isinstance(p.item, Code)]
    assert verdicts == ["ask_platform", "platform_silent"]  # what was known at the time stays with it


def test_a_red_code_is_talked_away_by_no_document() -> None:
    walk = Asked()
    walk.stand(36.6)
    walk.hold_up()
    walk.answer(colour="red")
    walk.give(id_number="110101199003070011", mask="on", name="李晓", phone="13800000000", room="3-502")
    assert reasons(walk) == ("code_not_accepted:health_red",)


def test_an_answer_for_somebody_parked_is_written_down_and_decides_nothing_behind_their_back() -> None:
    walk = Asked()
    walk.stand(36.6)
    walk.hold_up()
    walk.give(mask="on", name="李晓", phone="13800000000", room="3-502")
    walk.park("platform")
    walk.answer()
    assert walk.state.last is None
    assert [record.kind for record in walk.records] == ["passage.parked", "passage.parked"]
    [parked] = walk.state.parked
    assert isinstance(parked.evidence[-1].item, Code)
    assert parked.evidence[-1].item.verdict is CodeVerdict.VALID
    walk.resume(1)
    assert walk.outcome is Outcome.ADMIT


def test_an_answer_that_comes_after_the_end_stands_beside_its_passage_once() -> None:
    walk = Asked()
    walk.stand(36.6)
    walk.hold_up()
    walk.give(mask="on", name="李晓", phone="13800000000", room="3-502", id_number="110101199003070011")
    assert walk.is_undecided()  # the ladder waits while the platform is asked
    walk.answer(colour=None)
    first = walk.last
    assert walk.outcome is Outcome.ADMIT
    walk.stand(36.5)  # the next one is here
    walk.answer(colour=None)  # nothing new: nobody has answered
    walk.answer(colour="red")
    walk.answer(colour="red")
    [note] = walk.notes
    assert note.kind == "code.answered"
    assert (note.body["passage"], note.body["verdict"]) == (first.id, "valid")
    assert note.body["subject"] == {"colour": "red"}
    assert walk.state.active is not None
    assert not any(isinstance(piece.item, Code) for piece in walk.state.active.evidence)


def test_an_answer_nobody_waits_for_is_nothing() -> None:
    walk = Asked()
    walk.answer("stranger")
    assert (walk.state.active, walk.notes, walk.records) == (None, [], [])


def test_a_code_held_up_while_it_is_asked_about_is_one_scan() -> None:
    walk = Asked()
    walk.stand(36.6)
    for _ in range(5):
        walk.hold_up()
    walk.answer()
    walk.now += 0.1
    walk.event(CodeRead("in", "camera", resolved("k1", "green"), at(walk.now)))
    assert walk.state.active is not None
    codes = [piece.item for piece in walk.state.active.evidence if isinstance(piece.item, Code)]
    assert [code.verdict for code in codes] == [CodeVerdict.UNVERIFIED, CodeVerdict.VALID]


def test_the_newest_answer_of_a_person_counts_and_not_an_old_green() -> None:
    walk = Asked()
    walk.stand(36.6)
    walk.hold_up("k1")
    walk.answer("k1", "green")
    walk.hold_up("k2")  # the person refreshes: another token
    walk.answer("k2", "yellow")
    walk.give(mask="on", name="李晓", phone="13800000000", room="3-502")
    assert reasons(walk) == ("code_not_accepted:health_yellow",)


def test_nothing_overtakes_a_question_that_may_come_back_red() -> None:
    walk = Asked()
    walk.stand(36.6)
    walk.hold_up()
    walk.show(resident("李晓"))
    walk.give(mask="on", name="李晓", phone="13800000000", room="3-502", id_number="110101199003070011")
    assert walk.is_undecided()
    walk.answer(colour="red")
    assert reasons(walk) == ("code_not_accepted:health_red",)


def test_a_question_nobody_will_answer_any_more_holds_nobody_up() -> None:
    walk = Asked()
    walk.stand(36.6)
    walk.hold_up()
    walk.air(20.0)  # its answer was lost
    walk.give(mask="on", name="李晓", phone="13800000000", room="3-502", id_number="110101199003070011")
    assert walk.outcome is Outcome.ADMIT


def test_a_phone_seen_not_to_be_green_is_made_good_by_no_other_rung() -> None:
    walk = Asked("r3")
    walk.stand(36.6)
    walk.hold_up()
    walk.answer(colour=None)
    walk.give(phone_shows="not_green")
    walk.give(id_number="110101199003070011", paper="valid")
    assert reasons(walk) == ("answer_hold:phone_shows",)


def test_a_red_code_counts_where_the_step_reads_no_health_codes() -> None:
    walk = Asked("r4")
    walk.stand(36.6)
    walk.hold_up()
    walk.answer(colour="red")
    walk.give(id_number="110101199003070011", mask="on", name="李晓", phone="13800000000")
    assert walk.is_undecided()
    assert "code_not_accepted:health_red" in reasons(walk)


def codes(evidence: tuple[Evidence, ...]) -> list[tuple[str, str]]:
    """What the codes of a passage say, in order: (digest, colour or reason)."""
    found = [piece.item for piece in evidence if isinstance(piece.item, Code)]
    return [(code.personal["code_digest"], code.subject.get("colour") or code.reason or "") for code in found]


# Everybody who showed the code


def test_every_passage_that_showed_the_code_gets_the_answer_once_wherever_it_is() -> None:
    walk = Asked()
    gone = [walk.passes("phone").id, walk.passes("phone").id]  # one telephone for the whole household
    walk.stand(36.6)
    walk.hold_up("phone")
    walk.answer("phone", colour=None)
    walk.park("platform")
    walk.now += 11
    walk.stand(36.6)
    walk.show(resident("李晓"))
    walk.hold_up("phone")
    walk.records.clear()
    for _ in range(3):  # every scanner that read it is told
        walk.answer("phone", "red")
    assert [note.body["passage"] for note in walk.notes] == gone
    assert [record.kind for record in walk.records] == ["passage.parked", "passage.held"]
    [parked] = walk.state.parked
    assert codes(parked.evidence)[-1:] == [("phone", "red")]
    assert walk.state.active is not None
    assert codes(walk.state.active.evidence[2:]) == [("phone", "ask_platform"), ("phone", "red")]


def test_a_second_word_about_a_code_counts_where_it_says_something_else() -> None:
    walk = Asked()
    walk.stand(36.6)
    walk.hold_up()
    walk.answer(colour=None, reason="platform_failed")
    walk.answer(colour=None)  # nobody answered the second time: what is known stays
    walk.answer(colour="yellow")
    walk.answer(colour="green")
    assert walk.state.active is not None
    said = [reason for _key, reason in codes(walk.state.active.evidence)]
    assert said == ["ask_platform", "platform_failed", "yellow", "green"]


# Which of two codes is the newer one


def test_a_late_no_to_an_old_screenshot_does_not_undo_the_live_code() -> None:
    walk = Asked()
    walk.stand(36.6)
    walk.give(**REGISTER)
    walk.hold_up("screenshot")
    walk.hold_up("live")
    walk.answer("live", "green")
    assert walk.is_undecided()  # the other may still be the red one
    walk.say("screenshot", replace(unresolved("screenshot", "expired"), verdict=CodeVerdict.EXPIRED))
    assert walk.outcome is Outcome.ADMIT


@pytest.mark.parametrize("again", [False, True])
def test_a_green_screenshot_that_was_shown_first_does_not_outdo_the_live_code(again: bool) -> None:
    walk = Asked()
    walk.stand(36.6)
    walk.give(**REGISTER)
    walk.hold_up("screenshot")
    walk.hold_up("live")
    walk.answer("live", "yellow")
    walk.answer("screenshot", "green")
    if again:  # swiped back to it: the platform's answer is known by now
        walk.now += 4
        walk.event(CodeRead("in", "camera", resolved("screenshot", "green"), at(walk.now)))
    assert walk.state.active is not None
    assert any("health_yellow" in reason for reason in reasons(walk))


def test_a_late_red_about_the_old_code_counts_against_whoever_showed_it() -> None:
    walk = Asked()
    walk.stand(36.6)
    walk.hold_up("screenshot")
    walk.hold_up("live")
    walk.answer("live", "green")
    walk.answer("screenshot", "red")
    walk.give(**REGISTER)
    assert "code_not_accepted:health_red" in reasons(walk)


@pytest.mark.parametrize("name", ["李*", "王*"])
def test_a_late_green_about_the_old_code_does_not_talk_a_red_live_one_away(name: str) -> None:
    walk = Asked()
    walk.stand(36.6)
    walk.hold_up("screenshot")
    walk.hold_up("live")
    walk.answer("live", "red")
    walk.say("screenshot", resolved("screenshot", "green", name))
    walk.give(**REGISTER, id_number="110101199003070011")
    assert "code_not_accepted:health_red" in reasons(walk)


# A full passage


def filled(walk: Asked, pieces: int) -> None:
    for number in range(pieces):
        walk.hold_up(f"poster{number}", reason="no_platform")


def test_an_answer_finds_room_in_a_passage_that_is_full() -> None:
    walk = Asked()
    walk.hold_up()
    filled(walk, 2 * MAX_EVIDENCE)
    assert walk.notices == ["passage_full"]
    assert walk.state.active is not None
    assert len(walk.state.active.evidence) == MAX_EVIDENCE
    walk.answer(colour="red")
    assert "code_not_accepted:health_red" in reasons(walk)
    assert len(walk.state.active.evidence) == MAX_EVIDENCE + 1


@pytest.mark.parametrize("is_parked", [False, True])
def test_what_a_lying_platform_says_without_end_is_written_beside_the_passage(is_parked: bool) -> None:
    walk = Asked()
    walk.stand(36.6)
    walk.hold_up()
    filled(walk, MAX_EVIDENCE)
    if is_parked:
        walk.park("platform")
    for number in range(MAX_ANSWERED - MAX_EVIDENCE + 2):
        walk.answer(colour="green" if number % 2 else "yellow")
    [passage] = walk.state.parked or [walk.state.active]
    assert passage is not None
    assert len(passage.evidence) == MAX_ANSWERED
    [note] = walk.notes  # the one after that says what stands there already
    assert (note.body["passage"], note.body["subject"]) == (passage.id, {"colour": "yellow"})
    assert note.body["admitted"] is False


# Too late


@pytest.mark.parametrize(("seconds", "rows"), [(0, 1), (500, 1), (ASKED_MAX_US / 1e6 + 1, 0), (300_000, 0)])
def test_an_answer_reaches_no_passage_of_long_ago(seconds: float, rows: int) -> None:
    walk = Asked()
    walk.passes()
    walk.now += seconds
    walk.answer(colour="red")
    assert len(walk.notes) == rows


def test_the_same_code_on_another_day_is_another_question() -> None:
    walk = Asked()
    walk.passes()
    walk.now += 86_400
    today = walk.passes()
    walk.answer(colour="yellow")
    assert [note.body["passage"] for note in walk.notes] == [today.id]


def test_what_is_remembered_is_bounded() -> None:
    walk = Asked()
    passage = walk.passes()
    state = LaneState()
    for number in range(MAX_ASKED + 10):
        state = remembered(state, replace(passage, id=PASSAGES_PER_BOOT + number), boot=1)
    assert len(state.asked) == MAX_ASKED
    later = replace(passage, id=PASSAGES_PER_BOOT, evidence=shifted(passage, 2 * ASKED_MAX_US))
    later = replace(later, touched=later.evidence[-1].at)
    assert len(remembered(state, later, boot=1).asked) == 1


def shifted(passage: Passage, by_us: int) -> tuple[Evidence, ...]:
    def move(then: Instant) -> Instant:
        return replace(then, mono_us=then.mono_us + by_us, at_us=then.at_us + by_us)

    return tuple(replace(piece, at=move(piece.at)) for piece in passage.evidence)


def test_a_person_who_shows_the_code_again_after_hours_on_the_bench_is_remembered() -> None:
    walk = Asked()
    walk.stand(36.6)
    walk.hold_up(reason="platform_down")
    walk.park("platform")
    walk.now += 7_200
    walk.resume(1)
    walk.hold_up(reason="platform_down")
    walk.give(**REGISTER, id_number="110101199003070011")
    assert walk.outcome is Outcome.ADMIT
    walk.now += 60
    walk.answer(colour="red")
    [note] = walk.notes
    assert note.body["admitted"] is True
    assert 60_000_000 < note.body["waited_us"] < 70_000_000


# Red, and inside


def test_a_red_answer_about_somebody_inside_is_told_at_once_and_says_so_in_its_row() -> None:
    walk = Asked()
    inside = walk.passes()
    walk.now += 150
    walk.dos.clear()
    walk.answer(colour="red")
    [note] = walk.notes
    assert (note.body["passage"], note.body["outcome"]) == (inside.id, "admit")
    assert (note.body["against"], note.body["admitted"]) == (True, True)
    assert walk.dos == [Do("voice", "alarm", inside.id)]
    assert walk.notices == ["code_red_late:3"]


@pytest.mark.parametrize(
    ("colour", "outcome", "against", "admitted"),
    [
        ("green", Outcome.ADMIT, False, True),
        ("yellow", Outcome.ADMIT, False, True),  # no colour to hold anybody on by the rules of this site
        ("red", Outcome.TURN_BACK, True, False),
    ],
)
def test_whoever_is_not_inside_or_not_red_alarms_nobody(
    colour: str, outcome: Outcome, against: bool, admitted: bool
) -> None:
    walk = Asked()
    walk.stand(36.6)
    walk.hold_up()
    walk.answer(colour=None)
    walk.decide(outcome)
    walk.dos.clear()
    walk.answer(colour=colour)
    [note] = walk.notes
    assert (note.body["against"], note.body["admitted"]) == (against, admitted)
    assert (walk.dos, walk.notices) == ([], [])


def kept(key: str, colour: str = "green", age_s: int = 3002) -> Code:
    """An answer of earlier that stands in for one that does not come."""
    code = resolved(key, colour)
    return replace(code, subject={**code.subject, Fact.ANSWER_AGE_S: str(age_s)})


@pytest.mark.parametrize("asked", [True, False])
def test_a_red_that_comes_after_an_old_green_let_somebody_in_is_told(asked: bool) -> None:
    walk = Asked()
    walk.stand(36.6)
    if asked:
        walk.hold_up()
        walk.say("k1", kept("k1"))
    else:  # the platform is known to be down: the old answer stands in at once
        walk.event(CodeRead("in", "camera", kept("k1"), at(walk.now)))
    walk.give(**REGISTER)
    assert walk.outcome is Outcome.ADMIT
    walk.now += 11
    walk.dos.clear()
    walk.answer(colour="red")
    [note] = walk.notes
    assert (note.body["against"], note.body["admitted"]) == (True, True)
    assert 11_000_000 < note.body["waited_us"] < 13_000_000
    assert [do.what for do in walk.dos] == ["alarm"]
    walk.answer(colour="red")
    assert len(walk.notes) == 1


def test_the_platforms_own_word_is_the_last_one_after_an_old_one() -> None:
    walk = Asked()
    walk.stand(36.6)
    walk.hold_up()
    walk.say("k1", kept("k1"))
    walk.answer(colour="yellow")
    walk.decide(Outcome.TURN_BACK)
    assert walk.state.asked == ()


def test_a_red_about_a_code_that_was_seen_at_two_lanes_reaches_the_second_one_too() -> None:
    walk = Asked()
    walk.stand(36.6)
    walk.hold_up(reason="seen_elsewhere")
    walk.decide(Outcome.ADMIT)  # the attendant compared the person
    walk.now += 11
    walk.dos.clear()
    red = replace(unresolved("k1", "seen_elsewhere"), subject={Fact.COLOUR: "red"})
    walk.say("k1", red)
    [note] = walk.notes
    assert (note.body["reason"], note.body["against"], note.body["admitted"]) == (
        "seen_elsewhere",
        True,
        True,
    )
    assert [do.what for do in walk.dos] == ["alarm"]


def test_a_red_about_a_doubted_code_counts_while_its_holder_stands_there() -> None:
    walk = Asked()
    walk.stand(36.6)
    walk.hold_up(reason="seen_elsewhere")
    walk.say("k1", replace(unresolved("k1", "seen_elsewhere"), subject={Fact.COLOUR: "red"}))
    walk.give(**REGISTER, id_number="110101199003070011")
    assert "code_not_accepted:health_red" in reasons(walk)


def test_the_warning_stands_for_minutes_and_comes_back_when_other_words_are_over() -> None:
    walk = Asked()
    walk.passes()
    walk.answer(colour="red")
    [warning] = walk.notices
    walk.wait(1)
    walk.begin()
    filled(walk, MAX_EVIDENCE + 1)
    assert walk.notices == ["passage_full"]
    walk.decide(Outcome.TURN_BACK)
    walk.wait(1)
    assert walk.notices == [warning]
    walk.wait(WARNING_US / 1e6 - 30)
    assert walk.notices == [warning]
    walk.wait(30)
    assert walk.notices == []


def test_a_word_about_somebody_inside_and_the_next_ones_own_come_in_one_step() -> None:
    walk = Asked()
    inside = walk.passes("phone")
    walk.stand(36.6)
    walk.hold_up("phone")
    walk.dos.clear()
    walk.answer("phone", "red")
    assert walk.dos[0] == Do("voice", "alarm", inside.id)
    assert "code_not_accepted:health_red" in reasons(walk)


# A restart


def boots(passage: Passage, *, mono_us: int, wall_us: int, clock: ClockQuality) -> Asked:
    """A gate in its second run, so long after a passage on either clock."""
    walk = Asked(boot=2)
    then = passage.touched
    now = Instant(then.mono_us + mono_us, then.at_us + wall_us, clock)
    walk.state = remembered(walk.state, passage, now, boot=2)
    answered = Instant(now.mono_us + 5_000_000, now.at_us + 5_000_000, clock)
    walk.event(CodeAnswered("in", "camera", resolved("k1", "red"), "k1", now.mono_us, answered))
    return walk


MINUTE_US = 60_000_000


@pytest.mark.parametrize("clock", list(ClockQuality))
def test_a_gate_started_anew_on_a_machine_that_ran_on_knows_by_its_own_clock(clock: ClockQuality) -> None:
    passage = Asked().passes()
    [note] = boots(passage, mono_us=MINUTE_US, wall_us=MINUTE_US, clock=clock).notes
    assert note.body["admitted"] is True
    assert MINUTE_US < note.body["waited_us"] < 2 * MINUTE_US
    assert boots(passage, mono_us=12 * MINUTE_US, wall_us=12 * MINUTE_US, clock=clock).notes == []


@pytest.mark.parametrize("mono_us", [-5_000_000, 3 * MINUTE_US])
def test_after_a_power_cut_only_clocks_that_are_believed_say_how_long_ago_it_was(mono_us: int) -> None:
    passage = Asked().passes()
    [note] = boots(passage, mono_us=mono_us, wall_us=2 * MINUTE_US, clock=ClockQuality.SYNCED).notes
    assert 2 * MINUTE_US < note.body["waited_us"] < 3 * MINUTE_US
    for clock in (ClockQuality.RESTORED, ClockQuality.UNSET):
        assert boots(passage, mono_us=mono_us, wall_us=2 * MINUTE_US, clock=clock).notes == []
    back = boots(passage, mono_us=mono_us, wall_us=-MINUTE_US, clock=ClockQuality.SYNCED)
    assert back.notes == []


def test_the_end_of_a_passage_that_waited_over_a_restart_is_remembered_by_this_runs_clock() -> None:
    first = Asked()
    first.stand(36.6)
    first.hold_up()
    first.answer(colour=None)
    first.park("platform")
    walk = Asked(boot=2)
    walk.now = first.now + 30
    walk.state = replace(walk.state, parked=first.state.parked)
    walk.decide(Outcome.ADMIT, passage=first.state.parked[0].id)
    walk.answer(colour="red")
    [note] = walk.notes
    assert note.body["against"] is note.body["admitted"] is True


def test_a_code_still_held_up_after_the_end_is_answered_beside_it() -> None:
    walk = Asked()
    walk.passes()
    walk.now -= ECHO_US / 1e6
    walk.hold_up()  # an echo: the platform is asked again, and no passage opens
    assert walk.state.active is None
    walk.answer(colour="yellow")
    assert len(walk.notes) == 1
