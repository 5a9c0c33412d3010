"""The station follows a procedure that was published while it runs: at once, or from a time on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.domain.events import Begin
from edge.domain.model import ClockQuality, Instant
from edge.domain.procedure import Procedure
from edge.messages import Follow
from edge.station.changes import Changes
from tests.domain.people import procedure
from tests.domain.test_following import MASK_ONLY
from tests.station.rig import Rig
from tests.station.test_station import mask_on, submit

HOUR_US = 3_600_000_000


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.close()


def version(rig: Rig) -> str:
    return str(rig.view()["procedure"]["version"])


def follow(rig: Rig, to: Procedure, from_us: int | None = None, row: int = 7) -> None:
    rig.station.follow(Follow(("in", "gone"), to, row, from_us))


def test_a_passage_under_way_ends_by_the_old_version_and_its_row_says_so(rig: Rig) -> None:
    rig.stand()
    rig.show()
    follow(rig, MASK_ONLY)
    rig.turn()
    submit(rig, mask_on(rig))
    rig.turn(20.0)
    submit(rig, Begin("in", None, "next", "door1", rig.now()))
    submit(rig, mask_on(rig, "of the next"))
    told = [row.body["procedure"]["name"] for row in rig.rows("passage.decided")]
    assert told == ["compound", "mask_only"]


def test_the_page_says_the_new_version_as_soon_as_the_lane_is_free(rig: Rig) -> None:
    follow(rig, MASK_ONLY)
    rig.turn()
    assert version(rig) == MASK_ONLY.version
    assert rig.rows("procedure.followed") == []  # its own row said so already


def test_a_full_inbox_of_readings_does_not_keep_the_old_one_in_force(rig: Rig) -> None:
    follow(rig, MASK_ONLY)
    rig.stand(frames=400)
    assert rig.view()["procedure"]["name"] == "mask_only"


def test_a_planned_change_is_followed_at_its_time_and_a_row_says_that_it_was(rig: Rig) -> None:
    follow(rig, MASK_ONLY, rig.now().at_us + HOUR_US, row=5)
    rig.turn(3_590.0)
    assert version(rig) == procedure().version
    rig.turn(11.0)
    assert version(rig) == MASK_ONLY.version
    (row,) = rig.rows("procedure.followed")
    assert row.lane == "in"
    assert row.body == {"name": "mask_only", "version": MASK_ONLY.version, "published": 5}


def test_while_its_row_cannot_be_written_the_old_one_stays_in_force(rig: Rig) -> None:
    follow(rig, MASK_ONLY, rig.now().at_us + 1)
    rig.card.full = True
    rig.turn(1.0)
    assert version(rig) == procedure().version
    rig.card.full = False
    rig.turn(1.0)
    assert version(rig) == MASK_ONLY.version


def test_a_newer_word_takes_the_place_of_a_plan(rig: Rig) -> None:
    follow(rig, MASK_ONLY, rig.now().at_us + HOUR_US)
    follow(rig, procedure("r3"))
    rig.turn(4_000.0)
    assert rig.view()["procedure"]["name"] == "r3"
    assert rig.rows("procedure.followed") == []


def test_a_clock_that_nobody_believes_brings_nothing_forward() -> None:
    changes = Changes([Follow(("in",), MASK_ONLY, 5, HOUR_US)])
    assert changes.now({"in"}) == []
    far = 99 * HOUR_US
    assert changes.due(Instant(1, far, ClockQuality.RESTORED)) == []
    assert [lane for lane, _plan, _row in changes.due(Instant(1, far, ClockQuality.SYNCED))] == ["in"]
