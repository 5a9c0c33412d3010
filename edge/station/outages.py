"""Says in a lane that it cannot measure or scan, once; for the station's thread alone.

Whether and when is the domain's; here is what is remembered for each lane, and whether it was heard.
"""

from collections.abc import Callable
from typing import Any

from edge.domain.events import LaneEvent, ReadingArrived
from edge.domain.lane_state import Do
from edge.domain.model import Instant
from edge.domain.outage import Outage, can_speak, heed, stopped
from edge.messages import EffectDone

FAULT = Do("voice", "fault", passage=0)


class Outages:
    """What is known of the lanes' outages. `devices` lists a lane's devices as its page shows them."""

    def __init__(self, devices: Callable[[str], list[dict[str, Any]]]) -> None:
        self._devices = devices
        self._arrays: dict[str, set[str]] = {}
        self._outages: dict[str, Outage] = {}

    def see(self, event: LaneEvent) -> None:
        """Learn which thermometers are arrays: what they say decides nothing."""
        if isinstance(event, ReadingArrived) and event.reading.grid is not None:
            self._arrays.setdefault(event.lane, set()).add(event.device)

    def due(self, lane: str, now: Instant) -> tuple[Do, ...]:
        """Return what is to be said in a lane now. A voice that is away says it when it is back."""
        devices, known = self._devices(lane), self._outages.get(lane, Outage())
        out = stopped(devices, self._arrays.get(lane, ())) and (known.told or can_speak(devices))
        self._outages[lane], say = heed(known, out=out, now_us=now.mono_us)
        return (FAULT,) if say else ()

    def done(self, result: EffectDone) -> None:
        """Take in what came of an order: what nobody heard has to be said again."""
        if result.do == FAULT and result.error is not None:
            self._outages[result.lane] = Outage()
