"""The numbers a site screens by. Values only."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Hold = Literal["maximum", "plateau"]
Decides = Literal["legal", "level", "either"]

# What held before these could be said: neither a version nor a row of then knows of them. Not the defaults,
# which may change.
_BEFORE: Mapping[str, Any] = {
    "decides": "legal",
    "prevalence_ppm": 5_000,
    "over_per_1000": 50,
    "again_per_1000": None,
    "second_per_1000": None,
    "rest_share_per_1000": 1_000,
    "queue_us": 0,
    "bench_seats": 0,
    "contact_rests": False,
}


@dataclass(frozen=True, slots=True)
class Policy:
    """Temperatures in thousandths of a degree, times in microseconds.

    `surface_offset_mdegc` is None until the site has calibrated. A person is warmer than the air and
    the empty lane by `rise_mdegc`, at least `presence_mdegc` and at most `hot_mdegc`; the first
    `settle_us` of them do not count; frames agree within `spread_mdegc`; `hold` says whether the
    hottest that agree count (a sweep over a forehead) or the longest that do (a spot held still);
    `dip_mdegc` is how far the value falls when one person makes way for the next.

    `decides` says what counts: the legal line (`threshold_mdegc`) on the body estimate, the level of
    healthy people, or either of them. By the level, whoever stands out as far as `second_per_1000` of 1000
    healthy people is measured a second time, and over is who stands out then as well, so far that
    `over_per_1000` of 1000 do both (None: over is as far as that many, both times). Who stands out as far as
    `again_per_1000` (None: the same) is measured again.
    `prevalence_ppm` is how many of a million people who come have what is looked for.

    A queue is long while people leave the lane less than `queue_us` apart (0: never) or `bench_seats` people
    rest (0: no matter how many); then no more than `rest_share_per_1000` of 1000 are asked to rest.
    `contact_rests`: what a contact thermometer found over the threshold, nothing settles before a rest.
    """

    threshold_mdegc: int = 37_300
    too_low_mdegc: int = 35_000
    too_high_mdegc: int = 42_500
    ambient_min_mdegc: int = 16_000
    ambient_max_mdegc: int = 35_000
    surface_offset_mdegc: int | None = None
    presence_mdegc: int = 28_000
    hot_mdegc: int = 43_000
    rise_mdegc: int = 1_000
    hold: Hold = "maximum"
    settle_us: int = 200_000
    sweep_us: int = 1_000_000
    min_frames: int = 3
    spread_mdegc: int = 300
    dip_mdegc: int = 800
    gap_us: int = 400_000
    stale_us: int = 2_000_000
    rest_us: int = 300_000_000
    decides: Decides = "either"
    prevalence_ppm: int = 5_000
    over_per_1000: int = 50
    again_per_1000: int | None = None
    second_per_1000: int | None = 160
    rest_share_per_1000: int = 200
    queue_us: int = 12_000_000
    bench_seats: int = 6
    contact_rests: bool = True

    @property
    def first_per_1000(self) -> int:
        """Of 1000 healthy people, how many stand out so far that they are measured a second time."""
        return max(self.over_per_1000, self.second_per_1000 or 0)

    @property
    def version(self) -> str:
        """Sixteen hex digits that change with any of the numbers."""
        numbers = asdict(self)
        also = tuple((name, numbers[name]) for name, old in _BEFORE.items() if numbers[name] != old)
        told = tuple(value for name, value in numbers.items() if name not in _BEFORE)
        return hashlib.sha256(repr(told + also).encode()).hexdigest()[:16]


def stored(numbers: Mapping[str, Any]) -> Policy:
    """Return the policy that a `settings.changed` row tells of; TypeError for numbers of other names."""
    return Policy(**{**_BEFORE, **numbers})
