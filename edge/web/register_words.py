"""The stable codes of registers, as words in both languages."""

from edge.web.troubles import Word

STATES = {
    "open": Word("open", "未办结"),
    "ended": Word("ended", "已办结"),
    "overdue": Word("OVERDUE", "超时未办"),
    "struck": Word("a mistake, counts for nothing", "作废（误登记）"),
}
TASK_STATES = {
    "done": Word("done", "已完成"),
    "later": Word("to be done", "待办"),
    "overdue": Word("OVERDUE", "超时未办"),
}
STEPS = {
    "entered": Word("entered", "登记"),
    "amended": Word("amended", "更正"),
    "ended": Word("ended", "办结"),
}
ENDS = {
    "recorded": Word("the record is complete", "记录归档"),
    "mistake": Word("a mistake", "误登记"),
}
COLUMNS = {
    "at": Word("Time", "时间"),
    "lane": Word("Lane", "通道"),
    "temperature": Word("Temperature", "体温"),
    "outcome": Word("Outcome", "处置结果"),
    "no": Word("No.", "编号"),
    "state": Word("State", "状态"),
}
YES_NO = {"yes": Word("yes", "是"), "no": Word("no", "否")}
ROWS = {
    "register.entered": Word("entered in a register", "登记册：登记"),
    "register.amended": Word("entry of a register amended", "登记册：更正"),
    "register.ended": Word("entry of a register ended", "登记册：办结"),
    "import.begun": Word("import into a register begun", "登记册：开始导入"),
    "import.ended": Word("import into a register over", "登记册：导入结束"),
    "register.import_undone": Word("import into a register undone", "登记册：撤销导入"),
    "register.defined": Word("what a register holds", "登记册：栏目设定"),
}
# Figures of the daily report: of registers that ship by name, of a site's own by kind and code.
KINDS = {
    "stock": Word("Left in stock", "结存"),
    "visits": Word("Visits of inspections", "检查家次"),
    "places": Word("Places inspected", "检查家数"),
    "findings": Word("Findings", "发现问题"),
    "fixed": Word("Put right at once", "现场整改"),
    "findings_open": Word("Places with findings still open", "未整改家次"),
    "open": Word("Open entries", "未办结"),
    "overdue": Word("Overdue entries", "超时未办"),
    "tasks": Word("Tasks of the day", "当日事项"),
}
# Registers that no definition describes, beside those of people and things.
NAMES = {
    "duty": Word("Shift sheet", "值班表"),
    "signin": Word("Signing in", "到岗签到"),
    "handover": Word("Hand-over notes", "交接班记录"),
    "training": Word("Training", "培训记录"),
    "readiness": Word("Readiness of the post", "开岗检查"),
    "incidents": Word("Incidents", "突发事件"),
    "visits": Word("Links for visitors", "访客预约链接"),
    "employers": Word("Employers", "用人单位"),
    "census": Word("Census rounds", "摸排轮次"),
}
PARTS = {
    "short": Word("that are short", "不足（种）"),
    "done": Word("done", "已完成"),
    "missed": Word("missed", "未完成"),
}
FIGURES = {
    "visits.inspection": Word("Visits of inspections", "督导检查家次"),
    "places.inspection": Word("Places inspected", "督导检查家数"),
    "findings.inspection": Word("Findings of inspections", "检查发现问题"),
    "fixed.inspection": Word("of these put right at once", "其中现场整改"),
    "findings_open.inspection": Word("Inspections with findings still open", "检查未整改"),
    "open.notices": Word("Notices received, not done", "收文未办结"),
    "overdue.notices": Word("Notices received, overdue", "收文超时未办"),
    "open.traces": Word("Trace requests, open", "流调请求未办结"),
    "overdue.traces": Word("Trace requests, overdue", "流调请求超时"),
    "overdue.inspection": Word("Inspections to be repeated, overdue", "到期未复查"),
    "open.inspection": Word("Inspections to be repeated", "待复查"),
    "tasks.isolated.done": Word("Isolated households, tasks done", "居家隔离户五个每日，已完成"),
    "tasks.isolated.missed": Word("Isolated households, tasks missed", "居家隔离户五个每日，未完成"),
    "tasks.disinfection.done": Word("Disinfections done", "消毒，已完成"),
    "tasks.disinfection.missed": Word("Disinfections missed", "消毒，未完成"),
    "stock.supplies.short": Word("Supplies that are short", "防疫物资不足（种）"),
    "stock.supplies.mask": Word("Masks left", "口罩结存（只）"),
    "stock.supplies.alcohol": Word("Alcohol left", "酒精结存（瓶）"),
    "stock.supplies.disinfectant": Word("Disinfectant left", "消毒液结存（瓶）"),
}
GROUPS = {
    "entry_state": STATES,
    "task_state": TASK_STATES,
    "register_step": STEPS,
    "entry_end": ENDS,
    "register_column": COLUMNS,
    "register_part": PARTS,
    "yes_no": YES_NO,
}
