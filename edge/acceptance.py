"""What a site accepts, as files: a readable TOML text becomes an `Acceptance`, or every fault in it.

`config/acceptance/usual.toml` shows every key; a site's own file stands in `acceptance/` beside its
configuration. The version is the text's own hash.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from edge import site_files
from edge.domain import acceptance as domain
from edge.domain import conditions
from edge.domain.facts import Colour
from edge.domain.model import Carrier
from edge.domain.procedure import Procedure
from edge.domain.statements import HEALTH
from edge.site_files import FilledTable, Name, wrong

KIND = "acceptance"
SHIPPED = site_files.SHIPPED / KIND
MAX_DAYS = 3650

_Day = Annotated[int, Field(ge=0, le=MAX_DAYS, strict=True)]
_Days = tuple[_Day, _Day]
_Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
_ASKS = ("health", "itinerary", "vaccination", "test", "recovery", "eu_rules", "vaccine_pass")


class _Title(FilledTable):
    zh_Hans: _Text
    en: _Text


class _Vaccination(FilledTable):
    course: bool = Field(default=False, strict=True)
    doses: int = Field(default=0, ge=1, le=20, strict=True)
    days: _Days | None = None
    booster_days: _Days | None = None

    @model_validator(mode="after")
    def _fits(self) -> "_Vaccination":
        if self.course == bool(self.doses):
            raise wrong(
                "write either course = true (all doses of the course) or doses = a number",
                "course = true（全程）和 doses = 针数，写且只写一个",
            )
        _rising("days", self.days)
        _rising("booster_days", self.booster_days)
        return self


class _Test(FilledTable):
    hours: int = Field(ge=1, le=24 * 60, strict=True)
    kinds: tuple[Literal["naat", "antigen", "other"], ...] = ()


class _Recovery(FilledTable):
    days: _Days

    @model_validator(mode="after")
    def _fits(self) -> "_Recovery":
        _rising("days", self.days)
        return self


class _Way(FilledTable):
    id: Name
    title: _Title
    categories: tuple[Name, ...] = Field(default=(), alias="for")
    carriers: tuple[Carrier, ...] = ()
    health: tuple[Colour, ...] = ()
    itinerary: tuple[Colour, ...] = ()
    vaccination: _Vaccination | None = None
    test: _Test | None = None
    recovery: _Recovery | None = None
    eu_rules: bool = Field(default=False, strict=True)
    vaccine_pass: bool = Field(default=False, strict=True)
    from_day: date | None = Field(default=None, alias="from", strict=True)
    until_day: date | None = Field(default=None, alias="until", strict=True)

    @model_validator(mode="after")
    def _fits(self) -> "_Way":
        if not any(getattr(self, name) for name in _ASKS):
            asked = ", ".join(_ASKS)
            raise wrong(f"a way asks for at least one of {asked}", f"一种情形至少要写一个条件：{asked}")
        odd = ", ".join(str(carrier) for carrier in self.carriers if carrier not in HEALTH)
        if odd:
            raise wrong(f"carriers: {odd} states nothing about health", f"carriers：{odd} 不说明健康情况")
        if self.from_day and self.until_day and self.from_day > self.until_day:
            raise wrong("from lies behind until", "from 晚于 until")
        return self


class _File(FilledTable):
    may_be_empty = ("never", "way")

    title: _Title
    never: tuple[Colour, ...] = (Colour.RED,)
    positive_days: int = Field(default=14, ge=0, le=365, strict=True)
    way: tuple[_Way, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> "_File":
        if twice := site_files.twice([way.id for way in self.way]):
            raise wrong(f"way: stands twice: {twice}", f"way：重复：{twice}")
        if Colour.RED not in self.never:
            raise wrong("never: red is never accepted; leave it in", "never：红码一律不收，不能去掉 red")
        for way in self.way:
            both = ", ".join(sorted({*way.health, *way.itinerary} & {*self.never}))
            if both:
                raise wrong(
                    f"way {way.id}: accepts {both}, which `never` rules out",
                    f"way {way.id}：收 {both}，而 never 里说不收",
                )
        return self


def parse(
    name: str,
    text: str,
    where: str = "",
    *,
    utc_offset_s: int = 0,
    changes: tuple[tuple[int, int], ...] = (),
) -> domain.Acceptance:
    """Return what a TOML text accepts; its version is the text's own hash.

    Days are counted `utc_offset_s` seconds east of Greenwich, from the moments in `changes` on by another
    number (see `day_begins`). Raises ConfigError with one line for each fault in both languages, `where`
    (a file name) in front.
    """
    file = site_files.parse(_File, text, where or name)
    return domain.Acceptance(
        name=name,
        version=site_files.version(text),
        ways=tuple(_way(way) for way in file.way),
        never=file.never,
        positive_days=file.positive_days,
        utc_offset_s=utc_offset_s,
        changes=changes,
        titles=tuple((way.id, way.title.model_dump()) for way in file.way),
        text=text,
    )


def find(name: str, config_folder: Path) -> Path | None:
    """Return the file of the rules with this name, the site's own before those that ship."""
    return site_files.find(name, site_files.folders(KIND, config_folder))


