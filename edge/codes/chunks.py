"""Collects the pieces of a SMART Health Card that was split over several pictures: `shc:/1/3/...`.

A value per lane and no clock: what was collected, the payload and the time go in, what is collected
now comes out. Pieces do not say whose they are. They are taken for one card when they are read at
one lane, name the same total, each number once, the last at most TIMEOUT_US after the first; and
then only the signature over all of them says that they are: a mixture of two people's pieces joins to
a card that is refused. A piece that contradicts what is there starts over, with that piece. A card that
is complete stays so however long it is held up, until a piece of another comes. The lane drops what it
collected (EMPTY) when its passage ends.
"""

from typing import NamedTuple

from edge.codes.reasons import CodeReason
from edge.codes.shc import Piece, piece_of

TIMEOUT_US = 30_000_000
# As much as `edge.codes.read` looks at.
MAX_JOINED = 8192


class Collected(NamedTuple):
    """The pieces of one card so far: `digits` by number, since when, microseconds on one clock."""

    total: int = 0
    digits: tuple[bytes | None, ...] = ()
    since_us: int = 0

    @property
    def have(self) -> int:
        """How many pieces are there."""
        return sum(digits is not None for digits in self.digits)


class Added(NamedTuple):
    """What came of a payload: `whole` is to be read as a code, None while pieces are missing; then
    `reason` says so, and `have` of `total` pieces are there."""

    state: Collected
    whole: bytes | None
    reason: CodeReason | None
    have: int
    total: int


EMPTY = Collected()


def add(state: Collected, payload: bytes, now_us: int) -> Added:
    """Return what came of a payload at `now_us`, on a clock that does not jump.

    What is no well-formed piece is whole as it is; a whole card ends a collection. A piece read
    again changes nothing, and gives the whole again once it is complete.
    """
    piece = piece_of(payload)
    if piece is None:
        kept = EMPTY if payload.startswith(b"shc:/") else state
        return Added(kept, payload, None, 1, 1)
    is_partial = 0 < state.have < state.total
    if is_partial and not 0 <= now_us - state.since_us <= TIMEOUT_US:
        state, is_partial = EMPTY, False
    reason = None
    if not _fits(state, piece):
        # A new card after a complete one is no contradiction, and neither is the first piece of all.
        reason = CodeReason.CHUNKS_MIXED if is_partial else None
        state = Collected(piece.total, (None,) * piece.total, now_us)
    digits = (*state.digits[: piece.number - 1], piece.digits, *state.digits[piece.number :])
    if sum(len(each) for each in digits if each is not None) > MAX_JOINED - len(b"shc:/"):
        return Added(EMPTY, None, CodeReason.TOO_LARGE, 0, piece.total)
    state = state._replace(digits=digits)
    if state.have < state.total:
        return Added(state, None, reason or CodeReason.CHUNKS_MISSING, state.have, state.total)
    joined = b"".join(each for each in digits if each is not None)
    return Added(state, b"shc:/" + joined, None, state.have, state.total)


def _fits(state: Collected, piece: Piece) -> bool:
    if state.total != piece.total:
        return False
    there = state.digits[piece.number - 1]
    return there is None or there == piece.digits
