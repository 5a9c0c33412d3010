"""Array thermometers: what is found in their pictures, what is sent to them, and what bytes they refuse."""

import contextlib
import re
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers import registry
from drivers.thermometer import evo_thermal, gy_mcu90640, htpa2055
from edge.domain.errors import ConfigError, DeviceUnavailable
from edge.domain.model import Grid, Quality, Reading
from tests.drivers.lines import Pty
from tests.paths import ROOT
from tests.waiting import until

ARRAYS = (gy_mcu90640, evo_thermal, htpa2055)
COLUMNS = 32
every_array = pytest.mark.parametrize("module", ARRAYS, ids=lambda m: m.__name__.rpartition(".")[2])
slowly = settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)


def name(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def rows(module: ModuleType) -> int:
    return 24 if module is gy_mcu90640 else 32


def decoder(module: ModuleType, **options: object) -> Any:
    driver = registry.load("thermometer", {"driver": name(module), "port": "nowhere", **options})
    return module.Decoder(driver.options)


def scene(
    module: ModuleType, background_c: float, face_c: float, left: int = 12, top: int = 8
) -> list[float]:
    """Return a picture in the frame's order: a face of 6 x 8 pixels before a background."""
    return [
        face_c if left <= n % COLUMNS < left + 6 and top <= n // COLUMNS < top + 8 else background_c
        for n in range(COLUMNS * rows(module))
    ]


def frame(
    module: ModuleType, background_c: float = 21.0, face_c: float = 34.5, ambient_c: float = 25.0
) -> bytes:
    data: bytes = module.encode(scene(module, background_c, face_c), ambient_c)
    return data


@st.composite
def frames(draw: st.DrawFn, module: ModuleType) -> bytes:
    background = draw(st.integers(-200, 300)) / 10
    return frame(
        module, background, background + draw(st.integers(0, 200)) / 10, draw(st.integers(-100, 400)) / 10
    )


def picture(reading: Reading) -> dict[tuple[int, int], int]:
    """Return a reading's picture as it is seen, thousandths of a degree by column and row, from the
    reading itself alone."""
    grid = reading.grid
    assert isinstance(grid, Grid)
    order = "<" if grid.little else ">"
    numbers = struct.unpack_from(f"{order}{grid.columns * grid.rows}h", reading.raw, grid.offset)
    return {
        (grid.columns - 1 - n % grid.columns if grid.mirrored else n % grid.columns, n // grid.columns): (
            number * grid.step_mdegc + grid.zero_mdegc
        )
        for n, number in enumerate(numbers)
    }


def hottest(
    seen: dict[tuple[int, int], int], box: tuple[int, int, int, int], dead: set[tuple[int, int]]
) -> int:
    """Return the highest temperature that two touching pixels of a box both reach; by trying all."""
    left, top, right, bottom = box
    alive = {
        (x, y): c
        for (x, y), c in seen.items()
        if left <= x <= right and top <= y <= bottom and (x, y) not in dead
    }
    return max(
        min(c, alive[x + dx, y + dy])
        for (x, y), c in alive.items()
        for dx in (-1, 0, 1)
        for dy in (-1, 0, 1)
        if (dx, dy) != (0, 0) and (x + dx, y + dy) in alive
    )


@every_array
@slowly
@given(data=st.data())
def test_the_surface_is_the_hottest_spot_of_the_box_as_it_is_seen(
    module: ModuleType, data: st.DataObject
) -> None:
    """Whatever the picture, the box, the dead pixels and the way round: what the reading says is what
    the reading's own picture shows there."""
    left = data.draw(st.integers(0, COLUMNS - 2))
    top = data.draw(st.integers(0, rows(module) - 2))
    right = data.draw(st.integers(left + 1, COLUMNS - 1))
    bottom = data.draw(st.integers(top + 1, rows(module) - 1))
    dead = data.draw(st.sets(st.tuples(st.integers(left, right), st.integers(top, bottom)), max_size=2))
    if len(dead) == (right - left + 1) * (bottom - top + 1) - 2:
        dead = set()
    mirrored = data.draw(st.booleans())
    pixels = scene(
        module, 21.0, 34.5, data.draw(st.integers(0, 26)), data.draw(st.integers(0, rows(module) - 8))
    )
    for place in data.draw(st.lists(st.integers(0, len(pixels) - 1), max_size=8)):
        pixels[place] = data.draw(st.integers(-200, 1200)) / 10
    under_test = decoder(
        module,
        box_left=left,
        box_top=top,
        box_right=right,
        box_bottom=bottom,
        mirrored=mirrored,
        dead_pixels=[f"{x},{y}" for x, y in dead],
    )
    [reading] = under_test.feed(module.encode(pixels, 25.0)) + under_test.feed(bytes(64))
    assert reading.grid.mirrored is mirrored
    assert reading.surface_mdegc == hottest(picture(reading), (left, top, right, bottom), dead)


@every_array
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_box_on_one_side_sees_that_side_only(module: ModuleType, mirrored: bool) -> None:
    """The same frame, a face in its last columns: seen on the right, or on the left when mirrored."""
    data = module.encode(scene(module, 21.0, 34.5, left=25), 25.0)
    for side, box in (("left", (0, 15)), ("right", (16, 31))):
        under_test = decoder(module, box_left=box[0], box_right=box[1], mirrored=mirrored)
        [reading] = under_test.feed(data)
        assert (reading.surface_mdegc > 34_000) is ((side == "left") is mirrored)
        assert ((2, 9) if mirrored else (29, 9)) in {p for p, c in picture(reading).items() if c > 34_000}


@every_array
@slowly
@given(data=st.data())
def test_one_broken_pixel_never_decides(module: ModuleType, data: st.DataObject) -> None:
    pixels = scene(module, 21.0, 34.5)
    [whole] = decoder(module).feed(module.encode(pixels, 25.0))
    pixels[data.draw(st.integers(0, len(pixels) - 1))] = data.draw(st.integers(-2731, 3000)) / 10
    under_test = decoder(module)
    [reading] = under_test.feed(module.encode(pixels, 25.0)) + under_test.feed(bytes(64))
    assert reading.surface_mdegc == whole.surface_mdegc


@every_array
def test_broken_pixels_that_touch_are_named_in_the_configuration(module: ModuleType) -> None:
    pixels = scene(module, 21.0, 34.5)
    pixels[3 * COLUMNS + 4] = pixels[3 * COLUMNS + 5] = 80.0
    data = module.encode(pixels, 25.0)
    [misled] = decoder(module, mirrored=False).feed(data)
    [right] = decoder(module, mirrored=False, dead_pixels=["4,3", "5,3"]).feed(data)
    assert misled.surface_mdegc > 79_000
    assert 34_000 < right.surface_mdegc < 35_000


@every_array
@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"box_left": 9, "box_right": 9}, "box_right: expected more than 9"),
        ({"box_right": 32}, "box_right: expected more than 0 and at most 31, got 32"),
        ({"box_top": 20, "box_bottom": 5}, "box_bottom: expected more than 20"),
        ({"box_bottom": 32}, "box_bottom: expected"),
        ({"dead_pixels": ["4;3"]}, 'dead_pixels: expected "column,row", got'),
        ({"dead_pixels": ["4,-3"]}, 'dead_pixels: expected "column,row", got'),
        ({"dead_pixels": ["4,32"]}, "dead_pixels: '4,32' is outside"),
        (
            {"box_right": 1, "box_bottom": 1, "dead_pixels": ["0,0", "1,0", "0,1"]},
            "dead_pixels: no two touching pixels are left",
        ),
    ],
)
def test_a_box_that_is_none_is_refused_in_words(
    module: ModuleType, options: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ConfigError, match="^" + fault.replace("(", r"\(")) as refused:
        decoder(module, **options)
    assert re.search(r" / .*[\u4e00-\u9fff]", refused.value.faults[0]), "said in Chinese, too"


