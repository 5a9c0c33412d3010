"""Zero reports and the bulletin at the district: of gates, and of posts without a machine."""

import csv
import io
import json
import re
from datetime import date
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from district import reports
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


def test_the_gates_of_a_property_stand_side_by_side_and_added_up(desk: Desk) -> None:
    day = YESTERDAY.isoformat()
    before = date(2020, 2, 6)
    whole = {PEOPLE: 10, "in.persons": 8, "out.persons": 2, "musts.asked": 8, "musts.complete": 6}
    more = {"distinct.persons": 4, "cases.opened": 1}
    send(desk, report(YESTERDAY, whole | more, site="东城"))
    corrected = report(YESTERDAY, whole | {PEOPLE: 6}, site="东城", corrects=1, by="boss")
    send(desk, report(YESTERDAY, whole, site="东城"), corrected, gate="east")
    with desk.store.write() as connection:
        reports.add_post(connection, "=东楼", 1, site="东城")
        given: dict[str, Any] = {"how": "phone", "figures": {PEOPLE: 5}, "by": "王", "now_us": 2}
        reports.enter(connection, "=东楼", YESTERDAY, **given)
    send(desk, report(YESTERDAY, {PEOPLE: 100}, site="西城"), gate="west")
    send(desk, report(YESTERDAY, {PEOPLE: 1000}, site="东城", series="provincial"), gate="entrance")
    send(desk, report(before, {PEOPLE: 3}, site="东城"), gate="asleep")
    headers = {"authorization": f"Bearer {desk.program}"}
    found: Any = desk.client.get(
        "/api/v1/summary", query_string={"day": day, "site": "东城"}, headers=headers
    )
    found = found.json
    assert found["sites"] == ["东城", "西城"]
    assert found["missing"] == ["asleep"], "what it belongs to is known from its last report"
    here = found["series"]["district"]
    assert (here["sum"][PEOPLE], here["sum"]["in.persons"]) == (21, 16), "as corrected"
    assert (here["sum"]["distinct.persons"], here["told_by"]["distinct.persons"]) == (4, 1)
    assert "suspected" in here["sum"]
    assert found["series"]["provincial"]["sum"][PEOPLE] == 1000, "the two series are never added up"
    desk.log_in()
    asked, zh = {"day": day, "site": "东城"}, {"accept-language": "zh-CN"}
    page = desk.client.get("/summary", query_string=asked, headers=zh).text
    assert "每日工作例会" in page
    assert re.search(r'data-figure="passes.persons">.*?data-sum>21<', page)
    assert re.search(r'data-figure="distinct.persons">.*?data-sum>4 \(1/3\)<', page)
    assert "75.0 %" in page
    assert 'data-missing="1"' in page
    assert "西城" in page
    assert "100<" not in page.replace("1000<", "")
    [link] = re.findall(r'href="([^"]+format=xlsx)"', page)
    link = link.replace("&amp;", "&")
    sheet: Any = openpyxl.load_workbook(io.BytesIO(desk.client.get(link, headers=zh).data)).active
    lines = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert ["通行人次", 21, 5, 6, 10] in [line[:5] for line in lines]
    plain = desk.client.get(link.replace("xlsx", "csv"), headers=zh).data.decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(plain)))
    assert [cell[:2] for line in read for cell in line if "东楼" in cell] == ["'="]
    assert desk.client.get(link.replace("xlsx", "doc")).status_code == 400
    page = desk.client.get("/bulletin", query_string=asked, headers=zh).text
    assert 'data-post="west"' not in page
    assert 'data-post="west"' in desk.client.get("/bulletin", query_string={"day": day}, headers=zh).text
