"""`python bench/flir_columns.py FLIR_group1.csv [--site face ...] > replay.csv`: the face study's file as
the replay's columns.

The file (doi 10.13026/3bhc-9065) has a mark at its start, three header lines, four rounds of 26 spots.
Used are rounds 1 to 3 (in the fourth the mouth is open: its maximum jumps by .6) of whoever has all of
them at all of the three places, in the order of time: two people stand behind later ones in the file.
`--truth` writes who is febrile instead: oral monitor mode (`aveOralM`) of 37.5 or more.
"""

import argparse
import csv
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

COLUMNS = {"forehead": "T_FH_Max", "canthi": "canthiMax", "face": "T_Max"}
ROUNDS = (1, 2, 3)
ROUND_S = 60  # own assumption: the file has one time for each person
FEBRILE = 37.5


@dataclass(frozen=True, slots=True)
class Subject:
    """One volunteer with all rounds; degrees Celsius."""

    person: str
    at: datetime
    oral: float
    ambient: float
    readings: dict[str, tuple[float, ...]]

    @property
    def febrile(self) -> bool:
        return self.oral >= FEBRILE


def subjects(path: Path) -> list[Subject]:
    """Return who has all rounds at all three places, in the order of time."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    names = [name.strip() for name in lines[2]]
    found = [_subject(dict(zip(names, line, strict=False))) for line in lines[3:]]
    return sorted((one for one in found if one is not None), key=lambda one: one.at)


def write(people: Iterable[Subject], sites: Sequence[str], out: TextIO) -> None:
    """Write the replay's columns."""
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("at", "person", "site", "surface_c", "ambient_c"))
    table.writerows(row for one in people for row in _rows(one, sites))


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments and write to standard output."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[2])
    parser.add_argument("file", type=Path)
    parser.add_argument("--site", action="append", choices=tuple(COLUMNS), help="default: all three")
    parser.add_argument("--truth", action="store_true", help="who is febrile, instead of the readings")
    given = parser.parse_args(arguments)
    people = subjects(given.file)
    if given.truth:
        table = csv.writer(sys.stdout, lineterminator="\n")
        table.writerow(("person", "oral_c", "febrile"))
        table.writerows((one.person, one.oral, int(one.febrile)) for one in people)
    else:
        write(people, given.site or tuple(COLUMNS), sys.stdout)


def _rows(one: Subject, sites: Sequence[str]) -> Iterator[tuple[str, str, str, float, float]]:
    for index in range(len(ROUNDS)):
        at = one.at.timestamp() + index * ROUND_S
        moment = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for site in sites:
            yield moment, one.person, site, one.readings[site][index], one.ambient


def _subject(row: dict[str, str]) -> Subject | None:
    readings = {
        site: tuple(_number(row.get(f"{column}{index}", "")) for index in ROUNDS)
        for site, column in COLUMNS.items()
    }
    oral, ambient = _number(row.get("aveOralM", "")), _number(row.get("T_atm", ""))
    if not all(map(math.isfinite, (oral, ambient, *(value for some in readings.values() for value in some)))):
        return None
    at = datetime.strptime(f"{row['Date']} {row['Time']}", "%y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return Subject(row["SubjectID"], at, oral, ambient, readings)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


if __name__ == "__main__":
    main()
