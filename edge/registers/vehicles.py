"""The register of vehicles: plate, kind, the household it belongs to, who drives it.

Open fields of an entry: `kind`, `category`, `household`, `zone`. Personal: `plate`, the driver's
`name` and `phone`.
"""

from edge.registers.kinds import Field, Kind
from edge.registers.people import CATEGORIES, HOME, NOTE, TIMES, ZONE

REGISTER = "vehicles"
KINDS = {
    "car": ("小型汽车", "轿车", "小车", "私家车", "小客车", "汽车"),
    "new_energy": ("新能源", "新能源车", "电动汽车"),
    "truck": ("货车", "卡车", "大货车"),
    "bus": ("客车", "大客车", "公交车"),
    "taxi": ("出租车", "网约车"),
    "motorcycle": ("摩托车", "电动车", "电瓶车"),
    "emergency": ("急救车", "救护车", "消防车", "警车", "特种车"),
    "other": ("其他", "其它"),
}

VEHICLES = Kind(
    REGISTER,
    "车辆",
    "Vehicles",
    (
        Field(
            "plate",
            "车牌",
            "plate",
            "plate",
            personal=True,
            find=True,
            also=("车牌号", "车牌号码", "车号", "号牌"),
        ),
        Field("kind", "车型", "kind", "choice", also=("车辆类型", "车辆类别"), choices=KINDS),
        Field(
            "name",
            "驾驶人",
            "driver",
            personal=True,
            find=True,
            also=("车主", "司机", "姓名", "车主姓名", "驾驶员"),
        ),
        Field(
            "phone",
            "手机",
            "phone",
            "phone",
            personal=True,
            find=True,
            also=("电话", "联系电话", "手机号", "手机号码"),
        ),
        *HOME,
        Field("category", "类别", "category", "choice", choices=CATEGORIES),
        ZONE,
        Field("pass_id", "通行证号", "pass number", "pass_id", personal=True, find=True, also=("通行证",)),
        *TIMES,
        NOTE,
    ),
    needs=(("plate",),),
    same=(("plate",),),
)
