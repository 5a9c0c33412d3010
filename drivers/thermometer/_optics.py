"""What an infrared sensor sees at a distance, and whether that is a forehead alone.

Geometry only: the view is a cone with its tip in the sensor. Changes no reading; says in words, before
anybody is measured, that a sensor and its place do not fit each other.
"""

import math
from typing import Any

from drivers.options import option

FOREHEAD_CM = 5.5
_GIVE_CM = 0.5  # foreheads are 5 to 6 cm: the seller's own "90 degrees within 3 cm" makes a spot of 6 cm


def fov() -> Any:
    """Declare the option `fov_deg`."""
    return option(
        0.0, "the sensor's full angle of view in degrees (its sheet says it); 0 unknown", least=0, most=170
    )


def distance() -> Any:
    """Declare the option `distance_cm`."""
    return option(0.0, "centimetres from the sensor to the forehead; 0 unknown", least=0, most=1000)


def spot(fov_deg: float, distance_cm: float) -> float:
    """Return the diameter in centimetres of what the sensor sees at this distance."""
    return 2 * distance_cm * math.tan(math.radians(fov_deg) / 2)


def farthest(fov_deg: float, spot_cm: float = FOREHEAD_CM) -> float:
    """Return the centimetres up to which the view is filled by something of this size."""
    return (spot_cm + _GIVE_CM) / (2 * math.tan(math.radians(fov_deg) / 2))


def warning(fov_deg: float, distance_cm: float, spot_cm: float = FOREHEAD_CM) -> tuple[str, str] | None:
    """Return what is wrong with a sensor of this view at this distance, in Chinese and English.

    None where it sees the forehead alone, and where view or distance is unknown (0).
    """
    if not fov_deg or not distance_cm:
        return None
    nearer = farthest(fov_deg, spot_cm)
    if round(distance_cm, 1) <= round(nearer, 1):  # as it is written to people
        return None
    seen = spot(fov_deg, distance_cm)
    return (
        f"视角 {fov_deg:g}° 的传感器在 {distance_cm:g} 厘米处看到直径 {seen:.1f} 厘米的范围，"
        f"比额头（约 {spot_cm:g} 厘米）大，读数里混入背景，一般偏低。"
        f"请让人站到 {nearer:.1f} 厘米以内，或换视角更小的传感器。",
        f"a sensor with a view of {fov_deg:g} degrees sees a spot of {seen:.1f} cm at {distance_cm:g} cm, "
        f"more than a forehead (about {spot_cm:g} cm): the background is mixed into every reading, which "
        f"mostly comes out too low. Let people stand within {nearer:.1f} cm, or take a narrower sensor.",
    )
