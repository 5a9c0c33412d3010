"""A health card split over several pictures, shown at a lane."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.events import Decide
from edge.domain.lane_state import ECHO_US
from edge.domain.model import Code, CodeVerdict, Instant, Outcome, Scan, Stage
from edge.messages import ScanArrived
from edge.station.pieces import MAX_KNOWN, Pieces
from tests.codes.shc_samples import pieces, read_card
from tests.codes.test_chunks import claims_of
from tests.station.rig import Rig


class CardRig(Rig):
    """A station that reads health cards."""

    def code(self, payload: bytes) -> Code:
        return read_card(payload) if payload.startswith(b"shc:/") else super().code(payload)

    def show_piece(self, payload: bytes) -> None:
        self.station.offer(ScanArrived("in", "camera", Scan(payload), self.now()))
        self.turn(0.5)

    def send_away(self) -> None:
        """The attendant sends whoever is in the lane back."""
        head = ("in", self.view()["passage"], f"c{self.seconds}", "door1", self.now())
        self.station._carry_out(Decide(*head, Outcome.TURN_BACK, "not_allowed"))

    @property
    def codes(self) -> list[Code]:
        active = self.station._states["in"].active
        assert active is not None
        return [piece.item for piece in active.evidence if isinstance(piece.item, Code)]


@pytest.fixture
def rig(tmp_path: Path) -> CardRig:
    return CardRig(tmp_path)


def test_pieces_shown_one_after_the_other_become_one_code(rig: CardRig) -> None:
    for piece in pieces(3):
        rig.show_piece(piece)
    assert [(code.verdict, code.reason, code.subject.get("pieces")) for code in rig.codes] == [
        (CodeVerdict.UNVERIFIED, "chunks_missing", "1/3"),
        (CodeVerdict.UNVERIFIED, "chunks_missing", "2/3"),
        (CodeVerdict.VALID, None, None),
    ]
    assert all(code.payload is None for code in rig.codes)


def test_a_missing_piece_is_waited_for_and_holds_nobody(rig: CardRig) -> None:
    rig.show_piece(pieces(2)[0])
    view = rig.station.view("in")
    assert view["stage"] == Stage.OPEN
    assert view["reasons"] == ["code_chunks"]


def test_the_next_person_does_not_finish_somebody_elses_card(rig: CardRig) -> None:
    first, second = pieces(2)
    rig.show_piece(first)
    rig.turn(95.0)  # nobody finishes: the passage ends
    rig.show_piece(second)
    assert [code.reason for code in rig.codes] == ["chunks_missing"]


def test_the_last_piece_still_held_up_opens_nothing_and_is_not_mixed_with_the_next_card(rig: CardRig) -> None:
    first, second = pieces(2)
    other = pieces(2, claims_of("Sample-Lorem"))
    rig.show_piece(first)
    rig.show_piece(second)
    passage = rig.view()["passage"]
    rig.send_away()
    for _ in range(8):  # a telephone that shows its pieces by turns, longer than an echo lasts
        rig.turn(2.0)
        rig.show_piece(second)
    assert rig.view()["passage"] is None
    rig.show_piece(other[0])
    assert rig.view()["passage"] not in (None, passage)
    rig.show_piece(second)
    rig.show_piece(other[1])
    assert [(code.verdict, code.reason) for code in rig.codes] == [
        (CodeVerdict.UNVERIFIED, "chunks_missing"),
        (CodeVerdict.VALID, None),
    ]
    assert rig.codes[-1].personal["name"] == "Ada Sample-Lorem"


def test_a_card_shown_again_after_a_while_is_a_new_try(rig: CardRig) -> None:
    for piece in pieces(2):
        rig.show_piece(piece)
    rig.send_away()
    rig.turn(ECHO_US / 1e6)
    for piece in pieces(2):
        rig.show_piece(piece)
    assert [code.reason for code in rig.codes] == ["chunks_missing", None]


def test_a_card_held_up_for_a_minute_stays_whole(rig: CardRig) -> None:
    first, second = pieces(2)
    rig.show_piece(first)
    rig.show_piece(second)
    for _ in range(12):
        rig.turn(4.0)
        rig.show_piece(second)
    assert {code.reason for code in rig.codes[1:]} == {None}


def test_pieces_of_two_people_in_one_passage_make_no_valid_card_and_do_not_keep_the_second_out(
    rig: CardRig,
) -> None:
    first, _second = pieces(2)
    other = pieces(2, claims_of("Sample-Lorem"))
    rig.show_piece(first)
    rig.show_piece(other[1])
    rig.turn(4.0)
    rig.show_piece(other[0])
    rig.turn(4.0)
    rig.show_piece(other[1])
    assert [code.verdict for code in rig.codes] == [
        CodeVerdict.UNVERIFIED,
        CodeVerdict.INVALID,
        CodeVerdict.UNVERIFIED,
        CodeVerdict.VALID,
    ]
    assert rig.codes[-1].personal["name"] == "Ada Sample-Lorem"


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 3_000_000)), max_size=200))
def test_a_telephone_that_shows_pieces_at_random_fills_no_memory(showings: list[tuple[int, int]]) -> None:
    joins, now_us = Pieces(), 0
    for number, wait_us in showings:
        now_us += wait_us
        joins.join("in", b"shc:/%d/32/56%02d" % (number % 32 + 1, number % 78), Instant(now_us, now_us))
        assert len(joins._lanes["in"].known) <= MAX_KNOWN
        if number % 50 == 0:
            joins.forget("in", Instant(now_us, now_us))
            assert len(joins._lanes["in"].gone) <= MAX_KNOWN
