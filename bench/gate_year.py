"""A year at a gate: real volunteers in invented weather, seeded.

Every passage takes the oral temperature and the three readings of one real volunteer (the FDA and
Maryland face study, CC0) and moves them by what weather does to skin. The model and its numbers are
those of the reference on fever flagging, section 5; what has no source there says so here as well.
Trust its order and its ways to fail, not its digits. Temperatures in degrees Celsius inside, in
thousandths at the border; times in microseconds.
"""

import csv
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "temperature" / "FLIR_group1.csv"
COLUMNS = {"forehead": "T_FH_Max", "canthi": "canthi4Max", "face": "T_Max"}
FEBRILE_ORAL = 37.5
BANDS = ((-99.0, 5.0), (5.0, 15.0), (15.0, 26.0), (26.0, 99.0))
DAY_S = 86_400.0
START_US = 1_577_836_800_000_000  # a first of January, 00:00 at the gate


@dataclass(frozen=True, slots=True)
class World:
    """What weather does to readings. `cold` and `warm` are degrees of skin per degree of air below and
    above NEUTRAL; `drift_sd` is the slow wander of everybody's level; `sun_share` of the people who come
    in sunny hours have been in the sun."""

    name: str
    site: str = "forehead"
    cold: float = 0.147  # Dzien 2020: 3.43 at 23.3 degrees below
    cold_sd: float = 0.42  # the spread at Dzien's door, as a factor of the person
    warm: float = 0.05  # upper bound from Chen 2022, body mode
    drift_sd: float = 0.3  # own assumption
    sun_share: float = 0.3  # own assumption


@dataclass(frozen=True, slots=True)
class Volunteer:
    """One person of the study: oral value and three readings of one place."""

    oral: float
    readings: tuple[float, float, float]

    @property
    def febrile(self) -> bool:
        return self.oral >= FEBRILE_ORAL


@dataclass(frozen=True, slots=True)
class Coming:
    """One passage. `surface_mdegc` holds three readings on the spot, `ambient_mdegc` what the gate's own
    sensor says of the air, `outdoor` what the air truly was (degrees, for the bands), `truth` whether the
    oral temperature is 37.5 or more. `shown_mdegc` added to the surface is what a body mode that reads
    36.5 on healthy people indoors shows."""

    at_us: int
    person: str
    site: str
    surface_mdegc: tuple[int, int, int]
    ambient_mdegc: int
    truth: bool
    outdoor: float
    shown_mdegc: int
    rested_mdegc: tuple[int, int, int]
    rested_ambient_mdegc: int

    @property
    def band(self) -> int:
        return next(i for i, (low, high) in enumerate(BANDS) if low <= self.outdoor < high)


@dataclass(frozen=True, slots=True)
class Rested:
    """What the thermometer indoors says of somebody after five minutes there."""

    at_us: int
    surface_mdegc: tuple[int, int, int]
    ambient_mdegc: int


WORLDS = {
    world.name: world
    for world in (
        World("main"),
        World("mild", cold=0.07, drift_sd=0.15, sun_share=0.1),
        World("surface", warm=0.13),  # the tent study, surface mode
        World("canthi", site="canthi", cold=0.085, warm=0.03),  # the lab's ratio of slopes, .58
    )
}
NEUTRAL = 20.5
REST_S = 300
RESIDUE = 0.15  # Dzien 2020, of the shift, after five minutes indoors
AMBIENT_SD = 0.7  # own assumption
DRIFT_HOURS = 6.0  # own assumption
SUN = (0.3, 1.5)  # own assumption; the search for sources found press reports only
SUN_ABOVE, SUN_HOURS, SUNNY_DAYS = 15.0, (9.0, 17.0), 0.5  # the last two: own assumptions
HEALTHY_SHOWN = 36.5
INDOORS = 22.0
PEOPLE = 400  # own assumption: a compound whose residents pass once every six days
TRAIT = 0.5  # Shajkofci 2021: the share of the variance off oral that stays with a person
PER_YEAR = 24_300
FEBRILE = 0.005


