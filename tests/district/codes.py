"""Passages in which somebody showed a code live, as a gate forwards them."""

import hashlib
import itertools
import json
from collections.abc import Sequence
from typing import Any

from edge import wire
from edge.wire import ZERO_SEAL, canonical, chain_hash, genesis
from tests.district.desk import NOON_US, passage

MINUTE_US = 60_000_000


def digest(code: str) -> str:
    """What a gate calls a code by."""
    return hashlib.sha256(code.encode()).hexdigest()


def piece(at_us: int = NOON_US, **more: Any) -> dict[str, Any]:
    """One code as a row's body shows it."""
    return {
        "t": "code",
        "at_us": at_us,
        "mono_us": 1,
        "clock": "synced",
        "source": "camera",
        "carrier": "china_health",
        "verdict": "valid",
        "issuer": "city",
        "subject": {"colour": "green"},
        "symbology": "qr",
        "decoder": "zxing",
    } | more


def hidden(codes: Sequence[str | None]) -> dict[str, Any]:
    """The forwarded fields of a passage: the digest of the code shown at each place."""
    pieces = {
        str(index): {"personal": {"code_digest": digest(code)}}
        for index, code in enumerate(codes)
        if code is not None
    }
    return {"evidence": pieces}


class Sending:
    """A gate's rows one by one, each chained to the one before."""

    def __init__(self, gate: str, incarnation: str = "ab" * 16) -> None:
        self.gate, self.incarnation = gate, incarnation
        self._numbers = itertools.count(1)
        self._last = genesis(incarnation)

    def row(
        self,
        kind: str,
        body: dict[str, Any],
        personal: dict[str, Any] | None = None,
        *,
        clock: str = "synced",
        lane: str = "in",
    ) -> dict[str, Any]:
        columns: dict[str, Any] = {
            "seq": next(self._numbers),
            "boot": 1,
            "mono_us": 5,
            "at_us": NOON_US,
            "clock": clock,
            "kind": kind,
            "lane": lane,
        }
        before = self._last
        self._last = chain_hash(before, **columns, body=canonical(body), sealed_sha256=ZERO_SEAL)
        made = {
            "specversion": "1.0",
            "source": wire.source(self.gate, self.incarnation),
            "id": str(columns["seq"]),
            "type": f"gatepost.{kind}.v1",
            "sequence": f"{columns['seq']:020d}",
            "boot": 1,
            "monous": "5",
            "atus": str(NOON_US),
            "clock": clock,
            "lane": lane,
            "sealedhash": ZERO_SEAL.hex(),
            "prevhash": before.hex(),
            "hash": self._last.hex(),
            "datacontenttype": "application/json",
            "data": {"body": body} | ({"personal": personal} if personal else {}),
        }
        return json.loads(json.dumps(made))  # type: ignore[no-any-return]

    def shown(
        self, number: int, code: str | None, at_us: int, kind: str = "passage.decided", **more: Any
    ) -> dict[str, Any]:
        """A passage with one live code; `code` None: its digest is not forwarded."""
        body = passage(number, evidence=[piece(at_us, **more)])
        return self.row(kind, body, hidden([code]) if code is not None else None)
