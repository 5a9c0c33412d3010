"""The street's own spreadsheet, filled: `{{name}}` in a cell becomes the figure or the note of that name.

A cell that holds nothing but a name of a figure becomes a number; what an office program would run as a
formula is written as text. A name that is not known stays, so that somebody sees it.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import date
from typing import IO

from edge.journal import harmless
from edge.reports.figures import Figures

MIMETYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NAME = re.compile(r"\{\{\s*([A-Za-z0-9_.-]+)\s*\}\}")
_LARGEST = 20 * 1024 * 1024  # unpacked


def values(gate: str, day: date, figures: Figures, noted: Mapping[str, int | str]) -> dict[str, int | str]:
    """Return what the names in a template stand for."""
    return {**figures, **noted, "gate": gate, "day": day.isoformat()}


def fill(template: IO[bytes], known: Mapping[str, int | str]) -> bytes:
    """Return the spreadsheet with its names filled in. Raises ValueError for what is no xlsx file."""
    import openpyxl  # heavy, and only here

    try:
        with zipfile.ZipFile(template) as packed:
            if sum(each.file_size for each in packed.infolist()) > _LARGEST:
                raise ValueError("the template is too large")
        template.seek(0)
        book = openpyxl.load_workbook(template)
    except (zipfile.BadZipFile, KeyError, OSError) as error:
        raise ValueError("no spreadsheet") from error
    for sheet in book.worksheets:
        for line in sheet.iter_rows():
            for cell in line:
                if isinstance(cell.value, str) and "{{" in cell.value:
                    cell.value = _filled(cell.value, known)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _filled(text: str, known: Mapping[str, int | str]) -> int | str:
    whole = _NAME.fullmatch(text.strip())
    if whole is not None and isinstance(known.get(whole[1]), int):
        return known[whole[1]]
    filled = _NAME.sub(lambda found: str(known.get(found[1], found[0])), text)
    return str(harmless(filled))
