"""What a driver may be told: the fields of its `Options` dataclass, described and checked.

What is wrong is said in English and in Chinese, with ` / ` between the halves: whoever reads it at a gate
is rarely who set the machine's language. Reads dataclasses and configuration values only. Must not import
a driver or touch a device.
"""

import dataclasses
import difflib
import math
import types
import typing
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.domain.errors import ConfigError

Pairs = tuple[tuple[str, str], ...]
"""An option that is a table of texts in the file: (key, value) pairs in its order."""

_ASKED: dict[Any, tuple[str, str]] = {
    int: ("a whole number without quotes", "整数，不加引号"),
    float: ("a number without quotes", "数字，不加引号"),
    bool: ("true or false without quotes", "true 或 false，不加引号"),
    str: ("text in quotes", "引号里的文字"),
    Path: ("a path in quotes", "引号里的路径"),
}


@dataclass(frozen=True, slots=True)
class OptionInfo:
    """One option of a driver, ready to show. `default` is None where `required` is true."""

    name: str
    type: str
    default: object
    doc: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()


def option(
    default: Any = dataclasses.MISSING,
    doc: str = "",
    *,
    least: float | None = None,
    most: float | None = None,
) -> Any:
    """Declare a field of an `Options` dataclass with its explanation and, for numbers, its limits.

    Without a default the option has to be configured.
    """
    metadata = {"doc": doc, "least": least, "most": most}
    return dataclasses.field(default=default, metadata=metadata)


def describe(options: type) -> tuple[OptionInfo, ...]:
    """Return every option of an `Options` dataclass, in the order written."""
    hints = typing.get_type_hints(options)
    return tuple(_info(field, hints[field.name]) for field in dataclasses.fields(options))


def build(options: type, values: Mapping[str, object]) -> Any:
    """Return the `Options` holding `values`. Raises ConfigError naming every fault, `key: en / zh`."""
    hints = typing.get_type_hints(options)
    fields = {field.name: field for field in dataclasses.fields(options)}
    faults: list[str] = []
    accepted: dict[str, object] = {}
    for key, value in values.items():
        if key not in fields:
            near = suggest(key, fields) or _listed(fields)
            faults.append(f"{key}: " + both(f"no such option{near[0]}", f"没有这个选项{near[1]}"))
            continue
        try:
            accepted[key] = _convert(value, hints[key], fields[key].metadata)
        except ValueError as error:
            faults.append(f"{key}: {error}")
    for name, field in fields.items():
        if _required(field) and name not in values:
            faults.append(f"{name}: " + both("missing; add it", "缺少，请补上"))
    if not faults:
        try:
            return options(**accepted)
        except ConfigError:
            raise
        except ValueError as error:
            faults.append(str(error))
    raise ConfigError(faults)


def both(en: str, zh: str) -> str:
    """Return a sentence in both languages, for a ValueError or ConfigError."""
    return f"{en} / {zh}"


def suggest(word: str, known: Collection[str]) -> tuple[str, str] | None:
    """Return "; did you mean 'x'?" for the nearest known word in both languages, or None."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return (f"; did you mean {close[0]!r}?", f"；是不是 {close[0]!r}？") if close else None


def _listed(known: Collection[str]) -> tuple[str, str]:
    names = ", ".join(known)
    return (f"; there are {names}", f"；有 {names}") if known else ("; it has none", "；它没有任何选项")


def _info(field: "dataclasses.Field[Any]", hint: Any) -> OptionInfo:
    choices = (
        tuple(str(c) for c in typing.get_args(hint)) if typing.get_origin(hint) is typing.Literal else ()
    )
    return OptionInfo(
        name=field.name,
        type=_words(hint),
        default=None if _required(field) else _default(field),
        doc=str(field.metadata.get("doc", "")),
        required=_required(field),
        choices=choices,
    )


def _required(field: "dataclasses.Field[Any]") -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _default(field: "dataclasses.Field[Any]") -> object:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _words(hint: Any) -> str:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return " | ".join(str(choice) for choice in arguments)
    if origin in (types.UnionType, typing.Union):
        return " | ".join(_words(a) for a in arguments if a is not types.NoneType)
    if hint == Pairs:
        return "table of text"
    if origin is tuple:
        return f"list of {_words(arguments[0])}"
    if hint is Path:
        return "path"
    return str(hint.__name__)


def _convert(value: object, hint: Any, metadata: Mapping[str, Any]) -> object:
    """Return `value` as the type the option declares; ValueError says what is expected."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _convert(value, _without_none(arguments), metadata)
    if origin is typing.Literal:
        return _choice(value, arguments)
    if hint == Pairs:
        return _pairs(value)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise ValueError(
                _expected(
                    ('a list in brackets, such as ["a", "b"]', '方括号里的列表，例如 ["a", "b"]'), value
                )
            )
        return tuple(_convert(item, arguments[0], metadata) for item in value)
    if hint is Path and isinstance(value, str | Path):
        return Path(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise ValueError(_expected(_ASKED[hint], value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        _limits(value, metadata.get("least"), metadata.get("most"))
    return value


def _pairs(value: object) -> Pairs:
    items = value.items() if isinstance(value, Mapping) else ()
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for pair in items for each in pair):
        what = ('a table of texts, such as { "1" = "green" }', '一个都是文字的表，例如 { "1" = "green" }')
        raise ValueError(_expected(what, value))
    return tuple(items)


def _without_none(arguments: tuple[Any, ...]) -> Any:
    [hint] = [a for a in arguments if a is not types.NoneType]
    return hint


def _choice(value: object, choices: tuple[Any, ...]) -> object:
    if any(value == choice and type(value) is type(choice) for choice in choices):
        return value
    names = [str(choice) for choice in choices]
    near = (suggest(value, names) if isinstance(value, str) else None) or ("", "")
    listed = ", ".join(names)
    en, zh = (
        f"expected one of {listed}, got {value!r}{near[0]}",
        f"应为 {listed} 之一，现在是 {value!r}{near[1]}",
    )
    raise ValueError(both(en, zh))


def _expected(what: tuple[str, str], value: object) -> str:
    return both(f"expected {what[0]}, got {value!r}", f"应为{what[1]}，现在是 {value!r}")


def _limits(value: float, least: float | None, most: float | None) -> None:
    if not math.isfinite(value):
        raise ValueError(_expected(("a finite number", "有限的数字"), value))
    if least is not None and value < least:
        raise ValueError(
            both(f"{value!r} is below the least allowed, {least!r}", f"{value!r} 小于下限 {least!r}")
        )
    if most is not None and value > most:
        raise ValueError(
            both(f"{value!r} is above the most allowed, {most!r}", f"{value!r} 大于上限 {most!r}")
        )
