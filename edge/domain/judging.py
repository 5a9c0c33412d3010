"""Who may pass: from the rules of access and what the registers said to what follows. Pure.

A line of the table counts where it is the first that fits; everything else adds to it, and the hardest ruling
wins. What is missing is never normal: a register that could not be read and a quota that no clock can count
hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.domain.access import AccessRules, Override, Quota, Rule, Ruling, Watch, in_set
from edge.domain.circumstances import Circumstances
from edge.domain.known import Hit, Kin, Known, Standing
from edge.domain.model import Evidence, Reason
from edge.domain.registered import face_differs, newest, purpose_of


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that follows, with the reason the row keeps."""

    ruling: Ruling
    reason: str
    override: Override = Override.ATTENDANT


def judge(
    rules: AccessRules, evidence: Sequence[Evidence], around: Circumstances, *, complete: bool = False
) -> tuple[Finding, ...]:
    """Return everything that follows from what the registers said. `complete`: every step is done, so that
    whoever is not known by now is unknown."""
    if not rules.version:
        return ()
    known = newest(evidence)
    if not known and not complete:
        return ()
    case = _Case(rules, known, around, purpose_of(evidence), face_differs(evidence))
    # A place that was told of before a name says nothing of what class of people stands there.
    who = complete or any(one.register != "regions" for one in known)
    return (
        *_unclear(case),
        *_watched(case),
        *(_by_table(case) if who else ()),
        *(_by_origin(case) if who else ()),
        *_used_up(case),
        *_slip(case),
        *_due(case),
    )


def hardest(findings: Sequence[Finding]) -> Ruling:
    """Return the hardest ruling of several, PASS of none."""
    order = list(Ruling)
    return max((finding.ruling for finding in findings), key=order.index, default=Ruling.PASS)


@dataclass(frozen=True, slots=True)
class _Case:
    rules: AccessRules
    known: tuple[Known, ...]
    around: Circumstances
    purpose: str
    face_differs: bool

    @property
    def person(self) -> Known | None:
        found = [one for one in self.known if one.found and one.register == "people"]
        return found[-1] if found else None

    @property
    def category(self) -> str:
        if self.person is None and self.around.vehicle:  # of a vehicle's own passage
            return next((one.category for one in self.known if one.found and one.category), "visitor")
        return (self.person.category if self.person else "") or "visitor"

    @property
    def day(self) -> str | None:
        return self.known[-1].day if self.known else None

    @property
    def minute(self) -> int | None:
        return self.known[-1].minute if self.known else self.around.minute

    @property
    def is_vehicle(self) -> bool:
        return self.around.vehicle or any(one.found and one.register == "vehicles" for one in self.known)

    @property
    def hits(self) -> list[Hit]:
        return list({(hit.list, hit.entry, hit.kin): hit for one in self.known for hit in one.hits}.values())

    def names(self, people: Sequence[str]) -> bool:
        return not people or any(in_set(self.rules, name, self.category, self.day) for name in people)


def _unclear(case: _Case) -> list[Finding]:
    found: list[Finding] = []
    for one in case.known:
        if one.standing is Standing.UNREAD:
            found.append(Finding(Ruling.HOLD, Reason.REGISTER_UNREAD))
        elif one.standing is Standing.SEVERAL:
            found.append(Finding(Ruling.HOLD, Reason.REGISTER_SEVERAL))
    differs = dict.fromkeys(name for one in case.known for name in one.differs)
    people = {one.entry for one in case.known if one.found and one.register == "people"}
    if len(people) > 1:
        differs["person"] = None
    if case.face_differs:
        differs["photograph"] = None
    found += [Finding(case.rules.mismatch, f"{Reason.REGISTER_MISMATCH}:{name}") for name in differs]
    return found


def _watched(case: _Case) -> list[Finding]:
    found: list[Finding] = []
    classes = {watch.id: watch for watch in case.rules.watches}
    # Nobody is called before it is clear that it is this one of several.
    sure = [hit for one in case.known if one.standing is not Standing.SEVERAL for hit in one.hits]
    for hit in case.hits:
        # A class nobody has written a rule for is not a class of no consequence.
        watch = classes.get(hit.watch, Watch(hit.watch, {}))
        if hit.over and not watch.until_released:
            continue
        leaving = case.around.direction == "out"
        ruling = watch.leaving if leaving else watch.entering
        if hit.kin is Kin.SELF and hit.outcome in set(Ruling):  # what was ordered for them in particular
            ruling = max(ruling, Ruling(hit.outcome), key=list(Ruling).index)
        if hit.kin is Kin.HOUSEHOLD:
            delivers = watch.deliveries if hit.deliveries is None else hit.deliveries
            ruling = Ruling.PASS if delivers and case.purpose in case.rules.deliveries else watch.household
        if ruling is Ruling.PASS:
            continue
        found.append(Finding(ruling, f"watch_{ruling}:{hit.watch}", watch.override))
        if hit in sure and hit.kin is Kin.SELF and case.around.direction in watch.alarms:
            found.append(Finding(ruling, f"{Reason.WATCH_ALARM}:{hit.watch}", watch.override))
    if case.around.direction == "out" and any(one.exits_watched for one in case.known):
        found.append(Finding(case.rules.exits, Reason.EXIT_WATCHED))
    return [finding for finding in found if finding.ruling is not Ruling.PASS]


