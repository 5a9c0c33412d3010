"""Vehicles with everybody in them, through a real gate: 省际/区县边界卡口 and its kin.

One gate with a lane for each procedure. The figures are counted with plain SQL from the journal alone, as
docs/vehicles.md writes them.
"""

import json
import re
import sqlite3
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from drivers.verifier._platform import SimulatedPlatform
from edge.journal import Journal
from tests.paths import ROOT
from tests.requirements.browsing import Person
from tests.system.faults import QUICK
from tests.system.processes import PIN, Gate, free_port
from tests.system.stage import Stage
from tests.waiting import until

pytestmark = [pytest.mark.requirements, pytest.mark.system]

HEALTH, ITINERARY = "https://health.example.invalid/c?", "https://itinerary.example.invalid/c?"
NAMES = {"a": "欧阳某某", "b": "司马某某", "c": "诸葛某某"}
PEOPLE = {
    **{f"{HEALTH}{key}": {"health": "green", "name": name} for key, name in NAMES.items()},
    **{f"{ITINERARY}{key}": {"itinerary": "green", "name": name} for key, name in NAMES.items()},
}
PLATFORM = """
[[platform]]
name = "{name}"
carrier = "{carrier}"
match = ["{begins}"]
again_s = 0
timeout_s = 2
[platform.verifier]
driver = "simulated"
url = "http://127.0.0.1:{port}/resolve"
"""
LANE = """
[[lane]]
name = "{name}"
direction = "{direction}"
procedure = "{procedure}"
[lane.barrier]
driver = "simulated"
"""
LANES = (
    ("jinru", "in", "boundary"),
    ("likai", "out", "boundary"),
    ("xiang", "in", "r8"),
    ("wai", "in", "r7"),
    ("er", "in", "r2"),
)
NUMBERS = iter(f"E{number:07d}" for number in range(1, 1000))


class Post:
    """The attendant of one lane, at the programs' door."""

    def __init__(self, gate: Gate, lane: str) -> None:
        self.gate, self.lane = gate, lane

    def post(self, what: str, **body: Any) -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {self.gate.token}"}
        url = f"{self.gate.url}/api/v1/lanes/{self.lane}/{what}"
        body = {"command_id": uuid.uuid4().hex} | body
        answer = self.gate._http.request("POST", url, json=body, headers=headers, timeout=8.0)
        return answer.status, json.loads(answer.data)

    def view(self) -> dict[str, Any]:
        return dict(self.gate.get(f"/api/v1/lanes/{self.lane}")[1])

    def vehicle(self, plate: str, seats: int | None, **more: Any) -> int:
        status, done = self.post("vehicle", plate=plate, occupants=seats, **more)
        assert status == 200, done
        return int(done["passage"])

    def occupant(self, degrees: str = "36.6", **answers: str) -> int:
        """Record somebody of the vehicle by hand, with everything the procedure asks; return the passage."""
        number = int(self.post("begin")[1]["passage"])
        given = {"temperature_contact": degrees, "id_number": next(NUMBERS), **answers}
        for _ in range(20):
            view = self.view()
            if view["passage"] != number:
                return number
            asked = {question["id"]: question for question in view["ask"]}
            name = next((name for name in given if name in asked or name == "temperature_contact"), None)
            value = given.pop(name) if name else ""
            if name is None:
                question = next(q for q in view["ask"] if q["kind"] != "choice" or not q["instead"])
                name = question["id"]
                value = question["choices"][0]["value"] if question["choices"] else "yes"
                value = "某某" if question["kind"] == "text" else value
            status, done = self.post("answers", passage=number, question=name, value=value)
            assert status == 200, (name, value, done)
        raise AssertionError(view)

    def record(self, vehicle: int, **answers: str) -> tuple[int, Any]:
        pairs = [{"question": name, "value": value} for name, value in answers.items()]
        return self.post("answers", passage=vehicle, answers=pairs)

    def step(self, name: str) -> str:
        """Return how a step of whoever is in the lane stands, "" while nobody is."""
        view = self.view()
        found = [step["state"] for step in view["steps"] if step["id"] == name]
        return found[0] if view["passage"] is not None and found else ""

    def decide(self, passage: int, outcome: str, reason: str) -> tuple[int, Any]:
        return self.post("decision", passage=passage, outcome=outcome, reason=reason)

    def last(self) -> dict[str, Any]:
        return dict(self.view()["last"])


@pytest.fixture(scope="module")
def platform() -> Iterator[int]:
    port = free_port()
    server = SimulatedPlatform(PEOPLE, port=port)
    yield port
    server.close()


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("road"))
    yield stage
    stage.close()


