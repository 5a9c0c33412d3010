"""The small readers as targets: what each may refuse with, and what has to hold of what it returns."""

import io
import json
import zipfile
import zlib
from contextlib import suppress

from bench.fuzz_run import Target
from edge.codes import base32, base45, base64_text, cbor, chunks, cose, fhir, id_card, jws, one_zip, protobuf
from edge.codes.canonical_json import canonical
from edge.codes.certlogic import Budget, LogicError, evaluate
from edge.codes.certlogic_check import issues
from edge.codes.eu_rules_text import parse_rules
from edge.codes.outcome import Refusal
from edge.codes.rdf_canon import Quad, Term, TooMuchWork, iri
from edge.codes.rdf_canon import canonical as canonical_statements
from edge.codes.trust import ALGORITHMS
from edge.codes.trust_import_file import from_file
from edge.codes.trust_import_revoked import from_revocations
from edge.codes.trust_text import dump_list, parse_list
from edge.domain.errors import ConfigError
from edge.domain.model import Carrier
from tests.codes import test_cwa_venue, test_eu_rules
from tests.codes.every_carrier import EVERY_STORE, SAMPLES
from tests.codes.hc1_samples import signer_certificate
from tests.codes.shc_samples import CARD_KEY_ID, card_claims, pieces
from tests.codes.vds_nc_samples import VACCINATION, csca

MAX_PIECES = 40
_ZIP_LIMIT = 4096
_TAGS = ((), (cose.SIGN1,), (cose.CWT, cose.SIGN1))
_DATA = {"payload": {"v": [{"dn": 2, "sd": 2, "dt": "2021-10-01"}]}, "external": {"validationClock": "2022"}}


def base45_text(data: bytes) -> None:
    with suppress(ValueError):
        assert base45.encode(base45.decode(data)) == data, "two texts for the same bytes"


def base32_text(data: bytes) -> None:
    with suppress(ValueError):
        assert base32.encode(base32.decode(data)) == data, "two texts for the same bytes"


def base64_any(data: bytes) -> None:
    for url in (False, True):
        with suppress(ValueError):
            base64_text.decode(data, url=url)


def cbor_value(data: bytes) -> None:
    strict = lenient = None
    with suppress(cbor.CborError):
        strict = repr(cbor.loads(data))
    with suppress(cbor.CborError):
        lenient = repr(cbor.loads(data, lenient=True))
    assert strict in (None, lenient), "lenient refuses, or reads otherwise, what strict takes"


def cose_envelope(data: bytes) -> None:
    for lenient in (False, True):
        with suppress(Refusal):
            cose.open_sign1(data, _TAGS, lenient=lenient)


def jws_envelope(data: bytes) -> None:
    with suppress(jws.JwsError):
        opened = jws.open_jws(data)
        assert data.startswith(opened.signing_input + b"."), "signed is something else than was read"


def json_value(data: bytes) -> None:
    with suppress(ValueError):
        found = jws.read_json(data)
        json.dumps(found, ensure_ascii=False).encode()  # it can be stored
        assert jws.read_json(canonical(found)) == found, "the canonical text means something else"


def fhir_bundle(data: bytes) -> None:
    with suppress(ValueError):
        bundle = jws.read_json(data)
        fhir.person_of(bundle)
        for name, text in fhir.facts_of(bundle).items():
            assert name, "a fact without a name"
            assert isinstance(text, str), "a fact that is no text"
            assert text, "a fact that says nothing"


def card_pieces(data: bytes) -> None:
    """Lines are pieces read one after the other, the time between them as the line is long."""
    state, now_us = chunks.EMPTY, 0
    for piece in data.split(b"\n")[:MAX_PIECES]:
        now_us += len(piece) * 1000
        added = chunks.add(state, piece, now_us)
        state = added.state
        held = sum(len(digits) for digits in state.digits if digits is not None)
        assert held <= chunks.MAX_JOINED, "more collected than a code has"
        assert added.whole is None or len(added.whole) <= max(chunks.MAX_JOINED, len(piece)), "too long"
        assert 0 <= added.have <= added.total, "more pieces than there are"


def protobuf_message(data: bytes) -> None:
    with suppress(protobuf.ProtobufError):
        message = protobuf.read_message(data)
        for field in message:
            for reader in (protobuf.number, protobuf.some_bytes, protobuf.text):
                with suppress(protobuf.ProtobufError):
                    reader(message, field)


def zip_of_one(data: bytes) -> None:
    with suppress(ValueError):
        found = one_zip.read_only_file(data, b"certificate.json", _ZIP_LIMIT)
        assert len(found) <= _ZIP_LIMIT, "more than was allowed"


def statements(data: bytes) -> None:
    """Each three bytes are a statement; nodes without a name that look alike are what is dear."""
    quads = [
        Quad(Term(f"_:n{s & 15}", blank=True), iri(f"urn:p{p & 7}"), Term(f"_:n{o & 15}", blank=True))
        for s, p, o in zip(data[::3], data[1::3], data[2::3], strict=False)
    ]
    with suppress(TooMuchWork):
        found = canonical_statements(quads)
        with suppress(TooMuchWork):
            assert found == canonical_statements(quads[::-1]), "the order of statements matters"


def logic(data: bytes) -> None:
    with suppress(ValueError):
        rule = jws.read_json(data)
        issues(rule)
        with suppress(LogicError):
            evaluate(rule, _DATA, Budget())


def rules_text(data: bytes) -> None:
    with suppress(ConfigError, UnicodeDecodeError):
        parse_rules(data.decode(), "fuzz")


