"""Places somebody was in, as they are typed and as they are kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.errors import FormError
from edge.domain.given import checked
from edge.domain.itinerary import MOST_PLACES, NOWHERE, places, recorded
from edge.domain.plan import Question

TITLE = {"zh_Hans": "行程", "en": "Itinerary"}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("成都市，重庆市渝北区、成都市", ("成都市", "重庆市渝北区")),
        ("北京　朝阳 ; 上海", ("北京 朝阳", "上海")),
        ("武汉；无", ("武汉",)),
        ("无", ()),
        ("None", ()),
    ],
)
def test_places_are_told_apart_and_every_one_is_kept_once(typed: str, found: tuple[str, ...]) -> None:
    kept = recorded(typed)
    assert kept is not None
    assert places(kept) == found


@pytest.mark.parametrize("typed", ["", " ，；", "、".join(f"地{n}" for n in range(MOST_PLACES + 1))])
def test_what_names_no_place_is_no_answer(typed: str) -> None:
    assert recorded(typed) is None
    question = Question("places", TITLE, kind="itinerary", days=14)
    with pytest.raises(FormError):
        checked(question, typed or " ")


@given(st.text(max_size=80))
def test_what_is_kept_is_kept_again_alike(typed: str) -> None:
    kept = recorded(typed)
    if kept is not None and kept != NOWHERE:
        assert recorded(kept) == kept


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("date", "2022-03-05", "2022-03-05"),
        ("date", "2022-02-30", None),
        ("date", "5.3.2022", None),
        ("time", "07:30", "07:30"),
        ("time", "7:30", None),
        ("time", "24:00", None),
        ("tick", "yes", "yes"),
        ("tick", "no", None),
    ],
)
def test_dates_times_and_ticks_are_taken_or_refused(kind: str, value: str, kept: str | None) -> None:
    question = Question("q", TITLE, kind=kind)
    if kept is None:
        with pytest.raises(FormError):
            checked(question, value)
    else:
        assert checked(question, value) == kept
