"""How a figure is written down."""

import statistics
from collections.abc import Sequence
from typing import Any


def figure(
    name: str, value: float, unit: str, *, peer: str = "", peer_value: float | None = None, n: int = 1
) -> dict[str, Any]:
    """Return one row: the figure, its peer of the same run, and the ratio between them."""
    ratio = round(value / peer_value, 3) if peer_value else None
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "peer": peer or None,
        "peer_value": round(peer_value, 3) if peer_value is not None else None,
        "ratio": ratio,
        "n": n,
    }


def p95(values: Sequence[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]
