"""What time it is, and how far that may be believed.

A Pi has no battery clock: it starts in the past, jumps when a server answers, and can be set by hand.
Every instant therefore carries both clocks and a quality; the monotonic clock orders, the wall clock
dates. Must not set the clock by itself, and must not decide what follows from a bad one.
"""

import ctypes
import json
import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.domain.model import ClockQuality, Instant

# It cannot be earlier than this program: midnight of 1 November 2026 UTC, moved with releases; an
# installation knows it better (`build-date`, decimal seconds, which the root helper goes by too).
RELEASED_US = 1_793_491_200_000_000
BUILD_DATE = Path(__file__).resolve().parents[1] / "build-date"
TEN_YEARS_US = 315_576_000_000_000
JUMP_US = 2_000_000
MARKER = "clock.json"
REQUEST = "clock-request"
_STA_UNSYNC = 0x0040  # linux/timex.h
_TIME_ERROR = 5
_log = logging.getLogger(__name__)


def kernel_synced() -> bool | None:
    """Say whether the kernel counts its clock as synchronised; None where it may not be asked."""
    answer = _Timex()  # modes 0: only ask
    try:
        state: int = ctypes.CDLL(None).adjtimex(ctypes.byref(answer))
    except (AttributeError, OSError):
        return None
    if state < 0:
        return None  # a seccomp filter (ProtectClock=) refuses the call
    return state != _TIME_ERROR and not answer.status & _STA_UNSYNC


@dataclass(frozen=True, slots=True)
class Sources:
    """Where time comes from; tests hand in others."""

    monotonic_ns: Callable[[], int] = time.monotonic_ns
    wall_ns: Callable[[], int] = time.time_ns
    kernel_synced: Callable[[], bool | None] = kernel_synced
    timesync: Path = Path("/run/systemd/timesync/synchronized")
    boot_id: Path = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Correction:
    """The wall clock moved against the monotonic one, or is believed more or less than before.

    `from_us` is what the wall clock would show had it not moved, `to_us` what it shows.
    """

    from_us: int
    to_us: int
    quality: ClockQuality
    before: ClockQuality


class Clock:
    """Both clocks of this machine. `now` may be called by any thread, `watch` by one."""

    def __init__(
        self, store: Path | None = None, *, newest_us: int | None = None, sources: Sources | None = None
    ) -> None:
        """`store` holds the operator's confirmation; `newest_us` is the wall time of the newest
        journal row, before which it cannot be."""
        self._sources = sources or Sources()
        self._marker = store / MARKER if store else None
        self._floor_us = max(built_us(), newest_us or 0)
        mono_us, at_us = self._read()
        self._offset_us = at_us - mono_us
        self._quality, self._source = self._judge(mono_us, at_us)

    @property
    def quality(self) -> ClockQuality:
        """How far the wall clock was believed when somebody last watched."""
        return self._quality

    def now(self) -> Instant:
        """Return this moment. A jump nobody has looked at yet is not trusted."""
        mono_us, at_us = self._read()
        quality = self._quality
        if quality.trusted and abs(at_us - mono_us - self._offset_us) > JUMP_US:
            quality = self._untrusted(at_us)
        return Instant(mono_us, at_us, quality)

    def watch(self) -> Correction | None:
        """Look at both clocks; return what changed since the last look. Call about once a second."""
        mono_us, at_us = self._read()
        quality, source = self._judge(mono_us, at_us)
        jumped = abs(at_us - mono_us - self._offset_us) > JUMP_US
        if not jumped and quality is self._quality:
            self._source = source
            return None
        correction = Correction(mono_us + self._offset_us, at_us, quality, self._quality)
        self._offset_us = at_us - mono_us
        self._quality, self._source = quality, source
        moved_s = (correction.to_us - correction.from_us) / 1e6 if jumped else 0
        _log.warning("clock: jumped by %.0f s, %s -> %s", moved_s, correction.before, quality)
        return correction

    def confirm(self) -> None:
        """Note that an operator says the wall clock is right, until the next boot or jump.

        Raises OSError where the store cannot be written, ValueError where there is no store.
        """
        if self._marker is None:
            raise ValueError("a clock without a store cannot be confirmed")
        mono_us, at_us = self._read()
        note = {"at_us": at_us, "mono_us": mono_us, "boot_id": self._boot_id()}
        fresh = self._marker.with_suffix(".new")
        fresh.write_text(json.dumps(note), encoding="ascii")
        owner = self._marker.parent.stat()
        if os.geteuid() == 0:
            os.chown(fresh, owner.st_uid, owner.st_gid)  # set by root, read by the service
        fresh.replace(self._marker)

    def status(self) -> dict[str, object]:
        """Return what health and `gatepost clock` show."""
        now = self.now()
        return {
            "at_us": now.at_us,
            "mono_us": now.mono_us,
            "quality": now.clock.value,
            "trusted": now.clock.trusted,
            "source": self._source,
        }

    def _read(self) -> tuple[int, int]:
        return self._sources.monotonic_ns() // 1000, self._sources.wall_ns() // 1000

    def _judge(self, mono_us: int, at_us: int) -> tuple[ClockQuality, str]:
        if self._sources.kernel_synced():
            return ClockQuality.SYNCED, "kernel"
        if self._confirmed(mono_us, at_us):
            return ClockQuality.MANUAL, "operator"
        # After the operator's word: timesyncd's mark stays when somebody sets the clock by hand.
        if self._sources.timesync.exists():
            return ClockQuality.SYNCED, "timesyncd"
        return self._untrusted(at_us), "none"

    def _untrusted(self, at_us: int) -> ClockQuality:
        return ClockQuality.RESTORED if at_us >= self._floor_us else ClockQuality.UNSET

    def _confirmed(self, mono_us: int, at_us: int) -> bool:
        # Neither clock runs away from the other except by a jump or a boot, so their distance says
        # whether the confirmed time still runs, even where /proc is hidden from the service.
        note = _read_note(self._marker) if self._marker else None
        if note is None:
            return False
        then_at, then_mono, boot = note["at_us"], note["mono_us"], note.get("boot_id")
        if not isinstance(then_at, int) or not isinstance(then_mono, int) or then_mono > mono_us:
            return False
        here = self._boot_id()
        if boot and here and boot != here:
            return False
        return abs((at_us - mono_us) - (then_at - then_mono)) <= JUMP_US

    def _boot_id(self) -> str | None:
        try:
            return self._sources.boot_id.read_text(encoding="ascii").strip()
        except OSError:
            return None


def built_us(build_date: Path = BUILD_DATE) -> int:
    """Return the moment before which no clock can be right (microseconds UTC)."""
    try:
        return max(RELEASED_US, int(build_date.read_text(encoding="ascii")) * 1_000_000)
    except (OSError, ValueError):
        return RELEASED_US


def set_wall(at_us: int) -> None:
    """Set the machine's wall clock. Raises PermissionError without the right to."""
    time.clock_settime_ns(time.CLOCK_REALTIME, at_us * 1000)


def request(folder: Path, at_us: int) -> None:
    """Ask the root helper to set the wall clock: whole seconds UTC, one line, never half a file."""
    fresh = folder / (REQUEST + ".new")
    fresh.write_text(f"{at_us // 1_000_000}\n", encoding="ascii")
    fresh.replace(folder / REQUEST)


def _read_note(marker: Path) -> Mapping[str, object] | None:
    try:
        note = json.loads(marker.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return note if isinstance(note, dict) and {"at_us", "mono_us"} <= note.keys() else None


class _Timex(ctypes.Structure):
    # The head of struct timex; the kernel writes 208 bytes, of which only the status is read.
    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )
