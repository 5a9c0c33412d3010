"""From the configuration's lanes to the domain's: procedures found, numbers converted, the bench
filled with whoever waited when the gate stopped, the thermometers with their calibrations."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from edge import acceptance, site_files
from edge.app.calibrated import counting, stands
from edge.app.compared import compared
from edge.app.following import Chosen, chosen, knowing_earlier, own_versions
from edge.app.learned import CONFIRMED, taught
from edge.app.told_before import passage_of, sealed_of, still_waiting
from edge.clock import built_us
from edge.config import Lane, Settings
from edge.domain import bench
from edge.domain.acceptance import Acceptance
from edge.domain.access import OPEN, AccessRules
from edge.domain.calibration import Calibration
from edge.domain.errors import ConfigError
from edge.domain.history import Regulars
from edge.domain.lane_state import LaneSpec, LaneState
from edge.domain.model import Outcome, Passage
from edge.domain.policy import Policy
from edge.domain.side_by_side import Pair
from edge.domain.twice_daily import Terms
from edge.effector import Effector
from edge.journal import Journal, Reader, StoredRow
from edge.messages import Reply
from edge.registers.access_rules import known as known_access
from edge.registers.cases import MINUTE_US, Rules
from edge.registers.published import UNCHOSEN, choices, known

log = logging.getLogger(__name__)

REMEMBERED = 500
_KEPT = frozenset({"calibration.recorded", "calibration.withdrawn"}) | CONFIRMED

Devices = tuple[tuple[str, Mapping[str, Any]], ...]
"""(kind, table) of each device of a lane, as configured."""


@dataclass
class BuiltLane:
    """A lane's spec, its procedure as it was found at the start, its device tables, and its running
    effectors."""

    spec: LaneSpec
    chosen: Chosen
    devices: Devices
    effectors: dict[str, Effector] = field(default_factory=dict)


def build(
    settings: Settings,
    config_folder: Path,
    *,
    boot: int,
    started_us: int,
    reader: Reader | None = None,
    access: AccessRules = OPEN,
) -> dict[str, BuiltLane]:
    """Return the lanes by name; raises ConfigError for a procedure that is not there or is wrong. What pages
    chose goes before the files; `reader` None: nothing was. `access` are the rules of who may pass."""
    policy, accepted = policy_of(settings), acceptance_of(settings, config_folder)
    settled = {} if reader is None else choices(reader)
    lanes: dict[str, BuiltLane] = {}
    for lane in settings.lane:
        found = chosen(lane, config_folder, accepted, settled.get(lane.name, UNCHOSEN), reader)
        lanes[lane.name] = _built(lane, policy, found, boot=boot, started_us=started_us)
    for number, built in enumerate(lanes.values()):
        own_history = settings.screening.own_history
        built.spec = replace(
            built.spec,
            number=number,
            lanes=len(lanes),
            own_history=own_history,
            calendar=accepted.calendar,
            access=access,
        )
    return lanes


def filled(
    lanes: Mapping[str, BuiltLane], journal: Journal, reader: Reader
) -> dict[str, tuple[LaneSpec, LaneState]]:
    """Return each lane's spec and its state after a start, folded from the journal."""
    waiting: dict[str, list[Passage]] = {name: [] for name in lanes}
    for row in reader.waiting():
        # Somebody parked in a lane that is no longer configured waits at the first one.
        name = row.lane if row.lane is not None and row.lane in lanes else next(iter(lanes))
        passage = still_waiting(journal, row, lanes[name].spec)
        waiting[name].append(_with_access(reader, passage, lanes[name].spec))
    ended_as = partial(_ended_as, journal, reader)
    crews = {
        # Of whoever goes back with their vehicle there is another row, decided by the rules of the first.
        name: [_with_access(reader, one, lanes[name].spec) for one in bench.crews_of(found, ended_as)]
        for name, found in waiting.items()
    }
    all_ = (passage for some in (*waiting.values(), *crews.values()) for passage in some)
    versions = known(reader, {passage.procedure_version for passage in all_})
    calibrated: dict[str, list[Calibration]] = {name: [] for name in lanes}
    for name, found in calibrations({name: lane.devices for name, lane in lanes.items()}, reader):
        calibrated[name].append(found)
        if not found.here:
            where = f"{found.driver} at {found.port or found.device}"
            log.warning("%s-%s: its calibration was for %s", name, found.device, where)
    learned = _taught(lanes, journal, reader)
    states = {
        name: (
            lane.spec,
            replace(
                bench.restore(
                    own_versions(waiting[name], lane.spec, versions),
                    own_versions(crews[name], lane.spec, versions),
                ),
                calibrations=tuple(calibrated[name]),
                healthy=learned[name].healthy,
                instruments=learned[name].instruments,
                regulars=learned[name].regulars,
                gone=learned[name].gone,
            ),
        )
        for name, lane in lanes.items()
    }
    return knowing_earlier(states, reader)


