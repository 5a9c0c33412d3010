"""What `doctor` learns of the platforms: is there a driver, can its secret be read, does anybody answer at
its address. Nobody's code is asked about."""

from pathlib import Path
from urllib.parse import urlsplit

from edge.cli.doctor.finding import Finding, fault, ok, warn
from edge.cli.doctor.surroundings import WHY, Reach, Trusting
from edge.config import Drivers, Settings
from edge.domain.errors import DeviceUnavailable
from edge.health import remedy


def look(
    settings: Settings, drivers: Drivers, reach: Reach, trusting: Trusting | None = None
) -> list[Finding]:
    """Return one finding for each platform; one with certificates of its own is asked by `trusting` them."""
    found = []
    for table in settings.platform:
        driver = drivers.load("verifier", table.verifier)
        own = getattr(getattr(driver, "options", None), "ca_file", "")
        found.append(_looked(table.name, driver, trusting(Path(own)) if own and trusting else reach))
    return found


def _looked(name: str, driver: object, reach: Reach) -> Finding:
    check = f"verifier {name}"
    if getattr(driver, "name", "none") == "none":
        nobody = ("nobody to ask; the attendant looks at the phone", "没有配置查询接口，由门岗看手机")
        return warn(check, nobody, ("write [platform.verifier]", "请写 [platform.verifier]"))
    try:
        driver.connect().close()  # type: ignore[attr-defined]
    except DeviceUnavailable as error:
        words = remedy(f"platform_{error.code}")
        what = (f"{words.title.en}: {error}", f"{words.title.zh}：{error}")
        return fault(check, what, (words.do.en, words.do.zh))
    url = getattr(driver.options, "url", "")  # type: ignore[attr-defined]
    if not url:
        return ok(check, "simulated, on this machine", "本机模拟")
    where, answer = urlsplit(url).netloc, reach(url.replace("{", "").replace("}", ""))
    if isinstance(answer, str):
        why, do = WHY.get(answer, ((answer, answer), ("check the network", "检查网络")))
        return fault(check, (f"{where}: {why[0]}", f"{where}：{why[1]}"), do)
    # Any answer will do: a platform that is asked by POST refuses to be looked at otherwise.
    return ok(check, f"{where} answers", f"{where} 有应答")
