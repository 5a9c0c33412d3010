"""What the composition root hands the station, and what a device's news looks like in the journal."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from edge.bell import Bell
from edge.domain.access import AccessRules
from edge.domain.asking import Ask
from edge.domain.known import Known
from edge.domain.lane_state import Do
from edge.domain.model import Carrier, Code, Instant, Passage
from edge.domain.policy import Policy
from edge.journal import Row
from edge.messages import DeviceChanged
from edge.station.ledger import Writer


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the composition root hands the station.

    `read_code` says what is known now of a payload a lane's device read, `ask_number` of an ID number (None:
    nobody can be asked); `perform` sets an effect off and
    says whether the lane has such a device; `housekeeping` returns rows that are due by themselves (a
    corrected clock); `devices` lists a lane's devices for its page; `case_of` returns the row of the case an
    ended passage opens, and `cases_opened` is called once such rows are on disk: neither may raise;
    `look_up` says what the registers know of somebody who goes one way, and may not raise either.
    """

    journal: Writer
    read_code: Callable[[str, str, bytes, Instant], Code]
    now: Callable[[], Instant]
    perform: Callable[[str, Do], bool]
    devices: Callable[[str], list[dict[str, Any]]]
    beat: Callable[[], None]
    count: Callable[..., None]
    bell: Bell
    views: Bell
    housekeeping: Callable[[Instant], Sequence[Row]] = lambda _now: ()
    case_of: Callable[[Policy, Passage, Instant], Row | None] = lambda *_: None
    cases_opened: Callable[[], None] = lambda: None
    ask_number: Callable[[str, str, str, Instant, Collection[Carrier]], Code | None] = lambda *_: None
    look_up: Callable[[Sequence[Ask], AccessRules, str, Instant], tuple[Known, ...]] = lambda *_: ()


def device_row(message: DeviceChanged) -> Row:
    """Return the row of a device that fell away or came back."""
    body = {"device": message.kind, "name": message.name, "driver": message.driver}
    if not message.up:
        body["code"] = message.code
    if message.message:
        body["message"] = message.message[:200]
    return Row("device.back" if message.up else "device.lost", message.at, body, message.lane or None)
