"""What `doctor` says of the procedures: which one each lane follows, where that was settled, what is planned,
and what is wrong with the file behind it. Must not write."""

from pathlib import Path

from edge import procedures
from edge.app.following import of_file
from edge.cli.doctor.finding import Finding, ok, warn
from edge.cli.procedures import Settled, on_pages, settled
from edge.codes import times
from edge.config import Settings
from edge.domain.errors import ConfigError

CHECK = "procedure"
_DO = (
    "mend the file (`gatepost config check` names every fault), then restart",
    "改好该文件（gatepost config check 会列出全部错误），然后重启",
)


def look(settings: Settings, config_folder: Path) -> list[Finding]:
    """Return a line for each lane, and one for each file that cannot be followed."""
    found = on_pages(settings)
    lines: list[Finding] = []
    for lane in settings.lane:
        page = settled(found, lane.name)
        if page is not None:
            lines.append(_page(lane.name, page))
            continue
        path = procedures.find(lane.procedure, procedures.folders(config_folder))
        en = f"lane {lane.name} follows {lane.procedure} as in the file {path}"
        lines.append(ok(CHECK, en, f"通道 {lane.name} 按文件 {path} 执行流程 {lane.procedure}"))
    for name in dict.fromkeys(lane.procedure for lane in settings.lane):
        try:
            of_file(name, config_folder, name)
        except ConfigError as error:
            lines += [warn(CHECK, (line, f"流程文件有误：{line}"), _DO) for line in error.faults]
    return lines


def _page(lane: str, page: Settled) -> Finding:
    en = f"lane {lane} follows {page.name} {page.version}, chosen on the page by {page.by}, over the file"
    zh = f"通道 {lane} 执行 {page.name} {page.version}，由 {page.by} 在页面上选定，优先于文件"
    if page.planned is not None and page.planned_us is not None:
        when = times.text(page.planned_us)
        en, zh = f"{en}; from {when} on {page.planned}", f"{zh}；{when} 起改为 {page.planned}"
    return ok(CHECK, en, zh)
