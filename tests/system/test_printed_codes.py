"""A printed code of every format, held up to the camera: its verdict, and that of one changed bit.

The pictures are drawn, not photographed (bench.frames): paper before a cluttered scene, tilted, out of
focus, dim and noisy, then all of it at once. What reads them is what a user has: `gatepost scan`, and
`gatepost code check` with a folder of trust lists.
"""

import base64
import json
import random
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import segno
from click.testing import CliRunner

from bench.frames import CONDITIONS, Floats, Shot, _corners, _hold_up, _texture, defocus
from bench.scenery import Grey, Random, clutter
from edge.cli import main
from edge.codes import base45, hc1, read
from edge.domain.model import CodeVerdict
from edge.trust_files import write_list
from tests.codes.every_carrier import EVERY_STORE, SAMPLES
from tests.codes.hc1_samples import content, hc1_code, hc1_text, token
from tests.codes.samples import NOW_US

pytestmark = pytest.mark.system

AT = "2022-01-01T00:00:00Z"
SEED = 20220101
PRINTED = (
    "hc1",
    "hc1 rsa",
    "shc",
    "nzcp",
    "vds_nc",
    "uk_venue",
    "cwa_venue",
    "nz_venue",
    "gatepost_pass",
    "gatepost_venue",
    "china",
)
REFUSED = {"invalid", "unknown_issuer", "unsupported", "unverified"}
FLIPPED_PICTURES = 4  # of each format; without a picture, below, are more
MAX_FLIPPED = 4500  # every bit of a payload that has no more; of a longer one so many, drawn from the seed


def _blurred_and_noisy(picture: Floats, pixels: float, corners: Floats, random: Random) -> Floats:
    soft = defocus(picture, pixels, corners, random, modules=0.35)
    return np.asarray(soft * 0.7 + random.normal(0, 8.0, soft.shape), np.float32)


SHOTS = {
    "plain": Shot(),
    "out of focus": CONDITIONS["defocus 0.45"],
    "tilted": CONDITIONS["perspective"],
    "dim and noisy": CONDITIONS["dim, noisy"],
    "all at once": Shot(tilt=(0.1, 0.2), turn_deg=(4, 12), after=_blurred_and_noisy),
}


def held_up(payload: bytes, shot: Shot, random: Random) -> Grey:
    """Draw a frame of 1280x720 in which somebody holds a printed code up."""
    texture = _texture(code_of(payload), shot.inverted)
    modules = texture.shape[0] / 8
    pixels = 5.0 if modules < 80 else 4.0
    corners = _corners(modules * pixels, shot, random)
    picture = _hold_up(clutter(random).astype(np.float32), texture, corners, shot.curve)
    if shot.after is not None:
        picture = shot.after(picture, pixels, corners, random)
    picture += random.normal(0, 2.0, picture.shape).astype(np.float32)
    return np.clip(picture, 0, 255).astype(np.uint8)


def code_of(payload: bytes) -> Any:
    """Return the QR code issuers print: digits of a health card as digits."""
    parts: Any = payload
    if payload.startswith(b"shc:/") and payload[5:].isdigit():
        parts = [("shc:/", segno.consts.MODE_BYTE), (payload[5:].decode(), segno.consts.MODE_NUMERIC)]
    return segno.make_qr(parts, error="m" if len(payload) < 900 else "l", boost_error=False)


def flipped(payload: bytes, bit: int) -> bytes:
    changed = bytearray(payload)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def scanned(pictures: dict[str, Grey], folder: Path) -> dict[str, list[bytes]]:
    """Return what `gatepost scan` reads in each picture."""
    for name, grey in pictures.items():
        assert cv2.imwrite(str(folder / f"{name}.png"), grey)
    done = CliRunner().invoke(main, ["scan", *(str(folder / f"{name}.png") for name in pictures)])
    assert done.exit_code == 0, done.stderr
    found: dict[str, list[bytes]] = {name: [] for name in pictures}
    for line in map(json.loads, done.stdout.splitlines()):
        if line["payload"] is not None:
            found[Path(line["file"]).stem].append(base64.b64decode(line["payload_base64"]))
    return found


