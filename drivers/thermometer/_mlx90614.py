"""What modules with an MLX90614 or MLX90615 inside have in common, whoever built the board."""

from dataclasses import dataclass

from drivers.options import option
from drivers.thermometer._frames import FrameDecoder, signed16
from drivers.thermometer._spot import RatedOptions
from edge.domain.model import Reading


@dataclass(frozen=True, kw_only=True, slots=True)
class Mlx90614Options(RatedOptions):
    """Where the module is and what it is rated for (MLX90614: object -70..380, sensor -40..125)."""

    surface_min_c: float = option(-70.0, "lowest object temperature it is rated for")
    surface_max_c: float = option(380.0, "highest object temperature it is rated for")
    ambient_min_c: float = option(-40.0, "lowest sensor temperature it is rated for")
    ambient_max_c: float = option(125.0, "highest sensor temperature it is rated for")


class Mlx90614Frames(FrameDecoder):
    """Base of decoders whose frame is a header, object and ambient in 0.01 degrees, and a sum."""

    def __init__(self, options: Mlx90614Options, header: bytes) -> None:
        super().__init__(header=header, size=len(header) + 5)
        self._rated = options.rated

    def _reading(self, frame: bytes) -> Reading:
        surface, ambient = signed16(frame[-5:-3]) * 10, signed16(frame[-3:-1]) * 10
        return Reading(surface, ambient, None, self._rated(surface, ambient), frame)
