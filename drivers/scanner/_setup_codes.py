"""Payloads that are meant for a scanner, not for a gate: its own set-up codes.

A visitor who shows one must reach neither the scanner's settings nor the lane. Which bytes makers put
into them is mostly not published, so this knows the forms seen; the scanner's own switch comes first.
"""

import re

_FORMS = (
    rb"_SET_CODE_(ON|OFF)",  # GROW GM812; CODE1
    rb"\^_\^[A-Z0-9]{4,16}\.",  # DYScan DE2120; CODE1
    rb"~M[0-9A-Fa-f]{4,32}\.",  # MH-ET LIVE; CODE1
    rb"\x7e\x00[\x07-\x0a].*",  # a GM65 command itself; CALC
    rb"7[Ee] ?00 ?0[789Aa][0-9A-Fa-f ]+",  # the same spelt out; CALC
    rb"\^#SC\^.{1,64}",  # NETUM; MEM
    rb"@[A-Z]{6}\d{0,4}",  # Newland; MEM
    rb"\$\$\$#.{1,64};%%%",  # unnamed modules; MEM
)
_SET_UP = re.compile(b"|".join(b"(?:%s)" % form for form in _FORMS), re.DOTALL)


def is_setup_code(payload: bytes) -> bool:
    """Say whether a payload is a scanner's set-up code."""
    return len(payload) <= 512 and _SET_UP.fullmatch(payload.strip()) is not None
