"""Procedures while the gate runs: which one each lane follows, what would be wrong with another, and the
commands that put one in force.

Every change is a row with its whole text, who made it and why. It says which version it was made from, so
that of two managers at once one is told. A text with any fault is refused with all of them; the old one stays
in force.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from edge import procedures
from edge.domain.acceptance import Acceptance
from edge.domain.errors import ConfigError, FormError
from edge.domain.lane_state import LaneSpec
from edge.domain.model import Instant
from edge.domain.procedure import Procedure
from edge.journal import Reader, Row, StoredRow
from edge.messages import Follow
from edge.registers.book import Order
from edge.registers.checked_text import checked
from edge.registers.published import (
    FILE,
    PAGE,
    PUBLISHED,
    START,
    UNCHOSEN,
    Choice,
    Version,
    body_of,
    choices,
    read,
    version_of,
    versions,
)

_YEAR_US = 366 * 86_400_000_000


class Journal(Protocol):
    """The part of the journal that publishing needs."""

    def append(self, *rows: Row) -> tuple[int, ...]:
        """Write rows in one transaction; raises JournalError."""

    def reader(self) -> Reader:
        """Open a read-only view."""

    def unseal(self, row: StoredRow) -> Mapping[str, Any] | None:
        """Open the personal fields of a row."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane as the start found it. `origin`: `page`, `file`, or `journal` where its file could not be read;
    `file` is the name of the file that its table names, `refused` the faults of what was passed over."""

    spec: LaneSpec
    text: str
    origin: str
    file: str
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Present:
    """What a lane follows now. `source` as of `Lane.origin`; `since_us` when it took force, None where
    nobody knows; `version` is the row of a page's choice. `newest` is the version of the newest word about
    the lane: what a change has to be made from."""

    lane: str
    file: str
    procedure: Procedure
    text: str
    source: str
    since_us: int | None
    version: Version | None
    planned: Version | None
    refused: tuple[str, ...] = ()

    @property
    def newest(self) -> str:
        """The version that a change has to be made from."""
        return self.planned.version if self.planned is not None else self.procedure.version


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that is to be put in force: by lane, which version it was made from. `why` is a word of the
    pages' list, `note` names nobody. `from_us`: from when on, None for at once."""

    name: str
    text: str
    made_from: Mapping[str, str]
    why: str
    note: str = ""
    from_us: int | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What a command came to: its row, and the version that it put in force."""

    sequence: int
    version: str
    lanes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """What the composition root knows: the lanes as the start found them, what the site accepts, and the
    folder of the configuration."""

    lanes: Mapping[str, Lane]
    accepted: Acceptance
    config_folder: Path


@dataclass
class Publishing:
    """The commands and views of the gate's procedures. Thread-safe. `follow` hands a change to the lanes
    once it is on disk; `changed` is called after each commit."""

    site: Site
    journal: Journal
    now: Callable[[], Instant]
    follow: Callable[[Follow], None]
    changed: Callable[[], None]
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _begun_with: Mapping[str, Version | None] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        with closing(self.journal.reader()) as reader:
            settled = choices(reader)
        self._begun_with = {lane: settled.get(lane, UNCHOSEN).now for lane in self.site.lanes}

    def in_force(self) -> list[Present]:
        """Return what each lane follows now."""
        with closing(self.journal.reader()) as reader:
            settled, known = choices(reader), list(versions(reader))
        return [self._standing(lane, settled.get(lane, UNCHOSEN), known) for lane in self.site.lanes]

    def of(self, lane: str) -> Present:
        """Return what one lane follows now. Raises FormError `unknown_lane`."""
        found = next((one for one in self.in_force() if one.lane == lane), None)
        if found is None:
            raise FormError("unknown_lane", status=404)
        return found

    def history(self, lane: str | None = None) -> list[Version]:
        """Return every publication, of a lane or of all, newest first."""
        with closing(self.journal.reader()) as reader:
            found = [one for one in versions(reader) if lane is None or lane in one.lanes]
        return found[::-1]

    def version(self, seq: int) -> Version:
        """Return one publication. Raises FormError `unknown_procedure`."""
        with closing(self.journal.reader()) as reader:
            row = reader.row(seq)
        if row is None or row.kind != PUBLISHED:
            raise FormError("unknown_procedure", status=404)
        return version_of(row)

    def presets(self) -> list[tuple[str, str]]:
        """Return (name, text) of every procedure that ships or lies beside the configuration, as the files
        are now; one that cannot be read is left out."""
        folders = procedures.folders(self.site.config_folder)
        found = []
        for name in procedures.names(folders):
            path = procedures.find(name, folders)
            try:
                text = "" if path is None else procedures.read(path)
                procedures.parse(name, text, stored=True)
            except ConfigError:
                continue
            found.append((name, text))
        return found

    def preset(self, name: str) -> str:
        """Return the text of one. Raises FormError `unknown_procedure`."""
        found = dict(self.presets()).get(name)
        if found is None:
            raise FormError("unknown_procedure", status=404)
        return found

    def check(self, name: str, text: str) -> Procedure:
        """Return the procedure of a text as lanes would follow it. Raises FaultyText with every fault."""
        return checked(name, text, self.site.accepted)

    def publish(self, order: Order, draft: Draft) -> Done:
        """Put a text in force at lanes: their next passages go by it.

        Raises FaultyText, FormError `unknown_lane`, `unknown_procedure`, `other_version` (409: it was not
        made from what is in force), `bad_from`, `clock_untrusted`, `command_reused`, and JournalError.
        """
        with self._lock:
            if done := self._again(order, draft.made_from, draft.text):
                return done
            names = {name for name, _text in self.presets()} | {one.procedure.name for one in self.in_force()}
            if draft.name not in names:
                raise FormError("unknown_procedure", status=404)
            procedure = self.check(draft.name, draft.text)
            self._made_from(draft.made_from)
            at = self.now()
            _is_later(draft.from_us, at)
            told = _told(order, draft.made_from, PAGE, draft.why, draft.note)
            if draft.from_us is not None:
                told["from_us"] = draft.from_us
            rows = (Row(PUBLISHED, at, body_of(procedure, draft.text) | told),)
            return self._commit(rows, [procedure], draft.from_us)

    def as_in_file(self, order: Order, made_from: Mapping[str, str], why: str, note: str = "") -> Done:
        """Let lanes follow the files that the configuration names again, as these are now. Raises as
        `publish`."""
        with self._lock:
            if done := self._again(order, made_from, None):
                return done
            self._made_from(made_from)
            rows, found = [], []
            for lane, version in made_from.items():
                text = self.preset(self.site.lanes[lane].file)
                procedure = self.check(self.site.lanes[lane].file, text)
                told = _told(order, {lane: version}, FILE, why, note)
                rows.append(Row(PUBLISHED, self.now(), body_of(procedure, text) | told))
                found.append(procedure)
            return self._commit(rows, found, None)

    def _commit(self, rows: Sequence[Row], found: Sequence[Procedure], from_us: int | None) -> Done:
        sequences = self.journal.append(*rows)
        for row, procedure, sequence in zip(rows, found, sequences, strict=True):
            self.follow(Follow(tuple(row.body["lanes"]), procedure, sequence, from_us))
        self.changed()
        lanes = tuple(lane for row in rows for lane in row.body["lanes"])
        return Done(sequences[-1], found[-1].version, lanes)

    def _made_from(self, made_from: Mapping[str, str]) -> None:
        """Refuse what was made from something else than the newest word about a lane."""
        if not made_from:
            raise FormError("unknown_lane", "a change names its lanes", 404)
        newest = {one.lane: one.newest for one in self.in_force()}
        if not newest.keys() >= made_from.keys():
            raise FormError("unknown_lane", status=404)
        if other := [lane for lane, version in made_from.items() if newest[lane] != version]:
            raise FormError("other_version", f"changed meanwhile: {', '.join(other)}", 409)

    def _again(self, order: Order, made_from: Mapping[str, str], text: str | None) -> Done | None:
        """Answer a command that was carried out before."""
        earlier = [one for one in self.history() if one.command_id == order.command_id]
        if not earlier:
            return None
        lanes = tuple(lane for one in reversed(earlier) for lane in one.lanes)
        if set(lanes) != set(made_from) or (text is not None and earlier[0].text != text):
            raise FormError("command_reused", "another command had this id", 409)
        return Done(earlier[0].seq, earlier[0].version, lanes)

    def _standing(self, name: str, choice: Choice, known: Sequence[Version]) -> Present:
        lane, now = self.site.lanes[name], choice.now
        if now == self._begun_with[name]:
            # What the start found: by what the site accepts now, which may not be what the row says.
            procedure, text, source = lane.spec.procedure, lane.text, lane.origin
        else:
            assert now is not None  # nothing takes a choice away but another one
            procedure, text, source = read(now.body), now.text, now.source
        same = [one.at_us for one in known if one.version == procedure.version and one.source == START]
        version = now if now is not None and now.source == source else None
        since_us = choice.since_us if version else (same[-1] if same else None)
        refused = lane.refused if now == self._begun_with[name] else ()
        return Present(name, lane.file, procedure, text, source, since_us, version, choice.planned, refused)


def _told(order: Order, made_from: Mapping[str, str], source: str, why: str, note: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "lanes": list(made_from),
        "made_from": dict(made_from),
        "source": source,
        "by": order.by,
        "why": why,
        "command_id": order.command_id,
    }
    return told | ({"note": note.strip()} if note.strip() else {})


def _is_later(from_us: int | None, at: Instant) -> None:
    """Refuse a time that has passed, one in a year or later, and any by a clock that nobody believes."""
    if from_us is None:
        return
    if not at.clock.trusted:
        raise FormError("clock_untrusted", "set the clock first, or publish at once", 409)
    if not at.at_us < from_us < at.at_us + _YEAR_US:
        raise FormError("bad_from", "a change is planned for a time to come, within a year")
