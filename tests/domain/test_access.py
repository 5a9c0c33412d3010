"""Who may pass: every line of the rules, the hardest ruling, and what is missing."""

from dataclasses import replace
from pathlib import Path

import pytest

from edge import access
from edge.domain import lane, rules
from edge.domain.access import AccessRules, CategorySet, Override, Ruling, in_set
from edge.domain.circumstances import Circumstances
from edge.domain.errors import FormError
from edge.domain.events import CodeRead
from edge.domain.judging import hardest, judge
from edge.domain.known import Hit, Kin, Known, Place, Standing, Used
from edge.domain.lane_state import Note
from edge.domain.model import Answer, Evidence, Outcome
from edge.domain.policy import Policy
from edge.domain.registered import is_known, newest, person
from edge.domain.view import lane_view
from edge.signals import signal_of
from tests.domain.people import Walk, at, procedure, resident

ROOT = Path(__file__).resolve().parents[2]
RESIDENT = Known(
    "phone", Standing.FOUND, entry=7, category="resident", household=3, day="2020-02-14", minute=600
)
VISITOR = Known("phone", Standing.NONE, day="2020-02-14", minute=600)


def shipped(name: str = "usual", closure: str = "") -> AccessRules:
    path = access.find(name, ROOT)
    assert path is not None
    return access.parse(name, path.read_text("utf-8"), closure=closure)


def pieces(*items: Known | Answer) -> tuple[Evidence, ...]:
    return tuple(Evidence(at(1.0 + n), "scanner", item) for n, item in enumerate(items))


def reasons(
    given: AccessRules, *items: Known | Answer, direction: str = "in", complete: bool = False
) -> list[str]:
    around = Circumstances(direction=direction)
    return [finding.reason for finding in judge(given, pieces(*items), around, complete=complete)]


def purpose(value: str) -> Answer:
    return Answer("purpose", value, "door1")


def test_without_rules_nobody_is_asked_for_and_nothing_follows() -> None:
    assert reasons(AccessRules(), RESIDENT, complete=True) == []


def test_nobody_is_judged_by_class_before_they_were_named_or_every_step_is_done() -> None:
    closed = shipped(closure="closed")
    assert reasons(closed) == []
    assert reasons(closed, complete=True) == ["access_hold:closed"]


def test_a_place_that_was_told_before_a_name_says_nothing_of_the_class() -> None:
    place = Known(
        "itinerary", Standing.FOUND, register="regions", places=(Place("itinerary", "湖北", "listed", 1),)
    )
    assert reasons(shipped(), place) == []
    assert reasons(shipped(), place, VISITOR) == ["access_turn_back:origin"]


def test_the_first_line_that_fits_counts() -> None:
    assert reasons(shipped(closure="closed"), RESIDENT) == []
    assert reasons(shipped(closure="closed"), VISITOR) == ["access_hold:closed"]
    assert reasons(shipped(closure="closed"), VISITOR, purpose("emergency")) == []
    assert reasons(shipped(closure="closed"), VISITOR, purpose("courier")) == ["access_hold:closed"]
    assert reasons(shipped(closure="posts"), VISITOR, purpose("courier")) == []


def test_a_zone_a_vehicle_and_a_direction_are_conditions_of_a_line() -> None:
    text = shipped("residents_only").text + (
        '\n[[rule]]\nid = "key_zone"\ntitle = { zh_Hans = "重点区域", en = "Key zone" }\nthen = "hold"\n'
        'zones = ["key"]\nvehicle = true\ndirections = ["out"]\n'
    )
    # The new line stands last: let it be the only one.
    given = replace(access.parse("own", text), rules=access.parse("own", text).rules[-1:], levels=())
    there = replace(RESIDENT, zone="key")
    car = Circumstances(direction="out", vehicle=True)
    assert [f.reason for f in judge(given, pieces(there), car)] == ["access_hold:key_zone"]
    for other in (
        (there, Circumstances(direction="in", vehicle=True)),
        (there, Circumstances(direction="out")),
        (RESIDENT, car),
    ):
        assert judge(given, pieces(other[0]), other[1]) == ()


@pytest.mark.parametrize(
    ("minute", "held"), [(359, True), (360, False), (1319, False), (1320, True), (None, True)]
)
def test_a_line_that_lets_pass_holds_within_its_hours_and_not_without_a_clock(
    minute: int | None, held: bool
) -> None:
    text = shipped().text.replace(
        'people = ["resident", "tenant", "staff", "resumed_worker", "returnee"]',
        'people = ["resident"]\nhours = ["06:00-22:00"]',
    )
    given = access.parse("own", text, closure="closed")
    found = reasons(given, replace(RESIDENT, minute=minute))
    assert found == (["access_hold:closed"] if held else [])


