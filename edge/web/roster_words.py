"""The stable codes of the registers and of imports, as words in both languages."""

from edge.registers import people, regions, vehicles, watch
from edge.registers.all_kinds import KINDS
from edge.web.troubles import Word

REGISTERS = {name: Word(kind.en, kind.zh) for name, kind in KINDS.items()}
FIELDS = {one.name: Word(one.en, one.zh) for kind in KINDS.values() for one in kind.fields}
FIELDS |= {
    "released_by": Word("release confirmed by", "确认解除的单位"),
    "signed": Word("signed by", "签字人"),
}
FIELDS |= {"list": Word("list", "名单类别"), "home": Word("home", "住址"), "name": Word("name", "姓名")}
CATEGORIES = {
    "resident": Word("resident", "居民"),
    "tenant": Word("tenant", "租户"),
    "staff": Word("staff", "从业人员"),
    "visitor": Word("visitor", "来访人员"),
    "outsider": Word("from outside", "外来人员"),
    "returnee": Word("returnee", "返城人员"),
    "from_abroad": Word("from abroad", "境外来返人员"),
    "resumed_worker": Word("back at work", "复工复产人员"),
    "courier": Word("courier", "快递配送"),
    "other": Word("other", "其他"),
    # Of passes, which say it in words of their own.
    "worker": Word("worker", "务工人员"),
    "delivery": Word("delivery", "配送"),
}
RELATIONS = {
    "head": Word("head of the household", "户主"),
    "spouse": Word("spouse", "配偶"),
    "child": Word("child", "子女"),
    "parent": Word("parent", "父母"),
    "family": Word("family", "家属"),
    "lodger": Word("shares the flat", "合租同住"),
    "carer": Word("carer", "保姆、护工"),
    "other": Word("other", "其他"),
}
LOCATED = {
    "here": Word("here already", "已在本地"),
    "away": Word("not here yet", "未到本地"),
}
LEVELS = {
    "listed": Word("listed region", "重点管控地区"),
    "high": Word("high risk", "高风险"),
    "medium": Word("medium risk", "中风险"),
    "low": Word("low risk", "低风险"),
}
LISTS = {
    "isolated": Word("isolated at home", "居家隔离人员"),
    "observed": Word("observed at home", "居家观察人员"),
    "contact": Word("close contact", "密切接触者"),
    "contact_returned": Word("returned after contact with a source", "密切接触传染源后返家人员"),
    "confirmed": Word("confirmed", "确诊人员"),
    "suspected": Word("suspected", "疑似人员"),
    "asymptomatic": Word("infected without symptoms", "无症状感染者"),
    "repositive": Word("positive again", "复阳人员"),
    "recovered": Word("recovered, at home", "治愈出院、康复居家人员"),
    "other": Word("other", "其他"),
}
OUTCOMES = {
    "hold": Word("hold and verify", "拦下核实"),
    "turn_back": Word("turn back", "劝返"),
    "refer": Word("refer", "移交"),
}
VEHICLE_KINDS = {
    "car": Word("car", "小型汽车"),
    "new_energy": Word("new energy", "新能源车"),
    "truck": Word("truck", "货车"),
    "bus": Word("bus", "客车"),
    "taxi": Word("taxi", "出租车"),
    "motorcycle": Word("motorcycle", "摩托车"),
    "emergency": Word("emergency", "特种车"),
    "other": Word("other", "其他"),
}
# Why a line is rejected; `{}` is the line it is double with.
FAULTS = {
    "missing": Word("is missing", "未填写"),
    "too_long": Word("is longer than 120 characters", "超过 120 个字"),
    "control": Word("holds signs that cannot be printed", "含有不可显示的字符"),
    "excel_number": Word(
        "was turned into a rounded number (1.38E+10) by the spreadsheet: enter it again as text",
        "被表格软件变成了科学计数（如 1.38E+10），请按文本格式重新填写",
    ),
    "lost_zero": Word(
        "lost its leading zero in the spreadsheet: enter it again as text",
        "开头的 0 被表格软件去掉了，请按文本格式重新填写",
    ),
    "id_checksum": Word("has a wrong check digit: one figure is mistyped", "校验码不符，有一位写错了"),
    "id_birth": Word("holds a date of birth that does not exist", "其中的出生日期不存在"),
    "id_length": Word("has neither 18 nor 15 figures", "位数不是 18 位或 15 位"),
    "id_form": Word("is no number of a document", "不是证件号码"),
    "phone_form": Word("is no phone number", "不是电话号码"),
    "phone_two": Word("holds two numbers: keep one", "填了两个号码，请只留一个"),
    "plate_form": Word("is no number plate", "不是车牌号"),
    "plate_letter": Word("has a letter I or O, which plates do not use", "车牌不使用字母 I、O，请核对"),
    "pass_form": Word("is no number of a pass (16 signs)", "不是通行证号（16 位）"),
    "date_form": Word("is no date", "不是日期"),
    "date_no_year": Word("has no year", "没有写年份"),
    "number_form": Word("is no number", "不是数字"),
    "unknown_choice": Word("is none of the words that are known here", "不在可选的类别之中"),
    "until_before_from": Word("is before the beginning", "早于起始日期"),
    "ambiguous": Word(
        "several entries could be meant: add the ID number", "对应多条已有记录，请补充证件号码"
    ),
    "double_differs": Word(
        "is the same as in line {}, which says something else", "与第 {} 行相同，但内容不一致"
    ),
}
# Why a file is no table.
UNREADABLE = {
    "empty": Word("The file is empty.", "文件是空的。"),
    "too_large": Word("The file is too large (32 MB).", "文件太大（上限 32 MB）。"),
    "too_many_lines": Word("The file has more than 300,000 lines.", "文件超过 300000 行。"),
    "too_many_columns": Word("The file has more than 200 columns.", "文件超过 200 列。"),
    "old_excel": Word(
        "An .xls of old Excel: save it as .xlsx or .csv.", "这是旧版 .xls，请另存为 .xlsx 或 .csv。"
    ),
    "web_page": Word(
        "A web page under the name of a table: save it as .xlsx.", "这其实是网页，请另存为 .xlsx。"
    ),
    "not_text": Word("The file is no table.", "这不是表格文件。"),
    "not_a_table": Word("The file is no table.", "这不是表格文件。"),
    "encoding": Word("The text is neither UTF-8 nor GB18030.", "文字编码既不是 UTF-8 也不是 GB18030。"),
    "broken_xlsx": Word(
        "The .xlsx is damaged: open it and save it again.", ".xlsx 已损坏，请打开后重新保存。"
    ),
    "no_sheet": Word("The .xlsx has no sheet.", ".xlsx 里没有工作表。"),
    "no_heads": Word("No line says what its columns are: 姓名, 手机 …", "找不到表头（姓名、手机……）。"),
    "stopped": Word("Stopped.", "已停止。"),
    "ended": Word("It ended by itself; preview again.", "意外结束，请重新预览。"),
    "journal": Word("The gate cannot write now; try again.", "目前无法记账，请稍后再试。"),
    "unknown_import": Word("There is no such import, or it is undone.", "没有这次导入，或已撤销。"),
}
STATES = {
    "receiving": Word("is being received", "正在接收"),
    "previewing": Word("is being looked at", "正在预览"),
    "ready": Word("previewed; nothing is changed yet", "已预览，尚未改动任何内容"),
    "applying": Word("is being entered", "正在导入"),
    "begun": Word("was broken off", "中断"),
    "done": Word("entered", "已导入"),
    "stopped": Word("stopped", "已停止"),
    "undoing": Word("is being undone", "正在撤销"),
    "undone": Word("undone", "已撤销"),
    "failed": Word("failed", "失败"),
}
COUNTS = {
    "new": Word("new", "新增"),
    "changed": Word("changed", "变更"),
    "unchanged": Word("unchanged", "未变"),
    "doubled": Word("doubled", "重复"),
    "rejected": Word("rejected", "拒绝"),
}
ENDS = {
    "moved": Word("moved away", "已搬离"),
    "over": Word("its time is over", "期限已到"),
    "released": Word("released, confirmed by the unit", "经责任单位确认解除管控"),
    "mistake": Word("entered by mistake", "登记有误"),
    "other": Word("another reason", "其他"),
    "import_undone": Word("the import was undone", "撤销导入"),
    "closed": Word("link closed", "链接已关闭"),
    "off_list": Word("no longer on the district's list", "已不在上级名单"),
}
# Why a file is no photograph.
PHOTOGRAPHS = {
    "photograph_too_large": Word("The file is larger than 12 MB.", "文件超过 12 MB。"),
    "photograph_not_a_picture": Word("No JPEG or PNG picture was chosen.", "请选择 JPEG 或 PNG 照片。"),
    "photograph_too_many_pixels": Word(
        "The picture has more than 40 million pixels.", "照片超过 4000 万像素。"
    ),
    "photograph_too_small": Word("The picture is smaller than 48 pixels.", "照片小于 48 像素，无法辨认。"),
    "photograph_broken": Word("The picture is damaged.", "照片文件已损坏。"),
    "photograph_of_nobody": Word(
        "Nobody of the register has this number.", "名册里没有这个编号、证件号或手机号的人员。"
    ),
    "photograph_of_several": Word("Several people have this number.", "这个号码对应多名人员。"),
    "no_photograph": Word("There is no photograph.", "没有照片。"),
}
STEPS = {
    "register.entered": Word("entered", "登记"),
    "register.amended": Word("amended", "变更"),
    "register.ended": Word("ended", "终止"),
}
COVERAGE = {
    "grid": Word("Households per grid", "网格入户"),
    "employer": Word("People per employer", "企业人员"),
    "people": Word("People per category", "人员类别"),
}
GROUPS = {
    "roster_end": ENDS,
    "roster_step": STEPS,
    "coverage": COVERAGE,
    "roster": REGISTERS,
    "roster_field": {**FIELDS, "released_by": Word("Signed by", "解除签字人")},
    "category": CATEGORIES,
    "watch_list": LISTS,
    "watch_outcome": OUTCOMES,
    "vehicle_kind": VEHICLE_KINDS,
    "relation": RELATIONS,
    "located": LOCATED,
    "risk_level": LEVELS,
    "import_fault": FAULTS,
    "import_file": UNREADABLE,
    "import_state": STATES,
    "import_count": COUNTS,
}
CHOICES = {
    "category": (CATEGORIES, people.CATEGORIES),
    "list": (LISTS, watch.LISTS),
    "outcome": (OUTCOMES, watch.OUTCOMES),
    "kind": (VEHICLE_KINDS, vehicles.KINDS),
    "relation": (RELATIONS, people.RELATIONS),
    "located": (LOCATED, people.LOCATED),
    "level": (LEVELS, regions.LEVELS),
}
# The group of words that the values of an open field have.
WORDED = {
    "category": "category",
    "list": "watch_list",
    "outcome": "watch_outcome",
    "kind": "vehicle_kind",
    "relation": "relation",
    "located": "located",
    "level": "risk_level",
}
