"""Which USB adapter sits in which socket: names like ttyUSB0 change, sockets do not.

Reads sysfs and the links in /dev. Must not open a device, and never names an adapter by guessing: the
socket and the kind of adapter have to be the ones that were there before.
"""

import logging
import os.path
import re
import threading
from dataclasses import dataclass
from pathlib import Path

from edge.domain.errors import DeviceUnavailable

log = logging.getLogger(__name__)

_INTERFACE = re.compile(r"\d+-\d+(\.\d+)*:\d+\.\d+")
_PLAIN = re.compile(r"tty[A-Za-z]+\d+")
_LINKS = ("gate", "serial/by-path")


@dataclass(frozen=True, slots=True)
class Adapter:
    """A USB serial port: its name of today, the socket it is plugged into, what it is.

    `socket` is bus, hub path, interface and port (`1-1.2:1.0-port0`), `usb` vendor and product
    (`1a86:7523`), `serial` the adapter's own number, empty where it has none (CH340).
    """

    node: str
    socket: str
    usb: str
    serial: str


class Adapters:
    """The serial adapters of this machine, and where the configured ones were last seen."""

    def __init__(self, sys: Path = Path("/sys"), dev: Path = Path("/dev")) -> None:
        self._sys = sys
        self._dev = dev
        self._seen: dict[str, Adapter] = {}
        self._lock = threading.Lock()

    def present(self) -> tuple[Adapter, ...]:
        """Return every USB serial port there is, in the order of their names."""
        found = (self._adapter(node.name) for node in sorted((self._sys / "class/tty").glob("tty*")))
        return tuple(adapter for adapter in found if adapter)

    def at(self, path: str) -> Adapter | None:
        """Return the adapter a device file leads to, None where it is none or not there."""
        node = self._node(Path(path))
        return self._adapter(node.name) if node and node.exists() else None

    def where(self, path: str) -> str:
        """Return the name under which the configured port is to be opened now.

        That is `path` itself, unless the adapter that was behind it came back under another number.
        Raises DeviceUnavailable `absent` where the name now belongs to another configured adapter.
        """
        here = self.at(path)
        with self._lock:
            before = self._seen.get(path)
            owners = [p for p, a in self._seen.items() if p != path and here and a.socket == here.socket]
        # A link (by-path, by-id, /dev/gate) is kept by udev and follows by itself.
        if before is not None and self._is_plain(path) and not _same(before, here):
            back = [adapter for adapter in self.present() if _same(before, adapter)]
            if len(back) == 1:
                log.warning("%s came back as %s (socket %s)", path, back[0].node, before.socket)
                return str(self._dev / back[0].node)
        if here and owners and self._is_plain(path) and all(self._is_plain(p) for p in owners):
            raise DeviceUnavailable(
                f"{path} is now the adapter in socket {here.socket}, which is configured as {owners[0]}: "
                f"write names of sockets instead ({', '.join(self.lasting_names(here)) or 'by-path'})",
                code="absent",
            )
        return path

    def opened(self, path: str, place: str) -> None:
        """Remember which adapter was behind a configured port, opened under the name `place`."""
        adapter = self.at(place)
        if adapter is None:
            return
        with self._lock:
            first = path not in self._seen
            self._seen[path] = adapter
        if first and "/by-id/" in path:
            self._warn_of_twins(path, adapter)
        elif first and self._is_plain(path) and len(self.present()) > 1:
            # Until the next start the socket is remembered; then the name alone says which it is.
            names = self.lasting_names(adapter) or ("its name in /dev/serial/by-path",)
            log.warning("%s can be another adapter after the next start: use %s", path, names[0])

    def twins(self, adapter: Adapter) -> tuple[Adapter, ...]:
        """Return every port that cannot be told from this one by its id, itself included: CH340 have no
        serial number, and many a CP2102 has the one of all others (0001)."""
        return tuple(other for other in self.present() if _identity(other) == _identity(adapter))

    def lasting_names(self, adapter: Adapter) -> tuple[str, ...]:
        """Return the names of an adapter that stay with its socket."""
        return tuple(
            str(link)
            for folder in _LINKS
            for link in sorted((self._dev / folder).glob("*"))
            if self._node(link) == self._dev / adapter.node
        )

    def _warn_of_twins(self, path: str, adapter: Adapter) -> None:
        twins = self.twins(adapter)
        if len(twins) > 1:
            names = [name for twin in twins for name in self.lasting_names(twin)[:1]]
            log.warning(
                "%s may be any of %d adapters without a serial number of their own: use %s",
                path,
                len(twins),
                " or ".join(names) or "their names in /dev/serial/by-path",
            )

    def _is_plain(self, path: str) -> bool:
        name = Path(path)
        return name.parent == self._dev and bool(_PLAIN.fullmatch(name.name))

    def _node(self, path: Path) -> Path | None:
        """Follow links to the device file directly in /dev; None where they lead elsewhere."""
        for _ in range(8):
            if self._is_plain(str(path)):
                return path
            try:
                path = Path(os.path.normpath(path.parent / path.readlink()))
            except OSError:
                return None
        return None

    def _adapter(self, node: str) -> Adapter | None:
        try:
            device = (self._sys / "class/tty" / node / "device").resolve(strict=True)
        except OSError:
            return None
        for folder in (device, *device.parents):
            if _INTERFACE.fullmatch(folder.name):
                port = _read(device / "port_number")
                socket = f"{folder.name}-port{port}" if port else folder.name
                usb = folder.parent
                ids = f"{_read(usb / 'idVendor')}:{_read(usb / 'idProduct')}"
                return Adapter(node, socket, ids, _read(usb / "serial"))
        return None


def _identity(adapter: Adapter) -> tuple[str, str, str]:
    return adapter.usb, adapter.serial, adapter.socket.partition(":")[2]


def _same(before: Adapter, now: Adapter | None) -> bool:
    return now is not None and (before.socket, before.usb) == (now.socket, now.usb)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
