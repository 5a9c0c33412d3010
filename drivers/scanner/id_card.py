"""Readers of second-generation Chinese identity cards on a serial line: text only, never the photograph.

Wiring: the reader's own USB-serial port or RS-232 through an adapter; 115200 8N1 as delivered (from
memory). Nothing is read unless this driver is configured.
Protocol: `AA AA AA 96 69` frames with an XOR: find a card, select it, read it. A card lying there is
reported once until it was taken away for a second. Source: more than ten public programs that agree; no
official publication seen.
What it hands on is JSON (`{"id_number":...,"name":...}`, keys sorted, UTF-8) with symbology `IDCard`,
holding the fields that `fields` asks for and no others. The reader sends the photograph with the text,
there is no command without it: its bytes are counted into the XOR as they come and kept nowhere.
A card that cannot be read (three tries, or taken away before one succeeded) gives `{"unread":true}`, so
that the page can say so; the next try is the next time a card is laid down. Permanent-residence cards of
foreigners (layout I) and other layouts are recognised and not read: `{"layout":"I","unread":true}`.
Limits: says nothing of whether the card is genuine or still valid beyond what the reader itself checks.
Tried on hardware: not yet; on a scripted reader behind a pseudo-terminal.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from drivers.options import both, option
from drivers.scanner import _id_frames as frames
from drivers.serialport import SerialLine
from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Scan

SYMBOLOGY = "IDCard"
TRIES = 3
REPLY_S = {frames.FIND: 0.8, frames.SELECT: 0.8, frames.READ: 3.0}
AWAY_S = 1.0
_POLL_S = 0.3
_TURN_S = 0.25

Field = Literal["name", "id_number", "birth_date", "sex", "address"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Where the reader is and what of a card is handed on."""

    port: str = option(doc="device file (by-path name), socket://host:port or rfc2217://host:port")
    baud: int = option(115200, "baud rate of the reader", least=300, most=4_000_000)
    fields: tuple[Field, ...] = option(("name", "id_number"), "what of the card is handed on, nothing else")

    def __post_init__(self) -> None:
        if not self.fields:
            raise ValueError("fields: " + both("name at least one", "至少写一个字段"))


class IdCardReader:
    """An open reader. `decoder` is public for its counters."""

    def __init__(self, line: SerialLine, options: Options) -> None:
        self.decoder = frames.Replies()
        self._line = line
        self._fields = options.fields
        self._asked: bytes | None = None
        self._due = self._deadline = 0.0
        self._seen: float | None = None  # when a card was last found, None once it is away
        self._told = False  # whether the card that lies there was reported
        self._tries = 0  # with this card, in vain
        self._unanswered = self._garbled = 0  # in a row
        self._bad = 0  # broken frames when the last request went out
        self._heard = False
        self.started = False
        """Whether the reader has answered: an open line alone is no reader."""

    def read(self) -> list[Scan]:
        """Return the cards put down within at most 0.5 s.

        Raises DeviceUnavailable: `lost`, `silent` when the reader answers nothing, `garbled` when even
        its answer to the search for a card cannot be read, three times in a row.
        """
        until = time.monotonic() + _TURN_S
        while True:
            now = time.monotonic()
            if self._asked is None and now >= self._due:
                self._ask(frames.FIND)
            chunk = self._line.read(0.1)
            self._heard = self._heard or bool(chunk)
            scans = [scan for reply in self.decoder.feed(chunk) for scan in self._answered(reply)]
            if self._asked is not None and self._is_over():
                scans += self._no_answer()
            if scans or time.monotonic() >= until:
                return scans

    def close(self) -> None:
        """Give the line back. Idempotent; unblocks a reader."""
        self._line.close()

    def _ask(self, command: bytes) -> None:
        self.decoder.reset()
        self._bad = self.decoder.bad_frames
        self._asked, self._heard = command, False
        self._deadline = time.monotonic() + REPLY_S[command]
        self._line.write(frames.request(command))

    def _answered(self, reply: frames.Reply) -> list[Scan]:
        asked, self._asked = self._asked, None
        self._due = time.monotonic() + _POLL_S
        self._unanswered = 0
        self.started = True
        if asked is None:
            return []  # a late answer to what was given up
        if asked == frames.FIND:
            self._garbled = 0
            return self._found(there=reply.status == frames.FOUND)
        if reply.status != frames.DONE:
            return self._in_vain()
        if asked == frames.READ:
            return self._card(reply.text)
        self._ask(frames.READ)
        return []

    def _found(self, *, there: bool) -> list[Scan]:
        now = time.monotonic()
        if there:
            self._seen = now
            if not self._told:
                self._ask(frames.SELECT)
        elif self._seen is not None and now - self._seen >= AWAY_S:
            scans = self._report({"unread": True}) if self._tries else []
            self._seen, self._told = None, False
            return scans
        return []

    def _card(self, text: bytes) -> list[Scan]:
        try:
            found = frames.parse(text)
        except frames.OtherLayout as error:
            return self._report({"layout": error.layout, "unread": True})
        except frames.CardTextError:
            self.decoder.bad_frames += 1
            return self._in_vain()
        return self._report({field: found[field] for field in self._fields})

    def _in_vain(self) -> list[Scan]:
        """Note that a card was found and not read; say so once it is certain."""
        self._tries += 1
        return self._report({"unread": True}) if self._tries >= TRIES else []

    def _report(self, content: Mapping[str, str | bool]) -> list[Scan]:
        self._told, self._tries = True, 0
        payload = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return [Scan(payload.encode(), symbology=SYMBOLOGY, decoder="id_card")]

    def _is_over(self) -> bool:
        return self.decoder.bad_frames > self._bad or time.monotonic() >= self._deadline

    def _no_answer(self) -> list[Scan]:
        """Note that a request brought no reply: nothing at all, or bytes that are none."""
        asked, self._asked = self._asked, None
        self._due = time.monotonic() + (_POLL_S if self._heard else 0.0)
        self._unanswered += not self._heard
        self._garbled += self._heard and asked == frames.FIND
        at = f"at {self._line.baud} baud"
        if self._unanswered >= TRIES:
            raise DeviceUnavailable(
                f"the reader at {self._line.url} does not answer {at}: power, TX and RX, another speed",
                code="silent",
            )
        if self._garbled >= TRIES:
            raise DeviceUnavailable(
                f"the reader at {self._line.url} answers what cannot be read, {TRIES} times in a row {at}",
                code="garbled",
            )
        return [] if asked == frames.FIND else self._in_vain()


def connect(options: Options) -> IdCardReader:
    """Open the reader's line. Raises DeviceUnavailable."""
    from drivers.serialport import open_line

    return IdCardReader(open_line(options.port, baud=options.baud), options)
