"""What `doctor` looks at around a device's file: is it there, whose is it, is the system's console on
it, is its name one that stays. Who else is at it: `cables`.

Looks at names, links and permissions below a root folder; opens nothing.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.cli.doctor.finding import Finding, below, fault, ok, read, warn
from edge.config import Lane, Settings

SERVICE_USER = "gatepost"
_STABLE = ("dev/gate", "dev/serial/by-path", "dev/v4l/by-path", "dev/input/by-path")
# What a driver opens where the configuration names no file.
_OPENS = {
    "mlx90614_i2c": "/dev/i2c-1",
    "gpio": "/dev/gpiochip0",
    "gpio_lights": "/dev/gpiochip0",
    "wav": "/dev/snd/controlC0",
}
_MISSING = (
    (
        "/dev/i2c",
        (
            "raspi-config: Interface, I2C: yes; then restart",
            "raspi-config 里 Interface、I2C 选“是”，然后重启",
        ),
    ),
    (
        "/dev/gpiochip",
        ("this driver needs a Raspberry Pi with pins", "这个驱动需要带引脚的树莓派"),
    ),
    (
        "/dev/input",
        (
            "plug the scanner in; see ls /dev/input/by-path",
            "插上扫码枪；查看 ls /dev/input/by-path",
        ),
    ),
    (
        "/dev/ttyAMA",
        (
            "raspi-config: Interface, Serial: no log-in shell, yes hardware; then restart",
            "raspi-config 里 Interface、Serial：不要登录终端，要启用硬件；然后重启",
        ),
    ),
    (
        "/dev/",
        (
            "check cable and power; see ls /dev/gate /dev/serial/by-path /dev/video*",
            "检查连接线和电源；查看 ls /dev/gate /dev/serial/by-path /dev/video*",
        ),
    ),
)
_UNIT_FOLDERS = ("etc/systemd/system", "usr/lib/systemd/system", "lib/systemd/system")


@dataclass(frozen=True, slots=True)
class Port:
    """A device file that the configuration names; `number` where a lane has several of a kind."""

    lane: str
    kind: str
    path: str
    number: int = 0

    @property
    def check(self) -> str:
        """The name of a finding about it."""
        return check(self.lane, self.kind, self.number)


@dataclass(frozen=True, slots=True)
class Account:
    """Who will open the devices: its user number and the names of its groups."""

    name: str
    uid: int
    groups: frozenset[str]


def check(lane: str, kind: str, number: int) -> str:
    """Return the name of a finding about a device."""
    return f"{kind} {number} of {lane}" if number else f"{kind} of {lane}"


def numbered(lane: Lane) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    """Yield kind, number and table of a lane's devices; numbers from 1 where there are several, else 0."""
    devices = lane.devices()
    several = {kind for kind, count in Counter(kind for kind, _ in devices).items() if count > 1}
    seen: Counter[str] = Counter()
    for kind, table in devices:
        seen[kind] += 1
        yield kind, seen[kind] if kind in several else 0, table


def ports(settings: Settings, root: Path = Path("/")) -> tuple[Port, ...]:
    """Return every device file that the lanes name; a camera's index is /dev/video<index>, a keyboard's
    name is looked up in sysfs."""
    found = []
    for lane in settings.lane:
        for kind, number, table in numbered(lane):
            driver = str(table["driver"])
            named = [v for v in table.values() if isinstance(v, str) and v.startswith("/dev/")]
            if driver == "camera" and str(table.get("source", "0")).isdigit():
                named.append(f"/dev/video{table.get('source', '0')}")
            if driver == "hid" and table.get("name"):
                named += _keyboards(root, str(table["name"]))
            if not named and driver in _OPENS:
                named.append(_OPENS[driver])
            found += [Port(lane.name, kind, path, number) for path in named]
    return tuple(found)


def account(root: Path, uid: int | None = None) -> Account:
    """Return the service's account where it is installed, else the one that runs this."""
    users = {}
    for line in (read(root / "etc/passwd") or "").splitlines():
        fields = line.split(":")
        if len(fields) >= 4 and fields[2].isdigit() and fields[3].isdigit():
            users[fields[0]] = (int(fields[2]), int(fields[3]))
    wanted = os.getuid() if uid is None else uid
    here = next((name for name, (number, _) in users.items() if number == wanted), str(wanted))
    name = SERVICE_USER if SERVICE_USER in users else here
    number, primary = users.get(name, (wanted, -1))
    groups = {group for group, (gid, members) in _groups(root).items() if gid == primary or name in members}
    if name == SERVICE_USER:
        groups |= _unit_groups(root)
    return Account(name, number, frozenset(groups))


