"""Visitors announced beforehand (事先录入造册): a manager makes a link for one household, its visitors enter
themselves under it.

A link is an entry of the register `visits`: its household, how many may use it, until when. What stands in
the address is its number and a signature, so that nobody finds another by counting.
"""

import hashlib
import hmac
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from edge.domain.errors import FormError
from edge.journal import Entry
from edge.registers.book import Book, Draft, Entered, Order
from edge.registers.rosters import Rosters

REGISTER = "visits"
HOUR_US = 3_600_000_000
LONGEST_HOURS = 14 * 24
MOST, MOST_LINKS = 20, 50
ASKED = ("name", "phone", "id_number", "plate", "from", "until")
CLOSED = "closed"
_SIGNED = 24


@dataclass(frozen=True, slots=True)
class Link:
    """A link that may still be used: its entry, until when, and by how many of how many it was."""

    number: int
    until_us: int
    used: int
    most: int


def open_links(book: Book, household: int, now_us: int) -> list[Link]:
    """Return the links of a household that are not over, full or closed, the newest first."""
    entries = book.page(REGISTER, open_=True, where={"household": household}, limit=MOST_LINKS)
    links = (
        Link(one.number, one.until_us or 0, used_of(book, one.number), int(one.fields.get("most", 1)))
        for one in entries
    )
    return [link for link in links if now_us < link.until_us and link.used < link.most]


def used_of(book: Book, number: int) -> int:
    """Return how many visitors entered themselves under a link."""
    return book.count("people", where={"link": number})


class Visits:
    """The links of a gate."""

    def __init__(self, book: Book, rosters: Rosters, secret: bytes) -> None:
        self._book, self._rosters = book, rosters
        self._secret = hmac.digest(secret, b"visits", hashlib.sha256)
        # From the count of who used a link until its next visitor is entered. Not within the transaction: it
        # goes through a whole register, and a verdict would wait for that.
        self._lock = threading.Lock()

    def make(self, order: Order, household: int, hours: int, most: int, now_us: int) -> str:
        """Make a link for a household; return what stands in its address. Raises FormError
        `unknown_entry`, `bad_value`."""
        if not 1 <= hours <= LONGEST_HOURS or not 1 <= most <= MOST:
            raise FormError("bad_value")
        if not self._book.one("households", household).entry.open:
            raise FormError("entry_ended", status=409)
        until_us = now_us + hours * HOUR_US
        draft = Draft({"household": household, "most": most}, until_us=until_us, reckoned=("until_us",))
        return self._token(self._book.enter(order, REGISTER, draft).number)

    def close(self, order: Order, household: int, number: int) -> Entered:
        """Close a link of a household before its time. Raises FormError `unknown_entry`, `entry_ended`."""
        if self._book.one(REGISTER, number).entry.fields.get("household") != household:
            raise FormError("unknown_entry", status=404)
        return self._book.end(order, REGISTER, number, CLOSED)

    def link(self, token: str, now_us: int) -> Entry:
        """Return the entry of a link that may be used now. Raises FormError `visit_closed`."""
        entry = self._entry(token)
        if not entry.open or entry.until_us is None or now_us >= entry.until_us:
            raise FormError("visit_closed", status=404)
        if used_of(self._book, entry.number) >= int(entry.fields.get("most", 1)):
            raise FormError("visit_closed", status=404)
        return entry

    def announce(self, token: str, command_id: str, given: Mapping[str, str], now_us: int) -> Entered:
        """Enter a visitor under a link. Raises FormError, Faulty."""
        entry = self._entry(token)
        asked = {name: given[name] for name in ASKED if given.get(name)}
        more = {
            "visiting": entry.fields["household"],
            "registered": "link",
            "link": entry.number,
            "times": 1,
        }
        order = Order(f"visit-{entry.number}-{command_id}", f"link:{entry.number}")
        with self._lock:
            # Sent a second time it is the same visitor, also where the link is full or over by now.
            if not self._book.carried_out(order):
                self.link(token, now_us)
            return self._rosters.enter(order, "people", asked | {"category": "visitor"}, more)

    def _entry(self, token: str) -> Entry:
        number = token.partition("-")[0]
        right = number.isascii() and number.isdigit() and len(number) < 16
        if not right or not hmac.compare_digest(self._token(int(number)).encode(), token.encode()):
            raise FormError("visit_closed", status=404)
        try:
            return self._book.one(REGISTER, int(number)).entry
        except FormError as error:
            raise FormError("visit_closed", status=404) from error

    def _token(self, number: int) -> str:
        mac = hmac.new(self._secret, str(number).encode(), hashlib.sha256).hexdigest()
        return f"{number}-{mac[:_SIGNED]}"
