"""The table [screening]: the numbers people are screened by.

Defaults equal those of `edge.domain.policy.Policy`; a test holds them together.
"""

from typing import Literal, Self

from pydantic import model_validator

from edge.config.values import Table, key, wrong


class Screening(Table):
    """The numbers people are screened by. Temperatures in degrees Celsius."""

    threshold_c: float = key(
        "body estimate from which somebody is referred for a check",
        "体温估计值达到多少需要复核",
        default=37.3,
        ge=36.0,
        le=40.0,
    )
    too_low_c: float = key(
        "below this the measurement counts as not taken",
        "低于此值视为没有测到",
        default=35.0,
        ge=30.0,
        le=36.5,
    )
    too_high_c: float = key(
        "above this the measurement counts as not taken",
        "高于此值视为没有测到",
        default=42.5,
        ge=40.0,
        le=45.0,
    )
    ambient_min_c: float = key(
        "coldest surroundings in which the thermometer is believed",
        "测温可信的最低环境温度",
        default=16.0,
        ge=-40.0,
        le=40.0,
    )
    ambient_max_c: float = key(
        "warmest surroundings in which the thermometer is believed",
        "测温可信的最高环境温度",
        default=35.0,
        ge=0.0,
        le=60.0,
    )
    surface_offset_c: float | None = key(
        "what this site adds to a forehead surface temperature, found with a second instrument; "
        "absent: a device without a body value of its own gives no verdict",
        "本现场在额头表面温度上加的数，用另一支体温计比对得出；不写时，自身不给体温值的设备得不出结论",
        default=None,
        example=2.6,
        ge=-2.0,
        le=12.0,
    )
    presence_c: float = key(
        "surface temperature from which a person is before the sensor",
        "表面温度达到多少算有人站在探头前",
        default=28.0,
        ge=15.0,
        le=36.0,
    )
    hot_c: float = key(
        "surface temperature above which it is no person: a cup, a lamp, the sun",
        "表面温度高于此值不是人：热水杯、灯、阳光",
        default=43.0,
        ge=40.0,
        le=60.0,
    )
    rise_c: float = key(
        "how much warmer than the air and than the empty lane a person must be",
        "比空气和无人时的背景高多少度才算有人",
        default=1.0,
        ge=0.0,
        le=10.0,
    )
    hold: Literal["maximum", "plateau"] = key(
        "what of a person's frames counts: the hottest that agree (a sweep over the forehead) or the "
        "longest run that agrees (a spot held still)",
        "一次测量取什么：取相互一致的最高值（扫过额头），或取持续最久的稳定值（对准一点不动）",
        default="maximum",
    )
    settle_s: float = key(
        "first seconds of a person that do not count: the sensor is on its way up",
        "有人出现后最初几秒的读数不算：探头还在升温",
        default=0.2,
        ge=0.0,
        le=2.0,
    )
    spread_c: float = key(
        "how far apart frames may lie that agree", "读数相差多少以内算一致", default=0.3, ge=0.05, le=2.0
    )
    dip_c: float = key(
        "how far the value falls while one person makes way for the next without a gap",
        "前后两人紧跟、中间没有空档时，读数下降多少算换了人",
        default=0.8,
        ge=0.3,
        le=5.0,
    )
    sweep_s: float = key(
        "seconds over which the highest value is held", "几秒之内取最高值", default=1.0, ge=0.1, le=10.0
    )
    min_frames: int = key("good frames a measurement needs", "一次测量至少要几帧", default=3, ge=1, le=100)
    gap_s: float = key(
        "seconds of empty air that end one person's measurement",
        "空多少秒算这个人已离开",
        default=0.4,
        ge=0.05,
        le=5.0,
    )
    stale_s: float = key(
        "seconds of silence after which earlier frames are forgotten; more than the module needs for one",
        "中断多少秒后，之前的读数作废；要比模块给一帧的间隔长",
        default=2.0,
        ge=0.5,
        le=60.0,
    )
    rest_s: int = key(
        "seconds of rest before a second measurement", "复测前休息的秒数", default=300, ge=0, le=7200
    )

    decides: Literal["legal", "level", "either"] = key(
        "what decides: the legal line (threshold_c on the body estimate), how far somebody stands out of "
        "the healthy people of this gate, or either; both are stored whichever decides",
        "以什么判断：法定线 legal（体温估计值达到 threshold_c）、本门岗健康人群水平 level（明显偏离者），"
        "或任一 either；无论以哪个判断，两个结论都会记录",
        default="either",
    )
    prevalence_ppm: int = key(
        "of a million people who come, how many have what is looked for; moves the probability that is "
        "shown, never who is referred",
        "每百万来人中约有多少人确实发热；只影响显示的概率，不影响复核哪些人",
        default=5_000,
        ge=1,
        le=500_000,
    )
    over_per_1000: int = key(
        "of 1000 healthy people, how many are over after the second measurement as well, by the level; the "
        "fewer, the more fevers are missed",
        "每千名健康人中有多少人复测后按健康水平仍属偏高；定得越少，漏检的发热者越多",
        default=50,
        ge=5,
        le=300,
    )
    second_per_1000: int = key(
        "of 1000 healthy people, how many stand out so far that they are measured a second time, after a "
        "rest or with a contact thermometer; never fewer than over_per_1000, best three times as many",
        "每千名健康人中有多少人会因偏高需要复测（休息后或用接触式体温计）；不少于 over_per_1000，三倍为宜",
        default=160,
        ge=5,
        le=400,
    )
    again_per_1000: int | None = key(
        "of 1000 healthy people, how many stand out so far that one more reading of the same kind is asked "
        "for; absent: as second_per_1000",
        "每千名健康人中有多少人会因略偏高需用同一测温仪再测一次；不写则与 second_per_1000 相同",
        default=None,
        example=333,
        ge=5,
        le=500,
    )
    own_history: bool = key(
        "of whoever shows a proven code before being measured: expect what is usual for them, by at most "
        "half a spread; kept in memory only, at most 14 days; off: in a simulated year it changed nothing, "
        "and remembering people costs",
        "先出示有效码、后测温的人：按其本人平时的读数略作调整，最多半个离散；只存在内存里，最多14天；"
        "默认关闭：模拟的一年里看不出差别，而记住人是有代价的",
        default=False,
    )

    rest_share_per_1000: int = key(
        "while the queue is long, of 1000 people who come, how many may be asked to rest: those who stand "
        "out most; the others go to a contact thermometer at once",
        "排队长时，每千名来人中最多请多少人休息后复测：只请最偏高的；其余立即用接触式体温计",
        default=200,
        ge=0,
        le=1000,
    )
    queue_s: int = key(
        "the queue is long while people leave the lane less than this many seconds apart (the middle of the "
        "last eight gaps); 0: never",
        "前后两人离开通道相隔不到几秒算排队长（取最近八次间隔的中位数）；0 表示不按此判断",
        default=12,
        ge=0,
        le=600,
    )
    bench_seats: int = key(
        "the queue is long as well while so many people rest; 0: no matter how many",
        "同时休息的人达到几位也算排队长；0 表示不限",
        default=6,
        ge=0,
        le=100,
    )

    @model_validator(mode="after")
    def _order(self) -> Self:
        for low, high in (
            ("too_low_c", "threshold_c"),
            ("threshold_c", "too_high_c"),
            ("ambient_min_c", "ambient_max_c"),
            ("presence_c", "too_low_c"),
            ("presence_c", "hot_c"),
            ("settle_s", "sweep_s"),
            ("spread_c", "dip_c"),
            ("gap_s", "stale_s"),
        ):
            if getattr(self, low) >= getattr(self, high):
                raise wrong(f"{low} must be less than {high}", f"{low} 必须小于 {high}", low, high)
        if self.again_per_1000 is not None and self.again_per_1000 < self.over_per_1000:
            raise wrong(
                "again_per_1000 must not be less than over_per_1000",
                "again_per_1000 不能小于 over_per_1000",
                "over_per_1000",
                "again_per_1000",
            )
        return self
