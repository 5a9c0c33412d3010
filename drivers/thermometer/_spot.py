"""What the thermometers for a spot are told alike: where they are, what they see, what they are rated for.

Options only, and what a value is worth by them. Must not know a protocol.
"""

from dataclasses import dataclass

from drivers.options import option
from drivers.thermometer import _optics
from drivers.thermometer._frames import bounds, rated
from edge.domain.model import Quality


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedOptions:
    """Where a thermometer is and what it sees from there."""

    port: str = option(doc="device file (by-path name), socket://host:port or rfc2217://host:port")
    silence_s: float = option(2.5, "seconds without a reading until it is called lost; 0 never", least=0)
    fov_deg: float = _optics.fov()
    distance_cm: float = _optics.distance()


@dataclass(frozen=True, kw_only=True, slots=True)
class RatedOptions(PlacedOptions):
    """And what it is rated for, which its sheet says: nothing is marked until that is written here."""

    surface_min_c: float | None = option(None, "lowest object temperature it is rated for; none: unknown")
    surface_max_c: float | None = option(None, "highest object temperature it is rated for; none: unknown")
    ambient_min_c: float | None = option(None, "lowest sensor temperature it is rated for; none: unknown")
    ambient_max_c: float | None = option(None, "highest sensor temperature it is rated for; none: unknown")

    def rated(self, surface_mdegc: int | None, ambient_mdegc: int | None) -> Quality:
        """Return what a frame with these values is worth."""
        return rated(
            surface_mdegc,
            ambient_mdegc,
            surface_c=bounds(self.surface_min_c, self.surface_max_c),
            ambient_c=bounds(self.ambient_min_c, self.ambient_max_c),
        )
