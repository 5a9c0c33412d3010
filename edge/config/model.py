"""What a configuration may say: every table and key with its type, default, bounds and meaning.

The one source of `config check`, the example file and docs/configuration.md. Values only: must not
read files or the environment (except `Uplink.bearer`, which reads the token when it is needed), and
knows nothing of drivers and procedures.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from edge.config import values
from edge.config.duty import Duty, Post
from edge.config.notify import Notify
from edge.config.platforms import Platform
from edge.config.reports import Reports
from edge.config.screening import Screening
from edge.config.twice_daily import TwiceDaily
from edge.config.values import Device, Table, Thermometer, key, split_address, wrong
from edge.domain.errors import ConfigError

CREDENTIAL = "uplink-token"


class Gate(Table):
    """Who this gate is."""

    id: Annotated[str, AfterValidator(values.slug)] = key(
        "device name at the district", "本门岗在区里登记的设备名", example="jiangbei-03"
    )
    name: Annotated[str, AfterValidator(values.title)] = key(
        "name people read on the pages", "页面上显示的门岗名称", example="观音桥 3 号门"
    )
    timezone: Annotated[str, AfterValidator(values.timezone)] = key(
        "time zone of pages and reports", "页面和报表使用的时区", default="Asia/Shanghai"
    )
    language: Literal["zh_Hans", "en"] = key(
        "language of the pages until somebody changes it", "页面默认语言", default="zh_Hans"
    )


class Store(Table):
    """Where the records lie and how long."""

    path: Path = key(
        "folder of the journal and everything kept",
        "记录存放的文件夹",
        default=Path("/var/lib/gatepost"),
        lax=True,
    )
    retention_days: int = key(
        "days personal data is kept once the district has acknowledged it",
        "区里确认收到后，个人信息保留的天数",
        default=30,
        ge=1,
        le=3650,
    )
    retention_max_days: int = key(
        "days after which it is destroyed all the same, with a row and an alarm",
        "超过这个天数，即使区里没有确认也销毁，并记录、报警",
        default=60,
        ge=1,
        le=3650,
    )
    key_file: Path | None = key(
        "file with a second key, on a USB stick for instance, needed together with master.key in the store; "
        "absent: the systemd credential master-key where there is one, else master.key alone",
        "第二把密钥的文件，例如放在 U 盘上，与存储文件夹里的 master.key 一起才能打开个人信息；"
        "不写则用 systemd 凭据 master-key，没有凭据就只用 master.key",
        default=None,
        example="/media/key/gatepost.key",
        lax=True,
    )

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.retention_max_days < self.retention_days:
            raise wrong(
                "retention_max_days must not be less than retention_days",
                "retention_max_days 不能小于 retention_days",
                "retention_days",
                "retention_max_days",
            )
        return self


class Web(Table):
    """Where the pages are."""

    listen: Annotated[str, AfterValidator(values.listen)] = key(
        "address and port of the pages; 127.0.0.1 is this machine alone, port 0 any free port",
        "页面的地址和端口；127.0.0.1 表示只有本机能打开",
        default="127.0.0.1:8080",
    )

    @property
    def host(self) -> str:
        """The address alone, without brackets."""
        return split_address(self.listen)[0] or ""

    @property
    def port(self) -> int:
        """The port alone."""
        return split_address(self.listen)[1] or 0


class Uplink(Table):
    """The district's server. Without this table nothing leaves the gate."""

    url: Annotated[str, AfterValidator(values.url)] = key(
        "address of the district's ingest", "区级服务器的接收地址", example="https://district.example/ingest"
    )
    token: SecretStr | None = key(
        "the gate's token; better in token_file",
        "本门岗的令牌；最好用 token_file",
        default=None,
        example="...",
    )
    token_file: Path | None = key(
        "file that holds the token alone; absent: the systemd credential uplink-token",
        "只含令牌的文件；不写则用 systemd 凭据 uplink-token",
        default=None,
        example="/etc/gatepost/uplink-token",
        lax=True,
    )
    forward: Annotated[tuple[str, ...], AfterValidator(values.fields)] = key(
        "personal fields the district receives; none by default. With code_digest it notices one health "
        "code at two gates within minutes",
        "上报给区里的个人信息字段；默认一个也不报。写上 code_digest，"
        "区里才能发现同一个健康码几分钟内出现在两个卡口",
        default=(),
        example=["name", "phone"],
        lax=True,
    )
    every_s: float = key(
        "seconds a row may wait to travel with others",
        "最多等几秒，与其他记录一起上报",
        default=2.0,
        ge=0.1,
        le=3600,
    )

    ca_file: Path | None = key(
        "certificates (PEM) to trust at the district instead of the system's",
        "区级服务器用自己的证书时，填写受信证书文件（PEM），代替系统证书",
        default=None,
        example="/etc/gatepost/district-ca.pem",
        lax=True,
    )

    @model_validator(mode="after")
    def _one_token(self) -> Self:
        if self.token is not None and self.token_file is not None:
            raise wrong(
                "write token or token_file, not both", "token 和 token_file 只写一个", "token", "token_file"
            )
        return self

    def bearer(self, environ: Mapping[str, str]) -> str | None:
        """Return the gate's token, None where there is none: from `token`, else `token_file`, else
        the systemd credential `uplink-token`. Raises ConfigError where a file cannot be read."""
        if self.token is not None:
            return self.token.get_secret_value()
        folder = environ.get("CREDENTIALS_DIRECTORY")
        path = self.token_file or (Path(folder) / CREDENTIAL if folder else None)
        if path is None or (self.token_file is None and not path.exists()):
            return None
        try:
            return path.read_text(encoding="ascii").strip() or None
        except (OSError, UnicodeDecodeError) as error:
            kind = type(error).__name__
            raise ConfigError(f"[uplink] token_file: {path}: {kind} / 令牌文件读不出来") from error


