"""Why no code completed a step, and so which rung of the ladder may stand for one.

Pure. The rungs (a phone looked at, a document, paper) are the procedure's own; it says for which of these
failures each of them may stand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from edge.domain.acceptance import Judged
from edge.domain.conditions import Stated
from edge.domain.facts import Colour, Fact
from edge.domain.model import Code, CodeVerdict, Evidence
from edge.domain.statements import ANSWERED, ASKING, EDITION, SILENT, believed, words


class Failure(StrEnum):
    """What is known of a person's codes where they do not do."""

    NOTHING = "nothing"  # no code was shown that the step reads
    UNANSWERED = "unanswered"  # its platform says nothing: silent, down, failed, none configured
    REFUSED = "refused"  # a code was shown and is not good, or not good enough


# The platform's word is missing, and only its word: nothing was said against the code.
_NO_ANSWER = frozenset(
    {SILENT, "platform_down", "platform_garbled", "platform_failed", "no_platform", ASKING}
)


@dataclass(frozen=True, slots=True)
class Lack:
    """A failure, and the place in the evidence where the code it is about was first shown (-1: none).
    What was answered behind that and before `until`, for want of an answer about that code, goes on
    standing: its platform said nothing until then, and has since said that it is good."""

    failure: Failure = Failure.NOTHING
    first: int = -1
    until: int = -1


def lack(
    evidence: Sequence[Evidence],
    fitting: Sequence[tuple[int, Evidence, Code]],
    judged: Judged,
    edition: int = EDITION,
) -> Lack:
    """Return why the codes of a step do not do. `fitting` is the last word on each of its codes, in the
    order in which they were first shown, with the place where that was."""
    if judged.asks:
        return Lack()  # not known yet
    if fitting and any(map(_is_coloured, believed(evidence, edition))):
        return Lack(Failure.REFUSED, fitting[-1][0])
    newest_of = {code.carrier: (first, code) for first, _piece, code in fitting if code.carrier in ANSWERED}
    refused = [first for first, code in newest_of.values() if _is_refused(code)]
    if refused:  # the silence about one code makes good nothing that was said of another
        return Lack(Failure.REFUSED, max(refused))
    doubtful = [(first, code) for first, _piece, code in fitting if code.verdict is not CodeVerdict.VALID]
    if doubtful:
        first, newest = doubtful[-1]
        return Lack(Failure.REFUSED if _is_refused(newest) else Failure.UNANSWERED, first)
    if judged.shortfalls and not judged.waits and fitting:
        return Lack(Failure.REFUSED, fitting[-1][0])
    return _late(evidence, fitting[-1][2]) if fitting else Lack()


def _late(evidence: Sequence[Evidence], newest: Code) -> Lack:
    """Return the lack of nothing but more codes, with where there was no word about the newest until it
    turned out to be good: what was done for want of one is not undone by that."""
    said = words(evidence, newest)
    good = next((n for n, (_place, code) in enumerate(said) if code.verdict is CodeVerdict.VALID), 0)
    before, since = said[:good], said[good:]
    if all(code.reason == ASKING for _place, code in before) or any(
        _is_refused(code) for _place, code in said
    ):
        return Lack()
    return Lack(first=before[0][0], until=since[0][0])


def _is_refused(code: Code) -> bool:
    silent = code.verdict is CodeVerdict.UNVERIFIED and code.reason in _NO_ANSWER
    return code.verdict is not CodeVerdict.VALID and not silent


def _is_coloured(stated: Stated) -> bool:
    """Say whether a platform told of a colour that is not green, and has not taken it back."""
    if stated.carrier not in ANSWERED:
        return False
    said = (stated.says(Fact.COLOUR), stated.says(Fact.ITINERARY))
    return any(colour and colour != Colour.GREEN for colour in said)
