"""A day of screening, counted from the bodies of rows: against a recount that shares no code with it."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge import wire
from edge.domain import rules
from edge.domain.by_level import ELSEWHERE
from edge.domain.healthy import Expected
from edge.domain.history import Usual, hinted
from edge.domain.model import (
    Answer,
    Code,
    Evidence,
    Grid,
    Measurement,
    Method,
    Passage,
    Quality,
    Rest,
    Stage,
)
from edge.domain.policy import Policy
from edge.domain.record import recorded
from edge.domain.screened import counted, range_of, screened
from tests.domain.people import at, procedure, resident

ABOUT = Expected("forehead", 34_900, 400, 100, 50)
# Half of 1000 healthy people stand out further than the one, 50 further than the other.
OVER_OUT = 1.6448536
# One number for both measurements, so that a recount by hand stays one.
PLAIN = Policy(surface_offset_mdegc=2_000, second_per_1000=None)
POLICIES = [PLAIN, replace(PLAIN, decides="level"), replace(PLAIN, decides="either", threshold_mdegc=37_000)]


def skin(surface: int, **more: Any) -> Measurement:
    """A reading of a forehead by the gate's own thermometer."""
    given_: dict[str, Any] = {
        "device": "thermometer",
        "method": Method.INFRARED,
        "surface_mdegc": surface,
        "ambient_mdegc": 22_000,
        "body_mdegc": surface + 2_000,
        "conversion": "offset/1:+2000",
        "frames": 5,
        "raws": (b"\xa4\x01",),
        "expected": ABOUT,
    }
    return Measurement(**(given_ | more))


def by_hand(body: int) -> Measurement:
    return Measurement("contact", Method.CONTACT, "axilla", body_mdegc=body, conversion="contact/1")


def body_of(policy: Policy, *items: Measurement | Answer | Code, rests: int = 0, ended: bool = True) -> Any:
    """Return the body of a passage's row, as it is read from the journal."""
    evidence = tuple(Evidence(at(index), "thermometer", item) for index, item in enumerate(items))
    ruled = rules.decide(procedure(), policy, evidence)
    passage = Passage(
        id=1,
        lane="in",
        direction="in",
        procedure="compound",
        procedure_version="v",
        policy_version=policy.version,
        opened=at(0),
        touched=at(9),
        evidence=evidence,
        stage=Stage.ENDED if ended else Stage.PARKED,
        rests=tuple(Rest(at(1), 1, "rest", "door1", 1, 1) for _ in range(rests)),
        decision=rules.nobody(ruled) if ended and ruled.outcome is None else ruled,
    )
    return json.loads(wire.canonical(recorded(procedure(), policy, passage)[0]))