def test_hours_may_go_past_midnight() -> None:
    text = shipped().text.replace('then = "pass"\npeople', 'then = "hold"\nhours = ["22:00-06:00"]\npeople')
    given = access.parse("own", text)
    assert [bool(reasons(given, replace(RESIDENT, minute=m))) for m in (1330, 10, 360, 700)] == [
        True, True, False, False,
    ]  # fmt: skip


def test_a_dated_set_counts_on_its_days_and_on_a_clock_nobody_believes() -> None:
    given = replace(
        shipped(),
        sets=tuple(
            CategorySet("four", {}, (name,), first, last)
            for name, first, last in (("a", "", "2020-03-31"), ("b", "2020-04-01", ""))
        ),
    )
    assert [in_set(given, "four", name, "2020-03-31") for name in ("a", "b")] == [True, False]
    assert [in_set(given, "four", name, "2020-04-01") for name in ("a", "b")] == [False, True]
    assert [in_set(given, "four", name, None) for name in ("a", "b", "c")] == [True, True, False]


def hit(watch: str, kin: Kin = Kin.SELF, *, over: bool = False) -> Known:
    return replace(RESIDENT, hits=(Hit("street", 1, watch, kin, over=over),))


@pytest.mark.parametrize(
    ("known", "direction", "found"),
    [
        (hit("isolated"), "out", ["watch_hold:isolated", "watch_alarm:isolated"]),
        (hit("isolated"), "in", ["watch_hold:isolated"]),
        (hit("isolated", over=True), "out", ["watch_hold:isolated", "watch_alarm:isolated"]),
        (hit("isolated", Kin.HOUSEHOLD), "in", ["watch_hold:isolated"]),
        (hit("observed", Kin.HOUSEHOLD), "in", []),
        (hit("contact"), "in", ["watch_refer:contact"]),
        (hit("suspected"), "in", ["watch_refer:suspected", "watch_alarm:suspected"]),
        (hit("recovered"), "in", ["watch_remind:recovered"]),
        (hit("recovered", over=True), "in", []),
        (hit("a_class_nobody_wrote_a_rule_for"), "in", ["watch_hold:a_class_nobody_wrote_a_rule_for"]),
    ],
)
def test_what_follows_from_an_entry_of_a_watch_list(known: Known, direction: str, found: list[str]) -> None:
    assert reasons(shipped(), known, direction=direction) == found


def test_whoever_only_delivers_to_an_isolated_household_passes_and_its_people_do_not() -> None:
    assert reasons(shipped(), hit("isolated", Kin.HOUSEHOLD), purpose("delivery")) == []
    assert reasons(shipped(), hit("isolated"), purpose("delivery")) == ["watch_hold:isolated"]


def test_a_register_that_could_not_be_read_holds() -> None:
    unread = Known("phone", Standing.UNREAD)
    assert reasons(shipped(), unread) == ["register_unread"]


def test_several_who_fit_hold_until_one_is_chosen() -> None:
    several = Known("phone_tail", Standing.SEVERAL, choices=(7, 8))
    assert reasons(shipped(closure="closed"), several) == ["register_several"]
    assert reasons(shipped(closure="closed"), several, RESIDENT) == []


def test_two_different_people_in_one_passage_do_not_fit() -> None:
    assert reasons(shipped(), RESIDENT, replace(RESIDENT, entry=8)) == ["register_mismatch:person"]


def test_a_face_that_is_not_the_photographs_holds_until_the_attendant_says_otherwise() -> None:
    def face(value: str) -> Answer:
        return Answer("roster_face", value, "door1")

    assert reasons(shipped(), RESIDENT, face("differs")) == ["register_mismatch:photograph"]
    assert reasons(shipped(), RESIDENT, face("differs"), face("fits")) == []
    assert not is_known(pieces(RESIDENT, face("differs")))
    assert is_known(pieces(RESIDENT, face("differs"), face("fits")))
    turned = replace(shipped(), mismatch=Ruling.TURN_BACK)
    found = judge(turned, pieces(RESIDENT, face("differs")), Circumstances())
    assert [(one.ruling, one.reason) for one in found] == [(Ruling.TURN_BACK, "register_mismatch:photograph")]


def test_what_was_told_otherwise_is_a_reason_of_its_own_for_each_field() -> None:
    found = reasons(shipped(), replace(RESIDENT, differs=("name", "plate")))
    assert found == ["register_mismatch:name", "register_mismatch:plate"]


def test_the_newest_word_on_one_person_counts() -> None:
    released = replace(hit("isolated"), hits=())
    assert reasons(shipped(), hit("isolated"), released) == []
    assert newest(pieces(hit("isolated"), released)) == (released,)


def test_a_person_found_and_not_contradicted_is_known() -> None:
    assert is_known(pieces(RESIDENT))
    assert not is_known(pieces(VISITOR))
    assert not is_known(pieces(replace(RESIDENT, differs=("room",))))
    assert not is_known(pieces(RESIDENT, replace(RESIDENT, entry=9)))
    assert person(pieces(VISITOR)) is None


