"""What is wrong with procedures: the probe, and in words what to do. Must not read a procedure itself."""

from collections.abc import Callable, Mapping, Sequence

from edge.config.words import Text
from edge.health.parts import Problem

PROCEDURES: Mapping[str, tuple[Text, Text]] = {
    "procedure_refused": (
        Text("A procedure was refused; the old one stays in force", "流程文件被拒收，原流程继续有效"),
        Text(
            "`gatepost config check` names every fault of the file; mend it and restart, or publish another "
            "on the page Procedures.",
            "运行 gatepost config check 查看文件里的全部错误，改好后重启；或在“流程”页面发布新的流程。",
        ),
    ),
}


def refused(lanes: Callable[[], Sequence[tuple[str, Sequence[str]]]]) -> Callable[[], Problem | None]:
    """Return a probe of the texts that were passed over at the start, by lane."""

    def look() -> Problem | None:
        faulty = [f"{lane}: {faults[0]}" for lane, faults in lanes() if faults]
        return Problem("procedure_refused", "; ".join(faulty), "warning") if faulty else None

    return look
