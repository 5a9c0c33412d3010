"""The manager's page of temperature screening: what it counts, what it says, and its two buttons."""

import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from edge.domain.calibration import Calibration
from edge.domain.healthy import start
from edge.domain.instrument import Instrument
from edge.domain.instrument_signs import Finding, Sign
from edge.domain.lane_state import Taught, Watched
from edge.domain.model import Quality
from edge.domain.policy import Policy
from edge.domain.screened import MEASURED, Screened
from edge.domain.skin import PLACES
from edge.procedures import parse
from edge.web import show
from edge.web.temperature import _moved
from tests.web.conftest import token_of
from tests.web.fakes import DAY_US, POLICY, PROCEDURE, World
from tests.web.screening_day import SECOND, Crowd

pytestmark = pytest.mark.system

Enter = Callable[[str], FlaskClient]
PAGE = "/review/temperature"
ZONE = show.zone_of("Asia/Shanghai")
TODAY = show.day_of(DAY_US, ZONE)
MIDNIGHT_US = show.day_starts_us(TODAY, ZONE)
EITHER = replace(POLICY, decides="either")


@pytest.fixture
def crowd(world: World) -> Crowd:
    """People since midnight; now it is eight in the evening."""
    world.clock.move(14 * 3600)
    return crowd_of(world, EITHER)


def crowd_of(world: World, policy: Policy) -> Crowd:
    crowd = Crowd(
        world.journal,
        parse("compound", PROCEDURE),
        policy,
        boot=world.journal.boot + 1,
        begin_us=MIDNIGHT_US + 60 * SECOND,
    )
    crowd.publish()
    return crowd


def knows(world: World, **more: Any) -> None:
    """Let the lane have learned something of its thermometer."""
    healthy = replace(start(PLACES["forehead"]), people=40, recent=2.0)
    known = Taught("thermometer", rested=False, healthy=healthy, ambient_mdegc=21_000, told=True)
    states = world.station._states
    states["in"] = replace(states["in"], healthy=(replace(known, **more),))
    world.step_up(34.6)  # the snapshot is made anew


def shown(client: FlaskClient, path: str = PAGE, language: str = "en") -> str:
    client.set_cookie("language", language)
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def figure(page: str, name: str) -> str:
    """Return one figure of the page."""
    found = re.search(rf'data-figure="{name}"><dt>[^<]*</dt><dd><strong>([^<]*)</strong>', page)
    assert found, name
    return found[1]


def section(page: str, lane: str = "in", device: str = "thermometer") -> str:
    return page.split(f'data-lane="{lane}" data-thermometer="{device}"', 1)[1].split("</section>", 1)[0]


def test_the_page_counts_who_was_measured_who_stood_out_and_what_became_of_them(
    crowd: Crowd, enter: Enter
) -> None:
    for off in (-0.6, -0.3, 0.0, 0.0, 0.1, -0.1):
        crowd.passes(off)
    crowd.passes(2.2, contact_c=38.3)
    crowd.passes(2.2, contact_c=36.6)
    crowd.passes(2.4, again_c=0.0)
    crowd.passes(2.4)
    crowd.passes(0.0, quality=Quality.UNSTEADY, contact_c=36.6)
    crowd.passes(0.0, ambient_c=12.0)
    crowd.passes(-0.1, lane="out")
    crowd.flush()
    page = section(shown(enter("manager")))
    assert figure(page, "measured") == "11 of 12"
    assert figure(page, "not_measured") == "1"
    assert "Unreliable: 1 (not" in page
    assert "1 of them were measured afterwards" in page
    assert figure(page, "ambient") == "12.0 / 22.0 / 22.0 °C"
    assert "outside it were 1 first readings" in page
    assert figure(page, "alarms") == "4 · 333 per 1,000"
    assert figure(page, "lines") == "legal 0 · level 0 · both 4"
    assert figure(page, "second") == "confirmed 1 · cleared 2 · without 1"
    assert (figure(page, "rests"), figure(page, "contact")) == ("1", "3")
    assert 'data-mark="level"' in page
    assert 'data-mark="legal"' in page
    rows = re.findall(r'<th scope="row">([^<]*)</th><td>(\d+)</td><td>(\d+)</td>', page)
    assert sum(int(n) for _, n, _ in rows) == 11, "one had no usable reading of the skin"
    assert sum(int(n) for _, _, n in rows) == 4
    assert sum(page.count(f'class="bar-{kind}"') for kind in ("quiet", "alarm")) >= len(rows)


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
@pytest.mark.parametrize("role", ["manager", "observer"])
def test_the_page_says_its_limits_and_explains_every_figure(
    crowd: Crowd, enter: Enter, role: str, language: str
) -> None:
    crowd.comes(30)
    page = shown(enter(role), language=language)
    said = {
        "en": ("Not a medical device.", "nor that somebody has a fever"),
        "zh_Hans": ("不是医疗器械。", "也不能说明谁发热"),
    }
    assert all(words in page for words in said[language])
    told = re.findall(r"<strong>[^<]*</strong><p>([^<]*)</p></dd>", page)
    assert len(told) >= 6
    assert all(text.strip().endswith((".", "。")) for text in told)
    if language == "zh_Hans":
        assert all(re.search("[一-鿿]", text) for text in told)
    assert f'href="{PAGE}"' in page


