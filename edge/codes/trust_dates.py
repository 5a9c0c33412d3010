"""Whether the date of a list can be: nobody publishes what is of tomorrow."""

from edge.codes import times
from edge.codes.trust import DAY_US
from edge.domain.errors import ConfigError


def is_ahead(as_of_us: int | None, now_us: int) -> bool:
    """Say whether a list is dated more than a day ahead; the day is for time zones and slow clocks."""
    return as_of_us is not None and as_of_us > now_us + DAY_US


def check_not_ahead(as_of_us: int | None, now_us: int, source: str) -> None:
    """Raise ConfigError for a list dated ahead of the clock: its age could never be told."""
    if as_of_us is not None and is_ahead(as_of_us, now_us):
        raise ConfigError(
            f"{source}: as_of: {times.text(as_of_us)} lies ahead of this machine's clock "
            f"({times.text(now_us)}); check the clock and the date "
            "/ 名单日期晚于本机时间，请检查时钟和日期"
        )
