"""Live updates as server-sent events: rows after a cursor (facts, with id), snapshots (without).

Every stream holds a server thread, so a stream ends by itself after 256 KB or ten minutes and is
resumed by id; it also ends on stop, on eviction, and when the account behind it is closed.
"""

import hashlib
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, request

from edge.domain.errors import FormError
from edge.journal import Reader, StoredRow
from edge.web import thermal
from edge.web.forms import MAX_ID
from edge.web.gate import Gate
from edge.web.logins import Logins
from edge.web.orders import asker
from edge.web.roles import Principal, allow, still_allowed
from edge.web.streams import Place, Streams
from edge.web.users import Users

MAX_BYTES = 256 * 1024
MAX_S = 600.0
# A kiosk must notice within three seconds that the gate is gone, so it hears it every second.
KIOSK_BEAT_S = 1.0
REVIEW_BEAT_S = 10.0
# A thermometer moves its number many times a second; four a second are enough. Anything else goes at once.
LIVE_EVERY_S = 0.25
_ROWS_AT_ONCE = 50
_ID = re.compile(r"([0-9a-f]{32}):([0-9]{1,16})")


def blueprint(gate: Gate, users: Users, logins: Logins, streams: Streams) -> Blueprint:
    """Return the `/events` route."""
    routes = Blueprint("events", __name__)

    @routes.get("/events")
    @allow("attendant", "manager", "observer", program=True)
    def events() -> Response:
        who = asker()
        lane = request.args.get("lane")
        if lane is not None and lane not in gate.lanes:
            raise FormError("unknown_lane", status=404)
        # What a kiosk shows holds names, and its place cannot be taken: neither is for observers.
        kiosk = lane is not None
        if kiosk and not who.sees_personal:
            raise FormError("forbidden", status=403)
        if request.method == "HEAD":  # nobody would ever give its place back
            return Response(mimetype="text/event-stream")
        place = streams.enter(kiosk=kiosk)
        if place is None:
            raise FormError("too_many_streams", status=503)
        stream = _Stream(gate, who, users, logins, place, lane, request.headers.get("Last-Event-ID"))
        response = Response(stream.frames(request.environ), mimetype="text/event-stream")
        response.headers["X-Accel-Buffering"] = "no"
        response.call_on_close(place.leave)
        return response

    return routes


def stamp_of(view: Mapping[str, Any]) -> str:
    """Return a short name of what a snapshot shows, apart from what flows (live value, an array's
    picture, time left)."""
    still = thermal.slim(view) | {"hottest_mdegc": None}
    still["temperature"] = {**view["temperature"], "live_mdegc": None}
    still["parked"] = [{**parked, "rest_left_s": None} for parked in view["parked"]]
    text = json.dumps(still, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.blake2s(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def frame(data: object, *, event: str, id_: str | None = None) -> bytes:
    """Return one event as it goes over the line."""
    head = f"id: {id_}\n" if id_ is not None else ""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"{head}event: {event}\ndata: {text}\n\n".encode("utf-8", "replace")


@dataclass
class _Stream:
    gate: Gate
    who: Principal
    users: Users
    logins: Logins
    place: Place
    lane: str | None
    last_id: str | None
    _cursor: int = 0
    _stamp: str = ""
    _live: dict[str, Any] = field(default_factory=dict)
    _live_due: float = 0.0
    _live_waits: bool = False

    def frames(self, environ: Mapping[str, Any]) -> Iterator[bytes]:
        """Yield events until something ends the stream."""
        gone = environ.get("waitress.client_disconnected", lambda: False)
        bell = self.gate.view_changed if self.lane else self.gate.bell
        beat_s = KIOSK_BEAT_S if self.lane else REVIEW_BEAT_S
        ends, sent = time.monotonic() + MAX_S, 0
        beats = time.monotonic() + beat_s
        reader = self.gate.reader()
        try:
            seen = bell.count
            pieces = [b"retry: 500\n\n", *self._first(reader), *self._news(reader)]
            while True:
                for piece in pieces:
                    yield piece
                    sent += len(piece)
                    if sent > MAX_BYTES:
                        return
                if self.place.evicted.is_set():
                    yield frame({}, event="evicted")
                    return
                if self._is_over() or gone() or time.monotonic() > ends:
                    return
                seen = bell.wait(seen, self._patience(min(beat_s, 1.0)))
                pieces = self._news(reader)
                if time.monotonic() > beats:
                    beats = time.monotonic() + beat_s
                    pieces.append(frame({}, event="beat") if self.lane else b": beat\n\n")
        finally:
            reader.close()

    def _is_over(self) -> bool:
        if self.gate.stop.is_set() or self.place.over.is_set():
            return True
        return not still_allowed(self.who, self.users, self.logins)

    def _patience(self, most_s: float) -> float:
        """Return how long the bell may be waited for: a number that was held back is due before."""
        return min(most_s, max(0.0, self._live_due - time.monotonic())) if self._live_waits else most_s

    def _first(self, reader: Reader) -> list[bytes]:
        head = reader.head()
        match = _ID.fullmatch(self.last_id or "")
        known = match is not None and match[1] == self.gate.incarnation() and int(match[2]) <= head
        self._cursor = int(match[2]) if match is not None and known else head
        if self.last_id and not known:
            return [frame({}, event="reset", id_=self._id(head))]
        return [frame({}, event="hello", id_=self._id(self._cursor))]

    def _news(self, reader: Reader) -> list[bytes]:
        pieces = []
        while rows := reader.rows_after(self._cursor, _ROWS_AT_ONCE):
            self._cursor = rows[-1].seq
            pieces += [
                frame(row_json(row), event="row", id_=self._id(row.seq))
                for row in rows
                if self.lane is None or row.lane == self.lane
            ]
            if sum(map(len, pieces)) > MAX_BYTES:
                break
        return pieces + self._snapshot()

    def _snapshot(self) -> list[bytes]:
        if self.lane is None:
            return []
        view = self.gate.view(self.lane)
        stamp = stamp_of(view)
        live = {
            "lane": self.lane,
            "live_mdegc": view["temperature"].get("live_mdegc"),
            "picture": thermal.stamp(view),
            "rest_left_s": {str(parked["passage"]): parked["rest_left_s"] for parked in view["parked"]},
        }
        now_s = time.monotonic()
        whole, moved = stamp != self._stamp, live != self._live
        self._live_waits = moved and not whole and now_s < self._live_due
        if self._live_waits or not (whole or moved):
            return []
        self._stamp, self._live, self._live_due = stamp, live, now_s + LIVE_EVERY_S
        if whole:
            return [frame({**thermal.slim(view), "stamp": stamp}, event="lane")]
        return [frame(live, event="live")]

    def _id(self, seq: int) -> str:
        return f"{self.gate.incarnation()}:{min(seq, MAX_ID)}"


def row_json(row: StoredRow) -> dict[str, Any]:
    """Return what a page may know of a row: never its sealed part, nor the kilobytes of a picture."""
    head = {"seq": row.seq, "kind": row.kind, "lane": row.lane, "at_us": row.at_us}
    return head | {"body": thermal.light(row.body)}
