"""The clock: how far it is believed, jumps in mid-run, and setting it by hand."""

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge import clock as clocks
from edge.cli import clock as command
from edge.cli.config import Given
from edge.clock import BUILD_DATE, JUMP_US, RELEASED_US, TEN_YEARS_US, Clock, Correction, Sources, built_us
from edge.domain.model import ClockQuality
from edge.journal.reader import Reader
from tests.waiting import until

DAY_US = 86_400_000_000
YEAR_US = 365 * DAY_US


class Machine:
    """A machine whose clocks a test turns: uptime, wall clock, network time, boots."""

    def __init__(self, folder: Path, wall_us: int = RELEASED_US + DAY_US) -> None:
        self.folder = folder
        self.mono_us = 5_000_000
        self.wall_us = wall_us
        self.kernel: bool | None = False
        self.boot("one")

    def boot(self, name: str, *, wall_us: int | None = None) -> None:
        self.mono_us = 5_000_000
        self.wall_us = self.wall_us if wall_us is None else wall_us
        (self.folder / "boot_id").write_text(name + "\n", encoding="ascii")
        (self.folder / "synchronized").unlink(missing_ok=True)

    def run(self, seconds: float) -> None:
        self.mono_us += round(seconds * 1e6)
        self.wall_us += round(seconds * 1e6)

    @property
    def sources(self) -> Sources:
        return Sources(
            lambda: self.mono_us * 1000,
            lambda: self.wall_us * 1000,
            lambda: self.kernel,
            self.folder / "synchronized",
            self.folder / "boot_id",
        )

    def clock(self, newest_us: int | None = None) -> Clock:
        return Clock(self.folder, newest_us=newest_us, sources=self.sources)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_an_instant_carries_both_clocks_and_the_quality(machine: Machine) -> None:
    now = machine.clock().now()
    assert (now.mono_us, now.at_us, now.clock) == (5_000_000, machine.wall_us, ClockQuality.RESTORED)


def test_a_machine_that_starts_in_1970_has_no_clock(machine: Machine) -> None:
    machine.wall_us = 40_000_000
    assert machine.clock().quality is ClockQuality.UNSET


def test_a_clock_behind_the_newest_row_is_unset_though_it_looks_plausible(machine: Machine) -> None:
    assert machine.clock(newest_us=machine.wall_us + 1).quality is ClockQuality.UNSET
    assert machine.clock(newest_us=machine.wall_us - 1).quality is ClockQuality.RESTORED


def test_the_kernels_word_and_timesyncds_mark_count_as_synced(machine: Machine) -> None:
    machine.kernel = True
    assert machine.clock().quality is ClockQuality.SYNCED
    machine.kernel = None  # a seccomp filter forbids the question
    assert machine.clock().quality is ClockQuality.RESTORED
    (machine.folder / "synchronized").touch()
    assert machine.clock().quality is ClockQuality.SYNCED
    assert machine.clock().status()["source"] == "timesyncd"


def test_ten_years_ahead_without_a_server_is_not_trusted(machine: Machine) -> None:
    machine.wall_us += 10 * YEAR_US
    assert not machine.clock().quality.trusted


def test_a_jump_in_mid_run_is_corrected_once_with_from_and_to(machine: Machine) -> None:
    clock = machine.clock()
    machine.run(60)
    assert clock.watch() is None
    before = machine.wall_us
    machine.wall_us += 10 * YEAR_US
    machine.kernel = True
    machine.run(1)
    correction = clock.watch()
    assert correction == Correction(
        before + 1_000_000, machine.wall_us, ClockQuality.SYNCED, ClockQuality.RESTORED
    )
    machine.run(1)
    assert clock.watch() is None
    assert clock.now().clock is ClockQuality.SYNCED


def test_a_trusted_clock_that_jumped_is_not_trusted_before_somebody_looked(machine: Machine) -> None:
    machine.kernel = True
    clock = machine.clock()
    machine.wall_us = 0
    assert clock.now().clock is ClockQuality.UNSET
    machine.wall_us = RELEASED_US + 9 * YEAR_US
    assert clock.now().clock is ClockQuality.RESTORED


def test_small_steps_add_up_to_a_jump(machine: Machine) -> None:
    clock = machine.clock()
    found = []
    for _ in range(5):
        machine.run(1)
        machine.wall_us += 600_000
        found.append(clock.watch())
    assert [correction is not None for correction in found] == [False, False, False, True, False]


def test_a_change_of_quality_alone_is_reported_too(machine: Machine) -> None:
    clock = machine.clock()
    machine.kernel = True
    machine.run(1)
    correction = clock.watch()
    assert correction is not None
    assert correction.from_us == correction.to_us
    assert (correction.before, correction.quality) == (ClockQuality.RESTORED, ClockQuality.SYNCED)


