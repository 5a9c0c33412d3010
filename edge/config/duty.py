"""The tables [duty] and [[post]]: who has to be at the gate when, what is asked at the start of a shift."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, model_validator

from edge.config import values
from edge.config.twice_daily import minutes
from edge.config.values import Table, key, wrong

Body = Literal[
    "property_company", "owners_committee", "self_managed", "community", "village", "employer", "authority"
]


def _hours(texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        begin, end = minutes(text)
        if not (0 <= begin < 1440 and 0 <= end <= 1440) or begin == end:
            raise wrong(
                'write from and to, such as "06:00-22:00"; "22:00-06:00" goes over midnight',
                '请写起止时间，例如 "06:00-22:00"；"22:00-06:00" 表示跨夜',
            )
    if not texts:
        raise wrong("a post is open at some time", "岗位至少要有一段开放时间")
    return texts


def _each(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names or len(set(names)) < len(names):
        raise wrong("name each thing once, at least one", "至少写一项，且不能重复")
    return tuple(values.title(name) for name in names)


class Duty(Table):
    """What is asked of whoever comes on duty, and when a manager is told."""

    required: bool = key(
        "the attendant's page opens only while somebody is signed in; a reason opens it as well",
        "有人签到上岗后门岗页面才打开（无防护不上岗）；写明理由也可打开",
        default=False,
    )
    responsible: Body | None = key(
        "who answers for this gate: the property company, the owners' committee, the compound itself, the "
        "community, the village, an employer, an authority",
        "责任主体：物业公司 property_company、业主委员会 owners_committee、居民自管 self_managed、"
        "社区 community、村 village、单位 employer、主管部门 authority",
        default=None,
        example="property_company",
    )
    equipment: Annotated[tuple[str, ...], AfterValidator(_each)] = key(
        "the protective equipment that is ticked at sign-in; write the site's own list",
        "上岗前逐项打勾的防护用品；请按本点规定填写",
        default=("口罩 mask", "手套 gloves"),
        lax=True,
    )
    grace_minutes: int = key(
        "minutes a position may be unfilled before a manager is told",
        "岗位空缺多少分钟后提醒物业",
        default=15,
        ge=0,
        le=1440,
    )
    longest_hours: int = key(
        "whoever never signs out counts as being there for at most so many hours",
        "没有签退的，最多算在岗这么多小时",
        default=16,
        ge=1,
        le=36,
    )
    taken_minutes: int | None = key(
        "response clock (“1、3、5”): minutes within which somebody sees to an alarm: is called, or the "
        "person is handed over; absent: not counted. The meaning of the numbers is the site's",
        "快速反应（“1、3、5”）：报警后多少分钟内有人处理（已联系，或已移交）；不写则不计。数字的含义由本点规定",
        default=None,
        example=1,
        ge=1,
        le=1440,
    )
    there_minutes: int | None = key(
        "the same until somebody is there, or the unit has said that it has the person",
        "同上：多少分钟内有人到场（或对方确认接收）",
        default=None,
        example=3,
        ge=1,
        le=1440,
    )
    done_minutes: int | None = key(
        "the same until it is over",
        "同上：多少分钟内处置完毕",
        default=None,
        example=5,
        ge=1,
        le=10_080,
    )

    @model_validator(mode="after")
    def _order(self) -> Self:
        steps = [step for step in (self.taken_minutes, self.there_minutes, self.done_minutes) if step]
        if steps != sorted(steps):
            raise wrong(
                "the limits of the response clock must not get shorter",
                "快速反应的时限应由短到长",
                "taken_minutes",
                "there_minutes",
                "done_minutes",
            )
        return self


class Post(Table):
    """A position at the gate that has to be staffed while it is open."""

    name: Annotated[str, AfterValidator(values.title)] = key(
        "name of the post", "岗位名称", example="北门 north gate"
    )
    hours: Annotated[tuple[str, ...], AfterValidator(_hours)] = key(
        "when it is open, by the clock on the wall; 00:00-24:00 is round the clock",
        "开放时间（当地时间）；00:00-24:00 为 24 小时值守",
        default=("00:00-24:00",),
        lax=True,
    )
    positions: Annotated[tuple[str, ...], AfterValidator(values.fields)] = key(
        "the roles of config/roles.toml that somebody has to fill all that time; nobody is kept from working "
        "where one is not: a manager is told",
        "开放期间必须有人的岗位（config/roles.toml 里的名称）；空缺不影响通行，只提醒物业",
        default=("community_worker",),
        lax=True,
    )
    lanes: tuple[str, ...] = key(
        "the lanes that belong to it; none: all",
        "所管通道；不写为全部通道",
        default=(),
        example=["in"],
        lax=True,
    )

    @property
    def windows(self) -> tuple[tuple[int, int], ...]:
        """The hours in minutes after local midnight."""
        return tuple(minutes(text) for text in self.hours)
