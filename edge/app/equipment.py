"""Starts every device of every lane: a thread each, a health entry each, and a name unique in its lane.

Drivers come from the registry by their configured names; what they deliver goes to the station.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

from drivers import registry
from edge.app.lanes import BuiltLane, named
from edge.devices import Place, read_scanner, read_thermometer
from edge.domain.errors import DeviceUnavailable, FormError
from edge.domain.events import Begin
from edge.domain.lane_state import Do
from edge.domain.model import Instant
from edge.domain.ports import Preview
from edge.effector import Effector
from edge.health import Health
from edge.signals import follow
from edge.station import Station
from edge.threads import Threads

# A voice speaks for seconds; nothing else here blocks that long.
HEART_S = 30.0


class Equipment:
    """The devices of a gate."""

    def __init__(
        self,
        lanes: Mapping[str, BuiltLane],
        threads: Threads,
        health: Health,
        now: Callable[[], Instant],
        timezone: str,
    ) -> None:
        self._lanes = lanes
        self._threads = threads
        self._health = health
        self._now = now
        self._timezone = timezone
        self._open: dict[tuple[str, str], Any] = {}

    def start(self, station: Station) -> None:
        """Start a thread for every device that is configured. Raises ConfigError."""
        for lane in self._lanes.values():
            for name, kind, table in named(lane.devices):
                self._start(station, lane, name, registry.load(kind, self._at_site(kind, table)))

    def perform(self, lane: str, do: Do) -> bool:
        """Hand an order to the lane's barrier or voice; False where it has none."""
        effector = self._lanes[lane].effectors.get(do.device)
        if effector is None:
            return False
        effector.perform(do)
        return True

    def end(self) -> None:
        """Break off what barriers and voices do: the gate stops."""
        for lane in self._lanes.values():
            for effector in lane.effectors.values():
                effector.end()

    def _start(self, station: Station, lane: BuiltLane, name: str, driver: registry.Driver) -> None:
        where, stop = lane.spec.name, self._threads.stop
        status = self._health.device(where, driver.kind, name, driver.name, driver.simulated)
        title = f"{where}-{name}"
        beat = self._health.heart(title, HEART_S).beat
        holds = partial(self._open.__setitem__, (where, name))
        place = Place(where, name, station.offer, status, beat, self._now, self._health.count, holds)
        place = replace(place, whose_mask=partial(station.whose_mask, where), ails=status.ails)
        work: Callable[[], Any]
        if driver.kind == "thermometer":
            work = partial(read_thermometer, driver, place, stop)
        elif driver.kind == "scanner":
            work = partial(read_scanner, driver, place, stop)
        elif driver.kind == "lights":
            pressed = partial(self._pressed, station, where)
            work = partial(follow, driver, place, stop, view=partial(station.view, where), pressed=pressed)
        else:
            effector = Effector(driver, place)
            lane.effectors[driver.kind] = effector
            work = partial(effector.run, stop)
        self._threads.start(title, work)

    def preview(self, lane: str, device: str) -> Preview | None:
        """Return what a camera sees now; None where it is no camera, or not there."""
        port = self._open.get((lane, device))
        ask: Callable[[], Preview | None] | None = getattr(port, "preview", None)
        try:
            return ask() if ask is not None else None
        except DeviceUnavailable:
            return None

    def _at_site(self, kind: str, table: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the table with the site's time zone where the driver keeps hours and none is given."""
        options = {option.name for option in registry.describe(kind, table["driver"]).options}
        return {"timezone": self._timezone, **table} if "timezone" in options else table

    def _pressed(self, station: Station, lane: str) -> None:
        """Somebody without a code asks to be seen."""
        with suppress(FormError):  # somebody is being seen already, or the gate is busy
            station.submit(Begin(lane, None, uuid4().hex, "button", self._now()))
