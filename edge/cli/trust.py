"""`gatepost trust`: import, show, withdraw and take back what the gate believes."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from edge.cli.trust_folder import config_faults_end_with_3, configured_folder, files_in, time_option
from edge.cli.trust_rules import rules
from edge.cli.trust_show import lines_of, objects_of, rules_line, rules_objects
from edge.codes import times
from edge.codes.eu_rules_text import NAME as RULES_FILE
from edge.codes.trust import ALGORITHMS, REVOKED, TrustKey, TrustList
from edge.codes.trust_dates import check_not_ahead
from edge.codes.trust_import import Imported
from edge.codes.trust_import_file import from_file
from edge.codes.trust_import_merge import OURS, dated, merged, unconfirmed
from edge.codes.trust_import_revoked import from_revocations
from edge.domain.errors import ConfigError
from edge.domain.model import Carrier
from edge.trust_files import (
    load,
    load_list,
    load_rules,
    locked,
    read_bytes,
    read_text,
    take_back,
    write_document,
    write_list,
)

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FOLDER_HELP = "Folder of trust lists; without it the configured one."
_AS_OF_HELP = "From when the list is (RFC 3339); without it what the files say, else now."
_PATH = click.Path(path_type=Path, exists=True)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_FOUND_FAULTS = 1
_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class _Named:
    """What the caller says of files that do not say it themselves."""

    issuer: str | None
    kid: str | None


@click.group()
def trust() -> None:
    """Import or show trust lists."""


@trust.command("import")
@click.option(
    "--carrier", "carriers", required=True, multiple=True, type=click.Choice([str(c) for c in ALGORITHMS])
)
@click.option("--out", "folder", type=_FOLDER, help=_FOLDER_HELP)
@click.option("--issuer", help="Name of the issuer, where the files do not say whose the keys are.")
@click.option("--kid", help="What codes call the key, where a file with one key does not say so.")
@click.option("--revoked", multiple=True, type=_FILE, help="A list of what was withdrawn; may be repeated.")
@time_option("--as-of", "as_of_us", _AS_OF_HELP)
@click.option(
    "--replace", "fresh", is_flag=True, help="Forget the carrier's other keys; what was withdrawn stays so."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each key.")
@click.argument("paths", nargs=-1, type=_PATH)
def import_lists(  # noqa: PLR0917 - one parameter for each option
    carriers: tuple[str, ...],
    folder: Path | None,
    issuer: str | None,
    kid: str | None,
    revoked: tuple[Path, ...],
    as_of_us: int | None,
    fresh: bool,
    as_json: bool,
    paths: tuple[Path, ...],
) -> None:
    """Import what issuers publish, files and whole folders, into trust lists.

    hc1: certificates (PEM, DER), national lists, DID documents of the WHO, JWK sets. shc: JWK sets
    (with --issuer), the VCI directory's snapshot, revocation lists. nzcp: DID documents. vds_nc: CSCA
    certificates. uk_venue, divoc: keys as PEM or JWK with --issuer, and --kid. gatepost: our keys.

    A file that cannot be used is named and the others are imported; the exit code is then 1, and 3
    where nothing was imported.
    """
    if not paths and not revoked:
        raise click.UsageError("give at least one file, folder, or --revoked FILE")
    with config_faults_end_with_3():
        check_not_ahead(as_of_us, _now_us(), "--as-of")
        into = configured_folder()[0] if folder is None else folder
        files = files_in(paths) if paths else ()
        left_out: list[str] = []
        found: dict[Carrier, list[Imported]] = {}
        for carrier in map(Carrier, carriers):
            withdrawn = [from_revocations(read_text(path), str(path), carrier) for path in revoked]
            found[carrier] = _read(carrier, files, _Named(issuer, kid), left_out) + withdrawn
        with locked(into):
            # Every list is made before the first is written: a fault leaves all of them as they were.
            lists = [
                _taken_in(load_list(into, carrier), texts, as_of_us, fresh=fresh and bool(paths))
                for carrier, texts in found.items()
            ]
            for entry in lists:
                write_list(into, entry)
    _tell(lists, as_json=as_json)
    if left_out:
        raise SystemExit(_FOUND_FAULTS)


@trust.command()
@click.option("--trust", "folder", type=_FOLDER, help=_FOLDER_HELP)
@click.option("--keys", is_flag=True, help="Name every key, also of a long list.")
@click.option("--lists", is_flag=True, help="With --json one object for each list instead of each key.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each key.")
def show(folder: Path | None, keys: bool, lists: bool, as_json: bool) -> None:
    """Show whom the gate believes, from when each list is and which version the district gave it."""
    with config_faults_end_with_3():
        store = load(configured_folder()[0] if folder is None else folder, accept_test_issuers=True)
    for entry in store.lists:
        objects = objects_of(entry, _now_us(), whole=lists)
        for line in objects if as_json else lines_of(entry, _now_us(), every=keys):
            click.echo(line)
    if store.eu_rules is not None:
        found = rules_objects(store.eu_rules, _now_us(), whole=lists)
        for line in found if as_json else [rules_line(store.eu_rules, _now_us())]:
            click.echo(line)
    if not store.lists:
        click.echo("no trust lists", err=True)


@trust.command()
@click.option("--out", "folder", type=_FOLDER, help=_FOLDER_HELP)
@click.argument("address")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def context(folder: Path | None, address: str, file: Path) -> None:
    """Keep a document that linked data names by its ADDRESS (for divoc); nothing is ever fetched."""
    with config_faults_end_with_3():
        into = configured_folder()[0] if folder is None else folder
        text = read_text(file)
        with locked(into):
            click.echo(str(write_document(into, address, text, str(file))))


@trust.command()
@click.option(
    "--carrier", default=str(Carrier.GATEPOST_PASS), type=click.Choice([str(carrier) for carrier in REVOKED])
)
@click.option("--out", "folder", type=_FOLDER, help=_FOLDER_HELP)
@time_option("--as-of", "as_of_us", _AS_OF_HELP)
@click.argument("ids", nargs=-1, required=True)
def revoke(carrier: str, folder: Path | None, as_of_us: int | None, ids: tuple[str, ...]) -> None:
    """Withdraw single codes: passes of ours by their ids (lost, moved away), hc1 by
    `signature:`, `uci:` or `countrycodeuci:` and a hash, shc by `KEY-ID RID`."""
    for found in ids:
        if not REVOKED[Carrier(carrier)].fullmatch(found):
            raise click.BadParameter(
                f"{found}: {_IDS.get(Carrier(carrier), 'nothing that can be withdrawn')}"
            )
    with config_faults_end_with_3():
        check_not_ahead(as_of_us, _now_us(), "--as-of")
        into = configured_folder()[0] if folder is None else folder
        with locked(into):
            kept = load_list(into, Carrier(carrier))
            at_us = _withdrawn_at(kept) if as_of_us is None else as_of_us
            write_list(into, replace(kept, revoked=kept.revoked | set(ids), as_of_us=at_us))
    click.echo(f"{carrier}: {len(kept.revoked | set(ids))} withdrawn")


@trust.command()
@click.option("--carrier", type=click.Choice([str(carrier) for carrier in ALGORITHMS]))
@click.option("--rules", "of_rules", is_flag=True, help="The EU's rules instead of a carrier's list.")
@click.option("--out", "folder", type=_FOLDER, help=_FOLDER_HELP)
def undo(carrier: str | None, of_rules: bool, folder: Path | None) -> None:
    """Take back the last change of one list, an import as well as a withdrawal; done twice, nothing has
    changed. A list the district pushed comes again with its next answer."""
    if (carrier is None) != of_rules:
        raise click.UsageError("give --carrier, or --rules")
    with config_faults_end_with_3():
        into = configured_folder()[0] if folder is None else folder
        with locked(into):
            take_back(into, RULES_FILE if carrier is None else f"{carrier}.json")
        lists = [] if carrier is None else [load_list(into, Carrier(carrier))]
        found = load_rules(into) if carrier is None else None
    _tell(lists, as_json=False)
    if found is not None:
        click.echo(rules_line(found, _now_us()))


trust.add_command(rules)


def add_key(folder: Path, carrier: Carrier, key: TrustKey) -> None:
    """Add one key to a carrier's list; ConfigError where that cannot be."""
    with locked(folder):
        kept, found = load_list(folder, carrier), [Imported((key,))]
        write_list(folder, merged(kept, found, dated(kept, found, _now_us())))


