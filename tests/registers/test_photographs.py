"""Photographs of people: made small in a process of their own, sealed beside their entry, gone with it."""

import base64
import struct
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import _photograph as child
from edge.domain.errors import FormError
from edge.domain.model import ClockQuality, Instant
from edge.journal import Journal, Reader, StoredRow
from edge.registers import photographs
from edge.registers.book import Book, Draft, Order
from edge.registers.opened import Opened
from edge.registers.photographs import Darkroom, Photographs
from edge.uplink.personal import forwarded

DAY_US = 86_400_000_000
START = Instant(1_000_000, 1_581_649_200_000_000, ClockQuality.SYNCED)
GPS = b"made-up place 29.5N 106.5E"
JPEG = b"\xff\xd8\xff a face that must not be read"


class Desk:
    def __init__(self, folder: Path) -> None:
        self.at = START
        self.journal = Journal.open(folder)
        self.book = Book(self.journal, lambda: self.at)
        self.photographs = Photographs(self.journal, lambda: self.at)

    def person(self, name: str = "王小明") -> int:
        draft = Draft({"category": "resident"}, {"name": name, "phone": "13800001111"}, ("name", "phone"))
        return self.book.enter(Order("", "office"), "people", draft).number

    def has(self, number: int) -> bytes | None:
        return self.photographs.of("people", number)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.journal.close()


@pytest.fixture(scope="module")
def darkroom() -> Iterator[Darkroom]:
    with Darkroom() as found:
        yield found