@cache
def volunteers(path: Path = DATA, site: str = "forehead") -> tuple[Volunteer, ...]:
    """Read the study's people who have an oral value and three rounds at all of the three places."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    head = [name.strip() for name in rows[2]]
    oral = head.index("aveOralM")
    places = {name: [head.index(f"{column}{n}") for n in (1, 2, 3)] for name, column in COLUMNS.items()}
    found = []
    for row in rows[3:]:
        try:
            values = {name: [float(row[i]) for i in at] for name, at in places.items()}
            first, second, third = values[site]
            found.append(Volunteer(float(row[oral]), (first, second, third)))
        except (ValueError, IndexError):
            continue  # a round is missing
    return tuple(found)


def passages(world: World, seed: int, years: int = 1, per_year: int = PER_YEAR) -> Iterator[Coming]:
    """Yield the passages of some years in the order of their time; the same for the same seed."""
    dice = random.Random(f"{world.name}/{seed}")
    crowd = _Crowd(volunteers(DATA, world.site), dice)
    weather = _Weather(dice, years)
    drift, before_s = dice.gauss(0, world.drift_sd), 0.0
    for at_s in _times(dice, years, per_year):
        kept = math.exp(-(at_s - before_s) / (3600 * DRIFT_HOURS))
        drift = kept * drift + math.sqrt(1 - kept * kept) * dice.gauss(0, world.drift_sd)
        before_s = at_s
        outdoor = weather.at(at_s)
        shift = _shift(world, dice, outdoor, sunny=weather.sunny(at_s))
        person, febrile, now = crowd.one()
        spot = tuple(round(1000 * (value + drift + shift)) for value in now)
        rested = tuple(round(1000 * (value + drift + RESIDUE * shift)) for value in crowd.again(now))
        yield Coming(
            at_us=START_US + round(at_s * 1e6),
            person=person,
            site=world.site,
            surface_mdegc=(spot[0], spot[1], spot[2]),
            ambient_mdegc=round(1000 * (outdoor + dice.gauss(0, AMBIENT_SD))),
            truth=febrile,
            outdoor=outdoor,
            shown_mdegc=crowd.shown_mdegc,
            rested_mdegc=(rested[0], rested[1], rested[2]),
            rested_ambient_mdegc=round(1000 * (INDOORS + dice.gauss(0, AMBIENT_SD))),
        )


def after_rest(coming: Coming) -> Rested:
    """Return what is read of somebody who sat indoors for five minutes: 15 % of the shift is left."""
    at_us = coming.at_us + REST_S * 1_000_000
    return Rested(at_us, coming.rested_mdegc, coming.rested_ambient_mdegc)


class _Crowd:
    """The residents. Each keeps half of the variance of somebody's readings off the oral value."""

    def __init__(self, people: tuple[Volunteer, ...], dice: random.Random) -> None:
        self.dice = dice
        slope, level = _line([(v.oral, fmean(v.readings)) for v in people])
        off = [(v, fmean(v.readings) - level - slope * v.oral) for v in people]
        self.febrile = [(v, by) for v, by in off if v.febrile]
        self.healthy = [(v, by) for v, by in off if not v.febrile]
        usual = fmean(fmean(v.readings) for v, _ in self.healthy)
        self.shown_mdegc = round(1000 * (HEALTHY_SHOWN - usual))
        self.traits = [dice.choice(self.healthy)[1] for _ in range(PEOPLE)]

    def one(self) -> tuple[str, bool, tuple[float, float, float]]:
        """Return somebody who comes: who, whether febrile, and the three readings without weather."""
        number = self.dice.randrange(PEOPLE)
        febrile = self.dice.random() < FEBRILE
        volunteer, off = self.dice.choice(self.febrile if febrile else self.healthy)
        moved = math.sqrt(TRAIT) * self.traits[number] - (1 - math.sqrt(1 - TRAIT)) * off
        first, second, third = (value + moved for value in volunteer.readings)
        return f"r{number}", febrile, (first, second, third)

    def again(self, readings: tuple[float, float, float]) -> list[float]:
        """The same person five minutes later: three readings of the same, in another order."""
        return self.dice.sample(readings, 3)


class _Weather:
    """Own assumption: a year between -5 and 38 degrees with cold spells and warm afternoons."""

    def __init__(self, dice: random.Random, years: int) -> None:
        self.spell, self.clear = [0.0], []
        for _ in range(366 * years + 1):
            self.spell.append(0.7 * self.spell[-1] + math.sqrt(1 - 0.49) * dice.gauss(0, 3.0))
            self.clear.append(dice.random() < SUNNY_DAYS)

    def at(self, at_s: float) -> float:
        day = at_s / DAY_S
        season = 16.5 - 13.0 * math.cos(2 * math.pi * (day - 15) / 365)
        daily = 4.0 * math.cos(2 * math.pi * (day % 1 - 15 / 24))
        return min(38.0, max(-5.0, season + daily + self.spell[int(day)]))

    def sunny(self, at_s: float) -> bool:
        hour = at_s % DAY_S / 3600
        return self.clear[int(at_s / DAY_S)] and SUN_HOURS[0] <= hour < SUN_HOURS[1]


def _shift(world: World, dice: random.Random, outdoor: float, *, sunny: bool) -> float:
    """What air and sun do to one person's skin, in degrees."""
    factor = max(0.0, dice.gauss(1.0, world.cold_sd))
    shift = -world.cold * factor * max(0.0, NEUTRAL - outdoor) + world.warm * max(0.0, outdoor - NEUTRAL)
    struck = dice.random() < world.sun_share
    warmth = dice.uniform(*SUN)
    return shift + warmth if sunny and struck and outdoor > SUN_ABOVE else shift


def _times(dice: random.Random, years: int, per_year: int) -> list[float]:
    """Own assumption: people come from 6 to 23, most of them around 8 and 18."""
    found = []
    for _ in range(per_year * years):
        peak = dice.choice((8.0, 18.0, 0.0))
        hour = dice.gauss(peak, 1.2) if peak else dice.uniform(6.0, 23.0)
        hour = min(22.99, max(6.0, hour))
        found.append(dice.randrange(365 * years) * DAY_S + hour * 3600 + dice.random())
    return sorted(found)


def _line(points: list[tuple[float, float]]) -> tuple[float, float]:
    middle_x, middle_y = fmean(x for x, _ in points), fmean(y for _, y in points)
    over = sum((x - middle_x) * (y - middle_y) for x, y in points)
    slope = over / sum((x - middle_x) ** 2 for x, _ in points)
    return slope, middle_y - slope * middle_x
