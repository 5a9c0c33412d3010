"""CertLogic, the language the EU's rule files are written in: what an expression comes to.

Source: the specification and test suites of ehn-dcc-development/eu-dcc-business-rules, version 1.3.2, with
`dccDateOfBirth` and partial dates. Where the implementations differ, as the issuers' verifier apps do
it: a month or year that lacks the day ends on its last (2020-02-29 and a year is 2021-02-28).

Pure and bounded: nesting and steps have caps, and every fault is a `LogicError`. Which expressions are
none is said by `edge.codes.certlogic_check`.
"""

import operator
import re
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

SPECIFICATION = (1, 3, 2)  # the newest version rules may ask for
MAX_DEPTH = 48
MAX_STEPS = 50_000  # of one evaluation

_INFIX = {"===": (2, 2), "in": (2, 2), "+": (2, 2)}
_COMPARING = dict.fromkeys((">", "<", ">=", "<=", "after", "before", "not-after", "not-before"), (2, 3))
_OTHER = {"if": (3, 3), "and": (2, None), "!": (1, 1), "plusTime": (3, 3), "reduce": (3, 3)}
_OF_CERTIFICATES = {"extractFromUVCI": (2, 2), "dccDateOfBirth": (1, 1)}
OPERANDS: Mapping[str, tuple[int, int | None]] = {**_INFIX, **_COMPARING, **_OTHER, **_OF_CERTIFICATES}
UNITS = ("year", "month", "day", "hour")
_INDEX = re.compile(r"\d{1,9}", re.ASCII)
_DAY = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,3})\d*)?(?:Z|([+-])(\d{1,2}):?(\d\d)?)?", re.ASCII
)
_ORDERS = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}
_UVCI = "URN:UVCI:"
_SEPARATORS = re.compile(r"[/#:]")


class LogicError(ValueError):
    """An expression that is none, that meets values it is not for, or that takes too many steps."""


@dataclass(slots=True)
class Budget:
    """Steps an evaluation may still take; counted down."""

    left: int = MAX_STEPS

    def spend(self, steps: int = 1) -> None:
        self.left -= steps
        if self.left < 0:
            raise LogicError("takes more steps than any rule needs")


def evaluate(expression: object, data: object, budget: Budget | None = None) -> object:
    """Return the value of an expression over JSON data; a moment comes out as a datetime. LogicError
    where it has none."""
    return _Run(budget if budget is not None else Budget()).value(expression, data, 0)


