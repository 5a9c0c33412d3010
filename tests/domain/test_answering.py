"""Answers of a platform and the passages they belong to."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge import acceptance, procedures
from edge.domain import lane
from edge.domain.events import CodeAnswered, CodeRead
from edge.domain.lane_state import Note
from edge.domain.model import Carrier, Code, CodeVerdict, Outcome, Reason, Stage
from tests.domain.people import Walk, at, procedure, resident

ROOT = Path(__file__).resolve().parents[2]
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
        self.now += 0.1
        code = resolved(key, colour) if colour else unresolved(key, reason or "platform_silent")
        event = CodeAnswered("in", "camera", code, key, at(self.now - 0.1).mono_us, at(self.now))
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


def resolved(key: str, colour: str, name: str = "王*") -> Code:
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
    walk.show(resident())
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
