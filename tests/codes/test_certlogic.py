"""CertLogic: the published suites, its bounds, and that nothing but a LogicError ever comes out."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes.certlogic import MAX_DEPTH, MAX_STEPS, OPERANDS, Budget, LogicError, evaluate
from edge.codes.certlogic_check import MAX_NODES, issues, variables
from tests.paths import shared

SUITES = 14
ASSERTIONS = 232
CASES = 60
VALIDATION_CASES = 23

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
OPERATORS = st.sampled_from([*OPERANDS, "var", "xor"])
DATES = st.sampled_from(
    ["2021-06-01", "2004", "2004-02", "2021-12-31T23:59:59.999+05:30", "day", "payload.v.0.dn"]
)
EXPRESSIONS = st.recursive(
    SCALARS | DATES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.builds(lambda name, values: {name: values}, OPERATORS, st.lists(inner, max_size=4) | inner)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=20,
)


def suite(folder: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted(shared("codes", "certlogic", folder).glob("*.json")):
        yield path, json.loads(path.read_text("utf-8"))


def test_all_assertions_of_the_published_suites_hold() -> None:
    # Also those the reference implementation skips: `data` inside of reduce, and `in` with null.
    wrong, held, cases, files = [], 0, 0, 0
    for path, found in suite("testSuite"):
        files += 1
        for case in found["cases"]:
            cases += 1
            for assertion in case["assertions"]:
                expression = case.get("certLogicExpression", assertion.get("certLogicExpression"))
                assert issues(expression) == [], path.name
                value = evaluate(expression, assertion["data"])
                if value == assertion["expected"] and type(value) is type(assertion["expected"]):
                    held += 1
                else:
                    wrong.append((path.name, case["name"], assertion, value))
    assert wrong == []
    assert (held, cases, files) == (ASSERTIONS, CASES, SUITES)


def test_all_cases_of_the_published_validation_suites_hold() -> None:
    held = 0
    for path, found in suite("validation-testSuite"):
        for case in found["cases"]:
            told = [
                {"expr": issue.expression, "message": issue.message}
                for issue in issues(case["certLogicExpression"])
            ]
            assert told == case["issues"], path.name
            held += 1
    assert held == VALIDATION_CASES


@given(EXPRESSIONS, EXPRESSIONS)
def test_whatever_stands_there_only_a_logic_error_comes_out(expression: object, data: object) -> None:
    issues(expression)
    list(variables(expression))
    budget = Budget(2_000)
    with suppress(LogicError):
        evaluate(expression, data, budget)
    assert budget.left <= 1_999


@given(EXPRESSIONS)
def test_what_has_no_issues_names_a_known_operator_everywhere(expression: object) -> None:
    if issues(expression):
        return
    said = ""
    try:
        evaluate(expression, {})
    except LogicError as error:
        said = str(error)
    for word in ("no operation", "one operator", "neither an operation", "takes a path", "no unit"):
        assert word not in said


NESTS: dict[str, Callable[[object], object]] = {
    "not": lambda inner: {"!": [inner]},
    "array": lambda inner: [inner],
    "if": lambda inner: {"if": [True, inner, False]},
    "and": lambda inner: {"and": [True, inner]},
    "reduce": lambda inner: {"reduce": [[], 0, inner]},
    "uvci": lambda inner: {"extractFromUVCI": [inner, 0]},
}


@pytest.mark.parametrize("nest", NESTS.values(), ids=NESTS)
def test_nesting_is_refused_one_level_beyond_the_cap(nest: Callable[[object], object]) -> None:
    deepest: object = "x"
    for _ in range(MAX_DEPTH):
        deepest = nest(deepest)
    assert issues(deepest) == []
    evaluate(deepest, {})
    assert "deep" in issues(nest(deepest))[0].message
    with pytest.raises(LogicError, match="deep"):
        evaluate(nest(deepest), {})


def test_expressions_have_a_largest_size() -> None:
    assert issues([1] * (MAX_NODES - 1)) == []
    (issue,) = issues([1] * MAX_NODES)
    assert str(MAX_NODES) in issue.message


def test_steps_are_counted_and_capped() -> None:
    budget = Budget()
    assert evaluate({"in": ["x", {"var": "list"}]}, {"list": ["y"] * 100}, budget) is False
    assert MAX_STEPS - budget.left == 3 + 1 + 100  # three expressions, one fragment, a hundred compared
    inner = {"reduce": [{"var": "data.many"}, {"+": [{"var": "accumulator"}, 1]}, 0]}
    squared = {"reduce": [{"var": "many"}, inner, 0]}
    many: dict[str, object] = {"many": list(range(1_000))}
    budget = Budget()
    with pytest.raises(LogicError, match="steps"):
        evaluate(squared, many, budget)
    assert -1_000 <= budget.left < 0


def test_a_sum_never_grows_beyond_what_json_holds() -> None:
    doubled = {"reduce": [{"var": "many"}, {"+": [{"var": "accumulator"}, {"var": "accumulator"}]}, 1]}
    with pytest.raises(LogicError, match="larger"):
        evaluate(doubled, {"many": [0] * 60})
    assert evaluate({"+": [2**53 - 2, 1]}, {}) == 2**53 - 1
    with pytest.raises(LogicError, match="larger"):
        evaluate({"+": [2**53 - 1, 1]}, {})


@pytest.mark.parametrize(
    ("text", "amount", "unit", "expected"),
    [
        ("2020-02-29", 1, "year", "2021-02-28"),
        ("2020-02-29", -4, "year", "2016-02-29"),
        ("2021-01-31", 1, "month", "2021-02-28"),
        ("2021-12-31", 2, "month", "2022-02-28"),
        ("2021-03-27T22:30:00+01:00", 24, "hour", "2021-03-28T21:30:00"),
        ("2021-06-01T00:00:00+8", 0, "hour", "2021-05-31T16:00:00"),
        ("2021-06-01T00:00:00-130", 0, "hour", "2021-06-01T01:30:00"),
        ("2021-06-01T12:00:00.98765Z", 0, "day", "2021-06-01T12:00:00.987"),
        ("2021-06-01T12:00:00", 0, "day", "2021-06-01T12:00:00"),
        ("2004-02", 0, "day", "2004-02-29"),
        ("2004", 0, "day", "2004-12-31"),
        ("9998-06-01", 1, "year", "9999-06-01"),
        ("0002-06-01", -12, "month", "0001-06-01"),
    ],
)
def test_time_is_added_as_the_specification_says(text: str, amount: int, unit: str, expected: str) -> None:
    found = evaluate({"plusTime": [text, amount, unit]}, {})
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2021-13-01", "2021-02-30", "0000", "2021-06-01 12:00:00", "2021-06-01T24:00:00Z", "", "yesterday",
     "2021-06-01T12:00:00+25:00", "٢٠٢١-٠٦-٠١", "0001-01-01T00:00:00+14:00"],
)  # fmt: skip
def test_what_is_no_date_has_no_value(text: str) -> None:
    with pytest.raises(LogicError):
        evaluate({"plusTime": [text, 0, "day"]}, {})


@pytest.mark.parametrize(
    ("amount", "unit"), [(10**9, "day"), (10**12, "hour"), (9_000, "year"), (-(10**6), "month")]
)
def test_time_ends_with_the_calendar(amount: int, unit: str) -> None:
    with pytest.raises(LogicError, match="calendar"):
        evaluate({"plusTime": ["2021-06-01", amount, unit]}, {})


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ({"===": [True, 1]}, False),
        ({"===": [False, 0]}, False),
        ({"in": [True, [1]]}, False),
        ({"===": [{"var": "none"}, {"var": "nothing"}]}, True),
        ({"===": [{"var": "list"}, {"var": "none"}]}, False),
        ({"var": "list.-1"}, None),
        ({"var": "list.99999999999999999999"}, None),
        ({"var": "list.x"}, None),
        ({"var": "text.0"}, None),
    ],
)
def test_values_of_different_kinds_are_never_mixed_up(expression: object, value: object) -> None:
    assert evaluate(expression, {"list": [1], "text": "abc"}) is value


@pytest.mark.parametrize(
    "expression",
    [
        {"===": [[1], [1]]},
        {"in": ["a", "abc"]},
        {"+": ["1", 1]},
        {"<": ["1", 2]},
        {"<": [True, 2]},
        {"after": ["2021-06-01", "2021-05-01"]},
        {"!": [{"plusTime": ["2021-06-01", 0, "day"]}]},
        {"reduce": ["abc", 1, 0]},
        {"extractFromUVCI": [1, 0]},
        {"dccDateOfBirth": ["2021-06-01T00:00:00Z"]},
        {"plusTime": [None, 0, "day"]},
        {"plusTime": ["2021-06-01", 0, "week"]},
        {"var": 0},
        {"var": "a", "!": [1]},
        {},
        None,
        1.5,
    ],
)
def test_an_operation_on_what_it_is_not_for_has_no_value(expression: object) -> None:
    with pytest.raises(LogicError):
        evaluate(expression, {})


def test_an_issue_names_the_way_to_it() -> None:
    faulty = {"if": [{"var": "a"}, {"and": [True, {"xor": [1, 2]}]}, {"plusTime": ["x", 1.5, "week"]}]}
    assert [(issue.path, issue.message) for issue in issues(faulty)] == [
        ("Logic.if.1.and.1.xor", 'unrecognised operator: "xor"'),
        ("Logic.if.2.plusTime.1", 'the second operand of "plusTime" is a whole number'),
        ("Logic.if.2.plusTime.2", 'the unit of "plusTime" is one of year, month, day, hour'),
    ]


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ({"if": [True, 1]}, "takes 3 operands, but it has 2"),
        ({"and": [True]}, "takes 2 or more operands, but it has 1"),
        ({"<": [1, 2, 3, 4]}, "takes 2 to 3 operands, but it has 4"),
        ({"!": []}, "takes 1 operands, but it has 0"),
    ],
)
def test_a_wrong_number_of_operands_is_an_issue_and_no_value(expression: object, wanted: str) -> None:
    (issue,) = issues(expression)
    assert wanted in issue.message
    with pytest.raises(LogicError):
        evaluate(expression, {})
