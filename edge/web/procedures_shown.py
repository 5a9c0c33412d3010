"""What the pages of the procedures show: presets, steps that can be added, differences, a rehearsal and what
would have happened. Reads only."""

import difflib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from edge.domain.circumstances import ANY
from edge.domain.errors import FormError
from edge.domain.procedure import Procedure, StepKind
from edge.registers.procedure_text import Tables, tables_of
from edge.registers.publishing import Publishing
from edge.registers.rehearsal import Move, Rehearsed, Retold, rehearse, retold_of
from edge.web import procedures_form
from edge.web.gate import Gate
from edge.web.procedures_words import CODES, TEMPERATURES

# Offered first where the files do not say.
FIRST = ("compound", "market", "pharmacy")
LAST = (100, 500, 2000)
DAYS = 30
_DAY_US = 86_400_000_000
# What a made-up person answers where something is to be typed.
_SAMPLES: Mapping[str, str] = {
    "text": "演练",
    "number": "1",
    "id_number": "E12345678",
    "tick": "yes",
    "date": "2022-05-01",
    "time": "08:30",
    "itinerary": "演练 rehearsal",
}


@dataclass(frozen=True, slots=True)
class Preset:
    """A procedure that can be chosen; `first`: it is shown before the others."""

    name: str
    title: Mapping[str, str]
    number: str
    first: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A rehearsal as a page shows it: where the made-up person is, and what can happen to them next."""

    told: Rehearsed
    outcome: str | None
    answers: Sequence[tuple[Mapping[str, Any], Sequence[tuple[str, Mapping[str, str]]]]]
    carriers: Sequence[str]
    temperatures: Sequence[str]
    codes: Sequence[str]


def presets(publishing: Publishing) -> list[Preset]:
    """Return what can be chosen: what is offered first, in that order, then the rest by name."""
    found = []
    for name, text in publishing.presets():
        tables = tables_of(text)
        offered = tables.get("offered", "first" if name in FIRST else "more")
        found.append(Preset(name, tables["title"], tables.get("number", ""), offered == "first"))
    places = {name: place for place, name in enumerate(FIRST)}
    return sorted(found, key=lambda one: (not one.first, places.get(one.name, len(places)), one.name))


def steps(publishing: Publishing, tables: Tables) -> dict[str, Tables]:
    """Return the steps that can be added to a draft: of what is in force, then of every preset; those it has
    already are left out."""
    texts = [(one.procedure.name, one.text) for one in publishing.in_force()]
    found = procedures_form.library(
        [(name, tables_of(text)) for name, text in (*texts, *publishing.presets())]
    )
    here = tables.get("step", ())
    return {key: step for key, step in found.items() if step not in here and _has_title(step)}


def difference(before: str, after: str) -> list[tuple[str, str]]:
    """Return the lines that differ and some beside them, each with `+`, `-`, `@` or a blank."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return [(line[0] if line[:1] in "+-@" else " ", line[1:]) for line in list(lines)[2:]]


def rehearsed(gate: Gate, lane: str, procedure: Procedure, moves: Sequence[Move]) -> Step:
    """Return where a made-up person is after these moves, and what can happen next."""
    spec = gate.publishing.site.lanes[lane].spec
    told = rehearse(spec, procedure, moves, ANY, gate.now())
    last = told.view["last"]
    carriers = [
        carrier.value
        for step in procedure.steps
        for carrier in (step.carriers if step.kind is StepKind.CODE else ())
    ]
    answers = [(asked, _answers(asked)) for asked in told.view["ask"]]
    return Step(
        told,
        last["outcome"] if last else None,
        answers,
        list(dict.fromkeys(carriers)),
        [*TEMPERATURES],
        [*CODES],
    )


def retold(gate: Gate, lane: str, procedure: Procedure, most: int = LAST[0]) -> Retold:
    """Return what would have happened to the newest passages of a lane."""
    policy = gate.publishing.site.lanes[lane].spec.policy
    from_us = gate.now().at_us - DAYS * _DAY_US
    return retold_of(gate.publishing.journal, procedure, policy, lanes=(lane,), most=most, from_us=from_us)


def most_of(text: str | None) -> int:
    """Return how many passages somebody wants to see decided again. Raises FormError `bad_value`."""
    with suppress(ValueError, TypeError):
        if int(text or LAST[0]) in LAST:
            return int(text or LAST[0])
    raise FormError("bad_value")


def _answers(asked: Mapping[str, Any]) -> list[tuple[str, Mapping[str, str]]]:
    if asked["kind"] == "choice":
        return [(choice["value"], choice["title"]) for choice in asked["choices"]]
    sample = _SAMPLES.get(asked["kind"], "演练")
    return [(sample, {"zh_Hans": sample, "en": sample})]


def _has_title(step: Tables) -> bool:
    title = step.get("title")
    return isinstance(title, dict) and all(isinstance(title.get(name), str) for name in ("zh_Hans", "en"))
