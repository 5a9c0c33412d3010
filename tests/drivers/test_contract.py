"""The contract every thermometer that speaks bytes keeps. Drivers are found by their files: a new one
needs its transcript and nothing here.

Those that push frames and those that are asked keep the same one. An asked one's transcript holds the
questions; answers are either frames that are found among other bytes (`framed`) or whole answers of a
fixed size, in which one byte more or less spoils the reading.
"""

import contextlib
import threading
from collections.abc import Iterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from drivers import registry
from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Reading
from tests.drivers.lines import Peer, Pty, reading_thread
from tests.drivers.modules import AskedModule
from tests.drivers.transcripts import Clock, Section, Step, decoder, load, play, replay
from tests.waiting import until

pytestmark = pytest.mark.system

KIND = "thermometer"


def _byte_drivers() -> list[str]:
    return [n for n in registry.available(KIND) if hasattr(registry._module(KIND, n), "Decoder")]


def _framed(name: str) -> bool:
    return bool(getattr(registry._module(KIND, name).Decoder, "framed", True))


def _checked(name: str) -> bool:
    return bool(registry._module(KIND, name).Decoder.checked)


def _options(name: str) -> set[str]:
    return {option.name for option in registry.describe(KIND, name).options}


BYTE_DRIVERS = _byte_drivers()
CHECKED_DRIVERS = [name for name in BYTE_DRIVERS if _checked(name) and _framed(name)]
SIZED_DRIVERS = [name for name in BYTE_DRIVERS if not _framed(name)]
SECTIONS = [(name, n) for name in BYTE_DRIVERS for n, _ in enumerate(load(KIND, name))]
# A bus that is no serial line has no speed; its driver's own tests hold what is said of lines here.
LINE_DRIVERS = [name for name in BYTE_DRIVERS if "baud" in _options(name)]
ASKED_SECTIONS = [(name, n) for name, n in SECTIONS if any(s.query for s in load(KIND, name)[n].steps)]
ASKED_DRIVERS = sorted({name for name, _ in ASKED_SECTIONS})
# By a body value alone nobody is measured: a module that stays in that mode is reported, and not read.
BODY_SECTIONS = [
    (name, n)
    for name, n in ASKED_SECTIONS
    if all(reading.surface_mdegc is None for reading in load(KIND, name)[n].readings)
]
ASKED_ON_LINES = [p for p in ASKED_SECTIONS if p[0] in LINE_DRIVERS and p not in BODY_SECTIONS]
SPEAKING_DRIVERS = [name for name in LINE_DRIVERS if name not in ASKED_DRIVERS]

every_byte_driver = pytest.mark.parametrize("name", BYTE_DRIVERS)
every_checked_driver = pytest.mark.parametrize("name", CHECKED_DRIVERS)
every_sized_driver = pytest.mark.parametrize("name", SIZED_DRIVERS)
every_asked_driver = pytest.mark.parametrize("name", ASKED_DRIVERS)
every_line_driver = pytest.mark.parametrize("name", LINE_DRIVERS)
every_speaking_driver = pytest.mark.parametrize("name", SPEAKING_DRIVERS)
every_section = pytest.mark.parametrize(("name", "number"), SECTIONS)
every_asked_section = pytest.mark.parametrize(("name", "number"), ASKED_ON_LINES)


def _section(name: str, number: int) -> Section:
    return load(KIND, name)[number]


def _frames(name: str) -> list[bytes]:
    """Return the good frames of the first section."""
    return [reading.raw for reading in _section(name, 0).readings]


def _decode(name: str, data: bytes) -> list[Reading]:
    """Return the readings of some bytes, after a first good frame: some modules say only with that by
    which of two rules they sum."""
    under_test = decoder(KIND, name, _section(name, 0), Clock())
    assert len(under_test.feed(_frames(name)[0] + _quiet(name))) == 1
    readings: list[Reading] = under_test.feed(data)
    return readings


