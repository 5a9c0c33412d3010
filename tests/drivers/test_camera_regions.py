"""Where a code is looked for closely, and how hard a live picture is looked at."""

from collections.abc import Iterator, Sequence
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bench import frames, scenery
from drivers.scanner import _decode_live
from drivers.scanner._decode import STAGES, Picture, bare, either, plain, read_picture
from drivers.scanner._decode_live import (
    AT_ONCE,
    DEAR_SHARE,
    HELD_SHARE,
    REPEAT_S,
    SAVED_FRAMES,
    SEEN_SHARE,
    LiveReader,
)
from drivers.scanner._decode_zxing import Found, around
from drivers.scanner._regions import Grey, Region, halved, module_pixels, regions
from tests.drivers.camera_files import code_picture, scene

pytestmark = pytest.mark.system

PASS = b"gatepost pass of nobody in particular"


@settings(max_examples=60, deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 200), st.integers(1, 200))), st.integers(1, 6))
def test_places_lie_within_the_picture_whatever_it_shows(picture: Grey, most: int) -> None:
    height, width = picture.shape
    places = regions(picture, most)
    assert 1 <= len(places) <= most + 1
    for place in places:
        assert 0 <= place.left < place.right <= width
        assert 0 <= place.top < place.bottom <= height
        assert module_pixels(place.of(picture)) > 0


@pytest.mark.parametrize("seed", range(4))
def test_a_code_in_a_cluttered_frame_is_among_the_likely_places(seed: int) -> None:
    frame = scenery.clutter(np.random.default_rng(seed))
    code = code_picture(PASS, pixels=5)
    side = code.shape[0]
    top, left = 200, 300 + 100 * seed
    frame[top : top + side, left : left + side] = code
    assert any(
        place.left <= left + 20
        and place.top <= top + 20
        and place.right >= left + side - 20
        and place.bottom >= top + side - 20
        for place in regions(frame)
    )


@pytest.mark.parametrize("pixels", [2, 3, 4, 6, 9, 14, 20])
def test_the_size_of_modules_is_estimated_to_a_third(pixels: int) -> None:
    assert module_pixels(code_picture(PASS, pixels=pixels)) == pytest.approx(pixels, rel=0.34)


@pytest.mark.parametrize("pixels", [3.0, 4.0, 7.0])
def test_the_stages_tell_the_size_of_the_modules_they_read(pixels: float) -> None:
    code = frames.cut_out(frames.Shot(pixels=pixels), "short", np.random.default_rng(1))
    shown = np.pad(code, 200, constant_values=128)
    for stage in STAGES:
        for found in stage(Picture(shown)):
            assert found.pixels == pytest.approx(
                pixels, rel=0.34 if stage.__name__.startswith("zbar") else 0.06
            )


