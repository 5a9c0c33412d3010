"""What a site settled about reports, as the reports want it."""

from datetime import date
from zoneinfo import ZoneInfo

from edge.app.lanes import twice_daily_of
from edge.config import Settings
from edge.health import Problem
from edge.reports.sending import DAY_US, MINUTE_US, Reports, Terms


def report_terms(settings: Settings) -> Terms:
    """Return it, times in microseconds."""
    table = settings.reports
    return Terms(
        zone=ZoneInfo(settings.gate.timezone),
        minutes=table.minutes,
        late_us=table.late_minutes * MINUTE_US,
        recipients=table.recipients,
        series=table.series,
        site=table.site,
        since=None if table.since is None else date.fromisoformat(table.since),
        least_out_percent=table.least_out_percent,
        template=table.template,
        threshold_mdegc=twice_daily_of(settings).threshold_mdegc,
        keep_us=settings.store.retention_max_days * DAY_US,
        lanes=tuple(lane.name for lane in settings.lane),
    )


def trouble(reports: Reports) -> Problem | None:
    """Return that a report is late and not there, None where none is."""
    days, refused = reports.missing()
    if refused:
        return Problem("report_waits", days[0].isoformat(), "warning")
    return Problem("report_missing", days[0].isoformat(), "warning") if days else None
