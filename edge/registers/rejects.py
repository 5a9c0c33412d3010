"""The lines of a file that were rejected, as a file: with why, for the office to put right."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence

from edge.registers.said import Faults, Layout
from edge.registers.tables import Table

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def rejects_csv(
    table: Table, layout: Layout, rejected: Sequence[tuple[int, Faults]], say: Callable[[Faults], str]
) -> bytes:
    """Return the rejected lines as csv (UTF-8 with its mark, which spreadsheets ask for): line, reason, and
    the cells as they were."""
    why: Mapping[int, Faults] = dict(rejected)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["行号 line", "原因 reason", *map(harmless_cell, layout.heads)])
    for line in table.lines(layout.head_line):
        if line.number in why:
            writer.writerow([line.number, say(why[line.number]), *map(harmless_cell, line.cells)])
    return out.getvalue().encode("utf-8-sig")


def harmless_cell(text: str) -> str:
    """Return a cell that a spreadsheet shows and does not calculate."""
    return f"'{text}" if text.startswith(_FORMULA) else text
