"""The stable codes of cases, as words in both languages."""

from edge.web.troubles import Word

STAGES = {
    "opened": Word("To be handed over", "待移交"),
    "handed_over": Word("Handed over, not yet acknowledged", "已移交，待对方确认"),
    "acknowledged": Word("With the unit", "对方已接收"),
    "closed": Word("Closed", "已办结"),
}
STEPS = {
    "opened": Word("opened", "登记"),
    "handed_over": Word("handed over", "移交（对接）"),
    "acknowledged": Word("acknowledged", "对方确认接收"),
    "followed_up": Word("follow-up", "跟踪"),
    "closed": Word("closed", "办结"),
    "reopened": Word("opened again", "重新打开"),
}
FOLLOW_UPS = {
    "reached": Word("The person was reached", "已联系上本人"),
    "not_reached": Word("The person was not reached", "未联系上本人"),
    "at_clinic": Word("The person is at the clinic", "已到发热门诊就诊"),
    "tested": Word("The person was tested", "已采样检测"),
    "controlled": Word("Under control measures", "已采取管控措施"),
    "released": Word("Control measures ended", "已解除管控"),
}
RESULTS = {
    "confirmed": Word("Fever confirmed by the unit", "接收单位复查确认发热"),
    "not_fever": Word("No fever was found", "复查未见发热"),
    "unreachable": Word("Could not be reached", "无法联系"),
    "other": Word("Another result", "其他"),
}
REOPENINGS = {
    "news": Word("There is something new", "有新情况"),
    "mistake": Word("It was closed by mistake", "误操作办结"),
}
ROWS = {f"case.{step}": Word(f"case {word.en}", f"移交个案：{word.zh}") for step, word in STEPS.items()}
