"""Fetches the lists the district names with a newer version than the gate holds, and says what came of it.

Whether a list may be believed is not known here: whoever keeps it takes it or refuses it. Rows go
first: a list that does not come is asked for again later and never makes the district count as lost.

What is newer goes by the version alone, and the district's only ever rises. One that lost its store and
names less than the gate holds is told so; whatever it pushes next under a higher version is taken.
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
AGAIN_S = 300.0  # after one that did not come, or could not be written; doubled each time
LONGEST_S = 6 * 3600.0
ENOUGH_S = 2.0  # what took longer on its way was enough for once: rows wait meanwhile
LONGEST_WHY = 300

# Why a list is not in force: refused for what is in it, not come, not written, lower than what is held.
BAD, LATE, UNWRITTEN, BEHIND = "refused", "late", "unwritten", "behind"
_WORDS = {
    LATE: "has not come / 没有收到: ",
    UNWRITTEN: "cannot be put in force now / 暂时不能启用: ",
    BEHIND: "",
    BAD: "",
}

log = logging.getLogger(__name__)


class ListLane:
    """Owned by the uplink's thread. `refused`, which anybody may read, has a line for each list of the
    district that this gate does not have in force, with the reason."""

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
        self._line_us = 0  # until when the line to the district is spared
        self._again: dict[str, tuple[int, int]] = {}  # the version that failed, and until when it rests
        self._failures: dict[str, int] = {}
        self._bad: dict[str, int] = {}  # versions refused since the start; a start tries them once more
        found = memory.get(NAME) or {}
        self._told: dict[str, int] = dict(found.get("told", {}))
        self._refused: dict[str, dict[str, Any]] = dict(found.get("refused", {}))
        # What the newest row about a list says, where that was no good word: it needs no other that says so.
        self._written: dict[str, list[Any]] = dict(found.get("written", {}))
        self.refused = self._lines()

    def follow(self, named: Mapping[str, int]) -> None:
        """Fetch what the district's answer names as newer. Raises JournalError where a row about it
        cannot be written; then the next answer does it again."""
        if self._lists is None:
            return
        held_now = self._lists.held()
        for name, held in held_now.items():
            self._settle(name, named.get(name), held)
        began_us = self._mono_us()
        # Who failed least comes first: one that never comes must not keep the others out.
        for name in sorted(held_now, key=lambda name: (self._failures.get(name, 0), name)):
            now_us = self._mono_us()
            if now_us < self._line_us or now_us - began_us > ENOUGH_S * 1_000_000:
                return
            version, held = named.get(name), held_now[name]
            if version is not None and self._is_wanted(name, version, held):
                self._beat()
                self._try(name, version, held)

    def _is_wanted(self, name: str, version: int, held: int | None) -> bool:
        if (held is not None and version <= held) or version == self._bad.get(name):
            return False
        failed, until_us = self._again.get(name, (version, 0))
        return failed != version or self._mono_us() >= until_us

    def _try(self, name: str, version: int, held: int | None) -> None:
        try:
            self._fetch(name, version, held)
        except Unreachable as error:
            self._pause(name, version)
            spared_s = max(AGAIN_S, error.retry_after_s or 0.0)
            self._line_us = self._mono_us() + int(spared_s * 1_000_000)
            # One miss is weather; the page shows it at once, the journal has the second.
            self._fault(name, version, LATE, str(error), row=self._failures[name] > 1)
        except OSError as error:
            # A full card or a wrong clock is the gate's own, put right by somebody who then waits for it.
            self._again[name] = (version, self._mono_us() + int(AGAIN_S * 1_000_000))
            self._fault(name, version, UNWRITTEN, str(error))

    def _pause(self, name: str, version: int) -> None:
        failed, _ = self._again.get(name, (version, 0))
        failures = self._failures[name] = self._failures.get(name, 0) + 1 if failed == version else 1
        seconds = min(AGAIN_S * 2.0 ** min(failures - 1, 30), LONGEST_S)
        self._again[name] = (version, self._mono_us() + int(seconds * 1_000_000))

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
        if (held is not None and version <= held) or version == self._bad.get(name):
            raise Unreachable("what came is not the list that was named", code="no_answer")
        try:
            facts = self._lists.take(name, version, content)
        except ConfigError as error:
            self._fault(name, version, BAD, error.faults[0])
            self._bad[name] = version
            return
        self._received(name, version, {"sha256": digest, **facts})

    def _received(self, name: str, version: int, facts: Mapping[str, Any]) -> None:
        self._append(RECEIVED, {"name": name, "version": version, **facts})
        self._told[name] = version
        self._written.pop(name, None)
        self._forget(name)
        self._save()
        log.info("list %s %d is in force", name, version)

    def _settle(self, name: str, version: int | None, held: int | None) -> None:
        """Tell what has become of a list without anything being fetched."""
        assert self._lists is not None
        known = self._refused.get(name)
        if held is not None and self._told.get(name) != held:
            # The power may go between the file and its row; and a file may have been brought by hand.
            self._received(name, held, self._lists.facts(name))
        elif version is not None and held is not None and version < held:
            least = f"push it with --version {held + 1} or more / 请用 --version {held + 1} 重新下发"
            self._fault(name, version, BEHIND, f"this gate holds version {held}: {least}")
        elif known is not None and version is not None and version == held:
            # Its own again: the row ends the alarm at the district.
            self._received(name, version, self._lists.facts(name))
        elif known is not None and version is None:
            self._forget(name)
            self._save()

    def _forget(self, name: str) -> None:
        self._refused.pop(name, None)
        self._failures.pop(name, None)
        self._again.pop(name, None)
        self._bad.pop(name, None)

    def _fault(self, name: str, version: int, kind: str, why: str, *, row: bool = True) -> None:
        """Show why a list is not in force, and write the row once: for a version and a kind of reason, of
        a refusal for every other reason."""
        why = (_WORDS[kind] + why)[:LONGEST_WHY]
        known = self._refused.get(name, {})
        same = known.get("version") == version and known.get("kind", BAD) == kind
        same = same and (kind != BAD or known.get("why") == why)
        # A refusal of an earlier release was always written down.
        written = same and known.get("row", True)
        if written or (same and not row):
            return
        if row and self._written.get(name) != [version, why]:
            self._append(REFUSED, {"name": name, "version": version, "why": why})
            self._written[name] = [version, why]
        self._refused[name] = {"version": version, "why": why, "kind": kind, "row": row}
        self._save()
        log.log(
            logging.ERROR if kind == BAD else logging.WARNING,
            *("list %s %d of the district is not in force here: %s", name, version, why),
        )

    def _save(self) -> None:
        self._memory.put(NAME, {"told": self._told, "refused": self._refused, "written": self._written})
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
