"""Any order of events whatsoever: what may never happen, and what a record must bring back."""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge.domain import rules
from edge.domain.answering import ASKED_MAX_US
from edge.domain.by_level import ELSEWHERE
from edge.domain.errors import FormError
from edge.domain.lane_state import Do, LaneState, Note
from edge.domain.learning import learned
from edge.domain.model import (
    Carrier,
    Code,
    CodeVerdict,
    Evidence,
    Measurement,
    Method,
    Outcome,
    Passage,
    Quality,
    ScreeningVerdict,
    Stage,
    TemperatureFinding,
)
from edge.domain.procedure import StepState, statuses
from edge.domain.record import recorded, restored
from edge.domain.screening import find
from edge.domain.skin import PLACES
from edge.domain.walk import advise
from edge.web.walking import WHYS
from edge.wire import canonical
from tests.domain.people import POLICY, Walk, resident
from tests.domain.test_answering import REGISTER, Asked, resolved

NAMES = st.sampled_from(["王小明", "赵一", "李晓"])
KEYS = st.sampled_from(["k1", "k2", "k3"])
SILENT = ("platform_silent", "platform_down", "platform_garbled")


class LaneMachine(RuleBasedStateMachine):
    """A gate on a bad day."""

    policy = POLICY

    def __init__(self) -> None:
        super().__init__()
        self.walk = Walk("r4", policy=self.policy)
        self.walk.spec = replace(self.walk.spec, also=(("t", ("wrist", "neck")),))
        self.checked = 0
        self.folded = LaneState()

    def _try(self, call: object, *args: object, **kwargs: object) -> None:
        before = self.walk.state
        try:
            call(*args, **kwargs)  # type: ignore[operator]
        except FormError:
            assert self.walk.state == before

    @rule(body=st.one_of(st.none(), st.floats(27.0, 44.0)), seconds=st.sampled_from([0.2, 0.5, 1.5]))
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

    @rule(place=st.sampled_from(["", "forehead", "wrist", "neck", "nonsense"]))
    def is_measured_again(self, place: str) -> None:
        self._try(self.walk.measure, place)

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
            if record.kind == "passage.decided":
                self._teaches(record.passage)
        assert self.folded.healthy == self.walk.state.healthy
        self.checked = len(self.walk.records)

    @invariant()
    def whoever_needs_another_measurement_is_told_a_way_that_is_open(self) -> None:
        active = self.walk.state.active
        if active is None:
            return
        verdict = find(active.evidence, self.walk.spec.policy).verdict
        advice = advise(self.walk.spec, active)
        if verdict in (ScreeningVerdict.AGAIN, ScreeningVerdict.TOO_LOW, ScreeningVerdict.UNRELIABLE):
            assert advice is not None
            assert advice.next in advice.open
            assert advice.why in WHYS
        else:
            assert advice is None

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
        finding = find(back.evidence, spec.policy)
        told = (body["temperature"].get("ppm"), body["temperature"].get("out_milli"))
        assert told == (finding.ppm, finding.out_milli)
        assert body["temperature"]["verdict"] == finding.verdict
        assert_measured(back.evidence, finding)
        if passage.decision is not None and passage.decision.by is None:
            again = rules.decide(spec.procedure, spec.policy, back.evidence)
            if passage.decision.outcome is Outcome.ABANDONED:
                again = rules.nobody(again)
            assert again == passage.decision

    def _teaches(self, passage: Passage) -> None:
        """Learn from what was written down, as a start does."""
        spec = self.walk.spec
        body = json.loads(canonical(recorded(spec.procedure, spec.policy, passage)[0]))
        back = restored(body, None, lane="in", clock="synced")
        verdict = ScreeningVerdict(body["temperature"]["verdict"])
        self.folded = learned(
            self.folded,
            back.evidence,
            verdict,
            back.touched,
            policy=spec.policy,
            boot=spec.boot,
            whose=lambda item: item.device,
        )


