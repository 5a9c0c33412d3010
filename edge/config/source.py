"""What people wrote, before anybody judges it: the file, the environment over it, flags over that.

Must not decide whether a value is right; only whether the text can be read at all.
"""

import os
import re
import tomllib
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_origin

from pydantic import SecretStr, TypeAdapter, ValidationError

from edge.config.faults import Fault, did_you_mean
from edge.config.model import LISTS, PATH_KEYS, TABLES
from edge.config.values import Table
from edge.config.words import LANGUAGES, Text

NAME = "gatepost.toml"
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOG_FORMATS = ("text", "json")
_PREFIX = "GATEPOST_"


@dataclass(slots=True)
class Draft:
    """A configuration in the making: its tables as written, where each key is from, what is wrong."""

    path: Path
    data: dict[str, Any]
    origins: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def find(path: Path | None, environ: Mapping[str, str], system: Path) -> tuple[Path | None, Fault | None]:
    """Return the file to read: the named one, else $GATEPOST_CONFIG, else the system's folder, else
    ./config/gatepost.toml; or the fault that there is none."""
    if path is not None:
        return path, None
    named = environ.get("GATEPOST_CONFIG")
    if named:
        return Path(named), None
    places = (system / "gatepost" / NAME, Path("config") / NAME)
    for place in places:
        if place.exists():
            return place, None
    looked = ", ".join(map(str, places))
    what = Text(
        f"no configuration; looked at {looked}; make one with `gatepost config init {places[0]}`",
        f"没有找到配置文件，找过 {looked}；用 gatepost config init {places[0]} 生成一份",
    )
    return None, Fault("gatepost", "", "", what)


def read(path: Path) -> tuple[bytes, dict[str, Any], Fault | None]:
    """Return (bytes, tables, fault) of the file."""
    source = str(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "?"
        what = Text(f"cannot be read: {reason}", f"读不出来：{reason}")
        return b"", {}, Fault(source, "", "", what)
    try:
        # utf-8-sig: Windows' editor puts a mark in front that TOML knows nothing of.
        return raw, tomllib.loads(raw.decode("utf-8-sig")), None
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = Text(
            f"line {line}: not UTF-8 (GBK?); save the file as UTF-8",
            f"第 {line} 行：不是 UTF-8 编码（可能是 GBK），请另存为 UTF-8",
        )
    except tomllib.TOMLDecodeError as error:
        what = _syntax(str(error), raw)
    return raw, {}, Fault(source, "", "", what)


def _syntax(message: str, raw: bytes) -> Text:
    at = re.search(r"\(at (?:line (\d+), column (\d+)|end of document)\)", message)
    line = int(at[1]) if at and at[1] else raw.count(b"\n") + 1
    reason = message[: at.start()].strip() if at else message
    return Text(
        f"line {line}: not valid TOML: {reason}; are quotes and brackets closed?",
        f"第 {line} 行：TOML 写法有误（{reason}），请检查引号和括号是否成对",
    )


def note_file(draft: Draft) -> None:
    """Note every key of the file as its own."""
    for name, table in draft.data.items():
        if isinstance(table, Mapping):
            draft.origins.update({f"{name}.{key}": "file" for key in table})
        elif isinstance(table, list):
            for index, row in enumerate(table):
                label = row.get("name", index) if isinstance(row, Mapping) else index
                keys = row if isinstance(row, Mapping) else ()
                draft.origins.update({f"{name}.{label}.{key}": "file" for key in keys})


def overlay(draft: Draft, environ: Mapping[str, str], flags: Mapping[str, object]) -> None:
    """Put environment variables and flags over the file's values."""
    for name in sorted(environ):
        if not name.startswith(_PREFIX) or "__" not in name:
            continue
        table, key = (part.lower() for part in name[len(_PREFIX) :].split("__", 1))
        what = _unknown_override(table, key)
        if what:
            draft.faults.append(Fault(name, f"[{table}]", key, what))
            continue
        _put(draft, table, key, _from_text(TABLES[table], key, environ[name]), f"environment {name}")
    for dotted, value in flags.items():
        table, _, key = dotted.partition(".")
        _put(draft, table, key, value, "flag")


def _put(draft: Draft, table: str, key: str, value: object, origin: str) -> None:
    inner = draft.data.setdefault(table, {})
    if isinstance(inner, MutableMapping):  # else the file has no table there, which is its own fault
        inner[key] = value
        draft.origins[f"{table}.{key}"] = origin


def _unknown_override(table: str, key: str) -> Text | None:
    if table in LISTS:
        return Text(
            f"{table}s cannot be set by the environment; write them in the file",
            f"[[{table}]] 不能用环境变量设置，请写在文件里",
        )
    if table not in TABLES:
        return Text("unknown table", "没有这个表") + did_you_mean(table, TABLES)
    fields = TABLES[table].model_fields
    if key not in fields:
        return Text("unknown key", "没有这一项") + did_you_mean(key, fields)
    return None


def _from_text(table: type[Table], key: str, text: str) -> object:
    # The environment knows only text; what cannot be understood stays text and fails as such.
    annotation: Any = table.model_fields[key].annotation
    if get_origin(annotation) is tuple:
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        value: object = TypeAdapter(annotation).validate_strings(text)
    except ValidationError:
        return text
    return text if isinstance(value, SecretStr | Path) else value


def make_absolute(draft: Draft) -> None:
    """Make paths absolute: one in the file is meant from the file's folder, one from outside from the
    current folder."""
    for table, key in PATH_KEYS:
        inner = draft.data.get(table)
        value = inner.get(key) if isinstance(inner, Mapping) else None
        if isinstance(inner, MutableMapping) and isinstance(value, str) and value:
            base = draft.path.parent if draft.origins.get(f"{table}.{key}") == "file" else Path()
            inner[key] = str(Path(os.path.normpath(Path.cwd() / base / value)))


def process_faults(environ: Mapping[str, str]) -> list[Fault]:
    """Return what is wrong with the variables that are no keys of the file."""
    faults = []
    for name, known in (
        ("GATEPOST_LOG_LEVEL", LOG_LEVELS),
        ("GATEPOST_LOG_FORMAT", LOG_FORMATS),
        ("GATEPOST_LANG", LANGUAGES),
    ):
        value = environ.get(name)
        given = value.upper() if value and name.endswith("LEVEL") else value
        if given and given not in known:
            choices = ", ".join(known)
            what = Text(
                f"must be one of {choices}, not {value!r}", f"只能是 {choices} 之一，现在是 {value!r}"
            )
            faults.append(Fault(name, "", "", what))
    return faults
