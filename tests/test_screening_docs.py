"""docs/screening.md and its pictures say what the code does."""

import re
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

import pytest

from bench import screening_pictures as drawn
from bench import screening_table
from bench.gate_rules import Decision
from bench.gate_year import Coming
from bench.gate_year_rested import NAMES, Known
from bench.svg import Plot
from edge.domain import healthy, posterior
from edge.domain.skin import KNOT_MDEGC, PLACES
from tests.paths import ROOT, shared

PAGE = (ROOT / "docs" / "screening.md").read_text("utf-8")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@pytest.fixture(scope="module")
def people() -> Sequence[Coming]:
    shared("temperature", "FLIR_group1.csv")
    return drawn.stream()


@pytest.fixture(scope="module")
def pictures(people: Sequence[Coming]) -> dict[str, str]:
    return dict(drawn.pictures(people))


def numbers(text: str) -> list[float]:
    return [float(found) for found in NUMBER.findall(text)]


def test_every_picture_is_what_the_code_draws_today(pictures: dict[str, str]) -> None:
    kept = {path.name: path.read_text("utf-8") for path in drawn.FOLDER.iterdir()}
    assert set(kept) == set(pictures)
    for name, text in pictures.items():
        assert NUMBER.sub("#", kept[name]) == NUMBER.sub("#", text), f"{name}: run ./gate bench screening"
        # Another processor may round the last digit otherwise.
        assert numbers(kept[name]) == pytest.approx(numbers(text), abs=0.11), name


def test_every_picture_is_on_the_page_and_is_plain_svg(pictures: dict[str, str]) -> None:
    for name, text in pictures.items():
        assert f"](screening/{name})" in PAGE
        root = ElementTree.fromstring(text)
        assert root.find("{http://www.w3.org/2000/svg}title") is not None
        assert not re.search(r"<script|href|url\(|<image", text)


def test_july_shows_more_than_the_literal_line_and_january_nobody(people: Sequence[Coming]) -> None:
    january, july = drawn._months(people)
    low, high = (
        healthy.expected(month.state, ambient, month.until_us).level_mdegc
        for month, ambient in ((january, 0), (july, 30_000))
    )
    assert high - low > 2_500
    assert (january.people[0].at_us, len(january.people) > 300) == (people[0].at_us, True)


def test_what_is_drawn_beyond_the_axes_is_cut_off() -> None:
    plot = Plot("<&>", (0, 10), (0, 1), "x", "y")
    plot.line([(-5, -1), (20, 7)], "#000000", "a<b")
    plot.dots([(5, 0.5), (11, 0.5), (5, 2)], "#000000")
    text = plot.text([(0, "0")], [(1, "1")])
    assert f"{plot.x(0):.1f},{plot.y(0):.1f} {plot.x(10):.1f},{plot.y(1):.1f}" in text
    assert text.count("<circle") == 1
    assert "a&lt;b" in text


def test_whoever_is_always_a_little_warm_stands_out_less_once_they_are_known() -> None:
    known, unknown = Known("face"), Decision("face")
    for number in range(200):
        at_us = number * 600_000_000
        for rule in (known, unknown):
            rule.score((35_900,) if number % 10 == 0 else (35_400,), 21_000, at_us, f"r{number % 10}")
    at_us = 201 * 600_000_000
    assert 0 < known.score((35_900,), 21_000, at_us, "r0") < unknown.score((35_900,), 21_000, at_us, "r0")
    # A fever is one for somebody known as well.
    assert known.score((37_900,), 21_000, at_us, "r0") > 3


def test_the_table_has_a_line_for_every_rule_with_what_it_is_beside() -> None:
    row = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 7, "peer": "fixed"}
    titles = ("area", "sensitivity at 95 % specificity", "false alarms at 90 % sensitivity")
    rules = ("screening.face.fixed", "screening.face.gatepost, all")
    names = [f"{rule}: {title}{less}" for rule in rules for title in titles for less in ("", " less fixed")]
    names += [
        f"{rule}: {title}" for rule in rules for title in ("specificity on later days", "readings a person")
    ]
    year = ("sensitivity", "false alarms", "rested", *(f"false alarms {name} degrees" for name in NAMES))
    names += [f"gate year.literal 37.3: {title}" for title in year]
    lines = list(screening_table.lines([{**row, "name": name} for name in names]))
    assert lines[0].startswith("7 volunteers")
    fixed, ours = (
        next(line for line in lines if line.startswith(f"face {rule}")) for rule in ("fixed", "gate")
    )
    assert (fixed.count("*"), ours.count("*")) == (3, 0)
    assert ours.count("+0.5") == 2
    assert lines[-1].startswith("literal 37.3")


def said() -> Iterator[tuple[str, float]]:
    """What the page states in both languages, and what the code does."""
    yield "{} °C a person", healthy.RISE_STEP_MDEGC / 1000
    yield "{} °C an hour", healthy.RISE_HOUR_MDEGC / 1000
    yield "每人最多抬高{} °C", healthy.RISE_STEP_MDEGC / 1000
    yield "每小时最多{} °C", healthy.RISE_HOUR_MDEGC / 1000
    yield "bent at {} °C", KNOT_MDEGC / 1000
    yield "在{} °C处转折", KNOT_MDEGC / 1000
    yield "As far out as {}\n", posterior.Cuts().over_per_1000
    yield "每千名健康人只有{}人", posterior.Cuts().over_per_1000
    yield "where {} of 1,000 who come", posterior.PREVALENCE_PPM / 1000
    yield "按每千人{}人发热计", posterior.PREVALENCE_PPM / 1000
    yield "above {} °C. It is never", PLACES["forehead"].high / 1000
    yield "高于{} °C。绝不当作正常", PLACES["forehead"].high / 1000


@pytest.mark.parametrize(("sentence", "value"), list(said()))
def test_the_page_states_the_numbers_of_the_code(sentence: str, value: float) -> None:
    assert sentence.format(f"{value:g}").replace("\n", " ") in PAGE.replace("\n", " ")


def test_the_page_says_in_both_languages_what_it_is_not() -> None:
    assert "Not a medical device" in PAGE
    assert "不是医疗器械" in PAGE
