"""What an identity card laid on a reader answers, and what is said of one that answers nothing.

Pure. A card is never a decision: it answers questions the procedure asks, and what it says beyond them
is not kept.
"""

from collections.abc import Sequence

from edge.domain.errors import FormError
from edge.domain.events import CardRead
from edge.domain.given import checked
from edge.domain.model import Answer, Evidence
from edge.domain.procedure import Procedure

NOTICE_US = 20_000_000
# What tells two people apart, the surest first.
_WHO = ("id_number", "name")


def laid(
    procedure: Procedure, given: Sequence[Evidence], gone: Sequence[Evidence], event: CardRead
) -> tuple[tuple[Evidence, ...], str]:
    """Return what the card answers and, where that is nothing, a code for the attendant to be told.

    `given` is the evidence of the open passage, `gone` that of one that ended just now: its card is
    often still lying there. A second person's card is not mixed into the first one's passage.
    """
    if not event.fields:
        return (), f"card_{event.unread or 'unread'}"
    asked = [(name, text) for name, text in event.fields if _fits(procedure, name, text)]
    if not asked:
        return (), "card_unasked"
    if _is_another(given, dict(asked)):
        return (), "card_second"
    answered = {(p.item.question, p.item.value) for p in (*given, *gone) if isinstance(p.item, Answer)}
    pieces = tuple(
        Evidence(event.at, event.device, Answer(name, text, event.device, personal=True))
        for name, text in asked
        if (name, text) not in answered
    )
    return pieces, ""


def _fits(procedure: Procedure, name: str, text: str) -> bool:
    """Say whether the procedure asks this and takes the card's words for an answer."""
    question = procedure.question(name)
    try:
        return question is not None and bool(checked(question, text))
    except FormError:
        return False


def _is_another(given: Sequence[Evidence], fields: dict[str, str]) -> bool:
    """Say whether a card of somebody else has answered in this passage before."""
    before = {
        p.item.question: p.item.value for p in given if isinstance(p.item, Answer) and p.source == p.item.by
    }
    for name in _WHO:
        if name in before and name in fields:
            return before[name] != fields[name]
    return False
