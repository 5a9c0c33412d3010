"""The GM65 family's command side, and a scanner that keeps its module set and sees it die."""

from binascii import crc_hqx
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import settings as checked
from hypothesis import strategies as st

from drivers import registry
from drivers.scanner._gm65 import (
    REPLY_S,
    SUCCESS,
    TRIES,
    Replies,
    _command,
    read_command,
    settings,
    write_command,
)
from drivers.scanner._setup_codes import is_setup_code
from drivers.scanner.serial import Options
from edge.domain.errors import DeviceUnavailable
from tests.drivers.scanner_modules import Gm65, Scripted
from tests.waiting import until

pytestmark = pytest.mark.system
relaxed = checked(deadline=None)


def test_commands_carry_the_published_checksum() -> None:
    # Published with their checksums: read 002A (two bytes), save; ours differ in length and register only.
    assert read_command(0x0003)[:7] == bytes.fromhex("7E 00 07 01 00 03 01")
    assert write_command(0x0000, 0xD6)[:7] == bytes.fromhex("7E 00 08 01 00 00 D6")
    assert _command(0x09, 0x0000, 0x00) == bytes.fromhex("7E 00 09 01 00 00 00 DE C8")
    assert _command(0x07, 0x002A, 0x02) == bytes.fromhex("7E 00 07 01 00 2A 02 D8 0F")


def test_a_gate_writes_four_registers_and_protects_itself_before_it_reads() -> None:
    order = [setting.register for setting in settings(1.0)]
    assert order == [0x000D, 0x0003, 0x0013, 0x0000]
    assert settings(0.0)[2].value == 0x81
    assert settings(99.0)[2].value == 0xFF


@relaxed
@given(
    before=st.binary(max_size=30),
    after=st.binary(max_size=30),
    value=st.integers(0, 255),
    cuts=st.lists(st.integers(0, 70), max_size=6),
)
def test_a_reply_comes_out_of_the_payloads_around_it_however_it_is_cut(
    before: bytes, after: bytes, value: int, cuts: list[int]
) -> None:
    body = bytes([0, 1, value])
    reply = b"\x02\x00" + body + crc_hqx(body, 0).to_bytes(2, "big")
    stream = before + reply + after
    replies = Replies()
    replies.expect()
    out = b""
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    for begin, end in pairwise(places):
        out += replies.feed(stream[begin:end])
    out += replies.give_up()
    assert replies.value == value
    assert out == before + after


@relaxed
@given(st.lists(st.binary(max_size=40), max_size=10))
def test_what_is_no_reply_goes_through_whole(chunks: list[bytes]) -> None:
    replies = Replies()
    replies.expect()
    out = b"".join(replies.feed(chunk) for chunk in chunks) + replies.give_up()
    if replies.value is None:
        assert out == b"".join(chunks)
    quiet = Replies()
    assert b"".join(quiet.feed(chunk) for chunk in [*chunks, SUCCESS]) == b"".join([*chunks, SUCCESS])


@pytest.mark.parametrize(
    "payload",
    [
        *(b"_SET_CODE_ON", b"_SET_CODE_OFF\r\n", b"^_^DSPYFW.", b"~M00910001.", b"@FACDEF", b"@SETUPE1"),
        *(bytes.fromhex("7E0008010000D6ABCD"), b"7E000801000D00ABCD", b"7E 00 08 01 00 D9 55 AB CD"),
        *(b"^#SC^3030Gx0", b"$$$#99900001;%%%"),
    ],
)
def test_known_set_up_codes_are_recognised(payload: bytes) -> None:
    assert is_setup_code(payload)


@pytest.mark.parametrize(
    "payload",
    [b"HC1:6BFOXN", b"https://example.org/@SETUPE", b"~Merry Christmas.", b"@alice", b"7E", b"", b"~~~"],
)
def test_peoples_codes_are_no_set_up_codes(payload: bytes) -> None:
    assert not is_setup_code(payload)


@relaxed
@given(st.binary(max_size=600))
def test_a_payload_is_judged_whatever_it_is(payload: bytes) -> None:
    assert is_setup_code(payload) in (True, False)


@pytest.fixture
def gm65() -> Iterator[tuple[Gm65, Scripted]]:
    module = Gm65()
    with Scripted(module.answer) as device:
        yield module, device


def _driver(device: Scripted, **options: object) -> registry.Driver:
    return registry.load(
        "scanner", {"driver": "serial", "port": device.port, "family": "gm65", "check_s": 0.05, **options}
    )


