"""From what somebody typed or sent to what an entry says: one value after another, by its field's kind.

Pure but for the time zone's file. Refuses with the field that is wrong; never guesses.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from edge.domain.errors import FormError
from edge.registers.book import Draft, Open
from edge.registers.definition import Definition, FieldOf

Given = Mapping[str, str | int | bool | Sequence[str]]
MOST_TEXT, MOST_NUMBER = 200, 1_000_000
AHEAD_US = 5 * 60_000_000  # clocks on walls differ
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class FieldError(FormError):
    """A value of an entry cannot be used; `field` is the one."""

    def __init__(self, code: str, field: str) -> None:
        super().__init__(code, field)
        self.field = field


def draft(definition: Definition, given: Given, zone: tzinfo, now_us: int, kept: Given = {}) -> Draft:  # noqa: B006
    """Return what an entry is to say. `kept` are personal fields that stay where nothing is given. Raises
    FieldError `bad_value`, `field_needed`, and FormError `unknown_field`."""
    if unknown := sorted(given.keys() - {field.id for field in definition.field}):
        raise FormError("unknown_field", ", ".join(unknown))
    fields: dict[str, Open] = {"definition": definition.version}
    personal: dict[str, str] = {}
    for field in definition.field:
        value = _value(field, given.get(field.id), zone)
        if value is None and field.personal:
            value = _value(field, kept.get(field.id), zone)
        if value is None:
            if field.required:
                raise FieldError("field_needed", field.id)
        elif field.personal:
            personal[field.id] = str(value)
        else:
            fields[field.id] = value
    _moments(definition, fields, now_us)
    since, until = (_day(fields.get(name or "")) for name in (definition.since, definition.until))
    if since and until and until < since:
        raise FieldError("bad_value", definition.until or "")
    return Draft(
        fields,
        personal,
        tuple(field.id for field in definition.field if field.find),
        from_us=None if since is None else starts_us(since, zone),
        until_us=None if until is None else starts_us(until + timedelta(days=1), zone),
    )


def starts_us(day: date, zone: tzinfo, at: time = time()) -> int:
    """Return a time of a local day in microseconds UTC."""
    return (datetime.combine(day, at, zone) - _EPOCH) // timedelta(microseconds=1)


def local_day(at_us: int, zone: tzinfo) -> date:
    """Return the local day of a moment; the first there is where a clock says what cannot be."""
    try:
        return (_EPOCH + timedelta(microseconds=at_us)).astimezone(zone).date()
    except OverflowError:
        return _EPOCH.date()


def due_us(definition: Definition, fields: Mapping[str, object], zone: tzinfo) -> int | None:
    """Return when an entry is overdue: its deadline, or the end of the day that is its deadline."""
    value = fields.get(definition.deadline or "")
    if isinstance(value, int):
        return value
    day = _day(value)
    return None if day is None else starts_us(day + timedelta(days=1), zone)


def moment_us(definition: Definition, fields: Mapping[str, object], entered_us: int) -> int:
    """Return when what an entry tells of happened."""
    value = fields.get(definition.when or "")
    return value if isinstance(value, int) else entered_us


def _moments(definition: Definition, fields: Mapping[str, Open], now_us: int) -> None:
    value = fields.get(definition.when or "")
    if isinstance(value, int) and value > now_us + AHEAD_US:
        raise FieldError("taken_in_future", definition.when or "")


def _value(field: FieldOf, given: object, zone: tzinfo) -> Open | None:
    if field.kind == "tick":
        return True if given in (True, "yes", "on", "true") else None
    if field.kind == "ticks":
        return _ticks(field, given)
    if given is None or isinstance(given, bool):
        if given is not None:
            raise FieldError("bad_value", field.id)
        return None
    if field.kind == "time" and isinstance(given, int):
        return _within(field, given, 1 << 53)
    if not isinstance(given, str | int):
        raise FieldError("bad_value", field.id)
    text = str(given).strip()
    if not text:
        return None
    if len(text) > MOST_TEXT or _CONTROL.search(text):
        raise FieldError("bad_value", field.id)
    return _typed(field, text, zone)


def _typed(field: FieldOf, text: str, zone: tzinfo) -> Open:
    if field.kind == "choice":
        if field.choice(text) is None:
            raise FieldError("bad_value", field.id)
        return text
    try:
        if field.kind == "number":
            plain = unicodedata.normalize("NFKC", text)
            if not re.fullmatch(r"[0-9]{1,7}", plain):
                raise FieldError("bad_value", field.id)
            return _within(field, int(plain), MOST_NUMBER)
        if field.kind == "date":
            found = date.fromisoformat(text)
            if not date(1970, 1, 3) <= found <= date(9999, 12, 1):
                raise FieldError("bad_value", field.id)
            return found.isoformat()
        if field.kind == "time":
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
            return _within(field, (moment - _EPOCH) // timedelta(microseconds=1), 1 << 53)
    except (ValueError, OverflowError) as error:
        raise FieldError("bad_value", field.id) from error
    return text


def _ticks(field: FieldOf, given: object) -> list[str] | None:
    values = [given] if isinstance(given, str) else list(given) if isinstance(given, list | tuple) else []
    values = [value for value in values if value != ""]
    if any(field.choice(str(value)) is None for value in values):
        raise FieldError("bad_value", field.id)
    return [value for value in field.values if value in values] or None


def _within(field: FieldOf, value: int, most: int) -> int:
    if not 0 <= value <= most:
        raise FieldError("bad_value", field.id)
    return value


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
