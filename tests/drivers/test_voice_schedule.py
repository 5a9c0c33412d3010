"""When announcements are due, and quiet hours: whatever the clock and the calendar do."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.voice._schedule import LATE, Announcement, Book, Plan, announcement, quiet_hours, zone

SHANGHAI, NEW_YORK, LORD_HOWE = (
    ZoneInfo(name) for name in ("Asia/Shanghai", "America/New_York", "Australia/Lord_Howe")
)
zones = st.sampled_from([SHANGHAI, NEW_YORK, LORD_HOWE, ZoneInfo("Pacific/Apia"), UTC])
times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
# Around both changes of New York and Lord Howe, and the day that Apia left out.
starts = st.sampled_from(
    [
        datetime(2020, 3, 7, 12, tzinfo=UTC),
        datetime(2020, 10, 31, 12, tzinfo=UTC),
        datetime(2020, 4, 4, 0, tzinfo=UTC),
        datetime(2020, 10, 3, 0, tzinfo=UTC),
        datetime(2011, 12, 29, 0, tzinfo=UTC),
        datetime(2020, 2, 8, 0, tzinfo=UTC),
    ]
).flatmap(lambda day: st.integers(0, 86_400).map(lambda s: day + timedelta(seconds=s)))
running = st.lists(st.integers(1, int(LATE.total_seconds())), min_size=1, max_size=400)


def _entries(at: list[time]) -> list[Announcement]:
    return [Announcement(moment, f"notice {n}") for n, moment in enumerate(at)]


@given(zones, starts, st.lists(times, max_size=4), running)
def test_while_the_gate_runs_each_is_said_once_a_day_and_none_is_lost(
    local: ZoneInfo, start: datetime, at: list[time], steps: list[int]
) -> None:
    entries, plan, now = _entries(at), Plan(local, start), start
    said: dict[tuple[Announcement, date], int] = {}
    for step in steps:
        now += timedelta(seconds=step)
        for due, entry in plan.collect(entries, now):
            assert start < due <= now
            key = (entry, due.astimezone(local).date())
            said[key] = said.get(key, 0) + 1
    assert set(said.values()) <= {1}, "said twice on a day"
    first, last = start.astimezone(local).date(), now.astimezone(local).date()
    for n in range(1, (last - first).days):
        day = first + timedelta(days=n)
        # A day that a place leaves out has no times; all others are whole.
        if datetime.combine(day, time(12), local).astimezone(UTC).astimezone(local).date() == day:
            assert {entry for entry, said_on in said if said_on == day} == set(entries), day


@given(zones, starts, st.lists(times, max_size=4), running, st.data())
def test_how_often_one_looks_does_not_matter(
    local: ZoneInfo, start: datetime, at: list[time], steps: list[int], data: st.DataObject
) -> None:
    entries, often, seldom = _entries(at), Plan(local, start), Plan(local, start)
    now, looked, one, other = start, start, [], []
    for step in steps:
        now += timedelta(seconds=step)
        one += often.collect(entries, now)
        if now - looked > LATE / 2 or data.draw(st.booleans()):
            other += seldom.collect(entries, now)
            looked = now
    other += seldom.collect(entries, now)
    if max(steps) <= LATE.total_seconds() / 2:
        assert one == other
    assert {found[0] for found in other} <= {found[0] for found in one}


@given(
    zones,
    starts,
    st.lists(times, max_size=4),
    st.lists(st.integers(-40_000, 40_000), min_size=1, max_size=60),
)
def test_whatever_the_clock_does_nothing_is_said_twice_a_day_or_late(
    local: ZoneInfo, start: datetime, at: list[time], jumps: list[int]
) -> None:
    entries, plan, now = _entries(at), Plan(local, start), start
    said: dict[tuple[Announcement, date], datetime] = {}
    lowest: dict[tuple[Announcement, date], datetime] = {}
    for jump in jumps:
        now += timedelta(seconds=jump)
        lowest = {key: min(now, before) for key, before in lowest.items()}
        for due, entry in plan.collect(entries, now):
            assert now - LATE <= due <= now
            key = (entry, due.astimezone(local).date())
            if key in said:  # only where the clock was half a day ahead then, and so wrong
                assert lowest[key] <= said[key] - timedelta(hours=12)
            said[key], lowest[key] = due, now


def test_what_was_missed_while_the_gate_was_down_is_skipped_not_said_in_a_row() -> None:
    entries = _entries([time(8), time(9), time(10)])
    plan = Plan(SHANGHAI, datetime(2020, 2, 8, 7, 59, tzinfo=SHANGHAI))
    found = plan.collect(entries, datetime(2020, 2, 8, 10, 5, tzinfo=SHANGHAI))
    assert [entry.at for _, entry in found] == [time(10)]
    started = Plan(SHANGHAI, datetime(2020, 2, 8, 10, 0, 1, tzinfo=SHANGHAI))
    assert started.collect(entries, datetime(2020, 2, 8, 10, 5, tzinfo=SHANGHAI)) == []


def test_a_clock_set_back_repeats_nothing() -> None:
    entries = _entries([time(8)])
    plan = Plan(SHANGHAI, datetime(2020, 2, 8, 7, 59, tzinfo=SHANGHAI))
    assert plan.collect(entries, datetime(2020, 2, 8, 8, 1, tzinfo=SHANGHAI))
    assert plan.collect(entries, datetime(2020, 2, 8, 7, 50, tzinfo=SHANGHAI)) == []
    assert plan.collect(entries, datetime(2020, 2, 8, 8, 1, tzinfo=SHANGHAI)) == []
    assert plan.collect(entries, datetime(2020, 2, 9, 8, 1, tzinfo=SHANGHAI))


def test_a_clock_that_was_a_day_ahead_does_not_silence_the_right_day() -> None:
    entries = _entries([time(8)])
    plan = Plan(SHANGHAI, datetime(2020, 2, 9, 7, 59, tzinfo=SHANGHAI))
    assert plan.collect(entries, datetime(2020, 2, 9, 8, 0, tzinfo=SHANGHAI))
    assert plan.collect(entries, datetime(2020, 2, 8, 9, 0, tzinfo=SHANGHAI)) == []
    plan.collect(entries, datetime(2020, 2, 9, 7, 59, tzinfo=SHANGHAI))
    assert plan.collect(entries, datetime(2020, 2, 9, 8, 0, tzinfo=SHANGHAI))


def test_a_time_that_summer_time_leaves_out_comes_an_hour_later() -> None:
    plan = Plan(NEW_YORK, datetime(2020, 3, 8, 6, 50, tzinfo=UTC))
    entries = _entries([time(2, 30)])
    assert plan.collect(entries, datetime(2020, 3, 8, 7, 0, tzinfo=UTC)) == []
    [(due, _)] = plan.collect(entries, datetime(2020, 3, 8, 7, 31, tzinfo=UTC))
    assert due.astimezone(NEW_YORK).time() == time(3, 30)


def test_a_time_that_comes_twice_counts_once() -> None:
    plan = Plan(NEW_YORK, datetime(2020, 11, 1, 5, 20, tzinfo=UTC))
    entries = _entries([time(1, 30)])
    said = [
        plan.collect(entries, datetime(2020, 11, 1, 5, 20, tzinfo=UTC) + timedelta(minutes=10 * n))
        for n in range(12)
    ]
    assert sum(map(len, said)) == 1


@given(times, times, times)
def test_quiet_hours_are_from_their_start_to_their_end_also_over_midnight(
    start: time, until: time, at: time
) -> None:
    if start == until:
        with pytest.raises(ValueError, match="same time"):
            quiet_hours(f"{start:%H:%M}-{until:%H:%M}")
        return
    quiet = quiet_hours(f"{start:%H:%M}-{until:%H:%M}")
    assert quiet is not None
    minutes = 0
    walk = datetime.combine(date(2020, 2, 8), start)
    while walk.time() != until:  # minute by minute, as a person would count them
        minutes += walk.time() == at
        walk += timedelta(minutes=1)
    assert quiet.contains(at) is bool(minutes)


def test_no_quiet_hours_are_none() -> None:
    assert quiet_hours("") is None
    assert quiet_hours("  ") is None


@pytest.mark.parametrize("text", ["22", "22:00", "22:00-25:00", "22:60-07:00", "22-07", "night"])
def test_what_are_no_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|there is no time"):
        quiet_hours(text)


@given(times, st.text(min_size=1).map(str.strip).filter(bool))
def test_an_announcement_is_a_time_and_a_text(at: time, text: str) -> None:
    if text.splitlines() != [text] or text.lower().endswith(".wav"):
        return
    assert announcement(f" {at:%H:%M}  {text} ") == Announcement(at, text)


def test_an_announcement_may_be_a_wave_file(tmp_path: Path) -> None:
    assert announcement("07:30 morning.WAV", tmp_path).sound == tmp_path / "morning.WAV"
    assert announcement("07:30 /a b/c.wav", tmp_path).sound == Path("/a b/c.wav")


@pytest.mark.parametrize("line", ["", "08:00", "8 text", "24:00 text", "08:61 text", "text"])
def test_what_is_no_announcement_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"expected|there is no time"):
        announcement(line)


def test_a_file_of_announcements_is_read_again_when_it_changes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "notices.txt"
    book = Book(["08:00 戴口罩。", str(path), "08:00 戴口罩。"])
    assert [entry.text for entry in book.entries()] == ["戴口罩。"]
    assert "cannot be read" in caplog.text
    caplog.clear()
    book.entries()
    assert caplog.text == "", "said more than once"
    path.write_text("\ufeff# list\n\n09:00 测体温。\n25:00 x\n10:00 chime.wav\n", encoding="utf-8")
    entries = book.entries()
    assert [entry.text for entry in entries] == ["戴口罩。", "测体温。", "chime.wav"]
    assert entries[2].sound == tmp_path / "chime.wav"
    assert "line 4" in caplog.text
    path.write_bytes(b"\xff\xfe junk")
    assert len(book.entries()) == 1
    path.unlink()
    assert len(book.entries()) == 1


def test_what_is_neither_an_announcement_nor_a_file_is_refused() -> None:
    assert not Book([])
    with pytest.raises(ValueError, match="HH:MM"):
        Book(["wear a mask"])


def test_time_zones_have_names_and_the_computers_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert zone("Asia/Shanghai") == SHANGHAI
    for wrong in ("Asia/Shanghi", "../etc/passwd", "Asia"):
        with pytest.raises(ValueError, match="no time zone"):
            zone(wrong)
    monkeypatch.setattr("drivers.voice._schedule._LOCAL", tmp_path / "localtime")
    assert zone("") == UTC
    (tmp_path / "localtime").write_bytes(b"no zone")
    assert zone("") == UTC
