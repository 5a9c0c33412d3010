"""Live updates over a real server: what they carry, where they resume, how they end."""

import time
from contextlib import ExitStack
from functools import partial
from itertools import islice

import pytest
from flask import Flask

from edge.domain.events import ReadingArrived
from edge.domain.model import Outcome, Reading
from edge.web import events
from edge.web.streams import MAX_STREAMS, Streams
from tests.waiting import until
from tests.web.conftest import served
from tests.web.fakes import World
from tests.web.listening import Listener
from tests.web.test_review import decide

pytestmark = pytest.mark.system


@pytest.fixture
def streams(app: Flask) -> Streams:
    found = app.extensions["gatepost"]
    assert isinstance(found, Streams)
    return found


def test_rows_come_after_the_commit_with_their_ids(world: World, address: str) -> None:
    with Listener(address, world.tokens["observer"]) as stream:
        hello = stream.next()
        assert hello is not None
        assert (hello.name, hello.id) == ("hello", f"{world.gate.incarnation()}:0")
        passage = decide(world, Outcome.TURN_BACK)
        row = stream.next("row")
        assert row is not None
        assert row.data["kind"] == "passage.decided"
        assert row.data["body"]["passage"] == passage
        assert row.id == f"{world.gate.incarnation()}:{row.data['seq']}"


def test_no_stream_carries_what_is_sealed(world: World, address: str) -> None:
    with Listener(address, world.tokens["observer"]) as stream:
        stream.next("hello")
        world.show_pass("张三")
        decide_open(world)
        row = stream.next("row")
        assert row is not None
        assert "张三" not in str(row.data)
        assert set(row.data) == {"seq", "kind", "lane", "at_us", "body"}


def decide_open(world: World) -> None:
    """End the open passage."""
    from edge.domain.events import Decide

    at = world.clock()
    command = Decide("in", world.last_passage(), f"d{at.mono_us}", "door", at, Outcome.TURN_BACK, "unwell")
    world.station.submit(command)


def test_a_stream_resumes_after_the_last_id_and_misses_nothing(world: World, address: str) -> None:
    token = world.tokens["manager"]
    made = [decide(world, Outcome.TURN_BACK) for _ in range(5)]
    with Listener(address, token, last_id=f"{world.gate.incarnation()}:0") as stream:
        first = [stream.next("row") for _ in range(2)]
    assert first[1] is not None
    made.append(decide(world, Outcome.TURN_BACK))
    with Listener(address, token, last_id=first[1].id) as stream:
        rest = [stream.next("row") for _ in range(4)]
    assert [row.data["body"]["passage"] for row in (*first, *rest) if row] == made


@pytest.mark.parametrize("last_id", ["0" * 32 + ":0", "{incarnation}:999", "nonsense", "{incarnation}:-1"])
def test_an_id_that_is_not_ours_resets_the_page(world: World, address: str, last_id: str) -> None:
    decide(world, Outcome.TURN_BACK)
    last_id = last_id.replace("{incarnation}", world.gate.incarnation())
    with Listener(address, world.tokens["manager"], last_id=last_id) as stream:
        event = stream.next()
        assert event is not None
        assert event.name == "reset"
        assert event.id == f"{world.gate.incarnation()}:1"


def test_a_kiosk_gets_snapshots_without_an_id_and_only_its_own_lane(world: World, address: str) -> None:
    with Listener(address, world.tokens["attendant"], lane="in") as stream:
        first = stream.next("lane")
        assert first is not None
        assert (first.id, first.data["stage"]) == (None, "idle")
        decide(world, Outcome.TURN_BACK, lane="out")
        passage = world.step_up(34.6)
        seen = stream.next("lane")
        while seen is not None and seen.data["stage"] != "open":
            seen = stream.next("lane")
        assert seen is not None
        assert seen.data["passage"] == passage
        decide_open(world)
        row = stream.next("row")
        assert row is not None
        assert (row.data["lane"], row.data["body"]["passage"]) == ("in", passage)


def test_a_kiosk_hears_the_gate_every_second(world: World, address: str) -> None:
    with Listener(address, world.tokens["attendant"], lane="in") as stream:
        stream.next("hello")
        began = time.monotonic()
        assert stream.next("beat") is not None
        assert stream.next("beat") is not None
        assert time.monotonic() - began < 20.0


def test_a_seventh_page_evicts_the_oldest_review_page_and_tells_it(
    world: World, address: str, streams: Streams
) -> None:
    with ExitStack() as stack:
        pages = [stack.enter_context(Listener(address, world.tokens["observer"])) for _ in range(MAX_STREAMS)]
        for page in pages:
            assert page.next("hello") is not None
        seventh = stack.enter_context(Listener(address, world.tokens["observer"]))
        assert seventh.status == 200
        told = pages[0].next("evicted", "row")
        assert told is not None
        assert told.name == "evicted"
        assert pages[0].next() is None
        assert len(streams) == MAX_STREAMS
        decide(world, Outcome.TURN_BACK)
        for page in (*pages[1:], seventh):
            assert page.next("row") is not None


