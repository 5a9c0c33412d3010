"""Lists the gates fetch: watch list, roster, risk areas, procedures. Content is text as pushed."""

import hashlib
import re
import sqlite3
from typing import Any

from district.errors import Refused

LONGEST_BYTES = 8 * 1024 * 1024
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def push(connection: sqlite3.Connection, name: str, content: str, now_us: int) -> int:
    """Store a list; return its version. The same content again keeps the version. Raises Refused."""
    if not _NAME.fullmatch(name):
        raise Refused(400, "bad_name", "a list's name has small letters, digits, '_' and '-' only")
    if len(content.encode()) > LONGEST_BYTES:
        raise Refused(413, "too_large", f"a list has at most {LONGEST_BYTES} bytes")
    digest = hashlib.sha256(content.encode()).hexdigest()
    row = connection.execute(
        "SELECT version, sha256 FROM list WHERE name=? ORDER BY version DESC LIMIT 1", (name,)
    ).fetchone()
    if row and row[1] == digest:
        return int(row[0])
    version = int(row[0]) + 1 if row else 1
    connection.execute("INSERT INTO list VALUES(?,?,?,?,?)", (name, version, content, digest, now_us))
    return version


def versions(connection: sqlite3.Connection) -> dict[str, int]:
    """Return the newest version of every list."""
    rows = connection.execute("SELECT name, MAX(version) FROM list GROUP BY name ORDER BY name")
    return {row[0]: row[1] for row in rows}


def newest(connection: sqlite3.Connection, name: str) -> dict[str, Any] | None:
    """Return the newest version of a list with its content."""
    row = connection.execute(
        "SELECT version, content, sha256, pushed_us FROM list WHERE name=? ORDER BY version DESC LIMIT 1",
        (name,),
    ).fetchone()
    if row is None:
        return None
    return {"name": name, "version": row[0], "content": row[1], "sha256": row[2], "pushed_us": row[3]}
