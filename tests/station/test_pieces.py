"""A health card split over several pictures, shown at a lane."""

from pathlib import Path

import pytest

from edge.domain.model import Code, CodeVerdict, Scan, Stage
from edge.messages import ScanArrived
from tests.codes.shc_samples import pieces, read_card
from tests.station.rig import Rig


class CardRig(Rig):
    """A station that reads health cards."""

    def code(self, payload: bytes) -> Code:
        return read_card(payload) if payload.startswith(b"shc:/") else super().code(payload)

    def show_piece(self, payload: bytes) -> None:
        self.station.offer(ScanArrived("in", "camera", Scan(payload), self.now()))
        self.turn(0.5)

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
