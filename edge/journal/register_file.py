"""The projection of registers: every list kept at the gate, one line per entry.

An entry is what its newest row says of it: an amendment carries all of its fields. Numbers count 1, 2, 3 …
within a register. Like every projection this depends on the rows alone, and on which keys live.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from edge.journal.rows import Entry, StoredRow
from edge.journal.tokens import TOKEN_BYTES

SINCE = 3  # the version of the file that has them
PREFIX = "register."
ENTERED, AMENDED, ENDED, UNDONE = (
    f"{PREFIX}{word}" for word in ("entered", "amended", "ended", "import_undone")
)
TABLES = ("register_entry", "register_token", "register_command")
COLUMNS = (
    "register, number, state, fields, lane, from_us, until_us, entered_us, boot, mono_us, at_us, imported,"
    " ended_seq, seqs, key_id, forgotten"
)
Value = str | int | None


def scope_of(register: str, number: int) -> str:
    """Return the scope of an entry's key: each can be forgotten alone."""
    return f"entry:{register}:{number}"


def is_entry(scope: str) -> bool:
    """Say whether a key of this scope belongs to an entry."""
    return scope.startswith("entry:")


def project(connection: sqlite3.Connection, row: StoredRow, tokens: bytes | None) -> None:
    """Bring the registers up to date with one row; `tokens` are what its entry is found by. Raises ValueError
    for one without its register or number."""
    if row.kind == "retention.destroyed":
        for key in row.body.get("keys", ()):
            _forget(connection, key)
        return
    if not row.kind.startswith(PREFIX):
        return
    body = row.body
    if command := body.get("command_id"):
        connection.execute("INSERT OR IGNORE INTO register_command VALUES (?, ?)", (command, row.seq))
    try:
        if row.kind == ENTERED:
            _enter(connection, row, tokens)
        elif row.kind == AMENDED:
            _amend(connection, row, tokens)
        elif row.kind == ENDED:
            _end(connection, row)
        elif row.kind == UNDONE:
            _undo(connection, row)
    except KeyError as error:
        raise ValueError(f"{row.kind} without {error}") from error


def entry(connection: sqlite3.Connection, register: str, number: int) -> Entry | None:
    """Return one entry."""
    found = _select(connection, "WHERE register = ? AND number = ?", register, number)
    return found[0] if found else None


def next_number(connection: sqlite3.Connection, register: str) -> int:
    """Return the number of the next entry of a register."""
    found = connection.execute(
        "SELECT max(number) FROM register_entry WHERE register = ?", (register,)
    ).fetchone()
    return int(found[0] or 0) + 1


def command(connection: sqlite3.Connection, command_id: str) -> int | None:
    """Return the row of a command that was carried out."""
    found = connection.execute("SELECT seq FROM register_command WHERE id = ?", (command_id,)).fetchone()
    return None if found is None else int(found[0])


def entries(
    connection: sqlite3.Connection,
    register: str,
    *,
    open_: bool | None = None,
    where: Mapping[str, Value] | None = None,
    before: int | None = None,
    after: int | None = None,
    limit: int = 50,
) -> list[Entry]:
    """Return one page: newest number first before `before`, or oldest first after `after`; of those
    whose open fields have these values."""
    terms, values = _terms(register, open_, where)
    for sign, value in (("<", before), (">", after)):
        if value is not None:
            terms.append(f"number {sign} ?")
            values.append(value)
    order = "DESC" if after is None else "ASC"
    return _select(connection, f"WHERE {' AND '.join(terms)} ORDER BY number {order} LIMIT ?", *values, limit)


def count(
    connection: sqlite3.Connection,
    register: str,
    *,
    open_: bool | None = None,
    where: Mapping[str, Value] | None = None,
) -> int:
    """Return how many entries a register has, of those whose open fields have these values."""
    terms, values = _terms(register, open_, where)
    found = connection.execute(
        f"SELECT count(*) FROM register_entry WHERE {' AND '.join(terms)}",  # noqa: S608 - our own words
        values,
    ).fetchone()
    return int(found[0])


