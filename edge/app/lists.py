"""Every list that the district pushes, under one roof: trust lists in files, others in the registers."""

from collections.abc import Mapping
from typing import Any

from edge.app.trust import TrustFolder
from edge.registers.district_lists import LISTS, DistrictLists


class AllLists:
    """What the uplink fetches, whoever keeps it."""

    def __init__(self, trust: TrustFolder, registers: DistrictLists) -> None:
        self._trust, self._registers = trust, registers

    def held(self) -> Mapping[str, int | None]:
        """Return every list this gate wants, with the version it holds."""
        return {**self._trust.held(), **self._registers.held()}

    def take(self, name: str, version: int, content: str) -> Mapping[str, Any]:
        """Put a list in force; return what the journal says of it."""
        keeper = self._registers if name in LISTS else self._trust
        return keeper.take(name, version, content)

    def facts(self, name: str) -> Mapping[str, Any]:
        """Return what the journal says of the list that is in force."""
        return self._registers.facts(name) if name in LISTS else self._trust.facts(name)
