"""The array's picture: what it shows, that nothing breaks it, who gets it, and what stays small."""

import json
import re
import struct
from collections.abc import Callable
from dataclasses import asdict, replace
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.events import Decide
from edge.domain.model import Grid, Outcome
from edge.web import thermal
from tests.paths import ROOT
from tests.waiting import until
from tests.web.fakes import World
from tests.web.heat import GRID, alone, before, face, measured_by_array
from tests.web.listening import Listener
from tests.web.test_review import rows

Enter = Callable[[str], FlaskClient]
JSON_GRID = asdict(GRID)
system = pytest.mark.system
BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def decoded(png: bytes | None) -> Any:
    """Return a picture as rows of dots (red, green, blue), read by a decoder that is not ours."""
    assert png is not None
    assert png.startswith(b"\x89PNG")
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture[:, :, ::-1]


def colour(mdegc: int) -> tuple[int, ...]:
    """Return the colour of a temperature, taken from a picture with nothing else in it."""
    grid = Grid(1, 1, 0, 1, zero_mdegc=mdegc)
    return tuple(map(int, decoded(thermal.png("0000", asdict(grid)))[0, 0]))


def rings(picture: Any) -> tuple[float, float]:
    """Return the middle of the white ring in a picture, as column and row in dots."""
    ys, xs = np.nonzero((picture == WHITE).all(axis=2))
    assert len(xs) > 20
    return float(xs.mean()), float(ys.mean())


@pytest.mark.parametrize("mirrored", [True, False])
def test_every_pixel_stands_where_it_is_seen(mirrored: bool) -> None:
    grid = replace(GRID, mirrored=mirrored)
    numbers = [2000 + index for index in range(768)]
    raw = bytes(4) + struct.pack("<768h", *numbers)
    picture = decoded(thermal.png(raw.hex(), asdict(grid), hottest_mdegc=27_670))
    assert picture.shape == (24 * 8, 32 * 8, 3)
    for row, column in ((0, 0), (0, 31), (5, 20), (23, 0)):
        index = row * 32 + (31 - column if mirrored else column)
        spot = picture[row * 8 : row * 8 + 8, column * 8 : column * 8 + 8].reshape(-1, 3)
        assert {tuple(map(int, dot)) for dot in spot} == {colour(20_000 + index * 10)}, (row, column)


def test_both_byte_orders_offset_step_and_zero_are_obeyed() -> None:
    kelvin = Grid(columns=3, rows=2, offset=5, step_mdegc=100, zero_mdegc=-273_150)
    celsius = [20, 22, 24, 30, 36, 42]
    for little, order in ((True, "<"), (False, ">")):
        raw = b"\xe1head" + struct.pack(f"{order}6h", *(round(c * 10 + 2731.5) for c in celsius)) + b"tail"
        heat = thermal.heat_of(raw.hex(), asdict(replace(kelvin, little=little)))
        assert heat is not None
        assert [round(mdegc / 1000) for mdegc in heat.mdegc] == celsius


def test_the_ring_is_round_the_spot_and_leaves_it_to_be_seen() -> None:
    for column, row in ((12, 11), (3, 4), (29, 20)):
        picture = decoded(thermal.png(face(column, row).hex(), JSON_GRID, 34_600))
        x, y = rings(picture)
        assert abs(x - (column + 1) * 8) <= 8
        assert abs(y - (row * 8 + 4)) <= 8
        assert tuple(map(int, picture[row * 8 + 4, column * 8 + 6])) == colour(34_600)


def test_a_lamp_above_the_face_does_not_take_the_ring_from_what_the_driver_found() -> None:
    frame = bytearray(face(12, 14))
    for column, row in ((25, 1), (26, 1), (25, 2), (26, 2)):
        at = 4 + 2 * (row * 32 + 31 - column)
        frame[at : at + 2] = (8000).to_bytes(2, "little")
    for column in (24, 27):  # its edge happens to be as warm as the face
        at = 4 + 2 * (32 + 31 - column)
        frame[at : at + 2] = (3460).to_bytes(2, "little")
    _, by_itself = rings(decoded(thermal.png(frame.hex(), JSON_GRID)))
    x, y = rings(decoded(thermal.png(frame.hex(), JSON_GRID, 34_600)))
    assert by_itself < 4 * 8
    assert abs(x - 13 * 8) <= 8
    assert abs(y - (14 * 8 + 4)) <= 8


