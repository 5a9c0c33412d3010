"""Prompts: words, tones, wave files, and playing them."""

import array
import itertools
import os
import shutil
import subprocess
import sys
import threading
import time
import wave
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import registry
from drivers.voice._prompts import LANGUAGES, PROMPTS, SENTENCES, TONES, chinese_number, sentence
from drivers.voice._waves import SPEAKERS, Prompts, seconds, tones
from drivers.voice.wav import player_command
from edge.domain.errors import DeviceUnavailable
from tests.waiting import until

pytestmark = pytest.mark.system

VALUES = {"temperature": "36.5", "minutes": "10", "ticket": "105"}
needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


@pytest.fixture
def without_espeak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")


def _samples(path: Path) -> tuple[int, "array.array[int]"]:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return file.getframerate(), array.array("h", file.readframes(file.getnframes()))


def _player(folder: Path, body: str) -> str:
    """Return the path of a real program that takes a file to play."""
    path = folder / "player.sh"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def _wav(folder: Path, player: str, **options: object) -> registry.Driver:
    return registry.load(
        "voice", {"driver": "wav", "player": player, "cache": str(folder / "cache"), **options}
    )


def test_every_prompt_has_both_languages_and_a_tone() -> None:
    assert set(PROMPTS) == set(SENTENCES) == set(TONES)
    assert set(PROMPTS) == {"admit", "turn_back", "refer", "wait", "again", "rest", "next"}
    for prompt in PROMPTS:
        assert SENTENCES[prompt][-1].needs == (), f"{prompt} cannot be said without values"
        assert sentence(prompt, "zh_Hans", {})
        assert sentence(prompt, "en", {}).isascii()


def test_no_prompt_says_why_in_front_of_others() -> None:
    for prompt in PROMPTS:
        for words in ("发热", "发烧", "fever", "超标", "阳性", "positive", "sick"):
            assert words not in sentence(prompt, "zh_Hans", VALUES) + sentence(prompt, "en", VALUES)


def test_numbers_are_spoken_where_a_prompt_has_words_for_them() -> None:
    assert sentence("admit", "zh_Hans", {"temperature": "36.5"}) == "体温三十六点五度，请通行。"
    assert sentence("admit", "zh_Hans", {"temperature": "hot"}) == "请通行。"
    assert sentence("admit", "zh_Hans", {"ticket": "3"}) == "请通行。"
    assert "号码是一百零五号" in sentence("rest", "zh_Hans", {"ticket": "105"})
    assert "休息十分钟" in sentence("rest", "zh_Hans", {"ticket": "105", "minutes": "10"})
    assert sentence("rest", "en", {"ticket": "105"}).endswith("Your number is 105.")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("37.5", "三十七点五"),
        ("36", "三十六"),
        ("0", "零"),
        ("0.05", "零点零五"),
        ("10", "十"),
        ("12", "十二"),
        ("20", "二十"),
        ("105", "一百零五"),
        ("110", "一百一十"),
        ("1001", "一千零一"),
        ("1010", "一千零一十"),
        ("1100", "一千一百"),
        ("9999", "九千九百九十九"),
        ("-3.2", "负三点二"),
    ],
)
def test_numbers_are_said_in_mandarin(number: str, words: str) -> None:
    assert chinese_number(number) == words


@given(st.integers(0, 9999), st.integers(0, 9999))
def test_no_two_numbers_are_said_alike_and_none_says_a_zero_twice_in_a_row(one: int, other: int) -> None:
    assert (chinese_number(str(one)) == chinese_number(str(other))) is (one == other)
    assert "零零" not in chinese_number(str(one))
    assert not chinese_number(str(one)).endswith("零") or one == 0


