"""A passage as a journal row and back: the open body, and the personal fields that get sealed.

`body` holds nothing that names a person and no hash of it; integers only. Of somebody whose own history
counted it says what is expected of anybody, and how far they stood out from that: their own is sealed, or a
chain of passages would be somebody's days long after the keys are gone. `restored` is the exact
inverse of `recorded`, which is what makes restarts and replay possible.
"""

import base64
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from edge.domain import rules
from edge.domain.access import AccessRules
from edge.domain.circumstances import circumstances
from edge.domain.healthy import Expected
from edge.domain.history import anybody, of_anybody
from edge.domain.known import Known
from edge.domain.known_record import known_found, known_rows, restored_known
from edge.domain.model import (
    Answer,
    Carrier,
    ClockQuality,
    Code,
    CodeVerdict,
    Decision,
    Evidence,
    Grid,
    Instant,
    Looked,
    Measurement,
    Method,
    Occupant,
    Outcome,
    Passage,
    Quality,
    Rest,
    Stage,
    TemperatureFinding,
)
from edge.domain.policy import Policy
from edge.domain.posterior import VERSION
from edge.domain.procedure import Procedure, category, statuses
from edge.domain.screening import find
from edge.domain.vehicle import GROUNDS, told

Json = dict[str, Any]
# The fields people are looked up by; the rest is sealed but not searchable.
_FINDABLE = ("name", "id_number", "phone", "plate", "room", "pass_id", "code_digest")
# Of what is expected, what is somebody's own.
_OWN = ("own_mdegc", "usual_mdegc", "visits")
# Reasons every gate offers besides those of its procedure; like these they name nobody.
BUILT_IN_REASONS = frozenset({"left", "calibration", "suspected", *(ground.value for ground in GROUNDS)})


def recorded(procedure: Procedure, policy: Policy, passage: Passage) -> tuple[Json, Json]:
    """Return the body and the personal part of a passage's row."""
    finding = find(passage.evidence, policy)
    steps = statuses(procedure, passage.evidence, finding.verdict, circumstances(passage))
    pieces: list[Json] = []
    personal: dict[str, Json] = {}
    for index, piece in enumerate(passage.evidence):
        open_part, sealed_part = _piece(piece)
        pieces.append(open_part)
        if sealed_part:
            personal[str(index)] = sealed_part
    body = _slim(
        {
            "passage": passage.id,
            "direction": passage.direction,
            "procedure": {"name": passage.procedure, "version": passage.procedure_version},
            "policy": passage.policy_version,
            "access": passage.access.version or None,
            "category": category(passage.evidence),
            "opened_us": passage.opened.at_us,
            "opened_mono_us": passage.opened.mono_us,
            "opened_clock": passage.opened.clock.value,
            "touched_us": passage.touched.at_us,
            "touched_mono_us": passage.touched.mono_us,
            "touched_clock": passage.touched.clock.value,
            "stage": passage.stage.value,
            "ticket": passage.ticket,
            "temperature": _temperature(passage, policy, finding),
            "musts": rules.musts(steps),
            "musts_met": rules.musts_met(rules.musts(steps), finding.verdict),
            "second": rules.has_second_measurement(passage.evidence),
            "rests": [_rest(rest) for rest in passage.rests],
            "offered": passage.offered or None,
            "rushed": passage.rushed or None,
            "vehicle": passage.vehicle or None,
            "group": passage.group,
            "minute": passage.minute,
            "occupants": [_occupant(one) for one in passage.occupants] if passage.vehicle else None,
            "told": told(passage) if passage.vehicle else None,
            "corrects": passage.corrects or None,
            "evidence": pieces,
        }
    )
    sealed: Json = {}
    if passage.decision is not None:
        body |= _decision(passage.decision)
        if passage.decision.chosen and not _is_listed(procedure, passage.decision.chosen):
            sealed["chosen"] = body.pop("chosen")
    if personal:
        sealed |= {"evidence": personal, "find": _find_values(passage)}
    return body, sealed


def restored(body: Mapping[str, Any], sealed: Mapping[str, Any] | None, *, lane: str, clock: str) -> Passage:
    """Return the passage a row tells of; `sealed` None where its key is gone. `clock` is the row's own,
    for rows that do not say by which clock their passage was timed. Of the rules of who may pass it has the
    version alone."""
    hidden = (sealed or {}).get("evidence", {})
    chosen = (sealed or {}).get("chosen") or body.get("chosen")
    opened = Instant(body["opened_mono_us"], body["opened_us"], ClockQuality(body.get("opened_clock", clock)))
    touched = Instant(
        body["touched_mono_us"], body["touched_us"], ClockQuality(body.get("touched_clock", clock))
    )
    return Passage(
        id=body["passage"],
        lane=lane,
        direction=body["direction"],
        procedure=body["procedure"]["name"],
        procedure_version=body["procedure"]["version"],
        policy_version=body["policy"],
        opened=opened,
        touched=touched,
        evidence=tuple(_restored_piece(p, hidden.get(str(i), {})) for i, p in enumerate(body["evidence"])),
        stage=Stage(body["stage"]),
        ticket=body.get("ticket"),
        rests=tuple(_restored_rest(rest) for rest in body["rests"]),
        decision=_restored_decision(body, chosen),
        recorded=True,
        offered=body.get("offered", ""),
        rushed=body.get("rushed", False),
        vehicle=body.get("vehicle", False),
        group=body.get("group"),
        minute=body.get("minute"),
        occupants=tuple(_restored_occupant(one) for one in body.get("occupants", ())),
        corrects=body.get("corrects", False),
        access=AccessRules(version=body.get("access", "")),
    )


