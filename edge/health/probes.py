"""What health looks at by itself once a second: space, clock, journal, calibrations, uplink.

Each maker returns a probe: a function that says what is wrong, or None. Must not touch a device.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from edge.domain.model import ClockQuality
from edge.health.parts import Problem

LEAST_BYTES = 200_000_000
LEAST_FILES = 1_000
Probe = Callable[[], Problem | None]


def disk(folder: Path, *, space: Callable[[Path], os.statvfs_result] = os.statvfs) -> Probe:
    """Return a probe of the space below `folder`: less than 200 MB, or hardly a file, is too little."""

    def look() -> Problem | None:
        try:
            found = space(folder)
        except OSError as error:
            return Problem("disk_unreadable", os.strerror(error.errno or 0))
        free = found.f_bavail * found.f_frsize
        if free < LEAST_BYTES:
            return Problem("disk_nearly_full", f"{free // 1_000_000} MB")
        if found.f_files and found.f_favail < LEAST_FILES:  # 0: this file system does not count them
            return Problem("disk_nearly_full", f"{found.f_favail} inodes")
        return None

    return look


def free_bytes(folder: Path) -> int:
    """Return the space left for the records."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def clock(quality: Callable[[], ClockQuality]) -> Probe:
    """Return a probe of the clock. One that is plausible but unconfirmed is a warning: the order of
    rows does not need it. One that cannot be right is a fault: codes could not be dated."""

    def look() -> Problem | None:
        found = quality()
        if found is ClockQuality.UNSET:
            return Problem("clock_unset")
        return None if found.trusted else Problem("clock_unconfirmed", severity="warning")

    return look


def journal(unwritable: Callable[[], str | None]) -> Probe:
    """Return a probe of the journal; `unwritable` says why it cannot commit, None when it can."""

    def look() -> Problem | None:
        why = unwritable()
        return Problem("journal_unwritable", why) if why is not None else None

    return look


def calibrations(code: str, devices: Callable[[], Sequence[str]]) -> Probe:
    """Return a probe of calibrations; `devices` names the thermometers this code is true of. A warning:
    the gate goes on with what the device says of itself, and pages say so."""

    def look() -> Problem | None:
        found = devices()
        return Problem(code, ", ".join(found), severity="warning") if found else None

    return look


def instruments(devices: Callable[[], Sequence[str]]) -> Probe:
    """Return a probe of thermometers whose values cannot be right; `devices` names them, with why. A
    warning: the gate goes on, and a person has to look."""
    return calibrations("instrument_doubted", devices)


def shifts(devices: Callable[[], Sequence[str]]) -> Probe:
    """Return a probe of levels of healthy people that have shifted and wait for a person; `devices` names the
    thermometers. A warning: the gate goes on judging by what it knew before."""
    return calibrations("level_shifted", devices)


def cases(late: Callable[[], tuple[int, int | None]]) -> Probe:
    """Return a probe of the cases; `late` says how many are overdue and which of them is the oldest. A
    warning: the gate does its work, and a person does not."""

    def look() -> Problem | None:
        count, first = late()
        return Problem("case_overdue", f"{count}: no. {first}", severity="warning") if count else None

    return look


class Missing(Protocol):
    """A position at a post that nobody fills."""

    @property
    def post(self) -> str:
        """The post."""

    @property
    def role(self) -> str:
        """The position."""


def duty(missing: Callable[[], Sequence[Missing]]) -> Probe:
    """Return a probe of the posts; `missing` says which positions nobody fills now. A warning: the gate goes
    on, and a manager has to find somebody."""

    def look() -> Problem | None:
        found = [f"{one.post} {one.role}".strip() for one in missing()]
        return Problem("duty_uncovered", ", ".join(found), severity="warning") if found else None

    return look


def registers(late: Callable[[], tuple[int, str]]) -> Probe:
    """Return a probe of the registers; `late` says how many tasks and entries are overdue, and a register of
    them. A warning: the gate does its work, and a person does not."""

    def look() -> Problem | None:
        count, first = late()
        return Problem("register_overdue", f"{count}: {first}", severity="warning") if count else None

    return look


def uplink(status: Callable[[], Mapping[str, Any]]) -> Probe:
    """Return a probe of the uplink's own status. A server that cannot be reached is a fault, though
    the gate goes on: whoever watches `/readyz` has to hear of it (rule 9)."""

    def look() -> Problem | None:
        found = status()
        if found.get("state") == "down":
            return Problem("uplink_down", str(found.get("code") or ""))
        if found.get("rejected"):
            return Problem("uplink_rejected", str(found["rejected"]), severity="warning")
        return None

    return look
