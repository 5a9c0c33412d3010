"""`gatepost thermometer`: read a thermometer by hand, with the driver the gate would use, and find out
by listening which driver that is.

Keeps nothing: what it prints is on no record.
"""

import dataclasses
import json
import time
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import click

from edge.domain.errors import ConfigError, DeviceUnavailable
from edge.domain.model import Reading
from edge.domain.ports import Thermometer
from edge.web import thermal

NOT_RECOGNISED = 1
ABSENT = 4

_UNSURE = """\
# These are numbers without a checksum: a scale or a distance meter looks the same. Hold a hand before
# it: the value has to become that of skin, 30 to 35 °C.
# 这些只是没有校验的数字，秤、测距仪看起来也一样。把手放到它前面，数值应变为皮肤温度（30–35 ℃）。"""


@click.group()
def thermometer() -> None:
    """Read a thermometer, or find out which one it is."""


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


@thermometer.command()
@click.option("--port", required=True, help="Device file, socket://host:port or rfc2217://host:port.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True, max=60),
    default=3.0,
    show_default=True,
    help="How long to listen at each baud rate.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each driver that fits.")
@click.pass_context
def listen(context: click.Context, *, port: str, seconds: float, as_json: bool) -> None:
    """Find out which thermometer is on a port, and print what to write into the configuration.

    Only listens: not a byte is sent, so no module can be set or spoilt by it. Ends with 0 when one was
    recognised, 1 when none was, 4 when the port is absent, denied, busy or lost.
    """
    from edge.app import drivers_registry as registry

    def tell(baud: int | None) -> None:
        where = port if baud is None else f"{port}, {baud} baud"
        click.echo(f"listening 监听 {where} ...", err=True)

    try:
        hearing = registry.listen(port, seconds, tell)
    except DeviceUnavailable as error:
        click.echo(f"{error} ({error.code})", err=True)
        context.exit(ABSENT)
    for number, candidate in enumerate(hearing.candidates):
        if as_json:
            click.echo(json.dumps(_found(hearing.port, candidate), ensure_ascii=False))
            continue
        click.echo(f"# {_explained(candidate)}")
        if not number and not candidate.checked:
            click.echo(_UNSURE)
        if not number:
            click.echo(_block(hearing.port, candidate))
    if not hearing.candidates:
        for line in _unknown(hearing):
            click.echo(line, err=True)
        context.exit(NOT_RECOGNISED)


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


def _said(reading: Reading) -> dict[str, object]:
    return {
        "surface_c": _celsius(reading.surface_mdegc),
        "ambient_c": _celsius(reading.ambient_mdegc),
        "body_c": _celsius(reading.vendor_body_mdegc),
        "quality": reading.quality.value,
    }


def _as_json(reading: Reading) -> str:
    line = {**_said(reading), "raw": reading.raw.hex()}
    if reading.grid is not None:
        line["grid"] = dataclasses.asdict(reading.grid)
    return json.dumps(line)


def _as_text(reading: Reading) -> str:
    parts = [
        ("surface", reading.surface_mdegc),
        ("ambient", reading.ambient_mdegc),
        ("body by the device", reading.vendor_body_mdegc),
    ]
    said = ", ".join(f"{what} {mdegc / 1000:.2f} °C" for what, mdegc in parts if mdegc is not None)
    return f"{said}{_place(reading)} [{reading.quality.value}]"


def _place(reading: Reading) -> str:
    """Return where in an array's picture its value stands: what a face box is put round."""
    if reading.grid is None:
        return ""
    heat = thermal.heat_of(reading.raw.hex(), dataclasses.asdict(reading.grid))
    spot = None if heat is None else thermal.hottest(heat, reading.surface_mdegc)
    return "" if spot is None else f" at column {spot[0]}, row {spot[1]}"


def _found(port: str, candidate: Any) -> dict[str, object]:
    """Return a candidate of listening as it is printed with --json."""
    return {
        "driver": candidate.driver,
        "port": port,
        "baud": candidate.baud,
        "options": dict(candidate.options),
        "frames": candidate.frames,
        "checked": candidate.checked,
        "bytes": candidate.count,
        "explained": round(candidate.share, 3),
        "reading": _said(candidate.reading),
        "config": _block(port, candidate),
    }


def _explained(candidate: Any) -> str:
    """Return in one line what a driver makes of the bytes."""
    perhaps = "" if candidate.checked else "perhaps 可能是 "
    speed = "" if candidate.baud is None else f", {candidate.baud} baud"
    return (
        f"{perhaps}{candidate.driver}{speed}: {candidate.frames} frames 帧, {candidate.share:.0%} of "
        f"{candidate.count} bytes 字节; last 最近: {_as_text(candidate.reading)}"
    )


def _block(port: str, candidate: Any) -> str:
    """Return the table of the configuration that a candidate amounts to."""
    values = {"driver": candidate.driver, "port": port, "baud": candidate.baud, **candidate.options}
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items() if value is not None]
    return "\n".join(["[lane.thermometer]", *lines])


def _unknown(hearing: Any) -> list[str]:
    """Say what was heard when it was nothing that a driver reads, and what to do."""
    mute = ", ".join(hearing.mute)
    speeds = ", ".join(str(sound.baud) for sound in hearing.heard if sound.baud is not None)
    at = f" at {speeds} baud" if speeds else ""
    if not any(sound.count or sound.broken for sound in hearing.heard):
        return [
            f"not recognised: nothing came{at}. Check power, and that the module's TX goes to RX.",
            f"Modules that speak only when they are asked are never found so; name them: {mute}.",
            "未识别：没有收到任何数据。检查供电，以及模块 TX 是否接到 RX。",
            f"只在询问时应答的模块听不到，请直接写驱动名：{mute}。",
        ]
    lines = ["not recognised: bytes came that fit no driver 未识别：收到的数据不符合任何驱动"]
    for sound in hearing.heard:
        if sound.count or sound.broken:
            broken = "; broken characters: another speed 字符错误：波特率不对" if sound.broken else ""
            speed = "" if sound.baud is None else f"{sound.baud} baud: "
            lines.append(f"  {speed}{sound.count} bytes 字节, first 开头 {sound.start.hex(' ')}{broken}")
            if sound.text:
                lines.append(
                    f"    text 文本 {sound.start.decode('ascii', 'replace')!r}: "
                    "if these are temperatures, driver ascii_line with patterns of its own reads them "
                    "若是温度，可用 ascii_line 并自写 patterns"
                )
    lines.append(
        "Try longer (--seconds 10; some modules send one picture in two seconds), another cable, and that "
        f"ground is joined. Not found by listening: {mute}."
    )
    lines.append(f"可加长时间（--seconds 10），换线，检查地线是否相连。听不到的模块：{mute}。")
    return lines
