"""Lines of text with an expression of one's own: what it finds need not be a number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import registry
from drivers.thermometer.ascii_line import Decoder, Options
from edge.domain.errors import ConfigError
from tests.drivers.transcripts import Clock

LINE = b"TO:36.52 TA:25.10"
OWN = Options(port="x", patterns=(r"T=(?P<surface>\S+)",), discard_first=False)


@pytest.mark.parametrize("said", ["36..5", "36.5.1", ".", "nan", "-inf", "1e99", "1e12", "--"])
def test_what_an_own_expression_finds_and_is_no_temperature_is_a_bad_line(said: str) -> None:
    decoder = Decoder(OWN)
    readings = decoder.feed(f"T=36.5\nT={said}\nT=36.6\n".encode())
    assert [reading.surface_mdegc for reading in readings] == [36_500, 36_600]
    assert (decoder.bad_frames, decoder.dropped_bytes) == (1, len(f"T={said}\n"))


@given(st.binary(max_size=300))
def test_no_line_stops_the_thermometer(noise: bytes) -> None:
    decoder = Decoder(OWN)
    decoder.feed(b"T=" + noise + b"\r\n")
    readings = decoder.feed(b"\nT=36.5\n")
    assert readings[-1].surface_mdegc == 36_500


@pytest.mark.parametrize("encoding", ["hex", "rot13", "zip"])
def test_an_encoding_that_is_none_of_text_is_a_fault_of_the_configuration(encoding: str) -> None:
    with pytest.raises(ConfigError, match="encoding"):
        registry.load("thermometer", {"driver": "ascii_line", "port": "x", "encoding": encoding})


def _surfaces(preset: str, *lines: bytes) -> list[int | None]:
    """Return what whole lines say, each long after the one before it."""
    clock = Clock()
    decoder = Decoder(Options(port="x", preset=preset, discard_first=False), now=clock)  # type: ignore[arg-type]
    readings = []
    for line in (*lines, b""):
        clock.now_s += 1
        readings += decoder.feed(line + b"\r\n")
    return [reading.surface_mdegc for reading in readings]


@pytest.mark.parametrize(
    ("preset", "line"),
    [
        ("to_ta", "TO:36.52 TA:25.10"),
        ("to_ta", "TO = 36,52;TA = 25,1"),
        ("to_ta", "TO:36.52, TA:25.1"),
        ("to_ta", "TO:36.52\0"),
        ("to_ta", "TO:36.52°C"),
        ("to_ta", "TO:36.52 degrees"),
        ("to_ta", "TO:36.52degC"),
        ("to_ta", "ÿЖTO:36.52"),
        ("ambient_object", "Ambient = 25.1 *C  Object = 36.52 *C"),
        ("ambient_object", "Ambient = 20.1 *C  ObAmbient = 25.1 *C  Object = 36.52 *C"),
        ("number", "36.52"),
        ("number", " 36.52 C"),
        ("json", '{"value": 36.52, "unit": "C"}'),
    ],
)
def test_what_sketches_print_around_a_number_does_no_harm(preset: str, line: str) -> None:
    assert _surfaces(preset, line.encode()) == [36_520]


def test_a_degree_sign_of_another_encoding_does_no_harm() -> None:
    assert _surfaces("to_ta", b"TO:36.52 \xb0C TA:25.1 \xb0C") == [36_520]


@pytest.mark.parametrize(
    ("preset", "line"),
    [
        ("to_ta", b"TO:36\xb052"),
        ("to_ta", b"TO:36x52"),
        ("to_ta", b"TO:3\x7f6.52"),
        ("to_ta", b"TO:3 6.52"),
        ("to_ta", b"TO:36 52"),
        ("to_ta", b"TO:36*52*C"),
        ("to_ta", b"TO:36;52"),
        ("to_ta", b"TO:3F.52"),
        ("to_ta", b"AUTO:36.52"),
        ("ambient_object", b"Ambient = 25.1 *C  Object = 36r52 *C"),
        ("number", b"36 52 C"),
        ("number", b"36.52 41C"),
        ("json", b'{"value": 36 .52}'),
    ],
)
def test_what_noise_left_of_a_number_is_none(preset: str, line: bytes) -> None:
    assert _surfaces(preset, line) == []


@given(st.data())
def test_a_number_with_one_spoilt_byte_is_none_or_lacks_its_last_digit(data: st.DataObject) -> None:
    """Text has no checksum: another digit, sign or blank in the place of one cannot be told; the rest can."""
    place = data.draw(st.integers(LINE.index(b"3"), LINE.index(b" ") - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b not in b"0123456789+- \t\n\v\f\r"))
    for surface in _surfaces("to_ta", LINE[:place] + bytes([byte]) + LINE[place + 1 :]):
        assert surface in (None, 36_520, 36_500)


@given(st.binary(max_size=200), st.sampled_from([b"", b"\0", b" "]))
def test_noise_that_runs_into_a_line_costs_that_line_at_most(noise: bytes, between: bytes) -> None:
    for surface in _surfaces("to_ta", noise + between + LINE):
        assert surface in (None, 36_520)


@pytest.mark.parametrize("noise", [b"\x00\xff\x81", b"\xc3\xa9\xd0\x96", b"}{~", b"ready "])
def test_noise_that_is_no_word_costs_nothing(noise: bytes) -> None:
    assert _surfaces("to_ta", noise + LINE) == [36_520]


def test_a_body_value_without_its_surface_is_no_reading() -> None:
    patterns = (r"S=(?P<surface>\S+)", r"B=(?P<body>\S+)")
    decoder = Decoder(Options(port="x", patterns=patterns, discard_first=False))
    assert decoder.feed(b"B=36.5\nB=36.6\n") == []
    [reading] = decoder.feed(b"S=34.5\n")
    assert (reading.surface_mdegc, reading.vendor_body_mdegc) == (34_500, 36_600)
    assert decoder.dropped_bytes == len("B=36.5\n")
