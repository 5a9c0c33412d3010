"""A post and everything around it for one day: the real gate by a clock of its own, its lanes' instruments on
pseudo-terminals, a code platform, the district's server, and who works there. `day_scenes` plays the day."""

import json
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from drivers.verifier._platform import SimulatedPlatform
from edge import trust_files
from edge.clock import Clock, Sources
from edge.codes.gatepost_pass import Pass
from edge.codes.issue import issue_pass, trust_key
from edge.codes.trust import TrustList
from edge.domain.model import Carrier, ClockQuality, Instant
from edge.journal import Journal, State
from edge.registers.all_kinds import KINDS
from edge.registers.book import Book, Order
from edge.registers.kinds import draft_of
from edge.web.users import ATTENDANT, Users
from tests.requirements.browsing import Person
from tests.requirements.lanes import ACCEPTS, HEALTH, LANE, PLATFORM, TRIPS, VENUE, Lane, Renewed
from tests.system.day_gate import OFF, wall_ns
from tests.system.processes import PASSWORD, PIN, SERIAL, SPOT, District, Gate, free_port
from tests.system.stage import Stage
from tests.waiting import until

ZONE = ZoneInfo("Asia/Shanghai")
OPENS, MORNING_AFTER = "06:30", "00:30"
QUICK = "[screening]\nsweep_s = 0.3\ngap_s = 0.15\nrest_s = 1\n"
USUAL = "[screening]\nrest_s = 1\n"
NOTE = "三号座的老人等女儿来接"
DRESSED = ("口罩 mask", "手套 gloves")
SETTLED = """
[duty]
required = true
grace_minutes = 0
equipment = ["口罩 mask", "手套 gloves"]
[[post]]
name = "北门"
positions = ["community_worker", "scanner"]
lanes = ["in"]
hours = ["06:30-22:00"]
[reports]
at = "00:10"
late_minutes = 60
[uplink]
url = "{district}"
token_file = "{folder}/token"
every_s = 0.3
[codes]
acceptance = "health_green"
venue_code = "{venue}"
"""
# Lanes besides the fast one: nobody ever comes to the last.
LANES = (("out", "out", "fast_lane"), ("shop", "in", "pharmacy"), ("side", "in", "compound"))
EQUIPPED = ("in", "out", "shop")
ISOLATED_ROOM = "5-101"
# 姓名: 电话、房号、类别 People of the day besides those of the morning peak.
PEOPLE = {
    "周户主": ("13800010001", "4-101", "resident"),
    "林发热": ("13800010002", "4-102", "resident"),
    "孙隔离": ("13800010003", ISOLATED_ROOM, "resident"),
    "钱代购": ("13800010004", "4-103", "resident"),
    "吴停电": ("13800010005", "4-104", "resident"),
    "郑候检": ("13800010006", "4-105", "resident"),
}
CODES = {
    "green": {"health": "green", "name": "欧阳某某", "phone": "13812341234"},
    "trip": {"itinerary": "green", "phone": "138****1234"},
}


