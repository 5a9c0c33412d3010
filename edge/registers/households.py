"""The register of households, and where each belongs: district, street, community, grid, compound; or town,
village, group.

Open fields of an entry: those places, `zone`, `exits_watched`, `quota` (how often a quota may be used, for
this household), and `rounds`, the numbers of the census rounds it was visited in.
Personal: building, unit, room, and whom to call, by role (`contact_…`): those of R53 have a column and a
field in the form, those of the site's own roles.toml are kept beside them (`edge.registers.contacts`).
"""

from edge.registers.kinds import Field, Kind
from edge.registers.people import AREA, EXITS_WATCHED, HOME, NOTE, QUOTA, ZONE

REGISTER = "households"

# “2+5”居家服务管理: who serves a household, as the report names them, and the buyer of R95.
CONTACT_ROLES = {
    "leader": ("片区负责领导", "area-responsible leader"),
    "cadre": ("片区干部", "area cadre"),
    "community": ("社区干部", "community cadre"),
    "doctor": ("医生", "doctor"),
    "police": ("民警", "police"),
    "grid_worker": ("网格员", "grid worker"),
    "building_head": ("楼栋长", "building head"),
    "buyer": ("代购员", "buyer"),
}

HOUSEHOLDS = Kind(
    REGISTER,
    "住户",
    "Households",
    (
        *HOME,
        *AREA,
        *(ZONE, EXITS_WATCHED, QUOTA),
        *(Field(f"contact_{role}", zh, en, personal=True) for role, (zh, en) in CONTACT_ROLES.items()),
        NOTE,
    ),
    needs=(("room",),),
    same=(("home",),),
)
