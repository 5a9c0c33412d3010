"""Bytes to text, the one way this software does it.

A code's payload stays bytes wherever it is kept; this is for reading and showing it. Standard
library only; nothing here may raise on any bytes.
"""


def decode_text(payload: bytes) -> str | None:
    """Return the payload as text: UTF-8, then GB18030 (Chinese codes made before UTF-8 was usual).

    None where it is neither: then it is no text, and a guess would show what nobody wrote.
    """
    for encoding in ("utf-8", "gb18030"):
        try:
            return payload.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def text_of(payload: bytes) -> str:
    """Return the payload as something to show: its text, or its bytes in hexadecimal."""
    text = decode_text(payload)
    return payload.hex() if text is None else text
