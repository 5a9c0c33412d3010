"""小喇叭: what is announced on a schedule, through a real gate and a player that writes down what it gets."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.system.processes import Gate
from tests.system.stage import Stage
from tests.waiting import until

pytestmark = [
    pytest.mark.requirements,
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed"),
]

SILENT = '[lane.voice]\ndriver = "simulated"'
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    stage.close()


def test_r77_the_loudspeaker_announces_on_its_schedule_and_never_in_quiet_hours(
    stage: Stage, tmp_path: Path
) -> None:
    """小喇叭 53 个不间断播放；应急广播"""
    soon = datetime.now(ZONE) + timedelta(seconds=70)
    times = [f"{soon + timedelta(minutes=n):%H:%M}" for n in range(3)]  # a slow start may miss the first
    announcements = ", ".join(f'"{time} 请戴好口罩，配合测温。"' for time in times)

    def voice(lane: str, more: str = "") -> str:
        player = tmp_path / f"player-{lane}.sh"
        player.write_text(f'#!/bin/sh\necho "${{1##*/}}" >> {tmp_path}/heard-{lane}\n')
        player.chmod(0o755)
        options = f'driver = "wav"\nplayer = "{player}"\ncache = "{tmp_path}/cache-{lane}"\n'
        return f"[lane.voice]\n{options}announcements = [{announcements}]\n{more}"

    def heard(lane: str) -> list[str]:
        log = tmp_path / f"heard-{lane}"
        return log.read_text("utf-8").split() if log.exists() else []

    gate = Gate(tmp_path)
    text = gate.config.read_text("utf-8")
    assert SILENT in text
    night = '\n[[lane]]\nname = "night"\ndirection = "in"\nprocedure = "compound"\n'
    night += voice("night", 'quiet = "00:00-23:59"\n')
    gate.config.write_text(text.replace(SILENT, voice("in")) + night, "utf-8")
    try:
        gate.start()
        until(lambda: heard("in"), 200, "the announcement")
        said = heard("in")
        # Somebody is measured: what the lane has to say is said as well.
        assert gate.post("begin")[0] == 200
        passage = gate.lane()["passage"]
        answer = gate.post("decision", passage=passage, outcome="turn_back", reason="not_allowed")
        assert answer[0] == 200
        until(lambda: any("turn_back" in name for name in heard("in")), 20, "the prompt")
        assert not any("turn_back" in name for name in said)
        assert heard("night") == [], "it is night there"
        assert gate.stop() == 0
    finally:
        gate.end()
