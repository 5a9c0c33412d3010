"""What a procedure would do, before it is in force: to a made-up person step by step, and to those who passed
lately.

The lane's own machine and the rules decide; what they would have written, said or opened is thrown away.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from edge.domain import lane as machine
from edge.domain import rules
from edge.domain.circumstances import Circumstances, circumstances
from edge.domain.errors import FormError
from edge.domain.events import Begin, CodeRead, Decide, Give, Park, Resume, Tick
from edge.domain.facts import Fact
from edge.domain.lane_state import LaneSpec, LaneState, Result
from edge.domain.model import (
    Carrier,
    Code,
    CodeVerdict,
    Decision,
    Evidence,
    Instant,
    Measurement,
    Method,
    Outcome,
    Passage,
    Reason,
)
from edge.domain.passing import bound
from edge.domain.policy import Policy, stored
from edge.domain.procedure import Procedure
from edge.domain.record import restored
from edge.domain.statements import ANSWERED
from edge.domain.view import lane_view
from edge.journal import Reader, StoredRow
from edge.registers.published import known

MOST_MOVES = 40
_START_US = 1_000_000_000
# Longer than a code is taken for one that is still held up.
_STEP_US = 12_000_000
_BY = "rehearsal"
_LOOKED_AT = 200_000


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that happens to the made-up person: `temperature` (`normal over low contact_normal
    contact_over`), `code` (`about` a carrier; `value` one of `good bad red expired unverified`), `answer`
    (`about` a question), `rest` or `decide` (`value` an outcome, `about` a reason)."""

    do: str
    value: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """Where the made-up person is now: the lane's view as its page would get it, what would have been said
    and opened by now, and what of the moves was refused, by its stable code."""

    view: Mapping[str, Any]
    dos: tuple[tuple[str, str], ...]
    refused: tuple[tuple[Move, str], ...]


@dataclass(frozen=True, slots=True)
class Retold:
    """What would have happened to passages of late: so many were decided again, of so many `looked` at;
    `same` come out alike. `changes` counts the others: what the rules said then, what they would say now and
    for which reasons, how many, and the newest of them."""

    looked: int
    again: int
    same: int
    changes: tuple[tuple[str, str, tuple[str, ...], int, tuple[int, ...]], ...]
    from_us: int | None = None


class Journal(Protocol):
    """The part of the journal that this needs."""

    def reader(self) -> Reader:
        """Open a read-only view."""

    def unseal(self, row: StoredRow) -> Mapping[str, Any] | None:
        """Open the personal fields of a row."""


def rehearse(
    spec: LaneSpec, procedure: Procedure, moves: Sequence[Move], around: Circumstances, at: Instant
) -> Rehearsed:
    """Return where a made-up person is after these moves, who came at `at`. What the lane refuses is told,
    and changes nothing."""
    spec = replace(spec, procedure=procedure, earlier=(), boot=1, started_us=0)
    state, now = _begun(spec, around, replace(at, mono_us=_START_US))
    dos: list[tuple[str, str]] = []
    refused: list[tuple[Move, str]] = []
    for move in moves[:MOST_MOVES]:
        now = _later(now, _STEP_US)
        if state.active is None and not state.parked:
            break
        try:
            result, now = _moved(spec, state, move, now)
        except (FormError, ValueError) as error:
            refused.append((move, getattr(error, "code", "bad_value")))
            continue
        state = result.state
        dos += [(do.device, do.what) for do in result.dos]
    return Rehearsed(lane_view(spec, state, now), tuple(dos), tuple(refused))


def retold_of(
    journal: Journal, procedure: Procedure, policy: Policy, *, lanes: Sequence[str], most: int, from_us: int
) -> Retold:
    """Decide the newest `most` passages of these lanes again, not older than `from_us` (microseconds UTC), by
    what they were decided by and by another procedure, both without whatever an attendant decided by hand."""
    with closing(journal.reader()) as reader:
        rows = [
            row
            for row in reader.newest({"passage.decided"}, limit=most, among=_LOOKED_AT)
            if row.lane in lanes and row.at_us >= from_us
        ]
        procedures = known(reader, {row.body["procedure"]["version"] for row in rows})
        policies = _policies(reader)
    found: Counter[tuple[str, str, tuple[str, ...]]] = Counter()
    newest: dict[tuple[str, str, tuple[str, ...]], tuple[int, ...]] = {}
    again = same = 0
    for row in rows:
        before = procedures.get(row.body["procedure"]["version"])
        sealed = journal.unseal(row)
        if before is None or (row.sealed is not None and sealed is None):
            continue  # its text or its key is gone: nobody can say
        again += 1
        passage = restored(row.body, sealed, lane=row.lane or "", clock=row.clock)
        was, would = (
            _ruled(one, policies.get(passage.policy_version, policy), passage) for one in (before, procedure)
        )
        if was == would:
            same += 1
            continue
        change = (_word(was), _word(would), _new(was, would))
        found[change] += 1
        newest[change] = (passage.id, *newest.get(change, ()))[:3]
    changes = tuple((*change, count, newest[change]) for change, count in found.most_common())
    return Retold(len(rows), again, same, changes, rows[0].at_us if rows else None)


