"""The thread that carries the journal to the district: the outbox is every row after the
acknowledged one.

Order and completeness come from the cumulative acknowledgement; nothing else makes a gate forget a
row. Decides nothing about passages and never writes SQLite itself.
"""

import contextlib
import logging
import random as _random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from edge import wire
from edge.bell import Bell
from edge.domain.errors import JournalError, Unreachable
from edge.domain.model import Instant
from edge.uplink.acceptance import Acceptance
from edge.uplink.alarms import AlarmLane
from edge.uplink.answer import Answer, read_answer
from edge.uplink.batch import Batch, Composer, Unseal, empty, hash_before
from edge.uplink.contact import Contact
from edge.uplink.lists import ListLane
from edge.uplink.memory import BackOff, Remembered
from edge.uplink.ports import Append, Lists, Memory, Options, RowReader, TimedOut, Transport
from edge.uplink.segments import Incarnation, segment_at, segments
from edge.uplink.status import Board
from edge.uplink.transport import HttpTransport
from edge.wire import WireRow

log = logging.getLogger(__name__)

_SLICE_S = 0.5  # how long the thread is ever silent while it waits
_EASY = 8  # rows that any line carries in time
_GROW_US, _EASY_US = 60_000_000, 600_000_000
_SLOW_US = 2_500_000  # an answer that takes longer is shown as none


@dataclass(frozen=True, slots=True)
class Pause:
    """How long until the next turn; `bell` says whether a new row ends the pause."""

    seconds: float
    bell: bool


