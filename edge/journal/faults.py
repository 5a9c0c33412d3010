"""What goes wrong with the journal, said in Chinese and English. Raises nothing by itself."""

import sqlite3

from edge.domain.errors import JournalError


class JournalFull(JournalError):
    """There is no space left where the journal stands."""


class SealBroken(JournalError):
    """The sealed part of a row is not what was written; the rest of the journal may well be."""


def journal_error(zh: str, en: str) -> JournalError:
    """Return the error with both languages in one line."""
    return JournalError(f"{zh} / {en}")


def from_os(error: sqlite3.Error | OSError) -> JournalError:
    """Return the JournalError that an error of SQLite or the system amounts to."""
    name = getattr(error, "sqlite_errorname", None)
    detail = f"{error} ({name})" if name else str(error)
    if name == "SQLITE_FULL":
        return JournalFull(
            f"存储空间已满，无法记账，请手工登记 / no space left for the journal, write by hand: {detail}"
        )
    return journal_error(
        f"记账失败，请手工登记: {detail}", f"the journal cannot be read or written, write by hand: {detail}"
    )


def is_corrupt(error: sqlite3.Error) -> bool:
    """Return whether SQLite says that the file itself is damaged."""
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))
