"""How long a verdict waits for the registers: people, households and a watch list of the sizes that a town
has, looked up by phone, last four digits, ID number and name with room.

    python -m bench.access [--people 100000] [--watched 50000] [--folder DIR]

Prints how long filling took, and the median, 99th percentile and maximum of a look-up with its decision, in
milliseconds.
"""

import argparse
import random
import statistics
import tempfile
import time
from pathlib import Path
from zoneinfo import ZoneInfo

from edge import access
from edge.domain.asking import asks_of_answers
from edge.domain.circumstances import Circumstances
from edge.domain.model import ClockQuality, Evidence, Instant
from edge.domain.policy import Policy
from edge.domain.rules import decide
from edge.journal import Journal
from edge.procedures import parse
from edge.registers.all_kinds import KINDS
from edge.registers.book import MOST_AT_ONCE, Book, Draft
from edge.registers.kinds import draft_of
from edge.registers.roster import Roster
from tests.registers.made_up import id_number

ROOT = Path(__file__).resolve().parents[1]
ZONE = ZoneInfo("Asia/Shanghai")


def now() -> Instant:
    return Instant(time.monotonic_ns() // 1000, time.time_ns() // 1000, ClockQuality.SYNCED)


def person(number: int) -> dict[str, str]:
    return {
        "name": f"住户{number:06d}",
        "phone": f"138{number:08d}",
        "id_number": id_number(number),
        "building": f"{number % 100}栋",
        "unit": f"{number // 100 % 4 + 1}",
        "room": f"{number // 1200}",
    }


def told(whom: dict[str, str]) -> str:
    """Return how somebody says where they live."""
    return f"{whom['building']}{whom['unit']}单元{whom['room']}"


def draft(register: str, values: dict[str, str], **more: str) -> Draft:
    """Return what a line of a file says."""
    return draft_of(KINDS[register], values | more, ZONE)


def fill(book: Book, register: str, drafts: list[Draft]) -> float:
    begun = time.perf_counter()
    for first in range(0, len(drafts), MOST_AT_ONCE):
        book.add("bench", register, drafts[first : first + MOST_AT_ONCE])
    return time.perf_counter() - begun


def say(name: str, times: list[float]) -> None:
    times.sort()
    p99 = times[int(len(times) * 0.99)]
    print(f"{name}: median {statistics.median(times):.2f} p99 {p99:.2f} max {times[-1]:.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--watched", type=int, default=50_000)
    parser.add_argument("--looks", type=int, default=2_000)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    rng = random.Random(4)
    with tempfile.TemporaryDirectory() as folder, Journal.open(given.folder or Path(folder)) as journal:
        book = Book(journal, now)
        if not book.count("people"):
            homes = {told(person(n)): person(n) for n in range(given.people)}.values()
            drafts = [
                draft("households", {name: one[name] for name in ("building", "unit", "room")}, zone="east")
                for one in homes
            ]
            took = fill(book, "households", drafts)
            drafts = [draft("people", person(n), category="居民") for n in range(given.people)]
            took += fill(book, "people", drafts)
            drafts = [draft("watch", person(2 * n + 1), list="密接") for n in range(given.watched)]
            took += fill(book, "watch", drafts)
            print(f"filled in {took:.1f} s")
        path = ROOT / "config" / "access" / "usual.toml"
        usual = access.parse("usual", path.read_text("utf-8"))
        fast = ROOT / "config" / "procedures" / "fast_lane.toml"
        procedure = parse("fast_lane", fast.read_text("utf-8"))
        roster = Roster(journal, ZONE, lambda *_a, **_k: None)
        by_kind: dict[str, list[float]] = {}
        for _ in range(given.looks):
            whom = person(rng.randrange(given.people))
            typed = rng.choice(
                [
                    ("phone", {"roster": whom["phone"]}),
                    ("last four", {"roster": whom["phone"][-4:]}),
                    ("ID number", {"roster": whom["id_number"]}),
                    ("name and room", {"name": whom["name"], "room": told(whom)}),
                ]
            )
            begun = time.perf_counter()
            asks = asks_of_answers(typed[1].items())
            known = roster.look_up(asks, usual, "in", now())
            evidence = tuple(Evidence(now(), "bench", one) for one in known)
            decide(procedure, Policy(), evidence, Circumstances("in", access=usual))
            by_kind.setdefault(typed[0], []).append((time.perf_counter() - begun) * 1000)
        for kind, times in by_kind.items():
            say(kind, times)
        say("all", [one for times in by_kind.values() for one in times])


if __name__ == "__main__":
    main()
