"""Finds out which platform a payload belongs to; every other payload is read offline."""

from collections.abc import Callable, Sequence
from typing import Protocol

from edge.codes.reasons import CodeReason
from edge.domain.model import Carrier, Code, CodeVerdict, Evidence, Instant, Passage
from edge.platforms.answers import Route, unanswered
from edge.platforms.backlog import BACKLOG_US

# What is worth asking again after a restart: the platform has said nothing of the code.
_OPEN = frozenset(
    {CodeReason.ASK_PLATFORM, CodeReason.PLATFORM_SILENT, CodeReason.PLATFORM_DOWN},
)


class Asked(Protocol):
    """A platform, or nobody in its place."""

    route: Route

    def look(self, lane: str, device: str, payload: bytes, at: Instant) -> Code: ...
    def recall(self, lane: str, device: str, payload: bytes, asked_us: int) -> None: ...


class Nobody:
    """Codes that are recognised here, with nobody to ask what they mean."""

    def __init__(self, route: Route) -> None:
        self.route = route

    def look(self, lane: str, device: str, payload: bytes, at: Instant) -> Code:
        """Return that an attendant has to look at the phone."""
        return unanswered(self.route, payload, CodeReason.NO_PLATFORM)

    def recall(self, lane: str, device: str, payload: bytes, asked_us: int) -> None:
        """Nobody to ask."""


class Desk:
    """What the station reads codes with. `read` is called by the station's thread alone."""

    def __init__(self, read: Callable[[bytes, Instant], Code], platforms: Sequence[Asked] = ()) -> None:
        self._read = read
        self._platforms = tuple(platforms)

    def read(self, lane: str, device: str, payload: bytes, at: Instant) -> Code:
        """Return what is known of a payload now, without waiting. Where a platform has to be asked the
        code is `unverified` with reason `ask_platform`, and a `CodeAnswered` follows."""
        code = self._read(payload, at)
        if code.carrier is not Carrier.UNKNOWN:
            return code
        for platform in self._platforms:
            if platform.route.match.match(payload):
                return platform.look(lane, device, payload, at)
        return code

    def recall(self, passage: Passage, at: Instant) -> None:
        """Ask again about the codes of a passage that a platform had not answered for when the gate
        stopped. Their answers come as if they had come late."""
        open_codes: dict[str, tuple[Evidence, Code]] = {}
        for piece in passage.evidence:
            item = piece.item
            if not isinstance(item, Code) or not (key := item.personal.get("code_digest")):
                continue
            if item.verdict is CodeVerdict.UNVERIFIED and item.reason in _OPEN and item.payload is not None:
                open_codes[key] = (piece, item)
            else:
                open_codes.pop(key, None)
        for piece, code in open_codes.values():
            # Another boot has another monotonic clock; how long ago it was, the wall clocks say.
            ago_us = min(max(0, at.at_us - piece.at.at_us), BACKLOG_US)
            for platform in self._platforms:
                payload = code.payload or b""
                if platform.route.carrier is code.carrier and platform.route.match.match(payload):
                    platform.recall(passage.lane, piece.source, payload, at.mono_us - ago_us)
                    break
