"""A journal row as a CloudEvent 1.0, on the gate's side. No pydantic here: the daemon stays small.

Numbers beyond 32 bits travel as decimal text, because a CloudEvents Integer has 32 bits.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import quote

from edge.wire.chain import ZERO_SEAL, canonical

CONTENT_TYPE = "application/cloudevents-batch+json"
MAX_EVENTS = 500
MAX_BYTES = 256 * 1024  # of one batch, before gzip

# kind -> version of its body; a kind that is not here has version 1.
VERSIONS: dict[str, int] = {}

# Kinds that go as hash only: who logs in at a gate is the gate's own business, yet the chain must hold.
LOCAL = frozenset({"user.signed_in", "user.refused"})

# Why `data` may be absent: the kind is local, or the gate itself could not send it.
OMITTED_LOCAL = "local"
OMITTED_TOO_LARGE = "too_large"
OMITTED_UNREADABLE = "unreadable"
OMITTED_MISSING = "missing"

# Kinds the alarm lane carries ahead of a backlog, whatever their rows say.
URGENT = frozenset(
    {
        "access.alarmed",
        "device.lost",
        "inbox.overflowed",
        "journal.restored",
        "journal.set_aside",
        "retention.destroyed",
        "uplink.conflict",
        "uplink.rejected",
    }
)

# Kinds of which it carries some: passages handed over for a check, and answers against a code that came
# after the passage it was shown in had been admitted.
SOMETIMES_URGENT = frozenset({"code.answered", "passage.decided"})

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class WireRow(Protocol):
    """A journal row, as far as the wire has to know it."""

    @property
    def seq(self) -> int: ...
    @property
    def boot(self) -> int: ...
    @property
    def mono_us(self) -> int: ...
    @property
    def at_us(self) -> int: ...
    @property
    def clock(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def lane(self) -> str | None: ...
    @property
    def body(self) -> Mapping[str, Any]: ...
    @property
    def sealed(self) -> bytes | None: ...
    @property
    def hash(self) -> bytes: ...


def version(kind: str) -> int:
    """Return the version of a kind's body."""
    return VERSIONS.get(kind, 1)


def source(gate_id: str, incarnation: str) -> str:
    """Return the CloudEvents source of a gate's incarnation (a URI reference)."""
    return f"/gates/{quote(gate_id, safe='')}/{incarnation}"


def event(
    gate_id: str,
    incarnation: str,
    row: WireRow,
    previous_hash: bytes,
    personal: Mapping[str, Any] | None = None,
    *,
    omitted: str | None = None,
) -> dict[str, Any]:
    """Return one row as a CloudEvent.

    `personal` holds the opened fields the gate's policy forwards. `omitted` says why the row goes
    without its `data`; a local kind always does. Raises ValueError for a body that is not canonical.
    """
    if row.kind in LOCAL:
        omitted = OMITTED_LOCAL
    seal = hashlib.sha256(row.sealed).digest() if row.sealed is not None else ZERO_SEAL
    made: dict[str, Any] = {
        "specversion": "1.0",
        "source": source(gate_id, incarnation),
        "id": str(row.seq),
        "type": f"gatepost.{row.kind}.v{version(row.kind)}",
        "sequence": f"{row.seq:020d}",
        "boot": row.boot,
        "monous": str(row.mono_us),
        "atus": str(row.at_us),
        "clock": row.clock,
        "sealedhash": seal.hex(),
        "prevhash": previous_hash.hex(),
        "hash": row.hash.hex(),
    }
    time = rfc3339(row.at_us)
    if time is not None:
        made["time"] = time
    if row.lane:
        made["lane"] = row.lane
    if omitted:
        made["omitted"] = omitted
        return made
    canonical(row.body)
    made["datacontenttype"] = "application/json"
    made["data"] = {"body": row.body} | ({"personal": personal} if personal else {})
    return made


def rfc3339(at_us: int) -> str | None:
    """Return microseconds UTC as RFC 3339, None for a clock outside the years 1 to 9999."""
    try:
        moment = _EPOCH + timedelta(microseconds=at_us)
    except OverflowError:
        return None
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def urgent(kind: str, body: Mapping[str, Any]) -> bool:
    """Say whether the district should hear of this row before it hears the rest."""
    if kind == "passage.decided":
        return body.get("outcome") == "refer"
    if kind == "code.answered":
        return body.get("against") is True and body.get("admitted") is True
    return kind in URGENT
