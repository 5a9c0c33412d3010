"""Registers whose lines are passages (R6 发烧咳嗽购药登记, R66 外来人员登记本): read from their rows,
so that nothing is written twice. Personal fields come along only where the caller asks, who has written it
down.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from edge.journal import PassageRow, Reader, StoredRow
from edge.registers.definition import Definition, Passages

_CHUNK = 200
MOST = 5_000


@dataclass(frozen=True, slots=True)
class Passed:
    """One passage as a line: `cells` by field; None where a personal field is masked or destroyed."""

    passage: int
    seq: int
    at_us: int
    lane: str
    outcome: str
    body_mdegc: int | None
    surface_mdegc: int | None
    procedure: str
    version: str
    cells: Mapping[str, str | None]


def passed(
    reader: Reader, definition: Definition, from_us: int, to_us: int, *, opened: bool = False
) -> list[Passed]:
    """Return the passages that ended in [from, to) and belong in the register, oldest first, at most
    `MOST`."""
    assert definition.passages is not None
    found: list[Passed] = []
    for line, row in _rows(reader, definition.passages, from_us, to_us):
        asks = definition.passages.asks
        if not _asked(row.body, asks) if asks else row.body.get("vehicle"):
            continue
        hidden = reader.opened([row])[0] if opened else None
        found.append(_line(definition, line, row, hidden))
        if len(found) == MOST:
            break
    return found


def _rows(
    reader: Reader, wanted: Passages, from_us: int, to_us: int
) -> Iterator[tuple[PassageRow, StoredRow]]:
    after = -1
    while page := reader.passages(after=after, limit=_CHUNK, from_us=from_us, to_us=to_us):
        after = page[-1].id
        fits = {line.seq: line for line in page if line.outcome and _is_of(line, wanted)}
        if fits:
            yield from ((fits[row.seq], row) for row in reader.these(list(fits)))


def _is_of(line: PassageRow, wanted: Passages) -> bool:
    category = line.category or "visitor"
    return category not in wanted.not_categories and (not wanted.categories or category in wanted.categories)


def _asked(body: Mapping[str, Any], questions: tuple[str, ...]) -> bool:
    return any(
        piece.get("t") == "answer" and piece.get("question") in questions
        for piece in body.get("evidence", ())
    )


def _line(
    definition: Definition, line: PassageRow, row: StoredRow, hidden: Mapping[str, Any] | None
) -> Passed:
    said = _said(row.body, hidden)
    procedure = row.body.get("procedure") or {}
    return Passed(
        line.id,
        row.seq,
        line.ended_us or line.at_us,
        line.lane,
        line.outcome or "",
        line.body_mdegc,
        line.surface_mdegc,
        str(procedure.get("name", "")),
        str(procedure.get("version", "")),
        {field.id: said.get(field.id, "") for field in definition.field},
    )


def _said(body: Mapping[str, Any], hidden: Mapping[str, Any] | None) -> dict[str, str | None]:
    """Return what was said of each question, what a code or a register says where nobody was asked; None is
    hidden."""
    secret = (hidden or {}).get("evidence", {})
    codes: dict[str, str | None] = {}
    answers: dict[str, str | None] = {}
    for index, piece in enumerate(body.get("evidence", ())):
        own = secret.get(str(index)) or {}
        if piece.get("t") == "answer":
            value = piece["value"] if "value" in piece else own.get("value")
            answers[piece["question"]] = None if value is None else str(value)
        elif piece.get("t") in ("code", "known"):
            codes |= {name: str(value) for name, value in (own.get("personal") or {}).items() if value}
    return codes | answers