def assert_measured(evidence: Sequence[Evidence], finding: TemperatureFinding) -> None:
    """Whatever came before, and in whichever order: what is normal rests on a value within what people can
    show, and where a value was over the threshold, on a second measurement by another method or after a
    rest that began after it."""
    if finding.verdict is not ScreeningVerdict.NORMAL:
        return
    assert finding.deciding is not None
    good = evidence[finding.deciding].item
    assert isinstance(good, Measurement)
    assert good.quality is Quality.OK
    if good.body_mdegc is not None:
        assert good.body_mdegc >= POLICY.too_low_mdegc
    if good.method is Method.INFRARED:
        assert good.surface_mdegc is not None
        assert good.surface_mdegc >= POLICY.presence_mdegc
        if good.body_mdegc is None:
            assert PLACES[good.site].low <= good.surface_mdegc <= PLACES[good.site].high
    if finding.first is not None:
        first = evidence[finding.first].item
        assert isinstance(first, Measurement)
        assert finding.deciding > finding.first
        assert good.after_rest or good.method is not first.method
        assert good.conversion != ELSEWHERE or good.site == first.site


class LevelMachine(LaneMachine):
    """The same, where the level of healthy people decides as well."""

    policy = replace(POLICY, decides="either", again_per_1000=333)

    @rule(surface=st.floats(26.0, 43.5), ambient=st.sampled_from([-5.0, 12.0, 22.0, 38.0]))
    def stands_uncalibrated(self, surface: float, ambient: float) -> None:
        self.walk.stand(None, 0.6, surface_c=round(surface, 2), ambient_c=ambient)


