"""`gatepost calibrate` against the pages of a real station, with people who step up when they are asked."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge.cli.calibrate import calibrate
from edge.cli.gate_client import Away, GateClient, Refused
from edge.cli.pairing import PATIENCE_S, Stopped, Walk
from edge.config import Text
from edge.domain.calibration import Pair, offset_of
from edge.domain.model import ClockQuality, Outcome
from tests.system.processes import free_port
from tests.web.fakes import World, device
from tests.web.test_calibration import BODY

pytestmark = pytest.mark.system


@dataclass
class People:
    """Ten people with their own temperature, one after the other, and what the attendant types.

    `typed` maps the number of a question to other answers than the temperature; `meanwhile` to what
    happens before it is answered; `steps_up` that of a person to what else is done than stepping up.
    """

    world: World
    typed: dict[int, str] = field(default_factory=dict)
    steps_up: dict[int, Callable[[], Any]] = field(default_factory=dict)
    meanwhile: dict[int, Callable[[], Any]] = field(default_factory=dict)
    judged: list[str] = field(default_factory=lambda: ["y"])
    said: list[Text] = field(default_factory=list)
    offset_c: float = 2.3
    surface_c: float = 0.0
    asked: int = 0
    people: int = 0
    wanted: bool = False

    def say(self, text: Text) -> None:
        self.said.append(text)
        self.wanted = self.wanted or text.en.startswith("Pair ")

    def pause(self, _seconds: float) -> None:
        if not self.wanted:
            return
        self.people += 1
        other = self.steps_up.pop(self.people, None)
        if other is not None:
            other()
            return
        self.wanted = False
        self.surface_c = round(34.1 + 0.05 * (self.people % 7), 2)
        self.world.step_up(self.surface_c)

    def ask(self, text: Text) -> str:
        if not text.en.startswith("Clinical"):
            return self.judged.pop(0)
        self.asked += 1
        self.meanwhile.pop(self.asked, lambda: None)()
        return self.typed.get(self.asked, f"{self.surface_c + self.offset_c:.2f}")

    def heard(self, words: str) -> int:
        return sum(words in text.en for text in self.said)


@pytest.fixture
def people(world: World) -> People:
    world.devices["in"].insert(0, device("thermometer", "gy614") | {"name": "meter"})
    return People(world)


def walk(address: str, people: People, role: str = "manager") -> Walk:
    gate = GateClient(address, people.world.tokens[role])
    return Walk(gate, "in", "meter", people.say, people.ask, people.pause)


def test_ten_people_give_the_offset_and_every_passage_ends_for_calibration(
    address: str, world: World, people: People
) -> None:
    pairs = walk(address, people).pairs()
    assert len(pairs) == 10
    assert offset_of(pairs)[0] == 2_300
    with world.journal.reader() as reader:
        rows = reader.rows_after(0, 99, {"passage.decided"})
    assert {(row.body["outcome"], row.body["chosen"]) for row in rows} == {("abandoned", "calibration")}
    assert len(rows) == 10
    assert people.heard("will add +2.30 °C; spread 0.00 °C") == 1


def test_a_pair_is_taken_again_and_a_slip_of_the_finger_is_asked_for_again(
    address: str, people: People
) -> None:
    people.typed = {1: "r", 2: "366", 3: "", 4: "３６．５℃", 6: "38.4", 8: "d"}
    pairs = walk(address, people).pairs()
    assert len(pairs) == 10
    assert pairs[0].reference_mdegc == 36_500
    assert people.people == 12, "two were measured again"
    assert people.heard("Type it in degrees") == 2
    assert people.heard("healthy people only") == 1
    assert people.heard("Pair 1 of 10") == 2


def test_a_pair_nobody_can_have_is_refused_at_once_with_what_to_do(address: str, people: People) -> None:
    people.steps_up = {3: lambda: people.world.step_up(28.9)}
    people.typed = {3: "37.5"}
    people.surface_c = 28.9
    pairs = walk(address, people).pairs()
    assert len(pairs) == 10
    assert people.heard("too far apart: check the distance") == 1


def test_pairs_that_disagree_are_not_written_and_some_can_be_measured_again(
    address: str, people: People
) -> None:
    people.typed = {2: "35.0", 5: "35.1", 8: "37.6"}
    people.judged = ["y", "2 5 8 99", "2, 5, 8", "4", "y"]
    pairs = walk(address, people).pairs()
    assert people.heard("The pairs disagree") == 1
    assert people.heard("will add") == 2, "also after one more was measured again of free will"
    assert offset_of(pairs) == (2_300, 0)
    assert people.people == 14


def test_a_visitor_who_passes_meanwhile_is_left_alone(address: str, world: World, people: People) -> None:
    def visitor() -> None:
        world.show_pass("张三")
        passage = world.step_up(35.0)
        people.steps_up[people.people + 1] = lambda: attend(passage)

    def attend(passage: int) -> None:
        assert world.gate.view("in")["passage"] == passage, "not ended by the walk"
        body = {"passage": passage, "command_id": "gone", "outcome": "refer", "reason": "other"}
        GateClient(address, world.tokens["attendant"]).post("/api/v1/lanes/in/decision", body)

    people.steps_up = {4: visitor}
    pairs = walk(address, people).pairs()
    assert people.heard("is passing and is left alone") == 1
    assert 35_000 not in {pair.surface_mdegc for pair in pairs}
    with world.journal.reader() as reader:
        ended = [row.body["outcome"] for row in reader.rows_after(0, 99, {"passage.decided"})]
    assert ended.count("abandoned") == 10
    assert ended.count("refer") == 1


def test_whoever_steps_up_while_a_value_is_typed_is_not_taken_for_the_next_person(
    address: str, world: World, people: People
) -> None:
    """The same person once more, or somebody who was not called: paired with another's clinical value."""
    people.meanwhile = {2: lambda: world.step_up(36.9), 5: lambda: world.step_up(32.0)}
    pairs = walk(address, people).pairs()
    assert {36_900, 32_000}.isdisjoint(pair.surface_mdegc for pair in pairs)
    assert offset_of(pairs) == (2_300, 0)
    assert world.gate.view("in")["passage"] is None
    with world.journal.reader() as reader:
        rows = reader.rows_after(0, 99, {"passage.decided"})
    assert [row.body["chosen"] for row in rows] == ["calibration"] * 12


