"""What each table of a configuration is for, in both languages."""

from collections.abc import Mapping

from edge.config.words import Text

TITLES: Mapping[str, Text] = {
    "gate": Text("Who this gate is.", "这个门岗。"),
    "store": Text("Where the records lie, and how long.", "记录放在哪里、保留多久。"),
    "web": Text("Where the pages are.", "页面的地址。"),
    "uplink": Text(
        "The district's server; without this table nothing leaves the gate.",
        "区级服务器；不写这个表就不上报。",
    ),
    "screening": Text(
        "The numbers people are screened by, in degrees Celsius and seconds.",
        "测温判断用的数值，单位摄氏度和秒。",
    ),
    "twice_daily": Text(
        "Two measurements a day of everybody who lives or works here, and who is missing.",
        "双测温：在此居住、工作的人每天上午、下午各测一次体温，缺谁一目了然。",
    ),
    "codes": Text("Which codes are believed.", "信任哪些码。"),
    "reports": Text(
        "The daily report of each day that ended at 00:00, also with all zeros; see docs/reports.md.",
        "每天截至0时的日报、零报告，见 docs/reports.md。",
    ),
    "cases": Text(
        "What follows a person who is handed over for a check.",
        "移交之后：交给谁、多久须确认、多久须跟踪。",
    ),
    "duty": Text(
        "Who has to be at the gate, and what is asked at the start of a shift.",
        "值班值守：上岗前查什么、岗位空缺多久提醒物业。",
    ),
    "post": Text(
        "A position that has to be staffed while it is open; write the table again for every further one.",
        "疫情防控专岗：开放期间必须有人的岗位；有几个岗位就写几个表。",
    ),
    "platform": Text(
        "Who is asked what an opaque health, itinerary or venue code means; write the table again for "
        "every further platform.",
        "健康码、行程码、场所码要向谁查询；有几个平台就写几个表。",
    ),
    "notify": Text(
        "Who is told by message of alarms, of what is overdue, of how the day was; write the table again for "
        "every further recipient.",
        "警报、待办超时、每日情况发消息通知谁；有几个接收方就写几个表。",
    ),
    "lane": Text(
        "Where one person at a time passes; write the table again for every further lane.",
        "一次过一个人的通道；有几条通道就写几个表。",
    ),
}
