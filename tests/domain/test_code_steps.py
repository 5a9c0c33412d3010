"""Code steps and health codes: what is shown against a person is not made up for by anything else, and each
rung of the ladder stands for what it may stand for."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import acceptance, procedures
from edge.domain.facts import Fact
from edge.domain.model import Answer, Carrier, Code, CodeVerdict, Evidence, Instant, ScreeningVerdict
from edge.domain.procedure import StepState, StepStatus, category, statuses
from tests.domain.test_acceptance import NOW, health, itinerary, micros, shown, swab, unanswered

TITLE = '{ zh_Hans = "扫码", en = "Code" }'
PROCEDURE = procedures.accepting(
    procedures.parse(
        "health",
        f"""
title = {TITLE}
[[step]]
id = "code"
kind = "code"
title = {TITLE}
carriers = ["gatepost_pass", "hc1", "china_health", "china_itinerary"]
[[step.instead]]
id = "id_number"
kind = "id_number"
personal = true
title = {TITLE}
[[reason]]
value = "known"
title = {TITLE}
""",
    ),
    acceptance.parse("usual", (acceptance.SHIPPED / "usual.toml").read_text("utf-8"), utc_offset_s=28_800),
)
USUAL = acceptance.parse("usual", (acceptance.SHIPPED / "usual.toml").read_text("utf-8"))
SHIPPED = {
    name: procedures.accepting(
        procedures.parse(name, (procedures.SHIPPED / f"{name}.toml").read_text("utf-8")), USUAL
    )
    for name in ("r3", "compound")
}
# As it stood before there was a ladder: whatever it decided then it decides now.
OLD = procedures.accepting(
    procedures.parse(
        "old",
        f"""
