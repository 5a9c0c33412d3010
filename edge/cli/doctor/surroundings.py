"""What `doctor` looks at around the gate: configuration, clock, keys, the district.

Must not print a token, and asks the district only whether it is there.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from edge.cli.doctor.finding import Finding, Level, below, fault, ok, warn
from edge.clock import Clock
from edge.config import Fault, Settings, Uplink
from edge.domain.errors import ConfigError
from edge.domain.model import ClockQuality

Reach = Callable[[str], int | str]
"""Asks an address: the HTTP status, or a word for why nobody answered (`certificate`, `dns`, ...)."""

Trusting = Callable[[Path], Reach]
"""Asks as Reach does, with the certificates in this file instead of the system's."""

UPLINK = "uplink"
WHY = {
    "dns": (
        ("its name is not known", "域名解析不了"),
        ("check the network and the address", "检查网络和地址"),
    ),
    "refused": (
        ("nobody listens there", "对方没有开启服务"),
        ("check the address; ask the district", "检查地址，联系区级管理员"),
    ),
    "timeout": (
        ("no answer in time", "超时没有应答"),
        ("check the network, the SIM card, the fire wall", "检查网络、流量卡和防火墙"),
    ),
    "certificate": (
        ("its certificate is not accepted", "证书不被接受"),
        ("check the clock first, then the certificate", "先检查时钟，再检查证书"),
    ),
    "ca_file": (
        ("the certificates in ca_file cannot be read", "ca_file 里的证书读不出来"),
        (
            "put the district's or platform's own certificate there, as PEM",
            "请放入对方自己的证书（PEM 格式）",
        ),
    ),
}


def config(path: Path | None, faults: tuple[Fault, ...]) -> list[Finding]:
    """Return the faults of the configuration, or that it has none."""
    if not faults:
        return [ok("config", f"{path} is in order", f"{path} 没有错误")]
    if path is None or not path.exists():
        file = path or Path("/etc/gatepost/gatepost.toml")
        do = (f"make one: gatepost config init {file}", f"生成一份：gatepost config init {file}")
    else:
        do = (
            f"mend it in {path}, then: gatepost config check --config {path}",
            f"改正 {path}，再运行 gatepost config check --config {path}",
        )
    return [fault("config", (each.line("en"), each.line("zh_Hans")), do) for each in faults]


def clock(gate_clock: Clock, *, chip: bool) -> list[Finding]:
    """Say how far the clock is believed and what would make it better."""
    status = gate_clock.status()
    quality = gate_clock.quality
    if quality.trusted:
        named = ("the network", "网络") if quality is ClockQuality.SYNCED else ("an operator", "人工")
        return [ok("clock", f"right, by {named[0]} ({status['source']})", f"正确，由{named[1]}校准")]
    without = ("", "") if chip else ("; this machine has no clock chip", "；本机没有时钟芯片")
    do = (
        "connect a network, or: gatepost clock confirm / gatepost clock set",
        "接通网络，或运行 gatepost clock confirm / gatepost clock set",
    )
    if quality is ClockQuality.UNSET:
        return [
            fault("clock", (f"earlier than it can be{without[0]}", f"比实际可能的时间还早{without[1]}"), do)
        ]
    what = (f"plausible, confirmed by nobody{without[0]}", f"看上去合理，但无人确认{without[1]}")
    return [warn("clock", what, do)]


def keys(root: Path, settings: Settings) -> list[Finding]:
    """Say what the key that opens the sealed personal data protects, given where it lies."""
    store = settings.store.path
    second = settings.store.key_file or Path("/etc/gatepost/keys/master-key")
    try:
        key = below(root, second).stat()
    except PermissionError:
        return [ok("key", f"{second} is there, not for this account", f"{second} 存在，当前用户无权读取")]
    except OSError:
        if settings.store.key_file:
            what = (
                f"{second} cannot be read: personal data stays closed",
                f"{second} 读不出来，个人信息打不开",
            )
            return [fault("key", what, ("put the stick with the key in", "插上存放密钥的 U 盘"))]
        return [_same_card(f"{store}/master.key")]
    try:
        same = below(root, store).stat().st_dev == key.st_dev
    except OSError:
        same = False  # no store yet
    if same:
        return [_same_card(str(second))]
    return [ok("key", f"{second} lies on another medium than the data", f"{second} 与数据不在同一存储介质上")]


