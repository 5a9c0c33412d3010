"""A temperature somebody was told of: taken at home, at work, of a person who did not come to the gate.

It can serve as one of a day's two measurements (双测温). What cannot be so is refused with a word; a slip is
corrected by a new row that names the old one. Who it is of is personal and sealed. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from edge.domain.errors import FormError
from edge.domain.model import Instant, Method, ScreeningVerdict
from edge.domain.twice_daily import Terms

REPORTED = "temperature.reported"
ToldBy = Literal["self", "family", "employer", "community"]
TOLD_BY: tuple[ToldBy, ...] = get_args(ToldBy)

# A list for yesterday and the day before can still be completed; what is older is hearsay.
OLDEST_DAYS = 3
# Clocks on walls differ; a measurement is told of within minutes.
AHEAD_US = 5 * 60_000_000
_MINUTE_US = 60_000_000
_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Told:
    """One such temperature: thousandths of a degree, microseconds UTC, `how` it was taken, who told of it,
    the account that entered it. `replaces` is the sequence of the row that it corrects."""

    value_mdegc: int
    taken_us: int
    how: Method
    told_by: ToldBy
    by: str
    command_id: str
    name: str = ""
    room: str = ""
    pass_id: str = ""
    replaces: int | None = None


def check(told: Told, terms: Terms, now: Instant, corrected_us: int | None = None) -> None:
    """Raise FormError for what cannot be so: `no_person`, `temperature_implausible`, `clock_unset`,
    `taken_in_future`, `taken_too_long_ago`. `corrected_us` is when the entry it corrects was taken: that
    minute is never too long ago."""
    if not (told.name.strip() or told.pass_id):
        raise FormError("no_person", "say whose temperature it is")
    low, high = terms.plausible_mdegc
    if not low <= told.value_mdegc <= high:
        raise FormError("temperature_implausible", "no living person has this temperature")
    if not now.clock.trusted:
        raise FormError("clock_unset", "set the clock first: it cannot be told which day this is", 409)
    if told.taken_us > now.at_us + AHEAD_US:
        raise FormError("taken_in_future", "this lies in the future")
    # A page knows minutes only.
    is_moved = corrected_us is None or told.taken_us // _MINUTE_US != corrected_us // _MINUTE_US
    if is_moved and told.taken_us < now.at_us - OLDEST_DAYS * _DAY_US:
        raise FormError("taken_too_long_ago", f"this was more than {OLDEST_DAYS} days ago")


def verdict_of(value_mdegc: int, threshold_mdegc: int) -> ScreeningVerdict:
    """Return what a temperature that was told amounts to."""
    return ScreeningVerdict.OVER if value_mdegc >= threshold_mdegc else ScreeningVerdict.NORMAL


def body_of(told: Told, terms: Terms) -> dict[str, Any]:
    """Return the open part of the row: it names nobody."""
    body = {
        "value_mdegc": told.value_mdegc,
        "threshold_mdegc": terms.threshold_mdegc,
        "verdict": verdict_of(told.value_mdegc, terms.threshold_mdegc).value,
        "taken_us": told.taken_us,
        "how": told.how.value,
        "told_by": told.told_by,
        "by": told.by,
        "command_id": told.command_id,
    }
    return body if told.replaces is None else body | {"replaces": told.replaces}


def personal_of(told: Told) -> dict[str, str]:
    """Return what is sealed: who it is of."""
    person = {"name": told.name.strip(), "room": told.room.strip(), "pass_id": told.pass_id.strip().lower()}
    return {name: value for name, value in person.items() if value}


def same_person(told: Told, personal: Mapping[str, Any]) -> dict[str, str]:
    """Return who a correction is of: whom it names, or whoever the row named that it corrects."""
    return personal_of(told) or {name: str(personal[name]) for name in personal if name != "find"}
