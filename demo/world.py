"""Makes what the demo needs, once: a key, passes, a video of codes held up, thermometer scripts."""

import json
import secrets
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo import timetable
from demo.timetable import Person, Timetable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

VERSION = 2
HEALTH_CODES = "https://health.example.invalid/code?"
FPS = 10
SIZE = (640, 480)
SHOWN_S = (0.9, 2.9)
_DAY_S = 86_400
_VALID_DAYS = 30


def world(folder: Path) -> dict[str, Any]:
    """Return the demo's world, made new when it is missing, old or of another version."""
    described = folder / "world.json"
    try:
        found = json.loads(described.read_text("utf-8"))
        # Passes are valid for a month; a world older than that would show expired ones only.
        if (
            found["version"] == _fingerprint()
            and 0 <= time.time() - found["made_s"] < (_VALID_DAYS - 3) * _DAY_S
        ):
            return dict(found)
    except (OSError, ValueError, KeyError):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    made = _make(folder)
    described.write_text(json.dumps(made, ensure_ascii=False, indent=1), "utf-8")
    return made


def _fingerprint() -> str:
    return f"{VERSION}:{hash_of(timetable.LANES)}"


def hash_of(lanes: Iterable[Timetable]) -> str:
    """Return a text that changes with the timetable."""
    import hashlib

    return hashlib.sha256(repr(tuple(lanes)).encode()).hexdigest()[:16]


def _make(folder: Path) -> dict[str, Any]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from edge.cli.trust import add_key
    from edge.codes.issue import trust_key
    from edge.domain.model import Carrier

    key = Ed25519PrivateKey.generate()
    trust = folder / "trust"
    for carrier in (Carrier.GATEPOST_PASS, Carrier.GATEPOST_VENUE):
        add_key(trust, carrier, trust_key(key, "demo-office"))
    (folder / "platform.json").write_text(json.dumps(_platform(), ensure_ascii=False), "utf-8")
    payloads: dict[str, list[str | None]] = {}
    for lane in timetable.LANES:
        codes = [_payload(key, person) for person in lane.people]
        payloads[lane.lane] = [code.decode() if code else None for code in codes]
        script = folder / f"thermometer-{lane.lane}.json"
        script.write_text(json.dumps(timetable.thermometer_script(lane)), "utf-8")
    _film(
        folder / "camera-in.avi",
        timetable.IN,
        [None if code is None else code.encode() for code in payloads["in"]],
    )
    return {
        "version": _fingerprint(),
        "made_s": int(time.time()),
        "payloads": payloads,
        "pin": f"{secrets.randbelow(10**6):06d}",
        "manager": secrets.token_urlsafe(9),
    }


def _payload(key: "Ed25519PrivateKey", person: Person) -> bytes | None:
    from edge.codes.gatepost_pass import Pass
    from edge.codes.issue import issue_pass

    if person.code is None:
        return None
    if person.code == "link":
        return "https://example.invalid/点餐?桌=7".encode()
    if person.code.startswith("health:"):
        return _health_code(person).encode()
    now = int(time.time())
    start, end = (
        (now - _DAY_S, now + _VALID_DAYS * _DAY_S)
        if person.code == "pass"
        else (now - 9 * _DAY_S, now - _DAY_S)
    )
    # The id follows from the name: whoever comes twice in a cycle holds up the same pass.
    number = timetable_id(person.name)
    return issue_pass(key, Pass(number, person.name, "resident", start, end, room=person.room))


def _health_code(person: Person) -> str:
    return HEALTH_CODES + timetable_id(person.name).hex()


def _platform() -> dict[str, dict[str, str]]:
    """What the simulated platform knows: whoever holds up a health code, under a masked name."""
    people = [person for lane in timetable.LANES for person in lane.people]
    return {
        _health_code(person): {
            "health": person.code.partition(":")[2],
            "itinerary": "green",
            "name": person.name[0] + "*" * (len(person.name) - 1),
        }
        for person in people
        if person.code is not None and person.code.startswith("health:")
    }


def timetable_id(name: str) -> bytes:
    """Return the pass number of a made-up person (8 bytes)."""
    import hashlib

    return hashlib.sha256(name.encode()).digest()[:8]


def _film(path: Path, table: Timetable, codes: list[bytes | None]) -> None:
    """Write the video: each code is brought into view, held a little unsteadily, taken away."""
    import cv2
    import numpy as np

    empty = np.full((SIZE[1], SIZE[0]), 96, np.uint8)
    cv2.rectangle(empty, (0, 380), (SIZE[0], SIZE[1]), 70, -1)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, SIZE)
    stills = [_phone(code) if code else None for code in codes]
    for frame in range(round(table.cycle_s * FPS)):
        second = frame / FPS
        slot = int(second // table.slot_s)
        into = second - slot * table.slot_s
        picture, still = empty.copy(), stills[slot]
        if still is not None and SHOWN_S[0] <= into < SHOWN_S[1]:
            left, top = 150 + (frame * 3) % 7, 70 + (frame * 5) % 5
            picture[top : top + still.shape[0], left : left + still.shape[1]] = still
        writer.write(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR))
    writer.release()


def _phone(payload: bytes) -> Any:
    import cv2
    import numpy as np
    import segno

    modules = np.array(
        [[255 - 255 * bit for bit in row] for row in segno.make(payload, error="m").matrix], np.uint8
    )
    modules = np.pad(modules, 4, constant_values=255)
    scale = 320 // modules.shape[0]
    return cv2.resize(modules, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
