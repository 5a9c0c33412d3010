"""Relays, lamps and a button on the computer's own pins, which are gpiozero's mock pins here."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers import pins, registry
from edge.domain.errors import ConfigError, DeviceUnavailable
from tests.waiting import until

PIN, RED, YELLOW, GREEN, BUTTON = 17, 5, 6, 13, 26


@pytest.fixture
def chip(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Lend the mock pins; nothing may be held by the end."""
    from gpiozero import Device
    from gpiozero.pins.mock import MockFactory

    factory = MockFactory()
    monkeypatch.setattr(Device, "pin_factory", factory)
    yield factory
    for device in pins._held.values():
        device.close()
    pins._held.clear()
    factory.close()


def _relay(**options: object) -> registry.Driver:
    return registry.load("barrier", {"driver": "gpio", "pin": PIN, "pulse_s": 0.05, **options})


def _tower(**options: object) -> registry.Driver:
    table: dict[str, object] = {"red": RED, "yellow": YELLOW, "green": GREEN}
    return registry.load("lights", {"driver": "gpio_lights", **table, **options})


def _states(chip: Any, pin: int) -> list[bool]:
    return [bool(entry.state) for entry in chip.pin(pin).states]


def _lit(chip: Any) -> list[str]:
    return [name for name, pin in (("r", RED), ("y", YELLOW), ("g", GREEN)) if chip.pin(pin).state]


@pytest.mark.parametrize(("active_high", "on"), [(True, True), (False, False)])
def test_a_relay_is_off_on_open_and_after_a_pulse(chip: Any, active_high: bool, on: bool) -> None:
    relay = _relay(active_high=active_high).connect()
    assert chip.pin(PIN).function == "output"
    assert chip.pin(PIN).state is not on
    chip.pin(PIN).clear_states()
    start = time.monotonic()
    relay.pulse()
    assert time.monotonic() - start >= 0.05
    relay.check()
    assert _states(chip, PIN) == [not on, on, not on]
    relay.close()
    relay.close()
    assert chip.pin(PIN).function == "input"
    for use in (relay.pulse, relay.check):
        with pytest.raises(DeviceUnavailable) as ended:
            use()
        assert ended.value.code == "ended"


@pytest.mark.parametrize("safe", ["closed", "open"])
def test_closing_during_a_pulse_ends_it_and_leaves_the_barrier_as_the_site_wants(
    chip: Any, safe: str
) -> None:
    relay = _relay(pulse_s=10, safe=safe).connect()
    pulse = threading.Thread(target=relay.pulse)
    pulse.start()
    until(lambda: chip.pin(PIN).state, what="the contact to close")
    start = time.monotonic()
    relay.close()
    pulse.join(30)
    assert time.monotonic() - start < 9, "the pulse went on although the relay was closed"
    assert _states(chip, PIN)[:3] == [False, True, False]
    if safe == "open":
        assert (chip.pin(PIN).function, chip.pin(PIN).state) == ("output", True)
    else:
        assert chip.pin(PIN).function == "input"
    again = _relay().connect()
    assert chip.pin(PIN).state is False, "the contact was left closed when the gate came back"
    again.close()


