"""The table [twice_daily]: two measurements a day, one in the morning and one in the afternoon.

Defaults equal those of `edge.domain.twice_daily.Terms`; a test holds them together.
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, model_validator

from edge.config.values import Table, key, wrong
from edge.domain.errors import FormError
from edge.domain.twice_daily import MINUTES, Windows, checked

_WINDOW = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})")
# Those of `edge.registers.people`; a test holds them together.
Registered = Literal[
    "resident",
    "tenant",
    "staff",
    "visitor",
    "outsider",
    "returnee",
    "from_abroad",
    "resumed_worker",
    "courier",
    "other",
]
_WORD = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)


def window(text: str) -> str:
    """Refuse anything but `06:00-12:00` within one day, in which time passes."""
    begin, end = minutes(text)
    if not 0 <= begin < end <= MINUTES:
        raise wrong(
            'write from and to within one day, such as "06:00-12:00"',
            '请写一天之内的起止时间，例如 "06:00-12:00"',
        )
    return text


def minutes(text: str) -> tuple[int, int]:
    """Return a window in minutes after midnight; (-1, -1) for what is none."""
    found = _WINDOW.fullmatch(text.strip())
    if found is None or int(found[2]) > 59 or int(found[4]) > 59:
        return -1, -1
    return 60 * int(found[1]) + int(found[2]), 60 * int(found[3]) + int(found[4])


def passes(names: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what no pass can say."""
    if not names or any(not _WORD.fullmatch(name) for name in names):
        raise wrong(
            'names of categories as passes have them, such as ["resident", "staff"]',
            '写通行证上的类别，例如 ["resident", "staff"]',
        )
    return names


class TwiceDaily(Table):
    """When a measurement counts for the morning and for the afternoon, and who is expected."""

    morning: Annotated[str, AfterValidator(window)] = key(
        "from when to when a measurement counts as the morning's, by the clock on the wall; the end no "
        "longer does",
        "几点到几点的测量算上午的一次（当地时间，不含结束时刻）",
        default="06:00-12:00",
    )
    afternoon: Annotated[str, AfterValidator(window)] = key(
        "the same for the afternoon; not before the morning has ended",
        "几点到几点的测量算下午的一次；不能早于上午结束",
        default="12:00-22:00",
    )
    roster_days: int = key(
        "somebody whose own pass was seen here, or whom the register of people knew, within so many days, "
        "that day included, is expected to be measured twice; so is whoever a temperature was entered for",
        "最近这么多天内（含当天）在本门岗出示过本人通行证、或由人员名册查到的人，应一日两测；"
        "人工登记过体温的人也算",
        default=14,
        ge=1,
        le=60,
    )
    categories: Annotated[tuple[str, ...], AfterValidator(passes)] = key(
        "categories of passes whose holders are expected; visitors and couriers are not",
        "哪些类别的通行证持有人应一日两测；访客、配送员不算",
        default=("resident", "staff"),
        lax=True,
    )
    registered: tuple[Registered, ...] = key(
        "who of the register of people is expected whether they came or not, by category, such as "
        '["staff"]; each of them is opened for each page, so at most 5,000',
        '人员名册中哪些类别的人不管来没来过都应一日两测，例如 ["staff"]；每次打开页面都要逐人解封，'
        "最多 5000 人",
        default=(),
        example=["staff"],
        lax=True,
    )

    @model_validator(mode="after")
    def _order(self) -> "TwiceDaily":
        try:
            checked(self.windows)
        except FormError as error:
            raise wrong(
                "afternoon must not begin before morning has ended",
                "afternoon 不能早于 morning 结束",
                "morning",
                "afternoon",
            ) from error
        return self

    @property
    def windows(self) -> Windows:
        """Both windows in minutes after local midnight."""
        return Windows(minutes(self.morning), minutes(self.afternoon))
