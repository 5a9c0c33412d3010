"""Photographs of codes: how many are read and in what time, against the peers, in the same run.

The labelled photographs beside the project are read by our stages, zxing-cpp as shipped, pyzbar as
shipped and OpenCV's detector, one photograph after another by each of them in every order, so that
load and caches hit all alike. Times are processor time of the thread. Read means: the bytes are the
label's, or they are its text in a usual encoding; text that a peer returns must equal the label's.
"""

import time
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path

import cv2
import zxingcpp
from pyzbar import pyzbar

from drivers.scanner._decode import Grey, read_picture

PHOTOGRAPHS = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "qr"
_ENCODINGS = ("utf-8", "shift_jis", "gb18030", "latin-1")

Decoder = Callable[[Grey], list[bytes | str]]


def rows(rounds: int = 3) -> Iterator[dict[str, object]]:
    """Yield one row per figure and peer; none where the photographs are not beside the project."""
    photographs = _photographs()
    if not photographs:
        return
    read = dict.fromkeys(DECODERS, 0)
    spent = dict.fromkeys(DECODERS, 0.0)
    names = list(DECODERS)
    orders = list(permutations(names))
    for number, (grey, label) in enumerate(photographs):
        for round_ in range(rounds):
            # Every order in turn: who comes after OpenCV finds the caches full of something else.
            for name in orders[(number * rounds + round_) % len(orders)]:
                start = time.thread_time()
                payloads = DECODERS[name](grey)
                spent[name] += time.thread_time() - start
                read[name] += round_ == 0 and any(_is(payload, label) for payload in payloads)
    count = len(photographs)
    for peer in names[1:]:
        yield _row("qr_photographs_read", "photographs", peer, (read["gatepost"], read[peer]), count)
    for peer in names[1:]:
        ours, theirs = (round(spent[name] / count / rounds * 1000, 3) for name in ("gatepost", peer))
        yield _row("qr_cpu_per_photograph", "ms", peer, (ours, theirs), count)


def _row(name: str, unit: str, peer: str, values: tuple[float, float], count: int) -> dict[str, object]:
    ours, theirs = values
    return {
        "name": name,
        "value": ours,
        "unit": unit,
        "peer": peer,
        "peer_value": theirs,
        "ratio": round(ours / theirs, 3) if theirs else None,
        "n": count,
    }


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
