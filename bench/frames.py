"""Frames with codes as a gate's camera sees them, drawn from a seed: every bench draws the same ones.

A code lies in a plane (or on a cylinder) before a cluttered background, 1280x720; then the camera
does to it what cameras do. Blur is a straight line or a Gaussian, moire is bands, glare is a soft
spot: models, not photographs. Draws only; measures nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import segno

from bench.scenery import HEIGHT, WIDTH, Grey, Random, clutter

Floats = npt.NDArray[np.float32]

_ALPHABET = list("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
_QUIET = 4
_TEXELS = 8  # a module of the drawn code, before the camera looks at it
_OVER = 3  # samples a pixel and direction


@dataclass(frozen=True, slots=True)
class Frame:
    """A drawn frame: what was done to it, what kind of code it shows, and what the code says."""

    condition: str
    kind: str
    payload: bytes
    grey: Grey


@dataclass(frozen=True, slots=True)
class Shot:
    """How a code is held and what the camera does to the frame."""

    pixels: float = 0.0  # a module; 0: the kind's own
    turn_deg: tuple[float, float] = (-4.0, 4.0)
    tilt: tuple[float, float] = (0.0, 0.03)
    curve: float = 0.0
    inverted: bool = False
    after: Callable[[Floats, float, Floats, Random], Floats] | None = None
    jpeg: int = 0


def frames(seed: int, each: int = 6, kinds: tuple[str, ...] = ("pass", "cert")) -> Iterator[Frame]:
    """Yield `each` frames of every condition and kind of code."""
    for number, (condition, shot) in enumerate(CONDITIONS.items()):
        for kind in kinds:
            for turn in range(each):
                random = np.random.default_rng([seed, number, list(_KINDS).index(kind), turn])
                yield draw(condition, shot, kind, random)


def draw(condition: str, shot: Shot, kind: str, random: Random) -> Frame:
    """Draw one frame."""
    payload = _payload(kind, random)
    pixels = shot.pixels or _KINDS[kind][2]
    code = segno.make_qr(payload, error="m" if len(payload) < 1500 else "l", boost_error=False)
    texture = _texture(code, shot.inverted)
    picture = clutter(random).astype(np.float32)
    side = pixels * (code.symbol_size(border=_QUIET)[0])
    corners = _corners(side, shot, random)
    picture = _hold_up(picture, texture, corners, shot.curve)
    if shot.after is not None:
        picture = shot.after(picture, pixels, corners, random)
    picture += random.normal(0, 2.0, picture.shape).astype(np.float32)
    grey = np.clip(picture, 0, 255).astype(np.uint8)
    if shot.jpeg:
        packed = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, shot.jpeg])[1]
        grey = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)
    return Frame(condition, kind, payload, grey)


def cut_out(shot: Shot, kind: str, random: Random) -> Grey:
    """Draw a code with its margin alone, before nothing."""
    payload = _payload(kind, random)
    code = segno.make_qr(payload, error="m", boost_error=False)
    texture = _texture(code, shot.inverted)
    side = round(shot.pixels * code.symbol_size(border=_QUIET)[0])
    picture = np.asarray(cv2.resize(texture, (side, side), interpolation=cv2.INTER_AREA), np.float32)
    if shot.after is not None:
        corners = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
        picture = shot.after(picture, shot.pixels, corners, random)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _payload(kind: str, random: Random) -> bytes:
    least, most, _ = _KINDS[kind]
    count = int(random.integers(least, most + 1))
    letters = "".join(_ALPHABET[int(n)] for n in random.integers(0, len(_ALPHABET), count))
    return (
        f"https://gate.example/p?{letters.lower()}" if kind in ("short", "pass") else "HC1:" + letters
    ).encode("ascii")


def _texture(code: Any, inverted: bool) -> Grey:
    """The code with its quiet zone, and a margin of a card or a screen around it."""
    dark = np.array([list(row) for row in code.matrix_iter(border=_QUIET)], np.uint8) > 0
    paper, ink = (34, 216) if inverted else (222, 30)
    modules = np.where(dark, ink, paper).astype(np.uint8)
    return np.repeat(np.repeat(modules, _TEXELS, 0), _TEXELS, 1)


def _corners(side: float, shot: Shot, random: Random) -> Floats:
    """Where the corners of the code's square come to lie in the frame."""
    angle = np.deg2rad(random.uniform(*shot.turn_deg) * random.choice([-1, 1]))
    square = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]) * side
    # One edge is farther away than the opposite one.
    depth = 1 - random.uniform(*shot.tilt) * (square[:, int(random.integers(2))] > 0)
    square = square * depth[:, None]
    turned = square @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    reach = np.abs(turned).max(axis=0)
    free = np.maximum(0, np.array([WIDTH, HEIGHT]) / 2 - reach - 4)
    centre = np.array([WIDTH, HEIGHT]) / 2 + random.uniform(-1, 1, 2) * free
    # A code larger than the frame is held so that it just fits.
    fit = min(1.0, *((np.array([WIDTH, HEIGHT]) / 2 - 2) / reach))
    return np.asarray(turned * fit + centre, np.float32)


