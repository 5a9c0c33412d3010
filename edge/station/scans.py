"""What a scanner read, as an event of its lane: pieces joined, ID cards told apart, platforms asked.

The station's thread alone uses it.
"""

from collections.abc import Iterable
from dataclasses import asdict, replace

from edge.codes import id_card, mask_seen
from edge.domain.events import CardRead, CodeRead, MaskSeen
from edge.domain.given import numbers
from edge.domain.lane_state import LaneSpec, LaneState
from edge.domain.model import Code, Instant
from edge.messages import ScanArrived
from edge.station.pieces import Pieces
from edge.station.surroundings import Surroundings


class Scans:
    """Reads what came from scanners, and ID numbers that stand in place of a code."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._pieces = Pieces()

    def event(
        self, spec: LaneSpec, state: LaneState, message: ScanArrived
    ) -> CardRead | CodeRead | MaskSeen | None:
        """Return what a lane is told; None while pieces of a code are missing."""
        scan = message.scan
        if scan.symbology == mask_seen.SYMBOLOGY:
            told = mask_seen.read(scan.payload)
            return (
                None
                if told is None
                else MaskSeen(message.lane, message.device, **asdict(told), at=message.at)
            )
        if scan.symbology == id_card.SYMBOLOGY:
            card, unread = id_card.fields(scan.payload), id_card.unread(scan.payload)
            found = self.of_numbers(spec, state, message.device, card, message.at)
            return CardRead(message.lane, message.device, card, message.at, unread, found)
        code = self._read(message)
        if code is None:
            return None
        code = replace(code, symbology=scan.symbology, decoder=scan.decoder)
        return CodeRead(message.lane, message.device, code, message.at)

    def of_numbers(
        self, spec: LaneSpec, state: LaneState, device: str, answers: Iterable[tuple[str, str]], at: Instant
    ) -> tuple[Code, ...]:
        """Ask platforms about the ID numbers somebody gives in place of a code."""
        asked = (
            self._around.ask_number(spec.name, device, number, at, carriers)
            for number, carriers in numbers(spec.of(state.active), answers)
        )
        return tuple(code for code in asked if code is not None)

    def forget(self, lane: str, now: Instant) -> None:
        """Forget the pieces of whoever has left the lane."""
        self._pieces.forget(lane, now)

    def _read(self, message: ScanArrived) -> Code | None:
        whole = self._pieces.join(message.lane, message.scan.payload, message.at)
        if not isinstance(whole, bytes):
            return whole
        return self._around.read_code(message.lane, message.device, whole, message.at)