def _withdrawn_at(kept: TrustList) -> int | None:
    # Of our own passes we know now; a foreign issuer's keys, and a list the district made, are no newer
    # for a withdrawal.
    ours = kept.carrier in OURS and kept.version is None
    return _now_us() if ours else dated(kept, [], _now_us())


def _read(carrier: Carrier, files: Sequence[Path], named: _Named, left_out: list[str]) -> list[Imported]:
    """Return what each file holds; name those that hold nothing. ConfigError where none holds anything."""
    found: list[Imported] = []
    faults: list[str] = []
    for path in files:
        try:
            one = from_file(read_bytes(path), str(path), carrier, issuer=named.issuer, kid=named.kid)
            check_not_ahead(one.as_of_us, _now_us(), str(path))
        except ConfigError as error:
            faults += error.faults
            continue
        for line in one.left_out:
            click.echo(f"left out: {line}", err=True)
        found.append(one)
    if faults and not found:
        raise ConfigError(faults)
    for line in faults:
        click.echo(f"not imported: {line}", err=True)
    left_out += faults
    _count(carrier, found)
    return found


def _count(carrier: Carrier, found: list[Imported]) -> None:
    """Say how much of the files is not in the list, where it is not all."""
    times_said = Counter((key.issuer, key.key_id, key.public) for one in found for key in one.keys)
    again = sorted({name[1] for name, count in times_said.items() if count > 1})
    unused = sum(len(one.left_out) for one in found)
    if again:
        rest = f" and {len(again) - _MOST_NAMED} more" if len(again) > _MOST_NAMED else ""
        click.echo(f"{carrier}: more than once: {', '.join(again[:_MOST_NAMED])}{rest}", err=True)
    if again or unused:
        click.echo(
            f"{carrier}: {len(times_said)} keys in these files, {len(again)} of them more than once, "
            f"{unused} left out",
            err=True,
        )


