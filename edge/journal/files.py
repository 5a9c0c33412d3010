"""Small files beside the journal, written so that a power cut leaves the old or the new, whole."""

import os
from pathlib import Path

PRIVATE = 0o600


def write_private(path: Path, data: bytes) -> None:
    """Put `data` at `path` in one step, readable by the owner only, on disk when this returns."""
    temporary = path.with_name(path.name + ".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    try:
        os.fchmod(descriptor, PRIVATE)
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames and removals in `folder` last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def shred(path: Path) -> None:
    """Overwrite and remove a small file. On flash the old cells may live on: the best there is."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    sync_folder(path.parent)


def free_name(folder: Path, pattern: str) -> Path:
    """Return the first unused path for `pattern` with a number in it."""
    number = 1
    while (path := folder / pattern.format(number)).exists() or Path(f"{path}-wal").exists():
        number += 1
    return path


def move_aside(path: Path, target: Path) -> None:
    """Move a database with its write-ahead file; that one goes first, so that an interrupted move
    can be told from a finished one and be finished."""
    wal = Path(f"{path}-wal")
    if wal.exists():
        wal.replace(f"{target}-wal")
        sync_folder(path.parent)
    Path(f"{path}-shm").unlink(missing_ok=True)
    path.replace(target)
    sync_folder(path.parent)