def access(root: Path, port: Port, who: Account) -> list[Finding]:
    """Say whether the device file is there and may be opened by the account."""
    try:
        status = below(root, port.path).stat()
    except PermissionError:
        return []
    except OSError:
        do = next(words for prefix, words in _MISSING if port.path.startswith(prefix))
        return [fault(port.check, (f"{port.path} is not there", f"找不到 {port.path}"), do)]
    group = next(
        (name for name, (gid, _) in _groups(root).items() if gid == status.st_gid), str(status.st_gid)
    )
    mode = status.st_mode
    may = (
        who.uid == 0
        or (who.uid == status.st_uid and mode & 0o600 == 0o600)
        or (group in who.groups and mode & 0o060 == 0o060)
        or mode & 0o006 == 0o006
    )
    if may:
        return [ok(port.check, f"{port.path} may be opened", f"{port.path} 可以打开")]
    what = (
        f"{port.path} belongs to group {group}, not open to {who.name}",
        f"{port.path} 属于 {group} 组，{who.name} 无权打开",
    )
    # Adding somebody to root's own group would open the whole machine.
    command = "udevadm trigger" if group in ("root", "0") else f"usermod -aG {group} {who.name}"
    return [fault(port.check, what, (f"{command}, then restart", f"{command}，然后重启"))]


def console(root: Path, port: Port) -> list[Finding]:
    """Say whether the system's own console or log-in sits on this serial port."""
    name = node(root, port.path)
    if not name.startswith("tty"):
        return []
    # What the kernel was started with, and what it will be started with next.
    files = ("proc/cmdline", "boot/firmware/cmdline.txt", "boot/cmdline.txt")
    words = [word for file in files for word in (read(root / file) or "").split()]
    consoles = {node(root, f"/dev/{word[8:].split(',')[0]}") for word in words if word.startswith("console=")}
    gettys = {
        link.name.removeprefix("serial-getty@").removesuffix(".service")
        for place in ("etc/systemd/system", "run/systemd/generator")
        for link in (root / place).glob("*.wants/serial-getty@*.service")
    }
    if name not in consoles | {node(root, f"/dev/{getty}") for getty in gettys}:
        return []
    do = (
        "raspi-config: Interface, Serial: no log-in shell, yes hardware; then restart",
        "raspi-config 里 Interface、Serial：不要登录终端，要启用硬件；然后重启",
    )
    return [fault(port.check, (f"the system's console sits on {name}", f"系统控制台占用了 {name}"), do)]


def stable_name(root: Path, port: Port) -> list[Finding]:
    """Say whether the name can come to mean another device, and which name would not."""
    path, name = port.path, Path(port.path).name
    if "/by-id/" in path and "1a86" in name:
        why = (
            "has no serial number: two adapters of this kind share the name",
            "没有序列号，两个同类转接器会重名",
        )
    elif re.fullmatch(r"tty(USB|ACM)\d+|video\d+|event\d+", name):
        why = ("can change with every start", "每次开机都可能变化")
    elif node(root, path) == "ttyS0" and "Raspberry" in (read(root / "proc/device-tree/model") or ""):
        what = (
            f"{path} is the small UART: its speed changes with the processor's",
            f"{path} 是迷你串口，波特率随主频变化",
        )
        do = (
            "dtoverlay=disable-bt in config.txt, then /dev/ttyAMA0",
            "在 config.txt 写 dtoverlay=disable-bt，再用 /dev/ttyAMA0",
        )
        return [warn(port.check, what, do)]
    else:
        return []
    better = next(other_names(root, path), None)
    if better is None:
        if name.startswith("video") and len(list((root / "dev").glob("video*"))) <= 1:
            return []  # one camera has nobody to be mistaken for
        folder = {"video": "/dev/v4l/by-path", "event": "/dev/input/by-path"}.get(
            name[:5], "/dev/serial/by-path"
        )
        do = (f"use its name in {folder}", f"改用 {folder} 里的名称")
    else:
        do = (f"write {better}", f"改写为 {better}")
    return [warn(port.check, (f"the name {path} {why[0]}", f"{path} 这个名称{why[1]}"), do)]


def node(root: Path, path: str) -> str:
    """Return the name of the file in /dev that a path leads to."""
    return below(root, path).resolve().name


def other_names(root: Path, path: str) -> Iterator[str]:
    """Yield the names of the same device that stay with its socket."""
    target = below(root, path).resolve()
    for folder in _STABLE:
        for link in sorted((root / folder).glob("*")):
            if link.resolve() == target:
                yield f"/{folder}/{link.name}"


def _keyboards(root: Path, name: str) -> list[str]:
    """Return the stable name of the keyboard that calls itself so, or its number; none if it is not there."""
    for folder in sorted((root / "sys/class/input").glob("event*")):
        if (
            name in (read(folder / "device/name") or "")
            and (read(folder / "device/capabilities/key") or "0") != "0"
        ):
            path = f"/dev/input/{folder.name}"
            return [next(other_names(root, path), path)]
    return []


def _groups(root: Path) -> Mapping[str, tuple[int, frozenset[str]]]:
    groups = {}
    for line in (read(root / "etc/group") or "").splitlines():
        fields = line.split(":")
        if len(fields) >= 4 and fields[2].isdigit():
            groups[fields[0]] = (int(fields[2]), frozenset(fields[3].split(",")))
    return groups


def _unit_groups(root: Path) -> set[str]:
    for folder in _UNIT_FOLDERS:
        unit = read(root / folder / "gatepost.service")
        if unit is not None:
            named = re.findall(r"^SupplementaryGroups=(.*)$", unit, re.MULTILINE)
            return {group for line in named for group in line.split()}
    return set()
