"""Photographs of people in a register: kept small and sealed beside their entry, to be compared at the lane.

A photograph is a row of its own under the key of its entry (`edge.journal.photograph_file`). Look-ups of the
lane never read it; a page asks for it. `Darkroom` makes small ones of what somebody brings, in a process
without a lane: nothing of the file itself is kept.
"""

import base64
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, Any, Protocol, Self

import edge
from edge.domain.errors import FormError
from edge.domain.model import Instant
from edge.journal import Look, Reader, Row, StoredRow
from edge.journal.photograph_file import FIELD, KEPT, REMOVED
from edge.journal.register_file import scope_of
from edge.registers.drafts import Order, head

REGISTERS = ("people",)
MOST_BYTES = 12_000_000
_LIMIT_S = 20.0
_MOST_SMALL = 1 << 16
# As the child counts them: drivers/_photograph.py.
_CODES = ("", "too_large", "not_a_picture", "too_many_pixels", "too_small", "broken")


class Journal(Protocol):
    """The part of the journal that photographs need."""

    def compose(self, make: Callable[[Look], Sequence[Row]]) -> tuple[int, ...]:
        """Write the rows that `make` returns, in one transaction with what it looked at."""

    def reader(self) -> Reader:
        """Open a read-only view."""

    def unseal(self, row: StoredRow) -> Mapping[str, Any] | None:
        """Open the personal fields of a row."""


class Photographs:
    """The commands and the view. Thread-safe; `changed` is called after each commit."""

    def __init__(
        self, journal: Journal, now: Callable[[], Instant], changed: Callable[[], None] = lambda: None
    ) -> None:
        self._journal = journal
        self._now = now
        self._changed = changed

    def keep(self, order: Order, register: str, number: int, jpeg: bytes) -> int:
        """Keep the small JPEG of an entry, in place of the one before; return the row. Raises FormError
        `unknown_entry`, `entry_ended`, `entry_forgotten`, `command_reused`."""
        personal = {FIELD: base64.b64encode(jpeg).decode()}
        return self._write(order, KEPT, register, number, personal)

    def remove(self, order: Order, register: str, number: int) -> int:
        """Let an entry have no photograph; return the row. Raises FormError `no_photograph`, `unknown_entry`,
        `command_reused`."""
        return self._write(order, REMOVED, register, number, None)

    def row_of(self, register: str, number: int) -> int | None:
        """Return the row that holds the photograph of an entry, None where it has none."""
        with closing(self._journal.reader()) as reader:
            return reader.photograph(register, number)

    def row(self, register: str, number: int) -> StoredRow | None:
        """Return that row."""
        with closing(self._journal.reader()) as reader:
            seq = reader.photograph(register, number)
            return None if seq is None else reader.row(seq)

    def of(self, register: str, number: int) -> bytes | None:
        """Return the photograph of an entry as a JPEG, None where it has none or it is destroyed."""
        row = self.row(register, number)
        found = None if row is None else self._journal.unseal(row)
        return base64.b64decode(found[FIELD]) if found else None

    def _write(
        self, order: Order, kind: str, register: str, number: int, personal: dict[str, str] | None
    ) -> int:
        earlier: list[StoredRow] = []

        def make(look: Look) -> Sequence[Row]:
            earlier[:] = [known] if (known := look.command(order.command_id)) is not None else []
            if earlier:
                return ()
            _require(look, kind, register, number)
            body = {"register": register, "entry": number, **head(order)}
            return (Row(kind, self._now(), body, personal=personal, scope=scope_of(register, number)),)

        written = self._journal.compose(make)
        if not earlier:
            self._changed()
            return written[-1]
        row = earlier[0]
        about = row.kind, row.body.get("register"), row.body.get("entry")
        sealed = self._journal.unseal(row) if row.sealed is not None else None
        if about != (kind, register, number) or (sealed or personal) != personal:
            raise FormError("command_reused", "another command had this id", 409)
        return row.seq


class Darkroom:
    """Makes small JPEGs, one after another, in a child process; use it within `with`."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None

    def small(self, content: bytes) -> bytes:
        """Return the picture of a JPEG or PNG file, drawn anew and small. Raises FormError `photograph`,
        of which `detail` says what is wrong with the file."""
        if len(content) > MOST_BYTES:
            raise refused("too_large")
        child = self._child = self._child or _spawn()
        watch = threading.Timer(_LIMIT_S, child.kill)
        watch.start()
        try:
            return _asked(child, content)
        except (OSError, struct.error, IndexError) as error:
            # It died of this file: the next one has another.
            self._end()
            raise refused("broken") from error
        finally:
            watch.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        if (child := self._child) is None:
            return
        self._child = None
        child.kill()
        for pipe in (child.stdin, child.stdout):
            with suppress(OSError):
                _pipe(pipe).close()
        child.wait()


def refused(why: str) -> FormError:
    """Return the refusal of a file, of which `why` says what is wrong with it."""
    return FormError(f"photograph_{why}", "the photograph cannot be used", 400)


def _require(look: Look, kind: str, register: str, number: int) -> None:
    entry = look.entry(register, number) if register in REGISTERS else None
    if entry is None:
        raise FormError("unknown_entry", "there is no such entry", 404)
    if kind == REMOVED:
        if look.photograph(register, number) is None:
            raise FormError("no_photograph", "it has none", 409)
        return
    if entry.forgotten or entry.key_id is None:
        raise FormError("entry_forgotten", "its personal fields are destroyed", 409)
    if not entry.open:
        raise FormError("entry_ended", "it had ended before", 409)


def _spawn() -> "subprocess.Popen[bytes]":
    root = str(Path(edge.__file__).parent.parent)
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    # One thread and one heap are enough for it, and what libraries say of a broken file names nobody.
    few = {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1", "OPENCV_LOG_LEVEL": "SILENT"}
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "drivers._photograph"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | few | {"PYTHONPATH": path},
        )
    except OSError as error:
        raise refused("broken") from error


def _asked(child: "subprocess.Popen[bytes]", content: bytes) -> bytes:
    sink, source = _pipe(child.stdin), _pipe(child.stdout)
    sink.write(struct.pack(">I", len(content)) + content)
    sink.flush()
    code, length = struct.unpack(">BI", source.read(5))
    if code:
        raise refused(_CODES[code])
    jpeg = source.read(length) if length <= _MOST_SMALL else b""
    if len(jpeg) != length or not jpeg.startswith(b"\xff\xd8\xff"):
        raise struct.error("no picture came back")
    return jpeg


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe
