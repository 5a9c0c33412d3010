"""The contract every thermometer on a line keeps. Drivers are found by their files: a new one needs
its transcript and nothing here."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from drivers import registry
from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Reading
from tests.drivers.lines import Peer, Pty, reading_thread
from tests.drivers.transcripts import Clock, Section, decoder, load, replay
from tests.waiting import until

pytestmark = pytest.mark.system

KIND = "thermometer"


def _byte_drivers() -> list[str]:
    return [n for n in registry.available(KIND) if hasattr(registry._module(KIND, n), "Decoder")]


def _checked_drivers() -> list[str]:
    return [n for n in _byte_drivers() if registry._module(KIND, n).Decoder.checked]


BYTE_DRIVERS = _byte_drivers()
CHECKED_DRIVERS = _checked_drivers()
SECTIONS = [(name, n) for name in BYTE_DRIVERS for n, _ in enumerate(load(KIND, name))]

every_byte_driver = pytest.mark.parametrize("name", BYTE_DRIVERS)
every_checked_driver = pytest.mark.parametrize("name", CHECKED_DRIVERS)
every_section = pytest.mark.parametrize(("name", "number"), SECTIONS)


def _section(name: str, number: int) -> Section:
    return load(KIND, name)[number]


def _frames(name: str) -> list[bytes]:
    """Return the good frames of the first section."""
    return [reading.raw for reading in _section(name, 0).readings]


def _decode(name: str, data: bytes) -> list[Reading]:
    under_test = decoder(KIND, name, _section(name, 0), Clock())
    readings: list[Reading] = under_test.feed(data)
    return readings


def _values(name: str, data: bytes) -> list[bytes]:
    """Return the frames that some bytes hold when nothing but quiet follows them."""
    return [reading.raw for reading in _decode(name, data + _quiet(name))]


def _quiet(name: str) -> bytes:
    """Return bytes that settle every doubt about the frames before them."""
    return bytes(2 * max(len(frame) for frame in _frames(name)))


def _windows(name: str, stream: bytes) -> list[tuple[int, bytes]]:
    """Return every place of a stream where a whole frame stands, good or by accident."""
    sizes = {len(frame) for frame in _frames(name)}
    found = []
    for begin in range(len(stream)):
        for size in sizes:
            window = stream[begin : begin + size]
            if len(window) == size and _values(name, window) == [window]:
                found.append((begin, window))
    return found


def _undisputed(windows: list[tuple[int, bytes]]) -> list[bytes]:
    """Return the frames inside which no other begins: what a lost byte left of a frame can have a
    right sum with the next frame's first byte, and then the next frame begins inside it."""
    starts = [begin for begin, _ in windows]
    return [w for begin, w in windows if not any(begin < s < begin + len(w) for s in starts)]


def test_the_thermometers_of_the_first_release_are_there() -> None:
    assert {"gy614", "gy_mcu90614", "ascii_line", "simulated", "none"} <= set(registry.available(KIND))
    assert {"gy614", "gy_mcu90614"} <= set(CHECKED_DRIVERS)
    assert "ascii_line" in BYTE_DRIVERS


@pytest.mark.parametrize("kind", registry.KINDS)
def test_every_driver_describes_itself_and_has_a_way_in(kind: str) -> None:
    for name in registry.available(kind):
        info = registry.describe(kind, name)
        assert info.doc, f"{kind} {name} has no docstring"
        assert callable(registry._module(kind, name).connect)
        if info.simulated or name != "none":
            assert "Limits:" in info.doc, f"{kind} {name} does not say its limits"
        for option in info.options:
            assert option.doc, f"{kind} {name} does not explain {option.name}"


@every_section
def test_a_transcript_decodes_to_the_expected_readings(name: str, number: int) -> None:
    section, clock = _section(name, number), Clock()
    under_test = decoder(KIND, name, section, clock)
    for step in section.steps:
        clock.now_s += step.pause_s
        assert under_test.feed(step.data) == list(step.readings), step.where


@every_section
@settings(deadline=None)
@given(data=st.data())
def test_the_same_bytes_cut_anywhere_give_the_same_readings(
    name: str, number: int, data: st.DataObject
) -> None:
    section = _section(name, number)

    def cut(stream: bytes) -> list[bytes]:
        places = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
        return [stream[a:b] for a, b in zip([0, *places], [*places, len(stream)], strict=True)]

    assert replay(KIND, name, section, cut) == replay(KIND, name, section)


@every_section
def test_the_same_bytes_one_at_a_time_give_the_same_readings(name: str, number: int) -> None:
    section = _section(name, number)
    one_by_one = replay(KIND, name, section, lambda data: [data[n : n + 1] for n in range(len(data))])
    assert one_by_one == replay(KIND, name, section)
    assert one_by_one[0] == section.readings