def test_whoever_is_not_seen_is_told_to_step_away_and_up_again(address: str, people: People) -> None:
    passed = iter(range(0, 10_000, 5))
    people.steps_up = {number: lambda: None for number in range(1, 9)}
    slow = walk(address, people)
    slow.clock = lambda: float(next(passed))
    assert len(slow.pairs()) == 10
    assert people.heard("Nobody was measured yet") == 1


def test_whoever_is_in_the_lane_first_is_finished_first(address: str, world: World, people: People) -> None:
    passage = world.step_up(34.6)

    def finish(_seconds: float) -> None:
        if people.heard("finish that passage first") and world.gate.view("in")["passage"] == passage:
            body = {"passage": passage, "command_id": "x", "outcome": "turn_back", "reason": "other"}
            GateClient(address, world.tokens["attendant"]).post("/api/v1/lanes/in/decision", body)
        else:
            people.pause(_seconds)

    first = walk(address, people)
    first.pause = finish
    pairs = first.pairs()
    assert people.heard("finish that passage first") == 1
    assert len(pairs) == 10
    with world.journal.reader() as reader:
        assert reader.passage(passage)[-1].body["outcome"] == Outcome.TURN_BACK


def test_a_room_that_is_too_cold_gives_no_pair(address: str, world: World, people: People) -> None:
    people.steps_up = {1: lambda: world.step_up(34.0, ambient_c=9.0)}
    pairs = walk(address, people).pairs()
    assert people.heard("too hot or too cold here") == 1
    assert len(pairs) == 10


