"""`gatepost code`: what a payload is and whether it can be believed."""

import base64
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click

from edge.cli.trust_folder import config_faults_end_with_3, store_for, time_option
from edge.codes import TrustStore, chunks, read, times
from edge.codes.outcome import Refusal, refused
from edge.codes.reasons import CodeReason
from edge.domain.model import Carrier, Code, CodeVerdict

# A line of JSON may write each byte of an 8 KB payload as \\uXXXX, with room to spare.
_MAX_LINE_BYTES = 256 * 1024


@click.group()
def code() -> None:
    """Check payloads."""


@code.command()
@click.option(
    "--trust",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of trust lists; without it the configured one.",
)
@time_option("--at", "at_us", "Judge as of this time (RFC 3339; UTC without an offset).")
@click.option("--jsonl", is_flag=True, help='Lines are objects {"payload" or "payload_base64", "at"?}.')
@click.option("--json", "_as_json", is_flag=True, help="No effect: the answer is JSON lines anyway.")
def check(folder: Path | None, at_us: int | None, jsonl: bool, _as_json: bool) -> None:
    """Check payloads from standard input, one a line; one JSON object a line comes back.

    A code split over several pictures (shc) is put together from lines that follow one another. The
    subject holds personal fields: whoever asks has the code in hand.
    """
    with config_faults_end_with_3():
        checker = _Checker(store_for(folder))
    for line in _lines(sys.stdin.buffer):
        now_us = time.time_ns() // 1000 if at_us is None else at_us
        answer = checker.line(line, now_us, jsonl=jsonl)
        click.echo(json.dumps(answer, ensure_ascii=False))


class _Checker:
    """Judges line after line; remembers the pieces of a split code."""

    def __init__(self, store: TrustStore) -> None:
        self._store = store
        self._pieces = chunks.EMPTY

    def line(self, line: bytes | None, at_us: int, *, jsonl: bool) -> dict[str, object]:
        if line is None:
            return _bad(CodeReason.BAD_LINE)
        if not jsonl:
            return _answer(self._read(line, at_us))
        try:
            found = json.loads(line)
            payload = _payload(found)
        except (ValueError, RecursionError):  # binascii.Error and UnicodeEncodeError are ValueErrors
            return _bad(CodeReason.BAD_LINE)
        try:
            at_us = _at(found, at_us)
        except ValueError:
            return _bad(CodeReason.BAD_TIME)
        return _answer(self._read(payload, at_us))

    def _read(self, payload: bytes, at_us: int) -> Code:
        if not payload.startswith(b"shc:/"):
            self._pieces = chunks.EMPTY  # only pieces that follow one another belong together
            return read(payload, self._store, at_us)
        added = chunks.add(self._pieces, payload, time.monotonic_ns() // 1000)
        self._pieces = added.state
        if added.whole is not None:
            return read(added.whole, self._store, at_us)
        verdict = CodeVerdict.INVALID if added.reason is CodeReason.TOO_LARGE else CodeVerdict.UNVERIFIED
        return refused(Carrier.SHC, Refusal(verdict, added.reason or CodeReason.CHUNKS_MISSING), payload)


def _lines(stream: BinaryIO) -> Iterator[bytes | None]:
    """Yield each line without its end, None for one that is too long to be meant."""
    while line := stream.readline(_MAX_LINE_BYTES):
        if line.endswith(b"\n"):
            yield line[:-1].removesuffix(b"\r")
        elif len(line) < _MAX_LINE_BYTES:
            yield line
        else:
            while (rest := stream.readline(_MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield None


def _payload(found: object) -> bytes:
    if isinstance(found, dict):
        text, encoded = found.get("payload"), found.get("payload_base64")
        if isinstance(text, str) and encoded is None:
            return text.encode()
        if isinstance(encoded, str) and text is None:
            return base64.b64decode(encoded, validate=True)
    raise ValueError("an object with one of payload and payload_base64")


def _at(found: dict[str, object], otherwise_us: int) -> int:
    at = found.get("at")
    if at is None:
        return otherwise_us
    if not isinstance(at, str):
        raise ValueError("at must be text")
    return times.parse(at)


def _answer(code: Code) -> dict[str, object]:
    return {
        "carrier": str(code.carrier),
        "verdict": str(code.verdict),
        "reason": code.reason,
        "issuer": code.issuer,
        "key_id": code.key_id,
        "valid_from": None if code.valid_from_us is None else times.text(code.valid_from_us),
        "valid_until": None if code.valid_until_us is None else times.text(code.valid_until_us),
        "subject": {**code.subject, **code.personal},
    }


def _bad(reason: CodeReason) -> dict[str, object]:
    return _answer(Code(Carrier.UNKNOWN, CodeVerdict.INVALID, reason))
