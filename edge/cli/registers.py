"""`gatepost people|vehicles|households|watch|regions import`: a file of an office into a register.

A preview first. Writes the journal beside a gate that runs: small transactions, each waiting for the gate's.
The file is read and kept nowhere.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge.cli.opening import Place, find_store, journal_faults, store_options
from edge.cli.photographs import photographs

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.journal import Journal
    from edge.registers.kinds import Kind
    from edge.registers.planning import Preview
    from edge.registers.said import Layout, Said
    from edge.registers.tables import Table

FAULTS, USAGE = 1, 2
_SHOWN = 20
_BY = "console"
_LONGEST_PAUSE_S = 0.05


def _import_command(register: str) -> click.Group:
    @click.group(name=register, help=f"The register: {register}.")
    def group() -> None:
        pass

    @group.command("import")
    @click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=False)
    @click.option("--apply", "applied", is_flag=True, help="Enter it; without this nothing is changed.")
    @click.option("--undo", type=click.IntRange(1), help="Take the whole import of this number back.")
    @click.option("--columns", help="Which column is what, from 0: 0=name,3=phone. Else by the heads.")
    @click.option(
        "--rejects", type=click.Path(path_type=Path, dir_okay=False), help="Write the rejected lines there."
    )
    @click.option(
        "--round", "round_", type=click.IntRange(1), help="Every line was covered in this census round."
    )
    @click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
    @store_options
    def import_(  # noqa: PLR0917 - one parameter for each option
        file: Path | None,
        applied: bool,
        undo: int | None,
        columns: str | None,
        rejects: Path | None,
        round_: int | None,
        as_json: bool,
        store: Path | None,
        config: Path | None,
    ) -> None:
        """Preview FILE (csv or xlsx): how many lines are new, change something, are known, doubled or
        rejected, and why. Nothing is changed without --apply. An import that was broken off goes on where
        it was when the same file is applied again. Exit code 1 where lines are rejected."""
        if (file is None) == (undo is None):
            raise click.UsageError("name either a FILE or --undo NUMBER / 请给出文件或 --undo 编号")
        run = _Run(register, find_store(store, config), as_json)
        if undo is not None:
            run.undo(undo)
        elif file is not None:
            run.take(file, columns, rejects, round_ or 0, applied=applied)

    return group


class _Run:
    """One call of the command."""

    def __init__(self, register: str, place: Place, as_json: bool) -> None:
        from edge.registers.all_kinds import KINDS

        self.kind: Kind = KINDS[register]
        self.place, self.as_json = place, as_json

    def take(
        self, file: Path, columns: str | None, rejects: Path | None, round_: int, *, applied: bool
    ) -> None:
        """Preview a file, and enter it where that is asked for."""
        from edge.registers.importing import print_of
        from edge.registers.planning import preview
        from edge.registers.said import Said, layout_of
        from edge.registers.tables import read_table
        from edge.registers.unreadable import Unreadable
        from edge.web.words import both

        links: dict[str, Any] = {"rounds": [round_]} if round_ else {}
        try:
            content = file.read_bytes()
            table = read_table(content, self.kind)
            layout = layout_of(table, self.kind, _columns(columns, self.kind))
            if not layout.columns:
                raise Unreadable("no_heads")
        except Unreadable as error:
            said = both("import_file", error.code)
            click.echo(f"{file}: {said['zh_Hans']} / {said['en']}", err=True)
            sys.exit(FAULTS)
        print_ = print_of(content)
        del content
        lines = Said(table, self.kind, layout, self._zone())
        with journal_faults(), self._journal() as journal:
            for found in preview(lines, self.kind, journal, links=links):
                self._progress("preview", sum(found.counts.values()), table.size)
            if rejects is not None:
                self._write_rejects(rejects, table, layout, found)
            told = self._told(layout, found)
            if applied:
                told |= self._apply(journal, lines, file.name, print_, links)
        self._say(told, found, applied=applied)
        sys.exit(FAULTS if found.counts["rejected"] else 0)

    def undo(self, number: int) -> None:
        """Take an import back."""
        from edge.domain.errors import FormError
        from edge.registers.book import Order
        from edge.registers.importing import Importer
        from edge.web.words import both

        count = 0
        with journal_faults(), self._journal() as journal:
            try:
                for count in Importer(journal, self.place.now, self._zone(), _yielding(journal)).undo(
                    Order("", _BY), number
                ):
                    self._progress("undo", count, None)
            except FormError as error:
                said = both("error", error.code)
                click.echo(f"{said['zh_Hans']} / {said['en']}", err=True)
                sys.exit(USAGE)
        click.echo(
            json.dumps({"import": number, "undone": count})
            if self.as_json
            else f"导入 {number} 已撤销，{count} 条 / import {number} undone, {count} entries"
        )

    def _apply(
        self, journal: "Journal", said: "Said", name: str, print_: str, links: dict[str, Any]
    ) -> dict[str, Any]:
        from edge.registers.book import Order
        from edge.registers.importing import Importer, Progress

        importer = Importer(journal, self.place.now, self._zone(), _yielding(journal))
        begun = importer.begin(Order("", _BY), self.kind, said.table, name, print_)
        done = Progress(begun.number, begun.line, begun.lines)
        if begun.line:
            click.echo(f"从第 {begun.line} 行之后继续 / goes on behind line {begun.line}", err=True)
        for done in importer.apply(begun, _BY, said, links=links):
            self._progress("apply", done.line, done.lines)
        return {"import": done.number, "entered": done.entered, "amended": done.amended}

    def _journal(self) -> "Journal":
        from edge.journal import Journal

        return Journal.open(self.place.folder, master=self.place.outside_key, create=False)

    def _zone(self) -> Any:
        from zoneinfo import ZoneInfo

        return ZoneInfo(self.place.timezone)

    def _progress(self, what: str, line: int, lines: int | None) -> None:
        of = "" if lines is None else f"/{lines}"
        end = "\r" if sys.stderr.isatty() else "\n"
        if end == "\r" or line == lines or line % 1000 < 30:
            sys.stderr.write(f"{what} {line}{of}{end}")
            sys.stderr.flush()

    def _write_rejects(self, to: Path, table: "Table", layout: "Layout", found: "Preview") -> None:
        from edge.registers.rejects import rejects_csv
        from edge.web.import_told import faults_both

        to.touch(mode=0o600)
        to.write_bytes(rejects_csv(table, layout, found.rejected, faults_both))

    def _told(self, layout: "Layout", found: "Preview") -> dict[str, Any]:
        from edge.web.import_told import faults_text

        return {
            "register": self.kind.register,
            **found.counts,
            "columns": {str(place): name for place, name in layout.columns.items()},
            "rejects": [
                {
                    "line": line,
                    "faults": [list(fault) for fault in faults],
                    "zh_Hans": faults_text(faults, "zh_Hans"),
                    "en": faults_text(faults, "en"),
                }
                for line, faults in found.rejected
            ],
            "doubles": [{"line": line, "of": first} for line, first in found.doubled],
            "changes": [
                {"line": line, "entry": entry, "fields": list(names)} for line, entry, names in found.changed
            ],
        }

    def _say(self, told: dict[str, Any], found: "Preview", *, applied: bool) -> None:
        if self.as_json:
            click.echo(json.dumps(told, ensure_ascii=False))
            return
        from edge.web.words import WORDS, say

        heads = ", ".join(
            f"{place}={say('roster_field', name, 'zh_Hans')}({name})"
            for place, name in told["columns"].items()
        )
        click.echo(f"列 columns: {heads}")
        click.echo(
            "  ".join(f"{word.zh} {name}: {told[name]}" for name, word in WORDS["import_count"].items())
        )
        for line, entry, names in found.changed[:_SHOWN]:
            fields = "、".join(say("roster_field", name, "zh_Hans") for name in names)
            click.echo(f"第 {line} 行 line {line}: {entry}: {fields} ({', '.join(names)})")
        for one in told["rejects"][:_SHOWN]:
            click.echo(f"第 {one['line']} 行 line {one['line']}: {one['zh_Hans']} / {one['en']}")
        if applied:
            click.echo(
                f"导入 {told['import']}：新增 {told['entered']}，变更 {told['amended']}"
                f" / import {told['import']}: {told['entered']} entered, {told['amended']} changed"
            )
        else:
            click.echo("尚未改动任何内容，加 --apply 导入 / nothing is changed yet; --apply enters it")


def _columns(text: str | None, kind: "Kind") -> dict[int, str] | None:
    if text is None:
        return None
    found: dict[int, str] = {}
    for part in text.split(","):
        place, _, name = part.partition("=")
        if not place.strip().isdigit() or name.strip() not in kind.names:
            raise click.UsageError(f"--columns: {part}; fields: {', '.join(kind.names)}")
        found[int(place)] = name.strip()
    return found


def _yielding(journal: "Journal") -> "Callable[[], bool]":
    """Return the pause between transactions: beside a gate at work as long as the work before it. Processes
    do not see each other wait for the file, they look again every few milliseconds."""
    import time

    began = time.monotonic()

    def pause() -> bool:
        nonlocal began
        if journal.shared():
            time.sleep(min(_LONGEST_PAUSE_S, time.monotonic() - began))
        began = time.monotonic()
        return False

    return pause


people = _import_command("people")
people.add_command(photographs)
vehicles = _import_command("vehicles")
households = _import_command("households")
watch = _import_command("watch")
regions = _import_command("regions")
