"""R4 over every procedure that ships, whatever happens in whatever order: nobody is admitted with a must
missing, other than by somebody's name and reason."""

import contextlib
import json
from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edge import acceptance, procedures
from edge.domain import rules
from edge.domain.circumstances import circumstances
from edge.domain.conditions import Calendar
from edge.domain.errors import FormError
from edge.domain.facts import Fact
from edge.domain.model import Carrier, Code, CodeVerdict, Outcome, Passage, Reason
from edge.domain.plan import Question
from edge.domain.procedure import StepState, statuses
from edge.domain.record import recorded, restored
from edge.domain.screening import find
from edge.wire import canonical
from tests.domain.people import POLICY, Walk, resident

SHIPPED = procedures.names([procedures.SHIPPED])
GREEN = acceptance.parse("green_only", (acceptance.SHIPPED / "green_only.toml").read_text("utf-8"))
TYPED = {"number": "2", "id_number": "110101199003070011", "date": "2022-03-05", "time": "07:30"}
TYPED["tick"] = "yes"
MEANINGS = st.dictionaries(st.integers(0, 5), st.sampled_from(["hold", "turn_back", "refer"]), max_size=3)
NAMES = ("王小明", "赵一")


def shown(carrier: Carrier, fact: Fact, colour: str, name: str, number: int) -> Code:
    return Code(
        carrier,
        CodeVerdict.VALID,
        subject={fact.value: colour},
        personal={"name": name, "code_digest": f"{carrier}{number}"},
        holder=f"id:{name}",
    )


