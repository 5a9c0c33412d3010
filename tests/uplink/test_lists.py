"""Lists of the district: when a gate asks for one, what it takes, and what it tells."""

import hashlib
import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.domain.errors import ConfigError, Unreachable
from edge.uplink import Response
from edge.uplink.lists import AGAIN_S, ENOUGH_S, LONGEST_S
from edge.uplink.lists import NAME as MEMORY
from edge.uplink.ports import TimedOut
from tests.uplink.fakes import FakeUpstream, Gate

NAME, OTHER = "trust-hc1", "trust-shc"


class Shelf:
    """Keeps lists in memory: refuses what says `bad`, and cannot write while `full`."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[int, str]] = {}
        self.full = False
        self.refuses = "bad"

    def held(self) -> Mapping[str, int | None]:
        return {name: self.kept.get(name, (None, ""))[0] for name in (NAME, OTHER)}

    def take(self, name: str, version: int, content: str) -> Mapping[str, Any]:
        if self.refuses in content:
            raise ConfigError([f"{name}: bad", "and more"])
        if self.full:
            raise OSError("no space")
        self.kept[name] = (version, content)
        return self.facts(name)

    def facts(self, name: str) -> Mapping[str, Any]:
        return {"kind": "trust", "as_of_us": 7, "count": len(self.kept[name][1]), "withdrawn": 0}


def told(gate: Gate) -> list[tuple[str, str, int]]:
    return [
        (row.kind, row.body["name"], row.body["version"])
        for row in gate.journal.rows
        if row.kind.startswith("list.")
    ]


def contacts(gate: Gate, count: int = 3) -> None:
    for _ in range(count):
        gate.turn()


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def upstream() -> FakeUpstream:
    return FakeUpstream(lists={NAME: (3, "three keys")})


def test_a_newer_list_is_fetched_once_and_its_row_goes_to_the_district(
    shelf: Shelf, upstream: FakeUpstream
) -> None:
    gate = Gate(upstream, lists=shelf)
    contacts(gate, 8)
    assert shelf.kept == {NAME: (3, "three keys")}
    assert upstream.asked == [f"/lists/{NAME}?after=0"]
    assert told(gate) == [("list.received", NAME, 3)]
    assert gate.journal.rows[-1].body == {
        "name": NAME,
        "version": 3,
        "kind": "trust",
        "as_of_us": 7,
        "count": 10,
        "withdrawn": 0,
        "sha256": hashlib.sha256(b"three keys").hexdigest(),
    }
    gate.drain()
    upstream.lists[NAME] = (4, "four")
    contacts(gate, 8)
    assert upstream.asked[1:] == [f"/lists/{NAME}?after=3"]
    assert shelf.kept[NAME] == (4, "four")


def test_a_list_this_gate_does_not_keep_is_never_asked_for(shelf: Shelf, upstream: FakeUpstream) -> None:
    upstream.lists = {"watch": (9, "names")}
    contacts(Gate(upstream, lists=shelf), 5)
    contacts(Gate(upstream), 5)
    assert upstream.asked == []


def test_a_district_that_lost_its_store_is_told_what_the_gate_holds_and_its_next_push_is_taken(
    shelf: Shelf, upstream: FakeUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.kept[NAME] = (9, "nine")
    upstream.lists[NAME] = (5, "five")
    gate = Gate(upstream, lists=shelf)
    contacts(gate, 6)
    gate.restart()
    contacts(gate, 6)
    assert upstream.asked == []
    assert told(gate) == [("list.received", NAME, 9), ("list.refused", NAME, 5)]
    assert "--version 10" in gate.journal.rows[1].body["why"]
    assert caplog.text.count("--version 10 or more") == 1
    (line,) = gate.uplink.status()["lists_refused"]
    assert line.startswith(f"{NAME} 5: this gate holds version 9")
    assert "请用 --version 10" in line
    upstream.lists[NAME] = (1_700_000_000, "pushed after the restore")
    contacts(gate, 6)
    assert shelf.kept[NAME] == (1_700_000_000, "pushed after the restore")
    assert told(gate)[2:] == [("list.received", NAME, 1_700_000_000)]
    assert "lists_refused" not in gate.uplink.status()


def test_a_district_that_has_its_store_again_ends_its_own_alarm(shelf: Shelf, upstream: FakeUpstream) -> None:
    shelf.kept[NAME] = (9, "nine")
    upstream.lists[NAME] = (5, "five")
    gate = Gate(upstream, lists=shelf)
    contacts(gate, 3)
    upstream.lists[NAME] = (9, "nine")
    contacts(gate, 6)
    assert [kind for kind, _, _ in told(gate)] == ["list.received", "list.refused", "list.received"]
    assert "lists_refused" not in gate.uplink.status()


def test_a_refused_list_is_tried_once_more_after_a_restart_told_once_and_ends_with_the_next(
    shelf: Shelf, upstream: FakeUpstream
) -> None:
    upstream.lists[NAME] = (5, "bad")
    gate = Gate(upstream, lists=shelf)
    for _ in range(5):
        contacts(gate, 6)
        gate.clock.forward(10 * LONGEST_S)
    assert upstream.asked == [f"/lists/{NAME}?after=0"]
    gate.restart()
    assert gate.uplink.status()["lists_refused"] == (f"{NAME} 5: {NAME}: bad",)
    contacts(gate, 6)
    assert len(upstream.asked) == 2
    assert told(gate) == [("list.refused", NAME, 5)]
    assert gate.journal.rows[0].body["why"] == f"{NAME}: bad"
    assert gate.uplink.status()["state"] == "up"
    upstream.lists[NAME] = (6, "good")
    contacts(gate, 6)
    assert told(gate)[1:] == [("list.received", NAME, 6)]
    assert "lists_refused" not in gate.uplink.status()


def test_what_was_wrong_at_the_gate_is_mended_by_a_restart(shelf: Shelf, upstream: FakeUpstream) -> None:
    upstream.lists[NAME] = (5, "bad until it is allowed")
    gate = Gate(upstream, lists=shelf)
    contacts(gate, 3)
    shelf.refuses = "nothing"
    gate.restart()
    contacts(gate, 6)
    assert told(gate) == [("list.refused", NAME, 5), ("list.received", NAME, 5)]


def test_a_refusal_that_an_earlier_release_remembered_is_not_written_down_again(
    shelf: Shelf, upstream: FakeUpstream
) -> None:
    upstream.lists[NAME] = (5, "bad")
    gate = Gate(upstream, lists=shelf)
    gate.state.put(MEMORY, {"told": {}, "refused": {NAME: {"version": 5, "why": f"{NAME}: bad"}}})
    gate.restart()
    contacts(gate, 6)
    assert (told(gate), len(upstream.asked)) == ([], 1)


def test_a_list_the_district_no_longer_names_is_no_trouble_any_more(
    shelf: Shelf, upstream: FakeUpstream
) -> None:
    upstream.lists[NAME] = (5, "bad")
    gate = Gate(upstream, lists=shelf)
    contacts(gate, 3)
    assert gate.uplink.status()["lists_refused"]
    upstream.lists = {}
    contacts(gate, 3)
    assert "lists_refused" not in gate.uplink.status()


@pytest.mark.parametrize(
    "fault",
    [
        TimedOut("slow"),
        Unreachable("gone"),
        Response(500),
        Response(429, {"retry-after": "9"}),
        Response(200, {}, b"<html>"),
        Response(200, {}, b"[" * 100_000),
        Response(200, {}, b"[]"),
        Response(200, {}, json.dumps({"name": NAME, "version": 3}).encode()),
        Response(
            200,
            {},
            json.dumps({"name": NAME, "version": 3, "content": "x", "sha256": "00", "pushed_us": 1}).encode(),
        ),
        Response(
            200,
            {},
            json.dumps(
                {"name": "trust-shc", "version": 3, "content": "", "sha256": hashlib.sha256(b"").hexdigest()}
            ).encode(),
        ),
    ],
)
def test_a_list_that_does_not_come_is_asked_for_later_and_the_rows_go_on(
    shelf: Shelf, upstream: FakeUpstream, fault: Response | Unreachable
) -> None:
    upstream.list_faults = [fault]
    gate = Gate(upstream, lists=shelf)
    gate.journal.fill(2)
    gate.drain()
    contacts(gate, 6)
    assert (len(upstream.asked), shelf.kept, told(gate)) == (1, {}, [])
    assert gate.uplink.status()["state"] == "up"
    (line,) = gate.uplink.status()["lists_refused"]
    assert line.startswith(f"{NAME} 3: has not come / 没有收到: ")
    gate.clock.forward(AGAIN_S)
    contacts(gate, 3)
    assert told(gate) == [("list.received", NAME, 3)]
    assert "lists_refused" not in gate.uplink.status()


def test_a_list_that_never_comes_is_in_the_journal_from_the_second_miss_and_asked_for_ever_less(
    shelf: Shelf, upstream: FakeUpstream
) -> None:
    upstream.list_faults = [TimedOut("slow")] * 100
    gate = Gate(upstream, lists=shelf, heartbeat_s=100.0)
    began_s, asked_at = gate.clock.mono_us / 1e6, []
    for _ in range(1_500):
        before = len(upstream.asked)
        gate.turn()
        if len(upstream.asked) > before:
            asked_at.append(gate.clock.mono_us / 1e6 - began_s)
    pauses = [later - earlier for earlier, later in pairwise(asked_at)]
    assert all(later > earlier * 1.5 for earlier, later in pairwise(pauses[:5]))
    assert all(AGAIN_S <= pause <= LONGEST_S + 200 for pause in pauses)
    assert pauses[-1] > LONGEST_S - 200
    assert told(gate) == [("list.refused", NAME, 3)]
    upstream.list_faults = []
    gate.clock.forward(LONGEST_S)
    contacts(gate, 3)
    assert told(gate)[1:] == [("list.received", NAME, 3)]


def test_a_newer_version_does_not_wait_out_the_pause_of_the_older(
    shelf: Shelf, upstream: FakeUpstream
) -> None:
    upstream.list_faults = [TimedOut("slow")] * 4
    gate = Gate(upstream, lists=shelf)
    for _ in range(4):
        contacts(gate, 3)
        gate.clock.forward(LONGEST_S)
    contacts(gate, 1)
    gate.clock.forward(AGAIN_S)
    shelf.kept.clear()
    upstream.lists[NAME] = (4, "four")
    contacts(gate, 3)
    assert shelf.kept[NAME] == (4, "four")


def test_after_one_failure_the_line_is_spared_for_all_lists_and_the_other_comes_first(
    shelf: Shelf, upstream: FakeUpstream
) -> None:
    upstream.lists[OTHER] = (1, "one")
    upstream.list_faults = [TimedOut("slow")]
    gate = Gate(upstream, lists=shelf)
    contacts(gate, 10)
    assert upstream.asked == [f"/lists/{NAME}?after=0"]
    gate.clock.forward(AGAIN_S)
    upstream.list_faults = []
    contacts(gate, 1)
    assert [path.split("?")[0] for path in upstream.asked[1:]] == [f"/lists/{OTHER}", f"/lists/{NAME}"]


def test_a_district_that_names_a_pause_is_left_alone_for_it(shelf: Shelf, upstream: FakeUpstream) -> None:
    upstream.list_faults = [Response(503, {"retry-after": "3000"})]
    upstream.lists[OTHER] = (1, "one")
    gate = Gate(upstream, lists=shelf)
    contacts(gate, 1)
    gate.clock.forward(2500)
    contacts(gate, 2)
    assert len(upstream.asked) == 1
    gate.clock.forward(600)
    contacts(gate, 2)
    assert len(upstream.asked) == 3


def test_rows_wait_for_one_slow_list_at_most(shelf: Shelf, upstream: FakeUpstream) -> None:
    upstream.lists[OTHER] = (1, "one")
    gate = Gate(upstream, lists=shelf)
    fetch = upstream.get

    def slowly(path: str) -> Response:
        gate.clock.forward(ENOUGH_S + 1)
        return fetch(path)

    upstream.get = slowly  # type: ignore[method-assign]
    gate.turn()
    assert len(upstream.asked) == 1
    contacts(gate, 3)
    assert set(shelf.kept) == {NAME, OTHER}


def test_a_card_without_space_is_told_and_refuses_nothing_for_good(
    shelf: Shelf, upstream: FakeUpstream
) -> None:
    shelf.full = True
    gate = Gate(upstream, lists=shelf)
    contacts(gate, 4)
    gate.clock.forward(AGAIN_S)
    contacts(gate, 4)
    assert (told(gate), len(upstream.asked)) == ([("list.refused", NAME, 3)], 2)
    assert gate.uplink.status()["lists_refused"] == (
        f"{NAME} 3: cannot be put in force now / 暂时不能启用: no space",
    )
    shelf.full = False
    gate.clock.forward(2 * AGAIN_S)
    contacts(gate, 3)
    assert told(gate)[1:] == [("list.received", NAME, 3)]
    assert "lists_refused" not in gate.uplink.status()


def test_a_list_is_in_force_soon_after_a_card_that_was_full_for_hours_has_space(
    shelf: Shelf, upstream: FakeUpstream
) -> None:
    shelf.full = True
    gate = Gate(upstream, lists=shelf)
    for _ in range(60):
        contacts(gate, 1)
        gate.clock.forward(AGAIN_S)
    shelf.full = False
    gate.clock.forward(AGAIN_S)
    contacts(gate, 1)
    assert shelf.kept[NAME][0] == 3


def test_a_list_that_cannot_be_written_keeps_no_other_out(shelf: Shelf, upstream: FakeUpstream) -> None:
    shelf.full = True
    upstream.lists[OTHER] = (1, "one")
    gate = Gate(upstream, lists=shelf)
    contacts(gate, 1)
    assert len(upstream.asked) == 2


def test_a_list_whose_row_was_lost_with_the_power_is_told_after_the_start(
    shelf: Shelf, upstream: FakeUpstream
) -> None:
    shelf.kept[NAME] = (3, "written, not told")
    gate = Gate(upstream, lists=shelf)
    contacts(gate, 6)
    gate.restart()
    contacts(gate, 6)
    assert told(gate) == [("list.received", NAME, 3)]
    assert upstream.asked == []


def test_the_heart_beats_before_every_list(shelf: Shelf, upstream: FakeUpstream) -> None:
    upstream.lists[OTHER] = (1, "one")
    gate = Gate(upstream, lists=shelf)
    before = gate.beats
    gate.turn()
    assert set(shelf.kept) == {NAME, OTHER}
    assert gate.beats >= before + 4


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["push", "lower", "fault", "full", "room", "bad", "restart", "gone"]),
            st.integers(1, 4),
        ),
        max_size=12,
    )
)
@settings(max_examples=40)
@example([("push", 3), ("push", 3), ("lower", 1), ("gone", 1), ("push", 1), ("lower", 2)])
@example([*[("push", 1)] * 5, ("push", 3), ("lower", 1), ("gone", 1), ("push", 1), ("lower", 2)])
@example([("push", 1), ("push", 2), ("lower", 1), ("fault", 1), ("push", 2), ("lower", 2)])
def test_whatever_happened_the_next_good_push_is_in_force_and_no_complaint_is_left(
    story: list[tuple[str, int]],
) -> None:
    shelf, upstream, version = Shelf(), FakeUpstream(), 0
    gate = Gate(upstream, lists=shelf)
    for what, count in story:
        version += what in ("push", "bad")
        match what:
            case "push" | "bad":
                upstream.lists[NAME] = (version, what)
            case "lower":
                upstream.lists[NAME] = (max(1, version - count), "lower")
            case "fault":
                upstream.list_faults += [TimedOut("slow")] * count
            case "full" | "room":
                shelf.full = what == "full"
            case "restart":
                gate.restart()
            case "gone":
                upstream.lists = {}
        contacts(gate, count)
    held = shelf.kept.get(NAME, (0, ""))[0]
    shelf.full, upstream.list_faults = False, []
    gate.clock.forward(LONGEST_S)
    upstream.lists[NAME] = (max(version, held) + 1, "the end")
    contacts(gate, 4)
    assert shelf.kept[NAME] == (max(version, held) + 1, "the end")
    assert told(gate)[-1] == ("list.received", NAME, max(version, held) + 1)
    assert "lists_refused" not in gate.uplink.status()
    rows = [(row.kind, row.body) for row in gate.journal.rows if row.kind.startswith("list.")]
    assert all(one != other for one, other in pairwise(rows))