def test_one_broken_pixel_is_no_spot_and_what_nobody_can_measure_is_black() -> None:
    frame = bytearray(face(20, 12))
    for column, mdegc in ((5, 32_767), (9, 9_900)):
        at = 4 + 2 * (3 * 32 + 31 - column)
        frame[at : at + 2] = mdegc.to_bytes(2, "little")
    picture = decoded(thermal.png(frame.hex(), JSON_GRID))
    assert tuple(map(int, picture[3 * 8 + 4, 5 * 8 + 4])) == BLACK
    assert tuple(map(int, picture[3 * 8 + 4, 9 * 8 + 4])) == colour(42_000)
    x, y = rings(picture)
    assert abs(x - 21 * 8) <= 8
    assert abs(y - (12 * 8 + 4)) <= 8


def test_a_frame_without_any_temperature_is_black_all_over() -> None:
    picture = decoded(thermal.png((bytes(4) + b"\xff\x7f" * 768).hex(), JSON_GRID))
    assert not picture.any()


def test_the_scale_is_the_same_for_every_picture_and_ends_at_both_ends() -> None:
    assert colour(20_000) == colour(-39_000) != colour(20_200)
    assert colour(42_000) == colour(299_000) != colour(41_800)
    assert colour(300_100) == colour(-40_100) == BLACK != colour(20_000)


def test_the_scale_grows_lighter_step_by_step_also_for_the_colour_blind() -> None:
    table = np.frombuffer(thermal.palette(), np.uint8).reshape(-1, 3)[1:-1] / 255
    assert len(table) == 221  # a tenth of a degree each
    linear = np.where(table <= 0.04045, table / 12.92, ((table + 0.055) / 1.055) ** 2.4)
    light = linear @ (0.2126, 0.7152, 0.0722)
    assert all(two > one for one, two in pairwise(light))
    assert light[-1] > 12 * light[0]
    # As people see it who lack one kind of cone (Viénot, Brettel and Mollon 1999), linear RGB.
    without_red = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]])
    without_green = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])
    for seen in (linear @ without_red.T, linear @ without_green.T):
        as_light = seen @ (0.2126, 0.7152, 0.0722)
        assert all(two > one for one, two in pairwise(as_light))
        degree = np.abs(seen[10:] - seen[:-10]).max(axis=1)  # a whole degree apart
        assert degree.min() > 0.01


