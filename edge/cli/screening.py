"""`gatepost screening`: the statistic of the gate over readings from a file.

Keeps nothing and opens no store; what it prints is on no record.
"""

import json
import os
import sys
from pathlib import Path

import click

from edge.config import Screening, load
from edge.config.source import find
from edge.domain.errors import ConfigError
from edge.domain.posterior import MILLION, Cuts
from edge.domain.visits import Screener, visits

FAULTS, INVALID = 1, 3
MOST_FAULTS = 20
# Of one visit; judging uses far fewer, and a file that names nobody is one endless visit.
MOST_READINGS = 100


@click.group()
def screening() -> None:
    """Judge temperature readings from a file."""


@screening.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--readings",
    type=click.Choice(["as-needed", "all"]),
    default="as-needed",
    show_default=True,
    help="Use a person's further readings only when the decision asks for another, or all of them.",
)
@click.option(
    "--prevalence",
    type=click.FloatRange(min=0, max=1, min_open=True, max_open=True),
    help="How common the condition is; without it what the configuration says.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="The file whose [screening] holds; else it is searched for, and without one the defaults hold.",
)
@click.option("--json", "_as_json", is_flag=True, help="No effect: the answer is JSON lines anyway.")
def replay(file: Path, readings: str, prevalence: float | None, config: Path | None, _as_json: bool) -> None:
    """Judge the people of a CSV file in its order, learning as it goes; one JSON object a line.

    Columns: at,person,site,surface_c,ambient_c and optional device. Rows of one person within two hours
    are repeated readings. Sites: forehead, canthi, face, temple, wrist, neck. A file with faults is not
    judged: every fault is named with its line, and the exit code is 1. A time that goes backwards is told
    and judged: the order is the file's. Of the configuration, [screening] prevalence_ppm, over_per_1000 and
    again_per_1000 count; without the last a third of people is read again.
    """
    from edge.cli.screening_file import read

    numbers = _numbers(config)
    try:
        found = read(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes())
    except OSError as error:
        click.echo(f"cannot be read 无法读取：{file}（{error.strerror}）", err=True)
        sys.exit(FAULTS)
    for note in found.notes[:MOST_FAULTS]:
        click.echo(f"{file}: {note}", err=True)
    if len(found.notes) > MOST_FAULTS:
        rest = len(found.notes) - MOST_FAULTS
        click.echo(f"{file}: {rest} more of this kind 另有 {rest} 处类似情况", err=True)
    if found.faulty:
        click.echo(f"{file}: not judged 未作判断", err=True)
        sys.exit(FAULTS)
    ppm = numbers.prevalence_ppm if prevalence is None else round(prevalence * MILLION)
    screener = Screener(as_needed=readings == "as-needed", prevalence_ppm=ppm, cuts=_cuts(numbers))
    for visit in visits(found.readings):
        judged = screener.judge(visit[:MOST_READINGS]).judged
        line = {
            "person": visit[0].person,
            "probability": judged.ppm / MILLION,
            "verdict": str(judged.verdict),
            "readings_used": judged.readings,
        }
        click.echo(json.dumps(line, ensure_ascii=False))


def _numbers(config: Path | None) -> Screening:
    """Return what the configuration says of screening; a file can be judged where there is none."""
    if find(config, os.environ, Path("/etc"))[0] is None:
        return Screening()
    try:
        return load(config, os.environ).settings.screening
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(INVALID)


def _cuts(numbers: Screening) -> Cuts:
    """Return the cuts to judge a file by. A gate asks for another reading where that costs a person a step
    back; a file has the readings already, so it takes more of them where nothing else is said."""
    over, again = numbers.over_per_1000, numbers.again_per_1000
    return Cuts(
        over_per_1000=over, again_per_1000=max(over, Cuts().again_per_1000) if again is None else again
    )
