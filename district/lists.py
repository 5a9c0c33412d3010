"""Lists the gates fetch: watch list, roster, risk areas, procedures, trust lists. Content is text as pushed.

Of a trust list (`trust-` and the kind of code) only what every gate would refuse is looked at here;
whether it may be believed is for the gates, and each says so.
"""

import hashlib
import json
import re
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from district.errors import Refused

LONGEST_BYTES = 8 * 1024 * 1024
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_TRUST = "trust-"
_LAST_VERSION = 2**53 - 1  # every reader of JSON can hold it
HIGHEST_ASKED = 2**52  # there have to be versions above the one that was asked for
_SECOND_US = 1_000_000
_DAY_US = 86_400 * _SECOND_US
# Narrower than fromisoformat: what gates read of it.
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d.*)?", re.ASCII)


def push(connection: sqlite3.Connection, name: str, content: str, now_us: int, *, least: int = 1) -> int:
    """Store a list; return its version, at least `least`. The same content again keeps the version, and
    a version never falls, not even when the store was put back from a backup: a new one is at least the
    seconds since 1970. Raises Refused."""
    if not _NAME.fullmatch(name):
        raise Refused(400, "bad_name", "a list's name has small letters, digits, '_' and '-' only")
    if len(content.encode()) > LONGEST_BYTES:
        raise Refused(413, "too_large", f"a list has at most {LONGEST_BYTES} bytes")
    if name.startswith(_TRUST):
        trust_list(name, content, now_us)
    digest = hashlib.sha256(content.encode()).hexdigest()
    row = connection.execute(
        "SELECT version, sha256 FROM list WHERE name=? ORDER BY version DESC LIMIT 1", (name,)
    ).fetchone()
    newest = int(row[0]) if row else 0
    if row and row[1] == digest and newest >= least:
        return newest
    version = max(newest + 1, least, now_us // _SECOND_US)
    if version > _LAST_VERSION:
        raise Refused(400, "bad_version", "a version is a whole number that JSON can hold")
    connection.execute("INSERT INTO list VALUES(?,?,?,?,?)", (name, version, content, digest, now_us))
    return version


def trust_list(name: str, content: str, now_us: int) -> dict[str, Any]:
    """Return a trust list as the object it is; Refused where every gate would refuse it."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "bad_trust_list", f"{name}: not JSON: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("keys"), list):
        raise Refused(400, "bad_trust_list", f"{name}: a trust list is a JSON object with keys")
    if found.get("carrier") != name.removeprefix(_TRUST):
        raise Refused(400, "bad_trust_list", f"{name}: its carrier is {found.get('carrier')!r}")
    as_of_us = _dated_us(found)
    if as_of_us is None:
        raise Refused(400, "bad_trust_list", f"{name}: as_of must say from when it is, as RFC 3339")
    if as_of_us > now_us + _DAY_US:
        why = f"{name}: as_of {found['as_of']} lies ahead of this machine's clock; check both"
        raise Refused(400, "bad_trust_list", f"{why} / 名单日期晚于本机时间，请检查时钟和日期")
    if not found["keys"] and found.get("replace") is not True:
        raise Refused(400, "bad_trust_list", f"{name}: no key in it; push it with --replace if that is meant")
    return found


def _dated_us(found: Mapping[str, Any]) -> int | None:
    as_of = found.get("as_of")
    if not isinstance(as_of, str) or not _DATE.fullmatch(as_of):
        return None
    try:
        moment = datetime.fromisoformat(as_of)
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    # A list of 1970 was made by a clock that was not set.
    return int(seconds * _SECOND_US) if moment.year > 1970 else None


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
