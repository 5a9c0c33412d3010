"""Signal towers that are not there: the simulated one and none; and presses of a bouncing contact."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import registry
from drivers.lights._presses import Presses
from drivers.lights._signals import SIGNALS, lit
from edge.domain.errors import DeviceUnavailable
from edge.domain.ports import Lights


def test_every_signal_but_idle_lights_lamps_of_its_own() -> None:
    shown = [lit(signal, "none") for signal in SIGNALS]
    assert len(set(shown)) == len(SIGNALS)
    assert lit("idle", "none") == frozenset()
    with pytest.raises(KeyError):
        lit("party", "none")


def test_the_simulated_tower_remembers_and_writes_down(tmp_path: Path) -> None:
    log = tmp_path / "signals.jsonl"
    driver = registry.load("lights", {"driver": "simulated", "log": str(log), "idle": "green"})
    tower = driver.connect()
    assert driver.simulated
    for signal in (*SIGNALS, "party"):
        tower.show(signal)
    assert tuple(tower.shown) == SIGNALS
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["signal"] for line in lines] == list(SIGNALS)
    assert lines[0]["lamps"] == ["green"]
    assert lines[-1]["lamps"] == ["red", "yellow"]
    tower.close()
    tower.close()
    for use in (tower.check, tower.pressed, lambda: tower.show("go")):
        with pytest.raises(DeviceUnavailable) as ended:
            use()
        assert ended.value.code == "ended"


def test_bytes_added_to_a_file_are_presses(tmp_path: Path) -> None:
    button = tmp_path / "button"
    tower = registry.load("lights", {"driver": "simulated", "button": str(button)}).connect()
    assert tower.pressed() == 0
    button.write_text("xx")
    assert tower.pressed() == 2
    assert tower.pressed() == 0
    button.write_text("")
    assert tower.pressed() == 0
    again = registry.load("lights", {"driver": "simulated", "button": str(button)}).connect()
    assert again.pressed() == 0, "presses from before the gate was up are nobody's"


def test_a_simulated_tower_that_cannot_write_its_log_says_so(tmp_path: Path) -> None:
    table = {"driver": "simulated", "log": str(tmp_path / "no" / "log")}
    with pytest.raises(DeviceUnavailable) as denied:
        registry.load("lights", table).connect().show("go")
    assert denied.value.code == "denied"


def test_a_gate_without_a_tower_shows_nothing_and_has_no_button() -> None:
    tower: Lights = registry.load("lights", {"driver": "none"}).connect()
    tower.show("go")
    assert tower.pressed() == 0
    tower.check()
    tower.close()
    tower.show("go")


@given(st.lists(st.tuples(st.floats(0.06, 5), st.lists(st.floats(0, 0.04), max_size=6)), max_size=8))
def test_however_a_contact_bounces_a_press_is_one(presses: list[tuple[float, list[float]]]) -> None:
    now = [0.0]
    counter = Presses(0.05, lambda: now[0])
    for held_s, bounces in presses:
        for edge, back in ((counter.down, counter.up), (counter.up, counter.down)):
            now[0] += held_s
            edge()
            for pause_s in bounces:
                for bounce in (back, edge):
                    now[0] += pause_s
                    bounce()
    assert counter.taken() == len(presses)
    assert counter.taken() == 0
