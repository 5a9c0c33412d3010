"""A child that writes to a journal until it is killed, or the power fails, and what must be left.

The child says each row on its standard output only after `append` returned. Run as a module it is the
child: `python -m tests.journal.crash FOLDER FIRST [normal]`.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from edge.journal import Journal
from tests.journal.samples import DAY_US, START_US, decided, held, instant, personal
from tests.paths import ROOT
from tests.waiting import until

IMAGE_BYTES = 48 << 20


def write_for_ever(folder: Path, first: int, *, normal: bool) -> None:
    """Append rows, now and then restart the days' keys by a purge, and say what is done."""
    journal = Journal.open(folder)
    journal.start_boot()
    if normal:  # what would be lost if the journal did not say FULL
        journal._writer._connection.execute("PRAGMA synchronous = NORMAL")
    for number in range(first, first + 100_000):
        at_us = START_US + number * DAY_US // 8
        who = personal("张三", f"138{number:08d}")
        row = (
            decided(number, at_us, who=who, note=number)
            if number % 3
            else held(number, at_us, who=who, note=number)
        )
        (seq,) = journal.append(row)
        sys.stdout.write(f"{seq} {number}\n")
        sys.stdout.flush()
        if number % 16 == 0:
            journal.purge(at_us - 20 * DAY_US, journal.head(), now=instant(at_us))


def lost(folder: Path, acknowledged: dict[int, int]) -> list[int]:
    """Return the acknowledged rows (sequence -> number) that are not there, not whole, or whose
    personal fields do not open although no purge named their key. Fails on a broken journal."""
    with Journal.open(folder) as journal, journal.reader() as reader:
        assert journal.incident is None
        assert journal.rolled_back is None
        assert journal.verify() == []
        assert journal.rebuild()
        gone = {
            key for row in reader.rows_after(0, 10**6, ["retention.destroyed"]) for key in row.body["keys"]
        }

        def whole(seq: int, number: int) -> bool:
            row = reader.row(seq)
            if row is None or row.body.get("note") != number:
                return False
            return row.key_id in gone or journal.unseal(row) == personal("张三", f"138{number:08d}")

        return [seq for seq, number in acknowledged.items() if not whole(seq, number)]


def absent(folder: Path, acknowledged: dict[int, int]) -> list[int]:
    """Return the acknowledged rows that are not there, of a journal that may have lost some."""
    with Journal.open(folder) as journal, journal.reader() as reader:
        rows = {row.seq: row.body.get("note") for row in reader.rows_after(0, 10**6)}
        return [seq for seq, number in acknowledged.items() if rows.get(seq) != number]


def kills(folder: Path, times: int, seed: int) -> tuple[int, int]:
    """Kill the writer `times` times with -9 in the middle; return (acknowledged, lost)."""
    rng = random.Random(seed)
    known: dict[int, int] = {}
    for _ in range(times):
        child = _start(folder, _next(known))
        _read(child, rng.randint(1, 40), known)
        child.send_signal(signal.SIGKILL)
        _drain(child, known)
    return len(known), len(lost(folder, known))


def cuts(folder: Path, times: int, seed: int, *, normal: bool = False) -> tuple[int, int]:
    """Cut the power `times` times: the store lies on a file system in a file, of which only what was
    flushed is taken over. Returns (acknowledged, lost). Needs root and loop devices."""
    rng = random.Random(seed)
    image, first, total, missing = folder / "card-0.img", 1, 0, 0
    _make(image)
    for number in range(1, times + 1):
        known: dict[int, int] = {}
        copy = folder / f"card-{number}.img"
        with _mounted(image, folder / "card") as card:
            child = _start(card / "store", first, normal=normal)
            try:
                _read(child, rng.randint(20, 120), known)
                child.send_signal(signal.SIGSTOP)
                until(lambda pid=child.pid: _state(pid) == "T", what="the writer to stand still")  # type: ignore[misc]
                subprocess.run(["cp", "--sparse=always", str(image), str(copy)], check=True)
            finally:
                child.send_signal(signal.SIGKILL)
                _drain(child, known)
        first = _next(known)
        image.unlink()
        image = copy
        with _mounted(image, folder / "card") as card:
            total += len(known)
            missing += len(absent(card / "store", known) if normal else lost(card / "store", known))
    return total, missing


def can_cut() -> bool:
    """Return whether this machine lets us mount a file."""
    if os.geteuid() != 0 or not Path("/dev/loop-control").exists():
        return False
    return subprocess.run(["mkfs.ext4", "-V"], check=False, capture_output=True).returncode == 0


def _start(folder: Path, first: int, *, normal: bool = False) -> "subprocess.Popen[str]":
    more = ["normal"] if normal else []
    command = [sys.executable, "-m", "tests.journal.crash", str(folder), str(first), *more]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _read(child: "subprocess.Popen[str]", lines: int, known: dict[int, int]) -> None:
    out = _out(child)
    for _ in range(lines):
        _take(out.readline(), known)
        assert child.poll() is None, "the writer ended by itself"


def _drain(child: "subprocess.Popen[str]", known: dict[int, int]) -> None:
    out = _out(child)
    for line in out:
        _take(line, known)
    out.close()
    child.wait(10)


def _take(line: str, known: dict[int, int]) -> None:
    if line.endswith("\n"):
        seq, number = line.split()
        known[int(seq)] = int(number)


def _out(child: "subprocess.Popen[str]") -> IO[str]:
    assert child.stdout is not None
    return child.stdout


def _next(known: dict[int, int]) -> int:
    return max(known.values(), default=0) + 50


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def _make(image: Path) -> None:
    with image.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)


@contextlib.contextmanager
def _mounted(image: Path, at: Path) -> Iterator[Path]:
    at.mkdir(exist_ok=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(at)], check=True)
    try:
        yield at
    finally:
        deadline = time.monotonic() + 10
        while subprocess.run(["umount", str(at)], check=False, capture_output=True).returncode:
            assert time.monotonic() < deadline, "the card cannot be unmounted"


if __name__ == "__main__":
    write_for_ever(Path(sys.argv[1]), int(sys.argv[2]), normal="normal" in sys.argv[3:])
