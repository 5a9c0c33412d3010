"""The registers through one open view of the journal: several look-ups of one moment, without a connection
for each."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from edge.domain.errors import JournalError
from edge.journal import Entry, Reader, StoredRow


class Journal(Protocol):
    """The part of the journal that looking people up needs."""

    def reader(self) -> Reader:
        """Open a read-only view."""

    def unseal(self, row: StoredRow) -> Mapping[str, Any] | None:
        """Open the personal fields of a row."""

    def token(self, name: str, value: str) -> bytes | None:
        """Return what entries with this personal field are found by."""


class Opened:
    """What a `Book` finds, by a reader that is open already."""

    def __init__(self, journal: Journal, reader: Reader) -> None:
        self._journal = journal
        self.reader = reader

    def find(self, registers: Sequence[str], name: str, value: str) -> list[Entry]:
        """Return the open entries of these registers whose personal field `name` has this value."""
        token = self._journal.token(name, value)
        return [] if token is None else self.reader.entries_by(token, registers)

    def personal(self, entry: Entry) -> Mapping[str, str]:
        """Return the personal fields of an entry, none where they are destroyed or it has none. Raises
        JournalError where they are there and do not open: who is meant cannot be said then."""
        if entry.forgotten or entry.key_id is None:
            return {}
        for seq in reversed(entry.seqs):
            row = self.reader.row(seq)
            if row is not None and row.sealed is not None:
                found = self._journal.unseal(row)
                if found is None:
                    raise JournalError(f"the personal fields of entry {entry.number} do not open")
                return dict(found.get("fields", {}))
        return {}
