"""Whatever the registers say, nobody is admitted with a must missing or against a ruling that stands."""

from hypothesis import given, settings
from hypothesis import strategies as st

from edge import access
from edge.domain import rules
from edge.domain.access import AccessRules, Ruling
from edge.domain.circumstances import Circumstances
from edge.domain.judging import hardest, judge
from edge.domain.known import Hit, Kin, Known, Place, Standing, Used
from edge.domain.model import Answer, Evidence, Measurement, Method, Outcome
from edge.domain.policy import Policy
from edge.domain.procedure import StepState, statuses
from edge.domain.screening import find
from tests.domain.people import at, procedure
from tests.paths import ROOT

RULES = tuple(
    access.parse(name, (ROOT / "config" / "access" / f"{name}.toml").read_text("utf-8"), closure=closure)
    for name in ("usual", "residents_only")
    for closure in ("managed", "posts", "closed")
)
watched = st.builds(
    Hit,
    list=st.just("street"),
    entry=st.integers(1, 3),
    watch=st.sampled_from(("isolated", "contact", "recovered", "nobody_knows")),
    kin=st.sampled_from(Kin),
    over=st.booleans(),
)
known = st.builds(
    Known,
    by=st.sampled_from(("phone", "name", "entry")),
    standing=st.sampled_from(Standing),
    entry=st.sampled_from((None, 1, 2)),
    category=st.sampled_from(("", "resident", "visitor", "returnee")),
    differs=st.sampled_from(((), ("name",))),
    hits=st.lists(watched, max_size=2).map(tuple),
    used=st.sampled_from(((), (Used("household_two_days", 1),), (Used("household_two_days", None),))),
    places=st.sampled_from(((), (Place("origin", "湖北", "listed", 1),))),
    slip=st.sampled_from((None, (1, 0), (1, 1))),
    due=st.sampled_from(((), ("test",))),
    minute=st.sampled_from((None, 0, 600)),
    day=st.sampled_from((None, "2020-02-14")),
)
answers = st.sampled_from(
    [
        Answer("name", "甲", "door1", personal=True),
        Answer("id_number", "E12345678", "door1", personal=True),
        Answer("phone", "无", "door1", personal=True),
        Answer("room", "3-502", "door1", personal=True),
        Answer("mask", "on", "door1"),
        Answer("mask", "refused", "door1"),
        Answer("purpose", "delivery", "door1"),
        Answer("purpose", "medical", "door1"),
    ]
)
measured = st.sampled_from((36_500, 38_500)).map(
    lambda value: Measurement(
        "contact", Method.CONTACT, "axilla", body_mdegc=value, conversion="contact/1", frames=1
    )
)


@given(
    st.lists(st.one_of(known, answers, measured), max_size=9),
    st.sampled_from(RULES),
    st.sampled_from(("in", "out")),
)
@settings(max_examples=300, deadline=None)
def test_admit_needs_every_must_and_no_ruling_that_stands(
    items: list[Known | Answer | Measurement], given_rules: AccessRules, direction: str
) -> None:
    evidence = tuple(Evidence(at(1.0 + n), "x", item) for n, item in enumerate(items))
    around = Circumstances(direction=direction, access=given_rules)
    lane, policy = procedure("fast_lane"), Policy()
    decision = rules.decide(lane, policy, evidence, around)
    ruling = hardest(judge(given_rules, evidence, around, complete=not decision.missing))
    if decision.outcome is Outcome.ADMIT:
        steps = statuses(lane, evidence, find(evidence, policy).verdict, around)
        assert all(step.state is StepState.DONE for step in steps)
        assert ruling in (Ruling.PASS, Ruling.REMIND)
    if ruling is Ruling.REFER:
        assert decision.outcome is Outcome.REFER
    if ruling is Ruling.HOLD:
        assert decision.outcome is not Outcome.ADMIT
    assert rules.decide(lane, policy, evidence, around) == decision
