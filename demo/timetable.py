"""Who comes when, how warm they are, what they hold up, and what the attendant will say to them."""

import time
from dataclasses import dataclass

AMBIENT_C = 21.0
FOREHEAD_BELOW_BODY_C = 2.0


@dataclass(frozen=True, slots=True)
class Person:
    """One visit of a made-up person. `code` names what they hold up (None: nothing): `pass`, `expired`,
    `link`, or `health:` and the colour that the simulated platform will say."""

    name: str
    body_c: float
    code: str | None = "pass"
    room: str = ""
    answers: tuple[tuple[str, str], ...] = (("mask", "on"),)
    on_hold: str = ""  # what the attendant does when the gate holds


@dataclass(frozen=True, slots=True)
class Timetable:
    """The people of one lane, one after the other, `slot_s` seconds each, for ever."""

    lane: str
    slot_s: float
    people: tuple[Person, ...]

    @property
    def cycle_s(self) -> float:
        """How long until the first person comes again."""
        return self.slot_s * len(self.people)

    def now(self) -> tuple[int, Person, float]:
        """Return the slot, whose it is, and the seconds into it, on the monotonic clock."""
        phase = time.monotonic() % self.cycle_s
        slot = int(phase // self.slot_s)
        return slot, self.people[slot], phase - slot * self.slot_s


_NUMBER = (("id_number", "110101199003070011"),)
_VISITOR = (("name", "周小舟"), ("phone", "13900000001"), ("room", "2-301"))
_RELATIVE = (("name", "林之平"), ("phone", "13900000003"), ("room", "4-102"))
_ASKED = (("from", "here"), ("symptoms", "none"), ("contact", "no"), ("purpose", "home"))

IN = Timetable(
    "in",
    3.6,
    (
        Person("王小明", 36.5, room="3-502"),
        Person("赵一", 36.8, room="1-101"),
        Person("孙二妹", 38.1, room="5-203", on_hold="rest"),
        Person("周小舟", 36.6, code=None, answers=(*_NUMBER, *_VISITOR, ("mask", "on"))),
        Person("吴三", 36.4, code="expired", room="4-404", on_hold="admit:known"),
        Person("孙二妹", 36.9, room="5-203"),
        Person("郑四", 36.7, room="2-202", answers=(("mask", "refused"),)),
        Person("冯五", 38.4, room="6-606", on_hold="contact:38.2"),
        Person("陈六", 33.8, room="7-707", answers=(("mask", "on"), ("temperature_contact", "36.4"))),
        Person("褚七", 36.5, code="link", on_hold="turn_back:not_allowed"),
        Person("卫八", 36.6, room="8-808", answers=(("mask", "reminded"), ("mask", "on"))),
        Person("林之平", 36.6, code="health:green", answers=(*_RELATIVE, ("mask", "on"))),
        Person("洪九公", 36.7, code="health:red", answers=(("mask", "on"),), on_hold="turn_back:not_allowed"),
    ),
)
OUT = Timetable(
    "out",
    4.4,
    (
        Person("王小明", 36.6, room="3-502", answers=_ASKED),
        Person("蒋九", 36.3, room="9-909", answers=_ASKED),
        Person(
            "沈十", 36.9, code=None, answers=(*_NUMBER, *_ASKED, ("name", "沈十"), ("phone", "13900000002"))
        ),
        Person(
            "韩小满", 36.5, room="2-102", answers=(("from", "here"), ("symptoms", "none"), ("contact", "yes"))
        ),
        Person("杨立夏", 36.7, room="2-103", answers=_ASKED),
    ),
)
LANES = (IN, OUT)


def thermometer_script(table: Timetable) -> dict[str, object]:
    """Return what the simulated thermometer plays: who stands before it when, in degrees."""
    people = [
        {
            "at_s": round(slot * table.slot_s + 0.3, 3),
            "stay_s": 1.6,
            "surface_c": round(person.body_c - FOREHEAD_BELOW_BODY_C, 2),
            "ambient_c": AMBIENT_C,
            "body_c": person.body_c,
        }
        for slot, person in enumerate(table.people)
    ]
    return {"cycle_s": table.cycle_s, "ambient_c": AMBIENT_C, "people": people}
