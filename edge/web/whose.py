"""Whose a passage is: whoever's own pass proves it or the register of people knows, and nobody where
anything says that there were two.

Personal fields are read and not kept. Digests are under a key of this process and name nobody. Never logs.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from edge.domain.identity import differ
from edge.domain.model import Carrier, CodeVerdict
from edge.registers import homes
from edge.registers.values import folded

Json = Mapping[str, Any]
_OF_TWO = frozenset({"second_identity", "other_person", "two_people"})
_COMPARED = ("name", "id_number")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is expected. `key` is a digest that holds within this process, `values` is what their
    pass can be looked up by; `registered`: known by the register of people, without a pass."""

    key: str
    name: str = ""
    room: str = ""
    values: frozenset[str] = frozenset()
    registered: bool = False


class Whose:
    """Tells people apart by the rows of passages; `categories` are those of the passes that count,
    `registered` those of the people whom the register knew."""

    def __init__(self, categories: Collection[str], registered: Collection[str]) -> None:
        self._categories, self._registered_as = categories, registered
        self._secret = secrets.token_bytes(32)

    def of(self, body: Json, opened: Json | None) -> tuple[Person | None, str | None]:
        """Return whose own pass proves who passed, or who the register of people found, and otherwise under
        which name and room somebody gave themselves. Nobody where anything says that there were two: whose
        the measurement is, is unknown."""
        if _OF_TWO.intersection(body.get("reasons", ())):
            return None, None
        hidden: Json = (opened or {}).get("evidence", {})
        pieces = [(piece, hidden.get(str(n)) or {}) for n, piece in enumerate(body.get("evidence", ()))]
        answers = {p["question"]: str(own.get("value", "")) for p, own in pieces if p.get("t") == "answer"}
        told = [_told_by(own) for piece, own in pieces if piece.get("t") == "code"]
        told = [one for one in (*told, _told_by({"personal": answers})) if one]
        if any(differ(one, other) for one, other in combinations(told, 2)):
            return None, None
        # Expired, revoked or not proven: it still was shown by somebody.
        shown = [(piece, own) for piece, own in pieces if _is_pass(piece) and own.get("holder")]
        proven = [(piece, own) for piece, own in shown if piece.get("verdict") == CodeVerdict.VALID]
        if proven and len({own["holder"] for _, own in shown}) == 1:
            known = [own for piece, own in proven if _category(piece) in self._categories]
            return (self._person(known[-1]) if len(known) == len(proven) else None), None
        known_as = [] if shown else [(piece, own) for piece, own in pieces if _is_found(piece)]
        if len({piece["entry"] for piece, _ in known_as}) == 1:
            piece, own = known_as[-1]
            alike = not any(differ(one, _told_by(own)) for one in told)
            is_ours = alike and piece.get("category") in self._registered_as
            return (self._registered(piece["entry"], own) if is_ours else None), None
        if proven or known_as or not answers.get("name"):
            return None, None
        return None, spelt(answers["name"], answers.get("room", ""))

    def _person(self, own: Json) -> Person:
        fields = own.get("personal") or {}
        name, room = str(fields.get("name", "")), str(fields.get("room", ""))
        values = frozenset({name, room, str(fields.get("pass_id", ""))} - {""})
        return Person(self._digest(f"holder {own['holder']}"), name, room, values)

    def _registered(self, entry: int, own: Json) -> Person:
        fields = own.get("personal") or {}
        name, room = str(fields.get("name", "")), str(fields.get("room", ""))
        values = frozenset(str(fields[each]) for each in ("name", "phone", "id_number") if fields.get(each))
        return Person(self.entry(entry), name, room, values, registered=True)

    def holder(self, pass_id: str) -> str:
        """Return what stands for whoever has this pass of the gate's own."""
        return self._digest(f"holder {Carrier.GATEPOST_PASS}:{pass_id}")

    def entry(self, number: int) -> str:
        """Return what stands for somebody in the register of people."""
        return self._digest(f"entry {number}")

    def called(self, spelling: str) -> str:
        """Return what stands for somebody who is known by name and room alone."""
        return self._digest(f"name {spelling}")

    def _digest(self, text: str) -> str:
        """Return what stands for a text as long as this process lives."""
        return hmac.digest(self._secret, text.encode(), hashlib.sha256).hex()


def by_name(people: Iterable[Person]) -> dict[str, str]:
    """Return people by name and room; who shares both with another is not told apart by them."""
    found: dict[str, str] = {}
    for person in people:
        called = spelt(person.name, person.room)
        found[called] = "" if called in found else person.key
    return {called: key for called, key in found.items() if key}


def spelt(name: str, room: str) -> str:
    """Return name and room in the one way in which they are compared, however they were written."""
    return "\n".join((folded(name), *homes.parts_told(room)))


def _is_pass(piece: Json) -> bool:
    return (piece.get("t"), piece.get("carrier")) == ("code", Carrier.GATEPOST_PASS)


def _is_found(piece: Json) -> bool:
    """Say whether the register of people found one person, and nothing was told otherwise than it says."""
    what = (piece.get("t"), piece.get("standing"), piece.get("register"))
    return what == ("known", "found", "people") and "entry" in piece and not piece.get("differs")


def _category(piece: Json) -> Any:
    return piece.get("subject", {}).get("category")


def _told_by(own: Json) -> dict[str, str]:
    """Return what a code says of whose it is. People have two telephones."""
    fields = own.get("personal") or {}
    return {name: str(fields[name]) for name in _COMPARED if fields.get(name)}
