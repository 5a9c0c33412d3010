"""Venue code of the NZ COVID Tracer app, unsigned: `NZCOVIDTRACER:` and the base64 of a JSON object.

The object has five texts: `gln` (the place's number), `ver` (`c19:1`), `typ` (`entry`), `opn` (its
name) and `adr`. It also travels behind `#data=` (or `?data=`) of a link, and often without padding.
Source: what the app of minhealthnz/nzcovidtracer-app accepts. Anybody can make one: `unverified`, and
what it says, which may be somebody's name and home, never stands open in the record.
"""

import re

from edge.codes import base64_text
from edge.codes.jws import read_json
from edge.codes.outcome import Claims, Refusal
from edge.codes.reasons import CodeReason
from edge.domain.facts import Fact
from edge.domain.model import CodeVerdict

PREFIX = b"NZCOVIDTRACER:"
MAX_TEXT = 300  # characters of each of the five

_HOST = rb"https://tracing\.covid19\.govt\.nz/"
# On the app's own site the prefix may be missing; elsewhere only the prefix says what it is.
_LINK = re.compile(
    rb"(?:" + _HOST + rb"[^#]{0,200}#data=(?:NZCOVIDTRACER(?::|%3[Aa]))?"
    rb"|https?://[^#]{1,200}[#?&]data=NZCOVIDTRACER(?::|%3[Aa]))(.*)",
    re.DOTALL,
)
_ESCAPE = re.compile(rb"%(2[BbFf]|3[Dd])")
_FIELDS = ("gln", "ver", "typ", "opn", "adr")
_VERSION = re.compile(r"c19:(\d{1,3})", re.ASCII)


def recognises(payload: bytes) -> bool:
    """Say whether a payload is such a code, by itself or in a link."""
    return payload.startswith(PREFIX) or _LINK.fullmatch(payload) is not None


def claims(payload: bytes) -> Claims:
    """Return what a recognised payload says, unsigned; Refusal where it says nothing."""
    fields = _fields(_text(payload))
    version = _VERSION.fullmatch(fields["ver"])
    if version is None or fields["typ"] != "entry":
        raise _invalid(CodeReason.STRUCTURE)
    if int(version[1]) != 1:
        raise Refusal(CodeVerdict.UNSUPPORTED, CodeReason.VERSION)
    if not fields["gln"].strip() or not fields["opn"].strip():
        raise _invalid(CodeReason.STRUCTURE)
    lines = [" ".join(line.split()) for line in fields["adr"].splitlines()]
    personal = {
        Fact.PLACE: " ".join(fields["opn"].split()),
        Fact.ADDRESS: ", ".join(line for line in lines if line),
        Fact.VENUE_ID: fields["gln"].strip(),
    }
    return Claims(
        issuer=None,
        key_id=None,
        from_us=None,
        until_us=None,
        subject={},
        personal={str(name): value for name, value in personal.items() if value},
        holder=None,
        signed=False,
    )


def _text(payload: bytes) -> bytes:
    if payload.startswith(PREFIX):
        return payload.removeprefix(PREFIX)
    link = _LINK.fullmatch(payload)
    if link is None:
        raise _invalid(CodeReason.STRUCTURE)
    # In a link +, / and = may stand escaped.
    return _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), link[1])


def _fields(text: bytes) -> dict[str, str]:
    try:
        value = read_json(base64_text.decode(text, url=False))
    except ValueError:
        raise _invalid(CodeReason.ENCODING) from None
    if not isinstance(value, dict):
        raise _invalid(CodeReason.STRUCTURE)
    fields = {name: value.get(name) for name in _FIELDS}
    texts = {name: found for name, found in fields.items() if isinstance(found, str)}
    if len(texts) != len(_FIELDS) or any(len(found) > MAX_TEXT for found in texts.values()):
        raise _invalid(CodeReason.STRUCTURE)
    return texts


def _invalid(reason: CodeReason) -> Refusal:
    return Refusal(CodeVerdict.INVALID, reason)
