"""Any sequence of appends, restarts, rebuilds, purges and tampering with the projections."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal, Row
from tests.journal.samples import DAY_US, START_US, personal, whole

PHONES = [f"1380000{n:04d}" for n in range(4)]


class JournalMachine(RuleBasedStateMachine):
    """The model: what was appended, word for word, and which keys a purge named."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gatepost-machine-"))
        self.journal = Journal.open(self.folder)
        self.rows: list[Row | None] = []
        self.destroyed: set[int] = set()
        self.at_us = START_US
        self.written_by_purges = 0

    def teardown(self) -> None:
        if hasattr(self, "journal"):
            self.journal.close()
            shutil.rmtree(self.folder)

    def now(self, clock: ClockQuality = ClockQuality.SYNCED) -> Instant:
        self.at_us += 1
        return Instant(self.at_us - START_US, self.at_us, clock)

    @rule(
        numbers=st.lists(st.integers(1, 6), min_size=1, max_size=3),
        kind=st.sampled_from(
            ["passage.held", "passage.parked", "passage.decided", "personal.opened", "device.lost"]
        ),
        outcome=st.sampled_from(["admit", "refer", "turn_back"]),
        phone=st.sampled_from([None, *PHONES]),
        clock=st.sampled_from([ClockQuality.SYNCED, ClockQuality.SYNCED, ClockQuality.RESTORED]),
    )
    def append(
        self, numbers: list[int], kind: str, outcome: str, phone: str | None, clock: ClockQuality
    ) -> None:
        rows = [self._row(number, kind, outcome, phone, clock) for number in numbers]
        first = self.journal.head() + 1
        assert self.journal.append(*rows) == tuple(range(first, first + len(rows)))
        self.rows += rows

    def _row(self, number: int, kind: str, outcome: str, phone: str | None, clock: ClockQuality) -> Row:
        stages: dict[str, dict[str, Any]] = {
            "passage.held": {"stage": "hold", "outcome": None},
            "passage.parked": {"stage": "parked", "outcome": None},
            "passage.decided": {"stage": "ended", "outcome": outcome},
        }
        body = whole(number, **stages[kind]) if kind in stages else {"passage": number, "by": "li"}
        who = personal(phone=phone) if phone is not None and kind in stages else None
        return Row(kind, self.now(clock), body, "in", who)

    @rule(days=st.integers(1, 3))
    def time_passes(self, days: int) -> None:
        self.at_us += days * DAY_US

    @rule()
    def restart(self) -> None:
        self.journal.close()
        self.journal = Journal.open(self.folder)
        assert self.journal.incident is None
        assert self.journal.rolled_back is None
        self.journal.start_boot()

    @rule()
    def rebuild(self) -> None:
        assert self.journal.rebuild()

    @rule(
        what=st.sampled_from(
            [
                "DELETE FROM passage",
                "UPDATE passage SET outcome = 'admit', tokens = NULL",
                "UPDATE hour_count SET n = n + 1",
                "INSERT INTO hour_count VALUES (0,'x','y',1,1,1)",
            ]
        )
    )
    def damage_the_projections(self, what: str) -> None:
        with self.journal._writer.transaction() as connection:
            changed = connection.execute("SELECT total_changes()").fetchone()[0]
            connection.execute(what)
            changed = connection.execute("SELECT total_changes()").fetchone()[0] - changed
        if not self.journal.rebuild():
            assert changed
        assert self.journal.rebuild()

    @rule(keep=st.integers(0, 4), acknowledged=st.integers(0, 40))
    def purge(self, keep: int, acknowledged: int) -> None:
        before = self.journal.head()
        done = self.journal.purge(
            self.at_us - keep * DAY_US, acknowledged, now=self.now(), max_before_us=self.at_us - 6 * DAY_US
        )
        assert not self.destroyed & set(done.keys)
        self.destroyed |= set(done.keys)
        assert done.scrubbed
        self.rows += [None] * (self.journal.head() - before)

    @invariant()
    def everything_is_as_it_was_written(self) -> None:
        if not hasattr(self, "journal"):
            return
        with self.journal.reader() as reader:
            stored = reader.rows_after(0, 10_000)
            assert [row.seq for row in stored] == list(range(1, len(self.rows) + 1))
            waiting: dict[int, int] = {}
            ended: set[int] = set()
            held: dict[str, set[int]] = {phone: set() for phone in PHONES}
            for row, wrote in zip(stored, self.rows, strict=True):
                if wrote is None:
                    assert row.kind.startswith("retention.")
                    continue
                assert (row.kind, row.body) == (wrote.kind, wrote.body)
                opened = self.journal.unseal(row)
                gone = row.key_id in self.destroyed
                assert opened == (None if gone else wrote.personal)
                self._follow(row.kind, row.seq, row.body["passage"], waiting, ended)
                if wrote.personal is not None and not (
                    row.kind != "passage.decided" and row.body["passage"] in ended
                ):
                    for phone in PHONES:
                        held[phone].discard(row.body["passage"])
                    if not gone:
                        held[wrote.personal["find"][1]].add(row.body["passage"])
            assert {row.seq for row in reader.waiting()} == set(waiting.values())
            for phone in PHONES:
                assert set(reader.find(phone)) == held[phone]

    @staticmethod
    def _follow(kind: str, seq: int, number: int, waiting: dict[int, int], ended: set[int]) -> None:
        if kind == "passage.decided":
            ended.add(number)
            waiting.pop(number, None)
        elif kind in ("passage.held", "passage.parked") and number not in ended:
            waiting[number] = seq

    @invariant()
    def the_chain_is_whole(self) -> None:
        if hasattr(self, "journal"):
            assert self.journal.verify() == []


TestJournalMachine = JournalMachine.TestCase
TestJournalMachine.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
