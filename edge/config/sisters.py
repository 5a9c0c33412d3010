"""Whether the sister a thermometer names is there: `sister = "lane/thermometer"`, or `none`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from edge.config.faults import did_you_mean
from edge.config.words import Text

NONE = "none"
SIMULATED = "simulated"


def wrong_sisters(
    lanes: Sequence[Any], is_array: Callable[[Mapping[str, Any]], bool]
) -> Iterator[tuple[int, Text]]:
    """Yield the place of a lane and what is wrong with a sister that one of its thermometers names.
    `is_array` says it of a thermometer's table."""
    measuring = [(index, name, table) for index, lane in enumerate(lanes) for name, table in _named(lane)]
    names = {name: table for _, name, table in measuring}
    for index, own, table in measuring:
        sister = table.get("sister")
        if sister is None or sister == NONE:
            continue
        if not isinstance(sister, str) or sister not in names:
            near = did_you_mean(str(sister), {*names, NONE} - {own})
            yield index, Text("no such thermometer at this gate", "本门岗没有这支测温仪") + near
        elif sister == own:
            yield index, Text("a thermometer is not its own sister", "测温仪不能与自己比对")
        elif any(each.get("driver") == SIMULATED or is_array(each) for each in (table, names[sister])):
            yield (
                index,
                Text(
                    "arrays and simulated thermometers are compared with none: name another, or none",
                    "阵列和模拟的测温仪不参与比对，请改写另一支或 none",
                ),
            )


def _named(lane: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield `lane/thermometer`, `lane/thermometer2` … as the pages call them."""
    if not isinstance(lane, Mapping) or not isinstance(lane.get("name"), str):
        return
    tables = lane.get("thermometer")
    count = 0
    for table in tables if isinstance(tables, list | tuple) else [tables]:
        if isinstance(table, Mapping) and table.get("driver") not in (None, NONE):
            count += 1
            yield f"{lane['name']}/thermometer{count if count > 1 else ''}", table
