"""The whole gate at another hour: `python -m tests.system.day_gate run …` is `gatepost run …` by a clock that
is so many seconds off the machine's. The seconds stand in the file `clock-off-s` beside the configuration."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

OFF = "clock-off-s"


def off_ns(folder: Path) -> int:
    """Return how far a folder's clock is off, in nanoseconds."""
    return int((folder / OFF).read_text("ascii")) * 1_000_000_000


def wall_ns(folder: Path) -> Callable[[], int]:
    """Return the wall clock of a folder."""
    off, real = off_ns(folder), time.time_ns
    return lambda: real() + off


def main() -> None:
    """Run the gate."""
    folder = Path(sys.argv[sys.argv.index("--config") + 1]).parent
    own = wall_ns(folder)
    # Before anything of the gate takes the function for its own.
    time.time_ns = own
    time.time = lambda: own() / 1e9

    from edge.cli import main as gatepost

    gatepost()


if __name__ == "__main__":
    main()
