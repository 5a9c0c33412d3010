"""The thermometer in software: the real module's bytes, at its pace, on a line one can pull."""

import itertools
import json
import os
import stat
import termios
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import registry
from drivers.thermometer._pty import SimulatedModule
from drivers.thermometer._scene import GENTLE, NOISE_C, RISE_S, Person, Scene, load_scene
from drivers.thermometer.gy614 import encode
from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Reading
from tests.waiting import until

pytestmark = pytest.mark.system

FEVER = Scene(
    cycle_s=20.0,
    people=(
        Person(at_s=2.0, stay_s=3.0, surface_c=34.6, body_c=36.5),
        Person(at_s=18.5, stay_s=3.0, surface_c=36.9, body_c=38.4, ambient_c=20.0),
    ),
    ambient_c=24.0,
    seed=5,
)


def _gy614(link: Path) -> registry.Driver:
    return registry.load("thermometer", {"driver": "gy614", "port": str(link), "silence_s": 1.0})


def _air(link: Path, **options: object) -> dict[str, object]:
    return {"driver": "simulated", "link": str(link), **options}


@settings(deadline=None)
@given(at_s=st.floats(0, 1e6), cycles=st.integers(1, 1000))
def test_what_is_seen_depends_on_the_clock_modulo_the_cycle_only(at_s: float, cycles: int) -> None:
    now, later = GENTLE.seen(at_s), GENTLE.seen(at_s + cycles * GENTLE.cycle_s)
    # Floating seconds may fall into the neighbouring slot of the noise, never further.
    assert later.surface_c == pytest.approx(now.surface_c, abs=2 * NOISE_C + 0.01)
    assert later.body_c == pytest.approx(now.body_c, abs=2 * NOISE_C + 0.01)
    assert later.ambient_c == now.ambient_c
    assert GENTLE.seen(at_s) == now


def test_a_person_rises_to_the_surface_value_stays_and_falls_back() -> None:
    air = FEVER.seen(1.8)
    assert air.surface_c == pytest.approx(24.0, abs=NOISE_C)
    rising = [FEVER.seen(2.0 + RISE_S * n / 20).surface_c for n in range(21)]
    assert rising[0] == pytest.approx(24.0, abs=NOISE_C)
    assert rising[-1] == pytest.approx(34.6, abs=NOISE_C)
    assert all(later > earlier - 2 * NOISE_C for earlier, later in itertools.pairwise(rising))
    plateau = [FEVER.seen(2.5 + n / 10) for n in range(20)]
    assert all(abs(seen.surface_c - 34.6) <= NOISE_C for seen in plateau)
    assert all(abs(seen.body_c - 36.5) <= NOISE_C for seen in plateau)
    assert len({seen.surface_c for seen in plateau}) > 5, "a real sensor is never still"
    assert FEVER.seen(5.5).surface_c == pytest.approx(24.0, abs=NOISE_C)


def test_a_person_may_stand_there_over_the_end_of_the_cycle() -> None:
    assert FEVER.seen(19.9).surface_c == pytest.approx(36.9, abs=NOISE_C)
    assert FEVER.seen(20.9).surface_c == pytest.approx(36.9, abs=NOISE_C)
    assert FEVER.seen(20.9).ambient_c == 20.0


def test_another_seed_is_other_noise() -> None:
    assert Scene(10.0, seed=1).seen(3.0) != Scene(10.0, seed=2).seen(3.0)


@settings(deadline=None)
@given(st.floats(-100, 300), st.floats(-100, 300), st.floats(-100, 300))
def test_every_frame_it_can_send_is_one_the_driver_reads_back(
    surface: float, ambient: float, body: float
) -> None:
    module = registry._module("thermometer", "gy614")
    decoder = module.Decoder(module.Options(port="x"))
    [reading] = decoder.feed(encode(surface, ambient, body) + bytes(24))
    assert (reading.surface_mdegc, reading.ambient_mdegc, reading.vendor_body_mdegc) == tuple(
        round(celsius * 100) * 10 for celsius in (surface, ambient, body)
    )


