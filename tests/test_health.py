"""Health: hearts, devices, problems, the watchdog, metrics, what systemd is told."""

import json
import os
import re
import socket
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from edge.domain.errors import DeviceUnavailable, JournalError
from edge.domain.model import ClockQuality, Instant
from edge.health import REMEDIES, STOPPED, Health, Notifier, Problem, probes, remedy
from edge.health.metrics import COUNTERS
from tests.paths import ROOT
from tests.waiting import until


class Time:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.mono_us = 1_000_000

    def __call__(self) -> Instant:
        return Instant(self.mono_us, 1_800_000_000_000_000 + self.mono_us, ClockQuality.SYNCED)

    def pass_s(self, seconds: float) -> None:
        self.mono_us += round(seconds * 1e6)


class Ear:
    """Keeps what systemd is told; after `rounds` looks of the watch it stops it."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def __call__(self, message: str) -> None:
        self.heard.append(message)


class Rounds(threading.Event):
    """A stop event whose waits pass at once: `then` runs in place of each, and the last one stops."""

    def __init__(self, *then: object) -> None:
        super().__init__()
        self._then = list(then)

    def wait(self, timeout: float | None = None) -> bool:
        if not self._then:
            return True
        act = self._then.pop(0)
        if callable(act):
            act()
        return self.is_set()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def health(time: Time) -> Health:
    return Health(time)


def codes(health: Health) -> list[str]:
    return [problem["code"] for problem in health.status()["problems"]]


def test_nothing_wrong_is_ready_and_has_every_section(health: Health) -> None:
    status = health.status()
    assert (status["alive"], status["ready"], status["problems"]) == (True, True, [])
    assert {"devices", "journal", "uplink", "clock", "disk"} <= status.keys()
    assert status["uplink"] == {
        "configured": False,
        "state": "off",
        "acknowledged": 0,
        "backlog": 0,
        "rejected": 0,
    }
    json.dumps(status)


def test_a_device_that_falls_away_is_not_ready_with_a_remedy_in_both_languages(
    health: Health, time: Time
) -> None:
    device = health.device("in", "thermometer", "front", "gy614", False)
    assert codes(health) == ["device_starting"]
    device.up()
    assert health.status()["ready"]
    time.pass_s(5)
    device.down("lost", "/dev/ttyUSB0: gone")
    lost_us = time().at_us
    time.pass_s(5)
    device.down("lost", "/dev/ttyUSB0: still gone")
    status = health.status()
    assert not status["ready"]
    (problem,) = status["problems"]
    assert problem["code"] == "device_lost"
    assert problem["since_us"] == lost_us
    assert problem["what"] == "in thermometer front: /dev/ttyUSB0: still gone"
    assert set(problem["remedy"]) == set(problem["title"]) == {"zh_Hans", "en"}
    assert status["devices"] == [
        {
            "lane": "in",
            "kind": "thermometer",
            "name": "front",
            "driver": "gy614",
            "simulated": False,
            "state": "down",
            "since_us": lost_us,
            "code": "lost",
            "message": "/dev/ttyUSB0: still gone",
        }
    ]
    device.up()
    assert health.status()["ready"]
    assert "code" not in health.devices("in")[0]
    assert health.devices("out") == []


def test_every_device_code_has_words_of_its_own() -> None:
    documented = re.findall(r"`(\w+)`", (DeviceUnavailable.__doc__ or "").split("code", 1)[1])
    for code in [word for word in documented if word != "code"]:
        assert f"device_{code}" in REMEDIES, code
    assert len(documented) >= 7
    for found in REMEDIES.values():
        assert all((found.title.en, found.title.zh, found.do.en, found.do.zh))
    assert remedy("device_of_tomorrow").do.zh


def test_probes_that_find_something_or_fail_are_problems_until_they_do_not(
    health: Health, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    answers: list[Problem | Exception | None] = [
        None,
        Problem("disk_nearly_full", "150 MB"),
        Problem("disk_nearly_full", "149 MB"),
        OSError(5, "Input/output error"),
        JournalError("locked"),
        None,
    ]

    def look() -> Problem | None:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    health.probe("disk", look)
    seen = []
    for _ in range(6):
        time.pass_s(1)
        health.look()
        seen.append(codes(health))
    assert seen == [
        [],
        ["disk_nearly_full"],
        ["disk_nearly_full"],
        ["probe_failed"],
        ["probe_failed"],
        [],
    ]
    logged = [record.getMessage() for record in caplog.records]
    assert logged == [
        "problem disk_nearly_full 150 MB",
        "problem probe_failed disk: [Errno 5] Input/output error",
        "problem disk_nearly_full  is over",
        "problem probe_failed  is over",
    ]


def test_a_problem_keeps_the_moment_it_began(health: Health, time: Time) -> None:
    health.probe("disk", lambda: Problem("disk_nearly_full", str(time.mono_us)))
    health.look()
    began = time().at_us
    time.pass_s(100)
    health.look()
    assert health.status()["problems"][0]["since_us"] == began


def test_a_warning_is_shown_and_leaves_the_gate_ready(health: Health) -> None:
    health.probe("clock", lambda: Problem("clock_unconfirmed", severity="warning"))
    health.look()
    assert codes(health) == ["clock_unconfirmed"]
    assert health.status()["ready"]


def test_sections_carry_facts_and_a_failing_one_says_so(health: Health) -> None:
    def broken() -> dict[str, object]:
        raise JournalError("database is locked")

    health.section("uplink", lambda: {"configured": True, "state": "up", "backlog": 3})
    health.section("journal", broken)
    status = health.status()
    assert status["uplink"]["backlog"] == 3
    assert status["uplink"]["rejected"] == 0
    assert status["journal"] == {"error": "database is locked"}
    assert b"gatepost_outbox_backlog 3.0" in health.metrics()


# --- the watch -------------------------------------------------------------------------------------


def test_systemd_hears_ready_only_after_every_heart_moved(health: Health, time: Time) -> None:
    station, journal = health.heart("station", 5), health.heart("journal", 5)
    device = health.heart("in thermometer", 5)
    ear = Ear()
    stop = Rounds(station.beat, journal.beat, lambda: None, device.beat, lambda: None)
    assert health.watch(stop, ear) == 0
    assert [word for word in ear.heard if not word.startswith("STATUS")] == [
        "READY=1",
        "WATCHDOG=1",
        "STOPPING=1",
    ]


def test_without_the_required_hearts_the_service_is_never_ready(health: Health) -> None:
    health.heart("station", 5).beat()
    ear = Ear()
    assert health.watch(Rounds(None, None), ear) == 0
    assert "READY=1" not in ear.heard
    assert "WATCHDOG=1" not in ear.heard


def test_a_stopped_heart_ends_the_watch_without_feeding_the_watchdog(health: Health, time: Time) -> None:
    hearts = [health.heart(name, 5) for name in ("station", "journal")]
    ear = Ear()

    def everybody_moves() -> None:
        time.pass_s(3)
        for heart in hearts:
            heart.beat()

    def only_the_station_moves() -> None:
        time.pass_s(3)
        hearts[0].beat()

    stop = Rounds(
        everybody_moves, everybody_moves, only_the_station_moves, only_the_station_moves, None, None
    )
    assert health.watch(stop, ear) == STOPPED == 70
    # Looks at 3, 6 and 9 s feed it; at 12 s the journal is silent for 6 s, and that look does not.
    assert ear.heard.count("WATCHDOG=1") == 3
    assert ear.heard[-1] == "STATUS=stopped: journal"
    assert not health.status()["alive"]
    assert "heart_stopped" in codes(health)


def test_a_heart_that_never_beat_stops_as_well(health: Health, time: Time) -> None:
    health.heart("station", 5)
    assert health.watch(Rounds(lambda: time.pass_s(6)), Ear()) == STOPPED


def test_a_thread_that_ended_well_is_let_go(health: Health, time: Time) -> None:
    heart = health.heart("import", 5)
    health.forget(heart)
    time.pass_s(60)
    assert health.status()["alive"]


@settings(deadline=None)
@given(gaps=st.lists(st.floats(0, 4.9), max_size=30))
def test_a_heart_within_its_limit_never_ends_the_process(gaps: list[float]) -> None:
    time = Time()
    health = Health(time)
    heart = health.heart("station", 5)

    def beat_after(gap: float) -> None:
        time.pass_s(gap)
        heart.beat()

    assert health.watch(Rounds(*[lambda gap=gap: beat_after(gap) for gap in gaps]), Ear()) == 0


def test_the_status_line_names_what_is_wrong_once(health: Health) -> None:
    device = health.device("in", "scanner", "camera", "camera", False)
    ear = Ear()
    health.watch(Rounds(None, device.up, None), ear)
    assert [word for word in ear.heard if word.startswith("STATUS")] == [
        "STATUS=device_starting",
        "STATUS=ready",
    ]


def test_the_watch_runs_beside_real_threads_and_stops_when_told() -> None:
    time = Time()
    health = Health(time, required=())
    stop, ended = threading.Event(), list[int]()
    health.device("in", "scanner", "camera", "camera", True)
    thread = threading.Thread(target=lambda: ended.append(health.watch(stop, lambda _: None, every_s=0.01)))
    thread.start()
    health.probe("p", lambda: Problem("uplink_down"))
    until(lambda: "uplink_down" in codes(health), what="the probe's problem")
    stop.set()
    thread.join(10)
    assert ended == [0]


@pytest.mark.parametrize("abstract", [False, True])
def test_messages_reach_systemds_socket(tmp_path: Path, abstract: bool) -> None:
    name = f"@gatepost-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind("\0" + name[1:] if abstract else name)
        channel.settimeout(10)
        notify = Notifier.from_environ({"NOTIFY_SOCKET": name})
        notify("READY=1")
        assert channel.recv(100) == b"READY=1"


def test_no_socket_and_a_gone_socket_are_no_reason_to_stop(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Notifier.from_environ({})("READY=1")
    gone = Notifier(str(tmp_path / "gone"))
    gone("WATCHDOG=1")
    gone("WATCHDOG=1")
    assert len(caplog.records) == 1


# --- probes ----------------------------------------------------------------------------------------


def space(free: int, files: int = 100_000, all_files: int = 1_000_000) -> os.statvfs_result:
    return os.statvfs_result((4096, 4096, 10**9, free // 4096, free // 4096, all_files, files, files, 0, 255))


def test_little_space_and_few_inodes_are_a_fault() -> None:
    def found(result: os.statvfs_result) -> str | None:
        problem = probes.disk(Path("/x"), space=lambda _: result)()
        return problem.code if problem else None

    assert found(space(300_000_000)) is None
    assert found(space(199_000_000)) == "disk_nearly_full"
    assert found(space(10**12, files=10)) == "disk_nearly_full"
    assert found(space(10**12, files=0, all_files=0)) is None


def test_a_folder_that_is_gone_is_a_problem_not_an_exception(tmp_path: Path) -> None:
    problem = probes.disk(tmp_path / "gone")()
    assert problem is not None
    assert problem.code == "disk_unreadable"
    assert probes.free_bytes(tmp_path) > 0


@pytest.mark.parametrize(
    ("quality", "code", "severity"),
    [
        (ClockQuality.UNSET, "clock_unset", "fault"),
        (ClockQuality.RESTORED, "clock_unconfirmed", "warning"),
        (ClockQuality.MANUAL, None, None),
        (ClockQuality.SYNCED, None, None),
    ],
)
def test_a_clock_nobody_vouches_for_is_shown(
    quality: ClockQuality, code: str | None, severity: str | None
) -> None:
    problem = probes.clock(lambda: quality)()
    assert (problem.code if problem else None) == code
    assert (problem.severity if problem else None) == severity


def test_a_district_that_falls_away_shows_in_readyz(health: Health) -> None:
    state = {"state": "up", "rejected": 0}
    health.probe("uplink", probes.uplink(lambda: state))
    health.look()
    assert health.status()["ready"]
    state["state"] = "down"
    health.look()
    assert not health.status()["ready"]
    assert codes(health) == ["uplink_down"]
    state.update(state="up", rejected=2)
    health.look()
    assert health.status()["ready"]
    assert codes(health) == ["uplink_rejected"]


def test_a_journal_that_cannot_commit_is_a_fault(health: Health) -> None:
    why: list[str | None] = ["No space left on device"]
    health.probe("journal", probes.journal(lambda: why[0]))
    health.look()
    assert health.status()["problems"][0]["what"] == "No space left on device"
    assert not health.status()["ready"]
    why[0] = None
    health.look()
    assert health.status()["ready"]


# --- metrics ---------------------------------------------------------------------------------------


def metrics(health: Health) -> dict[str, float]:
    return {
        sample.name + json.dumps(sample.labels, sort_keys=True): sample.value
        for family in text_string_to_metric_families(health.metrics().decode())
        for sample in family.samples
    }


def test_what_happens_is_counted_by_lane(health: Health, time: Time) -> None:
    health.count("passages", lane="in", outcome="admit")
    health.count("passages", 2, lane="in", outcome="refer")
    health.committed(0.003)
    health.heart("station", 5)
    time.pass_s(2)
    device = health.device("in", "thermometer", "front", "gy614", False)
    device.up()
    found = metrics(health)
    assert found['gatepost_passages_total{"lane": "in", "outcome": "refer"}'] == 2
    assert found["gatepost_journal_commit_seconds_count{}"] == 1
    assert found['gatepost_journal_commit_seconds_bucket{"le": "0.005"}'] == 1
    assert found['gatepost_journal_commit_seconds_bucket{"le": "0.002"}'] == 0
    assert found['gatepost_heart_age_seconds{"heart": "station"}'] == 2
    assert found['gatepost_device_up{"kind": "thermometer", "lane": "in", "name": "front"}'] == 1
    assert found["gatepost_ready{}"] == 1
    device.down("lost", "")
    found = metrics(health)
    assert found['gatepost_device_up{"kind": "thermometer", "lane": "in", "name": "front"}'] == 0
    assert found['gatepost_device_losses_total{"kind": "thermometer", "lane": "in", "name": "front"}'] == 1
    assert found['gatepost_problems{"code": "device_lost"}'] == 1
    assert found["gatepost_ready{}"] == 0


def test_a_counter_nobody_declared_is_a_programming_error(health: Health) -> None:
    with pytest.raises(KeyError):
        health.count("passages_of_tomorrow")


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=5), max_size=5))
def test_a_decoders_own_counters_add_up_over_reconnections(connections: list[list[int]]) -> None:
    health = Health(Time())
    device = health.device("in", "thermometer", "front", "gy614", False)
    expected = 0
    for additions in connections:
        device.totals(frames_bad=0)  # a new decoder
        total = 0
        for addition in additions:
            total += addition
            expected += addition
            device.totals(frames_bad=total)
    name = 'gatepost_frames_bad_total{"lane": "in", "name": "front"}'
    assert metrics(health).get(name, 0) == expected


def test_two_gates_in_one_process_do_not_share_their_numbers() -> None:
    one, other = Health(Time()), Health(Time())
    one.count("clock_corrections")
    assert metrics(one)["gatepost_clock_corrections_total{}"] == 1
    assert metrics(other)["gatepost_clock_corrections_total{}"] == 0


def test_every_metric_and_problem_code_is_documented() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    families = {family.name for family in text_string_to_metric_families(Health(Time()).metrics().decode())}
    ours = {name for name in families if name.startswith("gatepost_") and not name.endswith("_created")}
    for name in ours | {f"gatepost_{name}_total" for name in COUNTERS}:
        assert f"`{name}" in text, name
    rows = {
        line.split("`")[1]: line
        for line in text.splitlines()
        if line.startswith("| `") and line.count("|") == 7
    }
    assert set(REMEDIES) <= set(rows)
    for code, found in REMEDIES.items():
        for words in (found.title.en, found.title.zh, found.do.en, found.do.zh):
            assert f"| {words} |" in rows[code], code
