"""What answers at the district's address may be anything."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.errors import Unreachable
from edge.uplink import Response
from edge.uplink.answer import read_answer, retry_after_s
from tests.uplink.fakes import FIRST, SECOND

GOOD: dict[str, Any] = {
    "incarnation": FIRST,
    "acknowledged": 7,
    "rejected": [{"sequence": 3, "reason": "conflict"}],
    "lists": {"watch": 12},
    "wait_s": 5,
    "time": "2020-02-08T00:00:00Z",
}


def said(**changes: Any) -> Response:
    return Response(200, {}, json.dumps(GOOD | changes).encode())


def test_a_good_answer_is_read() -> None:
    answer = read_answer(said(), FIRST)
    assert (answer.acknowledged, answer.rejected, answer.wait_s) == (7, ((3, "conflict"),), 5.0)
    assert answer.lists == {"watch": 12}


@pytest.mark.parametrize(
    "response",
    [
        Response(200, {}, b"<html>Please log in</html>"),
        Response(200, {}, b""),
        Response(200, {}, b"[]"),
        Response(200, {}, b"\xff\xfe"),
        Response(200, {}, b"[" * 100_000),
        said(acknowledged=True),
        said(acknowledged="7"),
        said(acknowledged=-1),
        said(acknowledged=7.5),
        said(rejected={"sequence": 3}),
        said(rejected=[{"sequence": 3}]),
        said(lists=[1]),
        said(incarnation=SECOND),
    ],
)
def test_anything_else_is_no_answer(response: Response) -> None:
    with pytest.raises(Unreachable) as caught:
        read_answer(response, FIRST)
    assert caught.value.code == "no_answer"


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    with pytest.raises(Unreachable):
        read_answer(Response(200, {}, body), FIRST)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "120"}, 120.0),
        ({"retry-after": " 7 "}, 7.0),
        ({"retry-after": "99999"}, 3600.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
        ({"retry-after": "Sat, 08 Feb 2020 00:01:30 GMT", "date": "Sat, 08 Feb 2020 00:01:00 GMT"}, 30.0),
        ({"retry-after": "Sat, 08 Feb 2020 00:00:30 GMT", "date": "Sat, 08 Feb 2020 00:01:00 GMT"}, 0.0),
        ({"retry-after": "Sat, 08 Feb 2020 00:01:30 GMT"}, None),
    ],
)
def test_retry_after_is_read_without_the_gates_own_clock(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after_s(Response(503, headers)) == seconds
