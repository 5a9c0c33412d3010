"""Copies of the journal, and taking one back.

A backup holds the wrapped keys but never the master key: once a purge has turned that, no old backup
brings back what was destroyed. A gate that goes on from a backup goes on as a new incarnation, whose
first row names the old one: rows that were lost had the next sequences of the old incarnation, and
the district may know them. The old rows stay in the file, readable and chained.
"""

import logging
import os
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from edge.domain.model import Instant
from edge.journal import case_file
from edge.journal.anchor import Anchor, read_anchor, write_anchor
from edge.journal.faults import from_os, journal_error
from edge.journal.files import begin_move, free_name, settle_move, sync_folder
from edge.journal.hold import Hold
from edge.journal.keys import Keys
from edge.journal.master import Master, check_of
from edge.journal.reserve import Reserve
from edge.journal.rows import Row
from edge.journal.schema import FILE, connect, connect_readonly, migrate, refuse_newer
from edge.journal.verify import verify_file
from edge.journal.writer import HEAD, Writer, get_meta, set_meta

_PAGES_AT_ONCE = 4096
_RESTORING = "journal.restoring"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: the new incarnation, the one it goes on from and its head, how many keys
    of sealed fields could not be kept, and where the journal that was there before now stands."""

    incarnation: str
    previous: str
    head: int
    keys_lost: int
    aside: str | None


@dataclass(frozen=True, slots=True)
class _Present:
    check: bytes | None
    boot: int
    cases: int
    keys: dict[tuple[int, str, int, int], bytes]


def copy_database(source: sqlite3.Connection, to: Path, progress: Callable[[], None] | None = None) -> None:
    """Write a consistent copy of an open database to `to`, whole or not at all: what fails leaves nothing.
    `progress` is called every few megabytes; only for a file that nobody else writes meanwhile."""
    temporary = to.with_name(to.name + ".part")
    parts = (temporary, Path(f"{temporary}-journal"))
    for part in parts:
        part.unlink(missing_ok=True)
    try:
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        _copy(source, temporary, progress)
        temporary.replace(to)
    except BaseException:
        for part in parts:
            part.unlink(missing_ok=True)
        raise
    sync_folder(to.parent)


def _copy(source: sqlite3.Connection, temporary: Path, progress: Callable[[], None] | None) -> None:
    target = sqlite3.connect(temporary, isolation_level=None)
    try:
        if progress is None:
            source.backup(target)
        else:
            source.backup(target, pages=_PAGES_AT_ONCE, progress=lambda *_left: progress())
        # A single file that opens on a read-only medium.
        target.execute("PRAGMA journal_mode = DELETE")
    finally:
        target.close()
    descriptor = os.open(temporary, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def backup(journal_path: Path, to: Path) -> None:
    """Copy the journal to `to` while the gate goes on; the copy is verified. Raises JournalError
    when `to` exists or the copy is not sound."""
    if to.exists():
        raise journal_error(f"{to.name} 已存在", f"{to.name} is already there")
    source = connect_readonly(journal_path)
    try:
        copy_database(source, to)
    except (sqlite3.Error, OSError) as error:
        raise from_os(error) from error
    finally:
        source.close()
    faults = verify_file(to)
    if faults:
        raise journal_error(f"备份有误: {faults[0]}", f"the copy has faults: {faults[0]}")


def restore(
    folder: Path, source: Path, at: Instant, *, outside: bytes | None = None, without_key: bool = False
) -> Restored:
    """Make the backup `source` the journal of `folder`, as a new incarnation. The gate must not be
    running. `without_key` gives up the sealed fields whose keys the present master does not open.
    Raises JournalError; until the last step the present journal is untouched."""
    if not source.exists():
        raise journal_error(f"没有这个文件: {source}", f"no such file: {source}")
    faults = verify_file(source)
    if faults:
        raise journal_error(f"备份有误: {faults[0]}", f"the backup has faults: {faults[0]}")
    refuse_newer(source)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    hold = Hold(folder)
    try:
        hold.alone()
        return _restore(folder, source, at, Master(folder, outside), without_key=without_key)
    except (sqlite3.Error, OSError) as error:
        raise from_os(error) from error
    finally:
        hold.close()


def _restore(folder: Path, source: Path, at: Instant, master: Master, *, without_key: bool) -> Restored:
    settle_move(folder / FILE)
    present = _look_at(folder / FILE)
    fresh = folder / _RESTORING
    for left in (fresh, Path(f"{fresh}-wal"), Path(f"{fresh}-shm")):
        left.unlink(missing_ok=True)
    reading = connect_readonly(source)
    try:
        copy_database(reading, fresh)
    finally:
        reading.close()
    keys_lost = _fit(fresh, present, master, without_key=without_key)
    restored, anchor = _go_on(fresh, at, master, folder, boot=present.boot, keys_lost=keys_lost)
    remembered = read_anchor(folder)
    numbered = max(anchor.case, present.cases, remembered.case if remembered is not None else 0)
    aside = None
    try:
        if (folder / FILE).exists():
            aside = _keep(folder / FILE, free_name(folder, "journal-before-restore-{}.db"))
        fresh.replace(folder / FILE)
        sync_folder(folder)
    finally:
        settle_move(folder / FILE)
    write_anchor(folder, replace(anchor, case=numbered))
    _log.warning("restored as incarnation %s after row %d of %s", restored[0], restored[2], restored[1])
    return Restored(*restored, keys_lost=keys_lost, aside=aside)


def _keep(path: Path, target: Path) -> str:
    # A damaged journal may still have its write-ahead file, which must not meet the new one. The
    # second name keeps the old file where it is until the new one replaces it in one step.
    begin_move(path, target)
    os.link(path, target)
    sync_folder(path.parent)
    return target.name


def _look_at(path: Path) -> _Present:
    """What the journal that is being replaced can still say of its keys and boots."""
    if not path.exists():
        return _Present(None, 0, 0, {})
    connection = connect_readonly(path)  # it may be damaged: nothing of it is touched
    try:
        lines = connection.execute(
            "SELECT key_id, scope, opened_us, first_seq, wrapped FROM seal_key WHERE wrapped IS NOT NULL"
        ).fetchall()
        keys = {tuple(line[:4]): line[4] for line in lines}
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        cases = case_file.highest(connection) if version >= case_file.SINCE else 0
        check, boot = get_meta(connection, "master_check"), get_meta(connection, "boot") or 0
        return _Present(check, boot, cases, keys)
    except sqlite3.Error as error:
        _log.warning("the present journal cannot be read: %s", error)
        return _Present(None, 0, 0, {})
    finally:
        connection.close()


def _fit(path: Path, present: _Present, master: Master, *, without_key: bool) -> int:
    """Make the copy's keys ones that the present master opens; return how many are lost."""
    connection = connect(path)
    try:
        migrate(connection)
        check = get_meta(connection, "master_check")
        if check is None or master.knows(check):
            return 0
        turned = present.check is not None and master.knows(present.check)
        if not turned and not without_key:
            master.load(check)  # raises, saying what to do
        mine = connection.execute(
            "SELECT key_id, scope, opened_us, first_seq FROM seal_key WHERE wrapped IS NOT NULL"
        ).fetchall()
        connection.execute("BEGIN IMMEDIATE")
        # The master was turned since this backup: what lives on in the present journal lives on here.
        kept = {line[0]: present.keys[line] for line in mine if turned and line in present.keys}
        for line in mine:
            connection.execute(
                "UPDATE seal_key SET wrapped = ? WHERE key_id = ?", (kept.get(line[0]), line[0])
            )
            if line[0] not in kept:
                connection.execute("UPDATE passage SET tokens = NULL WHERE key_id = ?", (line[0],))
        fits = present.check if turned and present.check is not None else check_of(master.create())
        set_meta(connection, "master_check", fits)
        connection.execute("COMMIT")
        return len(mine) - len(kept)
    finally:
        connection.close()