def by_token(connection: sqlite3.Connection, token: bytes, registers: Sequence[str]) -> list[Entry]:
    """Return the open entries of these registers that are found by a token, in their order."""
    marks = ",".join("?" * len(registers))
    columns = ", ".join(f"register_entry.{name.strip()}" for name in COLUMNS.split(","))
    found = connection.execute(
        f"SELECT {columns} FROM register_token JOIN register_entry USING (register, number)"  # noqa: S608
        f" WHERE token = ? AND register IN ({marks}) AND state = 'open' ORDER BY register, number",
        (token, *registers),
    )
    return [line(each) for each in found.fetchall()]


def over(connection: sqlite3.Connection, register: str, now_us: int, limit: int = 200) -> list[Entry]:
    """Return the open entries whose time ended before now, the longest ended first."""
    return _select(
        connection,
        "WHERE state = 'open' AND until_us IS NOT NULL AND until_us <= ? AND register = ?"
        " ORDER BY until_us LIMIT ?",
        *(now_us, register, limit),
    )


def of_import(connection: sqlite3.Connection, register: str, number: int) -> tuple[int, int, int, int]:
    """Return how many entries an import brought into a register, how many of them are open and as it brought
    them, and the first and the last of all it brought. Numbers of imports count within a register, or for
    several: two registers may each have an import of one number."""
    found = connection.execute(
        "SELECT count(*), coalesce(sum(state = 'open' AND json_array_length(seqs) = 1), 0),"
        " coalesce(min(number), 0), coalesce(max(number), 0)"
        " FROM register_entry WHERE imported = ? AND imported <> 0 AND register = ?",
        (number, register),
    ).fetchone()
    brought, untouched, first, last = found
    return int(brought), int(untouched), int(first), int(last)


def _enter(connection: sqlite3.Connection, row: StoredRow, tokens: bytes | None) -> None:
    body = row.body
    connection.execute(
        f"INSERT INTO register_entry({COLUMNS}, tokens) VALUES (?,?,'open',?,?,?,?,?,?,?,?,?,NULL,?,?,0,?)",  # noqa: S608
        (
            *(body["register"], body["entry"], _text(body["fields"]), row.lane),
            *(body.get("from_us"), body.get("until_us"), row.at_us, row.boot, row.mono_us, row.at_us),
            *(body.get("import", 0), f"[{row.seq}]", row.key_id, tokens),
        ),
    )
    _find_by(connection, body["register"], body["entry"], tokens)


def _amend(connection: sqlite3.Connection, row: StoredRow, tokens: bytes | None) -> None:
    body = row.body
    about = body["register"], body["entry"]
    if row.sealed is not None:
        _find_by_nothing(connection, "register = ? AND number = ?", *about)
    done = connection.execute(
        "UPDATE register_entry SET fields = ?, from_us = ?, until_us = ?, boot = ?, mono_us = ?, at_us = ?,"
        " state = 'open', ended_seq = NULL, seqs = json_insert(seqs, '$[#]', ?),"
        " key_id = coalesce(?, key_id), forgotten = CASE WHEN ? IS NULL THEN forgotten ELSE 0 END,"
        " tokens = coalesce(tokens, ?) WHERE register = ? AND number = ?",
        (
            *(_text(body["fields"]), body.get("from_us"), body.get("until_us")),
            *(row.boot, row.mono_us, row.at_us, row.seq, row.key_id, row.key_id, tokens, *about),
        ),
    )
    if done.rowcount != 1:
        raise ValueError(f"{row.kind} of no entry")
    _find_by(connection, *about, tokens)


def _end(connection: sqlite3.Connection, row: StoredRow) -> None:
    body = row.body
    done = connection.execute(
        "UPDATE register_entry SET state = 'ended', ended_seq = ?, boot = ?, mono_us = ?, at_us = ?,"
        " seqs = json_insert(seqs, '$[#]', ?), key_id = coalesce(?, key_id)"
        " WHERE register = ? AND number = ?",
        (row.seq, row.boot, row.mono_us, row.at_us, row.seq, row.key_id, body["register"], body["entry"]),
    )
    if done.rowcount != 1:
        raise ValueError(f"{row.kind} of no entry")


