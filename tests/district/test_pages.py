"""The page: log-in, languages, alarms, and what a browser is allowed to do with it."""

import re

import pytest
from flask import Flask

from district import texts
from district.alarms import CODES
from district.ledger import OUTCOMES
from district.web.access import install
from tests.district.desk import Desk, FakeJournal, events_of, living, passage
from tests.paths import ROOT

pytestmark = pytest.mark.system


@pytest.fixture
def busy(desk: Desk) -> Desk:
    """A district with a gate that referred somebody and lost a device."""
    journal = FakeJournal()
    journal.append("passage.decided", passage(1), "in")
    journal.append("passage.decided", passage(2, "refer"), "in")
    journal.append("device.lost", {"device": "scanner", "name": "camera"}, "in")
    desk.post(events_of(journal), headers=living(journal))
    return desk


def test_nobody_sees_anything_before_logging_in(desk: Desk) -> None:
    for path in ("/", "/live"):
        answer = desk.client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert desk.client.get("/api/v1/gates").status_code == 401
    assert desk.client.get("/api/v1/alarms").status_code == 401
    assert desk.client.post("/alarms/1/seen").status_code == 303
    assert desk.client.get("/healthz").status_code == 200
    assert desk.client.get("/readyz").status_code == 200


def test_a_gates_token_reads_nothing_of_other_gates(desk: Desk) -> None:
    answer = desk.client.get("/api/v1/gates", headers={"authorization": f"Bearer {desk.token}"})
    assert answer.status_code == 401


def test_the_first_password_logs_in_and_a_wrong_one_does_not(desk: Desk) -> None:
    wrong = desk.client.post("/login", data={"account": "admin", "password": "wrong"})
    assert wrong.status_code == 403
    assert (
        desk.client.post("/login", data={"account": "nobody", "password": desk.password}).status_code == 403
    )
    done = desk.client.post("/login", data={"account": "admin", "password": desk.password})
    cookie = done.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert desk.client.get("/").status_code == 200


def test_guessing_is_slowed_down(desk: Desk) -> None:
    for _ in range(10):
        desk.client.post("/login", data={"account": "admin", "password": "guess"})
    answer = desk.client.post("/login", data={"account": "admin", "password": desk.password})
    assert answer.status_code == 429


def test_a_log_in_from_another_site_is_refused(desk: Desk) -> None:
    answer = desk.client.post(
        "/login",
        data={"account": "admin", "password": desk.password},
        headers={"sec-fetch-site": "cross-site"},
    )
    assert answer.status_code == 400


def test_a_card_that_is_nearly_full_shows(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.store, "free_bytes", lambda: 1000)
    answer = desk.client.get("/readyz")
    assert (answer.status_code, answer.json) == (
        503,
        {"ready": False, "problems": ["the space is nearly used up"]},
    )


def test_a_session_ends_by_itself_and_by_logging_out(desk: Desk) -> None:
    form_token = desk.log_in()
    desk.now_us += 12 * 3600 * 1_000_000 + 1
    assert desk.client.get("/").status_code == 303
    desk.now_us -= 13 * 3600 * 1_000_000
    assert desk.client.get("/").status_code == 200
    assert desk.client.post("/logout", data={"form_token": form_token}).status_code == 303
    assert desk.client.get("/").status_code == 303
    assert desk.read("SELECT * FROM login") == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-CN", ["移交", "在线", "设备掉线", "已知悉"]),
        ("en", ["referred", "up", "a device is lost", "Acknowledge"]),
    ],
)
def test_the_page_shows_every_gate_in_both_languages(busy: Desk, language: str, words: list[str]) -> None:
    busy.log_in()
    page = busy.client.get("/", headers={"accept-language": language}).text
    for word in ["jiangbei-03", *words]:
        assert word in page


def test_a_chosen_language_beats_the_browsers(busy: Desk) -> None:
    form_token = busy.log_in()
    busy.client.post("/language", data={"language": "en", "form_token": form_token})
    page = busy.client.get("/", headers={"accept-language": "zh-CN"}).text
    assert '<html lang="en">' in page


def test_an_alarm_goes_when_somebody_has_seen_it_and_it_says_who(busy: Desk) -> None:
    form_token = busy.log_in()
    page = busy.client.get("/", headers={"accept-language": "en"}).text
    numbers = re.findall(r'action="/alarms/(\d+)/seen"', page)
    assert len(numbers) == 2
    assert busy.client.post(f"/alarms/{numbers[0]}/seen", data={"form_token": "wrong"}).status_code == 400
    assert len(busy.alarms()) == 2
    busy.client.post(f"/alarms/{numbers[0]}/seen", data={"form_token": form_token})
    assert len(busy.alarms()) == 1
    assert busy.read("SELECT seen_by, seen_us FROM alarm WHERE seen_us IS NOT NULL") == [
        ("admin", busy.now_us)
    ]