@pytest.fixture(scope="module")
def gate(road: Stage, platform: int) -> Iterator[Gate]:
    folder = road.scanner.link.parent
    tables = "".join(
        PLATFORM.format(name=name, carrier=carrier, begins=begins, port=platform)
        for name, carrier, begins in (
            ("jiankang", "china_health", HEALTH),
            ("xingcheng", "china_itinerary", ITINERARY),
        )
    )
    gate = Gate(folder, procedure="highway", extra=f'{QUICK}\n[codes]\nacceptance = "green_only"\n{tables}')
    with gate.config.open("a") as config:
        for name, direction, procedure in LANES:
            config.write(LANE.format(name=name, direction=direction, procedure=procedure))
    gate.start()
    yield gate
    gate.end()


def counted(gate: Gate, what: str, **values: int) -> list[tuple[Any, ...]]:
    """Run the SQL of docs/vehicles.md with this name against the file of the journal, and nothing else."""
    text = (ROOT / "docs" / "vehicles.md").read_text("utf-8")
    sql = re.search(rf"```sql\n-- {what}:.*?\n(.*?)```", text, re.DOTALL)
    assert sql is not None, what
    connection = sqlite3.connect(f"file:{gate.store / 'journal.db'}?mode=ro", uri=True)
    try:
        return connection.execute(sql[1], {"from_us": 0, "until_us": 1 << 62} | values).fetchall()
    finally:
        connection.close()


def pulses(gate: Gate, passage: int) -> int:
    """Return how often the barrier was opened for a passage."""
    return sum(
        effect["device"] == "barrier"
        for row in gate.rows("passage.effects")
        if row.body["passage"] == passage
        for effect in row.body["effects"]
    )


def newest(gate: Gate, passage: int) -> dict[str, Any]:
    return next(row.body for row in reversed(gate.rows("passage.decided")) if row.body["passage"] == passage)


def test_r40_boundary_a_vehicle_and_its_occupants_are_one_group_across_a_power_cut(
    gate: Gate,
) -> None:
    """省际/区县边界卡口"""
    post = Post(gate, "jinru")
    assert "省际/区县边界卡口" in post.view()["procedure"]["title"]["zh_Hans"]
    car = post.vehicle("渝A·D1234", 2)
    first = post.occupant()
    assert post.view()["vehicle"]["done"] == 1
    assert post.record(car, disinfected="chlorine")[0] == 200
    gate.kill()
    gate.start()
    (waiting,) = post.view()["parked"]
    assert (waiting["plate"], waiting["done"], waiting["told"]) == ("渝AD1234", 1, 2)
    assert post.vehicle("渝ad1234", None) == car, "taken back by its plate"
    second = post.occupant()
    assert post.last()["passage"] == car
    assert post.last()["outcome"] == "admit"
    assert {newest(gate, one)["group"] for one in (first, second)} == {car}
    assert [one["passage"] for one in newest(gate, car)["occupants"]] == [first, second]
    until(lambda: pulses(gate, car) == 1, 5, "the barrier")
    assert (pulses(gate, first), pulses(gate, second)) == (0, 0)


def test_r40_whoever_was_measured_first_is_the_first_of_the_vehicle_that_is_begun_then(gate: Gate) -> None:
    """省际/区县边界卡口: the reading often comes through the window before anybody taps."""
    post, kiosk = Post(gate, "jinru"), Person(gate, "door1", PIN)
    number = int(post.post("begin")[1]["passage"])
    assert post.post("answers", passage=number, question="temperature_contact", value="36.6")[0] == 200
    assert post.view()["pieces"] == 1
    page = kiosk.get("/kiosk/jinru")
    assert 'id="vehicle-begin"' in page
    assert f'data-of="vehicle-{number}"' in page
    car = post.vehicle("渝C12345", 2, passage=number)
    assert post.view()["vehicle"]["seat"] == 1
    assert post.view()["passage"] == number
    assert 'id="vehicle-begin"' not in kiosk.get("/kiosk/jinru")
    assert post.decide(car, "abandoned", "left")[0] == 200
    (aboard,) = newest(gate, car)["occupants"]
    assert (aboard["passage"], aboard["outcome"]) == (number, "abandoned")


