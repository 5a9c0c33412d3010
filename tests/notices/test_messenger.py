"""Messages to people who are not at the gate, over a real journal and a real server."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers import registry
from edge.config.words import Text
from edge.domain.errors import ConfigError, DeviceUnavailable
from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal, Row, State, StoredRow
from edge.notices import Messenger, Recipient, Sources
from edge.notices.lines import line_of
from edge.notices.messenger import HOLD_US, LINES
from edge.registers.book import Book, Draft, Order
from edge.reports.sending import DAY_US, Reports, Terms
from tests.notices.listener import Listener, listening

Problems = list[tuple[str, str, str, Text]]


class Rig:
    """One recipient of a gate whose clock the test sets."""

    def __init__(self, folder: Path, url: str, what: tuple[str, ...] = ("alarm", "overdue", "daily")) -> None:
        self.mono_us = 1_000_000
        self.journal = Journal.open(folder)
        self.journal.start_boot()
        self.state = State.open(folder)
        self.problems: Problems = []
        self.downs: list[str] = []
        self.url, self.what = url, what
        self.messenger = self.made()

    def made(self) -> Messenger:
        """Make the messenger, as a start of the gate does."""
        driver = registry.load("notifier", {"driver": "webhook", "url": self.url})
        sources = Sources("测试门", self.journal.reader, lambda: self.problems, {"in": "进口"})
        recipient = Recipient("manager", frozenset(self.what), "zh_Hans", every_s=1.0)
        return Messenger(recipient, driver.connect, sources, memory=self.state, status=self, now=self.now)

    def now(self) -> Instant:
        return Instant(self.mono_us, 1_581_552_000_000_000 + self.mono_us, ClockQuality.SYNCED)

    def up(self) -> None:
        self.downs.clear()

    def down(self, code: str, message: str) -> None:
        assert "127.0.0.1/" not in message
        self.downs.append(code)

    def case(self, number: int) -> None:
        """Open a case, with something personal sealed in it."""
        body = {"case": number, "why": ["temperature_over_threshold"], "due_us": 1}
        self.journal.append(Row("case.opened", self.now(), body, "in", {"name": "某甲"}, f"case:{number}"))

    def look(self, seconds: float = 400.0) -> bool:
        """Look once, some time later."""
        self.mono_us += int(seconds * 1e6)
        return self.messenger.look()

    def close(self) -> None:
        self.state.close()
        self.journal.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


@pytest.fixture
def rig(tmp_path: Path, listener: Listener) -> Iterator[Rig]:
    made = Rig(tmp_path / "store", listener.url)
    yield made
    made.close()


def test_whoever_is_new_is_told_nothing_of_before_and_everything_after(rig: Rig, listener: Listener) -> None:
    rig.case(1)
    assert not rig.look()
    rig.case(2)
    assert rig.look()
    [message] = listener.came
    assert message["kind"] == "alarm"
    assert message["gate"] == "测试门"
    assert "个案 2" in message["text"]
    assert "个案 1" not in message["text"]
    assert "进口" in message["text"]
    assert "某甲" not in str(message)
    assert not rig.look(), "and only once"


def test_nothing_is_lost_while_the_server_is_away_or_the_gate_starts_anew(
    rig: Rig, listener: Listener
) -> None:
    rig.look()
    listener.status = 503
    rig.case(1)
    assert not rig.look()
    assert rig.downs == ["garbled"]
    rig.case(2)
    rig.messenger = rig.made()
    assert not rig.look()
    listener.status = 200
    assert rig.look()
    [message] = listener.came
    assert "个案 1" in message["text"]
    assert "个案 2" in message["text"]
    assert not rig.downs


def test_failures_are_further_and_further_apart(rig: Rig, listener: Listener) -> None:
    rig.look()
    listener.status = 500
    rig.case(1)
    assert not rig.look(1.0)
    rig.downs.clear()
    assert not rig.look(1.0)
    assert not rig.downs, "it is not tried again within five seconds"
    assert not rig.look(4.5)
    assert rig.downs == ["garbled"]
    rig.downs.clear()
    rig.look(6.0)
    assert not rig.downs, "and then not within ten"


def test_the_daily_report_is_told_in_a_line_with_its_figures(rig: Rig, listener: Listener) -> None:
    rig.case(1)
    rig.look()
    reports = Reports(rig.journal, Terms(), rig.now, lambda: None)
    rig.mono_us += DAY_US
    assert len(reports.write_due()) == 1
    assert rig.look()
    [message] = listener.came
    assert (message["kind"], message["title"]) == ("daily", "测试门 · 日报")
    said = "2020-02-13 日报：通行 0 人次，0 辆次，劝返 0 人次，劝返 0 辆次，体温达到阈值 0 人次"
    assert said in message["text"]
    assert "；迟报 476 分钟" in message["text"], "due at 00:10, written at 08:06"


def test_the_daily_line_tells_both_languages_and_never_a_zero_that_nobody_counted() -> None:
    figures = {"passes.persons": 312, "passes.vehicles": 45, "turn_back.persons": 6, "over": 2, "again": 1}
    body = {"day": "2020-02-12", "figures": figures, "corrects": 7}
    row = StoredRow(9, 1, 1, 1, "synced", "report.daily", None, body, "", None, None, b"")
    line = line_of(row, {})
    assert line is not None
    assert line.text.en == (
        "2020-02-12, corrected report: person passes 312, vehicle passes 45, persons turned back 6, "
        "vehicles turned back ?, over the threshold 3"
    )
    assert line.text.zh == (
        "2020-02-12 日报（更正）：通行 312 人次，45 辆次，劝返 6 人次，劝返 ? 辆次，体温达到阈值 3 人次"
    )
    del figures["again"]
    line = line_of(row, {})
    assert line is not None
    assert line.text.zh.endswith("体温达到阈值 ? 人次")


def test_r25_whoever_is_watched_for_is_told_of_while_they_stand_there(rig: Rig, listener: Listener) -> None:
    """居家隔离人员: an exit attempt reaches whoever is not at the gate, and says of nobody why"""
    rig.look()
    body = {
        "passage": 12,
        "direction": "out",
        "why": ["watch_alarm:isolated"],
        "hits": [{"watch": "isolated"}],
    }
    rig.journal.append(Row("access.alarmed", rig.now(), body, "in"))
    assert rig.look()
    [message] = listener.came
    assert "进口：名单报警，须留意的人员要出门（通行 12），请看门岗页面" in message["text"]
    assert "isolated" not in str(message)
    assert "隔离" not in str(message)


def test_a_call_for_help_is_told_in_words(rig: Rig, listener: Listener) -> None:
    rig.look()
    book = Book(rig.journal, rig.now)
    book.enter(Order("c1", "guard"), "incidents", Draft({"kind": "quarrel"}, {"note": "某乙在吵"}, lane="in"))
    book.enter(Order("c2", "guard"), "notices", Draft({"kind": "quarrel"}))
    assert rig.look()
    [message] = listener.came
    assert message["text"].count("\n") == 0
    assert "有人争吵" in message["text"]
    assert "某乙" not in str(message)


def test_after_a_long_silence_the_newest_are_told_and_the_others_counted(
    rig: Rig, listener: Listener
) -> None:
    rig.look()
    for number in range(1, LINES + 8):
        rig.case(number)
    assert rig.look()
    lines = listener.came[0]["text"].splitlines()
    assert len(lines) == LINES + 1
    assert "另有 7 条" in lines[0]


def test_a_fault_is_told_when_it_lasts_and_when_it_is_over(rig: Rig, listener: Listener) -> None:
    rig.look()
    rig.problems = [("device_lost", "in thermometer meter: gone", "fault", Text("lost", "设备断开"))]
    assert not rig.look(1.0)
    assert rig.look(HOLD_US / 1e6)
    assert "设备断开：in thermometer meter" in listener.came[0]["text"]
    assert not rig.look()
    rig.messenger = rig.made()
    assert not rig.look(), "a restart is no reason to say it again"
    rig.problems = []
    assert rig.look()
    assert "已恢复：设备断开" in listener.came[1]["text"]


def test_what_is_overdue_is_told_to_who_wants_it_only(rig: Rig, listener: Listener) -> None:
    rig.what = ("alarm",)
    rig.messenger = rig.made()
    rig.look()
    rig.problems = [("case_overdue", "2: no. 1", "warning", Text("overdue", "个案超时"))]
    rig.look(1.0)
    assert not rig.look(HOLD_US / 1e6)
    rig.what = ("overdue",)
    rig.messenger = rig.made()
    rig.look(1.0)
    assert rig.look(HOLD_US / 1e6)
    rig.problems = [("case_overdue", "3: no. 1", "warning", Text("overdue", "个案超时"))]
    assert not rig.look(), "another count is no news"
    assert [message["kind"] for message in listener.came] == ["overdue"]


@pytest.fixture
def secret(tmp_path: Path) -> Callable[[str], str]:
    def made(text: str, mode: int = 0o600) -> str:
        file = tmp_path / "secret"
        file.write_text(text, "utf-8")
        file.chmod(mode)
        return str(file)

    return made


def _send(table: dict[str, Any]) -> None:
    from edge.domain.ports import Message

    port = registry.load("notifier", table).connect()
    try:
        port.send(Message("门", "alarm", "题", "文", urgent=True), 5.0)
    finally:
        port.close()


def test_a_webhook_carries_its_token(listener: Listener, secret: Callable[[str], str]) -> None:
    _send({"driver": "webhook", "url": listener.url, "secret_file": secret("tok-1\n")})
    assert listener.came == [{"title": "题", "text": "文", "gate": "门", "kind": "alarm"}]
    assert listener.headers[0]["authorization"] == "Bearer tok-1"


@pytest.mark.parametrize("url", ["http://example.test/x", "ftp://127.0.0.1/x", "example"])
def test_a_webhook_beyond_this_machine_needs_tls(url: str) -> None:
    with pytest.raises(ConfigError, match="url"):
        registry.load("notifier", {"driver": "webhook", "url": url})


def test_a_robot_is_written_to_by_the_library(listener: Listener, secret: Callable[[str], str]) -> None:
    _send({"driver": "apprise", "urls_file": secret(f"# 管理群\njson://127.0.0.1:{listener.port}/in\n")})
    [message] = listener.came
    assert message["message"] == "文"
    assert message["title"] == "题"


def test_a_robot_that_does_not_take_it_is_named_by_its_line_alone(
    listener: Listener, secret: Callable[[str], str]
) -> None:
    listener.status = 500
    with pytest.raises(DeviceUnavailable, match="address 1") as caught:
        _send({"driver": "apprise", "urls_file": secret(f"json://127.0.0.1:{listener.port}/in")})
    assert str(listener.port) not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "wecombot://0123456789abcdef0123456789abcdef",
        "dingtalk://" + "a" * 40,
        "feishu://0123456789abcdef",
        "mailtos://gate:secret@mail.example?to=manager@mail.example",
    ],
)
def test_the_services_of_the_groups_are_known(url: str, secret: Callable[[str], str]) -> None:
    registry.load("notifier", {"driver": "apprise", "urls_file": secret(url)}).connect().close()


def test_an_address_nobody_knows_and_a_file_for_everybody_are_refused(secret: Callable[..., str]) -> None:
    for text, mode, told in (
        ("whatever", 0o600, "not one that Apprise knows"),
        ("json://127.0.0.1/", 0o644, "chmod 600"),
        ("# nothing\n", 0o600, "holds no address"),
    ):
        driver = registry.load("notifier", {"driver": "apprise", "urls_file": secret(text, mode)})
        with pytest.raises(DeviceUnavailable, match=told):
            driver.connect()
