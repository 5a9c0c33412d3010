"""Builds the Code of a payload, the same way for every format."""

from collections.abc import Mapping
from typing import NamedTuple

from edge.codes.reasons import CodeReason
from edge.codes.trust import TrustKey
from edge.domain.model import Carrier, Code, CodeVerdict

SECOND_US = 1_000_000


class Claims(NamedTuple):
    """What a code says about itself once its signature was found good, or what it says where nobody
    signs such codes (then `signed` is false and nothing of it is proven).

    Times in microseconds UTC, `until_us` exclusive, None where there is no such bound. `key` is the
    one that made the signature; when its certificate holds is judged apart from when the code does.
    `certificate` is the content rule files speak of, for the formats that have such rules.
    """

    issuer: str | None
    key_id: str | None
    from_us: int | None
    until_us: int | None
    subject: Mapping[str, str]
    personal: Mapping[str, str]
    holder: str | None
    revoked: bool = False
    key: TrustKey | None = None
    signed: bool = True
    certificate: dict[str, object] | None = None


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


def proven(
    carrier: Carrier,
    claims: Claims,
    at_us: int,
    *,
    clock_trusted: bool,
    list_too_old: bool = False,
    earliest: bool = False,
) -> Code:
    """Return the code of good claims, judged by revocation, the age of the trust list and the time.
    `earliest`: it may be later than `at_us`, never before."""
    verdict, reason = _judge(claims, at_us, clock_trusted=clock_trusted, list_too_old=list_too_old)
    if verdict is CodeVerdict.NOT_YET_VALID and earliest:
        verdict, reason = CodeVerdict.UNVERIFIED, CodeReason.CLOCK_UNTRUSTED
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


def _judge(
    claims: Claims, at_us: int, *, clock_trusted: bool, list_too_old: bool
) -> tuple[CodeVerdict, CodeReason | None]:
    if not claims.signed:
        return CodeVerdict.UNVERIFIED, CodeReason.UNSIGNED
    if claims.revoked:
        return CodeVerdict.REVOKED, CodeReason.REVOKED
    if not clock_trusted or list_too_old:
        why = CodeReason.TRUST_LIST_OLD if clock_trusted else CodeReason.CLOCK_UNTRUSTED
        return CodeVerdict.UNVERIFIED, why
    key = claims.key
    # A code and the certificate behind it end apart, and the attendant is told which it was.
    for from_us, until_us, early, late in (
        (claims.from_us, claims.until_us, CodeReason.NOT_YET_VALID, CodeReason.EXPIRED),
        (
            key.from_us if key else None,
            key.until_us if key else None,
            CodeReason.CERTIFICATE_NOT_YET_VALID,
            CodeReason.CERTIFICATE_EXPIRED,
        ),
    ):
        if until_us is not None and at_us >= until_us:
            return CodeVerdict.EXPIRED, late
        if from_us is not None and at_us < from_us:
            return CodeVerdict.NOT_YET_VALID, early
    return CodeVerdict.VALID, None
