"""Two measurements a day over a running gate: what it measured itself, what somebody tells of by telephone,
and both still there after the gate was killed."""

import json
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
import urllib3

from edge.clock import Clock
from tests.system.faults import QUICK, Office
from tests.system.processes import Gate
from tests.system.stage import Stage
from tests.system.test_temperature_page import Manager, let_pass
from tests.waiting import until

pytestmark = pytest.mark.system

PAGE = "/review/twice-daily"
# All day but its last two minutes is morning, so that the hour of the test does not matter.
ALL_DAY = '[twice_daily]\nmorning = "0:00-23:58"\nafternoon = "23:58-24:00"\n'


def tell(gate: Gate, **body: Any) -> tuple[int, Any]:
    headers = {"authorization": f"Bearer {gate.boss_token}"}
    body = {"command_id": uuid.uuid4().hex, "how": "contact", "told_by": "self"} | body
    url = f"{gate.url}/api/v1/temperatures"
    answer = urllib3.PoolManager(retries=False).request("POST", url, json=body, headers=headers, timeout=8.0)
    return answer.status, json.loads(answer.data)


def counted(page: str, *names: str) -> int:
    return sum(int(page.split(f'data-count="{name}">', 1)[1].split("<", 1)[0]) for name in names)


def test_a_gates_reading_and_a_told_one_serve_as_the_days_two_also_after_a_kill(
    tmp_path: Path, stage: Stage, office: Office
) -> None:
    gate = Gate(tmp_path, extra=QUICK + ALL_DAY)
    office.trusted_by(gate.store)
    gate.start()
    try:
        Clock(gate.store).confirm()
        until(lambda: not gate.problems() & {"clock_unconfirmed", "clock_unset"}, 10, "a believed clock")
        let_pass(gate, stage, office.issue("钱多多"), 36.6)
        status, done = tell(
            gate, name="李四", room="3-9", value_mdegc=38_100, taken_us=time.time_ns() // 1000
        )
        assert status == 200, done
        boss = Manager(gate)
        page = boss.page(PAGE)
        assert counted(page, "expected") == 2
        assert counted(page, "morning", "afternoon") == 2
        assert counted(page, "over") == 1
        assert "钱多多" not in page
        fields = {"csrf_token": boss.token(PAGE), "day": page.split('name="day" value="', 1)[1][:10]}
        opened = boss.send(PAGE, **fields, show="all", why="inspection").data.decode()
        assert opened.count("钱多多") == 1 == opened.count("李四")
        gate.kill()
        gate.start()
        page = Manager(gate).page(PAGE)
        assert (counted(page, "expected"), counted(page, "over")) == (2, 1)
        assert gate.stop() == 0
    finally:
        gate.end()
    assert [row.body["what"] for row in gate.rows("personal.opened")] == ["twice_daily"]
    assert gate.faults() == []
    for word in ("钱多多", "李四"):
        assert word not in gate.text()
        assert word not in "".join(row.body_text for row in gate.rows())
