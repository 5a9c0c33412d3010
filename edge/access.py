"""Who may pass, as files: a readable TOML text becomes `AccessRules`, or every fault in it at once.

`config/access/usual.toml` and `residents_only.toml` show most keys; a site's own file stands in `access/`
beside its configuration. The version is the hash of the text and of the closure level that is in force.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from edge import site_files
from edge.domain import access as domain
from edge.domain.access import Override, Ruling
from edge.domain.errors import ConfigError
from edge.site_files import FilledTable, Name, wrong

KIND = "access"

_Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
_Way = Literal["in", "out"]
_HOURS = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")


class _Title(FilledTable):
    zh_Hans: _Text
    en: _Text


class _Named(FilledTable):
    id: Name
    title: _Title


class _Dated(_Named):
    from_day: date | None = Field(default=None, alias="from", strict=True)
    until_day: date | None = Field(default=None, alias="until", strict=True)

    @model_validator(mode="after")
    def _in_order(self) -> "_Dated":
        if self.from_day and self.until_day and self.from_day > self.until_day:
            raise wrong("from lies behind until", "from 晚于 until")
        return self


class _Set(_Dated):
    categories: tuple[Name, ...]


class _Level(_Named):
    otherwise: Ruling = Ruling.PASS


class _Rule(_Dated):
    then: Ruling
    people: tuple[Name, ...] = ()
    zones: tuple[Name, ...] = ()
    directions: tuple[_Way, ...] = ()
    vehicle: bool | None = Field(default=None, strict=True)
    levels: tuple[Name, ...] = ()
    purposes: tuple[Name, ...] = ()
    hours: tuple[str, ...] = ()
    override: Override = Override.ATTENDANT

    @model_validator(mode="after")
    def _hours_read(self) -> "_Rule":
        _hours(self.hours)
        return self


class _Origin(_Rule):
    regions: tuple[Name, ...] = ()
    located: tuple[Literal["here", "away"], ...] = ()

    @model_validator(mode="after")
    def _asks(self) -> "_Origin":
        if not self.regions and not self.located:
            raise wrong("an origin names regions or located", "来源规则要写 regions 或 located")
        return self


class _Watch(_Named):
    may_be_empty = ("alarms",)

    entering: Ruling = Ruling.HOLD
    leaving: Ruling = Ruling.HOLD
    household: Ruling = Ruling.PASS
    deliveries: bool = Field(default=True, strict=True)
    alarms: tuple[_Way, ...] = ()
    until_released: bool = Field(default=True, strict=True)
    override: Override = Override.ATTENDANT


class _Quota(_Named):
    of: Literal["person", "household"]
    allowed: int = Field(ge=0, le=1000, strict=True)
    days: int = Field(default=1, ge=1, le=31, strict=True)
    direction: _Way = "out"
    people: tuple[Name, ...] = ()
    levels: tuple[Name, ...] = ()
    hours: tuple[str, ...] = ()
    then: Ruling = Ruling.HOLD
    override: Override = Override.ATTENDANT

    @model_validator(mode="after")
    def _hours_read(self) -> "_Quota":
        _hours(self.hours)
        return self


class _Due(FilledTable):
    test: Ruling = Ruling.REMIND
    vaccination: Ruling = Ruling.REMIND


class _File(FilledTable):
    may_be_empty = ("deliveries",)

    title: _Title
    closure: Name
    level: tuple[_Level, ...] = Field(min_length=1)
    set: tuple[_Set, ...] = ()
    rule: tuple[_Rule, ...] = ()
    origin: tuple[_Origin, ...] = ()
    watch: tuple[_Watch, ...] = ()
    quota: tuple[_Quota, ...] = ()
    purpose: tuple[_Named, ...] = ()
    deliveries: tuple[Name, ...] = ()
    mismatch: Literal[Ruling.HOLD, Ruling.TURN_BACK, Ruling.REFER] = Ruling.HOLD
    balance: Ruling = Ruling.HOLD
    exits: Ruling = Ruling.HOLD
    due: _Due = _Due()

    @model_validator(mode="after")
    def _hangs_together(self) -> "_File":
        faults = [*_twice(self), *_unknown(self)]
        if faults:
            raise wrong("; ".join(en for en, _ in faults), "；".join(zh for _, zh in faults))
        return self


def parse(name: str, text: str, where: str = "", *, closure: str = "") -> domain.AccessRules:
    """Return the rules a TOML text describes at one closure level, the file's own where none is given.

    Raises ConfigError with one line for each fault in both languages, `where` (a file name) in front.
    """
    where = where or name
    file = site_files.parse(_File, text, where)
    level = closure or file.closure
    if level not in {one.id for one in file.level}:
        raise ConfigError(f"{where}: closure: there is no [[level]] {level} / 没有这个封闭级别")
    return domain.AccessRules(
        name=name,
        version=site_files.version(f"{text}\n{level}"),
        closure=level,
        title=file.title.model_dump(),
        levels=tuple(domain.Level(one.id, one.title.model_dump(), one.otherwise) for one in file.level),
        sets=tuple(_set(one) for one in file.set),
        rules=tuple(_rule(one) for one in file.rule),
        origins=tuple(_rule(one) for one in file.origin),
        watches=tuple(domain.Watch(**one.model_dump()) for one in file.watch),
        quotas=tuple(_quota(one) for one in file.quota),
        purposes=tuple((one.id, one.title.model_dump()) for one in file.purpose),
        deliveries=file.deliveries,
        mismatch=Ruling(file.mismatch),
        balance=file.balance,
        exits=file.exits,
        due={"test": file.due.test, "vaccination": file.due.vaccination},
        text=text,
    )


def published(body: Mapping[str, Any]) -> domain.AccessRules:
    """Return the rules that a row `access.published` tells of. Raises ConfigError where they cannot be read
    any more."""
    return parse(body["name"], body["text"], closure=body["closure"])


def find(name: str, config_folder: Path) -> Path | None:
    """Return the file of the rules with this name, the site's own before those that ship."""
    return site_files.find(name, site_files.folders(KIND, config_folder))


