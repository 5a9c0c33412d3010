"""What a reviewer sees: figures, lists, one passage, and personal fields only when opened."""

import re
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.events import Begin, Decide, Give
from edge.domain.model import Carrier, Code, CodeVerdict, Outcome
from edge.journal import HourCount, Row, StoredRow
from edge.procedures import parse
from edge.web import chart, show
from edge.wire.received import body_fault
from tests.web.conftest import token_of
from tests.web.fakes import DAY_US, PROCEDURE, World

pytestmark = pytest.mark.system

Enter = Callable[[str], FlaskClient]
SHANGHAI = ZoneInfo("Asia/Shanghai")


def decide(world: World, outcome: Outcome, reason: str = "unwell", lane: str = "in") -> int:
    """Open a passage by hand and end it."""
    name = f"c{world.clock().mono_us}"
    passage = world.station.submit(Begin(lane, None, name, "door", world.clock())).passage
    assert passage is not None
    world.station.submit(Decide(lane, passage, name + "d", "door", world.clock(), outcome, reason))
    return passage


def visitor(world: World) -> int:
    """Register somebody without a code and turn them back."""
    passage = world.step_up(34.6)
    answers = (
        ("id_number", "51000019900101123X"),
        ("name", "李四"),
        ("phone", "13900005678"),
        ("room", "3-1-2"),
    )
    world.station.submit(Give("in", passage, f"g{passage}", "door", world.clock(), answers))
    world.station.submit(
        Decide("in", passage, f"d{passage}", "door", world.clock(), Outcome.TURN_BACK, "说是张三的表哥")
    )
    return passage


def rows(world: World, *kinds: str) -> list[StoredRow]:
    """Return the journal's rows of these kinds."""
    reader = world.journal.reader()
    try:
        return reader.rows_after(0, 500, kinds)
    finally:
        reader.close()


def open_personal(client: FlaskClient, passage: int, why: str = "tracing") -> str:
    """Open the personal fields of a passage; returns the page."""
    path = f"/review/passage/{passage}"
    answer = client.post(path + "/open", data={"why": why, "csrf_token": token_of(client, path)})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_today_counts_by_outcome_hour_and_lane_and_names_who_waits(world: World, enter: Enter) -> None:
    for _ in range(3):
        decide(world, Outcome.REFER)
    decide(world, Outcome.TURN_BACK, lane="out")
    held = world.step_up(35.9)
    page = enter("observer").get("/review").get_data(as_text=True)
    assert 'data-total="refer">3<' in page
    assert 'data-total="turn_back">1<' in page
    assert 'data-total="admit">0<' in page
    assert 'data-total="waiting">1<' in page
    assert page.count('<rect class="bar-refer"') == 1
    assert f'href="/review/passage/{held}"' in page
    assert "2023-11-15" in page  # 06:13 in Chongqing, the day before in UTC


def test_the_list_filters_and_pages_without_losing_or_doubling_anybody(world: World, enter: Enter) -> None:
    made = [decide(world, Outcome.REFER if n % 3 else Outcome.TURN_BACK) for n in range(120)]
    client = enter("observer")
    seen: list[int] = []
    path: str | None = "/review/passages"
    while path:
        page = client.get(path).get_data(as_text=True)
        seen += map(int, re.findall(r'data-passage="(\d+)"', page))
        older = re.findall(r'rel="next" href="([^"]+)"', page)
        last, path = path, older[0].replace("&amp;", "&") if older else None
    assert seen == made[::-1]
    back = re.findall(r'rel="prev" href="([^"]+)"', client.get(last).get_data(as_text=True))[0]
    newer = re.findall(r'data-passage="(\d+)"', client.get(back).get_data(as_text=True))
    assert list(map(int, newer)) == made[::-1][50:100]
    page = client.get("/review/passages?outcome=turn_back").get_data(as_text=True)
    assert len(re.findall(r"data-passage=", page)) == 40
    page = client.get("/review/passages?from=2023-11-15&to=2023-11-15&lane=in").get_data(as_text=True)
    assert len(re.findall(r"data-passage=", page)) == 50
    for nothing in ("from=2023-11-16", "to=2023-11-14", "lane=out", "outcome=admit"):
        page = client.get(f"/review/passages?{nothing}").get_data(as_text=True)
        assert "No passage fits." in page, nothing


