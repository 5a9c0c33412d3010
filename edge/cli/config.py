"""`gatepost config`: check, show or write a configuration.

Must not open a device; checking a driver's options does not need one.
"""

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from edge.config import Drivers, Loaded, Procedures, Settings, Text, examine, language

FAULTS, INVALID = 1, 3
_CONFIG_OPTION = click.option(
    "--config", "path", type=click.Path(path_type=Path), help="The file; else it is searched for."
)
_JSON_OPTION = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


@dataclass(frozen=True, slots=True)
class Given:
    """What whoever calls hands in as click's context object in place of the app's own."""

    drivers: Drivers
    procedures: Procedures


def given(context: click.Context) -> Given:
    """Return what was handed in, else the drivers and procedures of this installation."""
    if isinstance(context.obj, Given):
        return context.obj
    from edge import app

    return Given(app.drivers_registry, app.procedure_names)


def load_or_exit(context: click.Context, path: Path | None) -> Loaded:
    """Return the configuration; print every fault on standard error and exit 3 where it has one."""
    parts = given(context)
    loaded, faults = examine(path, os.environ, drivers=parts.drivers, procedures=parts.procedures)
    if loaded is None:
        for fault in faults:
            click.echo(fault.line(language(os.environ)), err=True)
        context.exit(INVALID)
        raise AssertionError("exit() does not return")
    return loaded


def tell(en: str, zh: str) -> None:
    """Say something to a person, on standard error."""
    click.echo(Text(en, zh).say(language(os.environ)), err=True)


def advised(settings: Settings, drivers: Drivers) -> list[tuple[str, Text]]:
    """Return what is no fault and will still go wrong: a sensor too far from a forehead."""
    found = []
    for lane in settings.lane:
        for kind, table in lane.devices():
            advice = getattr(drivers.load(kind, table), "advice", None)
            if advice is not None:
                zh, en = advice
                found.append((f"[lane.{kind}] {lane.name}", Text(en, zh)))
    return found


@click.group()
def config() -> None:
    """Check, show or write a configuration."""


@config.command()
@_CONFIG_OPTION
@_JSON_OPTION
@click.pass_context
def check(context: click.Context, path: Path | None, as_json: bool) -> None:
    """Name every fault at once; exit 3 where there is one."""
    parts = given(context)
    loaded, faults = examine(path, os.environ, drivers=parts.drivers, procedures=parts.procedures)
    for fault in faults:
        click.echo(_line(fault.as_dict()) if as_json else fault.line(language(os.environ)))
    if loaded is None:
        tell(f"{len(faults)} fault(s)", f"共 {len(faults)} 处错误")
        context.exit(INVALID)
    wrong = [*_procedure_faults(loaded), *_acceptance_faults(loaded), *_access_faults(loaded)]
    wrong += _register_faults(loaded)
    for line in wrong:
        click.echo(_line({"file": line.split(":")[0], "fault": line}) if as_json else line)
    if wrong:
        tell(f"{len(wrong)} fault(s)", f"共 {len(wrong)} 处错误")
        context.exit(INVALID)
    for place, advice in advised(loaded.settings, parts.drivers):
        if as_json:
            click.echo(_line({"file": str(loaded.path), "place": place, "advice": advice.as_dict()}))
        else:
            tell(f"{place}: {advice.en}", f"{place}：{advice.zh}")
    tell(f"{loaded.path}: in order", f"{loaded.path}：没有错误")


@config.command()
@_CONFIG_OPTION
@_JSON_OPTION
@click.pass_context
def show(context: click.Context, path: Path | None, as_json: bool) -> None:
    """Show every key, its value and where that came from. Secrets are left out."""
    from edge.cli import procedures
    from edge.config.text import shown, toml

    loaded = load_or_exit(context, path)
    tell(f"file: {loaded.path}", f"文件：{loaded.path}")
    pages = procedures.on_pages(loaded.settings)
    for key, value, origin in shown(loaded):
        lane = key.removeprefix("lane.").removesuffix(".procedure") if key.endswith(".procedure") else ""
        if (page := procedures.settled(pages, lane)) is not None:
            value, origin = page.name, procedures.origin(page)  # noqa: PLW2901 - the page goes before the file
        if as_json:
            click.echo(_line({"key": key, "value": value, "origin": origin}))
        else:
            click.echo(f"{key} = {toml(value) if value is not None else '-'}  # {origin}")


