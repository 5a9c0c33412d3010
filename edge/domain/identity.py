"""Whether two codes can belong to one person, from what their platforms tell of them.

Platforms mask: `张*`, `138****1234`, `4401**********001X`. Two texts fit when no place that both show
differs; nothing shown by both says nothing.
"""

from collections.abc import Mapping, Sequence

from edge.domain.model import Carrier, Code, CodeVerdict, Evidence

FIELDS = ("name", "id_number", "phone")
# Codes that an authority resolves and says whose they are.
RESOLVED = frozenset({Carrier.CHINA_HEALTH, Carrier.CHINA_ITINERARY})
_MASKS = frozenset("*＊×xX✱●")


def differ(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Say whether two sets of personal fields contradict each other."""
    return any(
        one.get(name) and other.get(name) and not _fit(name, one[name], other[name]) for name in FIELDS
    )


def of_two_people(evidence: Sequence[Evidence]) -> bool:
    """Say whether the resolved codes of a passage name different people, where their platforms say who
    (R14)."""
    known: list[Code] = [
        piece.item
        for piece in evidence
        if isinstance(piece.item, Code)
        and piece.item.carrier in RESOLVED
        and piece.item.verdict in (CodeVerdict.VALID, CodeVerdict.EXPIRED)
    ]
    return any(
        differ(one.personal, other.personal)
        for index, one in enumerate(known)
        for other in known[index + 1 :]
    )


def _fit(name: str, one: str, other: str) -> bool:
    one, other = _plain(one), _plain(other)
    if len(one) == len(other):
        return all(a == b or _masks(name, a) or _masks(name, b) for a, b in zip(one, other, strict=True))
    # Some platforms mask with a fixed number of stars: then only both ends can be compared.
    if not any(_masks(name, mark) for mark in one + other):
        return False
    for first, second in ((one, other), (one[::-1], other[::-1])):
        for a, b in zip(first, second, strict=False):
            if _masks(name, a) or _masks(name, b):
                break
            if a != b:
                return False
    return True


def _masks(name: str, mark: str) -> bool:
    # The last place of an ID number may be a real X.
    return mark in _MASKS and not (name == "id_number" and mark in "xX")


def _plain(text: str) -> str:
    return "".join(text.split()).upper()
