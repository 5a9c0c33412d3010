"""Who else has a device file open, as far as this account may see.

pyserial's lock is a request: a program that does not ask for it (a terminal, ModemManager) shares the
port and takes every second byte. Reads /proc only; names programs, never their arguments.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has the file open or locked; `name` is empty where it may not be seen."""

    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (process {self.pid})" if self.name else f"process {self.pid}"


def holders(path: str, *, proc: Path = PROC) -> tuple[Holder, ...]:
    """Return the other processes that have the device file open or locked."""
    pids = _holding(path, proc) - {os.getpid()}
    return tuple(Holder(pid, _name(pid, proc)) for pid in sorted(pids))


def is_ours(path: str, *, proc: Path = PROC) -> bool:
    """Say whether this process has the device file open already."""
    return os.getpid() in _holding(path, proc)


def _holding(path: str, proc: Path) -> set[int]:
    try:
        status = Path(path).stat()
    except OSError:
        return set()
    if not stat.S_ISCHR(status.st_mode):
        return set()
    return {*_open(status.st_rdev, proc), *_locked(status, proc)}


def _open(device: int, proc: Path) -> Iterator[int]:
    for folder in _entries(proc):
        if not folder.name.isdigit():
            continue
        for descriptor in _entries(Path(folder.path, "fd")):
            try:
                status = descriptor.stat()  # of what it leads to
            except OSError:
                continue  # closed meanwhile, or not for us
            if stat.S_ISCHR(status.st_mode) and status.st_rdev == device:
                yield int(folder.name)
                break


def _locked(status: os.stat_result, proc: Path) -> Iterator[int]:
    """Yield the holders of a flock: /proc/locks names them also where their files are hidden."""
    place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    try:
        lines = (proc / "locks").read_text("ascii").splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        fields = line.split()
        # "1: FLOCK ADVISORY WRITE <pid> <device>:<inode> 0 EOF"; a waiting one has "->" before FLOCK.
        if len(fields) >= 6 and fields[1] == "FLOCK" and fields[5] == place and fields[4].isdigit():
            yield int(fields[4])


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _name(pid: int, proc: Path) -> str:
    try:
        return (proc / str(pid) / "comm").read_text("utf-8", "replace").strip()
    except OSError:
        return ""
