"""What one proven code must state to be enough: doses, tests, recoveries, and how old they may be.

Pure. Every function answers with stable words for what is lacking: none for "enough", None for "this
code says nothing of the matter". Ages count from when the code was read, by the gate's own calendar.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from edge.domain.facts import Fact, Result
from edge.domain.model import Carrier, ClockQuality, Code, Evidence

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
# Clocks of laboratories and gates differ by some minutes; a sample dated later than this is no sample.
AHEAD_US = HOUR_US
FIRST_BOOSTER = 3
# A certificate of recovery counts from the eleventh day on: before that its holder may still infect others.
RECOVERS_DAYS = 11

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)

Days = tuple[int, int | None]
"""From so many days to so many days, both included; None: no end."""


@dataclass(frozen=True, slots=True)
class Vaccination:
    """At least `doses` (0: the whole course), the last of them so many days ago. `booster_days` stands in
    for `days` where the last dose was one beyond the course, None: the same days."""

    doses: int = 0
    days: Days = (0, None)
    booster_days: Days | None = None


@dataclass(frozen=True, slots=True)
class Test:
    """A negative result of one of these kinds (none named: any), taken at most `hours` ago."""

    hours: int
    kinds: tuple[str, ...] = ()

    __test__ = False


@dataclass(frozen=True, slots=True)
class Recovery:
    """A first positive result so many days ago."""

    days: Days


@dataclass(frozen=True, slots=True)
class Calendar:
    """Where a gate's days begin: seconds east of Greenwich, and from which moments on it is another
    number (summer time), in order."""

    utc_offset_s: int = 0
    changes: tuple[tuple[int, int], ...] = ()

    def offset_s(self, at_us: int) -> int:
        """Return the seconds east of Greenwich at a moment."""
        return next((s for from_us, s in reversed(self.changes) if at_us >= from_us), self.utc_offset_s)

    def day(self, at_us: int) -> date:
        """Return the day a moment lies in."""
        return (_EPOCH + timedelta(microseconds=at_us, seconds=self.offset_s(at_us))).date()

    def minute(self, at_us: int) -> int:
        """Return the minute of the day that the clock on the wall shows at a moment."""
        return (at_us // 1_000_000 + self.offset_s(at_us)) % 86_400 // 60

    def moment_us(self, text: str, *, latest: bool = False) -> int | None:
        """Return a moment; of a day alone its beginning, or its end where `latest`. None where it is
        neither. A time without an offset is one by the clock on the gate's wall."""
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            return None
        if found.tzinfo is not None:
            return (found - _EPOCH) // _US
        wall_us = (found.replace(tzinfo=UTC) - _EPOCH) // _US
        if latest and _is_day(text):
            wall_us += DAY_US
        offset_s = self.offset_s(wall_us - self.offset_s(wall_us) * 1_000_000)
        return wall_us - offset_s * 1_000_000


@dataclass(frozen=True, slots=True)
class Stated:
    """A code that can be believed and when it was read (microseconds UTC); `dated` where the clock it was
    read by had been set at all."""

    code: Code
    at_us: int
    dated: bool = True

    @classmethod
    def of(cls, piece: Evidence, code: Code) -> "Stated":
        return cls(code, piece.at.at_us, piece.at.clock is not ClockQuality.UNSET)

    @property
    def carrier(self) -> Carrier:
        return self.code.carrier

    def says(self, fact: Fact) -> str:
        """Return what the code says of a fact, "" where it says nothing."""
        return self.code.subject.get(fact, "")


_RULED: Mapping[str, tuple[str, ...]] = {"passed": (), "failed": ("eu_rules_failed",)}


def vaccination(wanted: Vaccination, stated: Stated, calendar: Calendar) -> list[str] | None:
    """Return what a code lacks to be the vaccination asked for."""
    if not stated.says(Fact.VACCINATION_DOSES):
        return None
    doses, needed = _count(stated, Fact.VACCINATION_DOSES), _count(stated, Fact.VACCINATION_NEEDED)
    words = []
    # Nobody says how many the course has: then only a number asked for can be judged.
    if wanted.doses == 0 and needed is None:
        words.append("course_unknown")
    elif doses is None or doses < (wanted.doses or needed or 1):
        words.append("doses_missing")
    days = wanted.days
    if wanted.booster_days is not None and _is_booster(doses, needed):
        days = wanted.booster_days
    return words + _age(stated, Fact.VACCINATION_DATE, days, calendar, "dose")