class DayGate(Gate):
    """A gate by the clock of its folder."""

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.system.day_gate", "run", "--config", str(self.config)]

    def set_clock(self, day: date, hour: str) -> None:
        """Let it be this hour of a day at the next start."""
        then = datetime.combine(day, clock_time.fromisoformat(hour), ZONE)
        (self.folder / OFF).write_text(str(int(then.timestamp() - time.time())), "ascii")

    def now(self) -> Instant:
        return Instant(time.monotonic_ns() // 1000, wall_ns(self.folder)() // 1000, ClockQuality.SYNCED)

    def believe(self) -> None:
        """Say that the clock is right, as an operator does, and wait until the gate has seen it."""
        Clock(self.store, sources=Sources(wall_ns=wall_ns(self.folder))).confirm()
        until(lambda: not self.problems() & {"clock_unconfirmed", "clock_unset"}, 10, "a believed clock")


class Post:
    """The post on this day: gate, lanes, whoever works there, and what the test counted itself."""

    def __init__(self, folder: Path, residents: int, *, quick: bool) -> None:
        self.folder = folder
        self.day = datetime.now(ZONE).date() - timedelta(days=1)
        self.port = free_port()
        self.platform: SimulatedPlatform | None = None
        self.district = District(folder)
        (folder / "token").write_text(self.district.add_gate("test-gate"), "ascii")
        self.gate = self._gate(quick)
        self.stages = {name: Stage(folder, name) for name in EQUIPPED}
        self.lanes = {
            name: Lane(self.gate, name, self.stages.get(name)) for name in ("in", "out", "shop", "side")
        }
        self._key = Ed25519PrivateKey.generate()
        self.residents = [f"1390000{number:04d}" for number in range(residents)]
        self.counted: Counter[str] = Counter()
        self._browsers: dict[str, Person] = {}

    def __getitem__(self, lane: str) -> Lane:
        return self.lanes[lane]

    def _gate(self, quick: bool) -> DayGate:
        folder = self.folder
        (folder / "acceptance").mkdir()
        (folder / "acceptance" / "health_green.toml").write_text(ACCEPTS, "utf-8")
        extra = (QUICK if quick else USUAL) + SETTLED.format(
            district=self.district.url, folder=folder, venue=VENUE
        )
        for name, carrier, begins in (
            ("health", "china_health", HEALTH),
            ("trips", "china_itinerary", TRIPS),
        ):
            url = f"http://127.0.0.1:{self.port}/resolve"
            table = PLATFORM.format(name=name, carrier=carrier, begins=begins, url=url)
            extra += table.replace("timeout_s = 5", "timeout_s = 1")
        gate = DayGate(folder, procedure="fast_lane", extra=extra)
        with gate.config.open("a", encoding="utf-8") as config:
            for name, direction, procedure in LANES:
                has = name in EQUIPPED
                spot = SPOT if has else '[lane.thermometer]\ndriver = "none"\n'
                serial = SERIAL if has else '[lane.scanner]\ndriver = "none"\n'
                config.write(
                    LANE.format(
                        name=name,
                        direction=direction,
                        procedure=procedure,
                        thermometer=spot.format(folder=folder, lane=name),
                        scanner=serial.format(folder=folder, lane=name),
                    )
                )
        state = State.open(gate.store)
        Users(state).add("door2", ATTENDANT, PIN)
        state.close()
        return gate

    def open(self) -> None:
        """Turn everything on, at the hour at which the post opens."""
        self.gate.set_clock(self.day, OPENS)
        fill_registers(self)
        trusted = TrustList(Carrier.GATEPOST_PASS, (trust_key(self._key, "office"),), self.gate.now().at_us)
        trust_files.write_list(self.gate.store / "trust", trusted)
        self.platform_comes()
        self.district.start()
        self.start()

    def start(self) -> None:
        """Start the gate by its clock; whoever was logged in logs in again."""
        self.gate.start()
        self.gate.believe()
        self._browsers.clear()
        self.counted["gate.started"] += 1

    def close(self) -> None:
        self.gate.end()
        self.district.end()
        self.platform_goes()
        for stage in self.stages.values():
            stage.close()

    def platform_comes(self) -> None:
        self.platform = SimulatedPlatform({}, port=self.port)
        self.platform.people = Renewed(CODES)

    def platform_goes(self) -> None:
        if self.platform is not None:
            self.platform.close()
            self.platform = None

    def person(self, account: str) -> Person:
        """Return somebody's browser."""
        if account not in self._browsers:
            secret = PASSWORD if account == "boss" else PIN
            self._browsers[account] = Person(self.gate, account, secret)
        return self._browsers[account]

    def api(self, path: str, *, manager: bool = False, **body: Any) -> dict[str, Any]:
        """Give a command and return its answer."""
        headers = {"authorization": f"Bearer {self.gate.boss_token if manager else self.gate.token}"}
        url = f"{self.gate.url}/api/v1/{path}"
        body |= {"command_id": uuid.uuid4().hex}
        answer = self.gate._http.request("POST", url, json=body, headers=headers, timeout=8.0)
        assert answer.status == 200, (path, answer.data.decode())
        return dict(json.loads(answer.data))

    def issue(self, number: int) -> bytes:
        """Return the resident pass of somebody of the morning peak."""
        now_s = self.gate.now().at_us // 1_000_000
        held = Pass(pass_id(number), f"住户{number:03d}", "resident", now_s - 3 * 86_400, now_s + 9 * 86_400)
        return issue_pass(self._key, held)

    def ended(self, lane: str, passage: int, outcome: str) -> dict[str, Any]:
        """Wait until a passage ended so, count it, and return the body of its row."""
        until(
            lambda: (self[lane].view()["last"] or {}).get("passage") == passage,
            20,
            f"{lane}: {passage}: {self[lane].view()}",
        )
        body = dict(self[lane].row(passage).body)
        assert body["outcome"] == outcome, (body["outcome"], body["reasons"])
        self.count(lane, outcome, body["direction"])
        return body

    def count(self, lane: str, outcome: str, direction: str) -> None:
        """Note that somebody's passage ended, by what the test saw of it."""
        names = [f"{outcome}.persons"]
        names += [] if outcome == "abandoned" else ["passes.persons", f"{direction}.persons"]
        for name in names:
            self.counted[name] += 1
            self.counted[f"{lane}: {name}"] += 1

    def measured(self, lane: str, celsius: float = 36.5) -> None:
        """Whoever is in a lane stands before its thermometer until something came of it."""
        was = self[lane].view()["passage"]
        self.stages[lane].stand(celsius)

        def is_measured() -> bool:
            view = self[lane].view()
            shown = view["passage"] if view["passage"] is not None else view["last"]["passage"]
            return bool(shown == was and view["temperature"]["verdict"] != "missing")

        until(is_measured, 20, f"{lane}: a measurement")
        self.stages[lane].away()


def pass_id(number: int) -> bytes:
    return number.to_bytes(8, "big")


def fill_registers(post: Post) -> None:
    """Enter who is known at this post before it opens. All that this day asks of the registers of people and
    of watched people is here: fields, and the name of the class of an isolated person."""
    with Journal.open(post.gate.store) as journal:
        journal.start_boot()
        book = Book(journal, post.gate.now)
        orders = (Order(f"office-{number}", "office") for number in range(1_000_000))

        def enter(register: str, personal: dict[str, str], **fields: str) -> None:
            book.enter(next(orders), register, draft_of(KINDS[register], personal | fields, ZONE))
            post.counted[f"register.{register}.entered"] += 1

        for name, (phone, room, category) in PEOPLE.items():
            enter("households", {"room": room}, zone="east")
            enter("people", {"name": name, "phone": phone, "room": room}, category=category)
        for number, phone in enumerate(post.residents):
            own = {"name": f"住户{number:03d}", "phone": phone, "room": f"{1 + number // 100}-{number:03d}"}
            own["pass_id"] = pass_id(number).hex()
            enter("people", own, category="resident")
        phone, room, _category = PEOPLE["孙隔离"]
        own = {"name": "孙隔离", "phone": phone, "room": room}
        enter("watch", own, list="isolated", ordered_by="社区")


@contextmanager
def a_day(folder: Path, residents: int, *, quick: bool) -> Iterator[Post]:
    """Give a post that is open."""
    post = Post(folder, residents, quick=quick)
    try:
        post.open()
        yield post
    finally:
        post.close()


def answers(body: dict[str, Any]) -> dict[str, str | None]:
    """Return what was answered in a passage, by question."""
    return {piece["question"]: piece.get("value") for piece in body["evidence"] if piece["t"] == "answer"}
