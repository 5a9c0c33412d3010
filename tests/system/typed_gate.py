"""A keyboard made of a socket, for machines without /dev/uinput: the scanner's end and the gate's.

`python -m tests.system.typed_gate run …` is the whole gate with `evdev.InputDevice` answered from here;
what the driver asks of a device is all it has.
"""

import errno
import os
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from drivers.scanner._keys import CHARACTERS, EV_KEY, KEY_ENTER, Key
from tests.waiting import until

_EVENT = struct.Struct("HHi")
_AT_ONCE = 32


class Keyboard:
    """The scanner: plugged in behind a path, typing into whoever took it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._listener: socket.socket | None = None
        self._gate: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def plug(self) -> None:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(os.fspath(self.path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._wait, args=(self._listener,), name="keyboard")
        self._thread.start()

    def unplug(self) -> None:
        self.path.unlink(missing_ok=True)
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            assert self._thread is not None
            self._thread.join(10)
            self._listener.close()
            self._listener = None
        if self._gate is not None:
            self._gate.close()
            self._gate = None

    def type(self, keys: Sequence[Key]) -> None:
        """Type once the gate has taken the keyboard for itself."""
        until(lambda: self._gate is not None, 30, "the gate to take the keyboard")
        assert self._gate is not None
        for begin in range(0, len(keys), _AT_ONCE):
            self._gate.send(b"".join(_EVENT.pack(*key) for key in keys[begin : begin + _AT_ONCE]))

    def _wait(self, listener: socket.socket) -> None:
        while True:
            try:
                gate, _ = listener.accept()
            except OSError:
                return
            if gate.recv(8) == b"grab":
                self._gate = gate
            else:
                gate.close()


class _Event:
    def __init__(self, kind: int, code: int, value: int) -> None:
        self.type, self.code, self.value = kind, code, value


class InputDevice:
    """The gate's end of a `Keyboard`: what evdev's class of this name does."""

    name = "keyboard of a test"

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise
        self._socket.setblocking(False)

    def capabilities(self) -> dict[int, list[int]]:
        return {EV_KEY: [*CHARACTERS, KEY_ENTER]}

    def grab(self) -> None:
        self._socket.send(b"grab")

    def ungrab(self) -> None:
        self._socket.send(b"free")

    def fileno(self) -> int:
        return self._socket.fileno()

    def read(self) -> Iterator[_Event]:
        data = self._socket.recv(_EVENT.size * _AT_ONCE)
        if not data:
            raise OSError(errno.ENODEV, "No such device")
        for found in _EVENT.iter_unpack(data):
            yield _Event(*found)

    def close(self) -> None:
        self._socket.close()


def main() -> None:
    """Run the gate with this keyboard."""
    import evdev

    from edge.cli import main as gatepost

    evdev.InputDevice = InputDevice  # type: ignore[assignment, misc]
    gatepost()


if __name__ == "__main__":
    main()
