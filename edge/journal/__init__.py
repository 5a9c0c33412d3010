"""The append-only truth of the gate, in SQLite. Nobody else in `edge` opens a database.

Facts are rows, chained by hash and sealed where they are personal; lists and counts are projections
kept in the same transaction. Neither sqlite-utils nor NumPy is loaded before it is needed.
"""

from edge.journal.anchor import Anchor
from edge.journal.backup import Restored, restore
from edge.journal.journal import Journal
from edge.journal.look import Look
from edge.journal.opening import Incident
from edge.journal.reader import Reader
from edge.journal.rows import (
    CaseFile,
    Entry,
    HourCount,
    Imported,
    Incarnation,
    PassageBody,
    PassageRow,
    Purged,
    Row,
    StoredRow,
    harmless,
)
from edge.journal.state import State
from edge.journal.verify import verify_file

__all__ = [
    "Anchor",
    "CaseFile",
    "Entry",
    "HourCount",
    "Imported",
    "Incarnation",
    "Incident",
    "Journal",
    "Look",
    "PassageBody",
    "PassageRow",
    "Purged",
    "Reader",
    "Restored",
    "Row",
    "State",
    "StoredRow",
    "harmless",
    "restore",
    "verify_file",
]
