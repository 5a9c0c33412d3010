"""The composition root: the only place that knows everybody.

Importing it is cheap; the gate itself is put together in `edge.app.parts` and run by `edge.app.gate`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from drivers import registry as drivers_registry
from edge import procedures

__all__ = ["decode_file", "drivers_registry", "procedure_names"]


def procedure_names(config_folder: Path) -> tuple[str, ...]:
    """Return the names a lane of a configuration in this folder may use."""
    return procedures.names(procedures.folders(config_folder))


def decode_file(path: Path) -> Iterator[Any]:
    """Return the codes of an image or video, through the camera's own pipeline."""
    from drivers.scanner.camera import decode_file as decode

    return decode(path)
