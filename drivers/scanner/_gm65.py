"""The command side of GROW's GM65 family: frames, replies among payloads, the settings a gate needs.

Command `7E 00, type, length, register u16, data, CRC`; type 07 reads, 08 writes. Reply `02 00, 00,
length, data, CRC`; a wrong command gets none. CRC-16/XMODEM from the type on. Writes four registers and
nothing else, never to the module's flash: a module swapped or reset is set again when it is opened.

| register | bits | sure how |
|---|---|---|
| 000D | 1-0 = 0: output to the serial line | CODE2 |
| 0003 | 1 = 1: set-up codes closed; 0 = 0: their content not sent | CODE2 (three programs) |
| 0000 | 1-0 = 2: reads continuously | DOC |
| 0013 | 7 = 1, 6-0: tenths of a second until the same code is sent again | CODE1 |
"""

import logging
import re
import time
from binascii import crc_hqx
from dataclasses import dataclass

from drivers.serialport import SerialLine
from edge.domain.errors import DeviceUnavailable

log = logging.getLogger(__name__)

SUCCESS = bytes.fromhex("02 00 00 01 00 33 31")
REPLY_S = 0.8
TRIES = 2
_REPLY = re.compile(rb"\x02\x00\x00\x01(.)(..)", re.DOTALL)
_HEAD = SUCCESS[:4]


@dataclass(frozen=True, slots=True)
class Setting:
    """The bits `mask` of a register that have to be `value`."""

    register: int
    mask: int
    value: int
    what: str


def settings(same_code_s: float) -> tuple[Setting, ...]:
    """Return what a gate needs, what protects it first."""
    tenths = min(127, max(1, round(same_code_s * 10)))
    return (
        Setting(0x000D, 0x03, 0x00, "output to the serial line"),
        Setting(0x0003, 0x03, 0x02, "set-up codes closed"),
        Setting(0x0013, 0xFF, 0x80 | tenths, "pause before the same code"),
        Setting(0x0000, 0x03, 0x02, "continuous reading"),
    )


def read_command(register: int) -> bytes:
    """Return the command that asks for one register."""
    return _command(0x07, register, 1)


def write_command(register: int, value: int) -> bytes:
    """Return the command that sets one register until the module's power goes."""
    return _command(0x08, register, value)


class Replies:
    """Takes a reply out of the stream of payloads, only while one is awaited."""

    def __init__(self) -> None:
        self.value: int | None = None
        self._awaited = False
        self._held = b""

    @property
    def awaited(self) -> bool:
        """Whether a reply has not come yet."""
        return self._awaited

    def expect(self) -> None:
        """Look out for one reply from now on."""
        self.value, self._awaited = None, True

    def give_up(self) -> bytes:
        """Look out no longer; return what was held back because it could have begun one."""
        held, self._held, self._awaited = self._held, b"", False
        return held

    def feed(self, chunk: bytes) -> bytes:
        """Return the bytes that are no reply; one that came is in `value`."""
        if not self._awaited:
            return chunk
        data, self._held = self._held + chunk, b""
        for found in _REPLY.finditer(data):
            if crc_hqx(data[found.start() + 2 : found.start() + 5], 0) == int.from_bytes(found[2], "big"):
                self.value, self._awaited = found[1][0], False
                return data[: found.start()] + data[found.end() :]
        begin = _unfinished(data)
        self._held = data[begin:]
        return data[:begin]


class Module:
    """A module of the family behind an open line: sets it, and looks whether it stays so and lives."""

    def __init__(self, line: SerialLine, wanted: tuple[Setting, ...], check_s: float) -> None:
        self._line = line
        self._wanted = wanted
        self._check_s = check_s
        self._replies = Replies()
        self._turn = 0
        self._missed = 0
        self._due = self._deadline = 0.0

    def apply(self) -> bytes:
        """Set every register that is not as it should be; return payload bytes that came meanwhile.

        Raises DeviceUnavailable: `silent` when nothing answers, `garbled` when what answers is no
        module of the family or does not keep what it was told.
        """
        came = bytearray()
        for setting in self._wanted:
            value = self._ask(read_command(setting.register), came)
            if value is None:
                raise self._no_answer(came)
            if value & setting.mask == setting.value:
                continue
            fresh = (value & ~setting.mask & 0xFF) | setting.value
            kept = self._ask(write_command(setting.register, fresh), came) == 0
            if not kept or self._ask(read_command(setting.register), came) != fresh:
                raise DeviceUnavailable(
                    f"the module at {self._line.url} does not confirm {setting.what} "
                    f"(register {setting.register:04X}): is it of the GM65 family?",
                    code="garbled",
                )
            log.info("%s: %s set", self._line.url, setting.what)
        self._missed = 0
        self._due = time.monotonic() + self._check_s
        return bytes(came)

    def payload(self, chunk: bytes) -> bytes:
        """Return what a chunk holds besides a reply; whatever comes is a sign of life."""
        self._missed = 0 if chunk else self._missed
        return self._replies.feed(chunk)

    def look(self, *, busy: bool) -> bytes:
        """Ask for the next register when it is time, judge the answer; return payload bytes held back.

        `busy`: a payload is just coming. Raises DeviceUnavailable like `apply`.
        """
        if not self._check_s:
            return b""
        now = time.monotonic()
        if self._replies.awaited:
            if now < self._deadline:
                return b""
            held = self._replies.give_up()
            self._missed += 1
            if self._missed >= TRIES:
                raise self._no_answer(held)
            self._due = now
            return held
        if self._replies.value is not None:
            return self._judge(self._replies.value)
        if now >= self._due and not busy:
            self._replies.expect()
            self._line.write(read_command(self._wanted[self._turn].register))
            self._deadline = now + REPLY_S
        return b""

    def _judge(self, value: int) -> bytes:
        setting = self._wanted[self._turn]
        self._turn = (self._turn + 1) % len(self._wanted)
        self._due = time.monotonic() + self._check_s
        self._replies.value = None
        if value & setting.mask == setting.value:
            return b""
        log.warning("%s: %s was changed, by a set-up code or a reset", self._line.url, setting.what)
        return self.apply()

    def _ask(self, command: bytes, came: bytearray) -> int | None:
        for _ in range(TRIES):
            self._replies.expect()
            self._line.write(command)
            until = time.monotonic() + REPLY_S
            while self._replies.awaited and time.monotonic() < until:
                came += self._replies.feed(self._line.read(0.1))
            came += self._replies.give_up()
            if self._replies.value is not None:
                value, self._replies.value = self._replies.value, None
                return value
        return None

    def _no_answer(self, came: bytes | bytearray) -> DeviceUnavailable:
        url, baud = self._line.url, self._line.baud
        if came:
            return DeviceUnavailable(
                f"the module at {url} sends bytes but no answer of the GM65 family at {baud} baud: another "
                'speed, another module (then family = "none"), or its RX wire is off',
                code="garbled",
            )
        return DeviceUnavailable(
            f"the module at {url} does not answer at {baud} baud: power, TX and RX, another speed, or "
            "another protocol (GM67, GM72, M3Y)",
            code="silent",
        )


def _command(kind: int, register: int, data: int) -> bytes:
    body = bytes([kind, 1, register >> 8, register & 0xFF, data])
    return b"\x7e\x00" + body + crc_hqx(body, 0).to_bytes(2, "big")


def _unfinished(data: bytes) -> int:
    """Return where a reply may have begun that is not whole yet; the length where none has."""
    for begin in range(max(0, len(data) - len(SUCCESS) + 1), len(data)):
        if data[begin : begin + 4] == _HEAD[: len(data) - begin]:
            return begin
    return len(data)
