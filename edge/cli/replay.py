"""`gatepost replay`: decide stored evidence again and name every difference."""

import dataclasses
import json
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from edge.cli.opening import open_journal, store_options


@click.command()
@click.option("--from", "start", type=click.DateTime(), help="Only passages from this time (UTC).")
@click.option("--to", "end", type=click.DateTime(), help="Only passages before this time (UTC).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@store_options
def replay(
    start: datetime | None, end: datetime | None, as_json: bool, store: Path | None, config: Path | None
) -> None:
    """Decide stored evidence again; exit 1 when anything comes out differently."""
    from edge.replay import Replay

    differing = unknown = total = 0
    with open_journal(store, config) as journal:
        reader = journal.reader()
        for one in Replay(journal, reader).walk(_us(start), _us(end)):
            total += 1
            unknown += one.why is not None
            differing += not one.same and one.why is None
            if as_json:
                click.echo(json.dumps(dataclasses.asdict(one), ensure_ascii=False))
            elif not one.same:
                click.echo(f"{one.sequence}: {one.why or f'{one.stored} -> {one.again}'}")
        reader.close()
    click.echo(f"{total} passages, {differing} differ, {unknown} cannot be decided again", err=True)
    sys.exit(1 if differing else 0)


def _us(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.replace(tzinfo=ZoneInfo("UTC")).timestamp() * 1_000_000)
