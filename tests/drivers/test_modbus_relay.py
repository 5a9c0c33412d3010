"""A Modbus relay board: its frames, and a board in software behind a terminal and a socket."""

import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import registry
from drivers._modbus import crc
from drivers.barrier._modbus import Answer, answer, read_coil, write_coil
from edge.domain.errors import ConfigError, DeviceUnavailable
from tests.drivers.modbus_board import RelayBoard
from tests.drivers.modbus_board import crc as other_crc
from tests.waiting import until

ON, OFF = bytes.fromhex("01050000FF008C3A"), bytes.fromhex("010500000000CDCA")
system = pytest.mark.system


def _driver(port: str, **options: object) -> registry.Driver:
    return registry.load("barrier", {"driver": "modbus_relay", "port": port, "pulse_s": 0.1, **options})


def _framed(body: bytes) -> bytes:
    return body + other_crc(body)


def test_the_frames_are_the_published_ones() -> None:
    assert write_coil(1, 0, on=True) == ON
    assert write_coil(1, 0, on=False) == OFF


@given(st.binary(min_size=1, max_size=64))
def test_the_checksum_is_the_one_another_program_computes(data: bytes) -> None:
    assert crc(data) == other_crc(data)


addresses, coils = st.integers(1, 247), st.integers(0, 65_535)


@given(addresses, coils, st.booleans(), st.binary(max_size=12), st.binary(max_size=12))
def test_an_echo_is_found_in_noise(address: int, coil: int, on: bool, before: bytes, after: bytes) -> None:
    request = write_coil(address, coil, on=on)
    assert answer(request, before + request + after) in (Answer(on=on), answer(request, before))


@given(addresses, coils, st.booleans(), st.integers(0, 7), st.integers(1, 255))
def test_an_echo_with_one_wrong_byte_is_no_answer(
    address: int, coil: int, on: bool, at: int, change: int
) -> None:
    request = write_coil(address, coil, on=on)
    wrong = bytearray(request)
    wrong[at] ^= change
    assert answer(request, bytes(wrong)) is None


@given(addresses, coils, st.booleans(), st.integers(0, 7))
def test_an_echo_that_is_cut_short_is_no_answer(address: int, coil: int, on: bool, length: int) -> None:
    request = write_coil(address, coil, on=on)
    assert answer(request, request[:length]) is None


@given(addresses, coils)
def test_off_is_never_taken_for_on(address: int, coil: int) -> None:
    assert answer(write_coil(address, coil, on=True), write_coil(address, coil, on=False)) is None


@given(addresses, coils, st.booleans(), st.booleans())
def test_a_state_is_read_also_after_an_adapter_that_hears_itself(
    address: int, coil: int, on: bool, hears_itself: bool
) -> None:
    request = read_coil(address, coil)
    reply = _framed(bytes([address, 1, 1, int(on)]))
    assert answer(request, (request if hears_itself else b"") + reply) == Answer(on=on)
    assert answer(request, request) is None


@given(addresses, coils, st.sampled_from([1, 5]), st.integers(1, 11))
def test_a_refusal_is_told_with_its_number(address: int, coil: int, function: int, number: int) -> None:
    request = read_coil(address, coil) if function == 1 else write_coil(address, coil, on=True)
    assert answer(request, _framed(bytes([address, function | 0x80, number]))) == Answer(refused=number)
    other = _framed(bytes([address % 247 + 1, function | 0x80, number]))
    assert answer(request, other) is None


@given(st.binary(max_size=400), st.booleans())
def test_garbage_is_an_answer_only_with_a_right_checksum(garbage: bytes, on: bool) -> None:
    for request in (write_coil(1, 0, on=on), read_coil(1, 0)):
        found = answer(request, garbage)
        if found is not None:
            frames = [garbage[n : n + size] for n in range(len(garbage)) for size in (5, 6, 8)]
            assert any(other_crc(f[:-2]) == f[-2:] and f[0] == 1 for f in frames if len(f) > 4)


@system
@pytest.mark.parametrize("stands", [RelayBoard.on_pty, RelayBoard.on_socket])
def test_a_board_is_switched_off_first_and_pulsed(stands: Callable[[RelayBoard], RelayBoard]) -> None:
    with stands(RelayBoard()) as board:
        relay = _driver(board.port).connect()
        assert board.requests == [OFF]
        start = time.monotonic()
        relay.pulse()
        assert time.monotonic() - start >= 0.1
        assert board.requests == [OFF, ON, OFF]
        relay.check()
        relay.close()
        relay.close()
        assert board.requests == [OFF, ON, OFF, OFF, OFF]
        assert board.coils == {0: False}


@system
def test_another_relay_of_the_board_is_reached_by_its_coil() -> None:
    with RelayBoard().on_pty() as board:
        relay = _driver(board.port, coil=3).connect()
        relay.pulse()
        relay.close()
        assert board.requests[1] == write_coil(1, 3, on=True)
        assert board.coils == {3: False}


@system
def test_a_check_opens_a_contact_that_noise_has_closed() -> None:
    with RelayBoard().on_pty() as board:
        relay = _driver(board.port).connect()
        board.coils[0] = True
        relay.check()
        assert board.coils == {0: False}
        relay.close()


@system
@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (lambda request, right: b"", "silent"),
        (lambda request, right: right[:-1], "garbled"),
        (lambda request, right: right[:-1] + bytes([right[-1] ^ 1]), "garbled"),
        (lambda request, right: b"\x00\xff" * 40, "garbled"),
        (lambda request, right: _framed(b"\x01\x85\x02"), "garbled"),
    ],
    ids=["silent", "cut short", "wrong sum", "noise", "refused"],
)
def test_a_board_that_does_not_answer_rightly_is_not_there(
    reply: Callable[[bytes, bytes], bytes], code: str
) -> None:
    with RelayBoard(reply).on_pty() as board:
        with pytest.raises(DeviceUnavailable) as error:
            _driver(board.port, reply_s=0.1).connect()
        assert error.value.code == code
        assert board.coils.get(0, False) is False


