"""The station: takes messages one by one, steps the lanes, writes, shows, acts.

Commit, then show: a step's state is taken over, its view published, its barrier and voice set off
only after its rows are on disk. Where the journal cannot commit, the step is thrown away, the pages
say "write it by hand", and nothing is decided until it can again.
"""

import contextlib
import queue
import threading
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from edge.codes import id_card
from edge.domain import lane as machine
from edge.domain.access import AccessRules
from edge.domain.errors import FormError, JournalError
from edge.domain.events import (
    CardRead,
    CodeAnswered,
    CodeRead,
    Command,
    Give,
    LaneEvent,
    ReadingArrived,
    Tick,
)
from edge.domain.following import follow
from edge.domain.given import numbers
from edge.domain.history import Regulars
from edge.domain.lane_state import LaneSpec, LaneState, Record, Result
from edge.domain.measuring import blind
from edge.domain.model import Code, Instant, Reading
from edge.domain.record import recorded
from edge.domain.side_by_side import Pair, after, doubts
from edge.domain.view import calibrations, lane_view
from edge.journal import Row
from edge.messages import DeviceChanged, EffectDone, Follow, Message, Reply, ScanArrived
from edge.station.changes import Changes
from edge.station.effects import EffectsLog
from edge.station.ledger import Ledger
from edge.station.lookups import LookUps
from edge.station.outages import Outages
from edge.station.pieces import Pieces
from edge.station.surroundings import Surroundings, device_row

INBOX_SIZE = 512
TICK_US = 500_000
REMEMBERED = 1024
_SHOWN = ("active", "parked", "last", "calibrations", "healthy", "instruments", "notice", "aimed", "group")


