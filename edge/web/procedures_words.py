"""The stable codes of procedures' pages, as words in both languages."""

from edge.web.troubles import Word

# Why a procedure is changed: a list, because whoever reads the history wants to count.
WHYS = {
    "order": Word("Ordered from above", "上级要求"),
    "site": Word("Something changed here", "本处情况变化"),
    "season": Word("Opening hours or the crowd changed", "时段或人流变化"),
    "mistake": Word("A mistake is put right", "改正错误"),
    "trial": Word("To try it out", "试用"),
    "back": Word("Back to what was before", "恢复原流程"),
    "other": Word("Another reason", "其他"),
}
SOURCES = {
    "page": Word("chosen on this page", "在页面上选定"),
    "file": Word("as in the file", "按配置文件"),
    "journal": Word(
        "the last one published: its file cannot be read", "沿用最近一次发布的流程（文件读不出来）"
    ),
    "start": Word("found at a start", "启动时记入"),
}
KINDS = {
    "temperature": Word("temperature", "测温"),
    "code": Word("codes", "扫码"),
    "question": Word("questions", "询问"),
    "form": Word("register", "登记"),
    "tick": Word("one tick", "一点即可"),
    "venue": Word("venue code", "场所码"),
}
EFFECTS = {
    "ok": Word("goes on", "继续"),
    "repeat": Word("is asked again", "再问一次"),
    "hold": Word("holds: the attendant decides", "暂停，由门岗处理"),
    "turn_back": Word("turned back", "劝返"),
    "refer": Word("referred for a check", "移交"),
}
MEANINGS = {
    "": Word("as usual", "照通常办法"),
    **{name: EFFECTS[name] for name in ("hold", "turn_back", "refer")},
}
DIRECTIONS = {
    "": Word("both directions", "进出都要"),
    "in": Word("only on the way in", "仅进入时"),
    "out": Word("only on the way out", "仅离开时"),
}
STATES = {
    "missing": Word("open", "待完成"),
    "done": Word("done", "已完成"),
    "failed": Word("failed", "不通过"),
}
# What a made-up person can come with.
TEMPERATURES = {
    "normal": Word("Temperature normal", "体温正常"),
    "over": Word("Temperature over", "体温超标"),
    "low": Word("Reading too low", "读数过低"),
    "contact_normal": Word("Contact thermometer: normal", "接触式复测：正常"),
    "contact_over": Word("Contact thermometer: over", "接触式复测：超标"),
}
CODES = {
    "good": Word("valid, green", "有效、绿码"),
    "red": Word("red, or positive", "红码或阳性"),
    "expired": Word("expired", "已过期"),
    "bad": Word("not genuine", "无效"),
    "unverified": Word("the platform is silent", "平台没有答复"),
}
MOVES = {
    "temperature": Word("Temperature", "测温"),
    "code": Word("Code", "出示码"),
    "answer": Word("Answer", "回答"),
    "rest": Word("Rests, then comes back", "休息后再测"),
    "decide": Word("The attendant decides", "门岗决定"),
    "leave": Word("Walks away", "中途离开"),
}
DOS = {
    "barrier_pulse": Word("the barrier would open", "道闸会打开"),
    "voice_admit": Word("would say: pass", "会播报：请通行"),
    "voice_turn_back": Word("would say: go back", "会播报：请返回"),
    "voice_refer": Word("would say: step aside", "会播报：请到旁边"),
    "voice_wait": Word("would say: please wait", "会播报：请稍候"),
    "voice_again": Word("would say: measure again", "会播报：请再测一次"),
    "voice_rest": Word("would say: take a rest", "会播报：请休息后再测"),
    "voice_alarm": Word("would sound the alarm", "会报警"),
    "voice_say": Word("would say the step's sentence", "会播报本步骤的提示语"),
}
COMES_OUT = {
    "admit": Word("admitted", "放行"),
    "turn_back": Word("turned back", "劝返"),
    "refer": Word("referred", "移交"),
    "hold": Word("held for the attendant", "暂停，待门岗处理"),
    "unfinished": Word("a step is missing", "有步骤未完成"),
    "abandoned": Word("not finished", "未完成"),
}
ERRORS = {
    "other_version": Word(
        "Somebody else changed this procedure meanwhile. Nothing was published and nothing of yours is lost: "
        "compare both, then go on from the present one.",
        "别人刚刚改过这个流程。您的改动没有发布，也没有丢失：请先对照差异，再以现行版本为基础继续。",
    ),
    "faulty_procedure": Word(
        "The procedure has faults; the old one stays in force.", "流程有错误，没有发布；原流程继续有效。"
    ),
    "unknown_procedure": Word("There is no such procedure.", "没有这个流程。"),
    "bad_from": Word("Choose a time to come, within a year.", "生效时间必须是将来的时间，且在一年之内。"),
    "clock_untrusted": Word(
        "The clock is not set: set it first, or publish at once.", "时钟未校准：请先校时，或选择立即生效。"
    ),
}
ROWS = {
    "procedure.published": Word("procedure published", "流程发布"),
    "procedure.followed": Word("planned procedure took force", "计划的流程生效"),
}
GROUPS = {
    "procedure_why": WHYS,
    "procedure_source": SOURCES,
    "step_kind": KINDS,
    "answer_effect": EFFECTS,
    "step_meaning": MEANINGS,
    "step_direction": DIRECTIONS,
    "step_state": STATES,
    "rehearsed_temperature": TEMPERATURES,
    "rehearsed_code": CODES,
    "rehearsed_move": MOVES,
    "rehearsed_do": DOS,
    "comes_out": COMES_OUT,
}
