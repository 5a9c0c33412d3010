"""The trust lists in force, followed on disk."""

import logging
from pathlib import Path

from edge import codes, trust_files
from edge.domain.errors import ConfigError
from edge.domain.model import ClockQuality, Code, Instant

log = logging.getLogger(__name__)


class TrustFolder:
    """The trust lists in force; read again when a file in the folder changed."""

    def __init__(self, folder: Path, accept_test_issuers: bool) -> None:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        self._folder = folder
        self._accept = accept_test_issuers
        self._seen = self._look()
        self._store = trust_files.load(folder, accept_test_issuers=accept_test_issuers)

    def read(self, payload: bytes, at: Instant) -> Code:
        """Return what a payload is, by the lists in force."""
        return codes.read(payload, self._store, at.at_us, clock_trusted=at.clock is not ClockQuality.UNSET)

    def refresh(self) -> None:
        """Take over changed lists; lists that cannot be used leave those in force."""
        seen = self._look()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._store = trust_files.load(self._folder, accept_test_issuers=self._accept)
        except ConfigError as error:
            log.error("the changed trust lists cannot be used, the old ones stay: %s", error)
        else:
            log.info("trust lists were read again")

    def _look(self) -> tuple[tuple[str, int], ...]:
        return tuple((path.name, path.stat().st_mtime_ns) for path in sorted(self._folder.glob("*.json")))
