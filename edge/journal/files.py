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
    """Move a database with its write-ahead file, both or neither (see `settle_move`)."""
    try:
        begin_move(path, target)
        path.replace(target)
    finally:
        settle_move(path)


def begin_move(path: Path, target: Path) -> None:
    """Note that the database `path` goes to `target`, then send its write-ahead file ahead; whoever
    calls moves the database and then settles."""
    write_private(_note_of(path), target.name.encode())
    wal = Path(f"{path}-wal")
    if wal.exists():
        wal.replace(f"{target}-wal")
    Path(f"{path}-shm").unlink(missing_ok=True)
    sync_folder(path.parent)


def settle_move(path: Path) -> bool:
    """End the move that is noted. Where the database has not gone (an error, a power cut), its
    write-ahead file comes back; return whether that was so. Only while nobody else has it open."""
    note = _note_of(path)
    try:
        target = path.with_name(note.read_text("ascii"))
    except FileNotFoundError:
        return False
    stayed = path.exists() and (not target.exists() or target.samefile(path))
    if stayed:
        wal = Path(f"{target}-wal")
        if wal.exists():
            wal.replace(f"{path}-wal")
        target.unlink(missing_ok=True)  # a second name of the same file
    sync_folder(path.parent)
    note.unlink()
    sync_folder(path.parent)
    return stayed


def move_is_open(path: Path) -> bool:
    """Return whether a move of `path` was begun and not settled."""
    return _note_of(path).exists()


def _note_of(path: Path) -> Path:
    # A note, because what lies about proves nothing: who makes room on the card may remove a file
    # that was set aside and leave its write-ahead file.
    return path.with_suffix(".moving")
