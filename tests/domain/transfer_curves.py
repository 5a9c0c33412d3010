"""What real thermometers show, for tests of the detector: the reference's five transfer curves, and
sound devices beside them, before people whose skin differs as volunteers' does."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edge.domain.instrument_signs import Seen

# Device: the skin temperature it shows as 37.3, and its slope below 35, between 35 and 36, above 36.
CURVES = {
    "a": (36.1, 0.22, 0.44, 1.11),
    "b": (36.3, 0.44, 0.32, 0.79),
    "c": (35.7, 0.49, 0.75, 1.17),
    "d": (35.4, 0.72, 1.02, 1.64),
    "e": (34.2, 1.21, 1.11, 1.30),
}
DAY_US = 86_400_000_000

Device = Callable[["Skin"], Seen]


@dataclass(frozen=True, slots=True)
class Skin:
    """One person before a thermometer: degrees Celsius of skin and air."""

    at_us: int
    skin: float
    air: float


def shown(device: str, skin: float) -> float:
    """Return what a device of the reference shows in body mode."""
    at, low, middle, high = CURVES[device]

    def above_35(value: float) -> float:
        if value < 35:
            return (value - 35) * low
        return min(value - 35, 1) * middle + max(0.0, value - 36) * high

    return 37.3 + above_35(skin) - above_35(at)


def indoors(count: int, *, seed: int = 1, a_day: int = 67) -> Iterator[Skin]:
    """People in a conditioned hall: the volunteers' mean and spread (forehead area, 35.17 and .43)."""
    dice = random.Random(seed)
    for n in range(count):
        yield Skin(n * DAY_US // a_day, dice.gauss(35.17, 0.43), dice.gauss(23.0, 0.4))


def cold_mornings(count: int, *, seed: int = 1, a_day: int = 67) -> Iterator[Skin]:
    """People before a door in winter, -5 to 8 degrees; the milder of the reference's two worlds, where a
    degree of cold takes .07 from skin, of everybody by a factor of their own."""
    dice = random.Random(seed)
    for n in range(count):
        air = 1.5 + 6.5 * dice.uniform(-1, 1)
        factor = max(0.0, dice.gauss(1.0, 0.42))
        skin = dice.gauss(35.17, 0.43) - 0.07 * factor * (20.5 - air)
        yield Skin(n * DAY_US // a_day, skin, air + dice.gauss(0, 0.7))


def surface_mode(person: Skin) -> Seen:
    """Return what a sound module says in surface mode: hundredths, and the air."""
    return Seen(person.at_us, surface_mdegc=10 * round(100 * person.skin), ambient_mdegc=_air(person))


def body_mode(person: Skin) -> Seen:
    """Return what a sound one says in body mode: tenths, with what the cold took put back."""
    body = person.skin + 1.33 + 0.07 * max(0.0, 20.5 - person.air)
    return Seen(person.at_us, body_mdegc=100 * round(10 * body), ambient_mdegc=_air(person))


def both_modes(person: Skin) -> Seen:
    """Return surface and body of a sound module that says both."""
    surface = surface_mode(person).surface_mdegc
    return Seen(person.at_us, surface, body_mode(person).body_mdegc, _air(person))


def body_of(device: str) -> Device:
    """Return a device of the reference in body mode."""
    return lambda person: Seen(
        person.at_us, body_mdegc=100 * round(10 * shown(device, person.skin)), ambient_mdegc=_air(person)
    )


def both_of(device: str) -> Device:
    """Return a device of the reference that says its surface value as well."""
    return lambda person: Seen(
        person.at_us,
        10 * round(100 * person.skin),
        100 * round(10 * shown(device, person.skin)),
        _air(person),
    )


def _air(person: Skin) -> int:
    return round(1000 * person.air)
