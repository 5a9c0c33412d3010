"""Sealed fields, the master key, look-up tokens."""

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.errors import JournalError
from edge.domain.model import ClockQuality
from edge.journal import Journal, Row
from edge.journal.master import Master, check_of
from edge.journal.seal import new_key, seal, unseal, unwrap, wrap
from edge.journal.tokens import TOKEN_BYTES, needles, normalise, tokens_of
from tests.journal.samples import (
    DAY_US,
    START_US,
    decided,
    held,
    instant,
    personal,
    raw_bytes,
    whole,
    without,
)

PLACE = {"incarnation": "a" * 32, "seq": 7, "key_id": 3}


@given(plain=st.binary(max_size=400))
def test_what_is_sealed_opens_only_in_its_place(plain: bytes) -> None:
    key = new_key()
    sealed = seal(key, plain, **PLACE)  # type: ignore[arg-type]
    assert unseal(key, sealed, **PLACE) == plain  # type: ignore[arg-type]
    for other in ({"seq": 8}, {"key_id": 4}, {"incarnation": "b" * 32}):
        assert unseal(key, sealed, **(PLACE | other)) is None  # type: ignore[arg-type]
    assert unseal(new_key(), sealed, **PLACE) is None  # type: ignore[arg-type]


@given(junk=st.binary(max_size=60))
def test_junk_never_opens_and_never_raises(junk: bytes) -> None:
    key = new_key()
    assert unseal(key, junk, **PLACE) is None  # type: ignore[arg-type]
    assert unwrap(key, junk, key_id=1, scope="day") is None


def test_a_wrapped_key_is_bound_to_its_number_and_scope() -> None:
    master, key = new_key(), new_key()
    wrapped = wrap(master, key, key_id=1, scope="day")
    assert unwrap(master, wrapped, key_id=1, scope="day") == key
    assert unwrap(master, wrapped, key_id=2, scope="day") is None
    assert unwrap(master, wrapped, key_id=1, scope="person:1") is None


