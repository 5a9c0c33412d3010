"""The camera's child process: `python -m drivers.scanner._capture`, started by drivers.scanner.camera.

Reads one JSON line of options from standard input and writes JSON lines to standard output:
`started`, `beat` (from the capture loop itself, so that a loop that hangs falls silent), `scan`,
`preview` (the next frame, small, once for each line `preview` on standard input; nobody looking
costs nothing), `mask_model` (which model looks for masks, or why none does), `fault`. A line `mask 17`
on standard input names the passage of whoever is looked at for a mask, `mask` alone nobody. Ends when
its standard input ends: a gate that was killed leaves no camera behind. A crash or hang in here must
cost the gate nothing but a new child. Writes no payload to standard error, and no payload into a
preview's figures.
"""

import base64
import json
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from drivers.scanner._capture_frames import Source, SourceFault
from drivers.scanner._capture_sources import open_source
from drivers.scanner._decode_live import LiveReader
from drivers.scanner._regions import Grey

if TYPE_CHECKING:
    from drivers.scanner._mask import Looker

_BEAT_S = 0.5
_DAMAGED_S = 2.0  # a cable that breaks most pictures; with our parent's half second it is told within three
# A verdict's commit goes before a picture, by a little: at 5 a machine with twice the work it can do left
# the camera nine pictures a second of fifteen, and codes waited six times as long.
_NICE = 1
_saying = threading.Lock()


def main() -> None:
    """Serve until standard input ends or the source does; leaves by os._exit."""
    out = _own_output()
    with open(0, "rb", buffering=0, closefd=False) as unbuffered:
        line = unbuffered.readline()  # and not a byte of what follows: another thread reads that
    if not line:
        os._exit(0)
    # Ctrl-C and systemd signal the whole group; the parent says when to end, by closing our input.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    asked = Asked()
    threading.Thread(target=_heed_input, args=(asked,), name="input", daemon=True).start()
    os.nice(_NICE)
    with suppress(OSError):  # where memory runs out, let it be us and not the gate
        Path("/proc/self/oom_score_adj").write_text("500", "ascii")
    options = json.loads(line)
    frozen_s = float(options.pop("frozen_s"))
    mask = options.pop("mask", None)
    code = 0
    try:
        source = open_source(**options)
        if mask:
            asked.looks(_looker(mask, out))
        _serve(source, out, frozen_s, asked)
    except SourceFault as fault:
        _say(out, kind="fault", code=fault.code, message=str(fault))
        code = 1
    except BrokenPipeError:
        code = 0
    # Not the interpreter's own end: a native library that hangs in its destructor would keep us.
    os._exit(code)


class Asked:
    """What the gate wants besides codes: a preview, and to know whether somebody wears a mask."""

    def __init__(self) -> None:
        self.preview = threading.Event()
        self.looker: Looker | None = None
        self.passage: int | None = None

    def looks(self, looker: "Looker") -> None:
        """Have this one look, at whoever was named already."""
        self.looker = looker
        looker.ask(self.passage)

    def take(self, line: bytes) -> None:
        """Take a line in; what is none of ours is passed over."""
        what, _, number = line.partition(b" ")
        if what == b"preview":
            self.preview.set()
        elif what == b"mask":
            self.passage = int(number) if number.isdigit() else None
            if self.looker is not None:
                self.looker.ask(self.passage)


def _serve(source: Source, out: BinaryIO, frozen_s: float, asked: Asked) -> None:
    reader = LiveReader()
    frames = 0
    beat_at = float("-inf")
    came_at = time.monotonic()
    while True:
        grey = source.read()
        now = time.monotonic()
        if grey is not None:
            if frames == 0:
                _say(out, kind="started", width=grey.shape[1], height=grey.shape[0])
            frames += 1
            for code in reader.look(grey, now):
                payload = base64.b64encode(code.payload).decode("ascii")
                _say(out, kind="scan", payload=payload, symbology=code.symbology, decoder=code.decoder)
            _complain_of_standstill(source, reader.same_for(now), frozen_s)
            if asked.looker is not None:
                asked.looker.offer(source.colour, now)
            if asked.preview.is_set():
                asked.preview.clear()
                _show(out, grey, reader, now)
            came_at = time.monotonic()  # looking at it is not waiting for the next
        elif source.patience and frames and now - came_at >= _DAMAGED_S:
            raise SourceFault("lost", f"the camera has sent only damaged pictures for {_DAMAGED_S:g} s")
        if frames and now - beat_at >= _BEAT_S:
            _say(out, kind="beat", frames=frames, decoded=reader.decoded)
            beat_at = now


def _complain_of_standstill(source: Source, same_for: float, frozen_s: float) -> None:
    limit = frozen_s * source.patience
    if 0 < limit <= same_for:
        raise SourceFault("hung", f"the camera has sent the same picture for {limit:g} s")


def _show(out: BinaryIO, grey: Grey, reader: LiveReader, now: float) -> None:
    # Only where somebody aims a camera; the imports of a gate that runs for months stay small.
    from drivers.scanner._preview import figures, small_jpeg

    jpeg = base64.b64encode(small_jpeg(grey)).decode("ascii")
    last = reader.last
    _say(
        out,
        kind="preview",
        jpeg=jpeg,
        **figures(grey)._asdict(),
        module_pixels=last and last.pixels,
        decoder=last and last.decoder,
        read_ago_s=reader.read_ago(now),
    )


def _looker(terms: dict[str, Any], out: BinaryIO) -> "Looker":
    # Only where a site has a model: all others carry nothing of it.
    from drivers.scanner._mask import Looker

    def say(told: dict[str, Any] | None = None, **fields: Any) -> None:
        if told is not None:
            fields["payload"] = base64.b64encode(json.dumps(told).encode()).decode("ascii")
        _say(out, **fields)

    return Looker(terms, say)


def _say(out: BinaryIO, **fields: object) -> None:
    line = json.dumps(fields, separators=(",", ":")).encode() + b"\n"
    with _saying:
        out.write(line)
        out.flush()


def _own_output() -> BinaryIO:
    """Keep standard output to ourselves: native libraries that print there would break a line."""
    ours = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(ours, "wb")


def _heed_input(asked: Asked) -> None:
    """Take in what is asked of us; the end of the input is the end of us."""
    waiting = b""
    while chunk := os.read(0, 4096):
        *lines, waiting = (waiting + chunk).split(b"\n")
        for line in lines:
            asked.take(line)
    os._exit(0)


if __name__ == "__main__":
    main()
