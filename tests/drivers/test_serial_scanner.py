"""A barcode module's lines, over a pseudo-terminal and byte by byte."""

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import registry
from drivers.scanner.serial import PAYLOAD_LIMIT, Decoder, Options, SerialScanner
from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Scan
from tests.drivers.lines import Peer, Pty, reading_thread
from tests.waiting import until

pytestmark = pytest.mark.system

ENDS = {"line": b"\r\n", "cr": b"\r", "lf": b"\n", "crlf": b"\r\n"}
relaxed = settings(deadline=None)


def _decoder(ending: str, **more: object) -> Decoder:
    options = registry.load("scanner", {"driver": "serial", "port": "x", "ending": ending, **more}).options
    assert isinstance(options, Options)
    return Decoder(options)


def _payloads(scans: list[Scan]) -> list[bytes]:
    return [scan.payload for scan in scans]


def _without(end: bytes) -> Callable[[bytes], bool]:
    return lambda payload: end not in payload + end[:-1]


@pytest.mark.parametrize("ending", ENDS)
@relaxed
@given(data=st.data())
def test_payloads_come_out_byte_for_byte_however_they_are_cut(ending: str, data: st.DataObject) -> None:
    end = ENDS[ending]
    allowed = st.binary(min_size=1, max_size=40)
    if ending == "line":
        allowed = allowed.filter(lambda p: b"\r" not in p and b"\n" not in p)
    else:
        allowed = allowed.filter(_without(end))
    payloads = data.draw(st.lists(allowed, max_size=6))
    stream = b"".join(payload + end for payload in payloads)
    places = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    decoder = _decoder(ending)
    scans = [
        scan
        for a, b in zip([0, *places], [*places, len(stream)], strict=True)
        for scan in decoder.feed(stream[a:b])
    ]
    assert _payloads(scans) == payloads
    assert not decoder.pending


def test_a_line_ends_with_cr_or_lf_or_both_and_empty_ones_are_nothing() -> None:
    decoder = _decoder("line")
    assert _payloads(decoder.feed(b"one\rtwo\nthree\r\n\r\n\nfour\r")) == [b"one", b"two", b"three", b"four"]


def test_crlf_lets_payloads_hold_single_ones() -> None:
    assert _payloads(_decoder("crlf").feed(b"a\rb\nc\r\r\n")) == [b"a\rb\nc\r"]


def test_a_scanner_does_not_know_the_symbology() -> None:
    assert _decoder("line").feed(b"x\r") == [Scan(b"x", symbology="", decoder="serial")]


@pytest.mark.parametrize("ending", ENDS)
def test_the_longest_payload_comes_out_and_a_longer_one_is_dropped_whole(ending: str) -> None:
    end = ENDS[ending]
    decoder = _decoder(ending)
    longest = b"x" * PAYLOAD_LIMIT
    assert _payloads(decoder.feed(longest + end)) == [longest]
    for more in (1, 2, 3, 5000):
        before = decoder.bad_frames
        assert decoder.feed(longest + b"y" * more + end) == []
        assert decoder.bad_frames == before + 1
        assert _payloads(decoder.feed(b"next" + end)) == [b"next"]


def test_an_endless_payload_is_not_hoarded() -> None:
    decoder = _decoder("crlf")
    for _ in range(100):
        assert decoder.feed(b"\r" * 1000) == []
        assert len(decoder._payload) <= PAYLOAD_LIMIT + 2
    assert decoder.feed(b"\n") == []
    assert _payloads(decoder.feed(b"ok\r\n")) == [b"ok"]
    assert decoder.bad_frames == 1


def test_an_unfinished_payload_is_given_up_never_passed_on_half() -> None:
    decoder = _decoder("line")
    assert decoder.feed(b"HC1:half a cod") == []
    assert decoder.idle() == []
    assert (decoder.bad_frames, decoder.dropped_bytes) == (1, 14)
    assert _payloads(decoder.feed(b"HC1:whole\r")) == [b"HC1:whole"]
    assert decoder.idle() == []
    assert decoder.bad_frames == 1


