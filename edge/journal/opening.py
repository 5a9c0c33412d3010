"""Bringing a store folder to a state in which the journal can be opened.

A damaged file is set aside, whole, and the gate goes on in a new one; nothing is repaired in place
and nothing is deleted. Only the owner of the store (the daemon) does this, and only alone.
"""

import logging
import os
import secrets
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.journal.anchor import read_anchor
from edge.journal.backup import copy_database
from edge.journal.faults import JournalFull, from_os, is_corrupt, journal_error
from edge.journal.files import free_name, move_aside, move_is_open, settle_move
from edge.journal.hold import Hold
from edge.journal.schema import FILE, adds_only, connect, migrate, refuse_newer, scripts
from edge.journal.writer import set_meta

CHECK_LIMIT_S = 5.0
ASIDE = "journal-aside-{}.db"
_STEPS_PER_LOOK = 20_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Incident:
    """Why the journal goes on in a new file: `why` is `corrupt` or `missing`; `file` is where the
    damaged one stands."""

    why: str
    detail: str = ""
    file: str | None = None


def prepare(
    folder: Path, hold: Hold, *, owner: bool, progress: Callable[[], None] = lambda: None
) -> Incident | None:
    """Leave a sound, current journal file in `folder`; return what had to be done for it. `progress` is
    called while that takes long.

    Raises JournalError for a file of a newer version (left as it is), and for a damaged one when
    this process may not set it aside.
    """
    path = folder / FILE
    _settle_move(path, hold)
    incident = None
    if path.exists() and path.stat().st_size:
        try:
            refuse_newer(path)
            fault = damage(path) if owner else None
        except sqlite3.Error as error:
            if not is_corrupt(error):
                raise from_os(error) from error
            fault = str(error)
        if fault is not None:
            incident = _set_aside(folder, hold, fault, owner=owner)
    elif read_anchor(folder) is not None:
        incident = Incident("missing")
    _bring_up_to_date(path, hold, progress)
    return incident


def damage(path: Path, limit_s: float = CHECK_LIMIT_S) -> str | None:
    """Return what is wrong with the file, None when nothing is found within `limit_s` seconds (the
    rest is for `verify`, which the daemon runs in quiet hours)."""
    try:
        connection = connect(path)
    except sqlite3.Error as error:
        if is_corrupt(error):
            return str(error)
        raise
    deadline = time.monotonic() + limit_s
    try:
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_PER_LOOK)
        try:
            answer = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorname", "") != "SQLITE_INTERRUPT":
                raise
            _log.info("the check at start ended after %.0f s without a finding", limit_s)
            answer = "ok"
        connection.set_progress_handler(None, 0)
        return None if answer == "ok" else answer
    except sqlite3.Error as error:
        if is_corrupt(error):
            return str(error)
        raise
    finally:
        connection.close()


def _set_aside(folder: Path, hold: Hold, fault: str, *, owner: bool) -> Incident:
    if not owner:
        raise journal_error(f"账本文件已损坏: {fault}", f"the journal file is damaged: {fault}")
    hold.alone()
    target = free_name(folder, ASIDE)
    move_aside(folder / FILE, target)
    hold.share()
    _log.error("the journal is damaged (%s): set aside as %s, going on in a new one", fault, target.name)
    return Incident("corrupt", fault, target.name)


def _settle_move(path: Path, hold: Hold) -> None:
    if not move_is_open(path):
        return
    hold.alone()
    if settle_move(path):
        _log.error("a move of the journal was interrupted and is undone")
    hold.share()


def _bring_up_to_date(path: Path, hold: Hold, progress: Callable[[], None]) -> None:
    try:
        if not path.exists():
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        connection = connect(path)
    except (sqlite3.Error, OSError) as error:
        raise from_os(error) from error
    try:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        steps = scripts()
        old = 0 < version < len(steps)
        if old:
            hold.alone()
        if old and not all(adds_only(script) for script in steps[version:]):
            _refuse_without_space(path)
            copy_database(connection, path.with_name(f"journal-before-v{len(steps)}.db"), progress)
        migrate(connection)
        if old:
            hold.share()
        _found(connection)
    except (sqlite3.Error, OSError) as error:
        raise from_os(error) from error
    finally:
        connection.close()


def _refuse_without_space(path: Path) -> None:
    """Raise JournalFull, with what is missing, where a copy of the file does not fit beside it."""
    found = os.statvfs(path.parent)
    free, size = found.f_bavail * found.f_frsize, path.stat().st_size
    if free < size:
        megabytes = -(-(size - free) // 1_000_000)
        raise JournalFull(
            f"升级前须先复制账本，存储空间还差 {megabytes} MB，账本未作任何改动 / the journal is copied "
            f"before it is upgraded, and there is room for {megabytes} MB too little; it was left as it is"
        )


def _found(connection: sqlite3.Connection) -> None:
    if connection.execute("SELECT 1 FROM incarnation").fetchone() is not None:
        return
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("SELECT 1 FROM incarnation").fetchone() is None:
        new = secrets.token_hex(16)
        connection.execute("INSERT INTO incarnation(first_seq, id) VALUES (1, ?)", (new,))
        set_meta(connection, "incarnation", new)
    connection.execute("COMMIT")