class Uplink:
    """The outbox and its sender. `run` belongs to one thread, `status` to anybody.

    `append` writes a row about the uplink itself, `beat` is called at least every half second
    outside a request (which takes up to 25 s, and what a name server adds; a list beats with every
    piece), `report` gets every status that differs from the one before.
    `incarnations` gives all the journal went through (Journal.incarnations); rows of an earlier one
    that a restored backup still holds go first, under their own name. `renew` is asked to have the
    journal go on as a new incarnation (Journal.renew) when the district holds other rows of this one.
    `lists` keeps the lists the district pushes; without it none is fetched.
    """

    def __init__(
        self,
        *,
        reader: Callable[[], RowReader],
        unseal: Unseal,
        state: Memory,
        append: Append,
        options: Options,
        gate_id: str,
        incarnations: Callable[[], Sequence[Incarnation]],
        bell: Bell,
        now: Callable[[], Instant],
        renew: Callable[[], object] = lambda: None,
        beat: Callable[[], object] = lambda: None,
        report: Callable[[dict[str, Any]], object] = lambda status: None,
        lists: Lists | None = None,
        transport: Transport | None = None,
        random: Callable[[], float] = _random.random,
    ) -> None:
        self._open = reader
        self._options = options
        self._incarnations = incarnations
        self._segments = segments(incarnations())
        self._bell = bell
        self._now = now
        self._beat = beat
        self._transport: Transport = transport or HttpTransport(options, beat)
        self._composer = Composer(gate_id, self._segments, unseal, options.forward)
        self._remembered = Remembered(state, self._segments)
        self._standing = self._remembered.now
        self._back_off = BackOff(self._standing, options, lambda: now().mono_us, random)
        self._alarms = AlarmLane(self._composer, self._transport, self._standing, beat)
        self._acceptance = Acceptance(self._remembered, append, renew, lambda: now().at_us)
        self._lists = ListLane(
            lists, self._transport, state, append=append, mono_us=lambda: now().mono_us, beat=beat
        )
        self._reader: RowReader | None = None
        self._limit = wire.MAX_EVENTS  # halved when the district finds batches too large
        self._omit: set[int] = set()
        self._shrunk_us = 0
        self._grow_us = _GROW_US
        self._waiting_us: int | None = None  # monotonic time since which rows wait for company
        self._contact = Contact(self._standing, append, lambda: now().mono_us)
        self._head = self._standing.acknowledged
        self._asked_us: int | None = None  # when the question now open was asked
        self._board = Board(report)
        self._publish()

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set; never gives up."""
        try:
            while not stop.is_set():
                seen = self._bell.count
                self._rest(stop, self.turn(), seen)
        finally:
            self.close()

    def turn(self) -> Pause:
        """Do what is due once: at most one batch and one round of alarms. Return the pause after."""
        self._beat()
        try:
            left = self._back_off.left_s()
            if left > 0 and not self._asked_to_retry():
                return Pause(left, bell=False)
            pause = self._send_what_is_due(self._opened())
        except Unreachable as error:
            pause = self._failed(error)
        except JournalError:
            log.exception("the uplink cannot read or write the journal")
            self._forget_reader()
            pause = self._failed(Unreachable("the journal cannot be used", code="journal"))
        self._asked_us = None
        self._publish()
        return pause

    def status(self) -> dict[str, Any]:
        """Return what pages and `/readyz` show. `backlog` counts rows the district has not
        acknowledged, `last_us` is the wall time of its last good answer."""
        status, asked_us = self._board.status(), self._asked_us
        if self._lists.refused:
            status["lists_refused"] = self._lists.refused
        if asked_us is not None and self._now().mono_us - asked_us > _SLOW_US:
            # Accepted the call and says nothing: for whoever looks, that is not there either.
            status |= {"state": "down", "code": "slow"}
        return status

    def close(self) -> None:
        """Close the connection and the reader."""
        self._forget_reader()
        self._transport.close()

    def _rest(self, stop: threading.Event, pause: Pause, seen: int) -> None:
        """Wait out the pause in slices, so that the heart beats and a lost line is noticed."""
        until_us = self._now().mono_us + int(pause.seconds * 1_000_000)
        while not stop.is_set():
            left_s = (until_us - self._now().mono_us) / 1_000_000
            if left_s <= 0 or (pause.bell and (self._bell.count != seen or self._transport.dropped())):
                return
            if pause.bell:
                self._bell.wait(seen, min(left_s, _SLICE_S))
            else:
                stop.wait(min(left_s, _SLICE_S))
            self._beat()
            if self._look_around():
                return

    def _send_what_is_due(self, reader: RowReader) -> Pause:
        if self._transport.died():
            raise Unreachable("the line to the district broke")
        self._follow_incarnations()
        self._head = reader.head()
        after = self._standing.acknowledged
        rows = reader.rows_after(after, self._limit)
        quiet_s = self._quiet_s()
        # Rows about the uplink itself never start a contact: they would breed each other.
        if all(row.kind.startswith("uplink.") for row in rows) and quiet_s > 0:
            return Pause(quiet_s, bell=True)
        linger_s = min(quiet_s, self._linger_s(rows))
        if linger_s > 0:
            return Pause(linger_s, bell=True)
        self._waiting_us = None
        batch = self._compose(reader, after, rows)
        self._asked_us = self._now().mono_us
        self._alarms.send(reader, batch.last, self._head, self._headers(rows))
        self._beat()
        try:
            answer = self._post(batch, rows)
        except TimedOut:
            self._go_easy(batch)
            raise
        except Unreachable as error:
            if error.code != "too_large" or not self._shrink(batch):
                raise
            return Pause(0.0, bell=False)
        return self._accept(answer, batch)

    def _follow_incarnations(self) -> None:
        """The journal may go on as another incarnation while we run."""
        now = segments(self._incarnations())
        if now != self._segments:
            self._segments = self._composer.segments = now
            self._remembered.settle(now)

    def _quiet_s(self) -> float:
        """Seconds until the district must hear of us again; 0 when it must now."""
        if self._transport.dropped() or self._remembered.retry_waits():
            return 0.0
        return self._contact.quiet_s(self._options.heartbeat_s)

    def _linger_s(self, rows: Sequence[WireRow]) -> float:
        """Seconds these rows may still wait for others to travel with; 0 for a full batch and for
        urgent rows."""
        if len(rows) >= self._limit or any(wire.urgent(row.kind, row.body) for row in rows):
            return 0.0
        now_us = self._now().mono_us
        if self._waiting_us is None:
            self._waiting_us = now_us
        return max(0.0, self._options.every_s - (now_us - self._waiting_us) / 1_000_000)

    def _compose(self, reader: RowReader, after: int, rows: Sequence[WireRow]) -> Batch:
        if not rows:
            return empty(segment_at(self._segments, after + 1), after)
        previous = hash_before(reader, after + 1)
        return self._composer.batch(after, rows, previous, events=self._limit, omit=self._omit)

    def _headers(self, rows: Sequence[WireRow]) -> dict[str, str]:
        headers = {
            "content-type": wire.CONTENT_TYPE,
            "content-encoding": "gzip",
            "gatepost-incarnation": self._segments[-1].incarnation,
            "gatepost-head": str(self._head),
        }
        return headers | ({"gatepost-oldest-us": str(rows[0].at_us)} if rows else {})

    def _post(self, batch: Batch, rows: Sequence[WireRow]) -> Answer:
        response = self._transport.post("", batch.payload, self._headers(rows))
        return read_answer(response, batch.segment.incarnation)

    def _shrink(self, batch: Batch) -> bool:
        """Make the next batch smaller; False when even one row as hash only was too large."""
        if batch.count > 1:
            self._limit = max(1, batch.count // 2)
            self._shrunk_us = self._now().mono_us
            self._grow_us = _GROW_US
            return True
        if batch.count == 1 and batch.first not in self._omit:
            self._omit.add(batch.first)
            return True
        return False

    def _go_easy(self, batch: Batch) -> None:
        """A thin line carries less in time: a backlog in whole batches would never get away."""
        if batch.count > _EASY:
            self._shrink(batch)
            self._limit = max(_EASY, self._limit)
            self._grow_us = _EASY_US

    def _grow(self) -> None:
        """Try a larger batch again once a minute: a proxy's limit may have been lifted. More seldom
        on a thin line, where each try that fails is a loss of contact."""
        if self._limit < wire.MAX_EVENTS and self._now().mono_us - self._shrunk_us > self._grow_us:
            self._limit = min(wire.MAX_EVENTS, self._limit * 2)
            self._shrunk_us = self._now().mono_us

    def _accept(self, answer: Answer, batch: Batch) -> Pause:
        try:
            floor = self._segments[0].first - 1
            self._acceptance.accept(answer, batch, self._head, self._opened(), floor=floor)
        finally:
            self._remembered.save()
        self._omit = {seq for seq in self._omit if seq > self._standing.acknowledged}
        self._grow()
        self._back_off.succeeded()
        self._remembered.asked_to_retry()
        self._contact.reached()
        if answer.wait_s:
            self._back_off.pause(answer.wait_s)
        self._remembered.save()
        self._asked_us = None  # it has answered; a list on its way is no silence
        self._lists.follow(answer.lists)
        return Pause(answer.wait_s, bell=not answer.wait_s)

    def _failed(self, error: Unreachable) -> Pause:
        if self._standing.code != error.code:
            log.warning("%s", error)
        seconds = self._back_off.failed(error.retry_after_s)
        with contextlib.suppress(JournalError):  # the next failure tries again
            self._contact.lost(error.code)
            self._remembered.save()
        return Pause(seconds, bell=False)

    def _asked_to_retry(self) -> bool:
        if not self._remembered.asked_to_retry():
            return False
        self._back_off.succeeded()
        return True

    def _opened(self) -> RowReader:
        if self._reader is None:
            self._reader = self._open()
        return self._reader

    def _forget_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _look_around(self) -> bool:
        """Refresh the backlog while waiting; say whether somebody asked to try at once."""
        try:
            self._head = self._opened().head()
            asked = self._remembered.retry_waits()
        except JournalError:
            self._forget_reader()  # the next turn says so
            return False
        self._publish()
        return asked

    def _publish(self) -> None:
        self._board.show(self._standing, self._head, self._remembered.parked, up=self._contact.up)
