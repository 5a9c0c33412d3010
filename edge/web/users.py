"""Accounts, their secrets and their tokens, kept in the state store: none of this is a journal fact.

Secrets are argon2id hashes; tokens are random and stored as SHA-256. This module decides who an
account is, not what it may do (roles.py) nor how often somebody may try (logins.py).
"""

import hashlib
import re
import secrets
import threading
from dataclasses import dataclass
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from edge.domain.errors import FormError
from edge.journal import State

ATTENDANT = "attendant"
MANAGER = "manager"
OBSERVER = "observer"
ROLES = (ATTENDANT, MANAGER, OBSERVER)

# OWASP's argon2id floor: 19 MiB and two passes cost a Pi about 0.1 s, and one at a time (the lock
# below) keeps sixteen web threads from asking for sixteen times that memory.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_ONE_AT_A_TIME = threading.Lock()
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,31}")
_PIN = re.compile(r"[0-9]{4,64}")
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads like something else on a sticker


@dataclass(frozen=True, slots=True)
class User:
    """An account. `version` grows with every change, and with it every older log-in ends; `until_us` is when
    its holder leaves, `heir` the account that their work was handed to."""

    name: str
    role: str
    enabled: bool
    version: int
    until_us: int | None = None
    heir: str | None = None

    def left(self, now_us: int) -> bool:
        """Say whether the holder has left by a moment of a clock that is believed."""
        return self.until_us is not None and self.until_us <= now_us


class Users:
    """The accounts of one gate. Safe from any thread."""

    def __init__(self, state: State) -> None:
        self._state = state

    def get(self, name: str) -> User | None:
        """Return the account with this name, enabled or not."""
        found = self._state.get(f"user:{name}")
        return None if found is None else _user(name, found)

    def all(self) -> list[User]:
        """Return every account, by name."""
        pairs = self._state.items("user:")
        return sorted((_user(key[5:], value) for key, value in pairs), key=lambda user: user.name)

    def add(self, name: str, role: str, secret: str) -> User:
        """Make an account. FormError: bad_account, unknown_role, weak_secret, account_exists (409)."""
        if not _NAME.fullmatch(name):
            raise FormError("bad_account", "lower case letters, digits and _ . - only, at most 32")
        if role not in ROLES:
            raise FormError("unknown_role", f"one of {', '.join(ROLES)}")
        if self.get(name) is not None:
            raise FormError("account_exists", name, 409)
        _check(role, secret)
        self._put(name, {"role": role, "enabled": True, "version": 1, "hash": _hash(secret)})
        return User(name, role, True, 1)

    def set_secret(self, name: str, secret: str) -> User:
        """Replace the secret; ends every log-in of the account. FormError: unknown_account, weak_secret."""
        stored = self._stored(name)
        _check(stored["role"], secret)
        return self._change(name, stored, hash=_hash(secret))

    def set_enabled(self, name: str, enabled: bool) -> User:
        """Open or close an account; closing takes its log-ins and tokens away at once."""
        stored = self._stored(name)
        if enabled:
            stored.pop("until_us", None)  # or it would be closed again at once
        user = self._change(name, stored, enabled=enabled)
        if not enabled:
            for key, value in self._state.items("token:"):
                if value.get("account") == name:
                    self._state.delete(key)
        return user

    def set_until(self, name: str, until_us: int | None, heir: str | None = None) -> User:
        """Say when the holder of an account leaves, None: not; `heir` takes over. Nobody is logged out before
        then. FormError: unknown_account (404), last_manager (409) where no manager would be left."""
        stored = self._stored(name)
        if until_us is not None:
            self._keep_a_manager(name, stored["role"])
        if heir is not None and (heir == name or not self._stored(heir)["enabled"]):
            raise FormError("unknown_account", heir, 404)
        given = {"until_us": until_us, "heir": heir or stored.get("heir")}
        stored.update({key: value for key, value in given.items() if value is not None})
        if until_us is None:
            stored.pop("until_us", None)
        self._put(name, stored)
        return _user(name, stored)

    def leaving(self, now_us: int) -> list[User]:
        """Return the open accounts whose holders have left by now, which has to be a moment of a clock that
        is believed. Once closed they stay closed, whatever the clock says afterwards."""
        return [user for user in self.all() if user.enabled and user.left(now_us)]

    def _keep_a_manager(self, name: str, role: str) -> None:
        others = [
            user
            for user in self.all()
            if user.role == MANAGER and user.enabled and user.until_us is None and user.name != name
        ]
        if role == MANAGER and not others:
            raise FormError("last_manager", status=409)

    def issue_token(self, name: str) -> str:
        """Return a new token for programs; it is shown once and stored only as a hash."""
        self._stored(name)
        token = "gp_" + secrets.token_urlsafe(32)
        self._state.put(f"token:{_digest(token)}", {"account": name})
        return token

    def by_token(self, token: str) -> User | None:
        """Return whose token this is; None for an unknown token or a closed account."""
        found = self._state.get(f"token:{_digest(token)}")
        user = self.get(str(found["account"])) if found else None
        return user if user is not None and user.enabled else None

    def verify(self, name: str, secret: str) -> User | None:
        """Return the account if it is open and the secret is right.

        An unknown name costs the same work as a wrong secret, so that time tells nothing."""
        stored = self._state.get(f"user:{name}") if _NAME.fullmatch(name) else None
        right = _matches(stored["hash"] if stored else _decoy(), secret)
        if stored is None or not right or not stored["enabled"]:
            return None
        return _user(name, stored)

    def _stored(self, name: str) -> dict[str, Any]:
        stored = self._state.get(f"user:{name}")
        if stored is None:
            raise FormError("unknown_account", name, 404)
        return dict(stored)

    def _change(self, name: str, stored: dict[str, Any], **changes: object) -> User:
        stored.update(changes, version=stored["version"] + 1)
        self._put(name, stored)
        return _user(name, stored)

    def _put(self, name: str, value: dict[str, Any]) -> None:
        self._state.put(f"user:{name}", value)


def ensure_first_users(state: State) -> list[tuple[str, str, str]]:
    """Make the first manager and attendant with random secrets where there is no account at all.

    Returns (account, role, secret) for each one made, to be shown once; empty on every later start.
    """
    users = Users(state)
    if users.all():
        return []
    first = [
        ("manager", MANAGER, "".join(secrets.choice(_LETTERS) for _ in range(12))),
        ("attendant", ATTENDANT, f"{secrets.randbelow(10**6):06d}"),
    ]
    for name, role, secret in first:
        users.add(name, role, secret)
    return first


def _user(name: str, stored: dict[str, Any]) -> User:
    rest = (stored.get("until_us"), stored.get("heir"))
    return User(name, str(stored["role"]), bool(stored["enabled"]), int(stored["version"]), *rest)


def _check(role: str, secret: str) -> None:
    if role == ATTENDANT:
        if not _PIN.fullmatch(secret):
            raise FormError("weak_secret", "an attendant's PIN has at least 4 digits and nothing else")
    elif not 8 <= len(secret) <= 256:
        raise FormError("weak_secret", "a password has at least 8 characters")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _hash(secret: str) -> str:
    with _ONE_AT_A_TIME:
        return _HASHER.hash(secret)


_DECOY: list[str] = []


def _decoy() -> str:
    if not _DECOY:
        _DECOY.append(_hash(secrets.token_urlsafe(16)))
    return _DECOY[0]


def _matches(stored: str, secret: str) -> bool:
    with _ONE_AT_A_TIME:
        try:
            return _HASHER.verify(stored, secret)
        except (Argon2Error, InvalidHashError):
            return False
