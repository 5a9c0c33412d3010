"""Decides stored evidence again, with the procedures and numbers the journal itself holds, and names
every difference. Reads only."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from edge.domain import rules
from edge.domain.circumstances import circumstances
from edge.domain.errors import ConfigError, FormError
from edge.domain.model import Decision, Outcome, Passage, Reason
from edge.domain.policy import Policy
from edge.domain.policy import stored as stored_policy
from edge.domain.procedure import Procedure
from edge.domain.record import restored
from edge.journal import Journal, Reader, StoredRow
from edge.registers.published import read

PAGE = 500
KINDS = frozenset({"procedure.published", "settings.changed", "passage.decided"})


@dataclass(frozen=True, slots=True)
class Replayed:
    """One decided passage: what was stored, what comes out now, and `same`. `why` is set where it
    could not be decided again: `no_procedure`, `no_policy`, `key_destroyed`."""

    sequence: int
    passage: int
    same: bool
    stored: str = ""
    again: str = ""
    why: str | None = None


class Replay:
    """Walks through the journal from its first row."""

    def __init__(self, journal: Journal, reader: Reader) -> None:
        self._journal = journal
        self._reader = reader
        self._procedures: dict[str, Procedure] = {}
        self._policies: dict[str, Policy] = {}

    def walk(self, from_us: int | None = None, to_us: int | None = None) -> Iterator[Replayed]:
        """Yield every decided passage whose row is within the times (microseconds UTC)."""
        after = 0
        while rows := self._reader.rows_after(after, PAGE, KINDS):
            after = rows[-1].seq
            for row in rows:
                if row.kind == "passage.decided":
                    if (from_us is None or row.at_us >= from_us) and (to_us is None or row.at_us < to_us):
                        yield self._again(row)
                else:
                    self._learn(row)

    def _learn(self, row: StoredRow) -> None:
        if row.kind == "settings.changed":
            with contextlib.suppress(TypeError):  # numbers of other names: its passages say no_policy
                if "screening" in row.body:
                    self._policies[row.body["version"]] = stored_policy(row.body["screening"])
            return
        # Written by a version that knew other keys: its passages say no_procedure.
        with contextlib.suppress(ConfigError):
            self._procedures[row.body["version"]] = read(row.body)

    def _again(self, row: StoredRow) -> Replayed:
        body = row.body
        procedure = self._procedures.get(body["procedure"]["version"])
        policy = self._policies.get(body["policy"])
        if procedure is None or policy is None:
            why = "no_procedure" if procedure is None else "no_policy"
            return Replayed(row.seq, body["passage"], same=False, why=why)
        sealed = self._journal.unseal(row)
        if row.sealed is not None and sealed is None:
            return Replayed(row.seq, body["passage"], same=False, why="key_destroyed")
        passage = restored(body, sealed, lane=row.lane or "", clock=row.clock)
        before, again = _text(passage.decision), _text(_decide(procedure, policy, passage))
        return Replayed(row.seq, passage.id, before == again, before, again)


def _decide(procedure: Procedure, policy: Policy, passage: Passage) -> Decision | None:
    stored = passage.decision
    if stored is None:
        return None
    if stored.by is None:
        again = rules.left if Reason.NOBODY_FINISHED in stored.reasons else rules.decide
        return again(procedure, policy, passage.evidence, circumstances(passage))
    try:
        return rules.attend(
            procedure,
            policy,
            passage.evidence,
            stored.outcome or Outcome.ABANDONED,
            by=stored.by,
            chosen=stored.chosen or "",
            around=circumstances(passage),
        )
    except FormError as error:
        return Decision(None, reasons=(error.code,))


def _text(decision: Decision | None) -> str:
    if decision is None:
        return ""
    outcome = decision.outcome.value if decision.outcome else "none"
    return f"{outcome} [{' '.join(map(str, decision.reasons))}] missing [{' '.join(decision.missing)}]"
