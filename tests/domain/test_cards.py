"""An identity card on a reader: what it answers, and what is said of one that answers nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.cards import NOTICE_US
from edge.domain.events import CardRead
from edge.domain.lane import ECHO_US, MAX_EVIDENCE
from edge.domain.model import Answer, Outcome
from edge.domain.procedure import Choice, Procedure, Question, Step, StepKind
from edge.domain.view import lane_view
from edge.web.words import WORDS
from tests.domain.people import Walk, at

LI = (("name", "李四"), ("id_number", "110101199001010015"), ("address", "幸福路 1 号"))
WANG = (("name", "王五"), ("id_number", "110101199001020010"))
TITLE = {"zh_Hans": "问", "en": "ask"}


def lay(walk: Walk, *fields: tuple[str, str], unread: str = "") -> None:
    walk.now += 0.1
    walk.event(CardRead("in", "scanner2", fields, at(walk.now), unread))


def notices(walk: Walk) -> list[str]:
    return list(lane_view(walk.spec, walk.state, at(walk.now))["notices"])


def answers(walk: Walk) -> list[tuple[str, str]]:
    assert walk.state.active is not None
    return [(p.item.question, p.item.value) for p in walk.state.active.evidence if isinstance(p.item, Answer)]


def test_a_card_that_was_not_read_is_said_and_opens_nothing() -> None:
    walk = Walk()
    lay(walk)
    assert notices(walk) == ["card_unread"]
    lay(walk, unread="layout")
    assert notices(walk) == ["card_layout"]
    assert walk.state.active is None


def test_what_is_said_of_a_card_goes_with_the_next_that_is_read_or_after_a_while() -> None:
    walk = Walk()
    lay(walk)
    lay(walk, *LI)
    assert notices(walk) == []
    lay(walk)
    walk.wait(NOTICE_US / 1e6 - 1)
    assert notices(walk) == ["card_unread"]
    walk.wait(2)
    assert notices(walk) == []


@pytest.mark.parametrize("parked", [True, False])
def test_what_is_said_of_a_card_goes_with_its_person(parked: bool) -> None:
    walk = Walk()
    walk.stand(36.6)
    lay(walk)
    assert notices(walk) == ["card_unread"]
    if parked:
        walk.park("other")
    else:
        walk.decide(Outcome.ADMIT)
    assert notices(walk) == []


def test_a_card_of_which_nothing_is_asked_is_said_and_not_kept() -> None:
    walk = Walk()
    lay(walk, ("address", "幸福路 1 号"), ("sex", "male"))
    assert notices(walk) == ["card_unasked"]
    assert walk.state.active is None


def test_a_second_persons_card_is_not_mixed_into_the_first_ones_passage() -> None:
    walk = Walk()
    lay(walk, *LI)
    before = answers(walk)
    lay(walk, *WANG)
    assert notices(walk) == ["card_second"]
    assert answers(walk) == before
    lay(walk, *LI)
    assert notices(walk) == []


def test_what_an_attendant_typed_is_corrected_by_the_card() -> None:
    walk = Walk()
    walk.begin()
    walk.give(name="李死")
    lay(walk, *LI)
    assert notices(walk) == []
    assert answers(walk)[-2:] == [("name", "李四"), ("id_number", "110101199001010015")]


def test_a_card_still_lying_there_when_its_passage_ends_opens_no_other() -> None:
    walk = Walk()
    lay(walk, *LI)
    walk.decide(Outcome.ADMIT)
    lay(walk, *LI)  # found again after a cable was out, say
    assert walk.state.active is None
    lay(walk, *WANG)
    assert answers(walk)[0] == ("name", "王五")
    walk.decide(Outcome.ADMIT)
    walk.wait(ECHO_US / 1e6 + 1)
    lay(walk, *WANG)
    assert answers(walk)[0] == ("name", "王五"), "after a while it is a person again"


def test_a_word_of_the_card_that_is_no_answer_to_the_question_is_left_to_the_attendant() -> None:
    choices = (Choice("m", TITLE), Choice("f", TITLE))
    asks = (Question("sex", TITLE, choices=choices), Question("name", TITLE, "text", personal=True))
    walk = Walk()
    procedure = Procedure("p", TITLE, "1", (Step("who", StepKind.FORM, TITLE, questions=asks),))
    object.__setattr__(walk.spec, "procedure", procedure)
    lay(walk, ("name", "李四"), ("sex", "male"))
    assert answers(walk) == [("name", "李四")]
    assert walk.state.active is not None
    assert walk.state.active.decision is not None
    assert not walk.state.active.decision.hold


texts = st.text(min_size=1, max_size=30)
cards = st.lists(st.tuples(st.sampled_from(["name", "id_number", "sex", "address", "x"]), texts), max_size=5)


@given(st.lists(st.tuples(cards, st.sampled_from(["", "layout"]), st.booleans()), max_size=40))
def test_any_cards_whatever_leave_one_persons_answers_or_a_word_that_is_known(
    laid: list[tuple[list[tuple[str, str]], str, bool]],
) -> None:
    walk = Walk()
    for fields, unread, ends in laid:
        lay(walk, *dict(fields).items(), unread=unread)
        assert set(notices(walk)) <= set(WORDS["notice"]) & set(WORDS["notice_remedy"])
        if walk.state.active is None:
            continue
        numbers = {value for name, value in answers(walk) if name == "id_number"}
        assert len(numbers) <= 1
        assert len(walk.state.active.evidence) <= MAX_EVIDENCE
        if ends:
            walk.decide(Outcome.ABANDONED, "left")
