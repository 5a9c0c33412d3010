"""Registers as data: a readable TOML text says what a list kept at the gate holds, who may write in it, when
something of it is due and what it adds up to; or every fault in the text at once, in both languages.

Knows no entry and no journal. What a report left undefined is an empty list here, never a guess.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field, ValidationError, model_validator

from edge import site_files
from edge.domain import file_faults
from edge.domain.errors import ConfigError
from edge.registers.parts import (
    Choice,
    Due,
    FieldOf,
    Passages,
    Role,
    Score,
    Stock,
    Title,
)
from edge.site_files import Name, Table, wrong

__all__ = ["Choice", "Definition", "Due", "FieldOf", "Passages", "Score", "Stock", "Title", "parse"]

STRUCK = "struck"
"""The open field of an entry that was made by mistake: it counts for nothing."""
RESERVED = frozenset({STRUCK, "definition"})
MOST_TEXT = 20_000
_LINES = 200


class Definition(Table):
    """One register. `lasting`: an entry stays open until somebody ends it (or only such with these values);
    otherwise it tells of what happened, at the moment of its field `when`. With `score` it lasts while
    something found was not put right. `deadline`, `when`, `since` and `until` name fields. `own`: what it
    holds is for the site to say. `card` are the fields of a card to hang up."""

    title: Title
    note: Title | None = None
    number: str = Field(default="", max_length=40)
    write: tuple[Role, ...] = Field(default=("attendant", "manager"), min_length=1)
    end: tuple[Role, ...] = Field(default=("manager",), min_length=1)
    lasting: bool | dict[Name, tuple[str, ...]] = True
    deadline: Name | None = None
    when: Name | None = None
    since: Name | None = None
    until: Name | None = None
    own: bool = False
    hidden: bool = False
    field: tuple[FieldOf, ...] = ()
    columns: tuple[Name, ...] = ()
    card: tuple[Name, ...] = ()
    ends: tuple[Choice, ...] = ()
    due: tuple[Due, ...] = ()
    stock: Stock | None = None
    score: Score | None = None
    passages: Passages | None = None
    version: str = ""
    name: str = ""

    @model_validator(mode="after")
    def _fits(self) -> "Definition":
        faults = list(_faults(self))
        if faults:
            en, zh = ("; ".join(each) for each in zip(*faults, strict=True))
            raise wrong(en, zh)
        return self

    def one(self, name: str) -> FieldOf | None:
        """Return the field with this id."""
        return next((field for field in self.field if field.id == name), None)

    @property
    def shown(self) -> tuple[FieldOf, ...]:
        """The columns of the list."""
        named = [self.one(name) for name in self.columns]
        return tuple(field for field in named if field) or self.field

    @property
    def personal(self) -> tuple[FieldOf, ...]:
        return tuple(field for field in self.field if field.personal)

    @property
    def undefined(self) -> bool:
        """Whether nobody has said yet what it holds: no field, or nothing to tick."""
        return not self.field or any(f.kind == "ticks" and not f.choices for f in self.field)

    def lasts(self, fields: Mapping[str, Any]) -> bool:
        """Say whether an entry with these fields stays open until somebody ends it."""
        if self.score is not None:
            return not set(fields.get(self.score.findings) or ()) <= set(fields.get(self.score.fixed) or ())
        if isinstance(self.lasting, bool):
            return self.lasting
        return all(fields.get(name) in values for name, values in self.lasting.items())


def parse(name: str, text: str, where: str = "") -> Definition:
    """Return the register a TOML text describes. Raises ConfigError with one line per fault in both
    languages, `where` (a file name) in front of each."""
    where = where or name
    if len(text) > MOST_TEXT:
        raise ConfigError([f"{where}: longer than {MOST_TEXT} signs / 超过 {MOST_TEXT} 字"])
    given, made = site_files.tables(text, where), {"name": name, "version": site_files.version(text)}
    if taken := made.keys() & given.keys():
        raise ConfigError([f"{where}: {key}: there is no such key here / 这里没有这个键" for key in taken])
    try:
        return Definition.model_validate(given | made)
    except ValidationError as error:
        lines = [_line(where, dict(fault)) for fault in error.errors()][:_LINES]
        raise ConfigError(list(dict.fromkeys(lines))) from error


def _line(where: str, fault: dict[str, Any]) -> str:
    if fault["loc"][:1] == ("lasting",):
        fault |= {"loc": ("lasting",), "type": file_faults.SAID}
        fault["msg"] = "must be true, false or a table of values / 应为 true、false 或各字段的值"
    return file_faults.line(where, fault)


def _faults(whole: Definition) -> Iterator[tuple[str, str]]:
    ids = [field.id for field in whole.field]
    for names, what in ((ids, "field"), ([rule.id for rule in whole.due], "due")):
        if twice := site_files.twice(names):
            yield f"{what} stands twice: {twice}", f"{what} 重复：{twice}"
    for field in whole.field:
        yield from _field_faults(field)
    yield from _unknown(whole, ids)
    for key, kinds in (("deadline", "date time"), ("when", "time"), ("since", "date"), ("until", "date")):
        field_ = whole.one(getattr(whole, key) or "")
        if field_ and field_.kind not in kinds.split():
            yield f"{key}: {field_.id} is not of kind {kinds}", f"{key}：{field_.id} 的种类应为 {kinds}"
    for rule in whole.due:
        for name, value in rule.where.items():
            found = whole.one(name)
            if found and found.kind == "choice" and value not in found.values:
                yield f"due {rule.id}: {name} has no {value}", f"due {rule.id}：{name} 没有 {value} 这一项"
    if whole.passages and (whole.due or whole.stock or whole.score or whole.deadline):
        yield "a view of passages has nothing due", "通行记录生成的台账没有应办事项"
    if whole.passages and not any(whole.passages.model_dump().values()):
        yield (
            "passages: name categories, not_categories or asks",
            "passages：写明 categories、not_categories 或 asks",
        )
    yield from _sum_faults(whole)


def _sum_faults(whole: Definition) -> Iterator[tuple[str, str]]:
    wanted: dict[str, tuple[str, ...]] = {}
    if whole.stock:
        stock = whole.stock
        wanted |= {stock.item: ("choice",), stock.amount: ("number",), stock.move: ("choice",)}
        move = whole.one(stock.move)
        for value in filter(None, (stock.plus, stock.minus, stock.request)):
            if move and value not in move.values:
                yield f"stock: {stock.move} has no {value}", f"stock：{stock.move} 没有 {value} 这一项"
    if whole.score:
        score = whole.score
        wanted |= {score.place: ("place", "choice"), score.findings: ("ticks",), score.fixed: ("ticks",)}
        if score.squad:
            wanted[score.squad] = ("choice", "place", "text")
    for name, kinds in wanted.items():
        field = whole.one(name)
        if field and (field.kind not in kinds or field.personal):
            said = "/".join(kinds)
            yield f"{name} must be an open field of kind {said}", f"{name} 应为不加密的 {said}"


def _unknown(whole: Definition, ids: list[str]) -> Iterator[tuple[str, str]]:
    lasting = [] if isinstance(whole.lasting, bool) else list(whole.lasting)
    named: dict[str, list[str | None]] = {
        "deadline": [whole.deadline],
        "when": [whole.when],
        "since": [whole.since],
        "until": [whole.until],
        "columns": list(whole.columns),
        "card": list(whole.card),
        "lasting": list(lasting),
        "due": [name for rule in whole.due for name in rule.where],
    }
    if whole.stock:
        named["stock"] = [whole.stock.item, whole.stock.amount, whole.stock.move]
    if whole.score:
        named["score"] = [whole.score.place, whole.score.findings, whole.score.fixed, whole.score.squad]
    builtin = {"at", "lane", "temperature", "outcome"} if whole.passages else set[str]()
    for key, names in named.items():
        if missing := [name for name in names if name and name not in ids and name not in builtin]:
            yield f"{key}: no such field: {', '.join(missing)}", f"{key}：没有字段 {', '.join(missing)}"


def _field_faults(field: FieldOf) -> Iterator[tuple[str, str]]:
    name = field.id
    if name in RESERVED:
        yield f"{name} is reserved", f"{name} 是保留的名字"
    if field.choices and field.kind not in ("choice", "ticks"):
        yield f"{name}: only choice and ticks have choices", f"{name}：只有 choice、ticks 有 choices"
    if field.kind == "choice" and not field.choices:
        yield f"{name}: a choice lists its choices", f"{name}：choice 要列出 choices"
    if len(set(field.values)) < len(field.values):
        yield f"{name}: a choice stands twice", f"{name}：选项重复"
    if field.personal and field.kind != "text":
        yield f"{name}: personal = true is for text", f"{name}：personal = true 只用于 text"
    if field.find and not field.personal:
        yield f"{name}: find = true is for personal fields", f"{name}：find = true 只用于 personal 字段"
    if (field.kind == "time") != name.endswith("_us"):
        yield (
            f"{name}: fields of kind time, and they alone, end in _us",
            f"{name}：time 字段以 _us 结尾，其他不用",
        )
