"""One code at two gates: told once, of the right two passages, whatever came first; and kept only so long."""

import itertools
import json
import secrets
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from district import sightings
from district.registry import Gate
from district.sightings import Watch, without_digests
from district.store import FILE, SECRET, Store, migrations
from edge.wire.received import parse_event
from tests.district.codes import MINUTE_US, Sending, digest, hidden, piece
from tests.district.desk import GATE, NOON_US, Desk, passage

OTHER = "jiangbei-04"
WITHIN_US = 3 * MINUTE_US
WATCH = Watch(secret=bytes(32), within_us=WITHIN_US, keep_us=86_400_000_000)


class Two:
    """Two gates of a district that forward what names a code."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.here, self.there = Sending(GATE), Sending(OTHER, "cd" * 16)
        self.tokens = {GATE: desk.token, OTHER: desk.add_gate(OTHER)}

    def send(self, *events: dict[str, Any]) -> None:
        gate = events[0]["source"].split("/")[2]
        answer = self.desk.post(list(events), token=self.tokens[gate])
        assert answer.status_code == 200
        assert answer.json is not None
        assert answer.json["rejected"] == []

    def told(self) -> list[dict[str, Any]]:
        rows = self.desk.read(
            "SELECT gate.name, detail FROM alarm JOIN gate ON gate.id=gate_id "
            "WHERE code='code_seen_elsewhere' AND seen_us IS NULL ORDER BY alarm.id"
        )
        return [{"gate": gate} | json.loads(detail) for gate, detail in rows]


@pytest.fixture
def two(desk: Desk) -> Two:
    return Two(desk)


def test_a_code_at_two_gates_within_minutes_names_both_and_nobody(two: Two) -> None:
    two.send(two.here.shown(7, "token", NOON_US))
    two.send(two.there.shown(9, "token", NOON_US + MINUTE_US))
    assert two.told() == [
        {
            "gate": OTHER,
            "carrier": "china_health",
            "lane": "in",
            "passage": 9,
            "at_us": NOON_US + MINUTE_US,
            "elsewhere": {"gate": GATE, "lane": "in", "passage": 7, "at_us": NOON_US},
            "apart_us": MINUTE_US,
            "clocks_trusted": True,
        }
    ]


def test_a_row_that_comes_hours_late_is_compared_by_its_own_time(two: Two) -> None:
    two.send(two.there.shown(9, "token", NOON_US + MINUTE_US))
    two.desk.now_us += 5 * 3600 * 1_000_000
    two.send(two.here.shown(7, "token", NOON_US))
    assert [(one["gate"], one["elsewhere"]["gate"]) for one in two.told()] == [(OTHER, GATE)]


@pytest.mark.parametrize("apart_us", [WITHIN_US + 1, -WITHIN_US - 1, 3600 * 1_000_000])
def test_a_code_at_another_gate_later_than_that_is_normal(two: Two, apart_us: int) -> None:
    two.send(two.here.shown(7, "token", NOON_US))
    two.send(two.there.shown(9, "token", NOON_US + apart_us))
    assert two.told() == []


def test_the_same_gate_again_and_another_code_are_normal(two: Two) -> None:
    two.send(two.here.shown(7, "token", NOON_US), two.here.shown(8, "token", NOON_US + 1))
    two.send(two.there.shown(9, "another", NOON_US + 2))
    assert two.told() == []


@pytest.mark.parametrize("carrier", ["hc1", "shc", "gatepost_pass", "china_venue", "unknown"])
def test_what_may_be_printed_or_hangs_on_a_wall_is_shown_at_many_gates_by_right(
    two: Two, carrier: str
) -> None:
    two.send(two.here.shown(7, "paper", NOON_US, carrier=carrier))
    two.send(two.there.shown(9, "paper", NOON_US + 1, carrier=carrier))
    assert two.told() == []
    assert two.desk.read("SELECT COUNT(*) FROM sighting") == [(0,)]
    assert two.desk.gates()[GATE]["compares_codes"] is None


@pytest.mark.system
def test_all_rows_of_one_passage_and_all_repetitions_are_one_alarm(two: Two) -> None:
    parked = two.here.shown(7, "token", NOON_US, "passage.parked")
    answered = [piece(NOON_US), piece(NOON_US + 2_000_000, verdict="valid")]
    decided = two.here.row("passage.decided", passage(7, evidence=answered), hidden(["token", "token"]))
    two.send(two.there.shown(9, "token", NOON_US - MINUTE_US))
    two.send(parked)
    assert len(two.told()) == 1
    form_token = two.desk.log_in()
    number = two.desk.read("SELECT id FROM alarm")[0][0]
    two.desk.client.post(f"/alarms/{number}/seen", data={"form_token": form_token})
    assert two.told() == []
    two.send(parked, decided)
    two.send(parked, decided)
    assert two.told() == [], "the same passage again is not news"
    assert two.desk.read("SELECT COUNT(*) FROM sighting") == [(2,)]


@pytest.mark.system
@pytest.mark.parametrize(("here", "there"), [("unset", "synced"), ("synced", "restored")])
def test_a_clock_that_is_not_to_be_believed_is_marked(two: Two, here: str, there: str) -> None:
    two.send(two.here.shown(7, "token", NOON_US, clock=here))
    two.send(two.there.shown(9, "token", NOON_US + 1, clock=there))
    assert [one["clocks_trusted"] for one in two.told()] == [False]
    two.desk.log_in()
    page = two.desk.client.get("/", headers={"accept-language": "zh-CN"}).text
    assert "时钟未校准" in page


@pytest.mark.system
@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "zh-CN",
            ["同一个码先后出现在两个卡口", "健康码", "此前出现在", "通行编号 7", "通行编号 9", "已知悉"],
        ),
        ("en", ["one code at two gates", "health code", "before that at", "passage 7", "passage 9"]),
    ],
)
def test_the_page_names_both_passages_in_both_languages(two: Two, language: str, words: list[str]) -> None:
    two.send(two.here.shown(7, "token", NOON_US))
    two.send(two.there.shown(9, "token", NOON_US + MINUTE_US))
    two.desk.log_in()
    page = two.desk.client.get("/", headers={"accept-language": language}).text
    for word in [*words, GATE, OTHER, "2020-02-08 12:00:00", "2020-02-08 12:01:00"]:
        assert word in page
    assert digest("token") not in page
    assert "时钟未校准" not in page
    assert "clock not set" not in page


@pytest.mark.system
def test_the_page_says_where_codes_are_compared_with_nobody(two: Two) -> None:
    two.desk.log_in()
    say = "code_digest"
    assert say not in two.desk.client.get("/").text, "no gate has shown a live code yet"
    two.send(two.here.shown(7, None, NOON_US))
    two.send(two.there.shown(9, "token", NOON_US))
    page = two.desk.client.get("/").text
    assert say in page
    assert [gate["compares_codes"] for gate in two.desk.gates().values()] == [False, True]
    two.send(two.here.shown(8, "token", NOON_US))
    assert say not in two.desk.client.get("/").text


def test_the_ledger_and_the_file_do_not_keep_what_names_a_code(two: Two, tmp_path: Path) -> None:
    body = passage(7, evidence=[piece()])
    kept = {"evidence": {"0": {"personal": {"code_digest": digest("token"), "name": "张三"}}}}
    two.send(two.here.row("passage.decided", body, kept), two.here.shown(8, "token", NOON_US))
    assert two.desk.read("SELECT personal FROM ledger ORDER BY sequence") == [
        ('{"evidence":{"0":{"personal":{"name":"张三"}}}}',),
        (None,),
    ]
    folder = two.desk.store.path.parent
    everything = b"".join(path.read_bytes() for path in folder.iterdir())
    assert digest("token").encode() not in everything
    assert bytes.fromhex(digest("token"))[:16] not in everything
    assert (folder / SECRET).stat().st_mode & 0o777 == 0o600


def test_sightings_go_with_age_also_when_nobody_passes(two: Two) -> None:
    two.send(two.here.shown(7, "token", NOON_US))
    name = two.desk.read("SELECT code FROM sighting")[0][0]
    keep_us = two.desk.settings.codes.keep_days * 86_400_000_000
    heartbeat = {"gatepost-incarnation": "ab" * 16}
    two.desk.now_us += keep_us
    two.desk.post([], headers=heartbeat)
    assert two.desk.read("SELECT COUNT(*) FROM sighting") == [(1,)]
    two.desk.now_us += 1
    two.desk.post([], headers=heartbeat)
    assert two.desk.read("SELECT COUNT(*) FROM sighting") == [(0,)]
    folder = two.desk.store.path.parent
    two.desk.close()
    assert name not in (folder / FILE).read_bytes(), "what is forgotten is gone from the file, too"


def test_of_two_processes_that_start_together_the_first_ones_key_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = Store.open(tmp_path), Store.open(tmp_path)
    real, keys = secrets.token_bytes, []

    def meanwhile(count: int) -> bytes:
        monkeypatch.setattr(secrets, "token_bytes", real)
        keys.append(other.secret())
        return real(count)

    monkeypatch.setattr(secrets, "token_bytes", meanwhile)
    # What the other process wrote after this one had looked is what both go by.
    assert one.secret() == keys[0] == other.secret()
    one.close()
    other.close()


def test_the_key_is_made_once_and_a_damaged_one_is_replaced(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    first = store.secret()
    assert len(first) == 32
    assert store.secret() == first
    store.close()
    again = Store.open(tmp_path)
    assert again.secret() == first
    (tmp_path / SECRET).write_bytes(b"")
    replaced = again.secret()
    assert len(replaced) == 32
    assert replaced != first
    again.close()
    assert {path.name for path in tmp_path.iterdir()} == {FILE, SECRET}


@pytest.mark.system
@pytest.mark.parametrize(
    ("body", "personal"),
    [
        ({"passage": 1}, hidden(["x"])),
        ({"passage": 1, "evidence": "none"}, hidden(["x"])),
        ({"passage": 1, "evidence": [None, 3, {"t": "code"}]}, hidden(["x", "x", "x"])),
        ({"passage": 2**70, "evidence": [piece()]}, hidden(["x"])),
        ({"passage": True, "evidence": [piece()]}, hidden(["x"])),
        ({"passage": 1, "evidence": [piece(2**70)]}, hidden(["x"])),
        ({"passage": 1, "evidence": [piece(carrier=["china_health"])]}, hidden(["x"])),
        ({"passage": 1, "evidence": [piece(clock=["synced"])]}, {"evidence": ["x"]}),
        ({"passage": 1, "evidence": [piece()]}, {"evidence": {"0": ["x"]}}),
        ({"passage": 1, "evidence": [piece()]}, {"evidence": {"0": {"personal": ["x"]}}}),
        (
            {"passage": 1, "evidence": [piece()]},
            {"evidence": {"0": {"personal": {"code_digest": 3}}}},
        ),
        (
            {"passage": 1, "evidence": [piece()]},
            {"evidence": {"0": {"personal": {"code_digest": "张三" * 32}}}},
        ),
    ],
)
def test_whatever_a_gate_sends_is_stored_and_nothing_is_made_of_it(
    two: Two, body: dict[str, Any], personal: dict[str, Any]
) -> None:
    two.send(two.here.row("passage.decided", body, personal))
    assert two.desk.read("SELECT COUNT(*) FROM ledger WHERE rejected IS NULL") == [(1,)]
    assert two.desk.read("SELECT COUNT(*) FROM sighting") == [(0,)]
    two.desk.log_in()
    assert two.desk.client.get("/").status_code == 200


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(["evidence", "personal", "code_digest", "0"]), inner, max_size=3
            )
        ),
        max_leaves=10,
    )
)
def test_only_what_names_a_code_is_taken_out_of_what_a_gate_forwards(value: Any) -> None:
    if not isinstance(value, dict):
        value = {"evidence": value}
    slim = without_digests(value)
    assert without_digests(slim) == slim
    assert {name: one for name, one in slim.items() if name != "evidence"} == {
        name: one for name, one in value.items() if name != "evidence"
    }
    if isinstance(value.get("evidence"), dict):
        for kept in slim.get("evidence", {}).values():
            fields = kept.get("personal") if isinstance(kept, dict) else None
            assert not isinstance(fields, dict) or "code_digest" not in fields


shows = st.lists(
    st.tuples(
        st.integers(0, 2),  # gate
        st.integers(0, 1),  # code
        st.integers(0, 12).map(lambda n: NOON_US + n * MINUTE_US // 2),
    ),
    max_size=7,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(shows, st.randoms(use_true_random=False))
def test_what_is_told_does_not_depend_on_what_came_first(
    shown: list[tuple[int, int, int]], random: Any
) -> None:
    passages = [(number, *one) for number, one in enumerate(shown)]
    shuffled = list(passages)
    random.shuffle(shuffled)
    expected = {
        number: nearest(passages, (number, gate, code, at_us)) for number, gate, code, at_us in passages
    }
    found = taken(shuffled)
    assert found == {number: other for number, other in expected.items() if other is not None}


def nearest(passages: list[tuple[int, int, int, int]], one: tuple[int, int, int, int]) -> int | None:
    """The passage an alarm about this one names: the newest before it with its code at another gate."""
    number, gate, code, at_us = one
    earlier = [
        (other_at, other_gate, other)
        for other, other_gate, other_code, other_at in passages
        if other_code == code
        and other_gate != gate
        and (other_at, other_gate, other) < (at_us, gate, number)
        and at_us - other_at <= WITHIN_US
    ]
    return max(earlier)[2] if earlier else None


def taken(passages: list[tuple[int, int, int, int]]) -> dict[int, int]:
    """Which passage is told of with which other, after these were noted in this order."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        for _, text in migrations():
            connection.executescript(text)
        for gate in range(3):
            connection.execute(
                "INSERT INTO gate(id, name, token_sha256, added_us) VALUES(?,?,?,0)",
                (gate, f"g{gate}", bytes([gate])),
            )
            connection.execute(
                "INSERT INTO incarnation(id, gate_id, name, first_us) VALUES(?,?,?,0)",
                (gate, gate, f"{gate:032x}"),
            )
        for (number, gate, code, at_us), _ in itertools.product(passages, range(2)):
            event = parse_event(Sending(f"g{gate}", f"{gate:032x}").shown(number, f"c{code}", at_us))
            sightings.note(connection, Gate(gate, f"g{gate}"), gate, event, watch=WATCH, now_us=1)
        details = [json.loads(row[0]) for row in connection.execute("SELECT detail FROM alarm")]
        return {detail["passage"]: detail["elsewhere"]["passage"] for detail in details}
    finally:
        connection.close()


def test_a_district_that_does_not_compare_keeps_nothing_and_says_so(desk: Desk) -> None:
    off = Watch(secret=bytes(32), within_us=0, keep_us=1)
    event = parse_event(Sending(GATE).shown(1, "token", NOON_US))
    with desk.store.write() as connection:
        sightings.note(connection, Gate(1, GATE), 1, event, watch=off, now_us=1)
    assert desk.read("SELECT COUNT(*) FROM sighting") == [(0,)]


@pytest.mark.system
def test_one_code_shown_without_end_raises_a_bounded_number_of_alarms(two: Two) -> None:
    for first in (0, 150):
        two.send(*(two.here.shown(n, "token", NOON_US + n) for n in range(first, first + 150)))
    two.send(two.there.shown(1, "token", NOON_US - 1))
    assert len(two.told()) == 200
    two.desk.log_in()
    assert "只列出最新" not in two.desk.client.get("/").text
    two.send(two.there.shown(2, "token", NOON_US + 1000))
    page = two.desk.client.get("/").text
    assert '<span class="count">201</span>' in page
    assert "只列出最新 200 条" in page
