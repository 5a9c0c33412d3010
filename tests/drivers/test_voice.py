"""Prompts: words, tones, wave files, and playing them."""

import array
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import wave
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import registry
from drivers.voice import _sound
from drivers.voice._prompts import LANGUAGES, PROMPTS, SENTENCES, TONES, sentence
from drivers.voice._render import main as render
from drivers.voice._render import phonemes
from drivers.voice._sound import RATE, seconds
from drivers.voice._waves import Prompts
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


def tones(prompt: str, rate: int = RATE) -> "array.array[int]":
    return _sound.tones(TONES[prompt], rate)


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


def test_every_prompt_has_all_languages_and_a_tone() -> None:
    assert LANGUAGES == ("zh_Hans", "yue", "en")
    assert set(PROMPTS) == set(SENTENCES) == set(TONES)
    assert set(PROMPTS) == {
        *("admit", "turn_back", "refer", "wait", "again", "rest", "next", "alarm", "fault")
    }
    for prompt in PROMPTS:
        assert SENTENCES[prompt][-1].needs == (), f"{prompt} cannot be said without values"
        assert sentence(prompt, "zh_Hans", {})
        assert sentence(prompt, "yue", {})
        assert sentence(prompt, "en", {}).isascii()


def test_no_prompt_says_why_in_front_of_others() -> None:
    for prompt in PROMPTS:
        said = "".join(sentence(prompt, language, VALUES) for language in LANGUAGES)
        for words in ("发热", "发烧", "發燒", "發熱", "fever", "超标", "阳性", "陽性", "positive", "sick"):
            assert words not in said


def test_numbers_are_spoken_where_a_prompt_has_words_for_them() -> None:
    assert sentence("admit", "zh_Hans", {"temperature": "36.5"}) == "体温三十六点五度，请通行。"
    assert sentence("admit", "zh_Hans", {"temperature": "hot"}) == "请通行。"
    assert sentence("admit", "zh_Hans", {"ticket": "3"}) == "请通行。"
    assert "号码是一百零五号" in sentence("rest", "zh_Hans", {"ticket": "105"})
    assert "休息十分钟" in sentence("rest", "zh_Hans", {"ticket": "105", "minutes": "10"})
    assert sentence("admit", "yue", {"temperature": "37.5"}) == "體溫三十七點五度，請通過。"
    assert sentence("admit", "zh_Hans", {"temperature": "37.0"}) == "体温三十七点零度，请通行。"
    assert sentence("rest", "en", {"ticket": "105"}).endswith("Your number is one hundred and five.")


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
@pytest.mark.parametrize("language", ["zh_Hans", "yue"])
@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("values", [{}, VALUES], ids=["fixed", "numbers"])
def test_no_chinese_prompt_falls_back_to_english_or_loses_a_syllable(
    prompt: str, values: dict[str, str], language: str
) -> None:
    text = sentence(prompt, language, values)
    spoken = phonemes(text, language)
    assert "(en)" not in spoken, text
    tones = re.findall(r"[1-6]+", spoken) if language == "yue" else re.findall(r"[0-9]+|@r", spoken)
    characters = re.findall(r"[\u4e00-\u9fff]", text)
    assert len(characters) * 0.8 <= len(tones) <= len(characters) * 1.2, (text, spoken)


@needs_espeak
@pytest.mark.parametrize(("language", "point"), [("zh_Hans", "t'iE"), ("yue", "d'i2m")])
def test_the_point_of_a_number_is_said(language: str, point: str) -> None:
    assert point in phonemes(sentence("admit", language, {"temperature": "37.5"}), language)


@needs_espeak
def test_the_voices_that_read_english_are_not_used() -> None:
    command = ["espeak-ng", "-b", "1", "-v", "cmn", "-q", "-x", "体温正常"]
    wrong = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
    assert "(en)" in wrong, "the test of the other voices proves nothing any more"


@needs_espeak
def test_a_prompt_is_its_tone_and_then_the_sentence(tmp_path: Path) -> None:
    prompts = Prompts(["zh_Hans"], str(tmp_path))
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
    prompts = Prompts(LANGUAGES, str(tmp_path))
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
        prompts = Prompts(["zh_Hans"], str(tmp_path / f"cache{len(body)}"))
        with prompts.waves("admit", {}) as [item]:
            rate, samples = _samples(item.path)
            assert samples[: len(tones("admit", rate))] == tones("admit", rate)


