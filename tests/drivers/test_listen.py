"""Finding out by listening which thermometer is on a port: `gatepost thermometer listen`."""

import contextlib
import json
import random
import re
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from drivers import registry
from drivers._adapters import Adapters
from drivers.serialport import SerialLine, open_line
from drivers.thermometer import _listen, evo_thermal, gy614, gy_mcu90640
from edge.cli import main
from edge.domain.errors import DeviceUnavailable
from tests.drivers.lines import Peer, Pty
from tests.drivers.transcripts import load
from tests.drivers.uart import Speaker

GY614 = gy614.encode(34.5, 21.0, 36.5)
FACE = [34.5 if 300 < n < 306 or 332 < n < 338 else 21.0 for n in range(1024)]


@contextlib.contextmanager
def speaking(*sayings: bytes, every_s: float = 0.01) -> Iterator[Pty]:
    """A device on a terminal that says its sayings in turn, again and again, until the end."""
    ended = threading.Event()
    with Pty() as device:

        def run() -> None:
            turn = 0
            while not ended.wait(every_s):
                device.send(sayings[turn % len(sayings)])
                turn += 1

        thread = threading.Thread(target=run, name="speaker")
        thread.start()
        try:
            yield device
        finally:
            ended.set()
            thread.join(10)


def listen(port: str, *more: str, seconds: float = 1.0) -> Result:
    arguments = ["thermometer", "listen", "--port", port, "--seconds", str(seconds), *more]
    return CliRunner().invoke(main, arguments)


def recognised(port: str, seconds: float = 1.0) -> dict[str, object]:
    """Return the first candidate; its configuration has to be one that the gate takes."""
    result = listen(port, "--json", seconds=seconds)
    assert result.exit_code == 0, result.stderr
    first: dict[str, object] = json.loads(result.stdout.splitlines()[0])
    table = tomllib.loads(str(first["config"]))["lane"]["thermometer"]
    assert registry.load("thermometer", table).name == first["driver"]
    assert table["port"] == port
    return first


@pytest.mark.system
def test_a_gy614_is_recognised_and_its_table_can_be_pasted() -> None:
    with speaking(GY614) as device:
        first = recognised(device.port)
        assert (first["driver"], first["baud"], first["checked"]) == ("gy614", 9600, True)
        assert first["options"] == {}
        assert first["reading"] == {
            "surface_c": 34.5,
            "ambient_c": 21.0,
            "body_c": 36.5,
            "quality": "ok",
        }
        assert isinstance(first["explained"], float)
        assert first["explained"] > 0.8
        text = listen(device.port)
    assert text.exit_code == 0
    assert tomllib.loads(text.stdout) == {
        "lane": {"thermometer": {"driver": "gy614", "port": device.port, "baud": 9600}}
    }
    assert "# gy614, 9600 baud: " in text.stdout


@pytest.mark.system
@pytest.mark.parametrize("name", ["gy_mcu90614", "cjmcu90614", "gy_mcu90640", "evo_thermal"])
def test_every_module_that_speaks_by_itself_is_recognised_by_its_frames(name: str) -> None:
    section = load("thermometer", name)[0]
    with speaking(*(reading.raw for reading in section.readings), every_s=0.02) as device:
        first = recognised(device.port)
    assert first["driver"] == name


@pytest.mark.system
@pytest.mark.parametrize(
    ("lines", "preset"),
    [
        (["TO:36.52\r\n", "TA:25.10\r\n"], "to_ta"),
        (["Ambient = 25.1 *C  Object = 36.5 *C\r\n"], "ambient_object"),
        (["36.5\r\n", "36.4\r\n"], "number"),
        (['{"value": 36.5}\n'], "json"),
    ],
)
def test_text_is_recognised_with_the_preset_that_reads_it(lines: list[str], preset: str) -> None:
    with speaking(*(line.encode() for line in lines)) as device:
        first = recognised(device.port)
        assert "without a checksum" in listen(device.port, seconds=0.2).stdout
    assert (first["driver"], first["options"]) == ("ascii_line", {"preset": preset})
    assert first["checked"] is False


@pytest.mark.system
def test_text_that_no_preset_reads_is_not_recognised_but_shown() -> None:
    with speaking(b"T1=36.52;T2=25.10\r\n") as device:
        result = listen(device.port, seconds=0.2)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "T1=36.52" in result.stderr
    assert "patterns" in result.stderr


