"""What the camera costs at 1280x720 and 15 frames a second with somebody there half of the time, and
how long after a code is in view its scan is at the port.

The film is drawn by bench.frames and bench.scenery: one background, four people in turn, each with a
code of another kind (a pass, a certificate, dark mode, out of focus) held in an unsteady hand. At the
same time, on the same film, the peer: OpenCV and one zxing-cpp pass on every frame.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np

from bench.figures import figure, p95
from drivers.scanner.camera import CameraPort, Options, connect

FPS = 15
TURN_S = 4  # one person: two seconds there, two seconds nobody
HELD_AT = 8  # frames after somebody stepped up
LEAVES_AT = 30
LOOKED_FOR = ("pass", "cert", "dark mode", "defocus")
SECONDS = 48.0
ROOT = Path(__file__).resolve().parent.parent


def rows(seconds: float = SECONDS) -> Iterator[dict[str, Any]]:
    """Yield processor share, latency, and how many of the codes held up were read."""
    with tempfile.TemporaryDirectory() as name:
        film = Path(name) / "gate.avi"
        # In a child: drawing takes 300 MB that this process does not need.
        subprocess.run(
            [sys.executable, "-c", f"from bench.camera import draw; draw({str(film)!r})"],
            check=True,
            cwd=ROOT,
        )
        port = connect(Options(source=f"file:{film}", loop=True))
        try:
            while not port.started:
                port.read()
            read = Path(name) / "read.txt"
            with read.open("wb") as out, _bare(film, out) as bare:
                try:
                    _watch(port, 4.0)  # imports and first pictures are not the cost of running
                    yield from _measure(port, bare.pid, read, seconds)
                finally:
                    bare.kill()
        finally:
            port.close()


def _bare(film: Path, out: IO[bytes]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", _BARE, str(film)], cwd=ROOT, stdout=out)


def _measure(port: CameraPort, bare: int, bare_read: Path, seconds: float) -> Iterator[dict[str, Any]]:
    before = [_cpu_s(pid) for pid in (port.pid, bare)]
    own, stolen, begun, frames = time.process_time(), _stolen_s(), time.monotonic(), port.frames
    read = _watch(port, seconds)
    over = time.monotonic()
    shown = set(_turns(begun, over))
    late = [ms for turn, ms in read.items() if turn in shown]
    peers = _late(float(line) for line in bare_read.read_text("ascii").splitlines())
    peer_late = [ms for turn, ms in peers.items() if turn in shown]
    passed = over - begun
    camera, peer = (_cpu_s(pid) - then for pid, then in zip((port.pid, bare), before, strict=True))
    camera += time.process_time() - own
    share = camera / passed * 100
    yield figure("camera.core", share, "% of one core", peer="allowed", peer_value=35, n=int(passed))
    yield figure(
        "camera.core_to_bare",
        share,
        "% of one core",
        peer="OpenCV and zxing-cpp on every frame",
        peer_value=peer / passed * 100,
    )
    yield figure("camera.frames", (port.frames - frames) / passed, "1/s", peer="film", peer_value=FPS)
    yield figure("camera.codes_read", len(late), "codes", peer="held up", peer_value=len(shown))
    yield figure(
        "camera.codes_read_to_bare",
        len(late),
        "codes",
        peer="zxing-cpp on every frame",
        peer_value=len(peer_late),
    )
    if late and peer_late:
        yield figure("camera.view_to_scan_p95", p95(late), "ms", peer="allowed", peer_value=400, n=len(late))
        for name, of in (("p95", p95), ("median", statistics.median)):
            yield figure(
                f"camera.view_to_scan_{name}_to_bare",
                of(late),
                "ms",
                peer="zxing-cpp on every frame",
                peer_value=of(peer_late),
                n=len(late),
            )
    # A virtual machine that is not given its processors counts part of that as ours.
    yield figure("camera.stolen", (_stolen_s() - stolen) / passed * 100, "% of one core")


def _watch(port: CameraPort, seconds: float) -> dict[int, float]:
    """Return, for each person whose code was read, milliseconds from the frame that shows it."""
    until = time.monotonic() + seconds
    moments = []
    while time.monotonic() < until:
        moments += [time.monotonic() for _ in port.read()]
    return _late(moments)


def _late(moments: Iterable[float]) -> dict[int, float]:
    """Return how long after its code was shown each turn was read first, in milliseconds."""
    late: dict[int, float] = {}
    for moment in moments:
        turn = int(moment / TURN_S)
        shown_at = turn * TURN_S + HELD_AT / FPS
        if moment >= shown_at:
            late.setdefault(turn, (moment - shown_at) * 1000)
    return late


def _turns(begun: float, over: float) -> Iterator[int]:
    """Yield the turns whose code was held up, from its first frame, between two moments."""
    for turn in range(int(begun / TURN_S), int(over / TURN_S) + 1):
        if begun <= turn * TURN_S + HELD_AT / FPS and turn * TURN_S + LEAVES_AT / FPS <= over:
            yield turn


def draw(path: str) -> None:
    """Write the film. Frame n of the film is shown at (n / FPS) modulo its length on the monotonic
    clock, so that a turn begins at every whole multiple of TURN_S."""
    import cv2

    from bench import scenery

    random = np.random.default_rng(20200208)
    background = scenery.clutter(random)
    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), FPS, (scenery.WIDTH, scenery.HEIGHT))
    for kind in LOOKED_FOR:
        held = _held(kind, random)
        person = scenery.clutter(random)[:620, :380]
        for number in range(TURN_S * FPS):
            scene = background.copy()
            if number < LEAVES_AT:
                step = min(number, HELD_AT) * 40 + random.integers(-3, 4)
                scene[100:720, 100 + step : 480 + step] = person
            if HELD_AT <= number < LEAVES_AT:
                down, right = (int(n) for n in random.integers(-4, 5, 2))
                height, width = held.shape
                top, left = 250 + down, 640 - width // 2 + right
                scene[top : top + height, left : left + width] = held
            noisy = np.clip(scene + random.normal(0, 2.0, scene.shape), 0, 255).astype(np.uint8)
            writer.write(cv2.cvtColor(noisy, cv2.COLOR_GRAY2BGR))
    writer.release()


def _held(kind: str, random: np.random.Generator) -> Any:
    """Return a code as a camera sees it, cut out with its quiet zone."""
    from bench import frames

    pixels = 3.0 if kind == "cert" else 4.0
    blur = partial(frames.defocus, modules=0.45) if kind == "defocus" else None
    shot = frames.Shot(pixels=pixels, turn_deg=(0, 0), tilt=(0, 0), inverted=kind == "dark mode", after=blur)
    return frames.cut_out(shot, "cert" if kind == "cert" else "pass", random)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _stolen_s() -> float:
    """Return for how long the host has kept processors from this machine so far."""
    first = Path("/proc/stat").read_text("ascii").splitlines()[0].split()
    return int(first[8]) / os.sysconf("SC_CLK_TCK")


# In step with the same clock as the camera's own reader of films; says when it read something.
_BARE = """
import os, sys, time, cv2, zxingcpp
os.nice(1)  # as polite as the camera's process
cv2.setNumThreads(1)
film = cv2.VideoCapture(sys.argv[1], cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
count, at, shown = int(film.get(cv2.CAP_PROP_FRAME_COUNT)), 0, None
while True:
    due = int(time.monotonic() * 15)
    if due == shown:
        time.sleep(max(0.0, (due + 1) / 15 - time.monotonic()))
        continue
    shown = due
    if due % count < at:
        film.set(cv2.CAP_PROP_POS_FRAMES, 0)
        at = 0
    while at < due % count and film.grab():
        at += 1
    got, frame = film.read()
    at += 1
    if not got:
        continue
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    if zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormat.QRCode):
        print(time.monotonic(), flush=True)
"""