@every_array
@slowly
@given(data=st.data())
def test_a_byte_lost_anywhere_costs_one_frame_and_the_next_comes_whole(
    module: ModuleType, data: st.DataObject
) -> None:
    first, second, third = (data.draw(frames(module)) for _ in range(3))
    place = data.draw(st.integers(0, len(second) - 1))
    under_test = decoder(module)
    readings = under_test.feed(first + second[:place] + second[place + 1 :] + third) + under_test.feed(
        bytes(64)
    )
    raws = [reading.raw for reading in readings]
    # A byte among equal ones: nobody can say which of them was lost.
    assert raws in ([first, third], [first, second])


@every_array
@slowly
@given(data=st.data())
def test_garbage_and_pieces_of_frames_around_a_frame_do_not_hide_it(
    module: ModuleType, data: st.DataObject
) -> None:
    wanted = data.draw(frames(module))
    piece = st.integers(0, len(wanted) - 1).map(lambda n: wanted[:n])
    tail = st.integers(1, len(wanted)).map(lambda n: wanted[n:])
    headers = st.integers(0, 40).map(lambda n: wanted[:4] * n)
    junk = st.one_of(st.binary(max_size=300), piece, tail, headers)
    before, between, after = (data.draw(junk) for _ in range(3))
    under_test = decoder(module)
    stream = before + wanted + between + wanted + after
    readings = []
    while stream:
        size = data.draw(st.integers(1, 700))
        readings += under_test.feed(stream[:size])
        stream = stream[size:]
        assert len(under_test._buffer) < 2 * len(wanted)
    readings += under_test.feed(bytes(3 * len(wanted)))
    assert {reading.raw for reading in readings} == {wanted}
    assert len(readings) >= 2