def trust_list(data: bytes) -> None:
    with suppress(ConfigError, UnicodeDecodeError):
        entry = parse_list(data.decode(), "fuzz")
        assert parse_list(dump_list(entry), "fuzz") == entry, "another list once it was written and read"


def published_list(data: bytes) -> None:
    """The first byte says for which carrier."""
    carrier = _CARRIERS[data[0] % len(_CARRIERS)] if data else Carrier.HC1
    with suppress(ConfigError):
        from_file(data[1:], "fuzz", carrier, issuer=None if carrier is Carrier.NZCP else "XA")
    with suppress(ConfigError, UnicodeDecodeError):
        from_revocations(data[1:].decode(), "fuzz", carrier)


def identity_card(data: bytes) -> None:
    found = dict(id_card.fields(data))
    assert set(found) <= set(id_card.FIELDS), "a field that does not exist"
    assert all(found.values()), "an empty text"
    assert id_card.unread(data) in ("", "layout")


def _dumped(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _zipped() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("certificate.json"), b'{"type":"none"}' * 20)
    return made.getvalue()


_CARRIERS = (*ALGORITHMS, Carrier.CWA_VENUE)
CBOR_SEEDS = (
    zlib.decompress(base45.decode(SAMPLES["hc1"].payload[4:])),
    base32.decode(SAMPLES["nzcp"].payload[8:]),
    b"\x9f\x01\x02\xff",
    b"\xbf\x61a\xf9\x3c\x00\xff",
    b"\x81" * 40,
    b"\x99\x02\x58" + bytes(600),  # more items than any code has
)
JSON_SEEDS = (
    _dumped(card_claims()),
    _dumped(VACCINATION),
    b'{"a":[1,2.5,null,true,"\\ud83d\\ude00"]}',
    b"[" * 40,  # deeper than any code
)
_RULES = {
    "as_of": "2022-03-01T00:00:00Z",
    "country": test_eu_rules.HERE,
    "value_sets": {"vaccines": ["EU/1/20/1528"]},
    "rules": [test_eu_rules.rule(), test_eu_rules.rule(logic=test_eu_rules.KNOWN_VACCINE)],
}
_ADD_ALL = {"reduce": [{"var": "payload.v"}, {"+": [{"var": "accumulator"}, {"var": "current.dn"}]}, 0]}
_TEN_TIMES: object = {"+": [{"var": "accumulator"}, 1]}
for _ in range(2):
    _TEN_TIMES = {"reduce": [[1] * 10, _TEN_TIMES, 0]}
_LOGIC = (
    _TEN_TIMES,
    test_eu_rules.COMPLETE,
    test_eu_rules.FOURTEEN_DAYS,
    _ADD_ALL,
    {"if": [{"!": [{"var": "payload.v.0"}]}, True, {"extractFromUVCI": ["URN:UVCI:01:XA:A#B", 1]}]},
)
_JWKS = {"keys": [{"kty": "EC", "crv": "P-256", "kid": "k", "x": "A" * 43, "y": "A" * 43}]}
_SIGNERS = {"certificates": [{"kid": "AAAAAAAAAAA=", "rawData": "MII=", "country": "XA"}]}
_CRL = {"kid": CARD_KEY_ID, "method": "rid", "ctr": 1, "rids": ["abc.1"]}
_CARD = b'{"name":"Invented","id_number":"110101199003070011","birth_date":"1990-03-07","sex":"f"}'


def _for(carrier: Carrier, data: bytes) -> bytes:
    return bytes([_CARRIERS.index(carrier)]) + data


READERS = (
    Target("base45", base45_text, (SAMPLES["hc1"].payload[4:], b"QED8WEX0", b"GGW", b"FGW"), 8),
    Target("base32", base32_text, (SAMPLES["nzcp"].payload[8:], b"MFRGG", b"MFRGGZDF"), 6),
    Target("base64", base64_any, (b"YWJjZA==", b"YWJjZA", b"_-8=", b"+/8="), 6),
    Target("cbor", cbor_value, CBOR_SEEDS, 8),
    Target("cose", cose_envelope, CBOR_SEEDS, 6),
    Target("jws", jws_envelope, (SAMPLES["shc jws"].payload, SAMPLES["uk_venue"].payload[15:]), 6),
    Target("json", json_value, JSON_SEEDS, 3),
    Target("fhir", fhir_bundle, (_dumped(card_claims()["vc"]["credentialSubject"]["fhirBundle"]),), 3),
    Target("chunks", card_pieces, (b"\n".join(pieces(3)), b"\n".join((*pieces(2)[::-1], *pieces(3))))),
    Target("protobuf", protobuf_message, (test_cwa_venue.message(), b"\x08\x96\x01" * 80), 8),
    Target("zip", zip_of_one, (_zipped(),), 6),
    Target("rdf", statements, (bytes(range(48)), b"\x01\x22\x03\x03\x22\x01" * 4), 1),
    Target("certlogic", logic, tuple(_dumped(rule) for rule in _LOGIC), 6),
    Target("eu rules", rules_text, (_dumped(_RULES),), 2),
    Target("trust list", trust_list, tuple(dump_list(entry).encode() for entry in EVERY_STORE.lists), 3),
    Target(
        "trust import",
        published_list,
        (
            _for(Carrier.HC1, signer_certificate()),
            _for(Carrier.VDS_NC, csca()),
            _for(Carrier.SHC, _dumped(_JWKS)),
            _for(Carrier.HC1, _dumped(_SIGNERS)),
            _for(Carrier.SHC, _dumped(_CRL)),
        ),
    ),
    Target("id card", identity_card, (_CARD, b'{"unread":true,"layout":"1"}')),
)