title = {TITLE}
[[step]]
id = "code"
kind = "code"
title = {TITLE}
carriers = ["gatepost_pass", "hc1", "china_health", "china_itinerary"]
[[step.instead]]
id = "phone_shows"
rung = "phone"
title = {TITLE}
choices = [{{ value = "green", title = {TITLE} }}]
[[reason]]
value = "known"
title = {TITLE}
""",
        stored=True,
        edition=1,
    ),
    USUAL,
)
PASS = shown(Carrier.GATEPOST_PASS, {Fact.CATEGORY: "resident"})
TYPED = Evidence(
    Instant(0, micros(NOW)), "page", Answer("id_number", "11010519491231002X", "door1", personal=True)
)


ANSWERS = {"phone_shows": "green", "paper": "valid", "id_number": "11010519491231002X"}
NO_WORD = ("platform_silent", "platform_down", "platform_garbled", "platform_failed", "no_platform")


def step(*evidence: Evidence) -> StepStatus:
    (status,) = statuses(PROCEDURE, evidence, ScreeningVerdict.NORMAL)
    return status


def of(name: str, *evidence: Evidence) -> StepStatus:
    """Return the code step of a procedure that ships."""
    found = statuses(SHIPPED[name], evidence, ScreeningVerdict.NORMAL)
    return next(status for status in found if status.step.instead)


def answer(question: str, value: str = "") -> Evidence:
    personal = question == "id_number"
    given_answer = Answer(question, value or ANSWERS[question], "door1", personal=personal)
    return Evidence(Instant(micros(NOW), micros(NOW)), "attendant:door1", given_answer)


def offered(status: StepStatus) -> set[str]:
    return {question.id for question in status.wants}


@pytest.mark.parametrize("other", [(), (PASS,), (TYPED,), (PASS, TYPED), (unanswered("x", "ask_platform"),)])
@pytest.mark.parametrize(
    ("bad", "word"), [(health("red"), "health_red"), (swab(result="positive"), "test_positive")]
)
def test_what_speaks_against_a_person_fails_the_step_whatever_else_is_shown_or_typed(
    bad: Evidence, word: str, other: tuple[Evidence, ...]
) -> None:
    for evidence in ((bad, *other), (*other, bad)):
        assert step(*evidence).state is StepState.FAILED
        assert step(*evidence).reasons == (f"code_not_accepted:{word}",)


def test_a_pass_or_a_number_does_where_nothing_speaks_against() -> None:
    assert step(PASS).state is StepState.DONE
    assert step(TYPED).state is StepState.DONE
    assert step(health("green"), itinerary("green")).state is StepState.DONE


def test_a_code_still_missing_leaves_the_step_open_and_says_which() -> None:
    assert step(health("green")).state is StepState.MISSING
    assert step(health("green")).reasons == ("code_not_accepted:needs_itinerary",)
    assert step(unanswered("x", "ask_platform")).reasons == ("code_asking",)
    assert step().state is StepState.MISSING


def test_the_category_is_said_by_valid_passes_of_ours_alone() -> None:
    other = shown(Carrier.CHINA_HEALTH, {Fact.COLOUR: "green", Fact.CATEGORY: "resident"})
    lapsed = shown(Carrier.GATEPOST_PASS, {Fact.CATEGORY: "resident"}, verdict=CodeVerdict.EXPIRED)
    assert category([other, lapsed]) == "visitor"
    assert category([other, lapsed, PASS]) == "resident"


# The ladder


@pytest.mark.parametrize("name", ["r3", "compound"])
@pytest.mark.parametrize("reason", NO_WORD)
def test_the_phone_is_looked_at_where_its_platform_says_nothing(name: str, reason: str) -> None:
    silent = unanswered("a", reason)
    assert "phone_shows" in offered(of(name, silent))
    assert of(name, silent, answer("phone_shows")).state is StepState.DONE
    assert of(name, silent, answer("phone_shows", "not_green")).state is StepState.FAILED


REFUSALS = {
    "expired": (health("green", verdict=CodeVerdict.EXPIRED, reason="expired"),),
    "yellow": (health("yellow"),),
    "red": (health("red"),),
    "grey": (health("grey"),),
    "not found": (unanswered("a", "platform_not_found"),),
    "no meaning": (unanswered("a", "platform_no_meaning"),),
    "screenshot": (unanswered("a", "code_stale"),),
    "two lanes": (unanswered("a", "seen_elsewhere"),),
    "forged": (swab(verdict=CodeVerdict.INVALID),),
    "yellow, then silent": (health("yellow", holder="a"), unanswered("b")),
    "silent, then not found": (unanswered("a"), unanswered("a", "platform_not_found")),
    "test too old": (swab("2022-01-01"),),
}


@pytest.mark.parametrize("name", ["r3", "compound"])
@pytest.mark.parametrize("shows", REFUSALS.values(), ids=REFUSALS)
def test_neither_phone_nor_paper_stands_for_a_code_that_was_refused(
    name: str, shows: tuple[Evidence, ...]
) -> None:
    for looked in ("phone_shows", "paper"):
        for evidence in ((*shows, answer(looked)), (answer(looked), *shows)):
            assert of(name, *evidence).state is not StepState.DONE
        assert looked not in offered(of(name, *shows))


@pytest.mark.parametrize("name", ["r3", "compound"])
def test_a_phone_that_showed_nothing_to_the_gate_is_not_looked_at(name: str) -> None:
    assert of(name).state is of(name, answer("phone_shows")).state is StepState.MISSING
    assert "phone_shows" not in offered(of(name))
    asking = unanswered("a", "ask_platform")
    assert of(name, asking, answer("phone_shows")).state is StepState.MISSING
    assert "phone_shows" not in offered(of(name, asking))


@pytest.mark.parametrize("name", ["r3", "compound"])
def test_a_phone_is_looked_at_again_for_another_code(name: str) -> None:
    first, second = unanswered("a"), unanswered("b")
    assert of(name, first, answer("phone_shows")).state is StepState.DONE
    looked_before = of(name, first, answer("phone_shows"), second)
    assert looked_before.state is StepState.FAILED
    assert "phone_shows" in offered(looked_before)
    assert of(name, first, answer("phone_shows"), second, answer("phone_shows")).state is StepState.DONE
    # A late word about the first is no new code; one that refuses it takes the look back.
    assert of(name, first, answer("phone_shows"), unanswered("a", "platform_down")).state is StepState.DONE
    assert of(name, first, answer("phone_shows"), unanswered("a", "platform_not_found")).state is not (
        StepState.DONE
    )


@pytest.mark.parametrize("name", ["r3", "compound"])
def test_whoever_has_no_phone_or_no_good_code_has_the_number_of_a_document(name: str) -> None:
    assert "id_number" in offered(of(name))
    assert of(name, answer("id_number")).state is StepState.DONE
    assert of(name, answer("id_number"), unanswered("a")).state is StepState.DONE
    assert of(name, unanswered("a", "platform_not_found"), answer("id_number")).state is StepState.DONE
    for bad in (health("red"), health("yellow"), swab(result="positive")):
        assert of(name, bad, answer("id_number")).state is StepState.FAILED
        assert offered(of(name, bad)) == set()


def test_paper_that_is_doubtful_is_asked_for_again() -> None:
    doubtful = of("r3", answer("paper", "doubtful"))
    assert doubtful.state is StepState.MISSING
    assert "paper" in offered(doubtful)
    assert of("r3", answer("paper", "doubtful"), answer("paper")).state is StepState.DONE


def test_the_code_of_another_than_the_card_holds_with_its_own_word() -> None:
    card = Evidence(Instant(0, micros(NOW)), "card", Answer("name", "李小明", "card", personal=True))
    green = health("green", name="王*明"), itinerary("green")
    assert of("r3", card, *green).reasons == ("code_not_accepted:other_person",)
    resident = shown(Carrier.GATEPOST_PASS, {Fact.CATEGORY: "resident"}, name="王小明")
    assert of("r3", resident, card).state is StepState.FAILED


def test_a_procedure_of_before_is_judged_as_it_was() -> None:
    def old(*evidence: Evidence) -> StepState:
        (status,) = statuses(OLD, evidence, ScreeningVerdict.NORMAL)
        return status.state

    assert old(answer("phone_shows")) is StepState.DONE
    assert old(unanswered("a", "platform_not_found"), answer("phone_shows")) is StepState.DONE
    assert old(health("red"), answer("phone_shows")) is StepState.FAILED


def way_asked(holder: str, reason: str = "platform_silent") -> Evidence:
    """An itinerary code whose platform says no more than this."""
    unverified = CodeVerdict.UNVERIFIED
    return shown(
        Carrier.CHINA_ITINERARY, {}, holder=holder, verdict=unverified, reason=reason, code_digest=holder
    )


@pytest.mark.parametrize("name", ["r3", "compound"])
@pytest.mark.parametrize("reason", ["platform_not_found", "code_stale"])
def test_the_silence_about_one_code_makes_good_nothing_that_was_said_of_another(
    name: str, reason: str
) -> None:
    refused = unanswered("a", reason)
    for shows in ((refused, way_asked("b")), (way_asked("b"), refused)):
        looked = of(name, *shows, answer("phone_shows"))
        assert looked.state is StepState.FAILED
        assert offered(looked) == {"id_number"}
        assert of(name, *shows, answer("id_number")).state is StepState.DONE


@pytest.mark.parametrize("name", ["r3", "compound"])
def test_a_colour_that_was_taken_back_closes_no_rung(name: str) -> None:
    grey, green = (health(colour, holder="p", code_digest="a") for colour in ("grey", "green"))
    shows = (grey, green, way_asked("b"))
    assert "phone_shows" in offered(of(name, *shows))
    assert of(name, *shows, answer("phone_shows")).state is StepState.DONE
    assert of(name, green, grey, way_asked("b"), answer("phone_shows")).state is not StepState.DONE
    assert of(name, grey, way_asked("b"), answer("phone_shows")).state is not StepState.DONE


@pytest.mark.parametrize("name", ["r3", "compound"])
def test_a_wrong_tap_about_the_phone_is_offered_again_and_can_be_corrected(name: str) -> None:
    silent, wrong = unanswered("a"), answer("phone_shows", "not_green")
    tapped = of(name, silent, wrong)
    assert tapped.state is StepState.FAILED
    assert offered(tapped) == {"phone_shows"}
    assert of(name, silent, wrong, answer("phone_shows")).state is StepState.DONE
    assert offered(of(name, silent, wrong, answer("id_number"))) == {"phone_shows"}
    assert offered(of(name, health("red"), wrong)) == set()


@pytest.mark.parametrize("name", ["r3", "compound"])
def test_nobody_is_held_for_another_code_while_a_platform_is_being_asked(name: str) -> None:
    asking = unanswered("a", "ask_platform")
    expired = swab(verdict=CodeVerdict.EXPIRED, reason="expired")
    for shows in ((asking, expired), (expired, asking)):
        waiting = of(name, *shows)
        assert (waiting.state, waiting.reasons) == (StepState.MISSING, ("code_asking",))
    assert of(name, asking, expired, unanswered("a")).state is StepState.FAILED
    assert of(name, asking, health("red"), expired).state is StepState.FAILED


@pytest.mark.parametrize("name", ["r3", "compound"])
def test_a_green_that_comes_late_undoes_no_look_at_the_phone(name: str) -> None:
    def late(colour: str = "green", holder: str = "p", code_digest: str = "a") -> Evidence:
        return health(colour, holder=holder, code_digest=code_digest)

    looked = (unanswered("a"), answer("phone_shows"))
    assert of(name, *looked).state is of(name, *looked, late()).state is StepState.DONE
    assert of(name, *looked, unanswered("a", "platform_down"), late()).state is StepState.DONE
    # Not so where nobody had looked before, or where it is no green; another code is looked at anew.
    assert of(name, unanswered("a"), late(), answer("phone_shows")).state is StepState.MISSING
    assert of(name, answer("phone_shows"), unanswered("a"), late()).state is StepState.MISSING
    assert of(name, unanswered("a", "ask_platform"), answer("phone_shows"), late()).state is StepState.MISSING
    for bad in ("grey", "yellow", "red"):
        assert of(name, *looked, late(bad)).state is StepState.FAILED
    assert of(name, *looked, unanswered("a", "platform_not_found"), late()).state is StepState.MISSING
    assert of(name, *looked, late(), way_asked("b", "ask_platform")).state is StepState.MISSING
    assert of(name, *looked, late(), way_asked("b")).state is not StepState.DONE
    assert of(name, *looked, late(), itinerary("green")).state is StepState.DONE


SPEAKS = (
    *(shows for several in REFUSALS.values() for shows in several),
    *(unanswered(key, reason) for key, reason in product("ab", (*NO_WORD, "ask_platform"))),
    health("green", holder="a"),
    itinerary("green"),
    *(answer(question) for question in ANSWERS),
    answer("phone_shows", "not_green"),
    answer("paper", "doubtful"),
)


@given(st.lists(st.sampled_from(SPEAKS), max_size=8), st.sampled_from(["r3", "compound"]))
def test_a_look_at_the_phone_never_lets_in_where_nothing_was_asked_in_vain(
    evidence: list[Evidence], name: str
) -> None:
    without = [
        piece
        for piece in evidence
        if not (isinstance(piece.item, Answer) and piece.item.question == "phone_shows")
    ]
    by_phone = of(name, *evidence).state is StepState.DONE and of(name, *without).state is not StepState.DONE
    codes = [piece.item for piece in evidence if isinstance(piece.item, Code)]
    if by_phone:
        assert any(code.reason in (*NO_WORD, "ask_platform") for code in codes)
        assert all(code.subject.get(Fact.COLOUR, "green") == "green" for code in codes)
        assert ("phone_shows", "green") in [
            (piece.item.question, piece.item.value) for piece in evidence if isinstance(piece.item, Answer)
        ]
