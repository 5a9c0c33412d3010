"""Codes read and what that costs, against the peers, in the same run.

Three things are shown to our stages, to zxing-cpp, pyzbar and OpenCV's detector as they are shipped,
one picture after another by each of them in every order, so that load and caches hit all alike: the
labelled photographs beside the project, frames drawn by bench.frames, and payloads that decoders
like to rewrite. Then cluttered frames without a code, to the live reader and to one zxing-cpp pass a
frame. Times are processor time of the thread.

Read means: the bytes are the label's, or they are its text in a usual encoding; text that a peer
returns must equal the label's. Anything else that is returned is wrong.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import permutations
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import segno
import zxingcpp
from pyzbar import pyzbar

from bench.figures import figure
from bench.frames import frames
from bench.scenery import clutter
from drivers.scanner._decode import read_picture
from drivers.scanner._decode_live import LiveReader
from drivers.scanner._regions import Grey

PHOTOGRAPHS = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "qr"
UNION = "zxing-cpp and pyzbar together"
FPS = 15
_ENCODINGS = ("utf-8", "shift_jis", "gb18030", "latin-1")

# What breaks when a decoder takes bytes for text (reference: nine payloads in byte mode).
DIFFICULT: dict[str, bytes] = {
    "ascii": b"https://example.org/x?y=1&z=2",
    "utf-8": "张三,观音桥3号楼1单元".encode(),
    "gb18030": "李四 居民通行证 𠮷".encode("gb18030"),
    "latin-1": "café à la crème".encode("latin-1"),
    "shift-jis": "東京都テスト".encode("shift_jis"),
    "nul": b"front\x00middle\x00\x00back",
    "control": b"a\x1d\x1e\x04b\r\n\tc",
    "every byte": bytes(range(256)),
    "invalid utf-8": b"\xff\xfe\xfa\xc3\x28\xf0\x28\x8c",
}

Decoder = Callable[[Grey], list[bytes | str]]


def rows(
    rounds: int = 3,
    each: int = 4,
    kinds: tuple[str, ...] = ("short", "pass", "cert", "dense"),
    seed: int = 20200208,
) -> Iterator[dict[str, Any]]:
    """Yield one row per figure and peer; those of photographs where they are beside the project."""
    photographs = _photographs()
    if photographs:
        yield from _compared("photograph", photographs, rounds)
    drawn = ((frame.grey, frame.payload) for frame in frames(seed, each, kinds))
    yield from _compared("frame", drawn, 1)
    yield from _exact()
    yield from _clutter("busy", [clutter(np.random.default_rng([seed, n])) for n in range(FPS * 2)])
    yield from _clutter("gate", _passers_by(seed))


def _compared(what: str, pictures: Iterable[tuple[Grey, bytes]], rounds: int) -> Iterator[dict[str, Any]]:
    read, wrong = Counter[str](), Counter[str]()
    spent = dict.fromkeys(DECODERS, 0.0)
    orders = list(permutations(DECODERS))
    count = 0
    for number, (grey, label) in enumerate(pictures):
        count += 1
        by: set[str] = set()
        for round_ in range(rounds):
            # Every order in turn: who comes after OpenCV finds the caches full of something else.
            for name in orders[(number * rounds + round_) % len(orders)]:
                start = time.thread_time()
                payloads = DECODERS[name](grey)
                spent[name] += time.thread_time() - start
                right = any(_is(payload, label) for payload in payloads)
                by |= {name} if right else set()
                wrong[name] += round_ == 0 and bool(payloads) and not right
        read.update(by)
        read[UNION] += bool(by & {"zxing-cpp", "pyzbar"})
    ours, *peers = DECODERS
    for peer in (*peers, UNION):
        yield figure(f"qr.{what}s_read", read[ours], f"{what}s", peer=peer, peer_value=read[peer], n=count)
    for peer in peers:
        yield figure(f"qr.{what}s_wrong", wrong[ours], f"{what}s", peer=peer, peer_value=wrong[peer], n=count)
    for peer in peers:
        ms = {name: spent[name] / count / rounds * 1000 for name in (ours, peer)}
        yield figure(f"qr.cpu_per_{what}", ms[ours], "ms", peer=peer, peer_value=ms[peer], n=count)


def _exact() -> Iterator[dict[str, Any]]:
    """Payloads that come back byte for byte; text counts where it is the payload's in UTF-8."""
    exact = Counter[str]()
    for payload in DIFFICULT.values():
        code = segno.make_qr(payload, mode="byte", error="l", boost_error=False)
        dark = np.array([list(row) for row in code.matrix_iter(scale=4, border=4)], np.uint8) > 0
        for name, decode in DECODERS.items():
            found = {
                form.encode() if isinstance(form, str) else form
                for form in decode(np.where(dark, 0, 255).astype(np.uint8))
            }
            exact[name] += payload in found
    ours, *peers = DECODERS
    for peer in peers:
        yield figure(
            "qr.payloads_exact", exact[ours], "payloads", peer=peer, peer_value=exact[peer], n=len(DIFFICULT)
        )


