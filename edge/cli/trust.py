"""`gatepost trust`: import, show and withdraw what the gate believes."""

import json
import re
import time
from dataclasses import replace
from pathlib import Path

import click

from edge.cli.trust_folder import config_faults_end_with_3, configured_folder, time_option
from edge.codes import times, trust_import
from edge.codes.trust import ALGORITHMS, TrustKey, TrustList
from edge.codes.trust_import import Imported
from edge.domain.errors import ConfigError
from edge.domain.model import Carrier
from edge.trust_files import load, load_list, read_text, write_list

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FOLDER_HELP = "Folder of trust lists; without it the configured one."
_AS_OF_HELP = "From when the list is (RFC 3339); without it now."


@click.group()
def trust() -> None:
    """Import or show trust lists."""


@trust.command("import")
@click.option(
    "--carrier", "carriers", required=True, multiple=True, type=click.Choice([str(c) for c in ALGORITHMS])
)
@click.option("--out", "folder", type=_FOLDER, help=_FOLDER_HELP)
@click.option("--issuer", help="Name of the issuer of keys of ours; without it the file's own, or its name.")
@time_option("--as-of", "as_of_us", _AS_OF_HELP)
@click.option(
    "--replace", "fresh", is_flag=True, help="Forget the carrier's other keys; what was withdrawn stays so."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each key.")
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
def import_lists(  # noqa: PLR0917 - one parameter for each option
    carriers: tuple[str, ...],
    folder: Path | None,
    issuer: str | None,
    as_of_us: int | None,
    fresh: bool,
    as_json: bool,
    paths: tuple[Path, ...],
) -> None:
    """Import DID documents (nzcp), JWK sets or PEM Ed25519 keys (gatepost) into trust lists.

    The keys of an issuer of nzcp replace that issuer's earlier ones; keys of ours are added.
    """
    at_us = _now_us() if as_of_us is None else as_of_us
    with config_faults_end_with_3():
        into = configured_folder()[0] if folder is None else folder
        # Every list is made before the first is written: a fault leaves all of them as they were.
        lists = []
        for name in dict.fromkeys(carriers):
            carrier = Carrier(name)
            found = [_read(carrier, path, issuer) for path in paths]
            kept = load_list(into, carrier)
            # What was withdrawn stays so: its key may be among those that come back.
            lists.append(_merged(replace(kept, keys=()) if fresh else kept, found, at_us))
        for entry in lists:
            write_list(into, entry)
    for entry in lists:
        _show(entry, as_json=as_json)
        if entry.test:
            click.echo(
                f"{entry.carrier}: a test issuer; a gate believes it only with accept_test_issuers = true",
                err=True,
            )


@trust.command()
@click.option("--trust", "folder", type=_FOLDER, help=_FOLDER_HELP)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each key.")
def show(folder: Path | None, as_json: bool) -> None:
    """Show whom the gate believes, and from when each list is."""
    with config_faults_end_with_3():
        store = load(configured_folder()[0] if folder is None else folder, accept_test_issuers=True)
    for entry in store.lists:
        _show(entry, as_json=as_json)
    if not store.lists:
        click.echo("no trust lists", err=True)


@trust.command()
@click.option(
    "--carrier",
    default=str(Carrier.GATEPOST_PASS),
    type=click.Choice([str(Carrier.GATEPOST_PASS), str(Carrier.GATEPOST_VENUE)]),
)
@click.option("--out", "folder", type=_FOLDER, help=_FOLDER_HELP)
@time_option("--as-of", "as_of_us", _AS_OF_HELP)
@click.argument("ids", nargs=-1, required=True)
def revoke(carrier: str, folder: Path | None, as_of_us: int | None, ids: tuple[str, ...]) -> None:
    """Withdraw passes or venue codes of ours (lost, moved away) by their ids."""
    for found in ids:
        if not re.fullmatch(r"[0-9a-f]{16}", found):
            raise click.BadParameter(f"{found}: an id is 16 lower-case hexadecimal digits")
    with config_faults_end_with_3():
        into = configured_folder()[0] if folder is None else folder
        kept = load_list(into, Carrier(carrier))
        at_us = _now_us() if as_of_us is None else as_of_us
        write_list(into, replace(kept, revoked=kept.revoked | set(ids), as_of_us=at_us))
    click.echo(f"{carrier}: {len(kept.revoked | set(ids))} withdrawn")


def add_key(folder: Path, carrier: Carrier, key: TrustKey) -> None:
    """Add one key to a carrier's list as of now; ConfigError where that cannot be."""
    write_list(folder, _merged(load_list(folder, carrier), [Imported((key,))], _now_us()))


def _read(carrier: Carrier, path: Path, issuer: str | None) -> Imported:
    text = read_text(path)
    if carrier is Carrier.NZCP:
        if issuer is not None:
            raise ConfigError("--issuer: a DID document names its issuer itself")
        found = trust_import.from_did_document(text, str(path))
    else:
        found = trust_import.from_gatepost_keys(text, str(path), issuer or path.stem)
    for line in found.left_out:
        click.echo(f"left out: {line}", err=True)
    return found


def _merged(kept: TrustList, found: list[Imported], as_of_us: int) -> TrustList:
    fresh = {(key.issuer, key.key_id): key for one in found for key in one.keys}
    if kept.carrier is Carrier.NZCP:
        # A DID document is the whole truth about its issuer: a key it no longer lists is gone.
        issuers = {key.issuer for key in fresh.values()}
        old = tuple(key for key in kept.keys if key.issuer not in issuers)
    else:
        ids = {key.key_id for key in fresh.values()}
        old = tuple(key for key in kept.keys if key.key_id not in ids)
    return replace(kept, keys=(*old, *fresh.values()), as_of_us=as_of_us)


def _show(entry: TrustList, *, as_json: bool) -> None:
    as_of = None if entry.as_of_us is None else times.text(entry.as_of_us)
    if not as_json:
        click.echo(f"{entry.carrier}  as of {as_of or 'unknown'}  {len(entry.revoked)} withdrawn")
    for key in entry.keys:
        if as_json:
            fields = {"carrier": str(entry.carrier), "as_of": as_of, "issuer": key.issuer}
            fields |= {"key_id": key.key_id, "algorithm": str(key.algorithm)}
            click.echo(json.dumps({**fields, "test": key.test}, ensure_ascii=False))
        else:
            click.echo(f"  {key.issuer}  {key.key_id}  {key.algorithm}{'  TEST' if key.test else ''}")


def _now_us() -> int:
    return int(time.time()) * 1_000_000
