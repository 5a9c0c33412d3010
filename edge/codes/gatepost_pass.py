"""Our resident pass, `GP1:`: who may pass here, signed by the office that keeps the list of people.

It proves that the office issued it and for how long; whether the person holding it is the one
named is for the attendant to compare. Layout: `edge.codes.signed`, docs/wire/gatepost-codes.md.
"""

import re
from dataclasses import dataclass

from edge.codes.outcome import SECOND_US, Claims, Refusal
from edge.codes.reasons import CodeReason
from edge.codes.signed import NO_END_S, Body, Format, Opened, open_signed, text_of, text_value
from edge.codes.trust import TrustStore
from edge.domain.model import Carrier, CodeVerdict

NAME, ROOM, CATEGORY, BUILDING, GROUPS, PHOTO = 1, 2, 3, 4, 5, 6
FORMAT = Format(Carrier.GATEPOST_PASS, b"GP1:", b"gatepost pass v1\x00", last_tag=PHOTO)

LIMITS = {NAME: 90, ROOM: 45, CATEGORY: 24, BUILDING: 45, GROUPS: 80}
PHOTO_BYTES = 16

_WORD = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Pass:
    """What a resident pass says. `pass_id` has 8 bytes; `valid_from_s` and `valid_until_s` are
    seconds since 1970 UTC, the last not included; `category` and `groups` are words of a-z, 0-9 and
    _; `photo` is the first 16 bytes of the SHA-256 of the holder's photograph on file."""

    pass_id: bytes
    name: str
    category: str
    valid_from_s: int
    valid_until_s: int
    room: str | None = None
    building: str | None = None
    groups: tuple[str, ...] = ()
    photo: bytes | None = None


def claims(payload: bytes, trust: TrustStore) -> Claims:
    """Return what a payload beginning with the format's prefix claims; Refusal where it proves
    nothing."""
    opened = open_signed(FORMAT, payload, trust)
    try:
        held = from_body(opened.body)
    except ValueError:
        raise Refusal(CodeVerdict.INVALID, CodeReason.CLAIMS, opened.issuer, opened.key_id) from None
    return _claims(held, opened)


def to_body(held: Pass) -> Body:
    """Return the body that carries a pass; ValueError naming what no reader would take."""
    if held.valid_until_s >= NO_END_S:
        raise ValueError("a pass must end")
    fields = {NAME: held.name, ROOM: held.room, CATEGORY: _word(held.category), BUILDING: held.building}
    fields[GROUPS] = ",".join(_word(group) for group in held.groups) or None
    values = {tag: text_value(text, LIMITS[tag]) for tag, text in fields.items() if text is not None}
    if len(set(held.groups)) != len(held.groups):
        raise ValueError("a group is named twice")
    if held.photo is not None:
        if len(held.photo) != PHOTO_BYTES:
            raise ValueError(f"the photograph's hash has {PHOTO_BYTES} bytes")
        values[PHOTO] = held.photo
    return Body(held.pass_id, held.valid_from_s, held.valid_until_s, values)


def from_body(body: Body) -> Pass:
    """Return the pass a body carries; ValueError for one `to_body` would not have made."""
    values = {tag: text_of(body.fields[tag], limit) for tag, limit in LIMITS.items() if tag in body.fields}
    if NAME not in values or CATEGORY not in values:
        raise ValueError("a pass has a name and a category")
    held = Pass(
        pass_id=body.id,
        name=values[NAME],
        category=values[CATEGORY],
        valid_from_s=body.from_s,
        valid_until_s=body.until_s,
        room=values.get(ROOM),
        building=values.get(BUILDING),
        groups=tuple(values[GROUPS].split(",")) if GROUPS in values else (),
        photo=body.fields.get(PHOTO),
    )
    to_body(held)
    return held


def _claims(held: Pass, opened: Opened) -> Claims:
    pass_id = held.pass_id.hex()
    photo = held.photo.hex() if held.photo is not None else None
    subject = {"category": held.category, "building": held.building}
    # Groups are sealed too: "dialysis" and a building may leave one person only.
    groups = ",".join(held.groups)
    personal = {"name": held.name, "room": held.room, "groups": groups, "pass_id": pass_id, "photo": photo}
    return Claims(
        issuer=opened.issuer,
        key_id=opened.key_id,
        from_us=held.valid_from_s * SECOND_US,
        until_us=held.valid_until_s * SECOND_US,
        subject={name: value for name, value in subject.items() if value},
        personal={name: value for name, value in personal.items() if value},
        # Without the key: a pass issued again under a new key keeps its id and its person.
        holder=f"gatepost_pass:{pass_id}",
        revoked=opened.revoked,
        key=opened.key,
    )


def _word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise ValueError(f"a category or group is a word of a-z, 0-9 and _, not {text!r}")
    return text
