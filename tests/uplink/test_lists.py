"""Lists of the district: when a gate asks for one, what it takes, and what it tells."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pytest

from edge.domain.errors import ConfigError, Unreachable
from edge.uplink import Response
from edge.uplink.lists import AGAIN_S
from edge.uplink.ports import TimedOut
from tests.uplink.fakes import FakeUpstream, Gate

NAME = "trust-hc1"


class Shelf:
    """Keeps lists in memory: refuses what says `bad`, and cannot write while `full`."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[int, str]] = {}
        self.full = False

    def held(self) -> Mapping[str, int | None]:
        return {name: self.kept.get(name, (None, ""))[0] for name in (NAME, "trust-shc")}

    def take(self, name: str, version: int, content: str) -> Mapping[str, Any]:
        if "bad" in content:
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


def test_a_lower_version_is_not_asked_for(
    shelf: Shelf, upstream: FakeUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.kept[NAME] = (12, "twelve")
    contacts(Gate(upstream, lists=shelf), 6)
    assert upstream.asked == []
    assert caplog.text.count("--version 13 or more") == 1


def test_a_refused_list_is_told_once_also_after_a_restart_and_ends_with_the_next(
    shelf: Shelf, upstream: FakeUpstream
) -> None:
    upstream.lists[NAME] = (5, "bad")
    gate = Gate(upstream, lists=shelf)
    contacts(gate, 6)
    gate.restart()
    gate.clock.forward(10 * AGAIN_S)
    contacts(gate, 6)
    assert upstream.asked == [f"/lists/{NAME}?after=0"]
    assert told(gate) == [("list.refused", NAME, 5)]
    assert gate.journal.rows[0].body["why"] == f"{NAME}: bad"
    assert gate.uplink.status()["lists_refused"] == (f"{NAME} 5: {NAME}: bad",)
    assert gate.uplink.status()["state"] == "up"
    upstream.lists[NAME] = (6, "good")
    contacts(gate, 6)
    assert told(gate)[1:] == [("list.received", NAME, 6)]
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
    gate.clock.forward(AGAIN_S)
    contacts(gate, 3)
    assert told(gate) == [("list.received", NAME, 3)]


def test_a_card_without_space_refuses_nothing_for_good(shelf: Shelf, upstream: FakeUpstream) -> None:
    shelf.full = True
    gate = Gate(upstream, lists=shelf)
    contacts(gate, 4)
    assert (told(gate), len(upstream.asked)) == ([], 1)
    shelf.full = False
    gate.clock.forward(AGAIN_S)
    contacts(gate, 3)
    assert told(gate) == [("list.received", NAME, 3)]


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
    upstream.lists["trust-shc"] = (1, "one")
    gate = Gate(upstream, lists=shelf)
    before = gate.beats
    gate.turn()
    assert set(shelf.kept) == {NAME, "trust-shc"}
    assert gate.beats >= before + 4
