"""What `doctor` learns of a Pi's power supply and heat: the firmware's flags, the kernel's sensor and words.

A supply that is too weak is behind most cables that "fall out". Nothing on machines without these.
"""

import re
from pathlib import Path

from edge.cli.doctor.finding import Finding, Level, Run, fault, ok, read, warn

_HOT_MDEGC = 80_000
_VOLTAGE_LINE = re.compile(r"under-?voltage detected", re.IGNORECASE)
_SUPPLY = (
    "use a power supply of 3 A or more (5 A for a Pi 5) and a short cable; devices on a powered hub",
    "换 3 A 以上的电源（Pi 5 用 5 A）和短粗的线；外设接到带电源的集线器上",
)
_COOL = ("give it air or a heat sink", "加散热片或风扇，保持通风")
_EITHER = (
    "mend the power supply first, then give it air: either makes the firmware slow down",
    "先换电源，再加强散热：两者都会引起降频",
)
# Bit for now (the same 16 higher: since the start), level now, what it means, what to do.
_FLAGS = (
    (0, Level.FAULT, ("under-voltage (below 4.63 V)", "供电电压不足（低于 4.63 V）"), _SUPPLY),
    (1, Level.WARN, ("processor frequency capped", "处理器频率被限制"), _EITHER),
    (2, Level.WARN, ("throttled: slowed down to the least", "已降频运行"), _EITHER),
    (
        3,
        Level.WARN,
        ("at the soft temperature limit: slowed down by heat", "达到温度软限，因过热降频"),
        _COOL,
    ),
)


def power(root: Path, run: Run) -> list[Finding]:
    """Return a finding for every flag the firmware has raised, or that all is well."""
    flags = _flags(root, run)
    findings = [] if flags is None else _explained(flags)
    alarms = [read(each / "in0_lcrit_alarm") for each in _sensors(root)]
    if flags is None and "1" in alarms:
        findings.append(_said(_FLAGS[0], now=True))
    said = len(_VOLTAGE_LINE.findall(run(["dmesg", "--level=err,crit,alert,emerg"]) or ""))
    if said and not any(finding.do and finding.do.en == _SUPPLY[0] for finding in findings):
        what = (
            f"the kernel noted under-voltage {said} time(s) since the start",
            f"开机后内核 {said} 次报告供电电压不足",
        )
        findings.append(warn("power", what, _SUPPLY))
    findings += _heat(root)
    if findings or (flags is None and not alarms):
        return findings
    return [ok("power", "supply and temperature are well", "供电和温度正常")]


def _flags(root: Path, run: Run) -> int | None:
    text = read(root / "sys/devices/platform/soc/soc:firmware/get_throttled")
    if text is None:
        text = run(["vcgencmd", "get_throttled"])
    found = re.fullmatch(r"(?:throttled=)?(?:0x)?([0-9a-fA-F]+)\s*", text or "")
    return int(found[1], 16) if found else None


def _explained(flags: int) -> list[Finding]:
    return [
        _said(flag, now=bool(flags >> flag[0] & 1))
        for flag in _FLAGS
        if flags & (1 << flag[0] | 1 << flag[0] + 16)
    ]


def _said(flag: tuple[int, Level, tuple[str, str], tuple[str, str]], *, now: bool) -> Finding:
    _, level, what, do = flag
    if now:
        make = fault if level is Level.FAULT else warn
        return make("power", (f"{what[0]}, right now", f"现在{what[1]}"), do)
    return warn("power", (f"{what[0]}, since the start", f"开机后曾{what[1]}"), do)


def _sensors(root: Path) -> list[Path]:
    folders = sorted((root / "sys/class/hwmon").glob("hwmon*"))
    return [folder for folder in folders if read(folder / "name") == "rpi_volt"]


def _heat(root: Path) -> list[Finding]:
    value = read(root / "sys/class/thermal/thermal_zone0/temp") or ""
    if not value.isdigit() or int(value) < _HOT_MDEGC:
        return []
    degrees = int(value) // 1000
    return [warn("power", (f"the processor is at {degrees} degrees", f"处理器温度 {degrees} 度"), _COOL)]
