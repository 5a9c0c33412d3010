"""Which codes of a passage speak for a person, and which can be believed against them.

Pure. A platform answers anew each time, and late: its words reach a passage long after the code they are
about, so codes count in the order in which they were first shown and not in that of the answers.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from edge.domain.conditions import Stated
from edge.domain.facts import Fact
from edge.domain.model import Carrier, Code, CodeVerdict, Evidence, Instant

# How codes are judged, as a number that a procedure's version carries: journals stay decided as they were.
# 1: NZCP was good by being proven; the newest word of a platform counted, also a late one about an older
# code; nobody's card was compared with a code; a young recovery was no positive result; names in two
# scripts and numbers of two kinds were two people's; another code that is not good held while a platform
# was being asked.
EDITION = 2
# Codes that state something about health: proven is not yet enough. Others are good when proven.
HEALTH = frozenset(
    {
        Carrier.HC1,
        Carrier.SHC,
        Carrier.NZCP,
        Carrier.VDS_NC,
        Carrier.DIVOC,
        Carrier.CHINA_HEALTH,
        Carrier.CHINA_ITINERARY,
    }
)
# A platform answers anew each time: only the newest code speaks for somebody, an old green is no green.
ANSWERED = frozenset({Carrier.CHINA_HEALTH, Carrier.CHINA_ITINERARY})
# The reason of a code while its platform is being asked.
ASKING = "ask_platform"
SILENT = "platform_silent"  # of one that did not answer in time
ASKED_US = 15_000_000  # the longest time-out there is, and some more
# Signed, or told by the platform itself. A withdrawn certificate may be a laboratory's mistake.
BELIEVED = frozenset(
    {CodeVerdict.VALID, CodeVerdict.EXPIRED, CodeVerdict.NOT_YET_VALID, CodeVerdict.UNVERIFIED}
)
_HEALTH_1 = HEALTH - {Carrier.NZCP}


def health_of(edition: int) -> frozenset[Carrier]:
    """Return the carriers that are not good by being proven alone."""
    return HEALTH if edition > 1 else _HEALTH_1


def last_words(
    evidence: Sequence[Evidence], carriers: Collection[Carrier]
) -> list[tuple[int, Evidence, Code]]:
    """Return what was said last of each code of these carriers, in the order in which they were first shown,
    and where in the evidence that was."""
    found: dict[tuple[Carrier, str], tuple[int, Evidence, Code]] = {}
    for index, piece in enumerate(evidence):
        code = piece.item
        if isinstance(code, Code) and code.carrier in carriers:
            key = (code.carrier, _key(code) or f"#{index}")
            first = found[key][0] if key in found else index
            found[key] = (first, piece, code)  # what a dictionary held first keeps its place
    return list(found.values())


def good(evidence: Sequence[Evidence], carriers: Collection[Carrier], edition: int) -> list[Stated]:
    """Return what speaks for the person: valid codes, and of those a platform answers for the newest."""
    if edition == 1:
        return _good_1(evidence, carriers)
    found = [
        Stated.of(piece, code)
        for piece, code in _health_codes(evidence, edition)
        if code.carrier in carriers and code.carrier not in ANSWERED and code.verdict is CodeVerdict.VALID
    ]
    newest = {code.carrier: (piece, code) for _first, piece, code in last_words(evidence, ANSWERED)}
    found += [
        Stated.of(piece, code)
        for carrier, (piece, code) in newest.items()
        if carrier in carriers and code.verdict is CodeVerdict.VALID
    ]
    return found


def believed(evidence: Sequence[Evidence], edition: int) -> list[Stated]:
    """Return all that can be believed: what speaks against the person counts from any of it."""
    found: list[tuple[Evidence, Stated]] = []
    places: dict[str | None, int] = {}
    for index, (piece, code) in enumerate(_health_codes(evidence, edition)):
        place = places.setdefault(_key(code), index)
        if code.verdict not in BELIEVED:
            continue
        # Only a valid answer about the same person takes an earlier one back, not one to another code, nor
        # one about a code that was shown before.
        if code.carrier in ANSWERED and code.verdict is CodeVerdict.VALID and code.holder is not None:
            found = [
                (earlier, one)
                for earlier, one in found
                if (one.carrier, one.code.holder) != (code.carrier, code.holder)
                or (edition > 1 and (place < places[_key(one.code)] or _is_older(piece, code, earlier)))
            ]
        found.append((piece, Stated.of(piece, code)))
    return [stated for _piece, stated in found]


def words(evidence: Sequence[Evidence], about: Code) -> list[tuple[int, Code]]:
    """Return all that was said of a code, in the order in which it came, and where in the evidence."""
    return [
        (index, piece.item)
        for index, piece in enumerate(evidence)
        if isinstance(piece.item, Code)
        and (piece.item.carrier, _key(piece.item)) == (about.carrier, _key(about))
    ]


def is_asking(evidence: Sequence[Evidence], carriers: Collection[Carrier], edition: int = EDITION) -> bool:
    """Say whether a platform is being asked about a code that was shown: it may be the red one.

    An answer that has not come long after its time never will (the gate was restarted, or the word was
    lost); what comes later is evidence then, and nobody waits for it.
    """
    if edition == 1:
        return _is_asking_1(evidence, carriers)
    # What comes from two devices is not always stamped in the order in which it arrives.
    return any(
        abs(evidence[-1].at.mono_us - piece.at.mono_us) <= ASKED_US
        for piece, _code in _asked(evidence, ANSWERED.intersection(carriers))
    )


def given_up(evidence: Sequence[Evidence], at: Instant) -> list[Evidence]:
    """Return a word for each code whose platform was asked so long ago that its answer must have been lost,
    or before the machine was started anew: that it is silent."""
    return [
        Evidence(at, piece.source, replace(code, reason=SILENT))
        for piece, code in _asked(evidence, frozenset(Carrier))
        if abs(at.mono_us - piece.at.mono_us) > ASKED_US
    ]


def _asked(evidence: Sequence[Evidence], carriers: Collection[Carrier]) -> list[tuple[Evidence, Code]]:
    return [
        (piece, code)
        for _first, piece, code in last_words(evidence, carriers)
        if code.verdict is CodeVerdict.UNVERIFIED and code.reason == ASKING and _key(code) is not None
    ]


def _good_1(evidence: Sequence[Evidence], carriers: Collection[Carrier]) -> list[Stated]:
    found: list[Stated] = []
    for piece, code in _health_codes(evidence, 1):
        if code.carrier not in carriers:
            continue
        if code.carrier in ANSWERED:
            found = [one for one in found if one.carrier is not code.carrier]
        if code.verdict is CodeVerdict.VALID:
            found.append(Stated.of(piece, code))
    return found


def _is_asking_1(evidence: Sequence[Evidence], carriers: Collection[Carrier]) -> bool:
    asked: dict[str, bool] = {}
    for piece, code in _health_codes(evidence, 1):
        key = _key(code)
        if code.carrier in ANSWERED and code.carrier in carriers and key is not None:
            asks = code.verdict is CodeVerdict.UNVERIFIED and code.reason == ASKING
            asked[key] = asks and 0 <= evidence[-1].at.mono_us - piece.at.mono_us <= ASKED_US
    return any(asked.values())


def _health_codes(evidence: Sequence[Evidence], edition: int) -> Iterator[tuple[Evidence, Code]]:
    carriers = health_of(edition)
    for piece in evidence:
        if isinstance(piece.item, Code) and piece.item.carrier in carriers:
            yield piece, piece.item


def _key(code: Code) -> str | None:
    """Return what a code goes by, whatever is said of it: an answer changes its holder."""
    return code.personal.get("code_digest") or code.holder


def _is_older(piece: Evidence, code: Code, earlier: Evidence) -> bool:
    """Say whether an answer that was kept is older than what is known already: it takes nothing back."""
    age_s = code.subject.get(Fact.ANSWER_AGE_S, "")
    age_us = int(age_s) * 1_000_000 if age_s.isascii() and age_s.isdecimal() and len(age_s) < 12 else 0
    return age_us > 0 and age_us > piece.at.mono_us - earlier.at.mono_us