def test_r41_every_vehicle_checked_everybody_measured_and_disinfected(gate: Gate) -> None:
    """所有进出车辆检查和人员体温检测、消毒"""
    post = Post(gate, "jinru")
    car = post.vehicle("渝B22222", 2)
    people = [post.occupant(), post.occupant("36.9")]
    assert post.view()["vehicle"]["missing"] == ["disinfection"], "消毒 is a must here"
    assert post.decide(car, "admit", "")[0] == 400
    assert post.record(car, disinfected="alcohol", vehicle_kind="car", disinfected_by="某某")[0] == 200
    body = newest(gate, car)
    assert (body["direction"], body["told"], body["vehicle"], body["outcome"]) == ("in", 2, True, "admit")
    said = {p["question"]: p.get("value") for p in body["evidence"] if p["t"] == "answer"}
    assert said == {
        **{"plate": None, "occupants": "2", "disinfected": "alcohol"},
        **{"vehicle_kind": "car", "disinfected_by": None},
    }
    measured = [newest(gate, one)["temperature"]["body_mdegc"] for one in people]
    assert measured == [36_600, 36_900]
    for hidden in ("渝B22222", "渝AD1234"):
        assert hidden not in gate.text()
        assert not any(hidden in row.body_text for row in gate.rows())
    with Journal.open(gate.store, create=False) as journal:
        reader = journal.reader()
        assert reader.find("渝B22222") == [car], "who looks for the plate finds the vehicle"
        reader.close()
        assert journal.rebuild()


def test_r42_both_directions_are_counted(gate: Gate) -> None:
    """杜绝“只管进、不管出”"""
    before = {row[0]: row[1:] for row in counted(gate, "directions")}
    out = Post(gate, "likai")
    car = out.vehicle("渝C33333", 1)
    person = out.occupant()
    out.record(car, disinfected="chlorine")
    inside = Post(gate, "jinru")
    back = inside.vehicle("渝C44444", 1, direction="out")
    inside.occupant()
    inside.record(back, disinfected="chlorine")
    after = {row[0]: row[1:] for row in counted(gate, "directions")}
    assert (newest(gate, person)["direction"], newest(gate, back)["direction"]) == ("out", "out")
    old = before.get("out", (0, 0))
    assert after["out"] == (old[0] + 2, old[1] + 2)
    assert after["in"] == before["in"]


def test_r44_one_is_turned_back_alone_or_the_whole_vehicle(gate: Gate) -> None:
    """劝返车辆、劝返人员"""
    (vehicles, back, people, sent, _found) = counted(gate, "bulletin")[0]
    post = Post(gate, "jinru")
    car = post.vehicle("渝D55555", 3)
    post.record(car, disinfected="chlorine")
    admitted = post.occupant()
    refused = int(post.post("begin")[1]["passage"])
    assert post.decide(refused, "turn_back", "origin")[0] == 200
    view = post.view()["vehicle"]
    assert (view["hold"], view["reasons"]) == (True, ["occupant_turn_back"])
    assert post.decide(car, "turn_back", "whole_vehicle")[0] == 200
    assert (newest(gate, admitted)["outcome"], newest(gate, admitted)["corrects"]) == ("turn_back", True)
    assert counted(gate, "bulletin")[0][:4] == (vehicles + 1, back + 1, people + 2, sent + 2)
    other = post.vehicle("渝D66666", 2)
    post.record(other, disinfected="chlorine")
    stays = int(post.post("begin")[1]["passage"])
    assert post.decide(stays, "turn_back", "origin")[0] == 200
    post.occupant()
    assert post.post("decision", passage=other, outcome="admit", reason="without_them")[0] == 200
    assert newest(gate, other)["override"] is False
    assert counted(gate, "bulletin")[0][:4] == (vehicles + 2, back + 1, people + 4, sent + 3)
    until(lambda: pulses(gate, other) == 1, 5, "the barrier")
    assert pulses(gate, car) == 0


def test_r45_who_disinfected_with_what_stands_in_the_record(gate: Gate) -> None:
    """车辆消毒"""
    (done, not_done) = counted(gate, "disinfection")[0]
    post = Post(gate, "jinru")
    car = post.vehicle("渝E77777", 1)
    post.occupant()
    assert post.post("answers", passage=car, question="disinfected", value="nonsense")[0] == 400
    assert post.record(car, disinfected="peracetic", disinfected_by="某某")[0] == 200
    assert counted(gate, "disinfection")[0] == (done + 1, not_done)
    tick = next(p for p in newest(gate, car)["evidence"] if p.get("question") == "disinfected")
    assert (tick["value"], tick["by"]) == ("peracetic", "door1")


