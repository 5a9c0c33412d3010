"""What the uplink needs from outside, as Protocols: the journal's rows, the small memory, the line.

Nothing here knows SQLite or HTTP.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from edge.domain.errors import Unreachable
from edge.wire import WireRow


class RowReader(Protocol):
    """The journal, read-only; used by the uplink's thread alone."""

    def head(self) -> int: ...

    def rows_after(self, seq: int, limit: int, kinds: Collection[str] | None = None) -> Sequence[WireRow]: ...

    def hash_before(self, seq: int) -> bytes: ...

    def close(self) -> None: ...


class Memory(Protocol):
    """What is no fact and must survive a restart (edge.journal's State)."""

    def get(self, name: str) -> dict[str, Any] | None: ...

    def put(self, name: str, value: dict[str, Any]) -> None: ...

    def delete(self, name: str) -> None: ...

    def items(self, prefix: str) -> Sequence[tuple[str, dict[str, Any]]]: ...


class Lists(Protocol):
    """The lists of the district that a gate keeps."""

    def held(self) -> Mapping[str, int | None]:
        """Return every list this gate wants, by the district's name, with the version it holds; None
        where it has none of the district's."""

    def take(self, name: str, version: int, content: str) -> Mapping[str, Any]:
        """Put a list in force and return what the journal says of it. Raises ConfigError where it is
        refused for what is in it, OSError where it cannot be put in force now (no room, a clock behind its
        date); then the old one stays in force."""

    def facts(self, name: str) -> Mapping[str, Any]:
        """Return what the journal says of the list that is in force."""


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer; header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class TimedOut(Unreachable):
    """Somebody is there, and it took too long: nobody at home, or too much for the line at once."""


class Transport(Protocol):
    """The line to the district. Every call ends within its time-outs."""

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """POST to the district's address plus `path`; raises Unreachable when nothing came back,
        TimedOut when that was for want of time."""

    def get(self, path: str) -> Response:
        """GET a list from the district's address plus `path`; raises as `post` does."""

    def dropped(self) -> bool:
        """Say whether the idle connection was closed from the other side."""

    def died(self) -> bool:
        """Say, once, whether the idle connection broke without a word from the other side."""

    def close(self) -> None:
        """Give the connection up."""


Append = Callable[[str, Mapping[str, Any]], object]
"""Append a row of this kind and body to the journal and ring the bell; raises JournalError."""


@dataclass(frozen=True, slots=True)
class Options:
    """Where the district is and what it may see.

    `forward` names the personal fields the gate's policy forwards (a field of a code, the question
    of a personal answer, `chosen`); nothing personal leaves the gate without being named here.
    Seconds: `every_s` a row may wait to travel with others (urgent ones do not), `heartbeat_s`
    between contacts when nothing happens, `back_off_s` the first pause's upper bound, doubled at
    every failure up to `back_off_max_s`.
    """

    url: str
    token: str = field(repr=False)
    forward: Collection[str] = frozenset()
    every_s: float = 2.0
    heartbeat_s: float = 15.0
    back_off_s: float = 1.0
    back_off_max_s: float = 120.0
    ca_file: str | None = None
