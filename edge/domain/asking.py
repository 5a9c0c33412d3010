"""Whom the registers are asked about: from what was read or answered to look-ups. Pure."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from edge.domain.access import CHOSEN, PURPOSE, ROSTER
from edge.domain.identity import RESOLVED
from edge.domain.model import Answer, Code, CodeVerdict, Evidence
from edge.domain.registered import newest, purpose_of

# What tells of somebody, the surest first; each is asked for alone, a name only with its room.
IDENTITIES = ("entry", "pass_id", "id_number", "plate", "phone", "phone_tail", "name")
PLACES = ("origin", "itinerary", "came_from", "from_where", "from_place", "places")
ITINERARY = "itinerary"
OWN_PLATE = "own_plate"
"""A plate that is asked for among people: whose car it is, where somebody is registered with one."""
_TOLD = ("name", "room", "phone", "id_number", "plate", "pass_id")
_MASKED = re.compile(r"[*＊×✱●○■□?#]")
_TAIL = re.compile(r"[0-9]{4}|[0-9]{3}X")
_PHONE = re.compile(r"(?:\+?86)?(1[0-9]{10})")
_RESIDENT = re.compile(r"[0-9]{17}[0-9X]|[0-9]{15}")
_PLATE = re.compile(r"[\u4e00-\u9fff][A-Z][A-Z0-9·-]{5,7}")


@dataclass(frozen=True, slots=True)
class Ask:
    """One look-up: `value` is what to find somebody `by`; `told` is everything the passage said of who they
    are, to compare, `purpose` what they come for ("" where nobody said). Of a place, `value` is the text that
    may name a region."""

    by: str
    value: str
    told: Mapping[str, str] = field(default_factory=dict)
    purpose: str = ""

    @property
    def of_place(self) -> bool:
        return self.by in PLACES


def asks_of_code(code: Code, evidence: Sequence[Evidence] = ()) -> tuple[Ask, ...]:
    """Return whom to ask for once a code was read: whom it names, where it is genuine or nobody can say. What
    is masked finds nobody."""
    if code.verdict in (CodeVerdict.INVALID, CodeVerdict.UNSUPPORTED):
        return ()
    own = {name: value for name, value in code.personal.items() if value and not _MASKED.search(value)}
    if (
        code.carrier not in RESOLVED
        and "pass_id" not in own
        and "id_number" not in own
        and "phone" not in own
    ):
        own = {name: value for name, value in own.items() if name in ("name", "room", "plate")}
    asks = _asks(own, told(evidence) | {n: v for n, v in own.items() if n in _TOLD})
    return _for(asks, purpose_of(evidence))


def asks_of_answers(
    answers: Iterable[tuple[str, str]], evidence: Sequence[Evidence] = (), itineraries: Collection[str] = ()
) -> tuple[Ask, ...]:
    """Return whom and which places to ask for once something was answered, or laid on a reader. `itineraries`
    are the questions of the procedure that ask for places, whatever a site calls them."""
    given = dict(answers)
    new = {name: value.strip() for name, value in given.items() if name in _TOLD and value.strip()}
    if typed := given.get(ROSTER, "").strip():
        new |= told_by_digits(typed)
    if chosen := given.get(CHOSEN, "").strip():
        new["entry"] = chosen
    all_told = told(evidence) | {name: value for name, value in new.items() if name in _TOLD}
    if "room" in new and "name" not in new and "name" in all_told:
        new["name"] = all_told["name"]
    asks = _asks(new, all_told)
    if asks and asks[-1].by == "plate" and typed:  # a few signs that say who somebody is, not what they drive
        asks = (*asks, replace(asks[-1], by=OWN_PLATE))
    if not asks and "room" in all_told and ("room" in new or given.get(PURPOSE)):
        # Where somebody goes and what for change what their registers say, in whichever order it is told.
        asks = _asks_known(evidence, all_told)
    named = {name: name for name in PLACES} | {name: ITINERARY for name in itineraries if name not in PLACES}
    places = tuple(Ask(by, given[name]) for name, by in named.items() if given.get(name, "").strip())
    return (*_for(asks, given.get(PURPOSE, "") or purpose_of(evidence)), *places)


def asks_again(evidence: Sequence[Evidence]) -> tuple[Ask, ...]:
    """Return whom to ask for anew when somebody comes back: whatever is in force now counts."""
    return _for(_asks_known(evidence, told(evidence)), purpose_of(evidence))


def _asks_known(evidence: Sequence[Evidence], said: Mapping[str, str]) -> tuple[Ask, ...]:
    found = {str(one.entry): one for one in newest(evidence) if one.found and one.register == "people"}
    again = tuple(Ask("entry", entry, said) for entry in found)
    return again or _asks({name: value for name, value in said.items() if name != "room"}, said)


def _for(asks: Iterable[Ask], purpose: str) -> tuple[Ask, ...]:
    return tuple(replace(ask, purpose=purpose) for ask in asks)


def told(evidence: Sequence[Evidence]) -> dict[str, str]:
    """Return what a passage was told of who somebody is, by answers and codes; a later word replaces."""
    found: dict[str, str] = {}
    for piece in evidence:
        item = piece.item
        if isinstance(item, Answer) and item.personal:
            if item.question in _TOLD and item.value:
                found[item.question] = item.value
            elif item.question == ROSTER and item.value:
                found |= {k: v for k, v in told_by_digits(item.value).items() if k in _TOLD}
        elif isinstance(item, Code) and item.verdict not in (CodeVerdict.INVALID, CodeVerdict.UNSUPPORTED):
            found |= {
                name: item.personal[name]
                for name in _TOLD
                if item.personal.get(name) and not _MASKED.search(item.personal[name])
            }
    return found


def told_by_digits(text: str) -> dict[str, str]:
    """Return what a few signs typed at the gate are: a plate, an ID number, a telephone, its last four, the
    number of a pass, or else a name."""
    value = "".join(unicodedata.normalize("NFKC", text).upper().split())
    if _TAIL.fullmatch(value):
        return {"phone_tail": value}
    if match := _PHONE.fullmatch(value):
        return {"phone": match[1]}
    if _RESIDENT.fullmatch(value):
        return {"id_number": value}
    if _PLATE.fullmatch(value):
        return {"plate": value}
    if re.fullmatch(r"[0-9A-F]{16}", value):
        return {"pass_id": value}
    return {"name": text.strip()} if not any(sign.isdigit() for sign in value) else {"id_number": value}


def _asks(new: Mapping[str, str], all_told: Mapping[str, str]) -> tuple[Ask, ...]:
    """Ask once, by the surest of what is new, and by the plate of a vehicle besides."""
    people = [name for name in IDENTITIES if name != "plate" and new.get(name)]
    asks = tuple(Ask(name, new[name], all_told) for name in people[:1])
    if new.get("plate"):
        asks = (*asks, Ask("plate", new["plate"], all_told))
    return asks