def test_an_attendant_is_not_shown_the_page(enter: Enter) -> None:
    assert enter("attendant").get(PAGE).status_code == 403


def test_a_day_is_asked_for_by_its_date_and_an_impossible_one_is_refused(crowd: Crowd, enter: Enter) -> None:
    crowd.passes(0.0)
    crowd.at_us += 86_400 * SECOND
    crowd.comes(2)
    client = enter("observer")
    next_day = TODAY + timedelta(days=1)
    assert figure(section(shown(client, f"{PAGE}?day={TODAY}")), "measured") == "1 of 1"
    assert figure(section(shown(client, f"{PAGE}?day={next_day}")), "measured") == "2 of 2"
    assert "Nobody passed here" in section(shown(client, f"{PAGE}?day={date(2001, 1, 1)}"))
    for wrong in ("2020-02-30", "today", "20200202", "9999-12-31", "0001-01-01"):
        assert client.get(f"{PAGE}?day={wrong}").status_code == 400, wrong


def test_everybody_is_judged_by_the_numbers_of_then(world: World, crowd: Crowd, enter: Enter) -> None:
    """The same skin, before and after the site chose that the legal line alone decides."""
    both = replace(EITHER, threshold_mdegc=38_500)
    for number, policy in enumerate((both, replace(both, decides="legal"))):
        people = crowd_of(world, policy)
        people.boot += number
        people.passes(1.35)  # over by the level only
        people.flush()
    page = section(shown(enter("manager")))
    assert figure(page, "alarms") == "1 · 500 per 1,000"
    assert figure(page, "lines") == "legal 0 · level 1 · both 0"
    assert "the level alone 2." in page


def test_a_page_that_was_read_before_counts_who_came_since(crowd: Crowd, enter: Enter) -> None:
    client = enter("manager")
    number = crowd.passes(2.2, is_waiting=True)
    crowd.flush()
    assert "Waiting now: 1." in section(shown(client))
    crowd.number = number % (1 << 20)
    crowd.passes(2.2, contact_c=36.6)
    crowd.passes(0.0)
    crowd.flush()
    page = section(shown(client))
    assert figure(page, "measured") == "2 of 2"
    assert figure(page, "second") == "confirmed 0 · cleared 1 · without 0"
    assert "Waiting now: 0." in page


def test_a_drifting_device_shows_over_the_days(crowd: Crowd, enter: Enter) -> None:
    client = enter("manager")
    assert "Not enough people in like air" in section(shown(client))
    for day in range(12):
        crowd.at_us = MIDNIGHT_US - (11 - day) * 86_400 * SECOND + 60 * SECOND
        crowd.device_mdegc = 50 * day
        crowd.comes(40, every_s=600)
    page = section(shown(client))
    found = re.search(r'data-moved="(-?\d+)"', page)
    assert found
    assert 350 < int(found[1]) < 700
    assert page.count(f'<th scope="row">{TODAY}') == 1


