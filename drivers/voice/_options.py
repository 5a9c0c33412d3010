"""What every loudspeaker takes: languages, loudness, quiet hours, announcements."""

from dataclasses import dataclass
from typing import Literal

from drivers.options import both, option
from drivers.voice._schedule import Book, quiet_hours, zone


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechOptions:
    """What is said, when, and how loud."""

    languages: tuple[Literal["zh_Hans", "yue", "en"], ...] = option(
        ("zh_Hans",), "languages of the sentences, in the order played: Mandarin, Cantonese, English"
    )
    volume: int = option(100, "loudness in percent of what the files hold", least=1, most=100)
    quiet: str = option("", 'quiet hours, "22:00-07:00": no announcements, prompts softer; empty: none')
    quiet_volume: int = option(
        30, "loudness of prompts in quiet hours; alarms keep theirs", least=1, most=100
    )
    announcements: tuple[str, ...] = option(
        (), 'said daily: "HH:MM text", "HH:MM file.wav", or the path of a file with a line for each'
    )
    timezone: str = option(
        "", "time zone of quiet hours and announcements; left out: the gate's own; \"\": the computer's"
    )
    speed: int = option(155, "words a minute of the synthesiser", least=80, most=300)
    cache: str = option("", "folder of rendered prompts; empty: the usual cache folder")
    recordings: str = option("", "folder of your own <language>/<prompt>.wav")

    def __post_init__(self) -> None:
        """Raise ValueError for what no field can tell alone."""
        if not self.languages or len(set(self.languages)) != len(self.languages):
            raise ValueError(
                "languages: " + both("give at least one, and none twice", "至少写一种语言，不要重复")
            )
        for name, check in (("quiet", quiet_hours), ("timezone", zone), ("announcements", Book)):
            try:
                check(getattr(self, name))
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from error

    @property
    def quietest(self) -> int:
        """How loud a prompt is in quiet hours; never louder than outside of them."""
        return min(self.volume, self.quiet_volume)

    @property
    def volumes(self) -> tuple[int, ...]:
        """The loudnesses prompts are wanted in."""
        return tuple(dict.fromkeys((self.volume, self.quietest if self.quiet else self.volume)))