@pytest.mark.parametrize("text", ["", "x", "37,5", "1e3", "12345", "٣", "--1", "1.", "nan"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot say"):
        chinese_number(text)


def test_every_tone_is_its_own_and_pass_and_stop_are_what_everybody_knows() -> None:
    rendered = [tones(prompt).tobytes() for prompt in PROMPTS]
    assert len(set(rendered)) == len(PROMPTS)
    admit, stop = TONES["admit"], TONES["turn_back"]
    assert [hertz > 1000 and length <= 150 for hertz, length in admit if hertz] == [True, True]
    assert [hertz < 400 and length >= 700 for hertz, length in stop] == [True]


def test_a_tone_has_the_pitch_and_length_it_should() -> None:
    samples = tones("turn_back", 22_050)
    assert len(samples) == 22_050 * 900 // 1000
    rising = sum(1 for a, b in itertools.pairwise(samples) if a < 0 <= b)
    assert rising == pytest.approx(280 * 0.9, abs=2)
    assert abs(samples[0]) < 500
    assert abs(samples[-1]) < 500, "it would click"
    assert max(samples) > 15_000


@needs_espeak
@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("values", [{}, VALUES], ids=["fixed", "numbers"])
def test_no_mandarin_prompt_falls_back_to_english(prompt: str, values: dict[str, str]) -> None:
    text = sentence(prompt, "zh_Hans", values)
    command = ["espeak-ng", "-v", SPEAKERS["zh_Hans"], "-q", "-x", text]
    spoken = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
    assert spoken.strip()
    assert "(en)" not in spoken, text


@needs_espeak
def test_the_point_of_a_number_is_said() -> None:
    command = ["espeak-ng", "-v", SPEAKERS["zh_Hans"], "-q", "-x", f"体温{chinese_number('37.5')}"]
    spoken = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
    assert "t'iE" in spoken, "the point of 37.5 is not said"


@needs_espeak
def test_a_prompt_is_its_tone_and_then_the_sentence(tmp_path: Path) -> None:
    prompts = Prompts("zh_Hans", str(tmp_path))
    with prompts.waves("turn_back", {}) as [item]:
        rate, samples = _samples(item.path)
        tone = tones("turn_back", rate)
        assert samples[: len(tone)] == tone
        spoken = samples[len(tone) :]
        assert max(spoken) > 2000, "nothing is said after the tone"
        assert item.seconds == pytest.approx(len(samples) / rate)
    prompts.close()


@pytest.mark.usefixtures("without_espeak")
def test_without_a_synthesiser_every_prompt_is_its_tone(tmp_path: Path) -> None:
    prompts = Prompts("both", str(tmp_path))
    prompts.prepare()
    for prompt in PROMPTS:
        with prompts.waves(prompt, VALUES) as items:
            rate, samples = _samples(items[0].path)
            assert samples[: len(tones(prompt, rate))] == tones(prompt, rate)
            assert not any(samples[len(tones(prompt, rate)) :])


def test_a_synthesiser_that_fails_leaves_the_tone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    broken = tmp_path / "bin" / "espeak-ng"
    for body in ("exit 1", "exit 0", 'while [ "$1" != -w ]; do shift; done; echo junk > "$2"'):
        broken.write_text(f"#!/bin/sh\n{body}\n")
        broken.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        prompts = Prompts("zh_Hans", str(tmp_path / f"cache{len(body)}"))
        with prompts.waves("admit", {}) as [item]:
            rate, samples = _samples(item.path)
            assert samples[: len(tones("admit", rate))] == tones("admit", rate)


def test_prompts_are_rendered_once_and_those_with_numbers_are_not_kept(tmp_path: Path) -> None:
    prompts = Prompts("both", str(tmp_path))
    prompts.prepare()
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(kept) == len(PROMPTS) * len(LANGUAGES)
    with Prompts("both", str(tmp_path)).waves("admit", {"temperature": "36.5"}) as items:
        assert all(item.passing and item.path.is_file() for item in items)
    Prompts("both", str(tmp_path)).prepare()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == kept


@pytest.mark.parametrize("left", [b"", b"RIFF", None], ids=["empty", "begun", "cut short"])
def test_a_file_that_a_power_cut_left_half_is_rendered_again(tmp_path: Path, left: bytes | None) -> None:
    prompts = Prompts("en", str(tmp_path))
    with prompts.waves("wait", {}) as [item]:
        whole = item.path.read_bytes()
    item.path.write_bytes(whole[:-1000] if left is None else left)
    with Prompts("en", str(tmp_path)).waves("wait", {}) as [again]:
        assert again.path.read_bytes() == whole


def test_own_recordings_come_first(tmp_path: Path) -> None:
    own = tmp_path / "own" / "zh_Hans" / "admit.wav"
    own.parent.mkdir(parents=True)
    with wave.open(str(own), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44_100)
        file.writeframes(bytes(4 * 44_100))
    prompts = Prompts("zh_Hans", str(tmp_path / "cache"), str(tmp_path / "own"))
    with prompts.waves("admit", {}) as [item]:
        assert (item.path, item.seconds, item.passing) == (own, 1.0, False)
    with prompts.waves("refer", {}) as [item]:
        assert item.path != own
    own.write_bytes(b"no wave")
    with pytest.raises(DeviceUnavailable, match="no wave file"), prompts.waves("admit", {}):
        pass
    assert own.read_bytes() == b"no wave", "somebody's own file was overwritten"


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DeviceUnavailable) as denied:
        Prompts("en", str(tmp_path / "file" / "cache"))
    assert denied.value.code == "denied"


def test_the_usual_cache_is_the_services_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path))
    Prompts("en").prepare()
    assert len(list((tmp_path / "gatepost" / "voice").iterdir())) == len(PROMPTS)


def test_each_player_gets_the_file_and_the_device_in_its_own_words() -> None:
    path = Path("/x.wav")
    assert player_command("aplay", "", path) == ["aplay", "-q", "/x.wav"]
    assert player_command("aplay", "plughw:1", path) == ["aplay", "-q", "--device=plughw:1", "/x.wav"]
    assert player_command("paplay", "usb", path) == ["paplay", "--device=usb", "/x.wav"]
    assert player_command("/usr/bin/pw-play", "7", path) == ["/usr/bin/pw-play", "--target=7", "/x.wav"]


