"""A list of names and numbers that comes in (无症状感染者、密接者名单), matched with the roster and the last
passages: where, which building, when (R28). Reads only."""

import re
import unicodedata
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from edge.domain.asking import told_by_digits
from edge.journal import PassageRow, Reader
from edge.registers.opened import Journal, Opened

MOST_LINES = 200
MOST_PASSAGES = 5
_BETWEEN = re.compile(r"[,;，；、\t|]+|\s{2,}")
_SURE = ("id_number", "phone", "pass_id")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the register who fits a line: the entry, and their personal fields."""

    entry: int
    zone: str
    own: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Matched:
    """One line of the list with who fits it and their last passages, the newest first."""

    line: str
    people: tuple[Person, ...]
    passages: tuple[PassageRow, ...]


def match(journal: Journal, text: str) -> list[Matched]:
    """Return each line of a list with who fits it; lines beyond `MOST_LINES` are left out."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    with closing(journal.reader()) as reader:
        return [_matched(Opened(journal, reader), reader, line) for line in lines[:MOST_LINES]]


def _matched(book: Opened, reader: Reader, line: str) -> Matched:
    told: dict[str, str] = {}
    for part in _BETWEEN.split(unicodedata.normalize("NFKC", line)):
        if part.strip():
            told = told_by_digits(part.strip()) | told
    sure = [name for name in _SURE if told.get(name)]
    by = sure or [name for name in ("name", "phone_tail") if told.get(name)]
    people: dict[int, Person] = {}
    for name in by:
        for entry in book.find(["people"], name, told[name]):
            zone = str(entry.fields.get("zone", ""))
            people[entry.number] = Person(entry.number, zone, book.personal(entry))
    ids = {number for name in by for number in reader.find(told[name])}
    for person in people.values():
        ids |= {number for name in _SURE if person.own.get(name) for number in reader.find(person.own[name])}
    passages = [row for number in sorted(ids, reverse=True)[:MOST_PASSAGES] for row in _row(reader, number)]
    return Matched(line, tuple(people.values()), tuple(passages))


def _row(reader: Reader, passage: int) -> list[PassageRow]:
    return reader.passages(before=passage + 1, limit=1)
