"""Where somebody was during the last days (R17), as one line: the places, in the order they were told.

Pure. What a list of regions says of a place is not known here.
"""

import re
import unicodedata
from collections.abc import Mapping

NOWHERE = "-"
"""Nobody was anywhere but here."""
BETWEEN = "; "
MOST_PLACES = 12

_SEPARATORS = re.compile(r"[,;、，；/|]+")
_NOWHERE: Mapping[str, str] = dict.fromkeys(("-", "无", "没有", "否", "none", "no", "nowhere"), NOWHERE)


def places(value: str) -> tuple[str, ...]:
    """Return the places of a recorded itinerary; none where somebody said they were nowhere."""
    return () if value == NOWHERE else tuple(value.split(BETWEEN))


def recorded(text: str) -> str | None:
    """Return what was typed as it is kept: half width, single blanks, every place once; None where it names
    no place and does not say that there was none, or names more than can be matched."""
    plain = unicodedata.normalize("NFKC", text)
    found = [" ".join(part.split()) for part in _SEPARATORS.split(plain)]
    found = list(dict.fromkeys(part for part in found if part))
    if not found:
        return None
    if len(found) == 1 and found[0].lower() in _NOWHERE:
        return NOWHERE
    named = [part for part in found if part.lower() not in _NOWHERE]
    return BETWEEN.join(named) if 0 < len(named) <= MOST_PLACES else None
