"""What a site found a thermometer to be off by: paired readings in, one offset out.

Somebody known to be well is measured by the gate and by a clinical thermometer, several times and
several people; the middle difference is what this site adds to this device's surface value. Refuses
what cannot be so. A calibration holds for one device of one lane, where it is plugged in, and until a
date; taking one back is a new record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median_low

from edge.domain.errors import FormError
from edge.domain.model import Instant

PAIRS = 10
MOST_PAIRS = 100
# A clinical thermometer on a healthy person; outside it somebody is ill or the number is a slip.
REFERENCE_MDEGC = (35_000, 37_600)
# A forehead is below the body by this much indoors; more is another place or another distance.
OFFSET_MDEGC = (-1_000, 8_000)
SPREAD_MDEGC = 500
OUTLIER_MDEGC = 1_200
HOLDS_DAYS = 90
# So long before its end a site is told: long enough to find ten people and a clinical thermometer.
DUE_DAYS = 14
DAY_US = 86_400_000_000


class Standing(StrEnum):
    """Whether a calibration still counts."""

    HOLDS = "holds"
    DUE = "due"
    EXPIRED = "expired"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Pair:
    """One person at one moment: the gate's surface value and the clinical thermometer's."""

    surface_mdegc: int
    reference_mdegc: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """A finished calibration. `spread_mdegc` is the median distance of the pairs' differences from
    `offset_mdegc`, `count` how many pairs, `site` where on the body; wall-clock times in microseconds.
    `port` is the lasting name of where the device is plugged in, None where it has none; `here` is False
    where another device stands there now."""

    device: str
    driver: str
    offset_mdegc: int
    spread_mdegc: int
    count: int
    method: str
    reference: str
    site: str
    by: str
    at_us: int
    until_us: int
    port: str | None = None
    here: bool = True

    @property
    def conversion(self) -> str:
        """The name of the conversion, as measurements carry it."""
        return f"site/1:{self.offset_mdegc:+d}@{self.at_us // 1_000_000}"


def standing(calibration: Calibration, now: Instant) -> Standing:
    """Say whether a calibration counts now. By a clock that is not believed, all of this device do: a gate
    that starts in the past or the future must not lose what it knows, nor complain of it."""
    if not calibration.here:
        return Standing.ELSEWHERE
    if not now.clock.trusted:
        return Standing.HOLDS
    left_us = calibration.until_us - now.at_us
    # One from the future was dated by a clock that was wrong: it would hold for years.
    if left_us <= 0 or calibration.at_us > now.at_us + DAY_US:
        return Standing.EXPIRED
    return Standing.DUE if left_us <= DUE_DAYS * DAY_US else Standing.HOLDS


def days_left(calibration: Calibration, now: Instant) -> int | None:
    """Return in how many days it ends, a day begun counted whole; 0 once it has ended, None by a clock
    that is not believed and for another device's."""
    found = standing(calibration, now)
    if not now.clock.trusted or found is Standing.ELSEWHERE:
        return None
    if found is Standing.EXPIRED:
        return 0
    return max(0, -(-(calibration.until_us - now.at_us) // DAY_US))


def distances(pairs: Sequence[Pair]) -> tuple[int, list[int]]:
    """Return the middle difference of paired readings, and how far each pair's is from it."""
    differences = [pair.reference_mdegc - pair.surface_mdegc for pair in pairs]
    offset = median_low(differences)
    return offset, [abs(difference - offset) for difference in differences]


def offset_of(pairs: Sequence[Pair]) -> tuple[int, int]:
    """Return the offset and the spread of paired readings, in thousandths of a degree.

    Raises FormError: `too_few_pairs`, `too_many_pairs`, `reference_implausible`, `offset_implausible`,
    `pairs_disagree`.
    """
    if len(pairs) < PAIRS:
        raise FormError("too_few_pairs", f"{PAIRS} pairs are needed, there are {len(pairs)}")
    if len(pairs) > MOST_PAIRS:
        raise FormError("too_many_pairs", f"at most {MOST_PAIRS} pairs are taken")
    low, high = REFERENCE_MDEGC
    if not all(low <= pair.reference_mdegc <= high for pair in pairs):
        raise FormError("reference_implausible", "calibrate with healthy people, 35.0 to 37.6 °C")
    offset, each = distances(pairs)
    spread, furthest = median_low(each), sorted(each)
    if not OFFSET_MDEGC[0] <= offset <= OFFSET_MDEGC[1]:
        raise FormError("offset_implausible", "the two instruments are too far apart: distance, place, mode?")
    if spread > SPREAD_MDEGC or furthest[-2] > OUTLIER_MDEGC:
        raise FormError("pairs_disagree", "the pairs disagree: the same distance and place each time?")
    return offset, spread