def test_a_confirmed_clock_is_manual_also_in_another_process(machine: Machine) -> None:
    clock = machine.clock()
    machine.clock().confirm()
    correction = clock.watch()
    assert correction is not None
    assert correction.quality is ClockQuality.MANUAL
    machine.run(3 * 86_400)
    assert machine.clock().quality is ClockQuality.MANUAL


def test_a_confirmation_ends_with_the_boot_and_with_a_jump(machine: Machine) -> None:
    machine.clock().confirm()
    machine.run(3600)
    clock = machine.clock()
    machine.wall_us += 10_000_000
    correction = clock.watch()
    assert correction is not None
    assert (correction.before, correction.quality) == (ClockQuality.MANUAL, ClockQuality.RESTORED)
    machine.clock().confirm()
    machine.run(3600)
    machine.boot("two")
    assert machine.clock().quality is ClockQuality.RESTORED


def test_a_boot_is_noticed_also_where_the_boots_name_is_hidden(machine: Machine) -> None:
    (machine.folder / "boot_id").unlink()
    machine.clock().confirm()
    machine.run(3600)
    assert machine.clock().quality is ClockQuality.MANUAL
    machine.boot("two")
    (machine.folder / "boot_id").unlink()
    assert machine.clock().quality is ClockQuality.RESTORED


@settings(deadline=None)
@given(
    st.binary(max_size=60)
    | st.sampled_from([b"[1]", b'{"at_us":"x","mono_us":1}', b'{"at_us":1,"mono_us":null}'])
)
def test_a_damaged_confirmation_confirms_nothing(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    machine = Machine(tmp_path_factory.mktemp("clock"))
    (machine.folder / clocks.MARKER).write_bytes(content)
    assert machine.clock().quality is ClockQuality.RESTORED


def test_the_installations_build_date_moves_the_floor(tmp_path: Path) -> None:
    assert built_us(tmp_path / "none") == RELEASED_US
    path = tmp_path / BUILD_DATE.name
    path.write_text(f"{RELEASED_US // 1_000_000 + 500}\n", encoding="ascii")
    assert built_us(path) == RELEASED_US + 500_000_000
    path.write_text("soon", encoding="ascii")
    assert built_us(path) == RELEASED_US


@pytest.mark.parametrize(
    ("state", "status", "synced"), [(0, 0, True), (0, 0x40, False), (5, 0, False), (-1, 0, None)]
)
def test_a_kernel_that_may_not_be_asked_does_not_count_as_synchronised(
    monkeypatch: pytest.MonkeyPatch, state: int, status: int, synced: bool | None
) -> None:
    class Library:
        def __init__(self, name: None) -> None:
            """The C library of a service with ProtectClock=, or without."""

        @staticmethod
        def adjtimex(answer: Any) -> int:
            answer._obj.status = status
            return state

    monkeypatch.setattr("ctypes.CDLL", Library)
    assert clocks.kernel_synced() is synced


def test_the_real_sources_answer() -> None:
    clock = Clock()
    first, second = clock.now(), clock.now()
    assert second.mono_us >= first.mono_us
    assert clocks.kernel_synced() in (True, False, None)


class Turned(RuleBasedStateMachine):
    """Whatever happens to the clocks, a row is only trusted when its time was vouched for."""

    def __init__(self) -> None:
        super().__init__()
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.machine = Machine(Path(self.folder.name))
        self.clock = self.machine.clock()
        self.true_offset = 0  # how far the wall clock is from what was last vouched for

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(seconds=st.floats(0.1, 100_000))
    def time_passes(self, seconds: float) -> None:
        self.machine.run(seconds)
        self.clock.watch()

    @rule(step_us=st.integers(-20 * YEAR_US, 20 * YEAR_US))
    def somebody_turns_it(self, step_us: int) -> None:
        self.machine.wall_us = max(0, self.machine.wall_us + step_us)
        self.machine.kernel = False
        self.true_offset += step_us

    @rule()
    def a_server_answers(self) -> None:
        self.machine.kernel = True
        self.true_offset = 0
        self.clock.watch()

    @rule()
    def an_operator_confirms(self) -> None:
        self.machine.clock().confirm()
        self.true_offset = 0

    @rule()
    def it_is_looked_at(self) -> None:
        self.clock.watch()

    @rule()
    def it_boots(self) -> None:
        self.machine.run(10)
        self.machine.boot(str(id(object())))
        self.machine.kernel = False
        self.clock = self.machine.clock()
        self.true_offset = 10 * JUMP_US

    @invariant()
    def a_trusted_instant_was_vouched_for(self) -> None:
        if self.clock.now().clock.trusted:
            assert abs(self.true_offset) <= 2 * JUMP_US


TestTurned = Turned.TestCase
TestTurned.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


# --- the command -----------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    folder.mkdir()
    (tmp_path / "gatepost.toml").write_text(
        'store = { path = "store" }\n[gate]\nid = "a"\nname = "b"\n'
        '[[lane]]\nname = "in"\nprocedure = "compound"\n',
        encoding="utf-8",
    )
    return folder


class _AnyDriver:
    def load(self, _kind: str, _table: object, /) -> object:
        return None


def run(store: Path, *arguments: str, lang: str = "en") -> Result:
    parts = Given(_AnyDriver(), lambda _: ("compound",))
    config = str(store.parent / "gatepost.toml")
    env = {"GATEPOST_LANG": lang, "RUNTIME_DIRECTORY": str(store)}
    return CliRunner().invoke(command.clock, ["--config", config, *arguments], obj=parts, env=env)


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-03 14:05",
        "2026/12/3 14:05:00",
        "2026年12月3日14时5分",
        "２０２６-１２-０３ １４：０５",
        "2026-12-03T14:05",
    ],
)
def test_a_time_is_taken_as_people_type_it(text: str) -> None:
    assert command.parse_local(text, "Asia/Shanghai") == 1_796_277_900_000_000
    assert command.to_local(1_796_277_900_000_000, "Asia/Shanghai") == "2026-12-03 14:05:00"


