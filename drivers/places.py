"""By which names the place of a configured device is known, so that what was found out about a device is
found again when it is configured in another order or under another name of the same socket.

Reads sysfs and the links in /dev. Must not open a device.
"""

import re
from pathlib import Path

from drivers._adapters import Adapters

# Whoever comes first gets the number: such a name says nothing of the device behind it.
_CHANCE = re.compile(r"/dev/(tty(USB|ACM)\d+|pts/\d+)")


def places(port: str, address: object, adapters: Adapters, *, by_id: Path) -> tuple[str, ...]:
    """Return the lasting names of a port, the configured one first; none where it has only a name by
    chance and nothing is plugged in behind it. `address` tells several on one bus apart."""
    names = [] if not port or _CHANCE.fullmatch(port) else [port]
    adapter = adapters.at(port) if port.startswith("/") else None
    if adapter is not None:
        names += adapters.lasting_names(adapter)
        if adapter.serial:  # without a number of its own the link may be another adapter's
            names += [str(link) for link in sorted(by_id.glob("*")) if adapters.at(str(link)) == adapter]
    suffix = "" if address is None else f"#{address}"
    return tuple(dict.fromkeys(f"{name}{suffix}" for name in names))
