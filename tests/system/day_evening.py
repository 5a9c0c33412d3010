"""The end of the day at a post: its report, and what stands of it all."""

import re
from contextlib import closing
from datetime import timedelta

from edge.journal import Journal
from edge.replay import Replay
from tests.reports.recount import Recount
from tests.system.day import CODES, MORNING_AFTER, NOTE, PEOPLE, Post
from tests.waiting import until

# What only the registers themselves add up.
REGISTERS = {"duty", "tasks", "visits", "places", "findings", "fixed", "findings_open", "open", "overdue"}
HIDDEN = (*PEOPLE, *(one[0] for one in PEOPLE.values()), "访客甲", "快递某", CODES["green"]["name"], NOTE)


def evening(post: Post) -> dict[str, int]:
    """零报告: the figures of the day as the page shows them, held against what the test counted and against
    plain SQL; in the morning the report is there and says the same. Return its
    figures."""
    page = post.person("boss").get(f"/review/reports?day={post.day.isoformat()}")
    shown = {
        name: int(value)
        for name, value in re.findall(r'data-figure="([\w.-]+)".*?data-now>(\d+)<', page, re.DOTALL)
    }
    own = {name: value for name, value in post.counted.items() if ": " not in name}
    assert {name: shown.get(name, 0) for name in own} == own
    assert post.gate.stop() == 0
    post.gate.set_clock(post.day + timedelta(days=1), MORNING_AFTER)
    post.gate.start()
    post.gate.believe()
    (row,) = until(lambda: post.gate.rows("report.daily"), 30, "the report of the day")
    report = row.body
    assert (report["day"], report.get("late", False)) == (post.day.isoformat(), False)
    figures = dict(report["figures"])
    assert figures["unnamed.persons"] == 1, "whose code nobody answered for is nobody by name"
    assert {name: figures.get(name, 0) for name in own} == own
    with closing(Recount(post.gate.store)) as recount:
        counted = recount.figures(post.day.isoformat(), report["upto"])
    beside = {name: value for name, value in figures.items() if name not in counted}
    assert {name: figures.get(name, 0) for name in counted} == counted
    assert {name.split(".")[0] for name in beside} <= REGISTERS, beside
    lanes = {
        f"{lane}: {name}": value for lane, found in report["lanes"].items() for name, value in found.items()
    }
    assert {name: lanes.get(name) for name in post.counted if ": " in name} == {
        name: value for name, value in post.counted.items() if ": " in name
    }
    assert report["lanes"].keys() == post.lanes.keys()
    assert set(report["lanes"]["side"].values()) == {0}, "a lane to which nobody came reports zeros"
    return figures


def what_stands(post: Post) -> int:
    """The chain holds, every decision is made again alike, the district has every row, and nobody's name is
    open anywhere. Return how many decisions were made again."""
    decided = [row.body["passage"] for row in post.gate.rows("passage.decided")]
    until(lambda: set(post.district.passages()) >= set(decided), 60, "the district to have all of it")
    assert sorted(post.district.passages()) == sorted(decided), "each once"
    assert post.gate.stop() == 0
    with Journal.open(post.gate.store, create=False) as journal:
        reader = journal.reader()
        again = list(Replay(journal, reader).walk())
        reader.close()
        assert journal.verify() == []
        assert journal.rebuild()
    assert [one for one in again if not one.same] == []
    assert len(again) >= len(decided)
    rows = post.gate.rows()
    text = "".join(row.body_text for row in rows) + post.gate.text()
    for hidden in HIDDEN:
        assert hidden not in text
    return len(again)
