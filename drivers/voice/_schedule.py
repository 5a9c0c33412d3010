"""When announcements are due and when it has to be quiet. Times are the gate's local times.

Values and a little memory; reads list files, plays nothing, waits for nothing, asks no clock itself.
"""

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from drivers.options import both

log = logging.getLogger(__name__)

LATE = timedelta(minutes=15)
"""What could not be said by then is not said that day: a notice for eight is wrong at nine, and a gate
that was down must not say all it missed in a row."""

_KEEP = timedelta(days=40)
_REAL = timedelta(hours=12)
_ENTRY = re.compile(r"\s*([0-9]{1,2})[:：]([0-9]{2})\s+(\S.*?)\s*", re.DOTALL)
_TIMES = re.compile(r"\s*([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})\s*")
_LOCAL = Path("/etc/localtime")


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is said every day at a time: a text, or a wave file."""

    at: time
    text: str
    sound: Path | None = None


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the day, from and until; over midnight where `until` is the earlier."""

    start: time
    until: time

    def contains(self, at: time) -> bool:
        """Return whether a time of the day lies in these hours; their end does not."""
        if self.start < self.until:
            return self.start <= at < self.until
        return at >= self.start or at < self.until


def quiet_hours(text: str) -> Quiet | None:
    """Return the hours of "22:00-07:00", None for no text. Raises ValueError."""
    if not text.strip():
        return None
    match = _TIMES.fullmatch(text)
    if match is None:
        raise ValueError(
            both(
                f"expected hours like 22:00-07:00, got {text!r}",
                f"应为 22:00-07:00 这样的时段，现在是 {text!r}",
            )
        )
    hours = Quiet(_time(match[1], match[2]), _time(match[3], match[4]))
    if hours.start == hours.until:
        raise ValueError(both(f"{text!r} begins and ends at the same time", f"{text!r} 的开始和结束相同"))
    return hours


def announcement(line: str, folder: Path | None = None) -> Announcement:
    """Return the announcement of a line `HH:MM text` or `HH:MM file.wav`, which lies below `folder`
    where its path is relative. Raises ValueError."""
    match = _ENTRY.fullmatch(line)
    if match is None:
        raise ValueError(
            both(
                f"expected HH:MM and a text or a wave file, got {line!r}",
                f"应为 HH:MM 加文字或 wav 文件，现在是 {line!r}",
            )
        )
    at, text = _time(match[1], match[2]), match[3]
    sound = Path(text) if text.lower().endswith(".wav") else None
    if sound is not None and folder is not None:
        sound = folder / sound
    return Announcement(at, text, sound)


def zone(name: str) -> tzinfo:
    """Return a time zone by name; the computer's for no name. Raises ValueError."""
    if name:
        try:
            return ZoneInfo(name)
        except (OSError, ValueError, KeyError) as error:
            raise ValueError(both(f"there is no time zone {name!r}", f"没有 {name!r} 这个时区")) from error
    try:
        with _LOCAL.open("rb") as file:
            return ZoneInfo.from_file(file, key="localtime")
    except (OSError, ValueError):
        return UTC


class Book:
    """The announcements of a configuration: entries, and files of entries that may change while the
    gate runs. A line that cannot be read is said once and left out; the rest of the file holds."""

    def __init__(self, items: Iterable[str]) -> None:
        """Raise ValueError for an item that is neither `HH:MM ...` nor the path of a file."""
        self._fixed: list[Announcement] = []
        self._files: dict[Path, tuple[object, list[Announcement]]] = {}
        for item in items:
            if re.match(r"\s*[0-9]", item):
                self._fixed.append(announcement(item))
            elif "/" in item or item.endswith(".txt"):
                self._files[Path(item)] = (None, [])
            else:
                raise ValueError(
                    both(
                        f"expected HH:MM and a text, or the path of a file of such, got {item!r}",
                        f"应为 HH:MM 加文字，或写有这些内容的文件路径，现在是 {item!r}",
                    )
                )

    def __bool__(self) -> bool:
        return bool(self._fixed or self._files)

    def entries(self) -> tuple[Announcement, ...]:
        """Return all announcements, none twice, files read again where they have changed."""
        for path, (known, _) in self._files.items():
            stamp = _stamp(path)
            if stamp != known:
                self._files[path] = (stamp, _lines(path))
        read = (entry for _, entries in self._files.values() for entry in entries)
        return tuple(dict.fromkeys((*self._fixed, *read)))


class Plan:
    """Which announcements have become due; each once a local day, whatever the clock does."""

    def __init__(self, local: tzinfo, start: datetime) -> None:
        self._zone = local
        self._since = start.astimezone(UTC)
        self._done: dict[tuple[Announcement, date], datetime] = {}

    def collect(self, entries: Sequence[Announcement], now: datetime) -> list[tuple[datetime, Announcement]]:
        """Return what has become due since the last call, in order, with the instants it was due at.

        A time that a change to summer time leaves out comes that much later; one that comes twice
        counts the first time. A clock that is set back repeats nothing.
        """
        now = now.astimezone(UTC)
        since = max(self._since, now - LATE)
        self._since = now
        # A record far ahead is of a clock that was wrong then, not of this day.
        self._done = {key: at for key, at in self._done.items() if now - _KEEP < at < now + _REAL}
        due = []
        for at, entry in sorted(self._instants(entries, since, now), key=lambda found: found[0]):
            key = (entry, at.astimezone(self._zone).date())
            if key not in self._done:
                self._done[key] = at
                due.append((at, entry))
        return due

    def _instants(
        self, entries: Sequence[Announcement], since: datetime, now: datetime
    ) -> Iterable[tuple[datetime, Announcement]]:
        if since >= now:
            return
        first = since.astimezone(self._zone).date() - timedelta(days=1)
        days = (now.astimezone(self._zone).date() - first).days + 2
        for entry in entries:
            for day in range(days):
                local = datetime.combine(first + timedelta(days=day), entry.at, self._zone)
                at = local.astimezone(UTC)
                if since < at <= now:
                    yield at, entry


def _time(hour: str, minute: str) -> time:
    if int(hour) > 23 or int(minute) > 59:
        raise ValueError(both(f"there is no time {hour}:{minute}", f"没有 {hour}:{minute} 这个时间"))
    return time(int(hour), int(minute))


def _stamp(path: Path) -> object:
    try:
        found = path.stat()
    except OSError:
        return "absent"
    return found.st_mtime_ns, found.st_size


def _lines(path: Path) -> list[Announcement]:
    """Return what a list file says; blank lines and those that begin with # say nothing."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        log.warning("announcements: %s cannot be read: %s", path, error)
        return []
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            found.append(announcement(line, path.parent))
        except ValueError as error:
            log.warning("announcements: %s, line %d: %s", path, number, error)
    return found
