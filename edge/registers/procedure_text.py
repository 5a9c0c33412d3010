"""A procedure's file as a table of tables and back: what a page changes is written as the file is.

Keys that no page knows stay where they are; comments are lost, for they stand beside what they are about in
the file alone.
"""

import tomllib
from collections.abc import Mapping
from typing import Any

from edge.config.text import toml

Tables = dict[str, Any]

# What is written under a heading of its own; everything else stands on the line of its key.
_HEADED = frozenset({"step", "question", "instead", "reason"})


def tables_of(text: str) -> Tables:
    """Return what a text says. Raises ValueError where it is no TOML."""
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def text_of(tables: Mapping[str, Any]) -> str:
    """Return the text that says the same; `tables_of` gives it back."""
    return "\n".join(_lines("", tables)).strip() + "\n"


def _lines(place: str, table: Mapping[str, Any]) -> list[str]:
    lines, headed = [], []
    for key, value in table.items():
        if key in _HEADED and isinstance(value, list) and all(isinstance(row, dict) for row in value):
            heading = f"{place}.{key}" if place else key
            for row in value:
                headed += ["", f"[[{heading}]]", *_lines(heading, row)]
            if not value:
                lines.append(f"{key} = []")
        elif isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
            lines.append(f"{_key(key)} = [")
            lines += [f"  {_value(row)}," for row in value]
            lines.append("]")
        else:
            lines.append(f"{_key(key)} = {_value(value)}")
    return [*lines, *headed]


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return toml(value)


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if bare else toml(key)
