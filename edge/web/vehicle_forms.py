"""The bodies of commands about vehicles, strictly typed."""

from typing import Annotated, Literal

from pydantic import Field

from edge.domain.vehicle import MAX_ABOARD
from edge.web.forms import AnswerItem, Body, CommandId, PassageId, Value

Seats = Annotated[int, Field(ge=1, le=MAX_ABOARD)]


class VehicleBody(Body):
    """A vehicle came, or one that was put aside is back; `passage` names whoever is in the lane already and
    sits in it, `occupants` how many people are in it, the driver included."""

    command_id: CommandId
    plate: Value
    occupants: Seats | None = None
    passage: PassageId | None = None
    direction: Literal["in", "out"] | None = None
    answers: Annotated[tuple[AnswerItem, ...], Field(max_length=32, strict=False)] = ()


class AboardBody(Body):
    """Something about the vehicle in the lane; `passage` is the vehicle's."""

    passage: PassageId
    command_id: CommandId