@pytest.mark.parametrize(
    "query",
    ["outcome=green", "lane=north", "from=yesterday", "before=x", "before=1&after=1", "to=2023-02-30"],
)
def test_a_filter_that_means_nothing_is_refused_in_words(enter: Enter, query: str) -> None:
    answer = enter("manager").get(f"/review/passages?{query}")
    assert answer.status_code == 400
    assert 'data-error="bad_query"' in answer.get_data(as_text=True)


def test_a_passage_shows_all_its_evidence_with_raw_bytes_rows_and_hashes(world: World, enter: Enter) -> None:
    passage = visitor(world)
    page = enter("observer").get(f"/review/passage/{passage}").get_data(as_text=True)
    assert page.count('data-evidence="measurement"') == 1
    assert page.count('data-evidence="answer"') == 4
    assert "a4030704" in page  # what the device said
    assert "34.6 °C" in page
    assert "36.6 °C" in page
    for row in rows(world, "passage.decided"):
        assert row.hash.hex() in page
        assert f'data-seq="{row.seq}"' in page


def test_a_passage_is_told_in_the_words_of_its_procedure(world: World, enter: Enter) -> None:
    passage = world.step_up(34.6)
    for question, value in (("mask", "reminded"), ("mask", "refused")):
        give = Give("in", passage, value, "door", world.clock(), ((question, value),))
        world.station.submit(give)
    page = enter("observer").get(f"/review/passage/{passage}").get_data(as_text=True)
    assert "Compound: check, register, temperature" in page
    assert "<dd>Reminded, putting it on</dd>" in page
    assert "An answer says turn back: Mask" in page
    assert "Attendant door</h3>" in page
    assert "Thermometer</h3>" not in page  # it is called `meter` here, and a name nobody knows stays
    assert "<dd>infrared · forehead</dd>" in page


def test_a_passage_of_an_earlier_procedure_is_told_in_its_own_words(world: World, enter: Enter) -> None:
    passage = world.step_up(34.6)
    world.station.submit(Give("in", passage, "m", "door", world.clock(), (("mask", "refused"),)))
    text = PROCEDURE.replace("Refused", "Did not want one")
    now = parse("compound", PROCEDURE)
    later = parse("compound", PROCEDURE.replace("拒绝佩戴", "不戴"))
    client, path = enter("observer"), f"/review/passage/{passage}"
    object.__setattr__(world.gate, "procedures", {"compound": later})
    assert "<dd>refused</dd>" in client.get(path).get_data(as_text=True)  # its words are nowhere
    for version, words in (("0" * 16, PROCEDURE), (now.version, text)):
        body = {"name": "compound", "version": version, "text": words}
        world.journal.append(Row("procedure.published", world.clock(), body))
    assert "<dd>Did not want one</dd>" in client.get(path).get_data(as_text=True)
    unreadable = {"name": "compound", "version": later.version, "text": "title = ["}
    world.journal.append(Row("procedure.published", world.clock(), unreadable))
    assert client.get(path).status_code == 200


def test_somebody_who_left_is_said_so_without_opening_anything(world: World, enter: Enter) -> None:
    passage = decide(world, Outcome.ABANDONED, "left")
    page = enter("observer").get(f"/review/passage/{passage}").get_data(as_text=True)
    assert "the person left" in page
    assert "sealed" not in page