def test_a_half_is_a_half_for_every_shape() -> None:
    for shape in ((1, 1), (1, 7), (9, 2), (720, 1280), (5, 5)):
        assert halved(np.zeros(shape, np.uint8)).shape == (max(1, shape[0] // 2), max(1, shape[1] // 2))


def test_a_part_of_a_larger_picture_is_cut_out_by_its_factor() -> None:
    picture = np.arange(6 * 8, dtype=np.uint8).reshape(6, 8)
    assert np.array_equal(Region(1, 0, 3, 2).of(picture, 2), picture[0:4, 2:6])


@pytest.mark.parametrize(
    "condition", ["motion 1.0", "defocus 0.45", "perspective", "turned", "over-exposed", "moire", "1.75 px"]
)
def test_what_a_gate_makes_difficult_is_read(condition: str) -> None:
    shot = frames.CONDITIONS[condition]
    drawn = [frames.draw(condition, shot, "pass", np.random.default_rng(seed)) for seed in range(3)]
    assert [[f.payload for f in read_picture(frame.grey)] for frame in drawn] == [[f.payload] for f in drawn]


def test_the_drawn_frames_are_the_same_each_time() -> None:
    first, again = (list(frames.frames(7, each=1, kinds=("short",))) for _ in range(2))
    assert [frame.condition for frame in first] == list(frames.CONDITIONS)
    assert all(np.array_equal(a.grey, b.grey) for a, b in zip(first, again, strict=True))
    assert len({frame.grey.tobytes() for frame in first}) == len(first)


class Costs:
    """A clock of processor time on which every look at a picture takes what a test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, first: float = 1.0, dear: float = 1.5) -> None:
        self.now = 0.0
        self.dear = 0
        self.first = 0

        def cheap(_: Picture) -> list[Found]:
            self.now += first
            self.first += 1
            return []

        def heavy(_: Picture) -> list[Found]:
            self.now += dear
            self.dear += 1
            return []

        monkeypatch.setattr(_decode_live, "FIRST", (cheap,))
        monkeypatch.setattr(_decode_live, "DEAR", (heavy, heavy))
        self.dear_s, self.first_s = dear, first

    def __call__(self) -> float:
        return self.now


def visitor(frame: int) -> Grey:
    """Something large that is held still before the wall, with the noise of a sensor."""
    picture = scene(seed=frame)
    picture[100:300, 200:420] = scenery.clutter(np.random.default_rng(1), 220, 200)
    return picture


def test_a_busy_scene_cannot_make_the_dear_stages_spend_more_than_their_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    costs = Costs(monkeypatch)
    reader = LiveReader(costs)
    for frame in range(600):
        reader.look(scenery.clutter(np.random.default_rng(frame % 5), 320, 180), frame / 15)
    assert costs.first == 600
    spent = costs.dear * costs.dear_s
    assert 0 < spent <= DEAR_SHARE * costs.first_s * 600 + AT_ONCE * costs.dear_s


def test_after_a_quiet_time_a_visitor_is_looked_at_closely_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    costs = Costs(monkeypatch)
    reader = LiveReader(costs)
    for frame in range(450):
        reader.look(scene(seed=frame), frame / 15)
    before = costs.dear
    for frame in range(450, 456):
        reader.look(visitor(frame), frame / 15)
    assert costs.dear - before >= 5 * AT_ONCE - 2  # from the second frame on: the first was movement
    # And what can be saved up has an end.
    for frame in range(456, 456 + 28):
        reader.look(visitor(frame), frame / 15)
    assert (costs.dear - before) * costs.dear_s <= SAVED_FRAMES * DEAR_SHARE * 1.0 + 34 * DEAR_SHARE + 3


def test_an_empty_lane_is_not_looked_at_closely_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    costs = Costs(monkeypatch)
    reader = LiveReader(costs)
    for frame in range(15 * 60):
        reader.look(scene(seed=frame), frame / 15)
    assert costs.dear <= 4
    assert costs.first <= 15 * 2 + 60 + 2


def test_a_code_against_lettering_that_was_always_there_is_looked_at_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wall = scenery.clutter(np.random.default_rng(3))
    small = cv2.GaussianBlur(code_picture(PASS, pixels=4), (0, 0), 1.0).astype(np.uint8)
    places: list[Region] = []

    def watching(picture: Picture) -> list[Found]:
        places.append(next(iter(picture.places or ())))
        return []

    monkeypatch.setattr(_decode_live, "FIRST", (lambda _: [],))
    monkeypatch.setattr(_decode_live, "DEAR", (watching,))
    reader = LiveReader(lambda: 0.0)
    for frame in range(60):
        reader.look(wall, frame / 15)
    shown = wall.copy()
    shown[400 : 400 + small.shape[0], 700 : 700 + small.shape[1]] = small
    places.clear()
    for frame in range(60, 64):
        reader.look(shown, frame / 15)
    assert places
    assert all(place.left <= 720 and place.right >= 680 + small.shape[1] for place in places)


def broken_code() -> Grey:
    """A wall with a code before it that lost a quarter of its modules: seen, and not to be read."""
    code = code_picture(PASS, pixels=6)
    side = code.shape[0]
    code[side // 2 : side - 24, side // 2 : side - 24] = 255
    picture = scene()
    picture[60 : 60 + side, 320 : 320 + side] = code
    return picture


def test_a_code_that_was_seen_and_not_read_is_named_with_its_place() -> None:
    for first in (plain, either, bare):
        picture = Picture(broken_code())
        assert first(picture) == []
        side = code_picture(PASS, pixels=6).shape[0]
        assert any(
            place.left <= 330 < 310 + side <= place.right and place.top <= 70 < 50 + side <= place.bottom
            for place in picture.broken
        )
        empty = Picture(scene())
        assert (first(empty), empty.broken) == ([], ())


@given(st.lists(st.tuples(st.integers(-50, 250), st.integers(-50, 250)), min_size=4, max_size=4))
def test_the_place_of_a_broken_code_lies_within_the_picture_wherever_its_corners_are(
    corners: list[tuple[int, int]],
) -> None:
    names = ("top_left", "top_right", "bottom_right", "bottom_left")
    position = SimpleNamespace(
        **{name: SimpleNamespace(x=x, y=y) for name, (x, y) in zip(names, corners, strict=True)}
    )
    place = around(SimpleNamespace(position=position), np.zeros((120, 160), np.uint8))
    assert 0 <= place.left < place.right <= 160
    assert 0 <= place.top < place.bottom <= 120


def test_a_code_that_was_seen_and_not_read_is_worth_more_than_a_busy_scene_has_saved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    costs = Costs(monkeypatch)
    looks: list[Sequence[Region] | None] = []

    def sees(picture: Picture) -> list[Found]:
        costs.now += 1.0
        picture.broken = (Region(8, 16, 108, 116),)
        return []

    def heavy(picture: Picture) -> list[Found]:
        costs.now += costs.dear_s
        costs.dear += 1
        looks.append(picture.places)
        return []

    monkeypatch.setattr(_decode_live, "DEAR", (heavy,))
    reader = LiveReader(costs)
    for frame in range(150):  # nothing is left of what may be saved
        reader.look(scenery.clutter(np.random.default_rng(frame % 5), 320, 180), frame / 15)
    before = costs.dear
    monkeypatch.setattr(_decode_live, "FIRST", (sees,))
    for frame in range(150, 165):
        reader.look(scenery.clutter(np.random.default_rng(frame % 5), 320, 180), frame / 15)
    spent = (costs.dear - before) * costs.dear_s
    assert 15 <= spent <= 15 * (SEEN_SHARE + HELD_SHARE) + AT_ONCE * costs.dear_s
    assert all(places is not None and places[0] == Region(8, 16, 108, 116) for places in looks[-5:])


def held(reader: LiveReader, picture: Grey, frames_: range) -> Iterator[Found]:
    for frame in frames_:
        yield from reader.look(picture, frame / 15)


def test_dark_mode_is_read_within_a_fifth_of_a_second_and_remembered_without_its_content() -> None:
    reader = LiveReader()
    for frame in range(30):
        reader.look(scene(seed=frame), frame / 15)
    found = list(held(reader, scene(PASS, inverted=True), range(30, 33)))
    assert [code.payload for code in found] == [PASS]
    assert reader.last is not None
    assert reader.last.pixels == pytest.approx(4, rel=0.1)
    ago = reader.read_ago(40 / 15)
    assert ago is not None
    assert ago < 10 / 15 + 0.01
    assert LiveReader().read_ago(1.0) is None
    assert REPEAT_S > 0.2
