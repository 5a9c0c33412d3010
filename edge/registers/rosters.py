"""Single entries of the registers of people and things, as forms and programs bring them.

Also who of a list that came in is known here and where they passed last, and how far a census has come.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Protocol
from zoneinfo import ZoneInfo

from edge.domain.errors import FormError
from edge.journal import Entry, PassageRow, Reader
from edge.registers import households
from edge.registers.all_kinds import KINDS
from edge.registers.book import Book, Draft, Entered, Open, Order
from edge.registers.homes import home_of, parts_told
from edge.registers.import_batch import EMPLOYERS
from edge.registers.kinds import HOME, Faulty, Kind, draft_of
from edge.registers.people import AREA_NAMES

CENSUS = "census"
MOST_FOUND = 50
LAST_PASSAGES = 5
ENDS = ("moved", "over", "released", "mistake", "other")
_RELEASES = ("over", "released")
FOUND_BY = ("name", "phone", "phone_tail", "id_number", "id_number_tail", "plate", "pass_id", "home", "room")


class Reads(Protocol):
    """The part of the journal that is read here."""

    def reader(self) -> Reader:
        """Open a read-only view."""


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody of a list that came in: the line, the entries that are them, and where they passed last."""

    line: int
    entries: tuple[Entry, ...]
    personal: Mapping[str, str]
    passages: tuple[PassageRow, ...]


@dataclass(frozen=True, slots=True)
class Covered:
    """How many entries of one grid or employer there are, and how many a census round covered."""

    by: str
    total: int
    covered: int

    @property
    def per_mille(self) -> int:
        """Return the share that is covered, in thousandths."""
        return 1000 * self.covered // self.total if self.total else 0


def ends_of(register: str) -> tuple[str, ...]:
    """Return why an entry may end on its own page. Isolation ends where a unit signs for it (解除)."""
    return tuple(one for one in ENDS if register != "watch" or one not in _RELEASES)


