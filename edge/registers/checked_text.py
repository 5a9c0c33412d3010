"""Whether a procedure's text can be put in force: the procedure, or every fault and where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from edge import acceptance, procedures
from edge.domain.acceptance import Acceptance
from edge.domain.errors import ConfigError
from edge.domain.procedure import Procedure

# A row travels to the district in one piece.
MOST_TEXT = 60_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a text, and where in it (`step.2.title.en`), in both languages."""

    place: str
    en: str
    zh: str


class FaultyText(ConfigError):
    """A text that cannot be followed, with every fault of it."""

    def __init__(self, found: Sequence[Fault]) -> None:
        super().__init__([f"{fault.place}: {fault.en} / {fault.zh}" for fault in found])
        self.found = tuple(found)


def checked(name: str, text: str, accepted: Acceptance) -> Procedure:
    """Return the procedure of a text as lanes would follow it, by what the site accepts of health codes.

    Raises FaultyText with every fault.
    """
    if len(text.encode()) > MOST_TEXT:
        raise FaultyText([Fault("file", f"longer than {MOST_TEXT} bytes", f"超过 {MOST_TEXT} 字节")])
    try:
        found = procedures.parse(name, text)
    except ConfigError as error:
        raise FaultyText([_fault(name, line) for line in error.faults]) from error
    if beyond := acceptance.out_of_reach(accepted, found, name):
        raise FaultyText([_fault(name, line) for line in beyond])
    return procedures.accepting(found, accepted)


def _fault(name: str, line: str) -> Fault:
    """Return a line of the reader as a fault: `name: place: en / zh`."""
    rest = line.removeprefix(f"{name}: ")
    place, colon, what = rest.partition(": ")
    if not colon or " " in place.partition(" (")[0]:
        place, what = "file", rest
    en, slash, zh = what.rpartition(" / ")
    return Fault(place.partition(" (")[0], en if slash else what, zh if slash else what)