class AskingMachine(RuleBasedStateMachine):
    """A platform that answers whenever it likes, about three telephones that go from hand to hand."""

    def __init__(self) -> None:
        super().__init__()
        self.walk = Asked()
        self.shown: dict[int, dict[str, float]] = {}  # by passage: when each code was shown last
        self.said = 0
        self.keys: dict[str, str] = {}  # by answer: the code it is about

    @rule(body=st.sampled_from([36.6, 36.8, 38.4]))
    def stands(self, body: float) -> None:
        self.walk.stand(body, 0.8)

    @rule(key=KEYS, reason=st.sampled_from(["ask_platform", "platform_down", "no_platform"]))
    def shows_a_code(self, key: str, reason: str) -> None:
        before = self._pieces()
        asked = {p.id for p in self._live() if (c := self._last_word(p, key)) and c.reason == "ask_platform"}
        self.walk.hold_up(key, reason)
        for passage, count in self._pieces().items():
            # What follows a question is taken for its end, and not for another showing.
            if count > before.get(passage, 0) and not (passage in asked and reason != "ask_platform"):
                self.shown.setdefault(passage, {})[key] = self.walk.now

    @rule(name=st.sampled_from(["李晓", "赵一"]))
    def shows_a_pass(self, name: str) -> None:
        self.walk.show(resident(name))

    @rule(with_number=st.booleans())
    def is_registered(self, with_number: bool) -> None:
        number = {"id_number": "110101199003070011"} if with_number else {}
        self._try(self.walk.give, **REGISTER, **number)

    @rule(outcome=st.sampled_from([Outcome.ADMIT, Outcome.TURN_BACK]))
    def is_decided(self, outcome: Outcome) -> None:
        self._try(self.walk.decide, outcome)

    @rule(key=KEYS, outcome=st.sampled_from([Outcome.ADMIT, Outcome.TURN_BACK]), seconds=st.integers(0, 500))
    def goes_by(self, key: str, outcome: Outcome, seconds: int) -> None:
        self.walk.wait(11)
        self.shows_a_code(key, "platform_down")
        self._try(self.walk.decide, outcome)
        self.walk.wait(seconds)

    @rule(key=KEYS, why=st.sampled_from(["rest", "platform"]))
    def is_sent_to_the_bench(self, key: str, why: str) -> None:
        self.shows_a_code(key, "ask_platform")
        self._try(self.walk.park, why)
        self.walk.wait(11)

    @rule(ticket=st.integers(1, 3))
    def comes_back(self, ticket: int) -> None:
        self._try(self.walk.resume, ticket)

    @rule(seconds=st.sampled_from([4, 11, 95, 400]))
    def time_passes(self, seconds: int) -> None:
        self.walk.wait(seconds)

    @rule(key=KEYS, reason=st.sampled_from(["platform_silent", "platform_down", "platform_garbled"]))
    def nobody_answers(self, key: str, reason: str) -> None:
        notes = len(self.walk.notes)
        self.walk.answer(key, None, reason)
        assert len(self.walk.notes) == notes

    @rule(
        key=KEYS,
        colour=st.sampled_from(["green", "yellow", "red"]),
        verdict=st.sampled_from([CodeVerdict.VALID, CodeVerdict.VALID, CodeVerdict.EXPIRED]),
        copies=st.integers(1, 3),
    )
    def answers(self, key: str, colour: str, verdict: CodeVerdict, copies: int) -> None:
        self.said += 1
        mark = str(self.said)
        self.keys[mark] = key
        here = {p.id for p in self._live() if self._last_word(p, key) is not None}
        gone = {p.id for p in self._ended() if self._waits_for(p, key)}
        said = resolved(key, colour)
        said = replace(said, verdict=verdict, subject={**said.subject, "place": mark})
        notes, alarms = len(self.walk.notes), len(self.walk.dos)
        for _ in range(copies):
            self.walk.say(key, said)
        told = self.walk.notes[notes:]
        assert [self._marks(p).count(mark) for p in self._known() if p.id in here] == [1] * len(here)
        assert sorted(note.body["passage"] for note in told) == sorted(gone)
        assert not any(mark in self._marks(p) for p in self._known() if p.id not in here)
        for note in told:
            inside = self._outcome(note.body["passage"]) is Outcome.ADMIT
            assert (note.body["admitted"], note.body["against"]) == (inside, colour == "red")
            alarm = Do("voice", "alarm", note.body["passage"])
            assert self.walk.dos[alarms:].count(alarm) == (inside and colour == "red")

    @invariant()
    def nobody_is_admitted_on_an_answer_about_a_code_they_did_not_show(self) -> None:
        for passage in self._known():
            shown = self.shown.get(passage.id, {})
            assert {self.keys[mark] for mark in self._marks(passage)} <= set(shown)
            if passage.decision is None or passage.decision.outcome is not Outcome.ADMIT:
                continue
            reds = [c for c in self._codes(passage) if c.subject.get("colour") == "red"]
            said_last = [c for c in reds if self._last_word(passage, _key(c)) is c]
            assert passage.decision.by or all(self._is_taken_back(passage, red) for red in said_last)

    def _try(self, call: object, *args: object, **kwargs: object) -> None:
        with contextlib.suppress(FormError):
            call(*args, **kwargs)  # type: ignore[operator]

    def _live(self) -> list[Passage]:
        state = self.walk.state
        return [*state.parked, *([state.active] if state.active else [])]

    def _ended(self) -> list[Passage]:
        return [record.passage for record in self.walk.records if record.kind == "passage.decided"]

    def _known(self) -> list[Passage]:
        return [*self._live(), *self._ended()]

    def _pieces(self) -> dict[int, int]:
        return {p.id: sum(isinstance(piece.item, Code) for piece in p.evidence) for p in self._known()}

    def _outcome(self, passage: int) -> Outcome | None:
        [decision] = [p.decision for p in self._ended() if p.id == passage]
        return decision.outcome if decision else None

    @staticmethod
    def _codes(passage: Passage) -> list[Code]:
        codes = [piece.item for piece in passage.evidence if isinstance(piece.item, Code)]
        return [code for code in codes if "code_digest" in code.personal]

    def _last_word(self, passage: Passage, key: str) -> Code | None:
        about = [code for code in self._codes(passage) if _key(code) == key]
        return about[-1] if about else None

    def _is_taken_back(self, passage: Passage, red: Code) -> bool:
        """Say whether the same person showed another code later, and the platform said better of that."""
        codes = self._codes(passage)
        order = list(dict.fromkeys(_key(code) for code in codes))
        return any(
            code.holder == red.holder
            and code.verdict is CodeVerdict.VALID
            and code.subject.get("colour") != "red"
            and order.index(_key(code)) > order.index(_key(red))
            for code in codes
        )

    def _waits_for(self, passage: Passage, key: str) -> bool:
        """Say whether an ended passage still hears of a code: nobody had answered, and not long ago."""
        last = self._last_word(passage, key)
        if last is None or any(
            self.keys.get(n.body["subject"]["place"]) == key for n in self._beside(passage)
        ):
            return False
        lately = (self.walk.now - self.shown[passage.id][key]) * 1e6 < ASKED_MAX_US
        return lately and (last.reason == "ask_platform" or (last.reason or "") in SILENT)

    def _beside(self, passage: Passage) -> list[Note]:
        return [note for note in self.walk.notes if note.body["passage"] == passage.id]

    def _marks(self, passage: Passage) -> list[str]:
        return [code.subject["place"] for code in self._codes(passage) if "place" in code.subject]


def _key(code: Code) -> str:
    return code.personal["code_digest"]


AskingMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAsking = AskingMachine.TestCase
LaneMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLane = LaneMachine.TestCase
LevelMachine.TestCase.settings = LaneMachine.TestCase.settings
TestLevel = LevelMachine.TestCase