def test_with_idle_the_silence_ends_a_payload_whatever_bytes_it_holds() -> None:
    decoder = _decoder("idle")
    assert decoder.feed(b"bin\r\n\x00") == []
    assert decoder.feed(b"ary\r") == []
    assert _payloads(decoder.idle()) == [b"bin\r\n\x00ary\r"]
    assert decoder.idle() == []


@relaxed
@given(st.lists(st.binary(max_size=300), max_size=20), st.sampled_from([*ENDS, "idle"]))
def test_no_bytes_whatever_make_it_raise_and_nothing_is_unaccounted_for(
    chunks: list[bytes], ending: str
) -> None:
    decoder = _decoder(ending)
    read = sum(len(scan.payload) for chunk in chunks for scan in decoder.feed(chunk))
    read += sum(len(scan.payload) for scan in decoder.idle())
    assert read + decoder.dropped_bytes <= sum(map(len, chunks))
    assert not decoder.pending


def _send_and_read(device: Pty, port: SerialScanner, count: int) -> None:
    """Send payloads without their end, one after the other, each until it was given up."""
    for number in range(1, count + 1):
        device.send(b"x\r")
        given_up = partial(lambda wanted: port.read() or port.decoder.bad_frames == wanted, number)
        until(given_up, what="it given up")


def _port(url: str, **options: object) -> registry.Driver:
    return registry.load("scanner", {"driver": "serial", "port": url, **options})


def test_a_module_on_a_pseudo_terminal_is_read_and_its_loss_noticed() -> None:
    with Pty() as device:
        port = _port(device.port).connect()
        try:
            assert port.read() == []
            device.send("通行码 GATEPOST\r\n二\r\n".encode())
            assert _payloads(until(port.read, what="a scan")) == ["通行码 GATEPOST".encode(), "二".encode()]
            device.unplug()
            with pytest.raises(DeviceUnavailable) as lost:
                until(lambda: port.read() and False, what="the loss")
            assert lost.value.code == "lost"
        finally:
            port.close()


def test_a_module_without_an_end_mark_is_read_after_its_silence() -> None:
    with Pty() as device:
        port = _port(device.port, ending="idle").connect()
        try:
            for payload in (b"\x00\r\n\xff binary", b"x" * 3000):
                device.send(payload)
                assert _payloads(until(port.read, what="a scan")) == [payload]
        finally:
            port.close()


def test_a_wrong_end_mark_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    with Pty() as device:
        port = _port(device.port, ending="crlf").connect()
        try:
            for n in range(1, 3):
                device.send(b"secret of a person\r")
                until(lambda n=n: port.read() or port.decoder.bad_frames == n, what="the payload given up")  # type: ignore[misc]
        finally:
            port.close()
    assert len([r for r in caplog.records if "ending" in r.getMessage()]) == 1
    assert "secret" not in caplog.text


def test_payloads_that_never_end_are_garbled_with_the_speed_and_the_option_named() -> None:
    with Pty() as device:
        port = _port(device.port, ending="crlf", baud=19200).connect()
        try:
            with pytest.raises(DeviceUnavailable) as error:
                _send_and_read(device, port, 3)
            assert error.value.code == "garbled"
            assert "19200 baud" in str(error.value)
            assert "`ending`" in str(error.value)
        finally:
            port.close()


def test_a_module_behind_a_socket_is_read() -> None:
    with Peer(b"code\r") as device:
        port = _port(device.url).connect()
        try:
            assert b"code" in _payloads(until(port.read, what="a scan"))
        finally:
            port.close()


def test_closing_unblocks_a_reader_within_a_second() -> None:
    with Pty() as device:
        port = _port(device.port).connect()
        with reading_thread(port) as ended:
            port.close()
            until(lambda: ended, timeout_s=1.0, what="the reader to end")
        port.close()
        assert isinstance(ended[0], DeviceUnavailable)


def test_nothing_is_ever_sent_to_the_module() -> None:
    with Pty() as device:
        port = _port(device.port).connect()
        port.read()
        port.close()
        assert device.received(1, timeout_s=0.05) == b""