@every_byte_driver
@settings(deadline=None)
@given(garbage=st.binary(max_size=600))
def test_no_bytes_whatever_make_a_decoder_raise_or_hoard(name: str, garbage: bytes) -> None:
    under_test = decoder(KIND, name, _section(name, 0), Clock())
    read = sum(len(reading.raw) for n in range(3) for reading in under_test.feed(garbage))
    assert under_test.dropped_bytes + read + 300 + 3 * garbage.count(b"\n") + 3 * garbage.count(b"\r") >= (
        3 * len(garbage)
    ), "more is kept back than one frame or line"


@every_checked_driver
@settings(deadline=None)
@given(data=st.data())
def test_garbage_before_between_and_after_loses_no_good_frame(name: str, data: st.DataObject) -> None:
    """Garbage is chosen to hurt: header bytes, beginnings and ends of frames. All planted frames come
    out, all of them and nothing else, unless garbage and frame happen to form one more whole frame
    with a right sum (1 in 256 where a header stands; excluded here, pinned down in the next test)."""
    frames = _frames(name)
    byte = st.one_of(st.sampled_from(sorted(set(b"".join(frames)))), st.integers(0, 255))
    piece = st.sampled_from(frames).flatmap(
        lambda f: st.integers(0, len(f) - 1).flatmap(lambda n: st.sampled_from([f[:n], f[n + 1 :]]))
    )
    junk = st.one_of(st.lists(byte, max_size=25).map(bytes), piece)
    planted = data.draw(st.lists(st.sampled_from(frames), min_size=1, max_size=4))
    stream = data.draw(junk)
    for frame in planted:
        stream += frame + data.draw(junk)
    stream += _quiet(name)
    windows = _windows(name, stream)
    assume(len(windows) == len(planted))
    assert [reading.raw for reading in _decode(name, stream)] == planted


@every_checked_driver
@settings(deadline=None)
@given(data=st.data())
def test_what_comes_out_is_every_whole_frame_no_other_begins_inside(name: str, data: st.DataObject) -> None:
    """Exactly what a byte sum allows, whatever the bytes are."""
    frames = _frames(name)
    stream = b"".join(
        data.draw(
            st.lists(
                st.one_of(
                    st.sampled_from(frames),
                    st.sampled_from(frames).flatmap(lambda f: st.integers(0, len(f)).map(lambda n: f[:n])),
                    st.binary(max_size=6),
                ),
                max_size=8,
            )
        )
    )
    stream += _quiet(name)
    assert [reading.raw for reading in _decode(name, stream)] == _undisputed(_windows(name, stream))


@every_checked_driver
def test_one_wrong_byte_anywhere_never_gives_a_value(name: str) -> None:
    frames = _frames(name)
    for frame in frames:
        for index in range(len(frame)):
            for change in (0x01, 0x80, 0xFF):
                wrong = bytearray(frame)
                wrong[index] = (wrong[index] + change) & 0xFF
                assert _values(name, bytes(wrong)) == []


@every_checked_driver
@settings(deadline=None)
@given(data=st.data())
def test_a_wrong_checksum_is_dropped_and_counted(name: str, data: st.DataObject) -> None:
    before, frame, after = (data.draw(st.sampled_from(_frames(name))) for _ in range(3))
    wrong = frame[:-1] + bytes([(frame[-1] + data.draw(st.integers(1, 255))) & 0xFF])
    stream = before + wrong + after + _quiet(name)
    assume(len(_windows(name, stream)) == 2)
    under_test = decoder(KIND, name, _section(name, 0), Clock())
    assert [reading.raw for reading in under_test.feed(stream)] == [before, after]
    assert under_test.dropped_bytes >= len(wrong)


@every_checked_driver
def test_a_byte_lost_anywhere_costs_one_frame_and_never_gives_another_value(name: str) -> None:
    for frame in _frames(name):
        for index in range(len(frame)):
            stream = frame + frame[:index] + frame[index + 1 :] + frame + frame
            assert _values(name, stream) == [frame] * 3


@every_byte_driver
def test_lines_of_garbage_lose_no_reading(name: str) -> None:
    section = _section(name, 0)
    clock = Clock()
    under_test = decoder(KIND, name, section, clock)
    readings = []
    for step in section.steps:
        clock.now_s += step.pause_s
        readings += under_test.feed(step.data)
        readings += under_test.feed(b"\x00\xff#?\r\n")
    assert readings == section.readings


