"""What registers add to a day's report: whole numbers by name, told of the rows up to one row only, so that a
report that was sent can be told again.

A definition is the one that the journal held then: an entry is never made under another.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from edge.domain.errors import ConfigError
from edge.domain.twice_daily import Windows
from edge.journal import Reader
from edge.registers.definition import Definition
from edge.registers.due import Said, Task, entry_tasks, gate_tasks
from edge.registers.given import due_us, local_day, moment_us
from edge.registers.ledgers import TASKS, said_of
from edge.registers.shelf import DEFINED, parsed
from edge.registers.sums import inspected, stock

_MOST = 1_000
_US = 1_000_000


def figures(reader: Reader, day: date, from_us: int, to_us: int, upto: int) -> dict[str, int]:
    """Return what all registers add to the day [from, to): stock and what is short of it (R81), inspections
    (R69, R70), tasks of the day done and missed (R63, R64), entries open and overdue at its end (R96)."""
    found: dict[str, int] = {}
    zone = _zone(day, from_us)
    for definition in definitions(reader, upto):
        name = definition.name
        entries = list(said_of(reader, name, upto=upto)) if _adds(definition) else []
        counted = [said for said in entries if said.counts]
        if definition.stock:
            for held in stock(definition, counted):
                found[f"stock.{name}.{held.item}"] = held.left
            found[f"stock.{name}.short"] = sum(held.short for held in stock(definition, counted))
        if definition.score:
            today = [s for s in counted if from_us <= moment_us(definition, s.fields, s.entered_us) < to_us]
            found |= _inspected(definition, today, counted)
        if definition.deadline:
            open_ = [s for s in counted if s.open and definition.lasts(s.fields)]
            late = [s for s in open_ if (due_us(definition, s.fields, zone) or to_us + 1) <= to_us]
            found |= {f"open.{name}": len(open_), f"overdue.{name}": len(late)}
        if definition.due:
            tasks = list(_tasks(reader, definition, entries, day=day, zone=zone, upto=upto))
            done = sum(task.done_us is not None for task in tasks)
            found |= {f"tasks.{name}.done": done, f"tasks.{name}.missed": len(tasks) - done}
    return found


def definitions(reader: Reader, upto: int) -> list[Definition]:
    """Return the definitions that the journal held at a row, by name."""
    newest: dict[str, str] = {}
    for row in reader.before(upto + 1, DEFINED, _MOST):
        newest.setdefault(row.body["register"], row.body["text"])
    found = []
    for name, text in sorted(newest.items()):
        try:
            found.append(parsed(name, text))
        except ConfigError:  # of a later program
            continue
    return found


def _adds(definition: Definition) -> bool:
    return bool(definition.stock or definition.score or definition.deadline or definition.due)


def _inspected(definition: Definition, today: list[Said], every: list[Said]) -> dict[str, int]:
    name, sums = definition.name, inspected(definition, today)
    return {
        f"visits.{name}": sums.visits,
        f"places.{name}": len(sums.places),
        f"findings.{name}": sums.findings,
        f"fixed.{name}": sums.fixed,
        f"findings_open.{name}": sum(s.open and definition.lasts(s.fields) for s in every),
    }


def _tasks(
    reader: Reader, definition: Definition, entries: list[Said], *, day: date, zone: tzinfo, upto: int
) -> Iterator[Task]:
    """Yield the day's tasks but for temperatures, which a report counts by itself (R62): whose they are is
    sealed, and a report opens nothing."""
    if entries:
        first = min(said.entered_us for said in entries)
        rules = gate_tasks(definition, entries, day=day, zone=zone, now_us=0, since_us=first)
        yield from (task for task in rules if not task.rule.every_hours)
    ticked: dict[int, dict[str, list[int]]] = {}
    for said in said_of(reader, TASKS, upto=upto):
        of, at = said.fields.get("of"), said.fields.get("done_us", said.entered_us)
        if not isinstance(of, int) or said.fields.get("register") != definition.name:
            continue
        if said.counts and local_day(at, zone) == day:
            ticked.setdefault(of, {}).setdefault(str(said.fields.get("task")), []).append(at)
    for said in entries:
        own = ticked.get(said.number, {})
        asked = entry_tasks(definition, said, own, None, day=day, zone=zone, windows=Windows())
        yield from (task for task in asked if task.rule.source == "tasks")


def _zone(day: date, from_us: int) -> tzinfo:
    """Return how far east of Greenwich the day began."""
    began = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * _US
    return timezone(timedelta(seconds=(began - from_us) // _US))
