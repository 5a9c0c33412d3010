"""Who vouches for the signer of a VDS-NC, whose certificate the code brings along: its country's CSCA.

A signer's certificate proves nothing by itself: whoever forges a code puts his own in. It counts when
a CSCA (Country Signing Certificate Authority, ICAO Doc 9303-12) on the trust list issued it, directly,
and its subject names the CSCA's country. Both have to be in date when the code is read (RFC 5280's
rule; a VDS-NC does not say when it was made). Whom ICAO's signer lists exclude by purpose is excluded
here: an authority, and a signer whose extended uses are all for something else. A signer without such
uses passes: the published samples have none.
"""

from dataclasses import replace

from cryptography.exceptions import InvalidSignature

from edge.codes.countries import two_letters
from edge.codes.signature import MAX_KEYS_TRIED
from edge.codes.signer_certificate import NOT_READABLE, Certificate, read_certificate
from edge.codes.trust import TrustKey, TrustList, x509_key


def csca_key(der: bytes, issuer: str | None = None) -> TrustKey:
    """Return the trust key of a CSCA certificate; ValueError if it is none.

    `issuer` names its country (two letters or three) where the certificate's own shall not. The key's
    id is the serial number.
    """
    certificate = read_certificate(der)
    named = issuer or certificate.country
    if named is None or two_letters(named) is None:
        raise ValueError("it names no country; give one")
    if not certificate.authority:
        raise ValueError("not the certificate of an authority: it may not issue others")
    key = x509_key(der, named, certificate.serial)
    return replace(key, from_us=certificate.from_us, until_us=certificate.until_us)


def vouching(signer: Certificate, country: str, trusted: TrustList) -> TrustKey | None:
    """Return the signer as a key of the CSCA that issued it, in date while both are; None if no CSCA
    of this country (two letters) did. At most MAX_KEYS_TRIED are tried, the likeliest first."""
    if signer.country != country or signer.authority:
        return None
    candidates = [
        (key, authority)
        for key, authority in trusted.authorities(signer.issuer)
        if authority.country == country and two_letters(key.issuer) in (country, None)
    ]
    candidates.sort(key=lambda found: _likelihood(signer, found[1]), reverse=True)
    for key, authority in candidates[:MAX_KEYS_TRIED]:
        if _issued(signer, authority):
            begins = [at for at in (signer.from_us, authority.from_us, key.from_us) if at is not None]
            ends = [at for at in (signer.until_us, authority.until_us, key.until_us) if at is not None]
            vouched = TrustKey(key.issuer, signer.serial, key.algorithm, signer.der, test=key.test)
            return replace(vouched, from_us=max(begins), until_us=min(ends, default=None))
    return None


def _likelihood(signer: Certificate, authority: Certificate) -> tuple[int, bool, bool, int]:
    """Order the CSCAs of one name (a country makes a new one every few years): whose key the signer says
    it is signed with, then who could have signed when it was made, then who lasts longest."""
    named = 0
    if signer.issuers_key is not None and authority.own_key is not None:
        named = 1 if signer.issuers_key == authority.own_key else -1
    ends = authority.until_us
    held = authority.from_us <= signer.from_us and (ends is None or signer.from_us < ends)
    return named, held, ends is None, ends or 0


def _issued(signer: Certificate, authority: Certificate) -> bool:
    try:
        signer.loaded.verify_directly_issued_by(authority.loaded)
    except (InvalidSignature, *NOT_READABLE):
        return False
    return True
