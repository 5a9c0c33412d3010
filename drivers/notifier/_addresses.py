"""Addresses that are secrets, one a line of a file: whoever has a robot's address writes to its group."""

import stat
from pathlib import Path

from edge.domain.errors import DeviceUnavailable

MOST = 32


def addresses(path: str) -> list[str]:
    """Return the lines of a file that are not empty and no comment. Raises DeviceUnavailable where it cannot
    be read or everybody may read it."""
    file = Path(path)
    try:
        if file.stat().st_mode & stat.S_IROTH:
            raise DeviceUnavailable(
                f"{path}: everybody may read it: chmod 600 / 所有人都能读：chmod 600", code="denied"
            )
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DeviceUnavailable(f"{path}: not UTF-8 / 不是 UTF-8 编码", code="denied") from error
    except OSError as error:
        raise DeviceUnavailable(f"{path}: {error.strerror} / 读不出来", code="denied") from error
    lines = [line.strip() for line in text.splitlines()]
    found = [line for line in lines if line and not line.startswith("#")]
    if not found:
        raise DeviceUnavailable(f"{path}: holds no address / 里面没有地址", code="denied")
    if len(found) > MOST:
        raise DeviceUnavailable(f"{path}: more than {MOST} addresses / 地址太多", code="denied")
    return found
