"""A loudspeaker that announces: prompts first, quiet hours, and what happens when it fails or ends."""

import shutil
import threading
import time
import wave
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import registry
from drivers.voice._speaker import Speaker, fitting, pieces
from drivers.voice._waves import Prompts, Wave
from drivers.voice.simulated import Options
from edge.domain.errors import ConfigError, DeviceUnavailable
from edge.domain.ports import SAY
from tests.waiting import until

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed"),
]

EIGHT = datetime(2020, 2, 8, 8, 0, tzinfo=UTC)


class Listener:
    """A player that tells what it is to play, and plays until it is let go or stopped."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.cut: list[str] = []
        self.holds: Callable[[str], bool] = lambda name: False
        self.fails: DeviceUnavailable | None = None
        self._loud = threading.Lock()
        self.overlaps = 0

    def check(self) -> None:
        """Never missing."""

    def play(self, item: Wave, stop: threading.Event) -> float | None:
        """Play; see `Player`."""
        name = item.path.name.split("-")[0]
        if not self._loud.acquire(blocking=False):
            self.overlaps += 1
            raise AssertionError("two files at once")
        try:
            self.begun.append(name)
            if self.fails is not None:
                raise self.fails
            while self.holds(name):
                if stop.wait(0.005):
                    self.cut.append(name)
                    return 0.5
            self.ended.append(name)
            return None
        finally:
            self._loud.release()


class Gate:
    """A loudspeaker with a listener and a clock the test moves."""

    def __init__(self, folder: Path, now: datetime = EIGHT - timedelta(minutes=1), **options: object) -> None:
        table = {"announcements": ("08:00 请戴口罩。请测体温。",), "timezone": "UTC", **options}
        self.options = Options(cache=str(folder), **table)  # type: ignore[arg-type]
        self.now = now
        self.listener = Listener()
        self.prompts = Prompts(self.options.languages, str(folder))
        self.speaker = Speaker(self.listener, self.prompts, self.options, lambda: self.now, tick_s=0.01)


@pytest.fixture
def gates(tmp_path: Path) -> Iterator[Callable[..., Gate]]:
    """Return what makes gates; all are closed at the end, their threads gone, no two sounds at once."""
    made: list[Gate] = []

    def make(**options: object) -> Gate:
        made.append(Gate(tmp_path / "cache", **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for gate in made:
        gate.speaker.close()
        gate.speaker.close()
        assert gate.listener.overlaps == 0
    assert not [t for t in threading.enumerate() if t.name == "voice-announcements"]


def test_an_announcement_is_said_at_its_time_sentence_by_sentence(gates: Callable[..., Gate]) -> None:
    gate = gates()
    gate.speaker.say("admit", {})
    assert gate.listener.ended == ["admit"]
    gate.now = EIGHT
    until(lambda: len(gate.listener.ended) == 3, what="the announcement")
    assert gate.listener.ended == ["admit", "announcement", "announcement"]


def test_an_announcement_is_said_in_every_chinese_language_configured(gates: Callable[..., Gate]) -> None:
    gate = gates(languages=("zh_Hans", "en", "yue"))
    gate.now = EIGHT
    until(lambda: len(gate.listener.ended) == 4, what="two sentences in two languages")
    assert gate.listener.ended == ["announcement"] * 4


def test_a_sentence_of_a_procedure_is_said_in_the_languages_it_was_written_in(
    gates: Callable[..., Gate],
) -> None:
    gate = gates(languages=("zh_Hans", "en", "yue"))
    gate.speaker.say(SAY, {"zh_Hans": "请出示健康码。", "en": "Please show your health code."})
    assert gate.listener.ended == ["announcement"] * 2
    gate.speaker.close()
    with pytest.raises(DeviceUnavailable, match="closed"):
        gate.speaker.say(SAY, {"zh_Hans": "请出示健康码。"})


@pytest.mark.parametrize("prompt", ["alarm", "admit"])
def test_a_prompt_cuts_an_announcement_short_which_goes_on_afterwards(
    gates: Callable[..., Gate], prompt: str
) -> None:
    gate = gates()
    busy = [True]
    gate.listener.holds = lambda name: name == "announcement" and busy[0]
    gate.now = EIGHT
    until(lambda: gate.listener.begun, what="the announcement to begin")
    start = time.monotonic()
    gate.speaker.say(prompt, {})
    assert time.monotonic() - start < 5, "the prompt waited for the announcement"
    assert gate.listener.cut[0] == "announcement"
    assert gate.listener.ended == [prompt]
    busy[0] = False
    until(lambda: len(gate.listener.ended) == 3, what="the announcement to go on")
    assert gate.listener.ended == [prompt, "announcement", "announcement"]


def test_an_announcement_waits_while_a_prompt_is_said(gates: Callable[..., Gate]) -> None:
    gate = gates()
    busy = [True]
    gate.listener.holds = lambda name: name == "wait" and busy[0]
    speaking = threading.Thread(target=gate.speaker.say, args=("wait", {}))
    speaking.start()
    until(lambda: gate.listener.begun == ["wait"], what="the prompt to begin")
    gate.now = EIGHT
    until(lambda: gate.speaker._plan._done, what="the announcement to be due")
    busy[0] = False
    speaking.join(10)
    until(lambda: len(gate.listener.ended) == 3, what="the announcement")
    assert gate.listener.ended == ["wait", "announcement", "announcement"]


def test_an_announcement_that_never_found_quiet_is_given_up(
    gates: Callable[..., Gate], caplog: pytest.LogCaptureFixture
) -> None:
    gate = gates()
    gate.listener.holds = lambda name: name == "announcement"
    gate.now = EIGHT
    until(lambda: gate.listener.begun, what="the announcement to begin")
    gate.now = EIGHT + timedelta(minutes=16)
    gate.speaker.say("admit", {})
    until(lambda: "given up" in caplog.text, what="the announcement to be given up")
    until(lambda: not gate.speaker._busy, what="the loudspeaker to be free")
    assert gate.listener.ended == ["admit"]
    gate.now = EIGHT + timedelta(days=1)
    gate.listener.holds = lambda name: False
    until(lambda: len(gate.listener.ended) == 1 + 2, what="the next day's")
    assert caplog.text.count("given up") == 1, "said for each of its sentences"


def test_many_prompts_at_once_are_said_one_after_the_other(gates: Callable[..., Gate]) -> None:
    gate = gates()
    gate.now = EIGHT
    threads = [
        threading.Thread(target=gate.speaker.say, args=(prompt, {}))
        for prompt in ("admit", "wait", "next", "alarm") * 3
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    until(lambda: gate.listener.ended.count("announcement") == 2, what="the announcement")
    assert len(gate.listener.ended) == 14


def test_in_quiet_hours_prompts_are_softer_alarms_are_not_and_nothing_is_announced(
    gates: Callable[..., Gate], caplog: pytest.LogCaptureFixture
) -> None:
    gate = gates(quiet="22:00-08:30", quiet_volume=20, volume=80)
    played: list[str] = []
    gate.listener.holds = lambda name: False
    real = gate.listener.play

    def play(item: Wave, stop: threading.Event) -> float | None:
        played.append(item.path.stem.rpartition("-")[2])
        return real(item, stop)

    gate.listener.play = play  # type: ignore[method-assign]
    gate.now = EIGHT
    until(lambda: "quiet hours" in caplog.text, what="the announcement to be left out")
    gate.speaker.say("admit", {})
    gate.speaker.say("alarm", {})
    gate.now = EIGHT + timedelta(minutes=31)
    gate.speaker.say("admit", {})
    assert played == ["v20", "v80", "v80"]
    assert "announcement" not in gate.listener.begun


def test_quiet_hours_are_of_the_time_zone_given(
    gates: Callable[..., Gate], caplog: pytest.LogCaptureFixture
) -> None:
    gate = gates(
        quiet="22:00-07:00", timezone="Asia/Shanghai", announcements=("16:00 开饭。", "23:00 熄灯。")
    )
    gate.now = EIGHT  # 16:00 in Shanghai
    until(lambda: gate.listener.ended == ["announcement"], what="the announcement")
    gate.now = EIGHT + timedelta(hours=7)
    until(lambda: "23:00 falls into the quiet hours" in caplog.text, what="the other one to be left out")
    assert gate.listener.begun == ["announcement"]


@pytest.mark.parametrize(
    ("at", "softer"),
    [("21:59", False), ("22:00", True), ("23:59", True), ("00:00", True), ("06:59", True), ("07:00", False)],
)
def test_quiet_hours_go_on_over_midnight_and_follow_a_clock_that_is_set(
    gates: Callable[..., Gate], at: str, softer: bool
) -> None:
    gate = gates(quiet="22:00-07:00", quiet_volume=20, announcements=())
    played: list[str] = []
    real = gate.listener.play

    def play(item: Wave, stop: threading.Event) -> float | None:
        played.append(item.path.stem.rpartition("-")[2])
        return real(item, stop)

    gate.listener.play = play  # type: ignore[method-assign]
    gate.now = datetime(1970, 1, 1, 12, tzinfo=UTC)  # a Pi before anybody has told it the time
    gate.speaker.say("admit", {})
    hour, minute = map(int, at.split(":"))
    gate.now = EIGHT.replace(hour=hour, minute=minute)
    gate.speaker.say("admit", {})
    gate.speaker.say("fault", {})
    assert played == ["v100", "v20" if softer else "v100", "v100"]


def test_announcements_that_end_by_an_error_are_told(
    gates: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gates()
    monkeypatch.setattr(threading, "excepthook", lambda _args: None)

    def broken() -> None:
        raise RuntimeError

    gate.speaker._book.entries = broken  # type: ignore[assignment, method-assign]
    until(lambda: not gate.speaker._thread.is_alive(), what="the thread's end")
    with pytest.raises(DeviceUnavailable, match="ended by an error"):
        gate.speaker.check()


def test_a_wave_file_goes_on_from_where_it_was_cut(gates: Callable[..., Gate], tmp_path: Path) -> None:
    sound = tmp_path / "broadcast.wav"
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2 * 8000 * 2))
    gate = gates(announcements=(f"08:00 {sound}",))
    lengths: list[float] = []
    busy = [True]
    gate.listener.holds = lambda name: name != "admit" and busy[0]
    real = gate.listener.play

    def play(item: Wave, stop: threading.Event) -> float | None:
        lengths.append(item.seconds)
        return real(item, stop)

    gate.listener.play = play  # type: ignore[method-assign]
    gate.now = EIGHT
    until(lambda: lengths, what="the broadcast to begin")
    gate.speaker.say("admit", {})
    busy[0] = False
    until(lambda: len(gate.listener.ended) == 2, what="the broadcast to end")
    assert lengths[0] == 2.0
    assert lengths[-1] < 2.0


def test_a_wave_file_that_is_not_there_is_said_and_the_loudspeaker_stays(
    gates: Callable[..., Gate], caplog: pytest.LogCaptureFixture
) -> None:
    gate = gates(announcements=("08:00 /nowhere/x.wav", "08:00 请测体温。"))
    gate.now = EIGHT
    until(lambda: gate.listener.ended == ["announcement"], what="the other announcement")
    assert "/nowhere/x.wav" in caplog.text
    gate.speaker.check()


def test_a_loudspeaker_that_fails_while_it_announces_is_told_by_the_next_check(
    gates: Callable[..., Gate],
) -> None:
    gate = gates()
    gate.listener.fails = DeviceUnavailable("the card is gone", code="lost")
    gate.now = EIGHT

    def failed() -> str:
        try:
            gate.speaker.check()
        except DeviceUnavailable as error:
            return error.code
        return ""

    assert until(failed, what="the failure to be told") == "lost"


def test_closing_ends_an_announcement_at_once(gates: Callable[..., Gate]) -> None:
    gate = gates()
    gate.listener.holds = lambda name: True
    gate.now = EIGHT
    until(lambda: gate.listener.begun, what="the announcement to begin")
    start = time.monotonic()
    gate.speaker.close()
    assert time.monotonic() - start < 5
    for use in (gate.speaker.check, lambda: gate.speaker.say("admit", {})):
        with pytest.raises(DeviceUnavailable) as ended:
            use()
        assert ended.value.code == "ended"


def test_a_gate_without_announcements_has_no_thread_for_them(gates: Callable[..., Gate]) -> None:
    gates(announcements=())
    assert not [t for t in threading.enumerate() if t.name == "voice-announcements"]


def test_announcements_are_played_by_the_player_and_stopped_with_it(tmp_path: Path) -> None:
    player = tmp_path / "player.sh"
    body = 'case "$1" in */announcement-*) sleep 600;; esac'
    player.write_text(f'#!/bin/sh\necho "${{1##*/}}" >> {tmp_path}/played\n{body}\n')
    player.chmod(0o755)
    table: dict[str, object] = {"driver": "wav", "player": str(player), "cache": str(tmp_path / "cache")}
    local = datetime.now(UTC)
    table |= {"timezone": "UTC", "announcements": [f"{local:%H:%M} 请测体温。"]}
    voice = registry.load("voice", table).connect()
    try:
        voice._plan._since = local - timedelta(minutes=1)  # as if it ran since then
        until((tmp_path / "played").exists, what="the announcement")
        start = time.monotonic()
        voice.say("admit", {})
        assert time.monotonic() - start < 30, "the prompt waited for the announcement"
        lines = (tmp_path / "played").read_text().splitlines()
        assert [line.split("-")[0] for line in lines[:2]] == ["announcement", "admit"]
    finally:
        voice.close()


@given(st.text(max_size=200))
def test_no_word_of_a_notice_is_lost_between_its_sentences(text: str) -> None:
    def words(said: str) -> str:
        return "".join(c for c in said if c.isalnum())

    assert words("".join(pieces(text))) == words(text)
    assert all(piece == piece.strip() and piece for piece in pieces(text))


def test_a_notice_is_parted_where_it_pauses() -> None:
    assert pieces("体温37.5度。请等！ok? Yes. No") == ["体温37.5度。", "请等！", "ok?", "Yes.", "No"]
    long = "居民朋友们，" * 12
    assert pieces(long + "请戴口罩。") == ["居民朋友们，"] * 12 + ["请戴口罩。"]


def test_a_notice_is_said_in_the_languages_of_its_script() -> None:
    assert fitting("戴口罩", ("en", "yue", "zh_Hans")) == ("yue", "zh_Hans")
    assert fitting("戴口罩", ("en",)) == ("zh_Hans",)
    assert fitting("Wear a mask", ("zh_Hans",)) == ("en",)


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"languages": []}, "languages"),
        ({"languages": ["en", "en"]}, "languages"),
        ({"languages": ["cmn"]}, "languages"),
        ({"quiet": "night"}, "quiet"),
        ({"timezone": "Asia/Chongking"}, "timezone"),
        ({"announcements": ["wear a mask"]}, "announcements"),
        ({"announcements": ["25:00 wear a mask"]}, "announcements"),
        ({"volume": 0}, "volume"),
        ({"speed": 1000}, "speed"),
    ],
)
@pytest.mark.parametrize("driver", ["wav", "simulated"])
def test_options_that_cannot_be_meant_are_refused(
    driver: str, options: dict[str, object], fault: str
) -> None:
    with pytest.raises(ConfigError, match=fault):
        registry.load("voice", {"driver": driver, **options})
