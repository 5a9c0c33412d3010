"""What the whole gate costs with nobody there: one lane, a 640x480 camera, a thermometer at ten
frames a second, pages open to nobody. Memory is proportional (PSS), summed over all its processes."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.figures import figure

SECONDS = 20.0
ROOT = Path(__file__).resolve().parent.parent
CONFIG = """
[gate]
id = "bench"
name = "bench"
[store]
path = "{folder}/store"
[web]
listen = "127.0.0.1:{port}"
[[lane]]
name = "in"
direction = "in"
procedure = "compound"
[lane.thermometer]
driver = "simulated"
script = "{folder}/nobody.json"
[lane.scanner]
driver = "camera"
source = "file:{folder}/nobody.avi"
loop = true
"""


def rows() -> Iterator[dict[str, Any]]:
    """Yield memory and processor share."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # In a child: OpenCV must not sit in the process that measures.
        subprocess.run([sys.executable, "-c", _FILM, str(folder / "nobody.avi")], check=True)
        (folder / "nobody.json").write_text('{"cycle_s": 60, "ambient_c": 21.0, "people": []}', "utf-8")
        port = free_port()
        (folder / "gatepost.toml").write_text(CONFIG.format(folder=folder, port=port), "utf-8")
        gate = subprocess.Popen(
            [sys.executable, "-m", "edge", "run", "--config", str(folder / "gatepost.toml")],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_ready(f"http://127.0.0.1:{port}/readyz")
            yield from _measure(gate.pid)
        finally:
            gate.send_signal(signal.SIGTERM)
            gate.wait(30)


def _measure(pid: int) -> Iterator[dict[str, Any]]:
    time.sleep(5)  # imports and the first pictures are not idling
    before, started = _cpu_s(family(pid)), time.monotonic()
    time.sleep(SECONDS)
    share = (_cpu_s(family(pid)) - before) / (time.monotonic() - started) * 100
    processes = family(pid)
    yield figure(
        "idle.pss", sum(map(pss_mib, processes)), "MiB", peer="allowed", peer_value=150, n=len(processes)
    )
    yield figure("idle.core", share, "% of one core", peer="allowed", peer_value=15, n=int(SECONDS))
    for process in processes:
        name = Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()[-40:].strip()
        yield figure(f"idle.pss[{name}]", pss_mib(process), "MiB")


def family(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found.extend(int(child) for child in task.read_text("ascii").split())
    return found


def pss_mib(pid: int) -> float:
    """Return the proportional memory of a process in MiB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _cpu_s(pids: list[int]) -> float:
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Return a loopback port that was free a moment ago."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_ready(url: str, timeout_s: float = 60.0) -> None:
    """Return once the gate says it is ready; raises TimeoutError."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.2)
    raise TimeoutError(f"{url} did not become ready in {timeout_s} s")


_FILM = """
import sys, cv2, numpy as np
writer = cv2.VideoWriter(sys.argv[1], cv2.VideoWriter.fourcc(*"MJPG"), 15, (640, 480))
noise = np.random.default_rng(1)
for _ in range(150):
    frame = np.full((480, 640, 3), 110, np.uint8)
    frame[300:] = 80
    writer.write(cv2.add(frame, noise.integers(0, 4, frame.shape, np.uint8)))
writer.release()
"""
