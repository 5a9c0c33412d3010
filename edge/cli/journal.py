"""`gatepost journal`: verify, back up, restore, export, rebuild, purge.

Exit 5 on a fault of the journal, 1 when a check finds faults. Prints facts, never personal data,
except into the file that `export --personal` was asked for, which is itself written down.
"""

import getpass
import json
import sys
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

import click

from edge.cli.opening import Place, find_store, journal_faults, open_journal, store_options
from edge.domain.errors import JournalError
from edge.journal import Journal, Purged, State, restore, verify_file

_FAULTS = 1
_PRIVATE = 0o600  # exports are readable by their owner only
_DAY_US = 86_400_000_000
_json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


@click.group()
def journal() -> None:
    """Verify, back up, restore, export, rebuild, purge."""


@journal.command()
@click.option("--file", type=click.Path(path_type=Path, exists=True), help="A backup or a file set aside.")
@_json_option
@store_options
def verify(file: Path | None, as_json: bool, store: Path | None, config: Path | None) -> None:
    """Find any edit, deletion or reordering of rows; exit 1 when there is one."""
    with journal_faults():
        faults = verify_file(file) if file is not None else _verify_store(find_store(store, config))
    for fault in faults:
        click.echo(json.dumps({"fault": fault}, ensure_ascii=False) if as_json else fault)
    if as_json:
        click.echo(json.dumps({"sound": not faults, "faults": len(faults)}))
    elif not faults:
        click.echo("账本完整 / the journal is sound")
    sys.exit(_FAULTS if faults else 0)


@journal.command()
@click.argument("to", type=click.Path(path_type=Path))
@_json_option
@store_options
def backup(to: Path, as_json: bool, store: Path | None, config: Path | None) -> None:
    """Copy the journal to the file TO while the gate goes on. The master key is not in it."""
    with open_journal(store, config) as opened:
        opened.backup(to)
        _say({"file": str(to), "bytes": to.stat().st_size, "incarnation": opened.incarnation}, as_json)


@journal.command("restore")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--without-key", is_flag=True, help="Give up sealed fields whose keys are lost.")
@_json_option
@store_options
def restore_(source: Path, without_key: bool, as_json: bool, store: Path | None, config: Path | None) -> None:
    """Go on from the backup SOURCE as a new incarnation. Stop the gate first."""
    place = find_store(store, config)
    with journal_faults():
        done = restore(place.folder, source, place.now(), outside=place.outside_key, without_key=without_key)
    _say(
        {
            **{"incarnation": done.incarnation, "previous": done.previous, "head": done.head},
            **{"keys_lost": done.keys_lost, "aside": done.aside},
        },
        as_json,
    )


@journal.command()
@click.option(
    "--format", "form", type=click.Choice(["csv", "xlsx", "jsonl"]), default="csv", show_default=True
)
@click.option("--to", "target", type=click.Path(path_type=Path), help="The file; else standard output.")
@click.option("--from", "start", type=click.DateTime(), help="From this local time.")
@click.option("--until", "end", type=click.DateTime(), help="Before this local time.")
@click.option("--rows", is_flag=True, help="Every row of the journal as it stands (jsonl), not passages.")
@click.option("--personal", is_flag=True, help="With personal columns; this is itself written down.")
@click.option("--by", help="Who asks for personal columns; else the name of the system's account.")
@store_options
def export(
    *,
    form: str,
    target: Path | None,
    start: datetime | None,
    end: datetime | None,
    rows: bool,
    personal: bool,
    by: str | None,
    store: Path | None,
    config: Path | None,
) -> None:
    """Write passages as csv, xlsx or jsonl."""
    from edge.journal import export as exports

    if rows and (form != "jsonl" or personal or start or end):
        raise click.UsageError("--rows goes with --format jsonl alone")
    if form == "xlsx" and target is None:
        raise click.UsageError("xlsx needs --to FILE")
    place = find_store(store, config)
    zone = ZoneInfo(place.timezone)
    wish = exports.Wish(
        *(_us(start, zone, -(1 << 62)), _us(end, zone, 1 << 62), zone),
        opened_by=(by or getpass.getuser()) if personal else None,
    )
    with journal_faults(), Journal.open(place.folder, master=place.outside_key, create=False) as opened:
        if form == "xlsx" and target is not None:
            target.touch(mode=_PRIVATE)
            count = exports.write_xlsx(opened, target, wish, place.now)
        else:
            with _sink(target, form) as sink:
                if rows:
                    count = exports.write_rows(opened, sink)
                elif form == "jsonl":
                    count = exports.write_jsonl(opened, sink, wish, place.now)
                else:
                    count = exports.write_csv(opened, sink, wish, place.now)
    click.echo(f"{count} 行 / lines", err=True)