class Rosters:
    """Commands and views. Thread-safe as the book is."""

    def __init__(self, book: Book, journal: Reads, zone: ZoneInfo) -> None:
        self._book, self._journal, self._zone = book, journal, zone

    def draft(self, register: str, given: Mapping[str, str]) -> Draft:
        """Return what a form says. Raises Faulty."""
        return draft_of(KINDS[register], given, self._zone)

    def enter(
        self, order: Order, register: str, given: Mapping[str, str], more: Mapping[str, Open] | None = None
    ) -> Entered:
        """Enter somebody or something, with the household and employer it belongs to. Raises Faulty,
        FormError."""
        draft = self.draft(register, given)
        links = {**self._links(order, KINDS[register], draft, given), **(more or {})}
        return self._book.enter(order, register, replace(draft, fields={**draft.fields, **links}))

    def amend(
        self, order: Order, register: str, number: int, given: Mapping[str, str], seen: int | None = None
    ) -> Entered:
        """Say anew what an entry says; what no form asks for stays. Raises Faulty, FormError."""
        kind = KINDS[register]
        draft = self.draft(register, given)
        entry = self._book.one(register, number).entry
        asked = {one.name if one.kind != "date" else f"{one.name}_us" for one in kind.fields}
        kept = {
            name: value
            for name, value in entry.fields.items()
            if name not in asked and name not in ("household", "employer")
        }
        fields = {**kept, **draft.fields, **self._links(order, kind, draft, given)}
        beside = {
            name: value
            for name, value in (self._book.personal(entry) or {}).items()
            if name.startswith("contact_") and name not in kind.names
        }
        says = replace(draft, fields=fields, personal={**beside, **draft.personal})
        return self._book.amend(order, register, number, says, seen=seen)

    def mark(self, order: Order, register: str, number: int, round_: int) -> Entered:
        """Record that a census round covered an entry. Raises FormError."""
        entry = self._book.one(register, number).entry
        if not entry.open:
            raise FormError("entry_ended", status=409)
        old = entry.fields.get("rounds", [])
        rounds = sorted({*(old if isinstance(old, list) else []), round_})
        says = Draft({**entry.fields, "rounds": rounds}, from_us=entry.from_us, until_us=entry.until_us)
        return self._book.amend(order, register, number, says)

    def find(self, register: str, by: str, value: str) -> list[Entry]:
        """Return the open entries of a register by one of their personal fields. Raises FormError
        `bad_value`."""
        if by not in FOUND_BY or not value.strip():
            raise FormError("bad_value")
        value = home_of(*parts_told(value)) or value if by == "home" else value
        return [one for one in self._book.find([register], by, value) if not one.forgotten][:MOST_FOUND]

    def who(self, lines: Iterable[Mapping[str, str]]) -> list[Known]:
        """Return those of a list (密接者 …) who are in the registers or passed here: where they live and when
        they were last seen. A name alone is looked for among people only."""
        found: list[Known] = []
        with closing(self._journal.reader()) as reader:
            for number, given in enumerate(lines, 1):
                entries = self._entries_of(given)
                personal = self._book.personal(entries[0]) if entries else None
                values = [
                    *given.values(),
                    *((personal or {}).get(name, "") for name in ("id_number", "phone", "pass_id")),
                ]
                ids = {
                    id_ for value in values if len(value.strip()) > 1 for id_ in reader.find(value.strip())
                }
                rows = [
                    row
                    for id_ in sorted(ids, reverse=True)[:LAST_PASSAGES]
                    if (row := _passage(reader, id_)) is not None
                ]
                if entries or rows:
                    found.append(Known(number, tuple(entries), personal or {}, tuple(rows)))
        return found

    def coverage(self, register: str, by: str, round_: int) -> list[Covered]:
        """Return, per grid or employer, how many entries there are and how many a round covered."""
        with closing(self._journal.reader()) as reader:
            tally = reader.entry_tally(register, by, round_)
        return [Covered("" if key is None else str(key), total, covered) for key, total, covered in tally]

    def missing(self, register: str, by: str, value: str | int | None, round_: int) -> list[Entry]:
        """Return the entries of one grid or employer that a round did not cover, at most 500."""
        found: list[Entry] = []
        after = 0
        while len(found) < 500:
            page = self._book.page(register, open_=True, where={by: value}, after=after, limit=500)
            found += [one for one in page if round_ not in (one.fields.get("rounds") or [])]
            if len(page) < 500:
                break
            after = page[-1].number
        return found[:500]

    def employers(self) -> dict[str, str]:
        """Return the names of employers by number."""
        known = self._book.page(EMPLOYERS, open_=True, limit=10_000)
        return {str(one.number): str(one.fields.get("name", "")) for one in known}

    def rounds(self) -> list[Entry]:
        """Return the census rounds, the newest first."""
        return self._book.page(CENSUS, limit=100)

    def begin_round(self, order: Order, title: str) -> Entered:
        """Begin the next census round (首轮摸排, 再次排查); its number is its entry's."""
        return self._book.enter(order, CENSUS, Draft({"title": title}))

    def _entries_of(self, given: Mapping[str, str]) -> list[Entry]:
        for by in ("id_number", "pass_id", "phone", "plate", "name"):
            if value := given.get(by, "").strip():
                found = [
                    one for one in self._book.find(["people", "vehicles"], by, value) if not one.forgotten
                ]
                if found:
                    return found[:MOST_FOUND]
        return []

    def _links(self, order: Order, kind: Kind, draft: Draft, given: Mapping[str, str]) -> dict[str, Open]:
        links: dict[str, Open] = {}
        home = draft.personal.get("home")
        if home and kind.register != households.REGISTER:
            links["household"] = self.household(order, draft.personal, given)
        if name := str(draft.fields.get("employer_name", "")):
            links["employer"] = self._employer(order, name)
        return links

    def household(self, order: Order, personal: Mapping[str, str], given: Mapping[str, str]) -> int:
        """Return the number of a home's household, entered now where it was not known."""
        place: dict[str, Open] = {
            name: " ".join(given[name].split()) for name in AREA_NAMES if given.get(name, "").strip()
        }
        for entry in self._book.find([households.REGISTER], "home", personal["home"]):
            if all(entry.fields.get(name) == value for name, value in place.items()):
                return entry.number
        home = {name: personal[name] for name in ("building", "unit", "room", *HOME) if name in personal}
        also = Order(f"{order.command_id}-home", order.by)
        return self._book.enter(also, households.REGISTER, Draft(place, home, ("room", *HOME))).number

    def _employer(self, order: Order, name: str) -> int:
        known = self._book.page(EMPLOYERS, open_=True, where={"name": name}, limit=1)
        if known:
            return known[0].number
        also = Order(f"{order.command_id}-employer", order.by)
        return self._book.enter(also, EMPLOYERS, Draft({"name": name})).number


def _passage(reader: Reader, id_: int) -> PassageRow | None:
    found = reader.passages(before=id_ + 1, limit=1)
    return found[0] if found and found[0].id == id_ else None


def parsed_list(text: str) -> Sequence[Mapping[str, str]]:
    """Return the lines of a list that somebody pasted: each a number of a document, a phone, a plate or a
    name, or several of them."""
    from edge.registers import values

    lines = []
    for line in text.splitlines()[:500]:
        given: dict[str, str] = {}
        for part in line.replace("，", ",").replace("\t", ",").replace(";", ",").split(","):
            word = part.strip()
            if not word:
                continue
            if values.phone_fault(word) is None:
                given.setdefault("phone", word)
            elif values.plate_fault(word) is None:
                given.setdefault("plate", word)
            elif values.id_number_fault(word) is None:
                given.setdefault("id_number", word)
            else:
                given.setdefault("name", word)
        if given:
            lines.append(given)
    return lines


__all__ = ["CENSUS", "FOUND_BY", "Covered", "Faulty", "Known", "Rosters", "parsed_list"]
