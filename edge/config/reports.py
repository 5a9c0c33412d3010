"""The table [reports]: when the daily report goes out, what it is cumulative from, to whom."""

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator

from edge.config import values
from edge.config.values import Table, key, wrong

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


def clock(text: str) -> str:
    """Refuse what is no time of day such as `00:10`."""
    if not _CLOCK.fullmatch(text):
        raise wrong('a time of day such as "00:10"', '写一个时刻，例如 "00:10"')
    return text


def day(text: str) -> str:
    """Refuse what is no day such as `2020-01-24`."""
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise wrong('a day such as "2020-01-24"', '写一个日期，例如 "2020-01-24"') from error
    if found.isoformat() != text:
        raise wrong('a day such as "2020-01-24"', '写一个日期，例如 "2020-01-24"')
    return text


class Reports(Table):
    """The daily report: of each day that ended at 00:00, also with all zeros."""

    at: Annotated[str, AfterValidator(clock)] = key(
        "time of day at which the report of the day before (cut off at 00:00) is written and sent",
        "每天几点上报前一天（截至0时）的日报、零报告",
        default="00:10",
    )
    late_minutes: int = key(
        "minutes after which a report counts as late: it says so, and until it is there /readyz warns",
        "过点多少分钟算迟报：迟报会注明，未报期间 /readyz 报警",
        default=60,
        ge=1,
        le=720,
    )
    recipients: Annotated[tuple[str, ...], AfterValidator(values.unit_names)] = key(
        "to whom the report goes, by names of offices; the names leave the gate",
        "报送单位名称；不要写人名和电话，名称会上报",
        default=("街道 street office",),
        lax=True,
    )
    series: Literal["district", "provincial"] = key(
        "which series of the bulletin this gate belongs to; the two are never added up",
        "通报口径：district 区县属地，provincial 省际入口；两个口径从不相加",
        default="district",
    )
    site: Annotated[str, AfterValidator(values.title)] | None = key(
        "the compound, town or road whose gates are added up at the district; absent: this gate alone",
        "区里按它合计的小区、镇街或路段名称；不写则只有本门岗",
        default=None,
        example="观音桥小区",
    )
    since: Annotated[str, AfterValidator(day)] | None = key(
        "first day of the cumulative figures; absent: the gate's first day",
        "累计数从哪一天算起；不写则从本门岗第一天算起",
        default=None,
        example="2020-01-24",
    )
    least_out_percent: int = key(
        "fewer exits than this share of the entries, and the report warns that exits are not recorded",
        "出的人次少于进的百分之几时，报表提醒“只管进、不管出”",
        default=50,
        ge=0,
        le=100,
    )
    template: Path | None = key(
        "the street's own spreadsheet (xlsx) with {{names}} of figures in its cells, filled from the evening "
        "page",
        "街道自己的表格（xlsx），单元格里写 {{指标名}}，由晚间汇总页填写",
        default=None,
        example="/var/lib/gatepost/street.xlsx",
        lax=True,
    )

    @property
    def minutes(self) -> int:
        """`at` in minutes after midnight."""
        return int(self.at[:2]) * 60 + int(self.at[3:])
