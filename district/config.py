"""The district's configuration: a TOML file, the environment over it, every fault at once."""

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from district.errors import ConfigError

PREFIX = "GATEPOST_DISTRICT_"
PLACES = (Path("/etc/gatepost/district.toml"), Path("config/district.toml"))


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class District(_Table):
    name: Annotated[str, Field(min_length=1, max_length=100)] = "District"
    timezone: str = "Asia/Shanghai"
    language: Annotated[str, Field(pattern="^(zh_Hans|en)$")] = "zh_Hans"

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{value!r} is no time zone of this machine") from error
        return value


class Storage(_Table):
    path: Path = Path("/var/lib/gatepost-district")


class Web(_Table):
    listen: Annotated[str, Field(pattern=r"^(\[[0-9a-fA-F:]+\]|[^:\s\[\]]+):[0-9]{1,5}$")] = "127.0.0.1:8090"
    threads: Annotated[int, Field(ge=2, le=64)] = 8
    secure_cookie: bool = False
    silent_s: Annotated[int, Field(ge=5)] = 60


class Codes(_Table):
    # Three minutes are less than the walk between two gates, so that somebody whose code never changes
    # may go from one to the other; a picture passed on is used at once, before the code is renewed.
    elsewhere_min: Annotated[int, Field(ge=0, le=1440)] = 3
    keep_days: Annotated[int, Field(ge=1, le=30)] = 3


class Settings(_Table):
    """Everything that can be configured. `web.silent_s`: after how long a gate counts as silent;
    `web.secure_cookie`: the page is reached by HTTPS only; `codes.elsewhere_min`: within how many minutes
    one code at two gates is an alarm (0: never); `codes.keep_days`: for how long codes can be compared."""

    district: District = District()
    store: Storage = Storage()
    web: Web = Web()
    codes: Codes = Codes()


def load(path: Path | None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of a file (given, named by the environment, or found), or the defaults
    where there is none. Raises ConfigError with every fault."""
    named = path or (Path(environ[f"{PREFIX}CONFIG"]) if f"{PREFIX}CONFIG" in environ else None)
    place = named or next((candidate for candidate in PLACES if candidate.is_file()), None)
    tables = _tables(place) if place else {}
    _overlay(tables, environ)
    try:
        return Settings.model_validate(tables)
    except ValidationError as error:
        where = str(place) if place else "environment"
        raise ConfigError([f"{where}: {_line(fault)}" for fault in error.errors()]) from error


def _tables(place: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(place.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{place}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{place}: {error}") from error


def _overlay(tables: dict[str, Any], environ: Mapping[str, str]) -> None:
    """Lay GATEPOST_DISTRICT_<TABLE>__<KEY> over the file; pydantic reads the text."""
    for variable, text in environ.items():
        table, separator, key = variable.removeprefix(PREFIX).lower().partition("__")
        if not variable.startswith(PREFIX) or not separator:
            continue
        inner = tables.setdefault(table, {})
        if isinstance(inner, dict):
            inner[key] = text


def _line(fault: Any) -> str:
    location = [str(part) for part in fault["loc"]]
    table, key = location[0], ".".join(location[1:])
    where = f"[{table}] {key}" if key else f"[{table}]"
    if fault["type"] != "extra_forbidden":
        return f"{where}: {fault['msg'].removeprefix('Value error, ')}"
    known = list(Settings.model_fields)
    if key:
        known = list(_model(table).model_fields)
    close = difflib.get_close_matches(location[-1], known, 1)
    return f"{where}: unknown" + (
        f"; did you mean {close[0]}?" if close else f"; known are {', '.join(known)}"
    )


def _model(table: str) -> type[_Table]:
    models: dict[str, type[_Table]] = {
        "district": District,
        "store": Storage,
        "web": Web,
        "codes": Codes,
    }
    return models[table]
