"""Rows as the station writes them, with invented people."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from edge.domain.model import ClockQuality, Instant
from edge.journal import Row

DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000
START_US = 1_770_000_000_000_000 // DAY_US * DAY_US  # midnight, UTC
BOOT_IDS = 1 << 20


def instant(at_us: int = START_US, clock: ClockQuality = ClockQuality.SYNCED) -> Instant:
    return Instant(at_us - START_US, at_us, clock)


def whole(number: int, *, stage: str = "ended", outcome: str | None = "admit", **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "passage": number,
        "direction": "in",
        "procedure": {"name": "compound", "version": "0123456789abcdef"},
        "policy": "fedcba9876543210",
        "category": "resident",
        "opened_us": START_US + number,
        "stage": stage,
        "reasons": ["complete"],
        "temperature": {"verdict": "normal", "surface_mdegc": 34_400, "body_mdegc": 36_600},
        "musts": {"identity": True, "temperature": True, "mask": False},
        "second": False,
        "evidence": [
            {"t": "measurement", "surface_mdegc": 34_400, "raw": ["a5" * 20]},
            {"t": "code", "carrier": "gatepost_pass", "verdict": "valid"},
            {"t": "answer", "question": "errand"},
        ],
    }
    return body | ({"outcome": outcome} if outcome is not None else {}) | more


def personal(name: str = "张三", phone: str = "13800001234") -> dict[str, Any]:
    return {
        "evidence": {
            "1": {"personal": {"name": name, "phone": phone}, "holder": f"resident:{phone}"},
            "2": {"value": "复诊"},
        },
        "find": [name, phone],
    }


def decided(number: int, at_us: int = START_US, *, who: dict[str, Any] | None = None, **more: Any) -> Row:
    lane = more.pop("lane", "in")
    return Row("passage.decided", instant(at_us), whole(number, **more), lane, who)


def held(number: int, at_us: int = START_US, *, who: dict[str, Any] | None = None, **more: Any) -> Row:
    lane = more.pop("lane", "in")
    body = whole(number, stage="hold", outcome=None, **more)
    return Row("passage.held", instant(at_us), body, lane, who)


def raw_bytes(folder: Path) -> bytes:
    """Everything the store's database files hold, deleted or not."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("journal.db*")))


def without(haystack: bytes, needles: Iterable[bytes]) -> bool:
    """Whether none of the needles stands in the haystack."""
    return not any(needle in haystack for needle in needles)
