"""What a camera's model says of a mask: an answer where the procedure asks, and never more than that."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain import rules
from edge.domain.circumstances import circumstances
from edge.domain.events import MaskSeen
from edge.domain.mask import wanted
from edge.domain.model import Answer, Looked
from edge.domain.plan import Choice, Effect, Question, Step, StepKind
from edge.domain.procedure import StepState
from edge.domain.record import recorded, restored
from edge.domain.view import lane_view
from tests.domain.people import Walk, at

MODEL = "0123456789abcdef"
TITLE = {"zh_Hans": "口罩", "en": "Mask"}
ON, REMINDED, HELD, REFUSED = (
    Choice("on", TITLE),
    Choice("reminded", TITLE, Effect.REPEAT),
    Choice("held", TITLE, Effect.HOLD),
    Choice("refused", TITLE, Effect.TURN_BACK),
)


def asking(*choices: Choice, must: str | None = "mask", kind: str = "choice") -> Walk:
    """Somebody in a lane whose procedure asks for the mask, and for something more afterwards."""
    walk = Walk()
    mask = Step(
        "mask", StepKind.QUESTION, TITLE, must=must, questions=(Question("mask", TITLE, kind, choices),)
    )
    more = Step("more", StepKind.QUESTION, TITLE, questions=(Question("more", TITLE, "text"),))
    walk.spec = replace(walk.spec, procedure=replace(walk.spec.procedure, steps=(mask, more)))
    walk.begin()
    return walk


def look(walk: Walk, seen: str, passage: int | None = None) -> None:
    assert walk.state.active is not None
    number = walk.state.active.id if passage is None else passage
    walk.now += 0.1
    walk.event(MaskSeen("in", "scanner", number, seen, 970, 5, MODEL, at(walk.now)))


def answers(walk: Walk) -> list[Answer]:
    assert walk.state.active is not None
    return [p.item for p in walk.state.active.evidence if isinstance(p.item, Answer)]


def notices(walk: Walk) -> list[str]:
    return list(lane_view(walk.spec, walk.state, at(walk.now))["notices"])


def test_a_mask_that_is_seen_answers_the_question_once_and_the_row_says_by_what() -> None:
    walk = asking(ON, REMINDED, REFUSED)
    assert walk.state.active is not None
    assert wanted(walk.spec, walk.state) == walk.state.active.id
    look(walk, "masked")
    look(walk, "masked")
    assert answers(walk) == [Answer("mask", "on", f"model:{MODEL}", looked=Looked(MODEL, 970, 5))]
    assert wanted(walk.spec, walk.state) is None, "nobody looks any longer"
    body, sealed = recorded(walk.spec.procedure, walk.spec.policy, walk.state.active)
    again = restored(body, sealed, lane="in", clock="synced")
    assert again.evidence == walk.state.active.evidence
    before, after = (
        rules.decide(walk.spec.procedure, walk.spec.policy, one.evidence, circumstances(one))
        for one in (walk.state.active, again)
    )
    assert before == after
    assert before.missing == ("more",)


@pytest.mark.parametrize(
    ("choices", "value"),
    [((ON, REFUSED, HELD, REMINDED), "reminded"), ((ON, REFUSED, HELD), "held"), ((ON, REFUSED), None)],
)
def test_none_worn_reminds_or_holds_and_turns_nobody_back(
    choices: tuple[Choice, ...], value: str | None
) -> None:
    walk = asking(*choices)
    look(walk, "bare")
    assert [answer.value for answer in answers(walk)] == ([value] if value else [])
    assert notices(walk) == ([] if value else ["mask_unsure"])
    look(walk, "masked")
    assert answers(walk)[-1].value == "on", "it was put on"


def test_a_late_word_about_somebody_who_has_gone_is_nobodys() -> None:
    walk = asking(ON, REMINDED)
    assert walk.state.active is not None
    look(walk, "masked", walk.state.active.id - 1)
    look(walk, "unsure", walk.state.active.id + 1)
    assert (answers(walk), notices(walk)) == ([], [])


def test_what_the_attendant_tapped_stands() -> None:
    walk = asking(ON, REMINDED)
    look(walk, "masked")
    (asked,) = [q for q in lane_view(walk.spec, walk.state, at(walk.now))["ask"] if q["id"] == "mask"]
    assert asked["looked"] == {"model": MODEL, "score": 970, "pictures": 5}
    walk.give(mask="reminded")
    assert wanted(walk.spec, walk.state) is None
    look(walk, "masked")
    assert [(one.value, one.looked is None) for one in answers(walk)] == [("on", False), ("reminded", True)]


def test_a_tick_is_ticked_and_left_alone() -> None:
    walk = asking(kind="tick")
    look(walk, "bare")
    assert (answers(walk), notices(walk)) == ([], ["mask_unsure"])
    look(walk, "masked")
    assert [answer.value for answer in answers(walk)] == ["yes"]


def test_where_no_mask_is_asked_for_nobody_looks() -> None:
    walk = asking(ON, REMINDED, must=None)
    assert wanted(walk.spec, walk.state) is None
    look(walk, "masked")
    assert answers(walk) == []
    assert wanted(walk.spec, Walk().state) is None


@given(st.lists(st.sampled_from(["masked", "bare", "unsure", "on", "reminded"]), max_size=12))
def test_a_model_never_goes_against_an_attendant(said: list[str]) -> None:
    walk = asking(ON, REMINDED, REFUSED)
    for word in said:
        if word in ("on", "reminded"):
            walk.give(mask=word)
        else:
            look(walk, word)
    by_hand = [answer.looked is None for answer in answers(walk)]
    assert by_hand == sorted(by_hand)
    view = lane_view(walk.spec, walk.state, at(walk.now))
    done = bool(answers(walk)) and answers(walk)[-1].value == "on"
    assert (view["steps"][0]["state"] == StepState.DONE) is done
    taps = {entry["id"] for entry in view["ask"]}
    assert ("mask" in taps) is (not done or not any(by_hand))