def _hold_up(picture: Floats, texture: Grey, corners: Floats, curve: float) -> Floats:
    """Draw the texture into the frame, several samples a pixel."""
    low = np.maximum(0, np.floor(corners.min(axis=0)).astype(int) - 1)
    high = np.minimum([WIDTH, HEIGHT], np.ceil(corners.max(axis=0)).astype(int) + 1)
    size = tuple(int(n) for n in (high - low) * _OVER)
    edge = texture.shape[0]
    source = np.array([[0, 0], [edge, 0], [edge, edge], [0, edge]], np.float32)
    back = cv2.getPerspectiveTransform(((corners - low) * _OVER).astype(np.float32), source)
    columns, rows = np.meshgrid(np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5)
    x, y, w = (back[n, 0] * columns + back[n, 1] * rows + back[n, 2] for n in range(3))
    x, y = x / w, y / w
    if curve:  # around a cylinder with an upright axis: the sides are foreshortened and bend
        across = np.clip((x / edge - 0.5) * 2, -1.2, 1.2)
        x = (np.arcsin(np.clip(across * np.sin(curve), -1, 1)) / curve + 1) / 2 * edge
        y = y + edge * 0.12 * curve * across**2
    inside = ((x >= 0) & (x < edge) & (y >= 0) & (y < edge)).astype(np.float32)
    shown = cv2.remap(texture, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR)
    small = (size[0] // _OVER, size[1] // _OVER)
    inside = np.asarray(cv2.resize(inside, small, interpolation=cv2.INTER_AREA))
    code = np.asarray(cv2.resize(shown.astype(np.float32), small, interpolation=cv2.INTER_AREA))
    part = picture[low[1] : high[1], low[0] : high[0]]
    part[:] = part * (1 - inside) + code * inside
    return picture


def _on(corners: Floats, random: Random) -> tuple[float, float]:
    """A point on the code."""
    x, y = corners.mean(axis=0) + random.uniform(-0.45, 0.45, 2) * np.ptp(corners, axis=0)
    return float(x), float(y)


def _motion(picture: Floats, pixels: float, corners: Floats, random: Random, *, modules: float) -> Floats:
    length = modules * pixels
    angle = random.uniform(0, np.pi)
    size = int(np.ceil(length)) // 2 * 2 + 3
    kernel = np.zeros((size * 8, size * 8), np.uint8)
    middle = size * 4
    reach = np.array([np.cos(angle), np.sin(angle)]) * length * 4
    ends = [(round(middle + s * reach[0]), round(middle + s * reach[1])) for s in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 255, 8)
    small = np.asarray(cv2.resize(kernel.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA))
    return np.asarray(cv2.filter2D(picture, -1, small / small.sum()), np.float32)


def defocus(picture: Floats, pixels: float, corners: Floats, random: Random, *, modules: float) -> Floats:
    """Blur as a lens does that is set for another distance."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), modules * pixels), np.float32)


def _dim(picture: Floats, pixels: float, corners: Floats, random: Random, *, noise: float = 7.0) -> Floats:
    return np.asarray(picture * 0.16 + 10 + random.normal(0, noise, picture.shape), np.float32)


def _bright(picture: Floats, pixels: float, corners: Floats, random: Random) -> Floats:
    gained = np.clip(picture * 1.9 + 70, 0, 255) / 255
    return np.asarray(cv2.GaussianBlur(gained**0.5 * 255, (0, 0), 0.28 * pixels), np.float32)


def _spots(
    picture: Floats, pixels: float, corners: Floats, random: Random, *, count: int, size: float
) -> Floats:
    """Reflections on the code: soft, brighter than paper."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    for _ in range(count):
        x, y = _on(corners, random)
        reach = size * random.uniform(0.7, 1.3)
        picture = picture + 260 * np.exp(-(((columns - x) ** 2 + (rows - y) ** 2) / (2 * reach**2)))
    return np.minimum(picture, 255).astype(np.float32)


def _moire(picture: Floats, pixels: float, corners: Floats, random: Random) -> Floats:
    """Bands of a screen's own raster against the sensor's, in two directions."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    bands = np.zeros_like(picture)
    for strength in (0.34, 0.22):
        angle, pitch = random.uniform(0, np.pi), pixels * random.uniform(1.1, 2.6)
        bands += strength * np.sin(2 * np.pi * (columns * np.cos(angle) + rows * np.sin(angle)) / pitch)
    return np.asarray(picture * (0.8 + 0.55 * bands), np.float32)


def _shadow(picture: Floats, pixels: float, corners: Floats, random: Random) -> Floats:
    """Sun through a railing: hard-edged stripes at a quarter of the light."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    angle, pitch = random.uniform(0, np.pi), random.uniform(60, 240)
    wave = np.sin(2 * np.pi * (columns * np.cos(angle) + rows * np.sin(angle)) / pitch)
    lit = np.clip(wave * 6 + random.uniform(-1, 1), -1, 1) * 0.5 + 0.5
    return np.asarray(picture * (0.24 + 0.76 * lit), np.float32)


def _damage(picture: Floats, pixels: float, corners: Floats, random: Random) -> Floats:
    """Scratches and stains, as light as paper and as dark as ink."""
    for _ in range(4):
        x, y = (round(n) for n in _on(corners, random))
        tone = float(random.choice([25.0, 220.0]))
        if random.random() < 0.5:
            end = tuple(round(n) for n in _on(corners, random))
            cv2.line(picture, (x, y), end, (tone,), 2)
        else:
            cv2.circle(picture, (x, y), round(pixels * random.uniform(0.7, 2.0)), (tone,), -1)
    return picture


def _worn(picture: Floats, pixels: float, corners: Floats, random: Random) -> Floats:
    """Ink gone in specks, as a printer that runs dry leaves it."""
    specks = cv2.GaussianBlur(random.normal(0, 1, picture.shape).astype(np.float32), (0, 0), pixels * 0.25)
    return np.where(specks > specks.std() * 1.1, 205, picture).astype(np.float32)


# Kind: fewest and most characters, and pixels a module.
_KINDS = {"short": (8, 34, 5.0), "pass": (80, 165, 5.0), "cert": (480, 1200, 4.0), "dense": (1400, 1800, 4.0)}

CONDITIONS: dict[str, Shot] = {
    "plain": Shot(),
    "motion 1.0": Shot(after=partial(_motion, modules=1.0)),
    "motion 1.8": Shot(after=partial(_motion, modules=1.8)),
    "defocus 0.45": Shot(after=partial(defocus, modules=0.45)),
    "defocus 0.65": Shot(after=partial(defocus, modules=0.65)),
    "perspective": Shot(tilt=(0.25, 0.4), turn_deg=(0, 15)),
    "turned": Shot(turn_deg=(30, 60)),
    "dim, noisy": Shot(after=_dim),
    "over-exposed": Shot(after=_bright),
    "glare": Shot(after=partial(_spots, count=1, size=30.0)),
    "bright spots": Shot(after=partial(_spots, count=8, size=9.0)),
    "shadows": Shot(after=_shadow),
    "moire": Shot(after=_moire),
    "dark mode": Shot(inverted=True),
    "jpeg 18": Shot(jpeg=18),
    "curved": Shot(curve=0.9),
    "damaged": Shot(after=_damage),
    "worn": Shot(after=_worn),
    **{f"{pixels:g} px": Shot(pixels=pixels) for pixels in (1.25, 1.5, 1.75, 2.0, 2.5, 3.0)},
}
