"""What every piece of evidence has."""

from edge.wire.body import Body


class Piece(Body):
    at_us: int
    mono_us: int
    clock: str
    source: str
