"""Our venue code, `GPV1:`: a signed sign that says which place this is (场所码).

It names no person and is nobody's identity. Layout: `edge.codes.signed`,
docs/wire/gatepost-codes.md.
"""

from dataclasses import dataclass

from edge.codes.outcome import SECOND_US, Claims, Refusal
from edge.codes.reasons import CodeReason
from edge.codes.signed import NO_END_S, Body, Format, open_signed, text_of, text_value
from edge.codes.trust import TrustStore
from edge.domain.model import Carrier, CodeVerdict

PLACE, ADDRESS = 1, 2
FORMAT = Format(Carrier.GATEPOST_VENUE, b"GPV1:", b"gatepost venue v1\x00", last_tag=ADDRESS)

LIMITS = {PLACE: 90, ADDRESS: 150}


@dataclass(frozen=True, slots=True)
class Venue:
    """What a venue code says. `venue_id` has 8 bytes; times are seconds since 1970 UTC, the last
    not included, None where the code never ends."""

    venue_id: bytes
    place: str
    valid_from_s: int
    valid_until_s: int | None = None
    address: str | None = None


def claims(payload: bytes, trust: TrustStore) -> Claims:
    """Return what a payload beginning with the format's prefix claims; Refusal where it proves
    nothing."""
    opened = open_signed(FORMAT, payload, trust)
    try:
        venue = from_body(opened.body)
    except ValueError:
        raise Refusal(CodeVerdict.INVALID, CodeReason.CLAIMS, opened.issuer, opened.key_id) from None
    subject = {"place": venue.place, "address": venue.address, "venue_id": venue.venue_id.hex()}
    return Claims(
        issuer=opened.issuer,
        key_id=opened.key_id,
        from_us=venue.valid_from_s * SECOND_US,
        until_us=None if venue.valid_until_s is None else venue.valid_until_s * SECOND_US,
        subject={name: value for name, value in subject.items() if value},
        personal={},
        holder=None,
        revoked=opened.revoked,
        key=opened.key,
    )


def to_body(venue: Venue) -> Body:
    """Return the body that carries a venue; ValueError naming what no reader would take."""
    if venue.valid_until_s is not None and venue.valid_until_s >= NO_END_S:
        raise ValueError("valid_until must lie before the year 2106")
    fields = {PLACE: text_value(venue.place, LIMITS[PLACE])}
    if venue.address is not None:
        fields[ADDRESS] = text_value(venue.address, LIMITS[ADDRESS])
    until_s = NO_END_S if venue.valid_until_s is None else venue.valid_until_s
    return Body(venue.venue_id, venue.valid_from_s, until_s, fields)


def from_body(body: Body) -> Venue:
    """Return the venue a body carries; ValueError for one `to_body` would not have made."""
    values = {tag: text_of(body.fields[tag], limit) for tag, limit in LIMITS.items() if tag in body.fields}
    if PLACE not in values:
        raise ValueError("a venue has a name")
    return Venue(
        venue_id=body.id,
        place=values[PLACE],
        valid_from_s=body.from_s,
        valid_until_s=None if body.until_s == NO_END_S else body.until_s,
        address=values.get(ADDRESS),
    )
