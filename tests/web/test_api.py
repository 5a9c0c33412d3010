"""The programs' door: what it refuses and in which shape, the passages list, the probes."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from edge.domain.errors import FormError
from edge.domain.model import Outcome
from edge.web import forms
from tests.web.fakes import DAY_US, World
from tests.web.test_review import decide

pytestmark = pytest.mark.system

Call = Callable[..., Any]


@pytest.fixture
def call(app: Flask, world: World) -> Call:
    """Call the API with a role's token."""

    def ask(method: str, path: str, role: str = "attendant", **more: Any) -> Any:
        headers = {"authorization": f"Bearer {world.tokens[role]}", **more.pop("headers", {})}
        return app.test_client().open(path, method=method, headers=headers, **more)

    return ask


@pytest.mark.parametrize(
    ("body", "kind", "refusal"),
    [
        (b"{", "application/json", (400, "bad_json")),
        (b"", "application/json", (400, "bad_json")),
        (b"[]", "application/json", (400, "bad_json")),
        (b'{"command_id":"a","more":1}', "application/json", (400, "bad_json")),
        (b'{"command_id":"\xff"}', "application/json", (400, "bad_json")),
        (b'{"command_id":"\\ud800"}', "application/json", (400, "bad_json")),
        (b'{"command_id":"a b"}', "application/json", (400, "bad_json")),
        (b"[" * 5000, "application/json", (400, "bad_json")),
        (b'{"command_id":"a"}', "text/plain", (415, "not_json")),
        (b'{"command_id":"a"}', None, (415, "not_json")),
        (b"a=b", "application/x-www-form-urlencoded", (415, "not_json")),
        (b"--x", "multipart/form-data; boundary=x", (415, "not_json")),
        (b'{"command_id":"' + b"a" * 70_000 + b'"}', "application/json", (413, "too_large")),
    ],
)
def test_what_is_not_a_command_gets_a_clear_answer(
    call: Call, world: World, body: bytes, kind: str | None, refusal: tuple[int, str]
) -> None:
    answer = call("POST", "/api/v1/lanes/in/begin", data=body, content_type=kind)
    assert (answer.status_code, answer.get_json()["error"]) == refusal
    assert set(answer.get_json()["message"]) == {"zh_Hans", "en"}
    assert world.gate.view("in")["stage"] == "idle"


@pytest.mark.parametrize(
    ("what", "body", "refusal"),
    [
        ("answers", {"question": "mask", "value": "sideways"}, (400, "bad_value")),
        ("answers", {"question": "shoe_size", "value": "43"}, (400, "unknown_question")),
        ("answers", {"question": "temperature_contact", "value": "3.7"}, (400, "bad_value")),
        ("answers", {"question": "name", "value": "a\u0000b"}, (400, "bad_json")),
        ("answers", {"answers": []}, (400, "bad_json")),
        ("decision", {"outcome": "admit", "reason": ""}, (400, "reason_needed")),
        ("decision", {"outcome": "green", "reason": "known"}, (400, "bad_json")),
        ("decision", {"outcome": "admit", "reason": "known", "passage": "1"}, (400, "bad_json")),
        ("park", {"why": "bored"}, (400, "bad_json")),
        ("resume", {"ticket": 9}, (404, "not_parked")),
        ("resume", {}, (400, "bad_json")),
        ("resume", {"ticket": 1, "passage": 1}, (400, "bad_json")),
        ("begin", {}, (409, "lane_busy")),
    ],
)
def test_commands_that_cannot_be_carried_out_say_why(
    call: Call, world: World, what: str, body: dict[str, Any], refusal: tuple[int, str]
) -> None:
    passage = world.step_up(34.6)
    about = {} if what in ("begin", "resume") else {"passage": passage}
    answer = call("POST", f"/api/v1/lanes/in/{what}", json={**about, "command_id": "c", **body})
    assert (answer.status_code, answer.get_json()["error"]) == refusal
    assert world.gate.view("in")["passage"] == passage


def test_admitting_on_a_first_value_over_the_threshold_is_refused(call: Call, world: World) -> None:
    passage = world.step_up(35.9)
    body = {"passage": passage, "command_id": "c", "outcome": "admit", "reason": "known"}
    answer = call("POST", "/api/v1/lanes/in/decision", json=body)
    assert (answer.status_code, answer.get_json()["error"]) == (409, "second_measurement_required")
    body = {
        "passage": passage,
        "command_id": "t",
        "question": "temperature_contact",
        "value": "36.7",
    }
    assert call("POST", "/api/v1/lanes/in/answers", json=body).status_code == 200
    assert world.gate.view("in")["temperature"]["verdict"] == "normal"


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", "/api/v1/lanes/north", 404, "unknown_lane"),
        ("POST", "/api/v1/lanes/north/begin", 404, "unknown_lane"),
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("DELETE", "/api/v1/lanes/in", 405, "method_not_allowed"),
        ("GET", "/api/v1/lanes/in/begin", 405, "method_not_allowed"),
        ("POST", "/openapi.json", 405, "method_not_allowed"),
    ],
)
def test_wrong_addresses_and_methods_get_json(
    call: Call, method: str, path: str, status: int, error: str
) -> None:
    answer = call(method, path, json={"command_id": "a"} if method == "POST" else None)
    assert answer.status_code == status
    if path.startswith("/api"):
        assert answer.get_json()["error"] == error
    assert ("Allow" in answer.headers) == (status == 405)


