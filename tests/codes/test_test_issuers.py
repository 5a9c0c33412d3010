"""A code is called a sample of a test issuer where that is known: its key is one, or its issuer's name is
published as one. A foreign code beside a practice list is merely foreign."""

from dataclasses import replace

import pytest

from edge.codes import TrustList, TrustStore, read
from edge.codes.trust import NZCP_TEST_ISSUER, TrustKey
from edge.codes.vds_nc_chain import csca_key
from edge.domain.model import Carrier, CodeVerdict
from tests.codes.every_carrier import DIVOC, EVERY_STORE, SAMPLES, Sample
from tests.codes.samples import NOW_US, NZ_TRUST, OTHER_KEY, nz_claims, nz_pass
from tests.codes.shc_samples import CARD_TRUST, spoiled
from tests.codes.vds_nc_samples import OTHER_KEY as OTHER_CSCA_KEY
from tests.codes.vds_nc_samples import csca

SIGNED = {
    name: sample
    for name, sample in {**SAMPLES, **({"divoc": DIVOC} if DIVOC is not None else {})}.items()
    if sample.verdict is CodeVerdict.VALID
}
EXAMPLE_ISSUER = "https://spec.smarthealth.cards/examples/issuer"


def practice(carrier: Carrier, *keys: TrustKey, allowed: bool = False) -> TrustStore:
    """Return a store whose list of one carrier holds keys of test issuers."""
    marked = TrustList(carrier, tuple(replace(key, test=True) for key in keys))
    return replace(EVERY_STORE, lists=(marked,), test_issuers=allowed)


def keys_of(carrier: Carrier) -> tuple[TrustKey, ...]:
    entry = EVERY_STORE.of(carrier)
    assert entry is not None
    return entry.keys


@pytest.mark.parametrize("name", SIGNED)
def test_what_a_test_issuer_really_signed_is_said_to_be_his(name: str) -> None:
    sample: Sample = SIGNED[name]
    keys = keys_of(sample.carrier)
    code = read(sample.payload, practice(sample.carrier, *keys), NOW_US)
    assert (code.verdict, code.reason) == (CodeVerdict.UNKNOWN_ISSUER, "test_issuer")
    assert not code.subject
    assert not code.personal
    allowed = practice(sample.carrier, *keys, allowed=True)
    assert read(sample.payload, allowed, NOW_US).verdict is CodeVerdict.VALID


@pytest.mark.parametrize("name", SIGNED)
def test_a_foreign_code_beside_a_practice_list_is_no_test_issuers(name: str) -> None:
    sample: Sample = SIGNED[name]
    if sample.carrier is Carrier.VDS_NC:
        others: tuple[TrustKey, ...] = (csca_key(csca(OTHER_CSCA_KEY)),)
    else:
        others = tuple(replace(key, key_id="another", issuer="another") for key in keys_of(sample.carrier))
    code = read(sample.payload, practice(sample.carrier, *others), NOW_US)
    assert code.verdict is CodeVerdict.UNKNOWN_ISSUER
    assert code.reason in ("unknown_key", "issuer_not_trusted", "certificate_chain")


def test_what_only_names_a_test_issuers_key_is_forged() -> None:
    forged = replace(NZ_TRUST, public=CARD_TRUST.public)
    code = read(nz_pass(), practice(Carrier.NZCP, forged), NOW_US)
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, "signature")
    ours = replace(keys_of(Carrier.GATEPOST_PASS)[0], public=OTHER_KEY.public_key().public_bytes_raw())
    code = read(SAMPLES["gatepost_pass"].payload, practice(Carrier.GATEPOST_PASS, ours), NOW_US)
    assert (code.verdict, code.reason) == (CodeVerdict.INVALID, "signature")


@pytest.mark.parametrize(
    ("payload", "carrier"),
    [
        (nz_pass({**nz_claims(), 1: NZCP_TEST_ISSUER}), Carrier.NZCP),
        (spoiled(lambda claims: claims.update(iss=EXAMPLE_ISSUER)), Carrier.SHC),
    ],
    ids=["nzcp", "shc"],
)
def test_a_published_test_issuers_name_is_known_without_his_key(payload: bytes, carrier: Carrier) -> None:
    assert read(payload, EVERY_STORE, NOW_US).reason == "test_issuer"
    # Where practice is allowed the list is what is missing.
    allowed = TrustStore(EVERY_STORE.lists, test_issuers=True)
    assert read(payload, allowed, NOW_US).reason == "issuer_not_trusted"
    forged = replace(keys_of(carrier)[0], issuer=EXAMPLE_ISSUER, public=CARD_TRUST.public)
    if carrier is Carrier.SHC:
        code = read(payload, TrustStore((TrustList(carrier, (forged,)),)), NOW_US)
        assert (code.verdict, code.reason) == (CodeVerdict.UNKNOWN_ISSUER, "test_issuer")
