"""What is wrong with a platform and what to do, by `platform_` + DeviceUnavailable's code. Words only."""

from collections.abc import Mapping

from edge.config.words import Text

_ASKED_AGAIN = Text(
    "It is asked again by itself; if it stays, call its operator.", "会自动重试；一直如此请联系平台方。"
)

PLATFORMS: Mapping[str, tuple[Text, Text]] = {
    "platform_starting": (
        Text("The platform has not been asked yet", "还没有向平台查询过"),
        Text("It is asked when the first code is shown.", "有人出示第一个码时就会查询。"),
    ),
    "platform_absent": (
        Text("The platform that knows health codes cannot be reached", "健康码查询平台连不上"),
        Text(
            "Check the network and the address under [platform.verifier]; `gatepost doctor`. Passages go on "
            "by what the phone shows, ID number or paper.",
            "检查网络和 [platform.verifier] 里的地址，运行 gatepost doctor。"
            "期间看手机画面、登记证件或用纸笔。",
        ),
    ),
    "platform_lost": (Text("The platform breaks its connections off", "平台中断连接"), _ASKED_AGAIN),
    "platform_silent": (
        Text("The platform does not answer in time", "平台没有及时答复"),
        Text(
            "It is asked again by itself, and late answers are recorded. Every day at the same hour: "
            "timeout_s may be too short for it.",
            "会自动重试，迟到的答复会补记。如果每天同一时段都这样：timeout_s 可能设得太短。",
        ),
    ),
    "platform_garbled": (
        Text("The platform answers what its interface does not promise", "平台的答复不符合接口格式"),
        Text(
            "Compare driver, address and pointers under [platform.verifier] with its documents. A log-in "
            "page of the network in between looks like this too.",
            "对照平台文档核对 [platform.verifier] 的驱动、地址和指针；网络的登录页面也会造成这种情况。",
        ),
    ),
    "platform_busy": (Text("The platform asks for patience", "平台繁忙"), _ASKED_AGAIN),
    "platform_denied": (
        Text("The platform refuses this gate", "平台拒绝本门岗的查询"),
        Text(
            "The message says why: secret_file, account, or a certificate that cannot be verified (is the "
            "clock right?).",
            "提示里写明原因：secret_file、账号，或证书无法验证（时钟对吗？）。",
        ),
    ),
    "platform_hung": (Text("The platform does not answer", "平台没有答复"), _ASKED_AGAIN),
    "platform_ended": (
        Text("The line to the platform was closed", "与平台的连接已关闭"),
        Text("It is opened again by itself.", "会自动重新连接。"),
    ),
}
