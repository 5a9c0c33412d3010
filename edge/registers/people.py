"""The register of people: residents, staff, visitors announced beforehand, returnees.

Open fields of an entry: `category`, `relation`, `household` and `employer` (numbers of entries), `visiting`
(the household a visitor goes to), `zone`, `located` (`here`, `away`), `exits_watched`, `quota` (how often a
quota may be used, for this person), `times` (how often the entry lets somebody in at all), `arrived_us`,
`test_due_us`, `booster_due_us`, `registered` (how a visitor was announced: `manager`, `link`). Personal: the
rest. `home` is building, unit and room as they are compared, `home_short` without the unit.
"""

from edge.registers.kinds import Field, Kind

REGISTER = "people"

CATEGORIES = {
    "resident": ("居民", "业主", "住户", "常住", "本小区居民", "户主", "家属"),
    "tenant": ("租户", "租客", "租住"),
    "staff": ("从业人员", "员工", "职工", "工作人员", "物业"),
    "visitor": ("访客", "来访人员", "来访"),
    "outsider": ("外来人员", "外来", "流动人口"),
    "returnee": ("返渝", "来渝", "返雨", "返萍", "返城", "返渝人员", "返城人员", "返雨人员", "返乡", "返回"),
    "from_abroad": ("境外", "境外来人", "境外来汉", "境外返汉", "入境", "入境人员"),
    "resumed_worker": ("复工", "复工复产", "复工复产人员", "返岗"),
    "courier": ("快递", "外卖", "配送", "快递员"),
    "other": ("其他", "其它"),
}

RELATIONS = {
    "head": ("户主", "本人", "业主本人"),
    "spouse": ("配偶", "丈夫", "妻子", "夫妻"),
    "child": ("子女", "儿子", "女儿", "子", "女"),
    "parent": ("父母", "父亲", "母亲", "父", "母"),
    "family": ("家属", "家庭成员", "其他家属", "亲属", "孙子", "孙女"),
    "lodger": ("合租", "同住", "室友", "租户"),
    "carer": ("保姆", "护工", "家政"),
    "other": ("其他", "其它"),
}
LOCATED = {
    "here": ("已在本地", "已到", "已返回", "已入渝", "在本地", "本地", "在渝", "已抵达"),
    "away": ("未到本地", "未到", "未返回", "未入渝", "在外", "外地", "不在本地", "未抵达"),
}

_HOME = (
    Field("building", "楼栋", "building", personal=True, also=("栋", "楼号", "栋号", "幢", "楼幢", "楼")),
    Field("unit", "单元", "unit", personal=True, also=("单元号",)),
    Field(
        "room",
        "房号",
        "room",
        personal=True,
        find=True,
        also=("室", "门牌", "门牌号", "房间号", "房间", "户号"),
    ),
)
PERSON = (
    Field("name", "姓名", "name", personal=True, find=True, also=("名字", "人员姓名", "户主姓名", "称呼")),
    Field(
        *("id_number", "身份证号", "ID number", "id_number"),
        personal=True,
        find=True,
        also=("身份证", "身份证号码", "证件号码", "证件号", "公民身份号码", "身份号码"),
    ),
    Field(
        *("phone", "手机", "phone", "phone"),
        personal=True,
        find=True,
        also=("电话", "手机号", "手机号码", "联系电话", "联系方式", "电话号码", "本人电话"),
    ),
    Field(
        "pass_id", "通行证号", "pass number", "pass_id", personal=True, find=True, also=("通行证", "出入证号")
    ),
)
TIMES = (
    Field("from", "起始日期", "from", "date", also=("开始日期", "生效日期", "开始时间", "起")),
    Field("until", "截止日期", "until", "date", also=("结束日期", "失效日期", "有效期至", "解除日期", "止")),
)
NOTE = Field("note", "备注", "note", personal=True, also=("说明",))
AREA = (
    Field("district", "区县", "district", also=("区", "县")),
    Field("street", "街道", "street", also=("镇街", "街镇")),
    Field("community", "社区", "community", also=("居委会",)),
    Field("grid", "网格", "grid", also=("网格号", "所属网格")),
    Field("compound", "小区", "compound", also=("小区名称", "院落")),
    Field("town", "乡镇", "town", also=("镇", "乡")),
    Field("village", "村", "village", also=("行政村",)),
    Field("group", "村民小组", "group", also=("组", "小组", "社")),
)
HOME = _HOME
# What the rules of who may pass look at besides.
ZONE = Field("zone", "管控区域", "zone", also=("区域", "片区", "管控片区", "管控等级区域"))
EXITS_WATCHED = Field("exits_watched", "外出留意", "exits watched", "tick", also=("外出关注", "关注外出"))
QUOTA = Field("quota", "限次", "allowed by quota", "number", also=("外出次数", "允许外出次数"))

PEOPLE = Kind(
    REGISTER,
    "人员",
    "People",
    (
        *PERSON,
        *_HOME,
        Field(
            "plate", "车牌", "plate", "plate", personal=True, find=True, also=("车牌号", "车牌号码", "车号")
        ),
        Field(
            *("category", "人员类别", "category", "choice"),
            also=("类别", "人员类型", "人员性质"),
            choices=CATEGORIES,
        ),
        Field(
            "employer_name",
            "工作单位",
            "employer",
            also=("单位", "所在企业", "企业", "公司", "单位名称", "企业名称"),
        ),
        Field(
            "origin",
            "来源地",
            "origin",
            personal=True,
            also=("来自", "返回地", "出发地", "从何处来", "来渝前所在地"),
        ),
        Field(
            "arrived",
            "到达日期",
            "arrived",
            "date",
            also=("返回日期", "抵达日期", "返渝日期", "到达时间", "返回时间"),
        ),
        Field(
            "transport",
            "交通方式",
            "transport",
            personal=True,
            also=("车次", "航班", "交通工具", "乘坐交通工具"),
        ),
        Field("relation", "与户主关系", "relation", "choice", also=("关系", "家庭关系"), choices=RELATIONS),
        Field(
            *("located", "现在何处", "where now", "choice"),
            also=("是否已到", "是否在渝", "目前所在", "现居地"),
            choices=LOCATED,
        ),
        ZONE,
        EXITS_WATCHED,
        QUOTA,
        Field("times", "准入次数", "admissions", "number", also=("可进次数", "允许进入次数")),
        Field("test_due", "核酸到期", "test due", "date", also=("下次核酸", "核酸检测日期", "应检日期")),
        Field("booster_due", "加强针到期", "booster due", "date", also=("加强针", "加强针应种日期")),
        *TIMES,
        *AREA,
        NOTE,
    ),
    needs=(("name",), ("id_number", "phone", "room", "pass_id", "plate", "employer_name")),
    same=(
        ("id_number",),
        ("pass_id",),
        ("name", "phone"),
        ("name", "home"),
        ("name", "plate"),
        ("name", "employer_name"),
    ),
)
AREA_NAMES = tuple(one.name for one in AREA)
