"""What stands in the cells of a ledger: words of the reader's language, on the page as in the file.

A ledger goes to an office that knows none of our codes. A code without words stands for itself.
"""

from collections.abc import Callable, Iterator, Mapping

from edge.reports import ledgers
from edge.web import show
from edge.web.gate import Gate
from edge.web.register_tables import told
from edge.web.titles import Titles, titles_at
from edge.web.words import WORDS, say

# Where the words of a column's codes stand.
_WORDED = {
    **{"outcome": "outcome", "direction": "direction", "temperature": "temperature"},
    **{"category": "category", "by": "account", "kind": "row", "state": "entry_state"},
}
# Whose reasons these are is told by the row only; no two groups mean different things by one code.
_WHYS = ("reason", "why", "opening", "correction_why", "access_why", "procedure_why", "case_reopening")


def lines(gate: Gate, table: ledgers.Table, language: str) -> Iterator[list[str]]:
    """Yield each line of a ledger as texts in the order of its columns."""
    cells = _Cells(gate, table, language)
    for line in table.lines:
        lane = line[table.columns.index("lane")] if table.name in ledgers.LEDGERS else None
        yield [
            cells.text(column, cell, str(lane or ""))
            for column, cell in zip(table.columns, line, strict=True)
        ]


class _Cells:
    """The words of one ledger; what a lane's procedure calls its reasons is read once."""

    def __init__(self, gate: Gate, table: ledgers.Table, language: str) -> None:
        self._gate, self._language = gate, language
        self._of_passages = table.name in ledgers.LEDGERS
        self._codes = table.name in ledgers.NAMES  # a register's fields are the site's own texts
        self._titles: dict[str, Titles] = {}
        self._special: Mapping[str, Callable[[str, str], str]] = {
            "reasons": self._reasons,
            "why": self._reasons,
            "about": lambda text, _: self._about(text),
        }

    def text(self, column: str, cell: ledgers.Cell, lane: str) -> str:
        if cell is None or cell is False:
            return ""
        if cell is True:
            return say("report_text", "yes", self._language)
        if self._of_passages and column == "number" and isinstance(cell, int):
            return show.number(cell)
        if self._codes and column in self._special:
            return self._special[column](str(cell), lane)
        if column in _WORDED and (self._codes or column == "state"):
            return say(_WORDED[column], str(cell), self._language)
        return str(cell)

    def _reasons(self, codes: str, lane: str) -> str:
        return " ".join(self._reason(code, lane) for code in codes.split() if code != "complete")

    def _reason(self, code: str, lane: str) -> str:
        if lane not in self._titles:
            self._titles[lane] = titles_at(self._gate, lane or None)
        titles = self._titles[lane]
        every = (titles.reasons, *(_reasons_of(self._gate, name) for name in self._gate.procedures))
        found = next((own[code] for own in every if code in own), None)
        if found is not None:
            return told(found, self._language)
        head = code.partition(":")[0]
        group = next((group for group in _WHYS if head in WORDS[group]), None)
        return code if group is None else say(group, code, self._language, _asked(titles, self._language))

    def _about(self, text: str) -> str:
        key, _, value = text.partition(" ")
        if key == "passage" and value.isdecimal():
            value = show.number(int(value))
        elif key == "closure":
            title = self._gate.access.rules.titles.get(value)
            value = value if title is None else told(title, self._language)
        elif key == "account":
            value = say("account", value, self._language)
        return f"{say('about', key, self._language)} {value}"


def _reasons_of(gate: Gate, name: str) -> Mapping[str, Mapping[str, str]]:
    return {reason.value: reason.title for reason in gate.procedures[name].reasons}


def _asked(titles: Titles, language: str) -> Mapping[str, str]:
    return {code: told(title, language) for code, title in titles.asked.items()}
