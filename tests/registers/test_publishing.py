"""Publishing on a real journal: what is refused, what a start finds, and whose word counts."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge import acceptance, procedures
from edge.domain.errors import FormError
from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal, Row
from edge.messages import Follow
from edge.registers.book import Order
from edge.registers.checked_text import MOST_TEXT, FaultyText
from edge.registers.published import UNCHOSEN, choices
from edge.registers.publishing import Draft, Lane, Publishing, Site
from tests.domain.people import spec
from tests.paths import ROOT

COMPOUND = (procedures.SHIPPED / "compound.toml").read_text("utf-8")
R3 = (procedures.SHIPPED / "r3.toml").read_text("utf-8")
USUAL = acceptance.parse("usual", (ROOT / "config/acceptance/usual.toml").read_text("utf-8"))
DAY_US = 86_400_000_000
NOW = Instant(1, 1_790_000_000_000_000, ClockQuality.SYNCED)


@dataclass
class Desk:
    """A manager's desk at a gate of one lane."""

    journal: Journal
    now: Instant = NOW
    heard: list[Follow] = field(default_factory=list)
    orders: int = 0

    def __post_init__(self) -> None:
        self.publishing = self.started()

    def started(self) -> Publishing:
        lane = Lane(spec(), COMPOUND, "file", "compound")
        site = Site({"in": lane}, USUAL, ROOT / "config")
        return Publishing(site, self.journal, lambda: self.now, self.heard.append, lambda: None)

    def publish(self, text: str, name: str = "compound", **more: object) -> int:
        self.orders += 1
        made_from = {"in": self.publishing.of("in").newest}
        draft = replace(Draft(name, text, made_from, "order"), **more)  # type: ignore[arg-type]
        return self.publishing.publish(Order(f"order-{self.orders}", "boss"), draft).sequence

    def rows(self) -> int:
        with self.journal.reader() as reader:
            return reader.head()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Journal.open(tmp_path) as journal:
        journal.start_boot()
        yield Desk(journal)


def test_a_lane_hears_of_a_change_with_its_row_on_disk(desk: Desk) -> None:
    sequence = desk.publish(R3, "r3")
    (change,) = desk.heard
    assert (change.published, change.lanes, change.procedure.name) == (sequence, ("in",), "r3")
    assert desk.publishing.of("in").procedure == change.procedure


def test_the_same_command_does_nothing_twice_and_another_with_its_id_is_refused(desk: Desk) -> None:
    order, made_from = Order("the-order", "boss"), {"in": desk.publishing.of("in").newest}
    first = desk.publishing.publish(order, Draft("r3", R3, made_from, "order"))
    assert desk.publishing.publish(order, Draft("r3", R3, made_from, "order")) == first
    assert len(desk.heard) == 1
    with pytest.raises(FormError, match="id"):
        desk.publishing.publish(order, Draft("compound", COMPOUND, made_from, "order"))


def test_a_choice_and_a_plan_are_found_again_by_a_start(desk: Desk) -> None:
    desk.publish(R3, "r3")
    desk.publish(COMPOUND, from_us=desk.now.at_us + DAY_US)
    again = desk.started().of("in")
    with desk.journal.reader() as reader:
        found = choices(reader)["in"]
    assert found.now is not None
    assert found.planned is not None
    assert (found.now.name, found.planned.name) == ("r3", "compound")
    assert again.newest == found.planned.version


def test_a_plan_that_was_taken_up_after_a_newer_word_changes_nothing(desk: Desk) -> None:
    """The lane took the plan up while somebody published: the newer word counts, live and after a start."""
    planned = desk.publish(R3, "r3", from_us=desk.now.at_us + DAY_US)
    newer = desk.publish(COMPOUND.replace("测体温", "量体温"))
    version = desk.heard[0].procedure.version
    body = {"name": "r3", "version": version, "published": planned}
    desk.journal.append(Row("procedure.followed", desk.now, body, "in"))
    with desk.journal.reader() as reader:
        found = choices(reader).get("in", UNCHOSEN)
    assert found.now is not None
    assert (found.now.seq, found.planned) == (newer, None)


def test_back_to_the_file_is_a_row_of_its_own_and_no_choice_of_a_page(desk: Desk) -> None:
    desk.publish(R3, "r3")
    order = Order("back-again", "boss")
    desk.publishing.as_in_file(order, {"in": desk.publishing.of("in").newest}, "back")
    found = desk.publishing.of("in")
    assert (found.source, found.procedure.name, found.text) == ("file", "compound", COMPOUND)


def test_a_text_that_no_row_can_carry_is_refused(desk: Desk) -> None:
    with pytest.raises(FaultyText, match="longer"):
        desk.publish(COMPOUND + "#" * MOST_TEXT)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_text_with_any_fault_is_refused_with_its_faults_and_the_old_one_stays(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    chance = random.Random(seed)
    with Journal.open(tmp_path_factory.mktemp("j")) as journal:
        journal.start_boot()
        desk = Desk(journal)
        before, rows = desk.publishing.of("in"), desk.rows()
        text = spoilt(COMPOUND, chance)
        try:
            desk.publish(text)
        except FaultyText as error:
            refused = error.found
        else:
            assert desk.publishing.of("in").text == text
            return
        assert refused
        assert all(fault.place and fault.en and fault.zh for fault in refused)
        assert (desk.publishing.of("in"), desk.rows(), desk.heard) == (before, rows, [])


def spoilt(text: str, chance: random.Random) -> str:
    """Return a text as somebody in a hurry leaves it: lines gone, doubled or cut, words changed."""
    lines = text.splitlines()
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(lines))
        match chance.randrange(4):
            case 0:
                del lines[place]
            case 1:
                lines.insert(place, lines[chance.randrange(len(lines))])
            case 2:
                lines[place] = lines[place][: chance.randint(0, len(lines[place]))]
            case _:
                lines[place] = lines[place].replace("=", chance.choice(["==", "", "= 7 #"]), 1)
    return "\n".join(lines)
