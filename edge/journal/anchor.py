"""What the gate remembers of its journal outside of it: incarnation, head and boot, in a small file.

A journal that lacks the remembered row is an older copy that somebody put back, or lost its tail:
its sequences must not be used a second time under the same incarnation.
"""

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path

from edge.journal.files import write_private

FILE = "journal.anchor"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A row that was on disk once. `hash` is its chain hash in hex; `case` the highest number of a case
    there was, which people have said aloud."""

    incarnation: str
    seq: int
    hash: str
    boot: int = 0
    case: int = 0


def read_anchor(folder: Path) -> Anchor | None:
    """Return what is remembered, None where nothing (readable) is."""
    try:
        found = json.loads((folder / FILE).read_text("ascii"))
        case = int(found.get("case", 0))
        return Anchor(
            str(found["incarnation"]), int(found["seq"]), str(found["hash"]), int(found["boot"]), case
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        _log.warning("the anchor of the journal is unreadable: %s", error)
        return None


def write_anchor(folder: Path, anchor: Anchor) -> None:
    """Remember a row."""
    write_private(folder / FILE, json.dumps(asdict(anchor)).encode("ascii"))
