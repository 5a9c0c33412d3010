"""Whether an ID number, a phone number, a plate or a date can be what it claims to be. Pure.

Nothing is altered and nothing is guessed: a value is kept as it was written, compared in one form, and
refused with a stable code where it cannot be right.
"""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使"
_LETTERS = "A-HJ-NP-Z"  # plates know no I and no O
_PLATE = re.compile(
    rf"[{_PROVINCES}][{_LETTERS}]"
    rf"(?:[{_LETTERS}0-9]{{4}}[{_LETTERS}0-9挂学警港澳领]|[A-HJK][{_LETTERS}0-9][0-9]{{4}}|[0-9]{{5}}[A-HJK])"
    rf"|WJ[{_PROVINCES}]?[0-9A-Z]{{5,6}}|[A-Z]{{2}}[0-9]{{5}}"
)
_PHONE = re.compile(r"1[3-9][0-9]{9}|0[0-9]{2,3}[2-9][0-9]{6,7}|[2-9][0-9]{6,7}|400[0-9]{7}|1[0-9]{2,4}")
_EXPONENT = re.compile(r"[0-9]([.][0-9]+)?[Ee][+][0-9]+")
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]0{1,2}:00(?::00)?)?")
_COMPACT_DATE = re.compile(r"(19|20)\d{6}")
_YEARLESS = re.compile(r"\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_EPOCH = date(1899, 12, 30)
_SERIALS = (20_000, 80_000)
_PASS = re.compile(r"[0-9A-F]{16}")


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Return a text as it is compared: full-width signs as the plain ones, spaces gone, upper case."""
    if text.isascii():
        return "".join(text.split()).upper()
    plain = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    return plain.replace("\u200b", "").replace("\ufeff", "")


def is_excels(text: str) -> bool:
    """Say whether a spreadsheet turned a number into `1.38E+10`: what it was, nobody knows any more."""
    return bool(_EXPONENT.fullmatch(folded(text)))


def id_number_fault(text: str) -> str | None:
    """Return what is wrong with the number of an identity document: a citizen's with its checksum, or
    another document's, of which only the form is known."""
    value = re.sub(r"[-·.]", "", folded(text))
    if is_excels(text):
        return "excel_number"
    if re.fullmatch(r"[0-9]{17}[0-9X]", value):
        if not _is_day(value[6:14]):
            return "id_birth"
        total = sum(int(sign) * weight for sign, weight in zip(value[:17], _WEIGHTS, strict=True))
        return None if _CHECKS[total % 11] == value[17] else "id_checksum"
    if re.fullmatch(r"[0-9]{15}", value):
        return None if _is_day(f"19{value[6:12]}") else "id_birth"
    if value.isdigit():
        return "id_length"
    return None if re.fullmatch(r"(?=.*[0-9])[0-9A-Z()]{5,20}", value) else "id_form"


def phone_fault(text: str) -> str | None:
    """Return what is wrong with a phone number: a mobile's, a landline's, or a short one of an office."""
    if is_excels(text):
        return "excel_number"
    value = folded(text)
    if re.search(r"[0-9]{7,}[/、,;，；][0-9]{7,}", value):
        return "phone_two"
    value = re.sub(r"[-()（）.]", "", value)
    value = re.sub(r"^(?:\+|00)86", "", value)
    if _PHONE.fullmatch(value):
        return None
    # 2366660000 was 023…: a spreadsheet dropped the zero, and only somebody who knows may put it back.
    return "lost_zero" if len(value) > 8 and _PHONE.fullmatch(f"0{value}") else "phone_form"


def plate_fault(text: str) -> str | None:
    """Return what is wrong with a plate: of five signs behind the letter, or six with a new energy's."""
    value = re.sub(r"[-·•.]", "", folded(text))
    if _PLATE.fullmatch(value):
        return None
    if len(value) > 2 and value[0] in _PROVINCES and re.search("[IO]", value[1:]):
        return "plate_letter"
    return "plate_form"


def pass_fault(text: str) -> str | None:
    """Return what is wrong with the number of a resident pass."""
    return None if _PASS.fullmatch(folded(text)) else "pass_form"


def day_of(text: str) -> date:
    """Return a date, as people and spreadsheets write it. Raises ValueError with a stable code."""
    value = unicodedata.normalize("NFKC", text).strip()
    if found := _DATE.fullmatch(value):
        return _day(*(int(part) for part in found.groups()))
    if _COMPACT_DATE.fullmatch(value):
        return _day(int(value[:4]), int(value[4:6]), int(value[6:]))
    if _SERIAL.fullmatch(value) and _SERIALS[0] <= int(value[:5]) < _SERIALS[1]:
        return _EPOCH + timedelta(days=int(value[:5]))
    raise ValueError("date_no_year" if _YEARLESS.fullmatch(value) else "date_form")


def day_starts_us(day: date, zone: ZoneInfo) -> int:
    """Return the first moment of a local day in microseconds UTC."""
    return int(datetime.combine(day, time(), zone).timestamp()) * 1_000_000


def _day(year: int, month: int, day: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError as error:
        raise ValueError("date_form") from error
    if not 1900 <= year <= 2200:
        raise ValueError("date_form")
    return found


def _is_day(digits: str) -> bool:
    try:
        return 1880 <= date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year <= 2200
    except ValueError:
        return False
