"""每日摸排: how many people stand in the registers at the end of a day, by class and by named set, and which
households have nobody registered. Whole numbers by name, told of the rows up to one row only.
"""

from datetime import date
from functools import lru_cache

from edge import access
from edge.domain.access import CategorySet
from edge.domain.errors import ConfigError
from edge.journal import Entry, Reader
from edge.journal.day_rows import DayRows, Until
from edge.registers.due import Said
from edge.registers.ledgers import as_of

PUBLISHED = "access.published"
_MOST = 200
_Value = str | int | None
_Counts = dict[tuple[_Value, ...], int]


def figures(reader: Reader, rows: DayRows, *, day: date, to_us: int, upto: int) -> dict[str, int]:
    """Return what stood at the end of a day: people of each category (`registered`) whose time is not over,
    of each named set that is in force (`set`, R20), entries of each watch list (`listed`, R29), and
    households in which nobody is registered (R49)."""
    until = rows.until(to_us, upto)
    people = tally(reader, "people", ("category", "household"), until, in_time=True)
    found: dict[str, int] = {}
    for (category, _household), count in people.items():
        if category:
            name = f"registered.{category}"
            found[name] = found.get(name, 0) + count
    for (kind,), count in tally(reader, "watch", ("list",), until).items():
        if kind and count:
            found[f"listed.{kind}"] = count
    for one in _sets(reader, until):
        if in_force(one, day):
            found[f"set.{one.id}"] = sum(found.get(f"registered.{name}", 0) for name in one.categories)
    occupied = {household for (_, household), count in people.items() if count}
    homes = tally(reader, "households", (), until)
    found["gap.household_without_entry"] = sum(
        count for (number,), count in homes.items() if number not in occupied
    )
    return {name: count for name, count in found.items() if count or not name.startswith("registered.")}


def in_force(one: CategorySet, day: date) -> bool:
    """Say whether a set is in force on a day."""
    text = day.isoformat()
    return (not one.from_day or one.from_day <= text) and (not one.until_day or text <= one.until_day)


def tally(
    reader: Reader, register: str, names: tuple[str, ...], until: Until, *, in_time: bool = False
) -> _Counts:
    """Return how many entries were open, by the values of these open fields, their number where none is
    named; `in_time`: only those whose time had begun and was not over. What may have been written since is
    read row by row."""
    found: _Counts = dict(reader.entries_standing(register, names, until, in_time=in_time))
    after = 0
    while later := reader.entries_unsettled(register, until, after):
        after = later[-1].number
        for entry in later:
            said = as_of(reader, entry, until.upto, until)
            if said is None or not (said.open or _is_undone_later(reader, entry, until)):
                continue
            if not in_time or _is_in_time(said, until.at_us):
                key = tuple(said.fields.get(name) for name in names) or (entry.number,)
                found[key] = found.get(key, 0) + 1
    return found


def _is_in_time(said: Said, at_us: int) -> bool:
    """Say whether the time of an entry had begun; whose last day ends at the moment counts still."""
    begun = said.from_us is None or said.from_us < at_us
    return begun and (said.until_us is None or said.until_us >= at_us)


def _is_undone_later(reader: Reader, entry: Entry, until: Until) -> bool:
    """Say whether an entry was taken back with its import after the moment and not before."""
    if entry.ended_seq is None or entry.ended_seq in entry.seqs:
        return False
    row = reader.row(entry.ended_seq)
    return row is not None and not until.holds(row)


def _sets(reader: Reader, until: Until) -> tuple[CategorySet, ...]:
    """Return the named sets of the rules that were in force then."""
    for row in reader.before(until.upto + 1, PUBLISHED, _MOST):
        if until.holds(row):
            body = row.body
            return _sets_of(body["name"], body["text"], body["closure"])
    return ()


@lru_cache(maxsize=8)
def _sets_of(name: str, text: str, closure: str) -> tuple[CategorySet, ...]:
    try:
        return access.parse(name, text, closure=closure).sets
    except ConfigError:  # of another program
        return ()
