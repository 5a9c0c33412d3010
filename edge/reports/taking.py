"""What people add for reports afterwards: corrections of passages, lines of paper pages, the evening's notes.

Each is a new row that names what it is about; nothing that was written is changed. A repeated command does
nothing twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from edge.domain.errors import FormError
from edge.domain.model import Instant
from edge.journal import Look, Reader, Row, StoredRow
from edge.registers.drafts import Order
from edge.reports.day import CORRECTION, PAPER, Days, day_of
from edge.reports.lines import EVENING

WHY = ("wrong_tap", "wrong_person", "double", "test", "wrong_direction", "other")
OUTCOMES = ("admit", "turn_back", "refer", "abandoned")
DAY_US = 86_400_000_000
OLDEST_US = 400 * DAY_US
_PERSONAL = ("name", "room", "phone", "id_number", "plate", "writer")


class Journal(Protocol):
    """The part of the journal that is needed here."""

    def compose(self, make: Callable[[Look], Sequence[Row]]) -> tuple[int, ...]:
        """Write the rows that `make` returns, in one transaction with what it looked at."""

    def reader(self) -> Reader:
        """Open a read-only view."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What of a passage is so in truth; None: as it was written. `void`: there was no such passage."""

    why: str
    void: bool = False
    outcome: str | None = None
    direction: str | None = None
    category: str | None = None
    suspected: bool | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a paper page. `written_us` is the time on the page."""

    written_us: int
    direction: str
    outcome: str
    personal: Mapping[str, str]
    vehicle: bool = False
    body_mdegc: int | None = None
    category: str | None = None
    reason: str | None = None
    suspected: bool = False
    page: str | None = None
    lane: str | None = None


class Taking:
    """The commands. Thread-safe: each call reads and writes for itself."""

    def __init__(
        self,
        journal: Journal,
        zone: ZoneInfo,
        now: Callable[[], Instant],
        changed: Callable[[], None],
        threshold_mdegc: int = 37_300,
    ) -> None:
        self._journal = journal
        self._zone = zone
        self._now = now
        self._changed = changed
        self._threshold_mdegc = threshold_mdegc

    def correct(self, order: Order, passage: int, said: Correction) -> int:
        """Say what a passage was in truth. Raises FormError `unknown_passage`, `reason_needed`,
        `bad_value`, `command_reused`."""
        _check(said)
        with self._journal.reader() as reader:
            decided = [row for row in reader.passage(passage) if row.kind == "passage.decided"]
            if not decided:
                raise FormError("unknown_passage", "no passage of this number has ended", 404)
            at_us = Days(reader, self._zone).rows.moment(decided[0])
        day = day_of(decided[0].at_us if at_us is None else at_us, self._zone)
        body = {"passage": passage, "replaces": decided[-1].seq, "day": day.isoformat(), "why": said.why}
        return self._write(order, CORRECTION, body | _said(said), decided[-1].lane)

    def withdraw(self, order: Order, paper: int, why: str) -> int:
        """Take a line of a paper page back. Raises FormError `unknown_entry`, `reason_needed`."""
        if why not in WHY:
            raise FormError("reason_needed")
        with self._journal.reader() as reader:
            row = reader.row(paper)
        if row is None or row.kind != PAPER:
            raise FormError("unknown_entry", "there is no such line", 404)
        body = {"paper": paper, "replaces": paper, "day": row.body["day"], "why": why, "void": True}
        return self._write(order, CORRECTION, body, row.lane)

    def take(self, order: Order, lines: Sequence[Line]) -> tuple[int, ...]:
        """Take lines of a paper page in, with their own times and who wrote them. Raises FormError
        `bad_value`, `in_the_future`, `too_old`, `command_reused`; nothing is written then."""
        if not 0 < len(lines) <= 30:
            raise FormError("bad_value", "between one line and thirty")
        now = self._now()
        for line in lines:
            if line.direction not in ("in", "out") or line.outcome not in OUTCOMES[:3]:
                raise FormError("bad_value")
            if now.clock.trusted and line.written_us > now.at_us:
                raise FormError("in_the_future", "the page cannot have been written later than now")
            if line.written_us < now.at_us - OLDEST_US:
                raise FormError("too_old", "a page of so long ago belongs to no report")

        def make(look: Look) -> Sequence[Row]:
            if _done(look, PAPER, order):
                return ()
            return [self._paper(order, line) for line in lines]

        written = self._journal.compose(make)
        if not written:
            with self._journal.reader() as reader:
                rows = Days(reader, self._zone).rows.rare_of(
                    PAPER, "command_id", order.command_id, reader.head()
                )
            return tuple(row.seq for row in rows)
        self._changed()
        return written

    def note(self, order: Order, day: date, fields: Mapping[str, int | str]) -> int:
        """Keep what somebody typed in the evening of a day; the newest counts."""
        return self._write(order, EVENING, {"day": day.isoformat(), "fields": dict(fields)}, None)

    def noted(self, reader: Reader, day: date) -> dict[str, int | str]:
        """Return what was typed last for a day."""
        rows = Days(reader, self._zone).rows.rare_of(EVENING, "day", day.isoformat(), reader.head())
        return dict(rows[-1].body["fields"]) if rows else {}

    def _paper(self, order: Order, line: Line) -> Row:
        body: dict[str, Any] = {
            "day": day_of(line.written_us, self._zone).isoformat(),
            "written_us": line.written_us,
            "direction": line.direction,
            "outcome": line.outcome,
            "verdict": self._verdict(line),
            "body_mdegc": line.body_mdegc,
            "vehicle": line.vehicle or None,
            "category": line.category or None,
            "reason": line.reason or None,
            "suspected": line.suspected or None,
            "page": line.page or None,
            "by": order.by,
            "command_id": order.command_id,
        }
        personal = {
            name: line.personal[name].strip() for name in _PERSONAL if line.personal.get(name, "").strip()
        }
        body = {name: value for name, value in body.items() if value is not None}
        return Row(PAPER, self._now(), body, line.lane, personal or None)

    def _verdict(self, line: Line) -> str:
        if line.body_mdegc is None:
            return "missing"
        return "over" if line.body_mdegc >= self._threshold_mdegc else "normal"

    def _write(self, order: Order, kind: str, body: Mapping[str, Any], lane: str | None) -> int:
        earlier: list[StoredRow] = []
        whole = {**body, "by": order.by, "command_id": order.command_id}

        def make(look: Look) -> Sequence[Row]:
            earlier[:] = _done(look, kind, order)
            if earlier:
                if any(earlier[0].body.get(name) != body[name] for name in body):
                    raise FormError("command_reused", "another command had this id", 409)
                return ()
            return (Row(kind, self._now(), whole, lane),)

        written = self._journal.compose(make)
        if not written:
            return earlier[0].seq
        self._changed()
        return written[0]


def _done(look: Look, kind: str, order: Order) -> list[StoredRow]:
    return look.rows_saying(kind, "command_id", order.command_id)


def _check(said: Correction) -> None:
    if said.why not in WHY:
        raise FormError("reason_needed")
    if said.outcome not in (None, *OUTCOMES) or said.direction not in (None, "in", "out"):
        raise FormError("bad_value")
    if not _said(said):
        raise FormError("bad_value", "say what was otherwise")


def _said(said: Correction) -> dict[str, Any]:
    named = {"outcome": said.outcome, "direction": said.direction, "category": said.category}
    found: dict[str, Any] = {name: value for name, value in named.items() if value}
    if said.suspected is not None:
        found["suspected"] = said.suspected
    return {"void": True} if said.void else found
