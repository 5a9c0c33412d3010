"""The configuration in words, made from the model so that it cannot lag: a commented example, the
reference table, and what a loaded configuration says with its secrets left out.

Must not read or write files.
"""

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from edge.config.duty import Post
from edge.config.load import Loaded
from edge.config.model import DEVICE_KEYS, LIST_DEVICES, LISTS, SECRET_KEYS, TABLES, Lane
from edge.config.notify import Notify
from edge.config.platforms import Platform
from edge.config.titles import TITLES
from edge.config.values import Table

HIDDEN = "***"
_SECRET_WORD = re.compile(r"password|passwd|secret|token|(^|_)pin($|_)", re.IGNORECASE)
_USER_INFO = re.compile(r"(?<=//)[^/@\s]+(?=@)")

# What a first configuration names; the driver's own options are in `gatepost drivers`.
_EXAMPLE_DEVICES: Mapping[str, Mapping[str, object]] = {
    "thermometer": {
        "driver": "gy614",
        "port": "/dev/serial/by-path/platform-fd500000.pcie-pci-0000:01:00.0-usb-0:1.1:1.0-port0",
    },
    "scanner": {"driver": "camera", "source": "0"},
    "barrier": {"driver": "none"},
    "voice": {"driver": "wav"},
    "lights": {"driver": "none"},
}
_EXAMPLE_VERIFIER: Mapping[str, object] = {
    "driver": "http",
    "url": "https://hc.example/verify",
    "headers": ["authorization: Bearer {secret}"],
    "secret_file": "/etc/gatepost/platform-token",
    "health_at": "/data/colour",
    "health": {"00": "green", "01": "yellow", "10": "red"},
}
_EXAMPLE_NOTIFIER: Mapping[str, object] = {"driver": "apprise", "urls_file": "/etc/gatepost/notify-urls"}
_EXAMPLE_HEAD = """\
# Gatepost: one gate. 一个门岗的配置。
#
# After a change: gatepost config check, then restart the service.
# 修改之后：先运行 gatepost config check，再重启服务。
# A line like "#key = value" shows the default, or an example; take the # away to change it.
# "#键 = 值" 这样的行是默认值或示例，要改时去掉 #。
# Save as UTF-8. 请保存为 UTF-8 编码。
"""


def example() -> str:
    """Return a commented configuration with every key, ready for `config check`."""
    parts = [_EXAMPLE_HEAD]
    for name, table in TABLES.items():
        off = "#" if name == "uplink" else ""  # a made-up server would keep the gate not ready for ever
        parts.append(f"\n# {TITLES[name].en} {TITLES[name].zh}\n{off}[{name}]\n")
        parts.extend(_example_key(key, field, off) for key, field in table.model_fields.items())
    parts.extend(_example_post())
    parts.extend(_example_platform())
    parts.extend(_example_notify())
    parts.append(f"\n# {TITLES['lane'].en} {TITLES['lane'].zh}\n[[lane]]\n")
    plain = {key: field for key, field in Lane.model_fields.items() if key not in DEVICE_KEYS}
    parts.extend(_example_key(key, field, "") for key, field in plain.items())
    for kind in DEVICE_KEYS:
        field = Lane.model_fields[kind]
        parts.append(f"\n{_comment(field)}[lane.{kind}]\n")
        parts.extend(f"{key} = {toml(value)}\n" for key, value in _EXAMPLE_DEVICES[kind].items())
    return "".join(parts)


def _example_post() -> Iterator[str]:
    """A made-up post would be uncovered from the first hour on, so all of it is commented out."""
    yield f"\n# {TITLES['post'].en} {TITLES['post'].zh}\n#[[post]]\n"
    yield from (_example_key(key, field, "#") for key, field in Post.model_fields.items())


def _example_platform() -> Iterator[str]:
    """A made-up platform would keep every health code waiting, so all of it is commented out."""
    yield f"\n# {TITLES['platform'].en} {TITLES['platform'].zh}\n#[[platform]]\n"
    yield from _example_off("platform", Platform, _EXAMPLE_VERIFIER)


def _example_notify() -> Iterator[str]:
    """A made-up recipient would be a fault for ever, so all of it is commented out."""
    yield f"\n# {TITLES['notify'].en} {TITLES['notify'].zh}\n#[[notify]]\n"
    yield from _example_off("notify", Notify, _EXAMPLE_NOTIFIER)


def _example_off(name: str, table: type[Table], options: Mapping[str, object]) -> Iterator[str]:
    for key, field in table.model_fields.items():
        if key in LIST_DEVICES:
            yield f"{_comment(field)}#[{name}.{key}]\n"
            yield from (f"#{option} = {toml(value)}\n" for option, value in options.items())
        else:
            yield _example_key(key, field, "#")