@pytest.mark.system
def test_a_module_on_a_bad_cable_is_recognised_and_the_share_says_so() -> None:
    noise = random.Random(7).randbytes(24)
    with speaking(GY614, noise) as device:
        first = recognised(device.port)
    assert first["driver"] == "gy614"
    assert isinstance(first["explained"], float)
    assert 0.1 < first["explained"] < 0.5


@pytest.mark.system
def test_a_module_behind_a_socket_is_recognised_without_a_baud_rate() -> None:
    with Peer(GY614) as device:
        first = recognised(device.url)
    assert (first["driver"], first["baud"]) == ("gy614", None)
    assert "baud" not in str(first["config"])


@pytest.mark.system
def test_a_silent_port_is_called_silent_and_the_modules_that_wait_to_be_asked_are_named() -> None:
    with Pty() as device:
        result = listen(device.port, seconds=0.05)
        assert device.received(1, timeout_s=0.05) == b""
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nothing came at 9600, " in result.stderr
    for name in ("lu90614", "afuiot_b1", "optris", "modbus_ir", "htpa2055", "evo_thermal"):
        assert name in result.stderr
    assert "mlx90614_i2c" not in result.stderr


@pytest.mark.system
def test_noise_is_counted_and_its_first_bytes_shown() -> None:
    noise = random.Random(11).randbytes(200)
    with speaking(noise) as device:
        result = listen(device.port, "--json", seconds=0.1)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "fit no driver" in result.stderr
    assert noise[:8].hex(" ") in result.stderr
    assert "text 文本" not in result.stderr


@pytest.mark.system
@pytest.mark.parametrize("data", [GY614, b"TO:36.5\r\n", b"\x00\xff\x5a\x5a", b""], ids=lambda d: d.hex())
def test_nothing_is_ever_sent(data: bytes) -> None:
    with speaking(data) as device:
        listen(device.port, seconds=0.05)
        assert device.received(1, timeout_s=0.05) == b""


@pytest.mark.system
def test_a_port_that_is_absent_or_busy_or_goes_away_ends_with_4(tmp_path: Path) -> None:
    absent = listen(str(tmp_path / "ttyUSB0"))
    assert absent.exit_code == 4
    assert "(absent)" in absent.stderr
    with Pty() as device:
        line = open_line(device.port)
        try:
            busy = listen(device.port)
        finally:
            line.close()
        assert busy.exit_code == 4
        assert "(busy)" in busy.stderr
    with Pty() as device:
        heard: list[Result] = []
        thread = threading.Thread(target=lambda: heard.append(listen(device.port, seconds=30)))
        thread.start()
        device.received(1, timeout_s=0.3)
        device.unplug()
        thread.join(20)
        assert heard[0].exit_code == 4
        assert "(lost)" in heard[0].stderr or "(absent)" in heard[0].stderr


def test_what_is_typed_wrong_is_usage() -> None:
    for arguments in ([], ["--port", "x", "--seconds", "0"], ["--port", "x", "--seconds", "61"]):
        assert CliRunner().invoke(main, ["thermometer", "listen", *arguments]).exit_code == 2


def test_every_rate_that_a_driver_names_is_listened_at_once() -> None:
    rates = _listen.rates()
    assert len(set(rates)) == len(rates)
    assert set(rates[:2]) == {9600, 115200}
    for name in registry.available("thermometer"):
        for option in registry.describe("thermometer", name).options:
            assert option.name != "baud" or option.default in rates
    assert {*gy_mcu90640.BAUDS, *evo_thermal.BAUDS} <= set(rates)
    # What a GY-614V can be set to: its register 01.
    assert {2400, 4800, 9600, 19200, 38400, 57600, 115_200, 230_400} <= set(rates)


def test_the_modules_that_are_never_heard_are_those_that_want_to_be_told_to_speak() -> None:
    mute = _listen.mute()
    assert not {"gy614", "gy_mcu90614", "gy_mcu90640", "cjmcu90614", "ascii_line"} & set(mute)
    for name in registry.available("thermometer"):
        takes_line = any(o.name == "baud" for o in registry.describe("thermometer", name).options)
        asks = hasattr(getattr(registry._module("thermometer", name), "Decoder", None), "asked")
        assert not (takes_line and asks) or name in mute


