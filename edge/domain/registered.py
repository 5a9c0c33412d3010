"""What the evidence of a passage says of who the registers know. Pure."""

from collections.abc import Sequence

from edge.domain.access import DIFFERS, FACE, PURPOSE
from edge.domain.known import Known
from edge.domain.model import Answer, Evidence


def newest(evidence: Sequence[Evidence]) -> tuple[Known, ...]:
    """Return the newest word on everybody a passage named: a person who was found once stays found, and is
    asked about again by number; what was not found is superseded by what was given in its place."""
    said: dict[tuple[str, str, int], Known] = {}
    for piece in evidence:
        item = piece.item
        if isinstance(item, Known):
            key = (item.register, "", item.entry) if item.entry is not None else ("", item.by, 0)
            if item.found:  # whoever was one of several, or misspelt, is this one now
                for by in (item.by, "phone_tail", "name", "phone", "plate"):
                    said.pop(("", by, 0), None)
            said.pop(key, None)
            said[key] = item
    return tuple(said.values())


def person(evidence: Sequence[Evidence]) -> Known | None:
    """Return what is known of the person, the newest word; None where nobody of the register was named."""
    found = [one for one in newest(evidence) if one.found and one.register == "people"]
    return found[-1] if found else None


def purpose_of(evidence: Sequence[Evidence]) -> str:
    """Return what somebody said they come or go for, "" where nobody was asked."""
    return _said(evidence, PURPOSE)


def face_differs(evidence: Sequence[Evidence]) -> bool:
    """Say whether the attendant found, at last, that it is not the person on the photograph."""
    return _said(evidence, FACE) == DIFFERS


def is_known(evidence: Sequence[Evidence]) -> bool:
    """Say whether the registers know this one person, and nothing told contradicts them."""
    if face_differs(evidence):
        return False
    people = [one for one in newest(evidence) if one.register == "people"]
    return len([one for one in people if one.found]) == 1 and not any(one.differs for one in people)


def _said(evidence: Sequence[Evidence], question: str) -> str:
    said = [p.item.value for p in evidence if isinstance(p.item, Answer) and p.item.question == question]
    return said[-1] if said else ""
