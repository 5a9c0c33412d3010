"""The daily report: written at its hour for each day that ended at 00:00, also with all zeros, never twice.

The row `report.daily` is the report: it goes to the district like any row, and holds every figure, so that
those that need opened fields stay known when the keys of the day are gone. A report is written only by a
clock that is believed; after an outage each missing day gets its own, marked as late. A correction is a
further row that names the one before.
"""

import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from edge.domain.errors import FormError, JournalError
from edge.domain.model import Instant
from edge.journal import Look, Reader, Row, StoredRow
from edge.reports.day import DAILY, Days, Gap, Told, day_of, days_between, starts_us
from edge.reports.figures import DISTINCT, Figures, count, summed
from edge.reports.taking import Taking

MINUTE_US = 60_000_000
DAY_US = 1440 * MINUTE_US
# A clock that leapt further than that waits for a person: a report for each day until 2036 helps nobody.
MOST_DAYS = 366
log = logging.getLogger(__name__)


class Journal(Protocol):
    """The part of the journal that reports need."""

    def compose(self, make: Callable[[Look], Sequence[Row]]) -> tuple[int, ...]:
        """Write the rows that `make` returns, in one transaction with what it looked at."""

    def reader(self) -> Reader:
        """Open a read-only view."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a site settled about reports. `minutes` after midnight is when they are due, `late_us` after that
    they are late; `keep_us` is how long personal fields live at most; each of `lanes` is reported, also where
    nobody came."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    minutes: int = 10
    late_us: int = 60 * MINUTE_US
    recipients: tuple[str, ...] = ()
    series: str = "district"
    site: str | None = None
    since: date | None = None
    least_out_percent: int = 50
    keep_us: int = 60 * DAY_US
    threshold_mdegc: int = 37_300
    template: Path | None = None
    lanes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """A report as it was sent. `corrects` is the sequence of the one it corrects."""

    day: date
    seq: int
    at_us: int
    body: Mapping[str, Any]

    @property
    def figures(self) -> Figures:
        return dict(self.body["figures"])

    @property
    def upto(self) -> int:
        return int(self.body["upto"])

    @property
    def late(self) -> bool:
        return bool(self.body.get("late"))

    @property
    def corrects(self) -> int | None:
        number = self.body.get("corrects")
        return None if number is None else int(number)


@dataclass(frozen=True, slots=True)
class Known:
    """A day: what was sent of it, oldest first, and how it stands now. `frozen`: the distinct figures are
    those that were sent, because the keys of the day are gone. `changed`: it differs from what was sent."""

    day: date
    sent: tuple[Sent, ...]
    now: Told
    changed: bool
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class Cumulative:
    """Days added up: `as_sent` of each day's first report, `corrected` as they stand. `unsent` are the days
    without a report, which count in neither `as_sent`."""

    first: date
    last: date
    as_sent: Figures
    corrected: Figures
    day: Figures
    day_corrected: Figures
    changed: tuple[date, ...]
    unsent: tuple[date, ...]


class Reports:
    """Writes what is due and tells what was sent. Thread-safe: each call reads and writes for itself."""

    def __init__(
        self, journal: Journal, terms: Terms, now: Callable[[], Instant], changed: Callable[[], None]
    ) -> None:
        self.terms = terms
        self._journal = journal
        self._now = now
        self._changed = changed
        self.taking = Taking(journal, terms.zone, now, changed, terms.threshold_mdegc)
        self._missing: tuple[date, ...] = ()
        self._refused = ""
        self._reported_us: int | None = None
        # Days that were counted anew for a bulletin; each took some tenths of a second.
        self._counted: dict[date, Told] = {}

    def run(self, stop: threading.Event, beat: Callable[[], None], every_s: float = 5.0) -> None:
        """Write what is due until told to stop."""
        while True:
            try:
                self.write_due(beat)
            except JournalError as error:
                log.error("no report could be written: %s", error)
            beat()
            if stop.wait(every_s):
                return

    def write_due(self, beat: Callable[[], None] = lambda: None) -> list[int]:
        """Write the report of each day that is due and has none; return their sequences. Nothing by a clock
        that is not believed."""
        if self._is_early():
            return []
        written: list[int] = []
        for day in self.due():
            beat()
            sequence = self._write(day)
            if sequence is not None:
                written.append(sequence)
        if written:
            self.due()
            self._changed()
        return written

    def missing(self) -> tuple[tuple[date, ...], str]:
        """Return the days whose report is late and not there, as of the last look, and why nothing is done
        about them ("" where it is)."""
        return self._missing, self._refused

    @property
    def reported_us(self) -> int | None:
        """Until when every day has its report, None where that is not known yet; what the keys of personal
        fields wait for."""
        return self._reported_us

    def correct(self, day: date, *, by: str, command_id: str) -> int:
        """Send a corrected report of a day. Raises FormError `not_reported` (409) for a day without one,
        `nothing_changed` (409) where it would say the same."""
        with closing(self._journal.reader()) as reader:
            known = self.known(reader, day)
            days = Days(reader, self.terms.zone)
        if not known.sent:
            raise FormError("not_reported", "the day has no report yet", 409)
        done = [one for one in known.sent if one.body.get("command_id") == command_id]
        if done:
            return done[0].seq
        if not known.changed:
            raise FormError("nothing_changed", "the report would say the same", 409)
        body = self._body(known.now, self._now(), days.head)
        body |= {"corrects": known.sent[-1].seq, "by": by, "command_id": command_id}

        def make(look: Look) -> Sequence[Row]:
            found = look.rows_saying(DAILY, "day", day.isoformat())
            if found[-1].seq != known.sent[-1].seq:
                raise FormError("stale", "somebody corrected it meanwhile", 409)
            return (Row(DAILY, self._now(), body),)

        (sequence,) = self._journal.compose(make)
        self._changed()
        return sequence

    def known(self, reader: Reader, day: date) -> Known:
        """Return what was sent of a day, and how it stands now."""
        days = Days(reader, self.terms.zone)
        return self._known(days, day, _sent(days, day))

    def sent_between(self, reader: Reader, first: date, last: date) -> dict[date, list[Sent]]:
        """Return every report of these days, oldest first of each."""
        return _between(Days(reader, self.terms.zone), first, last)

    def cumulative(self, reader: Reader, last: date, first: date | None = None) -> Cumulative:
        """Add up the days until one, that one included: as they were sent, and as they stand."""
        days = Days(reader, self.terms.zone)
        last = min(last, days.day_of(self._now().at_us))  # what has not been counts for nothing
        first = first or self.terms.since or self.first_day(days) or last
        sent, living = _between(days, first, last), reader.living_day_keys()
        as_sent, corrected, changed, unsent = [], [], [], []
        for day in days_between(first, last):
            reports = sent.get(day, [])
            if not reports:
                unsent.append(day)
                corrected.append(self._told(days, day).figures)
                continue
            now = self._standing(days, day, reports, living)
            corrected.append(now)
            as_sent.append(reports[0].figures)
            if now != reports[0].figures:
                changed.append(day)
        return Cumulative(
            first,
            last,
            summed(as_sent),
            summed(corrected),
            sent[last][0].figures if last in sent else {},
            corrected[-1] if corrected else {},
            tuple(changed),
            tuple(unsent),
        )

    def first_day(self, days: Days) -> date | None:
        """Return the day of the first row of a clock that was believed."""
        found = next((one.from_us for one in days.rows.calendar.stretches if one.from_us is not None), None)
        return None if found is None else days.day_of(found)

    def due_us(self, day: date) -> int:
        """Return when the report of a day is due: after it ended at 00:00."""
        return starts_us(day + timedelta(days=1), self.terms.zone) + self.terms.minutes * MINUTE_US

    def _known(self, days: Days, day: date, sent: Sequence[Sent]) -> Known:
        now = self._told(days, day)
        frozen = False
        if sent and DISTINCT - now.figures.keys():
            # The keys are gone: what was counted while they lived stands.
            _fill(now.figures, sent[-1].figures)
            for lane, found in now.lanes.items():
                _fill(found, sent[-1].body.get("lanes", {}).get(lane, {}))
            frozen = True
        changed = bool(sent) and now.figures != sent[-1].figures
        return Known(day, tuple(sent), now, changed, frozen)

    def _standing(self, days: Days, day: date, sent: Sequence[Sent], living: Collection[int]) -> Figures:
        """Return the figures of a day as it stands now: as it was last told, where nothing of it was written
        since. What was counted under keys that are gone by now is forgotten, as after a restart."""
        kept = self._counted.get(day)
        if kept is not None and (kept.upto < sent[-1].upto or not kept.keys.issubset(living)):
            kept = None
        if not days.changed_since(day, sent[-1].upto if kept is None else kept.upto):
            return sent[-1].figures if kept is None else kept.figures
        now = self._known(days, day, sent).now
        self._counted[day] = Told(day, now.upto, now.figures, keys=now.keys.intersection(living))
        return now.figures

    def _told(self, days: Days, day: date) -> Told:
        """Return a day; a lane to which nobody came says so, or it would look like one that told nothing."""
        told = days.told(day)
        return replace(told, lanes={lane: count(()) for lane in self.terms.lanes} | dict(told.lanes))

    def due(self) -> list[date]:
        """Return the days whose report is to be written now, oldest first, and look until when all have
        theirs. Writes nothing."""
        now = self._now()
        if not now.clock.trusted:
            return []
        with closing(self._journal.reader()) as reader:
            days = Days(reader, self.terms.zone)
            begins = _oldest(days) or self.first_day(days)
            if begins is None:
                return []
            last = days.day_of(now.at_us) - timedelta(days=1)
            if now.at_us < self.due_us(last):
                last -= timedelta(days=1)
            sent = _between(days, begins, last)
            # A gate that kept no reports yet begins with the days whose personal fields may still live.
            begins = begins if sent else max(begins, days.day_of(now.at_us - self.terms.keep_us))
            since = _witness(days, now.at_us)
        newest = max(sent, default=begins)
        if (last - newest).days > MOST_DAYS and since is not None:
            begins = since
        elif (last - newest).days > MOST_DAYS:
            if not self._refused:
                log.error("reports wait: the last is of %s, and the clock says %s is over", newest, last)
            self._refused, self._missing, self._reported_us = "clock_leapt", (last,), None
            return []
        lacking = [day for day in days_between(begins, last) if day not in sent]
        self._refused = ""
        self._missing = tuple(day for day in lacking if now.at_us > self.due_us(day) + self.terms.late_us)
        until = lacking[0] if lacking else max(begins, last + timedelta(days=1))
        self._reported_us = starts_us(until, self.terms.zone)
        return lacking

    def _is_early(self) -> bool:
        """Say whether every day up to the one that is due next has its report. It is asked every few seconds,
        and to look into the journal for it takes the longer the older the journal is."""
        now, reported_us = self._now(), self._reported_us
        if reported_us is None or not now.clock.trusted:
            return False
        return now.at_us < self.due_us(day_of(reported_us, self.terms.zone))

    def _write(self, day: date) -> int | None:
        with closing(self._journal.reader()) as reader:
            told = self._told(Days(reader, self.terms.zone), day)
        now = self._now()
        if not now.clock.trusted:
            return None
        body = self._body(told, now, told.upto)

        def make(look: Look) -> Sequence[Row]:
            if look.rows_saying(DAILY, "day", day.isoformat()):
                return ()  # another process was first
            return (Row(DAILY, now, body),)

        written = self._journal.compose(make)
        if written:
            log.info("report of %s: row %d%s", day, written[0], ", late" if body.get("late") else "")
        return written[0] if written else None

    def _body(self, told: Told, now: Instant, upto: int) -> dict[str, Any]:
        due_us = self.due_us(told.day)
        body: dict[str, Any] = {
            "day": told.day.isoformat(),
            "upto": upto,
            "due_us": due_us,
            "series": self.terms.series,
            "to": list(self.terms.recipients),
            "figures": dict(told.figures),
            "lanes": {lane: dict(found) for lane, found in told.lanes.items()},
            "gaps": [_gap(one) for one in told.gaps],
        }
        if self.terms.site is not None:
            body["site"] = self.terms.site
        if now.at_us > due_us + self.terms.late_us:
            body |= {"late": True, "late_us": now.at_us - due_us}
        return body


def sent_report(row: StoredRow) -> Sent:
    """Return a report that a row holds."""
    return Sent(date.fromisoformat(row.body["day"]), row.seq, row.at_us, row.body)


def _fill(figures: Figures, sent: Mapping[str, int]) -> None:
    figures.update({name: sent[name] for name in DISTINCT - figures.keys() if name in sent})


def _sent(days: Days, day: date) -> list[Sent]:
    return [sent_report(row) for row in days.rows.rare_of(DAILY, "day", day.isoformat(), days.head)]


def _between(days: Days, first: date, last: date) -> dict[date, list[Sent]]:
    found: dict[date, list[Sent]] = {}
    for one in days.rows.rare((DAILY,), days.head):
        report = sent_report(one.row)
        if first <= report.day <= last:
            found.setdefault(report.day, []).append(report)
    return found


def _oldest(days: Days) -> date | None:
    found = days.rows.rare((DAILY,), days.head)
    return min((date.fromisoformat(one.row.body["day"]) for one in found), default=None)


def _witness(days: Days, now_us: int) -> date | None:
    """Return the day of a believed row that is a day old and not older than a week: the clock did not leap
    just now, and the gate goes on from there."""
    found = (one.from_us for one in days.rows.calendar.stretches if one.from_us is not None)
    return min(
        (days.day_of(us) for us in found if now_us - 8 * DAY_US <= us <= now_us - DAY_US), default=None
    )


def _gap(one: Gap) -> dict[str, int]:
    named = {"first": one.first, "last": one.last, "passages": one.passages}
    if one.after_us is not None:
        named["after_us"] = one.after_us
    if one.before_us is not None:
        named["before_us"] = one.before_us
    return named
