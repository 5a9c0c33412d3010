"""One passage for a reviewer: every row about it, its evidence, and who it was only when opened.

From stored rows to what the template shows; opens nothing by itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from edge.journal import StoredRow
from edge.web import thermal

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of evidence. `personal` is None while it is masked, `sealed` says whether there is
    something to open, `picture` whether an array's picture can be drawn of it."""

    fact: Json
    sealed: bool
    personal: dict[str, str] | None = None
    picture: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """One passage with everything the journal holds about it."""

    id: int
    newest: StoredRow
    body: Json
    rows: list[StoredRow]
    pieces: list[Piece]
    decisions: list[StoredRow]
    effects: list[Json] = field(default_factory=list)
    openings: list[StoredRow] = field(default_factory=list)
    answers: list[StoredRow] = field(default_factory=list)
    chosen: str | None = None
    chosen_sealed: bool = False
    twice: Json | None = None
    opened: bool = False
    destroyed: bool = False


def seen(
    passage: int,
    rows: Sequence[StoredRow],
    unseal: Callable[[StoredRow], Json | None] | None = None,
) -> Seen | None:
    """Return a passage from its rows; None where no row tells of it.

    With `unseal` its personal fields are opened; `destroyed` then says that their key is gone.
    """
    told = [row for row in rows if row.kind in ("passage.held", "passage.parked", "passage.decided")]
    if not told:
        return None
    newest = told[-1]
    sealed = unseal(newest) if unseal is not None and newest.sealed is not None else None
    hidden: Json = (sealed or {}).get("evidence", {})
    evidence = newest.body.get("evidence", [])
    return Seen(
        id=passage,
        newest=newest,
        body=newest.body,
        rows=list(rows),
        pieces=[
            Piece(
                fact=fact,
                sealed=_may_hide(fact) and newest.sealed is not None,
                personal=_personal(hidden.get(str(index), {})) if sealed is not None else None,
                picture=thermal.is_in(fact),
            )
            for index, fact in enumerate(evidence)
        ],
        decisions=told,
        effects=[e for row in rows if row.kind == "passage.effects" for e in row.body.get("effects", [])],
        openings=[row for row in rows if row.kind == "personal.opened"],
        answers=[row for row in rows if row.kind == "code.answered"],
        chosen=(sealed or {}).get("chosen") or newest.body.get("chosen"),
        chosen_sealed="by" in newest.body and "chosen" not in newest.body and newest.sealed is not None,
        twice=_twice(newest.body),
        opened=sealed is not None,
        destroyed=unseal is not None and newest.sealed is not None and sealed is None,
    )


def _twice(body: Json) -> Json | None:
    """Return the first value over the threshold and the second measurement, as the row names them; None
    where nobody had to be measured a second time, and in rows of before."""
    named, evidence = body.get("temperature", {}), body.get("evidence", [])
    found = {part: named[part] for part in ("first", "second") if part in named}
    if not found or not all(place < len(evidence) for place in found.values()):
        return None
    values = {
        part: {**evidence[place], "rested_s": rested_s(body.get("rests", []), place)}
        for part, place in found.items()
    }
    return {"second": None, **values}


def rested_s(rests: Sequence[Json], pieces: int) -> int:
    """Return how many seconds somebody had rested before evidence number `pieces` came."""
    before = (rest for rest in rests if rest["why"] == "rest" and rest.get("pieces", 0) <= pieces)
    return sum(rest.get("lasted_us") or 0 for rest in before) // 1_000_000


def _may_hide(fact: Json) -> bool:
    return fact.get("t") == "code" or (fact.get("t") == "answer" and "value" not in fact)


def _personal(hidden: Json) -> dict[str, str]:
    fields = {str(key): str(value) for key, value in (hidden.get("personal") or {}).items()}
    for key in ("holder", "payload", "value"):
        if hidden.get(key):
            fields[key] = str(hidden[key])
    return fields
