"""Joins codes that are split over several pictures, lane by lane, before anybody reads them."""

import hashlib

from edge.codes import chunks
from edge.codes.reasons import CodeReason
from edge.domain.facts import Fact
from edge.domain.model import Carrier, Code, CodeVerdict, Instant


class Pieces:
    """What was shown of split codes so far. For the station's thread alone."""

    def __init__(self) -> None:
        self._collected: dict[str, chunks.Collected] = {}

    def join(self, lane: str, payload: bytes, at: Instant) -> bytes | Code:
        """Return the payload to be read, or the code that stands for a piece while others are missing."""
        added = chunks.add(self._collected.get(lane, chunks.EMPTY), payload, at.mono_us)
        self._collected[lane] = added.state
        if added.whole is not None:
            return added.whole
        pending = added.reason in (CodeReason.CHUNKS_MISSING, CodeReason.CHUNKS_MIXED)
        return Code(
            carrier=Carrier.SHC,
            verdict=CodeVerdict.UNVERIFIED if pending else CodeVerdict.INVALID,
            reason=added.reason,
            subject={Fact.PIECES: f"{added.have}/{added.total}"},
            # A piece alone names nobody, and is not kept: the whole will be.
            personal={"code_digest": hashlib.sha256(payload).hexdigest()},
        )

    def forget(self, lane: str) -> None:
        """Drop what was collected: the passage has ended, the next pieces are somebody else's."""
        self._collected.pop(lane, None)