def test_one_frame_with_a_byte_sum_is_an_accident_but_one_picture_is_not() -> None:
    decoder = gy614.Decoder(gy614.Options(port="x"))
    [reading] = decoder.feed(GY614)
    pictures = gy_mcu90640.Decoder(gy_mcu90640.Options(port="x"))
    [picture] = pictures.feed(gy_mcu90640.encode(FACE[:768], 25.0))

    def fits(count: int, frames: int, of: object = reading, checked: bool = True, odd: int = 0) -> bool:
        assert isinstance(of, type(reading))
        found = _listen.Candidate("gy614", {}, 9600, checked, frames, odd, frames * len(of.raw), count, of)
        return found.fits

    assert not fits(12, 1)
    assert fits(24, 2)
    assert fits(240, 2)
    assert not fits(241, 2)
    assert fits(3000, 1, picture)
    assert not fits(101, 5, checked=False)
    assert fits(100, 5, checked=False)
    assert not fits(12, 1, checked=False)
    assert fits(240, 20, checked=False, odd=2)
    assert not fits(240, 20, checked=False, odd=3)


def test_a_line_that_counts_broken_characters_is_another_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a real serial port says at a wrong rate, and a terminal cannot."""

    class Broken(SerialLine):
        def __init__(self, code: str) -> None:
            self.code = code

        def read(self, wait_s: float = 0.2) -> bytes:
            raise DeviceUnavailable("broken characters", code=self.code)

        def close(self) -> None:
            pass

    monkeypatch.setattr(_listen, "open_line", lambda url, baud, dtr: Broken("garbled"))
    hearing = _listen.listen("/dev/ttyUSB0", 1.0)
    assert len(hearing.heard) == len(_listen.rates())
    assert all(sound.broken and not sound.count for sound in hearing.heard)
    assert hearing.candidates == ()
    monkeypatch.setattr(_listen, "open_line", lambda url, baud, dtr: Broken("lost"))
    with pytest.raises(DeviceUnavailable):
        _listen.listen("/dev/ttyUSB0", 1.0)


def test_the_name_to_configure_is_the_one_that_stays_with_the_socket(tmp_path: Path) -> None:
    sys, dev = tmp_path / "sys", tmp_path / "dev"
    usb = sys / "devices/usb1/1-1.2"
    (usb / "1-1.2:1.0/ttyUSB0").mkdir(parents=True)
    (usb / "idVendor").write_text("1a86\n")
    (usb / "idProduct").write_text("7523\n")
    (sys / "class/tty/ttyUSB0").mkdir(parents=True)
    (sys / "class/tty/ttyUSB0/device").symlink_to(usb / "1-1.2:1.0/ttyUSB0")
    (dev / "serial/by-path").mkdir(parents=True)
    (dev / "ttyUSB0").touch()
    (dev / "ttyAMA0").touch()
    by_path = dev / "serial/by-path/platform-usb-0:1.2:1.0-port0"
    by_path.symlink_to("../../ttyUSB0")
    adapters = Adapters(sys, dev)
    assert _listen.lasting_name(str(dev / "ttyUSB0"), adapters) == str(by_path)
    assert _listen.lasting_name(str(by_path), adapters) == str(by_path)
    assert _listen.lasting_name(str(dev / "ttyAMA0"), adapters) == str(dev / "ttyAMA0")
    assert _listen.lasting_name("socket://10.0.0.7:4000", adapters) == "socket://10.0.0.7:4000"


# Every transcript, on a line that has a speed.

SPEAKING = ("gy614", "gy_mcu90614", "cjmcu90614", "gy_mcu90640", "evo_thermal")
ASKED = ("afuiot_b1", "htpa2055", "lu90614", "modbus_ir", "optris")


def frames(name: str) -> list[bytes]:
    """Return the good frames of a transcript."""
    return [reading.raw for section in load("thermometer", name) for reading in section.readings]


def at_its_speed(speaker: Speaker, seconds: float) -> _listen.Hearing:
    """Listen at every rate; not a byte may come back."""
    with speaker:
        hearing = _listen.listen(speaker.port, seconds)
        assert speaker.was_sent() == b""
    return hearing


@pytest.mark.system
@pytest.mark.parametrize("name", SPEAKING)
@pytest.mark.parametrize("noisy", [False, True])
def test_a_module_is_recognised_at_its_own_speed_also_from_the_middle_of_a_frame(
    name: str, noisy: bool
) -> None:
    random_ = random.Random(name)
    for baud in getattr(registry._module("thermometer", name), "BAUDS", (9600, 57600)):
        sayings = frames(name)
        if noisy:  # whole frames among garbage: a bad ground, a brown-out
            sayings = [piece for frame in sayings for piece in (frame, random_.randbytes(len(frame) // 2))]
        middle = sayings[0][random_.randrange(1, len(sayings[0])) :]
        hearing = at_its_speed(Speaker(sayings, baud, first=middle), 0.3)
        assert {(found.driver, found.baud) for found in hearing.candidates} == {(name, baud)}


@pytest.mark.system
@pytest.mark.parametrize("name", [*SPEAKING, "ascii_line"])
@pytest.mark.parametrize("baud", [1200, 14400, 31250, 128_000, 921_600])
def test_a_module_at_a_speed_that_nobody_listens_at_is_taken_for_none(name: str, baud: int) -> None:
    hearing = at_its_speed(Speaker(frames(name), baud), 0.03)
    assert hearing.candidates == ()
    assert len(hearing.heard) == len(_listen.rates())


@pytest.mark.system
@pytest.mark.parametrize("name", ASKED)
def test_the_answers_that_a_module_gives_to_another_program_are_taken_for_none(name: str) -> None:
    """Without the questions nobody can say what they answer."""
    answers = [step.data for section in load("thermometer", name) for step in section.steps if step.data]
    assert at_its_speed(Speaker(answers, 9600), 0.03).candidates == ()


def summed(hexadecimal: str) -> bytes:
    data = bytes.fromhex(hexadecimal)
    return data + bytes([sum(data) & 0xFF])


LOOK_ALIKES = {
    "a distance meter with the header of a GY-MCU90614": [summed(f"5A5A1503{n:04X}01") for n in range(40)],
    "an angle meter with its type byte, too": [summed(f"5A5A4506{n:04X}FF100400") for n in range(40)],
    "an array of 8 x 8 with the header of a GY-614V": [
        summed("A4030942" + f"{n:04X}" + "17" * 64) for n in range(2500, 2510)
    ],
    "a lidar of frames of nine bytes": [summed(f"5959{n:02X}00A406C808") for n in range(30, 90)],
    "a voltage in lines": [b"%d\r\n" % n for n in range(280, 340)],
    "a voltage in JSON": [b'{"value": %d}\n' % n for n in range(280, 340)],
    "a receiver of satellites": [b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n"],
    "a barcode": [b"6901234567892\r\n"],
    "the weather": [b"Humidity: 45.20 %  Temperature: 24.10 *C\r\n"],
}


@pytest.mark.system
@pytest.mark.parametrize("sayings", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_what_only_looks_like_a_thermometer_is_taken_for_none(sayings: list[bytes]) -> None:
    for baud in (9600, 115_200):
        assert at_its_speed(Speaker(sayings, baud), 0.05).candidates == ()


@pytest.mark.system
@pytest.mark.parametrize("baud", [2400, 9600, 57600])
def test_numbers_that_could_be_a_temperature_are_proposed_as_a_perhaps_with_a_trial(baud: int) -> None:
    """A pair of scales writes the same as a thermometer: only a hand before it tells them apart."""
    with Speaker([b"  36.5\r\n", b"  36.4\r\n"], baud) as speaker:
        result = listen(speaker.port, seconds=0.2)
        assert speaker.was_sent() == b""
    assert result.exit_code == 0
    assert tomllib.loads(result.stdout)["lane"]["thermometer"] == {
        "driver": "ascii_line",
        "port": speaker.port,
        "baud": baud,
        "preset": "number",
    }
    assert "# perhaps 可能是 ascii_line" in result.stdout
    assert "Hold a hand before" in result.stdout
    assert "把手放到它前面" in result.stdout
    with Speaker([GY614], 9600) as speaker:
        sure = listen(speaker.port, seconds=0.2).stdout
    assert "perhaps" not in sure
    assert "hand" not in sure


@pytest.mark.system
def test_reading_an_array_by_hand_says_where_its_hottest_spot_is_for_the_face_box() -> None:
    """Pixel 300 of 32 x 24, mirrored: row 9, column 31 - 12."""
    with Speaker([gy_mcu90640.encode(FACE[:768], 25.0)], 115_200) as speaker:
        arguments = ["thermometer", "read", "--driver", "gy_mcu90640", "--port", speaker.port, "--count", "1"]
        result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0
    found = re.fullmatch(
        r"surface 34\.50 °C, ambient 25\.00 °C at column (\d+), row (\d+) \[ok\]\n", result.stdout
    )
    assert found is not None
    column, row = int(found[1]), int(found[2])
    assert FACE[row * 32 + 31 - column] == 34.5