def test_what_a_platform_said_after_the_end_stands_beside_the_passage(world: World, enter: Enter) -> None:
    passage = decide(world, Outcome.TURN_BACK)
    body = {
        **{
            "passage": passage,
            "carrier": "china_health",
            "verdict": "valid",
            "reason": None,
            "issuer": "prov<i>",
        },
        **{"subject": {"colour": "green"}, "waited_us": 5_100_000},
    }
    world.journal.append(Row("code.answered", world.clock(), body, "in"))
    unknown = {**body, "verdict": "unverified", "reason": "platform_not_found", "subject": {}}
    world.journal.append(Row("code.answered", world.clock(), unknown, "in"))
    client = enter("observer")
    page = client.get(f"/review/passage/{passage}").get_data(as_text=True)
    said = page.partition('<ul class="answers">')[2].partition("</ul>")[0]
    assert said.count("<li>") == 2
    assert "green" in said
    assert "does not know this code" in said
    assert "<i>" not in said
    client.get("/language/zh_Hans")
    page = client.get(f"/review/passage/{passage}").get_data(as_text=True)
    assert "平台在通行结束后的答复" in page
    assert "健康码 绿码" in page


def test_personal_fields_are_masked_until_a_manager_opens_them_and_that_is_a_row(
    world: World, enter: Enter
) -> None:
    passage = visitor(world)
    client = enter("manager")
    secrets = ("李四", "13900005678", "51000019900101123X", "3-1-2", "说是张三的表哥")
    masked = client.get(f"/review/passage/{passage}").get_data(as_text=True)
    assert not any(secret in masked for secret in secrets)
    assert rows(world, "personal.opened") == []
    opened = open_personal(client, passage)
    assert all(secret in opened for secret in secrets)
    (row,) = rows(world, "personal.opened")
    assert row.body == {"passage": passage, "by": "boss", "why": "tracing"}
    again = client.get(f"/review/passage/{passage}").get_data(as_text=True)
    assert not any(secret in again for secret in secrets)
    assert "boss · Contact tracing" in again  # everybody sees that somebody looked


def test_opening_needs_a_reason_and_a_journal_that_writes(world: World, enter: Enter) -> None:
    passage = visitor(world)
    client = enter("manager")
    path = f"/review/passage/{passage}"
    token = token_of(client, path)
    for why in ("", "curiosity"):
        answer = client.post(path + "/open", data={"why": why, "csrf_token": token})
        assert answer.status_code == 400
    world.writer.broken = True
    answer = client.post(path + "/open", data={"why": "tracing", "csrf_token": token})
    assert answer.status_code == 503
    assert "李四" not in answer.get_data(as_text=True)


def test_an_observer_finds_whom_they_name_and_opens_nobody(world: World, enter: Enter) -> None:
    """登记信息察看"""
    passage = visitor(world)
    client = enter("observer")
    page = client.get(f"/review/passage/{passage}").get_data(as_text=True)
    assert "/open" not in page
    token = token_of(client, "/review")
    found = client.post("/review/find", data={"value": "13900005678", "csrf_token": token})
    assert f'data-passage="{passage}"' in found.get_data(as_text=True)
    assert "李四" not in found.get_data(as_text=True)
    with closing(world.journal.reader()) as reader:
        [row] = reader.rows_after(0, 500, {"personal.opened"})
    assert row.body == {"what": "find", "by": "eye", "why": "inspection"}
    assert body_fault(row.kind, row.body) is None
    answer = client.post(f"/review/passage/{passage}/open", data={"why": "tracing", "csrf_token": token})
    assert answer.status_code == 403


@pytest.mark.parametrize("value", ["李四", "13900005678", "5678", "123X", "51000019900101123X"])
def test_a_manager_finds_a_person_by_what_is_known(world: World, enter: Enter, value: str) -> None:
    passage = visitor(world)
    decide(world, Outcome.REFER)
    client = enter("manager")
    answer = client.post("/review/find", data={"value": value, "csrf_token": token_of(client, "/review")})
    found = re.findall(r'data-passage="(\d+)"', answer.get_data(as_text=True))
    assert found == [str(passage)]


