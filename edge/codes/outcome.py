"""Builds the Code of a payload, the same way for every format."""

from collections.abc import Mapping
from typing import NamedTuple

from edge.codes.reasons import CodeReason
from edge.domain.model import Carrier, Code, CodeVerdict

SECOND_US = 1_000_000


class Claims(NamedTuple):
    """What a code says about itself once its signature was found good. Times in microseconds UTC,
    `until_us` exclusive, None where the code never ends."""

    issuer: str
    key_id: str
    from_us: int
    until_us: int | None
    subject: Mapping[str, str]
    personal: Mapping[str, str]
    holder: str | None
    revoked: bool = False


class Refusal(Exception):
    """A way out of the steps of a format: nothing of this code is proven, and why.

    `issuer` and `key_id` are what the code claims, where that much could be read.
    """

    def __init__(
        self,
        verdict: CodeVerdict,
        reason: CodeReason,
        issuer: str | None = None,
        key_id: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.verdict = verdict
        self.reason = reason
        self.issuer = issuer
        self.key_id = key_id


def refused(carrier: Carrier, refusal: Refusal, payload: bytes) -> Code:
    """Return a code nothing of which is proven.

    Its claims stay out of `subject` and `personal`: nobody signed them. The payload is kept, and is
    its own holder, so that a forged copy of somebody's pass is never taken for that person.
    """
    return Code(
        carrier=carrier,
        verdict=refusal.verdict,
        reason=refusal.reason,
        issuer=refusal.issuer,
        key_id=refusal.key_id,
        holder=payload_text(payload) or None,
        payload=payload,
    )


def proven(carrier: Carrier, claims: Claims, at_us: int, *, clock_trusted: bool) -> Code:
    """Return the code of good claims, judged by revocation and by the time."""
    verdict, reason = _judge(claims, at_us, clock_trusted=clock_trusted)
    return Code(
        carrier=carrier,
        verdict=verdict,
        reason=reason,
        issuer=claims.issuer,
        key_id=claims.key_id,
        valid_from_us=claims.from_us,
        valid_until_us=claims.until_us,
        subject=claims.subject,
        personal=claims.personal,
        holder=claims.holder,
    )


def payload_text(payload: bytes) -> str:
    """Return a payload as text: UTF-8, else GB18030 as Chinese codes use it, else byte by byte."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return payload.decode(encoding)
        except UnicodeDecodeError:
            continue
    return payload.decode("latin-1")


def _judge(claims: Claims, at_us: int, *, clock_trusted: bool) -> tuple[CodeVerdict, CodeReason | None]:
    if claims.revoked:
        return CodeVerdict.REVOKED, CodeReason.REVOKED
    if not clock_trusted:
        return CodeVerdict.UNVERIFIED, CodeReason.CLOCK_UNTRUSTED
    if claims.until_us is not None and at_us >= claims.until_us:
        return CodeVerdict.EXPIRED, CodeReason.EXPIRED
    if at_us < claims.from_us:
        return CodeVerdict.NOT_YET_VALID, CodeReason.NOT_YET_VALID
    return CodeVerdict.VALID, None
