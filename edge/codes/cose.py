"""Opens a COSE_Sign1 (RFC 9052, section 4.2), the signed envelope of EU certificates and NZ passes.

It says what would have to be signed and by whom; nothing of it is proven yet. Which tags may stand
in front and where a header may stand is for each format to say.
"""

from dataclasses import dataclass

from edge.codes import cbor
from edge.codes.outcome import Refusal
from edge.codes.reasons import CodeReason
from edge.domain.model import CodeVerdict

Header = dict[int | str, object]

SIGN1, CWT = 18, 61  # tags: RFC 9052 section 2, RFC 8392 section 6
ALG, CRIT, KID = 1, 2, 4  # header labels, RFC 9052 section 3.1
ES256, PS256 = -7, -37  # RFC 9053 section 2.1, RFC 8230 section 2

_MAX_TAGS = 2


@dataclass(frozen=True, slots=True)
class Sign1:
    """The parts of an envelope, and the `message` its signature is made over."""

    protected: Header
    unprotected: Header
    body: bytes
    message: bytes
    signature: bytes

    def header(self, label: int) -> object:
        """Return a header wherever it stands; a protected one is never overruled by the other."""
        return self.protected[label] if label in self.protected else self.unprotected.get(label)


def open_sign1(data: bytes, tags: tuple[tuple[int, ...], ...], *, lenient: bool = False) -> Sign1:
    """Return the parts of the envelope `data` holds; Refusal where it is none.

    `tags`: the sequences of tags that may stand in front, from the outside in. `lenient` reads the
    CBOR as `cbor.loads` says.
    """
    value = read_cbor(data, lenient=lenient)
    found: list[int] = []
    while isinstance(value, cbor.Tagged) and len(found) < _MAX_TAGS:
        found.append(value.tag)
        value = value.value
    if tuple(found) not in tags:
        raise _invalid(CodeReason.STRUCTURE)
    match value:
        case [bytes(protected), dict(unprotected), bytes(body), bytes(signature)]:
            header = _protected(protected, lenient=lenient)
            # `crit` names extensions we would have to understand, and we understand none.
            if CRIT in header or CRIT in unprotected:
                raise _invalid(CodeReason.HEADER)
            return Sign1(header, unprotected, body, _message(protected if header else b"", body), signature)
    raise _invalid(CodeReason.STRUCTURE)


def read_cbor(data: bytes, *, lenient: bool = False) -> object:
    """Return the one value of some bytes; Refusal where they are not CBOR."""
    try:
        return cbor.loads(data, lenient=lenient)
    except cbor.CborError:
        raise _invalid(CodeReason.STRUCTURE) from None


def _protected(data: bytes, *, lenient: bool) -> Header:
    # RFC 9052, section 3: no headers at all are written as no bytes at all.
    header = read_cbor(data, lenient=lenient) if data else {}
    if not isinstance(header, dict):
        raise _invalid(CodeReason.HEADER)
    return header


def _message(protected: bytes, body: bytes) -> bytes:
    # RFC 9052, section 4.4; no protected headers count as no bytes there, however they were written.
    message = b"\x84" + cbor.text_string("Signature1")
    return message + b"".join(cbor.byte_string(part) for part in (protected, b"", body))


def _invalid(reason: CodeReason) -> Refusal:
    return Refusal(CodeVerdict.INVALID, reason)
