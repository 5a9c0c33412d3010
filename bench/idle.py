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
            time.sleep(5)  # imports and the first pictures are not idling
            # Before anything else loads OpenCV: pages that others map as well count by halves.
            yield from _memory(family(gate.pid))
            # The same film read by OpenCV alone, at the same time: what the machine makes of it.
            with subprocess.Popen([sys.executable, "-c", _BARE, str(folder / "nobody.avi")]) as bare:
                try:
                    time.sleep(2)
                    yield from _measure(gate.pid, bare.pid)
                finally:
                    bare.kill()
        finally:
            gate.send_signal(signal.SIGTERM)
            gate.wait(30)


def _memory(processes: list[int]) -> Iterator[dict[str, Any]]:
    sizes = {process: pss_mib(process) for process in processes}
    yield figure("idle.pss", sum(sizes.values()), "MiB", peer="allowed", peer_value=150, n=len(sizes))
    for process, size in sizes.items():
        yield figure(f"idle.pss[{_name(process)}]", size, "MiB")


def _measure(pid: int, bare: int) -> Iterator[dict[str, Any]]:
    before, started = {process: _spent(process) for process in (*family(pid), bare)}, time.monotonic()
    stolen = _stolen_s()
    time.sleep(SECONDS)
    processes = family(pid)
    after = {process: _spent(process) for process in (*processes, bare)}
    stolen, seconds = _stolen_s() - stolen, time.monotonic() - started
    spent = {
        process: [(now - then) / seconds for now, then in zip(after[process], before[process], strict=True)]
        for process in after
        if process in before
    }
    share = sum(sum(spent[process][:2]) for process in processes if process in spent) * 100
    yield figure("idle.core", share, "% of one core", peer="allowed", peer_value=15, n=int(SECONDS))
    bare_share = sum(spent[bare][:2]) * 100
    yield figure(
        "idle.core_to_bare", share, "% of one core", peer="OpenCV alone, same film", peer_value=bare_share
    )
    # A virtual machine that is not given its processor counts part of that as ours.
    yield figure("idle.stolen", stolen / seconds * 100, "% of one core")
    for process in processes:
        name = _name(process)
        # Told apart, because a share that is too high is a code path, a kernel or a full machine.
        user, system, minor, major = spent.get(process, [0.0] * 4)
        yield figure(f"idle.user[{name}]", user * 100, "% of one core")
        yield figure(f"idle.system[{name}]", system * 100, "% of one core")
        yield figure(f"idle.faults[{name}]", minor, "1/s")
        yield figure(f"idle.faults_from_disk[{name}]", major, "1/s")


def family(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found.extend(int(child) for child in task.read_text("ascii").split())
    return found


def _name(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return "camera" if b"drivers.scanner._capture" in words else "gate"


def pss_mib(pid: int) -> float:
    """Return the proportional memory of a process in MiB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _spent(pid: int) -> tuple[float, float, float, float]:
    """Return seconds in user and in kernel code, and page faults without and with the disk."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
    ticks = os.sysconf("SC_CLK_TCK")
    return int(fields[11]) / ticks, int(fields[12]) / ticks, float(fields[7]), float(fields[9])


def _stolen_s() -> float:
    """Return for how long the host has kept processors from this machine so far."""
    first = Path("/proc/stat").read_text("ascii").splitlines()[0].split()
    return int(first[8]) / os.sysconf("SC_CLK_TCK")


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


_BARE = """
import sys, time, cv2
cv2.setNumThreads(1)
film = cv2.VideoCapture(sys.argv[1], cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
due = time.monotonic()
while True:
    got, frame = film.read()
    if not got:
        film.set(cv2.CAP_PROP_POS_FRAMES, 0)
        continue
    cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    due = max(due + 1 / 15, time.monotonic() - 1)
    time.sleep(max(0, due - time.monotonic()))
"""
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
