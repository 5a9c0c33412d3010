"""The bodies of rows about registers: the lists kept at the gate."""

from typing import Any

from pydantic import Field

from edge.wire.body import Body


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


class RegisterAmended(RegisterEntered):
    """All fields of an entry as they are now, and why they were changed where somebody said."""

    why: str | None = None


class RegisterEnded(Body):
    """An entry no longer counts, and why."""

    name: str = Field(alias="register")
    entry: int
    why: str
    by: str
    command_id: str | None = None


class RegisterImportUndone(Body):
    """What an import brought no longer counts, but for what was changed by hand since."""

    name: str = Field(alias="register")
    entries: int
    by: str
    command_id: str | None = None
