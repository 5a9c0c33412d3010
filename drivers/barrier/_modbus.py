"""Modbus RTU as far as a relay board needs it: two requests and the answers they allow.

Bytes to meaning only, no line and no clock. What makes a frame is in `drivers._modbus`.
"""

from dataclasses import dataclass

from drivers._modbus import REFUSED, framed, is_frame

READ_COILS = 0x01
WRITE_COIL = 0x05
_ON, _OFF = b"\xff\x00", b"\x00\x00"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a board answered: the state of the coil, or the number it refuses with."""

    on: bool | None = None
    refused: int | None = None


def write_coil(address: int, coil: int, *, on: bool) -> bytes:
    """Return the request that switches a coil (function 05)."""
    return framed(bytes([address, WRITE_COIL]) + coil.to_bytes(2, "big") + (_ON if on else _OFF))


def read_coil(address: int, coil: int) -> bytes:
    """Return the request for the state of one coil (function 01)."""
    return framed(bytes([address, READ_COILS]) + coil.to_bytes(2, "big") + b"\x00\x01")


def answer(request: bytes, received: bytes) -> Answer | None:
    """Return the answer to `request` found anywhere in `received`, None while there is none.

    An adapter that hears itself gives our own request back before the answer; for function 05 the two
    are the same bytes and cannot be told apart.
    """
    address, function = request[0], request[1]
    for start in range(len(received)):
        rest = received[start:]
        if function == WRITE_COIL and rest.startswith(request):
            return Answer(on=request[4:6] == _ON)
        if function == READ_COILS and is_frame(rest[:6], bytes([address, function, 1])):
            return Answer(on=bool(rest[3] & 1))
        if is_frame(rest[:5], bytes([address, function | REFUSED])):
            return Answer(refused=rest[2])
    return None
