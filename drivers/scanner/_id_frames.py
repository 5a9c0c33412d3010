"""The frames of a second-generation ID-card reader and the text in them; the photograph runs through.

Request `AA AA AA 96 69, length u16, command, parameter, XOR`; reply `AA AA AA 96 69, length u16, status
(3), data, XOR`; the length counts what follows it, the XOR all from the length on. The data of a card
begins with the lengths of its parts. Only what stands before the photograph is kept, and only until the
frame has proved right; each byte of the photograph goes into the XOR and nowhere else. No I/O.
"""

from dataclasses import dataclass
from datetime import date

HEAD = bytes.fromhex("AA AA AA 96 69")
FIND, SELECT, READ = b"\x20\x01", b"\x20\x02", b"\x30\x01"
FOUND, DONE = bytes.fromhex("00 00 9F"), bytes.fromhex("00 00 90")
TEXT_BYTES = 256
LENGTH_MOST = 4096
_STATUS = 3
_LAYOUT_AT = 248
# Bytes of each field, in their order, UTF-16LE.
_FIELDS = (
    ("name", 30),
    ("sex", 2),
    ("ethnicity", 4),
    ("birth_date", 16),
    ("address", 70),
    ("id_number", 36),
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_SEXES = {"1": "male", "2": "female"}


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply with a right XOR: its status and the card's text, if it brought one."""

    status: bytes
    text: bytes = b""


class CardTextError(ValueError):
    """The text is no card's: a damaged read, or another layout. Its message holds nothing of it."""


class OtherLayout(CardTextError):
    """A card whose text is laid out differently; `layout` is the letter it names itself by."""

    def __init__(self, layout: str) -> None:
        super().__init__(f"layout {layout}")
        self.layout = layout


def request(command: bytes) -> bytes:
    """Return the frame of a command without data."""
    body = (len(command) + 1).to_bytes(2, "big") + command
    return HEAD + body + bytes([_xor(body)])


class Replies:
    """Bytes of the reader to replies. `bad_frames` counts frames that were none, `dropped_bytes` the
    bytes of them and between frames (never those of a photograph, which is meant to be dropped)."""

    def __init__(self) -> None:
        self.bad_frames = 0
        self.dropped_bytes = 0
        self._reset()

    def feed(self, chunk: bytes) -> list[Reply]:
        """Return the replies completed by `chunk`."""
        replies: list[Reply] = []
        for byte in chunk:
            replies += self._byte(byte)
        return replies

    def reset(self) -> None:
        """Forget a reply that has begun: another request is about to be sent."""
        if self._matched:
            self.bad_frames += 1
            self.dropped_bytes += self._matched + len(self._kept)
        self._reset()

    def _reset(self) -> None:
        self._matched = 0  # bytes of the head seen
        self._kept = bytearray()  # length, status, part lengths, text
        self._keep = 2 + _STATUS  # how far to keep; grows as more is known
        self._left: int | None = None  # bytes still to come, the XOR last
        self._sum = 0

    def _byte(self, byte: int) -> list[Reply]:
        if self._matched < len(HEAD):
            self._match(byte)
            return []
        if self._left == 1:
            return self._end(byte)
        self._sum ^= byte
        if self._left is not None:
            self._left -= 1
        if len(self._kept) < self._keep:
            self._kept.append(byte)
            self._look()
        return []

    def _match(self, byte: int) -> None:
        if byte == HEAD[self._matched]:
            self._matched += 1
            return
        # AA AA AA AA 96 69 is a head with one AA before it.
        again = 3 if byte == 0xAA and self._matched == 3 else int(byte == 0xAA)
        self.dropped_bytes += self._matched + 1 - again
        self._matched = again

    def _look(self) -> None:
        """Learn from what is kept so far how much comes and how much of it to keep."""
        size = len(self._kept)
        if size == 2:
            self._left = int.from_bytes(self._kept, "big")
            if not _STATUS < self._left <= LENGTH_MOST:
                self._fail()
        elif size == 2 + _STATUS and self._total() > _STATUS + 1:
            self._keep += 4 if self._kept[2:] == DONE else 0
        elif size in (9, 11) and size == self._keep:
            # Two parts, or with fingerprints three: whichever adds up to the frame's own length.
            parts = self._parts((size - 2 - _STATUS) // 2)
            if parts[0] == TEXT_BYTES and size - 2 + sum(parts) + 1 == self._total():
                self._keep += TEXT_BYTES
            elif parts[0] == TEXT_BYTES and size == 9:
                self._keep += 2

    def _total(self) -> int:
        return int.from_bytes(self._kept[:2], "big")

    def _parts(self, count: int) -> list[int]:
        return [int.from_bytes(self._kept[n : n + 2], "big") for n in range(5, 5 + 2 * count, 2)]

    def _fail(self) -> None:
        self.bad_frames += 1
        self.dropped_bytes += len(HEAD) + len(self._kept)
        self._reset()

    def _end(self, byte: int) -> list[Reply]:
        if byte != self._sum or len(self._kept) < 2 + _STATUS:
            self._fail()
            return []
        kept, keep = bytes(self._kept), self._keep
        self._reset()
        text = kept[-TEXT_BYTES:] if keep > TEXT_BYTES and len(kept) == keep else b""
        return [Reply(kept[2 : 2 + _STATUS], text)]


def parse(text: bytes) -> dict[str, str]:
    """Return name, id_number, birth_date, sex and address of a card's text.

    Raises OtherLayout for a card of another kind, CardTextError where the text contradicts itself.
    """
    if len(text) != TEXT_BYTES:
        raise CardTextError("not 256 bytes")
    layout = text[_LAYOUT_AT : _LAYOUT_AT + 2].decode("utf-16-le", "replace").strip(" \0")
    if layout:
        raise OtherLayout(layout if layout.isascii() and layout.isalpha() else "?")
    fields: dict[str, str] = {}
    begin = 0
    for name, size in _FIELDS:
        try:
            fields[name] = text[begin : begin + size].decode("utf-16-le").strip(" \0\u3000")
        except UnicodeDecodeError:
            raise CardTextError(f"{name} is no text") from None
        begin += size
    del fields["ethnicity"]
    # Rare characters stand in the private area, so "printable" would refuse real names.
    if not fields["name"] or min(fields["name"]) < " " or not _number_is_right(fields["id_number"]):
        raise CardTextError("name or number is no card's")
    fields["birth_date"] = _date(fields["birth_date"])
    fields["sex"] = _SEXES.get(fields["sex"], "unknown")
    return fields


def _number_is_right(number: str) -> bool:
    """Say whether the check digit (ISO 7064 MOD 11-2, as GB 11643 has it) fits."""
    if len(number) != 18 or not (number.isascii() and number[:17].isdigit()):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return number[17] == "10X98765432"[total % 11]


def _date(written: str) -> str:
    try:
        if len(written) != 8 or not (written.isascii() and written.isdigit()):
            raise ValueError
        return date(int(written[:4]), int(written[4:6]), int(written[6:])).isoformat()
    except ValueError:
        raise CardTextError("birth_date is no date") from None


def _xor(data: bytes) -> int:
    total = 0
    for byte in data:
        total ^= byte
    return total
