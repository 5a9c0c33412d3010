"""A day in the life of a post, in short: everything from the opening to the zero report, in one process that
is killed once. `./gate bench day` plays it with a morning peak of ten minutes."""

from pathlib import Path

import pytest

from tests.system.day import a_day
from tests.system.day_scenes import whole_day

pytestmark = pytest.mark.system

PEOPLE, EVERY_S = 9, 2.0  # 30 a minute


def test_a_day_at_a_post_from_its_opening_to_its_report(tmp_path: Path) -> None:
    with a_day(tmp_path, PEOPLE, quick=True) as post:
        morning, figures = whole_day(post, PEOPLE, EVERY_S)
    assert (morning.people, morning.admitted, morning.left) == (PEOPLE, PEOPLE, 0), morning
    assert figures["passes.persons"] > PEOPLE
