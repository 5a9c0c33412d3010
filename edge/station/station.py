"""The station: takes messages one by one, steps the lanes, writes, shows, acts.

Commit, then show: a step's state is taken over, its view published, its barrier and voice set off
only after its rows are on disk. Where the journal cannot commit, the step is thrown away, the pages
say "write it by hand", and nothing is decided until it can again.
"""

import contextlib
import threading
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from edge.domain import lane as machine
from edge.domain import mask
from edge.domain.access import AccessRules
from edge.domain.errors import FormError, JournalError
from edge.domain.events import CodeAnswered, Command, Give, LaneEvent, Tick
from edge.domain.following import follow
from edge.domain.history import Regulars
from edge.domain.lane_state import LaneSpec, LaneState, Result
from edge.domain.measuring import blind
from edge.domain.model import Instant
from edge.domain.side_by_side import Pair, after, doubts
from edge.journal import Row
from edge.messages import DeviceChanged, EffectDone, Follow, Message, Reply, ScanArrived
from edge.station.changes import Changes
from edge.station.effects import EffectsLog
from edge.station.inbox import INBOX_SIZE, Inbox, Submission
from edge.station.ledger import Ledger
from edge.station.lookups import LookUps
from edge.station.outages import Outages
from edge.station.rows import case_rows, count_ended, passage_row
from edge.station.scans import Scans
from edge.station.surroundings import Surroundings, device_row
from edge.station.views import Views, differ

TICK_US = 500_000
REMEMBERED = 1024