def test_with_every_place_taken_a_page_still_answers_and_no_kiosk_is_evicted(
    world: World, address: str, streams: Streams
) -> None:
    import urllib3

    with ExitStack() as stack:
        kiosks = [
            stack.enter_context(Listener(address, world.tokens["attendant"], lane="in"))
            for _ in range(MAX_STREAMS)
        ]
        for kiosk in kiosks:
            assert kiosk.next("lane") is not None
        for lane in (None, "out"):
            refused = stack.enter_context(Listener(address, world.tokens["manager"], lane=lane))
            assert refused.status == 503
            assert refused.response.headers["Retry-After"]
        began = time.monotonic()
        with urllib3.PoolManager() as pool:
            answer = pool.request("GET", address + "/login", timeout=10.0)
        assert answer.status == 200
        assert time.monotonic() - began < 10.0
        for kiosk in kiosks:
            assert kiosk.next("beat") is not None
    until(lambda: len(streams) == 0, what="the places to be free again")


def test_a_page_that_went_away_gives_its_place_back(world: World, address: str, streams: Streams) -> None:
    for lane in ("in", None):
        stream = Listener(address, world.tokens["manager"], lane=lane)
        assert stream.next("hello") is not None
        assert len(streams) == 1
        stream.close()
        until(lambda: len(streams) == 0, what="the place to be free")


def test_asking_for_the_head_of_a_stream_takes_no_place(world: World, app: Flask, streams: Streams) -> None:
    answer = app.test_client().head("/events", headers={"authorization": f"Bearer {world.tokens['manager']}"})
    assert answer.status_code == 200
    assert len(streams) == 0


def test_a_stream_ends_by_itself_after_its_bytes_and_resumes(
    world: World, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MAX_BYTES", 4000)
    made = [decide(world, Outcome.TURN_BACK) for _ in range(12)]
    last_id, turns = f"{world.gate.incarnation()}:0", 0
    seen: list[int] = []
    while len(seen) < len(made) and turns < 20:
        turns += 1
        with Listener(address, world.tokens["manager"], last_id=last_id) as stream:
            while len(seen) < len(made) and (row := stream.next("row")) is not None:
                assert row.id is not None
                last_id = row.id
                seen.append(row.data["body"]["passage"])
    assert seen == made
    assert turns > 1


def test_a_stream_ends_by_itself_after_its_time(
    world: World, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MAX_S", 0.2)
    with Listener(address, world.tokens["attendant"], lane="in") as stream:
        names = [event.name for event in iter(stream.next, None)]
    assert names[:2] == ["hello", "lane"]


@pytest.mark.parametrize("lane", ["in", None])
def test_a_closed_account_loses_its_open_stream(world: World, address: str, lane: str | None) -> None:
    with Listener(address, world.tokens["manager"], lane=lane) as stream:
        stream.next("hello")
        world.users.set_enabled("boss", False)
        assert "row" not in names_to_the_end(stream)
    with Listener(address, world.tokens["manager"], lane=lane) as refused:
        assert refused.status == 401


def test_the_server_ends_cleanly_with_streams_open(world: World, app: Flask) -> None:
    server = served(app)
    with server as address, ExitStack() as stack:
        open_streams = [
            stack.enter_context(Listener(address, world.tokens["attendant"], lane=lane))
            for lane in ("in", "out", None)
        ]
        for stream in open_streams:
            assert stream.next("hello") is not None
        server.stop.set()
        server.thread.join(40)
        assert not server.thread.is_alive()
        assert all("row" not in names_to_the_end(stream) for stream in open_streams)


def names_to_the_end(stream: Listener) -> list[str]:
    """Read until the gate ends the stream; a stream that goes on fails after some events, one that
    falls silent by the time-out of its socket."""
    names = [event.name for event in islice(iter(stream.next, None), 30)]
    assert len(names) < 30
    return names


def drift(world: World, *celsius: float) -> None:
    """Move the live number, each time until the page could show it."""

    def shown(mdegc: int) -> bool:
        return bool(world.gate.view("in")["temperature"]["live_mdegc"] == mdegc)

    for value in celsius:
        mdegc = round(value * 1000)
        world.station.offer(ReadingArrived("in", "meter", Reading(mdegc, mdegc), world.clock()))
        until(partial(shown, mdegc), what="the number")


def test_a_number_that_moves_holds_back_nothing_else(
    world: World, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "LIVE_EVERY_S", 3600.0)
    with Listener(address, world.tokens["attendant"], lane="in") as stream:
        assert stream.next("lane") is not None
        drift(world, 21.0, 21.1, 21.2)
        world.show_pass("张三")
        seen = stream.next("lane", "live")
        assert seen is not None
        assert seen.name == "lane"  # none of the three numbers: their time has not come
        assert seen.data["passage"] == world.last_passage()


def test_the_number_that_was_held_back_last_comes_when_it_is_due(
    world: World, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "LIVE_EVERY_S", 0.05)
    with Listener(address, world.tokens["attendant"], lane="in") as stream:
        assert stream.next("lane") is not None
        drift(world, 21.0, 21.1, 21.2)
        came: list[int] = []
        while came[-1:] != [21_200]:
            event = stream.next("live", "lane")
            assert event is not None
            assert event.name == "live"
            came.append(event.data["live_mdegc"])
        assert came == sorted(set(came))  # each number at most once


def test_a_journal_that_begins_anew_changes_the_ids_and_resets_who_comes_back(
    world: World, address: str
) -> None:
    before = world.gate.incarnation()
    world.journal.renew("conflict", world.clock())
    assert world.gate.incarnation() != before
    with Listener(address, world.tokens["observer"], last_id=f"{before}:0") as stream:
        event = stream.next()
    assert event is not None
    assert event.name == "reset"
    assert str(event.id).startswith(world.gate.incarnation() + ":")
