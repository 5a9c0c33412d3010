"""Finds out which platform a payload or an ID number belongs to; every other payload is read offline."""

import re
from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from edge.codes.reasons import CodeReason
from edge.domain.errors import FormError
from edge.domain.facts import Fact
from edge.domain.given import document_number
from edge.domain.model import Carrier, Code, CodeVerdict, Evidence, Instant, Passage
from edge.platforms.answers import Route, digest, unanswered
from edge.platforms.backlog import BACKLOG_US

# What is worth asking again after a restart: the platform has said nothing of the code.
_OPEN = frozenset(
    {
        CodeReason.ASK_PLATFORM,
        CodeReason.PLATFORM_SILENT,
        CodeReason.PLATFORM_DOWN,
        CodeReason.SEEN_ELSEWHERE,
    },
)
# Whoever rested for longer is asked about as if they had come then: the backlog forgets what is older, and
# a gate takes its time to start.
_AGO_US = BACKLOG_US - 60_000_000

_ANY = frozenset(Carrier)
# Of the documents people carry, the one platforms can be asked by; its check digit is looked at besides.
_RESIDENT = re.compile(r"\d{17}[\dX]", re.ASCII)


class Asked(Protocol):
    """A platform, or nobody in its place."""

    route: Route

    def look(self, lane: str, device: str, payload: bytes, at: Instant) -> Code: ...
    def ask_number(self, lane: str, device: str, id_number: str, at: Instant) -> Code: ...
    def recall(
        self,
        lane: str,
        device: str,
        payload: bytes,
        asked_us: int,
        id_number: str | None = None,
        *,
        twice: bool = False,
    ) -> None: ...


class Nobody:
    """Codes that are recognised here, with nobody to ask what they mean."""

    def __init__(self, route: Route) -> None:
        self.route = route

    def look(self, lane: str, device: str, payload: bytes, at: Instant) -> Code:
        """Return that an attendant has to look at the phone."""
        return unanswered(self.route, payload, CodeReason.NO_PLATFORM)

    def ask_number(self, lane: str, device: str, id_number: str, at: Instant) -> Code:
        """Return that the paper has to be looked at."""
        return unanswered(self.route, b"", CodeReason.NO_PLATFORM, id_number=id_number)

    def recall(
        self,
        lane: str,
        device: str,
        payload: bytes,
        asked_us: int,
        id_number: str | None = None,
        *,
        twice: bool = False,
    ) -> None:
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

    def ask_number(
        self,
        lane: str,
        device: str,
        id_number: str,
        at: Instant,
        carriers: Collection[Carrier] = _ANY,
    ) -> Code | None:
        """Ask by the ID number of somebody who has no code of these kinds to show: the first platform that
        can be asked so. Return what is known now, as `read` does; None where nobody can be asked."""
        try:
            number = document_number(id_number)
        except FormError:
            return None
        if not _RESIDENT.fullmatch(number):
            return None  # another document's
        for platform in self._platforms:
            if platform.route.numbers and platform.route.carrier in carriers:
                return platform.ask_number(lane, device, number, at)
        return None

    def recall(self, passage: Passage, at: Instant) -> None:
        """Ask again about the codes of a passage that a platform had not answered for when the gate
        stopped. Their answers come as if they had come late."""
        open_codes: dict[str, tuple[Evidence, Code]] = {}
        for piece in passage.evidence:
            item = piece.item
            if not isinstance(item, Code) or not (key := item.personal.get("code_digest")):
                continue
            if _is_open(item) and _asked_by(item):
                open_codes[key] = (piece, item)
            else:
                open_codes.pop(key, None)
        for piece, code in open_codes.values():
            # Another boot has another monotonic clock; how long ago it was, the wall clocks say.
            asked_us = at.mono_us - min(max(0, at.at_us - piece.at.at_us), _AGO_US)
            payload, number = code.payload or b"", _number(code)
            twice = code.reason == CodeReason.SEEN_ELSEWHERE
            for platform in self._platforms:
                if _belongs(platform.route, code):
                    platform.recall(passage.lane, piece.source, payload, asked_us, number, twice=twice)
                    break


def _is_open(code: Code) -> bool:
    """Say whether a platform has not said its word of a code, also where an old one stood in for it."""
    if Fact.ANSWER_AGE_S in code.subject:
        return True
    return code.verdict is CodeVerdict.UNVERIFIED and code.reason in _OPEN


def _number(code: Code) -> str | None:
    """The ID number a platform was asked by, where no code was shown: an answer to a code may hold one."""
    number = code.personal.get("id_number")
    if code.payload is not None or number is None:
        return None
    return number if code.personal.get("code_digest") == digest(number.encode()) else None


def _asked_by(code: Code) -> bool:
    return code.payload is not None or _number(code) is not None


def _belongs(route: Route, code: Code) -> bool:
    if route.carrier is not code.carrier:
        return False
    if code.payload is None:
        return route.numbers and route.name == code.issuer
    return route.match.match(code.payload) is not None
