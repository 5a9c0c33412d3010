"""Incidents at the gate (应急处突): a call for help, who was called, who came, when it was over.

Kept on the book; how quickly each step was reached is found out from its rows.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from edge.domain.errors import FormError
from edge.domain.response import Answered, Reached, response
from edge.journal import CaseFile, Entry, Reader, StoredRow
from edge.registers.book import Book, Draft, Entered, Order, Told
from edge.registers.duty import Duty, stamp_of
from edge.registers.duty_rules import INCIDENTS, KINDS, RESULTS, TEAM, Names

_CASE_STEPS = {
    "case.handed_over": Reached.TAKEN,
    "case.acknowledged": Reached.THERE,
    "case.closed": Reached.DONE,
}
_INCIDENT_STEPS = {"called": Reached.TAKEN, "came": Reached.THERE, "register.ended": Reached.DONE}


@dataclass(frozen=True, slots=True)
class Card:
    """One line of the alert card: a role, and who of it is to be called. Personal."""

    role: str
    title: Names
    name: str
    phone: str
    signed_in: bool


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident with what its rows say."""

    told: Told
    kind: str
    called: tuple[str, ...]
    came: tuple[str, ...]
    result: str
    clock: tuple[Answered, ...]

    @property
    def entry(self) -> Entry:
        """The entry of the book."""
        return self.told.entry


class Incidents:
    """The commands and views of incidents. Thread-safe."""

    def __init__(self, book: Book, duty: Duty, reader: Callable[[], Reader]) -> None:
        self._book, self._duty, self._reader = book, duty, reader

    def call(self, order: Order, kind: str, lane: str | None = None, note: str = "") -> Entered:
        """Record a call for help: one tap. Raises FormError `bad_value`."""
        if kind not in KINDS:
            raise FormError("bad_value")
        post = "" if lane is None else self._duty.rules.post_of(lane)
        fields: dict[str, str | list[str]] = {
            "kind": kind,
            "post": post,
            "called": list[str](),
            "came": list[str](),
        }
        return self._book.enter(order, INCIDENTS, Draft(fields, {"note": note}, lane=lane))

    def step(self, order: Order, number: int, step: str, role: str) -> Entered:
        """Record who was `called` or who `came`, by role. Raises FormError `unknown_entry`, `entry_ended`,
        `bad_value`, `duty_unknown_role`."""
        if step not in ("called", "came"):
            raise FormError("bad_value")
        if role not in self._duty.rules.roles:
            raise FormError("duty_unknown_role")
        told = self._book.one(INCIDENTS, number, opened=True)
        if not told.entry.open:
            raise FormError("entry_ended", status=409)
        fields = dict(told.entry.fields)
        fields["step"] = step
        fields[step] = list(dict.fromkeys([*fields[step], role]))
        return self._book.amend(order, INCIDENTS, number, Draft(fields, told.personal, lane=told.entry.lane))

    def end(self, order: Order, number: int, result: str) -> Entered:
        """Record that it is over. Raises FormError `unknown_entry`, `entry_ended`, `bad_value`."""
        if result not in RESULTS:
            raise FormError("bad_value")
        return self._book.end(order, INCIDENTS, number, result)

    def page(
        self, *, open_: bool | None = None, before: int | None = None, limit: int = 50
    ) -> list[Incident]:
        """Return incidents, the newest first."""
        found = self._book.page(INCIDENTS, open_=open_, before=before, limit=limit)
        return [self.one(entry.number) for entry in found]

    def within(self, from_us: int, until_us: int) -> list[Incident]:
        """Return the incidents of [from, until), the newest first, of the newest 2,000."""
        found = self._book.page(INCIDENTS, limit=2_000)
        return [self.one(entry.number) for entry in found if from_us <= entry.entered_us < until_us]

    def one(self, number: int, *, opened: bool = False) -> Incident:
        """Return one incident. Raises FormError `unknown_entry`."""
        told = self._book.one(INCIDENTS, number, opened=opened)
        fields, rows = told.entry.fields, told.rows
        end = next((row for row in reversed(rows) if row.kind == "register.ended"), None)
        return Incident(
            told,
            fields["kind"],
            tuple(fields["called"]),
            tuple(fields["came"]),
            "" if end is None or told.entry.open else str(end.body["why"]),
            self._clock(rows),
        )

    def of_case(self, file: CaseFile) -> tuple[Answered, ...]:
        """Return how quickly a case was answered: a person over the threshold, a hit of a list."""
        with closing(self._reader()) as reader:
            rows = reader.case_rows(file)
        return self._clock(rows)

    def _clock(self, rows: Sequence[StoredRow]) -> tuple[Answered, ...]:
        steps = {step: stamp_of(row) for step, row in steps_of(rows).items()}
        return response(self._duty.rules.limits, stamp_of(rows[0]), steps, self._duty.stamp())

    def cases_of(self, from_us: int, until_us: int) -> list[CaseFile]:
        """Return the newest cases that were opened within [from, until)."""
        with closing(self._reader()) as reader:
            return [file for file in reader.cases(limit=500) if from_us <= file.opened_us < until_us]

    def card(self, post: str) -> list[Card]:
        """Return whom to call now: the team of four and whoever else is on the sheet of a post, each role
        with everybody of it; a role nobody stands for has one line without a name. Opens personal fields."""
        rules, now_us = self._duty.rules, self._duty.stamp().at_us
        accounts = {one.account for one in self._duty.on_duty()}
        found: dict[str, list[Card]] = {}
        for entry in self._duty.lines(now_us, now_us + 1):
            fields = entry.fields
            if fields["post"] not in (post, "") and post:
                continue
            role, personal = fields["role"], self._book.personal(entry) or {}
            line = Card(
                *(role, rules.roles.get(role, {}), personal.get("name", ""), personal.get("phone", "")),
                fields.get("account") in accounts,
            )
            found.setdefault(role, []).append(line)
        team = rules.sets[TEAM].roles if TEAM in rules.sets else ()
        empty: Mapping[str, Names] = rules.roles
        cards = [card for role in team for card in found.pop(role, [Card(role, empty[role], "", "", False)])]
        return cards + [card for those in found.values() for card in those]


def steps_of(rows: Sequence[StoredRow]) -> dict[Reached, StoredRow]:
    """Return the first row of an incident or a case that reached each step."""
    steps: dict[Reached, StoredRow] = {}
    for row in rows:
        said = row.body.get("fields", {}).get("step") if row.kind == "register.amended" else None
        step = _CASE_STEPS.get(row.kind) or _INCIDENT_STEPS.get(said or row.kind)
        if step is not None:
            steps.setdefault(step, row)
    return steps
