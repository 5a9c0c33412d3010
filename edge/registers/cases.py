"""Cases: who was handed over for a check, to which unit, what came of it.

Commands append through the journal's writer, each in one transaction with the look at the case it is about;
views read the projection. The opening is not here: the station writes it together with the decision.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol

from edge.domain.cases import CaseResult, CaseStage, CaseStep, FollowUp, Reopening, next_stage, opening
from edge.domain.errors import FormError
from edge.domain.model import Instant, Passage
from edge.domain.policy import Policy
from edge.journal import CaseFile, Look, Reader, Row, StoredRow
from edge.journal.case_file import scope_of
from edge.registers.case_views import Listed, Told
from edge.registers.case_watch import CaseWatch

MINUTE_US = 60_000_000


class Journal(Protocol):
    """The part of the journal that cases need."""

    @property
    def boot(self) -> int:
        """The run that rows are written in now."""

    def compose(self, make: Callable[[Look], Sequence[Row]]) -> tuple[int, ...]:
        """Write the rows that `make` returns, in one transaction with what it looked at."""

    def reader(self) -> Reader:
        """Open a read-only view."""

    def unseal(self, row: StoredRow) -> Mapping[str, Any] | None:
        """Open the personal fields of a row."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a site settled about cases: the units somebody may be handed to, and how long each step may
    take, in microseconds."""

    units: tuple[str, ...] = ()
    acknowledge_us: int = 120 * MINUTE_US
    follow_up_us: int = 24 * 60 * MINUTE_US


@dataclass(frozen=True, slots=True)
class Order:
    """A command about a case: who gives it, and an id under which it is carried out once."""

    number: int
    command_id: str
    by: str


@dataclass(frozen=True, slots=True)
class Done:
    """What a command came to: its row, and where the case is now."""

    sequence: int
    case: int
    stage: CaseStage


def opening_row(policy: Policy, passage: Passage, rules: Rules, at: Instant) -> Row | None:
    """Return the row that opens the case a passage ends in, None where it ends in none. The journal gives it
    its number."""
    found = opening(policy, passage)
    if found is None:
        return None
    body, personal = found
    return Row(
        "case.opened", at, {**body, "due_us": at.at_us + rules.acknowledge_us}, passage.lane, personal or None
    )


class Cases:
    """The commands and views of a gate's cases. Thread-safe: every call reads and writes for itself.
    `changed` is called after each commit."""

    def __init__(
        self, journal: Journal, rules: Rules, now: Callable[[], Instant], changed: Callable[[], None]
    ) -> None:
        self.rules = rules
        self._journal = journal
        self._now = now
        self._changed = changed
        self._watch = CaseWatch(journal, now)
        self._watch.look()

    def hand_over(self, order: Order, unit: str, note: str = "") -> Done:
        """Hand the person over (对接) to a unit of the list. Raises FormError `unknown_unit`."""
        if unit not in self.rules.units:
            raise FormError("unknown_unit", "the settings name no such unit")
        return self._step(order, CaseStep.HANDED_OVER, {"unit": unit}, {"note": note})

    def acknowledge(self, order: Order, who: str = "") -> Done:
        """Record that the unit says it has the person; `who` of it said so."""
        return self._step(order, CaseStep.ACKNOWLEDGED, {}, {"who": who})

    def follow_up(self, order: Order, what: FollowUp, note: str = "") -> Done:
        """Add an entry to what is known (跟踪, 管控)."""
        return self._step(order, CaseStep.FOLLOWED_UP, {"what": what.value}, {"note": note})

    def close(self, order: Order, result: CaseResult, note: str = "") -> Done:
        """Close the case with what came of it."""
        return self._step(order, CaseStep.CLOSED, {"result": result.value}, {"note": note}, result)

    def reopen(self, order: Order, why: Reopening) -> Done:
        """Open a closed case again. Raises FormError `case_forgotten` once its fields are destroyed."""
        return self._step(order, CaseStep.REOPENED, {"why": why.value}, {})

    def page(
        self,
        *,
        open_: bool | None = None,
        lane: str | None = None,
        before: int | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> list[Listed]:
        """Return one page of cases: newest number first before `before`, or oldest first after `after`."""
        with closing(self._journal.reader()) as reader:
            files = reader.cases(open_=open_, lane=lane, before=before, after=after, limit=limit)
            return [self._listed(reader, file) for file in files]

    def one(self, number: int, *, opened: bool = False) -> Told:
        """Return one case; `opened` opens its personal fields. Raises FormError `unknown_case`."""
        with closing(self._journal.reader()) as reader:
            file = reader.case(number)
            if file is None:
                raise _unknown()
            rows = tuple(reader.case_rows(file))
        sealed = [row for row in rows if row.sealed is not None and row.kind.startswith("case.")]
        found = {row.seq: self._journal.unseal(row) for row in sealed} if opened else {}
        personal = {seq: fields for seq, fields in found.items() if fields is not None}
        now = self._now()
        return Told(
            file,
            now.at_us,
            file.left_us(now, self._journal.boot),
            rows,
            personal,
            opened=opened,
            destroyed=opened and bool(sealed and not personal),
        )

    def of_passage(self, passage: int) -> CaseFile | None:
        """Return the case that a passage ended in."""
        with closing(self._journal.reader()) as reader:
            return reader.case_of(passage)

    def waiting(self, lane: str) -> list[dict[str, Any]]:
        """Return, for the lane's page, who is still to be handed over: a snapshot, oldest first."""
        return self._watch.waiting(lane)

    def late(self) -> tuple[int, int | None]:
        """Return how many open cases are overdue now, and the oldest of them."""
        with closing(self._journal.reader()) as reader:
            return reader.late_cases(self._now(), self._journal.boot)

    @property
    def late_lately(self) -> tuple[int, int | None]:
        """The same as of the last look, without reading anything."""
        return self._watch.late

    def refresh(self) -> None:
        """Take the snapshot of who waits anew, after the station wrote."""
        self._watch.refresh()

    def look(self) -> None:
        """Look once a second: somebody becomes overdue without a row, another process may have written, and
        what could not be read is read now."""
        if self._watch.look():
            self._changed()

    def _step(
        self,
        order: Order,
        step: CaseStep,
        body: Mapping[str, Any],
        personal: Mapping[str, str],
        result: CaseResult | None = None,
    ) -> Done:
        earlier: list[StoredRow] = []
        stages: list[CaseStage] = []

        def make(look: Look) -> Sequence[Row]:
            earlier.clear()
            stages.clear()
            file = look.case(order.number)
            if file is None:
                raise _unknown()
            if (known := _carried_out(look, file, order.command_id)) is not None:
                if known.kind != f"case.{step}" or any(known.body.get(k) != body[k] for k in body):
                    raise _reused()
                earlier.append(known)
                return ()
            if step is CaseStep.REOPENED and file.forgotten:
                raise FormError("case_forgotten", "its personal fields are destroyed", 409)
            stage = next_stage(CaseStage(file.stage), step, unit=file.unit, result=result)
            stages.append(stage)
            at = self._now()
            due_us = self._due_us(step, file, stage, at)
            head: dict[str, Any] = {"stage": stage.value} | ({} if due_us is None else {"due_us": due_us})
            head |= body
            return (_row(order, step, file, at, body=head, personal=personal),)

        written = self._journal.compose(make)
        if earlier:
            return self._again(earlier[0], order, personal)
        self.refresh()
        self._changed()
        return Done(written[-1], order.number, stages[0])

    def _again(self, row: StoredRow, order: Order, personal: Mapping[str, str]) -> Done:
        """Answer a command that was carried out before; its note counts as well, while it can be read."""
        known = self._journal.unseal(row) if row.sealed is not None else {}
        if known is not None and known != _written(personal):
            raise _reused()
        return Done(row.seq, order.number, CaseStage(row.body["stage"]))

    def _due_us(self, step: CaseStep, file: CaseFile, stage: CaseStage, at: Instant) -> int | None:
        """Until it is acknowledged a case has the time it began with: being handed on buys none."""
        if stage is CaseStage.CLOSED:
            return None
        if stage is CaseStage.ACKNOWLEDGED:
            return at.at_us + self.rules.follow_up_us
        if step is CaseStep.REOPENED or file.stage == CaseStage.ACKNOWLEDGED:
            return at.at_us + self.rules.acknowledge_us
        left = file.left_us(at, self._journal.boot)
        return None if left is None else at.at_us + left

    def _listed(self, reader: Reader, file: CaseFile) -> Listed:
        row, now = reader.row(file.seqs[0]), self._now()
        left_us = file.left_us(now, self._journal.boot)
        return Listed(file, now.at_us, left_us, row.body if row is not None else {})


def _row(
    order: Order,
    step: CaseStep,
    file: CaseFile,
    at: Instant,
    *,
    body: Mapping[str, Any],
    personal: Mapping[str, str],
) -> Row:
    head: dict[str, Any] = {"case": file.number, "by": order.by, "command_id": order.command_id}
    if file.passage is not None:
        head["passage"] = file.passage
    lane = file.lane or None
    return Row(f"case.{step}", at, {**head, **body}, lane, _written(personal) or None, scope_of(file.number))


def _written(personal: Mapping[str, str]) -> dict[str, str]:
    return {name: value.strip() for name, value in personal.items() if value.strip()}


def _carried_out(look: Look, file: CaseFile, command_id: str) -> StoredRow | None:
    """Return the row of the command with this id, where it was given before."""
    for row in look.rows(file.seqs):
        if row.kind.startswith("case.") and row.body.get("command_id") == command_id:
            return row
    return None


def _reused() -> FormError:
    return FormError("command_reused", "another command had this id", 409)


def _unknown() -> FormError:
    return FormError("unknown_case", "there is no such case", 404)
