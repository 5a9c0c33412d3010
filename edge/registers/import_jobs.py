"""The imports that pages and programs run on a gate: brought in pieces, previewed, applied, stopped, undone.

One at a time, in a thread of its own. A file lives in memory only, packed, and is let go once it is applied;
what survives the process is the journal's row of how far it got. Never writes a file to disk.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from edge.domain.errors import FormError, JournalError
from edge.domain.model import Instant
from edge.registers.all_kinds import KINDS
from edge.registers.book import Open, Order
from edge.registers.importing import Importer, Journal, print_of
from edge.registers.planning import Preview, preview
from edge.registers.said import Layout, Said, layout_of
from edge.registers.tables import MAX_BYTES, Table, read_table
from edge.registers.unreadable import Unreadable

KEPT = 4
# Between transactions whoever waits goes first; a verdict needs a turn or two.
PAUSE_S, PAUSES = 0.0005, 100
_RUNNING = ("previewing", "applying", "undoing")
log = logging.getLogger(__name__)


@dataclass
class Job:
    """One file on its way. `state`: receiving, previewing, ready, applying, done, stopped, undoing, undone,
    failed (`why`)."""

    id: str
    register: str
    by: str
    file: str
    state: str = "receiving"
    why: str = ""
    number: int | None = None
    line: int = 0
    lines: int = 0
    entered: int = 0
    amended: int = 0
    round: int = 0
    table: Table | None = None
    layout: Layout | None = None
    said: Said | None = None
    preview: Preview = field(default_factory=Preview)
    print_: str = ""
    pieces: bytearray = field(default_factory=bytearray)
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def running(self) -> bool:
        """Whether a thread works on it."""
        return self.state in _RUNNING

    @property
    def links(self) -> Mapping[str, Open]:
        """Return the open fields that every line of it has."""
        return {"rounds": [self.round]} if self.round else {}


class ImportJobs:
    """The imports of a gate. Thread-safe."""

    def __init__(
        self, journal: Journal, now: Callable[[], Instant], changed: Callable[[], None], stop: threading.Event
    ) -> None:
        self._journal, self._now, self._changed, self._stop = journal, now, changed, stop
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def start(self, register: str, by: str, file: str, round_: int = 0) -> Job:
        """Begin to receive a file. Raises FormError `import_running`."""
        with self._lock:
            if any(job.running for job in self._jobs.values()):
                raise FormError("import_running", status=409)
            while len(self._jobs) >= KEPT:
                del self._jobs[next(iter(self._jobs))]
            job = Job(secrets.token_hex(8), register, by, file, round=round_)
            self._jobs[job.id] = job
        return job

    def job(self, register: str, id_: str) -> Job:
        """Return one. Raises FormError `unknown_import`."""
        job = self._jobs.get(id_)
        if job is None or job.register != register:
            raise FormError("unknown_import", status=404)
        return job

    def newest(self, register: str) -> Job | None:
        """Return the newest of a register that this process knows."""
        return next((job for job in reversed(self._jobs.values()) if job.register == register), None)

    def piece(self, job: Job, content: bytes, place: int) -> None:
        """Take a piece of the file, which begins at this place; one that was taken before is passed over.
        Raises FormError `import_piece`."""
        with self._lock:
            if job.state != "receiving" or place > len(job.pieces):
                raise FormError("import_piece", status=409)
            if len(job.pieces) + len(content) > MAX_BYTES:
                raise FormError("import_too_large", status=413)
            if place + len(content) > len(job.pieces):
                job.pieces[place:] = content

    def look(self, job: Job, zone: ZoneInfo, columns: Mapping[int, str] | None = None) -> None:
        """Preview the file, with these columns where somebody chose them. Raises FormError
        `import_not_ready`, `import_running`."""
        with self._lock:
            if job.state not in ("receiving", "ready", "failed") or (job.table is None and not job.pieces):
                raise FormError("import_not_ready", status=409)
            self._run(job, "previewing", lambda: self._preview(job, zone, columns))

    def apply(self, job: Job, by: str, zone: ZoneInfo) -> None:
        """Apply what was previewed. Raises FormError `import_not_ready`."""
        with self._lock:
            if job.state not in ("ready", "stopped") or job.table is None:
                raise FormError("import_not_ready", status=409)
            self._run(job, "applying", lambda: self._apply(job, by, zone))

    def cancel(self, job: Job) -> None:
        """Stop after the transaction under way; what is entered stays until it is undone."""
        job.stopping.set()

    def undo(self, register: str, number: int, by: str, zone: ZoneInfo) -> Job:
        """Take a whole import back. Raises FormError `import_running`."""
        job = self.start(register, by, "")
        job.number = number
        with self._lock:
            self._run(job, "undoing", lambda: self._undo(job, by, zone))
        return job

    def _run(self, job: Job, state: str, work: Callable[[], Iterator[None]]) -> None:
        if any(other.running for other in self._jobs.values()):
            raise FormError("import_running", status=409)
        job.state, job.why = state, ""
        job.stopping.clear()

        def carry_out() -> None:
            try:
                for _ in work():
                    if self._stop.is_set():
                        break
            except Unreadable as error:
                job.why = error.code
            except FormError as error:
                job.why = error.code
            except JournalError:
                log.exception("an import of %s stopped", job.register)
                job.why = "journal"
            finally:
                if job.running:
                    job.state, job.why = "failed", job.why or "ended"
                self._changed()

        threading.Thread(target=carry_out, name="import", daemon=True).start()

    def _preview(self, job: Job, zone: ZoneInfo, columns: Mapping[int, str] | None) -> Iterator[None]:
        kind = KINDS[job.register]
        if job.table is None:
            content = bytes(job.pieces)
            job.print_ = print_of(content)
            job.table = read_table(content, kind)
            job.pieces = bytearray()
            del content
        job.lines = job.table.size
        job.layout = layout_of(job.table, kind, columns)
        if not job.layout.columns:
            raise Unreadable("no_heads")
        job.said = Said(job.table, kind, job.layout, zone)
        for found in preview(job.said, kind, self._journal, links=job.links):
            job.preview = found
            job.line = sum(found.counts.values())
            yield
            if self._pause(job):
                raise Unreadable("stopped")
        job.state = "ready"

    def _apply(self, job: Job, by: str, zone: ZoneInfo) -> Iterator[None]:
        assert job.table is not None
        assert job.said is not None
        kind = KINDS[job.register]
        importer = Importer(self._journal, self._now, zone, lambda: self._pause(job))
        imported = importer.begin(Order(f"import-{job.id}", by), kind, job.table, job.file, job.print_)
        job.number, job.lines = imported.number, imported.lines
        for done in importer.apply(imported, by, job.said, links=job.links):
            job.line, job.entered, job.amended = done.line, done.entered, done.amended
            yield
        job.state = "stopped" if job.stopping.is_set() or job.line < job.lines else "done"
        if job.state == "done" and not job.preview.rejected:
            job.table = job.said = None

    def _undo(self, job: Job, by: str, zone: ZoneInfo) -> Iterator[None]:
        assert job.number is not None
        importer = Importer(self._journal, self._now, zone, lambda: self._pause(job))
        for count in importer.undo(Order(f"undo-{job.id}", by), job.number):
            job.line = count
            yield
        job.state = "undone"

    def _pause(self, job: Job) -> bool:
        for _ in range(PAUSES):
            if not self._journal.wanted():
                break
            time.sleep(PAUSE_S)
        return job.stopping.is_set() or self._stop.is_set()


def job_json(job: Job) -> dict[str, Any]:
    """Return how far a job is, as pages and programs get it. It names nobody."""
    return {
        "job": job.id,
        "register": job.register,
        "state": job.state,
        "why": job.why or None,
        "import": job.number,
        "line": job.line,
        "lines": job.lines,
        "entered": job.entered,
        "amended": job.amended,
        "counts": dict(job.preview.counts),
        "columns": {} if job.layout is None else {str(n): name for n, name in job.layout.columns.items()},
        "heads": [] if job.layout is None else list(job.layout.heads),
        "rejected": [
            {"line": line, "faults": [list(f) for f in faults]} for line, faults in job.preview.rejected[:200]
        ],
        "doubled": [{"line": line, "of": first} for line, first in job.preview.doubled],
        "changed": [
            {"line": line, "entry": entry, "fields": list(names)}
            for line, entry, names in job.preview.changed
        ],
    }