def test_looking_for_somebody_unknown_finds_nobody(world: World, enter: Enter) -> None:
    visitor(world)
    client = enter("manager")
    token = token_of(client, "/review")
    page = client.post("/review/find", data={"value": "赵六", "csrf_token": token}).get_data(as_text=True)
    assert "No passage fits." in page
    assert client.post("/review/find", data={"value": "x", "csrf_token": token}).status_code == 400


HOSTILE = {
    "html": b"<script>alert(document.cookie)</script><img src=x onerror=alert(1)>",
    "nul": b"before\x00after\x1b[2J",
    "long": "长".encode() * 3000,
    "gbk": "健康码：绿色".encode("gb18030"),
    "bytes": bytes(range(256)),
    "turned": "abc\u202edef".encode(),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_payload_is_shown_as_text_and_never_runs(world: World, enter: Enter, name: str) -> None:
    world.show(Code(Carrier.UNKNOWN, CodeVerdict.UNSUPPORTED, payload=HOSTILE[name]))
    passage = world.last_passage()
    world.station.submit(Decide("in", passage, "h", "door", world.clock(), Outcome.TURN_BACK, "not_allowed"))
    page = open_personal(enter("manager"), passage)
    shown = re.search(r'<pre class="payload">(.*?)</pre>', page, re.S)
    assert shown is not None
    text = shown[1]
    assert "<" not in text
    assert not any(ord(letter) < 32 and letter not in "\n\t" for letter in text)
    expected = {
        "html": "&lt;script&gt;",
        "nul": "before\u2400after\u241b[2J",
        "long": "长" * 3000,
        "gbk": "健康码：绿色",
        "bytes": "00 01 02",
        "turned": "abc\ufffddef",
    }
    assert expected[name] in text


def test_a_passage_nobody_has_is_not_found(enter: Enter) -> None:
    client = enter("manager")
    for path in ("/review/passage/5", f"/review/passage/{2**70}", "/review/passage/x"):
        assert client.get(path).status_code == 404


def test_the_devices_page_says_what_to_do(world: World, enter: Enter) -> None:
    world.status["devices"][0].update(state="down", code="silent")
    world.status["problems"] = [
        {
            "code": "disk",
            "what": "80 MB",
            "severity": "warning",
            "since_us": DAY_US,
            "title": {"en": "The card is nearly full"},
            "remedy": {"en": "Make room."},
        }
    ]
    page = enter("manager").get("/review/devices").get_data(as_text=True)
    assert 'class="warning mb-2" data-problem="disk"><strong>The card is nearly full</strong> (80 MB)' in page
    assert "Switch its power off and on." in page
    assert "Make room." in page


@given(
    st.lists(
        st.tuples(st.integers(0, 23), st.sampled_from(chart.OUTCOMES), st.integers(1, 5000)), max_size=40
    )
)
def test_every_bar_stands_inside_the_picture_and_none_is_lost(counts: list[tuple[int, str, int]]) -> None:
    starts = show.day_starts_us(datetime(2020, 2, 8, tzinfo=UTC).date(), SHANGHAI)
    hours = [HourCount(starts + hour * 3_600_000_000, "in", outcome, n) for hour, outcome, n in counts]
    drawn = chart.by_hour(hours, SHANGHAI)
    assert sum(bar.n for bar in drawn.bars) == sum(n for _, _, n in counts)
    for bar in drawn.bars:
        assert bar.height > 0
        assert bar.x >= 0
        assert bar.x + bar.width <= chart.WIDTH
        assert bar.y >= 0
        assert bar.y + bar.height <= chart.HEIGHT + 0.2


@given(st.binary(max_size=200))
def test_any_payload_becomes_visible_text(data: bytes) -> None:
    import base64

    text = show.payload_text(base64.b64encode(data).decode())
    assert not any((ord(letter) < 32 and letter not in "\n\t") or ord(letter) == 127 for letter in text)


@given(st.integers(-(2**62), 2**62))
def test_any_moment_of_a_wrong_clock_can_be_written(at_us: int) -> None:
    assert show.moment(at_us, SHANGHAI)
    assert show.day_of(at_us, SHANGHAI)