@pytest.mark.parametrize("module", [gy_mcu90640, evo_thermal], ids=name)
@slowly
@given(data=st.data())
def test_a_wrong_byte_never_gives_a_value_where_there_is_a_checksum(
    module: ModuleType, data: st.DataObject
) -> None:
    wrong = bytearray(data.draw(frames(module)))
    place = data.draw(st.integers(0, len(wrong) - 1))
    wrong[place] ^= data.draw(st.integers(1, 255))
    good = frame(module)
    under_test = decoder(module)
    assert under_test.feed(bytes(wrong)) == []
    readings = under_test.feed(good + good) + under_test.feed(bytes(3 * len(good)))
    assert [reading.raw for reading in readings] == [good, good]
    assert under_test.dropped_bytes >= len(wrong)


@slowly
@given(data=st.data())
def test_a_wrong_byte_where_there_is_no_checksum_never_changes_the_surface(data: st.DataObject) -> None:
    good = frame(htpa2055)
    [whole] = decoder(htpa2055).feed(good)
    wrong = bytearray(good)
    wrong[data.draw(st.integers(0, len(wrong) - 1))] ^= data.draw(st.integers(1, 255))
    for reading in decoder(htpa2055).feed(bytes(wrong)):
        assert reading.surface_mdegc == whole.surface_mdegc


@every_array
def test_the_header_inside_a_picture_does_not_mislead(module: ModuleType) -> None:
    header = frame(module)[: 4 if module is gy_mcu90640 else 2]
    grid = decoder(module)._grid
    words = [int.from_bytes((header * 2)[n : n + 2], "little" if grid.little else "big") for n in (0, 1, 2)]
    for word in words:
        celsius = (word * grid.step_mdegc + grid.zero_mdegc) / 1000
        if not -273 <= celsius <= 320:
            continue
        pixels = scene(module, 21.0, 34.5)
        pixels[5] = pixels[6] = pixels[-1] = celsius
        data = module.encode(pixels, 25.0)
        readings = decoder(module).feed(data + data + data + bytes(2 * len(data)))
        assert [reading.raw for reading in readings] == [data] * 3


