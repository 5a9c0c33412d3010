"""Reading registers: entries, imports, and what was read of them for the lanes."""

from collections.abc import Mapping, Sequence

from edge.journal import access_file, import_file, photograph_file, register_file, register_then
from edge.journal.day_rows import Until
from edge.journal.rows import Entry, Imported, StoredRow
from edge.journal.view import View


class RegisterReader(View):
    """The part of a reader that registers are read by."""

    def entry(self, register: str, number: int) -> Entry | None:
        """Return one entry of a register."""
        with self._reading() as connection:
            return register_file.entry(connection, register, number)

    def photograph(self, register: str, number: int) -> int | None:
        """Return the row that holds the photograph of an entry, None where it has none."""
        with self._reading() as connection:
            return photograph_file.row_of(connection, register, number)

    def entries(
        self,
        register: str,
        *,
        open_: bool | None = None,
        where: Mapping[str, str | int | None] | None = None,
        before: int | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> list[Entry]:
        """Return a keyset page of a register: newest number first before `before`, or oldest first after
        `after`; of those whose open fields have the values of `where`."""
        with self._reading() as connection:
            return register_file.entries(
                connection, register, open_=open_, where=where, before=before, after=after, limit=limit
            )

    def entry_count(
        self, register: str, *, open_: bool | None = None, where: Mapping[str, str | int | None] | None = None
    ) -> int:
        """Return how many entries a register has."""
        with self._reading() as connection:
            return register_file.count(connection, register, open_=open_, where=where)

    def entries_by(self, token: bytes, registers: Sequence[str]) -> list[Entry]:
        """Return the open entries of these registers that are found by a token of `Journal.token`."""
        with self._reading() as connection:
            return register_file.by_token(connection, token, registers)

    def carried_out(self, command_id: str) -> bool:
        """Say whether a register's command was carried out under this id."""
        with self._reading() as connection:
            return register_file.command(connection, command_id) is not None

    def entries_over(self, register: str, now_us: int, limit: int = 200) -> list[Entry]:
        """Return the open entries of a register whose time is over, the longest over first."""
        with self._reading() as connection:
            return register_file.over(connection, register, now_us, limit)

    def access_used(self, register: str, entry: int, direction: str, since: int) -> int:
        """Return how often an entry's people went this way since a day (`access_file.day_number`)."""
        with self._reading() as connection:
            return access_file.used(connection, register, entry, direction, since)

    def access_slip(self, household: int) -> tuple[int, int] | None:
        """Return how many of a household went out and came back since it was complete."""
        with self._reading() as connection:
            return access_file.slip(connection, household)

    def imports(self, register: str | None = None, limit: int = 20) -> list[Imported]:
        """Return the newest imports, of one register or of all."""
        with self._reading() as connection:
            return import_file.newest(connection, register, limit)

    def import_(self, number: int) -> Imported | None:
        """Return one import."""
        with self._reading() as connection:
            return import_file.one(connection, number)

    def import_changed(
        self, number: int, after: tuple[str, int] = ("", 0), limit: int = 30
    ) -> list[tuple[str, int]]:
        """Return register and number of entries that an import changed and that are as it left them: the
        first behind `after`."""
        with self._reading() as connection:
            return import_file.changed(connection, number, (*after, limit))

    def import_entered(
        self,
        number: int,
        registers: Sequence[str],
        after: tuple[str, int] = ("", 0),
        limit: int = 30,
    ) -> list[tuple[str, int]]:
        """Return register and number of entries that an import brought into these registers and that are as
        it left them: the first behind `after`."""
        with self._reading() as connection:
            return import_file.entered(connection, number, registers, (*after, limit))

    def import_needed(self, number: int, registers: Sequence[str], name: str) -> set[int]:
        """Return the numbers that stand under an open field `name` of any open entry but those that
        `import_entered` would return."""
        with self._reading() as connection:
            return import_file.needed(connection, number, registers, name)

    def entry_tally(self, register: str, by: str, round_: int = 0) -> list[tuple[str | int | None, int, int]]:
        """Return, for each value of the open field `by`, how many open entries have it and how many of those
        were covered in a census round."""
        with self._reading() as connection:
            return register_file.tally(connection, register, by, round_)

    def entries_standing(
        self,
        register: str,
        names: Sequence[str],
        until: Until,
        *,
        in_time: bool,
    ) -> dict[tuple[str | int | None, ...], int]:
        """Return how many entries were open before a moment, by the values of these open fields or else by
        their number; without those of `entries_unsettled`. `in_time`: only those whose time had begun and was
        not over."""
        with self._reading() as connection:
            when = (until.upto, until.doubtful, until.at_us if in_time else None)
            return register_then.standing(connection, register, names, when)

    def entries_unsettled(self, register: str, until: Until, after: int = 0) -> list[Entry]:
        """Return the first entries behind `after` that may have been others before a moment."""
        with self._reading() as connection:
            when = (until.upto, until.doubtful, until.at_us)
            return register_then.unsettled(connection, register, when, after)

    def entry_rows(self, entry: Entry) -> list[StoredRow]:
        """Return every row about one entry, oldest first."""
        return self._these(list(entry.seqs))

    def register_names(self) -> list[str]:
        """Return the names of the registers that have an entry."""
        with self._reading() as connection:
            found = connection.execute("SELECT DISTINCT register FROM register_entry ORDER BY register")
            return [name for (name,) in found.fetchall()]
