"""Words of the reports: titles of figures, of ledgers and of their columns, and what the pages say.

A figure that has no title of its own (a reason, an account, a register) is told by its kind and its code;
the words for codes that a site may name are those of `edge.web.code_words`.
"""

from collections.abc import Callable, Mapping

from edge.web import register_words, roster_words
from edge.web.report_texts import TEXTS
from edge.web.troubles import Word
from edge.wire import summary

FIGURES: Mapping[str, Word] = {
    **{name: Word(en, zh) for name, (zh, en) in summary.TITLES.items()},
    "unnamed.persons": Word("of these passes, nobody named", "其中未登记身份，人次"),
    "unnamed.vehicles": Word("of these passes, no plate", "其中未登记车牌，辆次"),
    "admit.persons": Word("Admitted, person passes", "放行，人次"),
    "admit.vehicles": Word("Admitted, vehicle passes", "放行，辆次"),
    "turn_back.persons": Word("Turned back, person passes", "劝返，人次"),
    "turn_back.vehicles": Word("Turned back, vehicle passes", "劝返，辆次"),
    "refer.vehicles": Word("Vehicles referred", "移交，辆次"),
    "abandoned.persons": Word("Not finished (no pass)", "未完成（不计人次）"),
    "abandoned.vehicles": Word("Vehicles not finished (no pass)", "车辆未完成（不计辆次）"),
    "again": Word("Over the threshold once, not measured again", "首次达到阈值，未复测"),
    "cleared": Word("Cleared by the second measurement", "复测正常"),
    "must.identity.asked": Word("Identity asked for", "身份必问，应完成"),
    "must.identity.done": Word("Identity done", "身份必问，已完成"),
    "must.information.asked": Word("Information asked for", "信息必录，应完成"),
    "must.information.done": Word("Information done", "信息必录，已完成"),
    "must.temperature.asked": Word("Temperature asked for", "体温必测，应完成"),
    "must.temperature.done": Word("Temperature done", "体温必测，已完成"),
    "must.mask.asked": Word("Mask asked for", "口罩必戴，应完成"),
    "must.mask.done": Word("Mask done", "口罩必戴，已完成"),
    "paper.persons": Word("of these from paper pages, person passes", "其中纸质补录，人次"),
    "paper.vehicles": Word("of these from paper pages, vehicle passes", "其中纸质补录，辆次"),
    "corrected": Word("Passages corrected", "更正的通行"),
    "cases.handed_over": Word("Cases handed over", "个案对接（移交）"),
    "cases.acknowledged": Word("Cases acknowledged", "个案对方确认接收"),
    "cases.closed": Word("Cases closed", "个案办结"),
    "cases.reopened": Word("Cases opened again", "个案重新打开"),
    "devices.back": Word("Devices back", "设备恢复次数"),
    "uplink.lost": Word("District out of reach", "与区里断开次数"),
    "personal.opened": Word("Openings of personal fields", "打开个人信息次数"),
    "temperatures.told": Word("Temperatures told of", "代报体温"),
    "gate.started": Word("Starts of the gate", "门岗程序启动次数"),
    "clock.corrected": Word("Changes of the clock", "时钟变动次数"),
    **register_words.FIGURES,
}
# Figures of which there are many: by what stands before the code.
KINDS: Mapping[str, Word] = {
    "turned_back.persons": Word("Turned back because of", "劝返理由（人次）"),
    "turned_back.vehicles": Word("Vehicles turned back because of", "劝返理由（辆次）"),
    "category": Word("Category", "类别"),
    "override": Word("Overridden by", "改判人"),
    "register": Word("Register", "台账"),
    "registered": Word("Registered at the end of the day", "在册人员"),
    "set": Word("Census of a set of categories", "每日摸排"),
    "listed": Word("On a list at the end of the day", "名单在册"),
    **register_words.KINDS,
}
# What the codes of a kind are called.
_CODES: Mapping[str, Mapping[str, Word]] = {
    "category": roster_words.CATEGORIES,
    "registered": roster_words.CATEGORIES,
    "listed": roster_words.LISTS,
}
HOUSEHOLDS = "gap.household_without_entry"
_CENSUS = ("set.", "registered.", "listed.")
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "passes": (
        *("passes.persons", "in.persons", "out.persons", "distinct.persons", "unnamed.persons"),
        *("passes.vehicles", "in.vehicles", "out.vehicles", "distinct.vehicles", "unnamed.vehicles"),
    ),
    "outcomes": (
        *("admit.persons", "turn_back.persons", "distinct_turned_back.persons", "refer.persons"),
        *("abandoned.persons", "admit.vehicles", "turn_back.vehicles", "distinct_turned_back.vehicles"),
        *("refer.vehicles", "abandoned.vehicles", "suspected"),
    ),
    "temperature": (
        *("over", "again", "measured_twice", "cleared", "gap.without_temperature"),
        *("temperatures.told", "temperatures.told_over"),
    ),
    "musts": (
        *("musts.asked", "musts.complete", "must.identity.asked", "must.identity.done"),
        *("must.information.asked", "must.information.done", "must.temperature.asked"),
        *("must.temperature.done", "must.mask.asked", "must.mask.done", "overrides", "mask_reminded"),
    ),
    "rest": (
        *("leaflets", "disinfected", "venue.confirmed", "gap.vehicle_without_occupants"),
        *(
            "gap.occupants_lacking",
            "noted.visits",
            "noted.leaflets_more",
            "paper.persons",
            "paper.vehicles",
            "corrected",
            "undated",
        ),
    ),
    "cases": (
        *("cases.opened", "cases.handed_over", "cases.acknowledged", "cases.closed", "cases.reopened"),
        *("cases.overdue", "answers.asked", "answers.in_time", "answers.late", "answers.unanswered"),
    ),
    "gate": (
        *("devices.lost", "devices.back", "uplink.lost", "personal.opened", "gate.started"),
        *("clock.corrected", "duty.uncovered", "duty.uncovered_minutes"),
    ),
}
GROUPS: Mapping[str, Mapping[str, Word]] = {
    "figure": FIGURES,
    "figure_kind": KINDS,
    "figure_section": {
        "passes": Word("Passes, persons, vehicles", "通行：人次、辆次与名、辆"),
        "outcomes": Word("What came of it", "处置结果"),
        "temperature": Word("Temperature", "体温"),
        "musts": Word("The four musts", "四必完成情况"),
        "rest": Word("Completeness and the rest", "不漏一车、不漏一人及其他"),
        "cases": Word("Cases, alarms answered in time", "移交个案、快速反应"),
        "census": Word("Census: who is in the registers (每日摸排)", "每日摸排：在册人员、名单、户"),
        "gate": Word("The gate itself", "门岗设备与留痕"),
        "more": Word("By reason, category, name and register", "按理由、类别、姓名、台账"),
    },
    "ledger": {
        "passages": Word("Passages ledger", "通行台账"),
        "outsiders": Word("Book of outsiders", "外来人员登记本"),
        "vehicles": Word("Vehicles", "车辆台账"),
        "turned_back": Word("Turned back", "劝返台账"),
        "over": Word("Over the threshold", "体温异常台账"),
        "suspected": Word("Suspected", "疑似人员台账"),
        "no_temperature": Word("Passes without a temperature", "未测体温台账"),
        "overrides": Word("Overridden", "改判台账"),
        "accountability": Word("Who changed or overrode what", "督导问责：改动与改判留痕"),
        "reports": Word("Reports sent", "日报、零报告报送记录"),
        "undated": Word("Passages that cannot be dated", "日期无法确定的通行"),
    },
    "column": {
        **{"number": Word("Number", "编号"), "lane": Word("Lane", "通道")},
        **{"direction": Word("Direction", "方向"), "ended": Word("Ended", "时间")},
        **{"outcome": Word("Outcome", "结果"), "reasons": Word("Reasons", "理由")},
        **{"category": Word("Category", "类别"), "temperature": Word("Temperature", "体温判断")},
        **{"body_c": Word("°C", "体温 °C"), "second": Word("Second measurement", "复测")},
        **{"by": Word("By", "经办"), "override": Word("Overridden", "改判")},
        **{"corrected": Word("Corrected", "更正"), "paper": Word("From paper", "纸质补录")},
        **{"name": Word("Name", "姓名"), "room": Word("Room", "房号"), "phone": Word("Phone", "电话")},
        **{"id_number": Word("Number of a document", "证件号码"), "plate": Word("Plate", "车牌")},
        **{"sequence": Word("Row", "流水号"), "moment": Word("When", "时间")},
        **{"kind": Word("Kind of row", "记录种类"), "about": Word("About", "对象")},
        **{"why": Word("Why", "理由"), "hash": Word("Hash", "校验值"), "day": Word("Day", "日期")},
        **{"late": Word("Late", "迟报"), "corrects": Word("Corrects", "更正的流水号")},
        **{"upto": Word("Rows up to", "截至流水号"), "state": Word("State", "状态")},
        **{"entered": Word("Entered", "登记时间"), "first": Word("First row", "首条流水号")},
        **{"last": Word("Last row", "末条流水号"), "after": Word("After", "不早于")},
        **{"before": Word("Before", "不晚于"), "passages": Word("Passages", "通行数")},
        # What the gate itself writes into a register.
        **{"household": Word("Household", "户号"), "employer": Word("Employer", "单位编号")},
        **{"visiting": Word("Visits household", "来访户号"), "link": Word("By link", "预约链接")},
        **{"rounds": Word("Census rounds", "摸排轮次"), "registered": Word("Announced by", "登记方式")},
        **{"definition": Word("Definition", "栏目版本"), "district": Word("From the district", "上级名单")},
    },
    "about": {
        **{
            "passage": Word("passage", "通行"),
            "case": Word("case", "个案"),
            "register": Word("register", "登记册"),
            "import": Word("import", "导入"),
        },
        **{
            "paper": Word("paper page", "纸质登记"),
            "trace": Word("trace", "轨迹查询"),
            "account": Word("account", "账号"),
        },
        **{"closure": Word("closure level", "管控级别")},
        **{"name": Word("name", "名称"), "what": Word("what", "内容"), "device": Word("device", "设备")},
        **{"version": Word("version", "版本"), "day": Word("day", "日期")},
    },
    "report": {
        "daily": Word("Daily report · zero report", "日报 · 零报告"),
        "zero": Word("Zero report: nothing happened", "零报告：当日无异常、无通行"),
        "bulletin": Word("Bulletin", "通报"),
        "summary": Word("Summary for the daily meeting", "每日工作例会一页汇总"),
        "ledgers": Word("Ledgers", "台账"),
        "trace": Word("Who was near somebody", "行踪轨迹和接触人员"),
        "paper": Word("Paper pages", "纸质登记补录"),
        "evening": Word("Evening page", "晚间汇总（一次填报）"),
        "correct": Word("Correct this passage in reports", "在报表中更正这次通行"),
        "reports": Word("Reports", "报表"),
        "late": Word("late", "迟报"),
        "missing": Word("missing", "未报"),
        "in_out": Word("Out against in", "出进比"),
        "no_exits": Word(
            "Exits are not recorded, or far fewer than entries: who came in and did not leave is not known.",
            "出的记录为零或远少于进：不要“只管进、不管出”。",
        ),
        "import": Word("Against bringing in (in)", "防输入（进）"),
        "export": Word("Against carrying out (out)", "防外溢（出）"),
        "venue": Word("Venue codes against passes", "场所码核对"),
        "rate": Word("Completion of the four musts", "四必完成率"),
    },
    "correction_why": {
        "wrong_tap": Word("a wrong tap", "点错了"),
        "wrong_person": Word("somebody else was meant", "记错了人"),
        "double": Word("entered twice", "重复登记"),
        "test": Word("a trial, nobody passed", "试机，无人通行"),
        "wrong_direction": Word("the direction was wrong", "方向记错"),
        "other": Word("another reason", "其他"),
    },
    "report_text": TEXTS,
    "register_name": {**roster_words.REGISTERS, **register_words.NAMES},
}


