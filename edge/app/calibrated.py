"""Which calibration of the journal counts for which thermometer that stands there now.

A calibration follows its device by where that is plugged in, not by its place in the configuration: two
like thermometers may change places there. One that was recorded before ports were, counts for the name.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from drivers import registry
from edge.domain.calibration import Calibration
from edge.domain.errors import ConfigError
from edge.domain.learning import DEFAULT_PLACE
from edge.domain.measuring import recalled
from edge.journal import StoredRow

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stand:
    """One thermometer as it is configured; `ports` are the lasting names of where it is plugged in, `place`
    is where on the body it measures, `also` where it can, `step_mdegc` in which steps its protocol carries
    the surface (0: nobody says), `sister` with which other it is compared, where the site says so."""

    driver: str
    ports: tuple[str, ...] = ()
    array: bool = False
    place: str = DEFAULT_PLACE
    step_mdegc: int = 0
    also: tuple[str, ...] = ()
    sister: str = ""


def stands(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Stand]:
    """Return how each thermometer stands there, from its table."""
    return {name: _stand(table) for name, table in tables.items()}


def counting(lane: Mapping[str, Stand], rows: Iterable[StoredRow]) -> Iterator[Calibration]:
    """Yield the newest calibration of each thermometer of a lane that was not taken back, oldest first;
    `here` is False where it was found for something else than stands there now."""
    found: dict[str, Calibration] = {}
    for calibration in _left(rows):
        own = owner(lane, calibration.device, calibration.driver, calibration.port)
        # Where its own place is gone, whoever has its name now is told, unless that one has its own.
        name, told = own or calibration.device, found.get(own or calibration.device)
        if name in lane and (own or told is None or not told.here):
            found.pop(name, None)
            found[name] = replace(calibration, device=name, here=own is not None)
    yield from found.values()


def owner(lane: Mapping[str, Stand], device: str, driver: str, port: str | None) -> str | None:
    """Return the name of the thermometer that was `device` then, of this driver and in this place; None
    where that does not stand here."""
    for name, stand in lane.items():
        if port is not None and port in stand.ports:
            return name if stand.driver == driver else None
    named = lane.get(device)
    if named is None or named.driver != driver or (port and named.ports):
        return None
    return device


def _stand(table: Mapping[str, Any]) -> Stand:
    driver, place = str(table["driver"]), str(table.get("place", DEFAULT_PLACE))
    also, sister = tuple(map(str, table.get("also", ()))), str(table.get("sister", ""))
    try:
        ports, step_mdegc = registry.places("thermometer", table), registry.surface_step_mdegc(driver)
        return Stand(driver, ports, registry.is_array(table), place, step_mdegc, also, sister)
    except ConfigError:  # the configuration's own check names it
        return Stand(driver, place=place, also=also, sister=sister)


def _left(rows: Iterable[StoredRow]) -> list[Calibration]:
    """Return the calibrations that neither a newer one nor a withdrawal has replaced, oldest first."""
    left: list[Calibration] = []
    for row in rows:
        try:
            if row.kind == "calibration.withdrawn":
                left = [old for old in left if old.at_us != row.body["recorded_us"]]
            else:
                new = recalled(row.body)
                left = [*(old for old in left if not _same(old, new)), new]
        except KeyError as error:
            log.error("row %d tells of no calibration: %s is missing", row.seq, error)
    return left


def _same(old: Calibration, new: Calibration) -> bool:
    if old.port is None or new.port is None:
        return old.device == new.device
    return old.port == new.port
