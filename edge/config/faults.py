"""One fault of a configuration, in words a property manager can act on.

Turns pydantic's errors into lines that name file, table and key, what is wrong and what to do, in
both languages. Must not print a value that could be a secret.
"""

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import ErrorDetails

from edge.config.model import DEVICE_KEYS, LIST_DEVICES, LISTS, SECRET_KEYS, TABLES
from edge.config.words import Text

# pydantic's error types -> our words; {braces} are filled from the error's own context.
_WORDS: Mapping[str, Text] = {
    "missing": Text("is missing; add it", "缺少，请补上"),
    "string_type": Text("must be text in quotes", "应为引号里的文字"),
    "path_type": Text("must be a path in quotes", "应为引号里的路径"),
    "int_type": Text("must be a whole number without quotes", "应为整数，不加引号"),
    "int_parsing": Text("must be a whole number", "应为整数"),
    "float_type": Text("must be a number without quotes", "应为数字，不加引号"),
    "finite_number": Text("must be a finite number", "应为有限的数字"),
    "bool_type": Text("must be true or false, without quotes", "应为 true 或 false，不加引号"),
    "literal_error": Text("must be one of {expected}", "只能是 {expected} 之一"),
    "greater_than_equal": Text("must be at least {ge:g}", "不能小于 {ge:g}"),
    "less_than_equal": Text("must be at most {le:g}", "不能大于 {le:g}"),
    "tuple_type": Text(
        'must be a list in brackets, such as ["a", "b"]', '应为方括号里的列表，例如 ["a", "b"]'
    ),
    "dict_type": Text("must be a table", "应为一个表"),
    "model_type": Text("must be a table", "应为一个表"),
}
_GENERAL = Text("cannot be used", "这个值不能用")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where (file or environment variable), [table], key, what to do."""

    source: str
    table: str
    key: str
    what: Text

    def line(self, language: str | None = None) -> str:
        """Return it as one line."""
        place = " ".join(part for part in (self.table, self.key) if part)
        return f"{self.source}: {place + ': ' if place else ''}{self.what.say(language)}"

    def as_dict(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        what = self.what.as_dict()
        return {"source": self.source, "table": self.table, "key": self.key, "what": what}


def did_you_mean(word: str, known: Collection[str]) -> Text:
    """Return `, did you mean "x"?` for the nearest known word, else the list of all of them."""
    near = difflib.get_close_matches(word.lower(), sorted(known), n=1, cutoff=0.6)
    if near:
        return Text(f'; did you mean "{near[0]}"?', f'；是不是 "{near[0]}"？')
    names = ", ".join(sorted(known)) or "-"
    return Text(f"; known are: {names}", f"；可以写的有：{names}")


def parted(line: str) -> Text:
    """Return the two halves of a driver's `English / Chinese`; a value it names may hold the mark too."""
    parts = line.split(" / ")
    middle = len(parts) // 2
    en, zh = " / ".join(parts[:middle]), " / ".join(parts[middle:])
    if len(parts) % 2 or not re.search("[\u4e00-\u9fff]", zh):
        return Text(line, f"这个值不能用：{line}")
    return Text(en, zh)


def from_pydantic(error: ErrorDetails, source: str, data: Mapping[str, Any]) -> Fault:
    """Return the fault of one pydantic error about `data` (the whole configuration)."""
    location = error["loc"]
    table, key, inside = _place(location, data)
    if error["type"] == "extra_forbidden":
        return Fault(source, table, key, _unknown(location, key))
    context = error.get("ctx", {})
    if error["type"] == "said":
        if context["keys"]:
            return Fault(source, table, ", ".join(context["keys"]), Text(context["en"], context["zh"]))
        what = Text(context["en"], context["zh"])
    elif len(location) == 1 and error["type"] == "missing":
        what = Text("this table is missing; add it", "缺少这个表，请补上")
    else:
        words = _WORDS.get(error["type"], _GENERAL)
        expected = str(context.get("expected", ""))
        chinese = {**context, "expected": expected.replace(", ", "、").replace(" or ", "、")}
        what = Text(words.en.format(**context), words.zh.format(**chinese))
    return Fault(source, table, key, what + _got(error, inside))


def row_title(table: str, rows: Sequence[Any], index: int) -> str:
    """Return how a row of a [[table]] is called in faults: by its name, or its number where that says
    more."""
    names = [row.get("name") if isinstance(row, Mapping) else None for row in rows]
    name = names[index]
    if isinstance(name, str) and names.count(name) == 1:
        return f'[[{table}]] "{name}"'
    return f"[[{table}]] {index + 1}"


def _place(location: Sequence[int | str], data: Mapping[str, Any]) -> tuple[str, str, str]:
    # -> (table, key, last name) ; ("lane", 1, "scanner", 0) is [lane.scanner] of the second lane.
    head = str(location[0]) if location else ""
    if head in LISTS and len(location) > 1 and isinstance(location[1], int):
        title = row_title(head, data[head], location[1])
        rest = [str(part) for part in location[2:] if isinstance(part, str)]
        if rest and rest[0] in (*DEVICE_KEYS, *LIST_DEVICES):
            return f"{title} [{head}.{rest[0]}]", " ".join(rest[1:]), rest[-1]
        return title, " ".join(rest), rest[-1] if rest else ""
    if head in LISTS:
        return f"[[{head}]]", "", head
    keys = [str(part) for part in location[1:] if isinstance(part, str)]
    return f"[{head}]", " ".join(keys), keys[-1] if keys else head


def _unknown(location: Sequence[int | str], key: str) -> Text:
    if len(location) == 1:
        return Text("unknown table", "没有这个表") + did_you_mean(str(location[0]), {*TABLES, *LISTS})
    here = {**TABLES, **LISTS}[str(location[0])].model_fields
    for title, table in TABLES.items():
        if key in table.model_fields and title != location[0]:
            return Text(f"unknown key; it belongs in [{title}]", f"这里没有这一项；它属于 [{title}]")
    return Text("unknown key", "没有这一项") + did_you_mean(key, here)


def _got(error: ErrorDetails, key: str) -> Text:
    value = error.get("input")
    if key in SECRET_KEYS or isinstance(value, Mapping | list) or error["type"] == "missing":
        return Text("", "")
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return Text(f", not {shown}", f"，现在是 {shown}")
