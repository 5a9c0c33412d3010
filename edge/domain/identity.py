"""Whether two codes, or a code and what was said or laid on a reader, can belong to one person.

Platforms mask: `张*`, `138****1234`, `4401**********001X`. Two texts fit when no place that both show
differs; nothing shown by both says nothing, and what is written in different ways is not compared: a
name in Latin letters with one in Chinese characters, a passport's number with a resident's.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import permutations

from edge.domain.model import Answer, Carrier, Code, CodeVerdict, Evidence
from edge.domain.statements import EDITION

FIELDS = ("name", "id_number", "phone")
# Codes that an authority resolves and says whose they are.
RESOLVED = frozenset({Carrier.CHINA_HEALTH, Carrier.CHINA_ITINERARY})
_MASK = "*"
_MASKS = re.compile(r"[*×✱●○■□?#]")
_HAN = re.compile(r"[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LETTER = re.compile(r"[^\W\d_]")
_MOBILE = re.compile(r"[8*][6*][1*][0-9*]{10}")
_PHONE_PLACES = 11
_RESIDENT_PLACES = 18
_MOST_WORDS = 4
_MASKS_1 = frozenset("*＊×xX✱●")


def differ(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Say whether two sets of personal fields contradict each other."""
    return any(_fit(name, one.get(name, ""), other.get(name, "")) is False for name in FIELDS)