def _go_on(
    path: Path, at: Instant, master: Master, folder: Path, *, boot: int, keys_lost: int
) -> tuple[tuple[str, str, int], Anchor]:
    writer = Writer(path, Keys(master), Reserve(folder))
    try:
        with writer.transaction() as connection:
            set_meta(connection, "boot", max(writer.boot, boot))
            writer.boot = max(writer.boot, boot)
            old, head, _ = begin_again(writer, connection, at, "backup", {"keys_lost": keys_lost})
            seq, digest = connection.execute(HEAD).fetchone()
            new = writer.incarnations[-1].id
            boot, cases = writer.boot, case_file.highest(connection)
        writer.checkpoint()
    finally:
        writer.close()
    return (new, old, head), Anchor(new, seq, digest.hex(), boot, cases)


def begin_again(
    writer: Writer, connection: sqlite3.Connection, at: Instant, why: str, more: dict[str, object]
) -> tuple[str, int, str]:
    """Begin a new incarnation within the caller's transaction; its first row (`journal.restored`)
    names the one before. Return that one's id, head and hash."""
    head, digest = connection.execute(HEAD).fetchone() or (0, b"")
    old = writer.incarnations[-1].id
    previous = {"incarnation": old, "head": head, "hash": digest.hex()}
    writer.begin_incarnation(connection, secrets.token_hex(16))
    writer.add(connection, Row("journal.restored", at, {"why": why, "previous": previous, **more}))
    return old, head, digest.hex()