class ProcedureMachine(RuleBasedStateMachine):
    """A gate whose manager has chosen one of the procedures, on a bad day."""

    def __init__(self) -> None:
        super().__init__()
        self.walk = Walk()
        self.checked = 0
        self.shows = 0

    @initialize(
        name=st.sampled_from(SHIPPED),
        direction=st.sampled_from(["in", "out"]),
        meanings=MEANINGS,
        flags=st.tuples(st.booleans(), st.booleans()),
    )
    def is_set_up(
        self, name: str, direction: str, meanings: dict[int, str], flags: tuple[bool, bool]
    ) -> None:
        switch, accepts = flags
        text = (procedures.SHIPPED / f"{name}.toml").read_text("utf-8")
        if switch:
            text = text.replace("no_code_no_passage = false", "no_code_no_passage = true")
        found = procedures.parse(name, text)
        steps = tuple(replace(s, unfinished=meanings.get(n, "")) for n, s in enumerate(found.steps))
        found = replace(found, steps=steps)
        if accepts:
            found = procedures.accepting(found, GREEN)
        calendar = Calendar(3600 * 8)
        self.walk.spec = replace(self.walk.spec, procedure=found, direction=direction, calendar=calendar)

    @rule(body=st.sampled_from([36.6, 38.4, None]), seconds=st.sampled_from([0.5, 1.5]))
    def stands(self, body: float | None, seconds: float) -> None:
        self.walk.stand(body, seconds)

    @rule(name=st.sampled_from(NAMES), verdict=st.sampled_from([CodeVerdict.VALID, CodeVerdict.EXPIRED]))
    def shows_a_pass(self, name: str, verdict: CodeVerdict) -> None:
        self.walk.show(resident(name, verdict))

    @rule(
        itinerary=st.booleans(),
        colour=st.sampled_from(["green", "green", "green", "yellow", "red"]),
        name=st.sampled_from(NAMES),
    )
    def shows_a_code(self, itinerary: bool, colour: str, name: str) -> None:
        self.shows += 1
        carrier = Carrier.CHINA_ITINERARY if itinerary else Carrier.CHINA_HEALTH
        self.walk.show(shown(carrier, Fact.ITINERARY if itinerary else Fact.COLOUR, colour, name, self.shows))

    @rule(data=st.data(), good=st.booleans())
    def is_asked(self, data: st.DataObject, good: bool) -> None:
        questions = [q for s in self.walk.spec.procedure.steps for q in (*s.questions, *s.instead)]
        question = data.draw(st.sampled_from(questions))
        self._try(self.walk.give, **{question.id: self._value(data, question, good)})

    @rule(left_out=st.integers(-6, 6), measured=st.booleans())
    def does_all_but_one_thing(self, left_out: int, measured: bool) -> None:
        self._try(self.walk.begin)
        if measured:
            self._try(self.walk.give, temperature_contact="36.6")
        # Twice: an answer may make another step needed.
        for status in (*self._open(), *self._open()):
            if self.walk.spec.procedure.steps.index(status.step) == left_out:
                continue
            for question in status.wants:
                value = question.choices[0].value if question.choices else TYPED.get(question.kind, "无")
                self._try(self.walk.give, **{question.id: value})

    @rule(value=st.sampled_from(["36.6", "38.6"]))
    def is_measured_by_hand(self, value: str) -> None:
        self._try(self.walk.give, temperature_contact=value)

    @rule(outcome=st.sampled_from(Outcome), reason=st.sampled_from(["known", "", "雨太大"]))
    def is_decided(self, outcome: Outcome, reason: str) -> None:
        self._try(self.walk.decide, outcome, reason)

    @rule(why=st.sampled_from(["rest", "other"]))
    def is_parked(self, why: str) -> None:
        self._try(self.walk.park, why)

    @rule(ticket=st.integers(1, 2))
    def comes_back(self, ticket: int) -> None:
        self._try(self.walk.resume, ticket)

    @rule()
    def begins_by_hand(self) -> None:
        self._try(self.walk.begin)

    @rule(seconds=st.sampled_from([1, 61, 100]))
    def time_passes(self, seconds: int) -> None:
        self.walk.wait(seconds)

    @invariant()
    def nobody_is_admitted_with_a_must_missing(self) -> None:
        for record in self.walk.records[self.checked :]:
            if record.kind == "passage.decided":
                self._is_lawful(record.passage)
        self.checked = len(self.walk.records)

    def _is_lawful(self, passage: Passage) -> None:
        procedure, decision = self.walk.spec.procedure, passage.decision
        assert decision is not None
        body, sealed = recorded(procedure, POLICY, passage)
        back = restored(json.loads(canonical(body)), sealed, lane="in", clock="synced")
        assert back == passage
        if decision.by is None:
            judge = rules.left if Reason.NOBODY_FINISHED in decision.reasons else rules.decide
            assert judge(procedure, POLICY, back.evidence, circumstances(back)) == decision
        if decision.outcome is not Outcome.ADMIT:
            return
        missing = [name for name, met in body["musts_met"].items() if not met]
        if decision.by is None:
            assert missing == []
            assert all(body["musts"].values())
            assert decision.missing == ()
            assert any(s.state is StepState.DONE for s in self._statuses(back))
        else:
            assert decision.by
            assert decision.chosen
            assert decision.override or missing == []
            codes = [s for s in self._statuses(back) if set(s.step.carriers) & {Carrier.CHINA_HEALTH}]
            if procedure.no_code_no_passage:
                assert all(s.state is StepState.DONE for s in codes)

    def _statuses(self, passage: Passage) -> tuple[Any, ...]:
        verdict = find(passage.evidence, POLICY).verdict
        return statuses(self.walk.spec.procedure, passage.evidence, verdict, circumstances(passage))

    def _open(self) -> tuple[Any, ...]:
        return () if self.walk.state.active is None else self._statuses(self.walk.state.active)

    def _try(self, call: Any, *args: Any, **kwargs: Any) -> None:
        with contextlib.suppress(FormError):
            call(*args, **kwargs)

    @staticmethod
    def _value(data: st.DataObject, question: Question, good: bool) -> str:
        if question.choices:
            first = question.choices[0].value
            return first if good else data.draw(st.sampled_from([c.value for c in question.choices]))
        return TYPED.get(question.kind, "无") if good else data.draw(st.sampled_from(["", "x", "无"]))


ProcedureMachine.TestCase.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
TestProcedures = ProcedureMachine.TestCase