def test_calibration_and_doubts_are_told(world: World, enter: Enter) -> None:
    assert "not calibrated here" in section(shown(enter("manager")))
    at_us = world.clock().at_us
    made = Calibration(
        "thermometer",
        "simulated",
        2_150,
        100,
        12,
        "axilla",
        "Omron 42",
        "forehead",
        "boss",
        at_us,
        at_us + 5 * 86_400 * SECOND,
    )
    figures = (("error_milli", 40), ("from_mdegc", 33_000), ("slope_milli", 220), ("to_mdegc", 35_000))
    found = Finding(Sign.INSENSITIVE, at_us, 180, figures)
    watched = Watched("thermometer", "", None, "forehead", Instrument(people=200, found=(found,)))
    states = world.station._states
    states["in"] = replace(states["in"], calibrations=(made,), instruments=(watched,))
    world.step_up(34.6)
    page = section(shown(enter("manager")))
    assert 'data-doubt="insensitive"' in page
    assert 'data-calibration="due"' in page
    assert "against Omron 42: it adds +2.15 °C" in page


def test_a_shift_is_confirmed_and_that_withdrawn_by_the_buttons(world: World, enter: Enter) -> None:
    knows(world)
    client = enter("manager")
    page = section(shown(client))
    assert 'data-shifted="arriving"' in page
    assert 'data-form="withdraw"' not in page
    done = press(client, "confirm", "lens cleaned")
    assert done.status_code == 303
    page = shown(client, done.location)
    with world.journal.reader() as reader:
        (row,) = reader.rows_after(0, 9, {"screening.settled"})
    assert (row.body["by"], row.body["reason"]) == ("boss", "lens cleaned")
    assert 'data-done="screening.settled"' in page
    assert f'data-confirmation="{row.seq}"' in page
    assert "lens cleaned" in page
    assert "data-shifted" not in page
    done = press(client, "withdraw", "was the wrong lane")
    page = shown(client, done.location)
    assert 'data-done="screening.withdrawn"' in page
    assert page.count("data-confirmation=") == 2
    assert 'data-shifted="arriving"' in page, "what was known before holds again"


def test_a_form_sent_twice_confirms_once_and_a_late_one_is_told_why_not(world: World, enter: Enter) -> None:
    knows(world)
    client = enter("manager")
    page = shown(client)
    fields = fields_of(page, "confirm") | {"reason": "lens"}
    first, second = client.post(PAGE, data=fields), client.post(PAGE, data=fields)
    assert first.location == second.location
    late = client.post(PAGE, data=fields | {"command_id": "another"})
    assert late.status_code == 409
    page = late.get_data(as_text=True)
    assert 'data-refused="not_shifted"' in page
    assert "The level of this thermometer has not shifted" in page
    assert "Nothing was changed." in page
    with world.journal.reader() as reader:
        assert len(reader.rows_after(0, 9, {"screening.settled"})) == 1


def test_a_reason_is_needed(world: World, enter: Enter) -> None:
    knows(world)
    client = enter("manager")
    refused = client.post(PAGE, data=fields_of(shown(client), "confirm") | {"reason": "  "})
    assert refused.status_code == 400
    assert 'data-refused="reason_needed"' in refused.get_data(as_text=True)


def test_only_a_manager_has_buttons_and_only_with_the_pages_token(world: World, enter: Enter) -> None:
    knows(world, before=start(PLACES["forehead"]))
    fields = fields_of(shown(enter("manager")), "confirm") | {"reason": "lens"}
    observer = enter("observer")
    page = shown(observer)
    assert "data-form=" not in page
    assert 'data-shifted="arriving"' in page
    for client in (observer, enter("attendant")):
        mine = fields | {"csrf_token": token_of(client, "/login")}
        assert client.post(PAGE, data=mine).status_code == 403
    manager = enter("manager")
    assert manager.post(PAGE, data=fields | {"csrf_token": "forged"}).status_code == 400
    good = fields | {"csrf_token": fields_of(shown(manager), "confirm")["csrf_token"]}
    for wrong in ({"what": "both"}, {"command_id": "has space"}):
        assert manager.post(PAGE, data=good | wrong).status_code == 400
    assert manager.post(PAGE, data=good | {"lane": "none"}).status_code == 404
    with world.journal.reader() as reader:
        assert reader.rows_after(0, 9, {"screening.settled", "screening.withdrawn"}) == []