def test_the_driver_reads_its_own_module_through_the_real_driver(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    person = {"at_s": 0, "stay_s": 5, "surface_c": 34.5, "body_c": 36.6}
    script.write_text(json.dumps({"cycle_s": 5, "ambient_c": 22.5, "people": [person]}))
    link = tmp_path / "port"
    driver = registry.load("thermometer", _air(link, script=str(script), rate_hz=40))
    assert driver.simulated
    port = driver.connect()
    try:
        assert link.is_symlink()
        assert stat.S_ISCHR(link.stat().st_mode)
        readings: list[Reading] = []

        def warm() -> bool:
            readings.extend(port.read())
            return any((r.surface_mdegc or 0) > 34_000 for r in readings)

        until(warm, what="somebody before the sensor")
        assert all(r.raw.startswith(b"\xa4\x03\x07\x07") for r in readings)
        assert {r.ambient_mdegc for r in readings} == {22_500}
        assert port.decoder.bad_frames == 0
    finally:
        port.close()
    assert not link.is_symlink()


def test_without_a_link_it_lives_in_a_folder_of_its_own_that_goes_with_it() -> None:
    port = registry.load("thermometer", {"driver": "simulated"}).connect()
    folder = port.module.link.parent
    until(port.read, what="a reading")
    assert folder.is_dir()
    port.close()
    port.close()
    assert not folder.exists()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "Expecting value"),
        ("[]", "an object"),
        ('{"cycle_s": 0}', "cycle_s: expected more than 0"),
        ('{"people": []}', "cycle_s: expected a number"),
        ('{"cycle_s": 5, "people": [7]}', r"people\[0\]: expected an object"),
        ('{"cycle_s": 5, "people": [{"at_s": 1, "stay_s": 1, "surface_c": "x", "body_c": 36}]}', "surface_c"),
        (
            '{"cycle_s": 5, "people": [{"at_s": 1, "stay_s": 9, "surface_c": 34, "body_c": 36}]}',
            "longer than",
        ),
        ('{"cycle_s": 5, "people": [{"at_s": 1, "stay_s": 0, "surface_c": 34, "body_c": 36}]}', "stay_s"),
        (
            '{"cycle_s": 5, "people": [{"at_s": 1, "stay_s": 1, "surface_c": 400, "body_c": 36}]}',
            "temperature",
        ),
    ],
)
def test_a_script_that_cannot_be_played_is_said_and_nothing_is_played(
    tmp_path: Path, text: str, fault: str
) -> None:
    script = tmp_path / "script.json"
    script.write_text(text)
    with pytest.raises(ValueError, match=fault):
        load_scene(script)
    with pytest.raises(DeviceUnavailable, match="script"):
        registry.load("thermometer", _air(tmp_path / "port", script=str(script))).connect()
    assert not (tmp_path / "port").is_symlink()


def test_a_script_that_is_not_there_makes_the_device_absent(tmp_path: Path) -> None:
    with pytest.raises(DeviceUnavailable) as error:
        registry.load("thermometer", _air(tmp_path / "port", script=str(tmp_path / "none.json"))).connect()
    assert error.value.code == "absent"


def test_a_file_in_the_place_of_the_link_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "port"
    precious.write_text("keep me")
    with pytest.raises(DeviceUnavailable) as error:
        registry.load("thermometer", _air(precious)).connect()
    assert error.value.code == "denied"
    assert precious.read_text() == "keep me"


def test_the_port_can_be_taken_away_and_given_back_under_a_reader(tmp_path: Path) -> None:
    link = tmp_path / "thermometer"
    with SimulatedModule(link, GENTLE, rate_hz=40) as module:
        for _ in range(3):
            port = _gy614(link).connect()
            try:
                until(port.read, what="a reading")
                module.unplug()
                module.unplug()
                assert not link.is_symlink()
                with pytest.raises(DeviceUnavailable) as lost:
                    until(lambda port=port: port.read() and False, what="the loss")  # type: ignore[misc]
                assert lost.value.code == "lost"
            finally:
                port.close()
            with pytest.raises(DeviceUnavailable) as absent:
                _gy614(link).connect()
            assert absent.value.code == "absent"
            module.plug()
            module.plug()


def test_a_module_that_falls_silent_is_noticed_and_heard_again(tmp_path: Path) -> None:
    link = tmp_path / "thermometer"
    with SimulatedModule(link, GENTLE, rate_hz=40) as module:
        port = _gy614(link).connect()
        try:
            until(port.read, what="a reading")
            module.mute()
            with pytest.raises(DeviceUnavailable) as silent:
                until(lambda: port.read() and False, what="the silence")
            assert silent.value.code == "silent"
        finally:
            port.close()
        module.mute(False)
        port = _gy614(link).connect()
        try:
            until(port.read, what="a reading")
        finally:
            port.close()


def test_a_reader_that_comes_late_gets_no_old_air(tmp_path: Path) -> None:
    with SimulatedModule(tmp_path / "thermometer", GENTLE, rate_hz=50) as module:
        until(lambda: module.frames_sent > 20, what="twenty frames nobody read")
        port = _gy614(module.link).connect()
        try:
            assert len(until(port.read, what="a reading")) < 10
        finally:
            port.close()


def test_the_port_is_raw_before_anybody_opens_it(tmp_path: Path) -> None:
    # A cooked one would echo the module's bytes back to it and turn some of them into signals.
    with SimulatedModule(tmp_path / "thermometer", GENTLE) as module:
        port = os.open(module.link, os.O_RDWR | os.O_NOCTTY)
        try:
            local_modes = termios.tcgetattr(port)[3]
        finally:
            os.close(port)
    assert not local_modes & (termios.ECHO | termios.ICANON | termios.ISIG)


def test_a_module_nobody_reads_goes_on_speaking(tmp_path: Path) -> None:
    # 4096 bytes of a pseudo-terminal's buffer are 341 frames.
    with SimulatedModule(tmp_path / "thermometer", GENTLE, rate_hz=5000, baud=4_000_000) as module:
        until(lambda: module.frames_sent > 450, what="more frames than the buffer holds")
        port = _gy614(module.link).connect()
        try:
            assert until(port.read, what="a reading by whoever comes at last")
        finally:
            port.close()
        sent = module.frames_sent
        until(lambda: module.frames_sent > sent, what="frames after the reader has gone again")
