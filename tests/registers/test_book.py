"""The book: every register over a real journal."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.domain.errors import FormError
from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal
from edge.journal.entry_retention import MOST
from edge.journal.keys import BUCKET_SIZE
from edge.registers.access_rules import AccessBook, of_file
from edge.registers.book import MOST_AT_ONCE, Book, Draft, Order
from tests.paths import ROOT

DAY_US = 86_400_000_000
START_US = 1_581_552_000_000_000


class Clock:
    """A clock that is set by the test."""

    def __init__(self) -> None:
        self.at_us = START_US

    def __call__(self) -> Instant:
        self.at_us += 1000
        return Instant(self.at_us - START_US, self.at_us, ClockQuality.SYNCED)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "store") as opened:
        opened.start_boot()
        yield opened


@pytest.fixture
def book(journal: Journal, clock: Clock) -> Book:
    return Book(journal, clock)


_ids = itertools.count()


def order() -> Order:
    return Order(f"c{next(_ids)}", "manager")


def person(name: str, phone: str, room: str = "2-301") -> Draft:
    return Draft(
        {"category": "resident"},
        {"name": name, "phone": phone, "room": room},
        find=("name", "phone", "room"),
    )


def test_an_entry_is_found_by_its_phone_however_it_is_written_and_by_its_last_four(book: Book) -> None:
    entered = book.enter(order(), "people", person("甲一", "138 0013-8000"))
    for value in ("13800138000", "１３８００１３８０００", " 138-0013-8000 "):
        assert [entry.number for entry in book.find(["people"], "phone", value)] == [entered.number]
    assert book.find(["people"], "phone_tail", "8000")
    assert not book.find(["people"], "phone", "8000"), "the last four are no phone"
    assert not book.find(["vehicles"], "phone", "13800138000")
    assert not book.find(["people"], "name", "13800138000"), "a phone is no name"


def test_nothing_personal_stands_open_in_the_file(book: Book, journal: Journal) -> None:
    book.enter(order(), "people", person("欧阳无名", "13912345678"))
    journal.scrub()
    content = journal.path.read_bytes() + Path(f"{journal.path}-wal").read_bytes()
    assert "欧阳无名".encode() not in content
    assert b"13912345678" not in content


def test_an_amendment_says_everything_anew_and_the_old_phone_finds_nobody(book: Book) -> None:
    entered = book.enter(order(), "people", person("甲一", "13800138000"))
    book.amend(order(), "people", entered.number, person("甲一", "13900139000"))
    assert not book.find(["people"], "phone", "13800138000")
    assert book.find(["people"], "phone", "13900139000")
    told = book.one("people", entered.number, opened=True)
    assert told.personal["phone"] == "13900139000"
    assert len(told.rows) == 2


def test_two_who_change_an_entry_from_the_same_page_are_told(book: Book) -> None:
    entered = book.enter(order(), "people", person("甲一", "13800138000"))
    seen = book.one("people", entered.number).entry.seqs[-1]
    book.amend(order(), "people", entered.number, person("甲一", "13900139000"), seen=seen)
    with pytest.raises(FormError) as caught:
        book.amend(order(), "people", entered.number, person("甲一", "13700137000"), seen=seen)
    assert caught.value.code == "entry_changed"


def test_a_repeated_command_does_nothing_twice(book: Book) -> None:
    again = order()
    first = book.enter(again, "people", person("甲一", "13800138000"))
    assert book.enter(again, "people", person("甲一", "13800138000")) == first
    assert book.count("people") == 1
    with pytest.raises(FormError) as caught:
        book.enter(again, "vehicles", Draft())
    assert caught.value.code == "command_reused"


def reused(command: Callable[[], object]) -> None:
    with pytest.raises(FormError) as caught:
        command()
    assert caught.value.code == "command_reused"


def test_another_form_under_an_old_command_is_told_and_not_lost(book: Book) -> None:
    again = order()
    first = book.enter(again, "people", person("甲一", "13800138000"))
    reused(lambda: book.enter(again, "people", person("乙二", "13800138000")))
    reused(lambda: book.enter(again, "people", Draft({"category": "tenant"}, {"name": "甲一"})))
    assert book.enter(again, "people", person(" 甲一 ", "13800138000")) == first, "spaces are not kept"
    second = book.enter(order(), "people", person("乙二", "13900139000"))
    changed = order()
    told = book.amend(changed, "people", first.number, person("甲一", "13700137000"), why="moved")
    assert book.amend(changed, "people", first.number, person("甲一", "13700137000"), why="moved") == told
    reused(lambda: book.amend(changed, "people", second.number, person("甲一", "13700137000"), why="moved"))
    reused(lambda: book.amend(changed, "people", first.number, person("甲一", "13600136000"), why="moved"))
    reused(lambda: book.amend(changed, "people", first.number, person("甲一", "13700137000")))
    over = order()
    ended = book.end(over, "people", first.number, "moved")
    assert book.end(over, "people", first.number, "moved") == ended
    reused(lambda: book.end(over, "people", second.number, "moved"))
    reused(lambda: book.end(over, "people", first.number, "died"))
    assert book.count("people", open_=True) == 1


def test_an_undo_of_another_import_under_an_old_command_is_told(book: Book) -> None:
    for number in (1, 2):
        book.add("manager", "people", [person("甲一", f"1380013800{number}")], imported=number)
    again = order()
    assert book.undo(again, "people", 1) == 1
    assert book.undo(again, "people", 1) == 0, "it is undone"
    reused(lambda: book.undo(again, "people", 2))


def test_what_the_gate_reckons_may_differ_when_a_command_is_repeated(book: Book) -> None:
    again = order()
    first = book.enter(again, "traces", Draft({"found": 1}, {"person": "甲一"}, until_us=1))
    later = Draft({"found": 2}, {"person": "甲一"}, until_us=2, reckoned=("found", "until_us"))
    assert book.enter(again, "traces", later) == first
    reused(lambda: book.enter(again, "traces", Draft({"found": 2}, {"person": "甲一"}, until_us=1)))
    reused(lambda: book.enter(again, "traces", Draft({"found": 1}, {"person": "甲一"}, until_us=2)))
    assert book.forget("traces", first.number, by="manager")
    assert book.enter(again, "traces", later) == first, "what is destroyed cannot be compared"


def test_an_ended_entry_is_not_found_and_an_amendment_opens_it_again(book: Book) -> None:
    entered = book.enter(order(), "people", person("甲一", "13800138000"))
    book.end(order(), "people", entered.number, "moved")
    assert not book.find(["people"], "phone", "13800138000")
    assert book.count("people", open_=True) == 0
    with pytest.raises(FormError):
        book.end(order(), "people", entered.number, "moved")
    book.amend(order(), "people", entered.number, person("甲一", "13800138000"))
    assert book.find(["people"], "phone", "13800138000")


def test_an_import_is_undone_but_for_what_was_changed_by_hand(book: Book) -> None:
    drafts = [person(f"某{n}", f"1380013{n:04}") for n in range(MOST_AT_ONCE)]
    numbers = book.add("manager", "people", drafts, imported=7)
    book.amend(order(), "people", numbers[3], person("某三", "13600136000"))
    assert book.undo(order(), "people", 7) == MOST_AT_ONCE - 1
    assert [entry.number for entry in book.page("people", open_=True)] == [numbers[3]]
    with pytest.raises(FormError):
        book.undo(order(), "people", 8)


def test_one_of_many_is_forgotten_and_the_others_stay(book: Book, journal: Journal, clock: Clock) -> None:
    for start in range(0, BUCKET_SIZE + 20, MOST_AT_ONCE):
        book.add(
            "manager", "people", [person(f"某{start + n}", f"13{start + n:09}") for n in range(MOST_AT_ONCE)]
        )
    assert book.forget("people", 5, by="manager")
    assert not book.find(["people"], "phone", f"13{4:09}")
    gone = book.one("people", 5, opened=True)
    assert gone.destroyed
    assert not gone.personal
    assert book.one("people", 6, opened=True).personal["name"] == "某5"
    assert book.one("people", BUCKET_SIZE + 10, opened=True).personal
    with pytest.raises(FormError) as caught:
        book.amend(order(), "people", 5, person("某4", "13700137000"))
    assert caught.value.code == "entry_forgotten"
    assert journal.verify() == []
    assert journal.rebuild()
    with Journal.open(journal.path.parent, create=False) as again:
        assert Book(again, clock).one("people", 6, opened=True).personal["name"] == "某5"


def test_an_ended_entry_is_forgotten_when_its_time_is_over(
    book: Book, journal: Journal, clock: Clock
) -> None:
    stays = book.enter(order(), "people", person("甲一", "13800138000"))
    goes = book.enter(order(), "people", person("乙二", "13900139000"))
    book.end(order(), "people", goes.number, "moved")
    for _ in range(40):  # a row a day, or the clock would seem to leap
        clock.at_us += DAY_US
        book.enter(order(), "notices", Draft({"kind": "notice"}))
    now = clock()
    purged = journal.purge(now.at_us - 30 * DAY_US, journal.head(), now=now)
    assert purged.keys
    assert book.one("people", goes.number, opened=True).destroyed
    assert book.one("people", stays.number, opened=True).personal["name"] == "甲一"
    assert book.find(["people"], "phone", "13800138000")
    assert journal.rebuild()


_STEP = st.tuples(st.sampled_from(["enter", "amend", "end", "forget"]), st.integers(1, 6), st.integers(0, 4))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_STEP, max_size=25))
def test_whatever_is_written_the_registers_rebuild_equal(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    with Journal.open(tmp_path_factory.mktemp("book")) as journal:
        journal.start_boot()
        book = Book(journal, Clock())
        known: dict[int, str] = {}
        for what, number, phone in steps:
            text = f"1380013800{phone}"
            try:
                if what == "enter":
                    known[book.enter(order(), "people", person("甲一", text)).number] = text
                elif what == "amend":
                    book.amend(order(), "people", number, person("甲一", text))
                    known[number] = text
                elif what == "end":
                    book.end(order(), "people", number, "moved")
                    known.pop(number, None)
                elif book.forget("people", number, by="manager"):
                    known.pop(number, None)
            except FormError:
                pass
        for text in {f"1380013800{n}" for n in range(5)}:
            found = {entry.number for entry in book.find(["people"], "phone", text) if not entry.forgotten}
            assert found == {number for number, phone in known.items() if phone == text}
        assert journal.rebuild()
        assert journal.verify() == []


def test_a_purge_looks_at_no_more_ended_entries_than_it_destroys(
    book: Book, journal: Journal, clock: Clock
) -> None:
    for start in range(0, MOST + 60, MOST_AT_ONCE):
        drafts = [person(f"某{start + n}", f"13{start + n:09}") for n in range(MOST_AT_ONCE)]
        for number in book.add("manager", "people", drafts, imported=1):
            book.end(order(), "people", number, "moved")
    for _ in range(40):
        clock.at_us += DAY_US
        book.enter(order(), "notices", Draft({"kind": "notice"}))
    now = clock()
    gone = []
    for _ in range(2):
        journal.purge(now.at_us - 30 * DAY_US, journal.head(), now=now)
        gone.append(sum(entry.forgotten for entry in book.page("people", limit=1000)))
    assert gone[0] == MOST
    assert gone[1] == book.count("people") > MOST


def released(book: Book, journal: Journal, clock: Clock) -> AccessBook:
    return AccessBook(journal, book, ROOT, "usual", of_file("usual", ROOT), clock)


def test_who_signed_a_release_is_sealed_and_goes_with_the_entry(
    book: Book, journal: Journal, clock: Clock
) -> None:
    rules = released(book, journal, clock)
    number = book.enter(order(), "watch", person("钱多多", "13800000009")).number
    once = order()
    for _ in range(2):
        rules.release(once, number, " 红星社区 ", "王医生", ["红星社区"])
    told = book.one("watch", number, opened=True)
    assert [row.kind for row in told.rows] == ["register.entered", "register.ended"]
    assert (told.rows[-1].body["why"], told.rows[-1].body["unit"]) == ("released", "红星社区")
    assert (told.personal["signed"], told.personal["released_by"]) == ("王医生", "红星社区")
    assert told.personal["name"] == "钱多多", "ending an entry takes nothing away"
    other = book.enter(order(), "watch", person("孙少少", "13800000010")).number
    rules.release(order(), other, "街道老刘", "老刘", ["红星社区"])
    ended = book.one("watch", other).rows[-1]
    assert "unit" not in ended.body, "what is not on the site's list may be anybody"
    journal.scrub()
    assert not [word for word in ("王医生", "老刘") if word.encode() in journal.path.read_bytes()]
    assert book.forget("watch", number, by="boss")
    assert book.one("watch", number, opened=True).personal == {}
    journal.rebuild()
    assert book.one("watch", other, opened=True).personal["signed"] == "老刘"


def test_a_reason_in_the_open_is_one_of_a_list_and_nobodys_words(
    book: Book, journal: Journal, clock: Clock
) -> None:
    rules, words = released(book, journal, clock), "王医生说可以了"
    number = book.enter(order(), "households", person("", "", "2-302")).number
    version = rules.rules.version
    for command in (
        lambda: book.end(order(), "households", number, words),
        lambda: rules.correct(order(), "households", number, ("in", 1, words)),
        lambda: rules.switch(order(), rules.rules.closure, version, words),
    ):
        with pytest.raises(FormError) as refused:
            command()
        assert refused.value.code == "reason_needed"
    with journal.reader() as reader:
        assert words not in "".join(row.body_text for row in reader.rows_after(0, 100))
    assert rules.correct(order(), "households", number, ("in", 1, "miscounted"))
