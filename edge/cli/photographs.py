"""`gatepost people photographs`: photographs for people of the register, from a folder or a zip file.

Each file is named after whoever is on it: the number of the entry, an ID number, a phone or a pass. Looks at
one file after another; nothing of them is kept but the small picture, sealed.
"""

import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.cli.opening import Place, find_store, journal_faults, store_options

if TYPE_CHECKING:
    from edge.journal import Journal

FAULTS = 1
_SHOWN = 20
_KINDS = (".jpg", ".jpeg", ".png")
_BY = "console"
_MOST_NUMBER = 8  # digits of the number of an entry; a phone or a document has more
_COUNTS = {"kept": "录入", "unchanged": "未变", "rejected": "拒绝"}
# Each a name, its content, read when it is wanted, and no more of it than may be.
Files = Iterator[tuple[str, Callable[[], bytes]]]


@click.command("photographs")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option("--apply", "applied", is_flag=True, help="Take them in; without this nothing is changed.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@store_options
def photographs(path: Path, applied: bool, as_json: bool, store: Path | None, config: Path | None) -> None:
    """Look at the pictures of PATH (a folder or a zip file of JPEG and PNG files, each named after a person:
    entry number, ID number, phone or pass) and say which fit whom. Nothing is changed without --apply.
    Exit code 1 where files are rejected."""
    place = find_store(store, config)
    with journal_faults():
        found = _taken(place, path, applied=applied)
    _say(found, applied=applied, as_json=as_json)
    sys.exit(FAULTS if found.rejected else 0)


class _Found:
    """How many were taken in or had been, and which files cannot be used and why."""

    def __init__(self) -> None:
        self.kept = self.unchanged = 0
        self.rejected: list[tuple[str, str]] = []

    @property
    def counts(self) -> dict[str, int]:
        return {"kept": self.kept, "unchanged": self.unchanged, "rejected": len(self.rejected)}


def _taken(place: Place, path: Path, *, applied: bool) -> _Found:
    from edge.domain.errors import FormError
    from edge.journal import Journal
    from edge.registers.book import Order
    from edge.registers.photographs import Darkroom, Photographs

    found = _Found()
    with (
        Journal.open(place.folder, master=place.outside_key, create=False) as journal,
        Darkroom() as darkroom,
    ):
        kept = Photographs(journal, place.now)
        for name, read in _files(path):
            try:
                number = _whose(journal, Path(name).stem)
                jpeg = darkroom.small(read())
                if kept.of("people", number) == jpeg:
                    found.unchanged += 1
                    continue
                if applied:
                    kept.keep(Order("", _BY), "people", number, jpeg)
                found.kept += 1
            except FormError as error:
                found.rejected.append((name, error.code))
            _progress(found)
    return found


def _whose(journal: "Journal", stem: str) -> int:
    """Return the number of the one open entry that a file is named after. Raises FormError."""
    from edge.domain.asking import told_by_digits
    from edge.domain.errors import FormError

    stem = stem.strip()
    with closing(journal.reader()) as reader:
        if stem.isascii() and stem.isdigit() and len(stem) <= _MOST_NUMBER:
            entry = reader.entry("people", int(stem))
            entries = [entry] if entry is not None and entry.open else []
        else:
            ((name, value),) = told_by_digits(stem).items()
            token = journal.token(name, value) if name in ("id_number", "phone", "pass_id") else None
            entries = reader.entries_by(token, ("people",)) if token is not None else []
    if len(entries) != 1:
        raise FormError("photograph_of_several" if entries else "photograph_of_nobody")
    return entries[0].number


def _files(path: Path) -> Files:
    from edge.registers.photographs import MOST_BYTES

    if path.is_dir():
        for file in sorted(path.iterdir()):
            if file.suffix.lower() in _KINDS and file.is_file() and not file.is_symlink():
                yield file.name, lambda file=file: _read(file, MOST_BYTES)  # type: ignore[misc]
        return
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise click.UsageError(f"{path}: no folder and no zip file / 既不是文件夹也不是 zip 文件") from error
    with archive:
        for member in archive.infolist():
            name = Path(member.filename)
            if not member.is_dir() and name.suffix.lower() in _KINDS:
                yield name.name, lambda member=member: _unpacked(archive, member, MOST_BYTES)  # type: ignore[misc]


def _read(file: Path, most: int) -> bytes:
    from edge.registers.photographs import refused

    try:
        with file.open("rb") as source:
            return source.read(most + 1)
    except OSError as error:
        raise refused("broken") from error


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    """Return a member of an archive; what it says of its own size is not believed."""
    from edge.registers.photographs import refused

    try:
        with archive.open(member) as source:
            return source.read(most + 1)
    except (OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile, ValueError, EOFError) as error:
        raise refused("broken") from error


def _progress(found: _Found) -> None:
    done = sum(found.counts.values())
    if done % 100 == 0:
        sys.stderr.write(f"{done}\n")
        sys.stderr.flush()


def _say(found: _Found, *, applied: bool, as_json: bool) -> None:
    if as_json:
        rejected = [{"file": name, "why": why} for name, why in found.rejected]
        click.echo(json.dumps({**found.counts, "rejected_files": rejected}, ensure_ascii=False))
        return
    from edge.web.words import both

    click.echo("  ".join(f"{zh} {name}: {found.counts[name]}" for name, zh in _COUNTS.items()))
    for name, why in found.rejected[:_SHOWN]:
        said = both("error", why)
        click.echo(f"{name}: {said['zh_Hans']} / {said['en']}")
    if not applied:
        click.echo("尚未改动任何内容，加 --apply 录入 / nothing is changed yet; --apply takes them in")