def test_without_a_token_the_answer_is_json_and_names_the_scheme(app: Flask) -> None:
    answer = app.test_client().get("/api/v1/passages")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.get_json()["error"] == "unauthorized"


def test_passages_come_oldest_first_and_every_one_once(call: Call, world: World) -> None:
    made = [decide(world, Outcome.REFER if n % 2 else Outcome.TURN_BACK) for n in range(23)]
    seen: list[int] = []
    after: int | None = 0
    while after is not None:
        page = call("GET", f"/api/v1/passages?limit=5&after={after}", role="observer").get_json()
        seen += [line["passage"] for line in page["passages"]]
        after = page["next"]
    assert seen == made
    newest = call("GET", f"/api/v1/passages?limit=3&before={made[-1]}", role="manager").get_json()
    assert [line["passage"] for line in newest["passages"]] == made[-4:-1][::-1]
    line = newest["passages"][0]
    assert line["outcome"] == "refer" if made.index(line["passage"]) % 2 else "turn_back"
    assert line["musts"] == {"identity": False, "information": False, "temperature": False, "mask": False}
    assert line["by"] == "door"


def test_passages_can_be_asked_for_by_day_and_by_moment(call: Call, world: World) -> None:
    decide(world, Outcome.REFER)
    for query, found in (
        ("from=2023-11-15&to=2023-11-15", 1),
        ("from=2023-11-14T22:13:20Z", 1),
        ("from=2023-11-15T06:13:20%2B08:00&to=2023-11-15T07:00:00%2B08:00", 1),
        ("to=2023-11-14T22:13:20Z", 0),
        ("from=2023-11-16", 0),
        ("outcome=refer&lane=in", 1),
        ("outcome=admit", 0),
    ):
        page = call("GET", f"/api/v1/passages?{query}", role="manager").get_json()
        assert len(page["passages"]) == found, query


@given(
    st.dictionaries(
        st.sampled_from(["after", "before", "limit", "outcome", "lane", "from", "to", "page"]),
        st.one_of(
            st.text(max_size=30),
            st.integers().map(str),
            st.datetimes().map(datetime.isoformat),
            st.dates().map(str),
            st.sampled_from(["admit", "in", "9999-12-31", "0001-01-01", "0001-01-01T00:00:00+14:00"]),
        ),
    )
)
def test_any_query_is_understood_or_refused(query: dict[str, str]) -> None:
    refusals = []
    try:
        understood = forms.passages_query(MultiDict(query), ("in", "out"), ZoneInfo("Asia/Shanghai"))
    except FormError as error:
        understood = forms.PassagesQuery()
        refusals.append(error.code)
    assert refusals in ([], ["bad_query"])
    assert 1 <= understood.limit <= 500
    for at_us in (understood.from_us, understood.until_us):
        assert at_us is None or abs(at_us) < 2**62


def test_healthz_and_readyz_say_so_with_reasons_and_nothing_private(app: Flask, world: World) -> None:
    client = app.test_client()
    assert client.get("/healthz").get_json() == {"alive": True}
    assert client.get("/readyz").get_json() == {"ready": True, "problems": []}
    world.status.update(
        ready=False,
        problems=[
            {
                "code": "lost",
                "what": "/dev/ttyUSB0 gone",
                "since_us": DAY_US,
                "title": {"en": "A device was lost"},
                "remedy": {"en": "Plug it in."},
            }
        ],
    )
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["problems"] == [
        {
            "code": "lost",
            "since_us": DAY_US,
            "title": {"en": "A device was lost"},
            "remedy": {"en": "Plug it in."},
        }
    ]
    assert client.get("/healthz").status_code == 200
    world.status["alive"] = False
    assert client.get("/healthz").status_code == 503


def test_metrics_are_for_this_machine_only(app: Flask) -> None:
    client: FlaskClient = app.test_client()
    assert b"gatepost_up 1" in client.get("/metrics").data
    for address in ("10.0.0.4", "::ffff:10.0.0.4", "192.168.1.9"):
        assert client.get("/metrics", environ_base={"REMOTE_ADDR": address}).status_code == 403
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "::1"}).status_code == 200


def test_a_fault_of_ours_is_an_answer_in_the_same_shape(app: Flask, world: World, call: Call) -> None:
    def broken(lane: str) -> Any:
        raise KeyError(lane)

    object.__setattr__(world.gate, "view", broken)
    answer = call("GET", "/api/v1/lanes/in")
    assert answer.status_code == 500
    assert json.loads(answer.get_data(as_text=True))["error"] == "internal"


def test_a_filter_given_twice_is_refused_rather_than_half_obeyed(call: Call) -> None:
    for query in ("before=&before=false", "outcome=admit&outcome=refer"):
        answer = call("GET", f"/api/v1/passages?{query}", role="observer")
        assert (answer.status_code, answer.get_json()["error"]) == (400, "bad_query")
