"""The numbers a site screens by. Values only."""

import hashlib
from dataclasses import astuple, dataclass
from typing import Literal

Hold = Literal["maximum", "plateau"]


@dataclass(frozen=True, slots=True)
class Policy:
    """Temperatures in thousandths of a degree, times in microseconds.

    `surface_offset_mdegc` is None until the site has calibrated. A person is warmer than the air and
    the empty lane by `rise_mdegc`, at least `presence_mdegc` and at most `hot_mdegc`; the first
    `settle_us` of them do not count; frames agree within `spread_mdegc`; `hold` says whether the
    hottest that agree count (a sweep over a forehead) or the longest that do (a spot held still);
    `dip_mdegc` is how far the value falls when one person makes way for the next.
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

    @property
    def version(self) -> str:
        """Sixteen hex digits that change with any of the numbers."""
        return hashlib.sha256(repr(astuple(self)).encode()).hexdigest()[:16]