def _has_second(finding: TemperatureFinding) -> bool:
    """Say whether a second measurement confirmed or cleared a first value over the threshold."""
    return finding.first is not None and finding.deciding not in (None, finding.first)


def _is_own(passage: Passage) -> bool:
    """Say whether somebody's own history moved what was expected of them."""
    items = (piece.item for piece in passage.evidence)
    return any(isinstance(item, Measurement) and item.expected and item.expected.visits for item in items)


def _is_listed(procedure: Procedure, chosen: str) -> bool:
    return chosen in BUILT_IN_REASONS or any(reason.value == chosen for reason in procedure.reasons)


def _temperature(passage: Passage, policy: Policy, finding: TemperatureFinding) -> Json:
    deciding = passage.evidence[finding.deciding].item if finding.deciding is not None else None
    measured = deciding if isinstance(deciding, Measurement) else None
    told = find(of_anybody(passage.evidence), policy) if _is_own(passage) else finding
    return _slim(
        {
            "verdict": finding.verdict.value,
            "body_mdegc": measured.body_mdegc if measured else None,
            "surface_mdegc": measured.surface_mdegc if measured else None,
            "ambient_mdegc": measured.ambient_mdegc if measured else None,
            "conversion": measured.conversion if measured else None,
            "legal": finding.legal.value,
            "level": finding.level.value,
            "ppm": told.ppm,
            "out_milli": told.out_milli,
            "method": VERSION if told.ppm is not None else None,
            "first": finding.first,
            "second": finding.deciding if _has_second(finding) else None,
        }
    )


def _slim(value: Json) -> Json:
    return {key: inner for key, inner in value.items() if inner is not None}


def _decision(decision: Decision) -> Json:
    return _slim(
        {
            "outcome": decision.outcome.value if decision.outcome else None,
            "hold": decision.hold or None,
            "reasons": [str(reason) for reason in decision.reasons],
            "missing": list(decision.missing),
            "by": decision.by,
            "override": decision.override if decision.by else None,
            "chosen": decision.chosen,
            "command_id": decision.command_id or None,
            "manager": decision.manager or None,
        }
    )


def _restored_decision(body: Mapping[str, Any], chosen: str | None) -> Decision | None:
    if "reasons" not in body:
        return None
    return Decision(
        outcome=Outcome(body["outcome"]) if "outcome" in body else None,
        hold=body.get("hold", False),
        reasons=tuple(body["reasons"]),
        missing=tuple(body["missing"]),
        by=body.get("by"),
        override=body.get("override", False),
        chosen=chosen,
        command_id=body.get("command_id", ""),
        manager=body.get("manager", False),
    )


def _occupant(one: Occupant) -> Json:
    told = {"passage": one.passage, "outcome": one.outcome.value, "against": one.against or None}
    return _slim(told | {"before": one.before or None})


def _restored_occupant(value: Mapping[str, Any]) -> Occupant:
    before = value.get("before", "")
    return Occupant(value["passage"], Outcome(value["outcome"]), value.get("against", False), before)


def _rest(rest: Rest) -> Json:
    return _slim(
        {
            "since_us": rest.since.at_us,
            "since_mono_us": rest.since.mono_us,
            "since_clock": rest.since.clock.value,
            "since_boot": rest.boot,
            "why": str(rest.why),
            "by": rest.by,
            "lasted_us": rest.lasted_us,
            "pieces": rest.pieces,
        }
    )


def _restored_rest(value: Mapping[str, Any]) -> Rest:
    since = Instant(value["since_mono_us"], value["since_us"], ClockQuality(value["since_clock"]))
    return Rest(
        since,
        value["since_boot"],
        value["why"],
        value.get("by"),
        value.get("lasted_us"),
        value.get("pieces", 0),
    )


def _piece(piece: Evidence) -> tuple[Json, Json]:
    head: Json = {
        "at_us": piece.at.at_us,
        "mono_us": piece.at.mono_us,
        "clock": piece.at.clock.value,
        "source": piece.source,
    }
    item = piece.item
    if isinstance(item, Measurement):
        return head | _measurement(item), _own(item.expected)
    if isinstance(item, Answer):
        value: Json = {
            "t": "answer",
            "question": item.question,
            "by": item.by,
            "command_id": item.command_id or None,
            **(asdict(item.looked) if item.looked is not None else {}),
        }
        if item.personal:
            return _slim(head | value), {"value": item.value}
        return _slim(head | value | {"value": item.value}), {}
    if isinstance(item, Known):
        open_part, sealed_part = known_rows(item)
        return head | open_part, sealed_part
    payload = base64.b64encode(item.payload).decode() if item.payload is not None else None
    sealed = {"personal": dict(item.personal) or None, "holder": item.holder, "payload": payload}
    return _slim(head | _code(item)), _slim(sealed)


