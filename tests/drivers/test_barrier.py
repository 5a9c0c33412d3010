"""Barriers: the relay's bytes as the board would see them, and the simulated one."""

import json
import threading
import time
from pathlib import Path

import pytest

from drivers import registry
from drivers.barrier._pulse import REST_S
from drivers.barrier.lcus1 import command
from edge.domain.errors import DeviceUnavailable
from edge.domain.ports import Barrier
from tests.drivers.lines import Peer, Pty
from tests.waiting import until

pytestmark = pytest.mark.system

ON, OFF = bytes.fromhex("A00101A2"), bytes.fromhex("A00100A1")


def _relay(port: str, **options: object) -> registry.Driver:
    return registry.load("barrier", {"driver": "lcus1", "port": port, **options})


def test_the_commands_are_the_published_ones() -> None:
    assert command(1, on=True) == ON
    assert command(1, on=False) == OFF
    assert command(4, on=True) == bytes.fromhex("A00401A5")


def test_opening_switches_the_relay_off_before_anything_else() -> None:
    with Pty() as board:
        relay = _relay(board.port).connect()
        try:
            assert board.received(4) == OFF
            assert board.received(1, timeout_s=0.05) == b""
        finally:
            relay.close()


def test_a_pulse_is_on_then_off_and_lasts_as_long_as_set() -> None:
    with Pty() as board:
        relay = _relay(board.port, channel=2, pulse_s=0.3).connect()
        try:
            assert board.received(4) == command(2, on=False)
            start = time.monotonic()
            relay.pulse()
            assert time.monotonic() - start >= 0.3
            assert board.received(8) == command(2, on=True) + command(2, on=False)
        finally:
            relay.close()
        assert board.received(4) == command(2, on=False)


def test_a_pulse_is_limited_and_cannot_be_configured_away() -> None:
    for pulse_s in (0, -1, 11, 3600):
        with pytest.raises(Exception, match="pulse_s"):
            _relay("x", pulse_s=pulse_s)


def test_closing_during_a_pulse_ends_it_with_the_relay_off() -> None:
    with Pty() as board:
        relay = _relay(board.port, pulse_s=10).connect()
        assert board.received(4) == OFF
        pulse = threading.Thread(target=relay.pulse)
        pulse.start()
        assert board.received(4) == ON
        start = time.monotonic()
        relay.close()
        pulse.join(30)
        assert time.monotonic() - start < 9, "the pulse went on although the relay was closed"
        assert board.received(8, timeout_s=0.5) == OFF + OFF
        relay.close()
        with pytest.raises(DeviceUnavailable) as ended:
            relay.pulse()
        assert ended.value.code == "ended"
        assert board.received(1, timeout_s=0.05) == b""


@pytest.mark.parametrize(("safe", "left"), [("closed", OFF), ("open", ON)])
def test_the_relay_is_left_as_the_site_wants_and_off_again_with_the_next_start(
    safe: str, left: bytes
) -> None:
    with Pty() as board:
        relay = _relay(board.port, pulse_s=0.05, safe=safe).connect()
        relay.pulse()
        assert board.received(12) == OFF + ON + OFF, "a pulse ends closed whatever the safe state is"
        relay.close()
        relay.close()
        assert board.received(5, timeout_s=0.2) == left
        again = _relay(board.port).connect()
        assert board.received(4) == OFF
        again.close()


