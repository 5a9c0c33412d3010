"""Base45 of RFC 9285, strict: one text for one value.

The blank is a letter of its alphabet, though none that a text could end in: blanks behind a text are
an error, and nothing is ever cut off here to make it good.
"""

_ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_NO_LETTER = 255
_VALUES = bytes(_ALPHABET.find(letter) if letter in _ALPHABET else _NO_LETTER for letter in range(256))


def encode(data: bytes) -> bytes:
    """Return the base45 letters of `data`."""
    letters = bytearray()
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        number = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            number, value = divmod(number, 45)
            letters.append(_ALPHABET[value])
    return bytes(letters)


def decode(letters: bytes) -> bytes:
    """Return the bytes that `letters` stand for; ValueError for anything `encode` would not write."""
    values = letters.translate(_VALUES)
    if _NO_LETTER in values:
        raise ValueError("a character outside the base45 alphabet")
    whole, rest = divmod(len(values), 3)
    if rest == 1:
        raise ValueError("no base45 text has this length")
    data = bytearray()
    for at in range(0, 3 * whole, 3):
        number = values[at] + 45 * values[at + 1] + 2025 * values[at + 2]
        if number > 0xFFFF:
            raise ValueError("three characters that stand for more than two bytes")
        data += number.to_bytes(2, "big")
    if rest:
        number = values[-2] + 45 * values[-1]
        if number > 0xFF:
            raise ValueError("two characters that stand for more than one byte")
        data.append(number)
    return bytes(data)
