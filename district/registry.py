"""Who may talk to the district: gates, programs, people, and their log-ins. Takes a connection of
the caller's transaction; times are microseconds UTC."""

import functools
import re
import sqlite3
from dataclasses import dataclass

from district.errors import Refused
from district.secrets import new_password, new_token, password_fits, password_hash, token_hash

ADMIN = "admin"
LOGIN_US = 12 * 3600 * 1_000_000

_GATE_NAME = re.compile(r"[\w.-]{1,100}")


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate that may post: its row and its name."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Login:
    """A person's session; `form_token` must come back with every form."""

    account: str
    form_token: str


def add_gate(connection: sqlite3.Connection, name: str, now_us: int) -> str:
    """Register a gate; return its token, which is kept as a hash only. Raises Refused."""
    if not _GATE_NAME.fullmatch(name):
        raise Refused(400, "bad_name", "a gate's name has letters, digits, '.', '_' and '-' only")
    token = new_token()
    try:
        connection.execute(
            "INSERT INTO gate(name, token_sha256, added_us) VALUES(?,?,?)", (name, token_hash(token), now_us)
        )
    except sqlite3.IntegrityError as error:
        raise Refused(409, "known_gate", f"there is a gate {name} already") from error
    return token


def renew_token(connection: sqlite3.Connection, name: str) -> str:
    """Give a gate a new token; the old one ends at once. Raises Refused for an unknown gate."""
    token = new_token()
    changed = connection.execute("UPDATE gate SET token_sha256=? WHERE name=?", (token_hash(token), name))
    if changed.rowcount != 1:
        raise Refused(404, "unknown_gate", f"there is no gate {name}")
    return token


def gate_of(connection: sqlite3.Connection, token: str) -> Gate | None:
    """Return the gate whose token this is."""
    row = connection.execute(
        "SELECT id, name FROM gate WHERE token_sha256=?", (token_hash(token),)
    ).fetchone()
    return Gate(row[0], row[1]) if row else None


def add_program(connection: sqlite3.Connection, name: str, now_us: int) -> str:
    """Give a program that reads a token, replacing an earlier one of that name."""
    token = new_token()
    connection.execute("INSERT OR REPLACE INTO program VALUES(?,?,?)", (name, token_hash(token), now_us))
    return token


def is_program(connection: sqlite3.Connection, token: str) -> bool:
    """Say whether a program may read with this token."""
    found = connection.execute("SELECT 1 FROM program WHERE token_sha256=?", (token_hash(token),)).fetchone()
    return found is not None


def has_account(connection: sqlite3.Connection) -> bool:
    """Say whether anybody can log in yet."""
    return connection.execute("SELECT 1 FROM account").fetchone() is not None


def new_admin_password(connection: sqlite3.Connection, now_us: int) -> str:
    """Make the administrator's password anew, ending all log-ins; return it to be shown once."""
    password = new_password()
    connection.execute("DELETE FROM login")
    connection.execute(
        "INSERT INTO account VALUES(?,?,?) ON CONFLICT(name) DO UPDATE SET password=excluded.password",
        (ADMIN, password_hash(password), now_us),
    )
    return password


def password_of(connection: sqlite3.Connection, account: str) -> str | None:
    """Return the kept hash of an account's password."""
    row = connection.execute("SELECT password FROM account WHERE name=?", (account,)).fetchone()
    return str(row[0]) if row else None


def fits(kept: str | None, password: str) -> bool:
    """Check a password. Takes as long for an account that does not exist. Holds no connection."""
    if kept is None:
        password_fits(_nobody(), password)
        return False
    return password_fits(kept, password)


def log_in(connection: sqlite3.Connection, account: str, now_us: int) -> str:
    """Open a session; return its token for the cookie."""
    token = new_token()
    connection.execute("DELETE FROM login WHERE until_us<?", (now_us,))
    connection.execute(
        "INSERT INTO login VALUES(?,?,?,?)", (token_hash(token), account, new_token(), now_us + LOGIN_US)
    )
    return token


def login_of(connection: sqlite3.Connection, token: str, now_us: int) -> Login | None:
    """Return the session of a cookie."""
    row = connection.execute(
        "SELECT account, form_token FROM login WHERE token_sha256=? AND until_us>?",
        (token_hash(token), now_us),
    ).fetchone()
    return Login(row[0], row[1]) if row else None


def log_out(connection: sqlite3.Connection, token: str) -> None:
    """End a session."""
    connection.execute("DELETE FROM login WHERE token_sha256=?", (token_hash(token),))


@functools.cache
def _nobody() -> str:
    return password_hash(new_token())