def used(times: int | None, allowed: int | None = None, minute: int | None = 600) -> Known:
    return replace(RESIDENT, used=(Used("household_two_days", times, allowed),), minute=minute)


@pytest.mark.parametrize(
    ("known", "found"),
    [
        (used(0), []),
        (used(1), ["quota_used:household_two_days"]),
        (used(1, allowed=2), []),
        (used(0, allowed=0), ["quota_used:household_two_days"]),
        (used(None), ["quota_unknown:household_two_days"]),
        (used(0, minute=100), ["quota_hours:household_two_days"]),
    ],
)
def test_a_quota_is_used_up_by_its_number_its_hours_and_a_clock_nobody_believes(
    known: Known, found: list[str]
) -> None:
    assert reasons(shipped("residents_only"), known, purpose("shopping"), direction="out") == found
    assert reasons(shipped("residents_only"), known, direction="in") == []


@pytest.mark.parametrize(
    ("slip", "noticed"), [(None, False), ((3, 0), False), ((3, 2), False), ((3, 3), True), ((3, 4), True)]
)
def test_more_of_a_household_coming_back_than_went_out_is_noticed(
    slip: tuple[int, int] | None, noticed: bool
) -> None:
    found = reasons(shipped(), replace(RESIDENT, slip=slip))
    assert found == (["household_balance"] if noticed else [])
    assert reasons(shipped(), replace(RESIDENT, slip=slip), direction="out") == []


def test_what_is_due_is_a_reminder_that_keeps_nobody() -> None:
    found = judge(shipped(), pieces(replace(RESIDENT, due=("test",))), Circumstances("in"))
    assert [(f.ruling, f.reason) for f in found] == [(Ruling.REMIND, "due:test")]
    assert hardest(found) is Ruling.REMIND


def test_the_hardest_ruling_wins() -> None:
    order = [Ruling.PASS, Ruling.REMIND, Ruling.HOLD, Ruling.TURN_BACK, Ruling.REFER]
    from edge.domain.judging import Finding

    for n, ruling in enumerate(order):
        assert hardest([Finding(one, "x") for one in order[: n + 1]]) is ruling
    assert hardest([]) is Ruling.PASS


def test_what_a_site_leaves_to_a_manager_no_attendant_sets_aside() -> None:
    around = Circumstances(direction="in", access=shipped())
    given = procedure(), Policy(), pieces(hit("isolated"))
    with pytest.raises(FormError, match="only a manager"):
        rules.attend(*given, Outcome.ADMIT, by="door1", chosen="known", around=around)
    for outcome in (Outcome.TURN_BACK, Outcome.REFER, Outcome.ABANDONED):
        assert not rules.attend(*given, outcome, by="door1", chosen="known", around=around).override
    decision = rules.attend(*given, Outcome.ADMIT, by="boss", chosen="known", around=around, manager=True)
    assert (decision.override, decision.manager) == (True, True)
    softer = replace(
        shipped(), watches=tuple(replace(w, override=Override.ATTENDANT) for w in shipped().watches)
    )
    around = replace(around, access=softer)
    assert rules.attend(*given, Outcome.ADMIT, by="door1", chosen="known", around=around).override


def test_whoever_is_on_a_list_hears_and_sees_no_more_than_please_wait() -> None:
    walk = Walk("fast_lane")
    walk.spec = replace(walk.spec, access=shipped())
    walk.now += 0.1
    walk.event(CodeRead("in", "scanner", resident(), at(walk.now), (hit("contact"),)))
    assert walk.outcome is Outcome.REFER
    assert [(do.device, do.what) for do in walk.dos] == [("voice", "wait")]
    view = lane_view(walk.spec, walk.state, at(walk.now))
    assert view["last"]["hushed"] is True
    assert signal_of(view | {"writable": True}, at(walk.now).at_us) == "wait"
    assert view["card"]["known"][0]["personal"] == {}


def test_an_attempt_that_alarms_is_written_down_once_and_names_nobody() -> None:
    walk = Walk("fast_lane")
    walk.spec = replace(walk.spec, access=shipped(), direction="out")
    notes: list[Note] = []
    for n in range(3):
        walk.now += 5.0
        known = replace(hit("isolated"), personal={"name": "孙隔离"}, due=("test",) * n)
        result = lane.step(walk.spec, walk.state, CodeRead("in", "s", resident(), at(walk.now), (known,)))
        walk.state = result.state
        notes += result.notes
    assert [note.kind for note in notes] == ["access.alarmed"]
    assert notes[0].body["hits"] == [{"list": "street", "entry": 1, "watch": "isolated"}]
    assert "孙隔离" not in str(notes[0].body)
