"""Whole codes as targets: any bytes, and bytes that are packed or signed into a code first.

What is signed here is signed well: so the bytes reach what stands behind a signature. An issuer's
software is not ours either.
"""

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache

import cbor2

from bench.fuzz_readers import CBOR_SEEDS, JSON_SEEDS
from bench.fuzz_run import Target
from edge.codes import EMPTY, MAX_BYTES, base32, gatepost_pass, gatepost_venue, jws, read
from edge.codes.outcome import payload_text
from edge.codes.reasons import SENTENCES
from edge.codes.trust import key_id_of
from edge.domain.model import Code, CodeVerdict
from tests.codes import test_cwa_venue, test_nz_venue, test_uk_venue
from tests.codes.every_carrier import DIVOC, EVERY_STORE, SAMPLES
from tests.codes.hc1_samples import RECOVERY, TEST, content, hc1_code, hc1_text, token
from tests.codes.samples import KEY, NOW_US, PASS_PAYLOAD, VENUE_PAYLOAD, nz_claims, nz_pass, nz_text
from tests.codes.shc_samples import card, card_jws
from tests.codes.vds_nc_samples import TEST as SEALED_TEST
from tests.codes.vds_nc_samples import VACCINATION, seal


def whole_targets() -> tuple[Target, ...]:
    """Return the targets there are here: those of DIVOC where its extra is installed."""
    _good_codes()  # read before anything is counted
    return (*_WHOLE, *_divoc_targets())


def any_payload(data: bytes) -> None:
    """Nobody signed these: none is valid but the good codes."""
    code = read(data, EVERY_STORE, NOW_US)
    check(code, data)
    assert code.verdict is not CodeVerdict.VALID or code in _good_codes(), "a forgery is valid"


def nobody_trusted(data: bytes) -> None:
    """As a gate into which no trust list was imported."""
    code = read(data, EMPTY, NOW_US, clock_trusted=False)
    check(code, data)
    assert code.verdict is not CodeVerdict.VALID, "valid though nobody is trusted"


def check(code: Code, payload: bytes) -> None:
    """Raise where a code is not built as every code has to be."""
    valid = code.verdict is CodeVerdict.VALID
    assert (code.reason is None) is valid, "a reason is missing, or there is one too many"
    assert valid or code.reason in SENTENCES, "a reason without a sentence"
    check_facts(code.subject)
    check_facts(code.personal)
    for text in (code.issuer, code.key_id, code.holder, *code.subject.values(), *code.personal.values()):
        if text is not None:
            text.encode()  # half a character could not be stored
    if code.payload is not None:
        assert code.payload in (payload, payload[:MAX_BYTES]), "another payload is kept"
        assert not code.subject, "facts of a refused code"
        assert not code.personal, "a person of a refused code"
        assert code.holder in (None, payload_text(code.payload)), "a refused code is somebody"


def check_facts(facts: Mapping[str, str]) -> None:
    """Raise where a fact is no text or says nothing."""
    for name, text in facts.items():
        assert isinstance(text, str), f"{name} is no text"
        assert text, f"{name} says nothing"


def made(make: Callable[[bytes], bytes]) -> Callable[[bytes], None]:
    """Return what reads the code made of an input; ValueError where none can be made of it."""

    def run(data: bytes) -> None:
        try:
            payload = make(data)
        except ValueError:
            return
        check(read(payload, EVERY_STORE, NOW_US), payload)

    return run


@cache
def _good_codes() -> tuple[Code, ...]:
    return tuple(read(payload, EVERY_STORE, NOW_US) for payload in _GOOD)


def _sealed(data: bytes) -> bytes:
    found = jws.read_json(data)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return seal(found)


def _by_us(prefix: bytes, domain: bytes) -> Callable[[bytes], bytes]:
    key_id = key_id_of(KEY.public_key().public_bytes_raw())

    def make(data: bytes) -> bytes:
        body = key_id + data
        return prefix + base32.encode(body + KEY.sign(domain + body))

    return make


def _body(payload: bytes) -> bytes:
    return base32.decode(payload.partition(b":")[2])[8:-64]