def test_a_pulse_that_fails_is_ended_all_the_same(chip: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    relay = _relay(pulse_s=10).connect()

    class Interrupted(BaseException):
        pass

    def interrupted(timeout: float) -> bool:
        del timeout
        raise Interrupted

    monkeypatch.setattr(relay._closed, "wait", interrupted)
    with pytest.raises(Interrupted):
        relay.pulse()
    assert _states(chip, PIN) == [False, True, False]
    relay.close()


def test_a_pin_that_cannot_be_switched_off_is_let_go_and_not_held_on(
    chip: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gpiozero import PinSetInput

    relay = _relay(pulse_s=10).connect()
    pulse = threading.Thread(target=relay.pulse, daemon=True)
    told: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: told.append(args.exc_value.code))
    pulse.start()
    until(lambda: chip.pin(PIN).state, what="the contact to close")

    def refuse(_value: object) -> None:
        raise PinSetInput("it does not take a value")

    monkeypatch.setattr(chip.pin(PIN), "_set_state", refuse)
    relay.close()
    pulse.join(10)
    assert told == ["absent"]
    assert chip.pin(PIN).function == "input", "the contact was kept closed"
    assert not pins._held


def test_a_pin_that_cannot_be_let_go_of_stops_nobody(
    chip: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    relay, tower = _relay().connect(), _tower().connect()

    def broken() -> None:
        raise OSError("the chip is gone")

    with monkeypatch.context() as patched:
        patched.setattr(relay._contact._device, "close", broken)
        patched.setattr(tower._lamps["red"], "close", broken)
        relay.close()
        tower.close()
    assert caplog.text.count("the chip is gone") == 2
    assert chip.pin(GREEN).function == "input"


def test_a_pin_that_is_used_twice_is_busy(chip: Any) -> None:
    relay = _relay().connect()
    with pytest.raises(DeviceUnavailable, match="used twice") as busy:
        _relay().connect()
    assert busy.value.code == "busy"
    with pytest.raises(DeviceUnavailable):
        _tower(green=PIN).connect()
    assert chip.pin(RED).function == "input", "a pin was kept although the tower could not be opened"
    relay.close()
    _tower(green=PIN).connect().close()


def test_a_machine_without_pins_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("drivers.pins._DEV", tmp_path)
    for driver in (_relay(), _tower()):
        with pytest.raises(DeviceUnavailable, match="no GPIO") as absent:
            driver.connect()
        assert absent.value.code == "absent"


def test_pins_that_may_not_be_touched_are_denied(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "gpiochip0").touch()
    monkeypatch.setattr("drivers.pins._DEV", tmp_path)
    monkeypatch.setattr("drivers.pins.os.access", lambda path, mode: False)
    with pytest.raises(DeviceUnavailable, match="group gpio") as denied:
        _relay().connect()
    assert denied.value.code == "denied"


def test_a_machine_without_the_library_of_its_pins_says_which(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import sys

    (tmp_path / "gpiochip0").touch()
    monkeypatch.setattr("drivers.pins._DEV", tmp_path)
    monkeypatch.setitem(sys.modules, "lgpio", None)
    with pytest.raises(DeviceUnavailable, match="lgpio") as absent:
        _relay().connect()
    assert absent.value.code == "absent"


@pytest.mark.parametrize(
    ("signal", "lamps"),
    [("idle", []), ("wait", ["y"]), ("go", ["g"]), ("stop", ["r"]), ("fault", ["r", "y"])],
)
def test_each_signal_has_its_lamps(chip: Any, signal: str, lamps: list[str]) -> None:
    tower = _tower(blink=[]).connect()
    assert _lit(chip) == []
    tower.show("go")
    tower.show(signal)
    assert _lit(chip) == lamps
    tower.show("no such signal")
    assert _lit(chip) == lamps
    tower.close()
    tower.close()
    assert _lit(chip) == []
    assert {chip.pin(pin).function for pin in (RED, YELLOW, GREEN)} == {"input"}
    with pytest.raises(DeviceUnavailable) as ended:
        tower.show("go")
    assert ended.value.code == "ended"


def test_the_lamp_of_an_empty_gate_is_the_sites_to_choose(chip: Any) -> None:
    tower = _tower(idle="red").connect()
    tower.show("idle")
    assert _lit(chip) == ["r"]
    tower.close()


def test_a_tower_may_have_fewer_lamps(chip: Any) -> None:
    tower = registry.load("lights", {"driver": "gpio_lights", "green": GREEN}).connect()
    for signal, lit in (("go", ["g"]), ("fault", []), ("idle", [])):
        tower.show(signal)
        assert _lit(chip) == lit
    tower.close()


def test_a_signal_that_blinks_goes_dark_and_comes_back_until_the_next(
    chip: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.lights.gpio_lights._HALF_S", 0.02)
    tower = _tower(blink=["fault", "wait"]).connect()
    tower.show("fault")
    assert _lit(chip) == ["r", "y"], "a blinking signal begins lit"
    until(lambda: len(_states(chip, RED)) >= 6, what="three blinks")
    tower.show("go")
    assert _lit(chip) == ["g"]
    blinks = len(_states(chip, RED))
    tower.show("wait")
    until(lambda: len(_states(chip, YELLOW)) >= 10, what="yellow to blink")
    assert len(_states(chip, RED)) == blinks, "the lamp of the last signal went on blinking"
    tower.show("stop")
    assert _lit(chip) == ["r"]
    tower.close()
    assert not [t for t in threading.enumerate() if t.name == "lights-blink" and t.is_alive()]


def test_a_tower_that_does_not_blink_has_nothing_to_do(chip: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from drivers.lights._blink import Blinker

    waits: list[float | None] = []
    real = threading.Condition.wait

    def wait(self: threading.Condition, timeout: float | None = None) -> bool:
        if threading.current_thread().name == "lights-blink":
            waits.append(timeout)
        return real(self, timeout)

    monkeypatch.setattr(threading.Condition, "wait", wait)
    shown: list[frozenset[str]] = []
    blinker = Blinker(lambda lamps: shown.append(frozenset(lamps)), 0.001)
    blinker.show(frozenset(["green"]), blinking=False)
    blinker.show(frozenset(["green"]), blinking=False)
    blinker.stop()
    assert set(waits) <= {None}
    assert shown == [{"green"}]
    del chip


def test_a_pin_that_fails_while_it_blinks_is_told(chip: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.lights.gpio_lights._HALF_S", 0.01)
    tower = _tower().connect()
    tower.show("fault")
    chip.pin(RED).function = "input"  # another program has taken it

    def failed() -> bool:
        try:
            tower.check()
        except DeviceUnavailable:
            return True
        return False

    until(failed, what="the failure to be told")
    tower.close()


def test_a_button_is_counted_once_a_press(chip: Any) -> None:
    now = [100.0]
    tower = _tower(button=BUTTON, debounce_s=0.05).connect()
    tower._presses._now = lambda: now[0]
    contact = chip.pin(BUTTON)

    def press() -> None:
        for closes, pause_s in ((True, 0.001), (False, 0.002), (True, 0.3), (False, 0.001), (True, 0.001)):
            contact.drive_low() if closes else contact.drive_high()
            now[0] += pause_s
        contact.drive_high()
        now[0] += 0.5

    assert tower.pressed() == 0
    press()
    assert tower.pressed() == 1
    assert tower.pressed() == 0
    press()
    press()
    assert tower.pressed() == 2
    tower.close()
    with pytest.raises(DeviceUnavailable):
        tower.pressed()


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"red": None, "yellow": None, "green": None}, "at least one lamp"),
        ({"red": GREEN}, "pin of their own"),
        ({"button": GREEN}, "pin of their own"),
        ({"red": 28}, "red"),
        ({"blink": ["dance"]}, "blink"),
        ({"idle": "blue"}, "idle"),
    ],
)
def test_a_tower_that_cannot_be_is_refused(options: dict[str, object], fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        _tower(**options)


def test_a_relay_needs_a_pin() -> None:
    with pytest.raises(ConfigError, match=r"^pin: .*missing"):
        registry.load("barrier", {"driver": "gpio"})
