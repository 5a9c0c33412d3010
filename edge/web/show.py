"""How numbers, times and payloads are written on a page. Values in, text out; knows no request."""

import base64
import binascii
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from edge.domain.model import PASSAGES_PER_BOOT

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Control characters become their pictures: a page shows them, and nothing interprets them.
_PICTURES = {code: chr(0x2400 + code) for code in range(32) if code not in (9, 10)} | {127: "\u2421"}
# So do the marks that turn reading direction round and would let a payload rearrange the line.
_MARKS = (0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_PICTURES |= dict.fromkeys(_MARKS, "�")


@lru_cache(maxsize=8)
def zone_of(name: str) -> ZoneInfo:
    """Return the timezone with this name; the config has checked that it exists."""
    return ZoneInfo(name)


def degrees(mdegc: int | None) -> str:
    """Return thousandths of a degree as degrees with one decimal; a dash where nothing was measured."""
    return "–" if mdegc is None else f"{mdegc / 1000:.1f}"


def hundredths(mdegc: int, *, signed: bool = False) -> str:
    """Return a difference of temperatures in degrees with two decimals, with its sign where that matters."""
    return f"{mdegc / 1000:{'+' if signed else ''}.2f}"


def moment(at_us: int | None, zone: ZoneInfo) -> str:
    """Return microseconds UTC as local date and time to the second."""
    return "–" if at_us is None else _local(at_us, zone).strftime("%Y-%m-%d %H:%M:%S")


def local_text(at_us: int, zone: ZoneInfo) -> str:
    """Return microseconds UTC as `2020-02-14 08:05`, as fields of forms take them apart."""
    return _local(at_us, zone).strftime("%Y-%m-%d %H:%M")


def clock_time(at_us: int | None, zone: ZoneInfo) -> str:
    """Return microseconds UTC as local time of day to the second."""
    return "–" if at_us is None else _local(at_us, zone).strftime("%H:%M:%S")


def offset_minutes(at_us: int, zone: ZoneInfo) -> int:
    """Return how many minutes east of Greenwich a zone's clocks are at a moment."""
    return (_local(at_us, zone).utcoffset() or timedelta()) // timedelta(minutes=1)


def day_of(at_us: int, zone: ZoneInfo) -> date:
    """Return the local day of a moment."""
    return _local(at_us, zone).date()


def day_starts_us(day: date, zone: ZoneInfo) -> int:
    """Return when a local day starts, in microseconds UTC."""
    return micros(datetime.combine(day, time(), zone))


def micros(moment_: datetime) -> int:
    """Return an aware moment as microseconds UTC, exactly."""
    return (moment_ - _EPOCH) // timedelta(microseconds=1)


def number(passage: int) -> str:
    """Return a passage id as people say it: start of the gate, then count since."""
    return f"{passage // PASSAGES_PER_BOOT}-{passage % PASSAGES_PER_BOOT}"


def minutes(seconds: int | None) -> str:
    """Return seconds as m:ss."""
    left = max(0, seconds or 0)
    return f"{left // 60}:{left % 60:02d}"


def payload_text(encoded: str) -> str:
    """Return a stored payload (base64) as text fit to look at: UTF-8, else GB18030, else hex."""
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return visible(encoded)
    for encoding in ("utf-8", "gb18030"):
        try:
            return visible(data.decode(encoding))
        except UnicodeDecodeError:
            continue
    return data.hex(" ")


def visible(text: str) -> str:
    """Return text with every control character and direction mark made visible."""
    return text.translate(_PICTURES)


def _local(at_us: int, zone: ZoneInfo) -> datetime:
    # A clock that was never set can say anything; a page must still come up.
    try:
        return (_EPOCH + timedelta(microseconds=at_us)).astimezone(zone)
    except OverflowError:
        return _EPOCH.astimezone(zone)
