"""What `doctor` learns of the devices: from the running gate, else by opening each for a moment.

A device the running gate holds is not touched. Barriers and voices are never opened: nothing may move
or speak because somebody looks. Readings and codes are counted, never shown.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from edge.cli.doctor.finding import Finding, fault, ok, warn
from edge.config import Settings
from edge.domain.errors import DeviceUnavailable
from edge.health import remedy

OPEN_S, LOOK_S, START_S = 10.0, 3.0, 20.0
_WARNINGS = (
    *("uplink_down", "uplink_rejected", "clock_unconfirmed"),
    *("calibration_due", "calibration_expired", "calibration_elsewhere"),
    *("instrument_doubted", "level_shifted", "case_overdue"),
    *("report_missing", "report_waits"),
    *("mask_absent", "mask_broken", "mask_answers"),
)
Fetch = Callable[[str], tuple[int, bytes] | None]
"""Fetches an address of this machine: (status, body), None where nobody answers."""


class Opener(Protocol):
    """A configured driver, as the registry returns it."""

    def connect(self) -> Any: ...


class Running:
    """What the running gate says of itself; it tells anybody only codes and names."""

    def __init__(self, readyz: Mapping[str, Any], metrics: str) -> None:
        self.problems = tuple(str(problem["code"]) for problem in readyz.get("problems", ()))
        self.devices = {
            (found[1], found[2], found[3]): found[4].startswith("1")
            for found in re.finditer(
                r'^gatepost_device_up\{kind="([^"]*)",lane="([^"]*)",name="([^"]*)"\} (\S+)',
                _sorted(metrics),
                re.M,
            )
        }


def running(settings: Settings, fetch: Fetch) -> Running | None:
    """Ask the gate that runs on this machine; None where none answers."""
    if settings.web.port == 0:
        return None
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.web.host, settings.web.host)  # noqa: S104
    address = f"http://{f'[{host}]' if ':' in host else host}:{settings.web.port}"
    answer = fetch(f"{address}/readyz")
    if answer is None or answer[0] not in (200, 503):
        return None
    try:
        readyz = json.loads(answer[1])
    except ValueError:
        return None
    if not isinstance(readyz, dict) or "ready" not in readyz:
        return None
    metrics = fetch(f"{address}/metrics")
    return Running(readyz, metrics[1].decode("utf-8", "replace") if metrics and metrics[0] == 200 else "")


def as_told(gate: Running) -> list[Finding]:
    """Return what the running gate says of its devices and itself."""
    findings = []
    for (kind, lane, name), up in sorted(gate.devices.items()):
        check = f"{kind} of {lane}" if lane else f"{kind} {name}"
        if up:
            held = (f"{name} works; the running gate holds it", f"{name} 正常（由运行中的门岗程序占用）")
            findings.append(ok(check, *held))
        else:
            what = (f"{name} does not work; the running gate tries again", f"{name} 不工作，门岗程序正在重试")
            do = (
                "see the page Devices, or: journalctl -u gatepost",
                "查看“设备”页面，或 journalctl -u gatepost",
            )
            findings.append(fault(check, what, do))
    for code in dict.fromkeys(gate.problems):
        words = remedy(code)
        level = warn if code in _WARNINGS else fault
        what = (f"the running gate says: {words.title.en}", f"运行中的门岗程序报告：{words.title.zh}")
        findings.append(level("gate", what, (words.do.en, words.do.zh)))
    return findings or [ok("gate", "it runs and is ready", "正在运行，一切就绪")]


def thermometer(check: str, driver: Opener, *, calibrated: bool, patience_s: float = LOOK_S) -> list[Finding]:
    """Open a thermometer, wait for its first readings, close it.

    `calibrated`: the site has a surface offset, without which a device that gives no body value
    leads to no verdict.
    """
    found = _opened(driver, lambda _port, items: bool(items), patience_s)
    if isinstance(found, DeviceUnavailable):
        return [_unavailable(check, found)]
    findings = [ok(check, "opened, and readings came", "已打开，收到读数")]
    if not calibrated and all(reading.vendor_body_mdegc is None for reading in found):
        findings.append(uncalibrated(check, certain=True))
    return findings


def scanner(check: str, driver: Opener, *, patience_s: float = START_S) -> list[Finding]:
    """Open a scanner, wait until it has started (a camera: its first picture), close it."""
    faults: list[tuple[str, str]] = []

    def settled(port: Any, _items: list[Any]) -> bool:
        fault = getattr(port, "mask_fault", None)
        faults[:] = [fault] if fault else []
        told = bool(fault) or not getattr(port, "looks", False) or bool(port.mask_model)
        return told and bool(getattr(port, "started", True))

    found = _opened(driver, settled, patience_s)
    if isinstance(found, DeviceUnavailable):
        return [_unavailable(check, found)]
    findings = [ok(check, "opened", "已打开")]
    for code, message in faults:
        words = remedy(f"mask_{code}")
        what = (f"{words.title.en}: {message}", f"{words.title.zh}：{message}")
        findings.append(warn(check, what, (words.do.en, words.do.zh)))
    return findings


def too_far(check: str, zh: str, en: str) -> Finding:
    """Return what a sensor sees beside the forehead."""
    do = ("change distance_cm to what it is, or move the sensor", "改正 distance_cm，或移动传感器")
    return warn(check, (en, zh), do)


def uncalibrated(check: str, *, certain: bool) -> Finding:
    """Return what a missing surface offset means; `certain` where the device gives no body value."""
    do = (
        "compare with a clinical thermometer: gatepost calibrate (or [screening] surface_offset_c)",
        "与医用体温计比对：gatepost calibrate（或写 [screening] surface_offset_c）",
    )
    if certain:
        what = (
            "gives surface values only and surface_offset_c is absent: every measurement is unreliable",
            "只给表面温度，又没有写 surface_offset_c：每次测温都得不出结论",
        )
        return fault(check, what, do)
    what = (
        "surface_offset_c is absent: a device that gives surface values only leads to no verdict",
        "没有写 surface_offset_c：只给表面温度的设备得不出结论",
    )
    return warn(check, what, do)


def _opened(
    driver: Opener, enough: Callable[[Any, list[Any]], bool], patience_s: float
) -> list[Any] | DeviceUnavailable:
    # In a thread of its own: a driver that hangs must not keep the other lines from being printed.
    answers: list[list[Any] | DeviceUnavailable] = []
    thread = threading.Thread(target=lambda: answers.append(_look(driver, enough, patience_s)), daemon=True)
    thread.start()
    thread.join(patience_s + OPEN_S)
    if answers:
        return answers[0]
    return DeviceUnavailable("", "hung") if thread.is_alive() else DeviceUnavailable("", "broken")


def _look(
    driver: Opener, enough: Callable[[Any, list[Any]], bool], patience_s: float
) -> list[Any] | DeviceUnavailable:
    found: list[Any] = []
    try:
        port = driver.connect()
        try:
            deadline = time.monotonic() + patience_s
            while time.monotonic() < deadline:
                found.extend(port.read())
                if enough(port, found):
                    return found
        finally:
            port.close()
    except DeviceUnavailable as error:
        return error
    return DeviceUnavailable("", "silent")


def _unavailable(check: str, error: DeviceUnavailable) -> Finding:
    words = remedy(f"device_{error.code}")
    detail = (f": {error}", f"（{error}）") if str(error) else ("", "")
    what = (words.title.en + detail[0], words.title.zh + detail[1])
    return fault(check, what, (words.do.en, words.do.zh))


def _sorted(metrics: str) -> str:
    # Labels in the order of their names, whatever order the exposition has.
    def order(found: re.Match[str]) -> str:
        return "{" + ",".join(sorted(re.findall(r'\w+="[^"]*"', found[1]))) + "}"

    return re.sub(r"\{([^}]*)\}", order, metrics)