def recovery(wanted: Recovery, stated: Stated, calendar: Calendar) -> list[str] | None:
    """Return what a code lacks to be the recovery asked for."""
    if not stated.says(Fact.RECOVERY_DATE):
        return None
    words = _age(stated, Fact.RECOVERY_DATE, wanted.days, calendar, "recovery")
    if stated.dated:  # the certificate itself says from when to when it counts
        today = calendar.day(stated.at_us).isoformat()
        if today > (stated.says(Fact.RECOVERY_UNTIL) or today):
            words.append("recovery_too_old")
        if today < (stated.says(Fact.RECOVERY_FROM) or today):
            words.append("recovery_too_recent")
    return words


def test(wanted: Test, stated: Stated, calendar: Calendar) -> list[str] | None:
    """Return what a code lacks to be the negative test asked for."""
    result = stated.says(Fact.TEST_RESULT)
    if not result:
        return None
    words = []
    if result != Result.NEGATIVE:
        words.append("test_not_negative")
    if wanted.kinds and stated.says(Fact.TEST_KIND) not in wanted.kinds:
        words.append("test_kind")
    taken_us = calendar.moment_us(stated.says(Fact.TEST_TAKEN))
    if not stated.dated:
        words.append("clock_unset")
    elif taken_us is None:
        words.append("test_time")
    elif taken_us > stated.at_us + AHEAD_US:
        words.append("test_future")
    elif stated.at_us - taken_us > wanted.hours * HOUR_US:
        words.append("test_too_old")
    return words


def eu_rules(stated: Stated) -> list[str] | None:
    """Return what a code lacks to be good by the EU's own rules; none of them applied to it is no yes."""
    if stated.carrier is not Carrier.HC1:
        return None
    return list(_RULED.get(stated.says(Fact.EU_RULES), ("eu_rules_open",)))


def vaccine_pass(stated: Stated) -> list[str] | None:
    """Return what a code lacks to be a pass that says no more than that its issuer found its holder
    vaccinated: nothing, if it is one."""
    return [] if stated.carrier is Carrier.NZCP else None


def young_recovery(stated: Stated, within_days: int, calendar: Calendar) -> list[str]:
    """Return what speaks against the holder of a certificate of recovery: a positive test so young that
    nobody has recovered from it yet, and younger than so many days. One that the gate cannot date is no
    more than not accepted."""
    try:
        first = date.fromisoformat(stated.says(Fact.RECOVERY_DATE))
    except ValueError:
        return []
    today = calendar.day(stated.at_us)
    is_early = today.isoformat() < stated.says(Fact.RECOVERY_FROM)
    days = within_days if is_early else min(within_days, RECOVERS_DAYS)
    if not stated.dated or within_days == 0 or (today - first).days >= days:
        return []
    return ["recovery_future" if first > today else "recovery_too_recent"]


def is_positive(stated: Stated, within_days: int, calendar: Calendar) -> bool:
    """Say whether a code states a positive result younger than so many days; one of unknown age is."""
    if stated.says(Fact.TEST_RESULT) != Result.POSITIVE or within_days == 0:
        return False
    taken_us = calendar.moment_us(stated.says(Fact.TEST_TAKEN), latest=True)
    return not stated.dated or taken_us is None or stated.at_us - taken_us < within_days * DAY_US


def _is_booster(doses: int | None, needed: int | None) -> bool:
    # 3/3 is how the EU writes a booster after a course of two; a course of three counts alike.
    if doses is None or needed is None:
        return False
    return doses > needed or doses == needed >= FIRST_BOOSTER


def _age(stated: Stated, said: Fact, days: Days, calendar: Calendar, name: str) -> list[str]:
    if not stated.dated:
        return ["clock_unset"]
    try:
        age = (calendar.day(stated.at_us) - date.fromisoformat(stated.says(said))).days
    except ValueError:
        return [f"{name}_date"]
    if age < 0:
        return [f"{name}_future"]
    if age < days[0]:
        return [f"{name}_too_recent"]
    return [f"{name}_too_old"] if days[1] is not None and age > days[1] else []


def _count(stated: Stated, fact: Fact) -> int | None:
    text = stated.says(fact)
    found = int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0
    return found or None


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
