"""The one-page summary of a day (每日工作例会): which figures stand on it, in pairs, and their titles.

Shared by the gate, whose page it is, and the district, which adds the gates of one property up. Pure words.
"""

from collections.abc import Iterable, Mapping

# name: (Chinese, English)
TITLES: Mapping[str, tuple[str, str]] = {
    "passes.persons": ("通行人次", "Person passes"),
    "passes.vehicles": ("通行辆次", "Vehicle passes"),
    "in.persons": ("进，人次", "In, person passes"),
    "out.persons": ("出，人次", "Out, person passes"),
    "in.vehicles": ("进，辆次", "In, vehicle passes"),
    "out.vehicles": ("出，辆次", "Out, vehicle passes"),
    "distinct.persons": ("人员（名）", "Distinct persons"),
    "distinct.vehicles": ("车辆（辆）", "Distinct vehicles"),
    "distinct_turned_back.persons": ("劝返人员（名）", "Persons turned back"),
    "distinct_turned_back.vehicles": ("劝返车辆（辆）", "Vehicles turned back"),
    "refer.persons": ("移交，人次", "Referred for a check"),
    "suspected": ("疑似人员", "Suspected"),
    "over": ("体温达到阈值（已复测）", "Over the threshold, confirmed"),
    "measured_twice": ("复测人次", "Measured a second time"),
    "musts.asked": ("放行且应完成四必的人次", "Admitted with musts asked for"),
    "musts.complete": ("四必全部完成", "All of them done"),
    "overrides": ("人工改判", "Overridden by an attendant"),
    "mask_reminded": ("提醒戴口罩，人次", "Reminded of the mask"),
    "leaflets": ("发放宣传单", "Leaflets handed out"),
    "disinfected": ("车辆消毒，辆次", "Vehicles disinfected"),
    "venue.confirmed": ("已确认扫场所码，人次", "Venue codes confirmed"),
    "gap.vehicle_without_occupants": ("有车无人记录，辆次", "Vehicles without anybody recorded in them"),
    "gap.without_temperature": ("没有体温，人次", "Passes without a temperature"),
    "gap.household_without_entry": ("没有登记人员的户", "Households without anybody registered"),
    "gap.occupants_lacking": (
        "登记人数少于报告人数的车，辆次",
        "Vehicles with fewer recorded than said to be in them",
    ),
    "undated": ("日期无法确定的通行", "Passages that belong to no day for certain"),
    "cases.opened": ("个案登记", "Cases opened"),
    "cases.overdue": ("当日24时超时未办个案", "Cases overdue at the end of the day"),
    "answers.asked": ("快速反应：当日到时限的应答", "Response clock: limits of alarms that were up"),
    "answers.in_time": ("其中及时", "of these answered in time"),
    "answers.late": ("其中超时", "of these answered late"),
    "answers.unanswered": ("其中至24时无人应答", "of these not answered by 24:00"),
    "duty.uncovered": ("曾经空缺的岗位", "Positions at posts that nobody filled for a time"),
    "duty.uncovered_minutes": ("岗位空缺分钟数合计", "Minutes of it, one position after another"),
    "devices.lost": ("设备掉线次数", "Devices lost"),
    "noted.visits": ("走访户数（填报）", "Households visited (typed)"),
    "noted.leaflets_more": ("其他场合发放宣传单（填报）", "Leaflets handed out elsewhere (typed)"),
    "temperatures.told_over": ("代报超过阈值（两报告）", "Told of, over the threshold: to report"),
}
# Of each pair, left and right on the page.
PAIRS = (
    ("passes.persons", "passes.vehicles"),
    ("distinct.persons", "distinct.vehicles"),
    ("in.persons", "out.persons"),
    ("in.vehicles", "out.vehicles"),
    ("distinct_turned_back.persons", "distinct_turned_back.vehicles"),
    ("over", "measured_twice"),
    ("suspected", "refer.persons"),
    ("musts.complete", "musts.asked"),
    ("cases.opened", "cases.overdue"),
    ("overrides", "mask_reminded"),
    ("disinfected", "leaflets"),
    ("gap.vehicle_without_occupants", "gap.without_temperature"),
    ("gap.household_without_entry", "gap.occupants_lacking"),
    ("temperatures.told_over", "venue.confirmed"),
    ("noted.visits", "noted.leaflets_more"),
    ("answers.asked", "answers.in_time"),
    ("answers.late", "answers.unanswered"),
    ("duty.uncovered", "duty.uncovered_minutes"),
    ("devices.lost", "undated"),
)
FIGURES = tuple(name for pair in PAIRS for name in pair)


def added(several: Iterable[Mapping[str, int]]) -> dict[str, tuple[int, int]]:
    """Return, of each figure of the summary, its sum and how many of the reports tell it."""
    told = list(several)
    found = {name: [one[name] for one in told if name in one] for name in FIGURES}
    return {name: (sum(values), len(values)) for name, values in found.items()}