def names(config_folder: Path) -> tuple[str, ...]:
    """Return the names of all rules there are."""
    return site_files.names(site_files.folders(KIND, config_folder))


def _twice(file: _File) -> Iterable[tuple[str, str]]:
    tables: dict[str, list[str]] = {
        "level": [one.id for one in file.level],
        "rule, origin, quota": [one.id for one in (*file.rule, *file.origin, *file.quota)],
        "watch": [one.id for one in file.watch],
        "purpose": [one.id for one in file.purpose],
    }
    for table, ids in tables.items():
        if twice := site_files.twice(ids):
            yield f"{table}: stands twice: {twice}", f"{table}：重复：{twice}"


def _unknown(file: _File) -> Iterable[tuple[str, str]]:
    levels, purposes = {one.id for one in file.level}, {one.id for one in file.purpose}
    if file.closure not in levels:
        yield f"closure: there is no [[level]] {file.closure}", f"closure：没有 [[level]] {file.closure}"
    leveled: tuple[_Rule | _Quota, ...] = (*file.rule, *file.origin, *file.quota)
    for one in leveled:
        for name in sorted(set(one.levels) - levels):
            yield f"{one.id}: there is no [[level]] {name}", f"{one.id}：没有 [[level]] {name}"
    for line in (*file.rule, *file.origin):
        for name in sorted(set(line.purposes) - purposes):
            yield f"{line.id}: there is no [[purpose]] {name}", f"{line.id}：没有 [[purpose]] {name}"
    for name in sorted(set(file.deliveries) - purposes):
        yield f"deliveries: there is no [[purpose]] {name}", f"deliveries：没有 [[purpose]] {name}"


def _hours(hours: Iterable[str]) -> tuple[tuple[int, int], ...]:
    found = []
    for text in hours:
        match = _HOURS.fullmatch(text)
        first, last = (
            ((int(match[1]) * 60 + int(match[2])), (int(match[3]) * 60 + int(match[4]))) if match else (0, 0)
        )
        if first == last or max(first, last) > 24 * 60:
            raise wrong(
                f'hours: write "06:00-22:00", not {text!r}', f'hours：写成 "06:00-22:00"，不是 {text!r}'
            )
        found.append((first, last))
    return tuple(found)


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _set(one: _Set) -> domain.CategorySet:
    days = _day(one.from_day), _day(one.until_day)
    return domain.CategorySet(one.id, one.title.model_dump(), one.categories, *days)


# What is called the same in the file and in the rules goes over as it is.
_READ_OTHERWISE = {"then", "hours", "from_day", "until_day"}


def _rule(one: _Rule) -> domain.Rule:
    return domain.Rule(
        **one.model_dump(exclude=_READ_OTHERWISE),
        ruling=one.then,
        hours=_hours(one.hours),
        from_day=_day(one.from_day),
        until_day=_day(one.until_day),
    )


def _quota(one: _Quota) -> domain.Quota:
    return domain.Quota(**one.model_dump(exclude=_READ_OTHERWISE), ruling=one.then, hours=_hours(one.hours))
