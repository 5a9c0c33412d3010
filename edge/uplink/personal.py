"""Which opened personal fields leave the gate: those the policy names, and no others."""

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

# Look-up values of the gate itself repeat everything, and a face is for the attendant before it only.
_NEVER = ("find", "photograph")


def forwarded(
    body: Mapping[str, Any], opened: Mapping[str, Any] | None, forward: Collection[str]
) -> dict[str, Any] | None:
    """Return the part of a row's opened personal fields that may go, None where nothing may.

    A field of a code goes under its own name, `holder` and `payload` likewise; a personal answer
    goes when its question is named; a field of an entry of a register goes under its own name;
    any other top-level field goes when it is named. A photograph never goes.
    """
    if not opened or not forward:
        return None
    kept: dict[str, Any] = {
        name: value
        for name, value in opened.items()
        if name in forward and name not in ("evidence", "fields", *_NEVER)
    }
    fields = {name: value for name, value in opened.get("fields", {}).items() if name in forward}
    if fields:
        kept["fields"] = fields
    pieces = {}
    for index, piece in opened.get("evidence", {}).items():
        slim = _piece(_question(body, index), piece, forward)
        if slim:
            pieces[index] = slim
    if pieces:
        kept["evidence"] = pieces
    return kept or None


def _piece(question: str | None, piece: Mapping[str, Any], forward: Collection[str]) -> dict[str, Any]:
    slim: dict[str, Any] = {name: piece[name] for name in ("holder", "payload") if name in piece}
    slim = {name: value for name, value in slim.items() if name in forward}
    own = piece.get("personal") or {}
    fields = {name: value for name, value in own.items() if name in forward}
    # Where a platform was asked by the number, its digest is the number: a day of trying gives it back.
    if own.get("code_digest") == hashlib.sha256(str(own.get("id_number", "")).encode()).hexdigest():
        fields.pop("code_digest", None)
    if fields:
        slim["personal"] = fields
    if "value" in piece and question is not None and question in forward:
        slim["value"] = piece["value"]
    return slim


def _question(body: Mapping[str, Any], index: str) -> str | None:
    evidence = body.get("evidence", [])
    if not index.isdecimal() or int(index) >= len(evidence):
        return None
    question = evidence[int(index)].get("question")
    return question if isinstance(question, str) else None
