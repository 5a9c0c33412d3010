"""The worked example in docs/writing-a-driver.md is code that works and keeps the contract's core."""

import json
import re
import sys
import tomllib
import types

import pytest

from drivers import registry
from drivers.options import build, describe
from tests.drivers import transcripts
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "writing-a-driver.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    module = types.ModuleType("drivers.thermometer.twoline")
    monkeypatch.setitem(sys.modules, module.__name__, module)  # dataclasses look their module up
    [code] = _blocks("python")
    exec(compile(code, "writing-a-driver.md", "exec"), module.__dict__)
    return module


def test_the_example_describes_itself_and_takes_its_options(example: types.ModuleType) -> None:
    assert "Limits:" in (example.__doc__ or "")
    assert [o.name for o in describe(example.Options)] == ["port", "baud", "silence_s"]
    assert build(example.Options, {"port": "x"}).baud == 19200


def test_the_example_transcript_decodes_as_the_page_says(example: types.ModuleType) -> None:
    [block] = _blocks("json")
    decoder = example.Decoder(example.Options(port="x"))
    for line in block.splitlines()[1:]:
        step = transcripts._step(json.loads(line), "the page")
        got = [reading for byte in step.data for reading in decoder.feed(bytes([byte]))]
        assert got == list(step.readings)
    assert decoder.bad_frames == 1


def test_the_pattern_on_the_page_reads_the_line_on_the_page() -> None:
    [block] = _blocks("toml")
    driver = registry.load("thermometer", tomllib.loads(block)["lane"]["thermometer"])
    module = registry._module("thermometer", "ascii_line")
    [reading] = module.Decoder(driver.options).feed(b"cut off\nT1=36.52;T2=25.10\r\n")
    assert (reading.surface_mdegc, reading.ambient_mdegc) == (36_520, 25_100)


def test_every_code_of_a_lost_device_is_explained() -> None:
    for code in ("absent", "denied", "busy", "lost", "silent", "garbled", "hung", "ended"):
        assert f"`{code}`" in PAGE
