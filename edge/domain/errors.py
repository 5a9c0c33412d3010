"""Every error this software raises on purpose, by what the caller can do about it.

GatepostError
    ConfigError(ValueError)    do not start; names file, table, key and every fault at once
    DriverError
        DeviceUnavailable      reopen with back-off; status red; the lane says so
        FrameError             count it, drop it, never guess
    JournalError               stop deciding; tell the attendant to write by hand
    UplinkError
        Unreachable            try again, for ever
        Rejected               park the row, show it
    FormError(ValueError)      400 with a stable code
"""

from collections.abc import Sequence


class GatepostError(Exception):
    """Root of all errors of ours."""


class ConfigError(GatepostError, ValueError):
    """The configuration cannot be used.

    `faults` holds one readable line per fault ("file: [table] key: what is wrong and what to do").
    """

    def __init__(self, faults: str | Sequence[str]) -> None:
        self.faults: tuple[str, ...] = (faults,) if isinstance(faults, str) else tuple(faults)
        super().__init__("\n".join(self.faults))


class DriverError(GatepostError):
    """A device or its protocol failed."""


class DeviceUnavailable(DriverError):
    """The device is not there (any more): absent, unplugged, hung, taken by another program.

    `code` is a stable word pages translate into a remedy: `absent`, `lost`, `silent`, `garbled`,
    `busy`, `denied`, `hung`, `ended`.
    """

    def __init__(self, message: str, code: str = "lost") -> None:
        super().__init__(message)
        self.code = code


class FrameError(DriverError):
    """Bytes that are no frame of the protocol; count and drop them."""


class JournalError(GatepostError):
    """The journal cannot be written or is not what it should be; nothing may be decided."""


class UplinkError(GatepostError):
    """The district could not take what was sent."""


class Unreachable(UplinkError):
    """No answer, or one that says to come back; `retry_after_s` where the server named it.

    `code` is a stable word pages translate: `unreachable`, `denied`, `busy`, `fault`, `refused`,
    `too_large`, `no_answer`, `stalled`.
    """

    def __init__(self, message: str, retry_after_s: float | None = None, code: str = "unreachable") -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.code = code


class Rejected(UplinkError):
    """The district refuses this row for good."""


class FormError(GatepostError, ValueError):
    """A person or a program sent something unusable; `code` is stable, `status` the HTTP status."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(message or code)
        self.code = code
        self.status = status