def _by_table(case: _Case) -> list[Finding]:
    if any(one.standing is Standing.SEVERAL for one in case.known) and case.person is None:
        return []  # who it is has to be said first
    line = next((rule for rule in case.rules.rules if _fits(case, rule)), None)
    if line is not None:
        return _finding(line.ruling, f"access_{line.ruling}:{line.id}", line.override)
    level = next((level for level in case.rules.levels if level.id == case.rules.closure), None)
    if level is None:
        return []
    return _finding(level.otherwise, f"access_{level.otherwise}:{level.id}")


def _by_origin(case: _Case) -> list[Finding]:
    if not any(one.places or one.located for one in case.known):
        return []
    line = next((rule for rule in case.rules.origins if _fits(case, rule)), None)
    return [] if line is None else _finding(line.ruling, f"access_{line.ruling}:{line.id}", line.override)


def _finding(ruling: Ruling, reason: str, override: Override = Override.ATTENDANT) -> list[Finding]:
    return [] if ruling is Ruling.PASS else [Finding(ruling, reason, override)]


def _fits(case: _Case, rule: Rule) -> bool:
    levels = {place.level for one in case.known for place in one.places}
    zones = {one.zone for one in case.known if one.zone}
    located = {one.located for one in case.known if one.located}
    return (
        case.names(rule.people)
        and (not rule.zones or bool(zones.intersection(rule.zones)))
        and (not rule.directions or case.around.direction in rule.directions)
        and (rule.vehicle is None or rule.vehicle == case.is_vehicle)
        and (not rule.levels or case.rules.closure in rule.levels)
        and (not rule.purposes or case.purpose in rule.purposes)
        and (not rule.regions or bool(levels.intersection(rule.regions)))
        and (not rule.located or bool(located.intersection(rule.located)))
        and _within(rule.hours, case.minute, milder=rule.ruling in (Ruling.PASS, Ruling.REMIND))
        and _in_force(rule, case.day)
    )


def _within(hours: Sequence[tuple[int, int]], minute: int | None, *, milder: bool) -> bool:
    """Say whether it is one of the hours, those over midnight as well. Where no clock says which hour it is,
    a line that lets somebody pass does not fit, and one that stops them does."""
    if not hours:
        return True
    if minute is None:
        return not milder
    return any(
        first <= minute < last if first <= last else minute >= first or minute < last for first, last in hours
    )


def _in_force(rule: Rule, day: str | None) -> bool:
    if day is None:
        dated = rule.from_day or rule.until_day
        return not (dated and rule.ruling in (Ruling.PASS, Ruling.REMIND))
    return (not rule.from_day or rule.from_day <= day) and (not rule.until_day or day <= rule.until_day)


def _used_up(case: _Case) -> list[Finding]:
    used = {told.quota: told for one in case.known for told in one.used}
    found: list[Finding] = []
    for quota in case.rules.quotas:
        told = used.get(quota.id)
        if (
            told is None
            or case.around.direction != quota.direction
            or not counts_for(case.rules, quota, case)
        ):
            continue
        allowed = quota.allowed if told.allowed is None else told.allowed
        if told.used is None:
            found += _finding(
                _at_least_hold(quota.ruling), f"{Reason.QUOTA_UNKNOWN}:{quota.id}", quota.override
            )
        elif told.used >= allowed:
            found += _finding(quota.ruling, f"{Reason.QUOTA_USED}:{quota.id}", quota.override)
        elif not _within(quota.hours, case.minute, milder=True):
            found += _finding(quota.ruling, f"{Reason.QUOTA_HOURS}:{quota.id}", quota.override)
    return found


def counts_for(rules: AccessRules, quota: Quota, case: "_Case") -> bool:
    """Say whether a quota is about this person at this closure level."""
    return case.names(quota.people) and (not quota.levels or rules.closure in quota.levels)


def _at_least_hold(ruling: Ruling) -> Ruling:
    return ruling if ruling in (Ruling.TURN_BACK, Ruling.REFER) else Ruling.HOLD


def _slip(case: _Case) -> list[Finding]:
    if case.around.direction != "in":
        return []
    for one in case.known:
        if one.slip is not None and one.slip[1] >= one.slip[0]:
            return _finding(case.rules.balance, Reason.HOUSEHOLD_BALANCE)
    return []


def _due(case: _Case) -> list[Finding]:
    names = dict.fromkeys(name for one in case.known for name in one.due)
    return [
        finding
        for name in names
        for finding in _finding(case.rules.due.get(name, Ruling.REMIND), f"{Reason.DUE}:{name}")
    ]
