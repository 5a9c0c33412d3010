"""What the registers said of somebody at one moment: evidence like what an instrument said. Values only.

Everything the rules of access read of a register stands here, so that deciding stored evidence again gives
the stored decision, whatever the registers have become since. Numbers, categories and classes are open;
names, rooms, telephones and whatever else tells who somebody is stand in `personal` and are sealed at rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Standing(StrEnum):
    """What became of looking somebody up. UNREAD: the register could not be read, which is no "not there"."""

    FOUND = "found"
    NONE = "none"
    SEVERAL = "several"
    UNREAD = "unread"


class Kin(StrEnum):
    """Whether an entry of a watch list is about the person, or the household they belong to or visit."""

    SELF = "self"
    HOUSEHOLD = "household"


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry of a watch list that was in force: of which `list`, under which number, which class.
    `until_us` is None where it has no end, `over` says that it had passed; `phone` is that of the hospital or
    unit to call, nobody's own. `outcome` and `deliveries` are what the entry itself says is to be done with
    the person, and whether what is brought for the household passes; "" and None leave it to the class."""

    list: str
    entry: int
    watch: str
    kin: Kin = Kin.SELF
    until_us: int | None = None
    over: bool = False
    unit: str = ""
    phone: str = ""
    outcome: str = ""
    deliveries: bool | None = None


@dataclass(frozen=True, slots=True)
class Used:
    """How often a quota was used in its period; None where no clock is believed that could say. `allowed`
    where this person or household may use it more or less often than the rule says."""

    quota: str
    used: int | None
    allowed: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A region that something told of lies in (`told`: `origin`, `itinerary` …), by the list of that day."""

    told: str
    region: str
    level: str
    entry: int


@dataclass(frozen=True, slots=True)
class Known:
    """What was found `by` something that was given: `pass_id`, `id_number`, `plate`, `phone`, `phone_tail`,
    `name`, `entry`, or a place that was told of.

    `entry` is the number in `register`, `household` that of the household's own entry. `differs` names what
    was told otherwise than it is registered. `slip` is how many of the household went out and came back
    since it was last complete (出门条); None where nobody has gone out yet. `due` names what the person was
    to have done by that day. `day` and `minute` are those on the gate's wall, None where no clock was
    believed. `lists` are the registers that were asked with the sequence of their newest row, `rules` the
    version of the rules of access. `choices` are the numbers of several who fit; who they are is personal.
    `lapsed` is the number of an entry that is about them and does not count: its time is over or has not
    begun, or its admissions are used up.
    """

    by: str
    standing: Standing
    register: str = "people"
    entry: int | None = None
    category: str = ""
    relation: str = ""
    household: int | None = None
    zone: str = ""
    located: str = ""
    differs: tuple[str, ...] = ()
    hits: tuple[Hit, ...] = ()
    used: tuple[Used, ...] = ()
    places: tuple[Place, ...] = ()
    slip: tuple[int, int] | None = None
    due: tuple[str, ...] = ()
    exits_watched: bool = False
    day: str | None = None
    minute: int | None = None
    lists: tuple[tuple[str, int], ...] = ()
    rules: str = ""
    choices: tuple[int, ...] = ()
    lapsed: int | None = None
    personal: Mapping[str, str] = field(default_factory=dict)

    @property
    def found(self) -> bool:
        return self.standing is Standing.FOUND and self.entry is not None