def _stream(name: str) -> tuple[bytes, list[Reading]]:
    """Return bytes without pauses in them and what they decode to."""
    section = _section(name, 0)
    steps = []
    for step in section.steps:
        if step.pause_s:
            break
        steps.append(step)
    return b"".join(s.data for s in steps), [r for s in steps for r in s.readings]


def _port(name: str, url: str, **options: object) -> "registry.Driver":
    return registry.load(KIND, {"driver": name, **_section(name, 0).options, "port": url, **options})


@every_byte_driver
def test_a_device_on_a_pseudo_terminal_is_read_and_its_loss_noticed(name: str) -> None:
    data, expected = _stream(name)
    with Pty() as device:
        port = _port(name, device.port).connect()
        try:
            device.send(data)
            readings: list[Reading] = []

            def all_came() -> bool:
                readings.extend(port.read())
                return len(readings) >= len(expected)

            until(all_came, what=f"{len(expected)} readings")
            assert readings == expected
            device.unplug()
            with pytest.raises(DeviceUnavailable) as lost:
                until(lambda: port.read() and False, what="the loss")
            assert lost.value.code == "lost"
        finally:
            port.close()


@every_byte_driver
def test_a_device_behind_a_socket_is_read_and_its_loss_noticed(name: str) -> None:
    frame = _stream(name)[1][0].raw
    # What may be made of it depends on where in the endless stream the reader came in.
    possible = {
        reading.raw
        for start in range(len(frame))
        for reading in decoder(KIND, name, _section(name, 0), Clock()).feed((frame * 4)[start:])
    }
    with Peer(frame) as device:
        port = _port(name, device.url).connect()
        try:
            assert {r.raw for r in until(port.read, what="a reading")} <= possible
            device.unplug()
            with pytest.raises(DeviceUnavailable) as lost:
                until(lambda: port.read() and False, what="the loss")
            assert lost.value.code == "lost"
        finally:
            port.close()
    with pytest.raises(DeviceUnavailable) as absent:
        _port(name, device.url).connect()
    assert absent.value.code == "absent"


@every_byte_driver
def test_a_port_that_opens_and_stays_silent_is_reported(name: str) -> None:
    quick = {o.name for o in registry.describe(KIND, name).options} & {"start_s"}
    with Pty() as device:
        port = _port(name, device.port, silence_s=0.2, **dict.fromkeys(quick, 0)).connect()
        try:
            with pytest.raises(DeviceUnavailable) as silent:
                until(lambda: port.read() and False, what="the silence")
            assert silent.value.code == "silent"
        finally:
            port.close()


@every_byte_driver
def test_a_port_that_only_sends_what_is_no_reading_is_reported(name: str) -> None:
    quick = {o.name for o in registry.describe(KIND, name).options} & {"start_s"}
    with Pty() as device:
        port = _port(name, device.port, silence_s=0.2, **dict.fromkeys(quick, 0)).connect()
        try:
            device.send(b"\xfe\x01#?\n\n")
            with pytest.raises(DeviceUnavailable) as garbled:
                until(lambda: port.read() and False, what="the garbage")
            assert garbled.value.code == "garbled"
        finally:
            port.close()


@every_byte_driver
def test_silence_zero_waits_for_ever(name: str) -> None:
    with Pty() as device:
        port = _port(name, device.port, silence_s=0).connect()
        try:
            assert port.read() == []
        finally:
            port.close()


@every_byte_driver
def test_nothing_is_ever_sent_to_a_device(name: str) -> None:
    with Pty() as device:
        port = _port(name, device.port, silence_s=0).connect()
        port.read()
        port.close()
        assert device.received(1, timeout_s=0.05) == b""


@pytest.mark.parametrize("name", registry.available(KIND))
def test_close_is_idempotent_and_unblocks_a_reader(name: str) -> None:
    takes_port = any(o.name == "port" for o in registry.describe(KIND, name).options)
    with Pty() as device:
        table: dict[str, object] = {"driver": name}
        if takes_port:
            table |= {"port": device.port, "silence_s": 0}
        port = registry.load(KIND, table).connect()
        with reading_thread(port) as ended:
            port.close()
            until(lambda: ended, timeout_s=10.0, what="the reader to end")
        port.close()
        assert isinstance(ended[0], DeviceUnavailable)
        assert ended[0].code == "ended"
        with pytest.raises(DeviceUnavailable):
            port.read()


@every_byte_driver
def test_close_unblocks_a_reader_of_a_socket_within_a_second(name: str) -> None:
    with Peer(b"") as device:
        port = _port(name, device.url, silence_s=0).connect()
        with reading_thread(port) as ended:
            port.close()
            until(lambda: ended, timeout_s=1.0, what="the reader to end")
        port.close()
        assert isinstance(ended[0], DeviceUnavailable)
