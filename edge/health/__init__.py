"""Whether the gate works, what is wrong and what to do about it, metrics, systemd's watchdog.

`/readyz` is 503 for every problem of severity `fault`: a device that is not up, a journal that cannot
be written, a card nearly full, a clock that cannot be right, and a district that cannot be reached.
The last does not stop a passage; it is listed all the same, because nothing falls away silently.
"""

from edge.health import probes
from edge.health.health import STOPPED, Health
from edge.health.notify import Notifier
from edge.health.parts import Device, Heart, Problem
from edge.health.remedies import REMEDIES, remedy

__all__ = [
    "REMEDIES",
    "STOPPED",
    "Device",
    "Health",
    "Heart",
    "Notifier",
    "Problem",
    "probes",
    "remedy",
]
