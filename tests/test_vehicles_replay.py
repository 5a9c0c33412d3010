"""The replay of vehicles, short and seeded: nobody is taken for another, nobody is lost."""

import random
from pathlib import Path

import pytest

from bench.vehicles import judged, replay
from bench.vehicles_day import Day


@pytest.mark.parametrize("seed", [5, 12])
def test_no_vehicle_of_a_short_replay_is_paired_with_a_wrong_person(tmp_path: Path, seed: int) -> None:
    score = replay(tmp_path, 60, seed)
    assert (score.wrong, score.lost, score.pulses, score.undone) == ([], [], [], [])
    assert score.vehicles == 60
    assert 2.0 < score.people / score.vehicles < 2.8
    for what in ("rests", "pause", "aside", "phone_again", "number_not_told"):
        assert score.happened[what], what


def test_the_replay_names_who_went_wrong(tmp_path: Path) -> None:
    day = Day(tmp_path / "gate", random.Random(1))
    for _ in range(4):
        day.one_vehicle()
    day.close()
    one, other, third = day.vehicles[:3]
    one.people[0].plate = other.plate
    other.people[0].body_mdegc += 1
    third.people.append(day.people[-1])
    day.opened.append(day.opened[0])
    day.vehicles[3].outcome = "turn_back"
    score = judged(day, tmp_path)
    assert len(score.wrong) == 2
    assert (len(score.lost), len(score.pulses), len(score.undone)) == (1, 1, 1)
