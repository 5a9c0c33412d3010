"""The roles of a shift sheet and the checklist of a post at opening: files a site may add to or replace.

Reads what is shipped in config/ and what lies beside the configuration; raises ConfigError with every fault.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field

from edge import site_files
from edge.domain.errors import ConfigError
from edge.site_files import SHIPPED, SYSTEM, Name, Table

T = TypeVar("T", bound=Table)


class Title(Table):
    """A name in both languages."""

    zh_Hans: str = Field(min_length=1, max_length=60)
    en: str = Field(min_length=1, max_length=60)


class RoleSet(Table):
    """Roles that belong together, such as 四人小组, 五位一体, 四员."""

    title: Title
    roles: Annotated[tuple[str, ...], Field(min_length=1)]


class Item(Table):
    """One line of the checklist at opening; `read`: the appliance looks it up by itself."""

    id: Name
    title: Title
    read: Literal["", "thermometer", "register", "voice"] = ""


class _Roles(Table):
    role: dict[Name, Title] = Field(default_factory=dict)
    set: dict[Name, RoleSet] = Field(default_factory=dict)


class Readiness(Table):
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
    shipped = _first(_Roles, "roles", SHIPPED, SYSTEM)
    own = _first(_Roles, "roles", folder, SHIPPED, SYSTEM)
    roles = {**shipped.role, **own.role}
    sets = {**shipped.set, **own.set}
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
    found = _first(Readiness, "readiness", folder, SHIPPED, SYSTEM)
    ids = [item.id for item in found.item]
    if len(set(ids)) < len(ids):
        raise ConfigError("readiness.toml: two items have one id / 两项的 id 相同")
    return found


def _first(shape: type[T], name: str, *folders: Path) -> T:
    path = site_files.find(name, folders) or folders[-1] / f"{name}.toml"  # which cannot be read
    return site_files.parse(shape, site_files.read(path), path.name)