def test_somebody_may_stop_and_nothing_is_written(address: str, world: World, people: People) -> None:
    people.typed = {3: "Q"}
    with pytest.raises(Stopped, match="nothing was written"):
        walk(address, people).pairs()
    people = People(world, judged=["q"])
    with pytest.raises(Stopped, match="nothing was written"):
        walk(address, people).pairs()
    assert world.gate.view("in")["calibrations"] == []


class Canned:
    """A gate that gives one snapshot, or is away for a number of questions."""

    def __init__(self, away: int = 0, **measured: Any) -> None:
        self.away, self.measured, self.posts = away, measured, list[dict[str, Any]]()
        self.at_us = 0

    def get(self, _path: str) -> dict[str, Any]:
        self.away -= 1
        if self.away >= 0:
            raise Away("127.0.0.1:8080: refused")
        free = self.at_us == 0
        self.at_us += 1
        piece = {"device": "meter", "method": "infrared", "at_us": self.at_us, **self.measured}
        down = {"name": "meter", "state": "down" if self.at_us == 2 else "up"}
        view: dict[str, Any] = {"passage": None if free else 7, "last": None, "devices": [down]}
        return view | {"measured": [] if free else [piece], "pieces": 0 if free else 1}

    def post(self, _path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.posts.append(body)
        if len(self.posts) == 1:
            raise Refused(503, "too_slow", Text("busy", "busy"))
        raise Refused(409, "passage_not_open", Text("", ""))


def canned(gate: Canned, said: list[str], ask: Callable[[Text], str] = lambda _text: "q") -> Walk:
    passed = iter(range(10_000))
    return Walk(
        gate,  # type: ignore[arg-type]  # it answers as a client does
        "in",
        "meter",
        lambda text: said.append(text.en),
        ask,
        lambda _seconds: None,
        lambda: float(next(passed)),
    )


def test_an_array_is_not_calibrated_and_what_was_not_held_still_is_not_taken() -> None:
    with pytest.raises(Stopped, match="is an array"):
        canned(Canned(conversion="none:array", quality="ok", surface_mdegc=34_000), []).pairs()
    said: list[str] = []
    restless = Canned(conversion="none:uncalibrated", quality="unsteady", surface_mdegc=34_000)

    def until_told(seconds: float) -> None:
        if sum("Not held still" in sentence for sentence in said) == 3:
            restless.measured["quality"] = "ok"

    going = canned(restless, said)
    going.pause = until_told
    with pytest.raises(Stopped, match="nothing was written"):
        going.pairs()
    assert any("does not work; see the page" in sentence for sentence in said)
    commands = [post["command_id"] for post in restless.posts]
    assert commands[0] == commands[1], "a busy gate is asked again for the same"
    assert len(set(commands)) == 5, "each of them was ended, as far as it was still open"
    with pytest.raises(Stopped, match="body values only"):
        canned(Canned(conversion="vendor/1", quality="ok", surface_mdegc=None), []).pairs()


def test_a_gate_that_starts_again_is_waited_for_and_one_that_stays_away_is_not() -> None:
    said: list[str] = []
    there = {"conversion": "vendor/1", "quality": "ok", "surface_mdegc": 34_000}
    with pytest.raises(Stopped):
        canned(Canned(20, **there), said).pairs()
    assert said[0] == "The gate does not answer; waiting."
    assert said[1] != said[0], "said once for all twenty"
    assert any(sentence.startswith("Pair 1") for sentence in said)
    gone = Canned(10**6, **there)
    with pytest.raises(Away):
        canned(gone, said).pairs()
    assert 10**6 - gone.away <= PATIENCE_S + 2


# --- the command -----------------------------------------------------------------------------------


def run(address: str, token: str | None, *words: str, typed: str = "") -> Result:
    environ = {"GATEPOST_LANG": "en", "GATEPOST_TOKEN": token or ""}
    command = ["--url", address, "--lane", "in", *words]
    return CliRunner().invoke(calibrate, command, input=typed, env=environ, catch_exceptions=False)


def test_show_and_undo_ask_the_running_gate(address: str, world: World) -> None:
    boss = world.tokens["manager"]
    shown = run(address, boss, "--show")
    assert (shown.exit_code, shown.stdout) == (0, "")
    assert "thermometer: not calibrated" in shown.stderr
    GateClient(address, boss).post("/api/v1/lanes/in/calibration", BODY)
    shown = run(address, world.tokens["observer"], "--show", "--json")
    assert json.loads(shown.stdout)["offset_mdegc"] == 2_300
    assert re.match(r"thermometer  \+2\.30 °C .* holds$", run(address, boss, "--show").stdout.strip())
    undone = run(address, boss, "--undo", "--device", "thermometer", "--reason", "moved", "--json")
    assert undone.exit_code == 0
    assert json.loads(undone.stdout)["device"] == "thermometer"
    assert world.gate.view("in")["calibrations"] == []
    again = run(address, boss, "--undo", "--reason", "moved")
    assert (again.exit_code, again.stdout) == (2, "")
    assert "has no calibration" in again.stderr


@pytest.mark.parametrize(
    ("token", "words", "said"),
    [
        ("manager", ["--undo"], "--undo needs --reason"),
        ("manager", [], "--reference"),
        ("manager", ["--reference", "TH-1", "--device", "scanner"], "must be one of: thermometer"),
        ("attendant", ["--reference", "TH-1"], "manager's token"),
        ("attendant", ["--undo", "--reason", "x"], "manager's token"),
        (None, ["--show"], "log in"),
        ("manager", ["--show", "--lane", "north"], "no such lane"),
        ("manager", ["--show", "--url", "gate:8080"], "http://host:port"),
        ("manager", ["--show", "--url", "http://gate:99999"], "http://host:port"),
        ("manager", ["--show", "--url", "http://[::1"], "http://host:port"),
        ("manager", ["--reference", "x" * 101], "--reference: 1 to 100 characters"),
        ("manager", ["--reference", "TH-1", "--site", "fore\thead"], "--site: 1 to 100 characters"),
        ("manager", ["--undo", "--reason", " "], "--reason: 1 to 100 characters"),
    ],
)
def test_what_cannot_be_done_is_said_before_ten_people_are_called(
    address: str, world: World, token: str | None, words: list[str], said: str
) -> None:
    result = run(address, world.tokens[token] if token else "gp_nobody", *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--undo"], "撤销理由"),
        ([], "体温计型号"),
        (["--reference", "x" * 101], "1 至 100 个字"),
        (["--reference", "体温计", "--device", "额温"], "应为其中之一：thermometer"),
        (["--show", "--url", "门岗"], "主机:端口"),
    ],
)
def test_what_cannot_be_done_is_said_in_chinese_too(
    address: str, world: World, words: list[str], said: str
) -> None:
    environ = {"GATEPOST_LANG": "zh_Hans", "GATEPOST_TOKEN": world.tokens["manager"]}
    result = CliRunner().invoke(calibrate, ["--url", address, "--lane", "in", *words], env=environ)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


