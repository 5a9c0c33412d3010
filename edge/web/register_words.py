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
    "register.import_undone": Word("import into a register undone", "登记册：撤销导入"),
    "register.defined": Word("what a register holds", "登记册：栏目设定"),
}
GROUPS = {
    "entry_state": STATES,
    "task_state": TASK_STATES,
    "register_step": STEPS,
    "entry_end": ENDS,
    "register_column": COLUMNS,
    "yes_no": YES_NO,
}
