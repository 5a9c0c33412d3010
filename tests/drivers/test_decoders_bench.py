"""The short form of `bench decoders`: the same code over fewer bytes, and proof that it would notice."""

import random
from typing import Any

import pytest

from bench import decoders
from drivers.thermometer import gy_mcu90614
from edge.domain.model import Reading
from tests.drivers.transcripts import load

DECODERS = decoders.found()
SPOT = "gy_mcu90614"


@pytest.mark.parametrize(("kind", "name"), DECODERS)
def test_random_bytes_give_no_exception_no_wrong_value_and_take_no_memory(kind: str, name: str) -> None:
    outcome = decoders.torture(kind, name, total=60_000)
    assert outcome.fed >= 60_000
    assert outcome.wrong == []
    assert outcome.grown_kib < 64
    if kind == "thermometer":
        assert outcome.good_read > 0
        assert outcome.good_read == outcome.good_sent


def test_the_thermometers_are_among_the_decoders_found() -> None:
    assert {("thermometer", "gy614"), ("thermometer", "modbus_ir"), ("thermometer", "optris")} <= set(
        DECODERS
    )


def test_a_decoder_that_believes_a_wrong_sum_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gy_mcu90614.Decoder, "_adds_up", lambda _self, _frame: True)
    assert decoders.torture("thermometer", SPOT, total=20_000).wrong


def test_a_decoder_that_hoards_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    feed, kept = gy_mcu90614.Decoder.feed, []

    def hoarding(self: gy_mcu90614.Decoder, chunk: bytes) -> list[Reading]:
        kept.append(bytes(bytearray(chunk * 20)))
        return feed(self, chunk)

    monkeypatch.setattr(gy_mcu90614.Decoder, "feed", hoarding)
    assert decoders.torture("thermometer", SPOT, total=20_000).grown_kib > 64


@pytest.mark.parametrize("name", sorted(decoders._CHECKS))
def test_the_second_reckoning_of_every_check_agrees_with_the_transcripts(name: str) -> None:
    chance = random.Random(1)
    check: Any = decoders._CHECKS[name]
    for reading in load("thermometer", name)[0].readings:
        assert check(reading.raw)
        for _ in range(50):
            assert not check(reading.raw[:-1] + bytes([(reading.raw[-1] + chance.randrange(1, 256)) & 0xFF]))
