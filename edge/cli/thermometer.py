"""`gatepost thermometer`: read a thermometer by hand, with the driver the gate would use.

Keeps nothing: what it prints is on no record.
"""

import json
import time
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import click

from edge.domain.errors import ConfigError, DeviceUnavailable
from edge.domain.model import Reading
from edge.domain.ports import Thermometer

ABSENT = 4


@click.group()
def thermometer() -> None:
    """Read a thermometer."""


@thermometer.command()
@click.option("--driver", "name", required=True, help="Name of the driver; see `gatepost drivers`.")
@click.option("--port", help="Device file, socket://host:port or rfc2217://host:port.")
@click.option("--option", "extra", multiple=True, metavar="KEY=VALUE", help="Another option of the driver.")
@click.option("--count", type=click.IntRange(min=1), help="End after so many readings.")
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="End after so long.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def read(
    context: click.Context,
    *,
    name: str,
    port: str | None,
    extra: tuple[str, ...],
    count: int | None,
    seconds: float | None,
    as_json: bool,
) -> None:
    """Print readings as they come. Ends with 4 when the device is absent or said nothing."""
    from edge.app import drivers_registry as registry

    try:
        driver = registry.load("thermometer", _table(registry, name, port, extra))
    except ConfigError as error:
        raise click.UsageError("\n".join(error.faults)) from error
    show = _as_json if as_json else _as_text
    heard = 0
    try:
        device = driver.connect()
        try:
            for reading in _readings(device, count, seconds):
                heard += 1
                click.echo(show(reading))
        finally:
            device.close()
    except DeviceUnavailable as error:
        click.echo(f"{error} ({error.code})", err=True)
        context.exit(ABSENT)
    if not heard:
        click.echo("the thermometer said nothing (silent)", err=True)
        context.exit(ABSENT)


def _readings(
    device: Thermometer,
    count: int | None,
    seconds: float | None,
    now: Callable[[], float] = time.monotonic,
) -> Iterator[Reading]:
    """Yield readings until there were `count` or `seconds` have passed."""
    until = None if seconds is None else now() + seconds
    left = count
    while (until is None or now() < until) and left != 0:
        for reading in device.read():
            yield reading
            left = None if left is None else left - 1
            if left == 0:
                return


def _table(registry: Any, name: str, port: str | None, extra: tuple[str, ...]) -> dict[str, object]:
    """Return the configuration table that the command line stands for."""
    texts: set[str] = set()
    if name in registry.available("thermometer"):
        options = registry.describe("thermometer", name).options
        texts = {o.name for o in options if o.choices or o.type == "str"}
    table: dict[str, object] = {"driver": name}
    if port is not None:
        table["port"] = port
    for item in extra:
        key, equals, value = item.partition("=")
        if not equals:
            raise click.UsageError(f"--option {item}: expected KEY=VALUE")
        table[key] = value if key in texts else _value(value)
    return table


def _value(text: str) -> object:
    """Return a TOML value, or the text itself where it is none."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _celsius(mdegc: int | None) -> float | None:
    return None if mdegc is None else mdegc / 1000


def _as_json(reading: Reading) -> str:
    return json.dumps(
        {
            "surface_c": _celsius(reading.surface_mdegc),
            "ambient_c": _celsius(reading.ambient_mdegc),
            "body_c": _celsius(reading.vendor_body_mdegc),
            "quality": reading.quality.value,
            "raw": reading.raw.hex(),
        }
    )


def _as_text(reading: Reading) -> str:
    parts = [
        ("surface", reading.surface_mdegc),
        ("ambient", reading.ambient_mdegc),
        ("body by the device", reading.vendor_body_mdegc),
    ]
    said = ", ".join(f"{what} {mdegc / 1000:.2f} °C" for what, mdegc in parts if mdegc is not None)
    return f"{said} [{reading.quality.value}]"
