"""What `doctor` looks at on the machine itself: card, space, time zone, programs.

Every check takes the root folder, so that a test can hand in a made-up one. Must not change a thing.
"""

import os
import platform
import re
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from edge.cli.doctor.finding import Finding, Run, below, fault, ok, read, warn

_LITTLE, _LOW = 200_000_000, 1_000_000_000
_FEW_FILES = 10_000
_WORN_TENTHS = 9
_BAD_LINE = re.compile(r"mmcblk\d|mmc\d:|EXT4-fs error|F2FS-fs.*error|I/O error", re.IGNORECASE)
_CHECK_CARD = (
    "replace the card soon; back up first: gatepost journal backup",
    "尽快换卡，先备份：gatepost journal backup",
)


def machine(root: Path, *, architecture: str | None = None) -> list[Finding]:
    """Say what this runs on."""
    model = read(root / "proc/device-tree/model") or "PC"
    release = read(root / "etc/os-release") or ""
    named = re.search(r'^PRETTY_NAME="?([^"\n]+)', release, re.MULTILINE)
    parts = architecture or platform.machine()
    line = (
        f"gatepost {metadata.version('gatepost')}, {model}, {named[1] if named else '?'}, "
        f"{platform.release()}, Python {platform.python_version()}, {parts}"
    )
    if parts not in ("aarch64", "arm64", "x86_64"):
        do = ("install the 64-bit Raspberry Pi OS", "请安装 64 位的 Raspberry Pi OS")
        return [
            fault("machine", (f"{line}: only 64-bit systems are supported", f"{line}：只支持 64 位系统"), do)
        ]
    return [ok("machine", line, line)]


def rights(uid: int) -> list[Finding]:
    """Say that a look without root's rights sees less: what it does not see it must not call well."""
    if uid == 0:
        return []
    what = (
        "run without root: other programs on a port and the kernel's own words stay hidden",
        "不是以 root 运行：看不到占用端口的其他程序和内核信息",
    )
    return [warn("rights", what, ("sudo gatepost doctor", "sudo gatepost doctor"))]


def card(root: Path, store: Path, run: Run) -> list[Finding]:
    """Look for signs that the card is failing: read-only mounts, counted errors, the kernel's words."""
    findings: list[Finding] = []
    for path in (Path("/"), store):
        if "ro" in _mount_options(root, path) and not findings:
            what = (f"{path} is mounted read-only: nothing can be recorded", f"{path} 是只读的，无法记录")
            do = ("restart; if it happens again, replace the card", "重启；如果再次出现，请换卡")
            findings.append(fault("card", what, do))
    for counter in sorted((root / "sys/fs/ext4").glob("*/errors_count")):
        errors, name = read(counter) or "0", counter.parent.name
        if errors != "0":
            where = read(counter.parent / "last_error_func") or "?"
            counted = (
                f"{name}: {errors} file system error(s) so far (last in {where})",
                f"{name}：文件系统出过 {errors} 次错（最近一次在 {where}）",
            )
            findings.append(fault("card", counted, _CHECK_CARD))
    for device in sorted((root / "sys/block").glob("mmcblk*/device/pre_eol_info")):
        if (read(device) or "0x01") not in ("0x00", "0x01"):
            name = device.parent.parent.name
            findings.append(
                warn("card", (f"{name} is near its end of life", f"{name} 寿命将尽"), _CHECK_CARD)
            )
    findings += _worn(root)
    words = run(["dmesg", "--level=err,crit,alert,emerg"])
    bad = [line for line in (words or "").splitlines() if _BAD_LINE.search(line)]
    if bad:
        what = (f"the kernel reports {len(bad)} card error(s)", f"内核报告了 {len(bad)} 条存储卡错误")
        findings.append(warn("card", what, _CHECK_CARD))
    return findings or [ok("card", "no errors seen", "没有发现错误")]


def space(store: Path, *, statvfs: Callable[[Path], os.statvfs_result] = os.statvfs) -> list[Finding]:
    """Look at the space and inodes where the records lie (or will lie)."""
    place = next((folder for folder in (store, *store.parents) if folder.exists()), Path("/"))
    try:
        found = statvfs(place)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        do = ("check that the disk is mounted", "检查磁盘是否已挂载")
        return [fault("space", (f"{store}: {reason}", f"{store}：{reason}"), do)]
    free = found.f_bavail * found.f_frsize
    do = ("remove old backups and logs; never the journal", "清理旧备份和日志；不要删除记录文件")
    told = (f"{free // 1_000_000} MB free", f"剩余 {free // 1_000_000} MB")
    if found.f_files and found.f_favail < _FEW_FILES:
        few = (f"only {found.f_favail} inodes free", f"只剩 {found.f_favail} 个文件节点")
        return [fault("space", few, do)]
    if free < _LITTLE:
        return [fault("space", told, do)]
    return [warn("space", told, do) if free < _LOW else ok("space", *told)]