def test_nothing_personal_stands_in_the_file_in_the_clear(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        journal.append(decided(1, who=personal("张三", "13800001234")))
        assert without(raw_bytes(tmp_path), ["张三".encode(), b"13800001234", b'1234"', "复诊".encode()])
        row = reader.row(1)
        assert row is not None
        assert journal.unseal(row) == personal("张三", "13800001234")


def test_a_new_key_begins_with_each_day_and_with_trust_in_the_clock_and_none_comes_back(
    tmp_path: Path,
) -> None:
    def key_of(at_us: int, clock: ClockQuality = ClockQuality.SYNCED) -> int | None:
        row = Row("passage.decided", instant(at_us, clock), whole(1), "in", personal())
        (seq,) = journal.append(row)
        found = reader.row(seq)
        assert found is not None
        return found.key_id

    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        assert key_of(START_US) == 1
        assert key_of(START_US + DAY_US - 1) == 1
        assert key_of(START_US + DAY_US) == 2
        assert key_of(START_US + DAY_US - 5) == 2  # a little late at midnight
        assert key_of(START_US - 5 * DAY_US) == 3
        assert key_of(START_US - 5 * DAY_US, ClockQuality.RESTORED) == 4
        assert key_of(0, ClockQuality.UNSET) == 5
        assert key_of(START_US + DAY_US) == 6
        assert journal.verify() == []


def test_a_named_scope_has_its_own_key_and_is_forgotten_alone(tmp_path: Path) -> None:
    def scoped(scope: str, name: str) -> Row:
        return Row("person.added", instant(), {"person": 1}, None, {"name": name}, scope)

    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        journal.append(scoped("person:1", "张三"), scoped("person:2", "李四"), decided(1, who=personal()))
        journal.append(scoped("person:1", "张三丰"))
        rows = reader.rows_after(0, 9)
        assert [row.key_id for row in rows] == [1, 2, 3, 1]
        done = journal.forget("person:1", now=instant(), by="manager")
        assert done.keys == (1,)
        assert done.scrubbed
        assert [journal.unseal(row) for row in rows] == [None, {"name": "李四"}, personal(), None]
        assert journal.forget("person:1", now=instant(), by="manager").keys == ()
        journal.append(scoped("person:1", "张三"))
        last = reader.row(journal.head())
        assert last is not None
        assert last.key_id == 4
        assert journal.verify() == []
        with pytest.raises(ValueError, match="purge"):
            journal.forget("day", now=instant(), by="manager")


def test_a_key_from_outside_is_needed_as_well(tmp_path: Path) -> None:
    outside = b"k" * 32
    with Journal.open(tmp_path, master=outside) as journal:
        journal.append(decided(1, who=personal()))
    for wrong in (None, b"x" * 32):
        with pytest.raises(JournalError, match=r"密钥.*key"):
            Journal.open(tmp_path, master=wrong)
    with pytest.raises(JournalError, match="shorter"):
        Journal.open(tmp_path, master=b"short")
    with Journal.open(tmp_path, master=outside) as journal, journal.reader() as reader:
        row = reader.row(1)
        assert row is not None
        assert journal.unseal(row) == personal()


@pytest.mark.parametrize("damage", [None, b"", b"zz", b"00" * 8])
def test_a_lost_or_damaged_key_file_stops_the_gate_and_says_so(tmp_path: Path, damage: bytes | None) -> None:
    with Journal.open(tmp_path) as journal:
        journal.append(decided(1, who=personal()))
    key_file = tmp_path / "master.key"
    good = key_file.read_bytes()
    if damage is None:
        key_file.unlink()
    else:
        key_file.write_bytes(damage)
    with pytest.raises(JournalError, match="put it back"):
        Journal.open(tmp_path)
    key_file.write_bytes(good)
    Journal.open(tmp_path).close()


@pytest.mark.parametrize("committed", [True, False])
def test_a_turn_of_the_master_that_was_interrupted_is_finished_or_undone(
    tmp_path: Path, committed: bool
) -> None:
    master = Master(tmp_path, None)
    old = master.create()
    new = master.prepare()
    check = check_of(new if committed else old)
    again = Master(tmp_path, None)
    assert again.load(check) == (new if committed else old)
    again.settle(check)
    again.settle(check)
    assert again.load(check) == (new if committed else old)
    assert not again.knows(check_of(old if committed else new))
    assert [path.name for path in tmp_path.iterdir()] == ["master.key"]


def test_a_passage_is_found_by_full_value_or_last_four_whatever_the_width_and_case(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal, journal.reader() as reader:
        journal.append(decided(1, who={"find": ["张三", "13800001234", "渝A·12B4x"]}))
        journal.append(decided(2, START_US + 3 * DAY_US, who={"find": ["李四", "13900001234"]}))
        journal.append(held(3, who={"find": ["王五"]}), decided(3))  # the later row seals nothing
        assert reader.find("13800001234") == [1]
        assert reader.find("１３８００００１２３４ ") == [1]
        assert reader.find("1234") == [2, 1]
        assert reader.find("渝a·12b4X") == [1]
        assert reader.find("2B4X") == [1]
        assert reader.find("张三") == [1]
        assert reader.find("王五") == [3]
        assert reader.find("234") == reader.find("") == reader.find("3800001234") == []
        assert journal.rebuild()


@given(
    values=st.lists(st.text(max_size=20), max_size=6),
    other=st.text(string.digits + "张李", min_size=1, max_size=9),
)
def test_tokens_are_found_exactly_where_the_value_is(values: list[str], other: str) -> None:
    key = new_key()
    tokens = tokens_of(key, values) or b""
    assert len(tokens) % TOKEN_BYTES == 0
    stand = {tokens[i : i + TOKEN_BYTES] for i in range(0, len(tokens), TOKEN_BYTES)}
    known = {normalise(value) for value in values} - {""}
    tails = {v[-4:] for v in known if len(v) > 4 and any(sign.isdigit() for sign in v[-4:])}
    for value in [*known, *tails, other]:
        meant = normalise(value)
        assert bool(stand & set(needles(key, value))) == (meant in known or meant in tails)
    assert not stand & set(needles(new_key(), other))
