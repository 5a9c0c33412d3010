"""Zero reports and the bulletin at the district: of gates, and of posts without a machine."""

import json
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner

from district.cli import main
from edge.wire import bulletin as form
from tests.district.desk import Desk, FakeJournal, events_of, living

pytestmark = pytest.mark.system

YESTERDAY = date(2020, 2, 7)
PEOPLE, CARS = "passes.persons", "passes.vehicles"


def report(day: date, figures: dict[str, int], **more: Any) -> dict[str, Any]:
    whole = dict.fromkeys((*form.FIGURES, "over"), 0) | figures
    body = {
        "day": day.isoformat(),
        "upto": 1,
        "due_us": 1,
        "series": "district",
        "figures": whole,
        "lanes": {},
    }
    return body | {"to": [], "gaps": []} | more


def send(desk: Desk, *bodies: dict[str, Any], gate: str | None = None) -> None:
    journal = FakeJournal()
    for body in bodies:
        journal.append("report.daily", body, None)
    more = {} if gate is None else {"token": desk.add_gate(gate)}
    events = events_of(journal) if gate is None else events_of(journal, gate=gate)
    answer = desk.post(events, headers=living(journal), **more)
    assert answer.json["rejected"] == []  # type: ignore[index]


def told(desk: Desk, day: date = YESTERDAY) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {desk.program}"}
    answer = desk.client.get(f"/api/v1/bulletin?day={day.isoformat()}", headers=headers)
    assert answer.status_code == 200
    return dict(answer.json)  # type: ignore[arg-type]


def test_eight_posts_are_eight_passes_and_the_series_are_never_added(desk: Desk) -> None:
    send(desk, report(YESTERDAY, {CARS: 5, PEOPLE: 12}))
    for number in range(7):
        send(desk, report(YESTERDAY, {CARS: 1}), gate=f"ramp-{number}")
    send(desk, report(YESTERDAY, {CARS: 100, "suspected": 2}, series="provincial"), gate="entrance")
    found = told(desk)["bulletin"]
    assert found["series"]["district"]["sent"][CARS] == 12
    assert found["series"]["provincial"]["sent"][CARS] == 100
    assert "省际入口（1处卡口）累计检查车辆100辆次" in found["text"]
    assert "区县属地（8处卡口）累计检查车辆12辆次、检测人员12人次" in found["text"]
    assert found["text"].startswith("截至2月8日0时，")
    assert "112" not in found["text"]


def test_a_correction_changes_the_corrected_bulletin_and_never_the_sent_one(desk: Desk) -> None:
    send(desk, report(YESTERDAY, {PEOPLE: 10}), report(YESTERDAY, {PEOPLE: 11}, corrects=1, by="boss"))
    found = told(desk)["bulletin"]
    assert found["changed"] is True
    assert found["series"]["district"]["sent"][PEOPLE] == 10
    assert found["series"]["district"]["corrected"][PEOPLE] == 11


def test_a_figure_that_a_gate_no_longer_knows_is_lacking_in_the_sum(desk: Desk) -> None:
    body = report(YESTERDAY, {PEOPLE: 10})
    del body["figures"]["distinct_turned_back.persons"]
    send(desk, body)
    found = told(desk)["bulletin"]
    assert "劝返人员（缺）" in found["text"]


def test_a_post_without_a_machine_reports_by_telephone_and_is_marked_so(desk: Desk) -> None:
    send(desk, report(YESTERDAY, {PEOPLE: 10}))
    form_token = desk.log_in()
    page = desk.client.get(f"/bulletin?day={YESTERDAY}", headers={"accept-language": "zh-CN"}).text
    assert "data-missing" not in page
    given = {"day": YESTERDAY.isoformat(), "post": "民生路散居楼院", "how": "phone", "form_token": form_token}
    assert desk.client.post("/bulletin", data=given).status_code == 400
    assert desk.client.post("/bulletin", data={**given, "new": "yes", PEOPLE: "7"}).status_code == 303
    assert desk.client.post("/bulletin", data={**given, "form_token": "wrong"}).status_code == 400
    assert desk.client.post("/bulletin", data={**given, "how": "guess"}).status_code == 400
    page = desk.client.get(f"/bulletin?day={YESTERDAY}", headers={"accept-language": "zh-CN"}).text
    line = page.split('data-post="民生路散居楼院"', 1)[1].split("</tr>", 1)[0]
    assert "电话" in line
    assert told(desk)["bulletin"]["series"]["district"]["by_hand"] == 1
    assert told(desk)["bulletin"]["series"]["district"]["sent"][PEOPLE] == 17
    page = desk.client.get("/bulletin?day=2020-02-06", headers={"accept-language": "zh-CN"}).text
    assert 'data-missing="2"' in page
    assert "未报零报告" in page


def test_the_commands_say_the_same_as_the_page(desk: Desk) -> None:
    send(desk, report(YESTERDAY, {PEOPLE: 10}, site="东城"))
    folder = str(desk.store.path.parent)

    def run(*words: str) -> str:
        done = CliRunner().invoke(main, [*words, "--store", folder], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    run("post", "add", "老街", "--site", "东城")
    run(
        "post",
        "report",
        "老街",
        "--date",
        "2020-02-07",
        "--how",
        "paper",
        "--by",
        "王",
        "--figure",
        f"{PEOPLE}=5",
    )
    found = json.loads(run("bulletin", "--date", "2020-02-07", "--site", "东城", "--json"))
    assert found["series"]["district"]["sent"][PEOPLE] == 15
    assert found["text"] == told(desk)["bulletin"]["text"]
    assert json.loads(run("bulletin", "--date", "2020-02-07", "--site", "西城", "--json"))["series"] == {}