def test_a_prompt_is_played_by_the_player_to_its_end(tmp_path: Path) -> None:
    player = _player(tmp_path, f'cp "$1" {tmp_path}/heard.wav; echo "$1" >> {tmp_path}/played')
    voice = _wav(tmp_path, player, language="both").connect()
    voice.say("admit", {})
    played = [Path(line) for line in (tmp_path / "played").read_text().splitlines()]
    assert [path.name.split("-")[:2] for path in played] == [["admit", "zh_Hans"], ["admit", "en"]]
    assert seconds(tmp_path / "heard.wav") > 0.1
    voice.say("no such prompt", {})
    assert len((tmp_path / "played").read_text().splitlines()) == 2
    voice.close()
    voice.close()
    with pytest.raises(DeviceUnavailable) as ended:
        voice.say("admit", {})
    assert ended.value.code == "ended"


@pytest.mark.parametrize(
    ("body", "code"),
    [("echo 'no such device' >&2; exit 1", "lost"), ("echo 'resource busy' >&2; exit 1", "busy")],
)
def test_a_player_that_fails_is_told_with_what_it_said(tmp_path: Path, body: str, code: str) -> None:
    voice = _wav(tmp_path, _player(tmp_path, body)).connect()
    with pytest.raises(DeviceUnavailable, match=r"no such device|resource busy") as error:
        voice.say("wait", {})
    assert error.value.code == code
    voice.close()


@pytest.mark.usefixtures("without_espeak")
def test_a_player_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.voice.wav._GRACE_S", 0.2)
    voice = _wav(tmp_path, _player(tmp_path, "exec /bin/sleep 600")).connect()
    start = time.monotonic()
    with pytest.raises(DeviceUnavailable) as hung:
        voice.say("wait", {})
    assert hung.value.code == "hung"
    assert time.monotonic() - start < 30
    voice.close()


def test_closing_stops_what_plays(tmp_path: Path) -> None:
    voice = _wav(tmp_path, _player(tmp_path, f"touch {tmp_path}/began; exec sleep 600")).connect()
    ended: list[str] = []

    def speak() -> None:
        try:
            voice.say("wait", {})
        except DeviceUnavailable as error:
            ended.append(error.code)

    thread = threading.Thread(target=speak)
    thread.start()
    until((tmp_path / "began").exists, what="the player to begin")
    voice.close()
    thread.join(10)
    assert ended == ["ended"]


def test_without_a_player_the_voice_is_absent(tmp_path: Path) -> None:
    with pytest.raises(DeviceUnavailable, match="not installed") as absent:
        _wav(tmp_path, str(tmp_path / "aplay")).connect()
    assert absent.value.code == "absent"


def test_without_a_sound_card_the_voice_is_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    player = tmp_path / "aplay"
    player.symlink_to(shutil.which("true") or sys.executable)
    monkeypatch.setattr("drivers.voice.wav._SOUND", tmp_path / "snd")
    with pytest.raises(DeviceUnavailable, match="no sound card"):
        _wav(tmp_path, str(player)).connect()
    _wav(tmp_path, str(player), device="pulse").connect().close()
    (tmp_path / "snd").mkdir()
    (tmp_path / "snd" / "pcmC0D0p").touch()
    voice = _wav(tmp_path, str(player)).connect()
    (tmp_path / "snd" / "pcmC0D0p").unlink()
    with pytest.raises(DeviceUnavailable, match="no sound card"):
        voice.check()
    voice.close()


def test_the_simulated_voice_renders_the_same_waves_and_lets_their_time_pass(tmp_path: Path) -> None:
    table: dict[str, object] = {"driver": "simulated", "cache": str(tmp_path), "pace": 0.2}
    driver = registry.load("voice", table)
    voice = driver.connect()
    assert driver.simulated
    with Prompts("zh_Hans", str(tmp_path)).waves("next", {}) as [item]:
        lasts = item.seconds
    start = time.monotonic()
    voice.say("next", {})
    assert time.monotonic() - start >= lasts * 0.2
    assert list(voice.said) == ["next"]
    voice.say("no such prompt", {})
    voice.close()
    voice.close()
    with pytest.raises(DeviceUnavailable):
        voice.say("next", {})
    assert list(voice.said) == ["next"]


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(PROMPTS), st.dictionaries(st.sampled_from([*VALUES, "x"]), st.text(max_size=6)))
def test_any_values_can_be_handed_in(prompt: str, values: dict[str, str]) -> None:
    for language in LANGUAGES:
        text = sentence(prompt, language, values)
        assert "{" not in text


def test_nothing_of_the_renderer_is_left_in_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.delenv("CACHE_DIRECTORY", raising=False)
    (tmp_path / "home").write_text("a home that is no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    prompts = Prompts("en")
    prompts.prepare()
    assert len(os.listdir(tmp_path)) == 2  # noqa: PTH208 - the home above and the borrowed folder
    prompts.close()
    assert os.listdir(tmp_path) == ["home"]  # noqa: PTH208
