"""早高峰: a morning peak on the fast lane, people coming at their pace whether the lane is ready or not."""

import time
from dataclasses import dataclass, field

from tests.system.day import Post
from tests.waiting import until


@dataclass
class Peak:
    """What came of a morning peak. `waits_s`: from when somebody was due at the lane until their verdict;
    `verdicts_ms`: from the last thing they gave to the row; `backlog`: the most people who were due and had
    no verdict as each of them stepped up, that one included; `left`: who still was when the last was due."""

    people: int = 0
    admitted: int = 0
    took_s: float = 0.0
    waits_s: list[float] = field(default_factory=list)
    verdicts_ms: list[float] = field(default_factory=list)
    backlog: int = 0
    left: int = 0


def peak(post: Post, people: int, every_s: float) -> Peak:
    """早高峰: registered people come to the fast lane, one every so many seconds, by their pass or by the
    digits of their telephone; one tap says the mask was seen."""
    found, begun = Peak(people), time.monotonic()
    for number in range(people):
        due = begun + number * every_s
        until(lambda due=due: time.monotonic() >= due, every_s + 5, "the next of them")  # type: ignore[misc]
        found.backlog = max(found.backlog, int((time.monotonic() - due) / every_s) + 1)
        passage = _through(post, number)
        found.waits_s.append(time.monotonic() - due)
        body = post.ended("in", passage, "admit")
        found.admitted += set(body["musts"].values()) == {True}
        post.stages["in"].away()
    found.took_s = time.monotonic() - begun
    # Whoever had no verdict yet when one more would have been due.
    found.left = sum(n * every_s + waited > people * every_s for n, waited in enumerate(found.waits_s))
    for row in post.gate.rows("passage.decided")[-people:]:
        given = max(piece["mono_us"] for piece in row.body["evidence"])
        found.verdicts_ms.append((row.mono_us - given) / 1000)
    return found


def _through(post: Post, number: int) -> int:
    lane, stage = post["in"], post.stages["in"]
    stage.stand(36.4 + number % 4 / 10)
    if number % 2:
        stage.show(post.issue(number))
    passage = int(until(lambda: lane.view()["passage"], 20, "whoever steps up"))
    if number % 2:
        until(lambda: lane.state("compare") == "done", 20, "the pass")
        assert lane.give(mask="on")[0] == 200
    else:
        assert lane.give(roster=post.residents[number], mask="on")[0] == 200
    until(lambda: (lane.view()["last"] or {}).get("passage") == passage, 20, f"a verdict: {lane.view()}")
    return passage
