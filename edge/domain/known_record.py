"""What the registers said, as part of a passage's row and back: numbers and classes open, people sealed."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from edge.domain.known import Hit, Kin, Known, Place, Standing, Used

Json = dict[str, Any]
_TEXTS = ("category", "relation", "zone", "located", "day", "rules")


def known_rows(item: Known) -> tuple[Json, Json]:
    """Return the open and the sealed part of one look-up."""
    value: Json = {
        "t": "known",
        "by": item.by,
        "standing": item.standing.value,
        "register": item.register,
        "entry": item.entry,
        "household": item.household,
        **{name: getattr(item, name) or None for name in _TEXTS},
        "minute": item.minute,
        "differs": list(item.differs) or None,
        "hits": [_hit(hit) for hit in item.hits] or None,
        "used": [_slim({"quota": u.quota, "used": u.used, "allowed": u.allowed}) for u in item.used] or None,
        "places": [
            {"told": p.told, "region": p.region, "level": p.level, "entry": p.entry} for p in item.places
        ]
        or None,
        "slip": list(item.slip) if item.slip is not None else None,
        "due": list(item.due) or None,
        "exits_watched": item.exits_watched or None,
        "lists": dict(item.lists) or None,
        "choices": list(item.choices) or None,
        "lapsed": item.lapsed,
    }
    return _slim(value), {"personal": dict(item.personal)} if item.personal else {}


def restored_known(value: Mapping[str, Any], hidden: Mapping[str, Any]) -> Known:
    """Return the look-up that a row tells of; nobody's name where the seal does not open."""
    return Known(
        by=value["by"],
        standing=Standing(value["standing"]),
        register=value["register"],
        entry=value.get("entry"),
        household=value.get("household"),
        category=value.get("category", ""),
        relation=value.get("relation", ""),
        zone=value.get("zone", ""),
        located=value.get("located", ""),
        day=value.get("day"),
        rules=value.get("rules", ""),
        minute=value.get("minute"),
        differs=tuple(value.get("differs", ())),
        hits=tuple(_restored_hit(hit) for hit in value.get("hits", ())),
        used=tuple(Used(u["quota"], u.get("used"), u.get("allowed")) for u in value.get("used", ())),
        places=tuple(Place(**place) for place in value.get("places", ())),
        slip=(value["slip"][0], value["slip"][1]) if "slip" in value else None,
        due=tuple(value.get("due", ())),
        exits_watched=value.get("exits_watched", False),
        lists=tuple(value.get("lists", {}).items()),
        choices=tuple(value.get("choices", ())),
        lapsed=value.get("lapsed"),
        personal=dict(hidden.get("personal") or {}),
    )


def known_found(item: Known, names: Collection[str]) -> Iterator[str]:
    """Yield what a passage is looked up by afterwards, of the one person who was found."""
    if item.found and item.register == "people":
        yield from (item.personal[name] for name in names if item.personal.get(name))


def _hit(hit: Hit) -> Json:
    return _slim(
        {
            "list": hit.list,
            "entry": hit.entry,
            "watch": hit.watch,
            "kin": hit.kin.value,
            "until_us": hit.until_us,
            "over": hit.over or None,
            "unit": hit.unit or None,
            "phone": hit.phone or None,
            "outcome": hit.outcome or None,
            "deliveries": hit.deliveries,
        }
    )


def _restored_hit(value: Mapping[str, Any]) -> Hit:
    return Hit(
        value["list"],
        value["entry"],
        value["watch"],
        Kin(value["kin"]),
        value.get("until_us"),
        value.get("over", False),
        value.get("unit", ""),
        value.get("phone", ""),
        value.get("outcome", ""),
        value.get("deliveries"),
    )


def _slim(value: Json) -> Json:
    return {key: inner for key, inner in value.items() if inner is not None}