@system
def test_another_address_is_silence() -> None:
    with RelayBoard().on_pty() as board:
        with pytest.raises(DeviceUnavailable, match="address 2 does not answer") as silent:
            _driver(board.port, address=2, reply_s=0.1).connect()
        assert silent.value.code == "silent"


@system
def test_off_is_tried_again_when_its_answer_is_garbled() -> None:
    with RelayBoard().on_pty() as board:
        relay = _driver(board.port, reply_s=0.1).connect()
        answers = iter([ON, b"\x01", b"", OFF])
        board.reply = lambda request, right: next(answers)
        relay.pulse()
        assert board.requests == [OFF, ON, OFF, OFF, OFF]
        board.reply = lambda request, right: right
        relay.close()


@system
def test_one_bad_answer_gives_no_board_up_nor_opens_a_gate_that_is_safe_when_open() -> None:
    with RelayBoard().on_pty() as board:
        relay = _driver(board.port, reply_s=0.1, safe="open").connect()
        for bad in (b"", b"\x01\x05\xff", b"\x00" * 8):
            answers = iter([bad])
            board.reply = lambda request, right, answers=answers: next(answers, right)  # type: ignore[misc]
            relay.check()
            assert next(answers, None) is None, "the bad answer was not given"
        assert set(board.requests) == {OFF}
        board.reply = lambda request, right: b""
        with pytest.raises(DeviceUnavailable) as silent:
            relay.check()
        assert silent.value.code == "silent"
        board.reply = lambda request, right: right
        relay.close()
        assert board.coils == {0: True}


@system
def test_a_relay_that_did_not_answer_to_on_is_switched_off_all_the_same() -> None:
    with RelayBoard().on_pty() as board:
        relay = _driver(board.port, reply_s=0.1).connect()
        board.reply = lambda request, right: b"" if request == ON else right
        with pytest.raises(DeviceUnavailable) as silent:
            relay.pulse()
        assert silent.value.code == "silent"
        assert board.coils == {0: False}
        board.reply = lambda request, right: right
        relay.close()


@system
def test_old_bytes_are_no_answer() -> None:
    with RelayBoard(lambda request, right: right + OFF).on_pty() as board:
        relay = _driver(board.port, reply_s=0.1).connect()
        board.reply = lambda request, right: b""
        with pytest.raises(DeviceUnavailable) as silent:
            relay.check()
        assert silent.value.code == "silent"
        relay.close()


@system
def test_reading_back_finds_a_relay_that_does_not_switch() -> None:
    with RelayBoard(stuck=True).on_pty() as board:
        relay = _driver(board.port, read_back=True).connect()
        with pytest.raises(DeviceUnavailable, match="was switched on and is off") as hung:
            relay.pulse()
        assert hung.value.code == "hung"
        relay.close()
    with RelayBoard().on_pty() as board:
        relay = _driver(board.port, read_back=True).connect()
        relay.pulse()
        assert [request[1] for request in board.requests] == [5, 1, 5, 1, 5, 1]
        relay.close()


@system
def test_reading_back_tells_an_adapter_that_hears_itself_from_a_board() -> None:
    with RelayBoard(lambda request, right: request).on_pty() as board:
        _driver(board.port).connect().close()
        with pytest.raises(DeviceUnavailable) as error:
            _driver(board.port, read_back=True, reply_s=0.1).connect()
        assert error.value.code == "garbled"


@system
def test_a_board_that_cannot_be_read_back_says_so() -> None:
    board = RelayBoard(knows_read=False).on_pty()
    with board, pytest.raises(DeviceUnavailable, match="does not know this function"):
        _driver(board.port, read_back=True).connect()


@system
@pytest.mark.parametrize("stands", [RelayBoard.on_pty, RelayBoard.on_socket])
def test_an_unplugged_board_is_lost(stands: Callable[[RelayBoard], RelayBoard]) -> None:
    with stands(RelayBoard()) as board:
        relay = _driver(board.port).connect()
        board.unplug()
        with pytest.raises(DeviceUnavailable) as lost:
            relay.check()
        assert lost.value.code == "lost"
        with pytest.raises(DeviceUnavailable):
            relay.pulse()
        relay.close()


@system
@pytest.mark.parametrize(("safe", "left"), [("closed", False), ("open", True)])
def test_closing_during_a_pulse_ends_it_and_leaves_the_barrier_as_the_site_wants(
    safe: str, left: bool
) -> None:
    with RelayBoard().on_pty() as board:
        relay = _driver(board.port, pulse_s=10, safe=safe).connect()
        pulse = threading.Thread(target=relay.pulse)
        pulse.start()
        until(lambda: board.coils.get(0), what="the contact to close")
        start = time.monotonic()
        relay.close()
        pulse.join(30)
        assert time.monotonic() - start < 9, "the pulse went on although the relay was closed"
        assert board.requests[2] == OFF
        assert board.coils == {0: left}
        with pytest.raises(DeviceUnavailable) as ended:
            relay.pulse()
        assert ended.value.code == "ended"
        again = _driver(board.port).connect()
        assert board.coils == {0: False}, "a contact was left closed by the last program"
        again.close()


@pytest.mark.parametrize(
    "wrong", [{"address": 0}, {"address": 248}, {"coil": -1}, {"pulse_s": 11}, {"safe": "ajar"}]
)
def test_options_outside_the_protocol_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        _driver("x", **wrong)
