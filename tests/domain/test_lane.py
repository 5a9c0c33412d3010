"""One lane, walked through by made-up people."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain import bench, lane
from edge.domain.answering import MAX_ANSWERED
from edge.domain.errors import FormError
from edge.domain.events import Begin, CardRead, CodeRead, ReadingArrived
from edge.domain.given import document_number
from edge.domain.lane_state import MAX_EVIDENCE
from edge.domain.model import (
    Answer,
    Carrier,
    ClockQuality,
    Code,
    CodeVerdict,
    Measurement,
    Outcome,
    Passage,
    Reason,
    Stage,
)
from edge.domain.record import recorded, restored
from edge.domain.statements import ASKED_US
from tests.domain.people import AIR, Walk, at, reading, resident
from tests.domain.test_answering import Asked, resolved


def kinds(walk: Walk) -> list[str]:
    return [record.kind for record in walk.records]


def test_r09_a_resident_with_pass_temperature_and_mask_is_admitted_in_one_record() -> None:
    walk = Walk()
    walk.stand(36.6)
    walk.show(resident())
    walk.give(mask="on")
    assert walk.outcome is Outcome.ADMIT
    assert kinds(walk) == ["passage.decided"]
    assert [(do.device, do.what) for do in walk.dos] == [("barrier", "pulse"), ("voice", "admit")]


def test_r03_a_visitor_without_a_code_passes_by_number_questions_and_register() -> None:
    walk = Walk("r3")
    walk.stand(36.6)
    walk.give(id_number="110101199003070011")
    walk.give(**{"from": "here", "symptoms": "none", "contact": "no", "purpose": "visit"})
    walk.give(name="李晓", phone="13800000000")
    assert walk.outcome is Outcome.ADMIT


def test_r04_nobody_is_admitted_with_one_of_the_four_musts_missing() -> None:
    walk = Walk("r4")
    walk.stand(36.6)
    walk.give(mask="on", name="李晓", phone="13800000000")
    assert walk.is_undecided()
    assert walk.state.active is not None
    assert walk.state.active.decision is not None
    assert walk.state.active.decision.missing == ("identity",)


def test_r04_an_override_names_the_attendant_the_reason_and_what_was_missing() -> None:
    walk = Walk("r4")
    walk.stand(36.6)
    walk.decide(Outcome.ADMIT, "known")
    decision = walk.last.decision
    assert decision is not None
    assert decision.override
    assert (decision.by, decision.chosen) == ("door1", "known")
    assert set(decision.missing) == {"identity", "information", "mask"}
    assert Reason.MUST_MISSING in decision.reasons


def test_a_built_in_reason_stays_open_and_a_free_one_is_sealed() -> None:
    for reason, is_open in (("left", True), ("known", True), ("说是张三的表哥", False)):
        walk = Walk()
        walk.stand(36.6)
        walk.decide(Outcome.ABANDONED, reason)
        body, sealed = recorded(walk.spec.procedure, walk.spec.policy, walk.last)
        assert (body.get("chosen") == reason) is is_open
        assert (sealed.get("chosen") == reason) is not is_open
        assert restored(body, sealed, lane="in", clock="synced").decision == walk.last.decision


def test_r10_no_mask_can_be_reminded_and_put_on() -> None:
    walk = Walk()
    walk.stand(36.6)
    walk.show(resident())
    walk.give(mask="reminded")
    assert walk.is_undecided()
    walk.give(mask="on")
    assert walk.outcome is Outcome.ADMIT
    answers = [piece.item for piece in walk.last.evidence if isinstance(piece.item, Answer)]
    assert [answer.value for answer in answers] == ["reminded", "on"]


def test_a_refused_mask_turns_back() -> None:
    walk = Walk()
    walk.show(resident())
    walk.give(mask="refused")
    assert walk.outcome is Outcome.TURN_BACK
    assert [do.device for do in walk.dos] == ["voice"]


def test_a_first_value_over_the_threshold_holds_and_is_never_called_over() -> None:
    walk = Walk()
    walk.show(resident())
    walk.stand(38.4)
    assert kinds(walk) == ["passage.held"]
    assert walk.state.active is not None
    assert walk.state.active.stage is Stage.HOLD
    assert walk.state.active.decision is not None
    assert walk.state.active.decision.reasons == (Reason.TEMPERATURE_AGAIN,)


def test_nobody_can_be_admitted_by_hand_on_a_first_value_over_the_threshold() -> None:
    walk = Walk()
    walk.stand(38.4)
    with pytest.raises(FormError, match="measure again"):
        walk.decide(Outcome.ADMIT)


def test_measuring_again_at_once_by_the_same_method_confirms_and_clears_nothing() -> None:
    walk = Walk()
    walk.show(resident())
    walk.give(mask="on")
    walk.stand(38.4)
    walk.stand(36.5)
    assert walk.is_undecided()
    walk.stand(38.4)
    assert walk.is_undecided()


def test_a_contact_thermometer_confirms_and_refers() -> None:
    walk = Walk()
    walk.show(resident())
    walk.stand(38.4)
    walk.give(temperature_contact="38.1")
    assert walk.outcome is Outcome.REFER


def test_a_contact_thermometer_clears_a_hot_forehead() -> None:
    walk = Walk()
    walk.show(resident())
    walk.give(mask="on")
    walk.stand(38.4)
    walk.give(temperature_contact="36.8")
    assert walk.outcome is Outcome.ADMIT


def test_a_first_contact_value_over_the_threshold_needs_a_second_as_well() -> None:
    walk = Walk()
    walk.event(Begin("in", None, "b", "door1", at(walk.now)))
    walk.give(temperature_contact="38.1")
    walk.give(temperature_contact="38.2")
    walk.stand(38.3)
    assert walk.is_undecided()
    walk.park()
    walk.wait(61)
    walk.resume(1)
    walk.stand(38.3)
    assert walk.outcome is Outcome.REFER


def test_33_8_degrees_is_not_measured_and_never_normal() -> None:
    walk = Walk()
    walk.show(resident())
    walk.give(mask="on")
    walk.stand(33.8)
    assert walk.is_undecided()
    assert walk.state.active is not None
    assert walk.state.active.decision is not None
    assert walk.state.active.decision.reasons == (Reason.TEMPERATURE_TOO_LOW,)
    walk.stand(36.4)
    assert walk.outcome is Outcome.ADMIT


def test_outside_the_instruments_ambient_range_nothing_is_measured() -> None:
    walk = Walk()
    walk.show(resident())
    walk.give(mask="on")
    walk.stand(36.5, ambient_c=-4.0)
    assert walk.is_undecided()
    walk.give(temperature_contact="36.5")
    assert walk.outcome is Outcome.ADMIT


def test_r100_somebody_sent_to_rest_is_parked_and_comes_back_by_identity() -> None:
    walk = Walk()
    walk.show(resident())
    walk.give(mask="on")
    walk.stand(38.0)
    walk.park("rest")
    assert kinds(walk)[-1] == "passage.parked"
    assert walk.state.active is None
    walk.wait(5)
    walk.show(resident("赵一"))  # the lane is free for others meanwhile
    walk.stand(36.5)
    walk.give(mask="on")
    assert walk.outcome is Outcome.ADMIT
    walk.wait(60)
    walk.stand(36.7)  # stepping up opens a passage that turns out to be theirs
    walk.show(resident())
    assert walk.outcome is Outcome.ADMIT
    seconds = [p.item for p in walk.last.evidence if isinstance(p.item, Measurement)]
    assert [item.after_rest for item in seconds] == [False, True]
    assert walk.state.parked == ()


def test_a_rest_cut_short_confirms_nothing() -> None:
    walk = Walk()
    walk.show(resident())
    walk.give(mask="on")
    walk.stand(38.0)
    walk.park("rest")
    walk.wait(20)
    walk.resume(1)
    walk.stand(36.7)
    assert walk.is_undecided()


def test_the_parked_come_back_by_ticket_also_after_a_restart() -> None:
    walk = Walk()
    walk.show(resident())
    walk.give(mask="on")
    walk.stand(38.0)
    walk.park("rest")
    again = Walk(boot=2)
    again.state = bench.restore([record.passage for record in walk.records[-1:]])
    again.now = 80.0
    again.resume(1)
    again.stand(36.7)
    assert again.outcome is Outcome.ADMIT
    assert again.last.id == walk.records[-1].passage.id


def test_a_hold_survives_a_restart_on_the_bench() -> None:
    walk = Walk()
    walk.show(resident())
    walk.stand(38.0)
    state = bench.restore([walk.records[-1].passage])
    assert [passage.ticket for passage in state.parked] == [1]
    assert state.parked[0].stage is Stage.PARKED


def test_leaving_for_a_restart_parks_whoever_is_in_the_lane() -> None:
    walk = Walk()
    walk.show(resident())
    result = lane.leave(walk.spec, walk.state, at(walk.now))
    assert [record.kind for record in result.records] == ["passage.parked"]
    assert result.state.parked[0].rests[-1].why == Reason.RESTARTED


def test_a_passage_nobody_finishes_ends_as_abandoned() -> None:
    walk = Walk()
    walk.stand(36.6)
    walk.wait(89)
    assert walk.is_undecided()
    walk.wait(5)
    assert walk.outcome is Outcome.ABANDONED
    assert walk.last.decision is not None
    assert walk.last.decision.reasons == (Reason.NOBODY_FINISHED,)


def test_somebody_parked_for_half_a_day_ends_as_abandoned() -> None:
    walk = Walk()
    walk.show(resident())
    walk.park("handed")
    walk.wait(12 * 3600 + 1)
    assert walk.outcome is Outcome.ABANDONED
    assert walk.state.parked == ()


def test_the_same_code_held_up_for_seconds_is_one_scan() -> None:
    walk = Walk()
    for _ in range(40):
        walk.show(resident())
    assert walk.state.active is not None
    assert len(walk.state.active.evidence) == 1


def test_a_code_still_held_up_after_the_verdict_opens_no_passage() -> None:
    walk = Walk()
    walk.stand(36.6)
    walk.show(resident())
    walk.give(mask="on")
    walk.wait(4)
    walk.show(resident())
    assert walk.state.active is None


def test_the_person_still_standing_after_the_verdict_is_not_measured_as_the_next() -> None:
    walk = Walk()
    walk.show(resident())
    walk.give(mask="on")
    for _ in range(50):
        walk.now += 0.1
        walk.event(ReadingArrived("in", "t", AIR if walk.now < 10.5 else reading(36.6), at(walk.now)))
    assert walk.outcome is Outcome.ADMIT
    assert walk.state.active is None


def test_a_second_identity_is_its_own_reason_and_no_silent_swap() -> None:
    walk = Walk()
    walk.show(resident("王小明"))
    walk.show(resident("赵一"))
    assert walk.state.active is not None
    assert walk.state.active.decision is not None
    assert walk.state.active.decision.reasons == (Reason.SECOND_IDENTITY,)
    assert walk.state.active.stage is Stage.HOLD


@pytest.mark.parametrize("verdict", [v for v in CodeVerdict if v is not CodeVerdict.VALID])
def test_a_code_that_is_not_valid_holds_with_its_own_reason(verdict: CodeVerdict) -> None:
    walk = Walk()
    walk.show(resident(verdict=verdict))
    assert walk.state.active is not None
    assert walk.state.active.decision is not None
    assert walk.state.active.decision.reasons == (f"code_{verdict}",)


def test_an_unknown_code_holds_and_is_kept() -> None:
    walk = Walk()
    walk.show(Code(Carrier.UNKNOWN, CodeVerdict.UNVERIFIED, payload=b"<script>\x00"))
    assert walk.state.active is not None
    assert walk.state.active.decision is not None
    assert walk.state.active.decision.reasons == (Reason.CODE_NOT_ACCEPTED,)
    item = walk.state.active.evidence[0].item
    assert isinstance(item, Code)
    assert item.payload == b"<script>\x00"


def test_a_late_tap_does_not_land_on_the_next_person() -> None:
    walk = Walk()
    walk.stand(36.6)
    assert walk.state.active is not None
    first = walk.state.active.id
    walk.decide(Outcome.TURN_BACK)
    walk.stand(36.5)
    with pytest.raises(FormError) as caught:
        walk.decide(Outcome.ADMIT, passage=first)
    assert caught.value.code == "passage_not_open"


def test_a_decision_by_hand_without_a_reason_is_refused() -> None:
    walk = Walk()
    walk.stand(36.6)
    with pytest.raises(FormError) as caught:
        walk.decide(Outcome.ADMIT, "  ")
    assert caught.value.code == "reason_needed"


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"mask": "blue"}, "bad_value"),
        ({"nothing": "x"}, "unknown_question"),
        ({"temperature_contact": "98.6"}, "bad_value"),
        ({"temperature_contact": "368"}, "bad_value"),
        ({"name": "x" * 201}, "bad_value"),
        ({"name": "two\nlines"}, "bad_value"),
        ({"name": "李晓", "mask": "blue"}, "bad_value"),
    ],
)
def test_an_answer_that_fits_nothing_is_refused_whole(answers: dict[str, str], code: str) -> None:
    walk = Walk()
    walk.stand(36.6)
    before = walk.state
    with pytest.raises(FormError) as caught:
        walk.give(**answers)
    assert caught.value.code == code
    assert walk.state == before


def test_a_parked_passage_can_be_ended_from_the_list() -> None:
    walk = Walk()
    walk.show(resident())
    walk.park("handed")
    parked = walk.state.parked[0].id
    walk.decide(Outcome.REFER, "unwell", passage=parked)
    assert walk.outcome is Outcome.REFER
    assert walk.state.parked == ()


def test_a_scanner_gone_mad_cannot_grow_a_passage_without_bound() -> None:
    walk = Walk()
    for n in range(500):
        walk.event(
            CodeRead(
                "in", "c", Code(Carrier.UNKNOWN, CodeVerdict.UNVERIFIED, payload=b"%d" % n), at(walk.now)
            )
        )
    assert walk.state.active is not None
    assert len(walk.state.active.evidence) == lane.MAX_EVIDENCE


def test_passages_of_two_lanes_never_share_a_number() -> None:
    numbers = set()
    for number in range(2):
        walk = Walk()
        walk.spec = replace(walk.spec, number=number, lanes=2)
        for _ in range(5):
            walk.event(Begin("in", None, "b", "door1", at(walk.now)))
            numbers.add(walk.state.active.id if walk.state.active else 0)
            walk.decide(Outcome.TURN_BACK)
    assert len(numbers) == 10


def test_a_code_still_held_up_after_being_sent_to_rest_brings_nobody_back() -> None:
    walk = Walk()
    walk.show(resident())
    walk.stand(38.0)
    walk.park("rest")
    walk.wait(4)
    walk.show(resident())
    assert walk.state.active is None
    assert len(walk.state.parked) == 1


def test_a_measurement_half_taken_when_the_attendant_decides_opens_nothing() -> None:
    walk = Walk()
    walk.show(resident(verdict=CodeVerdict.EXPIRED))
    for _ in range(5):
        walk.now += 0.1
        walk.event(ReadingArrived("in", "t", reading(36.6), at(walk.now)))
    walk.decide(Outcome.ADMIT, "known")
    for _ in range(20):
        walk.now += 0.1
        walk.event(ReadingArrived("in", "t", reading(36.6), at(walk.now)))
    walk.air()
    assert walk.state.active is None
    walk.stand(36.5)
    assert walk.state.active is not None


def test_a_hot_person_back_from_rest_is_confirmed_and_the_hold_they_opened_ends_in_a_record() -> None:
    walk = Walk()
    walk.show(resident())
    walk.stand(38.4)
    walk.park("rest")
    first = walk.state.parked[0].id
    walk.wait(61)
    walk.stand(38.3)  # a passage of its own, held and on disk, until the code says whose it is
    assert walk.state.active is not None
    stepped_up = walk.state.active.id
    assert stepped_up != first
    walk.show(resident())
    assert (walk.last.id, walk.outcome) == (first, Outcome.REFER)
    ended = {r.passage.id: r.passage.decision for r in walk.records if r.kind == "passage.decided"}
    assert set(ended) == {first, stepped_up}
    absorbed = ended[stepped_up]
    assert absorbed is not None
    assert absorbed.outcome is Outcome.ABANDONED
    assert absorbed.reasons == (Reason.TEMPERATURE_AGAIN, Reason.NOBODY_FINISHED)


def test_taking_somebody_back_by_ticket_ends_the_hold_they_opened_in_a_record() -> None:
    walk = Walk()
    walk.stand(38.4)
    walk.park("rest")
    walk.wait(61)
    walk.stand(38.3)
    held = walk.records[-1].passage.id
    walk.resume(1)
    assert walk.outcome is Outcome.REFER
    assert held in {r.passage.id for r in walk.records if r.kind == "passage.decided"}


def test_a_person_sent_to_rest_cannot_start_afresh_by_showing_the_code_last() -> None:
    walk = Walk()
    walk.show(resident())
    walk.stand(38.4)
    walk.park("rest")
    walk.wait(20)  # not rested yet
    walk.stand(36.5)
    walk.give(mask="on")
    walk.show(resident())
    assert walk.is_undecided()
    assert walk.state.active is not None
    assert walk.state.active.decision is not None
    assert walk.state.active.decision.reasons == (Reason.TEMPERATURE_AGAIN,)
    assert walk.state.parked == ()


def test_the_code_of_whoever_has_just_passed_does_not_name_the_next_person() -> None:
    walk = Walk()
    walk.stand(36.6)
    walk.show(resident("王小明"))
    walk.give(mask="on")
    walk.wait(3)
    walk.stand(36.5)  # the next person, while the first still holds the phone up
    walk.show(resident("王小明"))
    assert walk.state.active is not None
    assert not any(isinstance(piece.item, Code) for piece in walk.state.active.evidence)
    walk.show(resident("赵一"))
    walk.give(mask="on")
    assert walk.outcome is Outcome.ADMIT
    assert [p.item.holder for p in walk.last.evidence if isinstance(p.item, Code)] == ["pass:赵一"]


def test_a_rest_before_the_first_value_over_the_threshold_confirms_nothing() -> None:
    walk = Walk()
    walk.show(resident())
    walk.give(mask="on")
    walk.stand(33.8)  # came in from the cold
    walk.park("rest")
    walk.wait(61)
    walk.resume(1)
    walk.stand(38.4)
    walk.stand(36.5)
    assert walk.is_undecided()
    walk.stand(38.4)
    assert walk.is_undecided()
    walk.park("rest")
    walk.wait(61)
    walk.resume(1)
    walk.stand(36.6)
    assert walk.outcome is Outcome.ADMIT


def test_a_rest_before_the_first_value_confirms_nothing_of_what_was_measured_before_the_code() -> None:
    walk = Walk()
    walk.show(resident())
    walk.give(mask="on")
    walk.stand(33.8)
    walk.park("rest")
    walk.wait(61)
    walk.stand(38.4)
    walk.stand(36.5)
    walk.show(resident())
    assert [r.kind for r in walk.records if r.passage.evidence and r.kind == "passage.decided"]
    assert walk.state.active is not None
    assert walk.state.active.decision is not None
    assert walk.state.active.decision.reasons == (Reason.TEMPERATURE_AGAIN,)


@pytest.mark.parametrize(("second", "outcome"), [("38.2", Outcome.REFER), ("36.6", Outcome.ADMIT)])
def test_a_contact_thermometer_after_a_rest_confirms_a_contact_thermometer(
    second: str, outcome: Outcome
) -> None:
    walk = Walk()
    walk.show(resident())
    walk.give(mask="on")
    walk.give(temperature_contact="38.1")
    walk.park("rest")
    walk.wait(61)
    walk.resume(1)
    walk.give(temperature_contact=second)
    assert walk.outcome is outcome


def test_a_passage_begun_by_hand_and_left_names_what_was_missing() -> None:
    walk = Walk("r4")
    walk.event(Begin("in", None, "b", "door1", at(walk.now)))
    walk.wait(91)
    assert walk.outcome is Outcome.ABANDONED
    assert walk.last.decision is not None
    assert walk.last.decision.missing == ("identity", "information", "temperature", "mask")


def test_two_who_waited_under_one_number_get_two_after_a_restart() -> None:
    first, second = Walk(), Walk(boot=2)
    for walk in (first, second):
        walk.stand(38.0)
        walk.park("rest")
    state = bench.restore([first.state.parked[0], second.state.parked[0]])
    assert [passage.ticket for passage in state.parked] == [1, 2]


def test_a_passage_comes_back_with_its_own_clock_not_with_the_rows() -> None:
    walk = Walk()
    walk.event(Begin("in", None, "b", "door1", at(walk.now, ClockQuality.UNSET)))
    assert walk.state.active is not None
    body, sealed = recorded(walk.spec.procedure, walk.spec.policy, walk.state.active)
    back = restored(body, sealed, lane="in", clock="synced")
    assert back.touched == walk.state.active.touched


def test_an_identity_card_answers_what_the_procedure_asks_and_nothing_more() -> None:
    walk = Walk()
    fields = (("name", "李四"), ("id_number", "110101199001010015"), ("address", "幸福路 1 号"))
    walk.event(CardRead("in", "scanner2", fields, at(walk.now)))
    assert walk.state.active is not None
    answers = [p.item for p in walk.state.active.evidence if isinstance(p.item, Answer)]
    assert [(a.question, a.value, a.personal) for a in answers] == [
        ("name", "李四", True),
        ("id_number", "110101199001010015", True),
    ]
    walk.event(CardRead("in", "scanner2", fields, at(walk.now + 5)))  # laid down once more
    assert walk.state.active is not None
    assert len(walk.state.active.evidence) == 2


def test_a_card_that_could_not_be_read_opens_nothing() -> None:
    walk = Walk()
    walk.event(CardRead("in", "scanner2", (), at(walk.now)))
    assert walk.state.active is None


def test_a_value_confirmed_over_the_threshold_is_said_as_an_alarm() -> None:
    walk = Walk()
    walk.stand(38.4)
    assert [do.what for do in walk.dos if do.device == "voice"] == ["again"]
    walk.give(temperature_contact="38.5")
    said = [do.what for do in walk.dos if do.device == "voice"]
    assert said == ["again", "alarm", "refer"]


def test_nobody_passes_on_the_temperature_of_somebody_who_walked_off() -> None:
    walk = Walk()
    walk.stand(36.6)
    for _ in range(5):  # somebody else steps up and holds up a code before being measured
        walk.now += 0.1
        walk.event(ReadingArrived("in", "t", reading(38.4), at(walk.now)))
    walk.show(resident())
    walk.give(mask="on")
    assert walk.state.active is not None
    assert [record.passage.decision.outcome for record in walk.records if record.passage.decision] == [
        Outcome.ABANDONED
    ]
    walk.stand(38.4)
    assert walk.state.active is not None
    assert walk.state.active.decision is not None
    assert Reason.TEMPERATURE_AGAIN in walk.state.active.decision.reasons


def test_a_card_laid_down_by_the_next_person_finds_no_temperature_either() -> None:
    walk = Walk()
    walk.stand(36.6)
    first = walk.state.active
    walk.now += 45
    walk.event(CardRead("in", "cards", (("name", "李晓"),), at(walk.now)))
    assert first is not None
    assert walk.last.id == first.id
    assert walk.last.decision is not None
    assert walk.last.decision.outcome is Outcome.ABANDONED
    assert walk.state.active is not None
    assert walk.state.active.id != first.id
    assert not any(isinstance(piece.item, Measurement) for piece in walk.state.active.evidence)


@pytest.mark.parametrize("seconds", [0.0, 3.0, 25.0])
def test_stepping_back_to_find_the_phone_keeps_the_temperature(seconds: float) -> None:
    walk = Walk()
    walk.stand(36.6)
    walk.air(seconds)
    walk.show(resident())
    walk.give(mask="on")
    assert walk.outcome is Outcome.ADMIT
    assert kinds(walk) == ["passage.decided"]


def test_half_a_minute_before_an_empty_sensor_a_code_is_not_believed_to_be_theirs() -> None:
    walk = Walk()
    walk.stand(36.6)
    walk.air(31.0)
    walk.show(resident())
    walk.give(mask="on")
    assert walk.state.active is not None
    walk.stand(36.7)
    assert walk.outcome is Outcome.ADMIT
    outcomes = [record.passage.decision.outcome for record in walk.records if record.passage.decision]
    assert outcomes == [Outcome.ABANDONED, Outcome.ADMIT]


def test_a_first_value_over_the_threshold_is_left_to_nobody_by_stepping_away() -> None:
    walk = Walk()
    walk.stand(38.4)
    walk.air(40.0)
    walk.show(resident())
    walk.give(mask="on")
    assert walk.state.active is not None
    assert walk.state.active.decision is not None
    assert Reason.TEMPERATURE_AGAIN in walk.state.active.decision.reasons


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("110101199003070011", "110101199003070011"),
        (" 51000019900101123x ", "51000019900101123X"),
        ("E12345678", "E12345678"),
        ("1101 0119 9003 0700 11", "110101199003070011"),
    ],
)
def test_a_document_number_that_fits_is_kept(number: str, kept: str) -> None:
    assert document_number(number) == kept


@pytest.mark.parametrize(
    "number",
    [
        "110101199003070012",  # the check digit
        "110101199013070011",  # the month
        "11010119900307001",  # 17 places
        "110101900307001",  # an old one of 15 places
        "010101199003070011",  # no such region
        "1234",
        "",
        "11010119900307001１",  # a wide digit
        "李四",
    ],
)
def test_a_mistyped_document_number_is_refused(number: str) -> None:
    with pytest.raises(FormError) as refused:
        document_number(number)
    assert refused.value.code == "bad_id_number"


@given(st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_of_an_id_number_never_passes(place: int, shift: int) -> None:
    number = "110101199003070011"
    wrong = str((int(number[place]) + shift) % 10)
    with pytest.raises(FormError):
        document_number(number[:place] + wrong + number[place + 1 :])


def test_somebody_from_the_bench_does_not_take_over_what_the_next_person_has_said() -> None:
    walk = Walk()
    walk.stand(38.4)
    walk.show(resident("王小明"))
    walk.park()
    walk.air(15.0)
    walk.stand(36.5)
    walk.give(name="李晓", phone="13800000000", room="3-502")
    mine = walk.state.active
    walk.show(resident("王小明"))
    assert walk.state.active is not None
    assert mine is not None
    assert walk.state.active.id == mine.id
    assert walk.state.notice is not None
    assert walk.state.notice[0] == "code_parked"
    assert [len(passage.evidence) for passage in walk.state.parked] == [2]


def rested(walk: Walk) -> Passage:
    """Somebody over the threshold, who has rested long enough by now."""
    walk.stand(38.4)
    walk.show(resident("王小明"))
    walk.give(mask="on")
    walk.park()
    walk.wait(61)
    return walk.state.parked[0]


@pytest.mark.parametrize("by_ticket", [False, True])
def test_somebody_back_from_the_bench_is_not_cleared_by_whoever_was_measured_and_left(
    by_ticket: bool,
) -> None:
    walk = Walk()
    mine = rested(walk)
    walk.stand(36.5)  # the next one, who walks off
    walk.air(31.0)
    if by_ticket:
        walk.resume(1)
    else:
        walk.show(resident("王小明"))
    assert walk.state.active is not None
    assert walk.state.active.id == mine.id
    assert [p.item.body_mdegc for p in walk.state.active.evidence if isinstance(p.item, Measurement)] == [
        38_400
    ]
    assert [r.passage.id != mine.id for r in walk.records if r.kind == "passage.decided"] == [True]


def test_somebody_back_from_the_bench_is_not_referred_for_the_heat_of_whoever_left() -> None:
    walk = Walk()
    rested(walk)
    walk.stand(38.6)
    hot = walk.state.active
    walk.air(31.0)
    walk.show(resident("王小明"))
    assert walk.is_undecided()
    assert walk.state.active is not None
    assert hot is not None
    assert walk.state.active.id == hot.id
    assert walk.state.notice is not None
    assert walk.state.notice[0] == "code_parked"


def test_a_contact_value_typed_for_the_next_person_clears_nobody_from_the_bench() -> None:
    walk = Walk()
    rested(walk)
    walk.begin()
    walk.give(temperature_contact="36.5")
    walk.show(resident("王小明"))
    assert len(walk.state.parked) == 1
    assert walk.state.notice is not None
    assert walk.state.notice[0] == "code_parked"
    walk.resume(1)  # whoever calls somebody from the list sees who stands there
    assert walk.outcome is Outcome.ADMIT


LONGEST_S = ASKED_US / 1_000_000


def standing(walk: Walk) -> Passage:
    assert walk.state.active is not None
    return walk.state.active


def hints(walk: Walk) -> tuple[str, ...]:
    decision = standing(walk).decision
    assert decision is not None
    return decision.reasons


def test_an_answer_that_was_lost_ends_the_waiting_without_anything_else_happening() -> None:
    walk = Asked()
    walk.stand(36.6)
    walk.hold_up()
    walk.wait(LONGEST_S - 1)
    assert hints(walk) == (Reason.CODE_ASKING,)
    walk.wait(2)
    assert hints(walk) == ("code_unverified",)
    assert standing(walk).stage is Stage.HOLD
    assert [do.what for do in walk.dos] == ["wait"]
    pieces, rows = len(standing(walk).evidence), kinds(walk)
    walk.wait(2)
    assert (len(standing(walk).evidence), kinds(walk)) == (pieces, rows) == (3, ["passage.held"])
    last = standing(walk).evidence[-1]
    assert isinstance(last.item, Code)
    assert (last.source, last.item.reason, last.item.verdict) == (
        "camera",
        "platform_silent",
        CodeVerdict.UNVERIFIED,
    )
    walk.give(phone_shows="green", mask="on", name="李晓", phone="13800000000", room="3-502")
    assert walk.outcome is Outcome.ADMIT


def test_an_answer_that_comes_after_it_was_given_up_still_counts() -> None:
    walk = Asked()
    walk.hold_up()
    walk.wait(LONGEST_S + 1)
    walk.answer(colour="red")
    assert hints(walk) == ("code_not_accepted:health_red",)


def test_each_lost_answer_is_given_up_by_itself_also_behind_a_code_that_is_good() -> None:
    walk = Asked()
    walk.hold_up("k1")
    walk.wait(5)
    walk.hold_up("k2")
    walk.show(replace(resolved("k3", "green"), carrier=Carrier.CHINA_ITINERARY))
    walk.wait(LONGEST_S - 4)
    assert [p.item.reason for p in standing(walk).evidence if isinstance(p.item, Code)][3:] == [
        "platform_silent"
    ]
    walk.wait(5)
    given_up = [
        p.item.personal["code_digest"] for p in standing(walk).evidence[3:] if isinstance(p.item, Code)
    ]
    assert given_up == ["k1", "k2"]


def test_somebody_called_back_after_a_restart_of_the_machine_is_not_asked_for_until_they_leave() -> None:
    walk = Asked()
    walk.hold_up()
    walk.park("other")
    (waiting,) = walk.state.parked
    walk = Asked(boot=2)
    walk.state = replace(walk.state, parked=(waiting,))
    walk.now = 500.0
    assert waiting.ticket is not None
    walk.resume(waiting.ticket)
    walk.wait(1)
    assert hints(walk) == ("code_unverified",)


def test_a_full_passage_is_not_told_at_every_tick() -> None:
    walk = Asked()
    for n in range(MAX_EVIDENCE):
        walk.hold_up(f"k{n}")
    walk.wait(LONGEST_S + 1)
    assert len(standing(walk).evidence) <= MAX_ANSWERED
    full = standing(walk)
    walk.wait(1)
    assert standing(walk) == full
    assert walk.state.notice is None