def picture(width: int, height: int, kind: str = ".jpg") -> bytes:
    """Return a picture file with a red left and a blue right half."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2, 2] = pixels[:, width // 2 :, 0] = 220
    return bytes(cv2.imencode(kind, pixels)[1])


def with_metadata(jpeg: bytes) -> bytes:
    """Return a JPEG with a comment and an EXIF segment that says it lies on its side (orientation 6)."""
    tiff = (
        b"MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
    )
    exif = b"Exif\x00\x00" + tiff + GPS
    segments = b"".join(
        b"\xff" + kind + struct.pack(">H", len(part) + 2) + part
        for kind, part in ((b"\xe1", exif), (b"\xfe", GPS))
    )
    return jpeg[:2] + segments + jpeg[2:]


def decoded(jpeg: bytes) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    found = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert found is not None
    return np.asarray(found, np.uint8)


@pytest.mark.parametrize(
    ("width", "height", "kind", "small"),
    [(900, 1200, ".jpg", (320, 240)), (4000, 3000, ".jpg", (180, 240)), (600, 400, ".png", (160, 240))],
)
def test_a_picture_is_drawn_anew_small(
    darkroom: Darkroom, width: int, height: int, kind: str, small: tuple[int, int]
) -> None:
    jpeg = darkroom.small(picture(width, height, kind))
    assert decoded(jpeg).shape[:2] == small
    assert len(jpeg) <= child.MOST_JPEG
    left, right = decoded(jpeg)[10, 10], decoded(jpeg)[10, -10]
    assert left[2] > 150 > left[0]
    assert right[0] > 150 > right[2]


def test_a_small_picture_is_not_blown_up_and_noise_stays_within_bounds(darkroom: Darkroom) -> None:
    assert decoded(darkroom.small(picture(60, 80))).shape[:2] == (80, 60)
    noise = np.random.default_rng(3).integers(0, 255, (640, 480, 3), np.uint8)
    assert len(darkroom.small(bytes(cv2.imencode(".png", noise)[1]))) <= child.MOST_JPEG


def test_no_metadata_survives_and_what_it_said_of_the_way_up_is_heeded(darkroom: Darkroom) -> None:
    brought = with_metadata(picture(400, 600))
    assert brought.count(GPS) == 2
    jpeg = darkroom.small(brought)
    assert GPS not in jpeg
    assert b"Exif" not in jpeg
    assert decoded(jpeg).shape[:2] == (160, 240), "turned as its camera said"


def claims(width: int, height: int) -> bytes:
    """Return the head of a PNG that says it is so large."""
    return (
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height) + b"\x08\x02\x00\x00\x00"
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not_a_picture"),
        (b"<svg onload=alert(1)>", "not_a_picture"),
        (b"GIF89a" + bytes(40), "not_a_picture"),
        (claims(60_000, 60_000), "too_many_pixels"),
        (claims(0, 900), "too_small"),
        (claims(900, 900), "broken"),
        (picture(900, 1200)[:1500], "broken"),
        (picture(40, 40), "too_small"),
    ],
)
def test_what_is_no_photograph_is_refused_and_the_next_one_is_taken(
    darkroom: Darkroom, content: bytes, why: str
) -> None:
    with pytest.raises(FormError) as refused:
        darkroom.small(content)
    assert refused.value.code == f"photograph_{why}"
    assert darkroom.small(picture(300, 400))


def test_what_is_too_large_is_not_even_sent_to_be_looked_at() -> None:
    darkroom = Darkroom()
    with pytest.raises(FormError, match="photograph"):
        darkroom.small(bytes(photographs.MOST_BYTES + 1))
    assert darkroom._child is None


def test_a_file_that_ends_the_process_ends_nothing_else(darkroom: Darkroom) -> None:
    darkroom.small(picture(300, 400))
    assert darkroom._child is not None
    darkroom._child.kill()
    darkroom._child.wait(10)
    with pytest.raises(FormError) as refused:
        darkroom.small(picture(300, 400))
    assert refused.value.code == "photograph_broken"
    assert darkroom.small(picture(300, 400))


def test_both_sides_count_the_codes_and_the_bytes_alike() -> None:
    assert (photographs._CODES, photographs.MOST_BYTES) == (child.CODES, child.MOST_BYTES)


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda rest: b"\xff\xd8\xff" + rest)))
def test_the_head_of_any_bytes_is_read_without_a_fault(content: bytes) -> None:
    size = child.size_of(content)
    assert size is None or min(size) >= 0


@given(st.integers(1, 3000), st.integers(1, 3000))
def test_the_size_that_a_head_says_is_read(width: int, height: int) -> None:
    assert child.size_of(claims(width, height)) == (width, height)
    frame = b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", height, width) + bytes(12)
    table = b"\xff\xdb\x00\x06\x00\x01\x02\x03"
    assert child.size_of(b"\xff\xd8" + table + b"\xff" + frame) == (width, height)


def test_a_photograph_is_kept_replaced_and_removed_and_amending_leaves_it(desk: Desk) -> None:
    number, order = desk.person(), Order("", "office")
    assert desk.has(number) is None
    desk.photographs.keep(order, "people", number, b"\xff\xd8\xffone")
    seq = desk.photographs.row_of("people", number)
    desk.book.amend(order, "people", number, Draft({}, {"name": "王小明", "phone": "13800002222"}, ("name",)))
    assert (desk.has(number), desk.photographs.row_of("people", number)) == (b"\xff\xd8\xffone", seq)
    assert len(desk.book.one("people", number).entry.seqs) == 2, "it is no amendment of the entry"
    desk.photographs.keep(order, "people", number, b"\xff\xd8\xfftwo")
    assert desk.has(number) == b"\xff\xd8\xfftwo"
    assert desk.journal.rebuild()
    desk.photographs.remove(order, "people", number)
    assert desk.has(number) is None
    with pytest.raises(FormError, match="none"):
        desk.photographs.remove(order, "people", number)
    assert desk.journal.rebuild()
    assert desk.journal.verify() == []


def test_a_command_that_comes_twice_keeps_one_photograph_and_another_under_its_id_is_refused(
    desk: Desk,
) -> None:
    number, order = desk.person(), Order("c1", "office")
    first = desk.photographs.keep(order, "people", number, b"\xff\xd8\xffone")
    assert desk.photographs.keep(order, "people", number, b"\xff\xd8\xffone") == first
    with pytest.raises(FormError) as other:
        desk.photographs.keep(order, "people", number, b"\xff\xd8\xfftwo")
    with pytest.raises(FormError) as removed:
        desk.photographs.remove(order, "people", number)
    assert (other.value.code, removed.value.code) == ("command_reused", "command_reused")


def test_whoever_is_forgotten_has_no_photograph_and_gets_none(desk: Desk) -> None:
    number, other, order = desk.person(), desk.person("赵大山"), Order("", "office")
    for one in (number, other):
        desk.photographs.keep(order, "people", one, b"\xff\xd8\xffone")
    row = desk.photographs.row("people", number)
    assert row is not None
    assert desk.book.forget("people", number, by="boss")
    assert (desk.has(number), desk.has(other)) == (None, b"\xff\xd8\xffone")
    assert desk.journal.unseal(row) is None, "its key is gone"
    assert desk.journal.rebuild()
    with pytest.raises(FormError) as refused:
        desk.photographs.keep(order, "people", number, b"\xff\xd8\xffone")
    assert refused.value.code == "entry_forgotten"


def test_the_time_of_retention_takes_the_photograph_with_the_entry(desk: Desk) -> None:
    number, order = desk.person(), Order("", "office")
    desk.photographs.keep(order, "people", number, b"\xff\xd8\xffone")
    row = desk.photographs.row("people", number)
    desk.book.end(order, "people", number, "moved")
    for day in range(1, 41):  # a gate that stood still would doubt its clock
        desk.at = Instant(day * DAY_US, START.at_us + day * DAY_US, ClockQuality.SYNCED)
        desk.person(f"某{day}")
    before = desk.at.at_us - 30 * DAY_US
    assert desk.journal.purge(before, desk.journal.head(), now=desk.at).keys
    assert row is not None
    assert (desk.has(number), desk.journal.unseal(row)) == (None, None)


@pytest.mark.parametrize(("register", "number"), [("people", 9), ("vehicles", 1), ("watch", 1)])
def test_only_somebody_of_the_register_of_people_has_one(desk: Desk, register: str, number: int) -> None:
    desk.person()
    with pytest.raises(FormError) as refused:
        desk.photographs.keep(Order("", "office"), register, number, b"\xff\xd8\xffone")
    assert refused.value.code == "unknown_entry"


def test_it_stands_in_no_open_body_and_no_copy_and_leaves_the_gate_by_no_policy(
    desk: Desk, tmp_path: Path
) -> None:
    number = desk.person()
    desk.photographs.keep(Order("", "office"), "people", number, JPEG)
    row = desk.photographs.row("people", number)
    assert row is not None
    assert row.body == {"register": "people", "entry": number, "by": "office"}
    opened = desk.journal.unseal(row)
    assert opened is not None
    assert set(opened) == {"photograph"}
    copy = tmp_path / "copy.db"
    desk.journal.backup(copy)
    for file in (copy, desk.journal.path):
        assert not any(word in file.read_bytes() for word in (JPEG, base64.b64encode(JPEG)))
    assert forwarded(row.body, opened, ("photograph", "name", "fields")) is None


def test_looking_somebody_up_reads_no_photograph(desk: Desk) -> None:
    number = desk.person()
    desk.photographs.keep(Order("", "office"), "people", number, JPEG)
    seq = desk.photographs.row_of("people", number)
    read = list[int]()

    class Watching(Reader):
        def row(self, seq: int) -> StoredRow | None:
            read.append(seq)
            return super().row(seq)

    with Watching(desk.journal.path) as reader:
        book = Opened(desk.journal, reader)
        (entry,) = book.find(["people"], "phone", "13800001111")
        assert book.personal(entry)["name"] == "王小明"
    assert read
    assert seq not in read
