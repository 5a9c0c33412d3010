"""What a site accepts, attacked: hidden positives, borrowed codes, edges of days and hours, and words."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.acceptance import HEALTH, NOTHING, Acceptance, Judged, Way, judge
from edge.domain.conditions import Calendar, Days, Recovery, Test, Vaccination
from edge.domain.facts import Colour, Fact, Result, TestKind
from edge.domain.model import Answer, Carrier, ClockQuality, Code, CodeVerdict, Evidence, Instant
from edge.web.shortfalls import SHORTFALLS

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOW = datetime(2022, 6, 15, 4, 0, tzinfo=UTC)  # noon in China
EAST_8 = 8 * 3600
ALL = tuple(HEALTH)
GREEN = (Colour.GREEN,)

VACCINATED = Way("vaccinated", vaccination=Vaccination(days=(14, 270), booster_days=(0, 270)))
TESTED = Way("tested", test=Test(48, (TestKind.NAAT,)))
RECOVERED = Way("recovered", recovery=Recovery((11, 180)))
BOTH_GREEN = Way("green", health=GREEN, itinerary=GREEN)
SITE = Acceptance("site", "1", (BOTH_GREEN, VACCINATED, TESTED, RECOVERED), utc_offset_s=EAST_8)


def micros(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def shown(
    carrier: Carrier,
    facts: dict[Fact, str],
    *,
    holder: str | None = None,
    verdict: CodeVerdict = CodeVerdict.VALID,
    at: datetime = NOW,
    reason: str | None = None,
    clock: ClockQuality = ClockQuality.SYNCED,
    **personal: str,
) -> Evidence:
    said = {str(fact): value for fact, value in facts.items()}
    code = Code(carrier, verdict, reason, subject=said, personal=personal, holder=holder or f"{carrier}:x")
    return Evidence(Instant(micros(at), micros(at), clock), "scanner", code)


def dose(
    doses: str = "2", needed: str = "2", on: str = "2022-05-01", carrier: Carrier = Carrier.HC1, **more: Any
) -> Evidence:
    facts = {Fact.VACCINATION_DOSES: doses, Fact.VACCINATION_DATE: on}
    if needed:
        facts[Fact.VACCINATION_NEEDED] = needed
    return shown(carrier, facts, **more)


def swab(
    taken: datetime | str = NOW - 10 * HOUR,
    result: str = Result.NEGATIVE,
    kind: str = TestKind.NAAT,
    carrier: Carrier = Carrier.HC1,
    **more: Any,
) -> Evidence:
    when = taken if isinstance(taken, str) else taken.isoformat().replace("+00:00", "Z")
    facts = {Fact.TEST_RESULT: result, Fact.TEST_KIND: kind, Fact.TEST_TAKEN: when}
    return shown(carrier, facts, **more)


def recovered(on: str = "2022-05-01", **more: Any) -> Evidence:
    return shown(Carrier.HC1, {Fact.RECOVERY_DATE: on}, **more)


def health(colour: str, **more: Any) -> Evidence:
    return shown(Carrier.CHINA_HEALTH, {Fact.COLOUR: colour}, **more)


def itinerary(colour: str, **more: Any) -> Evidence:
    return shown(Carrier.CHINA_ITINERARY, {Fact.ITINERARY: colour}, **more)


def unanswered(holder: str, reason: str = "platform_silent") -> Evidence:
    return shown(
        Carrier.CHINA_HEALTH,
        {},
        holder=holder,
        verdict=CodeVerdict.UNVERIFIED,
        reason=reason,
        code_digest=holder,
    )


def asked(*evidence: Evidence, site: Acceptance = SITE, category: str = "visitor") -> Judged:
    return judge(site, evidence, ALL, category)


def only(way: Way, **changes: Any) -> Acceptance:
    return replace(SITE, ways=(way,), **changes)


# What is enough


def test_each_way_lets_in_by_itself() -> None:
    assert asked(health("green"), itinerary("green")).way == "green"
    assert asked(dose()).way == "vaccinated"
    assert asked(swab()).way == "tested"
    assert asked(recovered()).way == "recovered"


@pytest.mark.parametrize("ways", list(permutations(SITE.ways)))
def test_the_order_of_the_ways_changes_nothing_but_the_name(ways: tuple[Way, ...]) -> None:
    turned = replace(SITE, ways=ways)
    both = [swab(), dose()]
    assert asked(*both, site=turned).way == next(w.id for w in ways if w.id in ("vaccinated", "tested"))
    assert asked(health("green"), site=turned).shortfalls == ("needs_itinerary",)


def test_several_statements_of_one_person_fulfil_one_way_together() -> None:
    strict = only(Way("both", vaccination=Vaccination(), test=Test(48)))
    assert asked(dose(), swab(), site=strict).way == "both"
    assert asked(dose(), swab(carrier=Carrier.SHC), site=strict).way == "both"
    assert asked(dose(), site=strict) == Judged(shortfalls=("needs_test",), waits=True)
    assert asked(dose(), swab(result="inconclusive"), site=strict).shortfalls == ("test_not_negative",)


def test_of_several_codes_of_one_kind_the_best_counts() -> None:
    assert asked(dose("1"), dose("2"), dose("1")).way == "vaccinated"
    assert asked(swab(NOW - 90 * HOUR), swab(), swab(NOW - 60 * HOUR)).way == "tested"


# Who


def test_a_way_for_some_is_no_way_for_others() -> None:
    site = only(replace(TESTED, categories=("worker", "resident")))
    assert asked(swab(), site=site, category="worker").way == "tested"
    assert asked(swab(), site=site).shortfalls == ("no_rules",)


def test_a_way_by_certain_codes_is_no_way_by_others() -> None:
    site = only(replace(TESTED, carriers=(Carrier.HC1,)))
    assert asked(swab(), site=site).way == "tested"
    assert asked(swab(carrier=Carrier.SHC), site=site) == Judged(shortfalls=("needs_test",), waits=True)


def test_a_code_the_step_does_not_read_is_not_accepted_in_it() -> None:
    assert judge(SITE, [swab()], [Carrier.SHC, Carrier.GATEPOST_PASS], "visitor") == Judged()
    # What it says against the person is heard all the same.
    told = judge(SITE, [health("red")], [Carrier.GATEPOST_PASS], "visitor")
    assert told == Judged(shortfalls=("health_red",), against=True)


def test_codes_of_two_people_never_add_up() -> None:
    strict = only(Way("both", vaccination=Vaccination(), test=Test(48)))
    mine, yours = dose(birth_date="1979-04-14"), swab(carrier=Carrier.SHC, birth_date="1981-04-14")
    told = asked(mine, yours, site=strict)
    assert told == Judged(shortfalls=("two_people",), against=True)
    # Nor does one alone that would do: whose it is nobody knows.
    assert asked(mine, yours).against


@pytest.mark.parametrize(
    "other", ["1979-04-14", "1979-04", "1979", "", "14/04/1979", "1979-XX-XX", "unknown"]
)
def test_a_date_of_birth_of_which_less_is_said_is_the_same(other: str) -> None:
    assert asked(dose(birth_date="1979-04-14"), swab(carrier=Carrier.SHC, birth_date=other)).way


# What speaks against


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    "other",
    [dose(), swab(), recovered(), dose(carrier=Carrier.SHC), health("green")],
    ids=lambda e: e.item.carrier,
)
def test_a_positive_result_is_hidden_by_nothing(other: Evidence, first: bool) -> None:
    positive = swab(NOW - DAY, Result.POSITIVE, holder="hc1:me")
    evidence = [positive, other] if first else [other, positive]
    assert asked(*evidence) == Judged(shortfalls=("test_positive",), against=True)


@pytest.mark.parametrize("verdict", [CodeVerdict.EXPIRED, CodeVerdict.UNVERIFIED, CodeVerdict.NOT_YET_VALID])
def test_a_positive_result_counts_also_where_its_certificate_has_run_out(verdict: CodeVerdict) -> None:
    assert asked(dose(), swab(result=Result.POSITIVE, verdict=verdict)).against


@pytest.mark.parametrize("verdict", [CodeVerdict.REVOKED, CodeVerdict.INVALID, CodeVerdict.UNKNOWN_ISSUER])
def test_what_nobody_vouches_for_speaks_neither_for_nor_against(verdict: CodeVerdict) -> None:
    assert asked(dose(), swab(result=Result.POSITIVE, verdict=verdict)).way == "vaccinated"
    assert asked(swab(verdict=verdict)) == Judged()


def test_a_positive_result_counts_also_from_a_code_the_step_does_not_read() -> None:
    positive = swab(result=Result.POSITIVE, carrier=Carrier.SHC)
    assert judge(SITE, [positive, dose()], [Carrier.HC1], "visitor").against


def test_a_positive_result_loses_its_weight_after_the_days_the_site_says() -> None:
    def with_positive(taken: datetime | str, days: int = 14) -> Judged:
        return asked(dose(), swab(taken, Result.POSITIVE), site=replace(SITE, positive_days=days))

    assert with_positive(NOW - 14 * DAY).way == "vaccinated"
    assert with_positive(NOW - 14 * DAY + timedelta(seconds=1)).against
    assert with_positive(NOW + DAY).against
    assert with_positive("").against
    assert with_positive("some day").against
    # Of a day alone its end: it may have been taken then. Here days begin eight hours before UTC's.
    assert with_positive("2022-06-01").against
    assert with_positive("2022-05-31").way == "vaccinated"
    assert with_positive(NOW, days=0).way == "vaccinated"


@pytest.mark.parametrize(
    ("days_ago", "word"), [(-1, "recovery_future"), (0, "recovery_too_recent"), (10, "recovery_too_recent")]
)
def test_the_positive_test_behind_a_young_recovery_is_a_positive_test(days_ago: int, word: str) -> None:
    young = recovered((date(2022, 6, 15) - days_ago * DAY).isoformat())
    for beside in (dose(), swab(), health("green")):
        assert asked(young, beside, itinerary("green")) == Judged(shortfalls=(word,), against=True)
    assert asked(young, dose(), site=replace(SITE, edition=1)).way == "vaccinated"
    assert asked(young, dose(), site=replace(SITE, positive_days=0)).way == "vaccinated"


def test_a_recovery_rules_nobody_out_once_its_own_day_and_the_eleventh_have_come() -> None:
    on = (date(2022, 6, 15) - 11 * DAY).isoformat()
    assert asked(recovered(on), dose()).way == "vaccinated"
    facts = {Fact.RECOVERY_DATE: on, Fact.RECOVERY_FROM: "2022-06-16"}
    assert asked(shown(Carrier.HC1, facts), dose()).shortfalls == ("recovery_too_recent",)
    facts[Fact.RECOVERY_FROM] = "2022-06-15"
    assert asked(shown(Carrier.HC1, facts), dose()).way == "vaccinated"
    assert asked(recovered(on, clock=ClockQuality.UNSET)).shortfalls == ("clock_unset",)


def typed(question: str, value: str) -> Evidence:
    return Evidence(Instant(0, micros(NOW)), "card", Answer(question, value, "card", personal=True))


@pytest.mark.parametrize(
    ("told", "answers", "is_another"),
    [
        ({"name": "王*明"}, {"name": "李小明"}, True),
        ({"name": "王*明"}, {"name": "王小明"}, False),
        ({"name": "WANG XIAOMING"}, {"name": "李小明"}, False),
        ({"name": "Erika Mustermann"}, {"name": "Mustermann, Erika Maria"}, False),
        ({"id_number": "1101**********0011"}, {"id_number": "110101199003070011"}, False),
        ({"id_number": "1101**********0011"}, {"id_number": "110101199001020010"}, True),
        ({"id_number": "L01X00T47"}, {"id_number": "110101199003070011"}, False),
        ({"phone": "138****1234"}, {"phone": "13900001234"}, True),
        ({"phone": "138****1234"}, {"phone": "无"}, False),
        # Somebody may have two telephones.
        ({"phone": "138****1234", "name": "王*明"}, {"phone": "13900001234", "name": "王小明"}, False),
        ({"name": "王*明"}, {}, False),
    ],
)
@pytest.mark.parametrize("carrier", [Carrier.CHINA_HEALTH, Carrier.GATEPOST_PASS, Carrier.HC1])
def test_the_code_of_somebody_else_than_the_card_lets_nobody_in(
    carrier: Carrier, told: dict[str, Any], answers: dict[str, str], *, is_another: bool
) -> None:
    code = shown(carrier, {Fact.COLOUR: "green"}, **told)
    given_before = [typed(*answer) for answer in answers.items()]
    for evidence in ([*given_before, code], [code, *given_before]):
        found = judge(SITE, evidence, [*ALL, Carrier.GATEPOST_PASS], "visitor")
        assert ("other_person" in found.shortfalls) is found.against is is_another
        assert not judge(replace(SITE, edition=1), evidence, ALL, "visitor").against


def test_what_is_corrected_or_is_nobodys_name_is_not_compared_with_a_code() -> None:
    code = health("green", name="王*明")
    assert not asked(typed("name", "李小明"), typed("name", "王小明"), code).against
    visited = Evidence(Instant(0, micros(NOW)), "page", Answer("name", "李小明", "door1"))
    assert not asked(visited, code).against
    assert not asked(typed("whom", "李小明"), code).against
    stray = health("green", name="王*明", verdict=CodeVerdict.UNVERIFIED)
    assert not asked(typed("name", "李小明"), stray).against


def test_a_vaccine_pass_is_enough_only_where_the_site_says_so() -> None:
    nz = shown(Carrier.NZCP, {})
    assert asked(nz).way is None
    assert asked(nz, site=only(Way("pass", vaccine_pass=True))).way == "pass"
    assert asked(dose(), site=only(Way("pass", vaccine_pass=True))).shortfalls == ("needs_vaccine_pass",)
    assert judge(replace(SITE, edition=1), [nz], ALL, "visitor") == Judged()


def test_red_stays_red_when_another_code_is_green() -> None:
    red = health("red", holder="china_health:a")
    for later in (health("green", holder="china_health:b"), itinerary("green"), dose(), swab()):
        assert asked(red, itinerary("green"), later).shortfalls == ("health_red",)
        assert asked(later, itinerary("green"), red).against


def test_the_platform_takes_back_what_it_said_of_the_same_person_only() -> None:
    green = [itinerary("green")]
    assert asked(health("red", holder="a"), health("green", holder="a"), *green).way == "green"
    assert asked(health("green", holder="a"), health("red", holder="a"), *green).against
    assert asked(health("yellow", holder="a"), health("green", holder="a"), *green).way == "green"
    assert asked(health("yellow", holder="a"), health("green", holder="b"), *green).shortfalls == (
        "health_yellow",
    )


@pytest.mark.parametrize("verdict", [CodeVerdict.UNVERIFIED, CodeVerdict.EXPIRED])
def test_a_red_screenshot_is_red_and_a_green_one_is_nothing(verdict: CodeVerdict) -> None:
    old: dict[str, Any] = {"verdict": verdict, "reason": "code_stale"}
    assert asked(health("red", holder="a", **old), health("green", holder="b"), itinerary("green")).against
    assert asked(health("green", **old), itinerary("green")).shortfalls == ("needs_health",)
    # Nor does an old green of somebody take their red back.
    assert asked(health("red", holder="a"), health("green", holder="a", **old)).against


def test_an_old_green_is_no_green_once_a_newer_code_has_no_answer() -> None:
    evidence = [health("green", holder="a"), itinerary("green"), unanswered("b")]
    assert asked(*evidence).shortfalls == ("needs_health",)
    assert asked(*evidence, health("green", holder="b")).way == "green"


def test_nobody_is_let_in_while_a_platform_is_asked_about_a_code_that_was_shown() -> None:
    mine, friends = unanswered("mine", "ask_platform"), health("green", holder="friend")
    waiting = Judged(shortfalls=("needs_answer",), waits=True, asks=True)
    assert asked(mine, friends, itinerary("green")) == waiting
    assert asked(mine, dose()) == waiting
    # That the platform is silent of the first code says nothing of the second, whose answer is here.
    assert asked(mine, friends, itinerary("green"), unanswered("mine")).way == "green"
    assert asked(friends, mine, itinerary("green"), unanswered("mine")).way is None
    answered_red = shown(Carrier.CHINA_HEALTH, {Fact.COLOUR: "red"}, holder="me", code_digest="mine")
    assert asked(mine, friends, itinerary("green"), answered_red).against
    answered = shown(Carrier.CHINA_HEALTH, {Fact.COLOUR: "green"}, holder="me", code_digest="mine")
    assert asked(mine, friends, itinerary("green"), answered).way == "green"


@pytest.mark.parametrize(
    "late",
    [
        unanswered("old"),
        unanswered("old", "platform_not_found"),
        health("green", holder="other", code_digest="old", verdict=CodeVerdict.EXPIRED),
    ],
    ids=["silent", "not found", "expired"],
)
def test_a_late_word_about_a_code_shown_first_takes_nothing_from_the_one_shown_after_it(
    late: Evidence,
) -> None:
    old, live = unanswered("old", "ask_platform"), health("green", holder="me", code_digest="new")
    assert asked(old, live, itinerary("green"), late).way == "green"
    # Before, the newest word counted; what was decided so stays so.
    assert asked(old, live, itinerary("green"), late, site=replace(SITE, edition=1)).way is None


def test_a_late_green_of_a_code_shown_first_does_not_speak_for_the_one_shown_after_it() -> None:
    old, live = unanswered("old", "ask_platform"), unanswered("new")
    late = health("green", holder="me", code_digest="old")
    assert asked(old, live, itinerary("green"), late).shortfalls == ("needs_health",)


@pytest.mark.parametrize("bad", [health("red", code_digest="old"), swab(result=Result.POSITIVE)])
def test_a_late_red_is_red_whatever_was_shown_since(bad: Evidence) -> None:
    old, live = unanswered("old", "ask_platform"), health("green", holder="me", code_digest="new")
    assert asked(old, live, itinerary("green"), bad).against


def test_a_late_green_of_a_code_shown_first_takes_no_red_of_the_same_person_back() -> None:
    shows = unanswered("old", "ask_platform"), health("red", holder="me", code_digest="new")
    late = health("green", holder="me", code_digest="old")
    assert asked(*shows, itinerary("green"), late).against
    refreshed = health("green", holder="me", code_digest="newest")
    assert asked(*shows, itinerary("green"), late, refreshed).way == "green"


DIGESTS = st.sampled_from(["a", "b", "c"])
SPOKEN = st.one_of(
    st.builds(lambda key: health("green", holder=f"of {key}", code_digest=key), DIGESTS),
    st.builds(
        unanswered, DIGESTS, st.sampled_from(["ask_platform", "platform_silent", "platform_not_found"])
    ),
)


@given(st.lists(SPOKEN, min_size=1, max_size=8))
def test_of_several_codes_the_one_first_shown_last_decides_by_its_last_word(words: list[Evidence]) -> None:
    told = asked(*words, site=only(Way("green", health=GREEN)))
    keys = [piece.item.personal["code_digest"] for piece in words if isinstance(piece.item, Code)]
    live = list(dict.fromkeys(keys))[-1]
    last = {key: piece.item for key, piece in zip(keys, words, strict=True) if isinstance(piece.item, Code)}
    asking = any(code.reason == "ask_platform" for code in last.values())
    assert (told.way == "green") is (last[live].verdict is CodeVerdict.VALID and not asking)


@pytest.mark.parametrize(("age_s", "against"), [("", False), ("5", False), ("600", True), ("x", False)])
def test_an_answer_kept_from_before_the_red_one_does_not_take_it_back(age_s: str, *, against: bool) -> None:
    red = health("red", holder="me", code_digest="new")
    told = {Fact.COLOUR: "green", Fact.ANSWER_AGE_S: age_s}
    green = shown(Carrier.CHINA_HEALTH, told, holder="me", code_digest="old", at=NOW + timedelta(seconds=10))
    assert asked(red, green, itinerary("green")).against is against
    assert not asked(red, green, itinerary("green"), site=replace(SITE, edition=1)).against


def test_pieces_stamped_out_of_order_do_not_end_the_waiting_for_a_platform() -> None:
    asking, earlier = unanswered("mine", "ask_platform"), timedelta(seconds=2)
    stamped_before = itinerary("green", at=NOW - earlier)
    assert asked(asking, stamped_before).asks
    assert asked(stamped_before, asking).asks
    # After a restart of the machine its clock begins anew, and nobody goes on asking.
    assert not asked(asking, itinerary("green", at=NOW - HOUR)).asks
    # So it was before: such a journal is decided as it was.
    assert not asked(asking, stamped_before, site=replace(SITE, edition=1)).asks


def test_a_platform_asked_about_a_code_this_step_does_not_read_holds_nobody_up() -> None:
    asking = unanswered("mine", "ask_platform")
    assert judge(SITE, [asking, dose()], [Carrier.HC1], "visitor").way == "vaccinated"


def test_an_itinerary_told_with_the_health_code_does_not_hide_the_itinerary_code() -> None:
    both = shown(Carrier.CHINA_HEALTH, {Fact.COLOUR: "green", Fact.ITINERARY: "green"})
    assert asked(both).way == "green"
    assert asked(itinerary("yellow"), both).shortfalls == ("itinerary_yellow",)


@pytest.mark.parametrize("word", ["blue", "GREEN", "绿码", " green", "Green", "0", "1"])
def test_an_unknown_colour_is_never_accepted(word: str) -> None:
    assert asked(health(word), itinerary("green")).shortfalls == ("health_unknown",)
    assert asked(health("green"), itinerary(word)).shortfalls == ("itinerary_unknown",)


def test_red_is_never_accepted_whatever_the_rules_say() -> None:
    careless = only(Way("any", health=tuple(Colour)), never=())
    assert asked(health("yellow"), site=careless).way == "any"
    assert asked(health("red"), site=careless) == Judged(shortfalls=("health_red",), against=True)


def test_nothing_is_accepted_where_nothing_is_ruled() -> None:
    for evidence in ([health("green"), itinerary("green")], [dose()], [swab()], [recovered()]):
        assert asked(*evidence, site=NOTHING) == Judged(shortfalls=("no_rules",))
        assert asked(*evidence, site=only(Way("empty"))).way is None


def test_answers_and_other_codes_say_nothing_about_health() -> None:
    answer = Evidence(Instant(0, micros(NOW)), "page", Answer("colour", "green", "door1"))
    ours = shown(Carrier.GATEPOST_PASS, {Fact.COLOUR: "green", Fact.CATEGORY: "resident"})
    assert asked(answer, ours) == Judged()


# Doses


@pytest.mark.parametrize(
    ("doses", "needed", "short"),
    [
        ("1", "2", ("doses_missing",)),
        ("2", "2", ()),
        ("1", "1", ()),
        ("2", "1", ()),
        ("3", "3", ()),
        ("3", "2", ()),
        ("2", "3", ("doses_missing",)),
        ("0", "0", ("course_unknown",)),
        ("0", "1", ("doses_missing",)),
        ("2", "", ("course_unknown",)),
        ("2", "0", ("course_unknown",)),
        ("two", "2", ("doses_missing",)),
        ("-2", "2", ("doses_missing",)),
        ("２", "２", ("course_unknown",)),
        ("9999", "2", ("doses_missing",)),
    ],
)
def test_the_whole_course_is_as_many_doses_as_it_has(doses: str, needed: str, short: tuple[str, ...]) -> None:
    assert asked(dose(doses, needed), site=only(VACCINATED)).shortfalls == short


@pytest.mark.parametrize(
    ("doses", "enough"), [("1", False), ("2", True), ("3", True), ("0", False), ("", False)]
)
def test_a_number_of_doses_is_a_number_whatever_the_course_has(doses: str, enough: bool) -> None:
    site = only(Way("two", vaccination=Vaccination(doses=2)))
    for needed in ("1", "2", "3", ""):
        assert (asked(dose(doses, needed), site=site).way == "two") is enough


@pytest.mark.parametrize(
    ("doses", "needed", "is_booster"),
    [
        ("2", "2", False),
        ("1", "1", False),
        ("2", "1", True),
        ("3", "3", True),
        ("3", "2", True),
        ("4", "4", True),
    ],
)
def test_a_booster_counts_from_its_day_and_a_course_after_two_weeks(
    doses: str, needed: str, is_booster: bool
) -> None:
    told = asked(dose(doses, needed, "2022-06-15"), site=only(VACCINATED))
    assert told.shortfalls == (() if is_booster else ("dose_too_recent",))
    same_days = only(Way("same", vaccination=Vaccination(days=(14, 270))))
    assert asked(dose(doses, needed, "2022-06-15"), site=same_days).shortfalls == ("dose_too_recent",)


def test_a_booster_ages_by_its_own_days() -> None:
    site = only(Way("eu", vaccination=Vaccination(days=(14, 270), booster_days=(0, None))))
    assert asked(dose("3", "3", "2020-12-27"), site=site).way == "eu"
    assert asked(dose("2", "2", "2020-12-27"), site=site).shortfalls == ("dose_too_old",)


# Days and hours at their edges


def test_days_begin_at_midnight_on_the_wall() -> None:
    # The fourteenth day after the first of June begins at 16:00 UTC of the day before, in China.
    begins = datetime(2022, 6, 14, 16, 0, tzinfo=UTC)
    for at, short in ((begins, ()), (begins - timedelta(microseconds=1), ("dose_too_recent",))):
        certificate = dose(on="2022-06-01", at=at)
        assert asked(certificate, site=only(VACCINATED)).shortfalls == short
    in_london = replace(only(VACCINATED), utc_offset_s=0)
    assert asked(dose(on="2022-06-01", at=begins), site=in_london).shortfalls == ("dose_too_recent",)


@pytest.mark.parametrize(("days", "age"), [((14, 270), 13), ((14, 270), 271)])
def test_the_first_and_the_last_day_still_count(days: Days, age: int) -> None:
    site = only(Way("v", vaccination=Vaccination(days=days)))
    today = date(2022, 6, 15)
    inside = 14 if age < 14 else 270
    assert asked(dose(on=(today - inside * DAY).isoformat()), site=site).way == "v"
    assert asked(dose(on=(today - age * DAY).isoformat()), site=site).way is None


@pytest.mark.parametrize("hours", [24, 48, 72])
def test_a_test_counts_until_the_hour_is_full_and_no_longer(hours: int) -> None:
    site = only(Way("t", test=Test(hours)))
    assert asked(swab(NOW - hours * HOUR), site=site).way == "t"
    assert asked(swab(NOW - hours * HOUR - timedelta(microseconds=1)), site=site).shortfalls == (
        "test_too_old",
    )


@pytest.mark.parametrize("hours", [24, 48, 72])
def test_the_same_moment_counts_in_whatever_zone_it_is_written(hours: int) -> None:
    site = only(Way("t", test=Test(hours)))
    taken = NOW - hours * HOUR
    for zone in (
        timedelta(hours=8),
        timedelta(hours=-12),
        timedelta(hours=14),
        timedelta(hours=5, minutes=45),
    ):
        local = (taken + zone).replace(tzinfo=None)
        sign, east = ("-", -zone) if zone < timedelta() else ("+", zone)
        minutes = east // timedelta(minutes=1)
        text = f"{local.isoformat()}{sign}{minutes // 60:02}:{minutes % 60:02}"
        assert asked(swab(text), site=site).way == "t"
    # Without a zone it is the clock on the gate's wall.
    wall = (taken + timedelta(hours=8)).replace(tzinfo=None)
    assert asked(swab(wall.isoformat()), site=site).way == "t"
    assert asked(swab((wall - timedelta(seconds=1)).isoformat()), site=site).way is None


def test_of_a_day_alone_the_beginning_counts() -> None:
    site = only(Way("t", test=Test(48)))
    assert asked(swab("2022-06-14"), site=site).way == "t"  # 36 hours ago at noon
    assert asked(swab("2022-06-13"), site=site).shortfalls == ("test_too_old",)  # 60 hours ago


def test_what_lies_in_the_future_is_not_accepted() -> None:
    assert asked(swab(NOW + HOUR)).way == "tested"  # clocks differ
    assert asked(swab(NOW + HOUR + timedelta(seconds=1))).shortfalls == ("test_future",)
    assert asked(dose(on="2022-06-16")).shortfalls == ("dose_future",)
    assert asked(dose("3", "3", "2022-06-16")).shortfalls == ("dose_future",)
    assert asked(recovered("2022-06-16")).shortfalls == ("recovery_future",)


def test_days_are_counted_right_over_a_change_to_summer_time() -> None:
    change = micros(datetime(2022, 3, 27, 1, 0, tzinfo=UTC))
    vienna = Calendar(3600, ((change, 7200),))
    assert vienna.day(micros(datetime(2022, 3, 26, 22, 59, 59, tzinfo=UTC))) == date(2022, 3, 26)
    assert vienna.day(micros(datetime(2022, 3, 26, 23, 0, tzinfo=UTC))) == date(2022, 3, 27)
    assert vienna.day(micros(datetime(2022, 3, 27, 21, 59, 59, tzinfo=UTC))) == date(2022, 3, 27)
    assert vienna.day(micros(datetime(2022, 3, 27, 22, 0, tzinfo=UTC))) == date(2022, 3, 28)
    assert vienna.moment_us("2022-03-27T01:59:59") == change - 1_000_000
    assert vienna.moment_us("2022-03-27T03:00:00") == change
    # A test of 24 hours across the night that has 23.
    site = replace(only(Way("t", test=Test(24))), utc_offset_s=3600, changes=vienna.changes)
    read = datetime(2022, 3, 27, 10, 0, tzinfo=UTC)  # noon, summer time
    assert asked(swab("2022-03-26T11:00:00", at=read), site=site).way == "t"
    assert asked(swab("2022-03-26T10:59:59", at=read), site=site).way is None


def test_a_gate_that_does_not_know_the_time_judges_no_age() -> None:
    unset: dict[str, Any] = {"clock": ClockQuality.UNSET}
    for evidence in (dose(**unset), swab(**unset), recovered(**unset)):
        assert asked(evidence).shortfalls == ("clock_unset",)
    assert asked(health("green", **unset), itinerary("green", **unset)).way == "green"
    assert asked(dose(), swab(NOW - 99 * DAY, Result.POSITIVE, **unset)).against
    dated = only(replace(BOTH_GREEN, from_day=date(2000, 1, 1)))
    assert asked(health("green", **unset), itinerary("green"), site=dated).shortfalls == ("not_in_force",)


def test_a_way_is_in_force_from_its_first_day_to_its_last() -> None:
    begins, ends = datetime(2022, 5, 31, 16, 0, tzinfo=UTC), datetime(2022, 6, 30, 16, 0, tzinfo=UTC)
    site = only(replace(TESTED, from_day=date(2022, 6, 1), until_day=date(2022, 6, 30)))

    def tested(at: datetime) -> Judged:
        return asked(swab(at - HOUR, at=at), site=site)

    moment = timedelta(microseconds=1)
    assert [tested(at).way for at in (begins, ends - moment)] == ["tested", "tested"]
    assert [tested(at).shortfalls for at in (begins - moment, ends)] == [("not_in_force",)] * 2
    later = replace(RECOVERED, until_day=date(2022, 1, 1))
    assert asked(swab(NOW - 90 * HOUR), site=replace(SITE, ways=(later, TESTED))).shortfalls == (
        "test_too_old",
    )


# The EU's own rules


def test_the_eu_rules_are_asked_of_eu_certificates_only() -> None:
    site = only(Way("eu", eu_rules=True))

    def ruled(said: str, carrier: Carrier = Carrier.HC1) -> Judged:
        return asked(shown(carrier, {Fact.EU_RULES: said}), site=site)

    assert ruled("passed").way == "eu"
    assert ruled("failed").shortfalls == ("eu_rules_failed",)
    for other in ("open", "", "PASSED", "maybe"):
        assert ruled(other) == Judged(shortfalls=("eu_rules_open",))
    assert ruled("passed", Carrier.SHC) == Judged(shortfalls=("needs_eu_rules",), waits=True)


# What is said


def test_a_code_that_is_missing_is_asked_for_and_nobody_is_refused_yet() -> None:
    assert asked(health("green")) == Judged(shortfalls=("needs_itinerary",), waits=True)
    assert asked(itinerary("green")) == Judged(shortfalls=("needs_health",), waits=True)
    assert asked() == Judged()


def test_why_a_code_was_not_enough_is_told_before_what_else_could_be_shown() -> None:
    assert asked(dose("1")) == Judged(shortfalls=("doses_missing",))
    assert asked(swab(NOW - 90 * HOUR, kind=TestKind.ANTIGEN)).shortfalls == ("test_kind", "test_too_old")
    assert asked(health("yellow")).shortfalls == ("health_yellow", "needs_itinerary")
    assert asked(dose("1"), health("green")) == Judged(shortfalls=("needs_itinerary",), waits=True)
    no_tests = replace(SITE, ways=(BOTH_GREEN, VACCINATED))
    assert asked(swab(), site=no_tests) == Judged(shortfalls=("needs_vaccination",), waits=True)


def everything() -> Iterator[Evidence]:
    """Yield one code for every state of every fact a condition looks at."""
    unset: dict[str, Any] = {"clock": ClockQuality.UNSET}
    for colour in (*Colour, "blue"):
        yield health(colour)
        yield itinerary(colour)
    for doses, needed, on in product(
        ("1", "2"), ("2", ""), ("2022-06-14", "2022-05-01", "2000-01-01", "2030-01-01", "x")
    ):
        yield dose(doses, needed, on)
    for taken, result, kind in product((NOW, NOW - 9 * DAY, NOW + DAY), Result, TestKind):
        yield swab(taken, result, kind)
        yield swab("x", result, kind)
    for on in ("2022-06-14", "2022-05-01", "2000-01-01", "2030-01-01", "x"):
        yield recovered(on)
    for said in ("passed", "failed", "open"):
        yield shown(Carrier.HC1, {Fact.EU_RULES: said})
    yield dose(**unset)
    yield dose(birth_date="1979-04-14")
    yield dose(birth_date="1980-04-14")
    yield unanswered("a", "ask_platform")
    yield shown(Carrier.NZCP, {})
    yield health("green", name="王*明")
    yield typed("name", "李小明")


EVERYTHING = list(everything())
WAYS = (
    Way("empty"),
    BOTH_GREEN,
    Way("yellow", health=(Colour.YELLOW,)),
    Way("orange", itinerary=(Colour.ORANGE,)),
    VACCINATED,
    TESTED,
    RECOVERED,
    Way("eu", eu_rules=True),
    Way("pass", vaccine_pass=True),
    replace(TESTED, until_day=date(2000, 1, 1)),
)


def emitted() -> set[str]:
    """Return every word the judge says about all of them alone, in pairs, and by every way alone."""
    sites = [NOTHING, SITE, *(only(way) for way in WAYS)]
    shows = [[one] for one in EVERYTHING]
    shows += [
        [one, other]
        for one in EVERYTHING
        for other in (dose(birth_date="1979-04-14"), swab(), health("green"), health("green", name="王*明"))
    ]
    return {word for site in sites for evidence in shows for word in asked(*evidence, site=site).shortfalls}


def test_every_word_has_its_sentence_and_every_sentence_its_word() -> None:
    # Whether two codes are of one person is looked at by the step that asks for both.
    assert emitted() | {"needs_same_person"} == set(SHORTFALLS)
    assert all(words.en and words.zh for words in SHORTFALLS.values())


EVIDENCE = st.lists(
    st.builds(
        lambda carrier, facts, holder, verdict, clock, born, offset: shown(
            carrier,
            facts,
            holder=holder,
            verdict=verdict,
            clock=clock,
            at=NOW + timedelta(hours=offset),
            birth_date=born,
        ),
        st.sampled_from(ALL),
        st.dictionaries(
            st.sampled_from(Fact),
            st.sampled_from(
                [*Colour, *Result, *TestKind, "1", "2", "2022-06-01", "2022-06-14T08:00:00Z", "passed"]
            )
            | st.text(max_size=12),
        ),
        st.sampled_from(["a", "b"]),
        st.sampled_from(CodeVerdict),
        st.sampled_from(ClockQuality),
        st.sampled_from(["", "1979-04-14", "1980"]),
        st.integers(-10_000, 10_000),
    ),
    max_size=5,
)
SITES = st.builds(
    lambda ways, never, days: replace(SITE, ways=tuple(ways), never=tuple(never), positive_days=days),
    st.lists(st.sampled_from(WAYS), max_size=4),
    st.lists(st.sampled_from(Colour), max_size=3),
    st.integers(0, 30),
)


@given(EVIDENCE, SITES, st.sampled_from(["visitor", "worker", ""]))
def test_whatever_is_shown_the_answer_is_one_of_few(
    evidence: list[Evidence], site: Acceptance, category: str
) -> None:
    told = judge(site, evidence, ALL, category)
    assert set(told.shortfalls) <= set(SHORTFALLS)
    if told.way is not None:
        assert not told.shortfalls
        assert not told.against
        valid = [piece.item for piece in evidence if isinstance(piece.item, Code)]
        assert any(code.verdict is CodeVerdict.VALID for code in valid)
        newest = {(code.carrier, code.holder): code for code in valid if code.verdict is CodeVerdict.VALID}
        assert all(Colour.RED not in code.subject.values() for code in newest.values() if _is_colour(code))
    assert not (told.waits and told.against)


def _is_colour(code: Code) -> bool:
    colours = {code.subject.get(Fact.COLOUR), code.subject.get(Fact.ITINERARY)}
    return Colour.RED in colours and code.carrier in (Carrier.CHINA_HEALTH, Carrier.CHINA_ITINERARY)


GOOD = st.sampled_from(
    [
        health("green"),
        itinerary("green"),
        dose(),
        dose("3", "3", "2022-06-15"),
        dose("1"),
        dose("2", "2", "2019-01-01"),
        swab(),
        swab(NOW - 99 * HOUR),
        swab(kind=TestKind.ANTIGEN),
        swab(NOW - 99 * DAY, Result.POSITIVE),
        recovered(),
        recovered("2019-01-01"),
        shown(Carrier.HC1, {Fact.EU_RULES: "failed"}),
        shown(Carrier.HC1, {Fact.EU_RULES: "passed"}),
        shown(Carrier.GATEPOST_PASS, {Fact.CATEGORY: "resident"}),
        swab(verdict=CodeVerdict.INVALID),
    ]
)


@given(st.lists(GOOD, max_size=6), GOOD, st.integers(0, 6), SITES)
def test_more_evidence_never_turns_accepted_into_refused_unless_it_speaks_against(
    evidence: list[Evidence], one: Evidence, place: int, site: Acceptance
) -> None:
    before = asked(*evidence, site=site)
    after = asked(*evidence[:place], one, *evidence[place:], site=site)
    if before.way is not None:
        never = isinstance(one.item, Code) and set(one.item.subject.values()) & {*site.never}
        assert after.way is not None or never


@given(EVIDENCE)
def test_nothing_is_ever_accepted_by_an_empty_file(evidence: Sequence[Evidence]) -> None:
    assert judge(NOTHING, evidence, ALL, "visitor").way is None
    assert judge(only(Way("empty")), evidence, ALL, "visitor").way is None


@given(
    EVIDENCE,
    SITES,
    st.sampled_from([health("red", holder="c"), itinerary("red", holder="c")]),
    st.integers(0, 5),
)
def test_whoever_shows_red_is_against_whatever_else_they_show(
    evidence: list[Evidence], site: Acceptance, red: Evidence, place: int
) -> None:
    assert asked(*evidence[:place], red, *evidence[place:], site=site).against


@given(
    st.text(max_size=24) | st.datetimes().map(lambda at: at.isoformat()) | st.dates().map(str), st.booleans()
)
def test_any_text_is_a_moment_or_none(text: str, latest: bool) -> None:
    found = Calendar(EAST_8).moment_us(text, latest=latest)
    assert found is None or isinstance(found, int)
