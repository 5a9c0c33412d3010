"""What a site has settled about duty, and what pages and programs say when they give a command."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from edge.domain.duty import Post
from edge.domain.response import Limit

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
TEAM = "team_of_four"
SHEET, SIGN_INS, NOTES = "duty", "signin", "handover"
TRAINING, READINESS, INCIDENTS = "training", "readiness", "incidents"

OVERRIDES = ("alone", "supplies_short", "thermometer_down", "emergency")
"""Why somebody comes on duty although something is missing (R58)."""
UNTRAINED = ("urgent", "trained_elsewhere", "with_somebody_trained")
"""Why somebody without a training record is on the sheet (R92)."""
KINDS = ("quarrel", "forced_entry", "crowd", "other")
"""What an incident is (R88)."""
RESULTS = ("settled", "handed_over", "false_alarm", "other")
"""How an incident ends."""

Names = Mapping[str, str]
"""A name by language."""


@dataclass(frozen=True, slots=True)
class RoleSet:
    """Roles that belong together."""

    title: Names
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the checklist at opening; `read`: what the appliance looks up by itself, "" where it is
    ticked."""

    id: str
    title: Names
    read: str = ""


@dataclass(frozen=True, slots=True)
class Checklist:
    """The checklist of a post at opening."""

    title: Names = field(default_factory=dict)
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class DutyRules:
    """What a site has settled. Times in microseconds, temperatures in thousandths of a degree."""

    posts: tuple[Post, ...] = ()
    roles: Mapping[str, Names] = field(default_factory=dict)
    sets: Mapping[str, RoleSet] = field(default_factory=dict)
    checklist: Checklist = Checklist()
    equipment: tuple[str, ...] = ()
    required: bool = False
    responsible: str | None = None
    threshold_mdegc: int = 37_300
    plausible_mdegc: tuple[int, int] = (35_000, 42_500)
    grace_us: int = 15 * 60_000_000
    longest_us: int = 16 * HOUR_US
    limits: tuple[Limit, ...] = ()
    zone: tzinfo = UTC

    def post_of(self, lane: str) -> str:
        """Return the post a lane belongs to; "" where no post is configured for it."""
        return next((post.name for post in self.posts if not post.lanes or lane in post.lanes), "")

    def post_names(self) -> tuple[str, ...]:
        """Return the posts; one without a name where none is configured."""
        return tuple(post.name for post in self.posts) or ("",)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the shift sheet: who is where in which role from when until when."""

    post: str
    role: str
    from_us: int
    until_us: int
    name: str
    phone: str = ""
    account: str = ""
    unit: str = ""
    untrained: str = ""


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody comes on duty (上岗). `temperature_mdegc` is their own, None where it was not taken, `how` by
    the lane's thermometer (`lane`) or as told (`told`); `equipment` is what was ticked, `read` the hand-over
    notes they have read; `override` is why although something is missing, `manager` says that a manager
    signs them in."""

    account: str
    post: str
    roles: tuple[str, ...]
    temperature_mdegc: int | None
    how: str
    equipment: tuple[str, ...] = ()
    read: tuple[int, ...] = ()
    override: str = ""
    manager: bool = False


@dataclass(frozen=True, slots=True)
class Open:
    """What is open at a change of shift, as the program knows it (R100)."""

    bench: tuple[str, ...] = ()
    cases: tuple[int, ...] = ()
    incidents: tuple[int, ...] = ()
    devices: tuple[str, ...] = ()
