"""What is usual for one person moves what is expected of them, a little, and only of whom it is known."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from edge.domain import lane
from edge.domain.events import CodeRead, LaneEvent, ReadingArrived
from edge.domain.healthy import Expected
from edge.domain.history import (
    BOUND_SPREADS,
    CLIP_SPREADS,
    FORGOTTEN_US,
    MOST_PEOPLE,
    MOST_VISITS,
    Regulars,
    Usual,
    after_visit,
    anybody,
    hinted,
    holder_of,
    of_anybody,
    with_visit,
)
from edge.domain.model import Code, CodeVerdict, Evidence, Measurement, ScreeningVerdict
from edge.domain.posterior import judge
from edge.domain.record import recorded, restored
from edge.domain.screening import find
from edge.domain.visits import Screener, Taken
from tests.domain.people import SECOND, Walk, at, reading, resident

FOREHEAD = Expected("forehead", 35_000, 420, 30, people=200)
DAY_US = 86_400 * SECOND
abouts = st.builds(
    Expected,
    st.just("forehead"),
    st.integers(30_000, 37_000),
    st.integers(100, 1_500),
    st.integers(0, 900),
)


def visited(about: Expected, readings: list[int]) -> Expected:
    """Return what is expected of somebody after these visits, a day apart."""
    usual: Usual | None = None
    for day, surface in enumerate(readings):
        usual = after_visit(hinted(about, usual, day * DAY_US), usual, surface, day * DAY_US)
    return hinted(about, usual, len(readings) * DAY_US)


@given(abouts, st.lists(st.integers(20_000, 45_000), max_size=30))
def test_no_history_moves_what_is_expected_by_more_than_its_bound(
    about: Expected, readings: list[int]
) -> None:
    known = visited(about, readings)
    assert known.level_mdegc == about.level_mdegc + known.own_mdegc
    assert abs(known.own_mdegc) <= BOUND_SPREADS * about.spread_mdegc + 1
    assert abs(known.usual_mdegc) <= CLIP_SPREADS * about.spread_mdegc + 1
    assert 0.7 * about.spread_mdegc - 1 <= known.spread_mdegc <= about.spread_mdegc
    assert known.visits == min(len(readings), MOST_VISITS)


def test_one_visit_says_less_than_ten() -> None:
    moved = [visited(FOREHEAD, [35_300] * visits).own_mdegc for visits in (0, 1, 3, 10)]
    assert moved == sorted(moved)
    assert moved[0] == 0 < moved[1] < moved[3] <= 210


def test_a_fever_stands_out_for_somebody_who_is_always_warm_and_a_warm_day_of_theirs_less() -> None:
    usual = visited(FOREHEAD, [35_400] * 20)
    assert judge([35_700] * 3, FOREHEAD).ppm > judge([35_700] * 3, usual).ppm
    assert judge([36_400] * 3, usual).verdict is ScreeningVerdict.OVER


def test_whoever_is_always_cool_is_found_sooner() -> None:
    usual = visited(FOREHEAD, [34_600] * 10)
    assert judge([35_150], FOREHEAD).verdict is ScreeningVerdict.NORMAL
    assert judge([35_150], usual).verdict is ScreeningVerdict.AGAIN


def test_a_fever_that_comes_slowly_is_found_all_the_same() -> None:
    # A tenth of a degree more each day; what is usual follows, and stops at its bound.
    readings = [35_000 + 100 * day for day in range(15)]
    assert judge([readings[-1]], visited(FOREHEAD, readings[:-1])).verdict is ScreeningVerdict.AGAIN


def test_another_place_and_a_fortnight_away_begin_anew() -> None:
    usual = Usual("wrist", 5, 300, 0)
    assert hinted(FOREHEAD, usual, DAY_US) is FOREHEAD
    usual = replace(usual, place="forehead")
    assert hinted(FOREHEAD, usual, FORGOTTEN_US).visits == 5
    assert hinted(FOREHEAD, usual, FORGOTTEN_US + 1) is FOREHEAD
    assert hinted(FOREHEAD, replace(usual, at_us=DAY_US), 0).visits == 5  # a clock set back


def test_no_more_people_are_remembered_than_there_is_room_for() -> None:
    regulars: Regulars = {str(number): Usual("forehead", 1, 0, number) for number in range(MOST_PEOPLE)}
    regulars = with_visit(regulars, "0", Usual("forehead", 2, 5, 9))
    regulars = with_visit(regulars, "new", Usual("forehead", 1, 0, 10))
    assert len(regulars) == MOST_PEOPLE
    assert "1" not in regulars
    assert regulars["0"].visits == 2


def test_only_one_proven_holder_is_somebody() -> None:
    def shown(*codes: Code) -> list[Evidence]:
        return [Evidence(at(0), "camera", code) for code in codes]

    assert holder_of(shown(resident())) == "pass:王小明"
    assert holder_of(shown(resident(verdict=CodeVerdict.EXPIRED))) is None
    assert holder_of(shown(resident(), resident("李四"))) is None
    assert holder_of(shown(resident(), resident("李四", CodeVerdict.UNKNOWN_ISSUER))) is None
    assert holder_of([]) is None


class Gate(Walk):
    """A lane where whoever has a resident's pass and no fever is let in."""

    def __init__(self) -> None:
        super().__init__("compound")
        self.spec = replace(self.spec, own_history=True)

    def event(self, event: LaneEvent) -> None:
        result = lane.step(self.spec, self.state, event)
        self.records.extend(result.records)
        self.state = result.state

    def visits(
        self, code: Code, surface_c: float, *, body_c: float = 36.9, code_first: bool = True
    ) -> Measurement:
        """Somebody shows a code and is measured, or the other way round; the passage is left to end."""
        self.wait(200)
        if code_first:
            self.event(CodeRead("in", "camera", code, at(self.now)))
        for _ in range(8):
            self.now += 0.1
            self.event(ReadingArrived("in", "t", reading(body_c, surface_c), at(self.now)))
        self.air()
        if not code_first:
            self.show(code)
        self.wait(200)
        return next(p.item for p in self.last.evidence if isinstance(p.item, Measurement))


