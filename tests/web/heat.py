"""Somebody before an array: frames with a face in them, as an array sensor of 32 x 24 pixels sends them."""

import struct

from edge.domain.events import ReadingArrived
from edge.domain.model import Grid, Instant, Reading
from tests.waiting import until
from tests.web.fakes import World

GRID = Grid(columns=32, rows=24, offset=4, step_mdegc=10, little=True, mirrored=True)
HEAD = bytes.fromhex("5a5a0206")


def face(column: int = 12, row: int = 11, surface_c: float = 34.6, room_c: float = 21.0) -> bytes:
    """Return a frame with a face whose hottest spot is seen at this column and row."""
    warm, cold = round(surface_c * 100), round(room_c * 100)
    numbers = []
    for y in range(GRID.rows):
        for x in range(GRID.columns):
            away = ((x - column) / 5) ** 2 + ((y - row) / 7) ** 2
            numbers.append(round(max(cold, warm - (warm - cold) * away * 0.6)) if away < 1 else cold)
    numbers[row * GRID.columns + column + 1] = warm  # two touching pixels make a spot
    seen = [numbers[begin : begin + GRID.columns][::-1] for begin in range(0, len(numbers), GRID.columns)]
    return HEAD + struct.pack("<768h", *(number for line in seen for number in line)) + bytes(4)


def before(world: World, frame: bytes | None, *, surface_c: float = 34.6, lane: str = "in") -> None:
    """Let the array see somebody, or with None nobody, and wait until the snapshot says so. The spot
    sensor beside it, which sees only air, gives the beat."""
    see(world, frame, surface_c=surface_c, lane=lane)
    beat = 21_000 if world.gate.view(lane)["temperature"]["live_mdegc"] != 21_000 else 21_100
    world.station.offer(ReadingArrived(lane, "meter", Reading(beat, 21_000), world.clock()))
    until(lambda: _shown(world, lane) == frame, what="the picture")


def alone(world: World, frame: bytes | None, *, surface_c: float = 34.6, lane: str = "in") -> None:
    """The same in a lane that has nothing but an array."""
    see(world, frame, surface_c=surface_c, lane=lane)
    until(lambda: _shown(world, lane) == frame, what="the picture")


def see(world: World, frame: bytes | None, *, surface_c: float = 34.6, lane: str = "in") -> None:
    """Let one frame of the array come; None is one of the empty lane."""
    if frame is None:
        reading = Reading(21_000, 21_000, raw=face(surface_c=21.0), grid=GRID)
    else:
        reading = Reading(round(surface_c * 1000), 21_000, raw=frame, grid=GRID)
    world.station.offer(ReadingArrived(lane, "array", reading, world.clock()))


def measured_by_array(world: World, frame: bytes, *, surface_c: float = 34.6, lane: str = "in") -> int:
    """Let the array measure somebody; returns the passage."""
    at = world.clock()
    for after_us in (-3_000_000, 0):
        nobody = Reading(21_000, 21_000, raw=face(surface_c=21.0), grid=GRID)
        world.station.offer(ReadingArrived(lane, "array", nobody, _later(at, after_us)))
    for index in range(13):
        reading = Reading(round(surface_c * 1000), 21_000, raw=frame, grid=GRID)
        world.station.offer(ReadingArrived(lane, "array", reading, _later(at, (index + 2) * 100_000)))
    until(lambda: world.gate.view(lane)["passage"] is not None, what="the passage")
    return world.last_passage(lane)


def _shown(world: World, lane: str) -> bytes | None:
    picture = world.gate.view(lane)["picture"]
    return bytes.fromhex(picture["raw"]) if picture else None


def _later(at: Instant, us: int) -> Instant:
    return Instant(at.mono_us + us, at.at_us + us, at.clock)
