"""A plug that makes and breaks contact: the page shows it, the journal is not filled with it."""

import threading
from itertools import count, pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.devices import FLAPS, STEADY_US, Device, Place
from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Instant
from edge.messages import DeviceChanged, Message
from tests.station.test_devices import Bench, Status

S = 1_000_000


class Loose:
    """A device whose cable a test moves, second by second, on a clock of its own."""

    def __init__(self) -> None:
        self.now_us = 0
        self.status = Status()
        self.messages: list[Message] = []
        place = Place(
            "in",
            "bench",
            self.messages.append,
            self.status,
            lambda: None,
            lambda: Instant(self.now_us, self.now_us),
            lambda *_counted, **_labels: None,
        )
        self.device = Device(Bench(), place)

    def work(self, seconds: int) -> None:
        for _ in range(seconds):
            self.device.is_up()
            self.now_us += S
        self.device.is_up()

    def lose(self, code: str = "lost", seconds: int = 1) -> None:
        self.device.lost(DeviceUnavailable("cable out", code=code))
        self.now_us += seconds * S

    @property
    def changes(self) -> list[DeviceChanged]:
        return [message for message in self.messages if isinstance(message, DeviceChanged)]

    def rows(self) -> list[tuple[bool, str]]:
        return [(change.up, change.code) for change in self.changes if change.recorded]


def test_single_losses_and_returns_are_all_written_down() -> None:
    loose = Loose()
    for _ in range(5):
        loose.work(60)
        loose.lose()
    loose.work(1)
    assert loose.rows() == [(False, "lost"), (True, "")] * 5


def test_a_loose_plug_writes_few_rows_however_often_it_makes_contact_and_its_lasting_return() -> None:
    loose = Loose()
    for _ in range(500):
        loose.work(1)
        loose.lose()
    few = loose.rows()
    assert few == [(False, "lost"), (True, "")] * (FLAPS - 1) + [(False, "lost")]
    loose.work(STEADY_US // S - 1)
    assert loose.rows() == few
    loose.work(1)
    assert loose.rows() == [*few, (True, "")]
    assert loose.changes[-1].message == f"lost {500 - FLAPS} times more before"
    loose.work(60)
    loose.lose()
    loose.work(1)
    assert loose.rows()[-2:] == [(False, "lost"), (True, "")]


def test_every_loss_of_a_loose_plug_reaches_the_lane_and_the_page() -> None:
    loose = Loose()
    for _ in range(20):
        loose.work(1)
        loose.lose()
    assert sum(not change.up for change in loose.changes) == 20  # what it had measured is forgotten each time
    assert loose.status.said == ["up", "lost"] * 20


def test_a_reason_that_shows_only_later_is_written_down_once() -> None:
    loose = Loose()
    for code in ("absent", "absent", "garbled", "garbled", "silent", "garbled", "absent"):
        loose.lose(code)
    assert loose.rows() == [(False, "absent"), (False, "garbled"), (False, "silent")]
    loose.work(1)
    loose.lose()
    loose.lose("absent")
    assert loose.rows()[3:] == [(True, ""), (False, "lost")]


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from(("lost", "absent", "silent", "busy")), st.integers(1, 90)),
        max_size=60,
    )
)
def test_whatever_a_cable_does_the_journal_knows_how_it_ended_and_no_minute_has_many_rows(
    life: list[tuple[bool, str, int]],
) -> None:
    loose = Loose()
    for works, code, seconds in life:
        if works:
            loose.work(seconds)
        else:
            loose.lose(code, seconds)
    loose.work(61)
    rows = [change for change in loose.changes if change.recorded]
    assert all(change.up for change in rows[-1:])
    assert not any(one.up and other.up for one, other in pairwise(rows))
    returns = [change.at.mono_us for change in rows if change.up]
    crowd = (later - sooner for sooner, later in zip(returns, returns[FLAPS:], strict=False))
    assert all(gap >= STEADY_US for gap in crowd)


def test_a_device_that_worked_for_a_moment_only_is_tried_with_longer_pauses() -> None:
    loose, waited = Loose(), []

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waited.append(timeout)
            return False

    for _ in count():
        loose.work(1)
        loose.lose()
        loose.device.pause(Stop())
        if len(waited) == 5:
            break
    assert waited == [0.5, 1.0, 2.0, 3.0, 5.0]
    loose.work(4)
    loose.lose()
    loose.device.pause(Stop())
    assert waited[5:] == [0.5]