class _Run:
    """One evaluation."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def value(self, expression: object, data: object, depth: int) -> object:
        self._budget.spend()
        if depth > MAX_DEPTH:
            raise LogicError("nested too deeply")
        if isinstance(expression, list):
            return [self.value(part, data, depth + 1) for part in expression]
        if isinstance(expression, dict):
            return self._operation(expression, data, depth)
        if isinstance(expression, str | bool) or is_whole(expression):
            return expression
        raise LogicError("neither an operation nor a literal")

    def _operation(self, expression: Mapping[str, object], data: object, depth: int) -> object:
        name, operands = next(iter(expression.items()), ("", None))
        if len(expression) != 1:
            raise LogicError("an operation has one operator")
        if name == "var":
            return self._var(operands, data)
        low, high = OPERANDS.get(name, (0, -1))
        if not isinstance(operands, list) or not low <= len(operands) <= (
            len(operands) if high is None else high
        ):
            raise LogicError(f"no operation: {name}")
        if name in _LAZY:
            return _LAZY[name](self, operands, data, depth + 1)
        if name in WITH_LITERALS:
            return WITH_LITERALS[name](self.value(operands[0], data, depth + 1), *operands[1:])
        values = [self.value(operand, data, depth + 1) for operand in operands]
        if name == "in":
            self._budget.spend(len(values[1]) if isinstance(values[1], list) else 0)
        return _EAGER[name](*values) if name in _EAGER else _compared(name, values)

    def _var(self, path: object, data: object) -> object:
        if not isinstance(path, str):
            raise LogicError("var takes a path")
        fragments = path.split(".") if path else []
        self._budget.spend(len(fragments))
        for fragment in fragments:
            if isinstance(data, list):
                found = int(fragment) if _INDEX.fullmatch(fragment) else len(data)
                data = data[found] if found < len(data) else None
            else:
                data = data.get(fragment) if isinstance(data, dict) else None
        return data

    def _if(self, operands: Sequence[object], data: object, depth: int) -> object:
        guard, then, otherwise = operands
        return self.value(then if _holds(self.value(guard, data, depth)) else otherwise, data, depth)

    def _and(self, operands: Sequence[object], data: object, depth: int) -> object:
        found: object = True
        for operand in operands:
            found = self.value(operand, data, depth)
            if not _holds(found):
                return found
        return found

    def _reduce(self, operands: Sequence[object], data: object, depth: int) -> object:
        items, each, initial = operands
        found, over = self.value(initial, data, depth), self.value(items, data, depth)
        if over is None:
            return found
        if not isinstance(over, list):
            raise LogicError("reduce goes over an array")
        for current in over:
            found = self.value(each, {"accumulator": found, "current": current, "data": data}, depth)
        return found


_LAZY: Mapping[str, Callable[[_Run, Sequence[object], object, int], object]] = {
    "if": _Run._if,
    "and": _Run._and,
    "reduce": _Run._reduce,
}


def is_whole(value: object) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, float) and value.is_integer()
    )


def _holds(value: object) -> bool:
    """Say whether a value counts as true; moments count neither as true nor as false."""
    if value is None or isinstance(value, bool | str | int | float | list | dict):
        return bool(value)
    raise LogicError("a moment is neither true nor false")


def _same(one: object, other: object) -> bool:
    if isinstance(one, list | dict | datetime) and isinstance(other, list | dict | datetime):
        raise LogicError("only single values can be compared")
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return one == other


def _is_in(one: object, many: object) -> bool:
    if many is None:
        return False
    if not isinstance(many, list):
        raise LogicError("in looks into an array")
    return any(_same(one, item) for item in many)


def _plus(one: object, other: object) -> int:
    total = _whole(one) + _whole(other)
    if abs(total) >= 2**53:
        raise LogicError("a sum larger than JSON's numbers")
    return total


def _whole(value: object) -> int:
    if not is_whole(value):
        raise LogicError("not a whole number")
    assert isinstance(value, int | float)
    return int(value)


def _compared(name: str, values: Sequence[object]) -> bool:
    if name in ("<", ">", "<=", ">="):
        numbers = [_whole(value) for value in values]
        return _in_order(name, numbers)
    moments = [value for value in values if isinstance(value, datetime)]
    if len(moments) != len(values):
        raise LogicError(f"{name} compares moments")
    symbol = {"after": ">", "before": "<", "not-after": "<=", "not-before": ">="}[name]
    return _in_order(symbol, moments)


def _in_order(symbol: str, values: Sequence[int] | Sequence[datetime]) -> bool:
    ranked = [value if isinstance(value, int) else value.timestamp() for value in values]
    return all(_ORDERS[symbol](one, other) for one, other in pairwise(ranked))


def _not(value: object) -> bool:
    return not _holds(value)


def _plus_time(text: object, amount: object, unit: object) -> datetime:
    moment, count = _moment(text), _whole(amount)
    try:
        if unit in ("day", "hour"):
            return moment + count * (timedelta(days=1) if unit == "day" else timedelta(hours=1))
        if unit not in UNITS:
            raise LogicError("no unit of time")
        months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "year" else 1)
        year, month = months // 12, months % 12 + 1
        if not 1 <= year <= 9999:
            raise LogicError("outside of the calendar")
        return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))
    except OverflowError:
        raise LogicError("outside of the calendar") from None


def _born(text: object) -> datetime:
    found = _day(text)
    if found is None:
        raise LogicError("no date of birth")
    return found


def _moment(text: object) -> datetime:
    found = _day(text)
    if found is not None:
        return found
    parts = _MOMENT.fullmatch(text) if isinstance(text, str) else None
    if parts is None:
        raise LogicError("no date or time")
    day, clock, fraction, sign, hours, minutes = parts.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0'):0<3}")
        east = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        return moment.replace(tzinfo=timezone(-east if sign == "-" else east)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise LogicError("no date or time") from None


def _day(text: object) -> datetime | None:
    """Return the beginning of a day; of a month or year alone, of its last day."""
    parts = _DAY.fullmatch(text) if isinstance(text, str) else None
    if parts is None:
        return None
    year, month = int(parts[1]), int(parts[2] or 12)
    try:
        return datetime(year, month, int(parts[3] or monthrange(year, month)[1]), tzinfo=UTC)
    except ValueError:
        raise LogicError("no date") from None


def _from_uvci(text: object, index: object) -> str | None:
    place = _whole(index)
    if text is None:
        return None
    if not isinstance(text, str):
        raise LogicError("an id is text")
    fragments = _SEPARATORS.split(text.removeprefix(_UVCI))
    return fragments[place] if 0 <= place < len(fragments) else None


_EAGER: Mapping[str, Callable[..., object]] = {
    "===": _same,
    "in": _is_in,
    "+": _plus,
    "!": _not,
    "dccDateOfBirth": _born,
}
# Their operands after the first are literals, not evaluated.
WITH_LITERALS: Mapping[str, Callable[..., object]] = {
    "plusTime": _plus_time,
    "extractFromUVCI": _from_uvci,
}