def _places(frame: bytes) -> Iterator[int]:
    """Yield every place in a frame; of one that has thousands, both ends and some between."""
    last = len(frame)
    yield from (n for n in range(last) if last <= 64 or n < 8 or n >= last - 8 or n % 97 == 0)


def _values(name: str, data: bytes) -> list[bytes]:
    """Return the frames that some bytes hold when nothing but quiet follows them."""
    return [reading.raw for reading in _decode(name, data + _quiet(name))]


def _quiet(name: str) -> bytes:
    """Return bytes that settle every doubt about the frames before them."""
    return bytes(2 * max(len(frame) for frame in _frames(name)))


def _windows(name: str, stream: bytes) -> list[tuple[int, bytes]]:
    """Return every place of a stream where a whole frame stands, good or by accident."""
    sizes = {len(frame) for frame in _frames(name)}
    firsts = {frame[0] for frame in _frames(name)}
    found = []
    for begin in (n for n, byte in enumerate(stream) if byte in firsts):
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
    assert {"gy614", "gy_mcu90614", "cjmcu90614", "lu90614", "afuiot_b1"} <= set(CHECKED_DRIVERS)
    assert {"optris", "modbus_ir", "mlx90614_i2c"} <= set(SIZED_DRIVERS)
    assert {name for name, _ in BODY_SECTIONS} == {"lu90614", "afuiot_b1"}
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
        assert play(under_test, step) == list(step.readings), step.where


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
    kept = max(300, 2 * max(len(frame) for frame in _frames(name)))
    assert under_test.dropped_bytes + read + kept + 3 * garbage.count(b"\n") + 3 * garbage.count(b"\r") >= (
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
        for index in _places(frame):
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
    assert under_test.bad_frames


@every_checked_driver
def test_a_byte_lost_anywhere_costs_one_frame_and_never_gives_another_value(name: str) -> None:
    for frame in _frames(name):
        for index in _places(frame):
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
        readings += play(under_test, step)
        readings += under_test.feed(b"\x00\xff#?\r\n")
    assert readings == section.readings


def _exchanges(name: str) -> list[list[Step]]:
    """Return the questions with their answers that made each reading of the first section."""
    steps = _section(name, 0).steps
    found = []
    for last, step in enumerate(steps, start=1):
        for reading in step.readings:
            found += [
                steps[n:last]
                for n in range(last)
                if b"".join(s.data for s in steps[n:last]).endswith(reading.raw) and last - n <= 2
            ][-1:]
    return found


def _ask(under_test: object, steps: list[Step], changed: int = -1, answer: bytes = b"") -> list[Reading]:
    """Return what a module's answers make, one of them changed; its bytes come one at a time."""
    readings = []
    for n, step in enumerate(steps):
        said = Step(answer if n == changed else step.data, (), 0.0, step.where, step.query)
        readings += play(under_test, said, lambda data: [data[i : i + 1] for i in range(len(data))])
    return readings


@every_asked_driver
def test_every_reading_of_an_asked_one_has_its_questions_in_the_transcript(name: str) -> None:
    exchanges = _exchanges(name)
    assert len(exchanges) == len(_section(name, 0).readings) >= 3
    for exchange in exchanges:
        assert all(step.query for step in exchange)


@every_asked_driver
@settings(deadline=None)
@given(data=st.data())
def test_no_answers_whatever_make_a_decoder_raise_or_hoard(name: str, data: st.DataObject) -> None:
    under_test = decoder(KIND, name, _section(name, 0), Clock())
    queries = sorted({step.query for step in _section(name, 0).steps})
    fed = read = 0
    for _ in range(data.draw(st.integers(0, 12))):
        under_test.asked(data.draw(st.sampled_from(queries)))
        answer = data.draw(st.binary(max_size=40))
        fed += len(answer)
        read += sum(len(r.raw) for r in [*under_test.feed(answer), *under_test.settle()])
    assert under_test.dropped_bytes + read + 40 >= fed, "more is kept back than one measurement's answers"


@every_asked_driver
def test_what_came_before_a_question_is_no_part_of_its_answer(name: str) -> None:
    under_test = decoder(KIND, name, _section(name, 0), Clock())
    for exchange in _exchanges(name):
        for stale in (exchange[0].data, exchange[0].data[:-1], b"\x04"):
            under_test.feed(stale)
            readings = _ask(under_test, exchange)
            assert readings == list(exchange[-1].readings)


@every_sized_driver
def test_an_answer_a_byte_too_long_or_too_short_costs_its_measurement_and_no_other(name: str) -> None:
    under_test = decoder(KIND, name, _section(name, 0), Clock())
    for exchange in _exchanges(name):
        for n, step in enumerate(exchange):
            shorter = [step.data[:i] + step.data[i + 1 :] for i in range(len(step.data))]
            longer = [step.data[:i] + b"\x05" + step.data[i:] for i in range(len(step.data) + 1)]
            for answer in (*shorter, *longer, 2 * step.data):
                assert _ask(under_test, exchange, n, answer) == []
                assert _ask(under_test, exchange) == list(exchange[-1].readings)


@every_sized_driver
def test_a_wrong_byte_in_an_answer_with_a_checksum_never_gives_a_value(name: str) -> None:
    if not _checked(name):
        return  # nothing but the number of bytes could tell
    under_test = decoder(KIND, name, _section(name, 0), Clock())
    for exchange in _exchanges(name):
        for n, step in enumerate(exchange):
            for index in range(len(step.data)):
                for change in (*(1 << bit for bit in range(8)), 0xFF):
                    wrong = bytearray(step.data)
                    wrong[index] ^= change
                    assert _ask(under_test, exchange, n, bytes(wrong)) == []
            assert _ask(under_test, exchange) == list(exchange[-1].readings)


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


@contextlib.contextmanager
def _sending(device: Pty, data: bytes) -> Iterator[None]:
    """Send from a thread: a picture of thousands of bytes is more than a terminal holds unread."""
    thread = threading.Thread(target=device.send, args=(data,), name="device")
    thread.start()
    try:
        yield
    finally:
        thread.join(10)


@every_speaking_driver
def test_a_device_on_a_pseudo_terminal_is_read_and_its_loss_noticed(name: str) -> None:
    data, expected = _stream(name)
    with Pty() as device:
        port = _port(name, device.port).connect()
        try:
            readings: list[Reading] = []

            def all_came() -> bool:
                readings.extend(port.read())
                return len(readings) >= len(expected)

            with _sending(device, data):
                until(all_came, what=f"{len(expected)} readings")
            assert readings == expected
            device.unplug()
            with pytest.raises(DeviceUnavailable) as lost:
                until(lambda: port.read() and False, what="the loss")
            assert lost.value.code == "lost"
        finally:
            port.close()


@pytest.mark.parametrize("over_socket", [False, True], ids=["terminal", "socket"])
@every_asked_section
def test_a_module_that_is_asked_answers_and_its_loss_is_noticed(
    name: str, number: int, over_socket: bool
) -> None:
    """It gets the questions of its transcript, not a byte besides; one that answers wrongly is asked
    again, and everything it says rightly comes out in order."""
    section = _section(name, number)
    with AskedModule(section, load(KIND, name), over_socket=over_socket) as device:
        port = registry.load(KIND, {"driver": name, **section.options, "port": device.port}).connect()
        try:
            readings: list[Reading] = []

            def all_came() -> bool:
                readings.extend(port.read())
                return len(readings) >= len(section.readings)

            until(all_came, timeout_s=30.0, what=f"{len(section.readings)} readings")
            assert readings == section.readings
            assert device.unknown == b""
            assert set(device.asked) >= {step.query for step in section.steps}
            device.unplug()
            with pytest.raises(DeviceUnavailable) as lost:
                until(lambda: port.read() and False, what="the loss")
            assert lost.value.code == "lost"
        finally:
            port.close()


@pytest.mark.parametrize(("name", "number"), BODY_SECTIONS)
def test_a_module_that_stays_in_body_mode_is_reported_and_never_read(name: str, number: int) -> None:
    with AskedModule(_section(name, number), load(KIND, name)) as device:
        port = _port(name, device.port, silence_s=1).connect()
        try:
            with pytest.raises(DeviceUnavailable, match="body mode") as told:
                until(port.read, what="the report")
            assert told.value.code == "garbled"
            assert len(set(device.asked)) >= 2, "it was asked, and set to the mode that is wanted"
        finally:
            port.close()


@every_speaking_driver
def test_a_device_behind_a_socket_is_read_and_its_loss_noticed(name: str) -> None:
    frame = _stream(name)[1][0].raw
    # What may be made of it depends on where in the endless stream the reader came in.
    possible = {
        reading.raw
        for start in (range(len(frame)) if len(frame) <= 64 else (0,))
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


@every_line_driver
def test_a_port_that_opens_and_stays_silent_is_reported(name: str) -> None:
    quick = _options(name) & {"start_s"}
    with Pty() as device:
        port = _port(name, device.port, silence_s=0.2, **dict.fromkeys(quick, 0)).connect()
        try:
            with pytest.raises(DeviceUnavailable) as silent:
                until(lambda: port.read() and False, what="the silence")
            assert silent.value.code == "silent"
        finally:
            port.close()


@every_line_driver
def test_a_port_that_only_sends_what_is_no_reading_is_reported(name: str) -> None:
    quick = _options(name) & {"start_s"}
    with Pty() as device:
        port = _port(name, device.port, silence_s=0.2, **dict.fromkeys(quick, 0)).connect()
        try:
            device.send(b"\xfe\x01#?\n\n")
            with pytest.raises(DeviceUnavailable) as garbled:
                until(lambda: port.read() and False, what="the garbage")
            assert garbled.value.code == "garbled"
        finally:
            port.close()


@every_line_driver
def test_silence_zero_waits_for_ever(name: str) -> None:
    with Pty() as device:
        port = _port(name, device.port, silence_s=0).connect()
        try:
            assert port.read() == []
        finally:
            port.close()


@every_speaking_driver
def test_nothing_is_sent_to_a_device_that_no_option_asks_for(name: str) -> None:
    """Nothing at all, but for modules whose protocol wants to be told to speak: their driver says in
    `SENDS` with which bytes."""
    allowed: tuple[bytes, ...] = getattr(registry._module(KIND, name), "SENDS", ())
    with Pty() as device:
        port = _port(name, device.port, silence_s=0).connect()
        port.read()
        port.close()
        sent = device.received(256, timeout_s=0.05)
    while sent:
        known = [command for command in allowed if sent.startswith(command)]
        assert known, f"sent without being asked to: {sent.hex(' ')}"
        sent = sent[len(known[0]) :]


@every_line_driver
def test_a_module_that_answers_nothing_right_is_garbled_not_silent(name: str) -> None:
    """Whatever it is asked, it says the same two lines of something else."""
    with Peer(b"\xfe\x01#?\n\n" * 2) as device:
        quick = {"start_s": 0} if "start_s" in _options(name) else {}
        port = _port(name, device.url, silence_s=0.2, **quick).connect()
        try:
            with pytest.raises(DeviceUnavailable) as garbled:
                until(lambda: port.read() and False, what="the garbage")
            assert garbled.value.code == "garbled"
        finally:
            port.close()


CLOSABLE = [name for name in registry.available(KIND) if name not in BYTE_DRIVERS or name in LINE_DRIVERS]


@pytest.mark.parametrize("name", CLOSABLE)
def test_close_is_idempotent_and_unblocks_a_reader(name: str) -> None:
    takes_port = "port" in _options(name)
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


@every_line_driver
def test_close_unblocks_a_reader_of_a_socket_within_a_second(name: str) -> None:
    with Peer(b"") as device:
        port = _port(name, device.url, silence_s=0).connect()
        with reading_thread(port) as ended:
            port.close()
            until(lambda: ended, timeout_s=1.0, what="the reader to end")
        port.close()
        assert isinstance(ended[0], DeviceUnavailable)
