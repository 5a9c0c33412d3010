"""One entry of a register, ready to show: its values as texts, what was done to it, who looked."""

from collections.abc import Mapping, Sequence
from typing import Any

from edge.journal import StoredRow
from edge.registers.definition import FieldOf
from edge.registers.ledgers import Told
from edge.web import register_tables as tables
from edge.web import show
from edge.web.gate import Gate


def shown(gate: Gate, told: Told, language: str, fields: Sequence[FieldOf] | None = None) -> dict[str, Any]:
    """Return an entry with its values as texts, of these fields or of all; what an older definition asked for
    is at the end."""
    definition, entry = told.definition, told.line.entry
    personal: Mapping[str, str] | None = told.told.personal or None
    said: dict[str, Any] = {"zone": show.zone_of(gate.timezone), "language": language}
    older = gate.ledgers.shelf.under(definition.name, str(entry.fields.get("definition", "")))
    cells = [
        (
            field.id,
            tables.told(field.title, language),
            tables.cell(tables.knowing(field, older, entry.fields), entry.fields, personal, **said),
        )
        for field in fields or definition.field
    ]
    asked = {field.id for field in definition.field}
    for name, value in entry.fields.items():
        if name not in asked | {"definition", "struck"} and fields is None:
            field = older.one(name) if older else None
            head = tables.told(field.title, language) if field else name
            cells.append((name, head, tables.value_text(field, value, **said)))
    return {
        "definition": definition,
        "told": told.told,
        "line": told.line,
        "entry": entry,
        "cells": cells,
        "opened": personal is not None,
        "sealed": any(row.sealed is not None for row in told.told.rows),
        "state": tables.state_text(definition, told.line, language),
    }


def history(told: Told, language: str) -> list[dict[str, Any]]:
    """Return what was done to an entry, oldest first."""
    return [
        {
            "kind": row.kind.removeprefix("register."),
            "at_us": row.at_us,
            "by": row.body.get("by", ""),
            "why": tables.end_title(told.definition, row.body["why"], language)
            if row.body.get("why")
            else "",
        }
        for row in told.told.rows
    ]


def openings(gate: Gate, told: Told) -> list[StoredRow]:
    """Return who opened the entry's personal fields, or the whole register's, newest first."""
    what, number = f"register:{told.definition.name}", told.line.entry.number
    with gate.reader() as reader:
        rows = reader.before(1 << 62, "personal.opened", 200)
    return [row for row in rows if row.body.get("what") == what and row.body.get("entry", number) == number]


def typed(gate: Gate, told: Told) -> dict[str, list[str]]:
    """The present values as a form has them."""
    found: dict[str, list[str]] = {}
    for field in told.definition.field:
        value = told.line.entry.fields.get(field.id)
        if value is None:
            continue
        if field.kind == "time":
            found[field.id] = [show.local_text(int(value), show.zone_of(gate.timezone)).replace(" ", "T")]
        elif field.kind == "tick":
            found[field.id] = ["yes"] if value else []
        else:
            found[field.id] = [str(one) for one in value] if isinstance(value, list) else [str(value)]
    return found
