"""Tells systemd how the service is: READY=1, WATCHDOG=1, STATUS=..., STOPPING=1 (sd_notify(3)).

A datagram, nothing more; without systemd it does nothing. Must never raise: no news is no reason to
stop a gate.
"""

import logging
import socket
from collections.abc import Mapping

_log = logging.getLogger(__name__)


class Notifier:
    """Sends one message to the service manager, where there is one."""

    def __init__(self, address: str | None) -> None:
        # A leading @ means the abstract namespace, whose names begin with NUL.
        self._address = "\0" + address[1:] if address and address.startswith("@") else address
        self._complained = False

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Notifier":
        """Return the notifier of this service ($NOTIFY_SOCKET)."""
        return cls(environ.get("NOTIFY_SOCKET"))

    def __call__(self, message: str) -> None:
        """Send `message` (lines of KEY=value)."""
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
                channel.setblocking(False)  # a full queue must not hold up the watchdog's own loop
                channel.sendto(message.encode(), self._address)
        except OSError as error:
            if not self._complained:
                _log.warning("systemd does not take notifications: %s", error)
            self._complained = True
