"""Files a site may supply beside those that ship: where they lie, how they are read, every fault in them.

A site's own file goes before one of the same name that ships. What the tables of a kind of file mean, the
module of that kind says (procedures, acceptance, access, registers, roles).
"""

import hashlib
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from edge.domain import file_faults
from edge.domain.errors import ConfigError

SHIPPED = Path(__file__).resolve().parent.parent / "config"
SYSTEM = Path("/usr/share/gatepost")

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
T = TypeVar("T", bound=BaseModel)


class Table(BaseModel):
    """A table that holds the keys it names and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FilledTable(Table):
    """A table in which an empty list is a fault, but for the fields that `may_be_empty`."""

    may_be_empty: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="after")
    def _lists_hold_something(self) -> Self:
        for name in self.model_fields_set:
            # Whoever empties a list may mean "nobody", and would get "everybody".
            if getattr(self, name) == () and name not in self.may_be_empty:
                field = type(self).model_fields[name].alias or name
                raise wrong(
                    f"{field} = [] is ambiguous; leave {field} out for any",
                    f"{field} = [] 意思不明；不限制就整行去掉",
                )
        return self


def folders(kind: str, config_folder: Path) -> list[Path]:
    """Return where files of a kind are looked for, the site's own before those that ship."""
    return [folder / kind for folder in (config_folder, SHIPPED, SYSTEM)]


def find(name: str, folders: Sequence[Path]) -> Path | None:
    """Return the file of this name, from the first folder that has one."""
    paths = (folder / f"{name}.toml" for folder in folders)
    return next((path for path in paths if path.is_file()), None)


def names(folders: Sequence[Path]) -> tuple[str, ...]:
    """Return the names of all files the folders hold."""
    return tuple(paths(folders))


def paths(folders: Sequence[Path]) -> dict[str, Path]:
    """Return the file that goes before the others of each name."""
    found = {path.stem: path for folder in reversed(folders) for path in folder.glob("*.toml")}
    return dict(sorted(found.items()))


def read(path: Path) -> str:
    """Return a file's text. Raises ConfigError where it cannot be read."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8; save it in that encoding / 不是 UTF-8 编码") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror} / 读不出来") from error


def parse(shape: type[T], text: str, where: str) -> T:
    """Return what a TOML text says in this shape. Raises ConfigError with one line for each fault in both
    languages, `where` (a file name) in front."""
    given = tables(text, where)
    try:
        return shape.model_validate(given)
    except ValidationError as error:
        raise ConfigError(faults(error, where)) from error


def tables(text: str, where: str) -> dict[str, Any]:
    """Return the tables of a TOML text. Raises ConfigError."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(file_faults.not_toml(where, error)) from error


def faults(error: ValidationError, where: str) -> list[str]:
    """Return a line for each fault that was found."""
    return [file_faults.line(where, dict(fault)) for fault in error.errors()]


def wrong(en: str, zh: str) -> PydanticCustomError:
    """Return a fault that brings its own words in both languages."""
    return PydanticCustomError(file_faults.SAID, "{en} / {zh}", {"en": en, "zh": zh})


def twice(ids: Sequence[str]) -> str:
    """Return what stands more than once, as words of a fault."""
    return ", ".join(sorted({name for name in ids if ids.count(name) > 1}))


def version(text: str) -> str:
    """Return what stands for a text in decisions and entries: its hash, 16 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
