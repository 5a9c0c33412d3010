"""`/openapi.json` against the pages themselves: no undocumented answer, no 5xx, whatever is sent."""

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import seed as seeded
from schemathesis import GenerationMode
from schemathesis.config import (
    ChecksConfig,
    PositiveDataAcceptanceConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)

from edge.domain.model import Outcome
from edge.web.openapi import document
from tests.web.fakes import World
from tests.web.test_review import decide

pytestmark = pytest.mark.system

# A value can be of the documented shape and still mean nothing to the procedure at hand: 400.
ACCEPTED = ["2xx", "400", "404", "409"]
EXAMPLES = 25
PUBLIC = ("/healthz", "/readyz", "/metrics", "/openapi.json")
WELL, ILL = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
OPERATIONS = [
    (method, path, mode)
    for path, methods in document()["paths"].items()
    for method, operation in methods.items()
    for mode in (WELL, ILL)
    if path != "/events"  # never ends; tests/web/test_events.py reads it
    if mode is WELL or "parameters" in operation  # there is something to send wrongly
]


def schema_of(address: str) -> Any:
    """Load the document from the server."""
    checks = ChecksConfig(positive_data_acceptance=PositiveDataAcceptanceConfig(expected_statuses=ACCEPTED))
    projects = ProjectsConfig(default=ProjectConfig(checks=checks))
    return schemathesis.openapi.from_url(
        address + "/openapi.json", config=SchemathesisConfig(projects=projects)
    )


def test_the_document_names_every_address_of_the_api(app: Flask) -> None:
    documented = {path.replace("{", "<").replace("}", ">") for path in document()["paths"]}
    rules = [rule.rule for rule in app.url_map.iter_rules() if getattr_program(app, rule.endpoint)]
    served = {re.sub(r"<\w+:", "<", rule) for rule in rules}
    assert served - {"/kiosk/<lane>/state", "/review/figures"} == documented


def getattr_program(app: Flask, endpoint: str) -> bool:
    """Return whether a view is for programs."""
    return bool(getattr(app.view_functions[endpoint], "program", False))


def is_sent_whole(case: Any) -> bool:
    """Say whether every parameter of a query is on the line: an empty list or object, meant to be wrong, is
    nothing there, and what is left may be right."""
    request = requests.Request("GET", "http://gate.example/", params=case.query).prepare()
    sent = {name for name, _ in parse_qsl(urlsplit(str(request.url)).query, keep_blank_values=True)}
    return {str(name) for name in case.query or ()} <= sent


@pytest.mark.parametrize(("method", "path", "mode"), OPERATIONS)
def test_every_answer_is_documented_whatever_is_sent(
    address: str, world: World, method: str, path: str, mode: GenerationMode
) -> None:
    decide(world, Outcome.REFER)
    operation = schema_of(address)[path][method]
    headers = {"Authorization": f"Bearer {world.tokens['manager']}"} if path not in PUBLIC else {}

    @seeded(20200208)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode))
    def send(case: Any) -> None:
        if mode is WELL and "lane" in case.path_parameters:
            case.path_parameters["lane"] = "in"
        if mode is WELL and isinstance(case.body, dict) and "passage" in case.body:
            open_now = world.gate.view("in")["passage"]
            case.body["passage"] = world.step_up(34.6) if open_now is None else open_now
        assume(is_sent_whole(case))
        case.call_and_validate(headers=headers)

    send()
