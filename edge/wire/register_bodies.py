"""The bodies of rows about registers: the lists kept at the gate."""

from typing import Any

from pydantic import Field

from edge.wire.body import Body


class RegisterDefined(Body):
    """What a register holds from now on: the text of its definition, from a `page` or a `file`, and the name
    of that text. Entries name the version they were made under."""

    name: str = Field(alias="register")
    text: str
    version: str
    origin: str
    by: str
    command_id: str | None = None


class RegisterEntered(Body):
    """A line was entered in a register, under the next number of that register. `fields` name nobody; what
    names people, vehicles and places is sealed under a key of the entry. `from_us` and `until_us` bound the
    time it holds for; `import` is the import that brought it."""

    name: str = Field(alias="register")
    entry: int
    fields: dict[str, Any] = {}
    from_us: int | None = None
    until_us: int | None = None
    by: str
    command_id: str | None = None
    imported: int | None = Field(default=None, alias="import")
    line: int | None = None


class RegisterAmended(RegisterEntered):
    """All fields of an entry as they are now, and why they were changed where somebody said."""

    why: str | None = None


class RegisterEnded(Body):
    """An entry no longer counts, and why. `unit` of the site's list confirmed it, where one did; who signed
    is sealed."""

    name: str = Field(alias="register")
    entry: int
    why: str
    unit: str | None = None
    by: str
    command_id: str | None = None


class PhotographKept(Body):
    """An entry has a photograph from now on, in place of the one before; it is sealed under the key of the
    entry and stays at the gate."""

    name: str = Field(alias="register")
    entry: int
    by: str
    command_id: str | None = None


class PhotographRemoved(PhotographKept):
    """An entry has no photograph any more."""


class RegisterImportUndone(Body):
    """What an import brought no longer counts, but for what was changed by hand since: of the register named,
    with `first` and `last` only the entries of these numbers."""

    name: str = Field(alias="register")
    imported: int = Field(alias="import")
    entries: int
    first: int | None = None
    last: int | None = None
    by: str
    command_id: str | None = None


class ImportBegun(Body):
    """A file of so many lines is being taken into a register; its name is sealed."""

    imported: int = Field(alias="import")
    name: str = Field(alias="register")
    lines: int
    by: str
    command_id: str | None = None


class ImportEnded(Body):
    """An import is done, was stopped behind a line, or is undone."""

    imported: int = Field(alias="import")
    name: str = Field(alias="register")
    state: str
    line: int
    by: str
