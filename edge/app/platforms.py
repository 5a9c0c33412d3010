"""The platforms a gate asks what opaque codes mean: from tables to threads, and what a restart left open."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from drivers import registry
from edge.app.told_before import passage_of
from edge.codes.reasons import CodeReason
from edge.config import Platform as Table
from edge.devices import Place
from edge.domain.answering import remembered
from edge.domain.facts import Fact
from edge.domain.lane_state import LaneSpec, LaneState
from edge.domain.model import Carrier, Code, Instant, Passage
from edge.health import Health
from edge.journal import Journal, Reader
from edge.messages import Message
from edge.platforms import BACKLOG_US, HEART_S, WORKERS, Crew, Desk, Nobody, Platform, Route
from edge.threads import Threads

LOOKED_AT = 500  # of the newest rows, for answers that were still to come when the gate stopped
KIND = "verifier"

States = Mapping[str, tuple[LaneSpec, LaneState]]


def route_of(table: Table, *, numbers: bool = False) -> Route:
    """Return a table's numbers in microseconds, its beginnings as one pattern. `numbers`: its driver can ask
    by ID number."""
    beginnings = "|".join(re.escape(text) for text in table.match)
    return Route(
        name=table.name,
        carrier=Carrier(table.carrier),
        match=re.compile(f"(?:{beginnings})".encode()),
        timeout_us=round(table.timeout_s * 1_000_000),
        again_us=table.again_s * 1_000_000,
        keep_us=table.keep_s * 1_000_000,
        fresh_us=None if table.fresh_s is None else table.fresh_s * 1_000_000,
        apart_us=table.apart_s * 1_000_000,
        numbers=numbers,
    )


class Platforms:
    """Every platform of a gate; `asked` is what the desk needs. They belong to no lane."""

    def __init__(
        self,
        tables: Sequence[Table],
        threads: Threads,
        health: Health,
        now: Callable[[], Instant],
        offer: Callable[[Message], None],
    ) -> None:
        """Raises ConfigError for a driver that is not there or is told what it cannot be told."""
        self._threads, self._health, self._now, self._offer = threads, health, now, offer
        self._running: list[tuple[str, Crew]] = []
        self.asked = tuple(self._built(table) for table in tables)

    def start(self) -> None:
        """Start the watch and the workers of each."""
        stop = self._threads.stop
        for name, crew in self._running:
            self._threads.start(f"platform-{name}-watch", partial(crew.watch, stop))
            for number in range(WORKERS):
                beat = self._health.heart(f"platform-{name}-{number + 1}", HEART_S).beat
                self._threads.start(f"platform-{name}-{number + 1}", partial(crew.work, stop, beat))

    def _built(self, table: Table) -> Platform | Nobody:
        driver = registry.load(KIND, table.verifier)
        route = route_of(table, numbers=bool(getattr(driver.options, "id_numbers", False)))
        if driver.name == "none":
            return Nobody(route)
        status = self._health.device("", KIND, route.name, driver.name, driver.simulated)
        beat = self._health.heart(f"platform-{route.name}-watch", HEART_S).beat
        place = Place("", route.name, self._offer, status, beat, self._now, self._health.count)
        platform = Platform(route, driver.name, place)
        self._running.append((route.name, Crew(platform, driver, beat)))
        return platform


def recalled(
    states: States, journal: Journal, reader: Reader, desk: Desk, now: Instant
) -> dict[str, tuple[LaneSpec, LaneState]]:
    """Return the lanes' states that still know whom a late answer is about, and ask again for everybody
    whose code nobody had answered for when the gate stopped: those who wait, and those just gone."""
    found: dict[str, tuple[LaneSpec, LaneState]] = {}
    for name, (spec, state) in states.items():
        for passage in state.parked:
            desk.recall(passage, now)
        for passage in _just_gone(name, journal, reader, now):
            state = remembered(state, passage, now, boot=spec.boot)  # noqa: PLW2901 - one after the other
            desk.recall(passage, now)
        found[name] = (spec, state)
    return found


def _just_gone(lane: str, journal: Journal, reader: Reader, now: Instant) -> list[Passage]:
    after = max(0, reader.head() - LOOKED_AT)
    rows = reader.rows_after(after, LOOKED_AT, {"passage.decided", "code.answered"})
    # An old answer, or one about a code in two hands, is not the last word.
    told = {
        (row.body["passage"], row.body["carrier"])
        for row in rows
        if row.kind == "code.answered"
        and row.body["reason"] != CodeReason.SEEN_ELSEWHERE
        and Fact.ANSWER_AGE_S not in row.body["subject"]
    }
    passages = []
    for row in rows:
        recent = 0 <= now.at_us - row.at_us <= BACKLOG_US
        if row.kind != "passage.decided" or row.lane != lane or not recent:
            continue
        passage = passage_of(journal, row, lane)
        if passage is None:
            continue
        left = tuple(
            piece
            for piece in passage.evidence
            if not (isinstance(piece.item, Code) and (passage.id, piece.item.carrier.value) in told)
        )
        passages.append(replace(passage, evidence=left))
    return passages
