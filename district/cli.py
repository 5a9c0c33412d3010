"""The `gatepost-district` command. Exit codes: 0 well, 2 usage, 3 config invalid, 5 store fault."""

import contextlib
import json
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from district import config, lists, registry
from district.errors import ConfigError, Refused, StoreError
from district.store import Store, migrations

CONFIG_INVALID = 3
STORE_FAULT = 5

_config = click.option("--config", "config_path", type=click.Path(path_type=Path), help="The TOML file.")
_store = click.option("--store", "folder", type=click.Path(path_type=Path), help="Instead of [store] path.")
_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


@click.group()
def main() -> None:
    """The district's server: receives what gates wrote, keeps it, shows it."""


@main.command()
@_config
@_store
@click.option("--listen", help="Instead of [web] listen, for example 127.0.0.1:8090.")
def run(config_path: Path | None, folder: Path | None, listen: str | None) -> None:
    """Serve until interrupted. The first start makes the administrator's password and shows it once."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    settings, store = _open(config_path, folder)
    from district.committer import Committer
    from district.server import Server
    from district.web import create_app

    with store.write() as connection:
        if not registry.has_account(connection):
            password = registry.new_admin_password(connection, _now_us())
            click.echo(f"first start: account {registry.ADMIN}, password {password} (shown only now)")
    committer = Committer(store)
    with _told():
        app = create_app(store, committer, settings)
    try:
        server = Server(app, listen or settings.web.listen, settings.web.threads)
    except (OSError, ValueError) as error:
        click.echo(f"cannot listen: {error}", err=True)
        sys.exit(CONFIG_INVALID)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    committer.start()
    click.echo(f"district listening on {server.address}")
    code = server.run(stop, committer)
    committer.stop()
    store.close()
    sys.exit(code)


@main.command()
@_config
@_store
@_json
def migrate(config_path: Path | None, folder: Path | None, as_json: bool) -> None:
    """Bring the store to the newest schema (starting does the same)."""
    _, store = _open(config_path, folder)
    store.close()
    _say(as_json, {"store": str(store.path), "version": migrations()[-1][0]}, "{store}: version {version}")


@main.group()
def gate() -> None:
    """Gates that may post."""


@gate.command("add")
@click.argument("name")
@click.option("--renew", is_flag=True, help="A new token for a gate there is; the old one ends.")
@_config
@_store
@_json
def gate_add(name: str, renew: bool, config_path: Path | None, folder: Path | None, as_json: bool) -> None:
    """Register a gate and show its token once."""

    def work(connection: Any) -> str:
        if renew:
            return registry.renew_token(connection, name)
        return registry.add_gate(connection, name, _now_us())

    token = _write(config_path, folder, work)
    _say(as_json, {"gate": name, "token": token}, "gate {gate}: token {token} (shown only now)")


@main.group("list")
def lists_group() -> None:
    """Lists for the gates."""


@lists_group.command("push")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--replace", is_flag=True, help="A trust list that counts as it stands, even an older or an empty one."
)
@click.option(
    "--version",
    "least",
    type=click.IntRange(1, lists.HIGHEST_ASKED),
    default=1,
    help="At least this: above what gates hold that tell of a higher version than the district's.",
)
@_config
@_store
@_json
def list_push(  # noqa: PLR0917 - one parameter for each option
    name: str,
    file: Path,
    replace: bool,
    least: int,
    config_path: Path | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Store FILE (UTF-8 text) as the newest version of list NAME; the gates fetch it within seconds.

    A new version is at least the seconds since 1970, so that a store put back from a backup goes on above
    what the gates hold. The same text again keeps its version, unless --version asks for more.

    Trust lists are called trust-hc1, trust-shc ...: the file that `gatepost trust import` made.
    """
    try:
        content = file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{file} is not UTF-8 text") from error
    if replace:
        content = _replacing(name, content)
    version = _write(
        config_path, folder, lambda connection: lists.push(connection, name, content, _now_us(), least=least)
    )
    _say(as_json, {"list": name, "version": version}, "list {list}: version {version}")


def _replacing(name: str, content: str) -> str:
    with _told():
        if not name.startswith("trust-"):
            raise Refused(400, "bad_name", "--replace: for trust lists only")
        try:
            found = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise Refused(400, "bad_trust_list", f"{name}: not JSON: {error}") from error
        whole = {**found, "replace": True} if isinstance(found, dict) else found
        return json.dumps(whole, ensure_ascii=False)


