"""Payload bytes to Code: what a scanned code turned out to be, and whether it can be believed.

Pure: no files, no network, no clock. One module for each format; a payload no format claims is
`unknown`, kept and `unverified`, never an exception and never green.
"""

import re
from collections.abc import Callable

from edge.codes import (
    cwa_venue,
    divoc,
    gatepost_pass,
    gatepost_venue,
    hc1,
    nz_venue,
    nzcp,
    shc,
    uk_venue,
    vds_nc,
)
from edge.codes.eu_rules import applied
from edge.codes.outcome import Claims, Refusal, proven, refused
from edge.codes.reasons import CodeReason
from edge.codes.trust import EMPTY, Algorithm, TrustKey, TrustList, TrustStore
from edge.domain.model import Carrier, Code, CodeVerdict

__all__ = ["EMPTY", "MAX_BYTES", "Algorithm", "TrustKey", "TrustList", "TrustStore", "read"]

# The largest QR code holds 2,953 bytes; a few joined symbols still fit.
MAX_BYTES = 8192

_OURS = re.compile(rb"GP(V?)\d{1,9}:")


def read(
    payload: bytes, trust: TrustStore, at_us: int, *, clock_trusted: bool = True, earliest: bool = False
) -> Code:
    """Return what `payload` is at `at_us` (microseconds UTC); never raises, whatever the bytes.

    At most 8 KB are looked at and at most four signatures checked. Where the clock cannot be
    trusted, a well-signed code is `unverified` with reason `clock_untrusted`: neither its end nor
    its beginning can be judged. `earliest`: the clock stood still for a while and it may be later than
    `at_us`; a code that has not begun by then is `unverified` for the same reason.
    """
    if len(payload) > MAX_BYTES:
        unknown = Refusal(CodeVerdict.UNVERIFIED, CodeReason.TOO_LONG)
        return refused(Carrier.UNKNOWN, unknown, payload[:MAX_BYTES])
    carrier, claims_of = _format_of(payload)
    try:
        claims = claims_of(payload, trust)
    except Refusal as refusal:
        return refused(carrier, refusal, payload)
    too_old = trust.too_old(carrier, at_us)
    code = proven(
        carrier, claims, at_us, clock_trusted=clock_trusted, list_too_old=too_old, earliest=earliest
    )
    if trust.eu_rules is None or claims.certificate is None:
        return code
    return applied(code, claims.certificate, trust.eu_rules, at_us, max_age_us=trust.max_age_us)


def _format_of(payload: bytes) -> tuple[Carrier, Callable[[bytes, TrustStore], Claims]]:
    for recognises, carrier, claims_of in _FORMATS:
        if recognises(payload):
            return carrier, claims_of
    newer = _OURS.match(payload)
    if newer:
        return (Carrier.GATEPOST_VENUE if newer[1] else Carrier.GATEPOST_PASS), _refuse_newer
    return Carrier.UNKNOWN, _refuse_unknown


def _refuse_newer(_payload: bytes, _trust: TrustStore) -> Claims:
    raise Refusal(CodeVerdict.UNSUPPORTED, CodeReason.VERSION)


def _refuse_unknown(payload: bytes, _trust: TrustStore) -> Claims:
    raise Refusal(CodeVerdict.UNVERIFIED, CodeReason.NOT_RECOGNISED if payload else CodeReason.EMPTY)


def _prefix(prefix: bytes) -> Callable[[bytes], bool]:
    return lambda payload: payload.startswith(prefix)


_FORMATS: tuple[tuple[Callable[[bytes], bool], Carrier, Callable[[bytes, TrustStore], Claims]], ...] = (
    (_prefix(gatepost_pass.FORMAT.prefix), Carrier.GATEPOST_PASS, gatepost_pass.claims),
    (_prefix(gatepost_venue.FORMAT.prefix), Carrier.GATEPOST_VENUE, gatepost_venue.claims),
    (hc1.recognises, Carrier.HC1, hc1.claims),
    (shc.recognises, Carrier.SHC, shc.claims),
    (_prefix(nzcp.PREFIX), Carrier.NZCP, nzcp.claims),
    (_prefix(uk_venue.PREFIX), Carrier.UK_VENUE, uk_venue.claims),
    (
        cwa_venue.recognises,
        Carrier.CWA_VENUE,
        lambda payload, trust: cwa_venue.claims(payload, trust.cwa_hosts),
    ),
    (nz_venue.recognises, Carrier.NZ_VENUE, lambda payload, _trust: nz_venue.claims(payload)),
    (vds_nc.recognises, Carrier.VDS_NC, vds_nc.claims),
    (divoc.recognises, Carrier.DIVOC, lambda payload, trust: divoc.claims(payload, trust, trust.documents)),
)
