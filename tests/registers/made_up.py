"""Made-up people: nobody has these numbers.

An ID number here is of an area that does not exist (999999), with its checksum right: the gate looks at that.
"""

import io

import xlsxwriter

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_number(n: int) -> str:
    """Return the n-th made-up ID number."""
    body = f"999999{1950 + n % 60:04}{n // 60 % 12 + 1:02}{n // 720 % 28 + 1:02}{n // 20160 % 1000:03}"
    total = sum(int(sign) * weight for sign, weight in zip(body, _WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def phone(n: int) -> str:
    """Return the n-th made-up mobile number."""
    return f"199{n:08}"


HEADS = "姓名,身份证号,手机,楼栋,单元,房号,人员类别,网格"


def roster(size: int, first: int = 0) -> str:
    """Return a roster as an office keeps it, as csv."""

    def line(n: int) -> str:
        home = f"{n // 300 + 1}栋,{n // 100 % 3 + 1},{n // 3 % 100 + 101}"
        return f"某{n},{id_number(n)},{phone(n)},{home},居民,{n // 3000 + 1}"

    lines = (line(n) for n in range(first, first + size))
    return "\n".join(["某小区居民登记表", HEADS, *lines, ""])


def workbook(rows: list[list[object]], merged: list[tuple[int, int, int, int, object]] = ()) -> bytes:  # type: ignore[assignment]
    """Return an xlsx file with these rows; `merged` are ranges (first row, first column, last row, last
    column, value), from 0."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                if value is not None:
                    sheet.write(at, column, value)
        for first_row, first_column, last_row, last_column, value in merged:
            sheet.merge_range(first_row, first_column, last_row, last_column, value)
    return out.getvalue()
