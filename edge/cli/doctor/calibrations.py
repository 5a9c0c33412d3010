"""What `doctor` says of the thermometers' calibrations: what counts, what ends soon, what has ended.

Reads the journal beside a running gate, by the same rules as the gate itself. Must not write.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from edge.app.lanes import calibrations
from edge.cli.doctor.finding import Finding, ok, warn
from edge.config import Settings
from edge.domain.calibration import Calibration, Standing, days_left, standing
from edge.domain.errors import JournalError
from edge.domain.model import Instant
from edge.journal import Reader
from edge.journal.schema import FILE

_DO = ("gatepost calibrate", "运行 gatepost calibrate 重新校准")

Devices = frozenset[tuple[str, str]]
"""(lane, name) of devices."""


@dataclass(frozen=True, slots=True)
class Known:
    """One calibration on record."""

    lane: str
    calibration: Calibration


def on_record(settings: Settings) -> list[Known]:
    """Return the newest calibration of each thermometer; none where the journal cannot be read."""
    path = settings.store.path / FILE
    if not path.exists():
        return []
    try:
        with closing(Reader(path)) as reader:
            found = calibrations({lane.name: lane.devices() for lane in settings.lane}, reader)
            return [Known(*each) for each in found]
    except JournalError:
        return []  # not for this account, or damaged: other lines say so


def counted(known: Sequence[Known], now: Instant) -> Devices:
    """Return the thermometers that a calibration counts for now."""
    return frozenset(
        (each.lane, each.calibration.device)
        for each in known
        if standing(each.calibration, now) in (Standing.HOLDS, Standing.DUE)
    )


def look(known: Sequence[Known], now: Instant) -> list[Finding]:
    """Return a line for each calibration."""
    return [_line(each, now) for each in known]


def _line(known: Known, now: Instant) -> Finding:
    found, check = known.calibration, f"calibration of {known.lane}"
    if standing(found, now) is Standing.ELSEWHERE:
        at = found.port or found.device
        what = (
            f"{found.device}: found for {found.driver} at {at}; what stands there now is another thermometer "
            "or in another socket, and is not calibrated",
            f"{found.device}：校准是对插在 {at} 的 {found.driver} 做的，现在的测温仪或插口不同，视为未校准",
        )
        return warn(check, what, _DO)
    adds = f"{found.offset_mdegc / 1000:+.2f} °C"
    left = days_left(found, now)
    if standing(found, now) is Standing.EXPIRED:
        what = (f"{found.device}: {adds} has ended", f"{found.device}：{adds}，已过期")
        return warn(check, what, _DO)
    if standing(found, now) is Standing.DUE:
        what = (
            f"{found.device}: {adds} ends in {left} day(s)",
            f"{found.device}：{adds}，还剩 {left} 天到期",
        )
        return warn(check, what, _DO)
    rest = ("", "") if left is None else (f", for another {left} days", f"，还有 {left} 天")
    return ok(check, f"{found.device} adds {adds}{rest[0]}", f"{found.device} 加 {adds}{rest[1]}")
