"""Key presses of a keyboard-wedge scanner to the characters it typed, as a US keyboard means them.

Numbers are Linux's own (linux/input-event-codes.h), so that this needs no device and no package. No I/O,
no clock: whoever reads says when the keys were idle.
"""

from collections.abc import Iterable
from typing import NamedTuple

PAYLOAD_LIMIT = 4096
EV_SYN, EV_KEY, SYN_DROPPED = 0, 1, 3
UP, DOWN = 0, 1
KEY_TAB, KEY_ENTER, KEY_A, KEY_CAPSLOCK, KEY_KPENTER = 15, 28, 30, 58, 96
SHIFTS = frozenset({42, 54})
_ENDS = frozenset({KEY_TAB, KEY_ENTER, KEY_KPENTER})
_LOCKS = frozenset({69, 70})  # Num Lock, Scroll Lock


def _rows() -> dict[int, tuple[str, str]]:
    table: dict[int, tuple[str, str]] = {57: (" ", " ")}
    for first, plain, shifted in (
        (2, "1234567890-=", "!@#$%^&*()_+"),
        (16, "qwertyuiop[]", "QWERTYUIOP{}"),
        (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
        (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    ):
        table |= {first + n: pair for n, pair in enumerate(zip(plain, shifted, strict=True))}
    keypad = zip(range(71, 84), "789-456+1230.", strict=True)
    return table | {code: (sign, sign) for code, sign in keypad} | {55: ("*", "*"), 98: ("/", "/")}


CHARACTERS = _rows()
"""Key number to (plain, shifted); the keypad as with Num Lock on."""


class Key(NamedTuple):
    """One event as the kernel gives it."""

    type: int
    code: int
    value: int


class Typist:
    """Turns key events into payloads. A code with a key in it that types no character is dropped whole
    and counted: a payload with a gap would be another payload."""

    def __init__(self) -> None:
        self.bad_frames = 0
        self.dropped_bytes = 0
        self._typed = bytearray()
        self._shifts: set[int] = set()
        self._capitals = False
        self._spoilt = False

    @property
    def pending(self) -> bool:
        """Whether a code has begun and not ended."""
        return bool(self._typed) or self._spoilt

    def feed(self, events: Iterable[Key]) -> list[bytes]:
        """Return the payloads that these events end."""
        payloads = []
        for kind, code, value in events:
            if kind == EV_SYN and code == SYN_DROPPED:
                self._spoilt = True  # the kernel's buffer ran over: keys are missing
                self._shifts.clear()
            elif kind == EV_KEY and code in SHIFTS:
                (self._shifts.discard if value == UP else self._shifts.add)(code)
            elif kind == EV_KEY and value == DOWN:
                payloads += self._pressed(code)
        return payloads

    def idle(self) -> list[bytes]:
        """Say that no key came for a while: ends a code that has no Enter, frees keys held for ever."""
        self._shifts.clear()
        self._capitals = False
        return self._end()

    def _pressed(self, code: int) -> list[bytes]:
        if code in _ENDS:
            return self._end()
        if code == KEY_CAPSLOCK:
            self._capitals = not self._capitals
        elif code in CHARACTERS:
            plain, shifted = CHARACTERS[code]
            self._typed += (shifted if self._is_shifted(plain) else plain).encode("ascii")
            self._spoilt = self._spoilt or len(self._typed) > PAYLOAD_LIMIT
            if self._spoilt:
                self.dropped_bytes += len(self._typed)
                self._typed.clear()
        elif code not in _LOCKS:
            self._spoilt = True
        return []

    def _is_shifted(self, plain: str) -> bool:
        return bool(self._shifts) != (self._capitals and plain.isalpha())

    def _end(self) -> list[bytes]:
        payload, spoilt = bytes(self._typed), self._spoilt
        self._typed.clear()
        self._spoilt = False
        if spoilt:
            self.bad_frames += 1
            self.dropped_bytes += len(payload)
            return []
        return [payload] if payload else []


def typed(text: str) -> list[Key]:
    """Return the events of a scanner that types a text (for tests and simulators).

    Raises ValueError for a character that no key types.
    """
    keys = {sign: (code, bool(n)) for code, pair in CHARACTERS.items() for n, sign in enumerate(pair)}
    keys |= {sign: (code, False) for code, (sign, _) in CHARACTERS.items()}
    events: list[Key] = []
    for sign in text:
        if sign not in keys:
            raise ValueError(f"no key types {sign!r}")
        code, shift = keys[sign]
        press = [Key(EV_KEY, code, DOWN), Key(EV_SYN, 0, 0), Key(EV_KEY, code, UP), Key(EV_SYN, 0, 0)]
        if shift:
            press = [Key(EV_KEY, 42, DOWN), *press, Key(EV_KEY, 42, UP), Key(EV_SYN, 0, 0)]
        events += press
    return events