def _begun(spec: LaneSpec, around: Circumstances, now: Instant) -> tuple[LaneState, Instant]:
    state = machine.step(spec, LaneState(), Begin(spec.name, None, "0", _BY, now)).state
    assert state.active is not None
    passage = replace(
        state.active,
        direction=around.direction or spec.direction,
        vehicle=around.vehicle,
        group=1 if around.aboard else None,
        minute=state.active.minute if around.minute is None else around.minute,
    )
    return replace(state, active=passage), now


def _moved(spec: LaneSpec, state: LaneState, move: Move, now: Instant) -> tuple[Result, Instant]:
    passage = state.active.id if state.active is not None else None
    head = (spec.name, passage, str(now.mono_us), _BY, now)
    match move.do:
        case "temperature":
            return bound(spec, state, Evidence(now, _BY, _measured(spec.policy, move.value))), now
        case "code":
            event = CodeRead(spec.name, _BY, _code(Carrier(move.about), move.value, now), now)
            return machine.step(spec, state, event), now
        case "answer":
            return machine.step(spec, state, Give(*head, ((move.about, move.value),))), now
        case "rest":
            aside = machine.step(spec, state, Park(*head, "rest")).state
            now = _later(now, spec.policy.rest_us + _STEP_US)
            back = Resume(spec.name, None, str(now.mono_us), _BY, now, aside.parked[0].ticket)
            return machine.step(spec, aside, back), now
        case "decide":
            return machine.step(spec, state, Decide(*head, Outcome(move.value), move.about)), now
        case "leave":
            now = _later(now, spec.abandon_us + _STEP_US)
            return machine.step(spec, state, Tick(spec.name, now)), now
    raise FormError("bad_value")


def _measured(policy: Policy, value: str) -> Measurement:
    over, low = policy.threshold_mdegc + 700, policy.too_low_mdegc - 1_000
    body, method = {
        "normal": (36_500, Method.INFRARED),
        "over": (over, Method.INFRARED),
        "low": (low, Method.INFRARED),
        "contact_normal": (36_500, Method.CONTACT),
        "contact_over": (over, Method.CONTACT),
    }[value]
    site = "axilla" if method is Method.CONTACT else "forehead"
    return Measurement(_BY, method, site, body_mdegc=body, conversion="rehearsal/1", frames=1, by=_BY)


def _code(carrier: Carrier, value: str, now: Instant) -> Code:
    verdict = {
        "expired": CodeVerdict.EXPIRED,
        "bad": CodeVerdict.INVALID,
        "unverified": CodeVerdict.UNVERIFIED,
    }.get(value, CodeVerdict.VALID)
    if value not in ("good", "red", "bad", "expired", "unverified"):
        raise FormError("bad_value")
    subject = _stated(carrier, value, now) if verdict is not CodeVerdict.UNVERIFIED else {}
    reason = "platform_silent" if value == "unverified" else None
    personal = {"name": "演练 Rehearsal"}
    return Code(carrier, verdict, reason, subject=subject, personal=personal, holder=f"{carrier}:{_BY}")


def _stated(carrier: Carrier, value: str, now: Instant) -> dict[str, str]:
    """Return what a made-up code says: everything that any site's rules ask for, or what all of them rule
    out."""
    if carrier is Carrier.GATEPOST_PASS:
        return {Fact.CATEGORY: "resident"}
    colour = "red" if value == "red" else "green"
    if carrier in ANSWERED:
        return {Fact.COLOUR: colour, Fact.ITINERARY: colour}
    taken = datetime.fromtimestamp(now.at_us // 1_000_000, UTC) - timedelta(hours=5)
    return {
        Fact.VACCINATION_DOSES: "2",
        Fact.VACCINATION_NEEDED: "2",
        Fact.VACCINATION_DATE: (taken - timedelta(days=60)).date().isoformat(),
        Fact.TEST_RESULT: "positive" if value == "red" else "negative",
        Fact.TEST_KIND: "naat",
        Fact.TEST_TAKEN: taken.strftime("%Y-%m-%dT%H:%M:%SZ"),
        Fact.EU_RULES: "failed" if value == "red" else "passed",
    }


def _ruled(procedure: Procedure, policy: Policy, passage: Passage) -> Decision:
    before = passage.decision
    nobody = before is not None and Reason.NOBODY_FINISHED in before.reasons
    again = rules.left if nobody else rules.decide
    return again(procedure, policy, passage.evidence, circumstances(passage))


def _word(decision: Decision) -> str:
    if decision.outcome is not None:
        return decision.outcome.value
    return "hold" if decision.hold else "unfinished"


def _new(was: Decision, would: Decision) -> tuple[str, ...]:
    """Return what the new rules name that those of then did not: reasons, and steps that lack something."""
    reasons = [str(reason) for reason in would.reasons if reason not in was.reasons]
    return (*reasons, *(f"missing:{step}" for step in would.missing if step not in was.missing))


def _policies(reader: Reader) -> dict[str, Policy]:
    found: dict[str, Policy] = {}
    for row in _rows(reader, {"settings.changed"}):
        with suppress(TypeError, KeyError):  # numbers of other names, or of other settings
            found[row.body["version"]] = stored(row.body["screening"])
    return found


def _rows(reader: Reader, kinds: Iterable[str]) -> Iterator[StoredRow]:
    after = 0
    while rows := reader.rows_after(after, 500, set(kinds)):
        after = rows[-1].seq
        yield from rows


def _later(now: Instant, by_us: int) -> Instant:
    return replace(now, mono_us=now.mono_us + by_us, at_us=now.at_us + by_us)
