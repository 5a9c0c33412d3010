"""`gatepost pass`: make a key, issue resident passes and venue codes as pictures to print.

The private key is written once, readable by its owner only, and never printed.
"""

import hashlib
import json
import os
import secrets
import time
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from edge.cli.trust import add_key
from edge.cli.trust_folder import config_faults_end_with_3, time_option
from edge.codes import times
from edge.codes.gatepost_pass import PHOTO_BYTES, Pass
from edge.codes.gatepost_venue import Venue
from edge.codes.issue import issue_pass, issue_venue, trust_key
from edge.codes.trust import base64url
from edge.domain.model import Carrier

_DAY_S = 86_400
_SECOND_US = 1_000_000
_FILE = click.Path(path_type=Path, dir_okay=False)
_INPUT = click.Path(path_type=Path, dir_okay=False, exists=True)
# M keeps the modules large for a far or coarse camera; Q is for prints that get scratched.
_ERROR_LEVELS = click.Choice(["M", "Q"])


@click.group("pass")
def passes() -> None:
    """Issue resident passes and venue codes."""


@passes.command()
@click.option("--out", required=True, type=_FILE, help="File for the private key; must not exist yet.")
@click.option("--issuer", help="Name under which gates know this key; without it the file's name.")
@click.option(
    "--trust",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Also put the public key into this trust folder, for passes and venue codes.",
)
def keygen(out: Path, issuer: str | None, folder: Path | None) -> None:
    """Make a signing key, and beside it the public key for `gatepost trust import`."""
    public_path = out.with_name(out.name + ".public.json")
    if out.exists() or public_path.exists():
        raise click.BadParameter(f"{out} or {public_path} exists already; a key is never overwritten")
    key = Ed25519PrivateKey.generate()
    entry = trust_key(key, issuer or out.stem)
    jwk = {"kty": "OKP", "crv": "Ed25519", "kid": entry.key_id, "x": base64url(entry.public)}
    published = {"issuer": entry.issuer, "keys": [jwk]}
    try:
        _write_private(out, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        public_path.write_text(json.dumps(published, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise click.BadParameter(f"{error.filename}: {error.strerror}") from error
    if folder is not None:
        with config_faults_end_with_3():
            for carrier in (Carrier.GATEPOST_PASS, Carrier.GATEPOST_VENUE):
                add_key(folder, carrier, entry)
    click.echo(f"private key {out}\npublic key  {public_path}\nkey id      {entry.key_id}")


@passes.command()
@click.option("--key", "key_path", required=True, type=_INPUT, help="Private key from `keygen`.")
@click.option("--name", required=True, help="The holder's name.")
@click.option("--room", help="Room or household, as people here write it.")
@click.option("--category", default="resident", show_default=True, help="A word the procedures know.")
@click.option("--building")
@click.option("--group", "groups", multiple=True, help="A word, several times where needed.")
@click.option("--photo", type=_INPUT, help="Photograph on file; the pass carries its hash.")
@click.option("--pass-id", help="16 hexadecimal digits, to issue an earlier pass again.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 3660))
@time_option("--from", "from_us", "First moment of validity; without it now.")
@click.option("--out", required=True, type=_FILE, help="PNG to write.")
@click.option("--error", default="M", show_default=True, type=_ERROR_LEVELS, help="QR error correction.")
@click.option("--json", "as_json", is_flag=True, help="Print what was issued as one JSON object.")
def issue(  # noqa: PLR0917 - one parameter for each option
    key_path: Path,
    name: str,
    room: str | None,
    category: str,
    building: str | None,
    groups: tuple[str, ...],
    photo: Path | None,
    pass_id: str | None,
    days: int,
    from_us: int | None,
    out: Path,
    error: str,
    as_json: bool,
) -> None:
    """Issue a resident pass as a PNG."""
    key = _read_private(key_path)
    from_s = _from_s(from_us)
    held = Pass(
        pass_id=_id(pass_id),
        name=name,
        category=category,
        valid_from_s=from_s,
        valid_until_s=from_s + days * _DAY_S,
        room=room,
        building=building,
        groups=groups,
        photo=None if photo is None else hashlib.sha256(photo.read_bytes()).digest()[:PHOTO_BYTES],
    )
    try:
        payload = issue_pass(key, held)
    except ValueError as fault:
        raise click.BadParameter(str(fault)) from fault
    issued: dict[str, str | None] = {"carrier": str(Carrier.GATEPOST_PASS), "pass_id": held.pass_id.hex()}
    issued |= {"name": name, "room": room, "category": category}
    issued |= _validity(from_s, held.valid_until_s)
    _hand_out(payload, out, error, issued, as_json=as_json)


@passes.command()
@click.option("--key", "key_path", required=True, type=_INPUT, help="Private key from `keygen`.")
@click.option("--place", required=True, help="Name of the place.")
@click.option("--address")
@click.option("--venue-id", help="16 hexadecimal digits, to issue an earlier code again.")
@click.option("--days", type=click.IntRange(1, 3660), help="Without it the code never ends.")
@time_option("--from", "from_us", "First moment of validity; without it now.")
@click.option("--out", required=True, type=_FILE, help="PNG to write.")
@click.option("--error", default="Q", show_default=True, type=_ERROR_LEVELS, help="QR error correction.")
@click.option("--json", "as_json", is_flag=True, help="Print what was issued as one JSON object.")
def venue(  # noqa: PLR0917 - one parameter for each option
    key_path: Path,
    place: str,
    address: str | None,
    venue_id: str | None,
    days: int | None,
    from_us: int | None,
    out: Path,
    error: str,
    as_json: bool,
) -> None:
    """Issue a venue code as a PNG."""
    key = _read_private(key_path)
    from_s = _from_s(from_us)
    until_s = None if days is None else from_s + days * _DAY_S
    made = Venue(_id(venue_id), place, from_s, until_s, address)
    try:
        payload = issue_venue(key, made)
    except ValueError as fault:
        raise click.BadParameter(str(fault)) from fault
    issued: dict[str, str | None] = {"carrier": str(Carrier.GATEPOST_VENUE)}
    issued |= {"venue_id": made.venue_id.hex(), "place": place}
    issued |= _validity(from_s, until_s)
    _hand_out(payload, out, error, issued, as_json=as_json)


def _hand_out(payload: bytes, out: Path, error: str, issued: dict[str, str | None], *, as_json: bool) -> None:
    import segno

    picture = segno.make_qr(payload.decode("ascii"), error=error)
    try:
        with out.open("wb") as file:
            picture.save(file, kind="png", scale=8, border=4)
    except OSError as fault:
        raise click.BadParameter(f"{out}: {fault.strerror}") from fault
    issued |= {"qr": picture.designator, "file": str(out), "payload": payload.decode("ascii")}
    if as_json:
        click.echo(json.dumps(issued, ensure_ascii=False))
        return
    for name, value in issued.items():
        click.echo(f"{name:<12}{'-' if value is None else value}")


def _validity(from_s: int, until_s: int | None) -> dict[str, str | None]:
    until = None if until_s is None else times.text(until_s * _SECOND_US)
    return {"valid_from": times.text(from_s * _SECOND_US), "valid_until": until}


def _from_s(from_us: int | None) -> int:
    # The minute begun, so that a gate whose clock is seconds behind takes a pass made just now.
    return int(time.time()) // 60 * 60 if from_us is None else from_us // _SECOND_US


def _id(text: str | None) -> bytes:
    if text is None:
        return secrets.token_bytes(8)
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != 8:
        raise click.BadParameter("an id is 16 hexadecimal digits")
    return found


def _write_private(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _read_private(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise click.BadParameter(f"{path}: no private key that can be read") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise click.BadParameter(f"{path}: not an Ed25519 key")
    return key
