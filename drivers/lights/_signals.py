"""What a signal tower shows: which lamps burn for which signal. Values only."""

from typing import Literal, get_args

Signal = Literal["idle", "wait", "go", "stop", "fault"]
Lamp = Literal["red", "yellow", "green"]
Idle = Literal["none", "red", "yellow", "green"]

SIGNALS: tuple[str, ...] = get_args(Signal)
LAMPS: tuple[Lamp, ...] = get_args(Lamp)

_LIT: dict[str, tuple[Lamp, ...]] = {
    "wait": ("yellow",),
    "go": ("green",),
    "stop": ("red",),
    # Two lamps at once, so that it is no other signal where a lamp is broken or nothing blinks.
    "fault": ("red", "yellow"),
}


def lit(signal: str, idle: Idle) -> frozenset[Lamp]:
    """Return the lamps of a signal; `idle` is the lamp of the signal of that name. KeyError for others."""
    if signal == "idle":
        return frozenset() if idle == "none" else frozenset([idle])
    return frozenset(_LIT[signal])
