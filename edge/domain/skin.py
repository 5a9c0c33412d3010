"""What is known of each place of the body before a gate has measured anybody there.

Numbers only, each with where it is from; "measured" is the FDA and Maryland face study (doi
10.13026/3bhc-9065), healthy people of the first group of its FLIR camera. A gate's own people replace
them within an hour or two, so they need to be near and not right.
"""

from dataclasses import dataclass, replace

# Dzien 2020: below about this many thousandths of a degree of air a forehead loses warmth to it.
KNOT_MDEGC = 20_500
# Dzien 2020: how much of a shift is left after five minutes indoors.
LEFT = 0.15


@dataclass(frozen=True, slots=True)
class Place:
    """Where on the body is measured. Temperatures in thousandths of a degree, slopes in thousandths of a
    degree per degree of air.

    `level` is what healthy people show at KNOT_MDEGC, `level_sd` how far a device may be off it; `cold`
    and `warm` the slopes below and above; `spread` the standard deviation between people, `chill` by how
    much it widens for each degree below. `same` is the share of the variance that two readings of one
    person have in common; `upper` how far the highest of several readings counts (the mean has the
    rest); `gain` the share of a fever that shows there. A reading outside `low` to `high` is none.
    """

    name: str
    level: int
    cold: int
    warm: int
    spread: int
    chill: int
    same: float
    upper: float
    gain: float
    level_sd: int = 600
    cold_sd: int = 40
    warm_sd: int = 40
    low: int = 32_000
    high: int = 42_500


# A sweep catches its spot only sometimes, so the highest counts: the maximum of three gains .030 in the
# area under the curve on a forehead (interval excludes 0); of eye corners it led in 30 of 34 perturbed
# copies of the study. On faces mean and maximum are level on one camera and the mean leads on the other:
# half of each. Slopes: cold, Dzien 2020 (3.43 degrees at 23.3 below; its spread at the door, 1.43, gives
# `chill`), scaled by the study's ratio for faces; warm, the study (.13, .10, .09) and the tents (.127 to
# .154). `low`: Dzien's mean at the door less one deviation.
_FOREHEAD = Place("forehead", 34_870, 147, 130, 420, 60, same=0.88, upper=1.0, gain=0.75)
_CANTHI = Place("canthi", 35_240, 85, 100, 380, 35, same=0.92, upper=1.0, gain=0.93)
_FACE = Place("face", 35_340, 85, 90, 380, 35, same=0.80, upper=0.5, gain=0.93)
# Of these there are cut-offs and no curves (Lai 2022: temple as the forehead, wrist +.1, neck +.7); the
# wrist is what a sleeve keeps warm.
_TEMPLE = Place("temple", 34_870, 147, 130, 450, 60, same=0.88, upper=1.0, gain=0.75, level_sd=800)
_WRIST = Place("wrist", 34_970, 85, 130, 500, 35, same=0.88, upper=1.0, gain=0.7, level_sd=900, low=31_000)
_NECK = Place("neck", 35_570, 85, 130, 450, 35, same=0.88, upper=1.0, gain=0.8, level_sd=900)

PLACES = {place.name: place for place in (_FOREHEAD, _CANTHI, _FACE, _TEMPLE, _WRIST, _NECK)}
_ALIASES = {
    "forehead_area": "forehead",
    "forehead_max": "forehead",
    "forehead_area_max": "forehead",
    "额头": "forehead",
    "前额": "forehead",
    "canthus": "canthi",
    "inner_canthi": "canthi",
    "inner_canthus": "canthi",
    "canthi_max": "canthi",
    "眼角": "canthi",
    "内眦": "canthi",
    "face_max": "face",
    "whole_face": "face",
    "面部": "face",
    "脸": "face",
    "太阳穴": "temple",
    "颞部": "temple",
    "手腕": "wrist",
    "腕部": "wrist",
    "颈部": "neck",
    "脖子": "neck",
}


def rested(place: Place) -> Place:
    """Return the place as it is after five minutes indoors: of what the air outside did 15 % is left,
    so the level still follows the air people come from, and that ambient is to be given."""
    return replace(
        place,
        level=place.level + round(1.5 * place.warm),  # at about 22 degrees
        cold=round(LEFT * place.cold),
        warm=round(LEFT * place.warm),
        chill=round(LEFT * place.chill),
        cold_sd=round(LEFT * place.cold),
        warm_sd=round(LEFT * place.warm),
    )


def place_of(name: str) -> Place | None:
    """Return the place somebody calls so, in English or Chinese; None where it is none."""
    plain = "_".join(name.strip().lower().replace("-", " ").replace("_", " ").split())
    return PLACES.get(_ALIASES.get(plain, plain))
