"""Minutes of passages before the simulated platform in each mood; `./gate bench platforms` has the hour."""

from pathlib import Path

import pytest

from drivers.verifier._platform import MOODS, Mood
from tests.platforms.hour import Report, pass_an_hour

MINUTES = 5.0


def promised(report: Report) -> None:
    """What holds in every mood."""
    assert report.visitors >= 2 * MINUTES * 5 - 4
    assert report.wrongly == []
    assert report.faults == []
    assert max(report.waits_new_s) <= 2.0 + 1e-6
    assert max(report.waits_known_s, default=0.0) == 0.0, "somebody waited whose code was known"
    assert report.told_twice == 0
    assert report.late_recorded == report.late_due
    assert report.late_wrong == []
    assert report.flagged_copies == report.copies


@pytest.mark.parametrize("mood", MOODS)
@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_its_mood_nobody_waits_long_and_nobody_is_admitted_on_a_failed_answer(
    tmp_path: Path, mood: Mood, seed: int
) -> None:
    report = pass_an_hour(tmp_path / "gate", mood, minutes=MINUTES, seed=seed)
    promised(report)
    if mood == "prompt":
        assert report.admitted > 20
        assert report.stale == report.flagged_stale > 0
        assert (report.went, report.late_recorded) == (0, 0)
    elif mood == "slow":
        assert report.late_recorded > 20
        assert (report.went, report.came) == (2, 0), "once before the restart, once after"
    else:
        assert report.admitted == 0
    if mood == "down":
        assert (report.went, report.came) == (2, 0)
        assert report.questions < 40, "a platform that is down is not asked about everybody"
    assert report.parked >= 1, "the restart fell between two people"


def test_somebody_without_trouble_is_as_quick_as_the_platform(tmp_path: Path) -> None:
    report = pass_an_hour(tmp_path / "gate", "prompt", minutes=2, restart=False)
    assert max(report.waits_new_s) < 0.5
    assert report.refused_though_green == 0