def test_at_opening_the_module_is_set_and_what_was_right_is_left_alone(
    gm65: tuple[Gm65, Scripted],
) -> None:
    module, device = gm65
    port = _driver(device).connect()
    port.close()
    assert module.registers == {0x0000: 0xD2, 0x0003: 0x02, 0x000D: 0xA0, 0x0013: 0x8A}
    written = list(module.written)
    _driver(device).connect().close()
    assert module.written == written, "light and sound stay as the site set them; nothing is written twice"


def test_every_opening_sets_a_module_that_forgot(gm65: tuple[Gm65, Scripted]) -> None:
    module, device = gm65
    for _ in range(2):
        module.registers[0x0003] = 0x00
        _driver(device).connect().close()
        assert module.registers[0x0003] == 0x02


def test_a_code_read_while_the_module_is_being_set_is_not_lost(gm65: tuple[Gm65, Scripted]) -> None:
    module, device = gm65
    module.before_reply = b"early bird\r"
    port = _driver(device).connect()
    try:
        assert [scan.payload for scan in until(port.read, what="the early code")] == [b"early bird"]
    finally:
        port.close()


def test_codes_are_read_between_the_looks_at_the_module(gm65: tuple[Gm65, Scripted]) -> None:
    module, device = gm65
    port = _driver(device).connect()
    try:
        asked = module.asked
        for number in range(20):
            device.send(b"code %d\r" % number)
            assert [s.payload for s in until(port.read, what="a code")] == [b"code %d" % number]
        until(lambda: port.read() or module.asked > asked + 3, what="looks at the module")
        assert (port.decoder.bad_frames, port.decoder.dropped_bytes) == (0, 0), "no reply among the codes"
    finally:
        port.close()


def test_a_module_that_was_reprogrammed_is_set_again_and_that_is_said(
    gm65: tuple[Gm65, Scripted], caplog: pytest.LogCaptureFixture
) -> None:
    module, device = gm65
    port = _driver(device).connect()
    try:
        module.written.clear()
        module.registers[0x0000] = 0xD0  # a set-up code: manual reading
        until(lambda: port.read() or module.registers[0x0000] != 0xD0, what="the setting again")
        until(lambda: port.read() or "was changed" in caplog.text, what="the word about it")
        assert module.written == [(0x0000, 0xD2)], "what was still right is not written again"
        assert caplog.text.count("continuous reading was changed, by a set-up code or a reset") == 1
        device.send(b"next person\r")
        assert [scan.payload for scan in until(port.read, what="a code")] == [b"next person"]
    finally:
        port.close()


def test_a_module_that_dies_is_silent_within_three_seconds_of_our_own_numbers(
    gm65: tuple[Gm65, Scripted],
) -> None:
    module, device = gm65
    port = _driver(device).connect()
    try:
        module.mute = True
        with pytest.raises(DeviceUnavailable) as error:
            until(lambda: port.read() and False, timeout_s=20, what="the silence")
        assert error.value.code == "silent"
        assert "9600 baud" in str(error.value)
    finally:
        port.close()
    assert Options(port="x").check_s + TRIES * REPLY_S < 3.0


def test_a_module_that_never_answers_is_silent_at_opening(gm65: tuple[Gm65, Scripted]) -> None:
    module, device = gm65
    module.mute = True
    with pytest.raises(DeviceUnavailable) as error:
        _driver(device).connect()
    assert error.value.code == "silent"


def test_a_module_that_does_not_keep_what_it_is_told_is_garbled(gm65: tuple[Gm65, Scripted]) -> None:
    module, device = gm65
    module.stubborn = True
    with pytest.raises(DeviceUnavailable) as error:
        _driver(device).connect()
    assert error.value.code == "garbled"
    assert "000D" in str(error.value)


def test_another_module_that_talks_is_garbled() -> None:
    with Scripted(lambda waiting: (len(waiting), b"\x5a\x01\x00\x02\x90\x00\x93\xa5")) as device:
        with pytest.raises(DeviceUnavailable) as error:
            _driver(device).connect()
        assert error.value.code == "garbled"


def test_a_set_up_code_that_comes_through_is_not_passed_on_and_said_once(
    gm65: tuple[Gm65, Scripted], caplog: pytest.LogCaptureFixture
) -> None:
    _, device = gm65
    port = _driver(device).connect()
    try:
        for _ in range(2):
            device.send(b"_SET_CODE_ON\rperson\r")
            assert [s.payload for s in until(port.read, what="a code")] == [b"person"]
        assert port.decoder.setup_codes == 2
        assert caplog.text.count("set-up code; it was not passed on") == 1
    finally:
        port.close()
