"""What programs and the kiosk send: one model per command, and the query of the passages list.

The same models make the schemas in `/openapi.json`. Turns text into typed values or FormError.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from flask import request
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import UnsupportedMediaType

from edge.domain.calibration import HOLDS_DAYS, MOST_PAIRS
from edge.domain.errors import FormError
from edge.domain.measuring import MOST_DAYS
from edge.domain.told import ToldBy
from edge.web.show import day_starts_us, micros

MAX_ID = 2**53 - 1  # what every JSON reader can hold exactly
FIRST_DAY, LAST_DAY = date(1970, 1, 3), date(9999, 12, 1)
"""Days a page may ask for: some days around each can be reckoned with in every zone."""
T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
_QUERY = frozenset({"after", "before", "limit", "outcome", "lane", "from", "to"})
_CASES_QUERY = frozenset({"open", "lane", "before", "after", "limit"})
_ENTRIES_QUERY = frozenset({"open", "before", "after", "limit", "of"})
_PAGE_FIELDS = frozenset({"csrf_token", "next"})
# What programs and links send, never a form with an empty field.
_NUMBERS = frozenset({"after", "before", "limit"})

# The texts allow letters of every language but no control characters: they end up on pages and paper.
_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
CommandId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]
PassageId = Annotated[int, Field(ge=0, le=MAX_ID)]
Value = Annotated[str, Field(max_length=200, pattern=_PRINTABLE)]
Question = Annotated[str, Field(min_length=1, max_length=64, pattern=_PRINTABLE)]
Words = Annotated[str, Field(min_length=1, max_length=100, pattern=_PRINTABLE)]
Title = Annotated[str, Field(min_length=1, max_length=80, pattern=_PRINTABLE)]
Mdegc = Annotated[int, Field(ge=-50_000, le=100_000)]
PlaceName = Annotated[str, Field(max_length=16, pattern="^[a-z]*$")]
OutcomeName = Literal["admit", "turn_back", "refer", "abandoned"]
FollowUpName = Literal["reached", "not_reached", "at_clinic", "tested", "controlled", "released"]
ResultName = Literal["confirmed", "not_fever", "unreachable", "other"]
ReopeningName = Literal["news", "mistake"]


class Body(BaseModel):
    """What every body of a command is: strict, and nothing but what is named."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class BeginBody(Body):
    """Open a passage by hand."""

    command_id: CommandId


class AnswerItem(Body):
    """One answer to one question."""

    question: Question
    value: Value


class AnswerBody(Body):
    """Record one answer."""

    passage: PassageId
    command_id: CommandId
    question: Question
    value: Value


class AnswersBody(Body):
    """Record several answers at once (a register form)."""

    passage: PassageId
    command_id: CommandId
    answers: Annotated[tuple[AnswerItem, ...], Field(min_length=1, max_length=32, strict=False)]


class DecisionBody(Body):
    """End a passage."""

    passage: PassageId
    command_id: CommandId
    outcome: OutcomeName
    reason: Value = ""


class ParkBody(Body):
    """Send the person to rest or aside."""

    passage: PassageId
    command_id: CommandId
    why: Literal["rest", "platform", "handed", "other"]


class MeasureBody(Body):
    """Measure whoever is in the lane once more; `place`: the next reading is of this place on the body, ""
    for the one that is measured here anyway."""

    passage: PassageId
    command_id: CommandId
    place: PlaceName = ""


