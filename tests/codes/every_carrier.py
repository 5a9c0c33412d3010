"""One good code of every carrier, and one store that knows the keys of all of them.

All made here, of invented people and places; the time is NOW_US. DIVOC's is there where its extra is.
"""

from typing import NamedTuple

from edge.codes import TrustList, TrustStore
from edge.codes.linked_data import Contexts
from edge.domain.model import Carrier, CodeVerdict
from tests.codes import test_cwa_venue, test_nz_venue, test_uk_venue
from tests.codes.hc1_samples import RECOVERY, TEST, content, hc1_code, hc1_trust, rsa_key, token
from tests.codes.samples import NZ_TRUST, OUR_KEY, PASS_PAYLOAD, VENUE_PAYLOAD, nz_pass
from tests.codes.shc_samples import CARD_TRUST, OTHER_CARD_TRUST, card, card_jws
from tests.codes.vds_nc_samples import TEST as SEALED_TEST
from tests.codes.vds_nc_samples import seal, utopia

RSA_KID = b"psspssps"


class Sample(NamedTuple):
    """A good code: what it is, and what the gate says of it."""

    payload: bytes
    carrier: Carrier
    verdict: CodeVerdict = CodeVerdict.VALID
    reason: str | None = None


_LISTS = (
    TrustList(Carrier.GATEPOST_PASS, (OUR_KEY,)),
    TrustList(Carrier.GATEPOST_VENUE, (OUR_KEY,)),
    TrustList(Carrier.HC1, (hc1_trust(), hc1_trust(rsa_key(), RSA_KID))),
    TrustList(Carrier.SHC, (CARD_TRUST, OTHER_CARD_TRUST)),
    TrustList(Carrier.NZCP, (NZ_TRUST,)),
    TrustList(Carrier.VDS_NC, (utopia(),)),
    TrustList(Carrier.UK_VENUE, (test_uk_venue.trust_key(),)),
)
try:
    from tests.codes import divoc_samples
except ImportError:  # the extra is not installed
    DIVOC: Sample | None = None
    EVERY_STORE = TrustStore(_LISTS)
else:
    # Apart from the others: of an archive's own bytes (its file's date, say) nothing is signed.
    DIVOC = Sample(divoc_samples.zipped(divoc_samples.signed()), Carrier.DIVOC)
    EVERY_STORE = TrustStore(
        (*_LISTS, TrustList(Carrier.DIVOC, (divoc_samples.trust_key(),))),
        documents=Contexts(divoc_samples.DOCUMENTS),
    )


def _unsigned(payload: bytes, carrier: Carrier) -> Sample:
    return Sample(payload, carrier, CodeVerdict.UNVERIFIED, "unsigned")


SAMPLES: dict[str, Sample] = {
    "hc1": Sample(hc1_code(), Carrier.HC1),
    "hc1 test": Sample(hc1_code(token(content(t=[dict(TEST)]))), Carrier.HC1),
    "hc1 recovery": Sample(hc1_code(token(content(r=[dict(RECOVERY)]))), Carrier.HC1),
    "hc1 rsa": Sample(hc1_code(protected={1: -37, 4: RSA_KID}, key=rsa_key()), Carrier.HC1),
    "shc": Sample(card(), Carrier.SHC),
    "shc jws": Sample(card_jws(), Carrier.SHC),
    "nzcp": Sample(nz_pass(), Carrier.NZCP),
    "vds_nc": Sample(seal(), Carrier.VDS_NC),
    "vds_nc test": Sample(seal(SEALED_TEST), Carrier.VDS_NC),
    "uk_venue": Sample(f"UKC19TRACING:1:{test_uk_venue.jws()}".encode(), Carrier.UK_VENUE),
    "cwa_venue": _unsigned(
        (test_cwa_venue.OWN + test_cwa_venue.text(test_cwa_venue.message())).encode(), Carrier.CWA_VENUE
    ),
    "nz_venue": _unsigned(b"NZCOVIDTRACER:" + test_nz_venue.text().encode(), Carrier.NZ_VENUE),
    "gatepost_pass": Sample(PASS_PAYLOAD, Carrier.GATEPOST_PASS),
    "gatepost_venue": Sample(VENUE_PAYLOAD, Carrier.GATEPOST_VENUE),
    # As a platform's codes look from outside: a link and an opaque number. Only the platform knows more.
    "china": Sample(
        "https://hc.example/code?t=8F3A0C5D9B7E41&c=健康码".encode(),
        Carrier.UNKNOWN,
        CodeVerdict.UNVERIFIED,
        "not_recognised",
    ),
}