@config.command()
@click.argument("target", type=click.Path(path_type=Path), required=False)
@click.pass_context
def init(context: click.Context, target: Path | None) -> None:
    """Write a commented configuration to TARGET ("-": standard output); never overwrites.

    Without TARGET: $GATEPOST_CONFIG, else the system's folder for root, else config/gatepost.toml.
    """
    from edge.config.text import example

    target = target or _default_target()
    if str(target) == "-":
        click.echo(example(), nl=False)
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # 0640: a token may be written into it later; the service's group reads it.
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(example())
    except FileExistsError:
        tell(f"{target} is there already; nothing was changed", f"{target} 已存在，没有改动")
        context.exit(FAULTS)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        tell(f"{target} cannot be written: {reason}", f"{target} 写不了：{reason}")
        context.exit(FAULTS)
    tell(
        f"{target} written; change it, then: gatepost config check --config {target}",
        f"已写好 {target}；改好后运行：gatepost config check --config {target}",
    )


@config.command(hidden=True)
def reference() -> None:
    """Print the tables of docs/configuration.md."""
    from edge.config.text import reference as tables

    click.echo(tables(), nl=False)


def _default_target() -> Path:
    named = os.environ.get("GATEPOST_CONFIG")
    if named:
        return Path(named)
    return Path("/etc/gatepost/gatepost.toml") if os.geteuid() == 0 else Path("config/gatepost.toml")


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _procedure_faults(loaded: Loaded) -> list[str]:
    """Return what is wrong in the files of the procedures that the lanes name."""
    from edge import procedures
    from edge.domain.errors import ConfigError

    faults: list[str] = []
    for name in dict.fromkeys(lane.procedure for lane in loaded.settings.lane):
        path = procedures.find(name, procedures.folders(loaded.path.parent))
        if path is None:
            continue  # tests hand in names without files; a missing file was a fault above
        try:
            procedures.parse(name, procedures.read(path), str(path))
        except ConfigError as error:
            faults.extend(error.faults)
    return faults


def _access_faults(loaded: Loaded) -> list[str]:
    """Return what is wrong in the rules of who may pass."""
    from edge.domain.errors import ConfigError
    from edge.registers.access_rules import of_file

    try:
        of_file(loaded.settings.access.rules, loaded.path.parent)
    except ConfigError as error:
        return list(error.faults)
    return []


def _register_faults(loaded: Loaded) -> list[str]:
    """Return what is wrong in the files of registers: the gate reads them at its next start and refuses to
    start with one that is wrong."""
    from edge.domain.errors import ConfigError
    from edge.registers.shelf import folders, read

    try:
        read(folders(loaded.path.parent))
    except ConfigError as error:
        return list(error.faults)
    return []


def _acceptance_faults(loaded: Loaded) -> list[str]:
    """Return what is wrong in the rules about health codes: the file itself, and steps of the lanes'
    procedures that no way in it could ever complete."""
    from edge import acceptance, procedures, site_files
    from edge.domain.errors import ConfigError

    name = loaded.settings.codes.acceptance
    path = acceptance.find(name, loaded.path.parent)
    if path is None:
        known = ", ".join(acceptance.names(loaded.path.parent))
        en = f"[codes] acceptance: there are no rules {name!r}; there are: {known}"
        return [f"{loaded.path}: {en} / 没有这个规定文件，现有：{known}"]
    try:
        accepted = acceptance.parse(name, site_files.read(path), str(path))
    except ConfigError as error:
        return list(error.faults)
    faults: list[str] = []
    for procedure in dict.fromkeys(lane.procedure for lane in loaded.settings.lane):
        steps = procedures.find(procedure, procedures.folders(loaded.path.parent))
        if steps is None:
            continue
        with contextlib.suppress(ConfigError):  # said by _procedure_faults
            found = procedures.parse(procedure, procedures.read(steps), str(steps))
            faults += acceptance.out_of_reach(accepted, found, str(path))
    return faults