def test_whoever_shows_a_pass_first_is_expected_to_read_as_they_always_do() -> None:
    gate = Gate()
    for number in range(20):
        gate.visits(resident(f"某{number}"), 35.0)
    for _ in range(4):
        gate.visits(resident(), 35.25)
    warm = gate.visits(resident(), 35.25).expected
    stranger = gate.visits(resident("李四"), 35.0).expected
    assert warm is not None
    assert stranger is not None
    assert (warm.visits, stranger.visits) == (4, 0)
    assert warm.own_mdegc > 50
    assert stranger.own_mdegc == 0


def test_a_name_that_comes_after_the_reading_changes_nothing_it_meant() -> None:
    gate = Gate()
    for _ in range(4):
        gate.visits(resident(), 35.4)
    late = gate.visits(resident(), 35.4, code_first=False).expected
    assert late is not None
    assert (late.visits, late.own_mdegc) == (0, 0)
    assert gate.state.regulars["pass:王小明"].visits == 4


def test_a_passage_over_the_threshold_is_nobodys_usual() -> None:
    gate = Gate()
    gate.visits(resident(), 35.2)
    known = gate.state.regulars
    gate.visits(resident(), 36.4, body_c=38.4)
    assert gate.state.regulars == known


def test_a_site_that_does_not_want_it_remembers_nobody() -> None:
    gate = Gate()
    gate.spec = replace(gate.spec, own_history=False)
    gate.visits(resident(), 35.2)
    assert gate.state.regulars == {}