def _clutter(name: str, scenes: list[Grey], rounds: int = 6) -> Iterator[dict[str, Any]]:
    """The live reader over frames without a code, and one zxing-cpp pass over each of them."""
    reader, ours, theirs, count = LiveReader(), 0.0, 0.0, 0
    worst = 0.0
    for _ in range(rounds):
        for grey in scenes:
            now = count / FPS
            # In turn: whoever comes second finds the frame in the caches.
            if count % 2:
                theirs += _timed(partial(_zxing, grey))
            took = _timed(partial(reader.look, grey, now))
            if not count % 2:
                theirs += _timed(partial(_zxing, grey))
            ours += took
            worst = max(worst, took)
            count += 1
    assert reader.last is None, "there is no code in these frames"
    yield figure(
        f"qr.clutter_{name}",
        ours / count * 1000,
        "ms",
        peer="zxing-cpp",
        peer_value=theirs / count * 1000,
        n=count,
    )
    yield figure(f"qr.clutter_{name}_worst", worst * 1000, "ms", n=count)


def _timed(work: Callable[[], object]) -> float:
    start = time.thread_time()
    work()
    return time.thread_time() - start


def _passers_by(seed: int) -> list[Grey]:
    """Eight seconds at a gate: the same background, and for half of the time something crosses it."""
    random = np.random.default_rng([seed, 1])
    background, passing = clutter(random), clutter(random)[:500, :300]
    scenes = []
    for number in range(8 * FPS):
        scene = background.copy()
        if number % (4 * FPS) < 2 * FPS:
            left = 40 + number % (4 * FPS) * 28
            scene[200:700, left : left + 300] = passing
        noisy = scene + random.normal(0, 2, scene.shape)
        scenes.append(np.clip(noisy, 0, 255).astype(np.uint8))
    return scenes


def _photographs() -> list[tuple[Grey, bytes]]:
    """Return (picture, label) of every photograph with a label."""
    found = []
    for path in sorted(PHOTOGRAPHS.rglob("*")):
        label = path.with_suffix(".txt")
        if path.suffix in (".png", ".jpg", ".webp") and label.exists():
            grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            if grey is not None:
                found.append((grey.astype("uint8"), label.read_bytes()))
    return found


def _is(payload: bytes | str, label: bytes) -> bool:
    if isinstance(payload, str):
        return payload == label.decode("utf-8", "replace")
    if payload == label:
        return True
    text = label.decode("utf-8", "replace")
    return any(_decoded(payload, encoding) == text for encoding in _ENCODINGS)


def _decoded(payload: bytes, encoding: str) -> str | None:
    try:
        return payload.decode(encoding)
    except UnicodeDecodeError:
        return None


def _gatepost(grey: Grey) -> list[bytes | str]:
    return [found.payload for found in read_picture(grey)]


def _zxing(grey: Grey) -> list[bytes | str]:
    found = zxingcpp.read_barcodes(grey, formats=_QR, text_mode=zxingcpp.TextMode.Plain)
    return [form for code in found for form in (bytes(code.bytes), code.text)]


def _pyzbar(grey: Grey) -> list[bytes | str]:
    return [code.data for code in pyzbar.decode(grey, symbols=[pyzbar.ZBarSymbol.QRCODE])]


def _opencv(grey: Grey) -> list[bytes | str]:
    try:
        # The variant for several codes read fewer of these photographs.
        text, _, _ = _DETECTOR.detectAndDecode(grey)
    except (cv2.error, UnicodeDecodeError):  # it fails on some payloads and pictures
        return []
    return [text] if text else []


_QR = zxingcpp.barcode_formats_from_str("QRCode")
_DETECTOR = cv2.QRCodeDetector()
DECODERS: dict[str, Decoder] = {
    "gatepost": _gatepost,
    "zxing-cpp": _zxing,
    "pyzbar": _pyzbar,
    "opencv": _opencv,
}
