"""Making the projections again from the journal, and saying whether they were right.

Built beside the real ones in temporary tables on a connection of its own, so that the gate goes on
deciding meanwhile; the real ones are replaced, in one short transaction, only where they differ.
sqlite-utils is imported here and not at the top: the daemon does not carry it.
"""

import json
import logging
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from edge.journal import register_file
from edge.journal.faults import from_os
from edge.journal.keys import Keys
from edge.journal.master import Master
from edge.journal.projections import TABLES, project
from edge.journal.rows import StoredRow
from edge.journal.schema import connect
from edge.journal.seal import unseal
from edge.journal.tokens import entry_tokens, tokens_of
from edge.journal.view import COLUMNS, stored

if TYPE_CHECKING:
    from sqlite_utils import Database

_CHUNK = 500
_log = logging.getLogger(__name__)


def rebuild(path: Path, master: Master) -> bool:
    """Return True when the projections equal what the journal gives; else put that in their place
    and return False."""
    from sqlite_utils import Database

    try:
        connection = connect(path)
    except sqlite3.Error as error:
        raise from_os(error) from error
    try:
        database = Database(connection)
        _shadow(database)
        # One snapshot for the rows and for what they are compared with.
        connection.execute("BEGIN")
        reached = _replay(connection, 0, master)
        same = all(_same(connection, table) for table in TABLES)
        connection.execute("COMMIT")
        if not same:
            _log.error("the projections differed from the journal: replaced")
            connection.execute("BEGIN IMMEDIATE")
            _replay(connection, reached, master)
            _forget_tokens(connection)
            for table in TABLES:
                connection.execute(f"DELETE FROM main.{table}")  # noqa: S608 - a name of ours
                connection.execute(f"INSERT INTO main.{table} SELECT * FROM temp.{table}")  # noqa: S608
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise from_os(error) from error
    finally:
        connection.close()
    return same


def _shadow(database: "Database") -> None:
    # Unqualified names find the temporary tables first: the projections' own SQL fills them.
    for table in TABLES:
        schema = database.table(table).schema
        database.conn.execute(schema.replace("CREATE TABLE", "CREATE TEMP TABLE", 1))


def _replay(connection: sqlite3.Connection, after: int, master: Master) -> int:
    # Keys of its own on its own connection: the writer's lock must not be waited for here, where the
    # database's may be held.
    keys = Keys(master)
    keys.refresh(connection)
    incarnations = connection.execute(
        "SELECT first_seq, id FROM incarnation ORDER BY first_seq DESC"
    ).fetchall()
    while True:
        chunk = connection.execute(
            f"SELECT {COLUMNS} FROM journal WHERE seq > ? ORDER BY seq LIMIT ?",  # noqa: S608 - our own words
            (after, _CHUNK),
        ).fetchall()
        for line in chunk:
            row = stored(line)
            incarnation = next(name for first, name in incarnations if first <= row.seq)
            project(connection, row, _tokens(connection, keys, row, incarnation))
        if not chunk:
            return after
        after = chunk[-1][0]


def _tokens(connection: sqlite3.Connection, keys: Keys, row: StoredRow, incarnation: str) -> bytes | None:
    if row.sealed is None or row.key_id is None:
        return None
    entered = row.kind.startswith(register_file.PREFIX)
    key = keys.open(connection, row.key_id) if entered else keys.day_key(connection, row.key_id)
    plain = key and unseal(key, row.sealed, incarnation=incarnation, seq=row.seq, key_id=row.key_id)
    if key is None or not plain:
        return None
    personal = json.loads(plain)
    if not entered:
        return tokens_of(key, personal.get("find", ()))
    lookup = keys.lookup(connection)
    return entry_tokens(lookup, personal["fields"], personal.get("find", ())) if lookup else None


def _forget_tokens(connection: sqlite3.Connection) -> None:
    # A purge may have come between the snapshot and the lock.
    connection.execute(
        "UPDATE temp.passage SET tokens = NULL"
        " WHERE key_id IN (SELECT key_id FROM seal_key WHERE wrapped IS NULL)"
    )
    connection.execute(
        "DELETE FROM temp.register_token WHERE (register, number) IN (SELECT register, number"
        " FROM temp.register_entry JOIN seal_key USING (key_id) WHERE wrapped IS NULL)"
    )
    connection.execute(
        "UPDATE temp.register_entry SET tokens = NULL"
        " WHERE key_id IN (SELECT key_id FROM seal_key WHERE wrapped IS NULL)"
    )


def _same(connection: sqlite3.Connection, table: str) -> bool:
    pairs = (("main", "temp"), ("temp", "main"))
    return not any(
        connection.execute(
            f"SELECT 1 FROM (SELECT * FROM {one}.{table} EXCEPT SELECT * FROM {other}.{table}) LIMIT 1"  # noqa: S608
        ).fetchone()
        for one, other in pairs
    )