def test_what_is_usual_for_a_person_is_sealed_in_the_row_and_comes_back_from_it() -> None:
    gate = Gate()
    for _ in range(3):
        gate.visits(resident(), 35.4)
    passage = gate.last
    body, sealed = recorded(gate.spec.procedure, gate.spec.policy, passage)
    (piece,) = (piece for piece in body["evidence"] if piece["t"] == "measurement")
    assert set(piece["expected"]) == {"place", "level_mdegc", "spread_mdegc", "doubt_mdegc", "people"}
    assert sealed["evidence"]["1"]["expected"]["visits"] == 2
    assert restored(body, sealed, lane="in", clock="synced").evidence == passage.evidence
    assert restored(body, None, lane="in", clock="synced").evidence[1] == of_anybody(passage.evidence)[1]
    gate.visits(resident("李四"), 35.0)
    _, sealed = recorded(gate.spec.procedure, gate.spec.policy, gate.last)
    assert "1" not in sealed["evidence"]


def test_a_row_that_has_it_all_in_the_open_still_tells_it() -> None:
    gate = Gate()
    for _ in range(3):
        gate.visits(resident(), 35.4)
    body, sealed = recorded(gate.spec.procedure, gate.spec.policy, gate.last)
    body["evidence"][1]["expected"] |= sealed["evidence"].pop("1")["expected"]
    assert restored(body, sealed, lane="in", clock="synced").evidence == gate.last.evidence


def test_the_open_body_of_a_regular_is_that_of_a_stranger() -> None:
    """Or what stands in it, being of the days before, would name them without any key."""
    gate = Gate()
    for _ in range(6):
        gate.visits(resident(), 35.4)
    passage = gate.last
    stranger = replace(passage, evidence=of_anybody(passage.evidence))
    assert stranger.evidence != passage.evidence
    body, _ = recorded(gate.spec.procedure, gate.spec.policy, passage)
    assert body == recorded(gate.spec.procedure, gate.spec.policy, stranger)[0]


@given(abouts, st.integers(1, MOST_VISITS), st.integers(-1_500, 1_500))
def test_what_was_expected_of_anybody_is_found_again(about: Expected, visits: int, off: int) -> None:
    usual = Usual("forehead", visits, off, 0)
    own = hinted(about, usual, 0)
    again = anybody(own)
    assert abs(again.spread_mdegc - about.spread_mdegc) <= 1
    assert replace(again, spread_mdegc=about.spread_mdegc) == about
    assert hinted(again, usual, 0).spread_mdegc == own.spread_mdegc


def test_what_a_row_says_of_earlier_days_teaches_nothing() -> None:
    """Days whose keys are destroyed do not come back with a later row that has them counted in."""
    about = hinted(FOREHEAD, Usual("forehead", 12, 312, 0), 1)
    assert after_visit(about, None, 35_100, 1) == Usual("forehead", 1, 100, 1)


def test_whoever_stays_away_too_long_is_forgotten_when_the_next_comes() -> None:
    regulars = with_visit({}, "away", Usual("forehead", 5, 300, 0))
    assert "away" in with_visit(regulars, "new", Usual("forehead", 1, 0, FORGOTTEN_US))
    assert "away" not in with_visit(regulars, "new", Usual("forehead", 1, 0, FORGOTTEN_US + 1))


def test_a_first_value_over_teaches_nobodys_usual_though_it_was_cleared() -> None:
    gate = Gate()
    gate.visits(resident(), 35.2)
    known = gate.state.regulars
    gate.show(resident())
    gate.stand(38.4, surface_c=36.4)
    gate.give(temperature_contact="36.5")
    gate.wait(200)
    finding = find(gate.last.evidence, gate.spec.policy)
    assert (finding.verdict, finding.first is None) == (ScreeningVerdict.NORMAL, False)
    assert gate.state.regulars == known


def test_a_replayed_file_knows_who_comes_again() -> None:
    screener = Screener(as_needed=False)
    for day in range(3):
        visit = screener.judge([Taken(day * DAY_US, "a", "forehead", 35_200, 22_000)])
    assert visit.about["forehead/"].visits == 2
    assert screener.judge([Taken(3 * DAY_US, "b", "forehead", 35_200, 22_000)]).about["forehead/"].visits == 0
