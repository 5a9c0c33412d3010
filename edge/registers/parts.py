"""The tables that a register's file is made of, each checked by itself. See `edge.registers.definition`."""

import re
from datetime import time
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from edge.site_files import Name, Table, wrong

Kind = Literal["text", "number", "choice", "ticks", "date", "time", "place", "tick"]
Role = Literal["attendant", "manager"]
Source = Literal["entries", "tasks", "temperatures"]


class Title(Table):
    """A text in both languages."""

    zh_Hans: str = Field(min_length=1, max_length=120)
    en: str = Field(min_length=1, max_length=120)


class Choice(Table):
    """One value to choose; `low`: of a stock, the number below which it is short."""

    value: Name
    title: Title
    low: int | None = Field(default=None, ge=0)


class FieldOf(Table):
    """One field of an entry. `personal` ones are sealed; with `find` entries are looked up by them."""

    id: Name
    kind: Kind = "text"
    title: Title
    choices: tuple[Choice, ...] = ()
    personal: bool = False
    find: bool = False
    required: bool = False

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(choice.value for choice in self.choices)

    def choice(self, value: str) -> Choice | None:
        """Return the choice with this value."""
        return next((choice for choice in self.choices if choice.value == value), None)


def _clock(value: object) -> object:
    if isinstance(value, time):
        return value
    if isinstance(value, str) and re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        return time.fromisoformat(value)
    raise wrong("must be a time of day such as 08:30", "应为一天中的时刻，例如 08:30")


class Due(Table):
    """What has to be done again and again: at the latest at each of `times` of a local day, or `every_hours`.
    Done by an entry of this register with the values of `where`; with `each`, for every open entry, by what
    was ticked off for it (`tasks`) or by the day's two temperatures that were told (`temperatures`)."""

    id: Name
    title: Title
    times: tuple[Annotated[time, BeforeValidator(_clock)], ...] = ()
    every_hours: int | None = Field(default=None, ge=1, le=720)
    where: dict[Name, str] = Field(default_factory=dict)
    each: bool = False
    source: Source = "entries"

    @model_validator(mode="after")
    def _fits(self) -> "Due":
        told = self.source == "temperatures"
        if (len(self.times) > 0) + (self.every_hours is not None) + told != 1:
            raise wrong(
                "give either times or every_hours (temperatures have their own)",
                "times 和 every_hours 只写一个（temperatures 用双测温的时段）",
            )
        if list(self.times) != sorted(set(self.times)):
            raise wrong("times stand in order, each once", "times 要按先后写，不能重复")
        if self.each == (self.source == "entries"):
            raise wrong(
                "with each = true the source is tasks or temperatures, otherwise entries",
                "each = true 时 source 写 tasks 或 temperatures，否则不写",
            )
        if self.every_hours is not None and self.each:
            raise wrong("every_hours is for entries only", "every_hours 只用于本登记自己的条目")
        return self


class Stock(Table):
    """What a register of things adds up to: `amount` of `item`, by `move`: values `plus` add, `minus` take
    away, `request` asks the district for more."""

    item: Name
    amount: Name
    move: Name
    plus: Name
    minus: Name
    request: Name | None = None


class Score(Table):
    """What a register of inspections adds up to: of each `place`, what was found of `findings`, what of it
    was `fixed` at once, by which `squad`."""

    place: Name
    findings: Name
    fixed: Name
    squad: Name | None = None


class Passages(Table):
    """The lines are passages, not entries: of people of these categories, or of any but those, or in which
    one of these questions was answered. The fields are the questions' answers."""

    categories: tuple[str, ...] = ()
    not_categories: tuple[str, ...] = ()
    asks: tuple[Name, ...] = ()
