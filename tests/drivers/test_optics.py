"""Spot diameters of the reference, and what is said about them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import registry
from drivers.thermometer import _optics


@pytest.mark.parametrize(
    ("fov_deg", "distance_cm", "spot_cm"),
    [(90, 3, 6), (90, 10, 20), (35, 5, 3.2), (35, 10, 6.3), (35, 30, 19), (5, 30, 2.6)],
)
def test_the_spot_is_as_large_as_published(fov_deg: float, distance_cm: float, spot_cm: float) -> None:
    assert _optics.spot(fov_deg, distance_cm) == pytest.approx(spot_cm, rel=0.02)


@pytest.mark.parametrize(("fov_deg", "distance_cm"), [(90, 3), (35, 8), (35, 5), (10, 30), (5, 60)])
def test_a_sensor_that_sees_the_forehead_alone_is_fine(fov_deg: float, distance_cm: float) -> None:
    assert _optics.warning(fov_deg, distance_cm) is None


@pytest.mark.parametrize(
    ("fov_deg", "distance_cm", "nearer"), [(90, 10, "3.0"), (90, 5, "3.0"), (35, 10, "9.5"), (35, 30, "9.5")]
)
def test_one_that_sees_more_is_told_with_the_distance_that_would_do(
    fov_deg: float, distance_cm: float, nearer: str
) -> None:
    said = _optics.warning(fov_deg, distance_cm)
    assert said is not None
    chinese, english = said
    assert f"{nearer} 厘米以内" in chinese
    assert f"within {nearer} cm" in english
    for number in (f"{_optics.spot(fov_deg, distance_cm):.1f}", f"{fov_deg:g}", f"{distance_cm:g}"):
        assert number in chinese
        assert number in english


@pytest.mark.parametrize(("fov_deg", "distance_cm"), [(0, 10), (90, 0), (0, 0)])
def test_what_is_unknown_is_not_judged(fov_deg: float, distance_cm: float) -> None:
    assert _optics.warning(fov_deg, distance_cm) is None


@given(st.floats(1, 170), st.floats(0.5, 1000), st.floats(1, 30))
def test_the_distance_advised_is_one_that_is_not_warned_of(
    fov_deg: float, distance_cm: float, spot_cm: float
) -> None:
    said = _optics.warning(fov_deg, distance_cm, spot_cm)
    nearer = round(_optics.farthest(fov_deg, spot_cm), 1)
    assert (said is None) is (round(distance_cm, 1) <= nearer)
    assert _optics.warning(fov_deg, nearer, spot_cm) is None
    if said is not None:
        assert f"within {nearer:.1f} cm" in said[1]
        assert f"{nearer:.1f} 厘米以内" in said[0]


def test_every_spot_driver_takes_view_and_distance() -> None:
    spot = {
        *("gy614", "gy_mcu90614", "cjmcu90614", "lu90614", "afuiot_b1", "optris", "modbus_ir"),
        *("mlx90614_i2c", "ascii_line"),
    }
    for name in spot:
        options = {o.name: o.default for o in registry.describe("thermometer", name).options}
        assert (options["fov_deg"], options["distance_cm"]) == (0.0, 0.0)
