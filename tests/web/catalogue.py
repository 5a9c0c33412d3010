"""The translation catalogues, compiled into place where set-up has not done it."""

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from edge.web.app import TRANSLATIONS


def compile_catalogues() -> None:
    """Compile every catalogue that is missing or older than its source."""
    for source in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file)
        unfinished = target.with_suffix(".mo.new")
        with unfinished.open("wb") as out:
            write_mo(out, catalogue)
        unfinished.replace(target)