def uplink(
    settings: Settings, environ: Mapping[str, str], reach: Reach, trusting: Trusting | None = None
) -> list[Finding]:
    """Say whether the district's server answers and whether there is a token for it; one with certificates
    of its own is asked by `trusting` them."""
    if settings.uplink is None:
        return [ok(UPLINK, "none configured; nothing leaves the gate", "没有配置，不上报")]
    findings = _token(settings.uplink, environ)
    url = settings.uplink.url
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        what = ("http: the token and the records travel in the clear", "http 不加密，令牌和记录可被窃听")
        findings.append(warn(UPLINK, what, ("use https://", "改用 https://")))
    own = settings.uplink.ca_file
    answer = reach(url) if own is None or trusting is None else trusting(own)(url)
    where = parts.netloc
    if isinstance(answer, str):
        why, do = WHY.get(answer, ((answer, answer), ("check the network", "检查网络")))
        findings.append(fault(UPLINK, (f"{where}: {why[0]}", f"{where}：{why[1]}"), do))
    elif answer >= 500:
        what = (f"{where} answers, with error {answer}", f"{where} 有应答，但报错 {answer}")
        findings.append(warn(UPLINK, what, ("tell the district", "联系区级管理员")))
    else:
        findings.append(ok(UPLINK, f"{where} answers", f"{where} 有应答"))
    return findings


def store(root: Path, settings: Settings, uid: int) -> list[Finding]:
    """Say whether the folder of the records is there and closed to others."""
    path = settings.store.path
    try:
        status = below(root, path).stat()
    except OSError:
        return [
            ok(
                "store",
                f"{path} is not there yet; the first start makes it",
                f"{path} 还没有，首次启动时建立",
            )
        ]
    if status.st_mode & 0o007:
        what = (f"{path} is open to every account of this machine", f"本机所有用户都能看到 {path}")
        return [warn("store", what, (f"chmod 700 {path}", f"chmod 700 {path}"))]
    if uid not in (0, status.st_uid) and not os.access(below(root, path), os.W_OK):
        return [ok("store", f"{path} belongs to the service", f"{path} 属于服务用户")]
    return [ok("store", f"{path} is there and closed to others", f"{path} 正常，其他用户看不到")]


def exit_code(findings: list[Finding]) -> int:
    """Return 0, 1 where there are faults, 6 where the district's absence is the only one."""
    faults = {finding.check for finding in findings if finding.level is Level.FAULT}
    if not faults:
        return 0
    return 6 if faults == {UPLINK} else 1


def _token(settings: Uplink, environ: Mapping[str, str]) -> list[Finding]:
    do = (
        "ask the district for one and write it into [uplink] token_file",
        "向区里申请，写入 [uplink] token_file",
    )
    try:
        if settings.bearer(environ) is not None:
            return []
    except ConfigError:
        path = settings.token_file
        if path is not None and path.exists() and not os.access(path, os.R_OK):
            return [ok("token", f"{path} is there, not for this account", f"{path} 存在，当前用户无权读取")]
        return [fault("token", (f"{path} cannot be read", f"{path} 读不出来"), do)]
    return [fault("token", ("there is none: the gate does not start", "没有令牌，门岗程序不会启动"), do)]


def _same_card(key: str) -> Finding:
    what = (
        f"{key} lies on the same card as the data: it protects copies of the data folder and backups, "
        "not the card itself",
        f"{key} 与数据在同一张卡上：只能保护数据文件夹的拷贝和备份，卡被拿走就保护不了",
    )
    do = ("put a key on a USB stick: [store] key_file", "把密钥放到 U 盘上：[store] key_file")
    return warn("key", what, do)