def reference() -> str:
    """Return the tables of docs/configuration.md (Markdown): every key of every table."""
    parts = []
    tables: dict[str, type[Table]] = {**TABLES, **LISTS}
    for name, table in tables.items():
        title = f"[[{name}]]" if name in LISTS else f"[{name}]"
        parts.append(f"### `{title}`\n\n{TITLES[name].en} {TITLES[name].zh}\n\n")
        parts.append("| key | type | default | meaning | 含义 |\n|---|---|---|---|---|\n")
        for key, field in table.model_fields.items():
            cells = (f"`{key}`", _type(field), _default(field), field.description, _extra(field)["zh"])
            parts.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |\n")
        parts.append("\n")
    return "".join(parts)


def shown(loaded: Loaded) -> Iterator[tuple[str, Any, str]]:
    """Yield (dotted key, value, origin) of every key, in the file's order; secrets as `***`."""
    dump = loaded.settings.model_dump()
    for name, table in dump.items():
        if name in LISTS:
            for row in table:
                yield from _shown_table(f"{name}.{row['name']}", row, loaded.origins)
        elif table is not None:
            yield from _shown_table(name, table, loaded.origins)


def without_secrets(value: Any, key: str = "") -> Any:
    """Return `value` as it may be printed: no tokens, no passwords inside addresses."""
    if isinstance(value, SecretStr) or (
        value is not None and (key in SECRET_KEYS or _SECRET_WORD.search(key))
    ):
        return str(value) if isinstance(value, Path) else HIDDEN
    if isinstance(value, Mapping):
        return {inner: without_secrets(item, inner) for inner, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(item) for item in value]
    if isinstance(value, str | Path):
        return _USER_INFO.sub(HIDDEN, str(value))
    return value


def toml(value: Any) -> str:
    """Return a value as TOML writes it (text, numbers, truth, lists and tables of them)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | Path):
        # JSON's escapes are TOML's, but for DEL, which TOML wants escaped too.
        return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{toml(str(key))} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    return str(value)


def _shown_table(
    name: str, table: Mapping[str, Any], origins: Mapping[str, str]
) -> Iterator[tuple[str, Any, str]]:
    for key, value in table.items():
        dotted = f"{name}.{key}"
        origin = origins.get(dotted, "default")
        if key in (*DEVICE_KEYS, *LIST_DEVICES):
            tables = value if isinstance(value, tuple) else (value,)
            for index, options in enumerate(tables):
                label = dotted if len(tables) == 1 else f"{dotted}.{index}"
                for option, item in options.items():
                    yield f"{label}.{option}", without_secrets(item, option), origin
        else:
            yield dotted, without_secrets(value, key), origin


def _example_key(key: str, field: FieldInfo, off: str) -> str:
    example_value = _extra(field)["example"]
    # What is nothing by default stays nothing: an example of it would be true of no gate.
    is_nothing = field.default in (None, "", ())
    if field.is_required() or (not off and example_value is not None and not is_nothing):
        line = f"{off}{key} = {toml(example_value)}"
    else:
        value = example_value if is_nothing and example_value is not None else field.default
        line = f"#{key} = {toml(value)}"
    return f"{_comment(field)}{line}\n"


def _comment(field: FieldInfo) -> str:
    lines = [*textwrap.wrap(str(field.description), 96), *textwrap.wrap(_extra(field)["zh"], 48)]
    return "".join(f"# {line}\n" for line in lines)


def _extra(field: FieldInfo) -> dict[str, Any]:
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    return extra


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required 必填"
    if field.default is None:
        return "absent 不写"
    if field.default == () or isinstance(field.default, tuple | dict):
        return f"`{toml(field.default)}`"
    return f"`{toml(field.default)}`"


def _type(field: FieldInfo) -> str:
    bounds = [
        f"{sign} {getattr(rule, name):g}"
        for rule in field.metadata
        for name, sign in (("ge", "≥"), ("le", "≤"))
        if hasattr(rule, name)
    ]
    return ", ".join([_type_name(field.annotation), *bounds])


def _type_name(annotation: Any) -> str:
    plain: dict[Any, str] = {
        str: "text",
        SecretStr: "text",
        Path: "path",
        int: "whole number",
        float: "number",
        bool: "true or false",
    }
    arguments = get_args(annotation)
    if annotation in plain:
        return plain[annotation]
    if type(None) in arguments:
        return _type_name(next(inner for inner in arguments if inner is not type(None)))
    if arguments and isinstance(arguments[0], str):
        return " or ".join(f'`"{choice}"`' for choice in arguments)
    if arguments and arguments[-1] is Ellipsis:
        if get_origin(arguments[0]) is Literal:
            return f"list of {_type_name(arguments[0])}"
        return "list of texts" if arguments[0] is str else "table or list of tables"
    return "table"
