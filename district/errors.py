"""Every error the district's server raises on purpose, by what the caller can do about it.

DistrictError
    ConfigError(ValueError)   do not start; names file, table, key and every fault at once
    StoreError                do not acknowledge; answer 503, the gate keeps its rows
    Refused(ValueError)       4xx with a stable code
"""

from collections.abc import Sequence


class DistrictError(Exception):
    """Root of all errors of the district's server."""


class ConfigError(DistrictError, ValueError):
    """The configuration cannot be used; `faults` holds one readable line per fault."""

    def __init__(self, faults: str | Sequence[str]) -> None:
        self.faults: tuple[str, ...] = (faults,) if isinstance(faults, str) else tuple(faults)
        super().__init__("\n".join(self.faults))


class StoreError(DistrictError):
    """The store cannot be read or written, or is not what it should be."""


class Refused(DistrictError, ValueError):
    """A gate or a program sent something unusable; `code` is stable, `status` the HTTP status."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.status = status
        self.code = code
