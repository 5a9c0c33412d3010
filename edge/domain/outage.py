"""When a lane has to say aloud that it cannot measure or scan: once, and not anew for every loose plug.

Values in, values out; the station keeps an `Outage` for each lane and asks twice a second.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

AFTER_US = 3_000_000
"""A plug that is pushed in again at once is no news: the page has shown it."""
STEADY_US = 60_000_000
"""How long a lane works before it is believed, and its next outage is told again."""

_NEEDED = ("thermometer", "scanner")


@dataclass(frozen=True, slots=True)
class Outage:
    """Whether a lane's outage was told, and since when it is to be told or, once told, over."""

    told: bool = False
    since_us: int | None = None


def stopped(devices: Sequence[Mapping[str, Any]], arrays: Collection[str] = ()) -> bool:
    """Say whether a lane has thermometers, or scanners, and none of them is there. Of thermometers only
    those count that decide, which `arrays` (their names) do not while another one is configured."""
    for kind in _NEEDED:
        there = [device for device in devices if device["kind"] == kind]
        deciding = [device for device in there if device["name"] not in arrays] or there
        if deciding and all(device["state"] == "down" for device in deciding):
            return True
    return False


def can_speak(devices: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether a lane's voice is there."""
    return any(device["kind"] == "voice" and device["state"] == "up" for device in devices)


def heed(outage: Outage, *, out: bool, now_us: int) -> tuple[Outage, bool]:
    """Return what is remembered of a lane that is `out` or works, and whether that is to be told now."""
    if out is outage.told:
        return replace(outage, since_us=None), False
    since_us = now_us if outage.since_us is None else outage.since_us
    if now_us - since_us < (STEADY_US if outage.told else AFTER_US):
        return replace(outage, since_us=since_us), False
    return Outage(told=out), out
