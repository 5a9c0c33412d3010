"""A gate without devices, as a process that can be killed: writes rows, sends them, ends when told.

`python -m tests.district.gatekeeper STORE URL TOKEN COUNT`: appends until the journal holds COUNT rows,
then keeps sending until killed.
"""

import sys
import threading
import time
from pathlib import Path
from typing import Any

from edge.bell import Bell
from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal, Row, State
from edge.uplink import Options, Uplink
from tests.district.desk import GATE


def now() -> Instant:
    return Instant(time.monotonic_ns() // 1000, time.time_ns() // 1000, ClockQuality.SYNCED)


def main(store: Path, url: str, token: str, count: int) -> None:
    journal, state, bell, stop = Journal.open(store), State.open(store), Bell(), threading.Event()
    journal.start_boot()

    def append(kind: str, body: Any) -> None:
        journal.append(Row(kind, now(), body))
        bell.ring()

    uplink = Uplink(
        reader=journal.reader,
        unseal=journal.unseal,
        state=state,
        append=append,
        options=Options(url, token, every_s=0.05, heartbeat_s=1.0, back_off_s=0.1, back_off_max_s=0.5),
        gate_id=GATE,
        incarnations=lambda: journal.incarnations,
        bell=bell,
        now=now,
    )
    threading.Thread(target=uplink.run, args=(stop,), name="uplink", daemon=True).start()
    reader = journal.reader()
    number = reader.head()
    while number < count:
        body = {"device": "scanner", "name": f"n{number}", "code": "lost"}
        kind = "device.lost" if number % 50 == 0 else "clock.corrected"
        append(kind, body if kind == "device.lost" else {"from_us": number, "to_us": 2, "quality": "synced"})
        number = reader.head()
        time.sleep(0.001)
    stop.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
