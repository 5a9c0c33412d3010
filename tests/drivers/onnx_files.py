"""Small ONNX models made for the tests: the mean colour of a picture decides. Protocol Buffers by hand."""

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

BLUE, RED, GREY = (200, 30, 30), (30, 30, 200), (120, 120, 120)

_VARINT, _BYTES = 0, 2
_FLOAT, _INT64 = 1, 7
_OF_FLOAT, _OF_INT = 1, 2  # AttributeProto.type


def colour_model(path: Path, *, outputs: int = 2, sharp: float = 20.0) -> Path:
    """Write a model whose first output says how blue a picture is against red, of 0 to 1 each: in BGR, blue
    stands for a mask. With one output it is that share alone (a sigmoid), with more a softmax."""
    rows = [[sharp, *[0.0] * (outputs - 1)], [0.0] * outputs, [-sharp, *[0.0] * (outputs - 1)]]
    weights = [value for row in rows for value in row]
    last = "Sigmoid" if outputs == 1 else "Softmax"
    nodes = [
        _node("GlobalAveragePool", ["picture"], ["pooled"]),
        _node("Flatten", ["pooled"], ["colour"], _attribute("axis", 1)),
        _node("Gemm", ["colour", "weights", "bias"], ["sums"]),
        _node(last, ["sums"], ["share"], *([] if outputs == 1 else [_attribute("axis", 1)])),
    ]
    graph = b"".join(_field(1, node) for node in nodes)
    graph += _field(2, b"colour")
    graph += _field(5, _tensor("weights", [3, outputs], weights))
    graph += _field(5, _tensor("bias", [outputs], [0.0] * outputs))
    graph += _field(11, _value("picture", [1, 3, 32, 32])) + _field(12, _value("share", [1, outputs]))
    opset = _field(1, b"") + _number(2, 13)
    path.write_bytes(_number(1, 7) + _field(2, b"tests") + _field(7, graph) + _field(8, opset))
    return path


def coloured(bgr: Sequence[int], seed: int = 0) -> npt.NDArray[np.uint8]:
    """Return a 320x240 picture of one colour, with a little noise."""
    noise = np.random.default_rng(seed).normal(0, 3, (240, 320, 3))
    return np.clip(np.array(bgr) + noise, 0, 255).astype(np.uint8)


def _node(kind: str, inputs: Sequence[str], outputs: Sequence[str], *attributes: bytes) -> bytes:
    found = b"".join(_field(1, name.encode()) for name in inputs)
    found += b"".join(_field(2, name.encode()) for name in outputs)
    found += _field(3, outputs[0].encode()) + _field(4, kind.encode())
    return found + b"".join(_field(5, one) for one in attributes)


def _attribute(name: str, value: int) -> bytes:
    return _field(1, name.encode()) + _number(3, value) + _number(20, _OF_INT)


def _tensor(name: str, shape: Sequence[int], values: Sequence[float]) -> bytes:
    found = b"".join(_number(1, size) for size in shape) + _number(2, _FLOAT)
    return found + _field(8, name.encode()) + _field(9, struct.pack(f"<{len(values)}f", *values))


def _value(name: str, shape: Sequence[int]) -> bytes:
    sizes = b"".join(_field(1, _number(1, size)) for size in shape)
    kind = _field(1, _number(1, _FLOAT) + _field(2, sizes))
    return _field(1, name.encode()) + _field(2, kind)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3 | _VARINT) + _varint(value)


def _field(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | _BYTES) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])