def test_an_alarm_raised_again_since_it_was_shown_stays(busy: Desk) -> None:
    form_token = busy.log_in()
    page = busy.client.get("/").text
    number, shown = re.findall(
        r'action="/alarms/(\d+)/seen">\s*<input[^>]*>\s*<input type="hidden" name="last_us" value="(\d+)"',
        page,
    )[0]
    form = {"form_token": form_token, "last_us": str(int(shown) - 1)}
    busy.client.post(f"/alarms/{number}/seen", data=form)
    assert len(busy.alarms()) == 2, "what it says now nobody has read"
    busy.client.post(f"/alarms/{number}/seen", data=form | {"last_us": shown})
    assert len(busy.alarms()) == 1


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-CN", ["人已放行，平台随后答复", "健康码", "红色", "通行编号 41", "通道 in", "发生于"]),
        ("en", ["the platform answered against the code", "health code", "red", "passage 41", "lane in"]),
    ],
)
def test_a_platform_that_answers_red_after_the_person_is_in_is_an_alarm(
    desk: Desk, language: str, words: list[str]
) -> None:
    journal = FakeJournal()
    body = {"passage": 41, "carrier": "china_health", "verdict": "valid", "waited_us": 9_000_000}
    body |= {"subject": {"colour": "red", "test_taken": "2021-10-01"}, "against": True, "admitted": True}
    journal.append("code.answered", body, "in")
    desk.post(events_of(journal), "/ingest/alarms")
    assert desk.post(events_of(journal)).status_code == 200
    assert desk.alarms() == ["code_red_late"]
    desk.log_in()
    page = desk.client.get("/", headers={"accept-language": language}).text
    for word in ["jiangbei-03", *words]:
        assert word in page
    assert "2021-10-01" not in desk.read("SELECT detail FROM alarm")[0][0]


@pytest.mark.parametrize(
    ("language", "word"),
    [("zh-CN", "须留意的人员要通行"), ("en", "somebody who is watched for tried to pass")],
)
def test_somebody_who_is_watched_for_is_an_alarm_once_by_both_ways(
    desk: Desk, language: str, word: str
) -> None:
    journal = FakeJournal()
    hits = [{"list": "watch", "entry": 7, "watch": "isolated"}]
    body = {"passage": 41, "direction": "out", "why": ["watch_alarm:isolated"], "hits": hits}
    journal.append("access.alarmed", body, "out")
    assert desk.post(events_of(journal), "/ingest/alarms").status_code == 200
    assert desk.post(events_of(journal)).status_code == 200
    assert desk.alarms() == ["watched"]
    desk.log_in()
    page = desk.client.get("/", headers={"accept-language": language}).text
    for told in ("jiangbei-03", word, "41", "out"):
        assert told in page
    assert "isolated" not in page


@pytest.mark.parametrize(
    "said",
    [{}, {"against": True, "admitted": False}, {"against": False, "admitted": True}, {"against": True}],
)
def test_a_late_answer_that_changes_nothing_is_none(desk: Desk, said: dict[str, bool]) -> None:
    journal = FakeJournal()
    body = {"passage": 41, "carrier": "china_health", "verdict": "valid", "waited_us": 1, **said}
    journal.append("code.answered", body, "in")
    desk.post(events_of(journal))
    assert desk.alarms() == []


def test_a_gate_that_writes_novels_does_not_fill_the_page(desk: Desk) -> None:
    journal = FakeJournal()
    journal.append("device.lost", {"device": "x" * 90_000, "name": "y" * 90_000, "code": ["z"] * 9000}, "in")
    desk.post(events_of(journal))
    assert len(desk.read("SELECT detail FROM alarm")[0][0]) < 1000


def test_the_browser_is_kept_on_a_short_lead(busy: Desk) -> None:
    busy.log_in()
    answer = busy.client.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"(?:https?:)?//[a-z]", answer.text), "nothing comes from another host"
    assert not re.search(r"\son[a-z]+=|\sstyle=|<style|<script>", answer.text)
    for asset in re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text):
        with busy.client.get(asset) as served:
            assert served.status_code == 200


def test_nothing_a_gate_sends_becomes_markup(desk: Desk) -> None:
    journal = FakeJournal()
    bad = "<script>alert(1)</script>"
    journal.append("device.lost", {"device": bad, "name": bad}, bad)
    journal.append("passage.decided", passage(1, bad), bad)
    desk.post(events_of(journal), headers=living(journal))
    desk.log_in()
    page = desk.client.get("/").text
    assert bad not in page
    assert "&lt;script&gt;" in page


def test_every_text_exists_in_both_languages_and_every_code_has_one() -> None:
    for key in texts.keys():  # noqa: SIM118 - a function of ours, not a dict's
        assert texts.text("zh_Hans", key)
        assert texts.text("en", key)
    wanted = [f"alarm_{code}" for code in CODES] + [f"outcome_{outcome}" for outcome in OUTCOMES]
    wanted += [f"state_{state}" for state in ("up", "behind", "silent", "never")]
    assert set(wanted) <= set(texts.keys())


@pytest.mark.parametrize("code", CODES)
def test_every_alarm_is_explained_to_whoever_is_on_duty(code: str) -> None:
    page = (ROOT / "docs" / "district.md").read_text("utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{code}` |")]
    assert f"| {texts.text('zh_Hans', f'alarm_{code}')} |" in row
    assert len(row.split(" | ")) == 4


def test_a_view_that_declares_no_access_ends_the_start(desk: Desk) -> None:
    app = Flask("forgetful")
    app.add_url_rule("/x", "x", lambda: "open to everybody")
    with pytest.raises(AssertionError, match="x does not declare"):
        install(app, desk.store, lambda: 0)


def test_an_unknown_address_is_a_plain_404(desk: Desk) -> None:
    assert desk.client.get("/nothing").status_code == 404
    assert desk.client.get("/ingest").status_code == 405
