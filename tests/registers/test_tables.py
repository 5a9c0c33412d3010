"""The tables of offices: whatever bytes come, lines or a reason."""

import contextlib
import io
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.registers.all_kinds import KINDS
from edge.registers.people import PEOPLE
from edge.registers.table_xlsx import rows_of_xlsx
from edge.registers.tables import head_of, read_table
from edge.registers.unreadable import Unreadable
from tests.registers.made_up import HEADS, workbook

TEXT = f"某小区登记表\n{HEADS}\n甲一,,19900000001,2栋,,301,居民,\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_is_read_in_every_encoding_and_with_every_separator(encoding: str, separator: str) -> None:
    table = read_table(TEXT.replace(",", separator).encode(encoding), PEOPLE)
    number, columns, heads = head_of(table, PEOPLE)
    assert number == 2
    assert columns[0] == "name"
    assert len(columns) == len(heads) == 8
    assert [line.number for line in table.lines(number)] == [3]


def test_a_quoted_cell_may_hold_a_line_break_and_line_numbers_stay_right() -> None:
    table = read_table('姓名,备注,手机\n甲一,"一\n二",1\n乙二,,2\n'.encode(), PEOPLE)
    assert [line.number for line in table.lines()] == [1, 2, 4]


def test_cells_merged_downwards_have_their_value_in_each_row_and_numbers_stay_what_they_are() -> None:
    rows: list[list[object]] = [
        ["楼栋", "姓名", "手机"],
        [None, "甲一", 19900000001],
        [None, "乙二", 1.23e20],
    ]
    table = read_table(workbook(rows, [(1, 0, 2, 0, "3栋")]), PEOPLE)
    assert [line.cells for line in table.lines(1)] == [
        ("3栋", "甲一", "19900000001"),
        ("3栋", "乙二", "1.23000E+20"),
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\xff\xfe\n\x00", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_excel"),
        (b"<html><table><tr><td>", "web_page"),
        (b"PK\x03\x04 no archive", "broken_xlsx"),
        (b"\xff\xff\xff\xff", "encoding"),
        (b"a\x00b", "not_text"),
        ((",".join("x" * 300)).encode(), "too_many_columns"),
    ],
)
def test_what_is_no_table_says_why(content: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_table(content, PEOPLE)
    assert caught.value.code == code


def test_an_archive_with_entities_or_without_a_sheet_is_refused() -> None:
    for book in (b"<!DOCTYPE a [<!ENTITY b 'c'>]><workbook/>", b"<workbook/>", b"<work"):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("xl/workbook.xml", book)
        with pytest.raises(Unreadable):
            read_table(out.getvalue(), PEOPLE)


def archive_of(sheet: str, shared: str = "", packed: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packed) as archive:
        sheets = '<sheets><sheet name="a" r:id="x"/></sheets>'
        archive.writestr("xl/workbook.xml", f'<workbook xmlns:r="r">{sheets}</workbook>')
        rels = '<r><a Id="x" Target="worksheets/sheet1.xml"/></r>'
        archive.writestr("xl/_rels/workbook.xml.rels", rels)
        data = f"<worksheet><sheetData>{sheet}</sheetData></worksheet>"
        archive.writestr("xl/worksheets/sheet1.xml", data)
        if shared:
            archive.writestr("xl/sharedStrings.xml", f"<sst>{shared}</sst>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("sheet", "shared", "code"),
    [
        ("<row>" + "<c/>" * 20_000 + "</row>", "", "too_many_columns"),
        ('<row><c r="A1"><v>1</v></c><c r="ZZ1"><v>1</v></c></row>', "", "too_many_columns"),
        ("<row><c><v>" + "1" * 100_000 + "</v></c></row>", "", "too_large"),
        ('<row><c t="inlineStr"><is>' + "<r/>" * 20_000 + "</is></c></row>", "", "too_large"),
        ("<row>" + "<x>" * 40 + "</x>" * 40 + "</row>", "", "broken_xlsx"),
        (f'<row a="{"x" * 3_000_000}"/>', "", "too_large"),
        ("<row/>", "<si><t>" + "x" * 100_000 + "</t></si>", "too_large"),
        ("<row/>", "<si>" + "<r/>" * 20_000 + "</si>", "too_large"),
    ],
)
def test_a_row_a_cell_or_a_text_without_an_end_is_refused_before_it_is_kept(
    sheet: str, shared: str, code: str
) -> None:
    with pytest.raises(Unreadable) as caught:
        list(rows_of_xlsx(archive_of(sheet, shared)))
    assert caught.value.code == code


def test_a_small_file_that_unpacks_to_much_is_refused_unseen() -> None:
    content = archive_of("<row>" + "<c/>" * 2_500_000 + "</row>", packed=zipfile.ZIP_DEFLATED)
    assert len(content) < 20_000
    with pytest.raises(Unreadable) as caught:
        list(rows_of_xlsx(content))
    assert caught.value.code == "too_large"


def test_what_lies_beside_the_cells_is_never_kept() -> None:
    # Hundreds of thousands of elements before the rows and between the cells, and one row.
    sheet = "<x/>" * 200_000 + "<row><c><v>7</v></c>" + "<y/>" * 200_000 + "</row>"
    content = archive_of(sheet)
    tracemalloc.start()
    try:
        assert list(rows_of_xlsx(content)) == [(1, ("7",))]
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1_500_000


def test_a_sheet_of_many_pieces_with_empty_cells_to_its_last_column_is_read_whole() -> None:
    line = '<row><c t="inlineStr"><is><t>甲</t><rPh><t>jia</t></rPh><r><t>一</t></r></is></c>'
    line += '<c t="s"><v>0</v></c><c r="XFD1" s="4"/></row>'
    content = archive_of(line * 5_000, "<si><r><t>共</t></r><r><t>享</t></r></si>")
    assert list(rows_of_xlsx(content)) == [(number, ("甲一", "共享")) for number in range(1, 5_001)]


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=400), kind=st.sampled_from(list(KINDS)))
def test_any_bytes_are_lines_or_a_reason(content: bytes, kind: str) -> None:
    try:
        table = read_table(content, KINDS[kind])
    except Unreadable:
        return
    assert table.size == len(list(table.lines()))
    head_of(table, KINDS[kind])


SOUND = workbook([["姓名", "手机"], ["甲一", "19900000001"]], [(2, 0, 4, 0, "乙二")])


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, len(SOUND) - 1), change=st.integers(1, 255), cut=st.integers(0, len(SOUND)))
def test_a_damaged_workbook_is_lines_or_a_reason(at: int, change: int, cut: int) -> None:
    damaged = bytearray(SOUND)
    damaged[at] ^= change
    for content in (bytes(damaged), SOUND[:cut]):
        with contextlib.suppress(Unreadable):
            assert all(line.number > 0 for line in read_table(content, PEOPLE).lines())
