"""Asks a thermometer that only speaks when spoken to: a question out, its answer in, at a fixed pace.

Knows no protocol: the driver says what to ask and what to set once, its decoder what an answer means.
Nothing is ever sent but those bytes. What waits on the line before a question belongs to no question
and is dropped: without a checksum one stale byte would shift every answer after it.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from drivers.serialport import open_line
from drivers.thermometer._answers import AnswerDecoder
from drivers.thermometer._serial import LineOptions, Silence
from edge.domain.model import Reading

ANSWER_S = 0.3
"""The longest an answer is waited for: modules here need 0.02 to 0.22 s."""
_FLUSHES = 16
_TURN_S = 0.15  # with ANSWER_S below the half second that `read` may take
_RECOVER_S = 0.2  # after a question without its answer, so that a late one is not taken for the next
_SET_AGAIN_S = 60.0  # settings are stored in the module: memory that wears
_SAID_MOST = 4096
_SHOWN = 16  # bytes of what it said instead, for the message
_BODY_MODE = (
    "it answers in body mode and does not take the object mode: without a surface temperature nobody is "
    "measured. Switch its power off and on; if that does not help, take another module"
)


class PolledOptions(LineOptions, Protocol):
    """And how often it is asked."""

    @property
    def every_s(self) -> float: ...


class Line(Protocol):
    """Where questions go and answers come from."""

    @property
    def url(self) -> str: ...

    def read(self, wait_s: float) -> bytes: ...

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Setting:
    """A command of the protocol that sets something: sent once after opening, before the first question.

    `answer` is what the module says when it took it (empty: it says nothing). Where it is `needed`, no
    reading is made before it was said. One that is `volatile` is gone with the module's power, and is
    sent again after a question that found no answer.
    """

    send: bytes
    answer: bytes = b""
    needed: bool = True
    volatile: bool = False


class PolledThermometer:
    """An open thermometer that is asked. `decoder` is public for its counters."""

    def __init__(
        self,
        line: Line,
        decoder: AnswerDecoder,
        queries: Sequence[bytes],
        *,
        every_s: float,
        silence_s: float,
        gap_s: float = 0.02,
        settings: Sequence[Setting] = (),
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ask `queries` one after the other, every `every_s`. `gap_s` of silence end an answer that is
        as long as it should be. Watch over `silence_s` without a reading (0: never)."""
        self.decoder = decoder
        self._line = line
        self._now = now
        self._queries = tuple(queries)
        self._every_s = every_s
        self._gap_s = gap_s
        self._settings = tuple(settings)
        self._unset = list(settings)
        self._set_at = self._due = self._now()
        # Between two questions nothing is said: that is not the silence meant.
        self._silence = Silence(line, silence_s and max(silence_s, every_s + ANSWER_S), now=now)
        self._trouble = ""

    def read(self) -> list[Reading]:
        """Ask when it is time to; return the reading, or nothing, within 0.5 s.

        An answer without a surface temperature is none: nobody can be measured by it.
        Raises DeviceUnavailable: `lost`; `silent` when no answer came for too long; `garbled` when
        answers came but none of them was one of this module, in the mode it was set to.
        """
        if not self._turn():
            self._check()
            return []
        until = self._now() + ANSWER_S
        self._due = self._now() + self._every_s
        readings = self._measure(until) if self._set(until) else []
        if any(reading.surface_mdegc is not None for reading in readings):
            self._silence.understood()
            self._trouble = self.decoder.complaint = ""
            return readings
        if readings:
            self._mode_lost()
        else:
            self._due = max(self._due, self._now() + _RECOVER_S)
        self._check()
        return []

    def close(self) -> None:
        """Give the line back. Idempotent; unblocks a reader."""
        self._line.close()

    def _turn(self) -> bool:
        """Wait until it is time to ask, dropping what comes unasked; say whether it is time."""
        end = self._now() + _TURN_S
        while (left_s := min(self._due, end) - self._now()) > 0:
            self._drop(self._line.read(left_s))
        if self._due > self._now():
            return False
        for _ in range(_FLUSHES):  # a module that never stops talking must not keep us here
            if not (chunk := self._line.read(0.0)):
                break
            self._drop(chunk)
        return True

    def _check(self) -> None:
        self._silence.check(self._trouble or self.decoder.complaint)

    def _drop(self, chunk: bytes) -> None:
        self._silence.heard(chunk)
        self.decoder.dropped_bytes += len(chunk)

    def _set(self, until: float) -> bool:
        """Send the settings that are due; say whether there is time left to ask."""
        while self._unset:
            setting = self._unset[0]
            self._line.write(setting.send)
            if setting.answer and not self._confirmed(setting, until) and setting.needed:
                return False
            del self._unset[0]
            self._set_at = self._now()
        return self._now() < until

    def _confirmed(self, setting: Setting, until: float) -> bool:
        answer, said = setting.answer, b""
        while answer not in said and (left_s := until - self._now()) > 0:
            chunk = self._line.read(left_s)
            self._silence.heard(chunk)
            said = (said + chunk)[-_SAID_MOST:]
        if answer in said:
            return True
        if setting.needed and said:
            self._trouble = f"told {setting.send.hex(' ')}, it said {said[-_SHOWN:].hex(' ')}"
        return False

    def _measure(self, until: float) -> list[Reading]:
        """Ask everything that makes a reading; stop at the first question without its answer."""
        readings: list[Reading] = []
        for query in self._queries:
            bad_frames = self.decoder.bad_frames
            self.decoder.asked(query)
            self._line.write(query)
            answered, found = self._listen(until)
            readings += found
            if not answered or self.decoder.bad_frames > bad_frames:
                break
        if not readings:
            self._unset = [setting for setting in self._settings if setting.volatile]
        return readings

    def _listen(self, until: float) -> tuple[bool, list[Reading]]:
        """Return whether an answer came, and the readings it completed."""
        readings: list[Reading] = []
        while not readings and (left_s := until - self._now()) > 0:
            whole = self.decoder.whole
            if whole and not self._gap_s:
                break
            chunk = self._line.read(min(left_s, self._gap_s) if whole else left_s)
            if whole and not chunk:
                break
            self._silence.heard(chunk)
            readings += self.decoder.feed(chunk)
        answered = bool(readings) or self.decoder.whole
        return answered, readings + self.decoder.settle()

    def _mode_lost(self) -> None:
        """Set the module again when it does not measure surfaces; seldom, its memory wears."""
        self._trouble = _BODY_MODE
        if self._now() - self._set_at > _SET_AGAIN_S:
            self._unset = list(self._settings)


def polled(
    options: PolledOptions,
    decoder: AnswerDecoder,
    queries: Sequence[bytes],
    *,
    settings: Sequence[Setting] = (),
) -> PolledThermometer:
    """Open the line and return the thermometer on it. Raises DeviceUnavailable."""
    line = open_line(options.port, baud=options.baud)
    return PolledThermometer(
        line, decoder, queries, every_s=options.every_s, silence_s=options.silence_s, settings=settings
    )
