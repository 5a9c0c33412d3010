"""What registers add to a day's report: whole numbers by name, told of the rows up to one row only, so that a
report that was sent can be told again.

A definition is the one that the journal held then: an entry is never made under another.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from edge.domain.errors import ConfigError
from edge.domain.twice_daily import Windows
from edge.journal import Reader
from edge.journal.day_rows import DayRows, Until
from edge.registers.definition import Definition
from edge.registers.due import Said, Task, entry_tasks, gate_tasks
from edge.registers.given import due_us, local_day, moment_us, starts_us
from edge.registers.ledgers import TASKS, as_of, entries_of, said_of
from edge.registers.shelf import DEFINED, parsed
from edge.registers.sums import inspected, stock

_MOST = 1_000
_US = 1_000_000


def figures(
    reader: Reader, rows: DayRows, *, day: date, from_us: int, to_us: int, upto: int
) -> dict[str, int]:
    """Return what all registers add to the day [from, to): stock and what is short of it (R81), inspections
    (R69, R70), tasks of the day done and missed (R63, R64), entries open and overdue at its end (R96). What
    stands at the day's end is told by what had been written then, whenever it is asked."""
    found: dict[str, int] = {}
    zone, until = _zone(day, from_us), rows.until(to_us, upto)
    for definition in definitions(reader, until):
        name = definition.name
        # What only happens again and again is asked for the day alone: such a register grows for ever.
        since = None if _needs_all(definition) else from_us
        kept = list(entries_of(reader, name, since_us=since)) if _adds(definition) else []
        told = [said for one in kept if (said := as_of(reader, one, upto)) is not None]
        held = [said for one in kept if (said := as_of(reader, one, upto, until)) is not None]
        standing = [said for said in held if said.counts]
        if definition.stock:
            for item in stock(definition, standing):
                found[f"stock.{name}.{item.item}"] = item.left
            found[f"stock.{name}.short"] = sum(item.short for item in stock(definition, standing))
        if definition.score:
            times = ((said, moment_us(definition, said.fields, said.entered_us)) for said in told)
            today = [said for said, at_us in times if said.counts and from_us <= at_us < to_us]
            found |= _inspected(definition, today, standing)
        if definition.deadline:
            open_ = [s for s in standing if s.open and definition.lasts(s.fields)]
            late = [s for s in open_ if (due_us(definition, s.fields, zone) or to_us + 1) <= to_us]
            found |= {f"open.{name}": len(open_), f"overdue.{name}": len(late)}
        if definition.due:
            tasks = list(_tasks(reader, definition, told, held, day=day, zone=zone, upto=upto))
            done = sum(task.done_us is not None for task in tasks)
            found |= {f"tasks.{name}.done": done, f"tasks.{name}.missed": len(tasks) - done}
    return found


def definitions(reader: Reader, until: Until) -> list[Definition]:
    """Return the definitions that the journal held then, by name."""
    newest: dict[str, str] = {}
    for row in reader.before(until.upto + 1, DEFINED, _MOST):
        if until.holds(row):
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


def _needs_all(definition: Definition) -> bool:
    each = any(rule.each for rule in definition.due)
    return bool(definition.stock or definition.score or definition.deadline or each)


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
    reader: Reader,
    definition: Definition,
    told: list[Said],
    held: list[Said],
    *,
    day: date,
    zone: tzinfo,
    upto: int,
) -> Iterator[Task]:
    """Yield the day's tasks but for temperatures, which a report counts by itself (R62): whose they are is
    sealed, and a report opens nothing."""
    oldest = reader.entries(definition.name, after=0, limit=1)
    if oldest and oldest[0].seqs[0] <= upto:
        first = oldest[0].entered_us
        rules = gate_tasks(definition, told, day=day, zone=zone, now_us=0, since_us=first)
        yield from (task for task in rules if not task.rule.every_hours)
    ticked: dict[int, dict[str, list[int]]] = {}
    for said in said_of(reader, TASKS, upto=upto, since_us=starts_us(day, zone)):
        of, at = said.fields.get("of"), said.fields.get("done_us", said.entered_us)
        if not isinstance(of, int) or said.fields.get("register") != definition.name:
            continue
        if said.counts and local_day(at, zone) == day:
            ticked.setdefault(of, {}).setdefault(str(said.fields.get("task")), []).append(at)
    for said in held:
        own = ticked.get(said.number, {})
        asked = entry_tasks(definition, said, own, None, day=day, zone=zone, windows=Windows())
        yield from (task for task in asked if task.rule.source == "tasks")


def _zone(day: date, from_us: int) -> tzinfo:
    """Return how far east of Greenwich the day began."""
    began = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * _US
    return timezone(timedelta(seconds=(began - from_us) // _US))
