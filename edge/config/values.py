"""What single values of a configuration must look like, and how a key is declared.

Pure: checks text, never looks whether a file or a device is there.
"""

import difflib
import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from edge.domain.learning import DEFAULT_PLACE
from edge.domain.skin import PLACES, place_of


def key(
    en: str, zh: str, *, default: Any = ..., example: Any = None, lax: bool = False, **bounds: Any
) -> Any:
    """Declare a key: its meaning in both languages, default, example and bounds.

    `lax` lets TOML's lists and texts become tuples and paths; everything else is taken strictly.
    """
    extra = {"zh": zh, "example": example}
    strict = False if lax else None
    return Field(default, description=en, json_schema_extra=extra, strict=strict, **bounds)


def wrong(en: str, zh: str, *keys: str) -> PydanticCustomError:
    """Return the error of a value, said in both languages; a relation names the keys it is about."""
    # The pair travels in the context, where faults.py finds it.
    return PydanticCustomError("said", "{en}", {"en": en, "zh": zh, "keys": list(keys)})


def timezone(name: str) -> str:
    """Refuse a name that is no IANA time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        near = difflib.get_close_matches(name, available_timezones(), n=1) or ["Asia/Shanghai"]
        raise wrong(
            f'unknown time zone; did you mean "{near[0]}"?', f'没有这个时区；是不是 "{near[0]}"？'
        ) from error
    return name


def slug(name: str) -> str:
    """Refuse a name that cannot stand in an address, a metric or a file name."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise wrong(
            "only letters, digits, dot, dash and underscore, at most 64, beginning with a letter or digit",
            "只能用英文字母、数字、点、横线、下划线，最多 64 个，以字母或数字开头",
        )
    return name


def payload(text: str) -> str:
    """Refuse what a scanner could not give back as it is: an empty code is none."""
    if len(text) > 800 or not text.isprintable() or text != text.strip():
        raise wrong("one line of at most 800 visible characters", "一行文字，最多 800 个字，前后不留空格")
    return text


def title(name: str) -> str:
    """Refuse a title people could not read."""
    if not name.strip() or len(name) > 80 or not name.isprintable():
        raise wrong("1 to 80 visible characters on one line", "一行文字，1 到 80 个字")
    return name


def listen(address: str) -> str:
    """Refuse anything but host:port."""
    host, port = split_address(address)
    if host is None or port is None:
        raise wrong(
            'write address and port, such as "127.0.0.1:8080" or "[::1]:8080"',
            '请写地址和端口，例如 "127.0.0.1:8080" 或 "[::1]:8080"',
        )
    return address


def url(address: str) -> str:
    """Refuse anything but a whole http or https address without a password in it."""
    try:
        parts = urlsplit(address)
        bad = parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0
    except ValueError:
        bad = True
    else:
        if parts.username or parts.password:
            raise wrong(
                "no user or password in the address; use token_file", "地址里不要写密码，请用 token_file"
            )
    if bad or not address.isprintable() or " " in address:
        raise wrong(
            'write an address such as "https://district.example/ingest"', "请写 https:// 开头的完整地址"
        )
    return address


def fields(names: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse names that cannot be fields of a record."""
    if any(not re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names):
        raise wrong('names of fields, such as ["name", "phone"]', '写字段名，例如 ["name", "phone"]')
    return names


def hosts(names: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what is no host's name; case does not matter."""
    small = tuple(name.lower() for name in names)
    if any(not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", name) for name in small):
        raise wrong('names of hosts, such as ["app.example"]', '写主机名，例如 ["app.example"]')
    return small


def unit_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse units that could not be told apart or read, and numbers that are somebody's telephone."""
    if not names or len(set(names)) < len(names):
        raise wrong("name at least one unit, each once", "至少写一个单位，且不能重复")
    for name in names:
        title(name)
        if re.search(r"[0-9](?:[ -]?[0-9]){6,}", name):
            raise wrong("names of units only, no telephone numbers", "只写单位名称，不要写电话号码")
    return names


def device(table: Any) -> Any:
    """Refuse a device table that names no driver; its options are the driver's own business."""
    if not isinstance(table, Mapping):
        raise wrong('must be a table with driver = "..."', '应为一个表，里面写 driver = "..."')
    driver = table.get("driver")
    if not isinstance(driver, str) or not driver:
        raise wrong(
            'names no driver; write driver = "..." ("none" where there is no device)',
            '没有写驱动，请写 driver = "..."（没有设备就写 "none"）',
        )
    return table


def thermometer(table: Any) -> Any:
    """Refuse a place on the body nobody has figures for; what is written in other words gets its name."""
    if "place" in table:
        table = {**table, "place": _place(table["place"], "place")}
    if "also" in table:
        written = table["also"]
        named = written if isinstance(written, list | tuple) else [written]
        also = tuple(dict.fromkeys(_place(name, "also") for name in named))
        if table.get("place", DEFAULT_PLACE) in also:
            raise wrong("also names other places than place", "also 里只写 place 以外的部位", "also")
        table = {**table, "also": also}
    return table


def _place(written: Any, key: str) -> str:
    """Return the name of a place on the body."""
    found = place_of(written) if isinstance(written, str) else None
    if found is not None:
        return found.name
    near = difflib.get_close_matches(str(written).lower(), PLACES, n=1, cutoff=0.6)
    known = ", ".join(PLACES)
    en, zh = (f'did you mean "{near[0]}"?', f'是不是 "{near[0]}"？') if near else (f"known are: {known}",) * 2
    raise wrong(f"no such place on the body; {en}", f"没有这个测量部位；{zh}", key)


def devices(tables: Any) -> Any:
    """Let one table stand for a list of one."""
    return tables if isinstance(tables, list | tuple) else [tables]


Device = Annotated[dict[str, Any], BeforeValidator(device)]
Thermometer = Annotated[dict[str, Any], BeforeValidator(device), AfterValidator(thermometer)]


class Table(BaseModel):
    """A table of the file: frozen, no unknown keys, no NaN, no silent conversion."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, hide_input_in_errors=True
    )


def split_address(address: str) -> tuple[str | None, int | None]:
    """Return (host, port) of `host:port` or `[v6]:port`; (None, None) where it is neither."""
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):([0-9]{1,5})", address)
    if not found or int(found[3]) > 65_535:
        return None, None
    return found[1] or found[2], int(found[3])
