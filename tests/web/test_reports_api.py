"""The programs' door to the reports: what is asked wrongly is refused, never answered for another day."""

import pytest

from tests.web.conftest import Enter


@pytest.mark.parametrize("name", ["daily", "bulletin"])
def test_a_query_that_is_no_day_or_asks_for_more_is_refused(enter: Enter, name: str) -> None:
    boss, at = enter("manager"), f"/api/v1/reports/{name}"
    for query in ("day=20231114", "day=2023-W46-2", "day=2023-11-14&to=2023-11-15", "day=&day=2023-11-14"):
        answer = boss.get(f"{at}?{query}")
        assert (answer.status_code, answer.get_json()["error"]) == (400, "bad_query"), query
    for query in ("", "?day=", "?day=2023-11-14"):
        assert boss.get(at + query).status_code == 200
