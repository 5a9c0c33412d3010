"""Every sentence for people, in both languages, and which of them to show.

`GATEPOST_LANG` picks one; without it both stand side by side, because who reads a fault at a gate
is rarely who set the machine's language. Must not print or log anything itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass

LANGUAGES = ("zh_Hans", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in English and in Chinese."""

    en: str
    zh: str

    def say(self, language: str | None) -> str:
        """Return the sentence in `language`, or in both where it is None."""
        if language == "en":
            return self.en
        if language == "zh_Hans":
            return self.zh
        return self.en if self.en == self.zh else f"{self.en} / {self.zh}"

    def as_dict(self) -> dict[str, str]:
        """Return the sentence as pages and `--json` carry it."""
        return {"zh_Hans": self.zh, "en": self.en}

    def __add__(self, other: "Text") -> "Text":
        return Text(self.en + other.en, self.zh + other.zh)


def language(environ: Mapping[str, str]) -> str | None:
    """Return the language `GATEPOST_LANG` names, None for both."""
    named = environ.get("GATEPOST_LANG", "")
    return named if named in LANGUAGES else None