def timezone(root: Path, zone: str) -> list[Finding]:
    """Compare the machine's time zone with the gate's."""
    link = root / "etc/localtime"
    here = read(root / "etc/timezone")
    if link.is_symlink():
        here = str(link.readlink()).partition("zoneinfo/")[2] or here
    if here in (None, "", zone):
        return [ok("timezone", zone, zone)]
    what = (f"the machine is in {here}, the gate in {zone}", f"系统时区是 {here}，门岗时区是 {zone}")
    return [warn("timezone", what, (f"timedatectl set-timezone {zone}", f"timedatectl set-timezone {zone}"))]


def programs(root: Path, *, camera: bool, voice: bool) -> list[Finding]:
    """Look for what comes from the distribution: zbar, a player, espeak-ng, Chromium, a font."""
    findings = []
    if camera:
        there = any(list((root / place).glob("**/libzbar.so.*")) for place in ("usr/lib", "usr/local/lib"))
        do = ("apt install libzbar0", "apt install libzbar0")
        missing = (
            "the zbar library is missing: damaged codes are read less often",
            "缺少 zbar 库：破损的码更难读出",
        )
        findings.append(ok("zbar", "there", "已安装") if there else warn("zbar", missing, do))
    if voice:
        findings.append(_program(root, "player", ("aplay", "paplay", "pw-play"), "apt install alsa-utils"))
        findings.append(_program(root, "espeak-ng", ("espeak-ng",), "apt install espeak-ng"))
    findings.append(_program(root, "chromium", ("chromium", "chromium-browser"), "apt install chromium"))
    names = ("*CJK*", "*cjk*", "*wqy*", "*SourceHan*", "*DroidSansFallback*")
    fonts = any(
        next((root / place).glob(f"**/{name}"), None)
        for place in ("usr/share/fonts", "usr/local/share/fonts")
        for name in names
    )
    boxes = ("no Chinese font: a screen at this machine shows boxes", "没有中文字体：本机屏幕会显示方块")
    do = ("apt install fonts-wqy-microhei", "apt install fonts-wqy-microhei")
    findings.append(ok("font", "Chinese font there", "有中文字体") if fonts else warn("font", boxes, do))
    return findings


def has_clock_chip(root: Path) -> bool:
    """Say whether the machine keeps time without power."""
    return any((root / "sys/class/rtc").glob("rtc*"))


def _worn(root: Path) -> list[Finding]:
    """Say how much of its life a card or eMMC has used, where it tells (tenths; 11 is beyond all)."""
    findings = []
    for device in sorted((root / "sys/block").glob("mmcblk*/device/life_time")):
        tenths = [int(word, 16) for word in re.findall(r"0x([0-9a-fA-F]+)", read(device) or "")]
        if tenths and max(tenths) >= _WORN_TENTHS:
            name, used = device.parent.parent.name, (max(tenths) - 1) * 10
            what = (f"{name} has used {used} % of its life or more", f"{name} 的寿命已用掉 {used} % 以上")
            findings.append(warn("card", what, _CHECK_CARD))
    return findings


def _program(root: Path, check: str, names: tuple[str, ...], install: str) -> Finding:
    folders = ("usr/bin", "bin", "usr/local/bin", "usr/sbin")
    found = next((name for name in names for folder in folders if (root / folder / name).exists()), None)
    if found:
        return ok(check, found, found)
    return warn(check, (f"{names[0]} is missing", f"没有安装 {names[0]}"), (install, install))


def _mount_options(root: Path, path: Path) -> list[str]:
    best, options = "", list[str]()
    for line in (read(root / "proc/mounts") or "").splitlines():
        fields = line.split()
        if len(fields) < 4:
            continue
        point = fields[1].replace("\\040", " ")
        inside = point == "/" or Path(point) == path or below(Path("/"), point) in path.parents
        if inside and len(point) >= len(best):
            best, options = point, fields[3].split(",")
    return options
