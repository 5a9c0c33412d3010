"""A procedure changes while people stand in the lane."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edge import procedures
from edge.domain import rules
from edge.domain.circumstances import circumstances
from edge.domain.errors import FormError
from edge.domain.following import follow, knowing
from edge.domain.model import Outcome, Reason
from edge.domain.procedure import Procedure
from edge.domain.record import recorded
from edge.domain.view import lane_view
from tests.domain.people import Walk, at, procedure, resident


def masked_only() -> Procedure:
    """Return a procedure that asks for nothing but the mask."""
    text = """
title = { zh_Hans = "只看口罩", en = "Mask only" }
[[step]]
id = "mask"
kind = "question"
must = "mask"
title = { zh_Hans = "口罩", en = "Mask" }
[[step.question]]
id = "mask"
title = { zh_Hans = "口罩", en = "Mask" }
choices = [{ value = "on", title = { zh_Hans = "已戴好", en = "On" } }]
[[reason]]
value = "known"
title = { zh_Hans = "认识", en = "Known" }
"""
    return procedures.parse("mask_only", text)


MASK_ONLY = masked_only()


def change(walk: Walk, to: Procedure) -> None:
    walk.spec = follow(walk.spec, walk.state, to)


def view(walk: Walk) -> dict[str, Any]:
    return lane_view(walk.spec, walk.state, at(walk.now))


def test_a_passage_under_way_ends_by_the_version_it_began_with_and_the_next_begins_with_the_new() -> None:
    walk = Walk()
    walk.show(resident())
    change(walk, MASK_ONLY)
    assert view(walk)["procedure"]["version"] == procedure().version
    walk.give(mask="on")
    assert walk.is_undecided()  # the new one would have let them through without a temperature
    walk.stand(36.6)
    assert walk.outcome is Outcome.ADMIT
    assert walk.last.procedure_version == procedure().version
    assert [step["id"] for step in view(walk)["steps"]] == ["check", "register", "temperature", "mask"]
    walk.wait(20)
    walk.begin()
    assert view(walk)["procedure"] | {"title": ""} == {
        "name": "mask_only",
        "number": "",
        "version": MASK_ONLY.version,
        "title": "",
        "vehicles": False,
    }
    walk.give(mask="on")
    assert walk.last.procedure == "mask_only"
    assert walk.outcome is Outcome.ADMIT


def test_what_only_the_new_version_asks_is_refused_in_a_passage_of_the_old_one() -> None:
    walk = Walk("r3")
    walk.begin()
    change(walk, procedure())
    try:
        walk.give(room="3-502")
    except FormError as error:
        refused = error.code
    assert refused == "unknown_question"


def test_whoever_rests_is_called_back_into_the_version_they_began_with() -> None:
    walk = Walk()
    walk.show(resident())
    walk.stand(38.0)
    walk.park()
    for other in (MASK_ONLY, procedure("r3"), MASK_ONLY):
        change(walk, other)
    walk.begin()
    walk.give(mask="on")
    walk.wait(70)
    walk.resume(1)
    walk.stand(36.6)
    walk.give(mask="on")
    assert [(r.passage.procedure, r.kind) for r in walk.records][-1] == ("compound", "passage.decided")
    body, _personal = recorded(walk.spec.of(walk.last), walk.spec.policy, walk.last)
    assert body["procedure"] == {"name": "compound", "version": procedure().version}
    assert set(body["musts"]) == {"identity", "information", "temperature", "mask"}


def test_a_version_that_nobody_goes_by_any_more_is_forgotten() -> None:
    walk = Walk()
    walk.show(resident())
    change(walk, MASK_ONLY)
    assert [one.version for one in walk.spec.earlier] == [procedure().version]
    walk.stand(36.6)
    walk.give(mask="on")
    walk.wait(20)
    walk.begin()
    walk.give(mask="on")
    change(walk, procedure("r3"))
    assert [one.name for one in walk.spec.earlier] == ["mask_only"]  # the last one is still shown


def test_going_back_to_a_version_that_somebody_began_with_makes_it_the_present_one() -> None:
    walk = Walk()
    walk.begin()
    change(walk, MASK_ONLY)
    change(walk, procedure())
    assert walk.spec.earlier == ()
    assert walk.spec.of(walk.state.active) is walk.spec.procedure


def test_a_start_knows_the_versions_of_those_who_wait_and_no_other() -> None:
    walk = Walk()
    walk.show(resident())
    walk.park("other")
    change(walk, MASK_ONLY)
    again = Walk()
    again.spec = follow(again.spec, again.state, MASK_ONLY)
    assert again.spec.earlier == ()
    found = knowing(again.spec, walk.state, (procedure(), procedure("r3")))
    assert [one.name for one in found.earlier] == ["compound"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from(["compound", "r3", "r4", "mask", "show", "stand", "fever", "on", "park", "back"])
    )
)
def test_whatever_changes_meanwhile_every_row_is_decided_by_the_version_it_names(moves: list[str]) -> None:
    walk = Walk()
    known = {one.version: one for one in (procedure(), procedure("r3"), procedure("r4"), MASK_ONLY)}
    for move in moves:
        walk.wait(12)
        try:
            match move:
                case "mask":
                    change(walk, MASK_ONLY)
                case "show":
                    walk.show(resident())
                case "stand" | "fever":
                    walk.stand(36.6 if move == "stand" else 38.4)
                case "on":
                    walk.give(mask="on")
                case "park":
                    walk.park()
                case "back":
                    walk.resume(1)
                case name:
                    change(walk, procedure(name))
        except FormError:
            continue
    for record in walk.records:
        passage = record.passage
        if passage.decision is None or passage.decision.by is not None:
            continue
        again = rules.left if Reason.NOBODY_FINISHED in passage.decision.reasons else rules.decide
        ruled = again(
            known[passage.procedure_version], walk.spec.policy, passage.evidence, circumstances(passage)
        )
        if record.kind == "passage.decided":
            assert passage.decision == ruled