def test_the_legend_on_the_page_has_the_colours_and_the_ends_of_the_picture() -> None:
    web = ROOT / "edge" / "web"
    gradient = re.search(
        r"linear-gradient\(to right, (.*?)\)", (web / "static/gatepost.css").read_text("utf-8")
    )
    assert gradient is not None
    stops = gradient[1].split(", ")
    span = thermal.HOTTEST_MDEGC - thermal.COLDEST_MDEGC
    for index, stop in enumerate(stops):
        shown = colour(thermal.COLDEST_MDEGC + span * index // (len(stops) - 1))
        assert stop == "#" + bytes(shown).hex(), index
    page = (web / "templates/review/_pieces.html").read_text("utf-8")
    ends = thermal.COLDEST_MDEGC, (thermal.COLDEST_MDEGC + thermal.HOTTEST_MDEGC) // 2, thermal.HOTTEST_MDEGC
    wanted = "<span>≤ {} °C</span><span>{} °C</span><span>≥ {} °C</span>".format(*(e // 1000 for e in ends))
    assert wanted in page


GRIDS = st.fixed_dictionaries(
    {
        "columns": st.integers(-1, 140),
        "rows": st.integers(-1, 140),
        "offset": st.integers(-1, 40) | st.integers(0, 70_000),
        "step_mdegc": st.integers(1, 200) | st.integers(-10, 11_000),
        "zero_mdegc": st.integers(-300_000, 50_000) | st.integers(-1_100_000, 1_100_000),
        "little": st.booleans(),
        "mirrored": st.booleans(),
    }
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


FRAMES = st.binary(max_size=4000) | st.binary(min_size=20, max_size=60).map(lambda some: some * 60)


@given(raw=FRAMES, grid=GRIDS, hottest=st.none() | st.integers(), size=st.integers(1, 40))
def test_any_frame_and_grid_are_a_whole_picture_or_none(
    raw: bytes, grid: dict[str, Any], hottest: int | None, size: int
) -> None:
    grid |= {"columns": min(grid["columns"], size), "rows": min(grid["rows"], size)}
    drawn = thermal.png(raw.hex(), grid, hottest)
    count = grid["columns"] * grid["rows"]
    fits = (
        min(grid["columns"], grid["rows"], grid["step_mdegc"]) > 0
        and 0 <= grid["offset"] <= len(raw) - 2 * count
        and grid["step_mdegc"] <= 10_000
        and abs(grid["zero_mdegc"]) <= 1_000_000
    )
    assert (drawn is not None) == fits
    if fits:
        picture = decoded(drawn)
        assert picture.shape[0] % grid["rows"] == picture.shape[1] % grid["columns"] == 0
        assert max(picture.shape) <= 256


@given(raw=ANYTHING, grid=ANYTHING, field=st.sampled_from(sorted(JSON_GRID)), value=ANYTHING)
def test_nothing_a_row_or_a_snapshot_could_hold_is_an_exception(
    raw: object, grid: object, field: str, value: object
) -> None:
    good = face().hex()
    assert thermal.png(raw, JSON_GRID) is None
    assert thermal.png(good, grid) is None
    odd = thermal.png(good, JSON_GRID | {field: value}, value)
    assert odd is None or odd.startswith(b"\x89PNG")
    for picture in (raw, {"raw": raw, "grid": grid}, {"raw": good}, {"grid": JSON_GRID}):
        view = {"picture": picture}
        assert thermal.of_view(view) is None
        assert thermal.stamp(view) == ""
        assert thermal.slim(view)["picture"] in (True, False)
    for fact in ({"raw": raw, "grid": JSON_GRID}, {"raw": [raw], "grid": JSON_GRID}, {"raw": [good]}):
        assert thermal.of_evidence(fact) is None
        assert not thermal.is_in(fact)


@pytest.mark.parametrize(
    "change",
    [
        {"columns": 129},
        {"rows": 10**30},
        {"columns": True},
        {"columns": 32.0},
        {"offset": -1},
        {"step_mdegc": 0},
        {"step_mdegc": 10**9},
        {"zero_mdegc": 10**400},
        {"little": 1},
        {"bits": 32},
        {"columns": "32"},
    ],
)
def test_a_grid_that_cannot_be_meant_is_no_picture(change: dict[str, Any]) -> None:
    assert thermal.png(face().hex(), JSON_GRID | change) is None


def test_a_short_frame_or_half_a_grid_is_no_picture() -> None:
    good = face().hex()
    assert thermal.png(good[: 2 * (4 + 2 * 767)], JSON_GRID) is None
    assert thermal.png(good[:-3], JSON_GRID) is None  # half a byte
    assert thermal.png("zz" + good, JSON_GRID) is None
    assert thermal.png(good + "00" * 65_536, JSON_GRID) is None
    assert thermal.png(good, {key: JSON_GRID[key] for key in ("columns", "rows")}) is None


@system
def test_a_reviewer_sees_what_the_array_saw_with_one_sentence_of_warning(world: World, enter: Enter) -> None:
    frame = face(8, 9)
    passage = measured_by_array(world, frame)
    at = world.clock()
    world.station.submit(Decide("in", passage, "t", "door", at, Outcome.TURN_BACK, "unwell"))
    path = f"/review/passage/{passage}/thermal/0.png"
    for role in ("observer", "manager"):
        client = enter(role)
        page = client.get(f"/review/passage/{passage}").get_data(as_text=True)
        assert f'<img src="{path}"' in page
        assert "For finding the face only; accurate to about 2 °C; never decides." in page
        assert 'alt="Thermal picture; hottest spot in the face box: 34.6 °C"' in page
        assert "<dt>Hottest spot in the face box</dt><dd>34.6 °C ± 2 °C</dd>" in page
        assert "Skin surface" not in page
        client.get("/language/zh_Hans")
        page = client.get(f"/review/passage/{passage}").get_data(as_text=True)
        assert "仅用于找到人脸；误差约 2 °C；不作判定依据。" in page
        assert 'alt="热像；人脸框内最热处：34.6 °C"' in page
        answer = client.get(path)
        assert answer.mimetype == "image/png"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        x, y = rings(decoded(answer.data))
        assert abs(x - 9 * 8) <= 8
        assert abs(y - (9 * 8 + 4)) <= 8


@system
def test_where_there_is_no_picture_the_address_says_so(world: World, enter: Enter) -> None:
    passage = world.step_up(35.9)  # by a spot sensor
    client = enter("manager")
    page = client.get(f"/review/passage/{passage}").get_data(as_text=True)
    assert "thermal" not in page
    for path in (
        f"/review/passage/{passage}/thermal/0.png",
        f"/review/passage/{passage}/thermal/9.png",
        f"/review/passage/{passage}/thermal/{2**80}.png",
        f"/review/passage/{2**80}/thermal/0.png",
        "/review/passage/5/thermal/0.png",
        f"/review/passage/{passage}/thermal/x.png",
        f"/review/passage/{passage}/thermal/-1.png",
    ):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert answer.get_json()["error"] in ("not_found", "unknown_passage")


@system
def test_a_row_whose_frame_does_not_fit_its_grid_is_shown_without_a_picture(
    world: World, enter: Enter
) -> None:
    passage = measured_by_array(world, face())
    world.station.submit(Decide("in", passage, "t", "door", world.clock(), Outcome.TURN_BACK, "unwell"))
    (row,) = rows(world, "passage.decided")
    broken = json.loads(json.dumps(dict(row.body)))
    broken["evidence"][0]["raw"] = ["00ff"]
    found = replace(row, body=broken)
    reader = world.gate.reader

    class Broken:
        """A reader of a journal in which one frame is cut short."""

        def __init__(self) -> None:
            self._real = reader()

        def __getattr__(self, name: str) -> Any:
            return getattr(self._real, name)

        def passage(self, _: int) -> list[Any]:
            return [found]

    object.__setattr__(world.gate, "reader", Broken)
    client = enter("observer")
    page = client.get(f"/review/passage/{passage}")
    assert page.status_code == 200
    assert "thermal" not in page.get_data(as_text=True)
    assert "00ff" in page.get_data(as_text=True)
    assert client.get(f"/review/passage/{passage}/thermal/0.png").status_code == 404


@system
def test_the_kiosk_shows_what_the_array_sees_while_somebody_is_there(world: World, enter: Enter) -> None:
    client = enter("attendant")
    assert client.get("/kiosk/in/thermal.png").status_code == 204
    assert 'id="thermal"' not in client.get("/kiosk/in/state").get_data(as_text=True)
    before(world, face(20, 10))
    shown = client.get("/kiosk/in/state").get_data(as_text=True)
    assert 'id="thermal"' in shown
    assert face(20, 10).hex()[:200] not in shown
    answer = client.get("/kiosk/in/thermal.png?abc")
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert answer.headers["Cache-Control"] == "no-store"
    x, _ = rings(decoded(answer.data))
    assert abs(x - 21 * 8) <= 8
    assert client.get("/kiosk/out/thermal.png").status_code == 204
    assert client.get("/kiosk/north/thermal.png").get_json()["error"] == "unknown_lane"
    before(world, None)
    assert client.get("/kiosk/in/thermal.png").status_code == 204


@system
def test_a_lane_with_nothing_but_an_array_shows_its_picture_too(world: World, enter: Enter) -> None:
    client = enter("attendant")
    for column in (10, 22):
        alone(world, face(column))
        x, _ = rings(decoded(client.get("/kiosk/in/thermal.png").data))
        assert abs(x - (column + 1) * 8) <= 8
    alone(world, None)
    assert client.get("/kiosk/in/thermal.png").status_code == 204


@system
def test_the_kiosk_says_why_nobody_is_measured_where_only_an_array_is(world: World, enter: Enter) -> None:
    """Until somebody takes a contact thermometer, or where a spot sensor is at work too."""
    client = enter("attendant")

    def shown() -> str:
        return client.get("/kiosk/in/state").get_data(as_text=True)

    assert 'id="unmeasured"' not in shown()
    passage = measured_by_array(world, face())
    assert 'data-verdict="missing"' in shown()
    assert "Not measured: the thermal array (±2 °C) only finds the face. Use Contact °C." in shown()
    client.get("/language/zh_Hans")
    assert "未测温：热像（±2 °C）只用于找脸，不作判定。请按“接触测温”。" in shown()
    before(world, face(20))
    until(lambda: world.gate.view("in")["temperature"]["live_mdegc"], what="the spot sensor")
    assert 'id="unmeasured"' not in shown()
    world.station.submit(Decide("in", passage, "t", "door", world.clock(), Outcome.TURN_BACK, "unwell"))
    assert 'id="unmeasured"' not in shown()


@system
def test_programs_and_streams_get_a_flag_and_the_hottest_value_not_the_frame(
    world: World, app: Any, address: str
) -> None:
    def asked(role: str = "attendant") -> tuple[dict[str, Any], str]:
        headers = {"authorization": f"Bearer {world.tokens[role]}"}
        answer = app.test_client().get("/api/v1/lanes/in", headers=headers)
        return answer.get_json(), answer.get_data(as_text=True)

    view, empty = asked()
    assert (view["picture"], view["hottest_mdegc"]) == (False, None)
    with Listener(address, world.tokens["attendant"], lane="in") as stream:
        first = stream.next("lane")
        assert first is not None
        assert first.data["picture"] is False
        frames = [face(10), face(14)]
        before(world, frames[0])
        there = stream.next("lane")
        assert there is not None
        assert (there.data["picture"], there.data["hottest_mdegc"]) == (True, 34_600)
        before(world, frames[1], surface_c=34.8)
        live = stream.next("live", "lane")
        while live is not None and live.data.get("picture") != thermal.stamp(world.gate.view("in")):
            assert live.name == "live"  # what the page is made of has not changed
            live = stream.next("live", "lane")
        assert live is not None
        for role in ("attendant", "observer"):
            view, text = asked(role)
            assert (view["picture"], view["hottest_mdegc"]) == (True, 34_800)
            assert len(text) < len(empty) + 100
        for event in (there, live):
            assert not any(frame.hex()[100:160] in str(event.data) for frame in frames)


@system
def test_a_row_goes_to_the_streams_without_its_frame_and_stays_whole_in_the_journal(
    world: World, address: str
) -> None:
    frame = face()
    with Listener(address, world.tokens["observer"]) as stream:
        stream.next("hello")
        passage = measured_by_array(world, frame)
        world.station.submit(Decide("in", passage, "t", "door", world.clock(), Outcome.TURN_BACK, "unwell"))
        row = stream.next("row")
        while row is not None and row.data["kind"] != "passage.decided":
            row = stream.next("row")
        assert row is not None
        (fact,) = row.data["body"]["evidence"]
        assert fact["grid"] == JSON_GRID
        assert "raw" not in fact
    (stored,) = rows(world, "passage.decided")
    assert stored.body["evidence"][0]["raw"] == [frame.hex()]