def _measurement(item: Measurement) -> Json:
    return _slim(
        {
            "t": "measurement",
            "device": item.device,
            "method": item.method.value,
            "site": item.site,
            "surface_mdegc": item.surface_mdegc,
            "ambient_mdegc": item.ambient_mdegc,
            "vendor_body_mdegc": item.vendor_body_mdegc,
            "body_mdegc": item.body_mdegc,
            "conversion": item.conversion,
            "quality": item.quality.value,
            "frames": item.frames,
            "rejected": item.rejected,
            "raw": [raw.hex() for raw in item.raws],
            "after_rest": item.after_rest,
            "by": item.by,
            "command_id": item.command_id or None,
            "grid": asdict(item.grid) if item.grid is not None else None,
            "driver": item.driver or None,
            "port": item.port,
            "expected": None if item.expected is None else _expected(item.expected),
        }
    )


def _expected(about: Expected) -> Json:
    """What was expected of anybody."""
    return {name: value for name, value in asdict(anybody(about)).items() if name not in _OWN}


def _own(about: Expected | None) -> Json:
    """What of it is of this person's own history: sealed."""
    if about is None or not about.visits:
        return {}
    told = asdict(about)
    return {"expected": {name: told[name] for name in ("level_mdegc", "spread_mdegc", *_OWN)}}


def _code(item: Code) -> Json:
    return {
        "t": "code",
        "carrier": item.carrier.value,
        "verdict": item.verdict.value,
        "reason": item.reason,
        "issuer": item.issuer,
        "key_id": item.key_id,
        "valid_from_us": item.valid_from_us,
        "valid_until_us": item.valid_until_us,
        "subject": dict(item.subject),
        "symbology": item.symbology,
        "decoder": item.decoder,
    }


def _restored_piece(value: Mapping[str, Any], hidden: Mapping[str, Any]) -> Evidence:
    at = Instant(value["mono_us"], value["at_us"], ClockQuality(value["clock"]))
    return Evidence(at, value["source"], _restored_item(value, hidden))


def _restored_item(
    value: Mapping[str, Any], hidden: Mapping[str, Any]
) -> Measurement | Code | Answer | Known:
    if value["t"] == "known":
        return restored_known(value, hidden)
    if value["t"] == "answer":
        personal = "value" not in value
        text = hidden.get("value", "") if personal else value["value"]
        looked = Looked(value["model"], value["score"], value["pictures"]) if "model" in value else None
        return Answer(value["question"], text, value["by"], personal, value.get("command_id", ""), looked)
    if value["t"] == "measurement":
        return Measurement(
            device=value["device"],
            method=Method(value["method"]),
            site=value["site"],
            surface_mdegc=value.get("surface_mdegc"),
            ambient_mdegc=value.get("ambient_mdegc"),
            vendor_body_mdegc=value.get("vendor_body_mdegc"),
            body_mdegc=value.get("body_mdegc"),
            conversion=value["conversion"],
            quality=Quality(value["quality"]),
            frames=value["frames"],
            rejected=value["rejected"],
            raws=tuple(bytes.fromhex(raw) for raw in value["raw"]),
            after_rest=value["after_rest"],
            by=value.get("by"),
            command_id=value.get("command_id", ""),
            grid=Grid(**value["grid"]) if "grid" in value else None,
            driver=value.get("driver", ""),
            port=value.get("port"),
            expected=_restored_expected(value, hidden),
        )
    payload = hidden.get("payload")
    return Code(
        carrier=Carrier(value["carrier"]),
        verdict=CodeVerdict(value["verdict"]),
        reason=value.get("reason"),
        issuer=value.get("issuer"),
        key_id=value.get("key_id"),
        valid_from_us=value.get("valid_from_us"),
        valid_until_us=value.get("valid_until_us"),
        subject=dict(value["subject"]),
        personal=dict(hidden.get("personal") or {}),
        holder=hidden.get("holder"),
        payload=base64.b64decode(payload) if payload is not None else None,
        symbology=value["symbology"],
        decoder=value["decoder"],
    )


def _restored_expected(value: Mapping[str, Any], hidden: Mapping[str, Any]) -> Expected | None:
    """What was expected of this person; of anybody where the seal does not open. Rows of before have it all
    in the open."""
    if "expected" not in value:
        return None
    return Expected(**{**value["expected"], **hidden.get("expected", {})})


def _find_values(passage: Passage) -> list[str]:
    values: set[str] = set()
    for piece in passage.evidence:
        item = piece.item
        if isinstance(item, Answer) and item.personal and item.question in _FINDABLE:
            values.add(item.value)
        elif isinstance(item, Known):
            values.update(known_found(item, _FINDABLE))
        elif isinstance(item, Code):
            values.update(item.personal[name] for name in _FINDABLE if item.personal.get(name))
    return sorted(values)
