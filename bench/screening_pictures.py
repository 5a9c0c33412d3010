"""The pictures of docs/screening.md, made by the gate's own statistic on a small simulated year, seeded.

`./gate bench screening` writes them anew; a test makes them again and compares.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.gate_rules import LITERAL_MDEGC, Decision, LastTen
from bench.gate_year import BANDS, START_US, WORLDS, Coming, passages
from bench.gate_year_run import Scored, judge, literal, plain
from bench.svg import BLUE, GREEN, GREY, ORANGE, RED, Plot
from edge.domain.healthy import Expected, Healthy, expected, learn, start
from edge.domain.posterior import MILLION
from edge.domain.posterior import judge as decide
from edge.domain.skin import PLACES

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screening"
SEED, A_YEAR = 1, 8_000  # a quiet gate of 22 people a day
DAY_US = 86_400_000_000
# First day of the year, days, colour, name, ambient at both ends of what is drawn.
MONTHS = (
    (0, 31, BLUE, "一月 January", (-5, 14)),
    (181, 31, RED, "七月 July", (20, 38)),
)


@dataclass(frozen=True, slots=True)
class Month:
    """Who came in a month, and what was learned by its end."""

    people: tuple[Coming, ...]
    state: Healthy
    until_us: int


def pictures(people: Sequence[Coming]) -> Iterator[tuple[str, str]]:
    """Yield each picture's file name and text."""
    yield "healthy-level.svg", healthy_level(people)
    yield "false-alarms.svg", false_alarms(people)
    yield "probability.svg", probability()


def stream() -> list[Coming]:
    """Return the people of the pictures."""
    return list(passages(WORLDS["main"], SEED, 1, A_YEAR))


def write(folder: Path = FOLDER) -> list[Path]:
    """Write the pictures and return where."""
    folder.mkdir(exist_ok=True)
    found = []
    for name, text in pictures(stream()):
        path = folder / name
        path.write_text(text, encoding="utf-8")
        found.append(path)
    return found


def healthy_level(people: Sequence[Coming]) -> str:
    """Level and spread against ambient, with the people of a January and a July."""
    plot = Plot(
        "健康人额头多少度 What healthy foreheads show",
        (-6, 40),
        (29, 39),
        "门外气温 air at the gate, °C",
        "额头表面 forehead surface, °C",
    )
    shown = people[0].shown_mdegc
    for month, (_, _, colour, name, ends) in zip(_months(people), MONTHS, strict=True):
        well = [(c.ambient_mdegc / 1000, c.surface_mdegc[0] / 1000) for c in month.people if not c.truth]
        plot.dots(well, colour, name)
        line = [(at, expected(month.state, 1000 * at, month.until_us)) for at in range(ends[0], ends[1] + 1)]
        upper = [(at, (of.level_mdegc + of.spread_mdegc) / 1000) for at, of in line]
        lower = [(at, (of.level_mdegc - of.spread_mdegc) / 1000) for at, of in line]
        plot.area([*upper, *reversed(lower)], colour)
        plot.line([(at, of.level_mdegc / 1000) for at, of in line], colour, "健康水平±离散 level and spread")
    ill = [
        (c.ambient_mdegc / 1000, c.surface_mdegc[0] / 1000)
        for c in people
        if c.truth and _month(c) is not None
    ]
    plot.dots(ill, "#000000", "口温≥37.5 oral 37.5 or more", size=4)
    law = (LITERAL_MDEGC - shown) / 1000
    plot.line([(-6, law), (40, law)], GREY, "显示37.3 shown as 37.3", dash="6 4")
    return plot.text([(at, str(at)) for at in range(-5, 41, 5)], [(at, str(at)) for at in range(29, 40, 2)])


def false_alarms(people: Sequence[Coming]) -> str:
    """False alarms per 1,000 healthy people in each band of weather, by three rules."""
    rules = {
        "死守37.3 literal 37.3": (literal(people), ORANGE),
        "最近十人 last 10 trimmed": (judge(plain(LastTen(), people)), GREY),
        "本机 Gatepost": (judge(_plain(people)), BLUE),
    }
    plot = Plot(
        "每千名健康人误报 False alarms per 1,000 healthy people",
        (0, 4),
        (0, 320),
        "门外气温 air at the gate, °C",
        "每千人 per 1,000",
    )
    wide = 0.8 / len(rules)
    for number, (name, (year, colour)) in enumerate(rules.items()):
        for band, alarms in enumerate(year.by_band):
            left = band + 0.1 + number * wide
            plot.bar(left, left + wide, alarms, colour, name)
    for bound in (35, 65):
        plot.line([(0, bound), (4, bound)], GREEN, "目标35–65 goal, 35 to 65", dash="6 4")
    names = ("<5", "5–15", "15–26", ">26")
    return plot.text(
        [(band + 0.5, names[band]) for band in range(len(BANDS))],
        [(at, str(at)) for at in range(0, 301, 50)],
    )


def probability() -> str:
    """What a distance from the healthy level is worth, after one, two and three equal readings, of a
    thousand people of whom five have a fever."""
    plot = Plot(
        "高出多少，可能性多大 What a distance is worth (5 in 1,000 febrile)",
        (0, 3),
        (0, 1),
        "高出健康水平 above the healthy level, °C",
        "口温≥37.5的可能 probability of 37.5 or more",
    )
    for site, colour, title in (("face", BLUE, "面部 face"), ("forehead", RED, "额头 forehead")):
        place = PLACES[site]
        about = Expected(site, 35_000, place.spread, 50, 500)
        for count, dash in ((1, "2 4"), (2, "8 4"), (3, "")):
            points = [(at / 20, decide([35_000 + 50 * at] * count, about).ppm / MILLION) for at in range(61)]
            plot.line(points, colour, f"{title} ×{count}", dash)
    return plot.text(
        [(at / 2, f"{at / 2:g}") for at in range(7)], [(at / 5, f"{at / 5:g}") for at in range(6)]
    )


def _months(people: Sequence[Coming]) -> Iterator[Month]:
    state, at = start(PLACES[people[0].site]), 0
    for day, days, *_ in MONTHS:
        until_us = START_US + (day + days) * DAY_US
        here: list[Coming] = []
        while at < len(people) and people[at].at_us < until_us:
            c = people[at]
            state = learn(state, c.surface_mdegc[0], c.ambient_mdegc, c.at_us)
            if c.at_us >= START_US + day * DAY_US:
                here.append(c)
            at += 1
        yield Month(tuple(here), state, until_us)


def _month(coming: Coming) -> int | None:
    day = (coming.at_us - START_US) // DAY_US
    return next((n for n, (first, days, *_) in enumerate(MONTHS) if first <= day < first + days), None)


def _plain(people: Sequence[Coming]) -> list[Scored]:
    return plain(Decision(people[0].site), people)
