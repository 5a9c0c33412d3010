"""Which procedure each lane follows, and where that was settled: what `config show` and `doctor` say of it.

Reads the journal beside a running gate, by the gate's own rules. Must not write, and never fails.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from edge.config import Settings
from edge.domain.errors import JournalError
from edge.journal import Reader
from edge.journal.schema import FILE as JOURNAL
from edge.registers.published import PAGE, UNCHOSEN, Choice, choices


@dataclass(frozen=True, slots=True)
class Settled:
    """What pages settled about a lane's procedure: its name and version, by whom, in which row; `planned` is
    the version that follows, and from when (microseconds UTC)."""

    name: str
    version: str
    by: str
    seq: int
    planned: str | None = None
    planned_us: int | None = None


def on_pages(settings: Settings) -> dict[str, Choice]:
    """Return what pages settled about each lane; nothing where the journal cannot be read."""
    path = settings.store.path / JOURNAL
    try:
        if not path.exists():
            return {}
        with closing(Reader(path)) as reader:
            found = choices(reader)
    except (JournalError, OSError):
        return {}  # not for this account, or damaged: other lines say so
    return {lane.name: found.get(lane.name, UNCHOSEN) for lane in settings.lane}


def settled(found: Mapping[str, Choice], lane: str) -> Settled | None:
    """Return what a page chose for a lane, None where it follows its file."""
    choice = found.get(lane, UNCHOSEN)
    if choice.now is None or choice.now.source != PAGE:
        return None
    now, plan = choice.now, choice.planned
    return Settled(
        now.name,
        now.version,
        now.by or "",
        now.seq,
        None if plan is None else plan.version,
        None if plan is None else plan.from_us,
    )


def origin(found: Settled) -> str:
    """Return where a lane's procedure is from, as `config show` has it."""
    return f"page (by {found.by}, version {found.version}, row {found.seq}; over the file)"
