"""Renders the prompts ahead of time: `python -m drivers.voice._render --languages zh_Hans,yue,en`.

For the installer, so that the first person at the gate waits for no synthesiser. Run it as the service's
user, with CACHE_DIRECTORY as the service has it or with --cache. Also asks the synthesiser for the sounds
of every Chinese sentence: a voice that falls back to English is said, and ends with 1.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from drivers.voice._prompts import LANGUAGES, PROMPTS, Language, sentence
from drivers.voice._waves import SPEAKERS, Prompts
from edge.domain.errors import DeviceUnavailable

ENGLISH = "(en)"
_NUMBERS = {"temperature": "37.5", "minutes": "10", "ticket": "102"}
_ASK_S = 10.0


def phonemes(text: str, language: str) -> str:
    """Return what espeak-ng makes of a text, in its own letters. Raises OSError, SubprocessError."""
    command = ["espeak-ng", "-b", "1", "-v", SPEAKERS[language], "-q", "-x", "--stdin"]
    done = subprocess.run(command, input=text.encode(), check=True, timeout=_ASK_S, capture_output=True)
    return done.stdout.decode(errors="replace")


def wrong(languages: Sequence[str]) -> list[str]:
    """Return the sentences that the synthesiser would begin to read in English."""
    found = []
    for language in languages:
        for prompt in PROMPTS:
            for values in ({}, _NUMBERS):
                text = sentence(prompt, language, values)
                if language != "en" and ENGLISH in phonemes(text, language):
                    found.append(f"{prompt} {language}: {text}")
    return found


def render(languages: Sequence[str], cache: str, speed: int, volumes: Sequence[int]) -> tuple[int, str]:
    """Render every prompt with fixed words, whichever language comes first; return how many files
    there are and in which folder. Raises DeviceUnavailable."""
    files: set[Path] = set()
    folder = ""
    for first in languages:  # the first language has the tone before it
        prompts = Prompts((first, *(other for other in languages if other != first)), cache, "", speed)
        files |= prompts.prepare(volumes)
        folder = str(prompts.folder)
        prompts.close()
    return len(files), folder


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, 1 where a voice is wrong, 4 where nothing could be rendered."""
    parser = argparse.ArgumentParser(prog="python -m drivers.voice._render", description=__doc__)
    parser.add_argument("--languages", default=",".join(LANGUAGES), help="comma-separated; all by default")
    parser.add_argument("--cache", default="", help="folder; by default the one the drivers use")
    parser.add_argument("--speed", type=int, default=155, help="words a minute")
    parser.add_argument("--volume", type=int, action="append", help="percent; may be given again")
    given = parser.parse_args(arguments)
    languages = given.languages.split(",")
    unknown = [language for language in languages if language not in get_args(Language)]
    if unknown:
        parser.error(f"no such language: {', '.join(unknown)} (there are {', '.join(LANGUAGES)})")
    try:
        files, folder = render(languages, given.cache, given.speed, given.volume or [100])
        faults = wrong(languages)
    except (DeviceUnavailable, OSError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"cannot render prompts: {error}\n")
        return 4
    sys.stdout.write(f"{files} prompts in {folder}\n")
    for fault in faults:
        sys.stderr.write(f"the synthesiser reads this in English: {fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
