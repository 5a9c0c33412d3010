"""Words for duty and incidents in both languages; `words.py` takes them into its table. Only words."""

from edge.web.troubles import Word

RESPONSIBLE: dict[str, Word] = {
    "property_company": Word("Property company", "物业公司"),
    "owners_committee": Word("Owners' committee", "业主委员会"),
    "self_managed": Word("Self-managed compound", "居民自管"),
    "community": Word("Community", "社区"),
    "village": Word("Village", "村"),
    "employer": Word("Employer", "用人单位"),
    "authority": Word("Authority", "主管部门"),
}
OVERRIDES: dict[str, Word] = {
    "alone": Word("Alone on duty", "独自值班"),
    "supplies_short": Word("Protective equipment has run out", "防护用品不足"),
    "thermometer_down": Word("No thermometer works", "测温仪故障"),
    "emergency": Word("Emergency", "紧急情况"),
}
UNTRAINED: dict[str, Word] = {
    "urgent": Word("Needed at once", "急需到岗"),
    "trained_elsewhere": Word("Trained elsewhere, record follows", "在别处培训过，记录后补"),
    "with_somebody_trained": Word("Works beside somebody trained", "由受过培训的人带班"),
}
KINDS: dict[str, Word] = {
    "quarrel": Word("Quarrel", "争吵纠纷"),
    "forced_entry": Word("Forced entry", "强行闯卡"),
    "crowd": Word("Crowd", "人群聚集"),
    "other": Word("Other: come here", "其他情况，请来人"),
}
RESULTS: dict[str, Word] = {
    "settled": Word("Settled", "已化解"),
    "handed_over": Word("Handed over to the police", "移交公安"),
    "false_alarm": Word("False alarm", "误报"),
    "other": Word("Other", "其他"),
}
REACHED: dict[str, Word] = {
    "taken": Word("somebody sees to it", "已有人处理"),
    "there": Word("somebody is there", "已到场"),
    "done": Word("over", "处置完毕"),
}
VERDICTS: dict[str, Word] = {
    "normal": Word("normal", "正常"),
    "over": Word("over the threshold", "超过阈值"),
    "missing": Word("not measured", "未测"),
}