def _taken_in(kept: TrustList, found: list[Imported], as_of_us: int | None, *, fresh: bool) -> TrustList:
    # What was withdrawn stays so: its key may be among those that come back.
    kept = replace(kept, keys=()) if fresh else kept
    at_us = dated(kept, found, _now_us()) if as_of_us is None else as_of_us
    if as_of_us is None and at_us is not None and at_us == kept.as_of_us:
        rest = unconfirmed(kept, found)
        click.echo(
            f"{kept.carrier}: stays as of {times.text(at_us)}: {rest} keys are not in these files", err=True
        )
    return merged(kept, found, at_us)


def _tell(lists: Sequence[TrustList], *, as_json: bool) -> None:
    for entry in lists:
        for line in objects_of(entry, _now_us()) if as_json else lines_of(entry, _now_us()):
            click.echo(line)
        if entry.test:
            click.echo(
                f"{entry.carrier}: a test issuer; a gate believes it only with accept_test_issuers = true",
                err=True,
            )


def _now_us() -> int:
    return int(time.time()) * 1_000_000


_IDS = {
    Carrier.HC1: "a hash is signature:, uci: or countrycodeuci: and 32 to 64 hexadecimal digits",
    Carrier.SHC: "a card is withdrawn by the key's id, a space and the card's rid",
    Carrier.GATEPOST_PASS: "an id is 16 lower-case hexadecimal digits",
    Carrier.GATEPOST_VENUE: "an id is 16 lower-case hexadecimal digits",
}
