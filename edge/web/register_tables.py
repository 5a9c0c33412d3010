"""Registers as tables of texts, for the pages, for paper and for office programs alike.

Values in, text out. Personal fields are `***` here unless the caller hands them in, who wrote down why.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from edge.domain.procedure import Text
from edge.journal import harmless
from edge.registers.definition import Choice, Definition, FieldOf, Title
from edge.registers.ledgers import Line, ends_of
from edge.registers.of_passages import Passed
from edge.web import show
from edge.web.words import say

MASKED = "***"
BUILT_IN = ("at", "lane", "temperature", "outcome")


@dataclass(frozen=True, slots=True)
class Cells:
    """One line: the number of its entry or passage, and its texts in the order of the columns."""

    number: int
    cells: tuple[str, ...]
    line: Line | None = None


def told(title: Title | Text | None, language: str) -> str:
    """Return a text of a definition in a language."""
    if isinstance(title, Title):
        return title.zh_Hans if language == "zh_Hans" else title.en
    return str((title or {}).get(language) or (title or {}).get("en") or "")


def heads(definition: Definition, language: str, *, whole: bool = False) -> list[tuple[str, str]]:
    """Return (id, title) of each column; `whole`: of every field."""
    return [(name, _head(definition, name, language)) for name in _names(definition, whole)]


def entry_cells(
    definition: Definition,
    lines: Sequence[Line],
    opened: Mapping[int, Mapping[str, str]] | None,
    *,
    zone: ZoneInfo,
    language: str,
    whole: bool = False,
) -> list[Cells]:
    """Return entries as lines of the table; `opened` are the personal fields by the entry's number."""
    names = _names(definition, whole)
    return [
        Cells(
            line.entry.number,
            tuple(
                cell(definition.one(name), line.entry.fields, personal, zone=zone, language=language)
                for name in names
                for personal in [None if opened is None else opened.get(line.entry.number, {})]
            ),
            line,
        )
        for line in lines
    ]


def passage_cells(
    definition: Definition,
    lines: Sequence[Passed],
    answers: Mapping[tuple[str, str], Text],
    *,
    zone: ZoneInfo,
    language: str,
) -> list[Cells]:
    """Return passages as lines of the table; `answers` are the words for values of questions."""
    names = _names(definition, whole=False)
    found = []
    for line in lines:
        built_in = {
            "at": show.moment(line.at_us, zone),
            "lane": line.lane,
            "temperature": "" if line.body_mdegc is None else f"{show.degrees(line.body_mdegc)} °C",
            "outcome": say("outcome", line.outcome, language),
        }
        cells = []
        for name in names:
            value = built_in[name] if name in built_in else line.cells.get(name, "")
            words = answers.get((name, value or ""))
            cells.append(MASKED if value is None else told(words, language) if words else value)
        found.append(Cells(line.passage, tuple(cells)))
    return found


def cell(
    field: FieldOf | None,
    fields: Mapping[str, Any],
    personal: Mapping[str, str] | None,
    *,
    zone: ZoneInfo,
    language: str,
) -> str:
    """Return one value as text; a value that the definition no longer names stands for itself."""
    if field is None:
        return ""
    if field.personal:
        return MASKED if personal is None else personal.get(field.id, "")
    return value_text(field, fields.get(field.id), zone=zone, language=language)


def value_text(field: FieldOf | None, value: Any, *, zone: ZoneInfo, language: str) -> str:
    """Return an open value as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return say("yes_no", "yes" if value else "no", language)
    if isinstance(value, list):
        joint = "、" if language == "zh_Hans" else ", "
        return joint.join(value_text(field, one, zone=zone, language=language) for one in value)
    if isinstance(value, int) and field is not None and field.kind == "time":
        return show.local_text(value, zone)
    choice = None if field is None else field.choice(str(value))
    return str(value) if choice is None else told(choice.title, language)


def knowing(field: FieldOf, older: Definition | None, fields: Mapping[str, Any]) -> FieldOf:
    """Return the field, or as it was when the entry was made where it has lost a value of it since."""
    value = fields.get(field.id)
    values = value if isinstance(value, list) else [value]
    was = None if older is None else older.one(field.id)
    lost = any(isinstance(one, str) and field.choice(one) is None for one in values)
    return was if lost and was is not None and was.personal == field.personal else field


def state_text(definition: Definition, line: Line, language: str) -> str:
    """Return how an entry stands."""
    if line.struck:
        return say("entry_state", "struck", language)
    if line.overdue:
        return say("entry_state", "overdue", language)
    if not definition.lasts(line.entry.fields):
        return ""
    return say("entry_state", "open" if line.entry.open else "ended", language)


def end_title(definition: Definition, why: str, language: str) -> str:
    """Return the words for the reason of an end."""
    found: Choice | None = next((one for one in ends_of(definition) if one.value == why), None)
    return say("entry_end", why, language) if found is None else told(found.title, language)


def as_csv(table: Iterable[Sequence[str]]) -> bytes:
    """Return lines as comma-separated values that office programs take for UTF-8 and run nothing of."""
    out = io.StringIO()
    out.write("\ufeff")
    csv.writer(out).writerows([harmless(cell) for cell in cells] for cells in table)
    return out.getvalue().encode()


def as_xlsx(table: Iterable[Sequence[str]]) -> bytes:
    """Return a workbook of texts: office programs make a date of a room such as 3-1."""
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet, text = book.add_worksheet(), book.add_format({"num_format": "@"})
        sheet.freeze_panes(1, 0)
        for number, cells in enumerate(table):
            for column, value in enumerate(cells):
                sheet.write_string(number, column, harmless(value), text)
    return out.getvalue()


def _names(definition: Definition, whole: bool) -> list[str]:
    if definition.passages is not None:
        return list(definition.columns) or [*BUILT_IN, *(field.id for field in definition.field)]
    return [field.id for field in (definition.field if whole else definition.shown)]


def _head(definition: Definition, name: str, language: str) -> str:
    field = definition.one(name)
    return say("register_column", name, language) if field is None else told(field.title, language)
