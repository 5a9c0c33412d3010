"""What the pages know of the gate: one value of callables and constants that the app hands in.

Nothing here does anything. Pages never see the station, the devices or a database connection; they
submit commands, read snapshots and rows, and append what they themselves did.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from edge.bell import Bell
from edge.domain.events import Command
from edge.domain.model import Instant
from edge.domain.ports import Preview
from edge.domain.procedure import Procedure
from edge.domain.twice_daily import Terms
from edge.journal import Reader, Row, State, StoredRow
from edge.registers.access_rules import AccessBook
from edge.registers.board import Board
from edge.registers.book import Book
from edge.registers.cases import Cases
from edge.registers.duty_desk import DutyDesk
from edge.registers.import_jobs import ImportJobs
from edge.registers.ledgers import Ledgers
from edge.registers.photographs import Photographs
from edge.registers.publishing import Publishing
from edge.reports.sending import Reports


class Reply(Protocol):
    """What the station answers to a command, after the commit."""

    @property
    def sequence(self) -> int | None:
        """The row the command became; None where it needed no commit yet."""

    @property
    def passage(self) -> int | None:
        """The passage it was about."""


@dataclass(frozen=True)
class Gate:
    """Everything a page may use.

    `submit` raises FormError (stable code, status) or JournalError. `view` returns the newest
    snapshot of a lane. `view_changed` rings when a snapshot changed, `bell` after every commit.
    `reader` opens a read-only view of the journal for the calling thread; close it. `append` writes
    one row of the pages' own (log-ins, opened personal fields). `stop` is set when the daemon ends.
    `incarnation` is asked each time, because a journal may begin anew; `procedures` are the ones the
    lanes followed at the start, by name, and `publishing` knows those of now. `preview` asks a camera, by
    lane and device, for what it sees now; `trust` gives the trust lists in force, each with its date and
    state; `twice_daily` is what the site has settled about two measurements a day, `venue_code` what its
    posted venue code says, "" where it has none. `cases` is the register of those who were handed over for a
    check, `book` holds every other list kept at the gate, `ledgers` those that definitions describe, `board`
    says what of them is due, `imports` takes files into it, `photographs` are those of people in it,
    `district_lists` gives those of the district that registers hold, by register; `duty` is what is done
    with those about the staff, `reports` is what is reported every day, `access` the rules of who may pass.
    """

    name: str
    gate_id: str
    language: str
    timezone: str
    lanes: tuple[str, ...]
    procedures: Mapping[str, Procedure]
    incarnation: Callable[[], str]
    secret: bytes
    submit: Callable[[Command], Reply]
    view: Callable[[str], Mapping[str, Any]]
    view_changed: Bell
    reader: Callable[[], Reader]
    unseal: Callable[[StoredRow], Mapping[str, Any] | None]
    append: Callable[[Row], int]
    status: Callable[[], Mapping[str, Any]]
    metrics: Callable[[], bytes]
    bell: Bell
    now: Callable[[], Instant]
    state: State
    stop: threading.Event
    cases: Cases
    reports: Reports
    book: Book
    imports: ImportJobs
    photographs: Photographs
    ledgers: Ledgers
    board: Board
    publishing: Publishing
    duty: DutyDesk
    access: AccessBook
    banners: tuple[str, ...] = ()
    preview: Callable[[str, str], Preview | None] = lambda _lane, _device: None
    trust: Callable[[], Sequence[Mapping[str, Any]]] = list
    district_lists: Callable[[], Mapping[str, Mapping[str, Any]]] = dict
    twice_daily: Terms = field(default_factory=Terms)
    venue_code: str = ""
