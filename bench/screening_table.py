"""The figures of `./gate bench screening` as one table to read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.gate_year_rested import NAMES

Rows = Mapping[str, Mapping[str, Any]]
# Title of a column, what its figure is called, and its width.
_FIGURES = (
    ("AUC", "area", 3),
    ("sens. at 95 % spec.", "sensitivity at 95 % specificity", 2),
    ("FA/1000 at 90 % sens.", "false alarms at 90 % sensitivity", 0),
)
_WIDE = 19


def lines(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the table: volunteers by place and rule, then the simulated year."""
    rows = {row["name"]: row for row in found}
    places = _starts(rows, "screening.")
    people = next(row["n"] for name, row in rows.items() if name.endswith(": area"))
    yield f"{people} volunteers (FLIR), truth: oral 37.5 or more; [95 %] from resampled days"
    yield "each second column: less the best simple rule (*) at that place, paired"
    head = "".join(f"{title:>{_WIDE + 4}}{'paired':>{_WIDE + 4}}" for title, *_ in _FIGURES)
    yield f"{'place and rule':30}{head}{'late spec.':>21}{'readings':>10}"
    for start in places:
        yield _volunteers(rows, start)
    for start in places:
        if f"{start}: Brier" in rows:
            yield f"{_name(start):30}Brier at prevalence 9 % {_interval(rows[f'{start}: Brier'], 3)}"
    years = _starts(rows, "gate year.")
    if not years:
        return
    yield ""
    seeds = rows[f"{years[0]}: rested"]["n"]
    yield f"{seeds} simulated year(s) at a gate, forehead: false alarms per 1000 healthy people"
    bands = "".join(f"{name + ' °C':>13}" for name in NAMES)
    yield f"{'rule':30}{'all':>7}{bands}{'sensitivity':>13}{'rested':>8}"
    for start in years:
        yield _year(rows, start)


def _volunteers(rows: Rows, start: str) -> str:
    simple = rows[f"{start}: area"]["peer"]
    best = start.endswith(f".{simple}")
    cells = []
    for _, title, digits in _FIGURES:
        cells.append(f"{_interval(rows[f'{start}: {title}'], digits):>{_WIDE + 4}}")
        beside = "*" if best else _interval(rows[f"{start}: {title} less {simple}"], digits, sign="+")
        cells.append(f"{beside:>{_WIDE + 4}}")
    late = _interval(rows[f"{start}: specificity on later days"], 3)
    readings = rows[f"{start}: readings a person"]["value"]
    return f"{_name(start):30}{''.join(cells)}{late:>21}{readings:10.2f}"


def _year(rows: Rows, start: str) -> str:
    def value(title: str) -> float:
        return float(rows[f"{start}: {title}"]["value"])

    bands = "".join(f"{value(f'false alarms {name} degrees'):13.0f}" for name in NAMES)
    return (
        f"{start.removeprefix('gate year.'):30}{value('false alarms'):7.0f}{bands}"
        f"{value('sensitivity'):13.2f}{value('rested'):8.0f}"
    )


def _interval(row: Mapping[str, Any], digits: int, sign: str = "") -> str:
    value, low, high = (f"{row[key]:{sign}.{digits}f}" for key in ("value", "low", "high"))
    return f"{value} [{low},{high}]"


def _starts(rows: Rows, kind: str) -> list[str]:
    """The rules of one kind, in their order."""
    return list(dict.fromkeys(name.rpartition(": ")[0] for name in rows if name.startswith(kind)))


def _name(start: str) -> str:
    return " ".join(start.removeprefix("screening.").split(".", 1))