class ResumeBody(Body):
    """Take a parked passage back, by its number or by its ticket."""

    command_id: CommandId
    passage: PassageId | None = None
    ticket: Annotated[int, Field(ge=0, le=MAX_ID)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "ResumeBody":
        if (self.passage is None) == (self.ticket is None):
            raise ValueError("name either the passage or the ticket")
        return self


class PairItem(Body):
    """One person at one moment, by the gate's thermometer (skin) and by a clinical one."""

    surface_mdegc: Mdegc
    reference_mdegc: Mdegc


class CalibrationBody(Body):
    """Record what a thermometer is off by; it counts for `days`."""

    command_id: CommandId
    device: Question
    pairs: Annotated[tuple[PairItem, ...], Field(min_length=1, max_length=MOST_PAIRS, strict=False)]
    method: Words
    reference: Words
    site: Words
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = HOLDS_DAYS


class WithdrawBody(Body):
    """Take the newest calibration of a thermometer back. The reason names nobody: it leaves the gate."""

    command_id: CommandId
    device: Question
    reason: Words


class LevelBody(Body):
    """Confirm that what people show now at a thermometer is what healthy people show, or take that back: of
    those who had rested before, or of the others. The reason names nobody: it leaves the gate."""

    command_id: CommandId
    device: Question
    rested: bool = False
    reason: Words


class HandOverBody(Body):
    """Hand a case over to a unit of the settings' list."""

    command_id: CommandId
    unit: Title
    note: Value = ""


class AcknowledgeBody(Body):
    """Record that the unit has the person, and who of it said so."""

    command_id: CommandId
    who: Value = ""


class FollowUpBody(Body):
    """Add an entry to a case."""

    command_id: CommandId
    what: FollowUpName
    note: Value = ""


class CloseBody(Body):
    """Close a case with what came of it."""

    command_id: CommandId
    result: ResultName
    note: Value = ""


class ReopenBody(Body):
    """Open a closed case again."""

    command_id: CommandId
    why: ReopeningName


class CasesQuery(BaseModel):
    """One keyset page of cases: newest number first before `before`, oldest first after `after`."""

    model_config = ConfigDict(frozen=True)

    open: bool | None = None
    lane: str | None = None
    before: int | None = None
    after: int | None = None
    limit: int = 50


class TemperatureBody(Body):
    """Record a temperature that somebody told of: taken at home or at work, of a person who did not come to
    the gate. Who it is of is sealed. With `replaces`, the sequence of an earlier one, it corrects that; the
    person may then be left out."""

    command_id: CommandId
    value_mdegc: Mdegc
    taken_us: Annotated[int, Field(ge=0, le=MAX_ID)]
    how: Literal["contact", "infrared"]
    told_by: ToldBy
    name: Annotated[str, Field(max_length=90, pattern=_PRINTABLE)] = ""
    room: Annotated[str, Field(max_length=45, pattern=_PRINTABLE)] = ""
    pass_id: Annotated[str, Field(max_length=16, pattern=r"^([0-9A-Fa-f]{16})?$")] = ""
    replaces: Annotated[int, Field(ge=1, le=MAX_ID)] | None = None


class PassagesQuery(BaseModel):
    """One keyset page of passages. Times are microseconds UTC, `until_us` excluded."""

    model_config = ConfigDict(frozen=True)

    after: int | None = None
    before: int | None = None
    limit: int = 50
    outcome: OutcomeName | None = None
    lane: str | None = None
    from_us: int | None = None
    until_us: int | None = None


def body_as(shape: type[T] | TypeAdapter[T]) -> T:
    """Return the request's JSON body as a model. 415 for another content type, FormError `bad_json`."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    adapter: TypeAdapter[T] = shape if isinstance(shape, TypeAdapter) else TypeAdapter(shape)
    try:
        return adapter.validate_json(request.get_data(cache=False))
    except ValidationError as error:
        raise FormError("bad_json") from error


def checked_as(shape: type[M], given: Mapping[str, object]) -> M:
    """Return the fields of a page's form as a model. FormError `bad_value`."""
    try:
        return shape.model_validate(given)
    except ValidationError as error:
        raise FormError("bad_value") from error


def passages_query(args: MultiDict[str, str], lanes: tuple[str, ...], zone: ZoneInfo) -> PassagesQuery:
    """Return the list's query as typed values; FormError `bad_query`.

    `from` and `to` are days (`2020-02-14`, both included, in the gate's timezone) or moments with an
    offset (RFC 3339; `to` excluded). Empty filters count as absent: forms send them.
    """
    # A misspelt filter must not pass for an answer without it, nor one of two for both.
    if not _QUERY.issuperset(args) or any(len(values) > 1 for _, values in args.lists()):
        raise FormError("bad_query")
    given = {key: value for key, value in args.items() if value != "" or key in _NUMBERS}
    outcome, lane = given.get("outcome"), given.get("lane")
    after, before = _number(given, "after", 0), _number(given, "before", 0)
    if outcome not in (None, "admit", "turn_back", "refer", "abandoned") or lane not in (None, *lanes):
        raise FormError("bad_query")
    if after is not None and before is not None:
        raise FormError("bad_query", "after and before exclude each other")
    return PassagesQuery(
        after=after,
        before=before,
        limit=_number(given, "limit", 1, 500) or 50,
        outcome=outcome,  # type: ignore[arg-type]  # compared with every value it may have, above
        lane=lane,
        from_us=_moment(given.get("from"), zone, ends=False),
        until_us=_moment(given.get("to"), zone, ends=True),
    )


def cases_query(args: MultiDict[str, str], lanes: tuple[str, ...]) -> CasesQuery:
    """Return the query of the cases as typed values; FormError `bad_query`. Empty filters count as absent."""
    if not _CASES_QUERY.issuperset(args) or any(len(values) > 1 for _, values in args.lists()):
        raise FormError("bad_query")
    given = {key: value for key, value in args.items() if value != "" or key in _NUMBERS}
    lane, open_ = given.get("lane"), given.get("open")
    if lane not in (None, *lanes) or open_ not in (None, "true", "false") or {"before", "after"} <= set(args):
        raise FormError("bad_query")
    return CasesQuery(
        open=None if open_ is None else open_ == "true",
        lane=lane,
        before=_number(given, "before", 0),
        after=_number(given, "after", 0),
        limit=_number(given, "limit", 1, 500) or 50,
    )


def entries_query(args: MultiDict[str, str], by: str = "category") -> dict[str, Any]:
    """Return the query of a register as the book's page takes it; `of` is a value of the open field `by`.
    FormError `bad_query`."""
    if not _ENTRIES_QUERY.issuperset(args) or any(len(values) > 1 for _, values in args.lists()):
        raise FormError("bad_query")
    given = {key: value for key, value in args.items() if value != "" or key in _NUMBERS}
    open_ = given.get("open", "true")
    if open_ not in ("true", "false", "all") or {"before", "after"} <= set(args):
        raise FormError("bad_query")
    return {
        "open_": None if open_ == "all" else open_ == "true",
        "before": _number(given, "before", 0),
        "after": _number(given, "after", 0),
        "limit": _number(given, "limit", 1, 500) or 50,
        "where": {by: given["of"]} if "of" in given else None,
    }


def form_as(shape: type[M]) -> M:
    """Return the fields of a page's form as a model; FormError `bad_value` where they do not fit it."""
    given = {key: value for key, value in request.form.items() if key not in _PAGE_FIELDS}
    try:
        return shape.model_validate(given)
    except ValidationError as error:
        raise FormError("bad_value") from error


def _number(given: Mapping[str, str], key: str, least: int, most: int = MAX_ID) -> int | None:
    text = given.get(key)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,16}", text) or not least <= int(text) <= most:
        raise FormError("bad_query", key)
    return int(text)


def _moment(text: str | None, zone: ZoneInfo, *, ends: bool) -> int | None:
    if text is None:
        return None
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            day = date.fromisoformat(text)
            return day_starts_us(day + timedelta(days=1) if ends else day, zone)
        if not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]", text):
            raise FormError("bad_query")
        moment = datetime.fromisoformat(text.replace(" ", "+"))  # a bare + in a query is a space
    except (ValueError, OverflowError) as error:
        raise FormError("bad_query") from error
    if moment.tzinfo is None:
        raise FormError("bad_query", "a moment needs its offset")
    return micros(moment)


def whole(text: str, digits: int) -> int | None:
    """Return a number of at most so many digits as forms and addresses send it; None for anything else, also
    for the digits that only look like some (`²`)."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


def day_within(day: date) -> date:
    """Return a day, or the nearest that a page may ask for: what a clock nobody set says is none."""
    return min(max(day, FIRST_DAY), LAST_DAY)
