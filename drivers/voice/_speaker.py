"""One loudspeaker with prompts and announcements: prompts first, announcements when nobody is spoken to.

A prompt cuts an announcement short at once; the sentence it fell into is said again afterwards. Plays
nothing itself: a `Player` does. Must not raise anything but DeviceUnavailable, and never speaks longer in
`say` than the prompt lasts.
"""

import contextlib
import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Protocol

from drivers.voice._options import SpeechOptions
from drivers.voice._prompts import PROMPTS
from drivers.voice._schedule import LATE, Announcement, Book, Plan, quiet_hours, zone
from drivers.voice._waves import Prompts, Wave
from edge.domain.errors import DeviceUnavailable
from edge.domain.ports import ALARMS, SAY

log = logging.getLogger(__name__)

_HAN = re.compile(r"[\u3400-\u9fff]")
_END = re.compile(r"(?<=[。！？；!?;\n])|(?<=\.)\s")  # a sentence, so that little is said twice
_COMMA = re.compile(r"(?<=[，、])|(?<=,)\s")
_LONG = 60


class Player(Protocol):
    """What makes a wave file heard."""

    def check(self) -> None:
        """Raise DeviceUnavailable when nothing could be heard."""

    def play(self, item: Wave, stop: threading.Event) -> float | None:
        """Play a file to its end and return None; when `stop` is set, return within a moment how many
        seconds were heard. Raises DeviceUnavailable."""


class Speaker:
    """An open loudspeaker. Any thread may speak or close; one at a time is heard."""

    def __init__(
        self,
        player: Player,
        prompts: Prompts,
        options: SpeechOptions,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        tick_s: float = 2.0,
    ) -> None:
        self._player = player
        self._prompts = prompts
        self._options = options
        self._now = now
        self._tick_s = tick_s
        self._zone = zone(options.timezone)
        self._quiet = quiet_hours(options.quiet)
        self._turn = threading.Condition()
        self._busy = False
        self._wanting = 0
        self._cut = threading.Event()
        self._closed = threading.Event()
        self._failure: DeviceUnavailable | None = None
        self._book = Book(options.announcements)
        self._plan = Plan(self._zone, now())
        self._thread = threading.Thread(target=self._announce_all, name="voice-announcements", daemon=True)
        if self._book:
            self._thread.start()

    def say(self, prompt: str, values: Mapping[str, str]) -> None:
        """Play the prompt; returns when it was played. Numbers in `values` (`temperature`, `minutes`,
        `ticket`) are spoken where the prompt has words for them. `SAY` speaks the sentence in `values` by
        language, nothing without a synthesiser. Raises DeviceUnavailable."""
        if prompt == SAY:
            self._tell(values)
            return
        if prompt not in PROMPTS:
            log.error("there is no prompt %s", prompt)
            return
        self._open()
        volume = self._options.volume if prompt in ALARMS else self._volume()
        with self._prompts.waves(prompt, values, volume) as waves, self._first():
            for item in waves:
                self._open()
                self._player.play(item, self._closed)
        self._open()

    def _tell(self, sentences: Mapping[str, str]) -> None:
        """Speak a sentence in those of the wanted languages that it was written in."""
        self._open()
        with contextlib.ExitStack() as lent:
            found = [
                lent.enter_context(self._prompts.notice(sentences[language], language, self._volume()))
                for language in self._options.languages
                if language in sentences
            ]
            with self._first():
                for item in found:
                    self._open()
                    if item is not None:
                        self._player.play(item, self._closed)
        self._open()

    def _volume(self) -> int:
        return self._options.quietest if self._is_quiet() else self._options.volume

    def check(self) -> None:
        """Raise DeviceUnavailable when nothing could be heard, or an announcement was not."""
        self._open()
        if self._failure is not None:
            raise self._failure
        if self._book and not self._thread.is_alive():
            raise DeviceUnavailable("the announcements have ended by an error; the log says which", "ended")
        self._player.check()

    def close(self) -> None:
        """Fall silent and give the files back. Idempotent."""
        with self._turn:
            self._closed.set()
            self._cut.set()
            self._turn.notify_all()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(1.0)
        self._prompts.close()

    def _open(self) -> None:
        if self._closed.is_set():
            raise DeviceUnavailable("the loudspeaker was closed", code="ended")

    def _is_quiet(self) -> bool:
        local = self._now().astimezone(self._zone)
        return self._quiet is not None and self._quiet.contains(local.time())

    @contextlib.contextmanager
    def _first(self) -> Iterator[None]:
        """Have the loudspeaker for a prompt; an announcement makes room."""
        with self._turn:
            self._wanting += 1
            self._cut.set()
            self._turn.wait_for(lambda: not self._busy)
            self._busy = True
        try:
            yield
        finally:
            with self._turn:
                self._busy = False
                self._wanting -= 1
                if not self._wanting and not self._closed.is_set():
                    self._cut.clear()
                self._turn.notify_all()

    @contextlib.contextmanager
    def _after_others(self) -> Iterator[None]:
        """Have the loudspeaker for an announcement, once nobody is spoken to."""
        with self._turn:
            self._turn.wait_for(lambda: self._closed.is_set() or not (self._busy or self._wanting))
            self._open()
            self._busy = True
        try:
            yield
        finally:
            with self._turn:
                self._busy = False
                self._turn.notify_all()

    def _announce_all(self) -> None:
        """The announcements' own thread."""
        while not self._closed.wait(self._tick_s):
            for due, entry in self._plan.collect(self._book.entries(), self._now()):
                try:
                    self._announce(due, entry)
                except DeviceUnavailable as error:
                    if self._closed.is_set():
                        return
                    log.warning("the announcement of %s was not said: %s", f"{entry.at:%H:%M}", error)

    def _announce(self, due: datetime, entry: Announcement) -> None:
        if self._is_quiet():
            log.warning("the announcement of %s falls into the quiet hours", f"{entry.at:%H:%M}")
            return
        if entry.sound is not None:
            heard_s: float | None = 0.0
            while heard_s is not None and self._is_timely(due, entry):
                with self._prompts.sound(entry.sound, self._options.volume, heard_s) as item:
                    more_s = self._heard(item)
                heard_s = None if more_s is None else heard_s + more_s
            return
        for language in fitting(entry.text, self._options.languages):
            for piece in pieces(entry.text):
                with self._prompts.notice(piece, language, self._options.volume) as spoken:
                    cut = spoken is not None
                    while spoken is not None and cut:
                        if not self._is_timely(due, entry):
                            return
                        cut = self._heard(spoken) is not None

    def _is_timely(self, due: datetime, entry: Announcement) -> bool:
        """Say whether it may still be said, and that it is given up where it may not."""
        if self._now() - due < LATE:
            return True
        log.warning("the announcement of %s was given up: the gate was never quiet", f"{entry.at:%H:%M}")
        return False

    def _heard(self, item: Wave) -> float | None:
        """Play a piece of an announcement; what the device meets is told by the next `check`."""
        with self._after_others():
            try:
                return self._player.play(item, self._cut)
            except DeviceUnavailable as error:
                self._failure = error
                raise


def pieces(text: str) -> list[str]:
    """Return a notice sentence by sentence; long ones are parted at their commas."""
    found: list[str] = []
    for part in _END.split(text):
        clauses = _COMMA.split(part) if len(part) > _LONG else [part]
        found += [clause.strip() for clause in clauses if re.search(r"\w", clause)]
    return found


def fitting(text: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """Return the languages a notice can be said in: its script decides, the configuration orders."""
    if not _HAN.search(text):
        return ("en",)
    return tuple(language for language in languages if language != "en") or ("zh_Hans",)
