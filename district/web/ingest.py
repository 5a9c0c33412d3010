"""Where gates post: bounded reading, strict parsing, then one shared commit and the answer.

Nothing is acknowledged here: the answer is what the ledger returned from its own commit.
"""

import gzip
import json
import re
import zlib
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any, NoReturn

from flask import Blueprint, Response, g, jsonify, request

from district import ledger, lists, registry
from district.alarms import notice
from district.committer import Committer
from district.errors import Refused
from district.ledger import Submission, Unreadable
from district.sightings import Watch
from district.store import Store
from district.web.access import GATE, access
from edge import wire
from edge.wire.received import Event, EventFault, parse_event, verify_event

# Compressed it can only be a little larger than plain; the server refuses longer bodies unread.
LONGEST_BODY = wire.MAX_BYTES + 4096
_INCARNATION = re.compile(r"[0-9a-f]{32}")
_NUMBER = re.compile(r"-?[0-9]{1,18}")


def blueprint(
    store: Store, committer: Committer, now_us: Callable[[], int], timezone: tzinfo, watch: Watch
) -> Blueprint:
    """Return the routes below /ingest."""
    routes = Blueprint("ingest", __name__)

    @routes.post("/ingest")
    @access(GATE)
    def ingest() -> Response:
        with committer.coming():
            submission = read_submission(g.gate)
            answer = committer.commit(
                lambda connection: _take(connection, submission, now_us(), timezone, watch)
            )
        return jsonify(answer)

    @routes.post("/ingest/alarms")
    @access(GATE)
    def alarms() -> Response:
        events = [_whole(value, index) for index, value in enumerate(_values(g.gate))]
        if not all(verify_event(event) for event in events):
            raise Refused(422, "hash_mismatch", "an event's hash does not follow from its columns")
        gate = g.gate

        def keep(connection: Any) -> None:
            for event in sorted(events, key=lambda one: one.number):
                notice(connection, gate.id, event, now_us())

        committer.commit(keep)
        return jsonify({"stored": len(events)})

    @routes.get("/ingest/lists/<name>")
    @access(GATE)
    def list_newest(name: str) -> Response | tuple[str, int]:
        with store.read() as connection:
            found = lists.newest(connection, name)
        if found is None:
            raise Refused(404, "unknown_list", "there is no such list")
        after = request.args.get("after", "0")
        if not _NUMBER.fullmatch(after):
            raise Refused(400, "bad_after", "`after` is a version")
        if found["version"] <= int(after):
            return "", 204
        answer = jsonify(found)
        if "gzip" in request.headers.get("accept-encoding", ""):
            answer.set_data(gzip.compress(answer.get_data(), 6, mtime=0))
            answer.headers["content-encoding"] = "gzip"
        answer.headers["vary"] = "accept-encoding"
        return answer

    return routes


def read_submission(gate: registry.Gate) -> Submission | None:
    """Return what the current request submits; None for an empty batch of a gate that says nothing
    of itself. Raises Refused."""
    values = _values(gate)
    events = [_event(value, index) for index, value in enumerate(values)]
    incarnations = {_source(value).rpartition("/")[2] for value in values}
    if len(incarnations) > 1:
        raise Refused(400, "mixed_incarnations", "a batch speaks of one incarnation")
    said = request.headers.get("gatepost-incarnation", "")
    living = said if _INCARNATION.fullmatch(said) else next(iter(incarnations), "")
    if not living:
        return None
    return Submission(
        gate=gate,
        incarnation=next(iter(incarnations), living),
        living=living,
        events=events,
        head=_header_number("gatepost-head"),
        oldest_us=_header_number("gatepost-oldest-us"),
    )


def inflate(data: bytes, limit: int) -> bytes:
    """Return the one gzip member in `data`, never more than `limit` bytes of it. Raises Refused."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(data, limit + 1)
    except zlib.error as error:
        raise Refused(400, "bad_gzip", "the body is not gzip") from error
    if len(plain) > limit:
        raise Refused(413, "too_large", f"a batch has at most {limit} bytes unpacked")
    if not unpacker.eof or unpacker.unused_data:
        raise Refused(400, "bad_gzip", "the body is not one whole gzip member")
    return plain


def _take(
    connection: Any, submission: Submission | None, now_us: int, timezone: tzinfo, watch: Watch
) -> dict[str, Any]:
    if submission is not None:
        return ledger.take(connection, submission, now_us, timezone, watch)
    return {
        "incarnation": "",
        "acknowledged": 0,
        "rejected": [],
        "lists": lists.versions(connection),
        "wait_s": 0,
        "time": wire.rfc3339(now_us) or "",
    }


def _values(gate: registry.Gate) -> list[Any]:
    """The decoded events of the request, each with a source of this gate."""
    if request.mimetype != wire.CONTENT_TYPE:
        raise Refused(415, "content_type", f"send {wire.CONTENT_TYPE}")
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    data = request.get_data(cache=False)
    if encoding == "gzip":
        data = inflate(data, wire.MAX_BYTES)
    elif encoding != "identity":
        raise Refused(415, "content_encoding", "send gzip or plain")
    if len(data) > wire.MAX_BYTES:
        raise Refused(413, "too_large", f"a batch has at most {wire.MAX_BYTES} bytes")
    values = _decode(data)
    if len(values) > wire.MAX_EVENTS:
        raise Refused(413, "too_many", f"a batch has at most {wire.MAX_EVENTS} events")
    prefix = wire.source(gate.name, "")
    for value in values:
        source = _source(value)
        if not source.startswith(prefix) or not _INCARNATION.fullmatch(source.removeprefix(prefix)):
            raise Refused(403, "foreign_source", "the token does not belong to the source of an event")
    return values


def _decode(data: bytes) -> list[Any]:
    try:
        values = json.loads(data.decode(), parse_float=_refuse_float, parse_constant=_refuse_float)
    except _FloatFound as error:
        raise Refused(400, "float", "events hold whole numbers only") from error
    except (ValueError, RecursionError) as error:
        raise Refused(400, "bad_json", "the body is not JSON in UTF-8") from error
    if not isinstance(values, list):
        raise Refused(400, "no_batch", "the body is a JSON array of events")
    return values


class _FloatFound(ValueError):
    pass


def _refuse_float(text: str) -> NoReturn:
    raise _FloatFound(text)


def _source(value: Any) -> str:
    source = value.get("source") if isinstance(value, Mapping) else None
    if not isinstance(source, str):
        raise Refused(400, "malformed", "an event has no source")
    return source


def _event(value: Any, index: int) -> Event | Unreadable:
    """One bad event that still says its number is refused alone, or it would block the gate."""
    try:
        return parse_event(value)
    except EventFault as fault:
        if fault.sequence is None:
            raise Refused(400, "malformed", f"event {index}: {fault}") from fault
        digest = value.get("hash")
        legible = isinstance(digest, str) and re.fullmatch(r"[0-9a-f]{64}", digest)
        return Unreadable(fault.sequence, bytes.fromhex(digest) if legible else bytes(32))


def _whole(value: Any, index: int) -> Event:
    try:
        return parse_event(value)
    except EventFault as fault:
        raise Refused(400, "malformed", f"event {index}: {fault}") from fault


def _header_number(name: str) -> int | None:
    text = request.headers.get(name, "")
    return int(text) if _NUMBER.fullmatch(text) else None
