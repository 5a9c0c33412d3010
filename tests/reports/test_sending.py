"""The daily report: at its hour, every day, also with zeros, also late, once; corrected by a further one."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.domain.errors import FormError
from edge.domain.model import ClockQuality
from edge.journal import Journal, Look, Reader, Row, StoredRow
from edge.keeper import Keeper
from edge.registers.drafts import Order
from edge.reports.day import Days, starts_us
from edge.reports.figures import DISTINCT
from edge.reports.ledgers import Wish, ledger
from edge.reports.sending import MOST_DAYS, Known, Reports, Terms
from edge.reports.taking import Correction, Line
from edge.wire.received import body_fault
from tests.reports.busy import DAY_US, HOUR_US, SECOND_US, ZONE, BusyGate
from tests.reports.conftest import FIRST
from tests.reports.recount import Recount


def gone(keeper: Keeper) -> int:
    """Return how many keys the last purge destroyed."""
    return len(keeper.purged.keys)


@contextmanager
def refused(code: str) -> Iterator[None]:
    """Expect a refusal with this code."""
    with pytest.raises(FormError) as found:
        yield
    assert found.value.code == code


def rows(journal: Journal, kind: str = "report.daily") -> list[StoredRow]:
    with closing(journal.reader()) as reader:
        return reader.rows_after(0, 10_000, {kind})


def known(gate: BusyGate, day: date) -> Known:
    with closing(gate.journal.reader()) as reader:
        return gate.reports.known(reader, day)


def at(gate: BusyGate, day: date, minutes: int = 0) -> None:
    """Let it be this time of a local day."""
    gate.clocks.true_us = starts_us(day, ZONE) + minutes * 60 * SECOND_US


def test_a_day_is_reported_at_its_hour_and_not_before(journal: Journal, gate: BusyGate) -> None:
    gate._person()
    at(gate, FIRST + timedelta(days=1), 9)
    assert gate.report() == []
    at(gate, FIRST + timedelta(days=1), 10)
    assert len(gate.report()) == 1
    [row] = rows(journal)
    assert (row.body["day"], "late" in row.body) == (FIRST.isoformat(), False)
    assert row.body["figures"]["passes.persons"] == 1
    assert body_fault(row.kind, row.body) is None


def test_a_day_without_anybody_is_reported_with_zeros(journal: Journal, gate: BusyGate) -> None:
    at(gate, FIRST + timedelta(days=2), 10)
    gate.report()
    second = rows(journal)[1]
    assert second.body["day"] == (FIRST + timedelta(days=1)).isoformat()
    assert not any(second.body["figures"].values())


def test_a_lane_to_which_nobody_came_reports_zeros(journal: Journal, gate: BusyGate) -> None:
    gate._person()
    terms = Terms(ZONE, lanes=("nobody",))
    gate.reports = Reports(journal, terms, gate.clocks, lambda: None)
    at(gate, FIRST + timedelta(days=1), 10)
    gate.report()
    lanes = rows(journal)[0].body["lanes"]
    came = [lane for lane, figures in lanes.items() if any(figures.values())]
    assert "nobody" in lanes.keys() - set(came)
    assert len(came) == 1
    assert lanes["nobody"]["passes.persons"] == 0
    assert known(gate, FIRST).now.lanes["nobody"] == lanes["nobody"]


def test_after_an_outage_each_missing_day_has_its_own_report_marked_late(
    journal: Journal, gate: BusyGate
) -> None:
    gate.flush()
    at(gate, FIRST + timedelta(days=4), 30)
    gate.report()
    told = [(row.body["day"][-2:], row.body.get("late", False)) for row in rows(journal)]
    assert told == [("03", True), ("04", True), ("05", True), ("06", False)]
    assert rows(journal)[0].body["late_us"] == 3 * DAY_US + 20 * 60 * SECOND_US


def test_nothing_is_reported_by_a_clock_that_is_not_believed(journal: Journal, gate: BusyGate) -> None:
    gate.flush()
    at(gate, FIRST + timedelta(days=2), 30)
    gate.clocks.quality = ClockQuality.RESTORED
    assert gate.report() == []
    gate.clocks.quality = ClockQuality.MANUAL
    assert len(gate.report()) == 2


def test_between_two_reports_the_journal_is_left_alone(journal: Journal, gate: BusyGate) -> None:
    class Asked:
        """The journal, and how often somebody wanted to read it."""

        def __init__(self) -> None:
            self.asked = 0

        def compose(self, make: Callable[[Look], Sequence[Row]]) -> tuple[int, ...]:
            return journal.compose(make)

        def reader(self) -> Reader:
            self.asked += 1
            return journal.reader()

    asked = Asked()
    gate.reports = Reports(asked, gate.reports.terms, gate.clocks, lambda: None)
    gate._person()
    at(gate, FIRST + timedelta(days=1), 10)
    assert len(gate.report()) == 1
    looked = asked.asked
    at(gate, FIRST + timedelta(days=2), 9)
    assert gate.report() == []
    gate.clocks.quality = ClockQuality.RESTORED
    assert (gate.report(), asked.asked) == ([], looked)
    gate.clocks.quality = ClockQuality.SYNCED
    at(gate, FIRST + timedelta(days=2), 10)
    assert len(gate.report()) == 1


def test_no_day_has_two_reports_whoever_writes_them(journal: Journal, gate: BusyGate) -> None:
    gate.flush()
    at(gate, FIRST + timedelta(days=3), 30)
    threads = [threading.Thread(target=gate.reports.write_due) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert gate.report() == []
    assert len(rows(journal)) == 3


def test_a_report_that_is_late_and_not_there_is_told_of(gate: BusyGate) -> None:
    gate.flush()
    at(gate, FIRST + timedelta(days=1), 71)
    assert gate.reports.due() == [FIRST]
    assert gate.reports.missing() == ((FIRST,), "")
    gate.report()
    assert gate.reports.missing() == ((), "")


def test_a_clock_that_leapt_by_years_reports_nothing_until_a_day_has_passed(
    journal: Journal, gate: BusyGate
) -> None:
    at(gate, FIRST + timedelta(days=1), 30)
    gate.report()
    far = FIRST + timedelta(days=1 + MOST_DAYS + 1000)
    at(gate, far, 30)
    assert gate.report() == []
    assert gate.reports.missing()[1] == "clock_leapt"
    gate._corrected(0, ClockQuality.SYNCED)
    at(gate, far + timedelta(days=2), 30)
    assert [row.body["day"] for row in rows(journal)] == [FIRST.isoformat()]
    gate.report()
    assert [row.body["day"] for row in rows(journal)][1:] == [
        far.isoformat(),
        (far + timedelta(days=1)).isoformat(),
    ]


def test_a_corrected_passage_changes_the_corrected_report_and_never_the_sent_one(
    journal: Journal, gate: BusyGate
) -> None:
    for _ in range(5):
        gate._person(lane="in")
    gate.flush()
    at(gate, FIRST + timedelta(days=1), 20)
    gate.report()
    sent = rows(journal)[0]
    number = next(
        row.body["passage"] for row in rows(journal, "passage.decided") if row.body["outcome"] == "admit"
    )
    with refused("nothing_changed"):
        gate.reports.correct(FIRST, by="boss", command_id="early")
    taking = gate.reports.taking
    first = taking.correct(Order("c1", "boss"), number, Correction("wrong_direction", direction="out"))
    again = taking.correct(Order("c1", "boss"), number, Correction("wrong_direction", direction="out"))
    assert first == again
    with refused("command_reused"):
        taking.correct(Order("c1", "boss"), number, Correction("double", void=True))
    told = known(gate, FIRST)
    assert told.changed
    assert told.now.figures["out.persons"] == sent.body["figures"]["out.persons"] + 1
    assert told.now.figures["corrected"] == 1
    sequence = gate.reports.correct(FIRST, by="boss", command_id="k")
    assert gate.reports.correct(FIRST, by="boss", command_id="k") == sequence
    both = rows(journal)
    assert [row.body.get("corrects") for row in both] == [None, sent.seq]
    assert both[0].body == sent.body
    assert body_fault("report.daily", both[1].body) is None
    assert not known(gate, FIRST).changed
    with closing(journal.reader()) as reader:
        total = gate.reports.cumulative(reader, FIRST)
    assert total.as_sent == sent.body["figures"]
    assert total.corrected == both[1].body["figures"]
    assert total.changed == (FIRST,)


def test_a_passage_that_never_was_counts_no_more(journal: Journal, gate: BusyGate) -> None:
    gate._person()
    gate.flush()
    [row] = rows(journal, "passage.decided")
    gate.reports.taking.correct(Order("v", "boss"), row.body["passage"], Correction("test", void=True))
    told = known(gate, FIRST).now
    assert (told.figures["passes.persons"], told.figures["abandoned.persons"]) == (0, 0)


@pytest.mark.parametrize(
    "said",
    [
        Correction("because"),
        Correction("double"),
        Correction("double", outcome="gone"),
        Correction("", void=True),
    ],
)
def test_a_correction_says_why_and_what(gate: BusyGate, said: Correction) -> None:
    gate._person()
    gate.flush()
    with pytest.raises(FormError):
        gate.reports.taking.correct(Order("v", "boss"), 1, said)


def line(gate: BusyGate, **more: object) -> Line:
    found = {"written_us": gate.clocks.true_us - HOUR_US, "direction": "in", "outcome": "admit"}
    found |= {"personal": {"name": "李兰", "room": "1-1", "writer": "老周"}} | more
    return Line(**found)  # type: ignore[arg-type]


def test_a_paper_page_counts_on_the_day_it_tells_of_and_is_marked_so(
    journal: Journal, gate: BusyGate
) -> None:
    at(gate, FIRST + timedelta(days=2), 20)
    gate.report()
    written_us = starts_us(FIRST, ZONE) + 9 * HOUR_US
    lines = [
        line(gate, written_us=written_us, body_mdegc=37_400),
        line(gate, written_us=written_us, vehicle=True),
    ]
    first = gate.reports.taking.take(Order("p1", "boss"), lines)
    assert gate.reports.taking.take(Order("p1", "boss"), lines) == first
    told = known(gate, FIRST)
    assert [
        told.now.figures[name] for name in ("passes.persons", "paper.persons", "paper.vehicles", "over")
    ] == [*(1, 1, 1, 1)]
    assert (told.changed, told.now.figures["distinct.persons"]) == (True, 1)
    assert known(gate, FIRST + timedelta(days=1)).changed is False
    row = rows(journal, "paper.entered")[0]
    assert body_fault(row.kind, row.body) is None
    assert "李兰" not in row.body_text
    assert "老周" not in row.body_text
    gate.reports.taking.withdraw(Order("w", "boss"), first[0], "double")
    assert known(gate, FIRST).now.figures["paper.persons"] == 0


def test_a_page_from_the_future_or_of_long_ago_is_refused_whole(journal: Journal, gate: BusyGate) -> None:
    for wrong_us, code in ((gate.clocks.true_us + HOUR_US, "in_the_future"), (0, "too_old")):
        with refused(code):
            gate.reports.taking.take(Order("p", "boss"), [line(gate), line(gate, written_us=wrong_us)])
    assert rows(journal, "paper.entered") == []


def test_no_day_is_forgotten_before_it_is_reported_and_its_distinct_figures_stay(
    journal: Journal, gate: BusyGate
) -> None:
    for _ in range(8):
        gate._person()
    gate.flush()
    at(gate, FIRST + timedelta(days=40), 5)
    gate._corrected(0, ClockQuality.SYNCED)
    gate.flush()
    at(gate, FIRST + timedelta(days=42), 5)
    keeper = Keeper(
        journal,
        retention_days=30,
        retention_max_days=60,
        acknowledged=lambda: None,
        now=gate.clocks,
        often=lambda: None,
        reported_us=lambda: gate.reports.reported_us,
    )
    keeper.purge()
    assert not gone(keeper)
    before = known(gate, FIRST).now.figures
    assert before["distinct.persons"] > 1
    gate.report()
    keeper.purge()
    assert gone(keeper)
    with closing(journal.reader()) as reader:
        assert "distinct.persons" not in Days(reader, ZONE).told(FIRST).figures
    after = known(gate, FIRST)
    assert after.frozen
    assert not after.changed
    assert {name: after.now.figures[name] for name in DISTINCT} == {name: before[name] for name in DISTINCT}


def test_what_is_too_old_goes_even_without_its_report(journal: Journal, gate: BusyGate) -> None:
    gate._person()
    gate.flush()
    at(gate, FIRST + timedelta(days=70), 5)
    gate._corrected(0, ClockQuality.SYNCED)
    gate.flush()
    at(gate, FIRST + timedelta(days=72), 5)
    keeper = Keeper(
        journal,
        retention_days=30,
        retention_max_days=60,
        acknowledged=lambda: None,
        now=gate.clocks,
        often=lambda: None,
        reported_us=lambda: None,
    )
    keeper.purge()
    assert gone(keeper)


def test_the_evening_is_typed_once_and_the_newest_counts(journal: Journal, gate: BusyGate) -> None:
    gate.flush()
    gate.reports.taking.note(Order("e1", "boss"), FIRST, {"needs": "口罩", "visits": 3})
    gate.reports.taking.note(Order("e2", "boss"), FIRST, {"needs": "口罩200", "visits": 4})
    with closing(journal.reader()) as reader:
        assert gate.reports.taking.noted(reader, FIRST) == {"needs": "口罩200", "visits": 4}
        assert gate.reports.taking.noted(reader, FIRST + timedelta(days=1)) == {}


def test_what_was_typed_in_the_evening_goes_out_in_the_days_report(
    journal: Journal, gate: BusyGate, tmp_path: Path
) -> None:
    for _ in gate.days(1):
        pass
    gate.flush()
    gate.reports.taking.note(Order("e1", "boss"), FIRST, {"needs": "口罩", "visits": 3, "leaflets_more": 9})
    gate.reports.taking.note(Order("e2", "boss"), FIRST, {"needs": "口罩200", "visits": 4})
    gate.clocks.true_us += 20 * 60 * SECOND_US
    gate.report()
    [sent] = rows(journal, "report.daily")
    assert sent.body["figures"]["noted.visits"] == 4
    assert "noted.leaflets_more" not in sent.body["figures"], "the newest page is the whole page"
    # Typed the morning after: the day says something else than what went out.
    gate.reports.taking.note(Order("e3", "boss"), FIRST, {"visits": 5})
    with closing(journal.reader()) as reader:
        assert gate.reports.known(reader, FIRST).changed
        assert gate.reports.cumulative(reader, FIRST).changed == (FIRST,)
    with closing(Recount(tmp_path)) as recount:
        assert recount.figures(FIRST.isoformat())["noted.visits"] == 5


def test_who_changed_what_on_a_clock_nobody_can_date_stands_in_the_ledger_all_the_same(
    journal: Journal, gate: BusyGate
) -> None:
    changes: dict[str, dict[str, Any]] = {
        "access.corrected": {"register": "households", "entry": 1, "direction": "in", "count": 1},
        "access.published": {"name": "usual", "version": "0" * 16, "closure": "open", "text": ""},
        "register.defined": {"register": "rounds", "text": "", "version": "0" * 16, "origin": "page"},
    }
    at(gate, FIRST, 600)
    gate.flush()
    gate.start(ClockQuality.RESTORED, behind_us=DAY_US)
    for kind, body in changes.items():
        gate.write(kind, {**body, "by": "boss", "why": "mistake"}, lane=None)
    gate.flush()
    at(gate, FIRST + timedelta(days=3), 600)
    gate.start(ClockQuality.SYNCED)
    gate.flush()

    def told(first: int, last: int) -> list[tuple[object, ...]]:
        wish = Wish(FIRST + timedelta(days=first), FIRST + timedelta(days=last), ZONE)
        with closing(journal.reader()) as reader:
            lines = list(ledger(reader, "accountability", wish).lines)
        return [(line[2], line[1], line[3]) for line in lines if line[2] in changes]

    assert told(0, 3) == [(kind, None, "boss") for kind in changes]
    assert told(1, 1) == told(0, 3), "they may be of that day"
    assert told(4, 5) == []