@every_array
def test_values_outside_the_configured_range_are_kept_and_marked(module: ModuleType) -> None:
    limits = {"surface_min_c": 20.0, "surface_max_c": 40.0, "ambient_min_c": 0.0, "ambient_max_c": 50.0}
    for data, quality in (
        (frame(module), Quality.OK),
        (frame(module, 10.0, 19.0), Quality.TOO_LOW),
        (frame(module, 21.0, 41.0), Quality.TOO_HIGH),
        (frame(module, ambient_c=-1.0), Quality.OUT_OF_RANGE),
    ):
        [marked] = decoder(module, **limits).feed(data)
        [plain] = decoder(module).feed(data)
        assert marked.quality is quality
        assert (marked.surface_mdegc, marked.ambient_mdegc) == (plain.surface_mdegc, plain.ambient_mdegc)
        assert (marked.raw, marked.vendor_body_mdegc) == (data, None)


@every_array
def test_a_picture_costs_little_time(module: ModuleType) -> None:
    """Seen here: 0.3 to 1 ms a picture, in pieces as a line delivers them."""
    under_test, data = decoder(module), frame(module)
    began = time.process_time()
    for _ in range(50):
        for n in range(0, len(data), 64):
            under_test.feed(data[n : n + 64])
    assert (time.process_time() - began) / 50 < 0.02


@pytest.mark.system
def test_pictures_are_read_without_numpy() -> None:
    script = (
        "import sys; from drivers import registry\n"
        "for name in ('gy_mcu90640', 'evo_thermal', 'htpa2055'):\n"
        "    module = registry._module('thermometer', name)\n"
        "    options = registry.load('thermometer', {'driver': name, 'port': 'x'}).options\n"
        "    count = 768 if name == 'gy_mcu90640' else 1024\n"
        "    assert module.Decoder(options).feed(module.encode([30.0] * count, 25.0))\n"
        "assert 'numpy' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=60)


# What is sent, by the published bytes.


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({}, []),
        ({"rate_hz": 0.5}, ["A5 25 00 CA"]),
        ({"rate_hz": 1}, ["A5 25 01 CB"]),
        ({"rate_hz": 2}, ["A5 25 02 CC"]),
        ({"rate_hz": 4}, ["A5 25 03 CD"]),
        ({"rate_hz": 8, "baud": 460800}, ["A5 25 04 CE"]),
        ({"emissivity": 0.95}, ["A5 45 5F 49", "A5 55 01 FB"]),
    ],
)
def test_a_gy_mcu90640_gets_the_commands_of_its_manual_and_only_those_asked_for(
    options: dict[str, Any], sent: list[str]
) -> None:
    """DOC: the manual's own bytes."""
    driver = registry.load("thermometer", {"driver": "gy_mcu90640", "port": "x", **options})
    assert gy_mcu90640.commands(driver.options) == tuple(bytes.fromhex(text) for text in sent)


@given(rate=st.none() | st.sampled_from(gy_mcu90640.RATES_HZ), emissivity=st.none() | st.floats(0.01, 1.0))
def test_no_option_of_a_gy_mcu90640_changes_its_speed_or_its_mode_or_saves(
    rate: float | None, emissivity: float | None
) -> None:
    driver = registry.load(
        "thermometer",
        {"driver": "gy_mcu90640", "port": "x", "baud": 460800, "rate_hz": rate, "emissivity": emissivity},
    )
    for command in gy_mcu90640.commands(driver.options):
        assert command[1] in (0x25, 0x45, 0x55)
        assert sum(command[:3]) & 0xFF == command[3]
        assert command[1] != 0x45 or 1 <= command[2] <= 100


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"rate_hz": 3}, "rate_hz: expected one of 0.5, 1, 2, 4, 8, got 3.0"),
        ({"rate_hz": 8}, "rate_hz: 8 pictures of 1544 bytes a second do not fit 115200 baud"),
        ({"rate_hz": 1, "baud": 9600}, "rate_hz: 1 pictures of 1544 bytes a second do not fit 9600 baud"),
        ({"emissivity": 0}, "emissivity: "),
        ({"emissivity": 1.5}, "emissivity: "),
    ],
)
def test_a_rate_that_the_line_cannot_carry_is_refused(options: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConfigError) as error:
        decoder(gy_mcu90640, **options)
    [found] = error.value.faults
    assert found.startswith(fault)


