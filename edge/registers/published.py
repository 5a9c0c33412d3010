"""Which procedures were published, by whom and from when, and which of them each lane follows.

Reads rows only. A lane follows what a page chose for it last; where no page chose anything, or somebody went
back to it, the file that its configuration names.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from edge import acceptance, procedures
from edge.domain.acceptance import NOTHING
from edge.domain.errors import ConfigError
from edge.domain.procedure import Procedure
from edge.domain.statements import EDITION
from edge.journal import Reader, StoredRow

PUBLISHED, FOLLOWED = "procedure.published", "procedure.followed"
KINDS = frozenset({PUBLISHED, FOLLOWED})
# Who chose a text: a manager on a page (or a program for one), a manager who went back to the file, or
# nobody, where a start found a text that the journal did not have.
PAGE, FILE, START = "page", "file", "start"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Version:
    """One publication: the row `seq`, when and by which clock, by whom and why, of which text for which
    lanes. `from_us`: from when on it holds, None for at once. `made_from` says which version each lane was to
    follow before it."""

    seq: int
    at_us: int
    clock: str
    name: str
    version: str
    text: str
    body: Mapping[str, Any]
    lanes: tuple[str, ...] = ()
    source: str = START
    by: str | None = None
    why: str | None = None
    note: str | None = None
    from_us: int | None = None
    made_from: Mapping[str, str] = field(default_factory=dict)
    command_id: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What pages settled about a lane: what it follows (None: nothing was, so its file), since when, and what
    it will follow from a time on."""

    now: Version | None = None
    since_us: int | None = None
    planned: Version | None = None

    @property
    def newest(self) -> Version | None:
        """The newest word about the lane, in force or planned."""
        return self.planned or self.now


UNCHOSEN = Choice()


def versions(reader: Reader) -> Iterator[Version]:
    """Yield every publication, oldest first."""
    for row in _rows(reader, {PUBLISHED}):
        yield version_of(row)


def version_of(row: StoredRow) -> Version:
    """Return what a row of `procedure.published` tells. Those of before had neither lanes nor a source."""
    body = row.body
    return Version(
        seq=row.seq,
        at_us=row.at_us,
        clock=row.clock,
        name=body["name"],
        version=body["version"],
        text=body["text"],
        body=body,
        lanes=tuple(body.get("lanes", ())),
        source=body.get("source", START),
        by=body.get("by"),
        why=body.get("why"),
        note=body.get("note"),
        from_us=body.get("from_us"),
        made_from=body.get("made_from", {}),
        command_id=body.get("command_id"),
    )


def choices(reader: Reader) -> dict[str, Choice]:
    """Return what pages settled about each lane, from the rows alone."""
    return folded(_rows(reader, KINDS))


def folded(rows: Iterable[StoredRow]) -> dict[str, Choice]:
    """Return what rows of both kinds, in their order, settle about each lane."""
    found: dict[str, Choice] = {}
    for row in rows:
        if row.kind == FOLLOWED:
            before = found.get(row.lane or "", UNCHOSEN)
            # A newer word may have taken the plan's place while the lane was taking it up.
            if before.planned is not None and before.planned.seq == row.body["published"]:
                found[row.lane or ""] = Choice(before.planned, row.at_us)
            continue
        version = version_of(row)
        for lane in version.lanes if version.source != START else ():
            before = found.get(lane, UNCHOSEN)
            if version.from_us is not None:
                found[lane] = Choice(before.now, before.since_us, version)
            else:
                found[lane] = Choice(version, row.at_us)
    return found


def known(reader: Reader, wanted: Collection[str]) -> dict[str, Procedure]:
    """Return the procedures of these versions that the journal holds and that can still be read."""
    found: dict[str, Procedure] = {}
    for row in _rows(reader, {PUBLISHED}) if wanted else ():
        if row.body["version"] in wanted and row.body["version"] not in found:
            try:
                procedure = read(row.body)
            except ConfigError:
                continue  # written by a program that knew other keys
            if procedure.version == row.body["version"]:
                found[procedure.version] = procedure
    return found


def read(body: Mapping[str, Any]) -> Procedure:
    """Return a published procedure with the rules about codes published with it, read as they were then: its
    version says in which edition. Raises ConfigError where it cannot be read any more."""
    for edition in range(EDITION, 0, -1):
        found = procedures.parse(body["name"], body["text"], stored=True, edition=edition)
        if (told := body.get("acceptance")) is not None:
            changes = tuple((from_us, east_s) for from_us, east_s in told.get("changes", ()))
            accepted = acceptance.parse(
                told["name"], told["text"], utc_offset_s=told["utc_offset_s"], changes=changes
            )
            found = procedures.accepting(found, accepted)
        if found.version == body["version"]:
            return found
    # Not the text of this version: whatever was decided by it comes out as it may.
    return found


def body_of(procedure: Procedure, text: str) -> dict[str, Any]:
    """Return the body of a row that publishes a procedure: every text its version stands for."""
    body: dict[str, Any] = {"name": procedure.name, "version": procedure.version, "text": text}
    accepted = procedure.acceptance
    if accepted is not NOTHING:
        body["acceptance"] = {
            "name": accepted.name,
            "text": accepted.text,
            "utc_offset_s": accepted.utc_offset_s,
            "changes": [list(change) for change in accepted.changes],
        }
    return body


def _rows(reader: Reader, kinds: Collection[str]) -> Iterator[StoredRow]:
    after = 0
    while rows := reader.rows_after(after, _AT_ONCE, kinds):
        after = rows[-1].seq
        yield from rows