@pytest.mark.parametrize("token", ["令牌", "gp_a\ngp_b"])
def test_what_is_no_token_is_never_sent(address: str, token: str) -> None:
    result = run(address, token, "--show")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "that is no token" in result.stderr
    assert token not in result.output


@pytest.mark.parametrize(("typed", "status", "written"), [("y\n", 0, 2), ("n\n", 1, 1)])
def test_whoever_was_slower_than_another_operator_is_told_before_anything_is_replaced(
    *, address: str, world: World, monkeypatch: pytest.MonkeyPatch, typed: str, status: int, written: int
) -> None:
    boss = GateClient(address, world.tokens["manager"])

    def others_first(self: Walk) -> list[Pair]:
        boss.post("/api/v1/lanes/in/calibration", BODY)
        return [Pair(34_000 + 10 * n, 36_400 + 10 * n) for n in range(10)]

    monkeypatch.setattr(Walk, "pairs", others_first)
    result = run(address, world.tokens["manager"], "--reference", "TH-2", typed=typed)
    assert result.exit_code == status
    assert "Meanwhile boss has written down +2.30 °C" in result.stderr
    with world.journal.reader() as reader:
        assert len(reader.calibrations()) == written
    assert ("+2.40 °C" in result.stdout) == (status == 0)


def test_what_is_written_is_said_to_be_written_even_if_the_gate_is_gone_then(
    address: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Walk, "pairs", lambda _: [Pair(34_000 + 10 * n, 36_400 + 10 * n) for n in range(10)])
    ask, post = GateClient.get, GateClient.post

    def gone(*_args: object) -> dict[str, Any]:
        raise Away("127.0.0.1: gone")

    def last(self: GateClient, path: str, body: Any) -> dict[str, Any]:
        monkeypatch.setattr(GateClient, "get", gone)
        return post(self, path, body)

    monkeypatch.setattr(GateClient, "post", last)
    result = run(address, world.tokens["manager"], "--reference", "TH-2")
    assert result.exit_code == 0, result.stderr
    assert "written down (row" in result.stderr
    monkeypatch.setattr(GateClient, "get", ask)
    assert "+2.40 °C" in run(address, world.tokens["manager"], "--show").stdout