# Kinds of rows that somebody has to answer for, beside those that other parts name.
ROWS: Mapping[str, Word] = {
    "screening.settled": Word("shifted level confirmed", "确认体温水平变化"),
    "screening.withdrawn": Word("confirmation of a shifted level withdrawn", "撤回体温水平确认"),
    "settings.changed": Word("settings changed", "更改设置"),
    "user.added": Word("account added", "新增账号"),
    "user.changed": Word("account changed", "更改账号"),
    "user.disabled": Word("account closed", "停用账号"),
    "calibration.recorded": Word("thermometer calibrated", "测温仪校准"),
    "calibration.withdrawn": Word("calibration withdrawn", "撤销校准"),
    "clock.corrected": Word("clock corrected", "校正时钟"),
    "retention.destroyed": Word("expired days destroyed", "到期数据销毁"),
    "journal.set_aside": Word("journal set aside", "日志另存"),
    "journal.restored": Word("journal restored", "日志恢复"),
}


def figure(name: str, language: str, told: Callable[[str, str], str]) -> str:
    """Return what a figure is called; `told` gives the words for a code of a kind."""
    found = FIGURES.get(name)
    if found is None:
        kind = next((kind for kind in KINDS if name.startswith(f"{kind}.")), None)
        if kind is None:
            return name
        words = told(kind, name.removeprefix(f"{kind}."))
        return f"{KINDS[kind].zh}：{words}" if language == "zh_Hans" else f"{KINDS[kind].en}: {words}"
    return found.zh if language == "zh_Hans" else found.en


def code(kind: str, code: str, language: str) -> str:
    """Return the words for a code that means the same at every site, itself where it has none."""
    word = _CODES.get(kind, {}).get(code)
    if word is None:
        return code
    return word.zh if language == "zh_Hans" else word.en


def sections(figures: Mapping[str, int]) -> list[tuple[str, list[str]]]:
    """Return the names of figures in the order in which a page shows them, by section."""
    found = [(section, [name for name in names if name in figures]) for section, names in SECTIONS.items()]
    census = sorted((name for name in figures if name.startswith(_CENSUS)), key=_in_census)
    found.append(("census", [*census, *(name for name in (HOUSEHOLDS,) if name in figures)]))
    known = {name for _, names in found for name in names}
    found.append(("more", sorted(name for name in figures if name not in known)))
    return [(section, names) for section, names in found if names]


def _in_census(name: str) -> tuple[int, str]:
    kind = name.partition(".")[0] + "."
    return _CENSUS.index(kind), name