class Codes(Table):
    """Which codes are believed."""

    trust: Path | None = key(
        "folder of the trust lists; absent: `trust` in the store",
        "信任名单所在文件夹；不写则用存储文件夹里的 trust",
        default=None,
        example="/var/lib/gatepost/trust",
        lax=True,
    )
    acceptance: Annotated[str, AfterValidator(values.slug)] = key(
        "which health codes are enough: a file in config/acceptance or in acceptance/ beside this file",
        "收哪些健康证明：config/acceptance 或本文件旁 acceptance/ 里的文件名",
        default="usual",
    )
    max_age_days: int | None = key(
        "a trust list older than this proves nothing any more; absent: any age does",
        "信任名单超过这么多天就不再作数；不写则不限",
        default=None,
        example=90,
        ge=1,
        le=3650,
    )
    cwa_hosts: Annotated[tuple[str, ...], AfterValidator(values.hosts)] = key(
        "hosts of other apps that may carry a Corona-Warn-App venue code behind their own address",
        "哪些主机的网址后面可以带德国场所码",
        default=(),
        example=["app.example"],
        lax=True,
    )
    venue_code: Annotated[str, AfterValidator(values.payload)] = key(
        "what the posted venue code of this place says, letter by letter: shown and printed on a page of its "
        "own; empty: none. An office's own, or one of `gatepost pass venue`",
        "本场所张贴的场所码的内容，逐字照抄：有单独一页显示和打印；不写则没有。可用主管部门发的码，"
        "或 gatepost pass venue 制作",
        default="",
        example="GPV1:...",
        lax=True,
    )
    accept_test_issuers: bool = key(
        "believe issuers that exist for testing; never at a real gate",
        "接受测试用的签发机构；真实门岗不要打开",
        default=False,
    )


class Access(Table):
    """Who may pass."""

    rules: Annotated[str, AfterValidator(values.slug)] = key(
        "who may pass: a file in config/access or in access/ beside this file; the page puts others in force",
        "谁能通行：config/access 或本文件旁 access/ 里的文件名；可在页面上改换",
        default="usual",
    )


class Cases(Table):
    """What follows a person who is handed over for a check."""

    units: Annotated[tuple[str, ...], AfterValidator(values.unit_names)] = key(
        "the units somebody may be handed to, by name; never a person's name or number: the name leaves the "
        "gate",
        "可移交的单位名称；不要写人名和电话，单位名会上报",
        default=("发热门诊 fever clinic", "社区卫生服务中心 community health centre"),
        lax=True,
    )
    acknowledge_minutes: int = key(
        "minutes until a unit has to have said that it has the person; then the case is overdue",
        "移交后多少分钟内对方须确认接收；超过即为超时",
        default=120,
        ge=5,
        le=2880,
    )
    follow_up_hours: int = key(
        "hours after which a case that is acknowledged needs the next entry",
        "对方确认接收后，多少小时内须有下一条跟踪记录",
        default=24,
        ge=1,
        le=720,
    )


