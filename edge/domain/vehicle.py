"""A vehicle and whoever came in it: one group, each with a passage of their own.

The vehicle's passage holds its plate, how many sit in it and what is recorded of it; every occupant is an
ordinary passage that names it as its group. Pure.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from edge.domain.errors import FormError
from edge.domain.model import Answer, Evidence, Occupant, Outcome, Passage
from edge.domain.plan import Choice, Grounds, Question

# The longest bus has 59 seats and its driver's.
MAX_ABOARD = 60
PLATE, ABOARD = "plate", "occupants"
IN_LANE, FULL_SEATS, NOBODY_AWAITED, RECORDED = (
    "vehicle_in_lane",
    "seats_full",
    "nobody_awaited",
    "code_aboard",
)

_YES_NO = (Choice("yes", {"zh_Hans": "是", "en": "Yes"}), Choice("no", {"zh_Hans": "否", "en": "No"}))
_PLATE = re.compile(r"[0-9A-Z\u4e00-\u9fff]{2,12}")
_BETWEEN = re.compile(r"[\s·•・.\-_]")

# What can be recorded of every vehicle; a step of the procedure that asks for one of these makes it a must.
SHEET: tuple[Question, ...] = (
    Question(PLATE, {"zh_Hans": "车牌", "en": "Plate"}, "text", personal=True),
    Question(ABOARD, {"zh_Hans": "车上几人（含驾驶员）", "en": "How many aboard, with the driver"}, "number"),
    Question(
        "vehicle_kind",
        {"zh_Hans": "车型", "en": "Kind of vehicle"},
        choices=(
            Choice("car", {"zh_Hans": "小客车", "en": "Car"}),
            Choice("truck", {"zh_Hans": "货车", "en": "Lorry"}),
            Choice("bus", {"zh_Hans": "大客车", "en": "Bus"}),
            Choice("motorbike", {"zh_Hans": "摩托车", "en": "Motorbike"}),
            Choice("special", {"zh_Hans": "特种车", "en": "Emergency or special"}),
            Choice("other", {"zh_Hans": "其他", "en": "Other"}),
        ),
        required=False,
    ),
    Question("disinfected", {"zh_Hans": "车辆消毒", "en": "Disinfected"}, choices=_YES_NO, required=False),
    Question("disinfectant", {"zh_Hans": "消毒剂", "en": "Agent"}, "text", required=False),
    Question(
        "disinfected_by", {"zh_Hans": "消毒人员", "en": "Operator"}, "text", personal=True, required=False
    ),
    Question("purpose", {"zh_Hans": "事由", "en": "Purpose"}, "text", required=False),
    Question("goods", {"zh_Hans": "货物", "en": "Goods"}, "text", required=False),
    Question("leaflet", {"zh_Hans": "已发宣传单", "en": "Leaflet given"}, choices=_YES_NO, required=False),
)

# One-tap reasons about a whole vehicle, beside those of the procedure; like these they name nobody.
GROUNDS: tuple[Grounds, ...] = (
    Grounds(
        "without_them",
        {"zh_Hans": "该人员留下，其余随车放行", "en": "That person stays, the others go on"},
        (Outcome.ADMIT,),
    ),
    Grounds(
        "whole_vehicle",
        {"zh_Hans": "整车劝返", "en": "Whole vehicle turned back"},
        (Outcome.TURN_BACK,),
    ),
    Grounds("origin", {"zh_Hans": "来源地原因劝返", "en": "Turned back for origin"}, (Outcome.TURN_BACK,)),
    Grounds("refuses", {"zh_Hans": "不配合检查", "en": "Refuses the checks"}, (Outcome.TURN_BACK,)),
    Grounds("handed_over", {"zh_Hans": "整车移交", "en": "Whole vehicle handed over"}, (Outcome.REFER,)),
)


def plate_of(text: str) -> str:
    """Return a plate as it is kept: capitals, half width, nothing between. Raises FormError `bad_plate`."""
    plate = _BETWEEN.sub("", unicodedata.normalize("NFKC", text).upper())
    if not _PLATE.fullmatch(plate):
        raise FormError("bad_plate", "a plate has 2 to 12 characters, digits and letters")
    return plate


def said(evidence: Sequence[Evidence], question: str) -> str | None:
    """Return what was answered last to a question, None where nothing was."""
    for piece in reversed(evidence):
        if isinstance(piece.item, Answer) and piece.item.question == question:
            return piece.item.value
    return None


def told(vehicle: Passage) -> int | None:
    """Return how many sit in a vehicle, as far as that was told."""
    return seats_told(vehicle.evidence)


def seats_told(evidence: Sequence[Evidence]) -> int | None:
    """Return how many were told of last, None where nobody has said."""
    text = said(evidence, ABOARD)
    return int(text) if text is not None and text.isdecimal() else None


def counted(occupants: Iterable[Occupant]) -> int:
    """Return how many seats are done: whoever walked off or was not finished leaves theirs open."""
    return sum(one.outcome is not Outcome.ABANDONED for one in occupants)
