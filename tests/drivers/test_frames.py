"""The sliding window over frames with a byte sum: what it counts, keeps and withholds."""

import pytest

from drivers.thermometer._frames import rated, signed16, sum8
from drivers.thermometer.gy_mcu90614 import Decoder, Options
from edge.domain.model import Quality

GOOD = bytes.fromhex("5A5A45040C780D19A7")
DOUBTFUL = bytes.fromhex("5A5A45040D7A08CE5A")  # its sum could be the first byte of another frame


def _decoder() -> Decoder:
    return Decoder(Options(port="x"))


def test_a_refused_frame_is_counted_once_and_its_bytes_too() -> None:
    decoder = _decoder()
    assert decoder.feed(GOOD[:-1] + b"\x00" + GOOD)
    assert (decoder.bad_frames, decoder.dropped_bytes) == (1, len(GOOD))


def test_garbage_is_no_frame_but_its_bytes_are_counted() -> None:
    decoder = _decoder()
    assert decoder.feed(b"\x01\x02\x5a\x03" + GOOD)
    assert (decoder.bad_frames, decoder.dropped_bytes) == (0, 4)


def test_never_more_than_two_frames_are_kept() -> None:
    decoder = _decoder()
    for _ in range(1000):
        decoder.feed(b"\x5a" * 977)
        assert len(decoder._buffer) < 2 * len(GOOD)


def test_a_doubtful_frame_waits_for_the_bytes_after_it_and_no_longer() -> None:
    decoder = _decoder()
    assert decoder.feed(DOUBTFUL) == []
    [reading] = decoder.feed(b"\x00")
    assert reading.raw == DOUBTFUL
    assert decoder.feed(DOUBTFUL) == []
    [reading] = decoder.feed(GOOD[:2])
    assert reading.raw == DOUBTFUL
    assert decoder.bad_frames == 0


def test_what_a_lost_byte_left_of_a_frame_is_recognised_by_the_frame_that_begins_in_it() -> None:
    cut = bytes.fromhex("5A5A4504F817242A")  # FA is missing; with the next frame's 5A the sum is right
    window = cut + GOOD[:1]
    assert sum8(window[:-1]) == window[-1]
    decoder = _decoder()
    assert [reading.raw for reading in decoder.feed(cut + GOOD + b"\x00")] == [GOOD]
    assert decoder.bad_frames == 1


@pytest.mark.parametrize(
    ("high_low", "number"), [("0000", 0), ("7FFF", 32767), ("8000", -32768), ("FFFF", -1)]
)
def test_numbers_below_zero_are_below_zero(high_low: str, number: int) -> None:
    assert signed16(bytes.fromhex(high_low)) == number


@pytest.mark.parametrize(
    ("surface", "ambient", "quality"),
    [
        (0, 0, Quality.OK),
        (50_000, 40_000, Quality.OK),
        (-1, 0, Quality.TOO_LOW),
        (50_001, 0, Quality.TOO_HIGH),
        (60_000, 40_001, Quality.OUT_OF_RANGE),
        (None, None, Quality.OK),
        (None, -1, Quality.OUT_OF_RANGE),
    ],
)
def test_the_rated_range_says_what_a_value_is_worth(
    surface: int | None, ambient: int | None, quality: Quality
) -> None:
    assert rated(surface, ambient, surface_c=(0, 50), ambient_c=(0, 40)) is quality
