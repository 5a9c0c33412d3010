"""Duty on the book: the shift sheet, signing in and out, hand-over notes, training, readiness of a post.

Commands append through the book; views read its entries. Names and telephones are sealed; accounts, roles and
posts are not. Whoever is missing is told to a manager: nothing here keeps an attendant from working.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from edge.domain.duty import Gap, Span, Stamp, Stretch, stayed, uncovered
from edge.domain.errors import FormError
from edge.domain.model import ClockQuality, Instant
from edge.journal import Entry, StoredRow
from edge.registers.book import Book, Draft, Entered, Order
from edge.registers.duty_rules import (
    NOTES,
    OVERRIDES,
    READINESS,
    SHEET,
    SIGN_INS,
    TRAINING,
    UNTRAINED,
    DutyRules,
    Line,
    Open,
    SignIn,
)

_MANY = 200
LONGEST_LINE_US = 36 * 3_600_000_000


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody who is signed in. `span` is None where a clock was wrong and nobody can say since when."""

    number: int
    account: str
    post: str
    roles: tuple[str, ...]
    at_us: int
    span: Span | None
    override: str


class Duty:
    """The commands and views of duty. Thread-safe: each call reads and writes for itself. `since` says from
    when within [from, until) the gate was there to be signed in at."""

    def __init__(
        self,
        book: Book,
        rules: DutyRules,
        now: Callable[[], Instant],
        boot: Callable[[], int],
        since: Callable[[int, int], int],
    ) -> None:
        self.book, self.rules, self.since = book, rules, since
        self._now, self._boot = now, boot

    def stamp(self) -> Stamp:
        """Return this moment on both clocks."""
        now = self._now()
        return Stamp(self._boot(), now.mono_us, now.at_us, now.clock.trusted)

    # -- the sheet --------------------------------------------------------------------------------

    def plan(self, order: Order, line: Line) -> Entered:
        """Put a line on the sheet. Raises FormError `duty_unknown_post`, `duty_unknown_role`,
        `duty_bad_line`, `duty_untrained` where there is no training record and no reason."""
        return self.book.enter(order, SHEET, self.draft(line))

    def draft(self, line: Line) -> Draft:
        """Return what the book keeps of a line. Raises FormError as `plan`."""
        if line.post not in self.rules.post_names():
            raise FormError("duty_unknown_post")
        if line.role not in self.rules.roles:
            raise FormError("duty_unknown_role")
        if not line.name.strip() or not 0 < line.until_us - line.from_us <= LONGEST_LINE_US:
            raise FormError("duty_bad_line")
        fields: dict[str, str] = {"post": line.post, "role": line.role, "day": self.day_of(line.from_us)}
        fields |= {key: value for key, value in (("account", line.account), ("unit", line.unit)) if value}
        if not self.trained(line.name):
            if line.untrained not in UNTRAINED:
                raise FormError("duty_untrained")
            fields["untrained"] = line.untrained
        personal = {"name": line.name, "phone": line.phone}
        return Draft(dict(fields), personal, ("name",), from_us=line.from_us, until_us=line.until_us)

    def day_of(self, at_us: int) -> str:
        """Return the local day of a moment, as fields have it."""
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)
        return moment.astimezone(self.rules.zone).date().isoformat()

    def lines(self, from_us: int, until_us: int) -> list[Entry]:
        """Return the lines of the sheet that touch [from, until), by their beginning."""
        found: dict[int, Entry] = {}
        day, last = self.day_of(from_us - LONGEST_LINE_US), self.day_of(until_us)
        while day <= last:
            for entry in self._all(SHEET, open_=True, where={"day": day}):
                if (entry.from_us or 0) < until_us and (entry.until_us or 0) > from_us:
                    found[entry.number] = entry
            day = (datetime.fromisoformat(day) + timedelta(days=1)).date().isoformat()
        return sorted(found.values(), key=lambda entry: (entry.from_us or 0, entry.number))

    def planned(self, from_us: int, until_us: int) -> list[Stretch]:
        """Return who is on the sheet within [from, until)."""
        return [
            Stretch(entry.fields["post"], frozenset({entry.fields["role"]}), entry.from_us, entry.until_us)
            for entry in self.lines(from_us, until_us)
            if entry.from_us is not None and entry.until_us is not None
        ]

    def change_account(self, order: Order, old: str, new: str) -> int:
        """Give the coming lines of one account to another (R57); return how many they were."""
        now_us, changed = self._now().at_us, 0
        for entry in self._all(SHEET, open_=True, where={"account": old}):
            if (entry.until_us or 0) <= now_us:
                continue
            fields = {**entry.fields, "account": new}
            personal = self.book.personal(entry) or {}
            draft = Draft(fields, personal, ("name",), None, entry.from_us, entry.until_us)
            one = replace(order, command_id=f"{order.command_id}.{entry.number}")
            self.book.amend(one, SHEET, entry.number, draft, why="account")
            changed += 1
        return changed

    # -- signing in and out -----------------------------------------------------------------------

    def sign_in(self, order: Order, given: SignIn) -> Entered:
        """Bring somebody on duty. Raises FormError `duty_unknown_post`, `duty_unknown_role`,
        `duty_signed_in`, `temperature_implausible`, `duty_over` where only a manager may sign them in,
        `duty_incomplete` where something is missing and no reason given, `duty_note_unread`."""
        rules = self.rules
        for one in self.on_duty():
            if one.account == given.account:
                first = self.book.one(SIGN_INS, one.number).rows[0]
                if first.body.get("command_id") == order.command_id:
                    return Entered(first.seq, one.number)
                raise FormError("duty_signed_in", status=409)
        if given.post not in rules.post_names():
            raise FormError("duty_unknown_post")
        if any(role not in rules.roles for role in given.roles):
            raise FormError("duty_unknown_role")
        verdict = self._verdict(given)
        if verdict == "over" and not given.manager:
            raise FormError("duty_over", status=409)
        missing = [item for item in rules.equipment if item not in given.equipment]
        if (missing or verdict == "missing") and given.override not in OVERRIDES:
            raise FormError("duty_incomplete", status=409)
        if any(note.number not in given.read for note in self.notes(given.post)):
            raise FormError("duty_note_unread", status=409)
        fields: dict[str, str | list[str]] = {
            **{"account": given.account, "post": given.post, "roles": list(dict.fromkeys(given.roles))},
            **{"verdict": verdict, "how": given.how, "missing": missing},
            **({"override": given.override} if given.override else {}),
        }
        personal = {} if given.temperature_mdegc is None else {"temperature": str(given.temperature_mdegc)}
        for number in given.read:
            self._confirm(replace(order, command_id=f"{order.command_id[:48]}.n{number}"), number)
        return self.book.enter(order, SIGN_INS, Draft(fields, personal))

    def sign_out(self, order: Order, number: int, note: str, left: Open) -> Entered:
        """Let somebody go off duty, with the hand-over note: what is open as the program knows it, and what
        they say of it. Raises FormError `unknown_entry`, `entry_ended`."""
        entry = self.book.one(SIGN_INS, number).entry
        fields = {
            **{"post": entry.fields["post"], "signin": number, "from": entry.fields["account"]},
            **{"bench": list(left.bench), "cases": list(left.cases)},
            **{"incidents": list(left.incidents), "devices": list(left.devices)},
        }
        if entry.open:
            ids = replace(order, command_id=f"{order.command_id[:56]}.note")
            said = Draft(fields, {"note": note}, reckoned=("bench", "cases", "incidents", "devices"))
            self.book.enter(ids, NOTES, said)
        return self.book.end(order, SIGN_INS, number, "signed_out")

    def on_duty(self) -> list[OnDuty]:
        """Return who is signed in and not gone for so long that they were forgotten, the newest first."""
        now, found = self.stamp(), []
        for entry in self.book.page(SIGN_INS, open_=True, limit=_MANY):
            span = self._span(entry, now)
            if span is not None and now.trusted and now.at_us - span[0] > self.rules.longest_us:
                continue
            fields = entry.fields
            found.append(
                OnDuty(
                    *(entry.number, fields["account"], fields["post"], tuple(fields["roles"])),
                    *(entry.at_us, span, fields.get("override", "")),
                )
            )
        return found

    def may_open(self, lane: str) -> bool:
        """Say whether the attendant's page of a lane may be shown: where sign-in is asked for, somebody of
        its post has to be signed in."""
        if not self.rules.required:
            return True
        post = self.rules.post_of(lane)
        return any(one.post == post for one in self.on_duty())

    def there(self, from_us: int, until_us: int) -> list[Stretch]:
        """Return who was signed in within [from, until), as far as anybody can say."""
        now = self.stamp()
        found = []
        for entry in self._lately(SIGN_INS, from_us - 2 * self.rules.longest_us):
            span = self._span(entry, now)
            if span is not None and span[0] < until_us and span[1] > from_us:
                roles = frozenset(entry.fields["roles"])
                found.append(Stretch(entry.fields["post"], roles, *span))
        return found

    def uncovered(self, from_us: int, until_us: int) -> list[Gap]:
        """Return the times within [from, until) in which a position of an open post was filled by nobody."""
        from_us = self.since(from_us, until_us)
        if not self.rules.posts or from_us >= until_us:
            return []
        planned, there = self.planned(from_us, until_us), self.there(from_us, until_us)
        return uncovered(self.rules.posts, planned, there, (from_us, until_us), self.rules.zone)

    # -- hand-over notes, training, readiness -----------------------------------------------------

    def notes(self, post: str) -> list[Entry]:
        """Return the hand-over notes of a post that nobody has read yet, the oldest first."""
        return self.book.page(NOTES, open_=True, where={"post": post}, after=0, limit=_MANY)

    def _confirm(self, order: Order, number: int) -> None:
        try:
            self.book.end(order, NOTES, number, "read")
        except FormError as error:
            if error.code not in ("entry_ended", "unknown_entry"):
                raise

    def train(self, order: Order, name: str, course: str, day: str, until_us: int | None = None) -> Entered:
        """Record a training (岗前培训). Raises FormError `duty_bad_line`."""
        if not name.strip() or not course.strip():
            raise FormError("duty_bad_line")
        draft = Draft({"course": course, "day": day}, {"name": name}, ("name",), until_us=until_us)
        return self.book.enter(order, TRAINING, draft)

    def trained(self, name: str) -> bool:
        """Say whether somebody has a training record that still holds."""
        now = self._now()
        return any(
            entry.until_us is None or not now.clock.trusted or entry.until_us > now.at_us
            for entry in self.book.find([TRAINING], "name", name)
        )

    def ready(self, order: Order, post: str, ticked: Iterable[str], seen: Mapping[str, bool]) -> Entered:
        """Record the readiness of a post at opening (七个一): what was ticked, and what the appliance sees of
        itself, which nobody can tick. Raises FormError `duty_unknown_post`."""
        if post not in self.rules.post_names():
            raise FormError("duty_unknown_post")
        ticks = set(ticked)
        items = self.rules.checklist.items
        there = [item.id for item in items if (seen.get(item.read, False) if item.read else item.id in ticks)]
        fields: dict[str, str | list[str]] = {
            **{"post": post, "day": self.day_of(self._now().at_us), "there": there},
            "missing": [item.id for item in items if item.id not in there],
        }
        return self.book.enter(order, READINESS, Draft(fields))

    # -- inside -----------------------------------------------------------------------------------

    def _verdict(self, given: SignIn) -> str:
        value = given.temperature_mdegc
        if value is None:
            return "missing"
        low, high = self.rules.plausible_mdegc
        if not low <= value <= high:
            raise FormError("temperature_implausible")
        return "over" if value >= self.rules.threshold_mdegc else "normal"

    def _span(self, entry: Entry, now: Stamp) -> Span | None:
        rows = self.book.one(entry.register, entry.number).rows
        end = next((row for row in rows if row.kind == "register.ended"), None)
        return stayed(stamp_of(rows[0]), None if end is None else stamp_of(end), now, self.rules.longest_us)

    def _all(
        self, register: str, *, open_: bool | None, where: Mapping[str, str | int | None] | None = None
    ) -> Iterator[Entry]:
        after = 0
        while page := self.book.page(register, open_=open_, where=where, after=after, limit=_MANY):
            yield from page
            after = page[-1].number
            if len(page) < _MANY:
                return

    def _lately(self, register: str, since_us: int) -> Iterator[Entry]:
        """Yield the entries that may still matter after a moment: those that are open, those that changed
        since, and those of this run, whose wall time may have been anything."""
        before, boot = None, self._boot()
        while page := self.book.page(register, before=before, limit=_MANY):
            found = [one for one in page if one.open or one.at_us >= since_us or one.boot == boot]
            yield from found
            if not found or len(page) < _MANY:
                return
            before = page[-1].number


def stamp_of(row: StoredRow) -> Stamp:
    """Return when a row was written, on both clocks."""
    return Stamp(row.boot, row.mono_us, row.at_us, ClockQuality(row.clock).trusted)
