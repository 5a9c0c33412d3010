"""Asking at a pace: questions, answers late or broken, settings, and the half second a read may take."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers._modbus import framed
from drivers.thermometer import afuiot_b1, lu90614, modbus_ir, optris
from drivers.thermometer._polled import PolledThermometer, Setting
from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Reading

MEASURE = lu90614.MEASURE
GOOD = bytes.fromhex("FE AA 28 1E 00 00 00 00 EE")
BODY = bytes.fromhex("FE AC 28 1E 00 00 00 00 F0")
DOUBTFUL = bytes.fromhex("FE AA 2C 2A 00 00 00 00 FE")  # its sum could begin another frame

Answer = Callable[[bytes], list[tuple[float, bytes]]]


class Line:
    """A line with a module at its other end, on a clock that only passes while it is waited for.

    `answer` says, for bytes written to it, what comes back after how many seconds.
    """

    url = "the line"

    def __init__(self, answer: Answer) -> None:
        self.now_s = 100.0
        self.written: list[tuple[float, bytes]] = []
        self.coming: list[tuple[float, bytes]] = []
        self._answer = answer
        self.closed = False

    def clock(self) -> float:
        return self.now_s

    def write(self, data: bytes) -> None:
        self.written.append((self.now_s, data))
        self.coming += [(self.now_s + after_s, said) for after_s, said in self._answer(data)]

    def read(self, wait_s: float) -> bytes:
        first = min((due for due, _ in self.coming), default=float("inf"))
        self.now_s = max(self.now_s, min(first, self.now_s + wait_s))
        there = sorted(entry for entry in self.coming if entry[0] <= self.now_s)
        self.coming = [entry for entry in self.coming if entry[0] > self.now_s]
        return b"".join(said for _, said in there)

    def close(self) -> None:
        self.closed = True

    def asked(self, query: bytes) -> list[float]:
        return [at for at, data in self.written if data == query]


def _lu(line: Line, silence_s: float = 2.5, every_s: float = 0.25) -> PolledThermometer:
    return PolledThermometer(
        line,
        lu90614.Decoder(lu90614.Options(port="x")),
        (MEASURE,),
        every_s=every_s,
        silence_s=silence_s,
        settings=(Setting(lu90614.OBJECT_MODE),),
        now=line.clock,
    )


def _optris(line: Line, *, head: bool = True) -> PolledThermometer:
    queries = (optris.TARGET, optris.HEAD) if head else (optris.TARGET,)
    decoder = optris.Decoder(optris.Options(port="x", head=head))
    return PolledThermometer(line, decoder, queries, every_s=0.1, silence_s=2.5, now=line.clock)


def _readings(thermometer: PolledThermometer, turns: int = 20) -> list[Reading]:
    return [reading for _ in range(turns) for reading in thermometer.read()]


def _to(question: bytes, *answers: tuple[float, bytes]) -> Answer:
    return lambda data: list(answers) if data == question else []


def test_the_mode_is_set_once_and_every_turn_asks_once() -> None:
    line = Line(_to(MEASURE, (0.15, GOOD)))
    readings = _readings(_lu(line), turns=30)
    assert len(readings) == len(line.asked(MEASURE)) > 10
    assert {reading.raw for reading in readings} == {GOOD}
    assert line.written[:2] == [(100.0, lu90614.OBJECT_MODE), (100.0, MEASURE)]
    assert len(line.asked(lu90614.OBJECT_MODE)) == 1


def test_questions_keep_the_pace_of_the_module() -> None:
    line = Line(_to(MEASURE, (0.1, GOOD)))
    _readings(_lu(line, every_s=0.25), turns=30)
    asked = line.asked(MEASURE)
    gaps = [b - a for a, b in pairwise(asked)]
    assert min(gaps) >= 0.25 - 1e-9
    assert max(gaps) < 0.3


@settings(deadline=None)
@given(
    answers=st.lists(
        st.lists(
            st.tuples(
                st.floats(0, 0.6),
                st.one_of(st.sampled_from([GOOD, BODY, DOUBTFUL, GOOD[:4]]), st.binary(max_size=12)),
            ),
            max_size=3,
        ),
        min_size=1,
        max_size=8,
    ),
    every_s=st.floats(0.2, 5),
)
def test_no_read_takes_over_half_a_second_and_no_question_comes_too_soon(
    answers: list[list[tuple[float, bytes]]], every_s: float
) -> None:
    """Whatever the module says, and whenever."""
    script = iter(answers * 4)
    line = Line(lambda data: next(script, []) if data == MEASURE else [])
    thermometer = _lu(line, silence_s=0, every_s=every_s)
    for _ in range(40):
        before = line.now_s
        for reading in thermometer.read():
            assert len(reading.raw) == 9
            assert sum(reading.raw[:8]) & 0xFF == reading.raw[8]
        assert line.now_s - before <= 0.5
    asked = line.asked(MEASURE)
    assert all(b - a >= every_s - 1e-9 for a, b in pairwise(asked))
    assert {data for _, data in line.written} <= {MEASURE, lu90614.OBJECT_MODE}


def test_a_frame_that_bytes_after_it_could_dispute_is_given_out_when_the_answer_is_over() -> None:
    line = Line(_to(MEASURE, (0.1, DOUBTFUL)))
    [reading] = _lu(line).read()
    assert reading.raw == DOUBTFUL
    assert line.now_s - 100.0 < 0.15


def test_an_answer_in_pieces_is_one_answer() -> None:
    line = Line(_to(MEASURE, (0.1, GOOD[:1]), (0.13, GOOD[1:5]), (0.2, GOOD[5:])))
    assert [reading.raw for reading in _lu(line).read()] == [GOOD]


def test_what_waits_on_the_line_is_dropped_before_the_question() -> None:
    line = Line(_to(b"\x01", (0.01, b"\x04\xd3")))
    thermometer = _optris(line, head=False)
    line.coming.append((0.0, b"\x30"))  # stale: would shift every answer by a byte
    [reading] = thermometer.read()
    assert (reading.surface_mdegc, reading.raw) == (23_500, b"\x04\xd3")
    assert thermometer.decoder.dropped_bytes == 1


def test_a_stale_byte_during_the_answer_costs_that_answer_only() -> None:
    answers = iter([[(0.01, b"\x30\x04\xd3")], [(0.01, b"\x04\xd3")]])
    line = Line(lambda _data: next(answers, []))
    thermometer = _optris(line, head=False)
    assert thermometer.read() == []
    assert [reading.raw for reading in _readings(thermometer, turns=4)] == [b"\x04\xd3"]
    assert thermometer.decoder.bad_frames == 1


def test_a_late_answer_is_not_taken_for_the_next_one() -> None:
    """The head's temperature, late, would else be read as the target's."""
    late = iter([0.01, 0.45, 0.01, 0.01, 0.01, 0.01])
    line = Line(lambda data: [(next(late, 0.01), b"\x04\xd3" if data == b"\x01" else b"\x05\xaa")])
    readings = _readings(_optris(line), turns=12)
    assert len(readings) > 2
    assert {reading.raw for reading in readings} == {b"\x04\xd3\x05\xaa"}


def test_the_second_question_is_not_asked_when_the_first_found_no_answer() -> None:
    line = Line(_to(optris.HEAD, (0.01, b"\x05\xaa")))
    thermometer = _optris(line)
    with pytest.raises(DeviceUnavailable) as silent:
        _readings(thermometer)
    assert silent.value.code == "silent"
    assert line.asked(optris.HEAD) == []


def test_a_module_that_answers_something_else_is_garbled() -> None:
    line = Line(_to(MEASURE, (0.1, b"\x5a\x5a\x45\x04\x0c\x78\x0d\x19\xa7")))
    with pytest.raises(DeviceUnavailable) as garbled:
        _readings(_lu(line))
    assert garbled.value.code == "garbled"


def test_a_pause_longer_than_the_silence_allowed_is_no_silence() -> None:
    line = Line(_to(MEASURE, (0.1, GOOD)))
    readings = _readings(_lu(line, silence_s=0.5, every_s=4), turns=100)
    assert len(readings) > 2


def test_a_module_that_stays_in_body_mode_is_told_with_the_remedy_within_three_seconds() -> None:
    """Nobody is measured by a body value without a surface: such a module must not look well."""
    line = Line(_to(MEASURE, (0.1, BODY)))
    thermometer = _lu(line)
    found: list[Reading] = []
    with pytest.raises(DeviceUnavailable, match=r"body mode.*Switch its power off and on") as garbled:
        found += _readings(thermometer)
    assert found == []
    assert garbled.value.code == "garbled"
    assert 2.5 < line.now_s - 100.0 <= 3.0


def test_a_module_that_takes_the_object_mode_a_little_later_is_borne() -> None:
    answers = iter([[(0.1, BODY)]] * 5)
    line = Line(lambda data: next(answers, [(0.1, GOOD)]) if data == MEASURE else [])
    assert {reading.raw for reading in _readings(_lu(line), turns=40)} == {GOOD}


def test_a_module_that_fell_into_body_mode_is_set_again_but_seldom() -> None:
    """Its settings are kept in memory that wears."""
    line = Line(_to(MEASURE, (0.1, BODY)))
    thermometer = _lu(line, silence_s=0)
    while line.now_s < 100.0 + 170:
        assert thermometer.read() == []
    assert len(line.asked(lu90614.OBJECT_MODE)) == 3
    line._answer = _to(MEASURE, (0.1, GOOD))
    assert {reading.raw for reading in _readings(thermometer, turns=4)} == {GOOD}


def _modbus(line: Line) -> tuple[PolledThermometer, bytes]:
    options = modbus_ir.Options(port="x", emissivity=0.95)
    decoder = modbus_ir.Decoder(options)
    return (
        PolledThermometer(
            line,
            decoder,
            (decoder.query,),
            every_s=0.1,
            silence_s=2.5,
            settings=modbus_ir._settings(options),
            now=line.clock,
        ),
        decoder.query,
    )


def test_a_setting_that_is_not_confirmed_makes_no_readings() -> None:
    line = Line(lambda data: [(0.02, bytes.fromhex("01 86 02 C3 A1"))] if data[1] == 6 else [])
    thermometer, query = _modbus(line)
    with pytest.raises(DeviceUnavailable, match=r"told 01 06 00 17 .* it said 01 86 02 c3 a1") as garbled:
        _readings(thermometer)
    assert garbled.value.code == "garbled"
    assert line.asked(query) == []


@pytest.mark.parametrize(
    ("said", "words"),
    [("01 83 02 C0 F1", "refuses these registers with 2: it has no such"), ("", "switch the echo .* off")],
    ids=["refusal", "echo"],
)
def test_what_a_modbus_line_has_to_say_about_itself_stands_in_the_message(said: str, words: str) -> None:
    options = modbus_ir.Options(port="x")
    decoder = modbus_ir.Decoder(options)
    line = Line(lambda data: [(0.02, bytes.fromhex(said) or data)])
    thermometer = PolledThermometer(
        line, decoder, (decoder.query,), every_s=0.1, silence_s=2.5, now=line.clock
    )
    with pytest.raises(DeviceUnavailable, match=words) as garbled:
        _readings(thermometer)
    assert garbled.value.code == "garbled"


def test_a_complaint_is_forgotten_with_the_next_reading() -> None:
    options = modbus_ir.Options(port="x")
    decoder = modbus_ir.Decoder(options)
    good = framed(bytes.fromhex("01 03 06 01 5A 00 FB 00 00"))
    answers = iter([bytes.fromhex("01 83 06 C1 32"), good])
    line = Line(lambda _data: [(0.02, next(answers, b"\x55"))])
    thermometer = PolledThermometer(
        line, decoder, (decoder.query,), every_s=0.1, silence_s=2.5, now=line.clock
    )
    while not thermometer.read():
        pass
    with pytest.raises(DeviceUnavailable, match="is it this module"):
        _readings(thermometer)


def test_a_volatile_setting_is_sent_again_after_an_answer_failed() -> None:
    answer = bytes.fromhex("01 03 06 01 5A 00 FB 00 00")
    answer = framed(answer)
    line = Line(lambda data: [(0.02, data if data[1] == 6 else answer)])
    thermometer, query = _modbus(line)
    assert _readings(thermometer, turns=4)
    orders = [data for _, data in line.written if data[1] == 6]
    assert len(orders) == 1
    line._answer = lambda _data: []  # a brown-out: the device starts again, its emissivity forgotten
    assert thermometer.read() == []
    assert thermometer.read() == []
    line._answer = lambda data: [(0.02, data if data[1] == 6 else answer)]
    assert _readings(thermometer, turns=6)
    orders = [data for _, data in line.written if data[1] == 6]
    assert len(orders) >= 2
    assert set(orders) == {orders[0]}
    assert line.asked(query)


def test_a_mode_whose_confirmation_never_comes_is_asked_all_the_same() -> None:
    """What mode the B1 is in stands in every answer."""
    answer = bytes.fromhex("AA A5 08 01 01 01 5A 00 F0 55 55")
    line = Line(_to(afuiot_b1.MEASURE, (0.22, answer)))
    thermometer = PolledThermometer(
        line,
        afuiot_b1.Decoder(afuiot_b1.Options(port="x")),
        (afuiot_b1.MEASURE,),
        every_s=0.25,
        silence_s=2.5,
        settings=(Setting(afuiot_b1.OBJECT_MODE, answer=afuiot_b1.MODE_TAKEN, needed=False),),
        now=line.clock,
    )
    assert thermometer.read() == []
    readings = _readings(thermometer)
    assert {reading.surface_mdegc for reading in readings} == {34_600}
    assert len(line.asked(afuiot_b1.OBJECT_MODE)) == 1


def test_closing_closes_the_line() -> None:
    line = Line(lambda _data: [])
    _lu(line).close()
    assert line.closed
