"""What the attendant's page shows of whoever the registers know: the card (JSON-ready). Pure.

Names, rooms and telephones in it are for the attendant's eyes while the person stands there; once the passage
has ended, only what nobody is known by is left.
"""

from typing import Any

from edge.domain.access import AccessRules
from edge.domain.circumstances import circumstances
from edge.domain.known import Known
from edge.domain.model import Passage, Stage
from edge.domain.registered import newest, purpose_of
from edge.domain.rules import needs_manager

Json = dict[str, Any]
_SHOWN = ("name", "room", "plate", "employer", "origin", "transport")


def closure(access: AccessRules) -> Json | None:
    """Return the closure level in force and its name; None without rules."""
    level = next((one for one in access.levels if one.id == access.closure), None)
    return None if level is None else {"id": level.id, "title": dict(level.title), "rules": access.version}


def card(passage: Passage) -> Json | None:
    """Return what is known of everybody the passage named; None where no register is asked here."""
    access = passage.access
    if not access.version:
        return None
    ended = passage.stage is Stage.ENDED
    known = newest(passage.evidence)
    return {
        "known": [_one(access, one, masked=ended) for one in known],
        "purposes": [{"value": value, "title": dict(title)} for value, title in access.purposes],
        "purpose": purpose_of(passage.evidence),
        "needs_manager": bool(known)
        and not ended
        and needs_manager(passage.evidence, circumstances(passage)),
        "titles": {name: dict(title) for name, title in access.titles.items()},
    }


def _one(access: AccessRules, known: Known, *, masked: bool) -> Json:
    quotas = {quota.id: quota.allowed for quota in access.quotas}
    return {
        "by": known.by,
        "standing": known.standing.value,
        "register": known.register,
        "entry": known.entry,
        "category": known.category,
        "relation": known.relation,
        "household": known.household,
        "zone": known.zone,
        "differs": list(known.differs),
        "hits": [
            {
                "watch": hit.watch,
                "kin": hit.kin.value,
                "until_us": hit.until_us,
                "over": hit.over,
                "unit": hit.unit,
                "phone": hit.phone,
            }
            for hit in known.hits
        ],
        "used": [
            {
                "quota": one.quota,
                "used": one.used,
                "allowed": quotas.get(one.quota, 0) if one.allowed is None else one.allowed,
            }
            for one in known.used
        ],
        "places": [{"region": place.region, "level": place.level} for place in known.places],
        "slip": None if known.slip is None else list(known.slip),
        "due": list(known.due),
        "lapsed": known.lapsed,
        "personal": {}
        if masked
        else {name: known.personal[name] for name in _SHOWN if known.personal.get(name)},
        "choices": []
        if masked
        else [{"entry": number, "label": known.personal.get(str(number), "")} for number in known.choices],
    }
