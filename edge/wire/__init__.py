"""What leaves the gate: canonical JSON, the hash chain, and the events as CloudEvents.

The district imports this package and nothing else of `edge`; `docs/wire/` is generated from it.
`edge.wire.bodies` and `edge.wire.received` need pydantic and are imported by who needs them, so
that the daemon does not carry the models.
"""

from edge.wire.chain import ZERO_SEAL, canonical, chain_hash, genesis
from edge.wire.envelope import (
    CONTENT_TYPE,
    LOCAL,
    MAX_BYTES,
    MAX_EVENTS,
    OMITTED_LOCAL,
    OMITTED_MISSING,
    OMITTED_TOO_LARGE,
    OMITTED_UNREADABLE,
    SOMETIMES_URGENT,
    URGENT,
    VERSIONS,
    WireRow,
    event,
    rfc3339,
    source,
    urgent,
    version,
)

__all__ = [
    "CONTENT_TYPE",
    "LOCAL",
    "MAX_BYTES",
    "MAX_EVENTS",
    "OMITTED_LOCAL",
    "OMITTED_MISSING",
    "OMITTED_TOO_LARGE",
    "OMITTED_UNREADABLE",
    "SOMETIMES_URGENT",
    "URGENT",
    "VERSIONS",
    "ZERO_SEAL",
    "WireRow",
    "canonical",
    "chain_hash",
    "event",
    "genesis",
    "rfc3339",
    "source",
    "urgent",
    "version",
]
