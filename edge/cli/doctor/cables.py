"""What `doctor` learns of who else is at the devices' cables: programs, services, adapters that look alike.

Reads /proc, /sys and unit files below a root folder; opens nothing. Programs are named, never their
arguments.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.cli.doctor.finding import Finding, Run, below, fault, named, ok, read, warn
from edge.cli.doctor.ports import Port, node, other_names

_OURS = "gatepost"
_INTERFACE = re.compile(r"\d+-\d+(\.\d+)*:\d+\.\d+")
_STOLEN = re.compile(r"claimed by \w+ while '([\w-]+)'")
_PROGRAMS = ("usr/bin", "usr/sbin", "bin", "sbin")


@dataclass(frozen=True, slots=True)
class _Adapter:
    node: str
    socket: str
    usb: str
    serial: str

    @property
    def identity(self) -> tuple[str, str, str]:
        """What by-id tells adapters apart by: kind, serial number, interface."""
        return self.usb, self.serial, self.socket.partition(":")[2]


def shared(root: Path, found: tuple[Port, ...]) -> list[Finding]:
    """Name the devices that are configured on one and the same serial port or keyboard."""
    by_node: dict[str, list[Port]] = {}
    for port in found:
        name = node(root, port.path)
        if name.startswith(("tty", "event")):
            by_node.setdefault(name, []).append(port)
    findings = []
    for ports in by_node.values():
        if len(ports) > 1:
            names, names_zh = (
                " + ".join(named(port.check, language) for port in ports) for language in ("en", "zh_Hans")
            )
            what = (
                f"{ports[0].path} is configured for {names}",
                f"{names_zh} 写了同一个端口 {ports[0].path}",
            )
            do = ("give each device its own port", "给每个设备写各自的端口")
            findings.append(fault(ports[0].check, what, do))
    return findings


def holders(root: Path, found: tuple[Port, ...]) -> list[Finding]:
    """Name the programs that have a configured port open besides the gate (as root: all of them)."""
    wanted = {str(below(Path("/"), f"dev/{node(root, port.path)}")): port for port in found}
    open_by: dict[str, list[str]] = {}
    for process in sorted((root / "proc").glob("[0-9]*")):
        for path in {path for path in _open_files(process) if path in wanted}:
            open_by.setdefault(path, []).append(f"{read(process / 'comm') or '?'} ({process.name})")
    findings = []
    for path, programs in open_by.items():
        ours = [name for name in programs if name.startswith(f"{_OURS} (")]
        others = [name for name in programs if name not in ours]
        if others or len(ours) > 1:
            names = ", ".join(others or ours)
            what = (f"{path} is also open in {names}", f"{path} 同时被 {names} 打开")
            do = (
                "end that program, or give it another port: two readers take each other's bytes",
                "结束该程序，或让它用别的端口：两个程序会互相抢数据",
            )
            findings.append(fault(wanted[path].check, what, do))
    return findings


def twins(root: Path, found: tuple[Port, ...]) -> list[Finding]:
    """Warn of adapters that share one name in by-id (CH340 have no serial number, many a CP2102 the one
    of all others), with names that differ."""
    adapters = list(_adapters(root))
    findings = []
    for port in found:
        here = next((a for a in adapters if a.node == node(root, port.path)), None)
        if here is None or "/by-path/" in port.path or port.path.startswith("/dev/gate/"):
            continue
        alike = [a for a in adapters if a.identity == here.identity]
        if len(alike) > 1:
            names = [next(other_names(root, f"/dev/{a.node}"), f"/dev/{a.node}") for a in alike]
            what = (
                f"{len(alike)} adapters of the kind {here.usb} have no serial number of their own: "
                f"{port.path} may be any",
                f"有 {len(alike)} 个 {here.usb} 转接器没有各自的序列号，{port.path} 可能是其中任何一个",
            )
            do = (
                f"pull one out to see which it is, then write its name: {' or '.join(names)}",
                f"拔下一个看是哪一个，然后写它的名称：{' 或 '.join(names)}",
            )
            findings.append(warn(port.check, what, do))
    return findings


def rivals(root: Path, found: tuple[Port, ...], run: Run) -> list[Finding]:
    """Look for programs that take USB serial ports for themselves."""
    if not any(node(root, port.path).startswith(("ttyUSB", "ttyACM")) for port in found):
        return []
    words = run(["dmesg", "--level=err,warn,notice,info"]) or ""
    findings = [_thief(name) for name in dict.fromkeys(_STOLEN.findall(words))]
    if _installed(root, "brltty"):
        what = (
            "brltty is installed and takes CH340 and CP210x adapters for Braille displays",
            "装有 brltty，它会把 CH340、CP210x 当作盲文显示器抢走",
        )
        findings.append(warn("rivals", what, ("apt purge brltty", "apt purge brltty")))
    ruled = "ID_MM_DEVICE_IGNORE" in (read(root / "etc/udev/rules.d/70-gatepost.rules") or "")
    if _installed(root, "ModemManager") and not ruled:
        what = (
            "ModemManager is installed and sends probe bytes to USB serial ports",
            "装有 ModemManager，它会向 USB 串口发探测数据",
        )
        do = (
            "apt purge modemmanager, or ./gate install: its udev rules keep it away",
            "apt purge modemmanager；或运行 ./gate install，安装的 udev 规则会挡住它",
        )
        findings.append(warn("rivals", what, do))
    return findings or [ok("rivals", "no program that takes USB serial ports", "没有抢占 USB 串口的程序")]


def bluetooth(root: Path, port: Port) -> list[Finding]:
    """Say whether a Pi's Bluetooth sits on the full UART."""
    if node(root, port.path) != "ttyAMA0" or "Raspberry Pi" not in (
        read(root / "proc/device-tree/model") or ""
    ):
        return []
    config = read(root / "boot/firmware/config.txt") or read(root / "boot/config.txt") or ""
    lines = [line.partition("#")[0].strip() for line in config.splitlines()]
    if node(root, "/dev/serial0") == "ttyAMA0" or any(
        re.fullmatch(r"dtoverlay=(disable-bt|miniuart-bt|pi3-disable-bt|pi3-miniuart-bt).*", line)
        for line in lines
    ):
        return []
    if "Raspberry Pi 5" in (read(root / "proc/device-tree/model") or ""):
        return []  # Bluetooth has a line of its own there
    do = (
        "dtoverlay=disable-bt in config.txt, then restart",
        "在 config.txt 写 dtoverlay=disable-bt，然后重启",
    )
    return [fault(port.check, ("Bluetooth sits on ttyAMA0", "蓝牙占用了 ttyAMA0"), do)]


def _open_files(process: Path) -> Iterator[str]:
    try:
        links = list((process / "fd").iterdir())
    except OSError:
        return
    for link in links:
        try:
            yield str(link.readlink())
        except OSError:
            continue


def _thief(name: str) -> Finding:
    what = (f"{name} took an adapter away from its driver", f"{name} 从驱动手里抢走了转接器")
    do = (f"apt purge {name}, then unplug and plug in", f"apt purge {name}，然后重新插拔")
    return fault("rivals", what, do)


def _installed(root: Path, program: str) -> bool:
    return any((root / folder / program).exists() for folder in _PROGRAMS)


def _adapters(root: Path) -> Iterator[_Adapter]:
    for tty in sorted((root / "sys/class/tty").glob("tty*")):
        device = (tty / "device").resolve()
        folder = next((each for each in (device, *device.parents) if _INTERFACE.fullmatch(each.name)), None)
        if folder is not None:
            usb = folder.parent
            ids = f"{read(usb / 'idVendor')}:{read(usb / 'idProduct')}"
            yield _Adapter(tty.name, folder.name, ids, read(usb / "serial") or "")
