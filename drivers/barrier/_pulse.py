"""A contact that opens a barrier: closed for a limited time, opened again whatever happens.

Knows no wire and no protocol: a driver hands it a `Contact`. There is no way to leave the contact closed
but the site's own `safe = "open"`, and that only while the port is given back.
"""

import logging
import threading
from dataclasses import dataclass
from typing import Literal, Protocol

from drivers.options import option
from edge.domain.errors import DeviceUnavailable

log = logging.getLogger(__name__)

OFF_TRIES = 3


class Contact(Protocol):
    """One relay contact. Everything but `close` raises DeviceUnavailable when the device is gone."""

    def switch(self, *, on: bool) -> None:
        """Close (`on`) or open the contact; returns when that is done or known to have failed."""

    def check(self) -> None:
        """Raise DeviceUnavailable when the device is gone. Must not close the contact."""

    def close(self) -> None:
        """Give the device back as the contact stands. Idempotent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PulseOptions:
    """What every relay takes."""

    pulse_s: float = option(1.0, "seconds the contact closes", least=0.05, most=10)
    safe: Literal["closed", "open"] = option(
        "closed", "how the barrier is left whenever the gate gives the relay up; fire rules may want open"
    )


class PulsedBarrier:
    """A barrier behind a contact. One thread pulses and checks, any may close."""

    def __init__(self, contact: Contact, options: PulseOptions) -> None:
        self._contact = contact
        self._options = options
        self._closed = threading.Event()
        self._using = threading.Lock()

    def pulse(self) -> None:
        """Close the contact for the set time; it is open again when this returns or raises, unless
        the device itself is gone, which DeviceUnavailable says."""
        with self._using:
            if self._closed.is_set():
                raise DeviceUnavailable("the relay was closed", code="ended")
            try:
                self._contact.switch(on=True)
                self._closed.wait(self._options.pulse_s)
            finally:
                self._off()

    def check(self) -> None:
        """Raise DeviceUnavailable when the device is gone."""
        with self._using:
            if self._closed.is_set():
                raise DeviceUnavailable("the relay was closed", code="ended")
            self._contact.check()

    def close(self) -> None:
        """End a pulse, leave the barrier as the site wants it, give the device back. Idempotent."""
        if self._closed.is_set():
            return
        self._closed.set()
        with self._using:
            try:
                self._leave()
            except DeviceUnavailable as error:
                log.warning("the relay could not be left %s: %s", self._options.safe, error)
            finally:
                self._contact.close()

    def _leave(self) -> None:
        if self._options.safe == "open":
            self._contact.switch(on=True)
        else:
            self._off()

    def _off(self) -> None:
        """Open the contact, and insist: a garbled answer to one try must not leave a gate open."""
        for left in reversed(range(OFF_TRIES)):
            try:
                self._contact.switch(on=False)
                return
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