@pytest.mark.parametrize("typed", ["", "q"])
def test_a_clock_that_is_lost_meanwhile_does_not_cost_ten_peoples_time(
    address: str, world: World, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    def lost(_walk: Walk) -> list[Pair]:
        world.clock.quality = ClockQuality.RESTORED
        world.clock.move(-3 * 365 * 86_400)
        return [Pair(34_000 + 10 * n, 36_400 + 10 * n) for n in range(10)]

    def asked(text: Text) -> str:
        assert "try again" in text.en
        world.clock.move(3 * 365 * 86_400 - 7_200)  # and set, two hours behind what it was
        world.clock.quality = ClockQuality.MANUAL
        return typed

    monkeypatch.setattr(Walk, "pairs", lost)
    monkeypatch.setattr("edge.cli.calibrate._ask", asked)
    result = run(address, world.tokens["manager"], "--reference", "TH-2")
    assert result.exit_code == (1 if typed else 0)
    assert "Set or confirm the clock first" in result.stderr
    with world.journal.reader() as reader:
        found = reader.calibrations()
    assert [row.body["at_us"] // 1_000_000 - world.clock().at_us // 1_000_000 for row in found] in (
        [],
        [0],
        [-1],
    )
    assert len(found) == (0 if typed else 1)


def test_a_clock_nobody_believes_is_said_before_ten_people_are_called(address: str, world: World) -> None:
    world.clock.quality = ClockQuality.RESTORED
    result = run(address, world.tokens["manager"], "--reference", "TH-1")
    assert result.exit_code == 1
    assert "gatepost clock confirm" in result.stderr
    assert run(address, world.tokens["manager"], "--show").exit_code == 0


def test_without_a_token_it_is_asked_for_and_not_shown(address: str, world: World) -> None:
    result = run(address, None, "--show", typed=world.tokens["manager"] + "\n")
    assert result.exit_code == 0
    assert world.tokens["manager"] not in result.output


def test_a_gate_that_is_not_there_ends_with_6() -> None:
    result = run(f"http://127.0.0.1:{free_port()}", "gp_x", "--show")
    assert result.exit_code == 6
    assert "no gate answers" in result.stderr


def test_something_else_on_that_address_is_no_gate(address: str, world: World) -> None:
    result = run(f"{address}/static/favicon.svg?", "gp_x", "--show")
    assert result.exit_code in (2, 6)
    assert result.stdout == ""
