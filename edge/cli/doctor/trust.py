"""What `doctor` says of the trust lists: whose codes can be believed, and from when each list is.

Reads the files beside a running gate, by the gate's own rules. Must not write.
"""

from pathlib import Path

from edge.app.trust import TrustFolder
from edge.cli.doctor.finding import Finding, fault, ok, warn
from edge.codes import times
from edge.config import Settings
from edge.domain.errors import ConfigError
from edge.domain.model import Instant

_DO = ("gatepost trust import, or ask the district", "运行 gatepost trust import 导入，或请区里下发")
_SHOW = ("gatepost trust show, then import the list again", "运行 gatepost trust show 查看，并重新导入")
CHECK = "trust"


def look(settings: Settings, now: Instant) -> list[Finding]:
    """Return a line for each list, or one that says what is wrong with all of them."""
    folder = settings.codes.trust or settings.store.path / "trust"
    if not Path(folder).is_dir():
        if settings.codes.trust is not None:
            return [fault(CHECK, (f"{folder} is not there", f"{folder} 不存在"), _DO)]
        return [_none()]
    try:
        lists = TrustFolder(folder, settings.codes.accept_test_issuers, settings.codes.max_age_days).status(
            now
        )
    except ConfigError as error:
        return [fault(CHECK, (error.faults[0], error.faults[0]), _SHOW)]
    except OSError as error:
        return [fault(CHECK, (f"{folder}: {error.strerror}", f"{folder}：{error.strerror}"), _SHOW)]
    return [_line(entry) for entry in lists] or [_none()]


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
    en = f"{entry['carrier']} as of {date}, {entry['keys']} keys{test[0]}"
    zh = f"{entry['carrier']} 截至 {date}，{entry['keys']} 个密钥{test[1]}"
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
