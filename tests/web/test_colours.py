"""Colours of the pages: every pair that text is written in has a contrast of at least 7:1."""

import re

import pytest

from tests.paths import ROOT

CSS = (ROOT / "edge" / "web" / "static" / "gatepost.css").read_text("utf-8")
PAIRS = re.findall(r"--[\w-]+: (#[0-9a-f]{6}); --[\w-]+: (#[0-9a-f]{6}); /\* pair \*/", CSS)


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_agrees_with_published_values() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#ffffff", "#198754") == pytest.approx(4.53, abs=0.01)
    assert contrast("#ffffff", "#0f5132") == pytest.approx(9.36, abs=0.01)


def test_every_pair_can_be_read() -> None:
    assert len(PAIRS) == CSS.count("/* pair */") >= 9
    for paper, ink in PAIRS:
        assert contrast(paper, ink) >= 7, (paper, ink)
