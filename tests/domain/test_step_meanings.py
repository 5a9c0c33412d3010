"""What a step means that is left, failed, optional or for somebody else, and what a procedure may end in."""

from dataclasses import replace

import pytest

from edge import procedures
from edge.domain import rules
from edge.domain.circumstances import circumstances
from edge.domain.conditions import Calendar
from edge.domain.errors import FormError
from edge.domain.lane_state import Do
from edge.domain.model import ClockQuality, CodeVerdict, Instant, Outcome, Passage, Reason, Stage
from edge.domain.passing import opened
from edge.domain.procedure import Procedure
from edge.domain.record import recorded, restored
from tests.domain.people import POLICY, Walk, resident, spec

T = '{ zh_Hans = "步骤", en = "Step" }'
REASON = f'[[reason]]\nvalue = "known"\ntitle = {T}\n'
MASK = (
    f'[[step.question]]\nid = "mask"\ntitle = {T}\nchoices = [{{ value = "on", title = {T} }}, '
    f'{{ value = "odd", title = {T}, effect = "hold" }}]\n'
)
TEMPERATURE = f'[[step]]\nid = "t"\nkind = "temperature"\nmust = "temperature"\ntitle = {T}\n'


def made(*steps: str, head: str = "") -> Procedure:
    return procedures.parse("made", f"{head}title = {T}\nordered = false\n{''.join(steps)}{REASON}")


def a_step(name: str, kind: str = "tick", more: str = "") -> str:
    return f'[[step]]\nid = "{name}"\nkind = "{kind}"\ntitle = {T}\n{more}'


class Made(Walk):
    """A lane with a procedure of the test's own."""

    def __init__(self, procedure: Procedure) -> None:
        super().__init__()
        self.spec = replace(self.spec, procedure=procedure)

    def told(self) -> list[Do]:
        return [do for do in self.dos if do.what == "say"]


def again(walk: Made, passage: Passage) -> Passage:
    """Return the passage as its row gives it back, after the row's decision was made again from it."""
    body, sealed = recorded(walk.spec.procedure, POLICY, passage)
    back = restored(body, sealed, lane="in", clock="synced")
    assert back.decision is not None
    if Reason.NOBODY_FINISHED in back.decision.reasons:
        made_again = rules.left(walk.spec.procedure, POLICY, back.evidence, circumstances(back))
        assert made_again == back.decision
    return back


def test_a_tick_is_answered_once_and_counts_as_an_answer() -> None:
    walk = Made(made(TEMPERATURE, a_step("leaflet")))
    walk.stand(36.6)
    assert walk.is_undecided()
    with pytest.raises(FormError, match="ticked"):
        walk.give(leaflet="no")
    walk.give(leaflet="yes")
    assert walk.outcome is Outcome.ADMIT


def test_what_is_not_required_is_asked_and_keeps_nobody() -> None:
    odd = a_step("extra", "question", "required = false\n" + MASK)
    walk = Made(made(TEMPERATURE, odd))
    walk.begin()
    walk.stand(36.6)
    assert walk.outcome is Outcome.ADMIT
    walk = Made(made(odd, TEMPERATURE))
    walk.begin()
    walk.give(mask="odd")
    walk.stand(36.6)
    assert walk.is_undecided(), "an answer that holds holds, whoever need not have given it"


def test_where_no_step_is_for_somebody_nobody_is_let_in_by_that() -> None:
    walk = Made(made(a_step("a", more='when = { category = ["resident"] }\n')))
    walk.stand(36.6)
    assert walk.is_undecided()
    assert walk.state.active is not None
    assert walk.state.active.decision is not None
    assert walk.state.active.decision.reasons == (Reason.NO_STEP,)
    walk.show(resident())
    walk.give(a="yes")
    assert walk.outcome is Outcome.ADMIT


def test_a_failed_step_means_what_its_file_says_once_nothing_can_complete_it() -> None:
    code = 'must = "identity"\ncarriers = ["gatepost_pass"]\nfailed = "turn_back"\n'
    walk = Made(made(a_step("code", "code", code)))
    walk.show(resident(verdict=CodeVerdict.EXPIRED))
    assert walk.outcome is Outcome.TURN_BACK
    number = f'[[step.instead]]\nid = "id_number"\nkind = "id_number"\npersonal = true\ntitle = {T}\n'
    walk = Made(made(a_step("code", "code", code + number)))
    walk.show(resident(verdict=CodeVerdict.EXPIRED))
    assert walk.is_undecided(), "a lawful way is still open"
    walk.give(id_number="110101199003070011")
    assert walk.outcome is Outcome.ADMIT


@pytest.mark.parametrize(
    ("meaning", "outcome"),
    [("", Outcome.ABANDONED), ("turn_back", Outcome.TURN_BACK), ("refer", Outcome.REFER)],
)
def test_who_goes_away_without_a_step_ends_as_its_file_says(meaning: str, outcome: Outcome) -> None:
    more = f'unfinished = "{meaning}"\n' if meaning else ""
    walk = Made(made(TEMPERATURE, a_step("leaflet", more=more)))
    walk.stand(36.6)
    walk.wait(100)
    assert walk.outcome is outcome
    assert again(walk, walk.last) == walk.last
    reasons = walk.last.decision.reasons if walk.last.decision else ()
    assert (f"{Reason.UNFINISHED}:leaflet" in reasons) is bool(meaning)
    assert reasons[-1] == Reason.NOBODY_FINISHED