def _undo(connection: sqlite3.Connection, row: StoredRow) -> None:
    # What somebody changed by hand since then is no longer the import's.
    body = row.body
    within = "first" in body  # rows from before say no range, and are read as they were written
    # With `+` not by the index of the import: of a hundred thousand it would be gone through each time.
    which = "+imported = ? AND register = ? AND number BETWEEN ? AND ?" if within else "imported = ?"
    connection.execute(
        "UPDATE register_entry SET state = 'ended', ended_seq = ?, boot = ?, mono_us = ?, at_us = ?"  # noqa: S608
        f" WHERE {which} AND imported <> 0 AND state = 'open' AND json_array_length(seqs) = 1",
        (
            *(row.seq, row.boot, row.mono_us, row.at_us, body["import"]),
            *((body["register"], body["first"], body["last"]) if within else ()),
        ),
    )


def _forget(connection: sqlite3.Connection, key_id: int) -> None:
    _find_by_nothing(connection, "key_id = ?", key_id)
    connection.execute("UPDATE register_entry SET forgotten = 1 WHERE key_id = ?", (key_id,))


def _find_by_nothing(connection: sqlite3.Connection, which: str, *values: str | int) -> None:
    found = connection.execute(
        f"SELECT tokens, register, number FROM register_entry WHERE {which} AND tokens IS NOT NULL",  # noqa: S608
        values,
    ).fetchall()
    for tokens, register, number in found:
        connection.executemany(
            "DELETE FROM register_token WHERE token = ? AND register = ? AND number = ?",
            [(token, register, number) for token in _each(tokens)],
        )
        connection.execute(
            "UPDATE register_entry SET tokens = NULL WHERE register = ? AND number = ?", (register, number)
        )


def _find_by(connection: sqlite3.Connection, register: str, number: int, tokens: bytes | None) -> None:
    if tokens:
        connection.executemany(
            "INSERT OR IGNORE INTO register_token VALUES (?, ?, ?)",
            [(token, register, number) for token in _each(tokens)],
        )


def _each(tokens: bytes) -> Iterator[bytes]:
    return (tokens[at : at + TOKEN_BYTES] for at in range(0, len(tokens), TOKEN_BYTES))


def tally(
    connection: sqlite3.Connection, register: str, by: str, round_: int
) -> list[tuple[str | int | None, int, int]]:
    """Return, for each value of the open field `by`, how many open entries have it, and how many of them have
    this number among their `rounds`."""
    covered = "EXISTS (SELECT 1 FROM json_each(fields, '$.rounds') AS r WHERE r.value = ?)"
    return connection.execute(
        f"SELECT json_extract(fields, ?) AS k, count(*), coalesce(sum({covered}), 0) FROM register_entry"  # noqa: S608
        " WHERE register = ? AND state = 'open' GROUP BY k ORDER BY k",
        (f'$."{by}"', round_, register),
    ).fetchall()


def _terms(
    register: str, open_: bool | None, where: Mapping[str, Value] | None
) -> tuple[list[str], list[str | int]]:
    terms, values = ["register = ?"], list[str | int]([register])
    if open_ is not None:  # word for word as in the index, or it is not used
        terms.append("state = 'open'" if open_ else "state = 'ended'")
    for name, value in (where or {}).items():
        path = f'$."{name}"'
        if value is None:
            terms.append("json_extract(fields, ?) IS NULL")
            values.append(path)
        else:
            terms.append("json_extract(fields, ?) = ?")
            values += [path, value]
    return terms, values


def _select(connection: sqlite3.Connection, rest: str, *values: int | str) -> list[Entry]:
    sql = f"SELECT {COLUMNS} FROM register_entry {rest}"  # noqa: S608 - our own words
    return [line(found) for found in connection.execute(sql, values).fetchall()]


def line(found: tuple[Any, ...]) -> Entry:
    """Return the entry of a line of `COLUMNS`."""
    register, number, state, fields, lane, from_us, until_us, entered_us, boot, mono_us, at_us, *rest = found
    imported, ended_seq, seqs, key_id, forgotten = rest
    return Entry(
        *(register, number, state == "open", json.loads(fields), lane, from_us, until_us, entered_us),
        *(boot, mono_us, at_us, imported, ended_seq, tuple(json.loads(seqs)), key_id, bool(forgotten)),
    )


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
