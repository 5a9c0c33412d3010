"""Fetches the lists the district names with a newer version than the gate holds, and says what came of it.

Whether a list may be believed is not known here: whoever keeps it takes it or refuses it. Rows go
first: a list that does not come is asked for again later and never makes the district count as lost.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from edge.domain.errors import ConfigError, Unreachable
from edge.uplink.answer import failure
from edge.uplink.ports import Append, Lists, Memory, Response, Transport

NAME = "uplink.lists"
RECEIVED, REFUSED = "list.received", "list.refused"
AGAIN_S = 300.0  # after one that did not come, or could not be written
LONGEST_WHY = 300

log = logging.getLogger(__name__)


class ListLane:
    """Owned by the uplink's thread. `refused`, which anybody may read, has a line for each list of the
    district that was refused and that no newer one has replaced."""

    def __init__(
        self,
        lists: Lists | None,
        transport: Transport,
        memory: Memory,
        *,
        append: Append,
        mono_us: Callable[[], int],
        beat: Callable[[], object],
    ) -> None:
        self._lists = lists
        self._transport = transport
        self._memory = memory
        self._append = append
        self._mono_us = mono_us
        self._beat = beat
        self._again_us: dict[str, int] = {}
        self._behind: dict[str, int] = {}
        found = memory.get(NAME) or {}
        self._told: dict[str, int] = dict(found.get("told", {}))
        self._refused: dict[str, dict[str, Any]] = dict(found.get("refused", {}))
        self.refused = self._lines()

    def follow(self, named: Mapping[str, int]) -> None:
        """Fetch what the district's answer names as newer. Raises JournalError where a row about it
        cannot be written; then the next answer does it again."""
        if self._lists is None:
            return
        for name, held in sorted(self._lists.held().items()):
            self._tell_late(name, held)
            version = named.get(name)
            if version is None or self._is_known(name, version, held):
                continue
            if self._mono_us() < self._again_us.get(name, 0):
                continue
            self._beat()
            try:
                self._fetch(name, version, held)
            except (Unreachable, OSError) as error:
                log.warning("list %s %d was not taken, again later: %s", name, version, error)
                self._again_us[name] = self._mono_us() + int(AGAIN_S * 1_000_000)
                return

    def _is_known(self, name: str, version: int, held: int | None) -> bool:
        if held is not None and version < held and self._behind.get(name) != version:
            self._behind[name] = version
            log.warning(
                "the district names list %s %d, this gate holds %d: push it with --version %d or more",
                *(name, version, held, held + 1),
            )
        refused = self._refused.get(name, {}).get("version")
        return (held is not None and version <= held) or version == refused

    def _fetch(self, name: str, version: int, held: int | None) -> None:
        assert self._lists is not None
        response = self._transport.get(f"/lists/{name}?after={held or 0}")
        if response.status in (204, 404):
            raise Unreachable("the district names a list it does not give", code="no_answer")
        if response.status != 200:
            raise failure(response)
        try:
            version, content, digest = _read(response, name)
        except (ValueError, RecursionError, KeyError, TypeError) as error:
            raise Unreachable("what answered is no list of the district", code="no_answer") from error
        if self._is_known(name, version, held):
            raise Unreachable("what came is not the list that was named", code="no_answer")
        try:
            facts = self._lists.take(name, version, content)
        except ConfigError as error:
            self._refuse(name, version, error.faults[0])
            return
        self._received(name, version, {"sha256": digest, **facts})

    def _received(self, name: str, version: int, facts: Mapping[str, Any]) -> None:
        self._append(RECEIVED, {"name": name, "version": version, **facts})
        self._told[name] = version
        self._refused.pop(name, None)
        self._save()
        log.info("list %s %d is in force", name, version)

    def _refuse(self, name: str, version: int, why: str) -> None:
        why = why[:LONGEST_WHY]
        self._append(REFUSED, {"name": name, "version": version, "why": why})
        self._refused[name] = {"version": version, "why": why}
        self._save()
        log.error("list %s %d of the district was refused, the old one stays: %s", name, version, why)

    def _tell_late(self, name: str, held: int | None) -> None:
        """The power may go between the file and its row; and a file may have been brought by hand."""
        assert self._lists is not None
        if held is not None and self._told.get(name) != held:
            self._received(name, held, self._lists.facts(name))

    def _save(self) -> None:
        self._memory.put(NAME, {"told": self._told, "refused": self._refused})
        self.refused = self._lines()

    def _lines(self) -> tuple[str, ...]:
        return tuple(
            f"{name} {said['version']}: {said['why']}" for name, said in sorted(self._refused.items())
        )


def _read(response: Response, name: str) -> tuple[int, str, str]:
    """Return version, content and its SHA-256; ValueError unless they fit each other."""
    found = json.loads(response.body)
    version, content, digest = found["version"], found["content"], found["sha256"]
    if (
        found["name"] != name
        or type(version) is not int
        or not 0 < version < 2**53
        or not isinstance(content, str)
    ):
        raise ValueError("another list")
    if hashlib.sha256(content.encode()).hexdigest() != digest:
        raise ValueError("the content is not what was announced")
    return version, content, digest