def test_r47_r48_codes_of_several_occupants_one_after_another_on_the_motorway(
    gate: Gate, road: Stage
) -> None:
    """R47 疫情防控咨询服务点, R48 从高速公路进出人员测体温、查验健康码和行程码"""
    post = Post(gate, "in")
    assert "咨询服务点" in post.view()["procedure"]["title"]["zh_Hans"]
    car = post.vehicle("川T88888", 3, direction="out")
    for count, key in enumerate(NAMES, 1):
        until(lambda: post.view()["vehicle"]["awaited"], 5, "the next occupant")
        road.stand(36.5)
        until(lambda: post.step("temperature") == "done", 15, "the reading")
        road.away()
        for begins in (HEALTH, ITINERARY):
            road.show(f"{begins}{key}".encode())
        until(lambda: post.step("codes") == "done", 15, "both codes")
        said = {"name": NAMES[key], "phone": "无", "destination": "某某"}
        pairs = [{"question": question, "value": value} for question, value in said.items()]
        passage = post.view()["passage"]
        assert post.post("answers", passage=passage, answers=pairs)[0] == 200
        assert post.last()["passage"] == (car if count == len(NAMES) else passage)
    assert post.last()["passage"] == car
    occupants = [newest(gate, one["passage"]) for one in newest(gate, car)["occupants"]]
    assert [one["direction"] for one in occupants] == ["out"] * 3
    for one in occupants:
        assert one["temperature"]["body_mdegc"] == 36_500
        assert {p["carrier"] for p in one["evidence"] if p["t"] == "code"} == {
            "china_health",
            "china_itinerary",
        }
    until(lambda: pulses(gate, car) == 1, 5, "the barrier")


def test_r49_what_was_let_through_incomplete_is_named(gate: Gate) -> None:
    """不漏一车、不漏一人"""
    before = counted(gate, "incomplete")
    post = Post(gate, "jinru")
    car = post.vehicle("渝F99999", 4)
    post.record(car, disinfected="chlorine")
    post.occupant()
    assert post.post("vehicle/next", passage=car)[0] in (200, 409)
    assert post.view()["vehicle"]["missing"] == ["aboard"], "不漏一人: three more were told of"
    assert post.decide(car, "admit", "")[0] == 400
    assert post.decide(car, "admit", "urgent")[0] == 200
    empty = post.vehicle("渝F11111", None)
    assert post.decide(empty, "admit", "urgent")[0] == 200
    found = [row for row in counted(gate, "incomplete") if row not in before]
    assert found == [(car, 4, 1, "door1", "urgent"), (empty, None, 0, "door1", "urgent")]
    assert newest(gate, empty)["override"] is True


def test_r02_a_vehicle_is_checked_and_everybody_in_it_measured_and_registered(gate: Gate) -> None:
    """一检二测三登记: compounds and vehicles"""
    post = Post(gate, "er")
    car = post.vehicle("渝A02222", 2)
    people = [post.occupant(), post.occupant("36.8")]
    assert post.last() | {"outcome": "admit", "passage": car} == post.last()
    assert [one["passage"] for one in newest(gate, car)["occupants"]] == people
    assert all(newest(gate, one)["musts"]["information"] for one in people)


def test_r07_people_from_elsewhere_and_their_vehicles(gate: Gate) -> None:
    """测温、扫码、个人信息登记（外来车辆及人员）"""
    post = Post(gate, "wai")
    assert "外来车辆及人员" in post.view()["procedure"]["title"]["zh_Hans"]
    car = post.vehicle("川T12345", 2)
    people = [post.occupant(), post.occupant()]
    assert post.last() | {"outcome": "admit", "passage": car} == post.last()
    assert all(newest(gate, one)["musts"]["information"] for one in people)


def test_r08_a_car_and_a_walker_with_a_leaflet_each(gate: Gate) -> None:
    """检查过往车辆和行人，体温检测、登记入册、发放宣传单"""
    post = Post(gate, "xiang")
    car = post.vehicle("渝G12345", 1)
    aboard = post.occupant()
    walker = post.occupant()
    assert (newest(gate, aboard).get("group"), newest(gate, walker).get("group")) == (car, None)
    for one in (aboard, walker):
        leaflet = [p for p in newest(gate, one)["evidence"] if p.get("question") == "leaflet"]
        assert [p["value"] for p in leaflet] == ["yes"]
    until(lambda: pulses(gate, walker) == 1, 5, "the barrier")


def test_r46_a_car_at_two_posts_is_two_passes_of_one_vehicle(gate: Gate) -> None:
    """疫情防控检查卡点"""
    post, other = Post(gate, "jinru"), Post(gate, "xiang")
    passes = counted(gate, "bulletin")[0][0]
    for one in (post, other):
        car = one.vehicle("渝H54321", 1)
        one.occupant()
        if one is post:
            one.record(car, disinfected="chlorine")
    assert counted(gate, "bulletin")[0][0] == passes + 2
    with Journal.open(gate.store, create=False) as journal:
        reader = journal.reader()
        assert len(reader.find("渝H54321")) == 2, "辆次 2, 辆 1"
        reader.close()


def test_every_decision_about_a_vehicle_comes_out_the_same_again(gate: Gate) -> None:
    from edge.replay import Replay

    assert gate.stop() == 0
    assert gate.faults() == []
    with Journal.open(gate.store, create=False) as journal:
        reader = journal.reader()
        found = list(Replay(journal, reader).walk())
        reader.close()
        assert journal.rebuild()
    assert len(found) > 20
    assert [one for one in found if not one.same] == []
