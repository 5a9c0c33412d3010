"""The thread that looks after what is kept: publishes procedures and settings, purges what is due.

Retention never runs on a clock nobody believes; the journal refuses that itself.
"""

import dataclasses
import logging
import threading
from collections.abc import Callable, Sequence

from edge.domain.access import AccessRules
from edge.domain.errors import JournalError
from edge.domain.lane_state import LaneSpec
from edge.domain.model import Instant
from edge.journal import Journal, Purged, Row, State
from edge.registers import access_rules
from edge.registers.published import PUBLISHED, START, body_of

log = logging.getLogger(__name__)

EVERY_S = 3600.0
VERIFY_EVERY_US = 24 * 3600 * 1_000_000
_DAY_US = 86_400_000_000
# Of each procedure so many versions are remembered as published; one more row of an older one does no harm.
_KNOWN = 16


def publish(
    journal: Journal,
    state: State,
    now: Instant,
    *,
    lanes: Sequence[tuple[LaneSpec, str]],
) -> None:
    """Append the text of every procedure, of what it accepts, and the screening numbers that are not yet
    in the journal, so that decisions can be made again from it alone. `lanes` are those there are, each with
    the text of its procedure."""
    known = state.get("published") or {}
    if known.get("incarnation") != journal.incarnation:
        known = {"incarnation": journal.incarnation}
    rows: list[Row] = []
    for spec, text in lanes:
        procedure, key = spec.procedure, f"procedure:{spec.procedure.name}"
        before = known.get(key, [])
        before = [before] if isinstance(before, str) else before  # one alone, as it was kept at first
        if procedure.version not in before:
            # Lanes may follow versions of their own of one procedure.
            known[key] = [*before, procedure.version][-_KNOWN:]
            following = [lane.name for lane, _text in lanes if lane.procedure.version == procedure.version]
            told = {"lanes": following, "source": START}
            rows.append(Row(PUBLISHED, now, body_of(procedure, text) | told))
        if known.get("policy") != spec.policy.version:
            known["policy"] = spec.policy.version
            numbers = dataclasses.asdict(spec.policy)
            rows.append(Row("settings.changed", now, {"version": spec.policy.version, "screening": numbers}))
    if rows:
        journal.append(*rows)
        state.put("published", known)


def publish_access(journal: Journal, state: State, now: Instant, rules: AccessRules) -> None:
    """Append the rules of who may pass that hold from this start on, where the journal has not got them."""
    known = state.get("access") or {}
    if (known.get("incarnation"), known.get("version")) == (journal.incarnation, rules.version):
        return
    body = access_rules.body_of(rules, access_rules.START)
    journal.append(Row(access_rules.PUBLISHED, now, body))
    state.put("access", {"incarnation": journal.incarnation, "version": rules.version})


def reported(before_us: int, longest_us: int, reported_us: int | None) -> int:
    """Return before when keys may go: a day is not forgotten before it is reported, but for what is older
    than `longest_us` in any case. `reported_us` None: nobody knows what is reported."""
    return max(longest_us, min(before_us, longest_us if reported_us is None else reported_us))


class Keeper:
    """Purges once an hour and runs `often` every second. `acknowledged` says how far the district has
    everything; None where there is no district, and then nothing waits for it. `destroyed` is called after
    keys were destroyed: what was learned under them has to go from memory as well. `reported_us` says until
    when every day has its report, in which the figures stand that need opened fields; None while nobody
    knows."""

    def __init__(
        self,
        journal: Journal,
        *,
        retention_days: int,
        retention_max_days: int,
        acknowledged: Callable[[], int | None],
        now: Callable[[], Instant],
        often: Callable[[], None],
        destroyed: Callable[[], None] = lambda: None,
        reported_us: Callable[[], int | None] | None = None,
    ) -> None:
        self._journal = journal
        self._days = retention_days
        self._max_days = retention_max_days
        self._acknowledged = acknowledged
        self._now = now
        self._often = often
        self._destroyed = destroyed
        self._reported_us = reported_us
        self._verified_us: int | None = None
        self._failed = False
        self.faults: tuple[str, ...] = journal.faults
        """What is wrong with the chain, by the last look at the whole of it."""
        self.purged = Purged()
        """What the last purge came to."""

    def run(self, stop: threading.Event) -> None:
        """Look once an hour whether a day is due."""
        due_s = 0.0
        while not stop.wait(1.0):
            self._look_after()
            due_s -= 1.0
            if due_s <= 0:
                due_s = EVERY_S
                self.purge()
                self._verify_daily()

    def _look_after(self) -> None:
        try:
            self._often()
        except (JournalError, OSError) as error:
            # A card that cannot be read is shown by the station; ending the gate would not mend it.
            if not self._failed:
                log.error("what is done every second failed: %s", error)
            self._failed = True
        else:
            self._failed = False

    def purge(self) -> None:
        """Destroy the keys of what is due. A journal that cannot be written is said so by the
        station; here it only means: later."""
        now = self._now()
        if not now.clock.trusted:
            return
        try:
            acknowledged = self._acknowledged()
            longest_us = now.at_us - self._max_days * _DAY_US
            self.purged = self._journal.purge(
                self._before_us(now.at_us - self._days * _DAY_US, longest_us),
                self._head() if acknowledged is None else acknowledged,
                now=now,
                max_before_us=longest_us,
            )
            if self.purged.keys:
                self._destroyed()
            self._journal.scrub()
        except JournalError as error:
            log.error("nothing could be purged: %s", error)
            return
        if self.purged.unacknowledged:
            log.error("%d rows were destroyed before the district had them", self.purged.unacknowledged)

    def _before_us(self, before_us: int, longest_us: int) -> int:
        return (
            before_us if self._reported_us is None else reported(before_us, longest_us, self._reported_us())
        )

    def verify(self) -> None:
        """Check the whole chain and write down that it was done."""
        try:
            self.faults = tuple(self._journal.verify())
            self._journal.append(Row("journal.verified", self._now(), {"faults": len(self.faults)}))
        except JournalError as error:
            log.error("the journal could not be checked: %s", error)
        for fault in self.faults:
            log.error("journal: %s", fault)

    def _verify_daily(self) -> None:
        now_us = self._now().mono_us
        if self._verified_us is None:
            self._verified_us = now_us  # the start has looked at the newest part already
        elif now_us - self._verified_us >= VERIFY_EVERY_US:
            self._verified_us = now_us
            self.verify()

    def _head(self) -> int:
        reader = self._journal.reader()
        try:
            return reader.head()
        finally:
            reader.close()