def checked(payloads: Iterable[bytes], trust: Path) -> list[dict[str, Any]]:
    """Return what `gatepost code check` says of each payload."""
    lines = [json.dumps({"payload_base64": base64.b64encode(payload).decode()}) for payload in payloads]
    words = ["code", "check", "--jsonl", "--trust", str(trust), "--at", AT]
    done = CliRunner().invoke(main, words, input="\n".join(lines))
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trust")
    for entry in EVERY_STORE.lists:
        write_list(folder, entry)
    return folder


@pytest.mark.parametrize("name", PRINTED)
def test_a_printed_code_gets_its_verdict_however_it_is_held(name: str, trust: Path, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    pictures = {}
    for number, (condition, shot) in enumerate(SHOTS.items()):
        chance = np.random.default_rng([SEED, PRINTED.index(name), number])
        pictures[condition] = held_up(sample.payload, shot, chance)
    found = scanned(pictures, tmp_path)
    assert found == {condition: [sample.payload] for condition in SHOTS}
    answers = checked([payloads[0] for payloads in found.values()], trust)
    said = {(answer["carrier"], answer["verdict"], answer["reason"]) for answer in answers}
    assert said == {(str(sample.carrier), str(sample.verdict), sample.reason)}


@pytest.mark.parametrize("name", PRINTED)
def test_a_printed_code_with_one_bit_changed_is_refused(name: str, trust: Path, tmp_path: Path) -> None:
    payload, chance = SAMPLES[name].payload, random.Random(f"{SEED} {name}")
    changed = [flipped(payload, chance.randrange(8 * len(payload))) for _ in range(FLIPPED_PICTURES)]
    pictures = {
        str(number): held_up(each, SHOTS["plain"], np.random.default_rng([SEED, number]))
        for number, each in enumerate(changed)
    }
    found = scanned(pictures, tmp_path)
    assert found == {str(number): [each] for number, each in enumerate(changed)}
    answers = checked([payloads[0] for payloads in found.values()], trust)
    assert {answer["verdict"] for answer in answers} <= REFUSED
    assert len(answers) == FLIPPED_PICTURES


@pytest.mark.parametrize("name", SAMPLES)
def test_whatever_bit_is_changed_a_code_is_refused(name: str) -> None:
    payload = SAMPLES[name].payload
    bits = range(8 * len(payload))
    chosen = bits if len(bits) <= MAX_FLIPPED else random.Random(f"{SEED} {name}").sample(bits, MAX_FLIPPED)
    accepted = [
        bit for bit in chosen if read(flipped(payload, bit), EVERY_STORE, NOW_US).verdict is CodeVerdict.VALID
    ]
    assert accepted == []


def test_the_unused_bits_behind_packed_data_are_no_second_writing_of_a_code() -> None:
    """Nobody signs how an EU certificate was packed: the last byte of its deflate stream may have bits to
    spare, and each of them would make another text of the same code."""
    changed = list(_spare_bits_set())
    assert len(changed) > 20
    verdicts = {read(payload, EVERY_STORE, NOW_US).verdict for payload in changed}
    assert verdicts == {CodeVerdict.INVALID}


def _spare_bits_set() -> Iterator[bytes]:
    for number in range(12):
        payload = hc1_code(token(content(dob=f"1979-04-{number + 10}")))
        packed = base45.decode(payload.removeprefix(hc1.PREFIX))
        plain = zlib.decompress(packed)
        for bit in range(8):
            changed = bytearray(packed)
            changed[-5] ^= 1 << bit  # four bytes of check sum stand behind
            try:
                same = zlib.decompress(bytes(changed)) == plain
            except zlib.error:
                continue
            if same:
                yield hc1_text(bytes(changed))
