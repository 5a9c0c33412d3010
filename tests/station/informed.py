"""A lane whose events are informed by real registers, as the station does it."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

from edge import access
from edge.domain import lane
from edge.domain.access import AccessRules
from edge.domain.events import LaneEvent
from edge.domain.known import Known
from edge.domain.model import Passage
from edge.domain.record import recorded
from edge.domain.registered import newest
from edge.journal import Row
from edge.station.lookups import LookUps
from edge.station.surroundings import Surroundings
from tests.domain.cars import Road
from tests.domain.people import at
from tests.registers.test_roster import Site

RULES = """title = { zh_Hans = "甲", en = "A" }
closure = "open"
[[level]]
id = "open"
title = { zh_Hans = "开", en = "Open" }
otherwise = "pass"
"""
ONCE = """[[quota]]
id = "once"
title = { zh_Hans = "一次", en = "Once" }
of = "person"
allowed = 1
direction = "out"
people = ["resident"]
"""
ISOLATED = """[[watch]]
id = "isolated"
title = { zh_Hans = "隔离", en = "Isolated" }
entering = "hold"
leaving = "hold"
"""


class Informed(Road):
    """A walk past a gate with registers; `text` are the rules of access."""

    def __init__(self, site: Site, text: str = RULES, name: str = "compound", direction: str = "in") -> None:
        super().__init__(name)
        self.site = site
        self.spec = replace(self.spec, access=access.parse("x", text), direction=direction)
        self.asked = 0
        around = SimpleNamespace(look_up=self._look_up, count=lambda *_a, **_k: None)
        self.lookups = LookUps(cast(Surroundings, around))

    def event(self, event: LaneEvent) -> None:
        event = self.lookups.informed(self.spec, self.state, event)
        result = lane.step(self.spec, self.state, event)
        if again := self.lookups.once_more(self.spec, self.state, event, result):
            self.state, event = again
        super().event(event)

    def follow(self, rules: AccessRules) -> None:
        self.spec = replace(self.spec, access=rules)

    @property
    def passage(self) -> Passage:
        return self.state.active or self.last

    @property
    def known(self) -> tuple[Known, ...]:
        return newest(self.passage.evidence)

    @property
    def reasons(self) -> list[str]:
        decision = self.passage.decision
        return [] if decision is None else [str(reason) for reason in decision.reasons]

    def commit(self) -> None:
        """Write the rows of this walk into the journal, so that quotas count them."""
        for one in self.records:
            body, personal = recorded(self.spec.of(one.passage), self.spec.policy, one.passage)
            self.site.journal.append(Row(one.kind, one.passage.touched, body, "in", personal or None))
        self.records.clear()

    def went_out(self, person: int) -> None:
        """Somebody has used one exit today."""
        body = {"register": "people", "entry": person, "direction": "out", "count": 1, "why": "x", "by": "b"}
        self.site.journal.append(Row("access.corrected", at(1), body))

    def _look_up(self, *what: object) -> tuple[Known, ...]:
        self.asked += 1
        return self.site.roster.look_up(*what)  # type: ignore[arg-type]
