"""Looking people up: by whatever was given, against real registers."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from edge import access, procedures
from edge.domain.access import AccessRules
from edge.domain.asking import asks_again, asks_of_answers, asks_of_code, told_by_digits
from edge.domain.errors import JournalError
from edge.domain.known import Kin, Known, Standing
from edge.domain.model import Answer, Carrier, ClockQuality, Code, CodeVerdict, Evidence, Instant
from edge.journal import Entry, Journal, Reader
from edge.registers.all_kinds import KINDS
from edge.registers.book import Book, Order
from edge.registers.kinds import draft_of
from edge.registers.regions import AGAIN_US
from edge.registers.roster import MOST_OPENED, Roster
from tests.paths import ROOT

ZONE = ZoneInfo("Asia/Shanghai")
DAY_US = 86_400_000_000
NOW = Instant(1_000_000, 1_581_649_200_000_000, ClockQuality.SYNCED)  # 2020-02-14 11:00 in Chongqing


class Site:
    def __init__(self, folder: Path) -> None:
        self.journal = Journal.open(folder)
        self.book = Book(self.journal, lambda: NOW)
        self.counted: list[str] = []
        self.roster = Roster(self.journal, ZONE, lambda name, **_labels: self.counted.append(name))
        self.rules = rules()
        self._orders = 0

    def enter(self, register: str, from_us: Any = None, until_us: Any = None, **own: str) -> int:
        """Enter what a manager writes on the page of a register."""
        self._orders += 1
        made = draft_of(KINDS[register], own, ZONE)
        draft = replace(made, from_us=from_us, until_us=until_us)
        number = self.book.enter(Order(f"o{self._orders}", "office"), register, draft).number
        self.roster.changed()
        return number

    def look(self, at: Any = NOW, direction: str = "in", **answers: str) -> tuple[Known, ...]:
        return self.roster.look_up(asks_of_answers(answers.items()), self.rules, direction, at)

    def one(self, at: Any = NOW, direction: str = "in", **answers: str) -> Known:
        (known,) = self.look(at, direction, **answers)
        return known


def rules(name: str = "usual") -> AccessRules:
    path = access.find(name, ROOT)
    assert path is not None
    return access.parse(name, path.read_text("utf-8"))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.enter("households", room="3-502", zone="key")
    own = {"name": "王小明", "phone": "13800001111", "id_number": "11010119900307002X", "room": "3-502"}
    site.enter("people", plate="渝A12345", category="resident", **own)
    site.enter("people", name="赵大山", phone="13900001111", room="4-101", category="resident")
    site.enter("vehicles", plate="渝A12345", category="resident")
    yield site
    site.journal.close()


@pytest.mark.parametrize(
    "given",
    [
        {"roster": "13800001111"},
        {"roster": "138 0000 1111"},
        {"roster": "+86 13800001111"},
        {"roster": "11010119900307002X"},
        {"roster": "王小明"},
        {"phone": "13800001111", "name": "王小明", "room": "3-502"},
        {"phone": "无", "name": "王小明", "room": "3-502"},
        {"name": "王小明", "room": "3－502"},
        {"roster_entry": "1"},
    ],
)
def test_one_person_is_found_by_whatever_was_given(site: Site, given: dict[str, str]) -> None:
    known = site.one(**given)
    assert (known.standing, known.entry, known.household, known.zone) == (Standing.FOUND, 1, 1, "key")
    assert known.differs == ()
    assert known.personal["name"] == "王小明"
    assert (known.day, known.minute) == ("2020-02-14", 11 * 60)


def test_a_plate_finds_the_vehicle_and_who_is_registered_with_it(site: Site) -> None:
    vehicle, owner = site.look(roster="渝a·12345")
    assert (vehicle.register, vehicle.standing, vehicle.category) == ("vehicles", Standing.FOUND, "resident")
    assert (owner.register, owner.standing, owner.entry, owner.household) == ("people", Standing.FOUND, 1, 1)
    # A plate that is asked for as such says what somebody drives and not who they are.
    assert [one.register for one in site.look(plate="渝A12345")] == ["vehicles"]


def test_a_plate_of_somebody_whose_time_is_over_lets_nobody_in_and_is_held_against_the_lists(
    site: Site,
) -> None:
    site.enter("people", until_us=NOW.at_us, name="钱过期", phone="13700001111", plate="渝B22222")
    site.enter("watch", plate="渝B22222", list="contact")
    vehicle, owner = site.look(roster="渝B22222")
    assert (vehicle.standing, owner.standing, owner.lapsed) == (Standing.NONE, Standing.NONE, 3)
    assert [hit.watch for hit in owner.hits] == ["contact"]


def test_the_last_four_digits_find_everybody_who_fits_and_a_name_parts_them(site: Site) -> None:
    several = site.one(roster="1111")
    assert (several.standing, several.choices) == (Standing.SEVERAL, (1, 2))
    assert several.personal == {"1": "王小明 3-502", "2": "赵大山 4-101"}
    assert site.one(roster="1111", name="赵大山").entry == 2


def test_somebody_of_the_same_name_in_another_flat_is_somebody_else(site: Site) -> None:
    assert site.one(name="王小明", room="9-999").standing is Standing.NONE


@pytest.mark.parametrize(
    ("told", "differs"),
    [
        ({"name": "张冒名"}, ("name",)),
        ({"room": "4-101"}, ("room",)),
        ({"name": "张冒名", "room": "4-101", "plate": "渝B00000"}, ("name", "room", "plate")),
        ({"name": "王*明"}, ()),
        ({"room": "3 - 502"}, ()),
    ],
)
def test_what_is_told_otherwise_than_registered_is_named(
    site: Site, told: dict[str, str], differs: tuple[str, ...]
) -> None:
    known = next(one for one in site.look(id_number="11010119900307002X", **told) if one.register == "people")
    assert (known.entry, known.differs) == (1, differs)


def test_nobody_of_the_register_is_none_and_still_compared_with_the_lists(site: Site) -> None:
    site.enter("watch", phone="13700000000", list="contact")
    known = site.one(roster="13700000000")
    assert known.standing is Standing.NONE
    assert [(hit.watch, hit.kin) for hit in known.hits] == [("contact", Kin.SELF)]


def test_a_list_entry_is_about_the_person_or_about_the_household(site: Site) -> None:
    site.enter("watch", name="王小明", room="3-502", list="isolated")
    assert [hit.kin for hit in site.one(roster="13800001111").hits] == [Kin.SELF]
    assert [hit.kin for hit in site.one(roster="13900001111", room="3-502").hits] == [Kin.HOUSEHOLD]


def test_another_person_of_the_same_name_on_a_list_is_no_hit(site: Site) -> None:
    site.enter("watch", name="王小明", id_number="110101199003070054", list="suspected")
    assert site.one(roster="13800001111").hits == ()
    site.enter("watch", name="王小明", list="suspected")  # nothing but a name: whoever has it is asked
    assert len(site.one(roster="13800001111").hits) == 1


def test_an_entry_of_a_list_counts_from_its_day_and_says_when_its_day_is_over(site: Site) -> None:
    site.enter("watch", phone="13800001111", from_us=NOW.at_us + 1, list="contact")
    site.enter("watch", phone="13800001111", until_us=NOW.at_us, list="observed")
    site.enter("watch", phone="13800001111", until_us=NOW.at_us + 1, list="isolated")
    assert [(hit.watch, hit.over) for hit in site.one(roster="13800001111").hits] == [
        ("observed", True),
        ("isolated", False),
    ]
    unset = replace(NOW, clock=ClockQuality.UNSET)
    found = site.one(unset, roster="13800001111")
    assert [(hit.watch, hit.over) for hit in found.hits] == [
        ("contact", False),
        ("observed", False),
        ("isolated", False),
    ]
    assert (found.day, found.minute) == (None, None)


def namesakes(site: Site, count: int) -> list[int]:
    """Enter so many people of one name, each in a room of their own."""
    named = [(number, f"139{number:08d}") for number in range(1, count + 1)]
    return [site.enter("people", name="张伟", phone=phone, room=f"{n}-701") for n, phone in named]


def test_somebody_behind_a_crowd_of_namesakes_is_found_by_what_else_they_told(site: Site) -> None:
    last = namesakes(site, MOST_OPENED + 1)[-1]
    home, phone = f"{MOST_OPENED + 1}-701", f"139{MOST_OPENED + 1:08d}"
    for given in ({"name": "张伟", "room": home}, {"name": "张伟", "phone": phone}):
        found = site.one(**given)
        assert (found.standing, found.entry) == (Standing.FOUND, last)
    (found,) = site.look(roster="张伟", room=home)
    assert (found.standing, found.entry) == (Standing.FOUND, last)


def test_with_too_many_to_look_at_it_is_unclear_who_it_is_and_never_nobody(site: Site) -> None:
    namesakes(site, MOST_OPENED)
    stranger = {"name": "张伟", "room": "88-801"}
    assert site.one(**stranger).standing is Standing.NONE, "all were looked at, and none lives there"
    last = namesakes(site, 1)[0]
    unclear = site.one(**stranger)
    assert (unclear.standing, unclear.entry) == (Standing.SEVERAL, None)
    assert last not in unclear.choices
    assert site.one(roster="张伟").standing is Standing.SEVERAL
    site.enter("watch", name="张伟", room="88-801", list="isolated")
    assert site.one(**stranger).hits, "and that is no way past a list"


def test_a_crowd_whose_time_is_over_hides_nobody_whose_time_is_not(site: Site) -> None:
    for number in range(MOST_OPENED):
        site.enter("people", until_us=NOW.at_us - 1, name="张伟", phone=f"137{number:08d}")
    site.enter("people", name="张伟", phone="13600000001")
    assert site.one(roster="张伟").standing is Standing.SEVERAL


def test_an_ended_entry_no_longer_counts(site: Site) -> None:
    number = site.enter("watch", phone="13800001111", list="isolated")
    assert site.one(roster="13800001111").hits
    site.book.end(Order("release", "boss"), "watch", number, "released")
    assert site.one(roster="13800001111").hits == ()


def test_r17_wherever_a_procedure_asks_for_a_place_it_is_matched(site: Site) -> None:
    """R7 and the coach station ask 从哪里来; a site may give its itinerary a name of its own."""
    site.enter("regions", region="湖北省", level="listed")
    for name in ("r7", "coach_station"):
        asked = procedures.parse(name, (procedures.SHIPPED / f"{name}.toml").read_text("utf-8"))
        assert asked.question("from_place") is not None
    assert [place.region for place in site.one(from_place="湖北孝感").places] == ["湖北省"]
    text = (procedures.SHIPPED / "hotel.toml").read_text("utf-8").replace('id = "places"', 'id = "travelled"')
    own = procedures.parse("hotel", text).itineraries
    assert own == ("travelled",)
    (known,) = site.roster.look_up(
        asks_of_answers([("travelled", "湖北，成都")], (), own), site.rules, "in", NOW
    )
    assert [(place.told, place.region) for place in known.places] == [("itinerary", "湖北省")]


def test_an_itinerary_names_regions_of_the_day(site: Site) -> None:
    site.enter("regions", region="湖北省", level="listed")
    site.enter("regions", region="温州市", level="high", until_us=NOW.at_us)
    (known,) = site.look(itinerary="2月1日 武汉（湖北），2月3日 温州，再到本地")
    assert [(place.told, place.region, place.level) for place in known.places] == [
        ("itinerary", "湖北省", "listed")
    ]
    assert dict(known.lists)["regions"] > 0
    assert site.look(itinerary="一直在本地") == ()


def test_regions_that_another_process_imported_are_found_within_ten_seconds(site: Site) -> None:
    assert site.look(itinerary="2月1日 武汉（湖北）") == ()
    draft = draft_of(KINDS["regions"], {"region": "湖北省", "level": "高风险"}, ZONE)
    site.book.enter(Order("elsewhere", "office"), "regions", draft)
    assert site.look(itinerary="2月1日 武汉（湖北）") == ()
    later = replace(NOW, mono_us=NOW.mono_us + AGAIN_US)
    (known,) = site.look(later, itinerary="2月1日 武汉（湖北）")
    assert [place.region for place in known.places] == ["湖北省"]


def test_what_is_due_by_today_is_named(site: Site) -> None:
    site.enter("people", name="沈", phone="13500000001", test_due="2020-02-14", booster_due="2020-02-15")
    assert site.one(roster="13500000001").due == ("test",)


def test_without_rules_nobody_is_asked_for(site: Site) -> None:
    assert site.roster.look_up(asks_of_answers([("roster", "1111")]), AccessRules(), "in", NOW) == ()


def test_a_register_that_cannot_be_read_is_said_to_be_unread(site: Site) -> None:
    site.journal.close()
    known = site.one(roster="13800001111")
    assert known.standing is Standing.UNREAD
    assert site.counted == ["registers_unread"]


def code(**more: str) -> Code:
    return Code(Carrier.GATEPOST_PASS, CodeVerdict.VALID, personal=more)


def test_a_code_is_asked_for_by_the_surest_it_names() -> None:
    (ask,) = asks_of_code(code(pass_id="00ff00ff00ff00ff", name="王小明", room="3-502"))
    assert (ask.by, ask.told["name"]) == ("pass_id", "王小明")
    assert asks_of_code(replace(code(name="王小明"), verdict=CodeVerdict.INVALID)) == ()
    assert (
        asks_of_code(
            Code(Carrier.CHINA_HEALTH, CodeVerdict.VALID, personal={"name": "王*", "phone": "138****1"})
        )
        == ()
    )


def test_where_somebody_goes_and_what_for_count_in_whichever_order_they_are_told(site: Site) -> None:
    site.enter("watch", name="孙隔离", room="5-101", list="isolated")
    first = site.look(roster="13900001111")
    evidence = [
        Evidence(NOW, "x", Answer("roster", "13900001111", "door1", personal=True)),
        *(Evidence(NOW, "registers", known) for known in first),
    ]
    assert first[0].hits == ()
    (visit,) = site.roster.look_up(asks_of_answers([("room", "5-101")], evidence), site.rules, "in", NOW)
    assert ([hit.watch for hit in visit.hits], visit.differs) == (["isolated"], ("room",))
    evidence.append(Evidence(NOW, "x", Answer("room", "5-101", "door1", personal=True)))
    evidence.append(Evidence(NOW, "registers", visit))
    brings = asks_of_answers([("purpose", "delivery")], evidence)
    (delivery,) = site.roster.look_up(brings, site.rules, "in", NOW)
    assert (delivery.entry, delivery.differs) == (visit.entry, ()), "the room of a delivery is nobody's own"
    stays = asks_of_answers([("purpose", "work")], evidence)
    assert site.roster.look_up(stays, site.rules, "in", NOW)[0].differs == ("room",)
    assert asks_of_answers([("mask", "on")], evidence) == ()


def test_whoever_comes_back_is_asked_about_again_by_their_number() -> None:
    evidence = (
        Evidence(NOW, "x", Answer("roster", "13800001111", "door1", personal=True)),
        Evidence(NOW, "x", Known("phone", Standing.FOUND, entry=7)),
    )
    assert [(ask.by, ask.value) for ask in asks_again(evidence)] == [("entry", "7")]
    assert [(ask.by, ask.value) for ask in asks_again(evidence[:1])] == [("phone", "13800001111")]


@pytest.mark.parametrize(
    ("typed", "by"),
    [
        ("1111", "phone_tail"),
        ("００１１", "phone_tail"),
        ("123X", "phone_tail"),
        ("13800001111", "phone"),
        ("11010119900307002X", "id_number"),
        ("渝A·12345", "plate"),
        ("渝AD12345", "plate"),
        ("00ff00ff00ff00ff", "pass_id"),
        ("王小明", "name"),
        ("E12345678", "id_number"),
    ],
)
def test_a_few_signs_typed_are_taken_for_what_they_look_like(typed: str, by: str) -> None:
    assert list(told_by_digits(typed)) == [by]


def test_a_list_of_regions_that_could_not_be_read_once_is_read_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.enter("regions", region="湖北省", level="high")
    read, fails = Reader.entries, ["once"]

    def flaky(reader: Reader, register: str, **more: Any) -> list[Entry]:
        if register == "regions" and fails:
            fails.pop()
            raise JournalError("busy")
        return read(reader, register, **more)

    monkeypatch.setattr(Reader, "entries", flaky)
    assert site.one(origin="湖北武汉").standing is Standing.UNREAD
    assert [place.region for place in site.one(origin="湖北武汉").places] == ["湖北省"]


@pytest.mark.parametrize("lost", ["scope = 'lookup'", "scope LIKE '%people:%'"])
def test_a_key_that_does_not_open_leaves_the_register_unread(site: Site, lost: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "journal.db") as connection:
        connection.execute(f"UPDATE seal_key SET wrapped = zeroblob(length(wrapped)) WHERE {lost}")
    connection.close()
    with Journal.open(tmp_path) as again:
        site.roster._journal = again
        assert site.one(phone="13800001111").standing is Standing.UNREAD
