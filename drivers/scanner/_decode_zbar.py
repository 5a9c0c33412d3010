"""libzbar through pyzbar's bindings: QR only, payload bytes as they are in the symbol.

`pyzbar.decode` returns text that zbar has guessed an encoding for: GBK becomes other Chinese
characters, Latin-1 and binary are rewritten. Since 0.23.1 zbar can be told to leave the bytes
alone (ZBAR_CFG_BINARY), which pyzbar does not offer; so we make its calls ourselves. With an older
library only what no guess can have changed is accepted. Must not be imported by the gate's own
process: zbar has crashed on damaged pictures before.
"""

import ctypes
import functools
import logging
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

_log = logging.getLogger(__name__)

# zbar.h; pyzbar's own enumerations end before BINARY.
_ALL_SYMBOLOGIES = 0
_QRCODE = 64
_CFG_ENABLE = 0
_CFG_BINARY = 4
_Y800 = int.from_bytes(b"Y800", "little")


def read_zbar(grey: npt.NDArray[np.uint8]) -> list[bytes]:
    """Return the payloads of the QR codes zbar sees in a grey picture; none without libzbar."""
    zbar = _library()
    if zbar is None:
        return []
    scanner = zbar.zbar_image_scanner_create()
    try:
        zbar.zbar_image_scanner_set_config(scanner, _ALL_SYMBOLOGIES, _CFG_ENABLE, 0)
        zbar.zbar_image_scanner_set_config(scanner, _QRCODE, _CFG_ENABLE, 1)
        exact = zbar.zbar_image_scanner_set_config(scanner, _QRCODE, _CFG_BINARY, 1) == 0
        return [p for p in _scan(zbar, scanner, grey) if exact or _unmistakable(p)]
    finally:
        zbar.zbar_image_scanner_destroy(scanner)


def _scan(zbar: Any, scanner: Any, grey: npt.NDArray[np.uint8]) -> list[bytes]:
    height, width = grey.shape
    pixels = grey.tobytes()
    image = zbar.zbar_image_create()
    try:
        zbar.zbar_image_set_format(image, _Y800)
        zbar.zbar_image_set_size(image, width, height)
        zbar.zbar_image_set_data(
            image, ctypes.cast(ctypes.c_char_p(pixels), ctypes.c_void_p), len(pixels), None
        )
        zbar.zbar_scan_image(scanner, image)
        payloads = []
        symbol = zbar.zbar_image_first_symbol(image)
        while symbol:
            length = zbar.zbar_symbol_get_data_length(symbol)
            payloads.append(ctypes.string_at(zbar.zbar_symbol_get_data(symbol), length))
            symbol = zbar.zbar_symbol_next(symbol)
        return payloads
    finally:
        zbar.zbar_image_destroy(image)


def _unmistakable(payload: bytes) -> bool:
    """Printable ASCII reads the same in every encoding zbar guesses between."""
    return payload.isascii() and payload.decode("ascii").isprintable()


@functools.cache
def _library() -> ModuleType | None:
    try:
        from pyzbar import wrapper
    except ImportError as error:
        _log.warning("without the last decoder: libzbar cannot be loaded (%s)", error)
        return None
    else:
        assert isinstance(wrapper, ModuleType)
        return wrapper