class Lane(Table):
    """Where one person at a time passes, in one direction."""

    name: Annotated[str, AfterValidator(values.slug)] = key("name of the lane", "通道名", example="in")
    direction: Literal["in", "out"] = key("in or out", "方向：in 进，out 出", default="in", example="in")
    procedure: Annotated[str, AfterValidator(values.slug)] = key(
        "what people must complete here: a file in config/procedures or in procedures/ beside this file",
        "本通道的流程：config/procedures 或本文件旁 procedures/ 里的文件名",
        example="compound",
    )
    abandon_s: int = key(
        "seconds after which a passage nobody finishes ends",
        "无人完成的通行多少秒后结束",
        default=90,
        ge=10,
        le=3600,
    )
    park_max_s: int = key(
        "seconds somebody may rest or wait before the passage ends",
        "休息或等待最多多少秒，之后通行结束",
        default=43_200,
        ge=60,
        le=604_800,
    )
    seats_by_tap: bool = key(
        "the next occupant of a vehicle is awaited only once the attendant taps Next, not at once",
        "车上的下一位要等门岗点“下一位”才开始，而不是自动开始",
        default=False,
    )
    thermometer: Annotated[tuple[Thermometer, ...], BeforeValidator(values.devices)] = key(
        "driver and options, see `gatepost drivers thermometer`; one table, or several as "
        "[[lane.thermometer]]: an array to find the face beside a spot sensor that decides. "
        'place = "forehead" says where on the body it measures: forehead, canthi, face, temple, wrist, neck; '
        'also = ["wrist", "neck"] which other places can be held before it where the first gives nothing. '
        "Thermometers of lanes of one direction that measure the same place are compared with one another; "
        'sister = "out/thermometer" names another one to compare with, sister = "none" none',
        "测温设备的驱动和选项；一个表，或用 [[lane.thermometer]] 写几个：阵列找脸，点测仪作判断。"
        'place = "forehead" 是测量部位：额头 forehead、眼角 canthi、面部 face、太阳穴 temple、手腕 wrist、'
        '颈部 neck；also = ["wrist", "neck"] 是测不到时还可以对准这台设备测的其他部位。'
        "同方向、同部位的测温仪会自动互相比对；"
        'sister = "out/thermometer" 指定与哪一支比对，sister = "none" 不比对',
        default=({"driver": "none"},),
        lax=True,
    )
    scanner: Annotated[tuple[Device, ...], BeforeValidator(values.devices)] = key(
        "driver and options, see `gatepost drivers scanner`; one table, or several as [[lane.scanner]]",
        "扫码设备的驱动和选项；一个表，或用 [[lane.scanner]] 写几个",
        default=({"driver": "none"},),
        lax=True,
    )
    barrier: Device = key(
        "driver and options, see `gatepost drivers barrier`", "道闸的驱动和选项", default={"driver": "none"}
    )
    voice: Device = key(
        "driver and options, see `gatepost drivers voice`", "语音的驱动和选项", default={"driver": "none"}
    )
    lights: Device = key(
        "driver and options, see `gatepost drivers lights`", "信号灯的驱动和选项", default={"driver": "none"}
    )

    def devices(self) -> tuple[tuple[str, Mapping[str, Any]], ...]:
        """Return (kind, table) of every device of this lane."""
        return (
            *(("thermometer", table) for table in self.thermometer),
            *(("scanner", table) for table in self.scanner),
            ("barrier", self.barrier),
            ("voice", self.voice),
            ("lights", self.lights),
        )


def _some(lanes: tuple[Lane, ...]) -> tuple[Lane, ...]:
    if not lanes:
        raise wrong("a gate needs at least one lane", "至少要有一条通道")
    return lanes


class Settings(Table):
    """A whole configuration."""

    gate: Gate
    store: Store = Store()
    web: Web = Web()
    uplink: Uplink | None = None
    screening: Screening = Screening()
    twice_daily: TwiceDaily = TwiceDaily()
    codes: Codes = Codes()
    access: Access = Access()
    cases: Cases = Cases()
    reports: Reports = Reports()
    duty: Duty = Duty()
    post: Annotated[tuple[Post, ...], Field(strict=False)] = ()
    platform: Annotated[tuple[Platform, ...], Field(strict=False)] = ()
    notify: Annotated[tuple[Notify, ...], Field(strict=False)] = ()
    lane: Annotated[tuple[Lane, ...], AfterValidator(_some), Field(strict=False)]


TABLES: Mapping[str, type[Table]] = {
    "gate": Gate,
    "store": Store,
    "web": Web,
    "uplink": Uplink,
    "screening": Screening,
    "twice_daily": TwiceDaily,
    "codes": Codes,
    "access": Access,
    "cases": Cases,
    "reports": Reports,
    "duty": Duty,
}
LISTS: Mapping[str, type[Table]] = {
    "post": Post,
    "platform": Platform,
    "notify": Notify,
    "lane": Lane,
}
"""Tables that may stand several times, as [[name]]."""
LIST_DEVICES = ("verifier", "notifier")
"""Devices of such tables, as [name.device]."""
DEVICE_KEYS = ("thermometer", "scanner", "barrier", "voice", "lights")
PATH_KEYS = (
    ("store", "path"),
    ("store", "key_file"),
    ("uplink", "token_file"),
    ("codes", "trust"),
    ("reports", "template"),
)
SECRET_KEYS = frozenset({"token"})