def test_the_published_answer_about_the_emissivity_is_understood_between_pictures() -> None:
    """DOC: 5A 5A 5F 13 says 95 %."""
    under_test, data = decoder(gy_mcu90640), frame(gy_mcu90640)
    for byte in data + bytes.fromhex("5A 5A 5F 13") + data:
        under_test.feed(bytes([byte]))
    assert under_test.emissivity == 95
    assert (under_test.bad_frames, under_test.dropped_bytes) == (0, 4)
    under_test.feed(bytes.fromhex("5A 5A 60 13"))  # its sum is wrong
    assert under_test.emissivity == 95


def test_the_published_commands_of_the_evo_thermal_carry_their_crc() -> None:
    """VEC: both as published, the last byte computed again."""
    assert bytes.fromhex("00 52 02 01 DF") == evo_thermal.ENABLE
    assert bytes.fromhex("00 52 02 00 D8") == evo_thermal.DISABLE
    for command in evo_thermal.SENDS:
        assert evo_thermal.crc8(command[:4]) == command[4]


@given(data=st.binary(max_size=80))
def test_the_evo_thermal_crc_is_the_one_of_mpeg_2(data: bytes) -> None:
    """The catalogue's check value, and the definition followed bit by bit."""
    assert evo_thermal.crc32(b"123456789") == 0x0376E6E7
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    assert evo_thermal.crc32(data) == crc


@pytest.mark.parametrize(("status", "accepted"), [(0x00, True), (0xFF, False)])
def test_an_answer_of_the_evo_thermal_is_believed_with_a_right_crc_only(status: int, accepted: bool) -> None:
    answer = bytes([0x14, 0x00, status])
    answer += bytes([evo_thermal.crc8(answer)])
    data = frame(evo_thermal)
    under_test = decoder(evo_thermal)
    under_test.feed(data[100:] + answer[:3] + bytes([answer[3] ^ 1]) + data)
    assert under_test.accepted is None
    for byte in data[100:] + answer + data:
        under_test.feed(bytes([byte]))
    assert under_test.accepted is accepted


def test_the_question_of_the_htpa_modules_is_the_published_one() -> None:
    """CODE2: the same in two classes."""
    assert (bytes.fromhex("EE E1 01 55 FF FC FD FF"),) == htpa2055.SENDS


# Over lines.


@contextlib.contextmanager
def opened(module: ModuleType, device: Pty, **options: object) -> Iterator[Any]:
    port = registry.load(
        "thermometer", {"driver": name(module), "port": device.port, "silence_s": 0, **options}
    ).connect()
    try:
        yield port
    finally:
        port.close()


def reads(port: Any, count: int) -> list[Reading]:
    found: list[Reading] = []

    def enough() -> bool:
        found.extend(port.read())
        return len(found) >= count

    until(enough, what=f"{count} readings")
    return found


