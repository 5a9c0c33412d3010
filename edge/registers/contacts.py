"""Who looks after a household (“2+5”居家服务管理): kept in the entry of the household and nowhere else.

Each role has one line there, `contact_<role>`; roles are data. Whoever asks for a household's contacts and
whoever opens its card see the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.domain.errors import FormError
from edge.journal import Entry
from edge.registers import homes
from edge.registers.book import Book, Draft, Entered, Order
from edge.registers.households import REGISTER
from edge.registers.kinds import HOME, LONGEST
from edge.registers.rosters import Rosters

CONTACT = "contact_"
# The roles of config/roles.toml whose lines offices head otherwise.
_KNOWN_AS = {"area_leader": "leader", "area_cadre": "cadre", "community_cadre": "community"}


@dataclass(frozen=True, slots=True)
class Contacts:
    """The contacts of one household. Personal: `home` as it is written, `lines` by role."""

    entry: Entry
    home: str
    lines: Mapping[str, str]


class HouseholdContacts:
    """The commands and views. Thread-safe as the book is."""

    def __init__(self, book: Book, rosters: Rosters) -> None:
        self._book, self._rosters = book, rosters

    def of(self, home: str) -> list[Contacts]:
        """Return the contacts of the households that a home may be. Raises FormError `bad_value`."""
        return [self._read(entry) for entry in self._rosters.find(REGISTER, "home", home)]

    def put(self, order: Order, home: str, role: str, line: str) -> Entered:
        """Write down whom to call in a role, for a household that is entered now where it was not known; ""
        takes the line away. Raises FormError `bad_value`, `several_homes`."""
        if len(line) > LONGEST:
            raise FormError("bad_value")
        found, name = self._rosters.find(REGISTER, "home", home), field_of(role)
        if len(found) > 1:
            raise FormError("several_homes", "the registers know several: name the unit as well", 409)
        if not found:
            given = dict(zip(("building", "unit", "room"), homes.parts_told(home), strict=True))
            entered = self._rosters.enter(_home(order), REGISTER, given)
            found = [self._book.one(REGISTER, entered.number).entry]
        entry = found[0]
        personal = {key: text for key, text in (self._book.personal(entry) or {}).items() if key != name}
        says = Draft(entry.fields, personal | ({name: line} if line else {}), ("room", *HOME))
        return self._book.amend(order, REGISTER, entry.number, says)

    def _read(self, entry: Entry) -> Contacts:
        personal = self._book.personal(entry) or {}
        lines = {role_of(name): text for name, text in personal.items() if name.startswith(CONTACT)}
        return Contacts(entry, homes.written(personal), lines)


def field_of(role: str) -> str:
    """Return under which name a role's line is kept."""
    return f"{CONTACT}{_KNOWN_AS.get(role, role)}"


def role_of(name: str) -> str:
    """Return the role of a line, as config/roles.toml names it where it does."""
    kept = name.removeprefix(CONTACT)
    return next((role for role, known in _KNOWN_AS.items() if known == kept), kept)


def _home(order: Order) -> Order:
    return Order(f"{order.command_id[:56]}-home", order.by)