def _bombs() -> Iterator[bytes]:
    """Yield what asks for more than a gate gives; it is refused at a cap."""
    deep, wide = b"[" * 4000, b"[" + b"0," * 6000 + b"0]"
    yield hc1_text(zlib.compress(bytes(4_000_000), 9))
    yield hc1_code(b"\x9a\x00\x00\x13\x80" + bytes(4000))
    yield hc1_code(b"\x81" * 4000)
    yield nz_text(b"\xd2\x84" + b"\x9f" * 3000)
    yield nz_text(b"\xc2\x59\x13\x80" + b"\xff" * 4992)
    for text in (b'{"a":' + deep, b'{"a":' + wide + b"}", b'{"a":' + b"9" * 20_000 + b"}"):
        yield card_jws(packed=zlib.compress(text, 9, -15))
    yield card_jws(packed=zlib.compress(bytes(4_000_000), 9, -15))
    yield card_jws(packed=zlib.compress(b'{"a":[' + b"0," * 4000 + b"0]}", 9, -15))  # just not too large
    yield b'{"data":{"hdr":' + deep + b',"sig":'


def _dumped(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _divoc_targets() -> tuple[Target, ...]:
    try:
        from tests.codes.divoc_samples import credential, signed, zipped
    except ImportError:
        return ()

    def signed_document(data: bytes) -> None:
        try:
            found = jws.read_json(data)
        except ValueError:
            return
        if isinstance(found, dict) and "proof" not in found:
            try:
                payload = zipped(signed(found))
            except Exception:  # noqa: BLE001 - whatever the peer cannot sign is no certificate
                return
            check(read(payload, EVERY_STORE, NOW_US), payload)

    return (
        Target("divoc", any_payload, (zipped(signed()), zipped(bytes(4_000_000))), 1),
        Target("packed divoc", made(zipped), (_dumped(signed()),), 1),
        Target("signed divoc", signed_document, (_dumped(credential()),), 1),
    )


_HC1_SEEDS = tuple(
    cbor2.dumps(found)
    for found in (token(), token(content(t=[dict(TEST)])), token(content(r=[dict(RECOVERY)]), nbf=1.5))
)
_UK = "UKC19TRACING:1:"
_PASS, _VENUE = gatepost_pass.FORMAT, gatepost_venue.FORMAT

_GOOD = tuple(sample.payload for sample in (*SAMPLES.values(), DIVOC) if sample is not None)
_ANY = (*_GOOD, *_bombs())
_PACKED = (zlib.compress(JSON_SEEDS[0], 9, -15), zlib.compress(bytes(99_999), 9, -15))

_WHOLE = (
    Target("read", any_payload, _ANY, 12),
    Target("read, nobody trusted", nobody_trusted, _ANY, 8),
    Target("packed hc1", made(hc1_text), (zlib.compress(CBOR_SEEDS[0]), zlib.compress(bytes(99_999), 9)), 3),
    Target("enveloped hc1", made(lambda data: hc1_text(zlib.compress(data, 1))), CBOR_SEEDS, 3),
    Target("signed hc1", made(hc1_code), _HC1_SEEDS, 2),
    Target("enveloped nzcp", made(nz_text), CBOR_SEEDS, 3),
    Target("signed nzcp", made(nz_pass), (cbor2.dumps(nz_claims()),), 1),
    Target("packed shc", made(lambda data: card_jws(packed=data)), _PACKED, 2),
    Target("signed shc", made(card), JSON_SEEDS[:1], 2),
    Target("signed vds_nc", made(_sealed), (_dumped(VACCINATION), _dumped(SEALED_TEST)), 2),
    Target(
        "signed uk_venue",
        made(lambda data: (_UK + test_uk_venue.jws(data)).encode()),
        (_dumped(test_uk_venue.VENUE),),
        1,
    ),
    Target(
        "packed cwa_venue",
        made(lambda data: (test_cwa_venue.OWN + test_cwa_venue.text(data)).encode()),
        (test_cwa_venue.message(), b"\x0a\x00" * 100),
    ),
    Target(
        "packed nz_venue",
        made(lambda data: b"NZCOVIDTRACER:" + test_nz_venue.text(data).encode()),
        (_dumped(test_nz_venue.POSTER),),
    ),
    Target("signed gatepost_pass", made(_by_us(_PASS.prefix, _PASS.domain)), (_body(PASS_PAYLOAD),), 2),
    Target("signed gatepost_venue", made(_by_us(_VENUE.prefix, _VENUE.domain)), (_body(VENUE_PAYLOAD),), 2),
)
