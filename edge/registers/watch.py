"""The watch list: a person or a vehicle by anything they are known by, in a class, ordered by a unit, until a
day.

Open fields of an entry: `list` (the class), `outcome` (what to do: `hold`, `turn_back`, `refer`),
`ordered_by` (the unit that ordered it), `unit_phone` (its duty phone, no person's), `deliveries` (what is
brought for them passes), and for one from the district's list `district`. Personal: the rest.
"""

from edge.registers.kinds import Field, Kind
from edge.registers.people import HOME, NOTE, PERSON, TIMES

REGISTER = "watch"
LISTS = {
    "isolated": ("居家隔离", "居家隔离人员", "隔离", "集中隔离"),
    "observed": ("居家观察", "居家观察人员", "医学观察"),
    "contact": ("密切接触者", "密接", "密接者", "密切接触"),
    "contact_returned": ("密切接触传染源后返家人员", "接触传染源后返家"),
    "confirmed": ("确诊", "确诊人员", "确诊病例"),
    "suspected": ("疑似", "疑似人员", "疑似病例"),
    "asymptomatic": ("无症状感染者", "无症状"),
    "repositive": ("复阳", "复阳人员"),
    "recovered": ("治愈出院", "康复居家人员", "治愈", "康复"),
    "other": ("其他", "其它"),
}
OUTCOMES = {
    "hold": ("拦下核实", "核实", "请稍候", "拦下"),
    "turn_back": ("劝返", "不得出入", "禁止出入"),
    "refer": ("移交", "上报移交"),
}

WATCH = Kind(
    REGISTER,
    "重点名单",
    "Watch list",
    (
        *PERSON,
        Field(
            "plate", "车牌", "plate", "plate", personal=True, find=True, also=("车牌号", "车牌号码", "车号")
        ),
        *HOME,
        Field(
            "list",
            "名单类别",
            "list",
            "choice",
            also=("类别", "人员类别", "管控类别", "人员性质"),
            choices=LISTS,
        ),
        Field(
            "outcome", "处置方式", "what to do", "choice", also=("处置", "措施", "管控措施"), choices=OUTCOMES
        ),
        *TIMES,
        Field(
            "ordered_by", "下达单位", "ordering unit", also=("责任单位", "来源单位", "推送单位", "定点医院")
        ),
        Field(
            "unit_phone", "单位电话", "unit's phone", "phone", also=("责任单位电话", "值班电话", "医院电话")
        ),
        Field("deliveries", "允许送货", "deliveries pass", "tick", also=("可送货",)),
        NOTE,
    ),
    needs=(("id_number", "phone", "plate", "pass_id", "name"), ("list",)),
    same=(
        ("list", "id_number"),
        ("list", "pass_id"),
        ("list", "plate"),
        ("list", "name", "phone"),
        ("list", "name", "home"),
        ("list", "name"),
    ),
)
