"""Why no code completed a step, and so which rung of the ladder may stand for one.

Pure. The rungs (a phone looked at, a document, paper) are the procedure's own; it says for which of these
failures each of them may stand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from edge.domain.acceptance import Judged
from edge.domain.facts import Colour, Fact
from edge.domain.model import Code, CodeVerdict, Evidence
from edge.domain.statements import ANSWERED, ASKING, BELIEVED


class Failure(StrEnum):
    """What is known of a person's codes where they do not do."""

    NOTHING = "nothing"  # no code was shown that the step reads
    UNANSWERED = "unanswered"  # its platform says nothing: silent, down, failed, none configured
    REFUSED = "refused"  # a code was shown and is not good, or not good enough


# The platform's word is missing, and only its word: nothing was said against the code.
_NO_ANSWER = frozenset(
    {"platform_silent", "platform_down", "platform_garbled", "platform_failed", "no_platform", ASKING}
)


@dataclass(frozen=True, slots=True)
class Lack:
    """A failure, and the place in the evidence where the code it is about was first shown (-1: none)."""

    failure: Failure = Failure.NOTHING
    first: int = -1


def lack(evidence: Sequence[Evidence], fitting: Sequence[tuple[int, Evidence, Code]], judged: Judged) -> Lack:
    """Return why the codes of a step do not do. `fitting` is the last word on each of its codes, in the
    order in which they were first shown, with the place where that was."""
    if judged.asks:
        return Lack()  # not known yet
    if fitting and any(_is_coloured(piece) for piece in evidence):
        return Lack(Failure.REFUSED, fitting[-1][0])
    doubtful = [(first, code) for first, _piece, code in fitting if code.verdict is not CodeVerdict.VALID]
    if doubtful:
        first, newest = doubtful[-1]
        silent = newest.verdict is CodeVerdict.UNVERIFIED and newest.reason in _NO_ANSWER
        return Lack(Failure.UNANSWERED if silent else Failure.REFUSED, first)
    if judged.shortfalls and not judged.waits and fitting:
        return Lack(Failure.REFUSED, fitting[-1][0])
    return Lack()


def _is_coloured(piece: Evidence) -> bool:
    """Say whether a platform told of a colour that is not green."""
    code = piece.item
    if not isinstance(code, Code) or code.carrier not in ANSWERED or code.verdict not in BELIEVED:
        return False
    said = (code.subject.get(Fact.COLOUR), code.subject.get(Fact.ITINERARY))
    return any(colour and colour != Colour.GREEN for colour in said)
