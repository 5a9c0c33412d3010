"""How a home is written and meant: `3栋1单元502室`, `3-1-502` and building 3, unit 1, room 502 are one. Pure.

Somebody at the gate often leaves the unit out; what one side does not say contradicts nothing.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from edge.registers.values import folded

Parts = tuple[str, str, str]
SHORT = "home_short"
_BUILDING = re.compile(r"([^栋幢座楼单-]+?)(?:号楼|栋|幢|座|楼)-*")
_UNIT = re.compile(r"([^单-]+?)单元-*")
_BETWEEN = re.compile(r"[-—–/\\#]+")
_ENDINGS = "栋幢楼号室单元座户房"


def home_of(building: str, unit: str, room: str) -> str:
    """Return how a home is found, however its parts are written; "" without a room."""
    if not folded(room):
        return ""
    return "-".join(part for given in (building, unit, room) if (part := bare(given)))


def short_of(building: str, unit: str, room: str) -> str:
    """Return how a home is found by who leaves its unit out; "" where it has none, or no building."""
    return home_of(building, "", room) if bare(unit) and bare(building) else ""


def parts_told(text: str) -> Parts:
    """Return building, unit and room of a home written in one, "" for what it does not say."""
    rest, building, unit = folded(text), "", ""
    if found := _BUILDING.match(rest):
        building, rest = found[1], rest[found.end() :]
    if found := _UNIT.match(rest):
        unit, rest = found[1], rest[found.end() :]
    words = [part for word in _BETWEEN.split(rest) if (part := bare(word))]
    room = words.pop() if words else ""
    if words and not building:
        building = words.pop(0)
    if words and not unit:
        unit = words.pop(0)
    return building, unit, "-".join((*words, room))


def parts_of(personal: Mapping[str, str]) -> Parts:
    """Return building, unit and room of personal fields; a room may hold all of them."""
    building, unit = bare(personal.get("building", "")), bare(personal.get("unit", ""))
    if building or unit:
        return building, unit, bare(personal.get("room", ""))
    return parts_told(personal.get("room", ""))


def differ(one: Parts, other: Parts) -> bool:
    """Say whether these cannot be one home."""
    return any(a and b and a != b for a, b in zip(one, other, strict=True))


def same(one: Parts, other: Parts) -> bool:
    """Say whether these may be one home: both say a room, and nothing contradicts."""
    return bool(one[2] and other[2]) and not differ(one, other)


def ways(parts: Parts) -> tuple[tuple[str, str], ...]:
    """Return what entries of a home are found by: the names of the tokens with their values."""
    building, unit, room = parts
    if not room:
        return ()
    whole = home_of(building, unit, room)
    if building and unit:
        return (("home", whole), ("home", home_of(building, "", room)))
    return (("home", whole), (SHORT, whole)) if building else (("home", whole),)


def written(personal: Mapping[str, str]) -> str:
    """Return a home as it is shown in one."""
    return "-".join(personal[name] for name in ("building", "unit", "room") if personal.get(name))


@lru_cache(maxsize=4096)
def bare(text: str) -> str:
    """Return one part of a home as it is compared: `2栋` is `2`."""
    return folded(text).rstrip(_ENDINGS)
