"""`gatepost scan`: codes in picture and video files, through the camera's own decode stages.

Must not import a driver; the composition root hands the camera's function over.
"""

import base64
import json
from pathlib import Path
from typing import Any

import click

from edge.domain.errors import GatepostError
from edge.domain.text import text_of


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Accepted as everywhere; the output always is.")
def scan(paths: tuple[Path, ...], as_json: bool) -> None:
    """Read the codes in pictures or videos, one JSON object a line for each code found.

    `payload` is text where the bytes are (UTF-8, else GB18030) and hexadecimal where not;
    `payload_base64` always holds the bytes exactly. A file with no code gives one object with
    `payload` null. Exit code 1: a file could not be read; the others are read all the same.
    """
    del as_json  # there is only one form
    from edge.app import decode_file

    unreadable = False
    for path in paths:
        try:
            for code in decode_file(path):
                click.echo(json.dumps(_line(path, code), ensure_ascii=False))
        except GatepostError as error:
            unreadable = True
            click.echo(f"cannot be read 无法读取：{path}（{error}）", err=True)
    if unreadable:
        raise SystemExit(1)


def _line(path: Path, code: Any) -> dict[str, object]:
    payload: bytes | None = code.payload
    return {
        "file": str(path),
        "frame": code.frame,
        "payload": None if payload is None else text_of(payload),
        "payload_base64": None if payload is None else base64.b64encode(payload).decode("ascii"),
        "symbology": code.symbology,
        "decoder": code.decoder,
        "ms": round(code.ms, 3),
    }
