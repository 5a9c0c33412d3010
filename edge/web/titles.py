"""What a procedure calls its questions, their answers and its reasons, in every language.

The version counts: a passage is shown in the words of the procedure it went by. Looks among the
procedures the lanes followed at the start, then among those the journal holds. Where nothing is known the
codes stand for themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from edge.domain.errors import ConfigError
from edge.domain.plan import TICKED
from edge.domain.procedure import Procedure, Text
from edge.journal import Reader
from edge.procedures import parse
from edge.web.gate import Gate

MOST = 500
_TICKED: Text = {"zh_Hans": "已办", "en": "Done"}


@dataclass(frozen=True, slots=True)
class Titles:
    """The words of one procedure; `asked` by the id of a question or step, `answers` by question and
    value."""

    procedure: Text = field(default_factory=dict)
    asked: Mapping[str, Text] = field(default_factory=dict)
    answers: Mapping[tuple[str, str], Text] = field(default_factory=dict)
    reasons: Mapping[str, Text] = field(default_factory=dict)


NOTHING = Titles()


def titles_of(procedure: Procedure | None) -> Titles:
    """Return the words of a procedure; none for None."""
    if procedure is None:
        return NOTHING
    questions = [q for step in procedure.steps for q in (*step.questions, *step.instead)]
    return Titles(
        procedure=procedure.title,
        asked={step.id: step.title for step in procedure.steps} | {q.id: q.title for q in questions},
        answers={(q.id, choice.value): choice.title for q in questions for choice in q.choices}
        | {(q.id, TICKED): _TICKED for q in questions if q.kind == "tick"},
        reasons={reason.value: reason.title for reason in procedure.reasons},
    )


def titles_at(gate: Gate, lane: str | None) -> Titles:
    """Return the words of the procedure a lane follows now."""
    if lane is None or lane not in gate.lanes:
        return NOTHING
    now = gate.view(lane)["procedure"]
    reader = gate.reader()
    try:
        return titles_then(gate, reader, now["name"], now["version"])
    finally:
        reader.close()


def titles_then(gate: Gate, reader: Reader, name: str, version: str) -> Titles:
    """Return the words of exactly this version of a procedure."""
    now = gate.procedures.get(name)
    if now is not None and now.version == version:
        return titles_of(now)
    after = 0
    while rows := reader.rows_after(after, MOST, {"procedure.published"}):
        after = rows[-1].seq
        for row in rows:
            if (row.body.get("name"), row.body.get("version")) == (name, version):
                return titles_of(_parsed(name, str(row.body.get("text", ""))))
    return NOTHING


@lru_cache(maxsize=16)
def _parsed(name: str, text: str) -> Procedure | None:
    try:
        return parse(name, text, stored=True)
    except ConfigError:  # written by a later program that knows more than this one
        return None
