"""What a manager typed about a procedure, put into its text: fields by their place in the file, and buttons
that move, drop and add.

Nothing is judged here: what is typed stays, also where it is wrong, and the reader of procedures names the
faults.
"""

import copy
import re
from collections.abc import Iterable, Mapping
from typing import Any

from edge.domain.errors import FormError
from edge.registers.procedure_text import Tables

PREFIX = "f."
_MOST_DEPTH = 8
_BOOLS = frozenset({"ordered", "required", "no_code_no_passage", "personal"})
_LISTS = frozenset({"hours", "category", "not_category"})
_TEXTS = frozenset({"zh_Hans", "en", "number", "effect", "direction", "unfinished", "failed"})
# What a file says by leaving the key out.
_UNSAID: Mapping[str, Any] = {
    "ordered": True,
    "required": True,
    "no_code_no_passage": False,
    "personal": False,
    "effect": "ok",
    "direction": "",
    "unfinished": "",
    "failed": "",
    "number": "",
}
# Tables that are left out where nothing is in them.
_OPTIONAL = frozenset({"when", "say"})


def typed(tables: Tables, form: Mapping[str, str]) -> Tables:
    """Return the tables with every field of the form in its place; a field of no place is left out."""
    tables = copy.deepcopy(tables)
    for name, value in form.items():
        if name.startswith(PREFIX):
            _put(tables, name[len(PREFIX) :].split("."), value)
    _tidy(tables)
    return tables


def acted(tables: Tables, do: str, library: Mapping[str, Tables]) -> Tables:
    """Return the tables after a button: `up:step.1`, `down:step.1`, `drop:step.1.question.0`, `add:reason`,
    `step:<key of the library>`. Raises FormError `bad_value` for any other."""
    tables = copy.deepcopy(tables)
    verb, _, place = do.partition(":")
    if verb == "step":
        if place not in library:
            raise FormError("bad_value")
        tables.setdefault("step", []).append(_fresh(copy.deepcopy(library[place]), tables))
        return tables
    path = place.split(".")
    if verb == "add":
        parent = _at(tables, path[:-1])
        if not isinstance(parent, dict) or path[-1] not in _NEW:
            raise FormError("bad_value")
        parent.setdefault(path[-1], []).append(_new(path[-1], tables))
        return tables
    rows, index = _at(tables, path[:-1]), _number(path[-1])
    if not isinstance(rows, list) or index is None or index >= len(rows):
        raise FormError("bad_value")
    if verb == "drop":
        del rows[index]
    elif verb in ("up", "down"):
        other = index + (-1 if verb == "up" else 1)
        if 0 <= other < len(rows):
            rows[index], rows[other] = rows[other], rows[index]
    else:
        raise FormError("bad_value")
    return tables


def library(texts: Iterable[tuple[str, Tables]]) -> dict[str, Tables]:
    """Return the steps that can be added, by `procedure/step`, each wording once."""
    found: dict[str, Tables] = {}
    seen: list[Tables] = []
    for name, tables in texts:
        for step in tables.get("step", ()):
            if isinstance(step, dict) and isinstance(step.get("id"), str) and step not in seen:
                seen.append(step)
                found[f"{name}/{step['id']}"] = step
    return found


def _put(tables: Tables, path: list[str], value: str) -> None:
    leaf, value = path[-1], value.strip()
    if len(path) > _MOST_DEPTH or leaf not in _BOOLS | _LISTS | _TEXTS:
        return
    parent: Any = tables
    for part in path[:-1]:
        if isinstance(parent, list):
            index = _number(part)
            parent = parent[index] if index is not None and index < len(parent) else None
        elif isinstance(parent, dict) and part in ("title", *_OPTIONAL):
            parent = parent.setdefault(part, {})
        else:
            parent = parent.get(part) if isinstance(parent, dict) else None
        if parent is None:
            return
    if not isinstance(parent, dict):
        return
    if leaf in _BOOLS:
        meant: Any = value == "yes"
    elif leaf in _LISTS:
        meant = [word for word in re.split(r"[\s,，、;；]+", value) if word]
    else:
        meant = value
    is_unsaid = meant == _UNSAID.get(leaf, []) and leaf not in ("zh_Hans", "en")
    if leaf in parent or not is_unsaid:
        parent[leaf] = meant


def _tidy(tables: Tables) -> None:
    for step in tables.get("step", ()):
        for name in _OPTIONAL & set(step) if isinstance(step, dict) else ():
            if isinstance(step[name], dict) and not any(step[name].values()):
                del step[name]


def _at(tables: Any, path: list[str]) -> Any:
    for part in path:
        if isinstance(tables, list):
            index = _number(part)
            tables = tables[index] if index is not None and index < len(tables) else None
        else:
            tables = tables.get(part) if isinstance(tables, dict) else None
    return tables


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,4}", text) else None


_NEW = frozenset({"reason", "question", "choices"})


def _new(kind: str, tables: Tables) -> Tables:
    """Return a row of which only the words are still to be typed."""
    blank = {"zh_Hans": "", "en": ""}
    if kind == "reason":
        return {"value": _name("reason", tables), "title": blank}
    if kind == "choices":
        return {"value": _name("choice", tables), "title": blank}
    yes = {"value": "yes", "title": {"zh_Hans": "是", "en": "Yes"}}
    no = {"value": "no", "title": {"zh_Hans": "否", "en": "No"}, "effect": "hold"}
    return {"id": _name("question", tables), "title": blank, "choices": [yes, no]}


def _name(kind: str, tables: Tables) -> str:
    used = set(re.findall(rf"\b{kind}_\d+\b", repr(tables)))
    return next(name for n in range(1, len(used) + 2) if (name := f"{kind}_{n}") not in used)


def _fresh(step: Tables, tables: Tables) -> Tables:
    """Return a step under names that stand nowhere else in the procedure."""
    steps = [one for one in tables.get("step", ()) if isinstance(one, dict)]
    taken = {str(one.get("id")) for one in steps}
    taken |= {str(question.get("id")) for one in steps for question in _questions(one)}
    for row in (step, *_questions(step)):
        row["id"] = _free(str(row.get("id")), taken)
        taken.add(row["id"])
    return step


def _questions(step: Tables) -> list[Tables]:
    return [row for kind in ("question", "instead") for row in step.get(kind, ()) if isinstance(row, dict)]


def _free(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    return next(found for n in range(2, len(taken) + 3) if (found := f"{name}_{n}") not in taken)