def test_prompts_are_rendered_once_and_those_with_a_temperature_are_not_kept(tmp_path: Path) -> None:
    prompts = Prompts(LANGUAGES, str(tmp_path))
    prompts.prepare()
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(kept) == len(PROMPTS) * len(LANGUAGES)
    with Prompts(LANGUAGES, str(tmp_path)).waves("admit", {"temperature": "36.5"}) as items:
        assert all(item.passing and item.path.is_file() for item in items)
    Prompts(LANGUAGES, str(tmp_path)).prepare()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == kept


@needs_espeak
def test_a_prompt_with_a_ticket_is_rendered_once() -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for _ in range(2):
            with Prompts(["yue"], folder).waves("rest", {"ticket": "102"}) as [item]:
                assert not item.passing
            files.append((item.path, item.path.stat().st_ino))
        assert files[0] == files[1]


@needs_espeak
def test_another_text_voice_speed_or_loudness_is_another_file(tmp_path: Path) -> None:
    def path(language: str, speed: int, ticket: str, volume: int) -> Path:
        prompts = Prompts([language], str(tmp_path), speed=speed)
        with prompts.waves("rest", {"ticket": ticket}, volume) as [item]:
            return item.path

    usual = ("zh_Hans", 155, "1", 100)
    others = [("yue", 155, "1", 100), ("zh_Hans", 200, "1", 100), ("zh_Hans", 155, "2", 100)]
    paths = [path(*which) for which in (usual, *others, ("zh_Hans", 155, "1", 30))]
    assert len(set(paths)) == 5
    assert path(*usual) == paths[0]
    assert seconds(paths[2]) < seconds(paths[0]), "a higher speed is not faster"
    loud, soft = _samples(paths[0])[1], _samples(paths[4])[1]
    assert [n * 30 // 100 for n in loud] == list(soft)


def test_a_synthesiser_that_failed_once_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        pytest.skip("espeak-ng is not installed")
    (tmp_path / "bin").mkdir()
    once = tmp_path / "bin" / "espeak-ng"
    once.write_text(
        f'#!/bin/sh\n[ -e {tmp_path}/failed ] || {{ touch {tmp_path}/failed; exit 1; }}\nexec {espeak} "$@"\n'
    )
    once.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    prompts = Prompts(["en"], str(tmp_path / "cache"))
    with prompts.waves("wait", {}) as [tone_only]:
        assert tone_only.passing
    with prompts.waves("wait", {}) as [spoken]:
        assert not spoken.passing
        assert spoken.seconds > tone_only.seconds


def _espeak(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> Path:
    """Put a synthesiser of the test's own first; it notes each time it is asked in `asked`."""
    (folder / "bin").mkdir(exist_ok=True)
    program = folder / "bin" / "espeak-ng"
    program.write_text(f"#!/bin/sh\necho x >> {folder}/asked\n{body}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
    return program


@needs_espeak
def test_another_synthesiser_in_its_place_renders_anew_and_the_same_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = _espeak(tmp_path, monkeypatch, f'exec {shutil.which("espeak-ng")} "$@"')
    first = Prompts(["en"], str(tmp_path / "cache")).prepare()
    asked = (tmp_path / "asked").read_text()
    assert Prompts(["en"], str(tmp_path / "cache")).prepare() == first
    assert (tmp_path / "asked").read_text() == asked
    os.utime(program, (1, 1))
    assert not Prompts(["en"], str(tmp_path / "cache")).prepare() & first
    assert len((tmp_path / "asked").read_text()) == 2 * len(asked)


def test_a_synthesiser_that_hangs_is_waited_for_once_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _espeak(tmp_path, monkeypatch, "exec sleep 600")
    monkeypatch.setattr("drivers.voice._waves._SPEAK_S", 0.3)
    prompts = Prompts(LANGUAGES, str(tmp_path / "cache"))
    prompts.prepare((100, 30))
    assert (tmp_path / "asked").read_text() == "x\n"
    assert caplog.text.count("tones only") == 1
    with prompts.waves("admit", {}) as items:
        assert all(item.passing for item in items), "a tone is kept for good"
    monkeypatch.setattr("drivers.voice._waves.time.monotonic", lambda: 1e12)
    with prompts.waves("admit", {}):
        assert (tmp_path / "asked").read_text() == "x\nx\n", "it is not asked again"


def test_a_synthesiser_that_fails_is_told_once_and_so_is_its_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        pytest.skip("espeak-ng is not installed")
    _espeak(tmp_path, monkeypatch, f'[ -e {tmp_path}/mended ] || exit 1\nexec {espeak} "$@"')
    prompts = Prompts(["en"], str(tmp_path / "cache"))
    prompts.prepare()
    assert (caplog.text.count("tones only"), caplog.text.count("again")) == (1, 0)
    (tmp_path / "mended").touch()
    prompts.prepare()
    assert (caplog.text.count("tones only"), caplog.text.count("again")) == (1, 1)


def test_two_lanes_that_start_at_once_share_a_folder(tmp_path: Path) -> None:
    together = threading.Barrier(3)
    faults: list[BaseException] = []

    def start() -> None:
        try:
            together.wait(10)
            Prompts(["en"], str(tmp_path)).prepare((100, 30))
        except BaseException as error:  # noqa: BLE001 - handed to the test, which looks at it
            faults.append(error)

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert faults == []
    files = list(tmp_path.iterdir())
    assert len(files) == 2 * len(PROMPTS)
    assert all(_sound.is_whole(path) for path in files)


def test_what_is_left_or_long_unused_is_removed_and_nothing_of_others(tmp_path: Path) -> None:
    Prompts(["en"], str(tmp_path)).prepare()
    used = set(tmp_path.iterdir())
    kept = [tmp_path / "my-music.wav", tmp_path / "announcement-en-0123456789abcdef-v100.wav"]
    gone = [tmp_path / name for name in (".new-abc.wav", ".passing-abc.wav", "own-0123456789abcdef-v30.wav")]
    for path in (*kept, *gone):
        path.touch()
    (tmp_path / ".new-folder").mkdir()
    for path in (*used, kept[0], *gone, tmp_path / ".new-folder"):
        os.utime(path, (1, 1))
    Prompts(["en"], str(tmp_path)).prepare()
    assert set(tmp_path.iterdir()) == used | set(kept)
    assert min(path.stat().st_mtime for path in used) > 1, "what is used looks unused the next time"


@pytest.mark.parametrize(("width", "softer"), [(1, False), (2, True), (3, False), (4, True)])
def test_own_recordings_are_made_softer_and_cut(tmp_path: Path, width: int, softer: bool) -> None:
    own = tmp_path / "own.wav"
    with wave.open(str(own), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(width)
        file.setframerate(8000)
        file.writeframes((b"\x01" * (width - 1) + b"\x40") * 2 * 8000)
    prompts = Prompts(["en"], str(tmp_path / "cache"))
    with prompts.sound(own, 50) as soft, wave.open(str(soft.path)) as file:
        assert soft.seconds == 1.0
        top = file.readframes(1)[width - 1]
        assert (top == 0x20) is softer
    with prompts.sound(own, 50, 0.75) as rest, wave.open(str(rest.path)) as file:
        assert (rest.seconds, rest.passing, file.getnframes()) == (0.25, True, 2000)
    assert not rest.path.exists()
    with prompts.sound(own) as same:
        assert same.path == own
    own.write_bytes(b"no wave")
    with pytest.raises(DeviceUnavailable, match="no wave file"), prompts.sound(own, 50):
        pass


@needs_espeak
def test_the_installer_renders_all_there_is_to_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert render(["--cache", str(tmp_path), "--volume", "100", "--volume", "30"]) == 0
    assert str(tmp_path) in capsys.readouterr().out
    rendered = {path.name for path in tmp_path.iterdir()}
    for languages in (["en", "yue"], ["zh_Hans", "en"], ["yue"]):
        Prompts(languages, str(tmp_path)).prepare((100, 30))
    assert {path.name for path in tmp_path.iterdir()} == rendered, "a lane had to render after all"
    with pytest.raises(SystemExit):
        render(["--languages", "de"])


@pytest.mark.usefixtures("without_espeak")
def test_the_installer_is_told_what_it_cannot_render(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert render(["--cache", str(tmp_path)]) == 4
    assert "espeak-ng" in capsys.readouterr().err
    (tmp_path / "file").touch()
    assert render(["--cache", str(tmp_path / "file")]) == 4


@pytest.mark.parametrize("left", [b"", b"RIFF", None], ids=["empty", "begun", "cut short"])
def test_a_file_that_a_power_cut_left_half_is_rendered_again(tmp_path: Path, left: bytes | None) -> None:
    prompts = Prompts(["en"], str(tmp_path))
    with prompts.waves("wait", {}) as [item]:
        whole = item.path.read_bytes()
    item.path.write_bytes(whole[:-1000] if left is None else left)
    with Prompts(["en"], str(tmp_path)).waves("wait", {}) as [again]:
        assert again.path.read_bytes() == whole


def test_own_recordings_come_first(tmp_path: Path) -> None:
    own = tmp_path / "own" / "zh_Hans" / "admit.wav"
    own.parent.mkdir(parents=True)
    with wave.open(str(own), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44_100)
        file.writeframes(bytes(4 * 44_100))
    prompts = Prompts(["zh_Hans"], str(tmp_path / "cache"), str(tmp_path / "own"))
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
        Prompts(["en"], str(tmp_path / "file" / "cache"))
    assert denied.value.code == "denied"


def test_the_usual_cache_is_the_services_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path))
    Prompts(["en"]).prepare()
    assert len(list((tmp_path / "gatepost" / "voice").iterdir())) == len(PROMPTS)


def test_each_player_gets_the_file_and_the_device_in_its_own_words() -> None:
    path = Path("/x.wav")
    assert player_command("aplay", "", path) == ["aplay", "-q", "/x.wav"]
    assert player_command("aplay", "plughw:1", path) == ["aplay", "-q", "--device=plughw:1", "/x.wav"]
    assert player_command("paplay", "usb", path) == ["paplay", "--device=usb", "/x.wav"]
    assert player_command("/usr/bin/pw-play", "7", path) == ["/usr/bin/pw-play", "--target=7", "/x.wav"]


def test_a_prompt_is_played_by_the_player_to_its_end(tmp_path: Path) -> None:
    player = _player(tmp_path, f'cp "$1" {tmp_path}/heard.wav; echo "$1" >> {tmp_path}/played')
    voice = _wav(tmp_path, player, languages=["yue", "en"]).connect()
    voice.say("admit", {})
    played = [Path(line) for line in (tmp_path / "played").read_text().splitlines()]
    assert [path.name.split("-")[:2] for path in played] == [["admit", "yue"], ["admit", "en"]]
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


@pytest.mark.parametrize(
    ("device", "card"),
    [("plughw:1", "card1"), ("hw:1,0", "card1"), ("plughw:CARD=Device,DEV=0", "Device")],
)
def test_the_card_that_was_configured_has_to_be_there_not_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, card: str
) -> None:
    player = tmp_path / "aplay"
    player.symlink_to(shutil.which("true") or sys.executable)
    monkeypatch.setattr("drivers.voice.wav._SOUND", tmp_path / "snd")
    monkeypatch.setattr("drivers.voice.wav._CARDS", tmp_path / "asound")
    (tmp_path / "snd").mkdir()
    (tmp_path / "snd" / "pcmC0D0p").touch()
    (tmp_path / "asound" / "card0").mkdir(parents=True)
    (tmp_path / "asound" / card).mkdir()
    voice = _wav(tmp_path, str(player), device=device).connect()
    voice.check()
    (tmp_path / "asound" / card).rmdir()
    with pytest.raises(DeviceUnavailable, match=r"no sound card (1|Device)") as absent:
        voice.check()
    assert absent.value.code == "absent"
    voice.close()


def test_the_simulated_voice_renders_the_same_waves_and_lets_their_time_pass(tmp_path: Path) -> None:
    table: dict[str, object] = {"driver": "simulated", "cache": str(tmp_path), "pace": 0.2}
    driver = registry.load("voice", table)
    voice = driver.connect()
    assert driver.simulated
    with Prompts(["zh_Hans"], str(tmp_path)).waves("next", {}) as [item]:
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
    prompts = Prompts(["en"])
    prompts.prepare()
    assert len(os.listdir(tmp_path)) == 2  # noqa: PTH208 - the home above and the borrowed folder
    prompts.close()
    assert os.listdir(tmp_path) == ["home"]  # noqa: PTH208
