"""What stands in the cells of a ledger: words of the reader's language, on the page as in the file.

A ledger goes to an office that knows none of our codes. A code without words stands for itself.
"""

from collections.abc import Callable, Iterator, Mapping

from edge.reports import ledgers
from edge.web import show
from edge.web.code_words import CodeWords
from edge.web.gate import Gate
from edge.web.register_tables import told
from edge.web.words import WORDS, say

# Where the words of a column's codes stand.
_WORDED = {
    **{"outcome": "outcome", "direction": "direction", "temperature": "temperature"},
    **{"category": "category", "by": "account", "kind": "row", "state": "entry_state"},
}


def heads(gate: Gate, table: ledgers.Table, language: str) -> list[str]:
    """Return what the columns are called."""
    if table.name in ledgers.NAMES:
        return [say("column", column, language) for column in table.columns]
    words = CodeWords(gate, language)
    return [words.column(table.name, column) for column in table.columns]


def heading(gate: Gate, name: str, language: str) -> str:
    """Return what a ledger is called; that of a register by the register's own name."""
    register = name.removeprefix("register:")
    return say("ledger", name, language) if register == name else CodeWords(gate, language).register(register)


def lines(gate: Gate, table: ledgers.Table, language: str) -> Iterator[list[str]]:
    """Yield each line of a ledger as texts in the order of its columns."""
    cells = _Cells(gate, table, language)
    for line in table.lines:
        of = dict(zip(table.columns, line, strict=True))
        lane = str(of.get("lane") or "") if table.name in ledgers.LEDGERS else ""
        register = _register(str(of.get("about") or ""))
        if table.name in ledgers.NAMES:
            yield [cells.text(column, cell, lane, register) for column, cell in of.items()]
        else:
            yield [cells.field(column, cell) for column, cell in of.items()]


class _Cells:
    """The words of one ledger."""

    def __init__(self, gate: Gate, table: ledgers.Table, language: str) -> None:
        self._gate, self._language = gate, language
        self._words = CodeWords(gate, language)
        self._of_passages = table.name in ledgers.LEDGERS
        self._name = table.name
        self._special: Mapping[str, Callable[[str, str, str], str]] = {
            "reasons": self._reasons,
            "why": self._reasons,
            "about": lambda text, _lane, register: self._about(text, register),
        }

    def text(self, column: str, cell: ledgers.Cell, lane: str, register: str) -> str:
        if cell is None or cell is False:
            return ""
        if cell is True:
            return say("report_text", "yes", self._language)
        if self._of_passages and column == "number" and isinstance(cell, int):
            return show.number(cell)
        if column in self._special:
            return self._special[column](str(cell), lane, register)
        return say(_WORDED[column], str(cell), self._language) if column in _WORDED else str(cell)

    def field(self, column: str, cell: ledgers.Cell) -> str:
        """Return what stands in a field of a register."""
        if cell is None or cell is False:
            return ""
        if cell is True:
            return say("report_text", "yes", self._language)
        if column == "state":
            return say(_WORDED[column], str(cell), self._language)
        if column.endswith("_us") and isinstance(cell, int):
            return show.moment(cell, self._gate.reports.terms.zone)
        return self._words.value(self._name, column, str(cell))

    def _reasons(self, codes: str, lane: str, register: str) -> str:
        some = (code for code in codes.split() if code != "complete")
        return " ".join(self._words.reason(code, lane, register) for code in some)

    def _about(self, text: str, register: str) -> str:
        key, _, value = text.partition(" ")
        if register:
            return f"{self._words.register(register)} {value}"
        if key == "passage" and value.isdecimal():
            value = show.number(int(value))
        elif key == "closure":
            title = self._gate.access.rules.titles.get(value)
            value = value if title is None else told(title, self._language)
        elif key == "account":
            value = say("account", value, self._language)
        elif key == "register":
            value = self._words.register(value)
        elif key == "name" and value in self._gate.procedures:
            value = told(self._gate.procedures[value].title, self._language)
        return f"{say('about', key, self._language)} {value}"


def _register(about: str) -> str:
    """Return whose entry a line is about, "" where it is about something else."""
    name = about.partition(" ")[0]
    return "" if name in WORDS["about"] else name
