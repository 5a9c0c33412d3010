"""Imports over a real journal: stopped and gone on with, killed, undone; never the same line twice."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.domain.errors import ConfigError, FormError
from edge.journal import Imported, Journal, Row, State
from edge.registers.book import Book, Draft, Order, line_row
from edge.registers.district_lists import DistrictLists
from edge.registers.importing import Importer, print_of
from edge.registers.people import PEOPLE
from edge.registers.planning import Preview, preview
from edge.registers.rosters import Rosters
from edge.registers.said import Said, layout_of
from edge.registers.tables import Table, read_table
from tests.registers.made_up import HEADS, id_number, phone, roster
from tests.registers.test_book import Clock, order, person

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "store") as opened:
        opened.start_boot()
        yield opened


@pytest.fixture
def book(journal: Journal) -> Book:
    return Book(journal, Clock())


def table_of(text: str) -> Table:
    return read_table(text.encode(), PEOPLE)


def previewed(journal: Journal, text: str) -> Preview:
    table = table_of(text)
    *_, found = preview(Said(table, PEOPLE, layout_of(table, PEOPLE), ZONE), PEOPLE, journal)
    return found


def run(journal: Journal, text: str, stop_after: int = 0) -> Imported:
    """Import a text; stop after so many transactions, 0 for never."""
    table = table_of(text)
    steps = iter(range(1, 1 << 30))
    importer = Importer(journal, Clock(), ZONE, lambda: next(steps) == stop_after)
    begun = importer.begin(Order("", "boss"), PEOPLE, table, "a.csv", print_of(text.encode()))
    for _ in importer.apply(begun, "boss", Said(table, PEOPLE, layout_of(table, PEOPLE), ZONE)):
        pass
    with closing(journal.reader()) as reader:
        found = reader.import_(begun.number)
    assert found is not None
    return found


def undo(journal: Journal, number: int) -> int:
    count = 0
    for count in Importer(journal, Clock(), ZONE).undo(Order("", "boss"), number):  # noqa: B007
        pass
    return count


def test_a_stopped_import_goes_on_where_it_was_and_enters_no_line_twice(journal: Journal, book: Book) -> None:
    text = roster(100)
    stopped = run(journal, text, stop_after=2)
    assert stopped.state == "stopped"
    assert 0 < book.count("people") < 100
    done = run(journal, text)
    assert (done.number, done.state, done.entered) == (stopped.number, "done", 100)
    assert book.count("people") == 100
    assert journal.rebuild()
    assert journal.verify() == []


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ends=st.lists(st.integers(1, 6), max_size=5))
def test_however_often_the_process_ends_in_between_every_line_is_there_once(
    tmp_path_factory: pytest.TempPathFactory, ends: list[int]
) -> None:
    folder, text = tmp_path_factory.mktemp("ends"), roster(80)
    table = table_of(text)
    for end in [*ends, 0]:
        with Journal.open(folder) as journal:
            journal.start_boot()
            importer = Importer(journal, Clock(), ZONE)
            begun = importer.begin(Order("", "boss"), PEOPLE, table, "a.csv", print_of(text.encode()))
            steps = importer.apply(begun, "boss", Said(table, PEOPLE, layout_of(table, PEOPLE), ZONE))
            for place, _ in enumerate(steps, 1):
                if place == end:
                    break  # nothing is told: as if the power had gone
            book = Book(journal, Clock())
            homes = book.count("households", open_=True)
            if end == 0:
                assert book.count("people") == 80
                assert homes == len({(n // 300, n // 100 % 3, n // 3 % 100) for n in range(80)})


def test_an_undone_import_leaves_everything_as_it_was_but_what_was_changed_by_hand(
    journal: Journal, book: Book
) -> None:
    run(journal, roster(20))
    before = [book.one("people", n, opened=True).personal for n in range(1, 21)]
    changed = roster(30).replace(phone(3), phone(903)).replace(phone(4), phone(904))
    found = previewed(journal, changed)
    assert found.counts == {"new": 10, "changed": 2, "unchanged": 18, "doubled": 0, "rejected": 0}
    assert [names for _, _, names in found.changed] == [("phone",), ("phone",)]
    second = run(journal, changed)
    assert (second.entered, second.amended) == (10, 2)
    rosters = Rosters(book, journal, ZONE)
    by_hand = {"name": "某4", "id_number": id_number(4), "phone": phone(914)}
    rosters.amend(order(), "people", 5, by_hand)
    undo(journal, second.number)
    assert book.count("people", open_=True) == 20
    after = [book.one("people", n, opened=True).personal for n in range(1, 21)]
    assert after[4]["phone"] == phone(914)
    assert [one for n, one in enumerate(after) if n != 4] == [one for n, one in enumerate(before) if n != 4]
    assert book.find(["people"], "phone", phone(3))
    assert not book.find(["people"], "phone", phone(903))
    with pytest.raises(FormError):
        undo(journal, second.number)
    assert journal.rebuild()


def test_an_import_and_a_shift_list_of_one_number_are_each_undone_alone(journal: Journal, book: Book) -> None:
    book.add("boss", "duty", [Draft({"post": "north"}, {"name": "甲"})], imported=1)
    book.add("boss", "duty", [Draft({"post": "north"}, {"name": "乙"})], imported=2)
    assert [run(journal, roster(3)).number, run(journal, roster(6)).number] == [1, 2]
    undo(journal, 1)
    assert book.count("people", open_=True) == 3
    assert book.count("duty", open_=True) == 2, "the shift list of that number stays"
    assert book.undo(order(), "duty", 2) == 1
    assert book.count("people", open_=True) == 3, "the residents of that number stay"
    assert [entry.imported for entry in book.page("duty", open_=True)] == [1]
    with pytest.raises(FormError) as caught:
        book.undo(order(), "vehicles", 2)
    assert caught.value.code == "unknown_import"
    assert journal.rebuild()


def test_an_undo_leaves_the_home_of_somebody_who_was_entered_since_or_changed_by_hand(
    journal: Journal, book: Book
) -> None:
    lines = [f"某{n},{id_number(n)},{phone(n)},2栋,,{300 + n},居民,\n" for n in range(1, 6)]
    assert run(journal, f"{HEADS}\n{''.join(lines)}").number == 1
    rosters = Rosters(book, journal, ZONE)
    home = {"building": "2栋", "room": "302", "category": "resident"}
    since = rosters.enter(order(), "people", {"name": "丙", "phone": phone(91), **home}).number
    by_hand = {"name": "某4", "id_number": id_number(4), "phone": phone(94), "building": "2栋", "room": "304"}
    rosters.amend(order(), "people", 4, by_hand)
    undo(journal, 1)
    assert [entry.number for entry in book.page("people", open_=True)] == [since, 4]
    homes = {entry.fields["household"] for entry in book.page("people", open_=True)}
    assert {entry.number for entry in book.page("households", open_=True)} == homes == {2, 4}
    assert journal.rebuild()


def test_an_undo_says_what_stood_before_the_first_line_of_the_import_about_somebody(
    journal: Journal, book: Book
) -> None:
    rosters = Rosters(book, journal, ZONE)
    known = {"name": "丙", "phone": phone(3), "id_number": id_number(5), "building": "2栋", "room": "301"}
    number = rosters.enter(order(), "people", known).number
    before = book.one("people", number, opened=True)
    heads = "姓名,电话,身份证号,楼栋,房号,备注"
    twice = f"{heads}\n丙,,{id_number(5)},,,首次\n丙,{phone(3)},,2栋,301,二次\n"
    assert run(journal, twice).amended == 2
    assert book.one("people", number, opened=True).personal["note"] == "二次"
    undo(journal, 1)
    after = book.one("people", number, opened=True)
    assert (after.personal, after.entry.fields) == (before.personal, before.entry.fields)
    assert after.entry.open
    assert journal.rebuild()


def test_an_undo_ends_whom_the_import_entered_and_then_changed_itself(journal: Journal, book: Book) -> None:
    heads = "姓名,电话,身份证号,楼栋,房号,备注"
    run(journal, f"{heads}\n丁,{phone(6)},{id_number(6)},2栋,301,\n")
    assert book.count("people", open_=True) == 1
    at, says = Clock()(), Draft({"category": "resident"}, {"name": "丁", "phone": phone(7)})
    row = line_row(at, "register.amended", "people", 1, says, order=Order("", "boss"), imported=1, line=3)
    journal.append(row)
    undo(journal, 1)
    assert book.count("people", open_=True) == 0
    assert journal.rebuild()


def test_an_undo_from_before_that_says_no_range_rebuilds_as_it_was(journal: Journal, book: Book) -> None:
    book.add("boss", "people", [person("甲一", phone(1))], imported=7)
    body = {"register": "people", "import": 7, "entries": 1, "by": "boss"}
    journal.append(Row("register.import_undone", Clock()(), body))
    assert book.count("people", open_=True) == 0
    assert journal.rebuild()


_CELL = st.sampled_from(
    ("", "甲一", "乙 二", id_number(1), id_number(2), phone(1), "1.38E+10", "2栋", "301", "居民", "x\x07")
)


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(st.lists(_CELL, min_size=1, max_size=8), max_size=30))
def test_what_a_file_says_is_the_same_when_it_is_gone_through_again(lines: list[list[str]]) -> None:
    table = table_of("\n".join([HEADS, *(",".join(cells) for cells in lines), ""]))
    said = Said(table, PEOPLE, layout_of(table, PEOPLE), ZONE)
    next(iter(said), None)  # gone through in part, nothing is kept of it
    first = [*said]
    assert [*said] == first
    assert [*Said(table, PEOPLE, said.layout, ZONE)] == first


def test_doubled_lines_are_told_and_those_that_differ_are_refused(journal: Journal) -> None:
    line = f"甲一,{id_number(1)},{phone(1)},2栋,,301,居民,\n"
    again = f"甲一,{id_number(1)}, {phone(1)} ,2,,301室,居民,\n"
    other = f"甲一,{id_number(1)},{phone(2)},2栋,,301,居民,\n"
    found = previewed(journal, f"{HEADS}\n{line}{again}{other}")
    assert found.doubled == [(3, 2)]
    assert found.rejected == [(4, (("id_number", "double_differs:2"),))]


def test_two_people_of_one_name_and_home_are_told_apart_by_their_numbers(
    journal: Journal, book: Book
) -> None:
    text = f"{HEADS}\n甲一,{id_number(1)},,2栋,,301,居民,\n甲一,{id_number(2)},,2栋,,301,居民,\n"
    assert run(journal, text).entered == 2
    assert previewed(journal, text).counts["unchanged"] == 2
    assert previewed(journal, f"{HEADS}\n甲一,,,2栋,,301,居民,\n").rejected[0][1] == (("", "ambiguous"),)


def test_no_line_and_no_name_of_the_file_stands_in_the_clear(journal: Journal) -> None:
    run(journal, roster(30))
    journal.scrub()
    content = journal.path.read_bytes() + Path(f"{journal.path}-wal").read_bytes()
    for text in ("某7", phone(7), id_number(7), "a.csv", print_of(roster(30).encode())):
        assert text.encode() not in content


def test_a_list_of_the_district_replaces_its_own_entries_and_no_others(
    journal: Journal, book: Book, tmp_path: Path
) -> None:
    state = State.open(tmp_path / "state")
    lists = DistrictLists(journal, state, Clock(), ZONE)
    local = book.count("watch")
    Rosters(book, journal, ZONE).enter(
        order(), "watch", {"name": "本地某", "phone": phone(1), "list": "isolated"}
    )
    head = "姓名,身份证号,类别\n"
    both = f"{head}密某甲,{id_number(1)},密接\n密某乙,{id_number(2)},密接\n"
    assert lists.held() == {"watch": None, "roster": None, "regions": None}
    assert lists.take("watch", 7, both) == {"kind": "register", "count": 2, "rejected": 0}
    rows = journal.head()
    lists.take("watch", 8, both)
    assert journal.head() == rows, "the same list again changes nothing"
    lists.take("watch", 9, f"{head}密某乙,{id_number(2)},密接\n坏,1,密接\n")
    assert lists.held()["watch"] == 9
    assert lists.facts("watch")["rejected"] == 1
    assert not book.find(["watch"], "id_number", id_number(1))
    assert book.count("watch", open_=True) == local + 2
    for bad in ("", "不是表格\n", f"{head}坏,1,密接\n"):
        with pytest.raises(ConfigError):
            lists.take("watch", 10, bad)
    assert book.count("watch", open_=True) == local + 2
    state.close()
