"""Starts the camera's child process and reads its pipes, on the gate's side.

Must not import OpenCV, NumPy or zxing-cpp: the gate's own process uses it.
"""

import base64
import binascii
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import drivers
from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Scan
from edge.domain.ports import Preview

_LINE_LIMIT = 262_144  # a preview is the longest line


def spawn(orders: Mapping[str, object]) -> "subprocess.Popen[bytes]":
    """Start the child and hand it its orders. Raises DeviceUnavailable."""
    root = str(Path(drivers.__file__).parent.parent)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH")))),
        # All say on standard error, at every start, what is no fault.
        "OPENCV_LOG_LEVEL": "ERROR",
        "OPENCV_FFMPEG_LOGLEVEL": "-8",
        "LIBCAMERA_LOG_LEVELS": "*:ERROR",
        # Without these NumPy starts a thread for each core, and malloc keeps a heap for each thread.
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "1",
    }
    try:
        child = subprocess.Popen(
            [sys.executable, "-m", "drivers.scanner._capture"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
    except OSError as error:
        raise DeviceUnavailable(f"the camera process cannot be started: {error}", "ended") from error
    assert child.stdin is not None
    # Through the pipe and not as an argument: everybody may read a process's arguments, and a
    # stream's address holds a password. A child already gone is noticed by its pipes.
    with suppress(BrokenPipeError):
        child.stdin.write(json.dumps(orders).encode() + b"\n")
        child.stdin.flush()
    return child


def lines(pipe: IO[bytes]) -> Iterator[bytes]:
    """Yield lines, an over-long one in pieces, until the end; closes the pipe."""
    with pipe:
        while line := pipe.readline(_LINE_LIMIT):
            yield line


def how_it_ended(code: int | None) -> str:
    """Return a return code in words; None: not ended, only its output is closed."""
    if code is None:
        return "output closed"
    return f"signal {-code}" if code < 0 else f"exit {code}"


def scan_of(fields: Mapping[str, Any]) -> Scan:
    """Return what a `scan` line says. Raises KeyError, TypeError, ValueError."""
    return Scan(_bytes(fields["payload"]), str(fields["symbology"]), str(fields["decoder"]))


def fault_of(fields: Mapping[str, Any]) -> tuple[str, str]:
    """Return code and message of a `fault` line. Raises KeyError, TypeError."""
    return str(fields["code"]), str(fields["message"])


def model_of(fields: Mapping[str, Any]) -> tuple[str, tuple[str, str] | None]:
    """Return the name of the model that a `mask_model` line tells of, "" and why where it cannot be used.
    Raises KeyError, TypeError."""
    return ("", fault_of(fields)) if "code" in fields else (str(fields["model"]), None)


def preview_of(fields: Mapping[str, Any]) -> Preview:
    """Return what a `preview` line says. Raises KeyError, TypeError, ValueError."""
    numbers = {name: int(fields[name]) for name in ("width", "height", "focus", "brightness", "clipped")}
    pixels, ago, decoder = (fields[name] for name in ("module_pixels", "read_ago_s", "decoder"))
    return Preview(
        jpeg=_bytes(fields["jpeg"]),
        **numbers,
        advice=str(fields["advice"]),
        module_pixels=None if pixels is None else float(pixels),
        decoder=None if decoder is None else str(decoder),
        read_ago_s=None if ago is None else float(ago),
    )


def _bytes(encoded: Any) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise ValueError("base64") from error
