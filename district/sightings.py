"""One code at two gates within minutes is in two hands: only the district can see that.

A gate names a code by a digest, and only where its policy forwards `code_digest`. The digest is personal
data: it is kept out of the ledger, here only as a keyed hash, and goes with age. What counts is when the
code was shown, not when the row came: after an outage rows come hours late and in any order.
"""

import hashlib
import hmac
import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from district.alarms import raise_alarm
from district.registry import Gate
from edge.wire.received import Event

# Codes of one person, shown live on a phone. A signed certificate may be printed and shown at every gate
# of a town; a venue code hangs on the wall; a resident pass is a card. Those are at two gates by right.
LIVE = frozenset({"china_health", "china_itinerary"})
TRUSTED = ("synced", "manual")

_PASSAGES = frozenset({"passage.held", "passage.parked", "passage.decided"})
_FIELD = "code_digest"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOST = 200  # sightings of one code looked at on either side; a gate gone mad must not stop the others
_PRUNED_AT_ONCE = 2000  # more than one batch can bring
_LARGEST = 2**62
_BEFORE = (
    "SELECT at_us, gate_id, passage, incarnation_id, lane, carrier, trusted FROM sighting "
    "WHERE code=? AND at_us>=? AND (at_us, gate_id, passage, incarnation_id) < (?,?,?,?) "
    "ORDER BY at_us DESC, gate_id DESC, passage DESC, incarnation_id DESC LIMIT ?"
)
_AFTER = (
    "SELECT at_us, gate_id, passage, incarnation_id, lane, carrier, trusted FROM sighting "
    "WHERE code=? AND at_us<=? AND (at_us, gate_id, passage, incarnation_id) > (?,?,?,?) "
    "ORDER BY at_us, gate_id, passage, incarnation_id LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Watch:
    """How codes are compared: hashed under `secret`, alike at another gate no more than `within_us` apart
    (0: not at all), kept for `keep_us` after they came."""

    secret: bytes = field(repr=False)
    within_us: int
    keep_us: int


@dataclass(frozen=True, slots=True)
class _Shown:
    """A code as a passage first showed it; `digest` is None where it was not forwarded."""

    digest: str | None
    carrier: str
    at_us: int
    trusted: bool


@dataclass(frozen=True, slots=True)
class _Sighting:
    """A row of the table, in the order of its times: the same whatever came first."""

    at_us: int
    gate_id: int
    passage: int
    incarnation_id: int
    lane: str | None
    carrier: str
    trusted: bool


def note(
    connection: sqlite3.Connection,
    gate: Gate,
    incarnation_id: int,
    event: Event,
    *,
    watch: Watch,
    now_us: int,
) -> None:
    """Remember the codes a passage showed, and raise `code_seen_elsewhere` for the later one of two
    passages at two gates. The same passage again changes nothing."""
    if not watch.within_us or event.data is None or event.kind not in _PASSAGES:
        return
    passage = event.data.body.get("passage")
    shown = list(_shown(event))
    if not shown or not _is_number(passage):
        return
    connection.execute(
        "UPDATE gate SET compares_codes=? WHERE id=?",
        (all(code.digest is not None for code in shown), gate.id),
    )
    seen: set[str] = set()
    for code in shown:
        if code.digest is None or code.digest in seen:
            continue
        seen.add(code.digest)
        here = _Sighting(code.at_us, gate.id, passage, incarnation_id, event.lane, code.carrier, code.trusted)
        name = hmac.digest(watch.secret, code.digest.encode(), hashlib.sha256)[:16]
        if _is_new(connection, name, here, now_us):
            _compare(connection, name, here, watch.within_us, now_us)


def prune(connection: sqlite3.Connection, watch: Watch, now_us: int) -> None:
    """Forget the oldest sightings whose time is over; a bounded number, nobody waits for it."""
    connection.execute(
        "DELETE FROM sighting WHERE (code, at_us, gate_id, passage, incarnation_id) IN "
        "(SELECT code, at_us, gate_id, passage, incarnation_id FROM sighting WHERE received_us<? LIMIT ?)",
        (now_us - watch.keep_us, _PRUNED_AT_ONCE),
    )


def without_digests(personal: Mapping[str, Any]) -> dict[str, Any]:
    """Return forwarded fields as the ledger keeps them, for ever: no name of a code among them."""
    pieces = personal.get("evidence")
    if not isinstance(pieces, Mapping):
        return dict(personal)
    slim = {index: _without_digest(piece) for index, piece in pieces.items()}
    kept = {index: piece for index, piece in slim.items() if piece}
    rest = {name: value for name, value in personal.items() if name != "evidence"}
    return rest | ({"evidence": kept} if kept else {})


def _without_digest(piece: Any) -> Any:
    fields = piece.get("personal") if isinstance(piece, Mapping) else None
    if not isinstance(fields, Mapping) or _FIELD not in fields:
        return piece
    kept = {name: value for name, value in fields.items() if name != _FIELD}
    rest = {name: value for name, value in piece.items() if name != "personal"}
    return rest | ({"personal": kept} if kept else {})


def _shown(event: Event) -> Iterator[_Shown]:
    """Nothing is taken for granted: a body that does not fit its model is stored and alarmed all the same."""
    assert event.data is not None
    pieces = event.data.body.get("evidence")
    hidden = (event.data.personal or {}).get("evidence")
    for index, piece in enumerate(pieces if isinstance(pieces, list) else ()):
        if not isinstance(piece, Mapping) or piece.get("t") != "code":
            continue
        carrier, at_us, clock = piece.get("carrier"), piece.get("at_us"), piece.get("clock")
        if not isinstance(carrier, str) or carrier not in LIVE or not _is_number(at_us):
            continue
        if str(piece.get("source", "")).startswith("attendant:"):
            continue  # asked by the number that was typed: no code was in anybody's hand
        yield _Shown(_digest(hidden, str(index)), carrier, at_us, clock in TRUSTED)


def _digest(hidden: Any, index: str) -> str | None:
    piece = hidden.get(index) if isinstance(hidden, Mapping) else None
    fields = piece.get("personal") if isinstance(piece, Mapping) else None
    value = fields.get(_FIELD) if isinstance(fields, Mapping) else None
    return value if isinstance(value, str) and _DIGEST.fullmatch(value) else None


def _is_number(value: object) -> TypeGuard[int]:
    return type(value) is int and -_LARGEST < value < _LARGEST


def _is_new(connection: sqlite3.Connection, name: bytes, here: _Sighting, now_us: int) -> bool:
    inserted = connection.execute(
        "INSERT INTO sighting(code, at_us, gate_id, passage, incarnation_id, lane, carrier, trusted, "
        "received_us) VALUES(?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
        (
            name,
            here.at_us,
            here.gate_id,
            here.passage,
            here.incarnation_id,
            here.lane,
            here.carrier,
            here.trusted,
            now_us,
        ),
    )
    return inserted.rowcount == 1


def _compare(
    connection: sqlite3.Connection, name: bytes, here: _Sighting, within_us: int, now_us: int
) -> None:
    """Each passage is told of the nearest one before it at another gate, so that what is told does not
    depend on which row came first."""
    before = _near(connection, _BEFORE, name, here, here.at_us - within_us)
    nearest = next((one for one in before if one.gate_id != here.gate_id), None)
    if nearest is not None:
        _raise(connection, here, nearest, now_us)
    after = _near(connection, _AFTER, name, here, here.at_us + within_us)
    for later in after:
        # For these `here` is the nearest: up to the first that has another one of another gate between.
        if later.gate_id == here.gate_id or later.gate_id != after[0].gate_id:
            return
        _raise(connection, later, here, now_us)


def _near(
    connection: sqlite3.Connection, query: str, name: bytes, here: _Sighting, bound_us: int
) -> list[_Sighting]:
    """Return the sightings of a code on one side of this one, nearest first, as far as `bound_us`."""
    rows = connection.execute(
        query, (name, bound_us, here.at_us, here.gate_id, here.passage, here.incarnation_id, _MOST)
    )
    return [
        _Sighting(at_us, gate_id, passage, incarnation_id, lane, carrier, bool(trusted))
        for at_us, gate_id, passage, incarnation_id, lane, carrier, trusted in rows
    ]


def _raise(connection: sqlite3.Connection, later: _Sighting, earlier: _Sighting, now_us: int) -> None:
    gate = connection.execute("SELECT name FROM gate WHERE id=?", (earlier.gate_id,)).fetchone()[0]
    journal = connection.execute(
        "SELECT name FROM incarnation WHERE id=?", (later.incarnation_id,)
    ).fetchone()[0]
    detail = {
        "carrier": later.carrier,
        "lane": later.lane,
        "passage": later.passage,
        "at_us": later.at_us,
        "elsewhere": {
            "gate": gate,
            "lane": earlier.lane,
            "passage": earlier.passage,
            "at_us": earlier.at_us,
        },
        "apart_us": later.at_us - earlier.at_us,
        "clocks_trusted": later.trusted and earlier.trusted,
    }
    subject = f"{journal}/{later.passage}/{later.at_us}"
    raise_alarm(connection, later.gate_id, "code_seen_elsewhere", subject, detail=detail, now_us=now_us)
