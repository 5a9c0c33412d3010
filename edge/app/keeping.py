"""What is done every few seconds beside the lanes, and what of the journal's own state is a problem."""

from functools import partial

from edge.app.duty import close_leavers
from edge.app.parts import Parts
from edge.health import Problem
from edge.journal import Journal
from edge.keeper import Keeper


def start_keeper(parts: Parts) -> None:
    """Start the thread that checks and purges the journal, and does what is due now and then."""
    store = parts.settings.store
    # Checking a million rows is its work as well.
    heart = parts.health.heart("keeper", 3600.0)

    def often() -> None:
        heart.beat()
        parts.trust.refresh()
        if parts.journal.others_wrote():
            parts.roster.changed()
            parts.forget()  # a command may have destroyed keys
            parts.bell.ring()
        parts.cases.look()
        if parts.duty.watch.look():
            parts.views.ring()
        close_leavers(parts.state, parts.now(), parts.write)
        if parts.board.look():
            parts.changed()
        parts.journal.remember_cases()

    def acknowledged() -> int | None:
        return None if parts.uplink is None else int(parts.uplink.status()["acknowledged"])

    keeper = Keeper(
        parts.journal,
        retention_days=store.retention_days,
        retention_max_days=store.retention_max_days,
        acknowledged=acknowledged,
        now=parts.now,
        often=often,
        destroyed=parts.forget,
        reported_us=lambda: parts.reports.reported_us,
    )
    parts.health.probe("journal_kept", partial(_journal_trouble, parts.journal, keeper))
    parts.threads.start("keeper", partial(keeper.run, parts.stop))


def _journal_trouble(journal: Journal, keeper: Keeper) -> Problem | None:
    if keeper.faults:
        return Problem("journal_tampered", keeper.faults[0])
    if journal.incident is not None:
        return Problem("journal_set_aside", journal.incident.why)
    if journal.rolled_back is not None:
        return Problem("journal_rolled_back", str(journal.rolled_back.seq))
    if keeper.purged.unacknowledged:
        return Problem("retention_unacknowledged", str(keeper.purged.unacknowledged), "warning")
    if keeper.purged.refused == "clock_leapt":
        return Problem("retention_waits", severity="warning")
    return None if journal.reserve_intact else Problem("journal_reserve", severity="warning")
