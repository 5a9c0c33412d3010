"""Makes pictures of people small: a child process that reads files and writes plain JPEGs.

What somebody brings is an enemy's file until it is decoded, and OpenCV is a large piece of C: this runs in
a process of its own, without a lane to hurt. A file is looked at before it is decoded (which kind, how many
pixels); what comes out is drawn anew, so that neither its metadata nor its bytes are ever kept or served.

On standard input, each file with its length (4 bytes, big end first) before it; on standard output, for
each in the same order, a code (1 byte: 0 well, else its place in `CODES`), a length and the JPEG.
"""

import os
import resource
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

MOST_BYTES = 12_000_000
MOST_PIXELS = 40_000_000
LEAST_SIDE = 48  # below it nobody is recognised
WIDTH, HEIGHT = 240, 320
MOST_JPEG = 14_000
CODES = ("", "too_large", "not_a_picture", "too_many_pixels", "too_small", "broken")
_QUALITIES = (82, 70, 55, 40, 25)
_MEMORY = 2 << 30
_STANDALONE = frozenset({0x01, *range(0xD0, 0xDA)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PNG = b"\x89PNG\r\n\x1a\n"


def size_of(content: bytes) -> tuple[int, int] | None:
    """Return width and height as the head of a JPEG or PNG says; None for anything else."""
    if content.startswith(_PNG):
        head = content[8:24]
        return struct.unpack(">II", head[8:]) if len(head) == 16 and head[4:8] == b"IHDR" else None
    if content.startswith(b"\xff\xd8\xff"):
        return _size_of_jpeg(content)
    return None


def smaller(content: bytes) -> tuple[str, bytes]:
    """Return "" and the picture as a small JPEG, or a code of `CODES` and nothing."""
    if len(content) > MOST_BYTES:
        return "too_large", b""
    size = size_of(content)
    if size is None:
        return "not_a_picture", b""
    if size[0] * size[1] > MOST_PIXELS:
        return "too_many_pixels", b""
    if min(size) < LEAST_SIDE:
        return "too_small", b""
    return _drawn_anew(content, size)


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer every file until the input ends."""
    while len(head := source.read(4)) == 4:
        (length,) = struct.unpack(">I", head)
        content = source.read(length) if length <= MOST_BYTES else b""
        if len(content) != length:  # too large to be read, or broken off: there is nothing behind it
            sink.write(_answer("too_large", b""))
            return
        sink.write(_answer(*smaller(content)))
        sink.flush()


def _answer(code: str, jpeg: bytes) -> bytes:
    return struct.pack(">BI", CODES.index(code), len(jpeg)) + jpeg


def _size_of_jpeg(content: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        kind = content[at + 1]
        if kind == 0xFF:  # a filler
            at += 1
        elif kind in _STANDALONE:
            at += 2
        elif kind in _FRAMES:
            frame = content[at + 5 : at + 9]
            if len(frame) < 4:
                return None
            height, width = struct.unpack(">HH", frame)
            return width, height
        else:
            at += 2 + max(2, int.from_bytes(content[at + 2 : at + 4], "big"))
    return None


def _drawn_anew(content: bytes, size: tuple[int, int]) -> tuple[str, bytes]:
    import cv2
    import numpy as np

    # A JPEG can be decoded at an eighth, which spares the memory of a large one.
    shrink = min(size[0] // WIDTH, size[1] // HEIGHT)
    flags = {8: cv2.IMREAD_REDUCED_COLOR_8, 4: cv2.IMREAD_REDUCED_COLOR_4, 2: cv2.IMREAD_REDUCED_COLOR_2}
    flag = next((flags[step] for step in flags if shrink >= step), cv2.IMREAD_COLOR)
    try:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), flag)
    except (cv2.error, MemoryError):
        return "broken", b""
    if picture is None or min(picture.shape[:2]) < 1:
        return "broken", b""
    height, width = picture.shape[:2]
    share = min(1.0, WIDTH / width, HEIGHT / height)
    wanted = max(1, round(width * share)), max(1, round(height * share))
    picture = cv2.resize(picture, wanted, interpolation=cv2.INTER_AREA)
    for quality in _QUALITIES:
        _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if len(encoded) <= MOST_JPEG:
            break
    return "", encoded.tobytes()


def main() -> None:
    """Serve standard input, within bounds of memory that a crafted file cannot leave."""
    os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(MOST_PIXELS)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):  # where memory runs out all the same, let it be us and not the gate
        Path("/proc/self/oom_score_adj").write_text("800", "ascii")
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