def regulars(lanes: Mapping[str, BuiltLane], journal: Journal, reader: Reader) -> dict[str, Regulars]:
    """Return what is usual for the people of each lane, of the passages whose seals open now."""
    return {name: state.regulars for name, state in _taught(lanes, journal, reader).items()}


def side_by_side(lanes: Mapping[str, BuiltLane], reader: Reader) -> tuple[Pair, ...]:
    """Return which thermometers are compared with one another, and what the journal tells of them."""
    return compared(
        {name: (lane.spec, stands(thermometers(lane.devices))) for name, lane in lanes.items()}, reader
    )


def calibrations(devices: Mapping[str, Devices], reader: Reader) -> Iterator[tuple[str, Calibration]]:
    """Yield (lane, calibration) for the newest of each thermometer that was not taken back, oldest first;
    see `edge.app.calibrated` for those that do not count here."""
    rows = reader.calibrations()
    for lane, tables in devices.items():
        mine = (row for row in rows if row.lane == lane)
        yield from ((lane, found) for found in counting(stands(thermometers(tables)), mine))


def thermometers(devices: Devices) -> dict[str, Mapping[str, Any]]:
    """Return the tables of the thermometers of a lane by their names."""
    return {name: table for name, kind, table in named(devices) if kind == "thermometer"}


