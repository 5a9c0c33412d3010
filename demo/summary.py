"""Counts what the gate has and what the district has, and says whether every kind was there."""

import json
from dataclasses import dataclass, field
from typing import Any

import urllib3

KINDS = ("admit", "turn_back", "refer", "by hand", "second measurement")
PAGE = 200


@dataclass
class Summary:
    """Passages at the gate (read from its journal through its API) and at the district."""

    at_gate: int = 0
    at_district: int = 0
    kinds: dict[str, int] = field(default_factory=dict)

    @property
    def every_kind(self) -> bool:
        """Whether each of KINDS was there at least once."""
        return all(self.kinds.get(kind) for kind in KINDS)

    @property
    def same(self) -> bool:
        """Whether the district has as many passages as the gate."""
        return self.at_gate == self.at_district

    def __str__(self) -> str:
        kinds = ", ".join(f"{kind} {number}" for kind, number in sorted(self.kinds.items()))
        return f"passages at the gate {self.at_gate}, at the district {self.at_district}: {kinds}"


def count(url: str, token: str, district: Any) -> Summary:
    """Return the summary now."""
    http = urllib3.PoolManager(headers={"authorization": f"Bearer {token}"}, retries=False)
    summary, after = Summary(), 0
    while True:
        answer = http.request("GET", f"{url}/api/v1/passages?after={after}&limit={PAGE}", timeout=5.0)
        page = json.loads(answer.data)
        for passage in page["passages"]:
            if passage["outcome"] is None:
                continue
            summary.at_gate += 1
            kinds = [passage["outcome"]]
            kinds += ["by hand"] if passage["by"] else []
            kinds += ["second measurement"] if passage["second"] else []
            for kind in kinds:
                summary.kinds[kind] = summary.kinds.get(kind, 0) + 1
        if not page["next"]:
            break
        after = page["next"]
    summary.at_district = district.passages()
    return summary
