"""`gatepost doctor`: every device, the clock, the card, the space, permissions, the uplink, each with
what to do. The output is fit to paste. Must not change anything on the machine.
"""

import http.client
import json
import os
import socket
import ssl
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import click

from edge.cli.clock import newest_row_us
from edge.cli.config import Given, given
from edge.cli.doctor import (
    cables,
    calibrations,
    devices,
    machine,
    platforms,
    ports,
    procedures,
    surroundings,
    timekeeping,
    trust,
)
from edge.cli.doctor.calibrations import Devices
from edge.cli.doctor.devices import Fetch
from edge.cli.doctor.finding import Finding, Level, Run, below, redacted
from edge.cli.doctor.power import power
from edge.cli.doctor.surroundings import Reach, Trusting
from edge.clock import Clock
from edge.config import Settings, examine, language

_TIMEOUT_S = 4.0
_STORE = Path("/var/lib/gatepost")


@dataclass(frozen=True, slots=True)
class Tools:
    """What the checks reach out with; tests hand in others. `trusting` is for servers with certificates of
    their own; without it they are asked as all others."""

    run: Run
    fetch: Fetch
    reach: Reach
    root: Path = Path("/")
    trusting: Trusting | None = None


@click.command()
@click.option("--config", "path", type=click.Path(path_type=Path), help="The file; else it is searched for.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def doctor(context: click.Context, path: Path | None, as_json: bool) -> None:
    """Look at every device, the clock, the card, the uplink, and say what to do."""
    findings = look(
        path, os.environ, given(context), Tools(run_program, fetch, reach, trusting=reach_trusting)
    )
    for finding in findings:
        if as_json:
            click.echo(json.dumps(finding.as_dict(), ensure_ascii=False))
        else:
            click.echo(finding.line(language(os.environ)))
    counts = {level: sum(finding.level is level for finding in findings) for level in Level}
    click.echo(f"{counts[Level.FAULT]} fault, {counts[Level.WARN]} warn, {counts[Level.OK]} ok", err=True)
    context.exit(surroundings.exit_code(findings))


def look(path: Path | None, environ: Mapping[str, str], parts: Given, tools: Tools) -> list[Finding]:
    """Return every finding, fit to paste."""
    loaded, faults = examine(path, environ, drivers=parts.drivers, procedures=parts.procedures)
    findings = [
        *machine.machine(tools.root),
        *machine.rights(os.geteuid()),
        *surroundings.config(loaded.path if loaded else path, faults),
        *power(tools.root, tools.run),
    ]
    secrets: list[str] = []
    if loaded is None:
        findings += _bare(tools)
    else:
        settings = loaded.settings
        if settings.uplink and settings.uplink.token:
            secrets.append(settings.uplink.token.get_secret_value())
        findings += _store(settings, tools)
        findings += _lanes(settings, parts, tools)
        findings += procedures.look(settings, loaded.path.parent)
        findings += trust.look(settings, _clock(settings).now())
        findings += surroundings.uplink(settings, environ, tools.reach, tools.trusting)
        findings += platforms.look(settings, parts.drivers, tools.reach, tools.trusting)
    return [redacted(finding, secrets) for finding in findings]


def run_program(arguments: Sequence[str]) -> str | None:
    """Run a program of the system for at most five seconds and return what it printed."""
    try:
        done = subprocess.run(
            arguments, capture_output=True, text=True, errors="replace", timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def fetch(url: str) -> tuple[int, bytes] | None:
    """Fetch an address of this machine."""
    try:
        return _ask(url, "GET")
    except (OSError, http.client.HTTPException):
        return None


def reach_trusting(ca_file: Path) -> Reach:
    """Return a `reach` that believes the certificates in a file instead of the system's."""
    return partial(reach, ca_file=ca_file)


def reach(url: str, ca_file: Path | None = None) -> int | str:
    """Return the status a server gives, or why there was none."""
    try:
        return _ask(url, "HEAD", ca_file)[0]
    except (OSError, http.client.HTTPException) as error:
        return next((word for kind, word in _WORDS if isinstance(error, kind)), type(error).__name__)


class _NoCertificates(OSError):
    """The file of certificates to believe cannot be read, or holds none."""


# The first that fits: most are kinds of OSError.
_WORDS = (
    (_NoCertificates, "ca_file"),
    (ssl.SSLError, "certificate"),
    (socket.gaierror, "dns"),
    (TimeoutError, "timeout"),
    (ConnectionRefusedError, "refused"),
)


def _context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise _NoCertificates(str(ca_file)) from error


def _ask(url: str, method: str, ca_file: Path | None = None) -> tuple[int, bytes]:
    # http.client, not the uplink's pool: no proxy, no retry, no redirect, one short question.
    parts = urlsplit(url)
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            host, parts.port, timeout=_TIMEOUT_S, context=_context(ca_file)
        )
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=_TIMEOUT_S)
    try:
        connection.request(method, parts.path or "/")
        answer = connection.getresponse()
        return answer.status, answer.read(1_000_000)
    finally:
        connection.close()