@pytest.mark.system
@pytest.mark.parametrize(("said", "level"), [("5A 5A 62 16", "INFO"), ("5A 5A 5F 13", "WARNING")])
def test_a_gy_mcu90640_is_set_when_opened_and_says_whether_it_took_it(
    said: str, level: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with Pty() as device, opened(gy_mcu90640, device, emissivity=0.98, rate_hz=4) as port:
        assert device.received(12) == bytes.fromhex("A5 25 03 CD A5 45 62 4C A5 55 01 FB")
        device.send(bytes.fromhex(said) + frame(gy_mcu90640))
        assert reads(port, 1)[0].raw == frame(gy_mcu90640)
        device.send(bytes.fromhex(said) + frame(gy_mcu90640))
        reads(port, 1)
        assert device.received(1, timeout_s=0.05) == b""
    told = [record for record in caplog.records if record.name == gy_mcu90640.__name__]
    assert [record.levelname for record in told] == [level]


class Pictures:
    """A line on which a picture comes whenever it is read."""

    url = "pictures"

    def read(self, wait_s: float = 0.2) -> bytes:
        del wait_s
        return frame(gy_mcu90640)


def test_a_gy_mcu90640_that_never_says_its_emissivity_is_told_to_the_log_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its RX is not wired: it sends pictures as ever, at an emissivity that nobody set."""
    line: Any = Pictures()
    port = gy_mcu90640.GyMcu90640(line, decoder(gy_mcu90640), silence_s=0, wanted=98)
    told = []
    for _ in range(20):
        assert len(port.read()) == 1
        told.append(len(caplog.records))
    assert (told[0], told[-1]) == (0, 1)
    assert "is its RX wired" in caplog.text


@pytest.mark.system
def test_an_evo_thermal_streams_once_told_and_is_told_to_stop() -> None:
    answer = bytes([0x14, 0x00, 0x00])
    answer += bytes([evo_thermal.crc8(answer)])
    with Pty() as device:
        with opened(evo_thermal, device) as port:
            assert device.received(5) == evo_thermal.ENABLE
            device.send(answer + frame(evo_thermal))
            assert reads(port, 1)[0].raw == frame(evo_thermal)
            assert port.decoder.accepted is True
            assert device.received(1, timeout_s=0.05) == b""
        assert device.received(5) == evo_thermal.DISABLE
        port.close()
        assert device.received(1, timeout_s=0.05) == b""


@pytest.mark.system
def test_an_evo_thermal_that_refuses_is_reported() -> None:
    answer = bytes([0x14, 0x00, 0xFF])
    with Pty() as device, opened(evo_thermal, device) as port:
        device.send(answer + bytes([evo_thermal.crc8(answer)]))
        with pytest.raises(DeviceUnavailable, match="refuses") as refused:
            until(lambda: port.read() and False, what="the refusal")
        assert refused.value.code == "hung"


@pytest.mark.system
def test_an_evo_thermal_that_was_pulled_out_closes_without_a_word() -> None:
    with Pty() as device, opened(evo_thermal, device) as port:
        device.unplug()
        port.close()
        with pytest.raises(DeviceUnavailable) as ended:
            port.read()
        assert ended.value.code == "ended"


@pytest.mark.system
def test_an_htpa_module_is_asked_again_after_each_answer_and_after_patience() -> None:
    """Asked, answered; asked, half an answer: asked again, and the half costs that answer only."""
    data = frame(htpa2055)
    with Pty() as device, opened(htpa2055, device) as port:
        ended = threading.Event()
        questions: list[bytes] = []

        def module() -> None:
            for answer in (data, data[:900], data):
                questions.append(device.received(8))
                device.send(answer)
            ended.set()

        thread = threading.Thread(target=module, name="htpa")
        thread.start()
        assert [reading.raw for reading in reads(port, 2)] == [data, data]
        thread.join(10)
        assert ended.is_set()
        assert questions == [htpa2055.QUESTION] * 3


@pytest.mark.system
def test_an_htpa_module_on_a_slow_line_is_not_asked_again_while_it_answers() -> None:
    """At 9600 baud an answer lasts two seconds: who asks again before it has ended never gets one."""
    data = frame(htpa2055)
    with Pty() as device, opened(htpa2055, device, baud=9600) as port:
        asked: list[bytes] = []

        def module() -> None:
            asked.append(device.received(8))
            for begin in range(0, len(data), 128):
                device.send(data[begin : begin + 128])
                asked.append(device.received(1, timeout_s=0.1))

        thread = threading.Thread(target=module, name="htpa")
        thread.start()
        assert reads(port, 1)[0].raw == data
        thread.join(10)
        assert b"".join(asked[:-1]) == htpa2055.QUESTION
