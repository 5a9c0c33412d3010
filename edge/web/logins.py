"""Who is logged in, and how long somebody who guesses has to wait. Survives a restart.

Times are wall times, which on a Pi jump: a clock that went back starts a wait anew instead of
stretching it, and a session only grows old between two moments whose clock could be believed.
"""

import hashlib
import logging
import secrets
import threading
from collections.abc import Callable
from ipaddress import ip_address

from edge.domain.errors import FormError, JournalError
from edge.domain.model import Instant
from edge.journal import Row, State
from edge.web.users import User, Users

log = logging.getLogger(__name__)

SESSION_S = 16 * 3600  # longer than the longest shift, shorter than two
FREE_TRIES = 3
LONGEST_WAIT_S = 900
_FORGET_S = 24 * 3600


class TooMany(FormError):
    """Too many wrong secrets; `retry_after_s` says when the next try counts."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("too_many", f"wait {retry_after_s} s", 429)
        self.retry_after_s = retry_after_s


class Logins:
    """Log-ins by account and secret, with back-off per account and per address."""

    def __init__(
        self, state: State, users: Users, now: Callable[[], Instant], append: Callable[[Row], int]
    ) -> None:
        self._state = state
        self._users = users
        self._now = now
        self._append = append
        self._lock = threading.Lock()

    def sign_in(self, name: str, secret: str, address: str) -> tuple[User, str]:
        """Return the account and a new session id.

        Raises TooMany (429) while a wait lasts, FormError `wrong_login` (401) otherwise. The try is
        counted before the secret is looked at, so that parallel tries gain nothing.
        """
        known = self._users.get(name) is not None
        keys = _keys(name, known, address)
        with self._lock:
            now = self._now()
            wait_s = max(self._wait_s(key, now) for key in keys)
            if wait_s > 0:
                raise TooMany(wait_s)
            for key in keys:
                self._count(key, now)
        user = self._users.verify(name, secret)
        if user is None or not self.is_open(user):
            # Only names that exist are written down: people type other things into this field.
            why = "wrong_login" if user is None else "left"
            self._record("user.refused", {"account": name if known else "?", "why": why})
            raise FormError("wrong_login", status=401)
        for key in keys:
            self._state.delete(key)
        return user, self._open(user)

    def user_of(self, session: str) -> User | None:
        """Return whose session this is; None when it ended, grew old, or the account changed."""
        found = self._state.get(f"session:{_digest(session)}")
        user = self._users.get(str(found["account"])) if found else None
        if found is None or user is None or not self.is_open(user) or user.version != found["version"]:
            return None
        now = self._now()
        if found["trusted"] and now.clock.trusted and now.at_us - found["since_us"] > SESSION_S * 1_000_000:
            return None
        return user

    def by_token(self, token: str) -> User | None:
        """Return whose token this is; None for an unknown one, and for an account that may not be used."""
        user = self._users.by_token(token)
        return user if user is not None and self.is_open(user) else None

    def is_open(self, user: User) -> bool:
        """Say whether an account may be used now: it is not closed, and its holder has not left by a clock
        that is believed. Whoever has left is out at once, also while nothing can be written down."""
        now = self._now()
        return user.enabled and not (now.clock.trusted and user.left(now.at_us))

    def sign_out(self, session: str) -> None:
        """End a session."""
        self._state.delete(f"session:{_digest(session)}")

    def _open(self, user: User) -> str:
        now = self._now()
        self._forget(now)
        session = secrets.token_urlsafe(32)
        self._state.put(
            f"session:{_digest(session)}",
            {
                "account": user.name,
                "version": user.version,
                "since_us": now.at_us,
                "trusted": now.clock.trusted,
            },
        )
        self._record("user.signed_in", {"account": user.name, "role": user.role})
        return session

    def _wait_s(self, key: str, now: Instant) -> int:
        tries = self._state.get(key)
        if tries is None or tries["count"] < FREE_TRIES:
            return 0
        wait_s = min(LONGEST_WAIT_S, 1 << min(20, int(tries["count"]) - FREE_TRIES + 1))
        if now.at_us < tries["last_us"]:
            self._state.put(key, {"count": tries["count"], "last_us": now.at_us})
            return wait_s
        left_us = tries["last_us"] + wait_s * 1_000_000 - now.at_us
        return max(0, -(-int(left_us) // 1_000_000))

    def _count(self, key: str, now: Instant) -> None:
        tries = self._state.get(key)
        count = int(tries["count"]) + 1 if tries else 1
        self._state.put(key, {"count": count, "last_us": now.at_us})

    def _forget(self, now: Instant) -> None:
        # Old tries and sessions are dropped when somebody logs in, so the store does not grow.
        if not now.clock.trusted:
            return
        for prefix, stamp, keep_s in (("try:", "last_us", _FORGET_S), ("session:", "since_us", SESSION_S)):
            for key, value in self._state.items(prefix):
                if now.at_us - int(value[stamp]) > keep_s * 1_000_000 and value.get("trusted", True):
                    self._state.delete(key)

    def _record(self, kind: str, body: dict[str, str]) -> None:
        # A gate that cannot write must still show its attendant "write it by hand".
        try:
            self._append(Row(kind=kind, at=self._now(), body=body))
        except JournalError:
            log.warning("a log-in could not be recorded: the journal cannot commit")


def _keys(name: str, known: bool, address: str) -> tuple[str, str]:
    # An account waits apart for the gate's own screen and for the network: whoever guesses from
    # outside must not lock the attendant out. Names that do not exist share 256 places, so that
    # guessing names cannot fill the card.
    where = "here" if is_loopback(address) else "net"
    account = name if known else "?" + hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:2]
    return f"try:account:{where}:{account}", f"try:address:{address}"


def is_loopback(address: str | None) -> bool:
    """Return whether a peer address is this machine."""
    try:
        return address is not None and ip_address(address).is_loopback
    except ValueError:
        return False


def _digest(session: str) -> str:
    return hashlib.sha256(session.encode("utf-8", "replace")).hexdigest()
