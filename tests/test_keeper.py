"""What is published, what is purged, what is checked."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge import procedures
from edge.domain.errors import JournalError
from edge.domain.lane_state import LaneSpec
from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal, Row, State
from edge.keeper import Keeper, publish
from tests.domain.people import POLICY, procedure

DAY_US = 86_400_000_000
NOW = Instant(1, 1_800_000_000_000_000, ClockQuality.SYNCED)
SHIPPED = Path(procedures.SHIPPED)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path) as journal:
        journal.start_boot()
        yield journal


def rows(journal: Journal, *kinds: str) -> list[dict[str, object]]:
    with journal.reader() as reader:
        return [row.body for row in reader.rows_after(0, 100, kinds)]


def spec(name: str = "compound") -> LaneSpec:
    return LaneSpec("in", "in", procedure(name), POLICY, 1)


def test_every_text_a_decision_needs_is_published_once(journal: Journal, tmp_path: Path) -> None:
    state = State.open(tmp_path)
    texts = {name: (SHIPPED / f"{name}.toml").read_text("utf-8") for name in ("compound", "r4")}
    specs = [spec(), spec("r4"), spec()]
    lanes = [(one, texts[one.procedure.name]) for one in specs]
    for _ in range(2):
        publish(journal, state, NOW, lanes=lanes)
    published = rows(journal, "procedure.published")
    assert [body["name"] for body in published] == ["compound", "r4"]
    assert published[0]["text"] == texts["compound"]
    assert len(rows(journal, "settings.changed")) == 1
    changed = replace(spec(), policy=replace(POLICY, threshold_mdegc=37_500))
    publish(journal, state, NOW, lanes=[(changed, texts["compound"])])
    assert rows(journal, "settings.changed")[1]["version"] == changed.policy.version
    state.close()


def keeper(journal: Journal, now: Instant, acknowledged: int | None) -> Keeper:
    return Keeper(
        journal,
        retention_days=30,
        retention_max_days=60,
        acknowledged=lambda: acknowledged,
        now=lambda: now,
        often=lambda: None,
    )


class Soon(threading.Event):
    """A stop event whose waits are over at once."""

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


def test_a_journal_that_cannot_be_read_for_a_while_does_not_end_the_keeper(journal: Journal) -> None:
    stop, asked = Soon(), 0

    def often() -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            stop.set()
        raise JournalError("disk I/O error") if asked == 1 else PermissionError("trust")

    Keeper(
        journal,
        retention_days=30,
        retention_max_days=60,
        acknowledged=lambda: None,
        now=lambda: NOW,
        often=often,
    ).run(stop)
    assert asked == 3


def lived(journal: Journal) -> dict[int, int]:
    """Fill the journal with two months of days; return the row of each, by how long ago it was. A
    gate that stood still for longer than a week would not purge: its clock may have leapt."""
    made = {}
    for days_ago in range(66, -1, -3):
        at = replace(NOW, at_us=NOW.at_us - days_ago * DAY_US)
        made[days_ago] = journal.append(Row("user.added", at, {"account": "x"}, personal={"name": "李晓"}))[0]
    return made


def is_readable(journal: Journal, seq: int) -> bool:
    with journal.reader() as reader:
        row = reader.row(seq)
    assert row is not None
    return journal.unseal(row) is not None


def test_without_a_district_what_is_older_than_the_retention_goes(journal: Journal) -> None:
    days = lived(journal)
    keeper(journal, NOW, None).purge()
    assert (is_readable(journal, days[33]), is_readable(journal, days[27])) == (False, True)


def test_with_a_district_it_waits_for_the_acknowledgement(journal: Journal) -> None:
    days = lived(journal)
    keeper(journal, NOW, days[36]).purge()
    assert (is_readable(journal, days[36]), is_readable(journal, days[33])) == (False, True)
    keeper(journal, NOW, days[33]).purge()
    assert not is_readable(journal, days[33])


def test_beyond_the_longest_retention_it_goes_all_the_same_and_that_is_an_alarm(journal: Journal) -> None:
    days = lived(journal)
    one = keeper(journal, NOW, 0)
    one.purge()
    assert (is_readable(journal, days[63]), is_readable(journal, days[57])) == (False, True)
    assert one.purged.unacknowledged > 0


def test_nothing_goes_on_a_clock_nobody_believes(journal: Journal) -> None:
    days = lived(journal)
    keeper(journal, replace(NOW, clock=ClockQuality.RESTORED), None).purge()
    assert is_readable(journal, days[66])


def test_a_check_of_the_chain_is_written_down_with_what_it_found(journal: Journal) -> None:
    lived(journal)
    one = keeper(journal, NOW, None)
    one.verify()
    assert one.faults == ()
    assert rows(journal, "journal.verified") == [{"faults": 0}]


def test_whoever_holds_what_was_learned_under_a_key_is_told_that_it_is_destroyed(journal: Journal) -> None:
    told: list[bool] = []
    days = lived(journal)
    one = Keeper(
        journal,
        retention_days=30,
        retention_max_days=60,
        acknowledged=lambda: None,
        now=lambda: NOW,
        often=lambda: None,
        destroyed=lambda: told.append(is_readable(journal, days[33])),
    )
    one.purge()
    assert told == [False]
    one.purge()
    assert told == [False], "there was nothing more to destroy"
