"""Any order of events whatsoever: what may never happen, and what a record must bring back."""

import json

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge.domain import rules
from edge.domain.errors import FormError
from edge.domain.model import Carrier, Code, CodeVerdict, Outcome, Passage, ScreeningVerdict, Stage
from edge.domain.procedure import StepState, statuses
from edge.domain.record import recorded, restored
from edge.domain.screening import find
from edge.wire import canonical
from tests.domain.people import Walk, resident

NAMES = st.sampled_from(["王小明", "赵一", "李晓"])


class LaneMachine(RuleBasedStateMachine):
    """A gate on a bad day."""

    def __init__(self) -> None:
        super().__init__()
        self.walk = Walk("r4")
        self.checked = 0

    def _try(self, call: object, *args: object, **kwargs: object) -> None:
        before = self.walk.state
        try:
            call(*args, **kwargs)  # type: ignore[operator]
        except FormError:
            assert self.walk.state == before

    @rule(body=st.one_of(st.none(), st.floats(30.0, 43.0)), seconds=st.sampled_from([0.2, 0.5, 1.5]))
    def stands(self, body: float | None, seconds: float) -> None:
        self.walk.stand(round(body, 2) if body is not None else None, seconds)

    @rule(name=NAMES, verdict=st.sampled_from(CodeVerdict))
    def shows_a_pass(self, name: str, verdict: CodeVerdict) -> None:
        self.walk.show(resident(name, verdict))

    @rule(payload=st.binary(max_size=12))
    def shows_anything(self, payload: bytes) -> None:
        self.walk.show(Code(Carrier.UNKNOWN, CodeVerdict.UNVERIFIED, payload=payload))

    @rule(
        answers=st.dictionaries(
            st.sampled_from(["mask", "name", "phone", "id_number", "temperature_contact", "nonsense"]),
            st.sampled_from(["on", "reminded", "refused", "36.6", "38.4", "33.0", "李晓", ""]),
            max_size=3,
        )
    )
    def is_asked(self, answers: dict[str, str]) -> None:
        self._try(self.walk.give, **answers)

    @rule(outcome=st.sampled_from(Outcome), reason=st.sampled_from(["known", "", "雨太大"]))
    def is_decided(self, outcome: Outcome, reason: str) -> None:
        self._try(self.walk.decide, outcome, reason)

    @rule(why=st.sampled_from(["rest", "handed", "nonsense"]))
    def is_parked(self, why: str) -> None:
        self._try(self.walk.park, why)

    @rule()
    def begins_by_hand(self) -> None:
        self._try(self.walk.begin)

    @rule(ticket=st.integers(1, 3))
    def comes_back(self, ticket: int) -> None:
        self._try(self.walk.resume, ticket)

    @rule(seconds=st.sampled_from([1, 30, 61, 95, 50_000]))
    def time_passes(self, seconds: int) -> None:
        self.walk.wait(seconds)

    @invariant()
    def every_record_is_lawful_and_comes_back_whole(self) -> None:
        for record in self.walk.records[self.checked :]:
            self._lawful(record.passage)
            self._comes_back(record.passage)
        self.checked = len(self.walk.records)

    @invariant()
    def whoever_was_written_down_is_somewhere_or_has_ended(self) -> None:
        state = self.walk.state
        here = {p.id for p in (*state.parked, *((state.active,) if state.active else ()))}
        ended = {r.passage.id for r in self.walk.records if r.kind == "passage.decided"}
        assert {r.passage.id for r in self.walk.records} <= here | ended

    @invariant()
    def a_passage_is_in_one_place_and_ends_once(self) -> None:
        state = self.walk.state
        places = [p.id for p in state.parked] + ([state.active.id] if state.active else [])
        assert len(places) == len(set(places))
        tickets = [p.ticket for p in state.parked]
        assert len(tickets) == len(set(tickets))
        ended = [r.passage.id for r in self.walk.records if r.kind == "passage.decided"]
        assert len(ended) == len(set(ended))
        assert not set(ended) & set(places)

    def _lawful(self, passage: Passage) -> None:
        decision = passage.decision
        if passage.stage is not Stage.ENDED or decision is None or decision.outcome is not Outcome.ADMIT:
            return
        finding = find(passage.evidence, self.walk.spec.policy)
        assert finding.verdict not in (ScreeningVerdict.AGAIN, ScreeningVerdict.OVER)
        if decision.by is None:
            steps = statuses(self.walk.spec.procedure, passage.evidence, finding.verdict)
            assert all(status.state is StepState.DONE for status in steps)
            assert finding.verdict is ScreeningVerdict.NORMAL
            assert not rules.has_second_identity(passage.evidence)
            # Nobody gets in beside a passage of their own that is still on the bench.
            for parked in self.walk.state.parked:
                assert not rules.holders(parked.evidence) & rules.holders(passage.evidence)
        else:
            assert decision.chosen

    def _comes_back(self, passage: Passage) -> None:
        spec = self.walk.spec
        body, sealed = recorded(spec.procedure, spec.policy, passage)
        text = canonical(body)
        for name in ("王小明", "赵一", "李晓", "3-502"):
            assert name not in text
        back = restored(json.loads(text), sealed, lane="in", clock=passage.touched.clock.value)
        assert back == passage
        if passage.decision is not None and passage.decision.by is None:
            again = rules.decide(spec.procedure, spec.policy, back.evidence)
            if passage.decision.outcome is Outcome.ABANDONED:
                again = rules.nobody(again)
            assert again == passage.decision


LaneMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLane = LaneMachine.TestCase
