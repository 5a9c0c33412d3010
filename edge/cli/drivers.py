"""`gatepost drivers`: what can be connected, read from the drivers' own files."""

import dataclasses
import json
from typing import Any

import click


@click.command()
@click.argument("kind", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def drivers(kind: str | None, as_json: bool) -> None:
    """List the drivers with their docstrings and options."""
    from edge.app import drivers_registry as registry

    if kind is not None and kind not in registry.KINDS:
        raise click.UsageError(f"no such kind of device: {kind} (there are {', '.join(registry.KINDS)})")
    for each in (kind,) if kind else registry.KINDS:
        for name in registry.available(each):
            info = registry.describe(each, name)
            click.echo(json.dumps(dataclasses.asdict(info), ensure_ascii=False) if as_json else _page(info))


def _page(info: Any) -> str:
    """Return a driver's description as text for a person."""
    mark = " (simulated)" if info.simulated else ""
    lines = [f"{info.kind} {info.name}{mark}", *(f"    {line}".rstrip() for line in info.doc.splitlines())]
    for option in info.options:
        value = "required" if option.required else f"default {json.dumps(option.default, default=str)}"
        lines.append(f"    {option.name} ({option.type}, {value}): {option.doc}")
    return "\n".join(lines) + "\n"