@pytest.mark.parametrize(
    "text", ["", "now", "14:05", "2026-13-03 14:05", "2026-02-30 14:05", "2026-12-03 25:00"]
)
def test_no_other_time_is_taken(text: str) -> None:
    with pytest.raises(ValueError, match=r"/ \S"):
        command.parse_local(text, "Asia/Shanghai")


def test_a_time_that_summer_time_leaves_out_is_refused() -> None:
    with pytest.raises(ValueError, match="summer time"):
        command.parse_local("2027-03-28 02:30", "Europe/Berlin")


@settings(deadline=None)
@given(st.text(max_size=40))
def test_no_text_ends_in_anything_but_a_time_or_a_refusal(text: str) -> None:
    try:
        moment = command.parse_local(text, "Asia/Shanghai")
    except ValueError as error:
        refusal = str(error)
    else:
        refusal = "/"
        assert command.parse_local(command.to_local(moment, "Asia/Shanghai"), "Asia/Shanghai") == moment
    assert "/" in refusal


def test_limits_of_what_can_be_now() -> None:
    built = built_us()
    assert command.implausible(built + DAY_US, None) is None
    assert command.implausible(built - 1, None) is not None
    assert command.implausible(built + TEN_YEARS_US + 1, None) is not None
    later = command.implausible(built + DAY_US, built + 2 * DAY_US)
    assert later is not None
    assert "--force" in later.zh


def test_as_root_the_clock_is_set_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(clocks, "set_wall", seen.append)
    assert command.change(RELEASED_US, tmp_path, root=True)
    assert seen == [RELEASED_US]
    assert list(tmp_path.iterdir()) == []


def test_otherwise_a_request_is_left_for_the_helper_and_waited_for(tmp_path: Path) -> None:
    wall = {"us": 0}
    wanted = RELEASED_US + 5 * DAY_US + 123_456
    found: list[str] = []

    def helper() -> None:
        path = tmp_path / clocks.REQUEST
        until(path.exists, what="the request")
        found.append(path.read_text(encoding="ascii"))
        path.unlink()
        wall["us"] = wanted

    thread = threading.Thread(target=helper)
    thread.start()
    assert command.change(wanted, tmp_path, root=False, wall_us=lambda: wall["us"])
    thread.join(10)
    assert found == [f"{wanted // 1_000_000}\n"]


def test_a_request_nobody_takes_is_withdrawn(tmp_path: Path) -> None:
    assert not command.change(RELEASED_US, tmp_path, root=False, wall_us=lambda: 0, timeout_s=0.05)
    assert list(tmp_path.iterdir()) == []


def test_the_command_shows_sets_and_confirms(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = run(store, "--json")
    assert shown.exit_code == 0
    assert json.loads(shown.stdout)["timezone"] == "Asia/Shanghai"
    now_us = Clock().now().at_us
    monkeypatch.setattr(clocks, "set_wall", lambda _at_us: None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda *_: None)
    local = command.to_local(now_us, "Asia/Shanghai")
    result = run(store, "set", local, lang="zh_Hans")
    assert result.exit_code == 0, result.stderr
    assert "已人工确认" in result.stderr
    assert Clock(store).quality.trusted
    assert "believed" in run(store).stdout


def test_the_command_refuses_what_cannot_be_now(store: Path) -> None:
    result = run(store, "set", "1999-12-31 23:59")
    assert result.exit_code == 2
    assert "before this release" in result.stderr
    assert run(store, "set", "tomorrow").exit_code == 2
    assert not (store / clocks.MARKER).exists()


def test_the_newest_row_of_a_real_journal_is_read(store: Path) -> None:
    assert command.newest_row_us(store) is None
    from edge.journal import Journal, Row

    journal = Journal.open(store)
    moment = Clock().now()
    journal.append(Row("gate.started", moment, {"version": "0"}))
    reader = Reader(store / "journal.db")
    assert reader.head() == 1
    reader.close()
    assert command.newest_row_us(store) == moment.at_us
    journal.close()
