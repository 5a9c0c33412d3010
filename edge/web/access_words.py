"""The stable codes of who may pass, as words in both languages."""

from edge.web.troubles import Word

REASONS = {
    "register_mismatch": Word("Told otherwise than registered: {}", "与登记不符：{}"),
    "register_several": Word("Several people fit: which of them?", "符合的不止一人：请选是哪一位。"),
    "register_unread": Word("The registers could not be read.", "名册读不出来。"),
    "watch_remind": Word("On a list: {}", "名单提示：{}"),
    "watch_hold": Word("On a list: {}", "名单暂停：{}"),
    "watch_turn_back": Word("On a list, turned back: {}", "名单劝返：{}"),
    "watch_refer": Word("On a list, to be handed over: {}", "名单移交：{}"),
    "watch_alarm": Word("ALARM: {} tries to pass", "报警：{}试图通行"),
    "exit_watched": Word("Exits of this household are watched.", "该户外出须留意。"),
    "access_remind": Word("To be told: {}", "提醒：{}"),
    "access_hold": Word("By the rules of access: {}", "按通行规则暂停：{}"),
    "access_turn_back": Word("Turned back by the rules of access: {}", "按通行规则劝返：{}"),
    "access_refer": Word("To be handed over by the rules of access: {}", "按通行规则移交：{}"),
    "quota_used": Word("Used as often as allowed: {}", "次数已用完：{}"),
    "quota_unknown": Word("No clock says how often it was used: {}", "时钟不可信，无法计次：{}"),
    "quota_hours": Word("Outside the hours: {}", "不在允许的时段：{}"),
    "household_balance": Word(
        "More of the household come back than went out.", "出门条不符：回来的比出去的多。"
    ),
    "due": Word("Due: {}", "到期：{}"),
}
DUE = {
    "test": Word("a test", "核酸检测"),
    "vaccination": Word("a vaccination or booster", "疫苗接种、加强针"),
}
FIELDS = {
    "photograph": Word("the photograph", "照片"),
    "person": Word("two different people", "指向两个不同的人"),
}
STANDINGS = {
    "found": Word("registered", "已登记"),
    "none": Word("not registered here", "名册里没有"),
    "several": Word("several fit", "符合的不止一人"),
    "unread": Word("the register could not be read", "名册读不出来"),
}
KIN = {
    "self": Word("the person", "本人"),
    "household": Word("the household", "同户或到访该户"),
}
RULINGS = {
    "pass": Word("pass", "放行"),
    "remind": Word("pass with a reminder", "放行并提醒"),
    "hold": Word("wait for the attendant", "暂停，由门岗处理"),
    "turn_back": Word("turn back", "劝返"),
    "refer": Word("hand over", "移交"),
}
WHYS = {
    "order": Word("Ordered from above", "上级通知"),
    "case_nearby": Word("A case nearby", "附近出现病例"),
    "over": Word("The reason is over", "情况解除"),
    "trial": Word("Set up or tried", "初次设置或试行"),
    "mistake": Word("A mistake is corrected", "更正错误"),
}
CORRECTIONS = {
    "other_gate": Word("Passed another gate", "从别的门通行"),
    "not_passed": Word("Did not pass after all", "实际没有通行"),
    "miscounted": Word("Counted for the wrong household", "记错了户"),
}
ROWS = {
    "access.published": Word("rules of access", "通行规则"),
    "access.alarmed": Word("alarm at the lane", "名单报警"),
    "access.corrected": Word("count corrected", "更正人次"),
}
