"""What the pages of the reports say, in both languages."""

from collections.abc import Mapping

from edge.web.troubles import Word

TEXTS: Mapping[str, Word] = {
    "day": Word("Day", "日期"),
    "from": Word("From", "起"),
    "to": Word("To", "止"),
    "show": Word("Show", "查看"),
    "as_sent": Word("As sent", "已报"),
    "now": Word("As it stands", "现在（更正后）"),
    "none": Word("None.", "无。"),
    "not_sent": Word("No report of this day was sent.", "当天没有报送。"),
    "sent_at": Word("sent", "报送时间"),
    "correction": Word("correction", "更正报"),
    "to_whom": Word("goes to", "报送单位"),
    "differs": Word(
        "The day does not say the same as what was sent: something was corrected or taken in since. What "
        "was sent stays as it was.",
        "报送之后有更正或补录，与已报的数字不同。已报的不改，另发更正报。",
    ),
    "send_correction": Word("Send a corrected report", "发送更正报"),
    "frozen": Word(
        "Distinct persons and vehicles are those that were sent: the keys of the day are destroyed.",
        "名、辆为当日报送时的数字：当日密钥已到期销毁，无法重新去重。",
    ),
    "gaps": Word("Passages that belong to no day for certain", "日期无法确定的通行"),
    "gap_rows": Word("rows", "流水号"),
    "gap_between": Word("between", "时间介于"),
    "gap_open": Word("unknown", "不明"),
    "distinct": Word(
        "Passes and persons are different numbers. Persons and vehicles are counted once a day; whoever is "
        "not named counts once for each pass. Added up over days or gates they count once for each.",
        "人次、辆次与名、辆是不同的数。名、辆按日去重，未登记身份的每次计一名；跨日、跨卡口累计时各计一次。",
    ),
    "cumulative": Word("Cumulative", "累计"),
    "figure": Word("Figure", "指标"),
    "of_day": Word("Of the day", "当日"),
    "since": Word("since", "自"),
    "unsent": Word("days without a report", "未报的天数"),
    "changed_days": Word("days corrected since", "报送后有更正的天数"),
    "all_gates": Word(
        "Of this gate. The district adds gates of one place up, each series by itself.",
        "本门岗口径。同一小区、镇街各卡口由区里合计，两个口径分开、从不相加。",
    ),
    "print": Word("Print", "打印"),
    "save_csv": Word("Save as text (csv)", "保存为 csv"),
    "save_xlsx": Word("Save as a table (xlsx)", "保存为 xlsx"),
    "names": Word("With names, because of", "打开个人信息，理由"),
    "no_names": Word("without names", "不含个人信息"),
    "recorded_find": Word(
        "Looking somebody up is recorded; names stay masked.", "查找会留下记录；姓名仍然遮盖。"
    ),
    "recorded": Word("Opening names is recorded.", "打开个人信息会留下记录。"),
    "masked": Word("Names are masked.", "个人信息已遮盖。"),
    "lines": Word("lines", "行"),
    "more": Word(
        "There are more lines: save the table, or choose fewer days.",
        "还有更多行：请保存表格，或缩短日期。",
    ),
    "registers": Word("Registers", "各登记册"),
    "lane": Word("Lane", "通道"),
    "passes": Word("passes", "人次"),
    "who": Word("Name, telephone, document, pass or plate", "姓名、电话、证件号、通行证号或车牌"),
    "minutes": Word("Minutes before and after", "前后多少分钟"),
    "paper_wrong": Word(
        "Nothing was taken in. Each line needs its time, and a temperature of 30 to 45 °C or none.",
        "一行也没有补录。每行要填登记上的时间，体温填 30 到 45 °C 或不填。",
    ),
    "trace_wrong": Word(
        "Nothing was looked for. Say whom (2 to 100 characters), the office, its document, at most 240 "
        "minutes, and days one after the other within a year.",
        "还没有查询。请填写查谁（2 到 100 字）、申请单位和文号；前后不超过 240 分钟；"
        "日期按先后填写，跨度不超过一年。",
    ),
    "evening_wrong": Word(
        "Nothing was kept. Numbers are whole numbers, texts have at most 500 characters.",
        "没有保存。数量请填整数，文字每栏最多 500 字。",
    ),
    "earlier": Word("Earlier requests", "以往查询"),
    "requester": Word("Asked for by (office)", "申请单位"),
    "authority": Word("On what authority (document)", "依据（文号）"),
    "find": Word("Find; this is recorded", "查询（留下记录）"),
    "found": Word("passages of the person", "本人通行次数"),
    "others": Word("other passages near them", "同时段其他通行"),
    "trace_note": Word(
        "Everybody who passed this gate within these minutes of a passage of the person. Nothing can be "
        "found of days whose keys are destroyed.",
        "列出本人每次通行前后这段时间内经过本门岗的所有人。密钥已销毁的日子查不到。",
    ),
    "cut": Word("There are more than are shown: choose fewer days.", "结果过多，未全部列出：请缩短日期。"),
    "apart": Word("apart", "相隔"),
    "paper_note": Word(
        "Lines of a paper page, with the time on the page. Reports count them on that day and say that they "
        "are from paper; a report that was sent becomes a corrected one.",
        "补录纸质登记，填登记上的时间。报表按当天计数，并注明是纸质补录；已报送的日子另发更正报。",
    ),
    "time": Word("Time on the page", "登记上的时间"),
    "writer": Word("Who wrote the page", "登记人"),
    "page": Word("Page", "页号"),
    "person": Word("person", "人员"),
    "vehicle": Word("vehicle", "车辆"),
    "what": Word("Person or vehicle", "人员或车辆"),
    "temperature_c": Word("Temperature °C", "体温 °C"),
    "take": Word("Take in", "补录"),
    "taken": Word("lines taken in", "行已补录"),
    "unchanged": Word("as it was", "不变"),
    "void": Word("There was no such passage", "没有这次通行"),
    "outcome": Word("Outcome", "结果"),
    "direction": Word("Direction", "方向"),
    "suspected": Word("Suspected", "疑似"),
    "yes": Word("yes", "是"),
    "no": Word("no", "否"),
    "why": Word("Why", "理由"),
    "do_correct": Word("Correct", "更正"),
    "stays": Word(
        "The passage stays as it was written; reports count what is said here, and show both.",
        "原记录不变；报表按这里填写的计数，原数和更正数都显示。",
    ),
    "situation": Word("Situation of the day (no names)", "当日情况（不写姓名）"),
    "done": Word("Work done (no names)", "主要工作（不写姓名）"),
    "needs": Word("What is lacking", "物资短缺和需要协调的问题"),
    "tomorrow": Word("Tomorrow", "明日安排"),
    "visits": Word("Households visited", "走访户数"),
    "leaflets_more": Word("Leaflets handed out elsewhere", "其他场合发放宣传单"),
    "twice_daily": Word("Two measurements a day, two reports", "双测温、两报告"),
    "measured_expected": Word("expected", "应测人数"),
    "measured_morning": Word("measured in the morning", "上午已测"),
    "measured_afternoon": Word("measured in the afternoon", "下午已测"),
    "measured_over": Word("to report to the community and the employer", "应向社区和单位报告"),
    "on_outsiders": Word("Ledgers on outsiders, lines of the day", "外来人员台账，当日新增"),
    "keep": Word("Keep", "保存"),
    "fill": Word("Fill in the street's table", "填写街道表格"),
    "evening_note": Word(
        "Typed once: the zero report, the two reports, the ledgers and the summary of the meeting take it "
        "from here.",
        "只填一次：零报告、两报告、台账和每日工作例会汇总都从这里取数。",
    ),
    "chain": Word(
        "Every row is chained to the one before: a change afterwards is found.",
        "每条记录环环相扣，事后改动可被查出。",
    ),
    "signed": Word("Filled in by", "填报人"),
    "checked": Word("Checked by", "审核人"),
    "waiting": Word("The report of this day is due at", "本日报表应报时间"),
}
