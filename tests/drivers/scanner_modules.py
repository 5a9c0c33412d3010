"""Scripted modules behind a pseudo-terminal: a scanner of the GM65 family, an ID-card reader."""

import contextlib
import os
import select
import threading
from binascii import crc_hqx
from collections.abc import Callable
from functools import reduce
from operator import xor
from typing import Self

from tests.drivers.lines import Pty


class Scripted(Pty):
    """A pseudo-terminal whose device answers: `answer(bytes so far)` returns (used, reply)."""

    def __init__(self, answer: Callable[[bytes], tuple[int, bytes]]) -> None:
        super().__init__()
        self._answer = answer
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="scripted-module")
        self._thread.start()

    def unplug(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(10)
        super().unplug()

    def __enter__(self) -> Self:
        return self

    def _serve(self) -> None:
        waiting = b""
        with contextlib.suppress(OSError):
            while not self._stop.is_set():
                ready, _, _ = select.select([self._master], [], [], 0.02)
                if not ready:
                    continue
                waiting += os.read(self._master, 4096)
                used, reply = self._answer(waiting)
                waiting = waiting[used:]
                if reply:
                    self.send(reply)


class Gm65:
    """The command side of a module as its manual has it. `registers` may be changed by the test, as a
    set-up code would; `mute` keeps it from answering, `stubborn` from keeping what it is told."""

    def __init__(self) -> None:
        self.registers = {0x0000: 0xD1, 0x0003: 0x00, 0x000D: 0xA3, 0x0013: 0x00}
        self.written: list[tuple[int, int]] = []
        self.asked = 0
        self.mute = False
        self.stubborn = False
        self.before_reply = b""

    def answer(self, waiting: bytes) -> tuple[int, bytes]:
        used, replies = 0, b""
        while len(waiting) - used >= 9:
            replies += self._reply(waiting[used : used + 9])
            used += 9
        return used, replies

    def _reply(self, command: bytes) -> bytes:
        body = command[2:7]
        right = command[:2] == b"\x7e\x00" and crc_hqx(body, 0) == int.from_bytes(command[7:], "big")
        if self.mute or not right:
            return b""
        register = int.from_bytes(body[2:4], "big")
        value = self.registers.get(register, 0)
        self.asked += body[0] == 7
        if body[0] == 8:
            self.written.append((register, body[4]))
            value = 0
            if not self.stubborn:
                self.registers[register] = body[4]
        reply = bytes([0, 1, value])
        before, self.before_reply = self.before_reply, b""
        return before + b"\x02\x00" + reply + crc_hqx(reply, 0).to_bytes(2, "big")


class IdReader:
    """A reader with or without a card on it. `spoil` breaks the XOR of that many card replies, `deaf`
    are the commands it leaves unanswered, `refuse` those a card on it does not obey."""

    PHOTOGRAPH = b"WLf\x00" + b"FACE" * 255

    def __init__(self) -> None:
        self.card: bytes | None = None
        self.requests: list[bytes] = []
        self.spoil = 0
        self.mute = False
        self.deaf: set[bytes] = set()
        self.refuse: set[bytes] = set()

    def answer(self, waiting: bytes) -> tuple[int, bytes]:
        used, replies = 0, b""
        while len(waiting) - used >= 10:
            request = waiting[used : used + 10]
            used += 10
            self.requests.append(request)
            if not self.mute and request[7:9] not in self.deaf:
                replies += self._reply(request[7:9])
        return used, replies

    def _reply(self, command: bytes) -> bytes:
        if command == b"\x20\x01":
            return id_reply(b"\0\0\x80") if self.card is None else id_reply(b"\0\0\x9f", bytes(4))
        if self.card is None or command in self.refuse:
            return id_reply(b"\0\0\x81")
        if command == b"\x20\x02":
            return id_reply(b"\0\0\x90", bytes(8))
        reply = id_reply(b"\0\0\x90", card_data(self.card, self.PHOTOGRAPH))
        if self.spoil:
            self.spoil -= 1
            reply = reply[:-1] + bytes([reply[-1] ^ 1])
        return reply


def id_number(first_17: str) -> str:
    """Return an invented number with its check digit."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(first_17, weights, strict=True))
    return first_17 + "10X98765432"[total % 11]


def card_text(
    name: str = "测试者甲",
    number: str = "",
    *,
    sex: str = "2",
    born: str = "19920229",
    address: str = "某市某区某路 1 号",
    layout: str = " ",
) -> bytes:
    """Return the 256 bytes of an invented card."""
    number = number or id_number("11010119920229001")
    fields = ((name, 15), (sex, 1), ("01", 2), (born, 8), (address, 35), (number, 18))
    text = "".join(value.ljust(size) for value, size in fields)
    text += "某市公安局".ljust(15) + "20200101".ljust(8) + "20300101".ljust(8)
    text = text.ljust(124) + layout
    return text.ljust(128).encode("utf-16-le")


def id_reply(status: bytes, data: bytes = b"") -> bytes:
    """Return a reply frame of the reader."""
    body = (len(status) + len(data) + 1).to_bytes(2, "big") + status + data
    return bytes.fromhex("AAAAAA9669") + body + bytes([reduce(xor, body)])


def card_data(text: bytes, photograph: bytes, fingers: bytes | None = None) -> bytes:
    """Return the data part of a card: lengths, text, photograph (and fingerprints)."""
    parts = [text, photograph] + ([] if fingers is None else [fingers])
    return b"".join(len(part).to_bytes(2, "big") for part in parts) + b"".join(parts)
