"""A gate's rows in memory, a clock that is moved by hand, and a district that misbehaves on demand."""

import gzip
import hashlib
import itertools
import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from edge.bell import Bell
from edge.domain.errors import Unreachable
from edge.domain.model import ClockQuality, Instant
from edge.uplink import Lists, Options, Response, Uplink
from edge.uplink.ports import TimedOut
from edge.wire import ZERO_SEAL, canonical, chain_hash, genesis
from edge.wire.received import parse_event, verify_event

GATE = "jiangbei-03"
FIRST = "0123456789abcdef" * 2
SECOND = "fedcba9876543210" * 2


@dataclass(frozen=True, slots=True)
class FakeRow:
    seq: int
    boot: int
    mono_us: int
    at_us: int
    clock: str
    kind: str
    lane: str | None
    body: Mapping[str, Any]
    sealed: bytes | None
    hash: bytes


@dataclass(frozen=True, slots=True)
class FakeIncarnation:
    id: str
    first_seq: int


class FakeJournal:
    """Rows with a true chain; several incarnations follow one another as in a restored file."""

    def __init__(self, incarnation: str = FIRST) -> None:
        self.rows: list[FakeRow] = []
        self.incarnations = [FakeIncarnation(incarnation, 1)]
        self.bell = Bell()
        self.personal: dict[int, dict[str, Any]] = {}
        self.handed_out = 0

    def append(self, kind: str, body: Mapping[str, Any], lane: str | None = None) -> int:
        seq = self.rows[-1].seq + 1 if self.rows else 1
        columns: dict[str, Any] = {
            "seq": seq,
            "boot": 1,
            "mono_us": seq * 1000,
            "at_us": 1_580_000_000_000_000 + seq,
            "clock": "synced",
            "kind": kind,
            "lane": lane,
        }
        digest = chain_hash(self.hash_before(seq), **columns, body=canonical(body), sealed_sha256=ZERO_SEAL)
        self.rows.append(FakeRow(**columns, body=body, sealed=None, hash=digest))
        self.bell.ring()
        return seq

    def fill(self, count: int, kind: str = "gate.stopped") -> None:
        for n in range(count):
            self.append(kind, {"n": n})

    def go_on_as(self, incarnation: str) -> None:
        first = self.head() + 1
        self.incarnations = [one for one in self.incarnations if one.first_seq < first]  # as the real one
        self.incarnations.append(FakeIncarnation(incarnation, first))

    def copy(self) -> "FakeJournal":
        other = FakeJournal()
        other.rows, other.incarnations = list(self.rows), list(self.incarnations)
        return other

    def kinds(self) -> list[str]:
        return [row.kind for row in self.rows]

    def head(self) -> int:
        return self.rows[-1].seq if self.rows else 0

    def rows_after(self, seq: int, limit: int, kinds: Collection[str] | None = None) -> Sequence[FakeRow]:
        wanted = (row for row in self.rows if row.seq > seq and (kinds is None or row.kind in kinds))
        found = list(itertools.islice(wanted, limit))
        self.handed_out += len(found)
        return found

    def hash_before(self, seq: int) -> bytes:
        for one in self.incarnations:
            if one.first_seq == seq:
                return genesis(one.id)
        for row in reversed(self.rows):
            if row.seq == seq - 1:
                return row.hash
        raise LookupError(seq)

    def close(self) -> None:
        """Nothing is open."""


class FakeState:
    """What survives a restart."""

    def __init__(self) -> None:
        self.values: dict[str, dict[str, Any]] = {}

    def get(self, name: str) -> dict[str, Any] | None:
        value = self.values.get(name)
        return dict(value) if value is not None else None

    def put(self, name: str, value: dict[str, Any]) -> None:
        self.values[name] = json.loads(json.dumps(value))

    def delete(self, name: str) -> None:
        self.values.pop(name, None)

    def items(self, prefix: str) -> list[tuple[str, dict[str, Any]]]:
        return sorted((name, value) for name, value in self.values.items() if name.startswith(prefix))


class FakeClock:
    def __init__(self) -> None:
        self.mono_us = 1_000_000_000
        self.at_us = 1_580_000_000_000_000

    def __call__(self) -> Instant:
        return Instant(self.mono_us, self.at_us, ClockQuality.SYNCED)

    def forward(self, seconds: float) -> None:
        self.mono_us += int(seconds * 1_000_000)
        self.at_us += int(seconds * 1_000_000)


