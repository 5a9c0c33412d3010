"""What a register of people or things has as fields, and how a line of it becomes a draft.

A field is open (it names nobody) or personal (sealed, found by its token). Values are kept as they were
written; every fault of a line is named at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from edge.registers import values
from edge.registers.book import Draft, Open
from edge.registers.homes import SHORT, home_of, parts_of, short_of

LONGEST = 120
# What follows from building, unit and room: a home is found by it, and no form asks for it.
HOME = ("home", SHORT)
_CHECKS = {
    "id_number": values.id_number_fault,
    "phone": values.phone_fault,
    "plate": values.plate_fault,
    "pass_id": values.pass_fault,
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `kind` is text, choice, date, number, tick, or what its values are checked as: id_number,
    phone, plate, pass_id. `personal` ones are sealed, of which `find` are looked up by. `also` are further
    words that offices head its column with, `choices` the codes of a choice with the words for each."""

    name: str
    zh: str
    en: str
    kind: str = "text"
    personal: bool = False
    find: bool = False
    also: tuple[str, ...] = ()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def heads(self) -> tuple[str, ...]:
        """Every word that may stand above its column."""
        return (self.zh, self.en, self.name, *self.also)


@dataclass(frozen=True, slots=True)
class Kind:
    """One register. Of `needs`, each has at least one of its fields. `same` are the fields a line is known
    again by, the strongest first; a line takes the first of which it has every field."""

    register: str
    zh: str
    en: str
    fields: tuple[Field, ...]
    needs: tuple[tuple[str, ...], ...]
    same: tuple[tuple[str, ...], ...]

    def field(self, name: str) -> Field:
        """Return a field by its name. Raises KeyError."""
        for one in self.fields:
            if one.name == name:
                return one
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of its fields, in the order of the form."""
        return tuple(one.name for one in self.fields)


class Faulty(ValueError):
    """A line that cannot be entered. `faults` are pairs of a field (or fields joined by `|`) and a code."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__(", ".join(f"{name}: {code}" for name, code in faults))
        self.faults = tuple(faults)


def draft_of(
    kind: Kind, given: Mapping[str, str], zone: ZoneInfo, links: Mapping[str, Open] | None = None
) -> Draft:
    """Return what a line of these values says; `links` are open fields that were found, not written (the
    number of a household). Raises Faulty with every fault."""
    faults: list[tuple[str, str]] = []
    fields: dict[str, Open] = {}
    personal: dict[str, str] = {}
    times: dict[str, int] = {}
    for one in kind.fields:
        if not (text := given.get(one.name, "").strip()):
            continue
        fault = _fault(one, text)
        if fault is not None:
            faults.append((one.name, fault))
        elif one.personal:
            personal[one.name] = text
        elif one.name in ("from", "until"):
            # Until a day means until it is over.
            day = values.day_of(text)
            times[one.name] = values.day_starts_us(day, zone) + (one.name == "until") * 86_400_000_000
        else:
            fields[one.name if one.kind != "date" else f"{one.name}_us"] = _open(one, text, zone)
    present = {*personal, *fields, *times, *(name.removesuffix("_us") for name in fields)}
    faulty = {name for name, _ in faults}
    faults += [
        ("|".join(names), "missing")
        for names in kind.needs
        if not present.intersection(names) and not faulty.intersection(names)
    ]
    if {"from", "until"} <= set(times) and times["until"] <= times["from"]:
        faults.append(("until", "until_before_from"))
    if faults:
        raise Faulty(faults)
    home = parts_of(personal)
    for name, value in (("home", home_of(*home)), (SHORT, short_of(*home))):
        if value:
            personal[name] = value
    fields.update(links or {})
    find = looked_up_by(kind)
    return Draft(fields, personal, find, from_us=times.get("from"), until_us=times.get("until"))


def looked_up_by(kind: Kind) -> tuple[str, ...]:
    """Return the names of the personal fields that entries of a register are found by."""
    return (*(one.name for one in kind.fields if one.find), *HOME)


def _fault(one: Field, text: str) -> str | None:
    fault = None
    if len(text) > LONGEST:
        fault = "too_long"
    elif not text.isprintable() and any(ord(sign) < 32 or ord(sign) == 127 for sign in text):
        fault = "control"
    elif one.kind in _CHECKS:
        fault = _CHECKS[one.kind](text)
    elif one.name in ("building", "unit", "room") and values.is_excels(text):
        fault = "excel_number"
    elif one.kind == "date":
        try:
            values.day_of(text)
        except ValueError as error:
            fault = str(error)
    elif one.kind == "number" and not values.folded(text).isdigit():
        fault = "number_form"
    elif one.kind == "choice" and _chosen(one, text) is None:
        fault = "unknown_choice"
    return fault


def _open(one: Field, text: str, zone: ZoneInfo) -> Open:
    if one.kind == "date":
        return values.day_starts_us(values.day_of(text), zone)
    if one.kind == "number":
        return int(values.folded(text))
    if one.kind == "tick":
        return values.folded(text) not in ("", "否", "无", "NO", "N", "0", "FALSE")
    if one.kind == "choice":
        return _chosen(one, text) or text
    return " ".join(text.split())


def _chosen(one: Field, text: str) -> str | None:
    value = values.folded(text)
    for code, words in one.choices.items():
        if value == code.upper() or value in map(values.folded, words):
            return code
    return None