class Station:
    """Owns the lanes. `run` is its thread; `offer`, `submit` and `view` may be called from any."""

    def __init__(
        self,
        lanes: Mapping[str, tuple[LaneSpec, LaneState]],
        around: Surroundings,
        replies: Mapping[str, Reply] | None = None,
        pairs: tuple[Pair, ...] = (),
        planned: Iterable[Follow] = (),
    ) -> None:
        """`replies` are those an earlier run gave, so that a repeated command stays harmless; `pairs` are
        the thermometers that are compared with one another, `planned` the procedures that lanes will follow
        later."""
        self._specs = {name: spec for name, (spec, _state) in lanes.items()}
        self._states = {name: state for name, (_spec, state) in lanes.items()}
        self._around = around
        self._inbox = Inbox(around.count)
        self._replies: OrderedDict[str, Reply] = OrderedDict(replies or {})
        self._pairs = pairs
        self._scans = Scans(around)
        self._lookups = LookUps(around)
        self._access: AccessRules | None = None
        self._effects = EffectsLog()
        self._outages = Outages(around.devices)
        self._ledger = Ledger(around.journal, around.now, around.views.ring)
        self._views = Views(around.views.ring)
        self._unheard: deque[CodeAnswered] = deque(maxlen=INBOX_SIZE)
        self._changes = Changes(planned)
        self._usual: Mapping[str, Regulars] | None = None
        self._ticked_us = 0
        for name in lanes:
            self._publish(name)

    def offer(self, message: Message) -> None:
        """Put what a device said into the inbox. A full inbox drops readings, which come again by
        themselves; everything else waits a second for room, and what is dropped is written down."""
        self._inbox.offer(message)

    def submit(self, command: Command, timeout_s: float = 5.0) -> Reply:
        """Carry a command out and return once it is on disk.

        Raises FormError with a stable code, or JournalError when the gate cannot commit. The same
        `command_id` gives the same reply.
        """
        if command.lane not in self._specs:
            raise FormError("unknown_lane", f"there is no lane {command.lane!r}", 404)
        return self._inbox.submit(command, timeout_s)

    def view(self, lane: str) -> dict[str, Any]:
        """Return the lane's last published snapshot with its devices; raises FormError."""
        view = self._views.of(lane)
        devices = self._around.devices(lane)
        simulated = any(device["simulated"] for device in devices)
        doubted = [*view["doubts"], *doubts(self._pairs, lane)]
        writable = self._ledger.trouble is None
        return view | {"devices": devices, "simulated": simulated, "writable": writable, "doubts": doubted}

    def remember(self, usual: Mapping[str, Regulars]) -> None:
        """Know from the next tick on what is usual for these people of each lane, and for nobody else."""
        self._usual = usual

    def follow(self, change: Follow) -> None:
        """Have lanes follow another procedure from their next passages on."""
        self._changes.ask(change)

    def control(self, rules: AccessRules) -> None:
        """Let these rules of who may pass hold for the next passages of every lane."""
        self._access = rules

    def whose_mask(self, lane: str) -> int | None:
        """Return the number of the passage whose mask a camera of this lane is to look for."""
        return mask.wanted(self._specs[lane], self._states[lane])

    def unwritable(self) -> str | None:
        """Say why the journal cannot be written, None when it can."""
        return self._ledger.trouble

    @property
    def waiting(self) -> int:
        """How many messages wait in the inbox."""
        return self._inbox.waiting

    def run(self, stop: threading.Event) -> None:
        """Work the inbox until `stop` is set, then park whoever is still in a lane."""
        while not stop.is_set():
            self._around.beat()
            self.work(0.25)
        self._close()

    def work(self, timeout_s: float) -> None:
        """Take one message, waiting for it at most `timeout_s`, and do what is due besides."""
        if (access := self._access) is not None:
            self._access = None
            for name, spec in self._specs.items():
                self._specs[name] = replace(spec, access=access)
                self._publish(name)
        message = self._inbox.take(timeout_s)
        for name, change in self._changes.now(self._specs):
            self._swap(name, change)
        if message is not None:
            self._take(message)
        now = self._around.now()
        if due := self._effects.take_due(now):
            self._flush(due)
        if now.mono_us - self._ticked_us >= TICK_US:
            self._ticked_us = now.mono_us
            self._tick(now)

    def _take(self, message: Message | Submission) -> None:
        match message:
            case Submission():
                self._command(message)
            case ScanArrived():
                lane = message.lane
                event = self._scans.event(self._specs[lane], self._states[lane], message)
                if event is not None:
                    self._event(event)
            case DeviceChanged():
                self._device(message)
            case EffectDone():
                ok = "no" if message.error else "yes"
                self._around.count("effects", lane=message.lane, device=message.do.device, ok=ok)
                self._outages.done(message)
                if late := self._effects.done(message):
                    self._flush([late])
            case _:
                self._outages.see(message)
                self._event(message)

    def _swap(self, name: str, change: Follow) -> None:
        self._specs[name] = follow(self._specs[name], self._states[name], change.procedure)
        self._publish(name)

    def _take_up(self, now: Instant) -> None:
        """Follow what was planned for now. Until its row can be written the old one stays in force."""
        for name, plan, row in self._changes.due(now):
            try:
                self._ledger.write(row)
            except JournalError:
                return  # the ledger has said so
            self._changes.done(name)
            self._swap(name, plan)
            self._around.bell.ring()

    def _event(self, event: LaneEvent) -> None:
        spec, state = self._specs[event.lane], self._states[event.lane]
        try:
            self._commit(spec, self._stepped(spec, state, event))
        except JournalError:  # the ledger has said so; the step is thrown away
            if isinstance(event, CodeAnswered):  # devices speak again by themselves, platforms do not
                self._unheard.append(event)

    def _stepped(self, spec: LaneSpec, state: LaneState, event: LaneEvent) -> Result:
        event = self._lookups.informed(spec, state, event)
        result = machine.step(spec, state, event)
        # Lanes are stepped one after another, so that what is asked here stands until it is written.
        again = self._lookups.once_more(spec, state, event, result)
        return result if again is None else machine.step(spec, *again)

    def _device(self, message: DeviceChanged) -> None:
        if message.kind == "thermometer" and not message.up and message.lane in self._states:
            spec, state = self._specs[message.lane], self._states[message.lane]
            self._states[message.lane] = blind(spec, state, message.name)
            self._publish(message.lane)
        if message.recorded:
            self._flush([device_row(message)])
        self._around.views.ring()

    def _command(self, submission: Submission) -> None:
        try:
            command = submission.command
            submission.reply = self._replies.get(command.command_id) or self._carry_out(command)
        except (FormError, JournalError) as error:
            submission.error = error
        submission.done.set()

    def _carry_out(self, command: Command) -> Reply:
        spec, state = self._specs[command.lane], self._states[command.lane]
        if isinstance(command, Give):
            by = f"attendant:{command.by}"
            found = self._scans.of_numbers(spec, state, by, command.answers, command.at)
            command = replace(command, found=found)
        result = self._stepped(spec, state, command)  # type: ignore[arg-type]
        reply = Reply(self._commit(spec, result), result.passage)
        self._replies[command.command_id] = reply
        while len(self._replies) > REMEMBERED:
            self._replies.popitem(last=False)
        return reply

    def _commit(self, spec: LaneSpec, result: Result) -> int | None:
        """Write, take the new state over, publish, act; in this order and in no other."""
        before, sequence = self._states[spec.name], None
        if result.records or result.notes:
            pairs, said = after(self._pairs, spec, result)
            told = [*((spec.name, note) for note in result.notes), *said]
            # The decision last: its row's number is what a command and the effects are told.
            rows = [Row(note.kind, self._around.now(), note.body, lane) for lane, note in told]
            rows += [passage_row(spec, record, self._around.now()) for record in result.records]
            cases = case_rows(self._around, spec, result.records)
            sequence = self._ledger.write(*rows, besides=cases)
            self._views.written(spec.name, sequence)
            self._pairs = pairs
            if cases:
                self._around.cases_opened()
        self._states[spec.name] = result.state
        if differ(before, result.state):
            self._publish(spec.name)
        if before.active is not None and result.state.active is None:
            self._scans.forget(spec.name, self._around.now())
        if sequence is not None:
            self._around.bell.ring()
            begun = [do for do in result.dos if self._around.perform(spec.name, do) and do.passage]
            self._effects.begun(spec.name, sequence, begun, self._around.now())
            count_ended(self._around, spec.name, result.records)
        else:
            for do in result.dos:  # for no passage: what to do next, and no verdict that has to be on disk
                self._around.perform(spec.name, do)
        return sequence

    def _tick(self, now: Instant) -> None:
        if (usual := self._usual) is not None:
            self._usual = None
            for name, state in self._states.items():
                self._states[name] = replace(state, regulars=usual.get(name, {}))
        self._take_up(now)
        for _ in range(len(self._unheard)):
            self._event(self._unheard.popleft())
        for name in self._specs:
            self._event(Tick(name, now))
            if self._views.is_stale(name, self._states[name], now):
                self._publish(name)
        rows = [*self._around.housekeeping(now)]
        if dropped := self._inbox.take_dropped():
            rows.append(Row("inbox.overflowed", now, {"dropped": dropped}))
        self._flush(rows)
        if self._ledger.trouble is None:  # what is said of a lost device is on disk by now
            for name in self._specs:
                for do in self._outages.due(name, now):
                    self._around.perform(name, do)

    def _flush(self, rows: Sequence[Row] = ()) -> None:
        if self._ledger.flush(*rows):
            self._around.bell.ring()

    def _publish(self, name: str) -> None:
        self._views.publish(self._specs[name], self._states[name], self._around.now())

    def _close(self) -> None:
        for message in self._inbox.close():
            if isinstance(message, EffectDone | DeviceChanged):
                self._take(message)
        now = self._around.now()
        for name, spec in self._specs.items():
            with contextlib.suppress(JournalError):
                self._commit(spec, machine.leave(spec, self._states[name], now))
        self._flush([*self._effects.take_due(now, everything=True), Row("gate.stopped", now, {})])
