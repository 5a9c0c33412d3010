"""Who may pass, through a real gate: registers and lists filled by the office, lanes in and out."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from tests.requirements.people import Office
from tests.system.processes import SERIAL, SPOT, Gate
from tests.system.stage import Stage
from tests.waiting import until

pytestmark = [pytest.mark.requirements, pytest.mark.system]

OUT = """
[[lane]]
name = "out"
direction = "out"
procedure = "r11"
{thermometer}
{scanner}
"""


class Post:
    """A gate with a lane in and a lane out, its instruments, and whoever sits in the office."""

    def __init__(self, folder: Any) -> None:
        self.stages = {"in": Stage(folder, "in"), "out": Stage(folder, "out")}
        out = OUT.format(
            thermometer=SPOT.format(folder=folder, lane="out"), scanner=SERIAL.format(folder=folder, lane="out")
        )
        self.gate = Gate(folder, procedure="r11", extra=out)
        self.office = Office(self.gate.store)

    def post(self, lane: str, what: str, *, manager: bool = False, **body: Any) -> tuple[int, Any]:
        token = self.gate.boss_token if manager else self.gate.token
        body = {"command_id": uuid.uuid4().hex} | body
        url = f"{self.gate.url}/api/v1/lanes/{lane}/{what}"
        headers = {"authorization": f"Bearer {token}"}
        answer = self.gate._http.request("POST", url, json=body, headers=headers, timeout=8.0)
        return answer.status, json.loads(answer.data)

    def lane(self, name: str) -> dict[str, Any]:
        return dict(self.gate.get(f"/api/v1/lanes/{name}")[1])

    def begin(self, lane: str) -> int:
        status, told = self.post(lane, "begin")
        assert status == 200, told
        return int(told["passage"])

    def give(self, lane: str, passage: int, **answers: str) -> dict[str, Any]:
        given = [{"question": name, "value": value} for name, value in answers.items()]
        status, told = self.post(lane, "answers", passage=passage, answers=given)
        assert status == 200, told
        return self.lane(lane)

    def decide(self, lane: str, passage: int, outcome: str, reason: str, **more: Any) -> tuple[int, Any]:
        return self.post(lane, "decision", passage=passage, outcome=outcome, reason=reason, **more)

    def cross(self, lane: str, who: str, **answers: str) -> dict[str, Any]:
        """Somebody steps up, is compared, has the mask on and is measured; return the lane's view."""
        passage = self.begin(lane)
        view = self.give(lane, passage, roster=who, mask="on", **answers)
        if view["stage"] == "ended":
            return view
        self.stages[lane].stand(36.5)
        seen = until(
            lambda: (v := self.lane(lane))["temperature"]["verdict"] != "missing" and v, 15, "a measurement"
        )
        self.stages[lane].away()
        assert seen
        return self.lane(lane)

    def close(self) -> None:
        self.gate.end()
        for stage in self.stages.values():
            stage.close()


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    post = Post(tmp_path_factory.mktemp("who"))
    post.office.enter("households", {"room": "3-502"}, zone="east")
    people = {
        "王小明": ("13800001111", "110101199003070011", "3-502", "resident"),
        "李小红": ("13800002222", "", "3-502", "resident"),
        "赵大山": ("13900001111", "", "4-101", "resident"),
    }
    for name, (phone, number, room, category) in people.items():
        post.office.enter(
            "people", {"name": name, "phone": phone, "id_number": number, "room": room}, category=category
        )
    post.gate.start()
    yield post
    post.close()


def test_r11_who_is_registered_passes_by_digits_measured_and_with_one_tap_for_the_mask(post: Post) -> None:
    view = post.cross("in", "13800002222")
    assert view["last"]["outcome"] == "admit", view
    row = post.gate.rows("passage.decided")[-1]
    assert row.body["musts"] == {"identity": True, "information": True, "temperature": True, "mask": True}
    (known,) = [piece for piece in row.body["evidence"] if piece["t"] == "known"]
    assert (known["standing"], known["category"], known["household"]) == ("found", "resident", 1)
    assert "李小红" not in json.dumps(row.body, ensure_ascii=False)