def test_a_shift_is_told_on_the_devices_page_and_on_the_kiosk_until_it_is_seen_to(
    world: World, enter: Enter
) -> None:
    manager, attendant = enter("manager"), enter("attendant")
    kiosk = "/kiosk/in/state"
    assert "level_shifted" not in shown(attendant, kiosk)
    knows(world)
    assert 'data-notice="level_shifted"' in shown(attendant, kiosk)
    assert "请告诉物业" in shown(attendant, kiosk, "zh_Hans")
    assert 'data-shifted="thermometer"' in shown(manager, "/review/devices")
    world.show_pass()
    assert world.gate.view("in")["actions"], "and nobody waits for it"
    press(manager, "confirm", "looked at it")
    assert "level_shifted" not in shown(attendant, kiosk)
    assert "data-shifted" not in shown(manager, "/review/devices")


def test_a_busy_day_is_shown_at_once_and_what_was_counted_is_not_counted_again(
    crowd: Crowd, enter: Enter
) -> None:
    """Ten thousand were measured by hand (docs/screening.md says how long); here two, and generously."""
    crowd.comes(2_000, every_s=30)
    client = enter("manager")
    begun = time.process_time()
    page = section(shown(client))
    first_s = time.process_time() - begun
    assert " of 2000" in figure(page, "measured")
    begun = time.process_time()
    assert figure(section(shown(client)), "alarms") == figure(page, "alarms")
    assert time.process_time() - begun < first_s < 2.0


def test_a_section_shows_what_was_learned_of_its_own_place_only(world: World, enter: Enter) -> None:
    states = world.station._states
    known = [
        Taught("thermometer", False, replace(start(PLACES[place]), people=people, recent=2.0), told=True)
        for place, people in (("wrist", 77), ("forehead", 40))
    ]
    states["in"] = replace(states["in"], healthy=tuple(replace(one, ambient_mdegc=21_000) for one in known))
    world.step_up(34.6)
    assert {level["place"] for level in world.gate.view("in")["levels"]} == {"wrist", "forehead"}
    page = section(shown(enter("manager")))
    assert page.count('data-form="confirm"') == 1
    assert "77 people" not in page
    assert "40 people" in page


def test_a_way_over_the_days_is_of_the_own_place_and_device() -> None:
    view = {"levels": [{"device": "t", "place": "wrist", "elsewhere": True}]}
    first = date(2020, 1, 1)
    foreheads, wrists = (
        [
            Screened(
                "t",
                MEASURED,
                ambient_mdegc=22_000,
                level_mdegc=level + 30 * day,
                sure=True,
                place=place,
                at_us=show.day_starts_us(first + timedelta(days=day), ZONE) + number,
            )
            for day in range(14)
            for number in range(40)
        ]
        for place, level in (("forehead", 34_900), ("wrist", 31_000))
    )
    alone = _moved(foreheads, "t", view, first, ZONE)
    assert alone is not None
    assert _moved([*foreheads, *wrists], "t", view, first, ZONE) == alone


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/Los_Angeles"])
def test_a_gate_whose_clock_was_never_set_shows_its_day_and_confirms_on_it(
    world: World, enter: Enter, zone: str
) -> None:
    knows(world)
    client = enter("manager")
    world.clock.move(3600 - DAY_US // SECOND)
    object.__setattr__(world.gate, "timezone", zone)
    page = shown(client)
    today = show.day_of(world.clock().at_us, show.zone_of(zone))
    assert today.year in (1969, 1970)
    assert "The day before" not in page
    assert client.get(f"{PAGE}?day={today}").status_code == 200
    fields = fields_of(page, "confirm") | {"reason": "looked at it"}
    answer = client.post(PAGE, data=fields)
    assert answer.status_code == 303
    assert f"day={today}" in answer.headers["location"]
    assert client.get(answer.headers["location"]).status_code == 200


def test_the_day_before_is_linked_where_there_is_one(enter: Enter) -> None:
    client = enter("observer")
    assert "The day before" not in shown(client, f"{PAGE}?day=1971-01-01")
    assert f'href="{PAGE}?day=1971-01-01"' in shown(client, f"{PAGE}?day=1971-01-02")


def press(client: FlaskClient, what: str, reason: str) -> Any:
    """Fill a form of the page in and send it."""
    return client.post(PAGE, data=fields_of(shown(client), what) | {"reason": reason})


def fields_of(page: str, what: str) -> dict[str, str]:
    """Return the hidden fields of one form of the page."""
    form = page.split(f'data-form="{what}"', 1)[1].split("</form>", 1)[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form))
