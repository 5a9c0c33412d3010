"""From a file, the environment and flags to `Settings`, or to every fault at once.

Must not import drivers or procedures: whoever calls hands in how their tables are checked.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pydantic import ValidationError

from edge.config.faults import Fault, did_you_mean, from_pydantic, parted, row_title
from edge.config.model import DEVICE_KEYS, Settings
from edge.config.sisters import wrong_sisters
from edge.config.source import Draft, find, make_absolute, note_file, overlay, process_faults, read
from edge.config.words import Text, language
from edge.domain.errors import ConfigError


class Drivers(Protocol):
    """Who knows the drivers: `load` raises ConfigError with every fault of a device's table, and says of
    the device what it `holds` for itself alone."""

    def load(self, kind: str, table: Mapping[str, object], /) -> Any: ...


Procedures = Callable[[Path], Collection[str]]
"""Names of the procedures there are, given the folder of the config file."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A usable configuration and where it is from.

    `origins` maps dotted keys (`web.listen`, `lane.in.abandon_s`) to `flag`, `environment NAME`,
    `file` or `default`. `text_hash` is the SHA-256 of the file, 64 hex digits. The last three are
    not keys: GATEPOST_LOG_LEVEL, GATEPOST_LOG_FORMAT, GATEPOST_LANG (None: not named).
    """

    settings: Settings
    path: Path
    origins: Mapping[str, str]
    text_hash: str
    log_level: str = "INFO"
    log_format: str = "text"
    language: str | None = None


def load(
    path: Path | None,
    environ: Mapping[str, str],
    *,
    drivers: Drivers | None = None,
    procedures: Procedures | None = None,
    flags: Mapping[str, object] | None = None,
    system: Path = Path("/etc"),
) -> Loaded:
    """Return the configuration; raise ConfigError with one line per fault.

    `flags` are values of the command line by dotted key. Without `drivers` or `procedures` their
    tables and names are not looked at.
    """
    loaded, faults = examine(
        path, environ, drivers=drivers, procedures=procedures, flags=flags, system=system
    )
    if loaded is None:
        named = language(environ)
        raise ConfigError([fault.line(named) for fault in faults])
    return loaded


def examine(
    path: Path | None,
    environ: Mapping[str, str],
    *,
    drivers: Drivers | None = None,
    procedures: Procedures | None = None,
    flags: Mapping[str, object] | None = None,
    system: Path = Path("/etc"),
) -> tuple[Loaded | None, tuple[Fault, ...]]:
    """Return (configuration, ()) or (None, every fault); never raises for what people wrote."""
    found, fault = find(path, environ, system)
    if fault or found is None:
        return None, (fault,) if fault else ()
    text, data, fault = read(found)
    if fault:
        return None, (fault, *process_faults(environ))
    draft = Draft(found, data)
    note_file(draft)
    overlay(draft, environ, flags or {})
    make_absolute(draft)
    settings = _validate(draft)
    _check_lanes(draft, drivers, procedures)
    _check_platforms(draft, drivers)
    _check_recipients(draft, drivers)
    draft.faults.extend(process_faults(environ))
    if draft.faults or settings is None:
        return None, tuple(dict.fromkeys(draft.faults))
    return (
        Loaded(
            settings,
            found,
            draft.origins,
            hashlib.sha256(text).hexdigest(),
            environ.get("GATEPOST_LOG_LEVEL", "INFO").upper(),
            environ.get("GATEPOST_LOG_FORMAT", "text"),
            language(environ),
        ),
        (),
    )


def _validate(draft: Draft) -> Settings | None:
    # Each round takes out what was wrong and looks again, so that one fault never hides another.
    data, seen = draft.data, set[tuple[int | str, ...]]()
    while True:
        try:
            return Settings.model_validate(data)
        except ValidationError as error:
            errors = error.errors(include_url=False)
        fresh = [one for one in errors if not _known(one["loc"], one.get("ctx", {}), seen)]
        if not fresh:
            return None
        for one in fresh:
            source = _source(draft, one["loc"])
            draft.faults.append(from_pydantic(one, source, draft.data))
            seen.add(tuple(one["loc"]))
            data = _without(data, one["loc"])


def _known(
    location: tuple[int | str, ...], context: Mapping[str, Any], seen: set[tuple[int | str, ...]]
) -> bool:
    # Known: reported already, a consequence of a removal, or a relation with a key that is faulty.
    keys = context.get("keys") or []
    about = [(*location, key) for key in keys] or [location]
    return any(
        place[: len(known)] == known or known[: len(place)] == place for place in about for known in seen
    )


def _source(draft: Draft, location: tuple[int | str, ...]) -> str:
    origin = draft.origins.get(".".join(map(str, location[:2])), "file")
    return origin.removeprefix("environment ") if origin.startswith("environment ") else str(draft.path)


def _without(data: Any, location: tuple[int | str, ...]) -> Any:
    if not location:
        return data
    head, rest = location[0], location[1:]
    if isinstance(data, Mapping) and head in data:
        if not rest:
            return {key: value for key, value in data.items() if key != head}
        return {**data, head: _without(data[str(head)], rest)}
    if isinstance(data, list) and isinstance(head, int) and head < len(data):
        # An empty table keeps the numbers of the rows behind it.
        return [
            ({} if not rest else _without(row, rest)) if index == head else row
            for index, row in enumerate(data)
        ]
    return data


def _check_lanes(draft: Draft, drivers: Drivers | None, procedures: Procedures | None) -> None:
    lanes = draft.data.get("lane")
    if not isinstance(lanes, list):
        return
    source, taken, held = str(draft.path), set[str](), dict[str, str]()
    known = procedures(draft.path.parent) if procedures else None
    for index, lane in enumerate(lanes):
        if not isinstance(lane, Mapping):
            continue
        title = row_title("lane", lanes, index)
        name, procedure = lane.get("name"), lane.get("procedure")
        if isinstance(name, str):
            if name in taken:
                what = Text("two lanes have this name; give each its own", "两条通道同名，请各取一个名字")
                draft.faults.append(Fault(source, title, "name", what))
            taken.add(name)
        if known is not None and isinstance(procedure, str) and procedure not in known:
            what = Text(f'no procedure "{procedure}"', f'没有流程 "{procedure}"')
            draft.faults.append(Fault(source, title, "procedure", what + did_you_mean(procedure, known)))
        if drivers is not None:
            _check_devices(draft, drivers, lane, title, held)
    for index, what in wrong_sisters(lanes, lambda table: _is_array(drivers, table)):
        place = f"{row_title('lane', lanes, index)} [lane.thermometer]"
        draft.faults.append(Fault(source, place, "sister", what))


def _check_devices(
    draft: Draft, drivers: Drivers, lane: Mapping[str, Any], title: str, held: dict[str, str]
) -> None:
    for kind in DEVICE_KEYS:
        place = f"{title} [lane.{kind}]"
        tables = lane.get(kind)
        for table in tables if isinstance(tables, list) else [tables]:
            if not isinstance(table, Mapping) or not isinstance(table.get("driver"), str):
                continue  # said already
            try:
                driver = drivers.load(kind, table)
            except ConfigError as error:
                draft.faults.extend(_driver_fault(str(draft.path), place, line) for line in error.faults)
                continue
            for thing in getattr(driver, "holds", ()):
                if thing in held:
                    draft.faults.append(Fault(str(draft.path), place, "", _held_twice(thing, held[thing])))
                held.setdefault(thing, place)


def _is_array(drivers: Drivers | None, table: Mapping[str, Any]) -> bool:
    """Say whether a thermometer is an array, where there is somebody who knows."""
    asked = getattr(drivers, "is_array", None)
    if drivers is None or asked is None:
        return False
    try:
        return drivers.load("thermometer", table) is not None and bool(asked(table))
    except ConfigError:
        return False  # said already


def _check_platforms(draft: Draft, drivers: Drivers | None) -> None:
    rows = draft.data.get("platform")
    if not isinstance(rows, list):
        return
    source, names, earlier = str(draft.path), set[str](), list[tuple[str, str]]()
    for index, row in enumerate(rows):
        if not isinstance(row, Mapping):
            continue
        title = row_title("platform", rows, index)
        name, match = row.get("name"), row.get("match")
        if isinstance(name, str):
            if name in names:
                what = Text("two platforms have this name; give each its own", "两个平台同名，请各取一个名字")
                draft.faults.append(Fault(source, title, "name", what))
            names.add(name)
        match = match if isinstance(match, list) else []
        for prefix in match:
            for taken, by in earlier:
                if isinstance(prefix, str) and prefix.startswith(taken):
                    draft.faults.append(Fault(source, title, "match", _never_asked(prefix, taken, by)))
        earlier += [(prefix, title) for prefix in match if isinstance(prefix, str)]
        if drivers is not None:
            _check_device(draft, drivers, "verifier", row, f"{title} [platform.verifier]")


def _check_recipients(draft: Draft, drivers: Drivers | None) -> None:
    rows = draft.data.get("notify")
    names = set[str]()
    rows = rows if isinstance(rows, list) else []
    for index, row in enumerate(rows):
        if not isinstance(row, Mapping):
            continue
        title = row_title("notify", rows, index)
        if isinstance(name := row.get("name"), str):
            if name in names:
                what = Text(
                    "two recipients have this name; give each its own", "两个接收方同名，请各取一个名字"
                )
                draft.faults.append(Fault(str(draft.path), title, "name", what))
            names.add(name)
        if drivers is not None:
            _check_device(draft, drivers, "notifier", row, f"{title} [notify.notifier]")


def _check_device(draft: Draft, drivers: Drivers, kind: str, row: Mapping[str, Any], place: str) -> None:
    table = row.get(kind)
    if not isinstance(table, Mapping) or not isinstance(table.get("driver"), str):
        return  # said already
    try:
        drivers.load(kind, table)
    except ConfigError as error:
        draft.faults.extend(_driver_fault(str(draft.path), place, line) for line in error.faults)


def _never_asked(prefix: str, taken: str, by: str) -> Text:
    return Text(
        f'"{prefix}" is never reached: {by} takes all that begins with "{taken}"; put this table first',
        f'"{prefix}" 永远轮不到：{by} 已经收下所有以 "{taken}" 开头的码；请把本表放在它前面',
    )


def _held_twice(thing: str, place: str) -> Text:
    return Text(
        f"{thing} belongs to {place} already; give each device its own",
        f"{thing} 已由 {place} 使用，请给每个设备各写一个",
    )


def _driver_fault(source: str, place: str, line: str) -> Fault:
    key, colon, what = line.partition(": ")
    return Fault(source, place, key, parted(what)) if colon else Fault(source, place, "", parted(line))