def names(config_folder: Path) -> tuple[str, ...]:
    """Return the names of all rules there are."""
    return site_files.names(site_files.folders(KIND, config_folder))


def out_of_reach(accepted: domain.Acceptance, procedure: Procedure, where: str) -> list[str]:
    """Return a fault for each step that reads health codes and that none of the ways could ever complete,
    because what they ask for stands in codes the step does not read."""
    return [
        f"{where}: way: step {step.id} of {procedure.name} reads only {', '.join(step.carriers)}: "
        f"no way can ever be met / {procedure.name} 的 {step.id} 步骤只读这些码，哪种情形都满足不了"
        for step in procedure.steps
        if HEALTH.intersection(step.carriers)
        and not any(domain.can_be_met(way, step.carriers) for way in accepted.ways)
    ]


def day_begins(timezone: str, now: datetime) -> tuple[int, tuple[tuple[int, int], ...]]:
    """Return a zone's seconds east of Greenwich at the beginning of last year, and the moments
    (microseconds UTC) from which on it is another number, for the ten years to come: the clock may be years
    behind when a gate starts. The same all year long, so that a restart makes no new version of the rules."""
    zone = ZoneInfo(timezone)
    at, end = datetime(now.year - 1, 1, 1, tzinfo=UTC), datetime(now.year + 11, 1, 1, tzinfo=UTC)
    first = offset_s = _east_s(zone, at)
    changes: list[tuple[int, int]] = []
    while at < end:
        following = at + timedelta(days=1)
        if _east_s(zone, following) != offset_s:
            offset_s = _east_s(zone, following)
            changes.append((_moment_of_change(zone, at, following), offset_s))
        at = following
    return first, tuple(changes)


def _east_s(zone: ZoneInfo, at: datetime) -> int:
    return round((at.astimezone(zone).utcoffset() or timedelta()).total_seconds())


def _moment_of_change(zone: ZoneInfo, before: datetime, after: datetime) -> int:
    old = _east_s(zone, before)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        before, after = (middle, after) if _east_s(zone, middle) == old else (before, middle)
    return int(after.timestamp()) * 1_000_000


def _rising(name: str, days: _Days | None) -> None:
    if days is not None and days[0] > days[1]:
        raise wrong(f"{name} = [at least, at most]", f"{name} = [最少, 最多]，前一个不能大于后一个")


def _way(way: _Way) -> domain.Way:
    return domain.Way(
        id=way.id,
        categories=way.categories,
        carriers=way.carriers,
        health=way.health,
        itinerary=way.itinerary,
        vaccination=_vaccination(way.vaccination),
        test=None if way.test is None else conditions.Test(way.test.hours, way.test.kinds),
        recovery=None if way.recovery is None else conditions.Recovery(way.recovery.days),
        eu_rules=way.eu_rules,
        vaccine_pass=way.vaccine_pass,
        from_day=way.from_day,
        until_day=way.until_day,
    )


def _vaccination(asked: _Vaccination | None) -> conditions.Vaccination | None:
    if asked is None:
        return None
    return conditions.Vaccination(asked.doses, asked.days or (0, None), asked.booster_days)
