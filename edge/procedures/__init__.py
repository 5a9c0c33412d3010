"""Procedures as files: a readable TOML text becomes a `Procedure`, or every fault in it at once.

Rules that came later refuse new texts only: what a site or a journal has held since before is still read,
and `outdated` says what is to be mended in it.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from edge import site_files
from edge.domain.acceptance import NOTHING, Acceptance
from edge.domain.errors import ConfigError
from edge.domain.model import Outcome
from edge.domain.plan import Procedure
from edge.domain.statements import EDITION, HEALTH
from edge.procedures import faults
from edge.procedures.faults import MOST_INPUTS
from edge.procedures.text import FileTable, grounds, step
from edge.site_files import find, names, read

__all__ = [
    "MOST_INPUTS",
    "SHIPPED",
    "accepting",
    "find",
    "folders",
    "names",
    "outdated",
    "parse",
    "read",
]

KIND = "procedures"
SHIPPED = site_files.SHIPPED / KIND


def parse(
    name: str, text: str, where: str = "", *, stored: bool = False, edition: int = EDITION
) -> Procedure:
    """Return the procedure a TOML text describes; its version is the hash of the text and the edition.

    Raises ConfigError with one line per fault in both languages, `where` (a file name) in front of each.
    `stored`: the text may be older than the rules of `outdated`, and is read all the same. `edition` is how
    codes are judged (see `edge.domain.statements`), an older one for what was decided by it.
    """
    where = where or name
    file = _file(where, site_files.tables(text, where), stored=stored)
    told = text if edition == 1 else f"{text}\n{edition}"
    procedure = Procedure(
        name=name,
        title=file.title.model_dump(),
        version=site_files.version(told),
        steps=tuple(step(table) for table in file.step),
        ordered=file.ordered,
        reasons=tuple(grounds(reason) for reason in file.reason),
        number=file.number,
        outcomes=tuple(map(Outcome, file.outcomes)),
        no_code_no_passage=file.no_code_no_passage,
        offered=file.offered,
        site=file.site,
        acceptance=NOTHING if edition == EDITION else replace(NOTHING, edition=edition),
    )
    if not stored and (old := outdated(procedure, where)):
        raise ConfigError(old)
    return procedure


def outdated(procedure: Procedure, where: str) -> list[str]:
    """Return a line for everything in a procedure that was allowed before and is no longer, in both
    languages, `where` (a file name) in front of each."""
    return [
        f"{where}: step.{index} ({found.id}): {en} / {zh}"
        for index, found in enumerate(procedure.steps)
        for en, zh in faults.outdated(found)
    ]


def accepting(procedure: Procedure, acceptance: Acceptance) -> Procedure:
    """Return the procedure with the rules about health codes; its version then stands for both texts.

    A procedure that asks for no health code stays as it is.
    """
    if not any(HEALTH.intersection(step.carriers) for step in procedure.steps):
        return procedure
    both = f"{procedure.version} {acceptance.version} {acceptance.utc_offset_s} {acceptance.changes}"
    version = site_files.version(both)
    accepted = replace(acceptance, edition=procedure.acceptance.edition)
    return replace(procedure, acceptance=accepted, version=version)


def folders(config_folder: Path) -> list[Path]:
    """Return where procedures are looked for, the site's own before those that ship."""
    return site_files.folders(KIND, config_folder)


def _file(where: str, raw: Mapping[str, Any], *, stored: bool) -> FileTable:
    lines: list[str] = []
    file: FileTable | None = None
    try:
        file = FileTable.model_validate(raw)
    except ValidationError as error:
        lines = site_files.faults(error, where)
    lines += [f"{where}: {place}: {en} / {zh}" for place, (en, zh) in faults.found(raw, file)]
    if file is not None and not lines:
        return file
    if not stored:  # named together with the rest, for whoever mends it
        there = ((index, step(table)) for index, table in faults.steps(raw) if table is not None)
        lines += [
            f"{where}: step.{index} ({found.id}): {en} / {zh}"
            for index, found in there
            for en, zh in faults.outdated(found)
        ]
    raise ConfigError(lines)
