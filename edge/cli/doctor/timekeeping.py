"""What `doctor` learns of where the time comes from: a time service, a clock chip, neither, or two.

Whether the time is believed is `surroundings.clock`; this says what would set it. Changes nothing.
"""

import time
from collections.abc import Callable
from pathlib import Path

from edge.cli.doctor.finding import Finding, Run, ok, read, warn
from edge.clock import built_us

CHECK = "clock source"
_FAR_S = 120
_FLAT_UV = 1_000_000
_SERVICES = (
    ("systemd-timesyncd", "run/systemd/timesync"),
    ("chrony", "run/chrony/chronyd.pid"),
    ("ntpd", "run/ntpd.pid"),
)
_BATTERY = (
    "change its battery, then: hwclock --systohc",
    "更换时钟芯片电池，然后运行 hwclock --systohc",
)


def source(root: Path, run: Run, now_s: Callable[[], float] = time.time) -> list[Finding]:
    """Say which service sets the clock, whether it has, and what a clock chip says."""
    return [*_service(root, run), *_chip(root, now_s())]


def _service(root: Path, run: Run) -> list[Finding]:
    running = [name for name, mark in _SERVICES if (root / mark).exists()]
    if len(running) > 1:
        names = ", ".join(running)
        do = (
            f"leave one: systemctl disable --now {running[0]}",
            f"只留一个：systemctl disable --now {running[0]}",
        )
        return [warn(CHECK, (f"{names} set the clock against each other", f"{names} 同时在校时"), do)]
    told = dict(
        line.split("=", 1) for line in (run(["timedatectl", "show"]) or "").splitlines() if "=" in line
    )
    if not running and told.get("NTP") != "yes":
        do = (
            "timedatectl set-ntp true; without a network: a clock chip (DS3231), or gatepost clock set",
            "timedatectl set-ntp true；没有网络时请装时钟芯片（DS3231），或用 gatepost clock set",
        )
        return [warn(CHECK, ("no time service runs", "没有运行校时服务"), do)]
    name = running[0] if running else "the time service"
    if told.get("NTPSynchronized") == "yes" or _chrony_follows(running, run):
        return [ok(CHECK, f"{name} has set the clock", f"{name} 已校时")]
    do = (
        "connect a network; where port 123 is closed, name the site's own time server",
        "接通网络；如果 123 端口被封，请改用单位内部的校时服务器",
    )
    what = (f"{name} runs and has reached no time server", f"{name} 在运行，但没有连上校时服务器")
    return [warn(CHECK, what, do)]


def _chrony_follows(running: list[str], run: Run) -> bool:
    if running != ["chrony"]:
        return False
    fields = (run(["chronyc", "-c", "tracking"]) or "").strip().split(",")
    return len(fields) > 2 and fields[-1] not in ("", "Not synchronised")


def _chip(root: Path, now_s: float) -> list[Finding]:
    chip = next(iter(sorted((root / "sys/class/rtc").glob("rtc*"))), None)
    if chip is None:
        do = (
            "a DS3231 and dtoverlay=i2c-rtc,ds3231 in config.txt",
            "装 DS3231，并在 config.txt 写 dtoverlay=i2c-rtc,ds3231",
        )
        what = (
            "no clock chip: after a power cut without a network the time is in the past",
            "没有时钟芯片：断电又没有网络时，时间会停在过去",
        )
        return [warn(CHECK, what, do)]
    voltage, seconds = read(chip / "battery_voltage") or "", read(chip / "since_epoch") or ""
    name = read(chip / "name") or chip.name
    if voltage.isdigit() and int(voltage) < _FLAT_UV:
        what = (f"the clock chip {name} has no battery", f"时钟芯片 {name} 没有电池")
        return [warn(CHECK, what, ("put a battery on the connector J5 (BAT)", "在 J5（BAT）接口装上电池"))]
    if not seconds.isdigit():
        return [
            warn(CHECK, (f"the clock chip {name} does not answer", f"时钟芯片 {name} 没有应答"), _BATTERY)
        ]
    if int(seconds) * 1_000_000 < built_us():
        what = (f"the clock chip {name} is years behind", f"时钟芯片 {name} 的时间早了很多")
        return [warn(CHECK, what, _BATTERY)]
    off = abs(int(seconds) - now_s)
    if off > _FAR_S:
        what = (
            f"the clock chip {name} and the system differ by {off:.0f} s",
            f"时钟芯片 {name} 与系统时间相差 {off:.0f} 秒",
        )
        do = (
            "set the right time, then: hwclock --systohc",
            "先校准系统时间，再运行 hwclock --systohc",
        )
        return [warn(CHECK, what, do)]
    return [ok(CHECK, f"clock chip {name} keeps the time", f"时钟芯片 {name} 走时正常")]
