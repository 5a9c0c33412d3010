"""The roles of a shift sheet and the checklist of a post at opening: files a site may add to or replace.

Reads what is shipped in config/ and what lies beside the configuration; raises ConfigError with every fault.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.domain.errors import ConfigError

SHIPPED = Path(__file__).resolve().parents[2] / "config"
SYSTEM = Path("/usr/share/gatepost")
T = TypeVar("T", bound=BaseModel)
_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Title(_Table):
    """A name in both languages."""

    zh_Hans: str = Field(min_length=1, max_length=60)
    en: str = Field(min_length=1, max_length=60)


class RoleSet(_Table):
    """Roles that belong together, such as 四人小组, 五位一体, 四员."""

    title: Title
    roles: Annotated[tuple[str, ...], Field(min_length=1)]


class Item(_Table):
    """One line of the checklist at opening; `read`: the appliance looks it up by itself."""

    id: _Name
    title: Title
    read: Literal["", "thermometer", "register", "voice"] = ""


class _Roles(_Table):
    role: dict[_Name, Title] = {}
    set: dict[_Name, RoleSet] = {}


class Readiness(_Table):
    """The checklist of a post at opening (七个一)."""

    title: Title
    item: Annotated[tuple[Item, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Roles:
    """Every role by its code, and the sets they form."""

    roles: Mapping[str, Title]
    sets: Mapping[str, RoleSet]


def load_roles(folder: Path) -> Roles:
    """Return the shipped roles with those of `folder` put over them. Raises ConfigError."""
    shipped = _Roles.model_validate(_read(_shipped("roles.toml")))
    own = _checked(_Roles, folder / "roles.toml")
    roles = {**shipped.role, **(own.role if own else {})}
    sets = {**shipped.set, **(own.set if own else {})}
    faults = [
        f'roles.toml [set.{name}] roles: no role "{role}" / 没有这个岗位'
        for name, found in sets.items()
        for role in found.roles
        if role not in roles
    ]
    if faults:
        raise ConfigError(faults)
    return Roles(roles, sets)


def load_readiness(folder: Path) -> Readiness:
    """Return the checklist of `folder`, else the shipped one. Raises ConfigError."""
    found = _checked(Readiness, folder / "readiness.toml")
    found = Readiness.model_validate(_read(_shipped("readiness.toml"))) if found is None else found
    ids = [item.id for item in found.item]
    if len(set(ids)) < len(ids):
        raise ConfigError("readiness.toml: two items have one id / 两项的 id 相同")
    return found


def _shipped(name: str) -> Path:
    return SHIPPED / name if (SHIPPED / name).exists() else SYSTEM / name


def _checked(shape: type[T], path: Path) -> T | None:
    if not path.exists():
        return None
    try:
        return shape.model_validate(_read(path))
    except ValidationError as error:
        places = [
            f"{path.name} {'.'.join(map(str, one['loc']))}: {one['msg']}"
            for one in error.errors(include_url=False)
        ]
        raise ConfigError(places) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path.name}: {error} / 文件读不出来") from error
