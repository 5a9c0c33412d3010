"""The MLX90614 on a bus in software, at the border to smbus2: what the chip says, and what buses do."""

import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import smbus2
from hypothesis import given
from hypothesis import strategies as st

from drivers import registry
from drivers.thermometer import mlx90614_i2c
from drivers.thermometer.mlx90614_i2c import AMBIENT, OBJECT, Decoder, Options, pec
from edge.domain.errors import DeviceUnavailable
from tests.drivers.lines import reading_thread
from tests.waiting import until

ADDRESS = 0x5A
WARM = {0x06: 0x3A40, 0x07: 0x3C70}  # 25.09 and 36.29 degrees


def word(register: int, value: int, address: int = ADDRESS) -> bytes:
    """Return the three bytes of a read: low, high, PEC."""
    said = value.to_bytes(2, "little")
    return said + bytes([pec(bytes([address << 1, register, address << 1 | 1]) + said)])


class Chip:
    """Stands where smbus2.SMBus does; obeys one address and its two registers, read only."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.asked: list[int] = []
        self.closed = 0
        self.words = dict(WARM)
        self.spoil: Callable[[bytes], bytes] = lambda said: said
        self.failure: OSError | None = None
        self.open_failure: OSError | None = None

    def open(self, bus: str) -> None:
        if self.open_failure is not None:
            raise self.open_failure
        self.opened.append(bus)

    def close(self) -> None:
        self.closed += 1

    def i2c_rdwr(self, question: Any, answer: Any) -> None:
        assert self.opened, "used before it was opened"
        assert not self.closed, "used after it was closed"
        assert (question.flags, question.len) == (0, 1), "a question is one byte and no write of data"
        assert (answer.flags, answer.len) == (smbus2.smbus2.I2C_M_RD, 3)
        if self.failure is not None:
            raise self.failure
        if question.addr != ADDRESS or answer.addr != ADDRESS:
            raise OSError(errno.EREMOTEIO, "nobody acknowledged")
        register = bytes(question)[0]
        self.asked.append(register)
        for n, byte in enumerate(self.spoil(word(register, self.words[register]))):
            answer.buf[n] = bytes([byte])


@pytest.fixture
def chip(monkeypatch: pytest.MonkeyPatch) -> Chip:
    found = Chip()
    monkeypatch.setattr(smbus2, "SMBus", lambda: found)
    return found


@pytest.fixture
def port(chip: Chip) -> Iterator[Any]:
    assert not chip.opened
    opened = registry.load("thermometer", {"driver": "mlx90614_i2c", "silence_s": 0.2}).connect()
    yield opened
    opened.close()


def test_the_chip_is_read_and_only_read(chip: Chip, port: Any) -> None:
    [reading] = until(port.read, what="a reading")
    assert (reading.surface_mdegc, reading.ambient_mdegc) == (36_290, 25_090)
    assert reading.raw == word(0x06, 0x3A40) + word(0x07, 0x3C70)
    assert chip.opened == ["/dev/i2c-1"]
    assert chip.asked == [0x06, 0x07]


def test_the_published_read_has_the_published_check() -> None:
    assert word(0x07, 0x3AD2).hex(" ") == "d2 3a 30"


def _ends_as(port: Any) -> str:
    with pytest.raises(DeviceUnavailable) as gone:
        until(lambda: port.read() and False, what="the loss")
    return gone.value.code


def test_a_wrong_check_is_no_reading_and_for_too_long_garbled(chip: Chip, port: Any) -> None:
    chip.spoil = lambda said: said[:2] + bytes([said[2] ^ 0x10])
    assert _ends_as(port) == "garbled"
    assert port.decoder.bad_frames


def test_the_error_mark_of_the_chip_is_no_reading(chip: Chip, port: Any) -> None:
    chip.words[0x07] |= 0x8000
    assert _ends_as(port) == "garbled"


@pytest.mark.parametrize("number", [errno.EREMOTEIO, errno.ENXIO, errno.ETIMEDOUT, errno.EIO])
def test_a_chip_that_does_not_acknowledge_is_silent(chip: Chip, port: Any, number: int) -> None:
    chip.failure = OSError(number, "no answer")
    assert _ends_as(port) == "silent"


def test_a_chip_that_answers_again_is_read_again(chip: Chip) -> None:
    port = mlx90614_i2c.connect(Options(silence_s=0))
    until(port.read, what="a reading")
    chip.failure = OSError(errno.EREMOTEIO, "a loose wire")
    assert port.read() == []
    chip.failure = None
    assert until(port.read, what="a reading again")
    port.close()


def test_a_bus_that_goes_away_is_lost(chip: Chip, port: Any) -> None:
    chip.failure = OSError(errno.ENODEV, "gone")
    assert _ends_as(port) == "lost"


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOENT, "absent"), (errno.EACCES, "denied"), (errno.EBUSY, "busy"), (errno.ENOTTY, "absent")],
)
def test_a_bus_that_does_not_open_says_why(chip: Chip, number: int, code: str) -> None:
    chip.open_failure = OSError(number, "no")
    with pytest.raises(DeviceUnavailable) as refused:
        mlx90614_i2c.connect(Options())
    assert refused.value.code == code
    assert chip.closed == 1


def test_what_is_no_bus_at_all_is_absent(tmp_path: Path) -> None:
    """With the real smbus2."""
    for place in (tmp_path / "i2c-9", Path("/dev/null")):
        with pytest.raises(DeviceUnavailable) as refused:
            mlx90614_i2c.connect(Options(port=str(place)))
        assert refused.value.code == "absent"


def test_close_lets_the_reader_out_and_may_be_called_twice(chip: Chip) -> None:
    port = mlx90614_i2c.connect(Options(silence_s=0))
    chip.failure = OSError(errno.EREMOTEIO, "nobody there")
    with reading_thread(port) as ended:
        port.close()
        until(lambda: ended, timeout_s=1.0, what="the reader to end")
    port.close()
    assert isinstance(ended[0], DeviceUnavailable)
    assert ended[0].code == "ended"
    assert chip.closed == 1
    with pytest.raises(DeviceUnavailable):
        port.read()


@given(st.binary(min_size=3, max_size=3), st.binary(min_size=3, max_size=3))
def test_any_words_give_a_reading_only_with_both_checks_right(ambient: bytes, surface: bytes) -> None:
    decoder = Decoder(Options())
    readings = []
    for query, said in ((AMBIENT, ambient), (OBJECT, surface)):
        decoder.asked(query)
        readings += decoder.feed(said) + decoder.settle()
    right = all(
        said == word(query[0], int.from_bytes(said[:2], "little")) and said[1] < 0x80
        for query, said in ((AMBIENT, ambient), (OBJECT, surface))
    )
    assert bool(readings) is right


@given(st.integers(0, 0x7FFF), st.integers(0, 0x7FFF))
def test_every_right_word_is_read_in_steps_of_two_hundredths(ambient: int, surface: int) -> None:
    decoder = Decoder(Options())
    readings = []
    for query, value in ((AMBIENT, ambient), (OBJECT, surface)):
        decoder.asked(query)
        readings += decoder.feed(word(query[0], value)) + decoder.settle()
    [reading] = readings
    assert reading.surface_mdegc == round((surface * 0.02 - 273.15) * 1000)
    assert reading.ambient_mdegc == round((ambient * 0.02 - 273.15) * 1000)