def _name(kind: str, number: int) -> str:
    """Return the name by which the gate knows a device of a lane."""
    return f"{kind}{number}" if number > 1 else kind


def _clock(settings: Settings) -> Clock:
    folder = settings.store.path
    return Clock(folder, newest_us=newest_row_us(folder))


def _store(settings: Settings, tools: Tools) -> list[Finding]:
    folder = settings.store.path
    gate_clock = _clock(settings)
    wav = any(lane.voice["driver"] == "wav" for lane in settings.lane)
    camera = any(table["driver"] == "camera" for lane in settings.lane for table in lane.scanner)
    return [
        *surroundings.store(tools.root, settings, os.getuid()),
        *surroundings.keys(tools.root, settings),
        *machine.card(tools.root, folder, tools.run),
        *machine.space(folder),
        *surroundings.clock(gate_clock, chip=machine.has_clock_chip(tools.root)),
        *timekeeping.source(tools.root, tools.run),
        *machine.timezone(tools.root, settings.gate.timezone),
        *machine.programs(tools.root, camera=camera, voice=wav),
    ]


def _bare(tools: Tools) -> list[Finding]:
    """What can be said of a machine whose configuration cannot be read."""
    return [
        *machine.card(tools.root, _STORE, tools.run),
        *machine.space(below(tools.root, _STORE)),
        *timekeeping.source(tools.root, tools.run),
        *machine.programs(tools.root, camera=False, voice=False),
    ]


def _lanes(settings: Settings, parts: Given, tools: Tools) -> list[Finding]:
    found = ports.ports(settings, tools.root)
    who = ports.account(tools.root)
    findings = [
        *cables.rivals(tools.root, found, tools.run),
        *cables.twins(tools.root, found),
        *cables.shared(tools.root, found),
        *cables.holders(tools.root, found),
    ]
    broken = {finding.check for finding in findings if finding.level is Level.FAULT}
    for port in found:
        around = [
            *ports.access(tools.root, port, who),
            *ports.console(tools.root, port),
            *cables.bluetooth(tools.root, port),
        ]
        findings += [*around, *ports.stable_name(tools.root, port)]
        if any(finding.level is Level.FAULT for finding in around):
            broken.add(port.check)
    known, now = calibrations.on_record(settings), _clock(settings).now()
    counted = calibrations.counted(known, now)
    findings += calibrations.look(known, now)
    gate = devices.running(settings, tools.fetch)
    if gate is not None:
        return findings + devices.as_told(gate) + _offset(settings, counted)
    return findings + _opened(settings, parts, broken, counted)


def _opened(settings: Settings, parts: Given, broken: set[str], counted: Devices) -> list[Finding]:
    findings: list[Finding] = []
    offset = settings.screening.surface_offset_c is not None
    for lane in settings.lane:
        for kind, number, table in ports.numbered(lane):
            check = ports.check(lane.name, kind, number)
            if kind not in ("thermometer", "scanner") or table["driver"] == "none" or check in broken:
                continue
            driver = parts.drivers.load(kind, table)
            if advice := getattr(driver, "advice", None):
                findings.append(devices.too_far(check, *advice))
            if kind == "thermometer":
                calibrated = offset or (lane.name, _name(kind, number)) in counted
                findings += devices.thermometer(check, driver, calibrated=calibrated)
            else:
                findings += devices.scanner(check, driver)
    return findings


def _offset(settings: Settings, counted: Devices) -> list[Finding]:
    if settings.screening.surface_offset_c is not None:
        return []
    measuring = [
        lane.name
        for lane in settings.lane
        if any(
            kind == "thermometer"
            and table["driver"] != "none"
            and (lane.name, _name(kind, number)) not in counted
            for kind, number, table in ports.numbered(lane)
        )
    ]
    return [devices.uncalibrated(f"thermometer of {name}", certain=False) for name in measuring]
