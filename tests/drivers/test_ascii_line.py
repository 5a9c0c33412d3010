"""Lines of text with an expression of one's own: what it finds need not be a number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import registry
from drivers.thermometer.ascii_line import Decoder, Options
from edge.domain.errors import ConfigError

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