def test_a_pulse_that_is_broken_off_switches_the_relay_off(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(BaseException):
        pass

    def interrupted(timeout: float) -> bool:
        del timeout
        raise Interrupted

    with Pty() as board:
        relay = _relay(board.port, pulse_s=10).connect()
        monkeypatch.setattr(relay._closed, "wait", interrupted)
        with pytest.raises(Interrupted):
            relay.pulse()
        assert board.received(12) == OFF + ON + OFF
        relay.close()


def test_a_relay_behind_a_serial_server_is_pulsed_and_its_loss_noticed() -> None:
    with Peer(b"") as board:
        relay = _relay(board.url, pulse_s=0.05).connect()
        relay.pulse()
        relay.check()
        board.unplug()
        with pytest.raises(DeviceUnavailable) as lost:
            until(relay.check, what="the loss")
        assert lost.value.code == "lost"
        relay.close()


def test_a_board_that_is_unplugged_is_noticed_by_pulse_and_by_check() -> None:
    for use in ("pulse", "check"):
        with Pty() as board:
            relay = _relay(board.port, pulse_s=0.05).connect()
            try:
                relay.check()
                board.unplug()
                with pytest.raises(DeviceUnavailable) as lost:
                    getattr(relay, use)()
                assert lost.value.code == "lost"
            finally:
                relay.close()


def test_a_board_that_is_unplugged_during_a_pulse_is_told() -> None:
    with Pty() as board:
        relay = _relay(board.port, pulse_s=0.5).connect()
        told: list[str] = []

        def pulse() -> None:
            try:
                relay.pulse()
            except DeviceUnavailable as error:
                told.append(error.code)

        thread = threading.Thread(target=pulse)
        thread.start()
        assert board.received(8) == OFF + ON
        board.unplug()
        thread.join(10)
        relay.close()
        assert told == ["lost"]


def test_a_board_that_is_not_there_is_absent(tmp_path: Path) -> None:
    with pytest.raises(DeviceUnavailable) as absent:
        _relay(str(tmp_path / "ttyUSB0")).connect()
    assert absent.value.code == "absent"


def test_what_the_board_says_does_not_disturb() -> None:
    with Pty() as board:
        relay = _relay(board.port, pulse_s=0.05).connect()
        try:
            board.send(b"CH1: ON\r\n" * 50)
            relay.check()
            relay.pulse()
            assert board.received(12) == OFF + ON + OFF
        finally:
            relay.close()


def test_the_simulated_barrier_takes_its_time_and_writes_down_what_it_did(tmp_path: Path) -> None:
    log = tmp_path / "pulses.jsonl"
    driver = registry.load("barrier", {"driver": "simulated", "pulse_s": 0.1, "log": str(log)})
    barrier = driver.connect()
    start = time.monotonic()
    barrier.pulse()
    barrier.pulse()
    assert time.monotonic() - start >= 0.2
    assert len(barrier.pulses) == 2
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [round(pulse * 1e6) for pulse in barrier.pulses] == [line["mono_us"] for line in lines]
    assert {line["open_s"] for line in lines} == {0.1}
    barrier.close()
    with pytest.raises(DeviceUnavailable):
        barrier.pulse()


def test_closing_the_simulated_barrier_ends_a_pulse() -> None:
    barrier = registry.load("barrier", {"driver": "simulated", "pulse_s": 10}).connect()
    ended: list[str] = []

    def pulse() -> None:
        try:
            barrier.pulse()
        except DeviceUnavailable as error:
            ended.append(error.code)

    thread = threading.Thread(target=pulse)
    thread.start()
    until(lambda: barrier.pulses, what="the pulse to begin")
    barrier.close()
    thread.join(5)
    assert ended == ["ended"]
    assert not barrier.left_open


def test_the_simulated_barrier_is_left_as_the_site_wants() -> None:
    barrier = registry.load("barrier", {"driver": "simulated", "safe": "open", "pulse_s": 0}).connect()
    barrier.pulse()
    assert not barrier.left_open
    barrier.close()
    assert barrier.left_open


def test_a_simulated_barrier_that_cannot_write_its_log_says_so(tmp_path: Path) -> None:
    table = {"driver": "simulated", "pulse_s": 0, "log": str(tmp_path / "no" / "log")}
    with pytest.raises(DeviceUnavailable) as denied:
        registry.load("barrier", table).connect().pulse()
    assert denied.value.code == "denied"


def test_a_gate_without_a_barrier_opens_nothing_and_is_never_lost() -> None:
    barrier: Barrier = registry.load("barrier", {"driver": "none"}).connect()
    held = sorted(Path("/proc/self/fd").iterdir())
    threads = threading.active_count()
    start = time.monotonic()
    for use in (barrier.pulse, barrier.check, barrier.close, barrier.pulse, barrier.check) * 100:
        use()
    assert time.monotonic() - start < 1, "a pulse of nothing takes time"
    assert sorted(Path("/proc/self/fd").iterdir()) == held
    assert threading.active_count() == threads


def test_two_pulses_are_two_for_the_controller() -> None:
    with Pty() as board:
        relay = _relay(board.port, pulse_s=0.05).connect()
        relay.pulse()
        start = time.monotonic()
        relay.pulse()
        assert time.monotonic() - start >= REST_S - 0.05, "two people let in look like one"
        assert board.received(20) == OFF + ON + OFF + ON + OFF
        relay.close()


def test_a_plug_pulled_in_a_long_pulse_is_told_before_its_end() -> None:
    with Pty() as board:
        relay = _relay(board.port, pulse_s=10).connect()
        told: list[str] = []

        def pulse() -> None:
            try:
                relay.pulse()
            except DeviceUnavailable as error:
                told.append(error.code)

        thread = threading.Thread(target=pulse)
        thread.start()
        assert board.received(8) == OFF + ON
        board.unplug()
        start = time.monotonic()
        thread.join(30)
        relay.close()
        assert told == ["lost"]
        assert time.monotonic() - start < 8


def test_closing_from_two_threads_at_once_gives_the_board_back_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Pty() as board:
        relay = _relay(board.port).connect()
        assert board.received(4) == OFF
        threads = [threading.Thread(target=relay.close) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert board.received(5, timeout_s=0.1) == OFF
        assert "could not be left" not in caplog.text