surfaces = st.integers(30_000, 44_000) | st.integers(34_000, 36_500)
infrared = st.builds(
    lambda surface, quality, rested, outside, device: skin(
        surface,
        quality=quality,
        after_rest=rested,
        device=device,
        **({"body_mdegc": None, "conversion": "none:ambient", "ambient_mdegc": 12_000} if outside else {}),
    ),
    surfaces,
    st.sampled_from(
        [Quality.OK, Quality.OK, Quality.OK, Quality.TOO_LOW, Quality.UNSTEADY, Quality.TOO_HIGH]
    ),
    st.booleans(),
    st.integers(0, 5).map(lambda n: n == 0),
    st.sampled_from(["thermometer", "thermometer2"]),
)
array = st.just(Measurement("array", Method.INFRARED, surface_mdegc=35_000, grid=Grid(2, 2, 0, 100)))
contact = st.integers(33_000, 43_000).map(by_hand)
answers = st.just(Answer("mask", "on", "door1", False, "m1"))
people = st.lists(
    st.tuples(
        st.integers(0, len(POLICIES) - 1),
        st.lists(st.one_of(infrared, infrared, array, contact, answers), max_size=4),
        st.integers(0, 2),
        st.booleans(),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(people)
def test_a_day_counts_the_same_as_a_recount_by_hand(who: list[Any]) -> None:
    bodies = [
        (POLICIES[number], body_of(POLICIES[number], *items, rests=rests, ended=ended))
        for number, items, rests, ended in who
    ]
    known = {policy.version: policy for policy in POLICIES}
    day = counted(screened(body, known) for _, body in bodies)
    again = [recount(body, policy) for policy, body in bodies]
    assert day.passages == len(again)
    assert dict(day.first) == count(again, "first", ["measured", "too_low", "too_high", "unreliable", "none"])
    assert dict(day.over) == count(again, "over", ["legal", "level", "both"])
    assert dict(day.fates) == count(again, "fate", ["confirmed", "cleared", "without", "waiting"])
    assert day.alarms == sum(one["over"] is not None for one in again)
    assert [off for off, _ in day.offs] == [one["off"] for one in again if one["off"] is not None]
    assert [alarm for _, alarm in day.offs] == [
        one["over"] is not None for one in again if one["off"] is not None
    ]
    for name in ("told", "later", "outside", "legal", "level", "contact"):
        assert getattr(day, name) == sum(bool(one[name]) for one in again), name
    assert day.rests == sum(rests for _, _, rests, _ in who)
    assert day.rested == sum(rests > 0 for _, _, rests, _ in who)
    air = sorted(one["air"] for one in again if one["air"] is not None)
    assert day.ambient == (None if not air else range_of(air))
    if air:
        assert day.ambient is not None
        assert (day.ambient.low, day.ambient.high) == (air[0], air[-1])


def count(again: list[dict[str, Any]], name: str, words: list[str]) -> dict[str, int]:
    return {word: sum(one[name] == word for one in again) for word in words}


def recount(body: dict[str, Any], policy: Policy) -> dict[str, Any]:
    """Judge a body again with plain words; by the level only where one reading of a pool stands alone, as the
    rest is the business of `edge.domain.posterior`."""
    pieces = [p for p in body["evidence"] if p["t"] == "measurement" and "grid" not in p]
    said = [(p, legal_of(p, policy), level) for p, level in zip(pieces, levels(pieces, policy), strict=True)]
    counts = [(p, legal, level, counting(p, legal, level, policy)) for p, legal, level in said]
    infra = [one for one in counts if one[0]["method"] == "infrared"]
    alarm = next((one for one in counts if one[3] == "over"), None)
    measured = ("normal", "again", "over")
    first = "none"
    if infra:
        piece, _, _, now = infra[0]
        hot = piece["quality"] == "too_high" or piece["surface_mdegc"] > 42_500
        hot = hot or piece.get("body_mdegc", 0) > policy.too_high_mdegc
        first = "measured" if now in measured else now
        first = "too_high" if first == "unreliable" and hot else first
    told = any(one[3] in measured for one in counts)
    verdict = body["temperature"]["verdict"]
    fate = {"over": "confirmed", "normal": "cleared"}.get(
        verdict, "without" if body["stage"] == "ended" else "waiting"
    )
    skins = [p for p in pieces if usable(p) and p["device"] == infra[0][0]["device"]]
    before = counts if alarm is None else counts[: counts.index(alarm) + 1]
    return {
        "first": first,
        "told": told,
        "later": first not in ("measured", "none") and told,
        "over": None
        if alarm is None
        else "both"
        if (alarm[1], alarm[2]) == ("over", "over")
        else "legal"
        if alarm[1] == "over"
        else "level",
        "fate": fate if alarm else None,
        "legal": any(one[1] == "over" for one in before),
        "level": any(one[2] == "over" for one in before),
        "outside": bool(infra) and infra[0][0]["conversion"] == "none:ambient",
        "air": infra[0][0]["ambient_mdegc"] if infra else None,
        "off": skins[0]["surface_mdegc"] - 34_900 if skins else None,
        "contact": any(p["method"] == "contact" for p in pieces),
    }


def usable(piece: dict[str, Any]) -> bool:
    """Four deviations below the level nothing is skin any more."""
    if piece["method"] != "infrared" or piece["quality"] != "ok":
        return False
    return bool(34_900 - 4 * (400**2 + 100**2) ** 0.5 <= piece["surface_mdegc"] <= 42_500)


def legal_of(piece: dict[str, Any], policy: Policy) -> str:
    body = piece.get("body_mdegc")
    if body is None:
        return "unreliable"
    if piece["quality"] == "too_low" or body < 35_000:
        return "too_low"
    if piece["quality"] != "ok" or body > 42_500:
        return "unreliable"
    if piece["method"] == "infrared" and piece["surface_mdegc"] < 28_000:
        return "too_low"
    return "over" if body >= policy.threshold_mdegc else "normal"


def levels(pieces: list[dict[str, Any]], policy: Policy) -> list[str | None]:
    """Return what the level makes of each: of readings together by what the posterior says of them."""
    from edge.domain.posterior import Cuts, judge

    found: list[str | None] = []
    pools: dict[tuple[str, bool], list[int]] = {}
    rested = False
    for piece in pieces:
        rested = rested or piece["after_rest"]
        if piece["method"] != "infrared":
            found.append(None)
        elif piece["quality"] != "ok":
            found.append("too_low" if piece["quality"] == "too_low" else "unreliable")
        elif not usable(piece):
            found.append("unreliable" if piece["surface_mdegc"] > 42_500 else "too_low")
        else:
            pool = pools.setdefault((piece["device"], rested), [])
            pool.append(piece["surface_mdegc"])
            if len(pool) == 1:
                out = (pool[0] - 34_900) / (400**2 + 100**2) ** 0.5
            else:
                cuts = Cuts(again_per_1000=50)
                out = (
                    judge(pool, ABOUT, prevalence_ppm=policy.prevalence_ppm, cuts=cuts).out_milli or 0
                ) / 1000
            found.append("over" if round(out, 3) >= round(OVER_OUT, 3) else "normal")
    return found


def counting(piece: dict[str, Any], legal: str, level: str | None, policy: Policy) -> str:
    if policy.decides == "legal" or level is None:
        return legal
    if piece.get("body_mdegc") is None:
        return level
    if legal in ("too_low", "unreliable"):
        return legal
    if policy.decides == "either" and legal == "over":
        return legal
    return level


def test_an_alarm_says_over_which_line_it_was_and_what_became_of_it() -> None:
    policy = POLICIES[2]
    known = {policy.version: policy}
    warm, hot = skin(35_700, body_mdegc=36_600), skin(36_400)
    cases = [
        (body_of(policy, warm, by_hand(36_600)), ("level", "cleared")),
        (body_of(policy, hot, by_hand(38_000)), ("both", "confirmed")),
        (body_of(policy, skin(35_100)), ("legal", "without")),
        (body_of(policy, skin(35_100), rests=1, ended=False), ("legal", "waiting")),
        (body_of(policy, hot, skin(34_900, after_rest=True), rests=1), ("both", "cleared")),
    ]
    for body, expected in cases:
        one = screened(body, known)
        assert (one.over, one.fate) == expected
    day = counted(screened(body, known) for body, _ in cases)
    assert (day.alarms, day.told, day.alarms_per_1000) == (5, 5, 1000.0)
    assert (day.rests, day.rested, day.contact) == (2, 2, 2)


def test_whoever_was_measured_at_last_is_not_lost_among_those_who_were_not_at_first() -> None:
    policy = POLICIES[0]
    body = body_of(policy, skin(34_800, quality=Quality.UNSTEADY), skin(34_800))
    one = screened(body, {policy.version: policy})
    assert (one.first, one.later, one.off_mdegc, one.over) == ("unreliable", True, -100, None)


def test_marks_stand_where_a_single_reading_would_have_been_over() -> None:
    policy = POLICIES[0]
    one = screened(body_of(policy, skin(34_950)), {policy.version: policy})
    assert one.refers_mdegc is not None
    assert one.line_mdegc == 37_300 - 2_000 - 34_900
    for surface, is_over in ((34_900 + one.refers_mdegc + 2, True), (34_900 + one.refers_mdegc - 2, False)):
        assert screened(body_of(policy, skin(surface)), {policy.version: policy}).level is is_over
    for surface, is_over in ((34_900 + one.line_mdegc, True), (34_900 + one.line_mdegc - 1, False)):
        assert screened(body_of(policy, skin(surface)), {policy.version: policy}).legal is is_over


def test_a_row_whose_policy_is_not_known_is_counted_as_not_known_and_never_as_normal() -> None:
    one = screened(body_of(POLICIES[1], skin(36_900), rests=1), {})
    assert not one.known
    day = counted([one])
    assert (day.passages, day.unknown, day.told, day.first["measured"], day.rests) == (1, 1, 0, 0, 1)
    assert day.alarms_per_1000 is None


def test_rows_of_before_the_level_was_learned_are_judged_by_the_legal_line() -> None:
    policy = POLICIES[0]
    body = body_of(policy, skin(35_400, expected=None))
    for name in ("legal", "level"):
        body["temperature"].pop(name, None)
    one = screened(body, {policy.version: policy})
    assert (one.first, one.over, one.off_mdegc) == ("measured", "legal", None)


@pytest.mark.parametrize("rested", [True, False])
def test_what_a_rested_person_was_expected_to_show_tells_nothing_of_drift(rested: bool) -> None:
    policy = POLICIES[0]
    item = replace(skin(34_950), after_rest=rested)
    assert screened(body_of(policy, item), {policy.version: policy}).sure is not rested


def test_what_was_measured_after_the_alarm_is_none_that_a_line_alone_would_have_raised() -> None:
    policy = POLICIES[2]
    warm = skin(35_700, body_mdegc=36_600)
    one = screened(body_of(policy, warm, by_hand(38_000)), {policy.version: policy})
    assert (one.over, one.fate) == ("level", "confirmed")
    assert (one.legal, one.level) == (False, True)


def test_a_thermometer_is_not_told_what_another_or_a_wrist_showed() -> None:
    policy = POLICIES[1]
    known = {policy.version: policy}
    unsteady = skin(34_700, quality=Quality.UNSTEADY)
    about = Expected("forehead", 35_900, 420, 50, 200)
    other = skin(36_000, device="thermometer2", expected=about)
    wrist = replace(
        other,
        device="thermometer",
        site="wrist",
        body_mdegc=None,
        conversion=ELSEWHERE,
        expected=replace(about, place="wrist"),
    )
    for item in (other, wrist):
        one = screened(body_of(policy, unsteady, item), known)
        assert (one.device, one.first, one.later) == ("thermometer", "unreliable", True)
        assert (one.off_mdegc, one.level_mdegc, one.refers_mdegc, one.place) == (None, None, None, None)
    one = screened(body_of(policy, unsteady, other, skin(34_950)), known)
    assert (one.off_mdegc, one.level_mdegc, one.place) == (50, 34_900, "forehead")


@pytest.mark.parametrize(
    ("own", "surface", "contact", "line", "told"),
    [
        (-400, 35_450, 36_600, None, ("level", "cleared")),
        (-400, 35_450, 38_600, "legal", ("level", "confirmed")),
        (400, 35_590, None, "level", (None, None)),
        (400, 36_400, 36_600, "level", ("level", "cleared")),
    ],
)
def test_an_alarm_by_a_persons_own_history_is_what_the_row_says_it_was(
    own: int, surface: int, contact: int | None, line: str | None, told: tuple[str | None, str | None]
) -> None:
    """Their own level is sealed: by what is expected of anybody it would have been another verdict."""
    policy = POLICIES[1]
    about = hinted(ABOUT, Usual("forehead", 20, own, 0), 0)
    more = () if contact is None else (by_hand(contact),)
    stranger = body_of(policy, skin(surface, body_mdegc=36_600), *more)
    assert screened(stranger, {policy.version: policy}).over == line
    body = body_of(policy, resident(), skin(surface, body_mdegc=36_600, expected=about), *more)
    one = screened(body, {policy.version: policy})
    assert (one.over, one.fate) == told
    assert one.level is (told[0] is not None)
    assert one.off_mdegc == surface - 34_900
