"""The tables [[notify]]: who is told by message, and of what."""

from typing import Annotated, Literal

from pydantic import AfterValidator

from edge.config import values
from edge.config.values import Device, Table, key, wrong


def _some(kinds: tuple[str, ...]) -> tuple[str, ...]:
    if not kinds:
        raise wrong('name at least one of "alarm", "overdue", "daily"', "至少写一种：alarm、overdue、daily")
    return kinds


class Notify(Table):
    """Who is told by message, and of what."""

    name: Annotated[str, AfterValidator(values.slug)] = key(
        "name of the recipient on the pages", "接收方名称，页面里显示", example="manager"
    )
    what: Annotated[tuple[Literal["alarm", "overdue", "daily"], ...], AfterValidator(_some)] = key(
        "of what: alarms and faults, what is overdue, the daily line; never anything personal",
        "通知哪些：警报和故障、待办超时、每日一行；不含个人信息",
        default=("alarm", "overdue", "daily"),
        lax=True,
    )
    language: Literal["zh_Hans", "en"] = key("language of the messages", "消息语言", default="zh_Hans")
    every_s: float = key(
        "at most one message in so many seconds; what comes in between goes together",
        "每隔这么多秒最多发一条，其间的合并发送",
        default=10.0,
        ge=1,
        le=3600,
    )
    notifier: Device = key(
        "driver and options, see `gatepost drivers notifier`",
        "发送方式的驱动和选项",
        default={"driver": "none"},
    )
