"""Every view against every role, the refusals, and forged requests."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from edge.web import create_app, roles
from edge.web.roles import allow
from tests.web.conftest import token_of
from tests.web.fakes import World

pytestmark = pytest.mark.system

PEOPLE = ("nobody", "attendant", "manager", "observer")
EVERYBODY = frozenset(PEOPLE)
STAFF = frozenset({"attendant", "manager", "observer"})
KIOSK = frozenset({"attendant", "manager"})
REVIEW = frozenset({"manager", "observer"})
BOSS = frozenset({"manager"})

# endpoint -> (method, path, who gets in). A view that is not here fails the test below.
MATRIX: dict[str, tuple[str, str, frozenset[str]]] = {
    "static": ("GET", "/static/kiosk.js", EVERYBODY),
    "bootstrap.static": ("GET", "/bootstrap/static/css/bootstrap.min.css", EVERYBODY),
    "favicon": ("GET", "/favicon.ico", EVERYBODY),
    "auth.sign_in": ("GET", "/login", EVERYBODY),
    "auth.sign_in_now": ("POST", "/login", EVERYBODY),
    "auth.sign_out": ("POST", "/logout", EVERYBODY),
    "auth.language": ("GET", "/language/en", EVERYBODY),
    "kiosk.lanes": ("GET", "/", STAFF),
    "kiosk.kiosk": ("GET", "/kiosk/in", KIOSK),
    "kiosk.state": ("GET", "/kiosk/in/state", KIOSK),
    "kiosk.picture": ("GET", "/kiosk/in/thermal.png", KIOSK),
    "photographs.photograph": ("GET", "/kiosk/in/photograph/1/1.jpg", KIOSK),
    "photographs.keep": ("POST", "/registers/people/1/photograph", BOSS),
    "photographs.remove": ("POST", "/registers/people/1/photograph/remove", BOSS),
    "review.today": ("GET", "/review", REVIEW),
    "review.figures": ("GET", "/review/figures", REVIEW),
    "review.devices": ("GET", "/review/devices", REVIEW),
    "temperature.page": ("GET", "/review/temperature", REVIEW),
    "temperature.command": ("POST", "/review/temperature", BOSS),
    "review.passages": ("GET", "/review/passages", REVIEW),
    "review.passage": ("GET", "/review/passage/7", REVIEW),
    "review.picture": ("GET", "/review/passage/7/thermal/0.png", REVIEW),
    "review.find": ("POST", "/review/find", REVIEW),
    "review.open_personal": ("POST", "/review/passage/7/open", BOSS),
    "reports.day": ("GET", "/review/reports", REVIEW),
    "reports.correct": ("POST", "/review/reports/correct", BOSS),
    "reports.bulletin": ("GET", "/review/reports/bulletin", REVIEW),
    "reports.summary": ("GET", "/review/reports/summary", REVIEW),
    "report_files.file": ("GET", "/review/reports/file?of=daily&format=csv", REVIEW),
    "reports_api.daily": ("GET", "/api/v1/reports/daily", REVIEW),
    "reports_api.bulletin": ("GET", "/api/v1/reports/bulletin", REVIEW),
    "ledgers.index": ("GET", "/review/ledgers", REVIEW),
    "ledgers.ledger": ("GET", "/review/ledgers/passages", REVIEW),
    "ledgers.open_names": ("POST", "/review/ledgers/passages", BOSS),
    "ledgers.file": ("POST", "/review/ledgers/passages/file", REVIEW),
    "ledgers.trace_form": ("GET", "/review/trace", BOSS),
    "ledgers.find": ("POST", "/review/trace", BOSS),
    "afterwards.correct": ("GET", "/review/passage/1/correct", BOSS),
    "afterwards.do_correct": ("POST", "/review/passage/1/correct", BOSS),
    "afterwards.paper": ("GET", "/review/paper", KIOSK),
    "afterwards.take": ("POST", "/review/paper", KIOSK),
    "afterwards.evening": ("GET", "/review/evening", BOSS),
    "afterwards.keep": ("POST", "/review/evening", BOSS),
    "afterwards.table": ("GET", "/review/evening/table", BOSS),
    "twice_daily.page": ("GET", "/review/twice-daily", REVIEW),
    "twice_daily.open_names": ("POST", "/review/twice-daily", BOSS),
    "twice_daily.file": ("POST", "/review/twice-daily/file", BOSS),
    "told.form": ("GET", "/temperatures", KIOSK),
    "told.enter": ("POST", "/temperatures", KIOSK),
    "told.report": ("POST", "/api/v1/temperatures", KIOSK),
    "procedures.page": ("GET", "/setup/procedures", BOSS),
    "procedures.edit": ("GET", "/setup/procedures/in", BOSS),
    "procedures.history": ("GET", "/setup/procedures/in/history", BOSS),
    "procedures.version": ("GET", "/setup/procedures/in/versions/1", BOSS),
    "procedures.adjust": ("POST", "/setup/procedures/in", BOSS),
    "procedures.rehearsal": ("POST", "/setup/procedures/in/rehearsal", BOSS),
    "procedures.publish": ("POST", "/setup/procedures/in/publish", BOSS),
    "procedures.as_in_file": ("POST", "/setup/procedures/in/file", BOSS),
    "procedures_api.procedures": ("GET", "/api/v1/procedures", REVIEW),
    "procedures_api.versions": ("GET", "/api/v1/procedures/versions", REVIEW),
    "procedures_api.version": ("GET", "/api/v1/procedures/versions/1", REVIEW),
    "procedures_api.publish": ("POST", "/api/v1/procedures", BOSS),
    "procedures_api.as_in_file": ("POST", "/api/v1/procedures/file", BOSS),
    "procedures_api.check": ("POST", "/api/v1/procedures/check", BOSS),
    "procedures_api.rehearse": ("POST", "/api/v1/procedures/rehearse", BOSS),
    "setup.page": ("GET", "/setup", BOSS),
    "setup.picture": ("GET", "/setup/in/scanner.jpg", BOSS),
    "setup.figures": ("GET", "/setup/in/scanner/figures", BOSS),
    "api.lane": ("GET", "/api/v1/lanes/in", STAFF),
    "api.passages": ("GET", "/api/v1/passages", REVIEW),
    "api.openapi": ("GET", "/openapi.json", EVERYBODY),
    "api.begin": ("POST", "/api/v1/lanes/in/begin", KIOSK),
    "api.answers": ("POST", "/api/v1/lanes/in/answers", KIOSK),
    "api.decision": ("POST", "/api/v1/lanes/in/decision", KIOSK),
    "api.measure": ("POST", "/api/v1/lanes/in/measure", KIOSK),
    "api.park": ("POST", "/api/v1/lanes/in/park", KIOSK),
    "api.resume": ("POST", "/api/v1/lanes/in/resume", KIOSK),
    "vehicles_api.vehicle": ("POST", "/api/v1/lanes/in/vehicle", KIOSK),
    "vehicles_api.following": ("POST", "/api/v1/lanes/in/vehicle/next", KIOSK),
    "vehicles_api.everybody": ("POST", "/api/v1/lanes/in/vehicle/everybody", KIOSK),
    "api.calibrations": ("GET", "/api/v1/lanes/in/calibrations", STAFF),
    "api.calibration": ("POST", "/api/v1/lanes/in/calibration", BOSS),
    "api.withdraw": ("POST", "/api/v1/lanes/in/calibration/withdraw", BOSS),
    "api.level": ("POST", "/api/v1/lanes/in/level", BOSS),
    "api.level_withdraw": ("POST", "/api/v1/lanes/in/level/withdraw", BOSS),
    "cases.cases": ("GET", "/cases", STAFF),
    "venue.page": ("GET", "/venue", STAFF),
    "cases.case": ("GET", "/cases/1", STAFF),
    "cases.form": ("GET", "/cases/1/form", STAFF),
    "cases.open_personal": ("POST", "/cases/1/open", BOSS),
    "cases.hand_over": ("POST", "/cases/1/hand-over", KIOSK),
    "cases.acknowledge": ("POST", "/cases/1/acknowledge", BOSS),
    "cases.follow_up": ("POST", "/cases/1/follow-up", BOSS),
    "cases.close": ("POST", "/cases/1/close", BOSS),
    "cases.reopen": ("POST", "/cases/1/reopen", BOSS),
    "rosters.people_list": ("GET", "/registers/people", STAFF),
    "rosters.people_find": ("POST", "/registers/people/find", BOSS),
    "rosters.people_new": ("GET", "/registers/people/new", BOSS),
    "rosters.people_enter": ("POST", "/registers/people/new", BOSS),
    "rosters.people_card": ("GET", "/registers/people/1", STAFF),
    "rosters.people_open": ("POST", "/registers/people/1/open", BOSS),
    "rosters.people_amend": ("POST", "/registers/people/1/amend", BOSS),
    "rosters.people_end": ("POST", "/registers/people/1/end", BOSS),
    "rosters.people_forget": ("POST", "/registers/people/1/forget", BOSS),
    "rosters_more.people_import": ("GET", "/registers/people/import", BOSS),
    "rosters.vehicles_list": ("GET", "/registers/vehicles", STAFF),
    "rosters.vehicles_find": ("POST", "/registers/vehicles/find", BOSS),
    "rosters.vehicles_new": ("GET", "/registers/vehicles/new", BOSS),
    "rosters.vehicles_enter": ("POST", "/registers/vehicles/new", BOSS),
    "rosters.vehicles_card": ("GET", "/registers/vehicles/1", STAFF),
    "rosters.vehicles_open": ("POST", "/registers/vehicles/1/open", BOSS),
    "rosters.vehicles_amend": ("POST", "/registers/vehicles/1/amend", BOSS),
    "rosters.vehicles_end": ("POST", "/registers/vehicles/1/end", BOSS),
    "rosters.vehicles_forget": ("POST", "/registers/vehicles/1/forget", BOSS),
    "rosters_more.vehicles_import": ("GET", "/registers/vehicles/import", BOSS),
    "rosters.regions_list": ("GET", "/registers/regions", STAFF),
    "rosters.regions_find": ("POST", "/registers/regions/find", BOSS),
    "rosters.regions_new": ("GET", "/registers/regions/new", BOSS),
    "rosters.regions_enter": ("POST", "/registers/regions/new", BOSS),
    "rosters.regions_card": ("GET", "/registers/regions/1", STAFF),
    "rosters.regions_open": ("POST", "/registers/regions/1/open", BOSS),
    "rosters.regions_amend": ("POST", "/registers/regions/1/amend", BOSS),
    "rosters.regions_end": ("POST", "/registers/regions/1/end", BOSS),
    "rosters.regions_forget": ("POST", "/registers/regions/1/forget", BOSS),
    "rosters_more.regions_import": ("GET", "/registers/regions/import", BOSS),
    "rosters.households_list": ("GET", "/registers/households", STAFF),
    "rosters.households_find": ("POST", "/registers/households/find", BOSS),
    "rosters.households_new": ("GET", "/registers/households/new", BOSS),
    "rosters.households_enter": ("POST", "/registers/households/new", BOSS),
    "rosters.households_card": ("GET", "/registers/households/1", STAFF),
    "rosters.households_open": ("POST", "/registers/households/1/open", BOSS),
    "rosters.households_amend": ("POST", "/registers/households/1/amend", BOSS),
    "rosters.households_end": ("POST", "/registers/households/1/end", BOSS),
    "rosters.households_forget": ("POST", "/registers/households/1/forget", BOSS),
    "rosters_more.households_import": ("GET", "/registers/households/import", BOSS),
    "rosters.watch_list": ("GET", "/registers/watch", STAFF),
    "rosters.watch_find": ("POST", "/registers/watch/find", BOSS),
    "rosters.watch_new": ("GET", "/registers/watch/new", BOSS),
    "rosters.watch_enter": ("POST", "/registers/watch/new", BOSS),
    "rosters.watch_card": ("GET", "/registers/watch/1", STAFF),
    "rosters.watch_open": ("POST", "/registers/watch/1/open", BOSS),
    "rosters.watch_amend": ("POST", "/registers/watch/1/amend", BOSS),
    "rosters.watch_end": ("POST", "/registers/watch/1/end", BOSS),
    "rosters.watch_forget": ("POST", "/registers/watch/1/forget", BOSS),
    "rosters_more.watch_import": ("GET", "/registers/watch/import", BOSS),
    "rosters_more.rejects": ("GET", "/registers/rejects/people/x.csv", BOSS),
    "rosters_more.match": ("GET", "/registers/match", BOSS),
    "rosters_more.match_now": ("POST", "/registers/match", BOSS),
    "rosters_more.coverage": ("GET", "/registers/coverage", REVIEW),
    "rosters_more.begin_round": ("POST", "/registers/coverage/rounds", BOSS),
    "rosters_more.covered": ("POST", "/registers/people/1/covered", KIOSK),
    "rosters_more.close": ("POST", "/registers/households/1/visit-link/1/close", BOSS),
    "rosters_more.make": ("POST", "/registers/households/1/visit-link", BOSS),
    "rosters_more.visit": ("GET", "/visit/1-0", EVERYBODY),
    "rosters_more.announce": ("POST", "/visit/1-0", EVERYBODY),
    "rosters_api.entries": ("GET", "/api/v1/rosters/people", STAFF),
    "rosters_api.entry": ("GET", "/api/v1/rosters/people/1", STAFF),
    "rosters_api.enter": ("POST", "/api/v1/rosters/people", BOSS),
    "rosters_api.amend": ("POST", "/api/v1/rosters/people/1/amend", BOSS),
    "rosters_api.end": ("POST", "/api/v1/rosters/people/1/end", BOSS),
    "rosters_api.find": ("POST", "/api/v1/rosters/people/find", BOSS),
    "rosters_api.start": ("POST", "/api/v1/rosters/people/imports", BOSS),
    "rosters_api.state": ("GET", "/api/v1/rosters/people/imports/x", BOSS),
    "rosters_api.piece": ("POST", "/api/v1/rosters/people/imports/x/pieces", BOSS),
    "rosters_api.look": ("POST", "/api/v1/rosters/people/imports/x/preview", BOSS),
    "rosters_api.apply": ("POST", "/api/v1/rosters/people/imports/x/apply", BOSS),
    "rosters_api.cancel": ("POST", "/api/v1/rosters/people/imports/x/cancel", BOSS),
    "rosters_api.undo": ("POST", "/api/v1/rosters/people/undo", BOSS),
    "duty.page": ("GET", "/duty", STAFF),
    "duty.sign_in": ("GET", "/duty/sign-in", KIOSK),
    "duty.sign_in_now": ("POST", "/duty/sign-in", KIOSK),
    "duty.sign_out": ("GET", "/duty/sign-out/1", KIOSK),
    "duty.sign_out_now": ("POST", "/duty/sign-out/1", KIOSK),
    "duty.readiness": ("GET", "/duty/readiness", KIOSK),
    "duty.ready": ("POST", "/duty/readiness", KIOSK),
    "duty_plan.page": ("GET", "/duty/plan", REVIEW),
    "duty_plan.add": ("POST", "/duty/plan", BOSS),
    "duty_plan.copy": ("POST", "/duty/plan/copy", BOSS),
    "duty_plan.remove": ("POST", "/duty/plan/1/remove", BOSS),
    "duty_plan.look": ("POST", "/duty/plan/look", BOSS),
    "duty_plan.import_": ("POST", "/duty/plan/import", BOSS),
    "duty_plan.undo": ("POST", "/duty/plan/undo", BOSS),
    "duty_plan.training": ("GET", "/duty/training", BOSS),
    "duty_plan.train": ("POST", "/duty/training", BOSS),
    "duty_contacts.page": ("GET", "/duty/contacts", KIOSK),
    "duty_contacts.find": ("POST", "/duty/contacts/find", KIOSK),
    "duty_contacts.put": ("POST", "/duty/contacts", BOSS),
    "duty_api.now": ("GET", "/api/v1/duty", STAFF),
    "duty_api.sign_in": ("POST", "/api/v1/duty/sign-in", KIOSK),
    "duty_api.sign_out": ("POST", "/api/v1/duty/sign-out", KIOSK),
    "duty_api.page": ("GET", "/api/v1/incidents", STAFF),
    "duty_api.call": ("POST", "/api/v1/incidents", KIOSK),
    "duty_api.step": ("POST", "/api/v1/incidents/1/step", KIOSK),
    "duty_api.end": ("POST", "/api/v1/incidents/1/end", KIOSK),
    "incidents.page": ("GET", "/incidents", STAFF),
    "incidents.one": ("GET", "/incidents/1", STAFF),
    "incidents.call": ("POST", "/incidents", KIOSK),
    "incidents.step": ("POST", "/incidents/1/step", KIOSK),
    "incidents.end": ("POST", "/incidents/1/end", KIOSK),
    "accounts.page": ("GET", "/accounts", BOSS),
    "accounts.until": ("POST", "/accounts/eye/until", BOSS),
    "cases_api.cases": ("GET", "/api/v1/cases", STAFF),
    "cases_api.case": ("GET", "/api/v1/cases/1", STAFF),
    "cases_api.hand_over": ("POST", "/api/v1/cases/1/hand-over", KIOSK),
    "cases_api.acknowledge": ("POST", "/api/v1/cases/1/acknowledge", BOSS),
    "cases_api.follow_up": ("POST", "/api/v1/cases/1/follow-up", BOSS),
    "cases_api.close": ("POST", "/api/v1/cases/1/close", BOSS),
    "cases_api.reopen": ("POST", "/api/v1/cases/1/reopen", BOSS),
    "registers.index": ("GET", "/registers", STAFF),
    "registers.listed": ("GET", "/registers/notices", STAFF),
    "registers.find": ("POST", "/registers/isolated/find", KIOSK),
    "registers.one": ("GET", "/registers/notices/1", STAFF),
    "registers.paper": ("GET", "/registers/notices/1/form", STAFF),
    "registers.open_personal": ("POST", "/registers/isolated/1/open", BOSS),
    "registers.enter": ("POST", "/registers/notices", KIOSK),
    "registers.amend": ("POST", "/registers/notices/1/amend", KIOSK),
    "registers.end": ("POST", "/registers/supplies/1/end", KIOSK),
    "registers.strike": ("POST", "/registers/notices/1/strike", KIOSK),
    "register_files.paper": ("GET", "/registers/notices/paper", STAFF),
    "register_files.opened_paper": ("POST", "/registers/notices/paper", BOSS),
    "register_files.file": ("POST", "/registers/notices/file", REVIEW),
    "passed.listed": ("GET", "/registers/outsiders/passages", STAFF),
    "register_definitions.page": ("GET", "/registers/notices/definition", BOSS),
    "register_definitions.define": ("POST", "/registers/notices/definition", BOSS),
    "tasks.page": ("GET", "/tasks", STAFF),
    "tasks.tasks": ("GET", "/api/v1/tasks", STAFF),
    "tasks.tick": ("POST", "/registers/isolated/1/tick", KIOSK),
    "tasks.measured": ("POST", "/registers/isolated/1/measured", KIOSK),
    "registers_api.index": ("GET", "/api/v1/registers", STAFF),
    "registers_api.listed": ("GET", "/api/v1/registers/notices", STAFF),
    "registers_api.one": ("GET", "/api/v1/registers/notices/1", STAFF),
    "registers_api.enter": ("POST", "/api/v1/registers/notices", KIOSK),
    "registers_api.amend": ("POST", "/api/v1/registers/notices/1/amend", KIOSK),
    "registers_api.end": ("POST", "/api/v1/registers/supplies/1/end", KIOSK),
    "registers_api.strike": ("POST", "/api/v1/registers/notices/1/strike", KIOSK),
    "registers_api.tick": ("POST", "/api/v1/registers/isolated/1/tick", KIOSK),
    "access.page": ("GET", "/access", REVIEW),
    "access.notice": ("GET", "/access/notice", STAFF),
    "access.closure": ("POST", "/access/closure", BOSS),
    "access.preset": ("POST", "/access/preset", BOSS),
    "access.text": ("POST", "/access/text", BOSS),
    "access.release": ("POST", "/access/release", BOSS),
    "access.correct": ("POST", "/access/correct", BOSS),
    "events.events": ("HEAD", "/events", STAFF),
    "probes.healthz": ("GET", "/healthz", EVERYBODY),
    "probes.readyz": ("GET", "/readyz", EVERYBODY),
    "probes.metrics": ("GET", "/metrics", EVERYBODY),
}


def test_the_matrix_names_every_view(app: Flask) -> None:
    assert set(MATRIX) == set(app.view_functions)


@pytest.mark.parametrize("person", PEOPLE)
def test_every_view_lets_in_whom_it_declares_and_nobody_else(app: Flask, world: World, person: str) -> None:
    wrong = []
    for endpoint, (method, path, who) in MATRIX.items():
        client = app.test_client()
        headers = {}
        if person != "nobody":
            headers["authorization"] = f"Bearer {world.tokens[person]}"
        answer = client.open(path, method=method, headers=headers)
        said = answer.get_data(as_text=True)
        answer.close()
        refused = answer.status_code in (401, 403) and "wrong_login" not in said
        refused = refused or (answer.status_code == 302 and "/login?next" in answer.location)
        if refused != (person not in who):
            wrong.append((endpoint, person, answer.status_code))
        if refused and person != "nobody":
            assert answer.status_code == 403
    assert wrong == []


def test_a_view_that_declares_no_role_stops_the_start(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(*_roles: str, program: bool = False) -> Callable[[roles.View], roles.View]:
        return lambda view: view

    monkeypatch.setattr("edge.web.probes.allow", forgetful)
    with pytest.raises(RuntimeError, match=r"probes\.healthz, probes\.metrics, probes\.readyz"):
        create_app(world.gate)


def test_a_role_named_by_no_view_is_an_oversight(app: Flask) -> None:
    declared = {role for view in app.view_functions.values() for role in view.__dict__["allowed"]}
    assert declared == {"public", "attendant", "manager", "observer"}
    assert allow("manager")(lambda: None).__dict__["allowed"] == {"manager"}


@pytest.mark.parametrize("role", ["attendant", "manager"])
def test_a_cookie_without_the_token_of_the_page_changes_nothing(
    enter: Callable[[str], FlaskClient], world: World, role: str
) -> None:
    client = enter(role)
    answer = client.post("/api/v1/lanes/in/begin", json={"command_id": "forged"})
    assert (answer.status_code, answer.get_json()["error"]) == (400, "csrf")
    assert world.gate.view("in")["passage"] is None
    token = token_of(client, "/")
    answer = client.post(
        "/api/v1/lanes/in/begin", json={"command_id": "meant"}, headers={"X-CSRFToken": token}
    )
    assert answer.status_code == 200
    assert world.gate.view("in")["passage"] == answer.get_json()["passage"]


def test_every_form_of_a_page_needs_its_token(enter: Callable[[str], FlaskClient], world: World) -> None:
    client = enter("manager")
    for path in (
        "/review/find",
        "/review/passage/7/open",
        "/review/twice-daily",
        "/temperatures",
        "/logout",
        "/login",
    ):
        assert client.post(path, data={"value": "张三"}).status_code == 400, path
    assert client.get("/review").status_code == 200


def test_a_token_of_another_session_is_no_token(enter: Callable[[str], FlaskClient]) -> None:
    mine, theirs = enter("attendant"), enter("manager")
    answer = mine.post(
        "/api/v1/lanes/in/begin", json={"command_id": "a"}, headers={"X-CSRFToken": token_of(theirs, "/")}
    )
    assert answer.status_code == 400


def test_a_wrong_bearer_token_is_refused_even_beside_a_good_cookie(
    enter: Callable[[str], FlaskClient],
) -> None:
    client = enter("manager")
    assert client.get("/api/v1/lanes/in", headers={"authorization": "Bearer nonsense"}).status_code == 401
    assert client.get("/api/v1/lanes/in", headers={"authorization": "Basic eDp5"}).status_code == 401


def test_pages_carry_the_strict_policy_and_are_not_kept(enter: Callable[[str], FlaskClient]) -> None:
    client = enter("manager")
    for path in ("/", "/kiosk/in", "/review", "/nowhere", "/login"):
        answer = client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        page = answer.get_data(as_text=True)
        assert " style=" not in page
        assert "<script>" not in page
        assert "http://" not in page.replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_an_observer_never_sees_who_is_in_the_lane(app: Flask, world: World) -> None:
    world.step_up(34.6)
    world.show_pass("张三")
    client = app.test_client()
    seen = {
        role: client.get(
            "/api/v1/lanes/in", headers={"authorization": f"Bearer {world.tokens[role]}"}
        ).get_data(as_text=True)
        for role in ("attendant", "observer")
    }
    assert "3-2-501" in seen["attendant"]
    assert "3-2-501" not in seen["observer"]
    assert (
        client.get(
            "/events?lane=in", headers={"authorization": f"Bearer {world.tokens['observer']}"}
        ).status_code
        == 403
    )
