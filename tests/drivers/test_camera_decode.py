"""The decode stages: exact bytes, difficult pictures, and what a quiet picture may cost."""

import itertools

import cv2
import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from drivers.scanner import _decode
from drivers.scanner._decode import Picture, read_picture
from drivers.scanner._decode_live import AT_ONCE, FRESH_S, REPEAT_S, LiveReader
from drivers.scanner._decode_zbar import read_zbar
from drivers.scanner._decode_zxing import Found
from drivers.scanner._regions import Grey
from tests.drivers.camera_files import PAYLOADS, code_picture, scene
from tests.paths import shared

pytestmark = pytest.mark.system

PASS = b"gatepost pass of nobody in particular"


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_a_payload_comes_out_byte_for_byte(payload: bytes) -> None:
    assert [(f.payload, f.decoder) for f in read_picture(code_picture(payload))] == [(payload, "zxing")]


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_the_fallback_decoder_gives_the_same_bytes(payload: bytes) -> None:
    assert read_zbar(code_picture(payload)) == [payload]


@pytest.mark.parametrize("stage", _decode.STAGES, ids=lambda stage: stage.__name__)
def test_every_stage_reads_a_plain_code_exactly(stage: _decode.Stage) -> None:
    payload = PAYLOADS["chinese gb18030"]
    shown = scene(payload, inverted=stage is _decode.dark)
    if stage is _decode.full:  # for pictures that the others look at in a half
        shown = np.pad(shown, ((0, 0), (0, 1800)), constant_values=140)
    elif stage is _decode.zbar_soft:  # for small ones
        shown = code_picture(payload)
    assert [f.payload for f in stage(Picture(shown))] == [payload]


@pytest.mark.parametrize("kind", ["MicroQRCode", "RMQRCode"])
def test_small_kinds_of_code_that_noise_can_look_like_are_not_read(kind: str) -> None:
    code = zxingcpp.create_barcode("9752", getattr(zxingcpp.BarcodeFormat, kind))
    picture = np.pad(np.array(zxingcpp.write_barcode_to_image(code, scale=6)), 40, constant_values=255)
    assert {found.payload for stage in _decode.STAGES for found in stage(Picture(picture))} == set()


def test_a_dark_mode_code_is_read() -> None:
    [found] = read_picture(scene(PASS, inverted=True))
    assert found.payload == PASS


def test_two_codes_side_by_side_are_both_read() -> None:
    both = np.hstack([code_picture(b"left of the two"), code_picture(b"rightmost of two")])
    assert {f.payload for f in read_picture(both)} == {b"left of the two", b"rightmost of two"}


def test_a_small_soft_code_in_dim_light_is_read() -> None:
    small = cv2.resize(code_picture(PASS, pixels=8), None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    dim = np.random.default_rng(5).normal(0, 2, small.shape) + small * 0.2 + 8
    frame = np.full((480, 640), 30, np.uint8)
    frame[100 : 100 + small.shape[0], 200 : 200 + small.shape[1]] = np.clip(dim, 0, 255).astype(np.uint8)
    assert [f.payload for f in read_picture(cv2.GaussianBlur(frame, (3, 3), 0).astype(np.uint8))] == [PASS]


def test_a_picture_of_twelve_megapixels_is_read() -> None:
    frame = np.full((3000, 4000), 128, np.uint8)
    code = code_picture(PASS, pixels=12)
    frame[500 : 500 + code.shape[0], 900 : 900 + code.shape[1]] = code
    assert [f.payload for f in read_picture(frame)] == [PASS]


@settings(max_examples=30, deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 70), st.integers(1, 70))))
def test_no_picture_makes_a_stage_fail(picture: Grey) -> None:
    found = read_picture(picture)
    assert all(code.payload and code.symbology and code.decoder for code in found)


def test_pictures_of_one_row_or_column_are_no_trouble() -> None:
    for shape in ((1, 5000), (5000, 1), (1, 1), (2, 3)):
        assert read_picture(np.zeros(shape, np.uint8)) == []


def test_photographs_are_read_at_least_as_often_as_by_zxing_alone() -> None:
    ours = theirs = 0
    photographs = [p for p in shared("qr").rglob("*") if p.suffix in (".png", ".jpg", ".webp")]
    for photograph in photographs:
        grey = cv2.imread(str(photograph), cv2.IMREAD_GRAYSCALE)
        assert grey is not None
        ours += bool(read_picture(grey.astype(np.uint8)))
        theirs += bool(zxingcpp.read_barcodes(grey, formats=zxingcpp.barcode_formats_from_str("QRCode")))
    assert ours >= theirs > 70


