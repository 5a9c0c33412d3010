"""Ledgers (台账): tables of passages, of outsiders, of who overrode what, and of any register, to look at,
print and give to an office. Personal columns are filled only where the caller had them opened and
written down.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from edge.journal import Reader, StoredRow
from edge.reports.day import PAPER, Days, days_between, starts_us
from edge.reports.facts import Fact, named

PERSONAL = ("name", "room", "phone", "id_number", "plate")
PASSAGE = (
    *("number", "lane", "direction", "ended", "outcome", "reasons", "category", "temperature", "body_c"),
    *("second", "by", "override", "corrected", "paper"),
)
ACCOUNT = ("sequence", "moment", "kind", "by", "about", "why", "hash")
# Of these registers, entries that were made although something was missing.
_ALTHOUGH = {"signin": "override", "duty": "untrained"}
# What somebody has to answer for: 督导问责 reads it, the chain keeps it.
ANSWERED_FOR = (
    *("access.published", "access.corrected", "register.defined", "screening.settled", "screening.withdrawn"),
    *("correction.recorded", "paper.entered", "personal.opened", "settings.changed", "procedure.published"),
    *("user.added", "user.changed", "user.disabled", "register.amended", "register.ended"),
    *("import.begun", "import.ended", "register.import_undone"),
    *("calibration.recorded", "calibration.withdrawn", "clock.corrected"),
    *("retention.destroyed", "journal.set_aside", "journal.restored"),
)
Cell = str | int | bool | None
Opener = Callable[[StoredRow], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Wish:
    """Which days of a ledger, both included; `inside` are the categories of those who belong here."""

    first: date
    last: date
    zone: ZoneInfo
    inside: frozenset[str] = frozenset({"resident", "staff"})


@dataclass(frozen=True, slots=True)
class Table:
    """A ledger: its columns, which of them are personal, and its lines."""

    name: str
    columns: tuple[str, ...]
    personal: tuple[str, ...]
    lines: Iterator[tuple[Cell, ...]]


def _everybody(_: Fact, __: Wish) -> bool:
    return True


# By which passages a ledger of passages is about.
LEDGERS: Mapping[str, Callable[[Fact, Wish], bool]] = {
    "passages": _everybody,
    "outsiders": lambda one, wish: not one.vehicle and one.category not in wish.inside,
    "vehicles": lambda one, _: one.vehicle,
    "turned_back": lambda one, _: one.outcome == "turn_back",
    "over": lambda one, _: one.verdict in ("over", "again"),
    "suspected": lambda one, _: one.suspected,
    "no_temperature": lambda one, _: not one.vehicle and one.verdict not in ("normal", "over", "again"),
    "overrides": lambda one, _: one.override_by is not None,
}
OTHERS = ("accountability", "reports", "undated")
NAMES = (*LEDGERS, *OTHERS)


def ledger(reader: Reader, name: str, wish: Wish, opened: bool = False) -> Table:
    """Return a ledger; `opened` fills the personal columns. Raises KeyError for a name there is none of."""
    days = Days(reader, wish.zone)
    if name in LEDGERS:
        columns = (*PASSAGE, *(PERSONAL if opened else ()))
        return Table(name, columns, PERSONAL, _passages(reader, days, LEDGERS[name], wish, opened))
    if name == "accountability":
        return Table(name, ACCOUNT, (), _accountability(days, wish))
    if name == "reports":
        return Table(
            name, ("day", "sequence", "moment", "late", "corrects", "upto"), (), _reports(days, wish)
        )
    if name == "undated":
        return Table(name, ("first", "last", "after", "before", "passages"), (), _undated(days))
    raise KeyError(name)


def register(reader: Reader, name: str, opener: Opener | None, zone: ZoneInfo, limit: int = 100_000) -> Table:
    """Return all entries of a register, oldest first; `opener` opens personal fields."""
    entries = reader.entries(name, after=0, limit=limit)
    fields = list(dict.fromkeys(key for one in entries for key in one.fields))
    personal: dict[int, Mapping[str, str]] = {}
    if opener is not None:
        for one in entries:
            rows = [row for row in reader.entry_rows(one) if row.sealed is not None]
            personal[one.number] = dict((opener(rows[-1]) or {}).get("fields", {})) if rows else {}
    names = tuple(dict.fromkeys(key for found in personal.values() for key in found))

    def lines() -> Iterator[tuple[Cell, ...]]:
        days = Days(reader, zone)
        for one in entries:
            head = (one.number, "open" if one.open else "ended", _moment(one.entered_us, days))
            told = (_text(one.fields.get(key)) for key in fields)
            yield (*head, *told, *(personal.get(one.number, {}).get(key) for key in names))

    return Table(name, ("number", "state", "entered", *fields, *names), names, lines())


def _passages(
    reader: Reader, days: Days, chosen: Callable[[Fact, Wish], bool], wish: Wish, opened: bool
) -> Iterator[tuple[Cell, ...]]:
    for day in days_between(wish.first, wish.last):
        facts = [one for one in days.facts(day) if chosen(one, wish)]
        rows = {row.seq: row for row in _rows(reader, [one.seq for one in facts])}
        told = dict(zip(rows, reader.opened(list(rows.values())), strict=True)) if opened else {}
        for one in facts:
            row = rows[one.seq]
            yield (*_line(one, row, days), *(_person(row, told.get(one.seq)) if opened else ()))


def _line(one: Fact, row: StoredRow, days: Days) -> tuple[Cell, ...]:
    body_mdegc = row.body.get("body_mdegc") or (row.body.get("temperature") or {}).get("body_mdegc")
    return (
        *(one.passage if not one.paper else None, one.lane, one.direction, _moment(one.at_us, days)),
        *(one.outcome, " ".join(one.reasons), one.category, one.verdict),
        *(None if body_mdegc is None else f"{body_mdegc / 1000:.1f}", one.second),
        *(row.body.get("by"), one.override_by is not None, one.corrected, one.paper),
    )


def _person(row: StoredRow, personal: Mapping[str, Any] | None) -> tuple[Cell, ...]:
    if personal is None:
        return tuple("(destroyed)" if row.sealed is not None else None for _ in PERSONAL)
    fields = personal if row.kind == PAPER else named(row.body, personal)
    return tuple(fields.get(name) for name in PERSONAL)


def _accountability(days: Days, wish: Wish) -> Iterator[tuple[Cell, ...]]:
    bounds = starts_us(wish.first, wish.zone), starts_us(wish.last + timedelta(days=1), wish.zone)
    found = list(days.rows.rare_between(ANSWERED_FOR, *bounds, days.head, by_hand=True))
    for span in days.rows.calendar.undated():
        # What may have been then and cannot be dated is told, without a moment: nobody's change falls out.
        if (span.after_us or 0) < bounds[1] and (span.before_us is None or span.before_us >= bounds[0]):
            found += days.rows.rare(ANSWERED_FOR, span.last, span.first - 1, by_hand=True)
    # Rules that a start took from their file are nobody's doing.
    found = [one for one in found if one.row.body.get("by") or not one.row.kind.startswith("access.")]
    for register, reason in _ALTHOUGH.items():
        made = days.rows.rare_of("register.entered", "register", register, days.head)
        dated = days.rows.these(*(row.seq for row in made if row.body["fields"].get(reason)))
        found += [one for one in dated if one.at_us is not None and bounds[0] <= one.at_us < bounds[1]]
    for day in days_between(wish.first, wish.last):
        overridden = [fact.seq for fact in days.facts(day) if fact.override_by is not None]
        found += days.rows.these(*overridden)
    for one in sorted(found, key=lambda each: each.row.seq):
        body = one.row.body
        about = next((f"{key} {body[key]}" for key in ABOUT if body.get(key) is not None), None)
        if "register" in body and "entry" in body:
            about = f"{body['register']} {body['entry']}"
        fields = body.get("fields", {})
        although = next((fields[name] for name in _ALTHOUGH.values() if fields.get(name)), None)
        why = body.get("why") or although or body.get("chosen") or " ".join(body.get("reasons", ()))
        why = why or (body["state"] if one.row.kind == "import.ended" else None)
        head = (one.row.seq, _moment(one.at_us, days), one.row.kind, body.get("by"))
        yield (*head, about, why, one.row.hash.hex()[:16])


ABOUT = (
    "closure",
    "passage",
    "case",
    "import",
    "register",
    "paper",
    "trace",
    "account",
    "name",
    "what",
    "device",
    "version",
    "day",
)


def _reports(days: Days, wish: Wish) -> Iterator[tuple[Cell, ...]]:
    for one in days.rows.rare(("report.daily",), days.head):
        body = one.row.body
        if wish.first <= date.fromisoformat(body["day"]) <= wish.last:
            when = _moment(one.at_us, days)
            yield body["day"], one.row.seq, when, bool(body.get("late")), body.get("corrects"), body["upto"]


def _undated(days: Days) -> Iterator[tuple[Cell, ...]]:
    for gap in days.gaps():
        yield gap.first, gap.last, _moment(gap.after_us, days), _moment(gap.before_us, days), gap.passages


def _rows(reader: Reader, seqs: Sequence[int]) -> Iterator[StoredRow]:
    for at in range(0, len(seqs), 500):
        yield from reader.these(seqs[at : at + 500])


def _moment(at_us: int | None, days: Days) -> str | None:
    return None if at_us is None else days.text_of(at_us)


def _text(value: object) -> Cell:
    return " ".join(str(one) for one in value) if isinstance(value, list) else value  # type: ignore[return-value]
