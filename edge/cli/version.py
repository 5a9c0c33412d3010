"""`gatepost version`."""

import json
from importlib import metadata

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def version(as_json: bool) -> None:
    """Print the version."""
    number = metadata.version("gatepost")
    click.echo(json.dumps({"version": number}) if as_json else number)
