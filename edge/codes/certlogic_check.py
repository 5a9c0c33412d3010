"""What is wrong in a CertLogic expression, with the path to every fault.

Beyond the published suites' messages, every operator's operands are counted and its literals looked at.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from edge.codes.certlogic import MAX_DEPTH, OPERANDS, UNITS, WITH_LITERALS, Budget, LogicError, is_whole

MAX_NODES = 20_000  # of one expression; the longest published rule has some hundred

_PATH = re.compile(r"[^.]+(?:\.[^.]+)*")


@dataclass(frozen=True, slots=True)
class Issue:
    """What is wrong in an expression: the path to the fault, the part that is faulty, and why."""

    path: str
    expression: object
    message: str


def issues(expression: object, path: str = "Logic") -> list[Issue]:
    """Return everything that is wrong in an expression."""
    nodes = Budget(MAX_NODES)
    try:
        return list(_issues(expression, path, 0, nodes))
    except LogicError:
        return [Issue(path, expression, f"has more than {MAX_NODES} parts")]


def variables(expression: object) -> Iterator[str]:
    """Yield the path of every `var` in an expression that has no issues."""
    waiting = [expression]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            path = part.get("var")
            if isinstance(path, str):
                yield path
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


def _issues(expression: object, path: str, depth: int, nodes: Budget) -> Iterator[Issue]:
    nodes.spend()
    if depth > MAX_DEPTH:
        yield Issue(path, expression, f"nested more than {MAX_DEPTH} deep")
    elif isinstance(expression, list):
        for number, part in enumerate(expression):
            yield from _issues(part, f"{path}.{number}", depth + 1, nodes)
    elif isinstance(expression, dict):
        yield from _issues_of_operation(expression, path, depth, nodes)
    elif isinstance(expression, float) and not expression.is_integer():
        yield Issue(path, expression, f"{expression} is a non-integer number")
    elif not isinstance(expression, str | bool | int | float):
        yield Issue(path, expression, "invalid CertLogic expression")


def _issues_of_operation(
    expression: Mapping[str, object], path: str, depth: int, nodes: Budget
) -> Iterator[Issue]:
    if len(expression) != 1:
        message = f"expression object must have exactly one key, but it has {len(expression)}"
        yield Issue(path, expression, message)
        return
    name, operands = next(iter(expression.items()))
    where = f"{path}.{name}"
    if name == "var":
        yield from _issues_of_path(expression, operands, where)
        return
    if not isinstance(operands, list):
        yield Issue(where, expression, 'operation not of the form { "<operator>": [ <values...> ] }')
        return
    if name not in OPERANDS:
        yield Issue(where, expression, f'unrecognised operator: "{name}"')
        return
    low, high = OPERANDS[name]
    if len(operands) < low or (high is not None and len(operands) > high):
        wanted = str(low) if low == high else f"{low} or more" if high is None else f"{low} to {high}"
        yield Issue(where, expression, f'"{name}" takes {wanted} operands, but it has {len(operands)}')
    if name in WITH_LITERALS:
        yield from _issues_of_literals(expression, name, operands, where)
        operands = operands[:1]
    for number, operand in enumerate(operands):
        yield from _issues(operand, f"{where}.{number}", depth + 1, nodes)


def _issues_of_path(expression: object, path: object, where: str) -> Iterator[Issue]:
    if not isinstance(path, str):
        yield Issue(where, expression, 'not of the form { "var": "<path>" }')
    elif path and not _PATH.fullmatch(path):
        yield Issue(where, expression, f"data access path doesn't have a valid format: {path}")


def _issues_of_literals(expression: object, name: str, operands: list[object], where: str) -> Iterator[Issue]:
    if len(operands) > 1 and not is_whole(operands[1]):
        yield Issue(f"{where}.1", expression, f'the second operand of "{name}" is a whole number')
    if name == "plusTime" and len(operands) > 2 and operands[2] not in UNITS:
        yield Issue(f"{where}.2", expression, f'the unit of "plusTime" is one of {", ".join(UNITS)}')