@dataclass
class FakeUpstream:
    """A district that checks everything and stores rows once, in order. `script` holds what goes
    wrong with the next posts, one word each; when it is empty all is well.

    drop: the request never arrives · lose: it is stored, the answer is lost · twice: it arrives
    twice · low, high: the answer lies · part: only half is taken · html, other: what answers is
    something else · an HTTP status · forget: the newest stored row is gone, as after a restore.
    """

    script: list[str] = field(default_factory=list)
    stored: dict[tuple[str, int], str] = field(default_factory=dict)
    order: list[tuple[str, int]] = field(default_factory=list)
    duplicates: int = 0
    posts: list[tuple[str, list[Any], dict[str, str]]] = field(default_factory=list)
    alarms: list[int] = field(default_factory=list)
    refuse: dict[int, str] = field(default_factory=dict)
    refused: list[tuple[str, int]] = field(default_factory=list)
    heads: dict[str, int] = field(default_factory=dict)
    most_events: int = 500
    most_in_time: int = 500
    wait_s: int = 0
    retry_after: str = ""
    alarm_status: int = 200
    broken_alarms: int = 0
    closed: bool = False
    broken: bool = False
    lists: dict[str, tuple[int, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    list_faults: list[Response | Unreachable] = field(default_factory=list)

    def get(self, path: str) -> Response:
        self.asked.append(path)
        if self.list_faults:
            fault = self.list_faults.pop(0)
            if isinstance(fault, Unreachable):
                raise fault
            return fault
        name, _, after = path.removeprefix("/lists/").partition("?after=")
        if name not in self.lists:
            return Response(404)
        version, content = self.lists[name]
        if version <= int(after):
            return Response(204)
        digest = hashlib.sha256(content.encode()).hexdigest()
        found = {"name": name, "version": version, "content": content, "sha256": digest, "pushed_us": 1}
        return Response(200, {}, json.dumps(found).encode())

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Response:
        events = [parse_event(value) for value in json.loads(gzip.decompress(body))]
        self.posts.append((path, events, dict(headers)))
        if path == "/alarms" and self.broken_alarms:
            self.broken_alarms -= 1
            raise Unreachable("dropped")
        if path == "/alarms":
            self.alarms += [event.number for event in events if self.alarm_status == 200]
            return Response(self.alarm_status, {}, b"{}")
        fault = self.script.pop(0) if self.script else ""
        if fault == "drop":
            raise Unreachable("dropped")
        if fault.isdecimal():
            return Response(int(fault), {"retry-after": self.retry_after})
        if fault == "html":
            return Response(200, {}, b"<html>Please log in to the network</html>")
        if len(events) > self.most_events:
            return Response(413)
        if len(events) > self.most_in_time:
            raise TimedOut("no answer")
        if fault == "forget" and self.order:
            incarnation, number = self.order.pop()
            del self.stored[incarnation, number]
            self.heads[incarnation] = number - 1
        if fault == "part":
            events = events[: len(events) // 2]
        incarnation = events[0].incarnation if events else headers["gatepost-incarnation"]
        answer = self._take(incarnation, events)
        if fault == "twice":
            answer = self._take(incarnation, events)
        if fault == "lose":
            raise Unreachable("the answer was lost")
        if fault == "low":
            answer["acknowledged"] = max(0, answer["acknowledged"] - 3)
        if fault == "high":
            answer["acknowledged"] += 1000
        if fault == "other":
            answer["incarnation"] = SECOND
        return Response(200, {}, json.dumps(answer).encode())

    def dropped(self) -> bool:
        return self.closed

    def died(self) -> bool:
        died, self.broken = self.broken, False
        return died

    def close(self) -> None:
        """Nothing is open."""

    def numbers(self, incarnation: str = FIRST) -> list[int]:
        return [number for one, number in self.order if one == incarnation]

    def _take(self, incarnation: str, events: Sequence[Any]) -> dict[str, Any]:
        rejected = []
        for event in events:
            assert verify_event(event) or event.number in self.refuse, "a gate must send what its hash says"
            key = (incarnation, event.number)
            if key in self.stored:
                self.duplicates += 1
                if self.stored[key] != event.hash:
                    rejected.append({"sequence": event.number, "reason": "conflict"})
            elif event.number == self.heads.get(incarnation, event.number - 1) + 1:
                if incarnation not in self.heads:
                    assert event.prevhash == genesis(incarnation).hex(), "the first row was never sent"
                self.stored[key] = event.hash
                self.order.append(key)
                self.heads[incarnation] = event.number
            else:
                break
            if event.number in self.refuse:
                rejected.append({"sequence": event.number, "reason": self.refuse[event.number]})
        return {
            "incarnation": incarnation,
            "acknowledged": self.heads.get(incarnation, 0),
            "rejected": rejected,
            "lists": {name: version for name, (version, _) in self.lists.items()},
            "wait_s": self.wait_s,
            "time": "2020-02-08T00:00:00Z",
        }


class Gate:
    """A journal, its state and its uplink, which can be restarted."""

    def __init__(self, upstream: FakeUpstream, *, lists: Lists | None = None, **options: Any) -> None:
        self.upstream, self.lists = upstream, lists
        self.journal = FakeJournal()
        self.state = FakeState()
        self.clock = FakeClock()
        self.options = Options(url="http://127.0.0.1:1/ingest", token="t", **options)
        self.reports: list[dict[str, Any]] = []
        self.jitter = 0.5
        self.beats = 0
        self.restart()

    def restart(self) -> None:
        self.uplink = Uplink(
            reader=lambda: self.journal,
            unseal=lambda row: self.journal.personal.get(row.seq),
            state=self.state,
            append=self.journal.append,
            options=self.options,
            gate_id=GATE,
            incarnations=lambda: self.journal.incarnations,
            bell=self.journal.bell,
            now=self.clock,
            renew=lambda: self.journal.go_on_as(uuid.uuid4().hex),
            beat=self.beat,
            report=self.reports.append,
            lists=self.lists,
            transport=self.upstream,
            random=lambda: self.jitter,
        )

    def beat(self) -> None:
        self.beats += 1

    @property
    def acknowledged(self) -> int:
        return int(self.uplink.status()["acknowledged"])

    def turn(self) -> float:
        """One turn, and the clock moved past the pause after it. Returns that pause."""
        pause = self.uplink.turn()
        self.clock.forward(pause.seconds)
        return pause.seconds

    def drain(self, most: int = 200) -> int:
        """Turns until the outbox is empty; returns how many."""
        for turns in range(most):
            if self.acknowledged == self.journal.head():
                return turns
            self.turn()
        raise AssertionError(f"not empty after {most} turns: {self.uplink.status()}")
