"""Joins codes that are split over several pictures, lane by lane, before anybody reads them."""

import hashlib
from dataclasses import dataclass, field

from edge.codes import chunks
from edge.codes.reasons import CodeReason
from edge.codes.shc import piece_of
from edge.domain.facts import Fact
from edge.domain.lane_state import ECHO_US, HELD_UP_US
from edge.domain.model import Carrier, Code, CodeVerdict, Instant

# A card has 32 at most; a telephone that shows one after the other at random fills nothing up.
MAX_KNOWN = 128


@dataclass(slots=True)
class _Lane:
    """What one lane has seen: the pieces of one card, the digests of every piece of the passage, and those
    of the passage before, which count for nothing until `until_us`."""

    collected: chunks.Collected = chunks.EMPTY
    known: dict[str, None] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    until_us: int = 0


class Pieces:
    """What was shown of split codes so far. For the station's thread alone."""

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}

    def join(self, lane: str, payload: bytes, at: Instant) -> bytes | Code | None:
        """Return the payload to be read, the code that stands for a piece while others are missing, or
        None for a piece that the person before still holds up."""
        seen = self._lanes.setdefault(lane, _Lane())
        digest = hashlib.sha256(payload).hexdigest()
        if piece_of(payload) is not None:
            if digest in seen.gone and at.mono_us < seen.until_us:
                seen.until_us = max(seen.until_us, at.mono_us + HELD_UP_US)
                return None
            seen.known[digest] = None
            while len(seen.known) > MAX_KNOWN:
                del seen.known[next(iter(seen.known))]
        added = chunks.add(seen.collected, payload, at.mono_us)
        seen.collected = added.state
        if added.whole is not None:
            return added.whole
        pending = added.reason in (CodeReason.CHUNKS_MISSING, CodeReason.CHUNKS_MIXED)
        return Code(
            carrier=Carrier.SHC,
            verdict=CodeVerdict.UNVERIFIED if pending else CodeVerdict.INVALID,
            reason=added.reason,
            subject={Fact.PIECES: f"{added.have}/{added.total}"},
            # A piece alone names nobody, and is not kept: the whole will be.
            personal={"code_digest": digest},
        )

    def forget(self, lane: str, at: Instant) -> None:
        """Drop what was collected: the passage has ended, the next pieces are somebody else's. Those that
        are still held up are known for a while."""
        known = self._lanes.get(lane, _Lane()).known
        self._lanes[lane] = _Lane(gone=frozenset(known), until_us=at.mono_us + ECHO_US)
