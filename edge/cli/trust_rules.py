"""`gatepost trust rules`: the EU's own rules for its certificates, as a country publishes them."""

import time
from pathlib import Path

import click

from edge.cli.trust_folder import config_faults_end_with_3, configured_folder, files_in, time_option
from edge.cli.trust_show import rules_line
from edge.codes.eu_rules_import import collected, dump_rules, missing_value_sets
from edge.codes.eu_rules_text import COUNTRY, NAME, REGION, parse_rules
from edge.codes.trust_dates import check_not_ahead
from edge.domain.errors import ConfigError
from edge.trust_files import load_rules, locked, read_text, write_rules

MOST_NAMED = 10  # a folder of published rules holds their tests as well


@click.command()
@click.option("--country", required=True, help="Where the gate stands: two capital letters.")
@click.option("--region", help="Its part of the country, as the rules call it.")
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of trust lists; without it the configured one.",
)
@time_option(
    "--as-of", "as_of_us", "From when the rules are (RFC 3339); without it what a file says, else now."
)
@click.option("--replace", "fresh", is_flag=True, help="Also rules older than those in force.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
def rules(  # noqa: PLR0917 - one parameter for each option
    country: str,
    region: str | None,
    folder: Path | None,
    as_of_us: int | None,
    fresh: bool,
    paths: tuple[Path, ...],
) -> None:
    """Import the EU's rules and value sets, files and whole folders; those in force are replaced whole.

    One rule that cannot be used refuses all of them (exit code 3): without it more would be accepted than
    the country means.
    """
    if not COUNTRY.fullmatch(country) or (region is not None and not REGION.fullmatch(region)):
        raise click.BadParameter("a country is two capital letters, a region at most 16 letters and digits")
    now_us = int(time.time()) * 1_000_000
    with config_faults_end_with_3():
        into = configured_folder().folder if folder is None else folder
        found = collected(((str(path), read_text(path)) for path in files_in(paths)), country)
        at_us = next(at for at in (as_of_us, found.as_of_us, now_us) if at is not None)
        check_not_ahead(at_us, now_us, NAME)
        text = dump_rules(found, country, region, at_us)
        made = parse_rules(text, NAME)
        with locked(into):
            if not fresh:
                _check_not_older(into, at_us)
            write_rules(into, text)
    for name in found.passed_over[:MOST_NAMED]:
        click.echo(f"left out: {name}: neither rules nor value sets", err=True)
    if len(found.passed_over) > MOST_NAMED:
        click.echo(f"left out: {len(found.passed_over) - MOST_NAMED} more such files", err=True)
    if found.elsewhere:
        click.echo(f"left out: {found.elsewhere} acceptance rules of other countries", err=True)
    for name in missing_value_sets(made):
        click.echo(f"value set {name} is not in these files: rules that ask for it stay open", err=True)
    click.echo(rules_line(made, now_us))


def _check_not_older(folder: Path, at_us: int) -> None:
    try:
        kept = load_rules(folder)
    except ConfigError:  # damaged: nothing it says counts
        return
    if kept is not None and at_us < kept.as_of_us:
        raise ConfigError(
            f"{folder / NAME}: the rules in force are newer; --replace if that is meant "
            "/ 现用规则更新，确需替换请加 --replace"
        )