def test_an_unchanging_picture_is_decoded_once_a_second_after_it_settled() -> None:
    reader = LiveReader()
    for frame in range(15 * 12):
        reader.look(scene(seed=frame % 7), frame / 15)
    assert 15 * FRESH_S <= reader.decoded <= 15 * FRESH_S + 12


def test_a_code_held_up_is_reported_at_most_twice_a_second() -> None:
    reader = LiveReader()
    times = [f / 15 for f in range(15 * 4) if reader.look(scene(PASS, seed=f), f / 15)]
    assert times[0] == 0
    assert 3 <= len(times) <= 4 / REPEAT_S
    assert min(b - a for a, b in itertools.pairwise(times)) >= REPEAT_S


def test_a_code_stepping_into_a_settled_picture_is_read_in_its_first_frame() -> None:
    reader = LiveReader()
    for frame in range(15 * 4):
        assert reader.look(scene(seed=frame), frame / 15) == []
    [found] = reader.look(scene(PASS), 4.01)
    assert found.payload == PASS


def test_a_dark_mode_code_is_read_within_a_second_of_live_frames() -> None:
    reader = LiveReader()
    found = [f.payload for frame in range(15) for f in reader.look(scene(PASS, inverted=True), frame / 15)]
    assert PASS in found


def test_dear_stages_run_only_while_the_picture_is_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[str] = []

    def counted(name: str) -> _decode.Stage:
        def stage(_: Picture) -> list[Found]:
            runs.append(name)
            return []

        return stage

    heavy = tuple(counted(name) for name in "abc")
    monkeypatch.setattr("drivers.scanner._decode_live.DEAR", heavy)
    visitor = np.kron(np.random.default_rng(1).integers(40, 200, (25, 25)), np.ones((8, 8)))
    # By a clock on which they cost nothing, so that no budget ends them.
    reader = LiveReader(lambda: 0.0)
    for frame in range(15 * 30):
        reader.look(scene(seed=frame), frame / 15)
    runs.clear()
    for frame in range(15 * 30, 15 * 36):
        picture = scene(seed=frame)
        picture[100:300, 200:400] = visitor
        reader.look(picture, frame / 15)
    # Two a frame, in turn, for two seconds; the first frame was movement.
    assert runs == [name for _ in range(21) for name in "abc"][: len(runs)]
    assert len(runs) == pytest.approx(15 * FRESH_S * AT_ONCE, abs=3)


def test_a_picture_that_stands_still_to_the_last_bit_is_noticed() -> None:
    reader = LiveReader()
    for frame in range(50):
        reader.look(scene(), float(frame))
    assert reader.same_for(49.0) >= 48.0
    reader.look(scene(seed=1), 50.0)
    assert reader.same_for(50.0) == 0.0


@pytest.mark.parametrize("level", [4, 255])
def test_a_picture_of_nothing_is_night_or_sun_and_no_fault(level: int) -> None:
    reader = LiveReader()
    for frame in range(50):
        reader.look(np.full((480, 640), level, np.uint8), float(frame))
    assert reader.same_for(50.0) == 0.0


def test_a_sensors_noise_in_a_single_pixel_is_no_standstill() -> None:
    reader = LiveReader()
    for frame in range(50):
        picture = scene()
        picture[200, 300] = 140 + frame % 2  # averaged away at a quarter of the size
        reader.look(picture, float(frame))
        assert reader.same_for(float(frame)) == 0.0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0.01, 1.5)), max_size=40))
def test_no_sequence_of_frames_reports_a_code_that_is_not_there_or_too_often(
    steps: list[tuple[int, float]],
) -> None:
    shown = [
        scene(),
        scene(b"first of the two codes"),
        scene(b"second of the two"),
        np.zeros((120, 160), np.uint8),
    ]
    payloads = {1: b"first of the two codes", 2: b"second of the two"}
    reader, now, last = LiveReader(), 0.0, dict.fromkeys(payloads.values(), -1.0)
    for which, wait in steps:
        now += wait
        for found in reader.look(shown[which], now):
            assert found.payload == payloads[which]
            assert now - last[found.payload] >= REPEAT_S
            last[found.payload] = now