@dataclass(slots=True)
class _Submission:
    command: Command
    done: threading.Event = field(default_factory=threading.Event)
    reply: Reply | None = None
    error: FormError | JournalError | None = None


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
        self._inbox: queue.Queue[Message | _Submission] = queue.Queue(INBOX_SIZE)
        self._replies: OrderedDict[str, Reply] = OrderedDict(replies or {})
        self._pairs = pairs
        self._pieces = Pieces()
        self._lookups = LookUps(around)
        self._access: AccessRules | None = None
        self._effects = EffectsLog()
        self._outages = Outages(around.devices)
        self._ledger = Ledger(around.journal, around.now, around.views.ring)
        self._closed = threading.Event()
        self._views: dict[str, dict[str, Any]] = {}
        self._pictured: dict[str, Reading | None] = {}  # what of an array each view shows
        self._sequences: dict[str, int] = {}
        self._unheard: deque[CodeAnswered] = deque(maxlen=INBOX_SIZE)
        self._changes = Changes(planned)
        self._usual: Mapping[str, Regulars] | None = None
        self._dropped = self._ticked_us = 0
        for name in lanes:
            self._publish(name)

    def offer(self, message: Message) -> None:
        """Put what a device said into the inbox. A full inbox drops readings, which come again by
        themselves; everything else waits a second for room, and what is dropped is written down."""
        try:
            if isinstance(message, ReadingArrived):
                self._inbox.put_nowait(message)
            else:
                self._inbox.put(message, timeout=1.0)
        except queue.Full:
            self._dropped += 1
            self._around.count("inbox_overflowed", lane=message.lane)

    def submit(self, command: Command, timeout_s: float = 5.0) -> Reply:
        """Carry a command out and return once it is on disk.

        Raises FormError with a stable code, or JournalError when the gate cannot commit. The same
        `command_id` gives the same reply.
        """
        if command.lane not in self._specs:
            raise FormError("unknown_lane", f"there is no lane {command.lane!r}", 404)
        if self._closed.is_set():
            raise _too_slow()
        submission = _Submission(command)
        try:
            self._inbox.put(submission, timeout=timeout_s)
        except queue.Full:
            raise _too_slow() from None
        if not submission.done.wait(timeout_s):
            raise _too_slow()
        if submission.error is not None:
            raise submission.error
        assert submission.reply is not None
        return submission.reply

    def view(self, lane: str) -> dict[str, Any]:
        """Return the lane's last published snapshot with its devices; raises FormError."""
        view = self._views.get(lane)
        if view is None:
            raise FormError("unknown_lane", f"there is no lane {lane!r}", 404)
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

    def unwritable(self) -> str | None:
        """Say why the journal cannot be written, None when it can."""
        return self._ledger.trouble

    @property
    def waiting(self) -> int:
        """How many messages wait in the inbox."""
        return self._inbox.qsize()

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
        try:
            message = self._inbox.get(timeout=timeout_s)
        except queue.Empty:
            message = None
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

    def _take(self, message: Message | _Submission) -> None:
        match message:
            case _Submission():
                self._command(message)
            case ScanArrived() if message.scan.symbology == id_card.SYMBOLOGY:
                payload = message.scan.payload
                card, unread = id_card.fields(payload), id_card.unread(payload)
                found = self._numbers_found(message.lane, message.device, card, message.at)
                self._event(CardRead(message.lane, message.device, card, message.at, unread, found))
            case ScanArrived():
                code = self._read(message)
                if code is not None:
                    code = replace(code, symbology=message.scan.symbology, decoder=message.scan.decoder)
                    self._event(CodeRead(message.lane, message.device, code, message.at))
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

    def _read(self, message: ScanArrived) -> Code | None:
        whole = self._pieces.join(message.lane, message.scan.payload, message.at)
        if not isinstance(whole, bytes):
            return whole
        return self._around.read_code(message.lane, message.device, whole, message.at)

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

    def _command(self, submission: _Submission) -> None:
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
            found = self._numbers_found(command.lane, by, command.answers, command.at)
            command = replace(command, found=found)
        result = self._stepped(spec, state, command)  # type: ignore[arg-type]
        reply = Reply(self._commit(spec, result), result.passage)
        self._replies[command.command_id] = reply
        while len(self._replies) > REMEMBERED:
            self._replies.popitem(last=False)
        return reply

    def _numbers_found(
        self, lane: str, device: str, answers: Iterable[tuple[str, str]], at: Instant
    ) -> tuple[Code, ...]:
        """Ask platforms about the ID numbers somebody gives in place of a code."""
        asked = (
            self._around.ask_number(lane, device, number, at, carriers)
            for number, carriers in numbers(self._specs[lane].of(self._states[lane].active), answers)
        )
        return tuple(code for code in asked if code is not None)

    def _commit(self, spec: LaneSpec, result: Result) -> int | None:
        """Write, take the new state over, publish, act; in this order and in no other."""
        before, sequence = self._states[spec.name], None
        if result.records or result.notes:
            pairs, said = after(self._pairs, spec, result)
            told = [*((spec.name, note) for note in result.notes), *said]
            # The decision last: its row's number is what a command and the effects are told.
            rows = [Row(note.kind, self._around.now(), note.body, lane) for lane, note in told]
            rows += [self._row(spec, record) for record in result.records]
            cases = self._cases(spec, result.records)
            sequence = self._sequences[spec.name] = self._ledger.write(*rows, besides=cases)
            self._pairs = pairs
            if cases:
                self._around.cases_opened()
        self._states[spec.name] = result.state
        if any(getattr(before, part) is not getattr(result.state, part) for part in _SHOWN):
            self._publish(spec.name)
        if before.active is not None and result.state.active is None:
            self._pieces.forget(spec.name, self._around.now())
        if sequence is not None:
            self._around.bell.ring()
            begun = [do for do in result.dos if self._around.perform(spec.name, do) and do.passage]
            self._effects.begun(spec.name, sequence, begun, self._around.now())
            self._count(spec.name, result.records)
        else:
            for do in result.dos:  # for no passage: what to do next, and no verdict that has to be on disk
                self._around.perform(spec.name, do)
        return sequence

    def _row(self, spec: LaneSpec, record: Record) -> Row:
        body, personal = recorded(spec.of(record.passage), spec.policy, record.passage)
        return Row(record.kind, self._around.now(), body, spec.name, personal or None)

    def _cases(self, spec: LaneSpec, records: Sequence[Record]) -> list[Row]:
        """The cases that passages end in: in the transaction of the decision, or nobody would know of them
        after a power cut between the two."""
        fresh = (record.passage for record in records if record.kind == "passage.decided")
        # Who goes where their vehicle goes had their case already, if there was one.
        ended = (passage for passage in fresh if not passage.corrects and not passage.vehicle)
        found = (self._around.case_of(spec.policy, passage, self._around.now()) for passage in ended)
        return [row for row in found if row is not None]

    def _count(self, lane: str, records: Sequence[Record]) -> None:
        for record in records:
            decision = record.passage.decision
            if record.passage.corrects or record.kind != "passage.decided":
                continue
            if decision is not None and decision.outcome is not None:
                name = "vehicles" if record.passage.vehicle else "passages"
                self._around.count(name, lane=lane, outcome=decision.outcome.value)

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
            state, view = self._states[name], self._views[name]
            moved = view["temperature"]["live_mdegc"] != state.live_mdegc or state.parked
            pictured = self._pictured[name] is not state.picture
            if moved or pictured or view["calibrations"] != calibrations(state, now):
                self._publish(name)
        rows = [*self._around.housekeeping(now)]
        if self._dropped:
            rows.append(Row("inbox.overflowed", now, {"dropped": self._dropped}))
            self._dropped = 0
        self._flush(rows)
        if self._ledger.trouble is None:  # what is said of a lost device is on disk by now
            for name in self._specs:
                for do in self._outages.due(name, now):
                    self._around.perform(name, do)

    def _flush(self, rows: Sequence[Row] = ()) -> None:
        if self._ledger.flush(*rows):
            self._around.bell.ring()

    def _publish(self, name: str) -> None:
        view = lane_view(self._specs[name], self._states[name], self._around.now())
        view["sequence"] = self._sequences.get(name)
        self._views[name] = view
        self._pictured[name] = self._states[name].picture
        self._around.views.ring()

    def _close(self) -> None:
        self._closed.set()
        self._empty_inbox()
        now = self._around.now()
        for name, spec in self._specs.items():
            with contextlib.suppress(JournalError):
                self._commit(spec, machine.leave(spec, self._states[name], now))
        self._flush([*self._effects.take_due(now, everything=True), Row("gate.stopped", now, {})])

    def _empty_inbox(self) -> None:
        """Refuse the commands that wait, so that no page waits for them; keep the devices' last words."""
        while True:
            try:
                message = self._inbox.get_nowait()
            except queue.Empty:
                return
            if isinstance(message, _Submission):
                message.error = _too_slow()
                message.done.set()
            elif isinstance(message, EffectDone | DeviceChanged):
                self._take(message)


def _too_slow() -> FormError:
    return FormError("too_slow", "the gate is busy; try again", 503)
