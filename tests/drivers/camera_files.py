"""Pictures and videos of codes, made for the camera's tests; a camera's stream on loopback."""

import http.server
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import segno

Grey = npt.NDArray[np.uint8]

# What passes through gates, and what breaks other decoders (see the payload fidelity of the peers).
PAYLOADS: dict[str, bytes] = {
    "ascii": b"https://example.org/x?y=1&z=2",
    "chinese utf-8": "张三,观音桥3号楼1单元".encode(),
    "chinese gb18030": "李四 居民通行证 𠮷".encode("gb18030"),
    "nul bytes": b"front\x00middle\x00\x00back",
    "every byte": bytes(range(256)),
    "latin-1": "café à la crème".encode("latin-1"),
    "control characters": b"a\x1d\x1e\x04b\r\n\tc",
    "html": b"<script>alert('x')</script>&amp;<b>",
    "invalid utf-8": b"\xff\xfe\xfa\xc3\x28\xf0\x28\x8c",
    "2900 characters": b"HC1:" + b"6BFOXN%TSMAHN-HVUOCOOSPQBW" * 111 + b"0123456789",
}


def code_picture(payload: bytes, *, pixels: int = 4, inverted: bool = False) -> Grey:
    """Return a code in byte mode with its quiet zone, so many pixels a module."""
    code = segno.make_qr(payload, mode="byte", error="L", boost_error=False)
    dark = np.array([list(row) for row in code.matrix_iter(scale=pixels, border=4)], np.uint8) > 0
    return np.where(dark != inverted, 0, 255).astype(np.uint8)


def scene(payload: bytes | None = None, *, seed: int = 0, inverted: bool = False) -> Grey:
    """Return a 640x480 picture of a noisy grey wall, with a code held before it."""
    noise = np.random.default_rng(seed).normal(0, 2, (480, 640))
    picture = np.clip(140 + noise, 0, 255).astype(np.uint8)
    if payload is not None:
        code = code_picture(payload, inverted=inverted)
        height, width = code.shape
        top, left = (480 - height) // 2, (640 - width) // 2
        picture[top : top + height, left : left + width] = code
    return picture


def write_video(path: Path, frames: Iterable[Grey], fps: float = 15.0) -> Path:
    """Write frames as motion JPEG."""
    writer: Any = None
    for frame in frames:
        if writer is None:
            size = (frame.shape[1], frame.shape[0])
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, size)
            assert writer.isOpened()
        writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    writer.release()
    return path


def write_picture(path: Path, picture: Grey) -> Path:
    """Write a picture in the format of its suffix."""
    assert cv2.imwrite(str(path), picture)
    return path


class Stream:
    """A network camera that can be told what to do: what it shows, and whether it sends at all."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.sending = threading.Event()
        self.over = threading.Event()
        self.sending.set()
        self.address = ""

    def show(self, pictures: Iterable[Grey]) -> None:
        """Send these pictures from now on, in turn."""
        self.frames = [cv2.imencode(".jpg", picture)[1].tobytes() for picture in pictures]


@contextmanager
def stream(pictures: Iterable[Grey]) -> Iterator[Stream]:
    """Serve a motion JPEG stream of pictures at 25 a second on a free loopback port."""
    camera = Stream()
    camera.show(pictures)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            number = 0
            try:
                while not camera.over.wait(0.04):
                    if not camera.sending.is_set():
                        continue
                    jpeg = camera.frames[number % len(camera.frames)]
                    head = f"--frame\r\ncontent-type: image/jpeg\r\ncontent-length: {len(jpeg)}\r\n\r\n"
                    self.wfile.write(head.encode() + jpeg + b"\r\n")
                    number += 1
            except OSError:
                return

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    camera.address = f"http://someone:secret@127.0.0.1:{server.server_port}/live.mjpg"
    try:
        yield camera
    finally:
        camera.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
