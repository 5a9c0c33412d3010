"""Every word on the district's pages, Chinese and English side by side."""

LANGUAGES = {"zh_Hans": "中文", "en": "English"}

_TEXTS = {
    "title": ("区指挥部 · 卡口一览", "District · gates"),
    "login": ("登录", "Log in"),
    "logout": ("退出", "Log out"),
    "account": ("账号", "Account"),
    "password": ("密码", "Password"),
    "wrong": ("账号或密码不对。", "The account or the password is wrong."),
    "slow_down": ("尝试次数太多，请稍后再试。", "Too many tries. Wait a moment."),
    "no_gates": ("还没有登记卡口。运行 gatepost-district gate add 名称。",
                 "No gate is registered yet. Run gatepost-district gate add NAME."),
    "gate": ("卡口", "Gate"),
    "gates": ("各卡口", "Gates"),
    "state": ("状态", "State"),
    "contact": ("最近联系", "Last contact"),
    "backlog": ("未送达", "Backlog"),
    "last_passage": ("最近通行", "Last passage"),
    "today": ("今日", "Today"),
    "alarms": ("告警", "Alarms"),
    "bulletin": ("通报 · 零报告", "Bulletin · zero reports"),
    "summary": ("每日工作例会汇总", "Summary for the daily meeting"),
    "all_sites": ("全部", "All"),
    "sum": ("合计", "Sum"),
    "out_in": ("出进比", "Out against in"),
    "save_csv": ("保存为 csv", "Save as text (csv)"),
    "save_xlsx": ("保存为 xlsx", "Save as a table (xlsx)"),
    "day": ("日期", "Day"),
    "show": ("查看", "Show"),
    "corrected": ("更正后", "corrected"),
    "not_reported": ("未报零报告：", "No report came from:"),
    "zero_reports": ("各卡口当日报送", "Reports of the day"),
    "how": ("报送方式", "Came by"),
    "how_gate": ("门岗系统", "the gate"),
    "how_phone": ("电话", "telephone"),
    "how_paper": ("纸质", "paper"),
    "late": ("迟报", "late"),
    "series": ("口径", "Series"),
    "site": ("小区、镇街", "Compound or town"),
    "post": ("卡点（没有设备的）", "Post without a machine"),
    "new_post": ("新增卡点", "a new one"),
    "enter_report": ("电话、纸质报送登记", "Enter what came by telephone or on paper"),
    "enter": ("登记", "Enter"),
    "zero_hint": ("留空即为 0（零报告）；再次登记同一天即为更正。",
                  "What is empty is 0 (zero report); a second entry for a day corrects the first."),
    "figure_passes.vehicles": ("检查车辆，辆次", "Vehicle passes"),
    "figure_passes.persons": ("检测人员，人次", "Person passes"),
    "figure_distinct_turned_back.vehicles": ("劝返车辆，辆", "Vehicles turned back"),
    "figure_distinct_turned_back.persons": ("劝返人员，名", "Persons turned back"),
    "figure_suspected": ("疑似，名", "Suspected"),
    "figure_over": ("体温达到阈值", "Over the threshold"),
    "no_alarms": ("没有未处理的告警。", "No alarm waits for anybody."),
    "seen": ("已知悉", "Acknowledge"),
    "over": ("已恢复", "over"),
    "since": ("自", "since"),
    "rows": ("条", "rows"),
    "row": ("第 {} 条", "row {}"),
    "newest_of": ("只列出最新 {} 条", "the newest {} of them"),
    "passage": ("通行编号 {}", "passage {}"),
    "happened": ("发生于 {}", "happened {}"),
    "before_that": ("此前出现在", "before that at"),
    "clock_untrusted": ("时钟未校准，时间仅供参考", "clock not set: times are not certain"),
    "codes_off": (
        "“同一个码出现在两个卡口”的检查未启用（[codes] elsewhere_min = 0）。",
        "Codes are not compared between gates ([codes] elsewhere_min = 0).",
    ),
    "codes_blind": (
        "以下卡口没有上报 code_digest（[uplink] forward），无法比对同一个码是否出现在别的卡口：",
        "Codes are compared with no other gate for want of code_digest in [uplink] forward:",
    ),
    "comma": ("、", ", "),
    "carrier_china_health": ("健康码", "health code"),
    "carrier_china_itinerary": ("行程码", "itinerary code"),
    "colour_red": ("红色", "red"),
    "colour_orange": ("橙色", "orange"),
    "colour_yellow": ("黄色", "yellow"),
    "colour_grey": ("灰色", "grey"),
    "verdict_expired": ("已过期", "expired"),
    "verdict_revoked": ("已注销", "revoked"),
    "verdict_invalid": ("无效", "invalid"),
    "lane": ("通道", "lane"),
    "never": ("从未", "never"),
    "state_up": ("在线", "up"),
    "state_behind": ("补传中", "catching up"),
    "state_silent": ("失联", "silent"),
    "state_never": ("未接入", "never spoke"),
    "outcome_admit": ("放行", "admitted"),
    "outcome_turn_back": ("劝返", "turned back"),
    "outcome_refer": ("移交", "referred"),
    "outcome_abandoned": ("未完成", "abandoned"),
    "outcome_other": ("其他", "other"),
    "device_thermometer": ("测温仪", "thermometer"),
    "device_scanner": ("扫码器", "scanner"),
    "device_barrier": ("道闸", "barrier"),
    "device_voice": ("语音", "voice"),
    "device_lights": ("信号灯", "lights"),
    "device_verifier": ("查询平台", "platform"),
    "alarm_conflict": ("同一编号内容不同", "same number, different content"),
    "alarm_hash_mismatch": ("记录与校验值不符", "a row does not match its hash"),
    "alarm_broken_chain": ("记录链断裂", "the chain of rows is broken"),
    "alarm_refused_row": ("记录被拒收", "a row was refused"),
    "alarm_two_incarnations": ("同一卡口有两份日志同时在写", "two journals speak for one gate"),
    "alarm_rows_missing": ("旧日志有记录未送达", "rows of an earlier journal never came"),
    "alarm_body_unreadable": ("记录格式无法识别", "a row's form is not understood"),
    "alarm_referred": ("移交复检", "referred for a check"),
    "alarm_watched": ("须留意的人员要通行", "somebody who is watched for tried to pass"),
    "alarm_device_lost": ("设备掉线", "a device is lost"),
    "alarm_uplink_conflict": ("卡口报告与区里数据冲突", "the gate reports a conflict with the district"),
    "alarm_uplink_rejected": ("卡口有记录被区里拒收", "the gate reports refused rows"),
    "alarm_inbox_overflowed": ("卡口处理不过来", "a gate's inbox overflowed"),
    "alarm_retention_destroyed": ("未送达的记录已到期销毁", "unsent rows were destroyed on their last day"),
    "alarm_journal_renewed": ("卡口日志重新开始", "a gate's journal began anew"),
    "alarm_list_refused": ("下发的名单在卡口没有生效", "a pushed list is not in force at a gate"),
    "alarm_code_seen_elsewhere": ("同一个码先后出现在两个卡口，可能是截图",
                                  "one code at two gates: a screenshot?"),
    "alarm_code_red_late": (
        "人已放行，平台随后答复：此码不符合要求",
        "admitted, then the platform answered against the code",
    ),
    "server_lost": ("与服务器失去联系，内容可能已过时。", "No contact with the server: this may be old."),
}  # fmt: skip


def text(language: str, key: str) -> str:
    """Return a text in a language of LANGUAGES; raises KeyError for a key nobody wrote."""
    chinese, english = _TEXTS[key]
    return english if language == "en" else chinese


def device(language: str, kind: str) -> str:
    """Return what a kind of device is called; a kind nobody named stands for itself."""
    return text(language, f"device_{kind}") if f"device_{kind}" in _TEXTS else kind


def known(language: str, group: str, word: object) -> str:
    """Return what a word of a gate means, empty where nobody wrote it down."""
    key = f"{group}_{word}"
    return text(language, key) if key in _TEXTS else ""


def keys() -> tuple[str, ...]:
    """Return every key, for the test that every text exists twice."""
    return tuple(_TEXTS)