def named(devices: Devices) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Return (name, kind, table) of the devices there are: `scanner`, `scanner2`, and so on."""
    found, counts = [], dict[str, int]()
    for kind, table in devices:
        if table.get("driver") == "none":
            continue  # "this lane has none" is a configuration, not a device that could fail
        counts[kind] = counts.get(kind, 0) + 1
        found.append((kind if counts[kind] == 1 else f"{kind}{counts[kind]}", kind, table))
    return found


def earlier_replies(reader: Reader) -> dict[str, Reply]:
    """Return the replies to the newest commands that ended a passage or touched a calibration or
    a level, by their ids, so that a tap repeated after a restart stays harmless."""
    kinds = {"passage.decided", *_KEPT}
    rows = reader.rows_after(max(0, reader.head() - REMEMBERED), REMEMBERED, kinds)
    return {command: Reply(row.seq, row.body.get("passage")) for row in rows if (command := _command(row))}


def policy_of(settings: Settings) -> Policy:
    """Return the numbers a site screens by, in thousandths of a degree and microseconds."""
    table = settings.screening.model_dump()
    offset = table.pop("surface_offset_c")
    del table["own_history"]  # what is expected of a person is stored with them: no number to decide by
    numbers: dict[str, Any] = {"surface_offset_mdegc": None if offset is None else round(offset * 1000)}
    for name, value in table.items():
        if name.endswith("_c"):
            numbers[name[:-2] + "_mdegc"] = round(value * 1000)
        elif name.endswith("_s"):
            numbers[name[:-2] + "_us"] = round(value * 1_000_000)
        else:
            numbers[name] = value
    return Policy(**numbers)


def case_rules(settings: Settings) -> Rules:
    """Return what a site settled about cases, in microseconds."""
    table = settings.cases
    return Rules(table.units, table.acknowledge_minutes * MINUTE_US, table.follow_up_hours * 60 * MINUTE_US)


def twice_daily_of(settings: Settings) -> Terms:
    """Return what a site has settled about two measurements a day."""
    table, policy = settings.twice_daily, policy_of(settings)
    return Terms(
        windows=table.windows,
        roster_days=table.roster_days,
        categories=frozenset(table.categories),
        registered=frozenset(table.registered),
        threshold_mdegc=policy.threshold_mdegc,
        plausible_mdegc=(policy.too_low_mdegc, policy.too_high_mdegc),
    )


def acceptance_of(settings: Settings, config_folder: Path) -> Acceptance:
    """Return which health codes a site accepts, its days counted by the clock on its wall; raises
    ConfigError for rules that are not there or are wrong."""
    name = settings.codes.acceptance
    path = acceptance.find(name, config_folder)
    if path is None:
        raise ConfigError(f"[codes] acceptance: there are no rules {name!r} / 没有这个规定文件")
    # A machine without a battery starts in the past, and is set while the gate runs.
    now = max(datetime.now(UTC), datetime.fromtimestamp(built_us() // 1_000_000, UTC))
    offset_s, changes = acceptance.day_begins(settings.gate.timezone, now)
    text = site_files.read(path)
    return acceptance.parse(name, text, str(path), utc_offset_s=offset_s, changes=changes)


def _taught(lanes: Mapping[str, BuiltLane], journal: Journal, reader: Reader) -> dict[str, LaneState]:
    measuring = {name: (lane.spec, stands(thermometers(lane.devices))) for name, lane in lanes.items()}
    return taught(measuring, reader, partial(sealed_of, journal))


def _built(lane: Lane, policy: Policy, found: Chosen, *, boot: int, started_us: int) -> BuiltLane:
    measuring = stands(thermometers(lane.devices()))
    spec = LaneSpec(
        name=lane.name,
        direction=lane.direction,
        procedure=found.procedure,
        policy=policy,
        boot=boot,
        started_us=started_us,
        abandon_us=lane.abandon_s * 1_000_000,
        park_max_us=lane.park_max_s * 1_000_000,
        seats_by_tap=lane.seats_by_tap,
        ports=tuple((name, stand.ports[0]) for name, stand in measuring.items() if stand.ports),
        arrays=frozenset(name for name, stand in measuring.items() if stand.array),
        drivers=tuple((name, stand.driver) for name, stand in measuring.items()),
        places=tuple((name, stand.place) for name, stand in measuring.items()),
        steps=tuple((name, stand.step_mdegc) for name, stand in measuring.items() if stand.step_mdegc),
        also=tuple((name, stand.also) for name, stand in measuring.items() if stand.also),
        sisters=tuple((name, stand.sister) for name, stand in measuring.items() if stand.sister),
    )
    return BuiltLane(spec, found, lane.devices())


def _with_access(reader: Reader, passage: Passage, spec: LaneSpec) -> Passage:
    """Return a passage with the rules of access it began with, those of its lane where nobody can read them
    any more."""
    version = passage.access.version
    return replace(passage, access=(known_access(reader, version) if version else None) or spec.access)


def _ended_as(journal: Journal, reader: Reader, number: int) -> Passage | None:
    """Return how the passage of somebody ended whose vehicle still waits."""
    row = next((row for row in reversed(reader.passage(number)) if row.kind == "passage.decided"), None)
    return None if row is None else passage_of(journal, row, row.lane or "")


def _command(row: StoredRow) -> str | None:
    body = row.body
    evidence = body.get("evidence")
    if row.kind in _KEPT or body.get("command_id"):
        return body.get("command_id")
    if body["outcome"] == Outcome.ABANDONED or not evidence:
        return None
    # Ended by the rules: by the answer that came last, unless an instrument was.
    command: str | None = evidence[-1].get("command_id")
    return command
