"""The trust lists in force: followed on disk, taken from the district, told to pages and journal."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge import codes, trust_files
from edge.codes import TrustList, TrustStore, times
from edge.codes.eu_rules import EuRules
from edge.codes.trust import ALGORITHMS
from edge.codes.trust_dates import is_ahead
from edge.codes.trust_text import dump_list, parse_list
from edge.domain.errors import ConfigError
from edge.domain.model import Carrier, ClockQuality, Code, Instant

DAY_US = 86_400_000_000
AGEING_PERCENT = 80  # of the age a list may have: from here on it is told
PREFIX = "trust-"
RULES = "hc1-rules"  # what the EU's rules are called beside the carriers

Now = Callable[[], Instant]

log = logging.getLogger(__name__)


class TrustFolder:
    """The trust lists in force, with the EU's rules and the contexts beside them; read again when a file
    in the folder changed. Any thread may ask. Raises ConfigError where the folder cannot be used.

    The district's lists are called `trust-` and the carrier. A list it pushes takes the place of that
    carrier's, of keys imported by hand as well; what was withdrawn here stays withdrawn. With
    `"replace": true` in it a list counts as it stands, even an older or an empty one.
    """

    def __init__(
        self,
        folder: Path,
        accept_test_issuers: bool,
        max_age_days: int | None = None,
        cwa_hosts: Sequence[str] = (),
        now: Now | None = None,
    ) -> None:
        try:
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError as error:
            why = f"{folder}: cannot be made: {error.strerror or error} / 信任名单文件夹建不起来"
            raise ConfigError(why) from error
        self._folder = folder
        self._accept = accept_test_issuers
        self._max_age_us = None if max_age_days is None else max_age_days * DAY_US
        self._cwa_hosts = frozenset(cwa_hosts)
        self._now = now or _system_now
        self._lock = threading.Lock()
        self._seen = self._look()
        self._store = self._load()
        self.unreadable: str | None = None

    def read(self, payload: bytes, at: Instant) -> Code:
        """Return what a payload is, by the lists in force."""
        has_clock, earliest = at.clock is not ClockQuality.UNSET, not at.clock.trusted
        return codes.read(payload, self._store, at.at_us, clock_trusted=has_clock, earliest=earliest)

    def refresh(self) -> None:
        """Take over changed lists; lists that cannot be used leave those in force."""
        with self._lock:
            if self._look() != self._seen:
                self._read_again()

    def held(self) -> Mapping[str, int | None]:
        """Return the district's name of every list there can be, and the version in force."""
        versions = {entry.carrier: entry.version for entry in self._store.lists}
        return {f"{PREFIX}{carrier}": versions.get(carrier) for carrier in ALGORITHMS}

    def take(self, name: str, version: int, content: str) -> Mapping[str, Any]:
        """Put a list of the district in force; ConfigError where it must not be, OSError where it cannot
        be written, or is dated ahead of this gate's clock: both pass. Return what the journal says of it."""
        with self._locked(), self._lock:
            entry = replace(self._judged(Carrier(name.removeprefix(PREFIX)), content, name), version=version)
            unchanged = self._look() == self._seen
            if len(dump_list(entry).encode()) > trust_files.MAX_FILE_BYTES:
                raise ConfigError(f"{name}: with what was withdrawn here, larger than a trust list may be")
            try:
                trust_files.write_list(self._folder, entry)
            except ConfigError as error:
                raise OSError(str(error)) from error
            # In force at once, whatever is wrong with the files of other carriers.
            others = (other for other in self._store.lists if other.carrier is not entry.carrier)
            self._store = replace(self._store, lists=(*others, entry))
            if unchanged and self.unreadable is None:
                self._seen = self._look()
            else:
                self._read_again()
        return _facts(entry)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the folder. OSError where another program does not let go of it: that passes."""
        with ExitStack() as stack:
            try:
                stack.enter_context(trust_files.locked(self._folder))
            except ConfigError as error:
                raise OSError(str(error)) from error
            yield

    def facts(self, name: str) -> Mapping[str, Any]:
        """Return what the journal says of the list in force."""
        return _facts(
            self._store.of(Carrier(name.removeprefix(PREFIX)))
            or TrustList(Carrier(name.removeprefix(PREFIX)))
        )

    def status(self, at: Instant) -> list[dict[str, Any]]:
        """Return each list in force as pages show it, and the EU's rules (`keys` is how many there are).
        `state`: `fresh`, `ageing` once most of the age it may have is over, `old` when it proves nothing
        any more, `undated` when it does not say its age; without a clock nothing can be said, and nothing
        is."""
        store = self._store
        lists: list[dict[str, Any]] = [
            {
                "carrier": str(entry.carrier),
                "as_of_us": entry.as_of_us,
                "keys": len(entry.keys),
                "withdrawn": len(entry.revoked),
                "version": entry.version,
                "test": any(key.test for key in entry.keys[:1]),  # all are, or none
                "state": self._state(entry, store.too_old(entry.carrier, at.at_us), at),
            }
            for entry in sorted(store.lists, key=lambda entry: entry.carrier)
        ]
        if store.eu_rules is not None:
            lists.append(self._rules(store.eu_rules, at))
        return lists

    def _rules(self, rules: EuRules, at: Instant) -> dict[str, Any]:
        return {
            "carrier": RULES,
            "as_of_us": rules.as_of_us,
            "keys": len(rules.rules),
            "withdrawn": 0,
            "version": None,
            "test": False,
            "state": self._state(rules, rules.too_old(at.at_us, self._max_age_us), at),
        }

    def _state(self, entry: TrustList | EuRules, too_old: bool, at: Instant) -> str:
        if self._max_age_us is None or at.clock is ClockQuality.UNSET:
            return "fresh" if entry.as_of_us is not None else "undated"
        if too_old:
            return "old"
        age_us = at.at_us - (entry.as_of_us or 0)
        return "ageing" if age_us * 100 >= self._max_age_us * AGEING_PERCENT else "fresh"

    def _judged(self, carrier: Carrier, content: str, name: str) -> TrustList:
        text, whole = _unwrapped(content, name)
        found = parse_list(text, name)
        kept = self._kept(carrier)
        if found.carrier is not carrier:
            raise ConfigError(f"{name}: a list for {found.carrier}")
        if found.as_of_us is None:
            raise ConfigError(f"{name}: as_of: it does not say from when it is")
        if found.test and not self._accept:
            raise ConfigError(f"{name}: holds keys of a test issuer, which this gate does not accept")
        now = self._now()
        if now.clock is not ClockQuality.UNSET and is_ahead(found.as_of_us, now.at_us):
            raise OSError(
                f"as_of: {times.text(found.as_of_us)} lies ahead of this gate's clock; check the clock, or "
                "push the list with its right date / 名单日期晚于本机时间，请检查时钟或名单日期"
            )
        if whole:
            return found
        if not found.keys:
            raise ConfigError(f'{name}: no key in it; with "replace": true that is meant')
        # A list of withdrawals alone, made here, says nothing of how old keys may be.
        counts = bool(kept.keys) or kept.version is not None
        if counts and kept.as_of_us is not None and found.as_of_us < kept.as_of_us:
            raise ConfigError(f'{name}: older than the list in force; with "replace": true that is meant')
        return replace(found, revoked=found.revoked | kept.revoked)

    def _kept(self, carrier: Carrier) -> TrustList:
        try:
            return trust_files.load_list(self._folder, carrier)
        except ConfigError:  # damaged on the card: then what is still in force counts
            return self._store.of(carrier) or TrustList(carrier)

    def _read_again(self) -> None:
        self._seen = self._look()
        try:
            self._store = self._load()
        except ConfigError as error:
            self.unreadable = error.faults[0]
            log.error("the changed trust lists cannot be used, the old ones stay: %s", error)
        else:
            self.unreadable = None
            log.info("trust lists were read again")

    def _load(self) -> TrustStore:
        store = trust_files.load(self._folder, accept_test_issuers=self._accept, max_age_us=self._max_age_us)
        return replace(store, cwa_hosts=self._cwa_hosts)

    def _look(self) -> tuple[trust_files.Mark, ...]:
        return trust_files.fingerprint(self._folder)


def _system_now() -> Instant:
    return Instant(time.monotonic_ns() // 1000, time.time_ns() // 1000, ClockQuality.RESTORED)


def _facts(entry: TrustList) -> Mapping[str, Any]:
    return {
        "kind": "trust",
        "as_of_us": entry.as_of_us,
        "count": len(entry.keys),
        "withdrawn": len(entry.revoked),
    }


def _unwrapped(content: str, name: str) -> tuple[str, bool]:
    """Return a pushed list without `replace`, and whether it says so."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{name}: not JSON: {error}") from error
    if not isinstance(found, dict) or "replace" not in found:
        return content, False
    whole = found.pop("replace")
    if not isinstance(whole, bool):
        raise ConfigError(f"{name}: replace: must be true or false")
    return json.dumps(found), whole
