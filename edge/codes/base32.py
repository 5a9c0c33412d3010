"""Base32 of RFC 4648, strict: upper case, no padding, one text for one value.

The standard library's decoder wants padding and lets the unused last bits be anything, so that
several texts would mean the same bytes. Here every other text is refused.
"""

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
# Letters in the last, partial group -> unused low bits they carry; 1, 3 and 6 cannot occur.
_SPARE_BITS = {0: 0, 2: 2, 4: 4, 5: 1, 7: 3}


def encode(data: bytes) -> bytes:
    """Return the base32 letters of `data`, without padding."""
    spare = -len(data) * 8 % 5
    number = int.from_bytes(data, "big") << spare
    count = (len(data) * 8 + spare) // 5
    return bytes(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(count)))


def decode(letters: bytes) -> bytes:
    """Return the bytes that `letters` stand for; ValueError for anything `encode` would not write."""
    spare = _SPARE_BITS.get(len(letters) % 8)
    if spare is None:
        raise ValueError("no base32 text has this length")
    number = 0
    data = bytearray()
    waiting = 0
    for letter in letters:
        value = _VALUES.get(letter)
        if value is None:
            raise ValueError("a character outside the base32 alphabet")
        number = number << 5 | value
        waiting += 5
        if waiting >= 8:
            waiting -= 8
            data.append(number >> waiting)
            number &= (1 << waiting) - 1
    if number:
        raise ValueError("the unused last bits are not zero")
    return bytes(data)
