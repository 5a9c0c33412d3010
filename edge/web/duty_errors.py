"""Refusals about duty, incidents and the ends of accounts, English first; `troubles.py` takes them in."""

from collections.abc import Mapping

ERRORS: Mapping[str, tuple[str, str]] = {
    "duty_unknown_post": ("There is no such post.", "没有这个岗位。"),
    "several_homes": (
        "Several households may be meant: name building, unit and room.",
        "对应多户：请写明楼栋、单元和房号。",
    ),
    "duty_unknown_role": ("There is no such role.", "没有这个角色。"),
    "duty_bad_line": (
        "A line needs a name, a day, and from when until when (at most 36 hours).",
        "每一行要有姓名、日期和起止时间（最长 36 小时）。",
    ),
    "duty_untrained": (
        "There is no training record of this person: choose a reason, or record the training first.",
        "此人没有岗前培训记录：请选择理由，或先登记培训。",
    ),
    "duty_twice": ("This line is on the sheet already.", "排班表上已有这一行。"),
    "duty_bad_headings": (
        "The first line has to name the columns: day, from, until, role, name (also post, phone, account, "
        "unit).",
        "第一行要写列名：日期、开始、结束、角色、姓名（还可有岗位、电话、账号、单位）。",
    ),
    "duty_too_many": ("At most 500 lines at once.", "一次最多 500 行。"),
    "duty_signed_in": ("This account is signed in already.", "该账号已经签到。"),
    "duty_over": (
        "Your temperature is over the threshold: you may not go on duty. Call the manager; only a manager "
        "can sign you in.",
        "你的体温超过阈值，不能上岗。请联系物业；只有物业可以为你签到。",
    ),
    "duty_incomplete": (
        "No protection, no duty: tick all equipment and measure your temperature, or choose a reason.",
        "无防护不上岗：请逐项勾选防护用品并测量体温，或选择理由。",
    ),
    "duty_note_unread": (
        "Read the hand-over note of the shift before and confirm it.",
        "请先阅读上一班的交接记录并确认。",
    ),
    "duty_no_reading": (
        "The lane's thermometer measures nobody now: stand before it, or write the value.",
        "通道测温仪现在没有测到人：请站到测温仪前，或填写体温。",
    ),
    "duty_needed": ("Nobody is signed in at this post: sign in first.", "本岗位尚无人签到：请先签到上岗。"),
    "last_manager": (
        "No manager would be left: make another one first.",
        "这样就没有物业账号了：请先建立另一个。",
    ),
}