def test_who_goes_away_without_a_step_that_holds_waits_on_the_bench_for_the_attendant() -> None:
    walk = Made(made(TEMPERATURE, a_step("leaflet", more='unfinished = "hold"\n')))
    walk.stand(36.6)
    walk.wait(100)
    assert walk.is_undecided()
    [parked] = walk.state.parked
    assert (parked.stage, parked.rests[-1].why) == (Stage.PARKED, Reason.UNFINISHED)
    assert parked.ticket is not None
    walk.resume(parked.ticket)
    walk.give(leaflet="yes")
    assert walk.outcome is Outcome.ADMIT


def test_a_procedure_ends_in_its_outcomes_only() -> None:
    text = f'outcomes = ["admit", "refer"]\ntitle = {T}\n{TEMPERATURE}{REASON}'
    walk = Made(procedures.parse("made", text))
    walk.begin()
    with pytest.raises(FormError) as refused:
        walk.decide(Outcome.TURN_BACK)
    assert (refused.value.code, refused.value.status) == ("outcome_not_offered", 409)
    walk.decide(Outcome.ABANDONED, "left")
    assert walk.outcome is Outcome.ABANDONED


def test_r16_with_the_switch_on_only_a_code_or_the_way_without_a_phone_opens() -> None:
    text = (procedures.SHIPPED / "compound.toml").read_text("utf-8")
    switched = procedures.parse(
        "compound", text.replace("no_code_no_passage = false", "no_code_no_passage = true")
    )
    for procedure, refused in ((switched, True), (procedures.parse("compound", text), False)):
        walk = Made(procedure)
        walk.stand(36.6)
        walk.give(mask="on", name="李晓", phone="无", room="3-502")
        if refused:
            with pytest.raises(FormError, match="way without") as caught:
                walk.decide(Outcome.ADMIT, "known")
            assert (caught.value.code, caught.value.status) == ("code_needed", 409)
            walk.give(helper="赵一")
        else:
            walk.decide(Outcome.ADMIT, "known")
        assert walk.outcome is Outcome.ADMIT
        assert walk.last.decision is not None
        assert walk.last.decision.override is not refused


def test_the_minute_is_of_the_gates_wall_and_none_on_a_clock_nobody_believes() -> None:
    night = a_step("night", more='when = { hours = ["22:00-06:00"] }\n')
    walk = Made(made(TEMPERATURE, night))
    walk.stand(36.6)
    assert walk.is_undecided(), "nobody said where the gate stands, so the step is asked"
    assert walk.state.active is not None
    assert walk.state.active.minute is None
    walk = Made(made(TEMPERATURE, night))
    noon = Calendar((12 * 3600 - 1_580_000_000) % 86_400)
    walk.spec = replace(walk.spec, calendar=noon)
    walk.stand(36.6)
    assert walk.outcome is Outcome.ADMIT
    assert walk.last.minute == 720
    assert again(walk, walk.last).minute == 720
    unset = Instant(0, 0, ClockQuality.UNSET)
    active = opened(walk.spec, walk.state, unset).active
    assert active is not None
    assert active.minute is None


def test_the_next_step_says_its_sentence_once() -> None:
    say = 'say = { zh_Hans = "请打勾。", en = "Tick." }\n'
    walk = Made(made(TEMPERATURE, a_step("a", more=say), a_step("b", more=say)))
    walk.begin()
    assert walk.told() == []
    walk.stand(36.6)
    assert [do.values for do in walk.told()] == [(("en", "Tick."), ("zh_Hans", "请打勾。"))]
    walk.give(a="yes")
    assert len(walk.told()) == 2
    assert {do.passage for do in walk.told()} == {0}


def over(first: float, second: float) -> Passage:
    walk = Walk("r4")
    walk.stand(first)
    walk.give(name="李晓", phone="无", mask="on", id_number="110101199003070011")
    walk.give(temperature_contact=str(second))
    return walk.last


def test_r04_who_was_measured_and_is_over_counts_as_measured() -> None:
    passage = over(38.4, 38.2)
    assert passage.decision is not None
    assert passage.decision.outcome is Outcome.REFER
    body, _sealed = recorded(spec("r4").procedure, POLICY, passage)
    assert body["musts"]["temperature"] is False
    assert body["musts_met"] == {"identity": True, "information": True, "temperature": True, "mask": True}


def test_r04_what_could_not_be_measured_is_not_met() -> None:
    walk = Walk("r4")
    walk.stand(None, surface_c=30.0)
    if walk.state.active is None:
        walk.begin()
    walk.decide(Outcome.TURN_BACK, "unwell")
    body, _sealed = recorded(walk.spec.procedure, POLICY, walk.last)
    assert body["musts_met"]["temperature"] is False