@journal.command()
@_json_option
@store_options
def rebuild(as_json: bool, store: Path | None, config: Path | None) -> None:
    """Make lists and counts again from the journal; exit 1 when they had differed."""
    with open_journal(store, config) as opened:
        same = opened.rebuild()
    _say({"equal": same}, as_json)
    sys.exit(0 if same else _FAULTS)


@journal.command()
@click.option("--days", type=click.IntRange(1), help="Keep this many days; else what the config says.")
@click.option("--max-days", type=click.IntRange(1), help="Destroy older ones even if unacknowledged.")
@click.option("--believe-clock", is_flag=True, help="The clock is right although it leapt.")
@_json_option
@store_options
def purge(
    *,
    days: int | None,
    max_days: int | None,
    believe_clock: bool,
    as_json: bool,
    store: Path | None,
    config: Path | None,
) -> None:
    """Destroy personal fields older than the retention; exit 1 when that was refused, is not finished, or
    waits for reports. As in the gate itself no day goes before its report, but for --max-days."""
    from edge.cli.report import place_of
    from edge.keeper import reported
    from edge.reports.sending import Reports

    place, terms = place_of(store, config)
    now = place.now()
    wanted_us = now.at_us - (days or place.retention_days) * _DAY_US
    longest_us = now.at_us - (max_days or place.retention_max_days) * _DAY_US
    with journal_faults(), Journal.open(place.folder, master=place.outside_key, create=False) as opened:
        reports = Reports(opened, terms, place.now, lambda: None)
        due = reports.due() or reports.missing()[0]
        before_us = reported(wanted_us, longest_us, reports.reported_us)
        done = opened.purge(
            before_us,
            _acknowledged(place, opened),
            now=now,
            max_before_us=longest_us,
            believe_clock=believe_clock,
        )
    waits = due[0].isoformat() if due and before_us < wanted_us else None
    _say(_told(done) | {"waits_for_report": waits}, as_json)
    if waits is not None:
        click.echo(
            f"{waits} 起的日报还没有报送，当天及以后的密钥暂不销毁：请启动门岗程序补报，或用 --max-days / the"
            f" reports from {waits} on are not written, and keys from that day on stay: start the gate, which"
            " writes them, or give --max-days",
            err=True,
        )
    sys.exit(_FAULTS if done.refused or waits or not done.scrubbed else 0)


def _verify_store(place: Place) -> list[str]:
    try:
        with Journal.open(place.folder, master=place.outside_key, create=False) as opened:
            return opened.verify()
    except JournalError:
        file = place.folder / "journal.db"
        faults = verify_file(file) if file.exists() else []
        if not faults:
            raise
        return faults


def _acknowledged(place: Place, opened: Journal) -> int:
    """How far the district has everything; the head where no district is configured or was ever
    spoken to."""
    with closing(State.open(place.folder)) as state:
        known = state.get("uplink")
    if known is None and not place.has_uplink:
        return opened.head()
    if known is None:
        return 0
    spoken = next((one for one in opened.incarnations if one.id == known.get("incarnation")), None)
    return 0 if spoken is None else int(known.get("acknowledged", 0))


def _told(done: Purged) -> dict[str, object]:
    return {
        **{"keys": len(done.keys), "passages": done.passages, "kept": done.kept},
        **{"unacknowledged": done.unacknowledged, "row": done.seq, "refused": done.refused},
        "scrubbed": done.scrubbed,
    }


def _sink(target: Path | None, form: str) -> IO[str]:
    if target is None:
        return click.open_file("-", "w", encoding="utf-8")
    target.touch(mode=_PRIVATE)
    # The mark at the front tells office programs that it is UTF-8.
    return target.open("w", encoding="utf-8-sig" if form == "csv" else "utf-8", newline="")


def _us(local: datetime | None, zone: ZoneInfo, otherwise: int) -> int:
    if local is None:
        return otherwise
    epoch = datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC"))
    return (local.replace(tzinfo=zone) - epoch) // timedelta(microseconds=1)


def _say(facts: dict[str, object], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    for name, value in facts.items():
        click.echo(f"{name}: {'-' if value is None else value}")
