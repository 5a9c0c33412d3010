"""Cases as pages and programs get them: with the time that is left."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge.journal import CaseFile, StoredRow


@dataclass(frozen=True, slots=True)
class Timed:
    """A case and the moment it is looked at (`now_us`). `left_us` is how long there is until it is due,
    negative when overdue, None once it is closed."""

    file: CaseFile
    now_us: int
    left_us: int | None

    @property
    def overdue(self) -> bool:
        return self.left_us is not None and self.left_us < 0

    @property
    def since_us(self) -> int | None:
        """When it became overdue, None where a clock was wrong at one end and nobody can say."""
        due_us = self.file.due_us
        return due_us if due_us is not None and due_us <= self.now_us else None


@dataclass(frozen=True, slots=True)
class Listed(Timed):
    """A case as a list shows it, with the body of the row that opened it."""

    opened: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told(Timed):
    """One case with all its rows. `personal` holds the opened personal fields of each row by its sequence,
    empty while they are masked; `destroyed` says that they are gone."""

    rows: tuple[StoredRow, ...]
    personal: Mapping[int, Mapping[str, Any]]
    opened: bool
    destroyed: bool
