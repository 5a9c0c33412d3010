"""RFC 3339 text and microseconds since 1970 UTC, both ways."""

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_US = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
_LAST_US = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|z|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)


def parse(text: str) -> int:
    """Return the microseconds of an RFC 3339 time; ValueError for anything else.

    A date alone is its midnight and a time without an offset is UTC. Digits beyond the microsecond
    are cut off.
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"not a time like 2022-01-01T08:00:00+08:00: {text[:40]!r}")
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    moment = datetime(
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
    )
    micros = int((fraction or "").ljust(6, "0")[:6])
    at_us = (moment - _EPOCH) // timedelta(microseconds=1) + micros - _offset_us(offset)
    if not _FIRST_US <= at_us <= _LAST_US:  # an offset can carry it past what can be written again
        raise ValueError(f"not within the years 1 to 9999: {text[:40]!r}")
    return at_us


def text(at_us: int) -> str:
    """Return the RFC 3339 text in UTC, with microseconds only where there are some."""
    moment = _EPOCH + timedelta(microseconds=at_us)
    return moment.isoformat().replace("+00:00", "Z")


def _offset_us(offset: str | None) -> int:
    if offset is None or offset in "Zz":
        return 0
    sign = -1 if offset[0] == "-" else 1
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    if hours > 23 or minutes > 59:
        raise ValueError(f"no such offset: {offset}")
    return sign * (hours * 60 + minutes) * 60_000_000