@main.command()
@click.option("--date", "day", help="The last day that counts; else the one that ended last.")
@click.option("--since", help="The first day; else all there are.")
@click.option("--site", help="The gates of one compound or town only.")
@_config
@_store
@_json
def bulletin(
    *,
    day: str | None,
    since: str | None,
    site: str | None,
    config_path: Path | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """The bulletin (通报) over all posts until 00:00: each series by itself, never added up."""
    from district import reports

    settings, store = _open(config_path, folder)
    zone = ZoneInfo(settings.district.timezone)
    last = _iso(day) if day else reports.yesterday(datetime.now(zone).date())
    with _told(), contextlib.closing(store), store.read() as connection:
        found = reports.bulletin(connection, last, None if since is None else _iso(since), site)
        found["missing"] = reports.missing(connection, last)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    click.echo(found["text"])
    if found["changed"]:
        click.echo(f"更正后 / corrected: {found['text_corrected']}")
    if found["missing"]:
        click.echo(f"未报 / not reported: {', '.join(found['missing'])}", err=True)


@main.group()
def post() -> None:
    """Posts without a machine, whose zero reports come by telephone or on paper."""


@post.command("add")
@click.argument("name")
@click.option("--series", type=click.Choice(["district", "provincial"]), default="district")
@click.option("--site", help="The compound or town it is added up with.")
@_config
@_store
@_json
def post_add(
    *,
    name: str,
    series: str,
    site: str | None,
    config_path: Path | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Register post NAME."""
    from district import reports

    _write(config_path, folder, lambda c: reports.add_post(c, name, _now_us(), series, site))
    _say(as_json, {"post": name, "series": series}, "post {post} ({series})")


@post.command("report")
@click.argument("name")
@click.option("--date", "day", required=True, help="The day, such as 2020-02-14.")
@click.option("--how", type=click.Choice(["phone", "paper"]), required=True)
@click.option("--figure", "figures", multiple=True, help="name=number; what is not named is 0.")
@click.option("--by", required=True, help="Who entered it.")
@_config
@_store
@_json
def post_report(
    *,
    name: str,
    day: str,
    how: str,
    figures: tuple[str, ...],
    by: str,
    config_path: Path | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Enter what post NAME reported; without a figure it is a zero report."""
    from district import reports

    try:
        told = {key: int(value) for key, _, value in (one.partition("=") for one in figures)}
    except ValueError as error:
        raise click.UsageError("--figure name=number") from error
    now_us = _now_us()

    def work(connection: Any) -> None:
        reports.enter(connection, name, _iso(day), how=how, figures=told, by=by, now_us=now_us)

    _write(config_path, folder, work)
    _say(as_json, {"post": name, "day": day, "how": how}, "post {post}: {day}, by {how}")


@main.group()
def admin() -> None:
    """The administrator and the programs that read."""


@admin.command("password")
@_config
@_store
def admin_password(config_path: Path | None, folder: Path | None) -> None:
    """Make a new administrator's password, show it once, end all log-ins."""
    password = _write(
        config_path, folder, lambda connection: registry.new_admin_password(connection, _now_us())
    )
    click.echo(f"account {registry.ADMIN}, password {password} (shown only now)")


@admin.command("token")
@click.argument("name")
@_config
@_store
@_json
def admin_token(name: str, config_path: Path | None, folder: Path | None, as_json: bool) -> None:
    """Make a token for program NAME to read /api/v1 with; an earlier one of that name ends."""
    token = _write(config_path, folder, lambda connection: registry.add_program(connection, name, _now_us()))
    _say(as_json, {"program": name, "token": token}, "program {program}: token {token} (shown only now)")


def _iso(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(f"{text} is no day such as 2020-02-14") from error


def _now_us() -> int:
    return time.time_ns() // 1000


def _open(config_path: Path | None, folder: Path | None) -> tuple[config.Settings, Store]:
    try:
        settings = config.load(config_path)
        return settings, Store.open(folder or settings.store.path)
    except ConfigError as error:
        for fault in error.faults:
            click.echo(fault, err=True)
        sys.exit(CONFIG_INVALID)
    except StoreError as error:
        click.echo(str(error), err=True)
        sys.exit(STORE_FAULT)


def _write(config_path: Path | None, folder: Path | None, work: Callable[[Any], Any]) -> Any:
    _, store = _open(config_path, folder)
    with _told(), contextlib.closing(store), store.write() as connection:
        return work(connection)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except Refused as error:
        raise click.UsageError(str(error)) from error
    except StoreError as error:
        click.echo(str(error), err=True)
        sys.exit(STORE_FAULT)


def _say(as_json: bool, value: dict[str, Any], form: str) -> None:
    click.echo(json.dumps(value, ensure_ascii=False) if as_json else form.format(**value))
