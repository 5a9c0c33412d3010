"""Words for codes that a procedure, a register or the rules of access named: what ledgers and reports say
instead. They go to offices that know none of our codes. A code without words stands for itself.
"""

from collections.abc import Mapping
from functools import cached_property

from edge.registers.definition import Definition
from edge.registers.duty_rules import INCIDENTS, SHEET, SIGN_INS
from edge.web import register_words, report_words
from edge.web.gate import Gate
from edge.web.register_tables import end_title, told
from edge.web.roster_words import WORDED
from edge.web.titles import Titles, titles_at
from edge.web.words import WORDS, say

# Whose reasons these are is told by the row only; no two groups mean different things by one code.
WHYS = (
    *("reason", "why", "opening", "correction_why", "access_why", "procedure_why", "case_reopening"),
    "import_state",
)
# Registers whose reasons are their own.
_WHYS_OF = {INCIDENTS: "incident_result", SIGN_INS: "duty_override", SHEET: "duty_untrained"}


class CodeWords:
    """The words of one language, each looked up once."""

    def __init__(self, gate: Gate, language: str) -> None:
        self._gate, self.language = gate, language
        self._titles: dict[str, Titles] = {}

    def reason(self, code: str, lane: str = "", register: str = "") -> str:
        """Return the words for a reason of a passage of a lane, or of a change of a register's entry."""
        if register:
            return self._end(code, register)
        head = code.partition(":")[0]
        if lane not in self._titles:
            self._titles[lane] = titles_at(self._gate, lane or None)
        titles = self._titles[lane]
        found = next((own[code] for own in (titles.reasons, *self._reasons) if code in own), None)
        if found is not None:
            return told(found, self.language)
        group = next((group for group in WHYS if head in WORDS[group]), None)
        if group is None:
            return code
        every = {**self._access, **titles.asked}
        named = {name: told(title, self.language) for name, title in every.items()}
        return say(group, code, self.language, named)

    def register(self, name: str) -> str:
        """Return what a register is called."""
        definition = self._definitions.get(name)
        return (
            say("register_name", name, self.language)
            if definition is None
            else told(definition.title, self.language)
        )

    def column(self, register: str, name: str) -> str:
        """Return what a field of a register is called."""
        definition = self._definitions.get(register)
        field = definition.one(name) if definition is not None else None
        if field is not None:
            return told(field.title, self.language)
        known = WORDS["column"] if name in WORDS["column"] else WORDS["roster_field"]
        word = known.get(name.removesuffix("_us"))
        if word is None:
            return name
        return word.zh if self.language == "zh_Hans" else word.en

    def value(self, register: str, name: str, code: str) -> str:
        """Return the words for what stands in a field of a register."""
        definition = self._definitions.get(register)
        field = definition.one(name) if definition is not None else None
        choice = field.choice(code) if field is not None else None
        if choice is not None:
            return told(choice.title, self.language)
        return say(WORDED[name], code, self.language) if definition is None and name in WORDED else code

    def figure(self, name: str) -> str:
        """Return what a figure of a report is called."""
        return report_words.figure(name, self.language, self._code)

    def _end(self, code: str, register: str) -> str:
        definition = self._definitions.get(register)
        if definition is not None:
            return end_title(definition, code, self.language)
        return say(_WHYS_OF.get(register, "roster_end"), code, self.language)

    def _code(self, kind: str, code: str) -> str:
        """Return the words for the code of a figure of which there are many."""
        if kind in ("set", "listed") and code in self._access:
            return self._access[code].get(self.language, code)
        if kind.startswith("turned_back."):
            return self.reason(code)
        name, _, rest = code.partition(".")
        if kind == "register":
            return f"{self.register(name)} · {say('register_step', rest, self.language)}"
        if kind in register_words.KINDS:
            return f"{self.register(name)} · {self._part(name, rest)}" if rest else self.register(name)
        return report_words.code(kind, code, self.language)

    def _part(self, register: str, code: str) -> str:
        """Return the words for what a register's figure is about: a thing in stock, what became of tasks."""
        definition = self._definitions.get(register)
        item = definition and definition.stock and definition.one(definition.stock.item)
        choice = item.choice(code) if item else None
        if choice is None:
            return say("register_part", code, self.language)
        return told(choice.title, self.language)

    @cached_property
    def _definitions(self) -> Mapping[str, Definition]:
        return {one.name: one for one in self._gate.ledgers.all()}

    @cached_property
    def _reasons(self) -> tuple[Mapping[str, Mapping[str, str]], ...]:
        every = self._gate.procedures.values()
        return tuple({one.value: one.title for one in procedure.reasons} for procedure in every)

    @cached_property
    def _access(self) -> Mapping[str, Mapping[str, str]]:
        return self._gate.access.rules.titles
