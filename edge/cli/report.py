"""`gatepost report`: a day's figures, the bulletin, ledgers.

Reads the journal beside a running gate; only `--correct` writes. Without a word of personal data, unless
`ledger --personal` is asked for, which is written down first.
"""

import getpass
import json
import secrets
import sys
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from edge.cli.opening import Place, find_store, journal_faults, store_options
from edge.domain.errors import FormError
from edge.journal import Journal, Row
from edge.reports import ledgers as tables
from edge.reports.sending import Known, Reports, Terms
from edge.wire import bulletin as form

_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
_date = click.option("--date", "day", help="The local day, such as 2020-02-14; else the one that ended last.")
_MISSING = 1


@click.group()
def report() -> None:
    """The daily report, the bulletin, ledgers."""


@report.command()
@_date
@click.option("--correct", is_flag=True, help="Send a corrected report, where it would say something else.")
@_json
@store_options
def daily(day: str | None, correct: bool, as_json: bool, store: Path | None, config: Path | None) -> None:
    """The figures of a day as they were sent and as they stand; exit 1 for a day that is not reported."""
    place, terms = place_of(store, config)
    with _opened(place) as journal:
        reports = Reports(journal, terms, place.now, lambda: None)
        wanted = _day(day, place, terms)
        if correct:
            try:
                reports.correct(wanted, by=getpass.getuser(), command_id=secrets.token_hex(8))
            except FormError as error:
                raise click.ClickException(str(error)) from error
        with closing(journal.reader()) as reader:
            known = reports.known(reader, wanted)
    if as_json:
        click.echo(json.dumps(_told(known), ensure_ascii=False))
    else:
        _print(known)
    sys.exit(0 if known.sent else _MISSING)


@report.command()
@_date
@click.option("--since", help="The first day; else what the configuration says, else the gate's first.")
@_json
@store_options
def bulletin(
    day: str | None, since: str | None, as_json: bool, store: Path | None, config: Path | None
) -> None:
    """The bulletin (通报) of this gate, cumulative until 00:00 after a day."""
    place, terms = place_of(store, config)
    with _opened(place) as journal, closing(journal.reader()) as reader:
        reports = Reports(journal, terms, place.now, lambda: None)
        told = reports.cumulative(reader, _day(day, place, terms), None if since is None else _iso(since))
    texts = [form.text(told.last, [(terms.series, 1, one)]) for one in (told.as_sent, told.corrected)]
    if as_json:
        found: dict[str, Any] = {"series": terms.series, "first": told.first.isoformat()}
        found |= {"last": told.last.isoformat(), "as_sent": told.as_sent, "corrected": told.corrected}
        found |= {"text": texts[0], "text_corrected": texts[1]}
        found |= {"changed": [str(one) for one in told.changed], "unsent": [str(one) for one in told.unsent]}
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    click.echo(texts[0])
    if told.changed:
        click.echo(f"更正后 / corrected: {texts[1]}")
    if told.unsent:
        click.echo(f"未报 / without a report: {len(told.unsent)}", err=True)


@report.command()
@click.argument("name")
@_date
@click.option("--to", "last", help="The last day; else the same.")
@click.option("--personal", is_flag=True, help="With personal columns; this is itself written down.")
@click.option("--by", help="Who asks for personal columns; else the name of the system's account.")
@_json
@store_options
def ledger(  # noqa: PLR0917 - one parameter for each option
    name: str,
    day: str | None,
    last: str | None,
    personal: bool,
    by: str | None,
    as_json: bool,
    store: Path | None,
    config: Path | None,
) -> None:
    """A ledger NAME, or register:NAME, as csv: passages, outsiders, vehicles, turned_back …"""
    place, terms = place_of(store, config)
    first = _day(day, place, terms)
    wish = tables.Wish(first, _iso(last) if last else first, terms.zone)
    with _opened(place) as journal, closing(journal.reader()) as reader:
        if personal:
            body = {"what": f"ledger {name}", "day": first.isoformat(), "until": wish.last.isoformat()}
            body |= {"by": by or getpass.getuser(), "why": "export"}
            journal.append(Row("personal.opened", place.now(), body))
        try:
            if name.startswith("register:"):
                register = name.removeprefix("register:")
                table = tables.register(reader, register, _opener(journal) if personal else None, terms.zone)
            else:
                table = tables.ledger(reader, name, wish, personal)
        except KeyError as error:
            raise click.UsageError(f"no ledger {name}: {', '.join(tables.NAMES)}, register:NAME") from error
        _write(table, as_json)


def _opener(journal: Journal) -> tables.Opener:
    return journal.unseal


def _write(table: tables.Table, as_json: bool) -> None:
    import csv

    from edge.journal import harmless

    if as_json:
        for line in table.lines:
            click.echo(json.dumps(dict(zip(table.columns, line, strict=True)), ensure_ascii=False))
        return
    writer = csv.writer(click.open_file("-", "w", encoding="utf-8"))
    writer.writerow(table.columns)
    for line in table.lines:
        writer.writerow(["" if cell is None else harmless(cell) for cell in line])


def place_of(store: Path | None, config: Path | None) -> tuple[Place, Terms]:
    """Return the store meant, and what the site settled about reports."""
    place = find_store(store, config)
    if store is not None:
        return place, Terms(zone=ZoneInfo("Asia/Shanghai"))
    import os

    from edge.app.reporting import report_terms
    from edge.config import load

    return place, report_terms(load(config, os.environ).settings)


def _opened(place: Place) -> Journal:
    with journal_faults():
        return Journal.open(place.folder, master=place.outside_key, create=False)


def _day(text: str | None, place: Place, terms: Terms) -> date:
    if text is not None:
        return _iso(text)
    now = datetime.fromtimestamp(place.now().at_us / 1e6, terms.zone)
    return now.date() - timedelta(days=1)


def _iso(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(f"{text} is no day such as 2020-02-14") from error


def _told(known: Known) -> dict[str, Any]:
    return {
        "day": known.day.isoformat(),
        "changed": known.changed,
        "frozen": known.frozen,
        "figures": known.now.figures,
        "lanes": known.now.lanes,
        "sent": [
            {"sequence": one.seq, "at_us": one.at_us, "late": one.late, "corrects": one.corrects}
            | {"figures": one.figures}
            for one in known.sent
        ],
    }


def _print(known: Known) -> None:
    click.echo(f"{known.day.isoformat()}  {'未报 / not reported' if not known.sent else ''}")
    first = known.sent[0].figures if known.sent else {}
    for name in sorted(known.now.figures.keys() | first.keys()):
        now, sent = known.now.figures.get(name), first.get(name)
        differs = "" if not known.sent or now == sent else f"  (已报 / sent {'-' if sent is None else sent})"
        click.echo(f"{name}: {'-' if now is None else now}{differs}")
