"""Which procedure each lane follows at a start: what a page chose for it, else the file that its table names.

A text with faults never takes the place of one without: the old one stays in force, and the faults are
named until they are mended.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from edge import procedures
from edge.config import Lane
from edge.domain.acceptance import Acceptance
from edge.domain.errors import ConfigError
from edge.domain.following import knowing
from edge.domain.lane_state import LaneSpec, LaneState
from edge.domain.model import Passage
from edge.domain.procedure import Procedure
from edge.journal import Reader
from edge.messages import Follow
from edge.registers.published import FILE, PAGE, UNCHOSEN, Choice, known, read, versions
from edge.registers.publishing import Lane as Following
from edge.registers.publishing import Site

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A lane's procedure and its text. `origin`: `page`, `file`, or `journal` where the file cannot be read
    and the last one published under its name stays in force. `refused` are the faults of what was passed
    over."""

    procedure: Procedure
    text: str
    origin: str = FILE
    refused: tuple[str, ...] = ()


def chosen(
    lane: Lane, config_folder: Path, accepted: Acceptance, choice: Choice, reader: Reader | None
) -> Chosen:
    """Return what a lane follows from its start on. Raises ConfigError where nothing can be read that it may
    follow."""
    refused: tuple[str, ...] = ()
    page = choice.now if choice.now is not None and choice.now.source == PAGE else None
    if page is not None:
        try:
            found = procedures.parse(page.name, page.text, stored=True)
        except ConfigError as error:  # of a program that knew other keys
            refused = error.faults
        else:
            return Chosen(procedures.accepting(found, accepted), page.text, PAGE)
    try:
        found, text = of_file(lane.procedure, config_folder, lane.name)
    except ConfigError as error:
        last = None if reader is None else _last(reader, lane.procedure)
        if last is None:
            raise
        refused = (*refused, *error.faults)
        return Chosen(procedures.accepting(last[0], accepted), last[1], "journal", _told(lane, refused))
    return Chosen(procedures.accepting(found, accepted), text, FILE, _told(lane, refused))


def of_file(name: str, config_folder: Path, lane: str) -> tuple[Procedure, str]:
    """Return the procedure of a file as it is now, and its text. Raises ConfigError."""
    path = procedures.find(name, procedures.folders(config_folder))
    if path is None:
        raise ConfigError(f"[lane.{lane}] procedure: there is no procedure {name!r}")
    text = procedures.read(path)
    # A gate does not stay shut for a rule that is younger than its file; `gatepost config check` refuses it.
    found = procedures.parse(name, text, str(path), stored=True)
    for line in procedures.outdated(found, str(path)):
        log.warning("%s", line)
    return found, text


def site_of(
    lanes: Mapping[str, tuple[LaneSpec, Chosen]], files: Mapping[str, str], accepted: Acceptance, folder: Path
) -> Site:
    """Return what publishing has to know of the gate; `files` are the names in the lanes' tables."""
    found = {
        name: Following(spec, chosen.text, chosen.origin, files[name], chosen.refused)
        for name, (spec, chosen) in lanes.items()
    }
    return Site(found, accepted, folder)


def own_versions(
    passages: Iterable[Passage], spec: LaneSpec, versions: Mapping[str, Procedure]
) -> list[Passage]:
    """Return those who wait, each by the procedure they began with where it can still be read, else by what
    the lane follows now; by the numbers of now in any case, and the record has to say so."""
    own = {spec.procedure.version, *versions}
    return [
        replace(
            passage,
            procedure=passage.procedure if passage.procedure_version in own else spec.procedure.name,
            procedure_version=(
                passage.procedure_version if passage.procedure_version in own else spec.procedure.version
            ),
            policy_version=spec.policy.version,
        )
        for passage in passages
    ]


def knowing_earlier(
    lanes: Mapping[str, tuple[LaneSpec, LaneState]], reader: Reader
) -> dict[str, tuple[LaneSpec, LaneState]]:
    """Return the lanes with the versions that those who wait, or to whom a late answer is still owed, go
    by."""
    wanted = {
        version
        for _spec, state in lanes.values()
        for version in (
            *(passage.procedure_version for passage in (*state.parked, *state.crews)),
            *(owed.version for owed in state.asked),
        )
    }
    found = tuple(known(reader, wanted).values())
    return {name: (knowing(spec, state, found), state) for name, (spec, state) in lanes.items()}


def planned(choices: Mapping[str, Choice], lanes: Iterable[str]) -> list[Follow]:
    """Return what lanes are still to follow, from a time on."""
    found = []
    for lane in lanes:
        plan = choices.get(lane, UNCHOSEN).planned
        if plan is None:
            continue
        try:
            found.append(Follow((lane,), read(plan.body), plan.seq, plan.from_us))
        except ConfigError as error:
            log.error("lane %s: what was planned for it cannot be read any more: %s", lane, error)
    return found


def _last(reader: Reader, name: str) -> tuple[Procedure, str] | None:
    """Return the newest procedure published under a name that can be read."""
    for version in reversed([version for version in versions(reader) if version.name == name]):
        try:
            return procedures.parse(name, version.text, stored=True), version.text
        except ConfigError:
            continue
    return None


def _told(lane: Lane, faults: tuple[str, ...]) -> tuple[str, ...]:
    for fault in faults:
        log.error("lane %s: refused, the old one stays in force: %s", lane.name, fault)
    return faults
