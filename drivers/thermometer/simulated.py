"""A thermometer in software, for demonstrations and tests: people and empty air between them.

A thread speaks a GY-614V's frames over a pseudo-terminal at the module's pace; the line is then read
by the very code that reads the real module. What it sees is a function of the monotonic clock alone
(`script`, see below), so that a camera playing a file on the same clock stays in step.
Script: JSON {"cycle_s": 30, "ambient_c": 24, "people": [{"at_s": 2, "stay_s": 3, "surface_c": 34.6,
"body_c": 36.5, "ambient_c"?: 20}]}. Without one, three well people pass in half a minute.
Limits: nothing here was measured on anybody; the page carries a banner while it is configured.
"""

import dataclasses
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from drivers.options import option
from drivers.thermometer import _scene, gy614
from drivers.thermometer._pty import SimulatedModule
from drivers.thermometer._serial import SerialThermometer
from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Reading

SIMULATED = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """What is seen and where the port appears."""

    script: str = option("", "JSON file saying who comes when; empty: three well people")
    rate_hz: float = option(10.0, "frames a second", least=0.5, most=50)
    link: str = option("", "where the port appears; empty: in a temporary folder")
    seed: int = option(0, "number of the noise")
    silence_s: float = option(2.5, "seconds without a reading until it is called lost; 0 never", least=0)


class SimulatedThermometer:
    """The module and the port that reads it, opened and closed together."""

    def __init__(self, module: SimulatedModule, port: SerialThermometer, folder: Path | None) -> None:
        self.module = module
        self.decoder = port.decoder
        self._port = port
        self._folder = folder

    def read(self) -> list[Reading]:
        """Return the readings that came within at most 0.5 s. Raises DeviceUnavailable."""
        return self._port.read()

    def close(self) -> None:
        """Close the port and take the module away. Idempotent; unblocks a reader."""
        self._port.close()
        self.module.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def connect(options: Options) -> SimulatedThermometer:
    """Plug the module in and open its port. Raises DeviceUnavailable."""
    scene = _load(options)
    folder = None if options.link else Path(tempfile.mkdtemp(prefix="gatepost-"))
    link = Path(options.link) if folder is None else folder / "thermometer"
    module = SimulatedModule(link, scene, rate_hz=options.rate_hz)
    try:
        module.plug()
        port = gy614.connect(gy614.Options(port=str(link), silence_s=options.silence_s))
    except DeviceUnavailable:
        module.close()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    return SimulatedThermometer(module, port, folder)


def _load(options: Options) -> _scene.Scene:
    if not options.script:
        return dataclasses.replace(_scene.GENTLE, seed=options.seed)
    try:
        return _scene.load_scene(Path(options.script), seed=options.seed)
    except (OSError, ValueError) as error:
        raise DeviceUnavailable(f"script {options.script}: {error}", code="absent") from error