def comparable(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Say whether two sets of personal fields have anything by which they could be told apart."""
    return any(_fit(name, one.get(name, ""), other.get(name, "")) is not None for name in FIELDS)


def of_two_people(evidence: Sequence[Evidence], edition: int = EDITION) -> bool:
    """Say whether the resolved codes of a passage name different people, where their platforms say who
    (R14)."""
    are_two = differ if edition > 1 else _differ_1
    known: list[Code] = [
        piece.item
        for piece in evidence
        if isinstance(piece.item, Code)
        and piece.item.carrier in RESOLVED
        and piece.item.verdict in (CodeVerdict.VALID, CodeVerdict.EXPIRED)
    ]
    return any(
        are_two(one.personal, other.personal)
        for index, one in enumerate(known)
        for other in known[index + 1 :]
    )


def of_another(evidence: Sequence[Evidence]) -> bool:
    """Say whether a code names somebody else than an identity card or an answer of the passage does.

    The surest field both have decides: nobody else has the same whole number, an attendant mishears a name,
    and people have two telephones. Names in Latin letters are written too differently to be compared here.
    """
    said = {
        piece.item.question: piece.item.value
        for piece in evidence
        if isinstance(piece.item, Answer) and piece.item.personal and piece.item.question in FIELDS
    }
    return any(
        _is_another(said, piece.item.personal)
        for piece in evidence
        if isinstance(piece.item, Code) and piece.item.verdict in (CodeVerdict.VALID, CodeVerdict.EXPIRED)
    )


def _is_another(said: Mapping[str, str], told: Mapping[str, str]) -> bool:
    fits = {name: _fit(name, said.get(name, ""), told.get(name, "")) for name in FIELDS}
    whole = not any(_MASK in _id_number(_plain(one.get("id_number", ""))) for one in (said, told))
    if fits["id_number"] and whole and not _is_echoed(told):
        return False
    if not _HAN.search(said.get("name", "")):
        fits["name"] = None
    if fits["id_number"] is not None or fits["name"] is not None:
        fits["phone"] = None
    return False in fits.values()


def _is_echoed(told: Mapping[str, str]) -> bool:
    """Say whether a code's number is the one its platform was asked by: somebody else's number, given with
    one's own name, would always fit itself."""
    number = told.get("id_number", "").encode()
    return told.get("code_digest") == hashlib.sha256(number).hexdigest()


def _differ_1(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Compare as the first edition did: place by place, whatever a text is written in."""
    return any(
        one.get(name) and other.get(name) and not _fit_1(name, one[name], other[name]) for name in FIELDS
    )


def _fit_1(name: str, one: str, other: str) -> bool:
    one, other = ("".join(text.split()).upper() for text in (one, other))
    if len(one) == len(other):
        return all(a == b or _masks_1(name, a, b) for a, b in zip(one, other, strict=True))
    if not _masks_1(name, *one, *other):
        return False
    for first, second in ((one, other), (one[::-1], other[::-1])):
        for a, b in zip(first, second, strict=False):
            if _masks_1(name, a, b):
                break
            if a != b:
                return False
    return True


def _masks_1(name: str, *marks: str) -> bool:
    return any(mark in _MASKS_1 and not (name == "id_number" and mark in "xX") for mark in marks)


def _fit(name: str, one: str, other: str) -> bool | None:
    """Say whether two texts can be the same, None where they cannot be compared."""
    if name == "name":
        return _names_fit(_plain(one), _plain(other))
    if name == "phone":
        return _phones_fit(_plain(one), _plain(other))
    one, other = _id_number(_plain(one)), _id_number(_plain(other))
    if _is_foreign(one) is not _is_foreign(other):
        return None
    return _numbers_fit(one, other, _RESIDENT_PLACES)


def _phones_fit(one: str, other: str) -> bool | None:
    written, within = (_digits(one), _digits(other)), (_within_china(one), _within_china(other))
    if len(within[0]) == len(within[1]) == _PHONE_PLACES:
        return _numbers_fit(*within, _PHONE_PLACES)
    if len(written[0]) == len(written[1]) and _MASK not in "".join(written):
        return _numbers_fit(*written, _PHONE_PLACES)
    # Digits may be hidden behind fewer marks: then the country's may or may not be there.
    fits = [_numbers_fit(*pair, _PHONE_PLACES) for pair in (written, within)]
    return True in fits or (None if fits == [None, None] else False)


def _numbers_fit(one: str, other: str, places: int) -> bool | None:
    if not one.strip(_MASK) or not other.strip(_MASK):
        return None
    if len(one) != len(other) and _MASK not in one + other:
        return None  # of another kind: a landline, a passport
    return _texts_fit(one, other, places)


def _names_fit(one: str, other: str) -> bool | None:
    one, other = _name(one), _name(other)
    han = [bool(_HAN.search(text)) for text in (one, other)]
    letters = [bool(_LETTER.search(_HAN.sub("", text))) for text in (one, other)]
    if all(han) and not any(letters):
        return _texts_fit(one.replace(" ", ""), other.replace(" ", ""))
    if all(letters) and not any(han):
        words = one.split()
        if len(words) != len(other.split()) or len(words) > _MOST_WORDS:
            return None
        # Which of them is the family name nobody says.
        whole = other.replace(" ", "")
        return any(_texts_fit("".join(order), whole) for order in permutations(words))
    return None


def _texts_fit(one: str, other: str, places: int = 0) -> bool:
    """Say whether no place that both show differs. A text of as many places as its kind has hides each of
    them behind one mark; others may hide many behind few, and then both ends can be compared."""
    masked = _MASK in one, _MASK in other
    if len(one) == len(other) and (not all(masked) or len(one) == places):
        return all(_MASK in (a, b) or a == b for a, b in zip(one, other, strict=True))
    return any(masked) and all(
        _begins_alike(first, second) for first, second in ((one, other), (one[::-1], other[::-1]))
    )


def _begins_alike(one: str, other: str) -> bool:
    for a, b in zip(one, other, strict=False):
        if _MASK in (a, b):
            return True
        if a != b:
            return False
    return True


def _plain(text: str) -> str:
    """Return a text in capitals, in half width, and with one mark for whatever masks."""
    return _MASKS.sub(_MASK, unicodedata.normalize("NFKC", text).upper())


def _digits(text: str) -> str:
    return re.sub(r"[^0-9X*]", "", text).replace("X", _MASK)


def _within_china(text: str) -> str:
    """Return the digits of a telephone number without the country's."""
    number = _digits(text)
    if text.lstrip().startswith("+86") or _MOBILE.fullmatch(number):
        return number[2:]
    if number.startswith("0086"):
        return number[4:]
    # Fewer places than there are: its marks stand for several each.
    return number[2:] if _MASK in number and number.startswith("861") else number


def _id_number(text: str) -> str:
    number = re.sub(r"[^0-9A-Z*]", "", text)
    if _is_foreign(number):
        return number
    # The last place may be a real X; behind another it is a mask like that.
    if number.endswith("X") and not number.endswith("XX"):
        return number[:-1].replace("X", _MASK) + "X"
    return number.replace("X", _MASK)


def _is_foreign(number: str) -> bool:
    """Say whether a number is that of a passport or a permit: a resident's has no letter but X."""
    return bool(re.search("[A-WYZ]", number))


def _name(text: str) -> str:
    # Marks on letters, dots between the parts of a name and hyphens are written or left out.
    text = "".join(mark for mark in unicodedata.normalize("NFD", text) if not unicodedata.combining(mark))
    text = re.sub(r"[^\w* ]|_", "", unicodedata.normalize("NFC", text))
    rest = _HAN.sub("", text).replace("X", "")
    # An X between Chinese characters masks one; among Latin letters it is one.
    return text if _LETTER.search(rest) else text.replace("X", _MASK)
