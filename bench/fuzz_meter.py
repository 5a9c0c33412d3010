"""Counts the work the readers of codes do for one input: what a stranger's code may ask of a gate.

The functions that do the work are wrapped while a meter runs: every CBOR item, JSON value, protobuf
number and rule step is a call, every byte that is inflated is counted where it comes out, every
signature where it is checked. CAPS says how much there may be of each for one input.
"""

import json
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from edge.codes import (
    canonical_json,
    cbor,
    certlogic,
    certlogic_check,
    hc1,
    jws,
    one_zip,
    protobuf,
    rdf_canon,
    shc,
    signature,
    vds_nc,
    vds_nc_chain,
)

INFLATED = "bytes inflated"
CBOR_ITEMS = "CBOR items"
JSON_VALUES = "JSON values"
CANONICAL = "canonical JSON values"
NUMBERS = "protobuf numbers"
PATHS = "RDF paths"
STEPS = "CertLogic steps"
SIGNATURES = "signatures tried"

# A compact JWS has two JSON texts, and its header is looked at once more to recognise it. A text whose
# marks are counted holds at most twice as many values: each bracket is one, and may hold a first one.
_OF_JSON = 3 * (2 * jws.MAX_JSON_ITEMS + 1)
CAPS: dict[str, int] = {
    # One byte more than is allowed tells that there are more; what is allowed may be unpacked once more,
    # to see whether bits are left over behind it.
    INFLATED: 2 * max(hc1.MAX_INFLATED, shc.MAX_INFLATED) + 1,
    CBOR_ITEMS: 3 * (cbor.MAX_ITEMS + 1),  # the envelope, its header, its body
    JSON_VALUES: _OF_JSON,
    CANONICAL: jws.MAX_JSON_ITEMS + 1,
    NUMBERS: 2 * 2 * protobuf.MAX_FIELDS,  # tag and value of each, in the message and the one within
    PATHS: 2 * rdf_canon.MAX_PATHS,  # the certificate and its proof
    # Looking for faults and evaluating have a budget each, and each is overdrawn by one step at most.
    STEPS: certlogic.MAX_STEPS + 1 + certlogic_check.MAX_NODES + 1,
    SIGNATURES: signature.MAX_KEYS_TRIED + 1,  # of a seal, then of the certificate that made it
}

_CALLS: tuple[tuple[Any, str, str], ...] = (
    (cbor._Reader, "item", CBOR_ITEMS),
    (canonical_json._Writer, "pieces", CANONICAL),
    (protobuf, "_varint", NUMBERS),
    (rdf_canon._Namer, "_path", PATHS),
    (signature, "verify", SIGNATURES),
    (vds_nc, "_check_signature", SIGNATURES),
    (vds_nc_chain, "_issued", SIGNATURES),
)


class Meter:
    """The work of the input that is being read, and the most that any input needed."""

    def __init__(self) -> None:
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()

    def next_input(self) -> None:
        """Close the account of an input; begin the next one."""
        for work, count in self.now.items():
            self.most[work] = max(self.most[work], count)
        self.now.clear()

    def over(self) -> list[str]:
        """Return which kinds of work of this input are above their caps."""
        return [work for work, count in self.now.items() if count > CAPS[work]]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count inside the block."""
        with ExitStack() as after:
            for owner, name, work in _CALLS:
                _swap(after, owner, name, self._counted(getattr(owner, name), work))
            _swap(after, certlogic.Budget, "spend", self._spending(certlogic.Budget.spend))
            _swap(after, jws, "json", _Json(self.now))
            for module in (hc1, shc, one_zip):
                _swap(after, module, "zlib", _Zlib(self.now))
            yield

    def _counted(self, function: Any, work: str) -> Any:
        now = self.now

        def call(*arguments: Any) -> Any:
            now[work] += 1
            return function(*arguments)

        return call

    def _spending(self, spend: Any) -> Any:
        now = self.now

        def call(budget: Any, steps: int = 1) -> None:
            # Where the budget is overdrawn the rest of the steps is not taken.
            now[STEPS] += min(steps, max(0, budget.left) + 1)
            spend(budget, steps)

        return call


class _Json:
    """The standard library's module, counting the values it makes."""

    def __init__(self, now: Counter[str]) -> None:
        self._now = now

    def __getattr__(self, name: str) -> Any:
        return getattr(json, name)

    def loads(self, text: str, **how: Any) -> Any:
        found = json.loads(text, **how)
        waiting = [found]
        while waiting:
            value = waiting.pop()
            self._now[JSON_VALUES] += 1
            if isinstance(value, dict):
                waiting += value.values()
            elif isinstance(value, list):
                waiting += value
        return found


class _Zlib:
    """The standard library's module, counting the bytes that come out."""

    def __init__(self, now: Counter[str]) -> None:
        self._now = now

    def __getattr__(self, name: str) -> Any:
        # Whatever inflates in one go has no limit at all.
        assert name != "decompress", "inflated without a limit"
        return getattr(zlib, name)

    def decompressobj(self, *arguments: Any, **how: Any) -> "_Reader":
        return _Reader(zlib.decompressobj(*arguments, **how), self._now)


class _Reader:
    def __init__(self, reader: Any, now: Counter[str]) -> None:
        self._reader = reader
        self._now = now

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def decompress(self, *arguments: Any) -> bytes:
        found: bytes = self._reader.decompress(*arguments)
        self._now[INFLATED] += len(found)
        return found


def _swap(after: ExitStack, owner: Any, name: str, other: Any) -> None:
    after.callback(setattr, owner, name, getattr(owner, name))
    setattr(owner, name, other)
