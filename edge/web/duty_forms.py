"""What programs send about duty and incidents: one model per command, and their schemas' source."""

from typing import Annotated, Literal

from pydantic import Field

from edge.web import forms
from edge.web.forms import CommandId, Mdegc, Title, Value

Role = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[a-z][a-z0-9_]*$")]
Roles = Annotated[tuple[Role, ...], Field(max_length=16, strict=False)]
Count = Annotated[int, Field(ge=1, le=forms.MAX_ID)]
KindName = Literal["quarrel", "forced_entry", "crowd", "other"]
IncidentResultName = Literal["settled", "handed_over", "false_alarm", "other"]
OverrideName = Literal["", "alone", "supplies_short", "thermometer_down", "emergency"]


class NoteBody(forms.Body):
    """A note that is sealed."""

    note: Value = ""


class SignInBody(forms.Body):
    """Come on duty at a post: the own temperature as a thermometer shows it, the equipment that is worn, the
    hand-over notes that were read; `override` is why although something is missing."""

    command_id: CommandId
    post: Annotated[str, Field(max_length=80)] = ""
    roles: Roles = ()
    temperature_mdegc: Mdegc | None = None
    equipment: Annotated[tuple[Title, ...], Field(max_length=32, strict=False)] = ()
    read: Annotated[tuple[Count, ...], Field(max_length=64, strict=False)] = ()
    override: OverrideName = ""


class SignOutBody(forms.Body):
    """Go off duty, with a note to the next shift; what is open is added by the gate."""

    command_id: CommandId
    signin: Count
    note: Value = ""


class CallBody(forms.Body):
    """Call for help at a lane."""

    command_id: CommandId
    kind: KindName
    lane: Value | None = None


class IncidentStepBody(forms.Body):
    """Record who was called, or who came, by role."""

    command_id: CommandId
    step: Literal["called", "came"]
    role: Role


class IncidentEndBody(forms.Body):
    """Record that an incident is over."""

    command_id: CommandId
    result: IncidentResultName
