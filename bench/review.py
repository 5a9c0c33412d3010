"""The review page of fifty over a million passages: the whole gate, logged in, over HTTP on loopback.

The peer is the smallest page of the same server, asked turn and turn about: what the server, the
session and the connection cost without the passages.
"""

import random
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import urllib3

from bench.figures import figure, p95
from bench.journal import MILLION, million_cached, number_of
from tests.system.faults import QUICK
from tests.system.processes import PASSWORD, Gate

PAGES = 60


def rows() -> Iterator[dict[str, Any]]:
    """Yield milliseconds a page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(million_cached(), folder / "store")
        gate = Gate(folder, extra=QUICK, scanner="")
        gate.start()
        try:
            yield from _measure(gate)
        finally:
            gate.end()


def _measure(gate: Gate) -> Iterator[dict[str, Any]]:
    with urllib3.PoolManager(1, retries=False) as pool:
        cookie = _log_in(pool, gate.url)
        ask = partial(_ask, pool, cookie)
        rng = random.Random(9)
        for name, query in (("all", ""), ("refer", "&outcome=refer"), ("lane", "&lane=in")):
            ours, peer = [], []
            for _ in range(PAGES):
                place = number_of(rng.randrange(MILLION // 10, MILLION))
                ours.append(ask(f"{gate.url}/review/passages?before={place}{query}", 51))
                peer.append(ask(f"{gate.url}/review/devices", 0))
            yield figure(
                f"review.page50_{name}_p50",
                statistics.median(ours),
                "ms",
                peer="the devices page",
                peer_value=statistics.median(peer),
                n=PAGES,
            )
            yield figure(
                f"review.page50_{name}_p95",
                p95(ours),
                "ms",
                peer="the devices page",
                peer_value=p95(peer),
                n=PAGES,
            )


def _log_in(pool: urllib3.PoolManager, url: str) -> str:
    """Return the cookies of a manager's session."""
    first = pool.request("GET", f"{url}/login")
    token = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', first.data)
    assert token, "the log-in page has no token"
    fields = {"account": "boss", "secret": PASSWORD, "csrf_token": token[1].decode()}
    answer = pool.request(
        "POST",
        f"{url}/login",
        fields=fields,
        encode_multipart=False,
        headers={"cookie": _cookies(first)},
        redirect=False,
    )
    assert answer.status in (302, 303), answer.status
    return _cookies(answer)


def _cookies(answer: urllib3.BaseHTTPResponse) -> str:
    return "; ".join(line.split(";")[0] for line in answer.headers.getlist("set-cookie"))


def _ask(pool: urllib3.PoolManager, cookie: str, url: str, least_rows: int) -> float:
    began = time.perf_counter()
    answer = pool.request("GET", url, headers={"cookie": cookie}, redirect=False)
    took = (time.perf_counter() - began) * 1e3
    assert answer.status == 200, answer.status
    assert answer.data.count(b"<tr") >= least_rows, "not a whole page"
    return took
