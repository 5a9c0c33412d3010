"""`gatepost clock`: see the clock, set it by hand, confirm that it is right.

For gates with neither a network nor a clock chip. As root the clock is set here; otherwise a request
is left for the root helper, which has its own limits. Must not open the journal for writing.
"""

import json
import os
import re
import time
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from edge import clock as clocks
from edge.cli.config import FAULTS, load_or_exit, tell
from edge.config import Loaded, Text, language
from edge.domain.errors import JournalError

UNWRITABLE, APPLY_S = 5, 15.0
_NEAR_US = 30_000_000  # the helper needs a moment; a clock this near was set by it

QUALITIES = {
    "synced": Text("set by the network; believed", "已由网络校准，可信"),
    "manual": Text("confirmed by hand since the start; believed", "开机后已人工确认，可信"),
    "restored": Text("not confirmed since the start; dates are not believed", "开机后未确认，日期不可信"),
    "unset": Text("earlier than it can be; dates are not believed", "比实际可能的时间还早，日期不可信"),
}


@click.group(invoke_without_command=True)
@click.option("--config", "path", type=click.Path(path_type=Path), help="The file; else it is searched for.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def clock(context: click.Context, path: Path | None, as_json: bool) -> None:
    """See the clock and how far it is believed; set or confirm it by hand."""
    context.meta["gatepost.config"] = path
    if context.invoked_subcommand is not None:
        return
    loaded = load_or_exit(context, path)
    status = _clock(loaded).status()
    zone = loaded.settings.gate.timezone
    local = to_local(int(str(status["at_us"])), zone)
    if as_json:
        click.echo(json.dumps({**status, "local": local, "timezone": zone}))
        return
    click.echo(f"{local}  {zone}")
    click.echo(QUALITIES[str(status["quality"])].say(language(os.environ)))


@clock.command("set")
@click.argument("when")
@click.option("--force", is_flag=True, help="Even if the journal already has later rows.")
@click.pass_context
def set_(context: click.Context, when: str, force: bool) -> None:
    """Set the clock to WHEN, in the gate's time zone: "2026-12-03 14:05"."""
    loaded = load_or_exit(context, context.meta["gatepost.config"])
    try:
        at_us = parse_local(when, loaded.settings.gate.timezone)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    wrong = implausible(at_us, None if force else newest_row_us(loaded.settings.store.path))
    if wrong:
        raise click.UsageError(wrong.say(language(os.environ)))
    folder = runtime_folder()
    try:
        done = change(at_us, folder)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        tell(
            f"the clock was not set: {folder}: {reason}; try again with sudo",
            f"没有设置成功：{folder}：{reason}；请用 sudo 再试",
        )
        context.exit(FAULTS)
    if not done:
        tell(
            "not set: nothing answered the request; is gatepost-clock.path running? Else use sudo",
            "没有设置成功：没有程序处理请求；gatepost-clock.path 在运行吗？或者用 sudo 再试",
        )
        context.exit(FAULTS)
    _confirm(context, loaded)


@clock.command()
@click.option("--force", is_flag=True, help="Even if the journal already has later rows.")
@click.pass_context
def confirm(context: click.Context, force: bool) -> None:
    """Say that the clock is right as it is, until the next start."""
    loaded = load_or_exit(context, context.meta["gatepost.config"])
    now_us = _clock(loaded).now().at_us
    wrong = implausible(now_us, None if force else newest_row_us(loaded.settings.store.path))
    if wrong:
        raise click.UsageError(wrong.say(language(os.environ)))
    _confirm(context, loaded)


def parse_local(text: str, zone: str) -> int:
    """Return a date and time of the zone as microseconds UTC.

    Takes what people type: `2026-12-03 14:05`, seconds, slashes, 2026年12月3日14时5分, full-width
    digits and colons. Raises ValueError, in both languages, for anything else.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    parts = re.fullmatch(
        r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[ T]*(\d{1,2})[:时点](\d{1,2})分?(?::?(\d{1,2})秒?)?",
        plain,
    )
    if not parts:
        raise ValueError('write it as "2026-12-03 14:05" / 请写成 "2026-12-03 14:05"')
    year, month, day, hour, minute, second = (int(part or 0) for part in parts.groups())
    try:
        local = datetime(year, month, day, hour, minute, second, tzinfo=ZoneInfo(zone))
    except ValueError as error:
        raise ValueError(f"{plain}: no such date or time / 没有这个日期或时间") from error
    moment = local.astimezone(UTC)
    if moment.astimezone(local.tzinfo).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise ValueError(f"{plain}: left out by summer time / 夏令时跳过了这个时间")
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def to_local(at_us: int, zone: str) -> str:
    """Return a moment as people of the zone write it, to the second."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")


def implausible(at_us: int, newest_us: int | None) -> Text | None:
    """Return why a moment cannot be now, None where it can."""
    built = clocks.built_us()
    if at_us < built:
        return Text("that is before this release was made", "这个时间早于本版本的发布日期")
    if at_us > built + clocks.TEN_YEARS_US:
        return Text("that is more than ten years ahead", "这个时间超前了十年以上")
    if newest_us is not None and at_us < newest_us:
        return Text(
            "the journal already has later rows; if those are wrong, add --force",
            "记录里已有比这更晚的条目；如果确认是它们错了，请加 --force",
        )
    return None


def change(
    at_us: int,
    folder: Path,
    *,
    root: bool | None = None,
    wall_us: Callable[[], int] = lambda: time.time_ns() // 1000,
    timeout_s: float = APPLY_S,
) -> bool:
    """Set the wall clock, as root at once, else by a request; say whether it now shows `at_us`.

    Raises OSError where neither is allowed.
    """
    if os.geteuid() == 0 if root is None else root:
        clocks.set_wall(at_us)
        return True
    started_us = time.monotonic_ns() // 1000
    clocks.request(folder, at_us)
    while True:
        passed_us = time.monotonic_ns() // 1000 - started_us
        if abs(wall_us() - at_us - passed_us) < _NEAR_US and not (folder / clocks.REQUEST).exists():
            return True
        if passed_us > timeout_s * 1e6:
            (folder / clocks.REQUEST).unlink(missing_ok=True)  # or it would be applied whenever
            return False
        time.sleep(0.05)


def newest_row_us(store: Path) -> int | None:
    """Return the wall time of the journal's newest row, None where there is none to read."""
    path = store / "journal.db"
    if not path.exists():
        return None
    from edge.journal.reader import Reader

    try:
        reader = Reader(path)
    except JournalError:
        return None
    try:
        row = reader.row(reader.head())
    except JournalError:
        return None
    finally:
        reader.close()
    return row.at_us if row else None


def runtime_folder() -> Path:
    """Return where requests to the root helper are left."""
    return Path(os.environ.get("RUNTIME_DIRECTORY", "/run/gatepost").split(":")[0])


def _clock(loaded: Loaded) -> clocks.Clock:
    store = loaded.settings.store.path
    return clocks.Clock(store, newest_us=newest_row_us(store))


def _confirm(context: click.Context, loaded: Loaded) -> None:
    gate_clock = _clock(loaded)
    local = to_local(gate_clock.now().at_us, loaded.settings.gate.timezone)
    try:
        gate_clock.confirm()
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        store = loaded.settings.store.path
        tell(
            f"{local}, but the confirmation cannot be written: {store}: {reason}",
            f"现在 {local}，但确认没有写成：{store}：{reason}",
        )
        context.exit(UNWRITABLE)
    tell(f"{local}, confirmed by hand", f"{local}，已人工确认")
