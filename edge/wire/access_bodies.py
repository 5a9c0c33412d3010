"""The bodies of rows that tell of who may pass: the rules, alarms, corrections, and what registers said."""

from typing import Literal

from pydantic import Field

from edge.wire.body import Body
from edge.wire.piece import Piece


class KnownHit(Body):
    """An entry of a watch list that was in force; `kin` is `self`, or `household` for others of a household
    or who visit it. `over`: its date had passed, and nobody had confirmed the release. `outcome` and
    `deliveries` are what the entry itself says, absent where it leaves that to its class."""

    list: str
    entry: int
    watch: str
    kin: str
    until_us: int | None = None
    over: bool | None = None
    unit: str | None = None
    phone: str | None = None
    outcome: str | None = None
    deliveries: bool | None = None


class KnownUse(Body):
    """How often a quota was used in its period, absent where no clock was believed; `allowed` where this
    person or household has another number than the rule."""

    quota: str
    used: int | None = None
    allowed: int | None = None


class KnownPlace(Body):
    """A region that something told of lies in (`told` says what), by the list of that day."""

    told: str
    region: str
    level: str
    entry: int


class KnownPiece(Piece):
    """What the registers said of somebody looked up `by` something: `standing` is found, none, several or
    unread. `slip` is how many of the household had gone out and come back; `lists` the registers with the
    sequence they were read at, `rules` the version of the rules of access. `lapsed`
    is an entry about them that does not count, for its time is over or its admissions are used up. Who it is
    stays sealed."""

    t: Literal["known"]
    by: str
    standing: str
    of: str = Field(alias="register")
    entry: int | None = None
    household: int | None = None
    category: str | None = None
    relation: str | None = None
    zone: str | None = None
    located: str | None = None
    day: str | None = None
    minute: int | None = None
    rules: str | None = None
    differs: list[str] = []
    hits: list[KnownHit] = []
    used: list[KnownUse] = []
    places: list[KnownPlace] = []
    slip: list[int] | None = None
    due: list[str] = []
    exits_watched: bool | None = None
    lists: dict[str, int] = {}
    choices: list[int] = []
    lapsed: int | None = None


class AccessPublished(Body):
    """The rules of who may pass that are in force from here on, as their text, at a closure level. `source`
    is `page` or `file` where somebody chose them, `start` where a start found them."""

    name: str
    version: str
    closure: str
    text: str
    source: str
    by: str | None = None
    why: str | None = None
    made_from: str | None = None
    command_id: str | None = None


class AlarmHit(Body):
    list: str
    entry: int
    watch: str


class AccessAlarmed(Body):
    """Somebody of a watch list that alarms tried to pass; who it was stays sealed with the passage."""

    passage: int
    direction: str
    why: list[str]
    hits: list[AlarmHit]


class AccessCorrected(Body):
    """`count` more (or fewer, below nought) of a person or household went one way than was recorded."""

    of: str = Field(alias="register")
    entry: int
    direction: str
    count: int
    day: str | None = None
    why: str
    by: str
    command_id: str | None = None
