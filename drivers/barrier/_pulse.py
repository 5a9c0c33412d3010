"""A contact that opens a barrier: closed for a limited time, opened again whatever happens.

Knows no wire and no protocol: a driver hands it a `Contact`. There is no way to leave the contact closed
but the site's own `safe = "open"`, and that only while the port is given back.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from drivers.options import option
from edge.domain.errors import DeviceUnavailable

log = logging.getLogger(__name__)

TRIES = 3
REST_S = 0.3
"""The least a contact stays open between two pulses: a relay needs hundredths of a second to let go, and
a controller has to see two pulses where two people were let in, not a single long one."""

_LOOK_S = 1.0


class Contact(Protocol):
    """One relay contact. Everything but `close` raises DeviceUnavailable when the device is gone."""

    def switch(self, *, on: bool) -> None:
        """Close (`on`) or open the contact; returns when that is done or known to have failed."""

    def present(self) -> None:
        """Find out whether the plug is in; the contact stays as it is."""

    def check(self) -> None:
        """Find out between pulses whether the device works. May open the contact, never closes it."""

    def close(self) -> None:
        """Give the device back as the contact stands. Idempotent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PulseOptions:
    """What every relay takes."""

    pulse_s: float = option(1.0, "seconds the contact closes", least=0.05, most=10)
    safe: Literal["closed", "open"] = option(
        "closed",
        "how the barrier is left when the gate gives the relay up, stopped or after a fault; fire rules may "
        "want open",
    )


class PulsedBarrier:
    """A barrier behind a contact. One thread pulses and checks, any may close."""

    def __init__(self, contact: Contact, options: PulseOptions) -> None:
        self._contact = contact
        self._options = options
        self._closed = threading.Event()
        self._using = threading.Lock()
        self._rested_at = time.monotonic()
        self._given_back = False

    def pulse(self) -> None:
        """Close the contact for the set time; it is open again when this returns or raises, unless
        the device itself is gone, which DeviceUnavailable says."""
        with self._using:
            if (rest_s := self._rested_at - time.monotonic()) > 0:
                self._closed.wait(rest_s)
            self._in_use()
            try:
                self._contact.switch(on=True)
                self._stay()
            finally:
                self._off()
                self._rested_at = time.monotonic() + REST_S

    def check(self) -> None:
        """Raise DeviceUnavailable when the device is gone."""
        with self._using:
            self._in_use()
            _insisting(self._contact.check)

    def close(self) -> None:
        """End a pulse, leave the barrier as the site wants it, give the device back. Idempotent."""
        self._closed.set()
        with self._using:
            if self._given_back:
                return
            self._given_back = True
            try:
                self._leave()
            except DeviceUnavailable as error:
                log.warning("the relay could not be left %s: %s", self._options.safe, error)
            finally:
                self._contact.close()

    def _in_use(self) -> None:
        if self._closed.is_set():
            raise DeviceUnavailable("the relay was closed", code="ended")

    def _stay(self) -> None:
        """Wait for the end of a pulse, or for `close`; a plug that is pulled meanwhile is told."""
        until = time.monotonic() + self._options.pulse_s
        while (left_s := until - time.monotonic()) > 0:
            if self._closed.wait(min(left_s, _LOOK_S)):
                return
            if left_s > _LOOK_S:
                self._contact.present()

    def _leave(self) -> None:
        if self._options.safe == "open":
            self._contact.switch(on=True)
        else:
            self._off()

    def _off(self) -> None:
        _insisting(lambda: self._contact.switch(on=False))


def _insisting(act: Callable[[], None]) -> None:
    """Act, and insist: one garbled answer must neither leave a gate open nor give its relay up, which
    would open it where the site has chosen `safe = "open"`."""
    for left in reversed(range(TRIES)):
        try:
            act()
            break
        except DeviceUnavailable:
            if not left:
                raise


def opened(contact: Contact, options: PulseOptions) -> PulsedBarrier:
    """Return the barrier of a contact that was just taken, switched off first: nobody knows how the
    last program left it. Raises DeviceUnavailable, the contact given back."""
    try:
        contact.switch(on=False)
    except BaseException:
        contact.close()
        raise
    return PulsedBarrier(contact, options)
