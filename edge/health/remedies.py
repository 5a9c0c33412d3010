"""What each problem is called and what to do about it, in both languages.

Written for whoever runs the gate; the attendant's shorter words are in the pages. Words only.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.config.words import Text
from edge.health.masks import MASKS
from edge.health.platforms import PLATFORMS
from edge.health.procedures import PROCEDURES
from edge.health.trust import TRUST


@dataclass(frozen=True, slots=True)
class Remedy:
    """A problem's name and what to do about it."""

    title: Text
    do: Text


# Keys of devices are `device_` + DeviceUnavailable's code.
REMEDIES: Mapping[str, Remedy] = {
    "device_starting": Remedy(
        Text("The device is starting", "设备正在启动"),
        Text("Wait half a minute.", "请等半分钟。"),
    ),
    "device_absent": Remedy(
        Text("The device is not there", "找不到设备"),
        Text(
            "Is the plug in, and in the socket it was in? Has it power? Then compare the port in the "
            "configuration with `ls /dev/gate /dev/serial/by-path /dev/input/by-path /dev/video*`. For a "
            "network address: see that the other end is on and can be reached from here.",
            "插头插好了吗？还插在原来的插口吗？有电吗？再对照配置里的端口和 "
            "ls /dev/gate /dev/serial/by-path /dev/input/by-path /dev/video* 的结果。"
            "端口写的是网络地址时：对方开机了吗？从本机能连通吗？",
        ),
    ),
    "device_denied": Remedy(
        Text("The device may not be opened", "没有访问设备的权限"),
        Text(
            "Add the service's user to the device's group (dialout, video, audio, gpio, i2c, input); "
            "`gatepost doctor` says which. `sudo ./gate install` does it for all of them.",
            "把服务用户加入设备所属的组（dialout、video、audio、gpio、i2c、input），"
            "gatepost doctor 会指出是哪一个；sudo ./gate install 会一次加好。",
        ),
    ),
    "device_busy": Remedy(
        Text("Another program holds the device", "设备被其他程序占用"),
        Text(
            "The message names the program where it may be seen; end it: a second Gatepost, a terminal, a "
            "serial console, ModemManager, brltty. `sudo gatepost doctor` sees all of them. If it is this "
            "gate itself, two devices name one port in the configuration.",
            "提示里会写出能看到的程序名，请结束它：另一个 Gatepost、串口终端、串口控制台、"
            "ModemManager、brltty；sudo gatepost doctor 可以看到全部。如果占用的就是本程序，"
            "说明配置里有两个设备写了同一个端口。",
        ),
    ),
    "device_lost": Remedy(
        Text("The device was lost while it worked", "设备在使用中断开"),
        Text(
            "Push the plug in; it comes back by itself. Again and again: the power supply is too weak "
            "(`gatepost doctor`), the cable is bad, or the hub has no power of its own.",
            "把插头插紧，之后会自动恢复。如果反复断开：电源太弱（gatepost doctor 会指出）、"
            "线坏了，或集线器没有独立电源。",
        ),
    ),
    "device_garbled": Remedy(
        Text("The device sends what cannot be read", "设备发来的数据无法识别"),
        Text(
            "Compare driver and baud rate (named in the message) with the module's label. If they are right: "
            "ground wire, power, a shorter cable. Just after a power cut: unplug it and plug it in. A port "
            "called ttyUSB0 or ttyACM0 can be another device after a restart: `gatepost doctor` names the "
            "one that stays. Where the message says that the module is in body mode: power it off and on.",
            "核对配置里的驱动和波特率（提示里写明）是否与模块一致。如果一致：检查地线、供电，换短一些的线。"
            "刚停过电：拔下重插。端口写的是 ttyUSB0、ttyACM0 这类名称时，重启后可能变成另一个设备，"
            "gatepost doctor 会给出不变的名称。提示里写明模块停在体温模式的：断电重开。",
        ),
    ),
    "device_silent": Remedy(
        Text("The device is open and says nothing", "设备已打开但没有数据"),
        Text(
            "Switch it off and on. Is its lamp on? TX goes to RX and RX to TX; check driver and speed. A "
            "scanner that took a set-up code: reset it with the code in its manual. A port called ttyUSB0 or "
            "ttyACM0 can be another device after a restart: `gatepost doctor` names the one that stays.",
            "断电重开。指示灯亮吗？TX 接 RX、RX 接 TX；核对驱动和波特率。"
            "扫码模块被设置码改过：用说明书里的恢复出厂码复位。端口写的是 ttyUSB0、ttyACM0 这类名称时，"
            "重启后可能变成另一个设备，gatepost doctor 会给出不变的名称。",
        ),
    ),
    "device_hung": Remedy(
        Text("The device does not answer", "设备没有响应"),
        Text(
            "It is being started again; if that goes on, unplug it and plug it in.",
            "正在自动重启该设备；如果一直如此，请拔下重插。",
        ),
    ),
    "device_ended": Remedy(
        Text("The recording or the camera's process has ended", "录像已播放完毕，或摄像头进程已退出"),
        Text(
            "A camera is started again by itself. A recording: configure loop = true, or a camera.",
            "摄像头会自动重启。如果是录像：在配置里写 loop = true，或改用摄像头。",
        ),
    ),
    "device_broken": Remedy(
        Text("The driver failed", "驱动程序出错"),
        Text(
            "Report it together with the log: `journalctl -u gatepost`.",
            "请连同日志一起反馈：journalctl -u gatepost。",
        ),
    ),
    **{
        code: Remedy(title, do) for code, (title, do) in {**PLATFORMS, **PROCEDURES, **TRUST, **MASKS}.items()
    },
    "journal_set_aside": Remedy(
        Text("A damaged journal was set aside", "损坏的记录文件已另存"),
        Text(
            "Passages go on in a new file. Keep the old one (journal-aside-*.db in the store) and call "
            "whoever looks after the gate.",
            "已换新文件继续记录。请保留旧文件（存储文件夹里的 journal-aside-*.db），并联系维护人员。",
        ),
    ),
    "journal_rolled_back": Remedy(
        Text("The journal is older than it was", "记录比之前的旧"),
        Text(
            "An older copy was put back, or the card forgot writes: replace the card; the district keeps "
            "what it had.",
            "文件被换回旧的副本，或存储卡丢失了写入：请更换存储卡；区里已收到的记录不受影响。",
        ),
    ),
    "journal_tampered": Remedy(
        Text("The journal was changed by another hand", "记录被改动过"),
        Text(
            "Run `gatepost journal verify`, keep a copy of the store, tell the manager and the district.",
            "运行 gatepost journal verify，保留存储文件夹的副本，报告物业和区里。",
        ),
    ),
    "journal_reserve": Remedy(
        Text("The space kept for a full card was used up", "为存满预留的空间已用掉"),
        Text(
            "Free space on the card, then start the gate again.",
            "请清理存储卡空间，然后重新启动门岗。",
        ),
    ),
    "retention_waits": Remedy(
        Text("Nothing is destroyed: the clock leapt", "时钟跳变，暂停销毁到期信息"),
        Text(
            "Compare the clock; if it is right, run `gatepost journal purge --believe-clock`.",
            "请核对时间；如果正确，运行 gatepost journal purge --believe-clock。",
        ),
    ),
    "retention_unacknowledged": Remedy(
        Text("Rows were destroyed before the district had them", "有记录在区里收到之前已到期销毁"),
        Text(
            "Find out why the district did not receive them; see `gatepost outbox status`.",
            "请查明区里为何没有收到；见 gatepost outbox status。",
        ),
    ),
    "journal_unwritable": Remedy(
        Text("The journal cannot be written", "记录无法写入"),
        Text(
            "Register by hand on paper. Check the card: `gatepost doctor`, `gatepost journal verify`.",
            "请先用纸笔登记。检查存储卡：gatepost doctor、gatepost journal verify。",
        ),
    ),
    "disk_nearly_full": Remedy(
        Text("The card is nearly full", "存储空间即将用完"),
        Text(
            "Make room: old backups and logs (`journalctl --vacuum-size=50M`); never delete the journal.",
            "清理空间：旧备份和日志（journalctl --vacuum-size=50M）；不要删除记录文件。",
        ),
    ),
    "disk_unreadable": Remedy(
        Text("The folder of the records cannot be read", "记录所在的文件夹读不出来"),
        Text(
            "Check that the card or disk is there and mounted; `gatepost doctor`.",
            "检查存储卡或磁盘是否插好、已挂载；运行 gatepost doctor。",
        ),
    ),
    "clock_unset": Remedy(
        Text("The clock is earlier than it can be", "时钟早于实际可能的时间"),
        Text(
            'Connect a network, or set it: `gatepost clock set "2026-12-03 14:05"`.',
            '接通网络，或手动校时：gatepost clock set "2026-12-03 14:05"。',
        ),
    ),
    "clock_unconfirmed": Remedy(
        Text("Nobody has confirmed the clock since the start", "开机后时钟未经确认"),
        Text(
            "Connect a network, or compare it and run `gatepost clock confirm`.",
            "接通网络，或核对时间后运行 gatepost clock confirm。",
        ),
    ),
    "uplink_down": Remedy(
        Text("The district's server cannot be reached", "连不上区级服务器"),
        Text(
            "The gate goes on and nothing is lost. Check network and address: `gatepost doctor`.",
            "门岗照常工作，记录不会丢失。检查网络和地址：gatepost doctor。",
        ),
    ),
    "uplink_rejected": Remedy(
        Text("The district refused records", "区级服务器拒收了部分记录"),
        Text(
            "`gatepost outbox status` names them; tell the district.",
            "gatepost outbox status 会列出来；请联系区级管理员。",
        ),
    ),
    "heart_stopped": Remedy(
        Text("A part of the program has stopped", "程序的一部分停止了"),
        Text("The gate starts again by itself within a minute.", "程序会在一分钟内自动重启。"),
    ),
    "probe_failed": Remedy(
        Text("Something could not be looked at", "有一项检查无法进行"),
        Text("Run `gatepost doctor`.", "请运行 gatepost doctor。"),
    ),
    "calibration_due": Remedy(
        Text("The calibration of a thermometer ends soon", "测温仪的校准即将到期"),
        Text(
            "Take ten readings beside a clinical thermometer: `gatepost calibrate`.",
            "与医用体温计比对十次：gatepost calibrate。",
        ),
    ),
    "calibration_elsewhere": Remedy(
        Text("A calibration was found for another thermometer or socket", "校准属于另一支测温仪或另一个插口"),
        Text(
            "It is not used. If two were exchanged, put them back; else calibrate again: "
            "`gatepost calibrate`.",
            "该校准不使用。如果两支插反了请换回；否则请重新校准：gatepost calibrate。",
        ),
    ),
    "calibration_expired": Remedy(
        Text("The calibration of a thermometer has ended", "测温仪的校准已过期"),
        Text(
            "It is not used any more: the device's own body value counts, or none. Calibrate again: "
            "`gatepost calibrate`.",
            "已不再使用：改用设备自身的体温值，没有则不出结论。请重新校准：gatepost calibrate。",
        ),
    ),
    "instrument_doubted": Remedy(
        Text("The values of a thermometer cannot be right", "测温仪的读数不可信"),
        Text(
            "The devices page of the manager says what was seen and what to do. Until then measure with a "
            "contact thermometer as well.",
            "管理员的“设备”页写明发现了什么、该怎么办。处理之前请同时用接触式体温计测量。",
        ),
    ),
    "case_overdue": Remedy(
        Text("Somebody who was handed over for a check is overdue", "有移交的人员超时未办"),
        Text(
            "Open Cases in the pages: call the unit, write down what it says, and close what is over.",
            "打开“移交个案”页：联系接收单位，登记结果，办完的请办结。",
        ),
    ),
    "register_overdue": Remedy(
        Text("Something that a register asks for today is overdue", "登记册里有今天超时未办的事项"),
        Text(
            "Open Today's tasks in the pages: see to what is overdue and tick it off.",
            "打开“今日待办”页：办理超时的事项并登记。",
        ),
    ),
    "report_missing": Remedy(
        Text("A daily report is late and not there", "日报（零报告）过点未报"),
        Text(
            "Look at the clock and the card: the report is written by itself as soon as both allow. "
            "Until then tell the office by telephone.",
            "请检查时钟和存储卡：恢复后会自动补报并注明迟报；在此之前请先电话报告。",
        ),
    ),
    "report_waits": Remedy(
        Text("Daily reports wait: the clock leapt by more than a year", "时钟跳了一年以上，日报暂停"),
        Text(
            "Is the date right? Set or confirm the clock. If the gate really stood still for so long, the "
            "reports go on by themselves after a day.",
            "日期对吗？请校准或确认时钟。如果门岗确实停用了一年以上，一天后日报会自动继续。",
        ),
    ),
    "duty_uncovered": Remedy(
        Text("Nobody is on duty in a position of an open post", "有岗位无人在岗"),
        Text(
            "The page Duty of the manager says which one and since when. Call whoever is on the sheet, or "
            "put somebody else there and let them sign in. The gate goes on without.",
            "物业的“值班”页写明哪个岗位、从何时起空缺。请联系排班人员，或另派人到岗签到。不影响通行。",
        ),
    ),
    "level_shifted": Remedy(
        Text("Half of the people of late read far from what was expected", "最近有一半人的读数远离预期"),
        Text(
            "The thermometer, its place or the air has changed. Look at lens, distance, sun and heater; then "
            "confirm the level on the manager's page Temperature, or put the thermometer right.",
            "测温仪、位置或空气变了。请检查镜头、距离、日晒和暖风；确认无误后在物业的“体温”页确认新的水平，"
            "否则把测温仪调整好。",
        ),
    ),
}
UNKNOWN = Remedy(
    Text("Something is wrong", "出现问题"), Text("Run `gatepost doctor`.", "请运行 gatepost doctor。")
)


def remedy(code: str) -> Remedy:
    """Return the words for a problem's code; general ones for a code of somebody else's."""
    return REMEDIES.get(code, UNKNOWN)
