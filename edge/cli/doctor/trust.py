"""What `doctor` says of the trust lists: whose codes can be believed, and from when each list is.

Reads the files beside a running gate, by the gate's own rules. Must not write, and never fails.
"""

from pathlib import Path

from edge.app.trust import RULES, TrustFolder
from edge.cli.doctor.finding import Finding, fault, ok, warn
from edge.codes import times
from edge.config import Settings
from edge.domain.errors import ConfigError
from edge.domain.model import Instant

_DO = ("gatepost trust import, or ask the district", "运行 gatepost trust import 导入，或请区里下发")
_SHOW = (
    "gatepost trust show, then import the list again, mend the link or take the file away",
    "运行 gatepost trust show 查看，然后重新导入、修好链接或移走该文件",
)
CHECK = "trust"


def look(settings: Settings, now: Instant) -> list[Finding]:
    """Return a line for each list, or one for everything that is wrong with them."""
    folder = settings.codes.trust or settings.store.path / "trust"
    try:
        if not _is_there(folder):
            return [_missing(folder) if settings.codes.trust is not None else _none()]
        lists = TrustFolder(folder, settings.codes.accept_test_issuers, settings.codes.max_age_days).status(
            now
        )
    except PermissionError:
        what = (f"{folder} is there, not for this account", f"{folder} 存在，当前用户无权读取")
        return [ok(CHECK, *what)]
    except ConfigError as error:
        return [_broken(line) for line in error.faults]
    except OSError as error:
        return [_broken(f"{folder}: {error.strerror or error}")]
    return [_line(entry) for entry in lists] or [_none()]


def _is_there(folder: Path) -> bool:
    try:
        folder.stat()  # not is_dir, which says no to whatever it does not understand
    except (FileNotFoundError, NotADirectoryError):
        return folder.is_symlink()  # a link to nowhere is a fault of its own
    return True


def _missing(folder: Path) -> Finding:
    return fault(CHECK, (f"{folder} is not there", f"{folder} 不存在"), _DO)


def _broken(line: str) -> Finding:
    return fault(CHECK, (line, f"信任名单文件有问题：{line}"), _SHOW)


def _none() -> Finding:
    what = (
        "no trust lists: no signed code can be believed",
        "没有信任名单：有签名的码一律不能核验",
    )
    return ok(CHECK, *what)


def _line(entry: dict[str, object]) -> Finding:
    as_of = entry["as_of_us"]
    date = times.text(as_of)[:10] if isinstance(as_of, int) else "?"
    test = (", TEST issuer", "，测试机构") if entry["test"] else ("", "")
    what = ("rules", "条规则") if entry["carrier"] == RULES else ("keys", "个密钥")
    en = f"{entry['carrier']} as of {date}, {entry['keys']} {what[0]}{test[0]}"
    zh = f"{entry['carrier']} 截至 {date}，{entry['keys']} {what[1]}{test[1]}"
    match entry["state"]:
        case "old":
            return fault(
                CHECK, (f"{en}: too old, its codes are not verified", f"{zh}：太旧，这类码不再核验"), _DO
            )
        case "ageing":
            return warn(CHECK, (f"{en}: soon too old", f"{zh}：即将过期"), _DO)
        case "undated":
            return warn(CHECK, (f"{en}: does not say from when it is", f"{zh}：没有日期"), _DO)
    return warn(CHECK, (en, zh), _SHOW) if entry["test"] else ok(CHECK, en, zh)
