"""Busy scenes without a code, drawn from a seed: what stands behind a code, or tempts a reader alone."""

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
Random = np.random.Generator

WIDTH, HEIGHT = 1280, 720


def clutter(random: Random, width: int = WIDTH, height: int = HEIGHT) -> Grey:
    """Return a busy scene without a code: shadows, boards, lettering, railings, leaves, tiles."""
    across = np.linspace(0, 1, width, dtype=np.float32)
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    light = 110 + 60 * random.uniform(-1, 1) * across + 60 * random.uniform(-1, 1) * down
    picture = np.clip(light, 20, 235).astype(np.uint8)
    for _ in range(int(random.integers(14, 28))):
        part = _PARTS[int(random.integers(len(_PARTS)))]
        x, y = int(random.integers(0, width - 60)), int(random.integers(0, height - 60))
        w, h = int(random.integers(50, width // 3)), int(random.integers(40, height // 3))
        part(picture[y : y + h, x : x + w], random)
    rough = random.normal(0, 2.5, picture.shape) + picture
    return cv2.GaussianBlur(np.clip(rough, 0, 255).astype(np.uint8), (3, 3), 0.6).astype(np.uint8)


def _board(part: Grey, random: Random) -> None:
    part[:] = int(random.integers(20, 236))
    for row in range(14, part.shape[0] - 4, int(random.integers(14, 26))):
        words = "".join(chr(int(c)) for c in random.integers(33, 122, 60))
        tone = int(random.integers(0, 256))
        cv2.putText(part, words, (5, row), cv2.FONT_HERSHEY_SIMPLEX, random.uniform(0.3, 0.8), tone, 1)


def _railing(part: Grey, random: Random) -> None:
    pitch = int(random.integers(4, 24))
    for column in range(0, part.shape[1], pitch):
        part[:, column : column + pitch // 2] = int(random.integers(15, 80))


def _leaves(part: Grey, random: Random) -> None:
    coarse = random.integers(30, 200, (part.shape[0] // 5 + 1, part.shape[1] // 5 + 1)).astype(np.uint8)
    part[:] = cv2.resize(coarse, (part.shape[1], part.shape[0]), interpolation=cv2.INTER_CUBIC)


def _tiles(part: Grey, random: Random) -> None:
    pitch = int(random.integers(6, 30))
    rows, columns = np.mgrid[0 : part.shape[0], 0 : part.shape[1]]
    light, dark = sorted(int(n) for n in random.integers(30, 230, 2))
    part[:] = np.where((rows // pitch + columns // pitch) % 2, light, dark)


def _face(part: Grey, random: Random) -> None:
    centre, axes = (part.shape[1] // 2, part.shape[0] // 2), (part.shape[1] // 3, part.shape[0] // 2)
    cv2.ellipse(part, centre, axes, 0, 0, 360, int(random.integers(90, 200)), -1)


_PARTS = (_board, _board, _railing, _leaves, _tiles, _face)
